#include "config.h"

#include "fcgi/expirer.h"

#include "fcgi/due_holds.h"
#include "fcgi/live_store.h"
#include "fcgi/pause.h"
#include "libhold/clock.h"
#include "libhold/log.h"
#include "libhold/mem.h"

#include <stdlib.h>
#include <sys/random.h>

enum {
	AGAIN_MS = 250,   /* after a call that failed */
	TRIES_MAX = 3,    /* then the next look finds it, if need be */
	OTHERS_MS = 300,  /* what others granted is theirs for so long */
	LOOK_MS = 30000,  /* from look to look, but: */
	LOOK_SHARE = 100, /* never more than one part in so many of our time */
};

struct expirer {
	pthread_t thread;
	struct publisher *publisher;
	struct live_store *store; /* the thread's own, as the meter */
	struct meter *meter;

	struct pause pause; /* its lock is that of what follows */
	bool stopping;
	int64_t look_ms;
	struct due_holds holds;
};

/* ---- told by any thread -------------------------------------------------- */

void expirer_add(struct expirer *expirer, const struct basket *basket,
		 const struct hold_answer *answer)
{
	int64_t now_ms = hf_clock_ms();
	int64_t next_ms;

	pthread_mutex_lock(&expirer->pause.lock);
	next_ms = due_holds_next_ms(&expirer->holds);
	for (size_t i = 0; i < basket->n; i++) {
		const struct hold_grant *grant = &answer->grants[i];

		/* Without room, the next look finds it. */
		(void)due_holds_set(&expirer->holds, basket->ids[i],
				    grant->fence, answer->service,
				    now_ms + grant->remaining_ms);
	}
	if (due_holds_next_ms(&expirer->holds) < next_ms)
		pause_wake(&expirer->pause);
	pthread_mutex_unlock(&expirer->pause.lock);
}

void expirer_forget(struct expirer *expirer, const struct basket *basket)
{
	pthread_mutex_lock(&expirer->pause.lock);
	for (size_t i = 0; i < basket->n; i++)
		due_holds_forget(&expirer->holds, basket->ids[i]);
	pthread_mutex_unlock(&expirer->pause.lock);
}

size_t expirer_count(struct expirer *expirer)
{
	size_t n;

	pthread_mutex_lock(&expirer->pause.lock);
	n = due_holds_count(&expirer->holds);
	pthread_mutex_unlock(&expirer->pause.lock);
	return n;
}

/* ---- ending what is due -------------------------------------------------- */

struct batch {
	struct publisher *publisher;
	struct meter *meter;
	size_t n;
	struct due_hold *holds[LIVE_STORE_AT_ONCE]; /* NULL: it was freed */
	const char *tickets[LIVE_STORE_AT_ONCE];
	int64_t fences[LIVE_STORE_AT_ONCE];
};

/* The holds of a batch are few: one that ended is looked for among them. */
static void was_freed(void *arg, const char *ticket)
{
	struct batch *batch = arg;

	meter_holds(batch->meter, METER_EXPIRED, 1);
	if (batch->publisher != NULL)
		publisher_tell(batch->publisher, &ticket, 1);
	for (size_t i = 0; i < batch->n; i++) {
		struct due_hold *hold = batch->holds[i];

		if (hold != NULL && strcmp(hold->ticket, ticket) == 0) {
			free(hold);
			batch->holds[i] = NULL;
			return;
		}
	}
}

/*
 * Those that were not freed: booked, given back or extended by another
 * worker; or the database is away, or its clock a little behind ours.
 */
static void settle(struct expirer *e, struct batch *batch, bool answered)
{
	int64_t again_ms = hf_clock_ms() + AGAIN_MS;

	pthread_mutex_lock(&e->pause.lock);
	for (size_t i = 0; i < batch->n; i++) {
		struct due_hold *hold = batch->holds[i];

		if (hold == NULL)
			continue;
		hold->node.spare += answered;
		if (hold->node.spare < TRIES_MAX)
			due_holds_put_back(&e->holds, hold, again_ms);
		else
			free(hold);
	}
	pthread_mutex_unlock(&e->pause.lock);
}

