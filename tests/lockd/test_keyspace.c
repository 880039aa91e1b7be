#include "config.h"

#include "lockd/keyspace.h"

#include "tests/lockd/suites.h"

#include <stdio.h>

static struct keyspace *ks;
static char seen[4096]; /* the changes that the observer was told of */

static void observe(struct ks_observer *observer,
		    const struct ks_change *change)
{
	static const char kinds[] = {
		[KS_SET] = 'S',    [KS_DUE] = 'T',   [KS_DELETE] = 'D',
		[KS_EXPIRE] = 'E', [KS_FLUSH] = 'F', [KS_FENCE] = 'C',
		[KS_SHIFT] = 'M'
	};
	size_t used = strlen(seen);

	HF_UNUSED(observer);
	snprintf(seen + used, sizeof(seen) - used, "%c%.*s ",
		 kinds[change->kind], (int)change->key.len, change->key.data);
}

static struct ks_observer observer = { .seen = observe };

static void setup(void)
{
	ks = keyspace_new(42);
	seen[0] = '\0';
	keyspace_observe(ks, &observer);
}

static void teardown(void)
{
	keyspace_free(&ks);
}

static bool set(const char *key, const char *value, int64_t due_ms,
		int64_t now_ms)
{
	struct ks_change change = { .kind = KS_SET,
				    .type = KS_STRING,
				    .key = hf_slice_of(key),
				    .value = hf_slice_of(value),
				    .due_ms = due_ms };

	return keyspace_apply(ks, &change, now_ms);
}

static bool apply(enum ks_kind kind, const char *key, int64_t due_ms,
		  int64_t now_ms)
{
	struct ks_change change = { .kind = kind, .due_ms = due_ms };

	change.key = hf_slice_of(key);
	return keyspace_apply(ks, &change, now_ms);
}

static bool has(const char *key, const char *value, int64_t now_ms)
{
	struct ks_view view = keyspace_get(ks, hf_slice_of(key), now_ms);

	return view.type == KS_STRING &&
	       hf_slice_eq(view.value, hf_slice_of(value));
}

static void a_value_is_there_until_it_is_replaced_or_removed(void)
{
	CU_ASSERT(set("k", "one", HF_NEVER, 0));
	CU_ASSERT(has("k", "one", 1));
	CU_ASSERT(set("k", "two", HF_NEVER, 2));
	CU_ASSERT(has("k", "two", 3));
	CU_ASSERT(set("k", "a longer value", HF_NEVER, 4));
	CU_ASSERT(has("k", "a longer value", 5));
	CU_ASSERT(apply(KS_DELETE, "k", 0, 6));
	CU_ASSERT_FALSE(apply(KS_DELETE, "k", 0, 7));
	CU_ASSERT_FALSE(has("k", "a longer value", 8));
	CU_ASSERT_STRING_EQUAL(seen, "Sk Sk Sk Dk ");
}

static void a_due_key_is_gone_before_any_sweep(void)
{
	set("k", "v", 100, 0);
	CU_ASSERT(has("k", "v", 99));
	CU_ASSERT_FALSE(has("k", "v", 100));
	CU_ASSERT_EQUAL(keyspace_count(ks), 0);
	CU_ASSERT_EQUAL(keyspace_expired_total(ks), 1);
	CU_ASSERT_STRING_EQUAL(seen, "Sk Ek ");
}

static void a_deadline_moves_with_the_value_and_without_it(void)
{
	set("k", "v", 100, 0);
	CU_ASSERT(apply(KS_DUE, "k", 200, 50));
	CU_ASSERT(has("k", "v", 150));
	set("k", "another size", 300, 150); /* moves in memory */
	CU_ASSERT_EQUAL(keyspace_next_due_ms(ks), 300);
	CU_ASSERT(apply(KS_DUE, "k", HF_NEVER, 200));
	CU_ASSERT_EQUAL(keyspace_next_due_ms(ks), HF_NEVER);
	CU_ASSERT(has("k", "another size", 100000));
	CU_ASSERT_FALSE(apply(KS_DUE, "nobody", 1000, 200));
}

