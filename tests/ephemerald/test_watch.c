#include "config.h"

#include "ephemerald/watch.h"
#include "libhold/err.h"

#include "tests/ephemerald/suites.h"

#include <stdio.h>
#include <string.h>

enum { MAX_WATCHES = 5 };

static struct watch_table *table;
static struct watcher watchers[3];
static char told[1000]; /* "A/path " for each telling */

#define A (&watchers[0])
#define B (&watchers[1])

static void tell(void *arg, struct watcher *watcher,
		 const struct watch_event *event)
{
	size_t len = strlen(told);

	HF_UNUSED(arg);
	snprintf(told + len, sizeof(told) - len, "%c%d%.*s ",
		 'A' + (int)(watcher - watchers), (int)event->type,
		 (int)event->path.len, event->path.data);
}

static void setup(void)
{
	table = watch_table_new(8, MAX_WATCHES, tell, NULL);
	for (size_t i = 0; i < HF_LEN(watchers); i++)
		watch_join(&watchers[i]);
	told[0] = '\0';
}

static void teardown(void)
{
	for (size_t i = 0; i < HF_LEN(watchers); i++)
		watch_leave(table, &watchers[i]);
	CU_ASSERT_EQUAL(watch_counts(table)->paths, 0);
	CU_ASSERT_EQUAL(watch_counts(table)->watchers, 0);
	watch_table_free(&table); /* asserts that none is left */
}

static void add(struct watcher *watcher, const char *path, unsigned kinds)
{
	CU_ASSERT_EQUAL(watch_add(table, watcher, hf_slice_of(path), kinds), 0);
}

/* What is told of it. */
static const char *fire(enum zk_event type, const char *path)
{
	struct watch_event event = { type, hf_slice_of(path), NULL };

	told[0] = '\0';
	watch_fire(table, &event);
	return told;
}

static void a_watch_of_data_fires_once(void)
{
	add(A, "/a", WATCH_DATA);
	CU_ASSERT_STRING_EQUAL(fire(ZK_EVENT_DATA_CHANGED, "/b"), "");
	CU_ASSERT_STRING_EQUAL(fire(ZK_EVENT_DATA_CHANGED, "/a/b"), "");
	CU_ASSERT_STRING_EQUAL(fire(ZK_EVENT_CHILDREN_CHANGED, "/a"), "");
	CU_ASSERT_STRING_EQUAL(fire(ZK_EVENT_DATA_CHANGED, "/a"), "A3/a ");
	CU_ASSERT_STRING_EQUAL(fire(ZK_EVENT_DATA_CHANGED, "/a"), "");
}

static void a_watch_of_children_fires_once_and_at_the_end(void)
{
	add(A, "/a", WATCH_CHILD);
	add(B, "/a", WATCH_CHILD);
	CU_ASSERT_STRING_EQUAL(fire(ZK_EVENT_DATA_CHANGED, "/a"), "");
	CU_ASSERT_STRING_EQUAL(fire(ZK_EVENT_CHILDREN_CHANGED, "/a"),
			       "A4/a B4/a ");
	add(A, "/a", WATCH_CHILD);
	CU_ASSERT_STRING_EQUAL(fire(ZK_EVENT_DELETED, "/a"), "A2/a ");
	CU_ASSERT_EQUAL(watch_counts(table)->watches, 0);
}

static void two_kinds_at_one_path_are_told_once(void)
{
	add(A, "/a", WATCH_DATA);
	add(A, "/a", WATCH_CHILD);
	CU_ASSERT_EQUAL(watch_counts(table)->watches, 1);
	CU_ASSERT_STRING_EQUAL(fire(ZK_EVENT_DELETED, "/a"), "A2/a ");
	add(A, "/a", WATCH_DATA | WATCH_CHILD);
	fire(ZK_EVENT_DATA_CHANGED, "/a");
	CU_ASSERT_EQUAL(watch_kinds(table, A, HF_SLICE("/a")), WATCH_CHILD);
}

static void a_persistent_watch_stays(void)
{
	add(A, "/a", WATCH_PERSISTENT);
	for (int i = 0; i < 2; i++) {
		CU_ASSERT_STRING_EQUAL(fire(ZK_EVENT_CREATED, "/a"), "A1/a ");
		CU_ASSERT_STRING_EQUAL(fire(ZK_EVENT_DATA_CHANGED, "/a"),
				       "A3/a ");
		CU_ASSERT_STRING_EQUAL(fire(ZK_EVENT_CHILDREN_CHANGED, "/a"),
				       "A4/a ");
		CU_ASSERT_STRING_EQUAL(fire(ZK_EVENT_DELETED, "/a"), "A2/a ");
		CU_ASSERT_STRING_EQUAL(fire(ZK_EVENT_CREATED, "/a/b"), "");
	}
}

