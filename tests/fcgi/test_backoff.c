#include "config.h"

#include "fcgi/backoff.h"

#include "tests/fcgi/suites.h"

static void the_first_try_is_at_once(void)
{
	struct backoff b;

	backoff_init(&b, 0);
	CU_ASSERT_TRUE(backoff_ready(&b, 0));
	CU_ASSERT_TRUE(backoff_ready(&b, -5));
}

static void a_failure_forbids_tries_for_half_to_all_of_the_delay(void)
{
	for (uint64_t seed = 0; seed < 100; seed++) {
		struct backoff b;

		backoff_init(&b, seed);
		backoff_failed(&b, 1000);
		CU_ASSERT_FALSE(backoff_ready(&b, 1000 + BACKOFF_FIRST_MS / 2));
		CU_ASSERT_TRUE(backoff_ready(&b, 1000 + BACKOFF_FIRST_MS));
	}
}

static void delays_double_up_to_the_maximum(void)
{
	struct backoff b;
	int64_t expected = BACKOFF_FIRST_MS;

	backoff_init(&b, 7);
	for (int i = 0; i < 100; i++) {
		backoff_failed(&b, 0);
		CU_ASSERT_EQUAL(b.delay_ms, expected);
		CU_ASSERT_TRUE(b.until_ms >= expected / 2);
		CU_ASSERT_TRUE(b.until_ms <= expected);
		expected = expected * 2 < BACKOFF_MAX_MS ? expected * 2
							 : BACKOFF_MAX_MS;
	}
}

static void an_answer_lets_the_next_failure_begin_anew(void)
{
	struct backoff b;

	backoff_init(&b, 7);
	for (int i = 0; i < 10; i++)
		backoff_failed(&b, 0);
	backoff_worked(&b);
	CU_ASSERT_TRUE(backoff_ready(&b, 0));
	backoff_failed(&b, 0);
	CU_ASSERT_EQUAL(b.delay_ms, BACKOFF_FIRST_MS);
}

static void threads_with_other_seeds_come_back_at_other_times(void)
{
	bool seen[BACKOFF_MAX_MS + 1] = { false };
	int distinct = 0;

	for (uint64_t seed = 0; seed < 64; seed++) {
		struct backoff b;

		backoff_init(&b, seed * 0x9e3779b97f4a7c15u);
		for (int i = 0; i < 10; i++)
			backoff_failed(&b, 0);
		distinct += !seen[b.until_ms];
		seen[b.until_ms] = true;
	}
	CU_ASSERT_TRUE(distinct > 32);
}

static const struct hf_test tests[] = {
	HF_TEST(the_first_try_is_at_once),
	HF_TEST(a_failure_forbids_tries_for_half_to_all_of_the_delay),
	HF_TEST(delays_double_up_to_the_maximum),
	HF_TEST(an_answer_lets_the_next_failure_begin_anew),
	HF_TEST(threads_with_other_seeds_come_back_at_other_times),
	HF_TEST_END,
};

const struct hf_suite test_backoff_suite = { "fcgi/backoff", tests, NULL,
					     NULL };
