#include "config.h"

#include "fcgi/booking.h"

#include "fcgi/barrier.h"
#include "libhold/err.h"

static struct booking_result result_of(enum booking_code code)
{
	return (struct booking_result){ .code = code };
}

/* ---- why a ticket refused ----------------------------------------------- */

typedef bool row_test_fn(const struct store_row *row);

static bool is_unknown(const struct store_row *row)
{
	return row->state == STORE_UNKNOWN;
}

static bool is_booked(const struct store_row *row)
{
	return row->state == STORE_BOOKED;
}

static bool is_sold_to_another(const struct store_row *row)
{
	return row->state == STORE_BOOKED && !row->mine;
}

static bool was_mine(const struct store_row *row)
{
	return row->state == STORE_LAPSED ||
	       (row->state == STORE_RESERVED && row->mine);
}

static bool is_lapsed(const struct store_row *row)
{
	return row->state == STORE_LAPSED;
}

static bool is_not_mine(const struct store_row *row)
{
	return !row->mine;
}

static bool is_reserved(const struct store_row *row)
{
	return row->state == STORE_RESERVED;
}

static bool is_reserved_by_another(const struct store_row *row)
{
	return row->state == STORE_RESERVED && !row->mine;
}

static bool is_closed(const struct store_row *row)
{
	return row->closed;
}

static bool is_any(const struct store_row *row)
{
	HF_UNUSED(row);
	return true;
}

struct reason {
	row_test_fn *test;
	enum booking_code code;
};

/* The first reason that fits a ticket of the basket, most final first. */
static struct booking_result judge(const struct basket *basket,
				   const struct store_row *rows,
				   const struct reason *reasons)
{
	for (;; reasons++) {
		for (size_t i = 0; i < basket->n; i++) {
			if (!reasons->test(&rows[i]))
				continue;
			return (struct booking_result){
				.code = reasons->code,
				.ticket = i,
				.mine = rows[i].mine,
				.retry_after_ms = rows[i].remaining_ms,
			};
		}
	}
}

/*
 * The lock was ours, the row was not to be had. A row that is this client's
 * own refuses only when the lock service lost its state, so others come first.
 */
static struct booking_result judge_reserve(const struct basket *basket,
					   const struct store_row *rows)
{
	static const struct reason reasons[] = {
		{ is_unknown, BOOKING_UNKNOWN },
		{ is_booked, BOOKING_BOOKED },
		{ is_reserved_by_another, BOOKING_HELD },
		{ is_reserved, BOOKING_HELD },
		{ is_closed, BOOKING_CLOSED },
		{ is_any, BOOKING_HELD },
	};

	return judge(basket, rows, reasons);
}

/*
 * The lock or its token was not there. Where all rows still say reserved, the
 * lock alone has gone.
 */
static struct booking_result judge_book(const struct basket *basket,
					const struct store_row *rows)
{
	static const struct reason reasons[] = {
		{ is_unknown, BOOKING_UNKNOWN },
		{ is_sold_to_another, BOOKING_BOOKED },
		{ is_lapsed, BOOKING_HOLD_EXPIRED },
		{ is_not_mine, BOOKING_NOT_RESERVED },
		{ is_reserved, BOOKING_HOLD_EXPIRED },
		{ is_any, BOOKING_NOT_RESERVED },
	};
	struct booking_result result = judge(basket, rows, reasons);

	result.retry_after_ms = 0;
	return result;
}

/* ---- reserve ------------------------------------------------------------ */

/* A lock this young may be of a reserve that is yet to see its row. */
enum { LOCK_SETTLES_MS = 1000 };

/*
 * Somebody else has a lock. Most often that is all there is to say, and the
 * database is spared; a lock just taken may be on a ticket that is sold.
 */
