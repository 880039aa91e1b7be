#include "config.h"

#include "bench/hist.h"

#include <math.h>

#define SUB_SLOTS (UINT64_C(1) << HIST_SUB_BITS)

/*
 * Below SUB_SLOTS each value has its own slot; above, the highest bits pick
 * one of SUB_SLOTS in the value's power of two.
 */
static size_t slot_of(uint64_t value)
{
	unsigned shift;

	if (value < SUB_SLOTS)
		return value;
	shift = 63 - HIST_SUB_BITS - (unsigned)__builtin_clzll(value);
	return ((size_t)shift << HIST_SUB_BITS) + (value >> shift);
}

/* The greatest value of a slot. */
static uint64_t slot_top(size_t slot)
{
	uint64_t high;
	unsigned shift;

	if (slot < SUB_SLOTS)
		return slot;
	shift = (unsigned)(slot >> HIST_SUB_BITS) - 1;
	high = (slot & (SUB_SLOTS - 1)) + SUB_SLOTS;
	return ((high + 1) << shift) - 1;
}

void hist_add(struct hist *hist, uint64_t value)
{
	hist->total++;
	hist->counts[slot_of(value)]++;
}

uint64_t hist_percentile(const struct hist *hist, double percent)
{
	double wanted = ceil((double)hist->total * percent / 100.0);
	uint64_t seen = 0;

	if (hist->total == 0)
		return 0;
	for (size_t i = 0; i < HIST_SLOTS; i++) {
		seen += hist->counts[i];
		if (seen > 0 && (double)seen >= wanted)
			return slot_top(i);
	}
	return slot_top(HIST_SLOTS - 1);
}
