#include "config.h"

#include "libhold/err.h"
#include "lockd/watch.h"

#include "tests/lockd/suites.h"

#include <stdio.h>

#define NOW  1000
#define MANY (1024 * 1024)

static struct keyspace *keys;
static struct watch_table *table;
static struct watcher a, b;

static void setup(void)
{
	keys = keyspace_new(7);
	table = watch_table_new(keys, 7);
	watch_join(&a);
	watch_join(&b);
}

static void teardown(void)
{
	watch_drop(table, &a);
	watch_drop(table, &b);
	watch_table_free(&table);
	keyspace_free(&keys);
}

static void watch(struct watcher *watcher, const char *key)
{
	CU_ASSERT_EQUAL(watch_add(table, watcher, hf_slice_of(key), NOW, MANY),
			0);
}

static void set(const char *key, int64_t due_ms)
{
	const struct ks_change change = { .kind = KS_SET,
					  .type = KS_STRING,
					  .key = hf_slice_of(key),
					  .value = HF_SLICE("v"),
					  .due_ms = due_ms };

	keyspace_apply(keys, &change, NOW);
}

static void flush(void)
{
	const struct ks_change change = { .kind = KS_FLUSH };

	keyspace_apply(keys, &change, NOW);
}

static void a_change_marks_all_who_watch_that_key(void)
{
	watch(&a, "x");
	watch(&b, "x");
	watch(&b, "y");
	set("z", HF_NEVER);
	CU_ASSERT_FALSE(watch_changed(table, &a, NOW));
	set("x", HF_NEVER);
	CU_ASSERT_TRUE(watch_changed(table, &a, NOW));
	CU_ASSERT_TRUE(watch_changed(table, &b, NOW));
}

static void who_drops_its_watches_is_marked_no_more(void)
{
	watch(&a, "x");
	watch(&b, "x");
	set("x", HF_NEVER);
	watch_drop(table, &a);
	CU_ASSERT_FALSE(watch_changed(table, &a, NOW));
	set("x", HF_NEVER);
	CU_ASSERT_FALSE(watch_changed(table, &a, NOW));
	CU_ASSERT_TRUE(watch_changed(table, &b, NOW));
}

static void a_key_that_comes_to_its_end_has_changed(void)
{
	set("x", NOW + 5);
	watch(&a, "x");
	CU_ASSERT_FALSE(watch_changed(table, &a, NOW + 4));
	CU_ASSERT_TRUE(watch_changed(table, &a, NOW + 5));
}

static void a_flush_changes_only_what_was_there(void)
{
	set("x", HF_NEVER);
	watch(&a, "x");
	watch(&b, "y");
	flush();
	CU_ASSERT_TRUE(watch_changed(table, &a, NOW));
	CU_ASSERT_FALSE(watch_changed(table, &b, NOW));
}

static void deadlines_that_are_moved_change_nothing(void)
{
	const struct ks_change shift = { .kind = KS_SHIFT, .due_ms = 10 };
	const struct ks_change fence = { .kind = KS_FENCE, .fence = 10 };

	set("x", NOW + 5);
	watch(&a, "x");
	keyspace_apply(keys, &shift, NOW);
	keyspace_apply(keys, &fence, NOW);
	CU_ASSERT_FALSE(watch_changed(table, &a, NOW + 14));
}

static void the_same_key_again_takes_no_more_memory(void)
{
	size_t bytes;

	watch(&a, "x");
	bytes = a.bytes;
	watch(&b, "x");
	watch(&b, "y");
	watch(&a, "x");
	watch(&b, "x");
	CU_ASSERT_EQUAL(a.bytes, bytes);
	CU_ASSERT_EQUAL(a.count, 1);
	CU_ASSERT_EQUAL(b.count, 2);
}

static void so_much_is_watched_and_no_more(void)
{
	size_t one;

	watch(&a, "1");
	one = a.bytes;
	CU_ASSERT_EQUAL(watch_add(table, &a, HF_SLICE("2"), NOW, 2 * one), 0);
	CU_ASSERT_EQUAL(watch_add(table, &a, HF_SLICE("3"), NOW, 3 * one - 1),
			HF_ELIMIT);
	CU_ASSERT_EQUAL(a.count, 2);
}

static void a_thousand_keys_are_told_apart(void)
{
	char key[16];

	for (int i = 0; i < 1000; i++) {
		snprintf(key, sizeof(key), "%d", i);
		watch(i == 500 ? &b : &a, key);
	}
	set("500", HF_NEVER);
	CU_ASSERT_TRUE(watch_changed(table, &b, NOW));
	CU_ASSERT_FALSE(watch_changed(table, &a, NOW));
}

static const struct hf_test tests[] = {
	HF_TEST(a_change_marks_all_who_watch_that_key),
	HF_TEST(who_drops_its_watches_is_marked_no_more),
	HF_TEST(a_key_that_comes_to_its_end_has_changed),
	HF_TEST(a_flush_changes_only_what_was_there),
	HF_TEST(deadlines_that_are_moved_change_nothing),
	HF_TEST(the_same_key_again_takes_no_more_memory),
	HF_TEST(so_much_is_watched_and_no_more),
	HF_TEST(a_thousand_keys_are_told_apart),
	HF_TEST_END,
};

const struct hf_suite test_watch_suite = { "lockd/watch", tests, setup,
					   teardown };
