#include "config.h"

#include "fcgi/holding.h"

#include "fcgi/barrier.h"
#include "fcgi/line.h"
#include "libhold/err.h"

#include <string.h>

/* ---- take ---------------------------------------------------------------- */

static struct holding_taken taken_of(enum hold_outcome outcome)
{
	return (struct holding_taken){ .outcome = outcome };
}

/*
 * Somebody has a lock or a row. A lock may be there whose row is yet to come,
 * so that all seats look free: then the lock alone tells.
 */
static struct holding_taken refused(struct booking *b, const char *event,
				    const struct basket *basket,
				    const char *holder, size_t culprit,
				    int64_t culprit_ms)
{
	struct holding_taken taken = { .outcome = HOLD_REFUSED };
	bool told = false;

	if (store_seats_seen(b->store, event, basket, holder, taken.seen) < 0)
		return taken_of(HOLD_STORE_AWAY);
	for (size_t i = 0; i < basket->n; i++)
		told = told || taken.seen[i].state != SEAT_AVAILABLE;
	if (!told) {
		taken.seen[culprit].state = SEAT_HELD;
		taken.seen[culprit].left_ms = culprit_ms;
	}
	return taken;
}

/* The locks are ours: now the rows. */
static struct holding_taken take_rows(struct booking *b, const char *id,
				      const char *event,
				      const struct basket *basket,
				      const char *holder, bool by_turn,
				      struct hold_answer *answer)
{
	struct hold_taken got;
	struct holding_taken taken;

	if (store_hold_take(b->store, id, event, holder, basket, answer,
			    hold_answer_ms(basket, answer), by_turn, &got) < 0)
		got.outcome = HOLD_STORE_AWAY;
	if (got.outcome == HOLD_OK || got.outcome == HOLD_AGAIN) {
		taken = taken_of(got.outcome);
		memcpy(taken.id, got.id, sizeof(taken.id));
		if (got.outcome == HOLD_OK) {
			changes_granted(b->changes, basket, answer);
			meter_holds(b->meter, METER_GRANTED, basket->n);
		}
		return taken;
	}
	hold_undo(b->hold, basket, holder, answer);
	if (got.outcome == HOLD_REFUSED)
		return refused(b, event, basket, holder, 0, 0);
	taken = taken_of(got.outcome);
	if (got.outcome == HOLD_OVER_LIMIT) {
		taken.seats_limit = got.seats_limit;
		taken.seats_used = got.seats_used;
	}
	return taken;
}

struct holding_taken holding_take(struct booking *b, const char *id,
				  const char *event,
				  const struct basket *basket,
				  const char *holder, bool turn)
{
	const struct line_ask ask = { event,
				      holder,
				      basket,
				      { .seats = (int64_t)basket->n,
					.max_price_minor = INT64_MAX },
				      turn };
	struct event_terms terms;
	struct holding_taken taken;
	struct hold_answer answer;
	struct line_pass pass;
	int rc = store_event_terms(b->store, event, &terms);

	if (rc < 0)
		return taken_of(HOLD_STORE_AWAY);
	taken = taken_of(terms.sale);
	taken.opens_in_ms = terms.opens_in_ms;
	if (terms.sale != HOLD_OK)
		return taken;
	pass = line_pass(b, &terms, &ask);
	taken.outcome = pass.outcome;
	taken.in_line = pass.in_line;
	if (pass.outcome != HOLD_OK)
		return taken;
	rc = hold_acquire(b->hold, basket, holder,
			  terms.hold_ms > 0 ? terms.hold_ms : b->hold_ms,
			  &answer);
	if (rc == HF_EHELD)
		return refused(b, event, basket, holder, answer.refused,
			       answer.refused_ms);
	if (rc < 0)
		return taken_of(HOLD_LOCK_AWAY);
	return take_rows(b, id, event, basket, holder, pass.by_turn, &answer);
}

/* ---- what a live hold's locks say ---------------------------------------- */

/*
 * OK: the holder has every lock under the hold's own tokens. EXPIRED: a lock
 * was lost, whatever the rows say; who takes it next gets a greater token.
 */
static enum hold_outcome check_locks(struct booking *b,
				     const struct hold_view *view,
				     const char *holder,
				     struct hold_answer *answer_out)
{
	int rc = hold_check(b->hold, &view->basket, holder, answer_out);

	if (rc == HF_ENOTOWNER)
		return HOLD_EXPIRED;
	if (rc < 0)
		return HOLD_LOCK_AWAY;
	if (strcmp(answer_out->service, view->service) != 0)
		return HOLD_EXPIRED;
	for (size_t i = 0; i < view->n; i++) {
		if (answer_out->grants[i].fence != view->fences[i])
			return HOLD_EXPIRED;
	}
	return HOLD_OK;
}

/* ---- extend -------------------------------------------------------------- */

/*
 * The locks first: a row that lasts longer than its lock would promise what is
 * not there. When the row says no, they go back to what they had.
 */
