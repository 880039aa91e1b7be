#include "config.h"

#include "fcgi/booking.h"
#include "libhold/err.h"

#include "tests/fcgi/suites.h"

#include <stdio.h>

/*
 * A lock and a table that answer what a test wrote down, and note each call:
 * "acquire reserve release(0,7) ". These store_ functions are found before
 * those of the library.
 */
static struct {
	char calls[512];
	int acquire, check[2], reserve, book, rows, free_rows, release, confirm;
	size_t checks;
	struct hold_answer answer;
	struct store_row row[2][BASKET_MAX]; /* of the first look and later */
	size_t looks;
} world;

static struct booking b;

static void note(const char *what)
{
	size_t used = strlen(world.calls);

	snprintf(world.calls + used, sizeof(world.calls) - used, "%s ", what);
}

static int fake_acquire(struct hold *hold, const struct basket *basket,
			const char *client, int64_t ttl_ms,
			struct hold_answer *answer_out)
{
	HF_UNUSED(hold);
	HF_UNUSED(basket);
	HF_UNUSED(client);
	CU_ASSERT_EQUAL(ttl_ms, 5000);
	note("acquire");
	*answer_out = world.answer;
	return world.acquire;
}

static int fake_check(struct hold *hold, const struct basket *basket,
		      const char *client, struct hold_answer *answer_out)
{
	char text[16];

	HF_UNUSED(hold);
	HF_UNUSED(client);
	snprintf(text, sizeof(text), "check%zu", basket->n);
	note(text);
	*answer_out = world.answer;
	return world.check[world.checks++];
}

static int fake_release(struct hold *hold, const struct basket *basket,
			const char *client, const int64_t *fences)
{
	char text[64] = "release";

	HF_UNUSED(hold);
	HF_UNUSED(client);
	for (size_t i = 0; fences != NULL && i < basket->n; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text),
			 ",%lld", (long long)fences[i]);
	note(text);
	return world.release;
}

static void fake_let_go(struct hold *hold, const struct basket *basket,
			const char *client, const int64_t *fences)
{
	(void)fake_release(hold, basket, client, fences);
}

static void give_rows(struct store_row *rows_out)
{
	memcpy(rows_out, world.row[world.looks > 0], sizeof(world.row[0]));
	world.looks++;
}

int store_reserve(struct store *store, const struct basket *basket,
		  const char *client, const struct hold_answer *answer,
		  struct store_row rows_out[BASKET_MAX])
{
	HF_UNUSED(store);
	HF_UNUSED(basket);
	HF_UNUSED(client);
	CU_ASSERT_EQUAL(answer->grants[0].fence, world.answer.grants[0].fence);
	note("reserve");
	give_rows(rows_out);
	return world.reserve;
}

int store_book(struct store *store, const struct basket *basket,
	       const char *client, const struct hold_answer *answer,
	       struct store_row rows_out[BASKET_MAX])
{
	HF_UNUSED(store);
	HF_UNUSED(basket);
	HF_UNUSED(client);
	CU_ASSERT_EQUAL(answer->grants[0].fence, world.answer.grants[0].fence);
	note("book");
	if (world.book == HF_ENOTOWNER)
		give_rows(rows_out);
	return world.book;
}

int store_rows(struct store *store, const struct basket *basket,
	       const char *client, struct store_row rows_out[BASKET_MAX])
{
	HF_UNUSED(store);
	HF_UNUSED(basket);
	HF_UNUSED(client);
	note("rows");
	give_rows(rows_out);
	return world.rows;
}

int store_release(struct store *store, const struct basket *basket,
		  const char *client, struct store_row rows_out[BASKET_MAX])
{
	HF_UNUSED(store);
	HF_UNUSED(basket);
	HF_UNUSED(client);
	note("free");
	give_rows(rows_out);
	return world.free_rows;
}

int store_confirm(struct store *store)
{
	HF_UNUSED(store);
	note("confirm");
	return world.confirm;
}

static void note_granted(void *arg, const struct basket *basket,
			 const struct hold_answer *answer)
{
	HF_UNUSED(arg);
	CU_ASSERT_EQUAL(basket->n, 2);
	CU_ASSERT_EQUAL(answer->grants[1].fence, 9);
	note("granted");
}

static void note_ended(void *arg, const struct basket *basket)
{
	HF_UNUSED(arg);
	HF_UNUSED(basket);
	note("ended");
}

static void note_rows(void *arg, const struct basket *basket)
{
	HF_UNUSED(arg);
	HF_UNUSED(basket);
	note("perhaps");
}

static const struct basket two = { .n = 2, .ids = { "1", "2" } };

