#include "config.h"

#include "fcgi/zk_clock.h"

#include "tests/fcgi/suites.h"

/* A service whose clock is ahead by 1,000,000; answers take 10 ms. */
static struct zk_clock seen_at(int64_t now_ms)
{
	struct zk_clock clock = { 0 };

	zk_clock_sample(&clock, now_ms - 10, now_ms, now_ms + 1000000 - 5);
	return clock;
}

static void nothing_known_means_nothing_is_past(void)
{
	struct zk_clock clock = { 0 };

	CU_ASSERT_FALSE(zk_clock_fresh(&clock, 1000));
	CU_ASSERT_FALSE(zk_clock_past(&clock, INT64_MAX / 2, 0, 1));
	CU_ASSERT_EQUAL(zk_clock_left(&clock, 1000, 0, 500), 500);
	CU_ASSERT_EQUAL(zk_clock_due(&clock, 1000, 0, 500), 1500);
}

static void the_deadline_is_the_services_and_neither_side_is_early(void)
{
	struct zk_clock clock = seen_at(1000);
	/* Stamped 1001000: at our 1000, and due at 1500, give or take. */
	const int64_t stamp_ms = 1001000, ttl_ms = 500;
	int64_t left_ms = zk_clock_left(&clock, 1000, stamp_ms, ttl_ms);

	CU_ASSERT(left_ms <= 500 && left_ms >= 490);
	CU_ASSERT_FALSE(zk_clock_past(&clock, 1499, stamp_ms, ttl_ms));
	CU_ASSERT_FALSE(zk_clock_past(&clock, 1504, stamp_ms, ttl_ms));
	CU_ASSERT(zk_clock_past(&clock, 1505, stamp_ms, ttl_ms));
	CU_ASSERT_EQUAL(zk_clock_due(&clock, 1400, stamp_ms, ttl_ms), 1505);
	CU_ASSERT_EQUAL(zk_clock_left(&clock, 1500, stamp_ms, ttl_ms), 0);
}

static void never_more_is_left_than_was_asked_for(void)
{
	struct zk_clock clock = seen_at(1000);

	/* Its clock went forward since. */
	CU_ASSERT_EQUAL(zk_clock_left(&clock, 1000, 9000000, 500), 500);
	CU_ASSERT_EQUAL(zk_clock_due(&clock, 1000, 9000000, 500), 1500);
}

static void a_quick_answer_is_kept_until_it_is_old(void)
{
	struct zk_clock clock = seen_at(1000);

	zk_clock_sample(&clock, 1000, 3000, 1002000);
	CU_ASSERT_EQUAL(clock.at_ms, 1000);
	zk_clock_sample(&clock, 2995, 3000, 1002998);
	CU_ASSERT_EQUAL(clock.at_ms, 3000);
	CU_ASSERT(zk_clock_fresh(&clock, 3000 + ZK_CLOCK_FRESH_MS - 1));
	CU_ASSERT_FALSE(zk_clock_fresh(&clock, 3000 + ZK_CLOCK_FRESH_MS));
	zk_clock_sample(&clock, 13000, 15000, 1014000);
	CU_ASSERT_EQUAL(clock.at_ms, 15000);
}

static const struct hf_test tests[] = {
	HF_TEST(nothing_known_means_nothing_is_past),
	HF_TEST(the_deadline_is_the_services_and_neither_side_is_early),
	HF_TEST(never_more_is_left_than_was_asked_for),
	HF_TEST(a_quick_answer_is_kept_until_it_is_old),
	HF_TEST_END,
};

const struct hf_suite test_zk_clock_suite = { "fcgi/zk_clock", tests, NULL,
					      NULL };