static enum hold_outcome extend_live(struct booking *b,
				     const struct hold_view *view,
				     const char *holder)
{
	int64_t step_ms = view->step_ms > 0 ? view->step_ms : b->hold_ms;
	struct hold_extended extended = { .outcome = HOLD_STORE_AWAY };
	struct hold_answer answer;
	enum hold_outcome outcome = check_locks(b, view, holder, &answer);
	int64_t had_ms, lock_ms;
	int rc;

	if (outcome == HOLD_EXPIRED)
		meter_holds(b->meter, METER_LOST, view->n);
	if (outcome != HOLD_OK)
		return outcome;
	had_ms = hold_answer_ms(&view->basket, &answer);
	lock_ms = step_ms > had_ms ? step_ms : had_ms;
	rc = hold_extend(b->hold, &view->basket, holder, lock_ms, &answer);
	if (rc < 0)
		return rc == HF_ENOTOWNER ? HOLD_EXPIRED : HOLD_LOCK_AWAY;
	if (store_hold_extend(b->store, view->id, holder, step_ms, view->n,
			      view->fences, view->service, &extended) < 0)
		return HOLD_STORE_AWAY; /* which of the two, nobody knows */
	if (extended.outcome != HOLD_OK)
		extended.left_ms = had_ms;
	/* Refused, or cut by the hold's limit. */
	if (extended.left_ms > 0 && extended.left_ms < lock_ms)
		rc = hold_extend(b->hold, &view->basket, holder,
				 extended.left_ms, &answer);
	if (extended.outcome == HOLD_OK)
		meter_holds(b->meter, METER_EXTENDED, view->n);
	if (extended.outcome == HOLD_OK && rc == 0)
		changes_granted(b->changes, &view->basket, &answer);
	return extended.outcome;
}

enum hold_outcome holding_extend(struct booking *b, const char *id,
				 const char *holder)
{
	enum hold_outcome outcome;
	struct hold_view view;

	if (store_hold_show(b->store, id, holder, &view) < 0)
		return HOLD_STORE_AWAY;
	outcome = view.outcome;
	/* Said before a lock is moved; the row has the last word. */
	if (outcome == HOLD_OK && view.extensions_left == 0)
		outcome = HOLD_NONE_LEFT;
	else if (outcome == HOLD_OK && strcmp(view.until, view.limit_at) >= 0)
		outcome = HOLD_AT_LIMIT;
	else if (outcome == HOLD_OK)
		outcome = extend_live(b, &view, holder);
	hold_view_fini(&view);
	return outcome;
}

/* ---- release ------------------------------------------------------------- */

/* The rows first: who then takes a lock finds the seat free. */
static enum hold_outcome release_live(struct booking *b,
				      const struct hold_view *view,
				      const char *holder)
{
	enum hold_outcome outcome;

	if (store_hold_release(b->store, view->id, holder, &outcome) < 0)
		return HOLD_STORE_AWAY;
	if (outcome == HOLD_OK || outcome == HOLD_EXPIRED)
		changes_ended(b->changes, &view->basket);
	if (outcome == HOLD_OK)
		meter_holds(b->meter, METER_RELEASED, view->n);
	return outcome;
}

enum hold_outcome holding_release(struct booking *b, const char *id,
				  const char *holder)
{
	enum hold_outcome outcome;
	struct hold_view view;

	if (store_hold_show(b->store, id, holder, &view) < 0)
		return HOLD_STORE_AWAY;
	outcome = view.outcome;
	if (outcome == HOLD_OK)
		outcome = release_live(b, &view, holder);
	/* Again, when a repeated call finds that it was: locks may be left. */
	if (outcome == HOLD_OK || outcome == HOLD_RELEASED)
		outcome =
		    hold_release(b->hold, &view.basket, holder, view.fences) < 0
			? HOLD_LOCK_AWAY
			: HOLD_OK;
	hold_view_fini(&view);
	return outcome;
}

/* ---- book ---------------------------------------------------------------- */

static struct hold_booked book_rows(struct booking *b,
				    const struct hold_view *view,
				    const char *holder, const char *key,
				    const char *fingerprint)
{
	struct hold_booked booked;

	if (store_hold_book(b->store, view->id, holder, key, fingerprint,
			    &booked) < 0)
		return (struct hold_booked){ .outcome = HOLD_STORE_AWAY };
	if (booked.outcome != HOLD_OK)
		return booked;
	changes_ended(b->changes, &view->basket);
	meter_holds(b->meter, METER_BOOKED, view->n);
	/* Sold is sold: a lock that stays falls at its deadline. */
	hold_let_go(b->hold, &view->basket, holder, view->fences);
	return booked;
}

static struct hold_booked book_live(struct booking *b,
				    const struct hold_view *view,
				    const char *holder, const char *key,
				    const char *fingerprint)
{
	struct hold_booked booked = { .outcome = HOLD_OK };
	struct hold_answer answer;

	booked.outcome = check_locks(b, view, holder, &answer);
	if (booked.outcome != HOLD_OK)
		return booked;
	barrier_wait();
	return book_rows(b, view, holder, key, fingerprint);
}

/* *lost_out: seats whose row was the holder's still, but not their lock. */
static struct hold_booked book_once(struct booking *b, const char *id,
				    const char *holder, const char *key,
				    const char *fingerprint, size_t *lost_out)
{
	struct hold_booked booked = { .outcome = HOLD_STORE_AWAY };
	struct hold_view view;

	if (store_hold_show(b->store, id, holder, &view) < 0)
		return booked;
	*lost_out = 0;
	booked.outcome = view.outcome;
	if (view.outcome == HOLD_OK)
		booked = book_live(b, &view, holder, key, fingerprint);
	else if (view.outcome == HOLD_BOOKED) /* the same order again */
		booked = book_rows(b, &view, holder, key, fingerprint);
	if (view.outcome == HOLD_OK && booked.outcome == HOLD_EXPIRED)
		*lost_out = view.n;
	hold_view_fini(&view);
	return booked;
}

struct hold_booked holding_book(struct booking *b, const char *id,
				const char *holder, const char *key,
				const char *fingerprint)
{
	size_t lost = 0;
	struct hold_booked booked =
	    book_once(b, id, holder, key, fingerprint, &lost);

	/*
	 * The same call, sent twice at once, may have been the faster one, and
	 * have let go of the locks that this one looked for.
	 */
	if (booked.outcome == HOLD_EXPIRED)
		booked = book_once(b, id, holder, key, fingerprint, &lost);
	meter_holds(b->meter, METER_LOST, lost);
	return booked;
}
