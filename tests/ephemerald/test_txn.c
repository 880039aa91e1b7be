#include "config.h"

#include "ephemerald/txn.h"

#include "ephemerald/quota.h"
#include "libhold/mem.h"

#include "tests/ephemerald/suites.h"
#include "tests/ephemerald/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_ROOM = 64 * 1024 };

static struct world w;

static void setup(void)
{
	w = (struct world){ .enforce_quota = true };
	world_init(&w);
}

static void teardown(void)
{
	world_fini(&w);
}

static struct zk_stat stat_of(const char *path)
{
	struct zk_stat stat;

	znode_stat(world_node(&w, path), &stat);
	return stat;
}

static bool exists(const char *path)
{
	return ztree_find(w.db.tree, hf_slice_of(path)) != NULL;
}

/* ---- one change -----------------------------------------------------------
 */

static void a_change_has_the_next_number_even_if_it_fails(void)
{
	int64_t before = w.db.zxid;

	CU_ASSERT_EQUAL(world_create(&w, "/a", ZK_PERSISTENT), ZK_OK);
	CU_ASSERT_EQUAL(stat_of("/a").czxid, before + 1);
	CU_ASSERT_EQUAL(world_create(&w, "/a", ZK_PERSISTENT), ZK_NODE_EXISTS);
	CU_ASSERT_EQUAL(world_set(&w, "/a", "x"), ZK_OK);
	CU_ASSERT_EQUAL(stat_of("/a").mzxid, before + 3);
}

static void a_create_is_checked_as_in_zookeeper(void)
{
	static const struct {
		const char *path;
		int32_t flags;
		int err;
	} rows[] = {
		{ "/a/b", ZK_PERSISTENT, ZK_NO_NODE },
		{ "/mine/b", ZK_PERSISTENT, ZK_NO_CHILDREN_FOR_EPHEMERALS },
		{ "/mine", ZK_PERSISTENT, ZK_NODE_EXISTS },
		{ "/", ZK_PERSISTENT, ZK_NODE_EXISTS },
		{ "/a/", ZK_PERSISTENT, ZK_NO_NODE },
		{ "a", ZK_PERSISTENT, ZK_BAD_ARGUMENTS },
		{ "", ZK_PERSISTENT, ZK_BAD_ARGUMENTS },
		{ "/a", -1, ZK_BAD_ARGUMENTS },
		{ "/a", ZK_PERSISTENT_SEQUENTIAL_WITH_TTL + 1,
		  ZK_BAD_ARGUMENTS },
		{ "/zookeeper", ZK_PERSISTENT, ZK_NODE_EXISTS },
	};

	CU_ASSERT_EQUAL(world_create(&w, "/mine", ZK_EPHEMERAL), ZK_OK);
	for (size_t i = 0; i < HF_LEN(rows); i++)
		CU_ASSERT_EQUAL(world_create(&w, rows[i].path, rows[i].flags),
				rows[i].err);
	CU_ASSERT_EQUAL(world_delete(&w, "/"), ZK_BAD_ARGUMENTS);
	CU_ASSERT_EQUAL(world_delete(&w, "/zookeeper/config"),
			ZK_BAD_ARGUMENTS);
	CU_ASSERT_EQUAL(world_delete(&w, "/none"), ZK_NO_NODE);
}

static void numbers_go_on_after_deletions_and_after_a_reaped_container(void)
{
	world_create(&w, "/c", ZK_CONTAINER);
	world_create(&w, "/c/n-", ZK_PERSISTENT_SEQUENTIAL);
	world_create(&w, "/c/n-", ZK_EPHEMERAL_SEQUENTIAL);
	CU_ASSERT_TRUE(exists("/c/n-0000000001"));
	world_delete(&w, "/c/n-0000000000");
	world_delete(&w, "/c/n-0000000001");
	world_begin(&w);
	CU_ASSERT_EQUAL(txn_delete_container(&w.txn, HF_SLICE("/c")), ZK_OK);
	txn_commit(&w.txn);
	world_create(&w, "/c", ZK_CONTAINER);
	world_create(&w, "/c/n-", ZK_PERSISTENT_SEQUENTIAL);
	CU_ASSERT_TRUE(exists("/c/n-0000000002"));
}

