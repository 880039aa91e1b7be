/*
 * Deadlines: a min-heap whose items know their own place.
 *
 * So any item is removed or moved in O(log n) without a search. Four children
 * a node: half the levels of a binary heap, and siblings share a cache line.
 * The heap owns only its array, never an item.
 */
#ifndef HOLD_HEAP_H
#define HOLD_HEAP_H

#include "libhold/base.h"

#define HF_NEVER INT64_MAX

/* Embedded in what is due; zero means: in no heap. */
struct hf_heap_item {
	int64_t due_ms;
	uint32_t place; /* 1 + index in the heap; 0: in none */
};

struct hf_heap {
	struct hf_heap_slot *slots;
	size_t count;
	size_t cap;
};

void hf_heap_init(struct hf_heap *heap);
void hf_heap_fini(struct hf_heap *heap);

static inline bool hf_heap_has(const struct hf_heap_item *item)
{
	return item->place != 0;
}

/* Adds item, or moves it when it is in already. At most 2^32 - 2 items. */
void hf_heap_set(struct hf_heap *heap, struct hf_heap_item *item,
		 int64_t due_ms);

/* Harmless for an item that is in no heap. */
void hf_heap_remove(struct hf_heap *heap, struct hf_heap_item *item);

/* Tells the heap that item now lives at fresh (already a copy of it). */
void hf_heap_moved(struct hf_heap *heap, struct hf_heap_item *fresh);

/* The earliest, or NULL. */
struct hf_heap_item *hf_heap_first(const struct hf_heap *heap);

/* Its due time, or HF_NEVER. */
int64_t hf_heap_next_ms(const struct hf_heap *heap);

#endif