static struct booking_result held_by_another(struct booking *b,
					     const struct basket *basket,
					     const char *client,
					     const struct hold_answer *answer)
{
	static const struct reason reasons[] = {
		{ is_unknown, BOOKING_UNKNOWN },
		{ is_booked, BOOKING_BOOKED },
		{ is_any, BOOKING_HELD },
	};
	const struct booking_result held = {
		.code = BOOKING_HELD,
		.ticket = answer->refused,
		.retry_after_ms = answer->refused_ms,
	};
	struct store_row rows[BASKET_MAX];
	struct booking_result result;

	if (answer->refused_ms + LOCK_SETTLES_MS < b->hold_ms ||
	    store_rows(b->store, basket, client, rows) < 0)
		return held;
	result = judge(basket, rows, reasons);
	return result.code == BOOKING_HELD ? held : result;
}

static struct booking_result reserved(const struct basket *basket,
				      const struct hold_answer *answer)
{
	struct booking_result result = {
		.remaining_ms = answer->grants[0].remaining_ms,
		.fence = answer->grants[0].fence,
	};

	for (size_t i = 1; i < basket->n; i++) {
		const struct hold_grant *grant = &answer->grants[i];

		if (grant->remaining_ms < result.remaining_ms)
			result.remaining_ms = grant->remaining_ms;
		if (grant->fence > result.fence)
			result.fence = grant->fence;
	}
	return result;
}

static size_t count_fresh(const struct basket *basket,
			  const struct hold_answer *answer)
{
	size_t n = 0;

	for (size_t i = 0; i < basket->n; i++)
		n += answer->grants[i].fresh;
	return n;
}

struct booking_result booking_reserve(struct booking *b,
				      const struct basket *basket,
				      const char *client)
{
	struct hold_answer answer;
	struct store_row rows[BASKET_MAX];
	int rc = hold_acquire(b->hold, basket, client, b->hold_ms, &answer);

	if (rc == HF_EHELD)
		return held_by_another(b, basket, client, &answer);
	if (rc < 0)
		return result_of(BOOKING_LOCK_AWAY);
	rc = store_reserve(b->store, basket, client, &answer, rows);
	if (rc == 0) {
		changes_granted(b->changes, basket, &answer);
		meter_holds(b->meter, METER_GRANTED,
			    count_fresh(basket, &answer));
		return reserved(basket, &answer);
	}
	hold_undo(b->hold, basket, client, &answer);
	if (rc != HF_EHELD)
		changes_rows(b->changes, basket); /* it may be done */
	return rc == HF_EHELD ? judge_reserve(basket, rows)
			      : result_of(BOOKING_STORE_AWAY);
}

/* ---- book --------------------------------------------------------------- */

/* Rows that say reserved for this client. */
static size_t count_mine(const struct basket *basket,
			 const struct store_row *rows)
{
	size_t n = 0;

	for (size_t i = 0; i < basket->n; i++)
		n += rows[i].state == STORE_RESERVED && rows[i].mine;
	return n;
}

/* The tickets of basket that client has not booked already. */
static struct basket still_to_book(const struct basket *basket,
				   const struct store_row *rows)
{
	struct basket rest = { 0 };

	for (size_t i = 0; i < basket->n; i++) {
		if (rows[i].state != STORE_BOOKED || !rows[i].mine)
			rest.ids[rest.n++] = basket->ids[i];
	}
	return rest;
}

/*
 * Books what client holds. HF_ENOTOWNER: not all of it, or it was lost
 * between the check and the row. rows_out is filled then.
 */
static int book_held(struct booking *b, const struct basket *basket,
		     const char *client, struct booking_result *result_out,
		     struct store_row *rows_out)
{
	struct hold_answer answer;
	int64_t fences[BASKET_MAX];
	int rc = hold_check(b->hold, basket, client, &answer);

