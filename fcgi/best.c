#include "config.h"

#include "fcgi/best.h"

#include "fcgi/line.h"
#include "fcgi/store_best.h"
#include "libhold/err.h"
#include "libhold/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	LOCK_WAIT_MS = 4000, /* the server gives up after 5 s */
	TRIES_MAX = 20,      /* picks that others were faster with */
	ROUNDS_MAX = 4,      /* through all sections */
	BARRED_MAX = 32,
};

/* What one call asks for, and what came of it. */
struct quest {
	struct booking *b;
	const char *id, *event, *holder;
	const struct seat_wish *wish;
	int64_t hold_ms;
	bool by_turn;
	struct holding_taken taken;
	size_t barred; /* seats that are not to be had by this holder */
	char bars[BARRED_MAX][TICKET_ID_MAX + 1];
};

/* How well a party fits into a section: the smaller, the better. */
typedef size_t rank;
#define RANK_NONE  ((rank)-1)
#define RANK_WORST (RANK_NONE - 1)

static rank rank_of(const struct seat_pick *pick)
{
	if (pick->fit == SEAT_FIT_NONE)
		return RANK_NONE;
	return pick->fit == SEAT_FIT_SPLIT ? SEAT_FIT_SPLIT + pick->pieces
					   : pick->fit;
}

/* ---- taking what was picked ---------------------------------------------- */

enum step {
	STEP_DECIDED, /* quest->taken says how */
	STEP_LOST,    /* somebody else has a seat of it: pick again */
	STEP_STALE,   /* the table is another by now: read it again */
	STEP_WORSE,   /* it fits worse than is asked for */
};

static enum step decide(struct quest *q, enum hold_outcome outcome)
{
	q->taken.outcome = outcome;
	return STEP_DECIDED;
}

/* The picked seats in the order of their ids by bytes. */
static struct basket basket_of(const struct best_seats *free_ones,
			       const struct seat_pick *pick)
{
	struct basket basket = { 0 };

	for (size_t i = 0; i < pick->n; i++) {
		const char *id = free_ones->ids[pick->seats[i]];
		size_t at = basket.n++;

		for (; at > 0 && strcmp(basket.ids[at - 1], id) > 0; at--)
			basket.ids[at] = basket.ids[at - 1];
		basket.ids[at] = id;
	}
	return basket;
}

/* Its lock is somebody's: to this call it is not free. */
static void cross_out(struct best_seats *free_ones, const char *id)
{
	size_t at = 0;

	while (at < free_ones->n && strcmp(free_ones->ids[at], id) != 0)
		at++;
	if (at == free_ones->n)
		return;
	free_ones->n--;
	memmove(&free_ones->seats[at], &free_ones->seats[at + 1],
		(free_ones->n - at) * sizeof(free_ones->seats[0]));
	memmove(&free_ones->ids[at], &free_ones->ids[at + 1],
		(free_ones->n - at) * sizeof(free_ones->ids[0]));
}

/* The locks are ours: now the rows, and the end of the transaction. */
static enum step take_rows(struct quest *q, const struct basket *basket,
			   const struct hold_answer *answer)
{
	struct hold_taken got = { .outcome = HOLD_STORE_AWAY };
	int64_t ms = hold_answer_ms(basket, answer);

	if (store_hold_take(q->b->store, q->id, q->event, q->holder, basket,
			    answer, ms, q->by_turn, &got) < 0 ||
	    got.outcome == HOLD_REFUSED)
		return got.outcome == HOLD_REFUSED ? STEP_STALE
						   : decide(q, HOLD_STORE_AWAY);
	q->taken.seats_limit = got.seats_limit;
	q->taken.seats_used = got.seats_used;
	if (got.outcome != HOLD_OK && got.outcome != HOLD_AGAIN)
		return decide(q, got.outcome);
	memcpy(q->taken.id, got.id, sizeof(q->taken.id));
	if (store_commit(q->b->store) < 0) {
		changes_rows(q->b->changes, basket); /* it may be done */
		return decide(q, HOLD_STORE_AWAY);
	}
	changes_granted(q->b->changes, basket, answer);
	if (got.outcome == HOLD_OK)
		meter_holds(q->b->meter, METER_GRANTED, basket->n);
	return decide(q, got.outcome);
}

