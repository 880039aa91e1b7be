#include "config.h"

#include "stage.h"

#include <time.h>

enum { WAIT_SECONDS = 60 };

void ears_hear(zhandle_t *zh, int type, int state, const char *path,
	       void *context)
{
	struct ears *ears = context;

	(void)zh;
	pthread_mutex_lock(&ears->lock);
	if (ears->heard < EARS_MAX) {
		ears->types[ears->heard] = type;
		ears->states[ears->heard] = state;
		snprintf(ears->paths[ears->heard], PATH_BYTES, "%s",
			 path == NULL ? "" : path);
		ears->heard++;
	}
	pthread_cond_broadcast(&ears->changed);
	pthread_mutex_unlock(&ears->lock);
}

void ears_hear_nodes(zhandle_t *zh, int type, int state, const char *path,
		     void *context)
{
	if (type != ZOO_SESSION_EVENT)
		ears_hear(zh, type, state, path, context);
}

static bool so_many(const struct ears *ears, int n)
{
	return ears->heard >= n;
}

static bool in_state(const struct ears *ears, int state)
{
	return ears->heard > 0 && ears->states[ears->heard - 1] == state;
}

static bool wait_for(struct ears *ears,
		     bool (*enough)(const struct ears *ears, int value),
		     int value)
{
	struct timespec until;
	bool done;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += WAIT_SECONDS;
	pthread_mutex_lock(&ears->lock);
	while (!(done = enough(ears, value)) &&
	       pthread_cond_timedwait(&ears->changed, &ears->lock, &until) == 0)
		;
	pthread_mutex_unlock(&ears->lock);
	return done;
}

bool ears_wait(struct ears *ears, int n)
{
	return wait_for(ears, so_many, n);
}

bool ears_wait_state(struct ears *ears, int state)
{
	return wait_for(ears, in_state, state);
}

zhandle_t *stage_connect(const char *hosts, const clientid_t *id,
			 struct ears *ears, int state)
{
	zhandle_t *zh;

	zoo_set_debug_level(ZOO_LOG_LEVEL_ERROR);
	zh = zookeeper_init(hosts, ears_hear, SESSION_MS, id, ears, 0);
	if (zh != NULL && ears_wait_state(ears, state))
		return zh;
	printf("state %d, not %d\n", zh == NULL ? 0 : zoo_state(zh), state);
	if (zh != NULL)
		zookeeper_close(zh);
	return NULL;
}

const char *below(const struct stage *stage, const char *name)
{
	enum { TURNS = 8 };
	static char paths[TURNS][2 * PATH_BYTES];
	static unsigned turn;
	char *path = paths[turn++ % TURNS];

	snprintf(path, sizeof(paths[0]), "%s/%s", stage->top, name);
	return path;
}

int make(zhandle_t *zh, const char *path, int mode)
{
	return zoo_create(zh, path, "", 0, &ZOO_OPEN_ACL_UNSAFE, mode, NULL, 0);
}
