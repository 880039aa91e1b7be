#include "config.h"

#include "ephemerald/session.h"

#include "tests/ephemerald/suites.h"

#define PASSWORD HF_SLICE("0123456789abcdef")

static struct sessions *sessions;

static void setup(void)
{
	sessions = sessions_new(4);
}

static void teardown(void)
{
	sessions_free(&sessions);
}

static struct session *add(int64_t id, int32_t timeout_ms, int64_t now_ms)
{
	return session_add(sessions, id, PASSWORD, timeout_ms, now_ms);
}

static void a_session_ends_at_its_time_and_never_before(void)
{
	struct session *a = add(1, 500, 1000);

	CU_ASSERT_EQUAL(sessions_next_due_ms(sessions), 1500);
	CU_ASSERT_PTR_NULL(sessions_due(sessions, 1499));
	CU_ASSERT_PTR_EQUAL(sessions_due(sessions, 1500), a);
	CU_ASSERT_PTR_EQUAL(sessions_due(sessions, 1500), a); /* it stays */
	session_remove(sessions, a);
	CU_ASSERT_PTR_NULL(sessions_due(sessions, INT64_MAX / 2));
	CU_ASSERT_EQUAL(sessions_next_due_ms(sessions), HF_NEVER);
}

static void who_is_heard_of_lives_on(void)
{
	struct session *a = add(1, 500, 1000);

	session_heard(sessions, a, 1400);
	CU_ASSERT_EQUAL(session_due_ms(sessions, a), 1900);
	CU_ASSERT_PTR_NULL(sessions_due(sessions, 1899));
	CU_ASSERT_PTR_EQUAL(sessions_due(sessions, 1900), a);
}

static void they_end_in_the_order_of_their_times(void)
{
	struct session *a = add(1, 500, 1000), *b = add(2, 400, 1000),
		       *c = add(3, 600, 1000);

	session_heard(sessions, b, 1300); /* due at 1700: now the last */
	CU_ASSERT_PTR_EQUAL(sessions_due(sessions, 2000), a);
	session_remove(sessions, a);
	CU_ASSERT_PTR_EQUAL(sessions_due(sessions, 2000), c);
	session_remove(sessions, c);
	CU_ASSERT_PTR_EQUAL(sessions_due(sessions, 2000), b);
}

static void a_shorter_timeout_counts_at_once(void)
{
	struct session *a = add(1, 5000, 1000);

	session_set_timeout(sessions, a, 100);
	CU_ASSERT_PTR_EQUAL(sessions_due(sessions, 1100), a);
	session_set_timeout(sessions, a, 300);
	CU_ASSERT_PTR_NULL(sessions_due(sessions, 1299));
	CU_ASSERT_PTR_EQUAL(sessions_due(sessions, 1300), a);
}

static void a_stall_moves_all_deadlines(void)
{
	struct session *a = add(1, 500, 1000), *b;

	sessions_shift(sessions, 10000);
	CU_ASSERT_EQUAL(session_due_ms(sessions, a), 11500);
	CU_ASSERT_PTR_NULL(sessions_due(sessions, 11499));
	b = add(2, 500, 11000); /* who comes later is not moved */
	CU_ASSERT_EQUAL(session_due_ms(sessions, b), 11500);
	session_heard(sessions, b, 11200);
	CU_ASSERT_EQUAL(session_due_ms(sessions, b), 11700);
	CU_ASSERT_PTR_EQUAL(sessions_due(sessions, 11500), a);
}

static void after_a_start_all_have_their_full_time(void)
{
	struct session *a = add(1, 500, 0), *b = add(2, 900, 0);

	sessions_hear_all(sessions, 7000);
	CU_ASSERT_EQUAL(session_due_ms(sessions, a), 7500);
	CU_ASSERT_EQUAL(session_due_ms(sessions, b), 7900);
	CU_ASSERT_EQUAL(sessions_next_due_ms(sessions), 7500);
}

static void ids_never_come_again_whatever_the_clock_does(void)
{
	int64_t first = sessions_next_id(sessions, 1000000), last = first;

	CU_ASSERT(first > 0);
	for (int i = 0; i < 10000; i++) {
		int64_t id = sessions_next_id(sessions, 1000000 - i);

		CU_ASSERT(id > last);
		last = id;
	}
	add(last + 7, 1, 1); /* one that was there before a start */
	CU_ASSERT(sessions_next_id(sessions, 1000000) > last + 7);
	CU_ASSERT(sessions_next_id(sessions, 2000000) > last + 8);
}

static void a_password_is_right_or_wrong_as_a_whole(void)
{
	struct session *a = add(1, 1, 1);

	CU_ASSERT_TRUE(session_password_is(a, PASSWORD));
	CU_ASSERT_FALSE(session_password_is(a, HF_SLICE("0123456789abcdeg")));
	CU_ASSERT_FALSE(session_password_is(a, HF_SLICE("1123456789abcdef")));
	CU_ASSERT_FALSE(session_password_is(a, HF_SLICE("0123456789abcde")));
	CU_ASSERT_FALSE(session_password_is(a, HF_SLICE("")));
}

static void a_session_is_found_by_its_id_while_it_is_there(void)
{
	struct session *a = add(1, 1, 1), *b = add(2, 1, 1);

	CU_ASSERT_PTR_EQUAL(session_find(sessions, 1), a);
	CU_ASSERT_PTR_EQUAL(session_find(sessions, 2), b);
	CU_ASSERT_PTR_NULL(session_find(sessions, 0));
	session_remove(sessions, a);
	CU_ASSERT_PTR_NULL(session_find(sessions, 1));
	CU_ASSERT_EQUAL(sessions_count(sessions), 1);
}

static const struct hf_test tests[] = {
	HF_TEST(a_session_ends_at_its_time_and_never_before),
	HF_TEST(who_is_heard_of_lives_on),
	HF_TEST(they_end_in_the_order_of_their_times),
	HF_TEST(a_shorter_timeout_counts_at_once),
	HF_TEST(a_stall_moves_all_deadlines),
	HF_TEST(after_a_start_all_have_their_full_time),
	HF_TEST(ids_never_come_again_whatever_the_clock_does),
	HF_TEST(a_password_is_right_or_wrong_as_a_whole),
	HF_TEST(a_session_is_found_by_its_id_while_it_is_there),
	HF_TEST_END,
};

const struct hf_suite test_session_suite = { "ephemerald/session", tests, setup,
					     teardown };
