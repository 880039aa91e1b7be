/*
 * When the next sync begins: at once, or a little later with more in it.
 *
 * Clients that waited for a sync send their next change when it is over. A
 * sync that begins at once goes without them, so that each carries half, and
 * costs as much. So the next one waits until as many have come as were
 * released, but no longer than the last one took. Where not even half of them
 * come (they think before they do, or change nothing), it is tried less and
 * less often. Where so many clients are there that the disk is done before all
 * of them are served, a sync for those who have come, while the others come, is
 * more: the program may say from how many on. Whoever waits for a sync counts,
 * whether he has changed something or reads what another has.
 *
 * No clock in here: every call is told the time, in microseconds.
 */
#ifndef HOLD_JOURNAL_GATHER_H
#define HOLD_JOURNAL_GATHER_H

#include "libhold/base.h"

/* All zeros: nothing has been seen yet, and any number is waited for. */
struct journal_gather {
	uint64_t most;     /* with more nobody is waited for; 0: any number */
	uint64_t released; /* by the last sync */
	int64_t began_us;  /* the sync under way */
	uint64_t from;     /* who had come, ever, when it ended */
	uint64_t target;   /* what is waited for */
	int64_t until_us;  /* 0: for nothing */
	unsigned skips;    /* so many syncs are not waited after */
	unsigned misses;   /* the last time it was in vain: skips then */
};

void journal_gather_begin(struct journal_gather *gather, int64_t now_us);

/* It ended: so many are released, of those who ever came. */
void journal_gather_end(struct journal_gather *gather, int64_t now_us,
			uint64_t released, uint64_t came);

/* How long to wait yet when so many ever came, at least one since; 0: go. */
int64_t journal_gather_wait_us(struct journal_gather *gather, int64_t now_us,
			       uint64_t came);

#endif
