/*
 * Counts of durations, for percentiles: 64 slots for each power of two.
 *
 * A percentile is at most 1/64 too high, never too low.
 */
#ifndef HOLD_HIST_H
#define HOLD_HIST_H

#include "libhold/base.h"

enum {
	HF_HIST_SUB_BITS = 6,
	HF_HIST_SLOTS = (64 - HF_HIST_SUB_BITS + 1) << HF_HIST_SUB_BITS
};

struct hf_hist {
	uint64_t total;
	uint64_t counts[HF_HIST_SLOTS];
};

/* One duration; the unit is the caller's. */
void hf_hist_add(struct hf_hist *hist, uint64_t value);

/*
 * The value that percent of all are not above (0 to 100), or 0 when there
 * are none.
 */
uint64_t hf_hist_percentile(const struct hf_hist *hist, double percent);

#endif