static void setup(void)
{
	static const struct hold_ops ops = { .acquire = fake_acquire,
					     .check = fake_check,
					     .release = fake_release,
					     .let_go = fake_let_go };
	static struct hold hold = { .ops = &ops };
	static const struct changes changes = { .granted = note_granted,
						.ended = note_ended,
						.rows = note_rows };

	memset(&world, 0, sizeof(world));
	world.answer.grants[0] = (struct hold_grant){ 7, 5000, true };
	world.answer.grants[1] = (struct hold_grant){ 9, 3000, true };
	b = (struct booking){ .hold = &hold,
			      .hold_ms = 5000,
			      .changes = &changes };
}

static void set_rows(size_t look, enum store_state first, bool first_mine,
		     enum store_state second, bool second_mine)
{
	world.row[look][0] = (struct store_row){ first, first_mine, 0, false };
	world.row[look][1] =
	    (struct store_row){ second, second_mine, 0, false };
}

static void a_reservation_tells_the_shortest_time_and_highest_token(void)
{
	struct booking_result r = booking_reserve(&b, &two, "ann");

	CU_ASSERT_EQUAL(r.code, BOOKING_OK);
	CU_ASSERT_EQUAL(r.remaining_ms, 3000);
	CU_ASSERT_EQUAL(r.fence, 9);
	CU_ASSERT_STRING_EQUAL(world.calls, "acquire reserve granted ");
}

static void only_what_was_not_held_before_counts_as_granted(void)
{
	static struct meter meter;

	b.meter = &meter;
	world.answer.grants[1].fresh = false;
	CU_ASSERT_EQUAL(booking_reserve(&b, &two, "ann").code, BOOKING_OK);
	CU_ASSERT_EQUAL(meter_get(&meter.holds[METER_GRANTED]), 1);
	CU_ASSERT_EQUAL(booking_book(&b, &two, "ann").code, BOOKING_OK);
	CU_ASSERT_EQUAL(meter_get(&meter.holds[METER_BOOKED]), 2);
}

static void a_held_ticket_is_refused_without_asking_the_table(void)
{
	struct booking_result r;

	world.acquire = HF_EHELD;
	world.answer.refused = 1;
	world.answer.refused_ms = 3999; /* it has settled */
	r = booking_reserve(&b, &two, "bob");
	CU_ASSERT_EQUAL(r.code, BOOKING_HELD);
	CU_ASSERT_EQUAL(r.ticket, 1);
	CU_ASSERT_EQUAL(r.retry_after_ms, 3999);
	CU_ASSERT_STRING_EQUAL(world.calls, "acquire ");
}

static void a_lock_just_taken_may_be_on_a_ticket_that_is_sold(void)
{
	struct booking_result r;

	world.acquire = HF_EHELD;
	world.answer.refused_ms = 4999;
	set_rows(0, STORE_FREE, false, STORE_BOOKED, false);
	r = booking_reserve(&b, &two, "bob");
	CU_ASSERT_EQUAL(r.code, BOOKING_BOOKED);
	CU_ASSERT_EQUAL(r.ticket, 1);
	CU_ASSERT_STRING_EQUAL(world.calls, "acquire rows ");
	setup();
	world.acquire = HF_EHELD;
	world.answer.refused = 1;
	world.answer.refused_ms = 4999;
	set_rows(0, STORE_RESERVED, true, STORE_RESERVED, false);
	r = booking_reserve(&b, &two, "bob");
	CU_ASSERT_EQUAL(r.code, BOOKING_HELD);
	CU_ASSERT_EQUAL(r.ticket, 1);
	CU_ASSERT_EQUAL(r.retry_after_ms, 4999);
	world.rows = HF_EUNREACHABLE;
	set_rows(1, STORE_UNKNOWN, false, STORE_UNKNOWN, false);
	CU_ASSERT_EQUAL(booking_reserve(&b, &two, "bob").code, BOOKING_HELD);
}

static void a_refused_row_gives_back_only_what_this_call_took(void)
{
	struct booking_result r;

	world.reserve = HF_EHELD;
	world.answer.grants[0].fresh = false; /* held before: stays held */
	set_rows(0, STORE_RESERVED, true, STORE_BOOKED, false);
	r = booking_reserve(&b, &two, "ann");
	CU_ASSERT_EQUAL(r.code, BOOKING_BOOKED);
	CU_ASSERT_EQUAL(r.ticket, 1);
	CU_ASSERT_STRING_EQUAL(world.calls, "acquire reserve release,0,9 ");
}

