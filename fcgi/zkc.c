#include "config.h"

#include "fcgi/zkc.h"

#include "fcgi/zkc_inner.h"
#include "libhold/clock.h"
#include "libhold/err.h"
#include "libhold/log.h"
#include "libhold/mem.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <unistd.h>

enum { LOOK_MS = 1000 }; /* how long a pause lasts that nobody ends */

void zkc_wake(struct zkc *zkc)
{
	uint64_t one = 1;

	(void)!write(zkc->wake_fd, &one, sizeof(one));
}

int zkc_lost(struct zkc *zkc, const char *what, const char *cause)
{
	pthread_mutex_lock(&zkc->lock);
	snprintf(zkc->why, sizeof(zkc->why), "%s%s%s", what,
		 cause != NULL ? ": " : "", cause != NULL ? cause : "");
	pthread_mutex_unlock(&zkc->lock);
	return HF_EUNREACHABLE;
}

const char *zkc_chroot(const struct zkc *zkc)
{
	return zkc->url.chroot;
}

/* ---- the thread ---------------------------------------------------------- */

static void go_up(struct zkc *zkc)
{
	pthread_mutex_lock(&zkc->lock);
	zkc->state = ZKC_UP;
	zkc->drop = false;
	pthread_mutex_unlock(&zkc->lock);
}

/* What was sent is lost, and what was not goes over the next connection. */
static void go_down(struct zkc *zkc)
{
	close(zkc->fd);
	zkc->fd = -1;
	pthread_mutex_lock(&zkc->lock);
	zkc_finish_all(zkc, &zkc->sent, ZKC_LOST);
	zkc->state = ZKC_TRYING;
	pthread_mutex_unlock(&zkc->lock);
}

static void go_away(struct zkc *zkc)
{
	pthread_mutex_lock(&zkc->lock);
	/* Tries of our own do not count: the next call may have its own. */
	if (!hf_list_empty(&zkc->queue))
		backoff_failed(&zkc->calls, hf_clock_ms());
	zkc_finish_all(zkc, &zkc->queue, ZKC_UNSENT);
	zkc->state = ZKC_AWAY;
	pthread_mutex_unlock(&zkc->lock);
}

static bool is_away(struct zkc *zkc)
{
	bool away;

	pthread_mutex_lock(&zkc->lock);
	away = zkc->state == ZKC_AWAY;
	pthread_mutex_unlock(&zkc->lock);
	return away && !atomic_load(&zkc->stopping);
}

/* Until a call wants to try, or it is time to look anyway. */
static void pause_trying(struct zkc *zkc)
{
	struct pollfd fd = { .fd = zkc->wake_fd, .events = POLLIN };
	int64_t until_ms = hf_clock_ms() + LOOK_MS;
	uint64_t drained;

	while (is_away(zkc) && hf_clock_ms() < until_ms) {
		(void)poll(&fd, 1, (int)(until_ms - hf_clock_ms() + 1));
		if (fd.revents != 0)
			(void)!read(zkc->wake_fd, &drained, sizeof(drained));
	}
}

static void *run(void *arg)
{
	struct zkc *zkc = arg;

	while (!atomic_load(&zkc->stopping)) {
		bool good = zkc_connect(zkc) == 0;

		if (good) {
			go_up(zkc);
			zkc_serve(zkc);
			good = zkc->answered;
			go_down(zkc);
		}
		if (!good) {
			go_away(zkc);
			pause_trying(zkc);
		}
	}
	go_away(zkc);
	return NULL;
}

/* ---- its life ------------------------------------------------------------ */

/* So that workers begin with different servers, and pause differently. */
static void draw(struct zkc *zkc)
{
	uint64_t random[2];

	if (getrandom(random, sizeof(random), 0) != sizeof(random))
		hf_fatal("cannot read random bytes");
	backoff_init(&zkc->calls, random[0]);
	if (zkc->url.n > 0)
		zkc->server = random[1] % zkc->url.n;
}

static void start_thread(struct zkc *zkc)
{
	zkc->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (zkc->wake_fd < 0)
		hf_fatal("cannot make an eventfd");
	if (pthread_create(&zkc->thread, NULL, run, zkc) != 0)
		hf_fatalx("cannot start the thread of the lock service");
}

struct zkc *zkc_new(const struct zkc_settings *settings,
		    const char **reason_out)
{
	struct zk_url url;
	struct zkc *zkc;

	if (zk_url_parse(settings->url, &url, reason_out) < 0)
		return NULL;
	zkc = hf_new(struct zkc);
	zkc->url = url;
	zkc->up = settings->up;
	zkc->arg = settings->arg;
	zkc->fd = -1;
	pthread_mutex_init(&zkc->lock, NULL);
	hf_list_init(&zkc->queue);
	hf_list_init(&zkc->sent);
	hf_buf_init(&zkc->in, (size_t)ZKC_FRAME_MAX + 4 + ZKC_READ_BYTES);
	hf_buf_init(&zkc->out,
		    (size_t)ZKC_OUT_ENOUGH + ZKC_BATCH_BYTES_MAX + 64);
	if (settings->session_path != NULL)
		zkc->file = zk_session_open(settings->session_path,
					    settings->url, &zkc->session);
	draw(zkc);
	start_thread(zkc);
	return zkc;
}

void zkc_free(struct zkc **zkc)
{
	struct zkc *z = *zkc;

	if (z == NULL)
		return;
	atomic_store(&z->stopping, true);
	zkc_wake(z);
	pthread_join(z->thread, NULL);
	close(z->wake_fd);
	zk_session_close(&z->file);
	hf_buf_fini(&z->in);
	hf_buf_fini(&z->out);
	pthread_mutex_destroy(&z->lock);
	zk_url_fini(&z->url);
	free(z);
	*zkc = NULL;
}