	if (rc == HF_ENOTOWNER) {
		rc = store_rows(b->store, basket, client, rows_out);
		*result_out = result_of(BOOKING_STORE_AWAY);
		return rc == 0 ? HF_ENOTOWNER : rc;
	}
	*result_out = result_of(BOOKING_LOCK_AWAY);
	if (rc < 0)
		return rc;
	barrier_wait();
	rc = store_book(b->store, basket, client, &answer, rows_out);
	*result_out = result_of(rc == 0 ? BOOKING_OK : BOOKING_STORE_AWAY);
	if (rc < 0 && rc != HF_ENOTOWNER)
		changes_rows(b->changes, basket); /* it may be done */
	if (rc < 0)
		return rc;
	changes_ended(b->changes, basket);
	meter_holds(b->meter, METER_BOOKED, basket->n);
	for (size_t i = 0; i < basket->n; i++)
		fences[i] = answer.grants[i].fence;
	/* Sold is sold: a lock that stays falls at its deadline. */
	hold_let_go(b->hold, basket, client, fences);
	return 0;
}

/* An earlier call booked all of it, and its answer may have been lost. */
static struct booking_result booked_before(struct booking *b)
{
	return result_of(store_confirm(b->store) == 0 ? BOOKING_OK
						      : BOOKING_STORE_AWAY);
}

struct booking_result booking_book(struct booking *b,
				   const struct basket *basket,
				   const char *client)
{
	struct store_row rows[BASKET_MAX];
	struct booking_result result;
	struct basket rest;
	int rc = book_held(b, basket, client, &result, rows);

	if (rc != HF_ENOTOWNER)
		return result;
	rest = still_to_book(basket, rows);
	if (rest.n == 0)
		return booked_before(b);
	if (rest.n == basket->n) {
		meter_holds(b->meter, METER_LOST, count_mine(basket, rows));
		return judge_book(basket, rows);
	}
	/* A repeated call that asks for more than the first one. */
	rc = book_held(b, &rest, client, &result, rows);
	if (rc != HF_ENOTOWNER)
		return result;
	if (store_rows(b->store, basket, client, rows) < 0)
		return result_of(BOOKING_STORE_AWAY);
	/* The same call, sent twice at once, may have been the faster one. */
	return still_to_book(basket, rows).n == 0 ? booked_before(b)
						  : judge_book(basket, rows);
}

/* ---- release ------------------------------------------------------------ */

static bool is_not_to_release(const struct store_row *row)
{
	return !was_mine(row);
}

/*
 * May client give these back? Holding all of the locks is enough: a reserve
 * whose answer was lost, or a release that was cut in two, leaves no more.
 */
static struct booking_result judge_release(struct booking *b,
					   const struct basket *basket,
					   const char *client,
					   const struct store_row *rows)
{
	static const struct reason reasons[] = {
		{ is_unknown, BOOKING_UNKNOWN },
		{ is_booked, BOOKING_BOOKED },
		{ is_not_to_release, BOOKING_NOT_RESERVED },
		{ is_any, BOOKING_OK },
	};
	struct booking_result result = judge(basket, rows, reasons);
	struct hold_answer answer;

	result.retry_after_ms = 0;
	if (result.code == BOOKING_NOT_RESERVED &&
	    hold_check(b->hold, basket, client, &answer) == 0)
		return result_of(BOOKING_OK);
	return result;
}

struct booking_result booking_release(struct booking *b,
				      const struct basket *basket,
				      const char *client)
{
	static const struct reason sold_since[] = {
		{ is_booked, BOOKING_BOOKED },
		{ is_any, BOOKING_OK },
	};
	struct store_row rows[BASKET_MAX];
	struct booking_result result;

	if (store_rows(b->store, basket, client, rows) < 0)
		return result_of(BOOKING_STORE_AWAY);
	result = judge_release(b, basket, client, rows);
	if (result.code != BOOKING_OK)
		return result;
	/* The row first: who then takes the lock finds the ticket free. */
	if (store_release(b->store, basket, client, rows) < 0) {
		changes_rows(b->changes, basket); /* it may be done */
		return result_of(BOOKING_STORE_AWAY);
	}
	changes_ended(b->changes, basket);
	meter_holds(b->meter, METER_RELEASED, count_mine(basket, rows));
	if (hold_release(b->hold, basket, client, NULL) < 0)
		return result_of(BOOKING_LOCK_AWAY);
	/* A book of the same client may have come first. */
	result = judge(basket, rows, sold_since);
	result.retry_after_ms = 0;
	return result;
}
