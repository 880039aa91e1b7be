#include "config.h"

#include "fcgi/state_cache.h"

#include "fcgi/hall_state.h"
#include "fcgi/store_holds.h"
#include "libhold/clock.h"
#include "libhold/mem.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

/* The largest answer: 200,000 seats, all of them changed. */
#define SEATS_TEXT_MAX (12 * 1024 * 1024)

/* Seats that were read, and who tells of them just now. */
struct shared {
	struct hall_state state;
	int refs; /* the entry's, too; under the lock */
};

struct entry {
	char event[EVENT_ID_MAX + 1]; /* "": free */
	struct shared *shared;        /* NULL: never read */
	struct event_moment moment;
	int64_t began_ms, took_ms; /* of its reading */
	int64_t asked_ms;
	bool reading; /* by a thread, which will tell the others */
};

struct state_cache {
	pthread_mutex_t lock; /* of all that follows */
	pthread_cond_t read;
	struct entry entries[STATE_CACHE_EVENTS];
};

struct state_cache *state_cache_new(void)
{
	struct state_cache *cache = hf_new(struct state_cache);

	pthread_mutex_init(&cache->lock, NULL);
	pthread_cond_init(&cache->read, NULL);
	return cache;
}

/* Under the lock, or when nobody else is left. */
static void drop(struct shared *shared)
{
	if (shared == NULL || --shared->refs > 0)
		return;
	hall_state_fini(&shared->state);
	free(shared);
}

void state_cache_free(struct state_cache **cache)
{
	struct state_cache *c = *cache;

	if (c == NULL)
		return;
	for (size_t i = 0; i < STATE_CACHE_EVENTS; i++)
		drop(c->entries[i].shared);
	pthread_cond_destroy(&c->read);
	pthread_mutex_destroy(&c->lock);
	free(c);
	*cache = NULL;
}

/* ---- the entries (under the lock) ---------------------------------------- */

static void clear(struct entry *entry)
{
	drop(entry->shared);
	*entry = (struct entry){ 0 };
}

/* The event's, or one made for it; NULL: all are being read. */
static struct entry *entry_of(struct state_cache *cache, const char *event)
{
	struct entry *oldest = NULL;

	for (size_t i = 0; i < STATE_CACHE_EVENTS; i++) {
		struct entry *entry = &cache->entries[i];

		if (strcmp(entry->event, event) == 0)
			return entry;
		if (!entry->reading &&
		    (oldest == NULL || entry->asked_ms < oldest->asked_ms))
			oldest = entry;
	}
	if (oldest != NULL) {
		clear(oldest);
		snprintf(oldest->event, sizeof(oldest->event), "%s", event);
	}
	return oldest;
}

static bool is_fresh(const struct entry *entry, int64_t since, int64_t now_ms)
{
	bool later = since != INT64_MAX && since > entry->moment.version;
	int64_t age_ms = now_ms - entry->began_ms;

	/* Whoever makes up a later one cannot keep the database at work. */
	return entry->shared != NULL && age_ms < STATE_CACHE_FRESH_MS &&
	       age_ms < (later ? 3 : STATE_CACHE_SHARE) * (entry->took_ms + 1);
}

/* ---- reading ------------------------------------------------------------- */

static void note_seat(void *arg, const struct hall_seat *seat)
{
	hall_state_add(arg, seat);
}

/*
 * Nobody has written anything between the two moments, nor began to before
 * the first and ended after it.
 */
static bool is_quiet(const struct event_moment *a, const struct event_moment *b)
{
	return a->version == a->next && b->version == a->version &&
	       b->next == a->next && strcmp(a->era, b->era) == 0;
}

/* A hall of the same layout has as many seats. */
static int read_size(struct store *store, const char *event,
		     const struct event_moment *known,
		     struct event_moment *moment)
{
	moment->seats = known->seats;
	if (moment->layout_hash[0] != '\0' &&
	    strcmp(moment->layout_hash, known->layout_hash) == 0)
		return 0;
	return store_hall_size(store, event, &moment->seats);
}

