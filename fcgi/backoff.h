/*
 * When to try a lost connection again: after a while that doubles.
 *
 * The while is jittered, so that the threads of all workers do not come back
 * to a restarted server in one instant. Told the time; in milliseconds.
 */
#ifndef FCGI_BACKOFF_H
#define FCGI_BACKOFF_H

#include "libhold/base.h"

enum {
	BACKOFF_FIRST_MS = 25,
	BACKOFF_MAX_MS = 1000,
};

struct backoff {
	int64_t until_ms; /* no try before this */
	int64_t delay_ms; /* the last one, before jitter; 0: all is well */
	uint64_t random;  /* state of the jitter's generator, never 0 */
};

void backoff_init(struct backoff *backoff, uint64_t seed);

/* May one try now? */
bool backoff_ready(const struct backoff *backoff, int64_t now_ms);

/*
 * A try failed at now_ms: the next may come after half to all of the delay,
 * which doubles up to BACKOFF_MAX_MS.
 */
void backoff_failed(struct backoff *backoff, int64_t now_ms);

/* The service answered: the next failure begins anew. */
void backoff_worked(struct backoff *backoff);

#endif
