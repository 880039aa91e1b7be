#include "config.h"

#include "fcgi/zk_keeper.h"

#include "fcgi/zk_keeper_inner.h"
#include "libhold/clock.h"
#include "libhold/log.h"
#include "libhold/mem.h"

#include <stdlib.h>
#include <sys/random.h>

/* ---- for holds ----------------------------------------------------------- */

struct zkc *zk_keeper_client(struct zk_keeper *keeper)
{
	return keeper->zkc;
}

struct zk_clock zk_keeper_clock(struct zk_keeper *keeper)
{
	struct zk_clock clock;

	pthread_mutex_lock(&keeper->pause.lock);
	clock = keeper->clock;
	pthread_mutex_unlock(&keeper->pause.lock);
	return clock;
}

void zk_keeper_saw(struct zk_keeper *keeper, const struct zkc_batch *batch,
		   int64_t stamp_ms)
{
	pthread_mutex_lock(&keeper->pause.lock);
	zk_clock_sample(&keeper->clock, batch->sent_ms, batch->received_ms,
			stamp_ms);
	pthread_mutex_unlock(&keeper->pause.lock);
}

void zk_keeper_take_up(struct zk_keeper *keeper)
{
	pthread_mutex_lock(&keeper->pause.lock);
	keeper->look = true;
	pause_wake(&keeper->pause);
	pthread_mutex_unlock(&keeper->pause.lock);
}

static void drop_all(struct zk_keeper *keeper)
{
	while (hf_heap_first(&keeper->due) != NULL)
		zk_kept_drop(keeper,
			     zk_kept_of_due(hf_heap_first(&keeper->due)));
	while (!hf_list_empty(&keeper->litter))
		zk_litter_drop(keeper,
			       zk_litter_on(hf_list_first(&keeper->litter)));
}

/* The client's thread says so. What hung on the old session is gone. */
static void up(void *arg, bool fresh)
{
	struct zk_keeper *keeper = arg;

	pthread_mutex_lock(&keeper->pause.lock);
	if (fresh) {
		drop_all(keeper);
		keeper->look = false;
	}
	keeper->clock.known = false; /* another server, another clock */
	keeper->again_ms = 0;
	pause_wake(&keeper->pause);
	pthread_mutex_unlock(&keeper->pause.lock);
}

/* ---- the thread ---------------------------------------------------------- */

static int64_t next_ms(const struct zk_keeper *keeper)
{
	int64_t due_ms = hf_heap_next_ms(&keeper->due);

	if (keeper->look || !hf_list_empty(&keeper->litter))
		due_ms = 0;
	return due_ms > keeper->again_ms ? due_ms : keeper->again_ms;
}

/* Under the lock. False: to stop. look_out: to take up what is there. */
static bool sleep_until_due(struct zk_keeper *keeper, bool *look_out)
{
	while (!keeper->stopping && next_ms(keeper) > hf_clock_ms())
		pause_until(&keeper->pause, next_ms(keeper));
	*look_out = keeper->look;
	keeper->look = false;
	return !keeper->stopping;
}

static void *run(void *arg)
{
	struct zk_keeper *keeper = arg;

	for (;;) {
		bool go_on, look;

		pthread_mutex_lock(&keeper->pause.lock);
		go_on = sleep_until_due(keeper, &look);
		pthread_mutex_unlock(&keeper->pause.lock);
		if (!go_on)
			return NULL;
		if (look)
			zk_keeper_do_take_up(keeper);
		zk_keeper_sweep(keeper);
		zk_keeper_delete_due(keeper);
	}
}

/* ---- its life ------------------------------------------------------------ */

static void init(struct zk_keeper *keeper)
{
	pause_init(&keeper->pause);
	if (getrandom(&keeper->seed, sizeof(keeper->seed), 0) !=
	    sizeof(keeper->seed))
		hf_fatal("cannot read random bytes");
	keeper->by_ticket = hf_table_new();
	hf_heap_init(&keeper->due);
	hf_list_init(&keeper->litter);
	keeper->look = true;
}

static void fini(struct zk_keeper *keeper)
{
	zkc_free(&keeper->zkc);
	drop_all(keeper);
	hf_table_free(&keeper->by_ticket);
	hf_heap_fini(&keeper->due);
	pause_fini(&keeper->pause);
	free(keeper);
}

struct zk_keeper *zk_keeper_open(const char *url, const char *session_path,
				 const char **reason_out)
{
	struct zk_keeper *keeper = hf_new(struct zk_keeper);
	const struct zkc_settings settings = {
		.url = url,
		.session_path = session_path,
		.up = up,
		.arg = keeper,
	};

	init(keeper);
	keeper->zkc = zkc_new(&settings, reason_out);
	if (keeper->zkc == NULL) {
		fini(keeper);
		return NULL;
	}
	if (pthread_create(&keeper->thread, NULL, run, keeper) != 0)
		hf_fatalx("cannot start the thread that keeps holds");
	return keeper;
}

void zk_keeper_close(struct zk_keeper **keeper)
{
	struct zk_keeper *k = *keeper;

	if (k == NULL)
		return;
	pthread_mutex_lock(&k->pause.lock);
	k->stopping = true;
	pause_wake(&k->pause);
	pthread_mutex_unlock(&k->pause.lock);
	pthread_join(k->thread, NULL);
	fini(k);
	*keeper = NULL;
}
