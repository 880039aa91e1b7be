#include "config.h"

#include "libhold/err.h"
#include "libhold/table.h"
#include "lockd/lock_stats.h"
#include "lockd/lock_value.h"

#include "tests/lockd/suites.h"

#include <stdio.h>
#include <stdlib.h>

static struct lock_value lock, again;
static struct hf_buf bytes;

static void setup(void)
{
	hf_buf_init(&bytes, LOCK_VALUE_MAX);
}

static void teardown(void)
{
	lock_value_fini(&lock);
	lock_value_fini(&again);
	hf_buf_fini(&bytes);
}

static void add(const char *owner, int64_t token, int64_t end_ms,
		uint32_t delay_ms, bool shared)
{
	const struct lock_holder h = { .owner = hf_slice_of(owner),
				       .token = token,
				       .end_ms = end_ms,
				       .since_ms = 1700000000123,
				       .delay_ms = delay_ms,
				       .grace_ms = 77,
				       .pid = 4242,
				       .policy = LOCK_GRACE,
				       .shared = shared };

	lock_value_add(&lock, &h);
}

static void what_was_written_is_read(void)
{
	const struct lock_holder *h;
	int64_t due_ms;

	add("one", 1, 5000, 0, true);
	add("", INT64_MAX, 3000, 9000, true);
	due_ms = lock_value_write(&lock, &bytes);
	CU_ASSERT_EQUAL(due_ms, 12000);
	CU_ASSERT_EQUAL(
	    lock_value_read(&again, hf_buf_slice(&bytes), due_ms, 100), 0);
	CU_ASSERT_EQUAL_FATAL(again.n, 2);
	h = &again.holders[1];
	CU_ASSERT_EQUAL(h->owner.len, 0);
	CU_ASSERT_EQUAL(h->token, INT64_MAX);
	CU_ASSERT_EQUAL(h->end_ms, 3000);
	CU_ASSERT_EQUAL(h->since_ms, 1700000000123);
	CU_ASSERT_EQUAL(h->delay_ms, 9000);
	CU_ASSERT_EQUAL(h->grace_ms, 77);
	CU_ASSERT_EQUAL(h->pid, 4242);
	CU_ASSERT_EQUAL(h->policy, LOCK_GRACE);
	CU_ASSERT(h->shared);
	CU_ASSERT(hf_slice_eq(again.holders[0].owner, HF_SLICE("one")));
}

static void ends_move_with_the_keys_deadline(void)
{
	int64_t due_ms;

	add("a", 1, 5000, 0, true);
	add("b", 2, 7000, 0, true);
	due_ms = lock_value_write(&lock, &bytes);
	CU_ASSERT_EQUAL(
	    lock_value_read(&again, hf_buf_slice(&bytes), due_ms + 300, 100),
	    0);
	CU_ASSERT_EQUAL(again.holders[0].end_ms, 5300);
	CU_ASSERT_EQUAL(again.holders[1].end_ms, 7300);
	CU_ASSERT_EQUAL(
	    lock_value_read(&again, hf_buf_slice(&bytes), HF_NEVER, 100), 0);
	CU_ASSERT_EQUAL(again.holders[0].end_ms, HF_NEVER);
	CU_ASSERT_EQUAL(lock_holder_blocks_until(&again.holders[0]), HF_NEVER);
}

static void who_is_gone_is_left_out_and_who_is_closing_is_not(void)
{
	int64_t due_ms;

	add("gone", 1, 1000, 0, true);
	add("closing", 2, 1000, 500, true);
	add("live", 3, 5000, 0, true);
	due_ms = lock_value_write(&lock, &bytes);
	CU_ASSERT_EQUAL(
	    lock_value_read(&again, hf_buf_slice(&bytes), due_ms, 1499), 0);
	CU_ASSERT_EQUAL_FATAL(again.n, 2);
	CU_ASSERT_PTR_NULL(
	    lock_value_of_owner(&again, HF_SLICE("closing"), 1499));
	CU_ASSERT_PTR_NULL(lock_value_of_token(&again, 2, 1499));
	CU_ASSERT_PTR_EQUAL(lock_value_of_owner(&again, HF_SLICE("live"), 1499),
			    &again.holders[1]);
	CU_ASSERT_EQUAL(
	    lock_value_read(&again, hf_buf_slice(&bytes), due_ms, 1500), 0);
	CU_ASSERT_EQUAL(again.n, 1);
}

/* Each cut in a block of its own size, for the sanitizers. */
static void no_cut_and_no_flipped_byte_is_trusted(void)
{
	size_t len;

	add("owner", 5, 5000, 0, false);
	add("other", 6, 5000, 0, false);
	lock_value_write(&lock, &bytes);
	len = hf_buf_len(&bytes);
	for (size_t cut = 1; cut < len; cut++) {
		char *copy = malloc(cut);
		int rc;

		memcpy(copy, bytes.data, cut);
		rc = lock_value_read(&again, (struct hf_slice){ copy, cut },
				     5000, 100);
		CU_ASSERT_EQUAL(rc, cut == len / 2 ? 0 : HF_EBAD);
		free(copy);
	}
	for (size_t at = 0; at < len; at++) {
		char *copy = malloc(len);

		memcpy(copy, bytes.data, len);
		copy[at] ^= (char)0x80;
		if (lock_value_read(&again, (struct hf_slice){ copy, len },
				    5000, 100) < 0)
			CU_ASSERT_EQUAL(again.n, 0);
		free(copy);
	}
}

