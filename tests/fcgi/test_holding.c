#include "config.h"

#include "fcgi/holding.h"
#include "fcgi/line.h"
#include "libhold/err.h"

#include "tests/fcgi/suites.h"

#include <stdio.h>

/*
 * A lock and a table that answer what a test wrote down, and note each call:
 * "terms acquire take go(0,9) ". These store_ functions are found before those
 * of the library.
 */
static struct {
	char calls[512];
	int acquire, check, extend, release;
	enum line_check line;
	int line_rc, terms_rc, take_rc, seen_rc, show_rc, extend_rc, release_rc,
	    book_rc;
	struct event_terms terms;
	struct hold_answer answer;
	struct hold_taken taken;
	struct seat_seen seen[BASKET_MAX];
	struct hold_view view[2]; /* of the first look, and later */
	size_t looks;
	struct hold_extended extended;
	enum hold_outcome released;
	struct hold_booked booked;
	int64_t acquire_ms, take_ms, extend_ms[2];
	size_t extends;
	int granted, ended;
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
	note("acquire");
	world.acquire_ms = ttl_ms;
	*answer_out = world.answer;
	return world.acquire;
}

static int fake_check(struct hold *hold, const struct basket *basket,
		      const char *client, struct hold_answer *answer_out)
{
	HF_UNUSED(hold);
	HF_UNUSED(basket);
	HF_UNUSED(client);
	note("check");
	*answer_out = world.answer;
	return world.check;
}

static int fake_extend(struct hold *hold, const struct basket *basket,
		       const char *client, int64_t ttl_ms,
		       struct hold_answer *answer_out)
{
	HF_UNUSED(hold);
	HF_UNUSED(basket);
	HF_UNUSED(client);
	note("lengthen");
	world.extend_ms[world.extends++ % 2] = ttl_ms;
	*answer_out = world.answer;
	return world.extend;
}

static void note_fences(const char *what, const struct basket *basket,
			const int64_t *fences)
{
	char text[64];

	snprintf(text, sizeof(text), "%s(%lld,%lld)", what,
		 (long long)fences[0],
		 basket->n > 1 ? (long long)fences[1] : -1LL);
	note(text);
}

static int fake_release(struct hold *hold, const struct basket *basket,
			const char *client, const int64_t *fences)
{
	HF_UNUSED(hold);
	HF_UNUSED(client);
	note_fences("release", basket, fences);
	return world.release;
}

static void fake_let_go(struct hold *hold, const struct basket *basket,
			const char *client, const int64_t *fences)
{
	HF_UNUSED(hold);
	HF_UNUSED(client);
	note_fences("go", basket, fences);
}

int store_event_terms(struct store *store, const char *event,
		      struct event_terms *terms_out)
{
	HF_UNUSED(store);
	HF_UNUSED(event);
	note("terms");
	*terms_out = world.terms;
	return world.terms_rc;
}

int store_hold_take(struct store *store, const char *id, const char *event,
		    const char *holder, const struct basket *basket,
		    const struct hold_answer *answer, int64_t ms, bool by_turn,
		    struct hold_taken *taken_out)
{
	HF_UNUSED(store);
	HF_UNUSED(id);
	HF_UNUSED(event);
	HF_UNUSED(holder);
	HF_UNUSED(basket);
	CU_ASSERT_EQUAL(answer->grants[1].fence, world.answer.grants[1].fence);
	note(by_turn ? "take-turn" : "take");
	world.take_ms = ms;
	*taken_out = world.taken;
	return world.take_rc;
}

int store_line_check(struct store *store, const char *event, const char *holder,
		     const struct basket *basket, const struct line_wish *wish,
		     enum line_check *check_out, int64_t *in_line_out)
{
	HF_UNUSED(store);
	HF_UNUSED(event);
	HF_UNUSED(holder);
	CU_ASSERT_PTR_NOT_NULL(basket);
	CU_ASSERT_EQUAL(wish->seats, 2);
	note("line");
	*check_out = world.line;
	*in_line_out = 12;
	return world.line_rc;
}

/* Of best.h and of the API: not asked here. */
int store_line_yield(struct store *store, const char *event, const char *holder)
{
	HF_UNUSED(store);
	HF_UNUSED(event);
	HF_UNUSED(holder);
	return HF_EUNREACHABLE;
}