static void reasons_to_refuse_a_reservation_go_by_how_final_they_are(void)
{
	world.reserve = HF_EHELD;
	set_rows(0, STORE_BOOKED, false, STORE_UNKNOWN, false);
	CU_ASSERT_EQUAL(booking_reserve(&b, &two, "ann").code, BOOKING_UNKNOWN);
	setup();
	world.reserve = HF_EHELD;
	set_rows(0, STORE_FREE, false, STORE_RESERVED, false);
	world.row[0][1].remaining_ms = 77;
	CU_ASSERT_EQUAL(booking_reserve(&b, &two, "ann").retry_after_ms, 77);
	setup();
	world.reserve = HF_EHELD;
	set_rows(0, STORE_FREE, false, STORE_FREE, false);
	world.row[0][0].closed = world.row[0][1].closed = true;
	CU_ASSERT_EQUAL(booking_reserve(&b, &two, "ann").code, BOOKING_CLOSED);
	setup();
	world.reserve = HF_EHELD;
	set_rows(0, STORE_FREE, false, STORE_BOOKED, false);
	world.row[0][0].closed = world.row[0][1].closed = true;
	CU_ASSERT_EQUAL(booking_reserve(&b, &two, "ann").code, BOOKING_BOOKED);
}

static void a_service_that_is_away_is_never_a_guess(void)
{
	world.acquire = HF_EUNREACHABLE;
	CU_ASSERT_EQUAL(booking_reserve(&b, &two, "ann").code,
			BOOKING_LOCK_AWAY);
	setup();
	world.reserve = HF_EUNREACHABLE;
	CU_ASSERT_EQUAL(booking_reserve(&b, &two, "ann").code,
			BOOKING_STORE_AWAY);
	CU_ASSERT_STRING_EQUAL(world.calls,
			       "acquire reserve release,7,9 perhaps ");
	setup();
	world.check[0] = HF_EUNREACHABLE;
	CU_ASSERT_EQUAL(booking_book(&b, &two, "ann").code, BOOKING_LOCK_AWAY);
	setup();
	world.book = HF_EUNREACHABLE;
	CU_ASSERT_EQUAL(booking_book(&b, &two, "ann").code, BOOKING_STORE_AWAY);
	CU_ASSERT_STRING_EQUAL(world.calls,
			       "check2 book perhaps "); /* keeps its lock */
	setup();
	world.check[0] = HF_ENOTOWNER;
	world.rows = HF_EUNREACHABLE;
	CU_ASSERT_EQUAL(booking_book(&b, &two, "ann").code, BOOKING_STORE_AWAY);
	setup();
	world.rows = HF_EUNREACHABLE;
	CU_ASSERT_EQUAL(booking_release(&b, &two, "ann").code,
			BOOKING_STORE_AWAY);
}

static void a_refused_reservation_names_the_ticket_of_somebody_else(void)
{
	struct booking_result r;

	world.reserve = HF_EHELD;
	set_rows(0, STORE_RESERVED, true, STORE_RESERVED, false);
	r = booking_reserve(&b, &two, "ann");
	CU_ASSERT_EQUAL(r.code, BOOKING_HELD);
	CU_ASSERT_EQUAL(r.ticket, 1);
	CU_ASSERT_FALSE(r.mine);
	setup();
	/* The lock service lost its state: ann's own row is in her way. */
	world.reserve = HF_EHELD;
	set_rows(0, STORE_FREE, false, STORE_RESERVED, true);
	r = booking_reserve(&b, &two, "ann");
	CU_ASSERT_EQUAL(r.code, BOOKING_HELD);
	CU_ASSERT_EQUAL(r.ticket, 1);
	CU_ASSERT(r.mine);
}

static void a_refused_booking_names_the_ticket_that_is_missing(void)
{
	static const struct {
		enum store_state first;
		bool first_mine;
		enum store_state second;
		bool second_mine;
		enum booking_code code;
		size_t ticket;
	} rows[] = {
		{ STORE_RESERVED, true, STORE_FREE, false, BOOKING_NOT_RESERVED,
		  1 },
		{ STORE_RESERVED, true, STORE_RESERVED, false,
		  BOOKING_NOT_RESERVED, 1 },
		{ STORE_RESERVED, true, STORE_LAPSED, true,
		  BOOKING_HOLD_EXPIRED, 1 },
		{ STORE_RESERVED, true, STORE_UNKNOWN, false, BOOKING_UNKNOWN,
		  1 },
		{ STORE_FREE, false, STORE_LAPSED, true, BOOKING_HOLD_EXPIRED,
		  1 },
		/* only the lock went: the service lost its state */
		{ STORE_RESERVED, true, STORE_RESERVED, true,
		  BOOKING_HOLD_EXPIRED, 0 },
		{ STORE_BOOKED, true, STORE_RESERVED, true,
		  BOOKING_HOLD_EXPIRED, 1 },
		{ STORE_BOOKED, true, STORE_FREE, false, BOOKING_NOT_RESERVED,
		  1 },
	};

	for (size_t i = 0; i < HF_LEN(rows); i++) {
		struct booking_result r;

		setup();
		world.check[0] = world.check[1] = HF_ENOTOWNER;
		for (size_t look = 0; look < 2; look++)
			set_rows(look, rows[i].first, rows[i].first_mine,
				 rows[i].second, rows[i].second_mine);
		r = booking_book(&b, &two, "ann");
		CU_ASSERT_EQUAL(r.code, rows[i].code);
		CU_ASSERT_EQUAL(r.ticket, rows[i].ticket);
		CU_ASSERT_EQUAL(r.retry_after_ms, 0);
	}
}

