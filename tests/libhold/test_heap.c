#include "config.h"

#include "libhold/heap.h"
#include "libhold/mem.h"

#include "tests/libhold/suites.h"

#include <stdlib.h>

static struct hf_heap heap;

static void setup(void)
{
	hf_heap_init(&heap);
}

static void teardown(void)
{
	hf_heap_fini(&heap);
}

/* Every item is where it thinks it is, and no child is before its parent. */
static void check_order(struct hf_heap_item *items, size_t n)
{
	int64_t last = INT64_MIN;
	size_t left = 0;

	for (size_t i = 0; i < n; i++)
		left += hf_heap_has(&items[i]) ? 1 : 0;
	CU_ASSERT_EQUAL(left, heap.count);
	while (left-- > 0) {
		struct hf_heap_item *first = hf_heap_first(&heap);

		CU_ASSERT_FATAL(first != NULL);
		CU_ASSERT(first->due_ms >= last);
		CU_ASSERT_EQUAL(hf_heap_next_ms(&heap), first->due_ms);
		last = first->due_ms;
		hf_heap_remove(&heap, first);
		CU_ASSERT_FALSE(hf_heap_has(first));
	}
	CU_ASSERT_PTR_NULL(hf_heap_first(&heap));
	CU_ASSERT_EQUAL(hf_heap_next_ms(&heap), HF_NEVER);
}

static void deadlines_come_out_in_order_after_any_changes(void)
{
	enum { N = 500, STEPS = 20000 };
	struct hf_heap_item *items = hf_new_array(struct hf_heap_item, N);
	unsigned short seed[3] = { 1, 2, 3 };

	for (int round = 0; round < 5; round++) {
		for (int i = 0; i < STEPS; i++) {
			struct hf_heap_item *item = &items[nrand48(seed) % N];

			if (nrand48(seed) % 3 == 0)
				hf_heap_remove(&heap, item);
			else
				hf_heap_set(&heap, item,
					    nrand48(seed) % 1000 - 500);
		}
		check_order(items, N);
	}
	free(items);
}

static void an_item_that_moved_in_memory_is_still_found(void)
{
	struct hf_heap_item a = { 0 }, b = { 0 }, moved;

	hf_heap_set(&heap, &a, 10);
	hf_heap_set(&heap, &b, 20);
	moved = a;
	hf_heap_moved(&heap, &moved);
	CU_ASSERT_PTR_EQUAL(hf_heap_first(&heap), &moved);
	hf_heap_remove(&heap, &moved);
	CU_ASSERT_PTR_EQUAL(hf_heap_first(&heap), &b);
}

static void a_million_deadlines_give_their_memory_back(void)
{
	enum { N = 1000000 };
	struct hf_heap_item *items = hf_new_array(struct hf_heap_item, N);

	for (size_t i = 0; i < N; i++)
		hf_heap_set(&heap, &items[i], (int64_t)(i * 7919 % N));
	CU_ASSERT_EQUAL(heap.count, N);
	CU_ASSERT_EQUAL(hf_heap_next_ms(&heap), 0);
	for (size_t i = 0; i < N; i++)
		hf_heap_remove(&heap, &items[i]);
	CU_ASSERT_EQUAL(heap.count, 0);
	CU_ASSERT(heap.cap <= 64);
	free(items);
}

static const struct hf_test tests[] = {
	HF_TEST(deadlines_come_out_in_order_after_any_changes),
	HF_TEST(an_item_that_moved_in_memory_is_still_found),
	HF_TEST(a_million_deadlines_give_their_memory_back),
	HF_TEST_END,
};

const struct hf_suite test_heap_suite = { "libhold/heap", tests, setup,
					  teardown };