static bool is_had(const struct quest *q)
{
	return q->taken.outcome == HOLD_OK || q->taken.outcome == HOLD_AGAIN;
}

/*
 * The holder has its lock by a token that the row does not take any more: it
 * would refuse again.
 */
static void bar(struct quest *q, const char *id)
{
	if (q->barred < BARRED_MAX)
		snprintf(q->bars[q->barred++], sizeof(q->bars[0]), "%s", id);
}

static enum step take(struct quest *q, struct best_seats *free_ones,
		      const struct seat_pick *pick)
{
	struct basket basket = basket_of(free_ones, pick);
	struct hold_answer answer;
	enum step step;
	int rc =
	    hold_acquire(q->b->hold, &basket, q->holder, q->hold_ms, &answer);

	if (rc == HF_EHELD) {
		cross_out(free_ones, basket.ids[answer.refused]);
		return STEP_LOST;
	}
	if (rc < 0)
		return decide(q, HOLD_LOCK_AWAY);
	step = take_rows(q, &basket, &answer);
	if (!is_had(q))
		hold_undo(q->b->hold, &basket, q->holder, &answer);
	for (size_t i = 0; step == STEP_STALE && i < basket.n; i++) {
		if (!answer.grants[i].fresh)
			bar(q, basket.ids[i]);
	}
	return step;
}

/* ---- one section, under its lock ----------------------------------------- */

/* False: quest->taken says why not. */
static bool read_free(struct quest *q, const char *section,
		      struct best_seats *free_ones)
{
	best_seats_fini(free_ones);
	*free_ones = (struct best_seats){ 0 };
	if (store_best_seats(q->b->store, q->event, section, free_ones) < 0) {
		decide(q, HOLD_STORE_AWAY);
		return false;
	}
	for (size_t i = 0; i < q->barred; i++)
		cross_out(free_ones, q->bars[i]);
	return true;
}

static enum step step_on(struct quest *q, const char *section, rank accept,
			 struct best_seats *free_ones, enum step last,
			 rank *found_out)
{
	struct seat_pick pick;

	if (last == STEP_STALE && !read_free(q, section, free_ones))
		return STEP_DECIDED;
	pick = seat_pick(free_ones->seats, free_ones->n, q->wish);
	*found_out = rank_of(&pick);
	return *found_out <= accept ? take(q, free_ones, &pick) : STEP_WORSE;
}

/*
 * Picks from what is free until a pick is had. True: quest->taken says how it
 * ended; false: it fits worse than asked for, and *found_out says how.
 */
static bool pick_and_take(struct quest *q, const char *section, rank accept,
			  rank *found_out)
{
	struct best_seats free_ones = { 0 };
	enum step step = STEP_STALE;

	for (int tries = 0;
	     tries < TRIES_MAX && (step == STEP_STALE || step == STEP_LOST);
	     tries++)
		step = step_on(q, section, accept, &free_ones, step, found_out);
	best_seats_fini(&free_ones);
	if (step == STEP_STALE || step == STEP_LOST)
		decide(q, HOLD_BUSY);
	return step != STEP_WORSE;
}

/* As pick_and_take(), in a transaction of its own. */
static bool try_section(struct quest *q, const char *section, rank accept,
			rank *found_out)
{
	bool decided;
	int rc;

	if (store_begin(q->b->store) < 0)
		return decide(q, HOLD_STORE_AWAY) == STEP_DECIDED;
	rc = store_best_lock(q->b->store, q->event, section, LOCK_WAIT_MS);
	if (rc < 0) {
		store_rollback(q->b->store);
		return decide(q,
			      rc == HF_EHELD ? HOLD_BUSY : HOLD_STORE_AWAY) ==
		       STEP_DECIDED;
	}
	decided = pick_and_take(q, section, accept, found_out);
	if (!decided || !is_had(q))
		store_rollback(q->b->store);
	return decided;
}