int store_line_join(struct store *store, const char *event, const char *holder,
		    const struct line_wish *wish,
		    struct line_joined *joined_out)
{
	HF_UNUSED(wish);
	HF_UNUSED(joined_out);
	return store_line_yield(store, event, holder);
}

int store_line_leave(struct store *store, const char *event, const char *holder,
		     bool *left_out)
{
	HF_UNUSED(left_out);
	return store_line_yield(store, event, holder);
}

int store_line_seen(struct store *store, const char *event, const char *holder,
		    line_view_fn *each, void *arg)
{
	HF_UNUSED(each);
	HF_UNUSED(arg);
	return store_line_yield(store, event, holder);
}

int store_seats_seen(struct store *store, const char *event,
		     const struct basket *basket, const char *holder,
		     struct seat_seen seen_out[BASKET_MAX])
{
	HF_UNUSED(store);
	HF_UNUSED(event);
	HF_UNUSED(basket);
	HF_UNUSED(holder);
	note("seen");
	memcpy(seen_out, world.seen, sizeof(world.seen));
	return world.seen_rc;
}

int store_hold_show(struct store *store, const char *id, const char *holder,
		    struct hold_view *view_out)
{
	HF_UNUSED(store);
	HF_UNUSED(id);
	HF_UNUSED(holder);
	note("show");
	*view_out = world.view[world.looks++ > 0];
	return world.show_rc;
}

void hold_view_fini(struct hold_view *view)
{
	HF_UNUSED(view);
}

int store_hold_extend(struct store *store, const char *id, const char *holder,
		      int64_t ms, size_t n, const int64_t *fences,
		      const char *service, struct hold_extended *extended_out)
{
	HF_UNUSED(store);
	HF_UNUSED(id);
	HF_UNUSED(holder);
	HF_UNUSED(ms);
	HF_UNUSED(n);
	CU_ASSERT_EQUAL(fences[1], 9);
	CU_ASSERT_STRING_EQUAL(service, "s");
	note("extend");
	*extended_out = world.extended;
	return world.extend_rc;
}

int store_hold_release(struct store *store, const char *id, const char *holder,
		       enum hold_outcome *outcome_out)
{
	HF_UNUSED(store);
	HF_UNUSED(id);
	HF_UNUSED(holder);
	note("free");
	*outcome_out = world.released;
	return world.release_rc;
}

int store_hold_book(struct store *store, const char *id, const char *holder,
		    const char *key, const char *fingerprint,
		    struct hold_booked *booked_out)
{
	HF_UNUSED(store);
	HF_UNUSED(id);
	HF_UNUSED(holder);
	CU_ASSERT_STRING_EQUAL(key, "k");
	CU_ASSERT_STRING_EQUAL(fingerprint, "f");
	note("book");
	*booked_out = world.booked;
	return world.book_rc;
}

/* Not called by the rules, but in the same file as those that are. */
int store_holds_of(struct store *store, const char *holder, hold_view_fn *each,
		   void *arg)
{
	HF_UNUSED(store);
	HF_UNUSED(holder);
	HF_UNUSED(each);
	HF_UNUSED(arg);
	return HF_EUNREACHABLE;
}

int store_seats_near(struct store *store, const char *event, int64_t ordinal,
		     int64_t n, store_id_fn *each, void *arg)
{
	HF_UNUSED(store);
	HF_UNUSED(event);
	HF_UNUSED(ordinal);
	HF_UNUSED(n);
	HF_UNUSED(each);
	HF_UNUSED(arg);
	return HF_EUNREACHABLE;
}

static void hear_granted(void *arg, const struct basket *basket,
			 const struct hold_answer *answer)
{
	HF_UNUSED(arg);
	HF_UNUSED(basket);
	HF_UNUSED(answer);
	world.granted++;
}

static void hear_ended(void *arg, const struct basket *basket)
{
	HF_UNUSED(arg);
	HF_UNUSED(basket);
	world.ended++;
}

static const struct basket two = { .n = 2, .ids = { "1", "2" } };