static void only_empty_containers_and_nodes_with_a_ttl_are_reaped(void)
{
	static const struct {
		const char *path;
		int err;
	} rows[] = {
		{ "/plain", ZK_BAD_VERSION },
		{ "/full", ZK_NOT_EMPTY },
		{ "/ttl", ZK_OK },
		{ "/none", ZK_NO_NODE },
	};

	world_create(&w, "/plain", ZK_PERSISTENT);
	world_create(&w, "/full", ZK_CONTAINER);
	world_create(&w, "/full/a", ZK_PERSISTENT);
	world_create(&w, "/ttl", ZK_PERSISTENT_WITH_TTL);
	for (size_t i = 0; i < HF_LEN(rows); i++) {
		world_begin(&w);
		CU_ASSERT_EQUAL(
		    txn_delete_container(&w.txn, hf_slice_of(rows[i].path)),
		    rows[i].err);
		txn_commit(&w.txn);
	}
}

static void a_version_must_be_right_or_minus_one(void)
{
	struct znode *node;

	world_create(&w, "/a", ZK_PERSISTENT);
	world_set(&w, "/a", "x");
	world_begin(&w);
	CU_ASSERT_EQUAL(txn_check(&w.txn, HF_SLICE("/a"), 1, &node), ZK_OK);
	CU_ASSERT_EQUAL(txn_check(&w.txn, HF_SLICE("/a"), -1, &node), ZK_OK);
	CU_ASSERT_EQUAL(txn_check(&w.txn, HF_SLICE("/a"), 0, &node),
			ZK_BAD_VERSION);
	CU_ASSERT_EQUAL(
	    txn_set_data(&w.txn, HF_SLICE("/a"), HF_SLICE("y"), 2, &node),
	    ZK_BAD_VERSION);
	CU_ASSERT_EQUAL(txn_delete(&w.txn, HF_SLICE("/a"), 0), ZK_BAD_VERSION);
	CU_ASSERT_EQUAL(txn_delete(&w.txn, HF_SLICE("/a"), 1), ZK_OK);
	txn_commit(&w.txn);
	CU_ASSERT_FALSE(exists("/a"));
}

static void versions_leave_out_the_one_that_means_any(void)
{
	struct znode *node;

	world_create(&w, "/a", ZK_PERSISTENT);
	node = world_node(&w, "/a");
	node->version = -2;
	world_set(&w, "/a", "x");
	CU_ASSERT_EQUAL(node->version, 0);
	node->version = INT32_MAX;
	world_set(&w, "/a", "x");
	CU_ASSERT_EQUAL(node->version, INT32_MIN);
}

/* ---- several, or none -----------------------------------------------------
 */

static void what_is_aborted_never_was(void)
{
	static char before[TEXT_ROOM];
	struct znode *node;
	size_t memory;
	size_t recorded;

	world_create(&w, "/a", ZK_PERSISTENT);
	world_create(&w, "/a/b", ZK_EPHEMERAL);
	world_create(&w, "/c", ZK_CONTAINER);
	CU_ASSERT_EQUAL(watch_add(w.db.watches, &w.watchers[0], HF_SLICE("/"),
				  WATCH_RECURSIVE),
			0);
	snprintf(before, sizeof(before), "%s", world_text(&w.db));
	memory = ztree_memory(w.db.tree);
	recorded = hf_buf_len(&w.records);
	world_begin(&w);
	CU_ASSERT_EQUAL(world_try_create(&w, "/a/n-", ZK_EPHEMERAL_SEQUENTIAL),
			ZK_OK);
	CU_ASSERT_EQUAL(world_try_create(&w, "/d", ZK_PERSISTENT), ZK_OK);
	CU_ASSERT_EQUAL(world_try_create(&w, "/d/e", ZK_PERSISTENT), ZK_OK);
	CU_ASSERT_EQUAL(
	    txn_set_data(&w.txn, HF_SLICE("/d/e"), HF_SLICE("1"), -1, &node),
	    ZK_OK);
	CU_ASSERT_EQUAL(txn_set_data(&w.txn, HF_SLICE("/a"),
				     HF_SLICE("longer than before"), -1, &node),
			ZK_OK);
	CU_ASSERT_EQUAL(txn_set_data(&w.txn, HF_SLICE("/a"), ZK_NULL, 1, &node),
			ZK_OK);
	CU_ASSERT_EQUAL(txn_delete(&w.txn, HF_SLICE("/a/b"), -1), ZK_OK);
	CU_ASSERT_EQUAL(txn_delete(&w.txn, HF_SLICE("/c"), -1), ZK_OK);
	CU_ASSERT_EQUAL(txn_delete(&w.txn, HF_SLICE("/d"), -1), ZK_NOT_EMPTY);
	txn_abort(&w.txn);
	CU_ASSERT_STRING_EQUAL(world_text(&w.db), before);
	CU_ASSERT_EQUAL(ztree_memory(w.db.tree), memory);
	CU_ASSERT_EQUAL(hf_buf_len(&w.records), recorded);
	CU_ASSERT_STRING_EQUAL(world_told(&w), "");
	CU_ASSERT_EQUAL(ztree_count_owned(w.db.tree, WORLD_SESSION), 1);
	CU_ASSERT_EQUAL(ztree_count_owned(w.db.tree, ZOWNER_CONTAINER), 1);
}

