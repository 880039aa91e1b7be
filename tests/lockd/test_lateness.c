#include "config.h"

#include "lockd/lateness.h"

#include "tests/lockd/suites.h"

enum { PATIENCE = LATENESS_PATIENCE_MS };

static struct lateness late;

static void setup(void)
{
	late = lateness_none();
}

static int64_t total_at(int64_t now_ms, bool waits, bool refused)
{
	lateness_look(&late, waits, refused, now_ms);
	return late.total_ms;
}

static void a_sync_within_its_patience_is_not_late(void)
{
	lateness_begin(&late, 1000);
	CU_ASSERT_EQUAL(total_at(1000 + PATIENCE - 1, true, false), 0);
	CU_ASSERT_FALSE(lateness_goes_on(&late, 1000 + PATIENCE - 1));
	lateness_passed(&late, false, 1000 + PATIENCE);
	CU_ASSERT_EQUAL(total_at(9000, false, false), 0);
}

static void what_is_beyond_it_counts_whoever_looks(void)
{
	lateness_begin(&late, 1000);
	CU_ASSERT_EQUAL(total_at(1000 + PATIENCE + 7, true, false), 7);
	CU_ASSERT(lateness_goes_on(&late, 1000 + PATIENCE + 7));
	CU_ASSERT_EQUAL(total_at(1000 + PATIENCE + 7, true, false), 7);
	lateness_passed(&late, false, 1000 + PATIENCE + 30);
	CU_ASSERT_FALSE(lateness_goes_on(&late, 1000 + PATIENCE + 30));
	CU_ASSERT_EQUAL(total_at(9000, false, false), 30);
}

static void who_waits_first_begins(void)
{
	lateness_begin(&late, 1000);
	lateness_begin(&late, 1000 + PATIENCE);
	CU_ASSERT_EQUAL(total_at(1000 + PATIENCE + 1, true, false), 1);
}

static void the_next_sync_has_its_own_patience(void)
{
	lateness_begin(&late, 1000);
	lateness_passed(&late, true, 1000 + PATIENCE + 5);
	CU_ASSERT_EQUAL(total_at(1000 + 2 * PATIENCE + 5, true, false), 5);
	CU_ASSERT_EQUAL(total_at(1000 + 2 * PATIENCE + 9, true, false), 9);
}

static void a_disk_that_refuses_has_none(void)
{
	CU_ASSERT_EQUAL(total_at(1000, false, true), 0);
	CU_ASSERT(lateness_goes_on(&late, 1000));
	CU_ASSERT_EQUAL(total_at(1020, false, true), 20);
	CU_ASSERT_EQUAL(total_at(1030, false, false), 30);
	CU_ASSERT_FALSE(lateness_goes_on(&late, 1030));
	lateness_begin(&late, 2000);
	CU_ASSERT_EQUAL(total_at(2010, true, true), 30);
	CU_ASSERT_EQUAL(total_at(2011, true, true), 31);
}

static const struct hf_test tests[] = {
	HF_TEST(a_sync_within_its_patience_is_not_late),
	HF_TEST(what_is_beyond_it_counts_whoever_looks),
	HF_TEST(who_waits_first_begins),
	HF_TEST(the_next_sync_has_its_own_patience),
	HF_TEST(a_disk_that_refuses_has_none),
	HF_TEST_END,
};

const struct hf_suite test_lateness_suite = { "lockd/lateness", tests, setup,
					      NULL };