static void a_booking_checks_the_lock_then_the_row_then_lets_go(void)
{
	CU_ASSERT_EQUAL(booking_book(&b, &two, "ann").code, BOOKING_OK);
	CU_ASSERT_STRING_EQUAL(world.calls, "check2 book ended release,7,9 ");
}

static void booking_again_is_a_success_again(void)
{
	world.check[0] = HF_ENOTOWNER;
	set_rows(0, STORE_BOOKED, true, STORE_BOOKED, true);
	CU_ASSERT_EQUAL(booking_book(&b, &two, "ann").code, BOOKING_OK);
	CU_ASSERT_STRING_EQUAL(world.calls, "check2 rows confirm ");
}

static void what_an_earlier_call_booked_is_not_said_before_it_is_durable(void)
{
	world.check[0] = HF_ENOTOWNER;
	world.confirm = HF_EUNREACHABLE;
	set_rows(0, STORE_BOOKED, true, STORE_BOOKED, true);
	CU_ASSERT_EQUAL(booking_book(&b, &two, "ann").code, BOOKING_STORE_AWAY);
}

static void a_token_that_lost_is_told_why(void)
{
	world.book = HF_ENOTOWNER;
	set_rows(0, STORE_RESERVED, true, STORE_BOOKED, false);
	CU_ASSERT_EQUAL(booking_book(&b, &two, "ann").code, BOOKING_BOOKED);
	setup();
	world.book = HF_ENOTOWNER;
	set_rows(0, STORE_RESERVED, false, STORE_LAPSED, true);
	CU_ASSERT_EQUAL(booking_book(&b, &two, "ann").code,
			BOOKING_HOLD_EXPIRED);
	setup();
	world.check[0] = HF_ENOTOWNER;
	set_rows(0, STORE_FREE, false, STORE_FREE, false);
	CU_ASSERT_EQUAL(booking_book(&b, &two, "ann").code,
			BOOKING_NOT_RESERVED);
}

static void a_basket_half_booked_before_is_finished(void)
{
	world.check[0] = HF_ENOTOWNER; /* the first was booked and let go */
	set_rows(0, STORE_BOOKED, true, STORE_RESERVED, true);
	CU_ASSERT_EQUAL(booking_book(&b, &two, "ann").code, BOOKING_OK);
	CU_ASSERT_STRING_EQUAL(world.calls,
			       "check2 rows check1 book ended release,7 ");
	setup();
	world.check[0] = world.check[1] = HF_ENOTOWNER;
	set_rows(0, STORE_BOOKED, true, STORE_LAPSED, true);
	set_rows(1, STORE_BOOKED, true, STORE_LAPSED, true);
	CU_ASSERT_EQUAL(booking_book(&b, &two, "ann").code,
			BOOKING_HOLD_EXPIRED);
	setup();
	/* the same call at the same time was faster with the second one */
	world.check[0] = world.check[1] = HF_ENOTOWNER;
	set_rows(0, STORE_BOOKED, true, STORE_RESERVED, true);
	set_rows(1, STORE_BOOKED, true, STORE_BOOKED, true);
	CU_ASSERT_EQUAL(booking_book(&b, &two, "ann").code, BOOKING_OK);
}

