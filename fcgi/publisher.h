/*
 * Tells who watches an event what changes there, as it changes.
 *
 * One thread a worker. It is told which tickets changed, reads what they are
 * by now over a connection of its own, merges that, and hands a frame an event
 * (channel.h) to nginx, ten a second at most. What it cannot tell, because
 * too much changed, nginx was away or the database was, becomes a frame that
 * says to fetch all anew; so does its start, as nobody knows what a worker that
 * died had still to say. A few times a second it looks what the box office has
 * changed, which no worker is told of.
 */
#ifndef FCGI_PUBLISHER_H
#define FCGI_PUBLISHER_H

#include "fcgi/basket.h"
#include "fcgi/meter.h"

enum { PUBLISHER_QUEUE_MAX = 8192 }; /* tickets that wait to be read */

struct publisher;

/*
 * url as post.h takes it; both are copied. meter: the thread's, or NULL; it
 * outlives the publisher. NULL and a reason (lives for ever)
 * when it cannot be read; an unreachable nginx or database is no error.
 */
struct publisher *publisher_open(const char *url, const char *database_url,
				 struct meter *meter, const char **reason_out);

/* Says what is still to be said, for a second at most. NULL is harmless. */
void publisher_close(struct publisher **publisher);

/*
 * These tickets may have changed; copied. From any thread, and without any
 * wait but for other callers.
 */
void publisher_tell(struct publisher *publisher, const char *const *ids,
		    size_t n);

/* What there is to say of it. */
struct publisher_state {
	uint64_t queued;  /* tickets that wait to be read */
	uint64_t dropped; /* tickets that found no room: all is fetched anew */
};

struct publisher_state publisher_look(struct publisher *publisher);

#endif