static void what_is_committed_has_one_number_and_is_told_in_order(void)
{
	world_create(&w, "/a", ZK_PERSISTENT);
	CU_ASSERT_EQUAL(watch_add(w.db.watches, &w.watchers[0], HF_SLICE("/"),
				  WATCH_PERSISTENT),
			0);
	CU_ASSERT_EQUAL(
	    watch_add(w.db.watches, &w.watchers[1], HF_SLICE("/a"), WATCH_DATA),
	    0);
	world_begin(&w);
	CU_ASSERT_EQUAL(world_try_create(&w, "/b", ZK_PERSISTENT), ZK_OK);
	CU_ASSERT_EQUAL(world_try_create(&w, "/b/c", ZK_PERSISTENT), ZK_OK);
	CU_ASSERT_EQUAL(txn_delete(&w.txn, HF_SLICE("/a"), -1), ZK_OK);
	CU_ASSERT_STRING_EQUAL(world_told(&w), ""); /* not before the end */
	txn_commit(&w.txn);
	CU_ASSERT_EQUAL(stat_of("/b").czxid, stat_of("/b/c").czxid);
	CU_ASSERT_EQUAL(stat_of("/").pzxid, stat_of("/b").czxid);
	CU_ASSERT_STRING_EQUAL(world_told(&w),
			       "A children /\nB deleted /a\nA children /\n");
}

/* ---- sessions -------------------------------------------------------------
 */

static void a_session_ends_with_all_its_nodes_in_one_step(void)
{
	world_session(&w, WORLD_SESSION);
	world_session(&w, WORLD_SESSION + 1);
	world_create(&w, "/a", ZK_PERSISTENT);
	world_create(&w, "/a/1", ZK_EPHEMERAL);
	world_create(&w, "/a/2", ZK_EPHEMERAL);
	CU_ASSERT_EQUAL(watch_add(w.db.watches, &w.watchers[0],
				  HF_SLICE("/a/1"), WATCH_DATA),
			0);
	CU_ASSERT_EQUAL(watch_add(w.db.watches, &w.watchers[0],
				  HF_SLICE("/a/2"), WATCH_DATA),
			0);
	world_end_session(&w, WORLD_SESSION);
	CU_ASSERT_EQUAL(stat_of("/a").num_children, 0);
	CU_ASSERT_EQUAL(stat_of("/a").pzxid, w.db.zxid);
	CU_ASSERT_STRING_EQUAL(world_told(&w),
			       "A deleted /a/1\nA deleted /a/2\n");
	CU_ASSERT_PTR_NULL(session_find(w.db.sessions, WORLD_SESSION));
	CU_ASSERT_PTR_NOT_NULL(session_find(w.db.sessions, WORLD_SESSION + 1));
}

/* ---- limits ---------------------------------------------------------------
 */

static void there_are_so_many_nodes_and_not_one_more(void)
{
	w.db.limits.max_nodes = ztree_counts(w.db.tree)->nodes + 1;
	CU_ASSERT_EQUAL(world_create(&w, "/a", ZK_PERSISTENT), ZK_OK);
	CU_ASSERT_EQUAL(world_create(&w, "/b", ZK_PERSISTENT), ZK_SYSTEM_ERROR);
	CU_ASSERT_EQUAL(world_delete(&w, "/a"), ZK_OK);
	CU_ASSERT_EQUAL(world_create(&w, "/b", ZK_PERSISTENT), ZK_OK);
}