static void a_deadline_in_the_past_is_an_expiry_at_once(void)
{
	set("k", "v", HF_NEVER, 0);
	CU_ASSERT(apply(KS_DUE, "k", 10, 10));
	CU_ASSERT_FALSE(has("k", "v", 10));
	set("j", "v", HF_NEVER, 20);
	CU_ASSERT(set("j", "w", 5, 20));
	CU_ASSERT_EQUAL(keyspace_count(ks), 0);
	CU_ASSERT_STRING_EQUAL(seen, "Sk Ek Sj Ej ");
}

static void an_expired_key_cannot_be_changed_back_to_life(void)
{
	set("k", "v", 100, 0);
	CU_ASSERT_FALSE(apply(KS_DUE, "k", 200, 100));
	CU_ASSERT_FALSE(apply(KS_DELETE, "k", 0, 100));
	CU_ASSERT_STRING_EQUAL(seen, "Sk Ek ");
}

static void a_sweep_takes_the_earliest_and_no_more_than_asked(void)
{
	for (int i = 0; i < 1000; i++) {
		char key[16];

		snprintf(key, sizeof(key), "k%d", i);
		set(key, "v", 1000 + i, 0);
	}
	CU_ASSERT_EQUAL(keyspace_expire(ks, 999, 10), 0);
	CU_ASSERT_EQUAL(keyspace_expire(ks, 5000, 10), 10);
	CU_ASSERT_EQUAL(keyspace_next_due_ms(ks), 1010);
	CU_ASSERT_EQUAL(keyspace_expire(ks, 1499, 1000), 490);
	CU_ASSERT_EQUAL(keyspace_count(ks), 500);
	CU_ASSERT_EQUAL(keyspace_count_due(ks), 500);
	CU_ASSERT_FALSE(has("k499", "v", 0));
	CU_ASSERT(has("k500", "v", 0));
}

/* Puts a value of that type; it ends at 100. */
static void put_of(const char *key, enum ks_type type, const char *value)
{
	struct ks_change change = { .kind = KS_SET,
				    .key = hf_slice_of(key),
				    .type = type,
				    .value = hf_slice_of(value),
				    .due_ms = 100 };

	CU_ASSERT(keyspace_apply(ks, &change, 0));
}

static void keys_are_counted_by_their_type(void)
{
	struct ks_change gone = { .kind = KS_DELETE, .key = HF_SLICE("a") };

	put_of("a", KS_LOCK, "x");
	put_of("b", KS_LOCK, "x");
	put_of("c", KS_STRING, "x");
	put_of("b", KS_LOCK, "longer");
	CU_ASSERT_EQUAL(keyspace_count_of(ks, KS_LOCK), 2);
	put_of("b", KS_STRING, "x");
	CU_ASSERT_EQUAL(keyspace_count_of(ks, KS_LOCK), 1);
	CU_ASSERT_EQUAL(keyspace_count_of(ks, KS_STRING), 2);
	CU_ASSERT(keyspace_apply(ks, &gone, 0));
	CU_ASSERT_EQUAL(keyspace_count_of(ks, KS_LOCK), 0);
	CU_ASSERT_EQUAL(keyspace_expire(ks, 100, 1), 1);
	CU_ASSERT_EQUAL(keyspace_count_of(ks, KS_STRING), 1);
	CU_ASSERT(
	    keyspace_apply(ks, &(struct ks_change){ .kind = KS_FLUSH }, 100));
	CU_ASSERT_EQUAL(keyspace_count_of(ks, KS_STRING), 0);
}

static void a_flush_forgets_everything(void)
{
	for (int i = 0; i < 100; i++) {
		char key[16];

		snprintf(key, sizeof(key), "k%d", i);
		set(key, "v", 1000, 0);
	}
	seen[0] = '\0';
	CU_ASSERT(apply(KS_FLUSH, "", 0, 0));
	CU_ASSERT_EQUAL(keyspace_count(ks), 0);
	CU_ASSERT_EQUAL(keyspace_next_due_ms(ks), HF_NEVER);
	CU_ASSERT_STRING_EQUAL(seen, "F ");
	CU_ASSERT(set("k1", "v", 1000, 0));
}