static void setup(void)
{
	static const struct hold_ops ops = { .acquire = fake_acquire,
					     .check = fake_check,
					     .extend = fake_extend,
					     .release = fake_release,
					     .let_go = fake_let_go };
	static const struct changes changes = { .granted = hear_granted,
						.ended = hear_ended };
	static struct hold hold = { .ops = &ops };

	memset(&world, 0, sizeof(world));
	world.answer.grants[0] = (struct hold_grant){ 7, 5000, true };
	world.answer.grants[1] = (struct hold_grant){ 9, 3000, true };
	memcpy(world.answer.service, "s", 2);
	world.view[0] = (struct hold_view){
		.outcome = HOLD_OK,
		.id = "h",
		.service = "s",
		.until = "1",
		.limit_at = "2",
		.extensions_left = 1,
		.n = 2,
		.basket = two,
		.fences = { 7, 9 },
	};
	world.view[1] = world.view[0];
	b = (struct booking){ .hold = &hold,
			      .hold_ms = 5000,
			      .changes = &changes };
}

static enum hold_outcome take(void)
{
	return holding_take(&b, "h", "e", &two, "\1id", false).outcome;
}

static enum hold_outcome book(void)
{
	return holding_book(&b, "h", "\1id", "k", "f").outcome;
}

static bool called(const char *calls)
{
	bool same = strcmp(world.calls, calls) == 0;

	if (!same)
		printf("# called %s\n", world.calls);
	return same;
}

/* ---- take ---------------------------------------------------------------- */

static void the_locks_come_first_and_then_the_rows(void)
{
	world.taken.outcome = HOLD_OK;
	CU_ASSERT_EQUAL(take(), HOLD_OK);
	CU_ASSERT(called("terms acquire take "));
	CU_ASSERT_EQUAL(world.acquire_ms, 5000);
	CU_ASSERT_EQUAL(world.take_ms, 3000); /* not longer than any lock */
	CU_ASSERT_EQUAL(world.granted, 1);
}

static void an_event_says_how_long_its_holds_last(void)
{
	world.terms.hold_ms = 9000;
	CU_ASSERT_EQUAL(take(), HOLD_OK);
	CU_ASSERT_EQUAL(world.acquire_ms, 9000);
}

static void a_sale_that_is_not_open_touches_no_lock(void)
{
	world.terms.sale = HOLD_SALE_CLOSED;
	CU_ASSERT_EQUAL(take(), HOLD_SALE_CLOSED);
	world.terms.sale = HOLD_NO_EVENT;
	CU_ASSERT_EQUAL(take(), HOLD_NO_EVENT);
	CU_ASSERT(called("terms terms "));
}

static void where_nobody_waits_nothing_is_asked_of_the_line(void)
{
	world.line = LINE_WAIT;
	CU_ASSERT_EQUAL(take(), HOLD_OK);
	CU_ASSERT(called("terms acquire take "));
}

static void who_has_somebody_before_him_touches_no_lock(void)
{
	struct holding_taken taken;

	world.terms.line = true;
	world.line = LINE_WAIT;
	taken = holding_take(&b, "h", "e", &two, "\1id", false);
	CU_ASSERT_EQUAL(taken.outcome, HOLD_IN_LINE);
	CU_ASSERT_EQUAL(taken.in_line, 12);
	world.line_rc = HF_EUNREACHABLE;
	CU_ASSERT_EQUAL(take(), HOLD_STORE_AWAY);
	CU_ASSERT(called("terms line terms line "));
}

static void who_has_a_turn_takes_by_it_and_may_ask_for_nothing_else(void)
{
	world.terms.line = true;
	world.line = LINE_FREE;
	CU_ASSERT_EQUAL(take(), HOLD_OK);
	world.line = LINE_TURN;
	CU_ASSERT_EQUAL(take(), HOLD_OK);
	CU_ASSERT(called("terms line acquire take "
			 "terms line acquire take-turn "));
	world.terms.line = false;
	world.line = LINE_FREE;
	CU_ASSERT_EQUAL(holding_take(&b, "h", "e", &two, "\1id", true).outcome,
			HOLD_IN_LINE);
}