static void nodes_take_so_much_memory_and_not_a_byte_more(void)
{
	size_t used;

	world_create(&w, "/a", ZK_PERSISTENT);
	used = zdb_memory(&w.db);
	w.db.limits.max_memory = used + 1;
	CU_ASSERT_EQUAL(world_create(&w, "/b", ZK_PERSISTENT), ZK_SYSTEM_ERROR);
	CU_ASSERT_EQUAL(world_set(&w, "/a", "data!"), ZK_OK);
	CU_ASSERT_EQUAL(world_set(&w, "/a", "data!!"), ZK_SYSTEM_ERROR);
	CU_ASSERT_EQUAL(world_set(&w, "/a", "less"), ZK_OK);
}

/* ---- quotas ---------------------------------------------------------------
 */

static void set_quota(const char *limits)
{
	struct txn_create create;

	world_create(&w, "/q", ZK_PERSISTENT);
	world_create(&w, "/zookeeper/quota/q", ZK_PERSISTENT);
	create = world_request(&w, "/zookeeper/quota/q/zookeeper_limits",
			       ZK_PERSISTENT);
	create.data = hf_slice_of(limits);
	CU_ASSERT_EQUAL(world_create_as(&w, &create), ZK_OK);
	CU_ASSERT_EQUAL(world_create(&w, "/zookeeper/quota/q/zookeeper_stats",
				     ZK_PERSISTENT),
			ZK_OK);
}

static bool stats_are(const char *text)
{
	return hf_slice_eq(
	    znode_data(world_node(&w, "/zookeeper/quota/q/zookeeper_stats")),
	    hf_slice_of(text));
}

static void a_quota_counts_what_is_below_it(void)
{
	set_quota("count=-1,bytes=-1");
	CU_ASSERT_TRUE(stats_are("count=1,bytes=4")); /* /q itself */
	world_create(&w, "/q/a", ZK_PERSISTENT);
	CU_ASSERT_TRUE(stats_are("count=2,bytes=8"));
	world_set(&w, "/q/a", "longer");
	CU_ASSERT_TRUE(stats_are("count=2,bytes=10"));
	world_create(&w, "/other", ZK_PERSISTENT);
	CU_ASSERT_TRUE(stats_are("count=2,bytes=10"));
	world_delete(&w, "/q/a");
	CU_ASSERT_TRUE(stats_are("count=1,bytes=4"));
}

static void a_hard_limit_refuses_what_would_pass_it(void)
{
	set_quota("count=-1,bytes=-1;byteHardLimit=10;countHardLimit=2");
	CU_ASSERT_EQUAL(world_create(&w, "/q/a", ZK_PERSISTENT), ZK_OK);
	CU_ASSERT_EQUAL(world_create(&w, "/q/b", ZK_PERSISTENT),
			ZK_QUOTA_EXCEEDED);
	CU_ASSERT_EQUAL(world_set(&w, "/q/a", "123456"), ZK_OK);
	CU_ASSERT_EQUAL(world_set(&w, "/q/a", "1234567"), ZK_QUOTA_EXCEEDED);
	CU_ASSERT_EQUAL(world_create(&w, "/b", ZK_PERSISTENT), ZK_OK);
}

static void an_abort_puts_a_quota_back_too(void)
{
	set_quota("count=-1,bytes=-1");
	world_begin(&w);
	CU_ASSERT_EQUAL(world_try_create(&w, "/q/a", ZK_PERSISTENT), ZK_OK);
	CU_ASSERT_EQUAL(world_try_create(&w, "/q/a", ZK_PERSISTENT),
			ZK_NODE_EXISTS);
	txn_abort(&w.txn);
	CU_ASSERT_TRUE(stats_are("count=1,bytes=4"));
}

static void many_nodes_that_end_together_are_one_change_of_their_quota(void)
{
	char path[32];
	size_t before;

	set_quota("count=-1,bytes=-1");
	world_session(&w, WORLD_SESSION);
	for (int i = 0; i < 100; i++) {
		snprintf(path, sizeof(path), "/q/%d", i);
		world_create(&w, path, ZK_EPHEMERAL);
	}
	before = hf_buf_len(&w.records);
	world_end_session(&w, WORLD_SESSION);
	CU_ASSERT_TRUE(stats_are("count=1,bytes=4"));
	CU_ASSERT(hf_buf_len(&w.records) - before > 100);
}