static void the_new_value_may_be_the_old_ones_own_bytes(void)
{
	struct ks_change change = { .kind = KS_SET,
				    .type = KS_STRING,
				    .due_ms = HF_NEVER };

	set("k", "value", HF_NEVER, 0);
	change.key = HF_SLICE("k");
	change.value = keyspace_get(ks, change.key, 0).value;
	CU_ASSERT(keyspace_apply(ks, &change, 0));
	CU_ASSERT(has("k", "value", 0));
	change.value = keyspace_get(ks, change.key, 0).value;
	change.value.len = 3;
	CU_ASSERT(keyspace_apply(ks, &change, 0));
	CU_ASSERT(has("k", "val", 0));
}

static void count_key(void *arg, struct hf_slice key,
		      const struct ks_view *view)
{
	HF_UNUSED(key);
	HF_UNUSED(view);
	*(int *)arg += 1;
}

static void a_walk_gives_live_keys_only(void)
{
	uint64_t cursor = 0;
	int live = 0;

	for (int i = 0; i < 200; i++) {
		char key[16];

		snprintf(key, sizeof(key), "k%d", i);
		set(key, "v", i < 50 ? 10 : 1000, 0);
	}
	do {
		cursor = keyspace_scan(ks, cursor, 500, count_key, &live);
	} while (cursor != 0);
	CU_ASSERT_EQUAL(live, 150);
}

static int64_t fence_of(const char *key)
{
	return keyspace_get(ks, hf_slice_of(key), 0).fence;
}

static void a_new_value_has_a_greater_token_and_the_same_one_keeps_it(void)
{
	set("a", "1", HF_NEVER, 0);
	set("b", "1", HF_NEVER, 0);
	CU_ASSERT_EQUAL(fence_of("a"), 1);
	CU_ASSERT_EQUAL(fence_of("b"), 2);
	set("a", "1", 100, 0);
	apply(KS_DUE, "a", 200, 0);
	CU_ASSERT_EQUAL(fence_of("a"), 1);
	set("a", "2", HF_NEVER, 0);
	CU_ASSERT_EQUAL(fence_of("a"), 3);
	apply(KS_DELETE, "a", 0, 0);
	set("a", "2", HF_NEVER, 0);
	CU_ASSERT_EQUAL(fence_of("a"), 4);
	apply(KS_FLUSH, "", 0, 0);
	set("a", "2", HF_NEVER, 0);
	CU_ASSERT_EQUAL(fence_of("a"), 5);
}

static void tokens_that_were_given_before_are_never_given_again(void)
{
	struct ks_change change = { .kind = KS_SET,
				    .type = KS_STRING,
				    .key = HF_SLICE("k"),
				    .value = HF_SLICE("v"),
				    .fence = 70,
				    .due_ms = HF_NEVER };

	CU_ASSERT(keyspace_apply(ks, &change, 0));
	CU_ASSERT_EQUAL(fence_of("k"), 70);
	change.fence = 60;
	CU_ASSERT(keyspace_apply(ks, &change, 0));
	CU_ASSERT_EQUAL(keyspace_last_fence(ks), 70);
	change = (struct ks_change){ .kind = KS_FENCE, .fence = 90 };
	CU_ASSERT(keyspace_apply(ks, &change, 0));
	set("l", "", HF_NEVER, 0);
	CU_ASSERT_EQUAL(fence_of("l"), 91);
}

static void all_deadlines_move_at_once(void)
{
	struct ks_change change = { .kind = KS_SHIFT, .due_ms = 1000 };

	set("a", "1", 100, 0);
	set("b", "1", HF_NEVER, 0);
	CU_ASSERT(keyspace_apply(ks, &change, 50));
	CU_ASSERT_EQUAL(keyspace_shift(ks), 1000);
	CU_ASSERT_EQUAL(keyspace_next_due_ms(ks), 1100);
	set("c", "1", 1200, 60);
	CU_ASSERT(has("a", "1", 1099));
	CU_ASSERT_FALSE(has("a", "1", 1100));
	CU_ASSERT_EQUAL(keyspace_expire(ks, 1199, 10), 0);
	CU_ASSERT_EQUAL(keyspace_expire(ks, 1200, 10), 1);
	CU_ASSERT(has("b", "1", 99999));
	CU_ASSERT_EQUAL(keyspace_next_due_ms(ks), HF_NEVER);
}