static void what_the_rows_refuse_leaves_only_locks_that_were_there(void)
{
	static const enum hold_outcome outcomes[] = { HOLD_REFUSED,
						      HOLD_OVER_LIMIT,
						      HOLD_SALE_CLOSED };

	for (size_t i = 0; i < HF_LEN(outcomes); i++) {
		setup();
		world.answer.grants[0].fresh = false;
		world.taken.outcome = outcomes[i];
		CU_ASSERT_EQUAL(take(), outcomes[i]);
		CU_ASSERT(called(outcomes[i] == HOLD_REFUSED
				     ? "terms acquire take go(0,9) seen "
				     : "terms acquire take go(0,9) "));
		CU_ASSERT_EQUAL(world.granted, 0);
	}
	setup();
	world.take_rc = HF_EUNREACHABLE;
	CU_ASSERT_EQUAL(take(), HOLD_STORE_AWAY);
	CU_ASSERT(called("terms acquire take go(7,9) "));
}

static void a_lock_of_another_is_told_by_its_seat(void)
{
	struct holding_taken taken;

	world.acquire = HF_EHELD;
	world.answer.refused = 1;
	world.answer.refused_ms = 4321;
	taken = holding_take(&b, "h", "e", &two, "\1id", false);
	CU_ASSERT_EQUAL(taken.outcome, HOLD_REFUSED);
	CU_ASSERT_EQUAL(taken.seen[1].state, SEAT_HELD);
	CU_ASSERT_EQUAL(taken.seen[1].left_ms, 4321);
	world.seen[0].state = SEAT_BOOKED; /* then the row tells more */
	taken = holding_take(&b, "h", "e", &two, "\1id", false);
	CU_ASSERT_EQUAL(taken.seen[0].state, SEAT_BOOKED);
	CU_ASSERT_EQUAL(taken.seen[1].state, SEAT_AVAILABLE);
}

static void the_same_hold_again_is_no_change(void)
{
	world.taken.outcome = HOLD_AGAIN;
	CU_ASSERT_EQUAL(take(), HOLD_AGAIN);
	CU_ASSERT(called("terms acquire take "));
	CU_ASSERT_EQUAL(world.granted, 0);
}

/* ---- extend -------------------------------------------------------------- */

static void a_lock_is_lengthened_before_its_row(void)
{
	world.extended = (struct hold_extended){ HOLD_OK, 5000 };
	CU_ASSERT_EQUAL(holding_extend(&b, "h", "\1id"), HOLD_OK);
	CU_ASSERT(called("show check lengthen extend "));
	CU_ASSERT_EQUAL(world.extend_ms[0], 5000);
	CU_ASSERT_EQUAL(world.granted, 1);
}

static void a_refused_extension_gives_the_lock_its_old_time(void)
{
	world.extended = (struct hold_extended){ HOLD_NONE_LEFT, 2900 };
	CU_ASSERT_EQUAL(holding_extend(&b, "h", "\1id"), HOLD_NONE_LEFT);
	CU_ASSERT(called("show check lengthen extend lengthen "));
	CU_ASSERT_EQUAL(world.extend_ms[1], 3000);
	CU_ASSERT_EQUAL(world.granted, 0);
}

static void a_step_shorter_than_what_is_left_shortens_no_lock(void)
{
	world.view[0].step_ms = 1000;
	world.extended = (struct hold_extended){ HOLD_OK, 3000 };
	CU_ASSERT_EQUAL(holding_extend(&b, "h", "\1id"), HOLD_OK);
	CU_ASSERT_EQUAL(world.extend_ms[0], 3000);
}

static void what_cannot_be_extended_moves_no_lock(void)
{
	world.view[0].extensions_left = 0;
	CU_ASSERT_EQUAL(holding_extend(&b, "h", "\1id"), HOLD_NONE_LEFT);
	setup();
	world.view[0].until = world.view[0].limit_at;
	CU_ASSERT_EQUAL(holding_extend(&b, "h", "\1id"), HOLD_AT_LIMIT);
	setup();
	world.view[0].outcome = HOLD_NOT_YOURS;
	CU_ASSERT_EQUAL(holding_extend(&b, "h", "\1id"), HOLD_NOT_YOURS);
	CU_ASSERT(called("show "));
	setup();
	world.answer.grants[1].fence = 10; /* a lock of a later hold */
	CU_ASSERT_EQUAL(holding_extend(&b, "h", "\1id"), HOLD_EXPIRED);
	CU_ASSERT(called("show check "));
}

