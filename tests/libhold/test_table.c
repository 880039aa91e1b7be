#include "config.h"

#include "libhold/mem.h"
#include "libhold/table.h"

#include "tests/libhold/suites.h"

#include <stdio.h>
#include <stdlib.h>

#define SEED 99

struct item {
	struct hf_table_node node;
	char key[16];
	int given; /* times a walk gave it */
	bool in;
};

enum { ITEMS = 5000 };

static struct hf_table *table;
static struct item *items;

static void setup(void)
{
	table = hf_table_new();
	items = hf_new_array(struct item, ITEMS);
	for (int i = 0; i < ITEMS; i++)
		snprintf(items[i].key, sizeof(items[i].key), "key-%d", i);
}

static void teardown(void)
{
	hf_table_free(&table);
	free(items);
}

static bool equal(const struct hf_table_node *node, struct hf_slice key)
{
	const struct item *item = (const void *)node; /* node is first */

	return hf_slice_eq(hf_slice_of(item->key), key);
}

static uint32_t hash_of(const struct item *item)
{
	return hf_table_hash(SEED, hf_slice_of(item->key));
}

static struct hf_table_node *find(const struct item *item)
{
	return hf_table_find(table, hash_of(item), equal,
			     hf_slice_of(item->key));
}

static void flip(struct item *item)
{
	if (item->in)
		hf_table_remove(table, &item->node);
	else
		hf_table_insert(table, &item->node, hash_of(item));
	item->in = !item->in;
}

static void it_agrees_with_what_went_in_and_out(void)
{
	unsigned short seed[3] = { 4, 5, 6 };
	size_t count = 0;

	for (int i = 0; i < 200000; i++) {
		/* Now few are in, now many: it grows and shrinks. */
		int range = i / 20000 % 2 == 0 ? ITEMS : ITEMS / 50;
		struct item *item = &items[nrand48(seed) % range];

		CU_ASSERT_EQUAL_FATAL(find(item) != NULL, item->in);
		flip(item);
		count += item->in ? 1 : (size_t)-1;
		CU_ASSERT_EQUAL_FATAL(hf_table_count(table), count);
	}
	for (int i = 0; i < ITEMS; i++)
		CU_ASSERT_EQUAL_FATAL(find(&items[i]) != NULL, items[i].in);
}

static void a_replaced_entry_is_found_in_the_old_ones_place(void)
{
	struct item fresh;

	for (int i = 0; i < 100; i++)
		flip(&items[i]);
	fresh = items[50];
	hf_table_replace(table, &items[50].node, &fresh.node);
	CU_ASSERT_PTR_EQUAL(find(&items[50]), &fresh.node);
	hf_table_remove(table, &fresh.node);
	CU_ASSERT_PTR_NULL(find(&items[50]));
	CU_ASSERT_EQUAL(hf_table_count(table), 99);
}

static void count_given(void *arg, struct hf_table_node *node)
{
	HF_UNUSED(arg);
	((struct item *)(void *)node)->given++;
}

/* Walks while step() changes the table between the steps. */
static void walk(void (*step)(int i))
{
	uint64_t cursor = 0;
	int i = 0;

	do {
		cursor = hf_table_scan(table, cursor, count_given, NULL);
		step(i++);
	} while (cursor != 0 && i < 1000000);
	CU_ASSERT(i < 1000000);
}

static void nothing(int i)
{
	HF_UNUSED(i);
}

static void a_walk_gives_each_entry_once_when_nothing_changes(void)
{
	for (int i = 0; i < 1000; i++)
		flip(&items[i]);
	walk(nothing);
	for (int i = 0; i < 1000; i++)
		CU_ASSERT_EQUAL(items[i].given, 1);
}

static void add_two(int i)
{
	for (int k = 0; k < 2 && 100 + 2 * i + k < ITEMS; k++)
		flip(&items[100 + 2 * i + k]);
}

static void take_three(int i)
{
	for (int k = 0; k < 3 && 100 + 3 * i + k < ITEMS; k++)
		flip(&items[100 + 3 * i + k]);
}

static void a_walk_misses_nothing_while_the_table_grows_or_shrinks(void)
{
	for (int i = 0; i < 100; i++)
		flip(&items[i]);
	walk(add_two);
	for (int i = 0; i < 100; i++)
		CU_ASSERT(items[i].given >= 1);
	for (int i = 0; i < ITEMS; i++) {
		items[i].given = 0;
		if (!items[i].in)
			flip(&items[i]);
	}
	walk(take_three);
	for (int i = 0; i < 100; i++)
		CU_ASSERT(items[i].given >= 1);
}

static void the_seed_changes_every_hash(void)
{
	int same = 0;

	for (int i = 0; i < 1000; i++) {
		struct hf_slice key = hf_slice_of(items[i].key);

		same += hf_table_hash(1, key) == hf_table_hash(2, key) ? 1 : 0;
	}
	CU_ASSERT(same < 3);
}

static const struct hf_test tests[] = {
	HF_TEST(it_agrees_with_what_went_in_and_out),
	HF_TEST(a_replaced_entry_is_found_in_the_old_ones_place),
	HF_TEST(a_walk_gives_each_entry_once_when_nothing_changes),
	HF_TEST(a_walk_misses_nothing_while_the_table_grows_or_shrinks),
	HF_TEST(the_seed_changes_every_hash),
	HF_TEST_END,
};

const struct hf_suite test_table_suite = { "libhold/table", tests, setup,
					   teardown };