static void end_due(struct expirer *e)
{
	struct batch batch = { .publisher = e->publisher, .meter = e->meter };
	int rc;

	pthread_mutex_lock(&e->pause.lock);
	batch.n = due_holds_take(&e->holds, hf_clock_ms(), batch.holds,
				 LIVE_STORE_AT_ONCE);
	pthread_mutex_unlock(&e->pause.lock);
	if (batch.n == 0)
		return;
	for (size_t i = 0; i < batch.n; i++) {
		batch.tickets[i] = batch.holds[i]->ticket;
		batch.fences[i] = batch.holds[i]->fence;
	}
	rc = live_store_end(e->store, batch.tickets, batch.fences, batch.n,
			    batch.holds[0]->service, was_freed, &batch);
	settle(e, &batch, rc == 0);
}

/* ---- finding what nobody told -------------------------------------------- */

static void found(void *arg, const char *ticket, int64_t fence,
		  const char *service, int64_t left_ms)
{
	struct expirer *e = arg;
	int64_t due_ms =
	    hf_clock_ms() + (left_ms > 0 ? left_ms : 0) + OTHERS_MS;

	pthread_mutex_lock(&e->pause.lock);
	/* What is known may be newer than what the table said. */
	if (!due_holds_has(&e->holds, ticket))
		(void)due_holds_set(&e->holds, ticket, fence, service, due_ms);
	pthread_mutex_unlock(&e->pause.lock);
}

static void look(struct expirer *e)
{
	int64_t began_ms = hf_clock_ms();
	bool done = live_store_holds(e->store, found, e) == 0 &&
		    live_store_tidy(e->store) == 0;
	int64_t took_ms = hf_clock_ms() - began_ms;
	int64_t pause_ms = done ? LOOK_MS : AGAIN_MS;

	if (pause_ms < took_ms * LOOK_SHARE)
		pause_ms = took_ms * LOOK_SHARE;
	e->look_ms = began_ms + pause_ms;
}

/* ---- the thread ---------------------------------------------------------- */

static int64_t next_ms(const struct expirer *e)
{
	int64_t due_ms = due_holds_next_ms(&e->holds);

	return due_ms < e->look_ms ? due_ms : e->look_ms;
}

/* False: to end. */
static bool sleep_until_due(struct expirer *e)
{
	bool go_on;

	pthread_mutex_lock(&e->pause.lock);
	while (!e->stopping && next_ms(e) > hf_clock_ms())
		pause_until(&e->pause, next_ms(e));
	go_on = !e->stopping;
	pthread_mutex_unlock(&e->pause.lock);
	return go_on;
}

static void *run(void *arg)
{
	struct expirer *e = arg;

	while (sleep_until_due(e)) {
		if (e->look_ms <= hf_clock_ms())
			look(e);
		end_due(e);
	}
	return NULL;
}

/* ---- its life ------------------------------------------------------------ */

struct expirer *expirer_open(const char *database_url,
			     struct publisher *publisher, struct meter *meter)
{
	struct expirer *e = hf_new(struct expirer);
	uint64_t seed;

	if (getrandom(&seed, sizeof(seed), 0) != sizeof(seed))
		hf_fatal("cannot read random bytes");
	e->publisher = publisher;
	e->meter = meter;
	e->store = live_store_new(database_url, meter);
	pause_init(&e->pause);
	due_holds_init(&e->holds, seed);
	if (pthread_create(&e->thread, NULL, run, e) != 0)
		hf_fatalx("cannot start the thread that ends holds");
	return e;
}

void expirer_close(struct expirer **expirer)
{
	struct expirer *e = *expirer;

	if (e == NULL)
		return;
	pthread_mutex_lock(&e->pause.lock);
	e->stopping = true;
	pause_wake(&e->pause);
	pthread_mutex_unlock(&e->pause.lock);
	pthread_join(e->thread, NULL);
	due_holds_fini(&e->holds);
	pause_fini(&e->pause);
	live_store_free(&e->store);
	free(e);
	*expirer = NULL;
}