/* ---- all sections -------------------------------------------------------- */

/* Each in its order, if the party sits well there; ranks: how else. */
static bool try_all(struct quest *q, const struct best_sections *sections,
		    rank accept, rank *ranks)
{
	for (size_t i = 0; i < sections->n; i++) {
		if (try_section(q, sections->names[i], accept, &ranks[i]))
			return true;
	}
	return false;
}

static size_t best_of(const rank *ranks, size_t n)
{
	size_t best = 0;

	for (size_t i = 1; i < n; i++) {
		if (ranks[i] < ranks[best])
			best = i;
	}
	return best;
}

/* Those that were looked at, the best first, as they are by now. */
static bool try_again(struct quest *q, const struct best_sections *sections,
		      rank *ranks)
{
	for (size_t left = sections->n; left > 0; left--) {
		size_t i = best_of(ranks, sections->n);
		rank accept = ranks[i];

		if (accept == RANK_NONE)
			break;
		if (try_section(q, sections->names[i], accept, &ranks[i]))
			return true;
		ranks[i] = RANK_NONE; /* not again in this round */
	}
	return false;
}

/* True: decided, also that it fits nowhere. */
static bool go_round(struct quest *q, const struct best_sections *sections)
{
	rank *ranks = hf_new_array(rank, sections->n + 1);
	rank accept = sections->n == 1 ? RANK_WORST : SEAT_FIT_CLEAN;
	bool decided = try_all(q, sections, accept, ranks);

	if (!decided && (sections->n == 0 ||
			 ranks[best_of(ranks, sections->n)] == RANK_NONE))
		decided = decide(q, HOLD_NOTHING_FITS) == STEP_DECIDED;
	if (!decided)
		decided = try_again(q, sections, ranks);
	free(ranks);
	return decided;
}

static bool go_round_hall(struct quest *q)
{
	struct best_sections sections;
	bool decided;

	if (store_best_sections(q->b->store, q->event, q->wish, &sections) < 0)
		return decide(q, HOLD_STORE_AWAY) == STEP_DECIDED;
	decided = go_round(q, &sections);
	best_sections_fini(&sections);
	return decided;
}

static bool go_round_section(struct quest *q, const char *section)
{
	const struct best_sections one = { .n = 1, .names = &section };

	return go_round(q, &one);
}

struct holding_taken best_take(struct booking *b, const char *id,
			       const char *event, const struct seat_wish *wish,
			       const char *section, const char *holder,
			       bool turn)
{
	const struct line_ask ask = { event,
				      holder,
				      NULL,
				      { (int64_t)wish->count, section,
					wish->max_price_minor },
				      turn };
	struct line_pass pass;
	struct quest q = { .b = b,
			   .id = id,
			   .event = event,
			   .holder = holder,
			   .wish = wish,
			   .hold_ms = b->hold_ms };
	struct event_terms terms;
	bool decided = false;

	if (store_event_terms(b->store, event, &terms) < 0)
		terms.sale = HOLD_STORE_AWAY;
	q.taken.opens_in_ms = terms.opens_in_ms;
	q.taken.outcome = terms.sale;
	if (terms.sale != HOLD_OK)
		return q.taken;
	pass = line_pass(b, &terms, &ask);
	q.taken.outcome = pass.outcome;
	q.taken.in_line = pass.in_line;
	q.by_turn = pass.by_turn;
	if (pass.outcome != HOLD_OK)
		return q.taken;
	if (terms.hold_ms > 0)
		q.hold_ms = terms.hold_ms;
	for (int rounds = 0; !decided && rounds < ROUNDS_MAX; rounds++)
		decided = section != NULL ? go_round_section(&q, section)
					  : go_round_hall(&q);
	if (!decided)
		decide(&q, HOLD_BUSY);
	/* What was free when he got his turn is not: he waits on. */
	if (q.by_turn && q.taken.outcome == HOLD_NOTHING_FITS &&
	    store_line_yield(b->store, event, holder) < 0)
		decide(&q, HOLD_STORE_AWAY);
	return q.taken;
}