static void only_what_is_mine_is_released_all_or_nothing(void)
{
	set_rows(0, STORE_RESERVED, true, STORE_RESERVED, true);
	set_rows(1, STORE_RESERVED, true, STORE_RESERVED, true);
	CU_ASSERT_EQUAL(booking_release(&b, &two, "ann").code, BOOKING_OK);
	CU_ASSERT_STRING_EQUAL(world.calls, "rows free ended release ");
	setup();
	world.check[0] = HF_ENOTOWNER;
	set_rows(0, STORE_RESERVED, true, STORE_RESERVED, false);
	CU_ASSERT_EQUAL(booking_release(&b, &two, "ann").code,
			BOOKING_NOT_RESERVED);
	CU_ASSERT_STRING_EQUAL(world.calls, "rows check2 ");
	setup();
	set_rows(0, STORE_BOOKED, true, STORE_RESERVED, true);
	CU_ASSERT_EQUAL(booking_release(&b, &two, "ann").code, BOOKING_BOOKED);
}

static void locks_without_their_rows_are_released_too(void)
{
	/* A reserve whose answer was lost: the lock is ann's, no row is. */
	set_rows(0, STORE_FREE, false, STORE_FREE, false);
	set_rows(1, STORE_FREE, false, STORE_FREE, false);
	CU_ASSERT_EQUAL(booking_release(&b, &two, "ann").code, BOOKING_OK);
	CU_ASSERT_STRING_EQUAL(world.calls, "rows check2 free ended release ");
	setup();
	world.check[0] = HF_EUNREACHABLE; /* nothing that is known of */
	set_rows(0, STORE_FREE, false, STORE_FREE, false);
	CU_ASSERT_EQUAL(booking_release(&b, &two, "ann").code,
			BOOKING_NOT_RESERVED);
}

static void a_release_never_says_that_of_what_was_sold_meanwhile(void)
{
	struct booking_result r;

	set_rows(0, STORE_RESERVED, true, STORE_RESERVED, true);
	set_rows(1, STORE_RESERVED, true, STORE_BOOKED, true);
	r = booking_release(&b, &two, "ann");
	CU_ASSERT_EQUAL(r.code, BOOKING_BOOKED);
	CU_ASSERT_EQUAL(r.ticket, 1);
	CU_ASSERT(r.mine);
}

static void a_release_that_is_cut_in_two_is_not_called_done(void)
{
	set_rows(0, STORE_RESERVED, true, STORE_RESERVED, true);
	world.free_rows = HF_EUNREACHABLE;
	CU_ASSERT_EQUAL(booking_release(&b, &two, "ann").code,
			BOOKING_STORE_AWAY);
	CU_ASSERT_STRING_EQUAL(world.calls, "rows free perhaps ");
	setup();
	set_rows(0, STORE_RESERVED, true, STORE_RESERVED, true);
	world.release = HF_EUNREACHABLE;
	CU_ASSERT_EQUAL(booking_release(&b, &two, "ann").code,
			BOOKING_LOCK_AWAY);
}

static void a_sale_without_a_listener_is_a_sale(void)
{
	b.changes = NULL;
	CU_ASSERT_EQUAL(booking_reserve(&b, &two, "ann").code, BOOKING_OK);
	CU_ASSERT_EQUAL(booking_book(&b, &two, "ann").code, BOOKING_OK);
	CU_ASSERT_STRING_EQUAL(world.calls,
			       "acquire reserve check2 book release,7,9 ");
}

static const struct hf_test tests[] = {
	HF_TEST(a_reservation_tells_the_shortest_time_and_highest_token),
	HF_TEST(only_what_was_not_held_before_counts_as_granted),
	HF_TEST(a_held_ticket_is_refused_without_asking_the_table),
	HF_TEST(a_lock_just_taken_may_be_on_a_ticket_that_is_sold),
	HF_TEST(a_refused_row_gives_back_only_what_this_call_took),
	HF_TEST(reasons_to_refuse_a_reservation_go_by_how_final_they_are),
	HF_TEST(a_service_that_is_away_is_never_a_guess),
	HF_TEST(a_refused_reservation_names_the_ticket_of_somebody_else),
	HF_TEST(a_refused_booking_names_the_ticket_that_is_missing),
	HF_TEST(a_booking_checks_the_lock_then_the_row_then_lets_go),
	HF_TEST(booking_again_is_a_success_again),
	HF_TEST(what_an_earlier_call_booked_is_not_said_before_it_is_durable),
	HF_TEST(a_token_that_lost_is_told_why),
	HF_TEST(a_basket_half_booked_before_is_finished),
	HF_TEST(only_what_is_mine_is_released_all_or_nothing),
	HF_TEST(locks_without_their_rows_are_released_too),
	HF_TEST(a_release_never_says_that_of_what_was_sold_meanwhile),
	HF_TEST(a_release_that_is_cut_in_two_is_not_called_done),
	HF_TEST(a_sale_without_a_listener_is_a_sale),
	HF_TEST_END,
};

const struct hf_suite test_booking_suite = { "fcgi/booking", tests, setup,
					     NULL };
