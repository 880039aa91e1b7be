/*
 * The states of events, read from the table once for all who ask at about the
 * same time; one for all threads of a worker.
 *
 * A state is told again while it is younger than so many times what reading it
 * took, so that a large hall takes a small part of the database's time however
 * many ask, and a small one is told as it is. Who has seen a later one is told
 * a later one.
 */
#ifndef FCGI_STATE_CACHE_H
#define FCGI_STATE_CACHE_H

#include "fcgi/store_events.h"

enum {
	STATE_CACHE_EVENTS = 16, /* then the one asked for longest ago goes */
	STATE_CACHE_SHARE = 20,  /* younger than so many times its cost */
	STATE_CACHE_FRESH_MS = 500, /* and never older than this */
};

struct state_cache;

struct state_cache *state_cache_new(void);
void state_cache_free(struct state_cache **cache); /* and sets it to NULL */

/*
 * As store_event_state(), of which it is told by store's connection if it must
 * be read. From any thread.
 */
int state_cache_tell(struct state_cache *cache, struct store *store,
		     const char *event, int64_t since, event_state_fn *each,
		     void *arg) HF_MUSTUSE;

#endif