static void a_recursive_watch_is_told_of_all_below_but_of_no_children(void)
{
	add(A, "/a", WATCH_RECURSIVE);
	CU_ASSERT_STRING_EQUAL(fire(ZK_EVENT_CREATED, "/a/b/c"), "A1/a/b/c ");
	CU_ASSERT_STRING_EQUAL(fire(ZK_EVENT_DATA_CHANGED, "/a"), "A3/a ");
	CU_ASSERT_STRING_EQUAL(fire(ZK_EVENT_CHILDREN_CHANGED, "/a"), "");
	CU_ASSERT_STRING_EQUAL(fire(ZK_EVENT_CHILDREN_CHANGED, "/a/b"), "");
	CU_ASSERT_STRING_EQUAL(fire(ZK_EVENT_CREATED, "/ab"), "");
	CU_ASSERT_STRING_EQUAL(fire(ZK_EVENT_DELETED, "/"), "");
}

static void several_recursive_watches_of_one_are_told_once(void)
{
	add(A, "/", WATCH_RECURSIVE);
	add(A, "/a", WATCH_RECURSIVE);
	add(A, "/a/b", WATCH_DATA);
	add(B, "/a", WATCH_RECURSIVE);
	CU_ASSERT_STRING_EQUAL(fire(ZK_EVENT_DATA_CHANGED, "/a/b"),
			       "A3/a/b B3/a/b ");
	CU_ASSERT_EQUAL(watch_kinds(table, A, HF_SLICE("/a/b")), 0);
	CU_ASSERT_STRING_EQUAL(fire(ZK_EVENT_DATA_CHANGED, "/a/b"),
			       "A3/a/b B3/a/b ");
}

static void kinds_are_removed_one_by_one(void)
{
	add(A, "/a", WATCH_DATA | WATCH_PERSISTENT);
	CU_ASSERT_FALSE(watch_remove(table, B, HF_SLICE("/a"), WATCH_ANY));
	CU_ASSERT_FALSE(watch_remove(table, A, HF_SLICE("/b"), WATCH_ANY));
	CU_ASSERT_FALSE(watch_remove(table, A, HF_SLICE("/a"), WATCH_CHILD));
	CU_ASSERT_TRUE(
	    watch_remove(table, A, HF_SLICE("/a"), WATCH_OF_CHILDREN));
	CU_ASSERT_STRING_EQUAL(fire(ZK_EVENT_CHILDREN_CHANGED, "/a"), "");
	CU_ASSERT_TRUE(watch_remove(table, A, HF_SLICE("/a"), WATCH_ANY));
	CU_ASSERT_EQUAL(watch_counts(table)->watches, 0);
}

static void who_leaves_takes_all_his_watches_along_and_no_other(void)
{
	add(A, "/a", WATCH_DATA);
	add(A, "/b", WATCH_RECURSIVE);
	add(B, "/a", WATCH_DATA);
	watch_leave(table, A);
	CU_ASSERT_EQUAL(watch_counts(table)->watches, 1);
	CU_ASSERT_EQUAL(watch_counts(table)->paths, 1);
	CU_ASSERT_EQUAL(watch_counts(table)->watchers, 1);
	CU_ASSERT_STRING_EQUAL(fire(ZK_EVENT_DATA_CHANGED, "/a"), "B3/a ");
}

static void there_are_so_many_watches_and_not_one_more(void)
{
	char path[8];

	for (int i = 0; i < MAX_WATCHES; i++) {
		snprintf(path, sizeof(path), "/%d", i);
		add(A, path, WATCH_DATA);
	}
	CU_ASSERT_EQUAL(watch_add(table, B, HF_SLICE("/x"), WATCH_DATA),
			HF_ELIMIT);
	CU_ASSERT_EQUAL(watch_counts(table)->paths, MAX_WATCHES);
	add(A, "/0", WATCH_CHILD); /* one that is there may be for more */
	fire(ZK_EVENT_DATA_CHANGED, "/1");
	add(B, "/x", WATCH_DATA);
}

static void count_one(void *arg, struct hf_slice path, struct watcher *watcher)
{
	HF_UNUSED(path);
	*(int *)arg += watcher == A ? 1 : 100;
}

static void both_indexes_have_the_same_watches(void)
{
	int all = 0, of_a = 0;

	add(A, "/a", WATCH_DATA);
	add(A, "/b", WATCH_DATA);
	add(B, "/b", WATCH_CHILD);
	watch_each(table, count_one, &all);
	watch_each_of(A, count_one, &of_a);
	CU_ASSERT_EQUAL(all, 102);
	CU_ASSERT_EQUAL(of_a, 2);
}

static const struct hf_test tests[] = {
	HF_TEST(a_watch_of_data_fires_once),
	HF_TEST(a_watch_of_children_fires_once_and_at_the_end),
	HF_TEST(two_kinds_at_one_path_are_told_once),
	HF_TEST(a_persistent_watch_stays),
	HF_TEST(a_recursive_watch_is_told_of_all_below_but_of_no_children),
	HF_TEST(several_recursive_watches_of_one_are_told_once),
	HF_TEST(kinds_are_removed_one_by_one),
	HF_TEST(who_leaves_takes_all_his_watches_along_and_no_other),
	HF_TEST(there_are_so_many_watches_and_not_one_more),
	HF_TEST(both_indexes_have_the_same_watches),
	HF_TEST_END,
};

const struct hf_suite test_watch_suite = { "ephemerald/watch", tests, setup,
					   teardown };