/* What one reading gives. */
struct reading {
	struct event_moment moment;
	struct shared *shared; /* NULL: nothing has changed since known */
	int64_t began_ms;
};

static int read_seats(struct store *store, const char *event,
		      struct reading *reading)
{
	struct shared *shared = hf_new(struct shared);
	int rc;

	shared->refs = 1;
	rc = store_hall_seats(store, event, note_seat, &shared->state);
	hall_state_sort(&shared->state);
	reading->shared = shared;
	return rc;
}

/* known: the moment of what was read last. */
static int read_state(struct store *store, const char *event,
		      const struct event_moment *known, struct reading *reading)
{
	int rc = store_event_moment(store, event, &reading->moment);

	if (rc < 0)
		return rc;
	if (is_quiet(known, &reading->moment)) {
		reading->moment.seats = known->seats;
		return 0;
	}
	rc = read_size(store, event, known, &reading->moment);
	return rc == 0 ? read_seats(store, event, reading) : rc;
}

/* What was read is the entry's from now on. */
static void keep(struct entry *entry, const struct reading *reading)
{
	entry->began_ms = reading->began_ms;
	entry->moment = reading->moment;
	if (reading->shared == NULL)
		return;
	drop(entry->shared);
	entry->shared = reading->shared;
	entry->took_ms = hf_clock_ms() - reading->began_ms;
}

/* Gives the lock up while it reads. */
static int read_entry(struct state_cache *cache, struct entry *entry,
		      struct store *store, const char *event)
{
	struct event_moment known = entry->moment;
	struct reading reading = { .began_ms = hf_clock_ms() };
	int rc;

	entry->reading = true;
	pthread_mutex_unlock(&cache->lock);
	rc = read_state(store, event, &known, &reading);
	pthread_mutex_lock(&cache->lock);
	entry->reading = false;
	pthread_cond_broadcast(&cache->read);
	if (rc == 0) {
		keep(entry, &reading);
		return 0;
	}
	drop(reading.shared);
	clear(entry);
	return rc;
}

/* ---- telling ------------------------------------------------------------- */

/* The event's entry, fresh; NULL and why not. */
static struct entry *find(struct state_cache *cache, struct store *store,
			  const char *event, int64_t since, int *rc_out)
{
	struct entry *entry;

	*rc_out = 0;
	for (;;) {
		entry = entry_of(cache, event);
		if (entry != NULL && is_fresh(entry, since, hf_clock_ms()))
			return entry;
		if (entry != NULL && !entry->reading)
			break;
		pthread_cond_wait(&cache->read, &cache->lock);
	}
	*rc_out = read_entry(cache, entry, store, event);
	return *rc_out == 0 ? entry : NULL;
}

static void tell(const struct entry *entry, int64_t since, event_state_fn *each,
		 void *arg)
{
	struct event_state told;
	struct hf_buf text;

	hf_buf_init(&text, SEATS_TEXT_MAX);
	hall_state_tell(&entry->shared->state, &entry->moment, hf_clock_ms(),
			since, &text, &told);
	each(arg, &told);
	hf_buf_fini(&text);
}

int state_cache_tell(struct state_cache *cache, struct store *store,
		     const char *event, int64_t since, event_state_fn *each,
		     void *arg)
{
	struct entry *entry, mine;
	int rc;

	pthread_mutex_lock(&cache->lock);
	entry = find(cache, store, event, since, &rc);
	if (entry != NULL) {
		entry->asked_ms = hf_clock_ms();
		entry->shared->refs++;
		mine = *entry;
	}
	pthread_mutex_unlock(&cache->lock);
	if (entry == NULL)
		return rc;
	tell(&mine, since, each, arg);
	pthread_mutex_lock(&cache->lock);
	drop(mine.shared);
	pthread_mutex_unlock(&cache->lock);
	return 0;
}