/* ---- release and book ---------------------------------------------------- */

static void rows_are_freed_before_locks(void)
{
	CU_ASSERT_EQUAL(holding_release(&b, "h", "\1id"), HOLD_OK);
	CU_ASSERT(called("show free release(7,9) "));
	CU_ASSERT_EQUAL(world.ended, 1);
	setup();
	world.view[0].outcome = HOLD_RELEASED; /* its answer was lost */
	CU_ASSERT_EQUAL(holding_release(&b, "h", "\1id"), HOLD_OK);
	CU_ASSERT(called("show release(7,9) "));
	setup();
	world.released = HOLD_BOOKED;
	CU_ASSERT_EQUAL(holding_release(&b, "h", "\1id"), HOLD_BOOKED);
	CU_ASSERT(called("show free "));
}

static void a_booking_asks_the_locks_and_their_tokens(void)
{
	CU_ASSERT_EQUAL(book(), HOLD_OK);
	CU_ASSERT(called("show check book go(7,9) "));
	CU_ASSERT_EQUAL(world.ended, 1);
	setup();
	world.check = HF_ENOTOWNER;
	CU_ASSERT_EQUAL(book(), HOLD_EXPIRED);
	CU_ASSERT(called("show check show check "));
	setup();
	world.answer.grants[0].fence = 8;
	CU_ASSERT_EQUAL(book(), HOLD_EXPIRED);
	setup();
	memcpy(world.answer.service, "t", 2);
	CU_ASSERT_EQUAL(book(), HOLD_EXPIRED);
	setup();
	world.check = HF_EUNREACHABLE;
	CU_ASSERT_EQUAL(book(), HOLD_LOCK_AWAY);
	CU_ASSERT(called("show check "));
}

static void the_slower_of_two_equal_bookings_finds_the_order(void)
{
	world.check = HF_ENOTOWNER; /* the faster one let go of the locks */
	world.view[1].outcome = HOLD_BOOKED;
	world.booked.outcome = HOLD_REPLAYED;
	CU_ASSERT_EQUAL(book(), HOLD_REPLAYED);
	CU_ASSERT(called("show check show book "));
	CU_ASSERT_EQUAL(world.ended, 0);
}

static void a_booking_that_the_rows_refuse_keeps_its_locks(void)
{
	world.booked.outcome = HOLD_KEY_REUSED;
	CU_ASSERT_EQUAL(book(), HOLD_KEY_REUSED);
	CU_ASSERT(called("show check book "));
	setup();
	world.book_rc = HF_EUNREACHABLE;
	CU_ASSERT_EQUAL(book(), HOLD_STORE_AWAY);
	CU_ASSERT(called("show check book "));
}

static const struct hf_test tests[] = {
	HF_TEST(the_locks_come_first_and_then_the_rows),
	HF_TEST(an_event_says_how_long_its_holds_last),
	HF_TEST(a_sale_that_is_not_open_touches_no_lock),
	HF_TEST(where_nobody_waits_nothing_is_asked_of_the_line),
	HF_TEST(who_has_somebody_before_him_touches_no_lock),
	HF_TEST(who_has_a_turn_takes_by_it_and_may_ask_for_nothing_else),
	HF_TEST(what_the_rows_refuse_leaves_only_locks_that_were_there),
	HF_TEST(a_lock_of_another_is_told_by_its_seat),
	HF_TEST(the_same_hold_again_is_no_change),
	HF_TEST(a_lock_is_lengthened_before_its_row),
	HF_TEST(a_refused_extension_gives_the_lock_its_old_time),
	HF_TEST(a_step_shorter_than_what_is_left_shortens_no_lock),
	HF_TEST(what_cannot_be_extended_moves_no_lock),
	HF_TEST(rows_are_freed_before_locks),
	HF_TEST(a_booking_asks_the_locks_and_their_tokens),
	HF_TEST(the_slower_of_two_equal_bookings_finds_the_order),
	HF_TEST(a_booking_that_the_rows_refuse_keeps_its_locks),
	HF_TEST_END,
};

const struct hf_suite test_holding_suite = { "fcgi/holding", tests, setup,
					     NULL };
