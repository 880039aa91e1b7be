#include "config.h"

#include "fcgi/zkc_inner.h"

#include "libhold/clock.h"
#include "libhold/log.h"

#include <time.h>

void zkc_finish(struct zkc *zkc, struct zkc_batch *batch,
		enum zkc_outcome outcome)
{
	hf_list_remove(&batch->on);
	zkc->detached -= batch->detached;
	batch->finished = true;
	batch->outcome = outcome;
	if (batch->waiter != NULL)
		pthread_cond_signal(batch->waiter);
	zkc_batch_unref(batch);
}

void zkc_finish_all(struct zkc *zkc, struct hf_list *list,
		    enum zkc_outcome outcome)
{
	while (!hf_list_empty(list))
		zkc_finish(zkc, zkc_batch_on(hf_list_first(list)), outcome);
}

static void enqueue(struct zkc *zkc, struct zkc_batch *batch)
{
	batch->refs++;
	hf_list_append(&zkc->queue, &batch->on);
	zkc->detached += batch->detached;
	zkc_wake(zkc);
}

/* In a pause: one call now and then ends it, others give up at once. */
static bool may_wait(struct zkc *zkc)
{
	if (zkc->state != ZKC_AWAY)
		return true;
	if (!backoff_ready(&zkc->calls, hf_clock_ms()))
		return false;
	zkc->state = ZKC_TRYING;
	return true;
}

static void report(struct zkc *zkc, enum zkc_outcome outcome)
{
	if (outcome == ZKC_DONE) {
		if (zkc->away)
			hf_info("lock service is back");
		zkc->away = false;
		return;
	}
	if (outcome == ZKC_UNSENT && !zkc->away) {
		hf_warnx("lock service lost: %s", zkc->why);
		zkc->away = true;
	}
}

static struct timespec monotonic_in(int64_t ms)
{
	struct timespec at;

	clock_gettime(CLOCK_MONOTONIC, &at);
	at.tv_sec += ms / 1000;
	at.tv_nsec += ms % 1000 * 1000000;
	if (at.tv_nsec >= 1000000000) {
		at.tv_sec++;
		at.tv_nsec -= 1000000000;
	}
	return at;
}

static void wait_for(struct zkc *zkc, struct zkc_batch *batch, int64_t until_ms)
{
	pthread_condattr_t attr;
	pthread_cond_t waiter;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&waiter, &attr);
	pthread_condattr_destroy(&attr);
	batch->waiter = &waiter;
	while (!batch->finished) {
		int64_t left_ms = until_ms - hf_clock_ms();
		struct timespec at = monotonic_in(left_ms);

		if (left_ms <= 0)
			break;
		(void)pthread_cond_timedwait(&waiter, &zkc->lock, &at);
	}
	batch->waiter = NULL;
	pthread_cond_destroy(&waiter);
}

/* Too late for it: what is queued still is taken back, what was sent is not. */
static enum zkc_outcome give_up(struct zkc *zkc, struct zkc_batch *batch)
{
	if (batch->sent_ms == 0) {
		zkc_finish(zkc, batch, ZKC_UNSENT);
		return ZKC_UNSENT;
	}
	batch->detached = true;
	zkc->detached++;
	return ZKC_LOST;
}

enum zkc_outcome zkc_run(struct zkc *zkc, struct zkc_batch *batch,
			 int64_t until_ms)
{
	enum zkc_outcome outcome = ZKC_UNSENT;

	pthread_mutex_lock(&zkc->lock);
	if (may_wait(zkc)) {
		enqueue(zkc, batch);
		wait_for(zkc, batch, until_ms);
		outcome =
		    batch->finished ? batch->outcome : give_up(zkc, batch);
	}
	report(zkc, outcome);
	pthread_mutex_unlock(&zkc->lock);
	return outcome;
}

void zkc_send(struct zkc *zkc, struct zkc_batch **batch)
{
	pthread_mutex_lock(&zkc->lock);
	if (zkc->state != ZKC_AWAY && zkc->detached < ZKC_DETACHED_MAX) {
		(*batch)->detached = true;
		enqueue(zkc, *batch);
	}
	pthread_mutex_unlock(&zkc->lock);
	zkc_done(zkc, batch);
}

void zkc_done(struct zkc *zkc, struct zkc_batch **batch)
{
	pthread_mutex_lock(&zkc->lock);
	zkc_batch_unref(*batch);
	pthread_mutex_unlock(&zkc->lock);
	*batch = NULL;
}

void zkc_drop(struct zkc *zkc, const char *why)
{
	hf_warnx("lock service answers nonsense: %s", why);
	pthread_mutex_lock(&zkc->lock);
	zkc->drop = true;
	pthread_mutex_unlock(&zkc->lock);
	zkc_wake(zkc);
}
