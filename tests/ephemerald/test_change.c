#include "config.h"

#include "ephemerald/change.h"

#include "tests/ephemerald/suites.h"
#include "tests/ephemerald/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHANGES = 60, SEEDS = 60, TEXT_ROOM = 64 * 1024 };

static struct world w;
static struct zdb again;
static char wanted[TEXT_ROOM];

static void untold(void *arg, struct watcher *watcher,
		   const struct watch_event *event)
{
	HF_UNUSED(arg);
	HF_UNUSED(watcher);
	HF_UNUSED(event);
}

static void setup(void)
{
	const struct zdb_limits limits = { .max_nodes = 1 };

	w = (struct world){ .enforce_quota = false };
	world_init(&w);
	zdb_init(&again, 5, &limits, untold, NULL);
}

static void teardown(void)
{
	world_fini(&w);
	zdb_fini(&again);
}

static void start_anew(void)
{
	teardown();
	setup();
}

static const char *now_text(void)
{
	snprintf(wanted, sizeof(wanted), "%s", world_text(&w.db));
	return wanted;
}

static void load_all(struct hf_slice records, bool snapshot)
{
	struct hf_rd rd = hf_rd_of(records);
	bool stopped;

	while (rd.left > 0) {
		struct hf_slice record = hf_rd_blob(&rd);

		CU_ASSERT_EQUAL(change_load(&again, record, snapshot, &stopped),
				0);
	}
}

static void records_give_the_state_again(void)
{
	for (unsigned seed = 1; seed <= SEEDS; seed++) {
		unsigned chance = seed;

		start_anew();
		for (int i = 0; i < CHANGES; i++)
			world_change_something(&w, &chance);
		load_all(hf_buf_slice(&w.records), false);
		CU_ASSERT_STRING_EQUAL(world_text(&again), now_text());
	}
}

/* ---- snapshots ------------------------------------------------------------
 */

/* A snapshot that is being made: nodes in any order, at any time. */
struct shot {
	struct hf_buf records;
	unsigned chance;
	unsigned share; /* of the nodes, this time: one of so many */
};

static void put_node(void *arg, struct znode *node)
{
	struct shot *shot = arg;
	struct hf_buf record;

	if ((unsigned)rand_r(&shot->chance) % shot->share != 0)
		return;
	hf_buf_init(&record, SIZE_MAX / 2);
	change_begin(&record, w.db.zxid, 0);
	change_put_node(&record, node);
	hf_wr_blob(&shot->records, hf_buf_slice(&record));
	hf_buf_fini(&record);
}

static void put_session(void *arg, struct session *session)
{
	struct shot *shot = arg;
	struct hf_buf record;

	hf_buf_init(&record, SIZE_MAX / 2);
	change_begin(&record, w.db.zxid, 0);
	change_put_session(&record, session);
	hf_wr_blob(&shot->records, hf_buf_slice(&record));
	hf_buf_fini(&record);
}

static void scan_nodes(struct shot *shot)
{
	uint64_t cursor = 0;

	do {
		cursor = ztree_scan(w.db.tree, cursor, put_node, shot);
	} while (cursor != 0);
	put_node(shot, ztree_root(w.db.tree));
}

static void put_first(struct shot *shot)
{
	struct hf_buf record;

	hf_buf_init(&record, 64);
	change_begin(&record, w.db.zxid, 0);
	change_put_reaped(&record, w.db.reaped_number);
	hf_wr_blob(&shot->records, hf_buf_slice(&record));
	hf_buf_fini(&record);
}

static void scan_sessions(struct shot *shot)
{
	uint64_t cursor = 0;

	do {
		cursor =
		    sessions_scan(w.db.sessions, cursor, put_session, shot);
	} while (cursor != 0);
}

static void a_container_is_one_even_if_its_child_comes_before_it(void)
{
	struct shot shot = { .share = 1 };

	hf_buf_init(&shot.records, SIZE_MAX / 2);
	world_create(&w, "/c", ZK_CONTAINER);
	world_create(&w, "/c/n-", ZK_PERSISTENT_SEQUENTIAL);
	put_node(&shot, world_node(&w, "/c/n-0000000000"));
	put_node(&shot, world_node(&w, "/c"));
	put_node(&shot, ztree_root(w.db.tree));
	load_all(hf_buf_slice(&shot.records), true);
	CU_ASSERT_STRING_EQUAL(world_text(&again), now_text());
	CU_ASSERT_EQUAL(ztree_count_owned(again.tree, ZOWNER_CONTAINER), 1);
	hf_buf_fini(&shot.records);
}