static void deadlines_may_drift_and_nobody_is_told(void)
{
	set("a", "1", 100, 0);
	keyspace_drift(ks, 1000);
	CU_ASSERT_STRING_EQUAL(seen, "Sa ");
	CU_ASSERT_EQUAL(keyspace_next_due_ms(ks), 1100);
	CU_ASSERT(has("a", "1", 1099));
	CU_ASSERT_FALSE(has("a", "1", 1100));
}

static void who_runs_out_ahead_of_an_earlier_one_is_not_over_by_its_time(void)
{
	CU_ASSERT_EQUAL(keyspace_over_ms(ks), INT64_MIN);
	set("a", "1", 100, 0);
	set("b", "1", 200, 0);
	set("c", "1", 300, 0);
	CU_ASSERT_FALSE(has("b", "1", 250)); /* nobody has swept a */
	CU_ASSERT_EQUAL(keyspace_over_ms(ks), INT64_MIN);
	CU_ASSERT_EQUAL(keyspace_expire(ks, 250, 10), 1);
	CU_ASSERT_EQUAL(keyspace_over_ms(ks), 100);
	CU_ASSERT_FALSE(has("c", "1", 300));
	CU_ASSERT_EQUAL(keyspace_over_ms(ks), 300);
}

static void of_one_moment_all_have_run_out_or_none_when_deadlines_move(void)
{
	struct ks_change change = { .kind = KS_SHIFT, .due_ms = 1000 };

	set("a", "1", 100, 0);
	set("b", "1", 100, 0);
	set("c", "1", 101, 0);
	CU_ASSERT_EQUAL(keyspace_expire(ks, 150, 1), 1);
	CU_ASSERT_EQUAL(keyspace_over_ms(ks), 100);
	CU_ASSERT(keyspace_apply(ks, &change, 150));
	CU_ASSERT_EQUAL(keyspace_count(ks), 1);
	CU_ASSERT(has("c", "1", 1100));
	CU_ASSERT_EQUAL(keyspace_over_ms(ks), INT64_MIN);
}

static void to_peek_at_a_key_is_not_to_use_it(void)
{
	struct hf_slice k = HF_SLICE("k");

	set("k", "v", HF_NEVER, 5000);
	CU_ASSERT_EQUAL(keyspace_peek(ks, k, 9000).used_ms, 5000);
	CU_ASSERT_EQUAL(keyspace_peek(ks, k, 9999).used_ms, 5000);
	CU_ASSERT_EQUAL(keyspace_get(ks, k, 7999).used_ms, 7000);
	CU_ASSERT_EQUAL(keyspace_peek(ks, k, 9999).used_ms, 7000);
	set("k", "a longer value", 60000, 20000);
	CU_ASSERT_EQUAL(keyspace_peek(ks, k, 30000).used_ms, 20000);
	CU_ASSERT_EQUAL(keyspace_peek(ks, k, 60000).type, KS_NONE);
	CU_ASSERT_STRING_EQUAL(seen, "Sk Sk Ek ");
}

static const struct hf_test tests[] = {
	HF_TEST(to_peek_at_a_key_is_not_to_use_it),
	HF_TEST(a_value_is_there_until_it_is_replaced_or_removed),
	HF_TEST(a_due_key_is_gone_before_any_sweep),
	HF_TEST(a_deadline_moves_with_the_value_and_without_it),
	HF_TEST(a_deadline_in_the_past_is_an_expiry_at_once),
	HF_TEST(an_expired_key_cannot_be_changed_back_to_life),
	HF_TEST(a_sweep_takes_the_earliest_and_no_more_than_asked),
	HF_TEST(keys_are_counted_by_their_type),
	HF_TEST(a_flush_forgets_everything),
	HF_TEST(the_new_value_may_be_the_old_ones_own_bytes),
	HF_TEST(a_walk_gives_live_keys_only),
	HF_TEST(all_deadlines_move_at_once),
	HF_TEST(deadlines_may_drift_and_nobody_is_told),
	HF_TEST(who_runs_out_ahead_of_an_earlier_one_is_not_over_by_its_time),
	HF_TEST(of_one_moment_all_have_run_out_or_none_when_deadlines_move),
	HF_TEST(a_new_value_has_a_greater_token_and_the_same_one_keeps_it),
	HF_TEST(tokens_that_were_given_before_are_never_given_again),
	HF_TEST_END,
};

const struct hf_suite test_keyspace_suite = { "lockd/keyspace", tests, setup,
					      teardown };