/* ---- the end of a session with very much ----------------------------------
 */

static char *path_of(const char *dir, char letter, size_t len, const char *more)
{
	size_t dir_len = strlen(dir);
	char *path = hf_alloc(dir_len + len + strlen(more) + 1);

	memcpy(path, dir, dir_len);
	memset(path + dir_len, letter, len);
	path[dir_len] = '/';
	strcpy(path + dir_len + len, more);
	return path;
}

static int create_long(char letter, size_t len, int32_t flags, const char *dir,
		       const char *more)
{
	char *path = path_of(dir, letter, len, more);
	int err = world_create(&w, path, flags);

	free(path);
	return err;
}

/* A node of the session's whose going changes a quota of its own. */
static void create_with_quota(char letter, size_t len)
{
	static const char *const below[] = { "", "/" QUOTA_LIMITS,
					     "/" QUOTA_STATS };

	CU_ASSERT_EQUAL_FATAL(create_long(letter, len, ZK_EPHEMERAL, "", ""),
			      ZK_OK);
	for (size_t i = 0; i < HF_LEN(below); i++)
		CU_ASSERT_EQUAL_FATAL(create_long(letter, len, ZK_PERSISTENT,
						  "/zookeeper/quota", below[i]),
				      ZK_OK);
}

static void the_end_of_a_session_with_all_it_may_have_is_one_record(void)
{
	enum { NODES = 8, SHORT = 2 };
	const size_t len = TXN_SESSION_MAX / NODES - TXN_SESSION_NODE_BYTES;

	w.db.limits.max_memory = SIZE_MAX;
	w.db.record = NULL; /* they are large */
	world_session(&w, WORLD_SESSION);
	for (char letter = 'a'; letter < 'a' + NODES - 1; letter++)
		create_with_quota(letter, len);
	CU_ASSERT_EQUAL(create_long('z', len + 1, ZK_EPHEMERAL, "", ""),
			ZK_SYSTEM_ERROR);
	create_with_quota('z', len);
	CU_ASSERT_EQUAL(create_long('y', SHORT, ZK_EPHEMERAL, "", ""),
			ZK_SYSTEM_ERROR);
	CU_ASSERT_EQUAL(create_long('y', SHORT, ZK_PERSISTENT, "", ""), ZK_OK);
	world_begin(&w);
	txn_end_session(&w.txn, session_find(w.db.sessions, WORLD_SESSION));
	CU_ASSERT_FALSE(hf_buf_failed(&w.txn.changes));
	CU_ASSERT(hf_buf_len(&w.txn.changes) > TXN_SESSION_MAX);
	txn_commit(&w.txn);
	CU_ASSERT_EQUAL(ztree_counts(w.db.tree)->ephemerals, 0);
}

static const struct hf_test tests[] = {
	HF_TEST(a_change_has_the_next_number_even_if_it_fails),
	HF_TEST(a_create_is_checked_as_in_zookeeper),
	HF_TEST(numbers_go_on_after_deletions_and_after_a_reaped_container),
	HF_TEST(only_empty_containers_and_nodes_with_a_ttl_are_reaped),
	HF_TEST(a_version_must_be_right_or_minus_one),
	HF_TEST(versions_leave_out_the_one_that_means_any),
	HF_TEST(what_is_aborted_never_was),
	HF_TEST(what_is_committed_has_one_number_and_is_told_in_order),
	HF_TEST(a_session_ends_with_all_its_nodes_in_one_step),
	HF_TEST(there_are_so_many_nodes_and_not_one_more),
	HF_TEST(nodes_take_so_much_memory_and_not_a_byte_more),
	HF_TEST(a_quota_counts_what_is_below_it),
	HF_TEST(a_hard_limit_refuses_what_would_pass_it),
	HF_TEST(an_abort_puts_a_quota_back_too),
	HF_TEST(many_nodes_that_end_together_are_one_change_of_their_quota),
	HF_TEST(the_end_of_a_session_with_all_it_may_have_is_one_record),
	HF_TEST_END,
};

const struct hf_suite test_txn_suite = { "ephemerald/txn", tests, setup,
					 teardown };
