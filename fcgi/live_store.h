/*
 * What the live view and the end of holds need of the database.
 *
 * One struct is one thread's connection, as with store.h; every call gives 0
 * or HF_EUNREACHABLE. The functions behind it are in db/migrations.
 */
#ifndef FCGI_LIVE_STORE_H
#define FCGI_LIVE_STORE_H

#include "fcgi/channel.h"
#include "fcgi/meter.h"

enum { LIVE_STORE_AT_ONCE = 500 }; /* tickets a call */

struct live_store;

/* meter counts round trips, or is NULL; it outlives the store. */
struct live_store *live_store_new(const char *url, struct meter *meter);
void live_store_free(struct live_store **store); /* and sets it to NULL */

/* Texts live for the call. */
typedef void live_seat_fn(void *arg, const char *event,
			  const struct channel_seat *seat);
typedef void live_id_fn(void *arg, const char *id);
typedef void live_hold_fn(void *arg, const char *ticket, int64_t fence,
			  const char *service, int64_t left_ms);

/* What each of these tickets is now; nothing of one that there is not. */
int live_store_seats(struct live_store *store, const char *const *ids, size_t n,
		     live_seat_fn *each, void *arg) HF_MUSTUSE;

/* What the box office changed; texts live for the call. */
struct office_change {
	const char *event;
	int64_t version; /* its tickets' new versions are at least that */
	bool terms;      /* of the event were changed */
	const char *sale, *opens_at; /* the second NULL: no time */
};

/*
 * Calls each() for what was committed since the last call on this store; for
 * nothing at the first, and after one that failed.
 */
typedef void live_office_fn(void *arg, const struct office_change *change);
int live_store_office(struct live_store *store, live_office_fn *each,
		      void *arg) HF_MUSTUSE;

/* The event's tickets with versions of since and more. */
int live_store_changed(struct live_store *store, const char *event,
		       int64_t since, live_seat_fn *each, void *arg) HF_MUSTUSE;

/* All events. */
int live_store_events(struct live_store *store, live_id_fn *each,
		      void *arg) HF_MUSTUSE;

/* All that is reserved, whoever's it is, also past its time (left_ms < 0). */
int live_store_holds(struct live_store *store, live_hold_fn *each,
		     void *arg) HF_MUSTUSE;

/* Takes away places in waiting lines that nobody has come back to. */
int live_store_tidy(struct live_store *store) HF_MUSTUSE;

/*
 * Frees those that are still reserved under their token and past their time;
 * each() is told of them alone.
 */
int live_store_end(struct live_store *store, const char *const *ids,
		   const int64_t *fences, size_t n, const char *service,
		   live_id_fn *each, void *arg) HF_MUSTUSE;

#endif
