#include "config.h"

#include "libhold/journal_gather.h"

#include "tests/libhold/suites.h"

static struct journal_gather g;
static int64_t now_us;
static uint64_t last;

static void setup(void)
{
	g = (struct journal_gather){ 0 };
	now_us = 1000000;
	last = 100;
}

/* A sync that takes so long and releases so many. */
static void sync_for(int64_t us, uint64_t released)
{
	journal_gather_begin(&g, now_us);
	now_us += us;
	journal_gather_end(&g, now_us, released, last);
}

static int64_t after(int64_t us, uint64_t came)
{
	now_us += us;
	last += came;
	return journal_gather_wait_us(&g, now_us, last);
}

static void as_long_as_the_last_sync_took_is_waited(void)
{
	sync_for(400, 25);
	CU_ASSERT_EQUAL(after(0, 1), 400);
	CU_ASSERT_EQUAL(after(399, 20), 1);
	CU_ASSERT_EQUAL(after(1, 0), 0);
	/* Once: what comes later goes at once. */
	CU_ASSERT_EQUAL(after(0, 1), 0);
}

static void never_long(void)
{
	sync_for(1000000, 25);
	CU_ASSERT_EQUAL(after(0, 1), 2000);
}

static void as_many_as_were_released_are_enough(void)
{
	sync_for(4000, 25);
	CU_ASSERT(after(10, 24) > 0);
	CU_ASSERT_EQUAL(after(10, 1), 0);
}

static void one_client_alone_never_waits(void)
{
	for (int i = 0; i < 100; i++) {
		sync_for(5000, 1);
		CU_ASSERT_EQUAL(after(20, 1), 0);
	}
}

/* Clients that think before they come again: how often 100 syncs are late. */
static int waits_in_vain(void)
{
	int waits = 0;

	for (int i = 0; i < 100; i++) {
		sync_for(5000, 25);
		waits += after(0, 1) > 0 ? 1 : 0;
		CU_ASSERT_EQUAL(after(2000, 1), 0);
	}
	return waits;
}

static void where_nobody_comes_it_is_tried_less_often(void)
{
	CU_ASSERT(waits_in_vain() < 10);
	CU_ASSERT(waits_in_vain() < 3);
}

static void more_than_the_most_are_not_waited_for(void)
{
	g.most = 16;
	sync_for(400, 16);
	CU_ASSERT(after(0, 1) > 0);
	after(0, 15);
	sync_for(400, 2); /* and the 16 come, too */
	CU_ASSERT_EQUAL(after(0, 1), 0);
	sync_for(400, 14);
	CU_ASSERT(after(0, 1) > 0);
	sync_for(400, 17);
	CU_ASSERT_EQUAL(after(0, 1), 0);
}

static void one_time_that_paid_brings_it_back(void)
{
	bool waited = false;

	waits_in_vain();
	for (int i = 0; i < 65 && !waited; i++) {
		sync_for(5000, 25);
		waited = after(0, 1) > 0;
		CU_ASSERT_EQUAL(after(0, 24), 0);
	}
	CU_ASSERT(waited);
	sync_for(5000, 25);
	CU_ASSERT(after(0, 1) > 0);
}

static const struct hf_test tests[] = {
	HF_TEST(as_long_as_the_last_sync_took_is_waited),
	HF_TEST(never_long),
	HF_TEST(as_many_as_were_released_are_enough),
	HF_TEST(one_client_alone_never_waits),
	HF_TEST(where_nobody_comes_it_is_tried_less_often),
	HF_TEST(more_than_the_most_are_not_waited_for),
	HF_TEST(one_time_that_paid_brings_it_back),
	HF_TEST_END,
};

const struct hf_suite test_journal_gather_suite = { "libhold/journal_gather",
						    tests, setup, NULL };