static void a_node_that_became_another_during_a_snapshot_is_that_one(void)
{
	struct shot shot = { .share = 1 };

	hf_buf_init(&shot.records, SIZE_MAX / 2);
	world_create(&w, "/x", ZK_PERSISTENT);
	world_create(&w, "/x/below", ZK_PERSISTENT);
	put_node(&shot, world_node(&w, "/x"));
	put_node(&shot, world_node(&w, "/x/below"));
	world_delete(&w, "/x/below");
	world_delete(&w, "/x");
	world_create(&w, "/x", ZK_EPHEMERAL);
	put_node(&shot, world_node(&w, "/x"));
	put_node(&shot, ztree_root(w.db.tree));
	load_all(hf_buf_slice(&shot.records), true);
	CU_ASSERT_STRING_EQUAL(world_text(&again), now_text());
	CU_ASSERT_EQUAL(ztree_count_owned(again.tree, WORLD_SESSION), 1);
	hf_buf_fini(&shot.records);
}

/*
 * Pieces of the snapshot come between changes, some nodes in several; the log
 * from its beginning on is replayed over it.
 */
static void changes_during_a_snapshot_are_right_after_it(void)
{
	for (unsigned seed = 1; seed <= SEEDS; seed++) {
		struct shot shot = { .chance = seed, .share = 4 };
		unsigned chance = seed;
		size_t begun;

		start_anew();
		hf_buf_init(&shot.records, SIZE_MAX / 2);
		for (int i = 0; i < CHANGES; i++)
			world_change_something(&w, &chance);
		begun = hf_buf_len(&w.records);
		put_first(&shot);
		scan_sessions(&shot);
		for (int i = 0; i < 10; i++) {
			scan_nodes(&shot);
			world_change_something(&w, &chance);
		}
		shot.share = 1; /* and none is left out */
		scan_nodes(&shot);
		for (int i = 0; i < 10; i++)
			world_change_something(&w, &chance);
		load_all(hf_buf_slice(&shot.records), true);
		hf_buf_consume(&w.records, begun);
		load_all(hf_buf_slice(&w.records), false);
		CU_ASSERT_STRING_EQUAL(world_text(&again), now_text());
		hf_buf_fini(&shot.records);
	}
}

/* ---- damage ---------------------------------------------------------------
 */

/* The journal's sums find damage; this is about never going astray. */
static void a_record_that_is_cut_anywhere_is_refused(void)
{
	struct hf_rd rd;
	unsigned chance = 3;

	for (int i = 0; i < CHANGES; i++)
		world_change_something(&w, &chance);
	rd = hf_rd_of(hf_buf_slice(&w.records));
	while (rd.left > 0) {
		struct hf_slice record = hf_rd_blob(&rd);
		bool stopped;
		size_t whole = 0;

		for (size_t len = 0; len < record.len; len++)
			whole +=
			    change_load(&again,
					(struct hf_slice){ record.data, len },
					false, &stopped) == 0;
		/* Only where one of its changes ends, or before the first. */
		CU_ASSERT(whole < 6);
		CU_ASSERT_EQUAL(change_load(&again, record, false, &stopped),
				0);
	}
}

static void kinds_that_are_none_are_refused(void)
{
	static const char kinds[] = { 0, CHANGE_STOPPED + 1, (char)0xff };

	for (size_t i = 0; i < sizeof(kinds); i++) {
		struct hf_buf record;
		bool stopped;

		hf_buf_init(&record, 64);
		change_begin(&record, 1, 1);
		hf_buf_add_char(&record, kinds[i]);
		hf_wr_i64(&record, 9);
		CU_ASSERT_EQUAL(change_load(&again, hf_buf_slice(&record),
					    false, &stopped) < 0,
				true);
		hf_buf_fini(&record);
	}
}

static const struct hf_test tests[] = {
	HF_TEST(records_give_the_state_again),
	HF_TEST(a_container_is_one_even_if_its_child_comes_before_it),
	HF_TEST(a_node_that_became_another_during_a_snapshot_is_that_one),
	HF_TEST(changes_during_a_snapshot_are_right_after_it),
	HF_TEST(a_record_that_is_cut_anywhere_is_refused),
	HF_TEST(kinds_that_are_none_are_refused),
	HF_TEST_END,
};

const struct hf_suite test_change_suite = { "ephemerald/change", tests, setup,
					    teardown };
