#include "config.h"

#include "fcgi/hall_state.h"
#include "tests/fcgi/suites.h"

#include <stdlib.h>

static struct hall_state state;
static struct event_moment moment;
static struct hf_buf seats;
static struct event_state told;

static void setup(void)
{
	hall_state_init(&state);
	hf_buf_init(&seats, 4096);
	moment = (struct event_moment){
		.era = "7",
		.server_time = "2027-01-01T00:00:00.000Z",
		.sale = "open",
		.version = 100,
		.seats = 10,
	};
}

static void teardown(void)
{
	hf_buf_fini(&seats);
	hall_state_fini(&state);
}

static void add(int ordinal, char letter, int64_t version, int64_t due_ms)
{
	const struct hall_seat seat = { version, due_ms, ordinal, letter };

	hall_state_add(&state, &seat);
}

static bool says(int64_t now_ms, int64_t since, const char *text)
{
	free(state.latest);
	free(state.held);
	state.held_n = state.booked_n = state.blocked_n = 0;
	hall_state_sort(&state);
	hf_buf_truncate(&seats, 0);
	hall_state_tell(&state, &moment, now_ms, since, &seats, &told);
	return hf_slice_eq(told.seats, hf_slice_of(text));
}

static void an_empty_hall_is_all_available(void)
{
	CU_ASSERT(says(0, -1, "[]"));
	CU_ASSERT_EQUAL(told.available, 10);
	CU_ASSERT_EQUAL(told.held + told.booked + told.blocked, 0);
	CU_ASSERT_EQUAL(told.version, 100);
	CU_ASSERT_PTR_NULL(told.opens_at);
	CU_ASSERT_PTR_NULL(told.layout_hash);
	CU_ASSERT_STRING_EQUAL(told.sale, "open");
}

static void seats_are_told_by_ordinal_and_counted(void)
{
	add(3, 'x', 9, 0);
	add(1, 'b', 7, 0);
	add(2, 'h', 8, 1000);
	CU_ASSERT(says(999, -1, "[[1,\"b\",7],[2,\"h\",8],[3,\"x\",9]]"));
	CU_ASSERT_EQUAL(told.available, 7);
	CU_ASSERT_EQUAL(told.held, 1);
	CU_ASSERT_EQUAL(told.booked, 1);
	CU_ASSERT_EQUAL(told.blocked, 1);
}

static void a_seat_whose_time_is_over_is_available(void)
{
	add(2, 'h', 8, 1000);
	CU_ASSERT(says(1000, -1, "[]"));
	CU_ASSERT_EQUAL(told.available, 10);
	CU_ASSERT_EQUAL(told.held, 0);
	CU_ASSERT_EQUAL(told.within_60_s, 0);
}

static void one_that_was_changed_late_is_told_though_available(void)
{
	add(1, 'a', 99, 0);
	add(2, 'a', 100, 0);
	CU_ASSERT(says(0, -1, "[[2,\"a\",100]]"));
}

static void who_has_a_version_is_told_what_came_with_it_or_later(void)
{
	add(1, 'b', 49, 0);
	add(2, 'a', 50, 0);
	add(3, 'h', 51, 1000);
	CU_ASSERT(says(0, 50, "[[2,\"a\",50],[3,\"h\",51]]"));
	CU_ASSERT(says(0, 52, "[]"));
	CU_ASSERT_EQUAL(told.booked, 1);
}

static void who_has_a_version_is_told_whose_time_is_over(void)
{
	add(3, 'h', 51, 1000);
	CU_ASSERT(says(999, 60, "[]"));
	CU_ASSERT(says(1000, 60, "[[3,\"a\",51]]"));
	CU_ASSERT(says(1000, INT64_MAX, "[[3,\"a\",51]]"));
}

static void seats_that_come_back_soon_are_counted(void)
{
	add(1, 'h', 1, 60000);
	add(2, 'h', 1, 60001);
	add(3, 'h', 1, 240000);
	add(4, 'h', 1, 240001);
	CU_ASSERT(says(0, 100, "[]"));
	CU_ASSERT_EQUAL(told.within_60_s, 1);
	CU_ASSERT_EQUAL(told.within_240_s, 3);
	CU_ASSERT_EQUAL(told.held, 4);
}

static const struct hf_test tests[] = {
	HF_TEST(an_empty_hall_is_all_available),
	HF_TEST(seats_are_told_by_ordinal_and_counted),
	HF_TEST(a_seat_whose_time_is_over_is_available),
	HF_TEST(one_that_was_changed_late_is_told_though_available),
	HF_TEST(who_has_a_version_is_told_what_came_with_it_or_later),
	HF_TEST(who_has_a_version_is_told_whose_time_is_over),
	HF_TEST(seats_that_come_back_soon_are_counted),
	HF_TEST_END,
};

const struct hf_suite test_hall_state_suite = { "fcgi/hall_state", tests, setup,
						teardown };
