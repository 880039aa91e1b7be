#include "config.h"

#include "fcgi/due_holds.h"

#include "tests/fcgi/suites.h"

#include <stdio.h>
#include <stdlib.h>

static struct due_holds holds;

static void setup(void)
{
	due_holds_init(&holds, 7);
}

static void teardown(void)
{
	due_holds_fini(&holds);
}

static void set(const char *ticket, int64_t fence, const char *service,
		int64_t due_ms)
{
	CU_ASSERT_TRUE(due_holds_set(&holds, ticket, fence, service, due_ms));
}

/* Takes what is due, up to three: "1/7 2/9 ", ticket and token. */
static const char *take(int64_t now_ms)
{
	static char text[256];
	struct due_hold *taken[3];
	size_t n = due_holds_take(&holds, now_ms, taken, HF_LEN(taken));
	size_t used = 0;

	text[0] = '\0';
	for (size_t i = 0; i < n; i++) {
		used += (size_t)snprintf(text + used, sizeof(text) - used,
					 "%s/%lld ", taken[i]->ticket,
					 (long long)taken[i]->fence);
		free(taken[i]);
	}
	return text;
}

static void a_hold_is_due_at_its_time_and_not_before(void)
{
	CU_ASSERT_EQUAL(due_holds_next_ms(&holds), HF_NEVER);
	set("1", 7, "s", 200);
	set("2", 9, "s", 100);
	CU_ASSERT_EQUAL(due_holds_next_ms(&holds), 100);
	CU_ASSERT_STRING_EQUAL(take(99), "");
	CU_ASSERT_STRING_EQUAL(take(100), "2/9 ");
	CU_ASSERT_STRING_EQUAL(take(1000), "1/7 ");
	CU_ASSERT_STRING_EQUAL(take(1000), "");
}

static void the_last_that_was_said_of_a_ticket_counts(void)
{
	set("1", 7, "s", 100);
	set("1", 7, "s", 300); /* extended */
	CU_ASSERT_STRING_EQUAL(take(200), "");
	set("1", 8, "s", 150); /* taken by the next one */
	CU_ASSERT_STRING_EQUAL(take(200), "1/8 ");
}

static void what_is_forgotten_is_never_due(void)
{
	set("1", 7, "s", 100);
	due_holds_forget(&holds, "1");
	due_holds_forget(&holds, "1");
	CU_ASSERT_FALSE(due_holds_has(&holds, "1"));
	CU_ASSERT_STRING_EQUAL(take(1000), "");
}

static void those_taken_together_are_of_one_lock_service(void)
{
	set("1", 1, "s", 1);
	set("2", 2, "s", 2);
	set("3", 3, "other", 3);
	set("4", 4, "s", 4);
	CU_ASSERT_STRING_EQUAL(take(9), "1/1 2/2 ");
	CU_ASSERT_STRING_EQUAL(take(9), "3/3 ");
	CU_ASSERT_STRING_EQUAL(take(9), "4/4 ");
}

static void no_more_are_taken_than_there_is_room_for(void)
{
	set("1", 1, "s", 1);
	set("2", 2, "s", 2);
	set("3", 3, "s", 3);
	set("4", 4, "s", 4);
	CU_ASSERT_STRING_EQUAL(take(9), "1/1 2/2 3/3 ");
	CU_ASSERT_STRING_EQUAL(take(9), "4/4 ");
}

static void what_is_put_back_gives_way_to_a_new_hold(void)
{
	struct due_hold *taken[1];

	set("1", 7, "s", 100);
	CU_ASSERT_EQUAL_FATAL(due_holds_take(&holds, 100, taken, 1), 1);
	CU_ASSERT_FALSE(due_holds_has(&holds, "1"));
	due_holds_put_back(&holds, taken[0], 200);
	CU_ASSERT_TRUE(due_holds_has(&holds, "1"));
	CU_ASSERT_EQUAL_FATAL(due_holds_take(&holds, 200, taken, 1), 1);
	set("1", 8, "s", 400);
	due_holds_put_back(&holds, taken[0], 300);
	CU_ASSERT_STRING_EQUAL(take(1000), "1/8 ");
}

static void there_is_room_for_so_many_and_no_more(void)
{
	char ticket[16];

	for (int i = 0; i < DUE_HOLDS_MAX; i++) {
		snprintf(ticket, sizeof(ticket), "%d", i);
		if (!due_holds_set(&holds, ticket, 1, "s", i))
			CU_FAIL_FATAL("no room");
	}
	CU_ASSERT_FALSE(due_holds_set(&holds, "one more", 1, "s", 1));
	CU_ASSERT_TRUE(due_holds_set(&holds, "0", 2, "s", 1)); /* known */
	due_holds_forget(&holds, "5");
	CU_ASSERT_TRUE(due_holds_set(&holds, "one more", 1, "s", 1));
}

static const struct hf_test tests[] = {
	HF_TEST(a_hold_is_due_at_its_time_and_not_before),
	HF_TEST(the_last_that_was_said_of_a_ticket_counts),
	HF_TEST(what_is_forgotten_is_never_due),
	HF_TEST(those_taken_together_are_of_one_lock_service),
	HF_TEST(no_more_are_taken_than_there_is_room_for),
	HF_TEST(what_is_put_back_gives_way_to_a_new_hold),
	HF_TEST(there_is_room_for_so_many_and_no_more),
	HF_TEST_END,
};

const struct hf_suite test_due_holds_suite = { "fcgi/due_holds", tests, setup,
					       teardown };
