/*
 * Counts of durations, for percentiles: 64 slots for each power of two.
 *
 * A percentile is at most 1/64 too high, never too low.
 */
#ifndef BENCH_HIST_H
#define BENCH_HIST_H

#include "libhold/base.h"

enum {
	HIST_SUB_BITS = 6,
	HIST_SLOTS = (64 - HIST_SUB_BITS + 1) << HIST_SUB_BITS
};

struct hist {
	uint64_t total;
	uint64_t counts[HIST_SLOTS];
};

/* One duration; the unit is the caller's. */
void hist_add(struct hist *hist, uint64_t value);

/*
 * The value that percent of all are not above (0 to 100), or 0 when there
 * are none.
 */
uint64_t hist_percentile(const struct hist *hist, double percent);

#endif
