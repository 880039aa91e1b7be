/*
 * What a worker does beside answering: ends holds at their deadline and tells
 * who watches. The sale tells it by struct changes, and waits for none of it.
 */
#ifndef FCGI_LIVE_H
#define FCGI_LIVE_H

#include "fcgi/changes.h"

struct live;

/* Its threads' meters, in this order. */
enum { LIVE_PUBLISHER, LIVE_EXPIRER, LIVE_THREADS };

/*
 * publish_url: NULL: nobody watches, and holds end all the same. A url that
 * cannot be read ends the process, with a line that says why. The meters
 * outlive it.
 */
struct live *live_open(const char *publish_url, const char *database_url,
		       struct meter *meters[LIVE_THREADS]);

/* When nobody tells it any more. */
void live_close(struct live **live);

struct live_state {
	uint64_t queued, dropped; /* as struct publisher_state has them */
	uint64_t holds;           /* whose deadline is waited for */
};

/* From any thread. */
struct live_state live_look(const struct live *live);

/* To tell it by; lives as long as live. */
const struct changes *live_changes(const struct live *live);

#endif
