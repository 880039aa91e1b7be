#include "config.h"

#include "libhold/heap.h"

#include "libhold/mem.h"

#include <assert.h>
#include <stdlib.h>

#define CHILDREN  4
#define FIRST_CAP 64

/* The due time stands here too, so that comparing touches no item. */
struct hf_heap_slot {
	int64_t due_ms;
	struct hf_heap_item *item;
};

void hf_heap_init(struct hf_heap *heap)
{
	*heap = (struct hf_heap){ 0 };
}

void hf_heap_fini(struct hf_heap *heap)
{
	free(heap->slots);
	*heap = (struct hf_heap){ 0 };
}

static void put(struct hf_heap *heap, size_t at, struct hf_heap_slot slot)
{
	heap->slots[at] = slot;
	slot.item->place = (uint32_t)(at + 1);
}

/* Moves slot from the free place at towards the root, to where it belongs. */
static size_t rise(struct hf_heap *heap, size_t at, struct hf_heap_slot slot)
{
	while (at > 0) {
		size_t parent = (at - 1) / CHILDREN;

		if (heap->slots[parent].due_ms <= slot.due_ms)
			break;
		put(heap, at, heap->slots[parent]);
		at = parent;
	}
	put(heap, at, slot);
	return at;
}

static size_t earliest_child(const struct hf_heap *heap, size_t at)
{
	size_t first = at * CHILDREN + 1;
	size_t end =
	    first + CHILDREN < heap->count ? first + CHILDREN : heap->count;
	size_t best = first;

	for (size_t i = first + 1; i < end; i++) {
		if (heap->slots[i].due_ms < heap->slots[best].due_ms)
			best = i;
	}
	return best;
}

static void sink(struct hf_heap *heap, size_t at, struct hf_heap_slot slot)
{
	while (at * CHILDREN + 1 < heap->count) {
		size_t child = earliest_child(heap, at);

		if (heap->slots[child].due_ms >= slot.due_ms)
			break;
		put(heap, at, heap->slots[child]);
		at = child;
	}
	put(heap, at, slot);
}

/* slot belongs somewhere above or below the free place at. */
static void settle(struct hf_heap *heap, size_t at, struct hf_heap_slot slot)
{
	if (rise(heap, at, slot) == at)
		sink(heap, at, slot);
}

void hf_heap_set(struct hf_heap *heap, struct hf_heap_item *item,
		 int64_t due_ms)
{
	struct hf_heap_slot slot = { due_ms, item };

	item->due_ms = due_ms;
	if (hf_heap_has(item)) {
		settle(heap, item->place - 1, slot);
		return;
	}
	if (heap->count == heap->cap) {
		heap->cap = heap->cap > 0 ? heap->cap * 2 : FIRST_CAP;
		heap->slots = hf_realloc_array(heap->slots, heap->cap,
					       sizeof(heap->slots[0]));
	}
	assert(heap->count < UINT32_MAX - 1);
	heap->count++;
	rise(heap, heap->count - 1, slot);
}

/* After a flood of deadlines most of the array may go. */
static void shrink(struct hf_heap *heap)
{
	if (heap->cap <= FIRST_CAP || heap->count > heap->cap / 4)
		return;
	heap->cap /= 2;
	heap->slots =
	    hf_realloc_array(heap->slots, heap->cap, sizeof(heap->slots[0]));
}

void hf_heap_remove(struct hf_heap *heap, struct hf_heap_item *item)
{
	size_t at = item->place - 1;
	struct hf_heap_slot last;

	if (!hf_heap_has(item))
		return;
	assert(at < heap->count && heap->slots[at].item == item);
	item->place = 0;
	heap->count--;
	last = heap->slots[heap->count];
	if (last.item != item)
		settle(heap, at, last);
	shrink(heap);
}

void hf_heap_moved(struct hf_heap *heap, struct hf_heap_item *fresh)
{
	if (hf_heap_has(fresh))
		heap->slots[fresh->place - 1].item = fresh;
}

struct hf_heap_item *hf_heap_first(const struct hf_heap *heap)
{
	return heap->count > 0 ? heap->slots[0].item : NULL;
}

int64_t hf_heap_next_ms(const struct hf_heap *heap)
{
	return heap->count > 0 ? heap->slots[0].due_ms : HF_NEVER;
}
