#include "config.h"

#include "libhold/hist.h"

#define SUB_SLOTS (UINT64_C(1) << HF_HIST_SUB_BITS)

/*
 * Below SUB_SLOTS each value has its own slot; above, the highest bits pick
 * one of SUB_SLOTS in the value's power of two.
 */
static size_t slot_of(uint64_t value)
{
	unsigned shift;

	if (value < SUB_SLOTS)
		return value;
	shift = 63 - HF_HIST_SUB_BITS - (unsigned)__builtin_clzll(value);
	return ((size_t)shift << HF_HIST_SUB_BITS) + (value >> shift);
}

/* The greatest value of a slot. */
static uint64_t slot_top(size_t slot)
{
	uint64_t high;
	unsigned shift;

	if (slot < SUB_SLOTS)
		return slot;
	shift = (unsigned)(slot >> HF_HIST_SUB_BITS) - 1;
	high = (slot & (SUB_SLOTS - 1)) + SUB_SLOTS;
	return ((high + 1) << shift) - 1;
}

void hf_hist_add(struct hf_hist *hist, uint64_t value)
{
	hist->total++;
	hist->counts[slot_of(value)]++;
}

uint64_t hf_hist_percentile(const struct hf_hist *hist, double percent)
{
	double wanted = (double)hist->total * percent / 100.0;
	uint64_t seen = 0;

	if (hist->total == 0)
		return 0;
	for (size_t i = 0; i < HF_HIST_SLOTS; i++) {
		seen += hist->counts[i];
		if (seen > 0 && (double)seen >= wanted)
			return slot_top(i);
	}
	return slot_top(HF_HIST_SLOTS - 1);
}