static void exclusive_blocks_all_and_shared_only_exclusive(void)
{
	CU_ASSERT(!lock_value_blocks(&lock, false));
	add("a", 1, 5000, 0, true);
	CU_ASSERT(lock_value_blocks(&lock, false));
	CU_ASSERT(!lock_value_blocks(&lock, true));
	lock_value_remove(&lock, &lock.holders[0]);
	CU_ASSERT_EQUAL(lock.n, 0);
	add("b", 2, 5000, 0, false);
	CU_ASSERT(lock_value_blocks(&lock, true));
}

/* ---- lockd/lock_stats --------------------------------------------------- */

static void histograms_count_by_powers_of_two(void)
{
	static const struct {
		int64_t ms;
		size_t bucket;
	} rows[] = { { -5, 0 },     { 0, 0 },      { 1, 1 },
		     { 2, 2 },      { 3, 2 },      { 4, 3 },
		     { 65535, 16 }, { 65536, 17 }, { 1 << 30, 17 } };
	struct lock_histogram h = { 0 };

	for (size_t i = 0; i < HF_LEN(rows); i++) {
		uint64_t before = h.buckets[rows[i].bucket];

		lock_histogram_add(&h, rows[i].ms);
		CU_ASSERT_EQUAL(h.buckets[rows[i].bucket], before + 1);
	}
	CU_ASSERT_EQUAL(h.count, HF_LEN(rows));
	CU_ASSERT_EQUAL(h.max_ms, 1 << 30);
}

static struct lock_stats stats;

static void wanted(struct hf_slice key)
{
	lock_stats_wanted(&stats, key, hf_table_hash(1, key));
}

static void waited(struct hf_slice key, int64_t ms)
{
	lock_stats_waited(&stats, key, hf_table_hash(1, key), ms);
}

static void keys_of_one_hash_are_counted_apart(void)
{
	memset(&stats, 0, sizeof(stats));
	for (int i = 0; i < 3; i++)
		lock_stats_wanted(&stats, HF_SLICE("one"), 7);
	lock_stats_wanted(&stats, HF_SLICE("two"), 7);
	lock_stats_waited(&stats, HF_SLICE("two"), 7, 50);
	CU_ASSERT_EQUAL(stats.n_wanted, 2);
	CU_ASSERT_EQUAL(stats.wanted[0].waits, 3);
	CU_ASSERT_EQUAL(stats.wanted[0].waited_ms, 0);
	CU_ASSERT_EQUAL(stats.wanted[1].waited_ms, 50);
}

static void a_much_wanted_key_is_found_among_very_many(void)
{
	size_t order[LOCK_WANTED];
	char key[LOCK_WANTED_KEY + 100];
	const struct lock_wanted *first;

	memset(&stats, 0, sizeof(stats));
	for (int i = 0; i < 10000; i++) {
		snprintf(key, sizeof(key), "key-%d", i);
		wanted(hf_slice_of(key));
		if (i % 4 == 0)
			wanted(HF_SLICE("hot"));
	}
	waited(HF_SLICE("hot"), 70);
	waited(HF_SLICE("never seen"), 70);
	CU_ASSERT_EQUAL(lock_stats_top(&stats, order), LOCK_WANTED);
	first = &stats.wanted[order[0]];
	CU_ASSERT_EQUAL(memcmp(first->key, "hot", 3), 0);
	CU_ASSERT(first->waits >= 2500 &&
		  first->waits - first->inherited <= 2500);
	CU_ASSERT_EQUAL(first->waited_ms, 70);
	memset(key, 'x', sizeof(key));
	wanted((struct hf_slice){ key, sizeof(key) });
	CU_ASSERT_EQUAL(stats.n_wanted, LOCK_WANTED);
}

static const struct hf_test tests[] = {
	HF_TEST(what_was_written_is_read),
	HF_TEST(ends_move_with_the_keys_deadline),
	HF_TEST(who_is_gone_is_left_out_and_who_is_closing_is_not),
	HF_TEST(no_cut_and_no_flipped_byte_is_trusted),
	HF_TEST(exclusive_blocks_all_and_shared_only_exclusive),
	HF_TEST(histograms_count_by_powers_of_two),
	HF_TEST(keys_of_one_hash_are_counted_apart),
	HF_TEST(a_much_wanted_key_is_found_among_very_many),
	HF_TEST_END,
};

const struct hf_suite test_lock_value_suite = { "lockd/lock_value", tests,
						setup, teardown };
