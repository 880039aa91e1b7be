#include "config.h"

#include "fcgi/best.h"

#include "fcgi/store_seats.h"
#include "libhold/err.h"

enum {
	/* Most parties find their seats among so many; else all are asked. */
	FIRST_LOOK = 2000,
	WHOLE_LOOK = 100000,
	/* Each is lost to another buyer, who then has his seats. */
	PICKS_A_LOOK = 8,
	LOOKS_MAX = 12,
};

struct party {
	struct booking *booking;
	const char *id, *event, *holder;
	const struct best_wish *wish;
	struct basket *basket;
	char (*text)[TICKET_ID_MAX + 1];
};

/* ---- picking ------------------------------------------------------------- */

/* The seats of a section, and what was picked of them. */
struct choice {
	size_t from;
	struct seat_pick pick;
	int64_t quality; /* of all picked */
};

static int64_t quality_of(const struct seat *seats,
			  const struct seat_pick *pick)
{
	int64_t sum = 0;

	for (size_t i = 0; i < pick->n; i++)
		sum += seats[pick->seats[i]].quality;
	return sum;
}

static bool is_better(const struct choice *a, const struct choice *b)
{
	if (a->pick.fit != b->pick.fit)
		return a->pick.fit < b->pick.fit;
	if (a->pick.pieces != b->pick.pieces)
		return a->pick.pieces < b->pick.pieces;
	if (a->pick.orphans != b->pick.orphans)
		return a->pick.orphans < b->pick.orphans;
	return a->quality < b->quality;
}

/* A party sits in one section. */
static struct choice choose(const struct free_seats *free_seats,
			    const struct best_wish *wish)
{
	const struct seat_wish seat_wish = {
		.count = (size_t)wish->count,
		.together = wish->together,
		.accessible = wish->accessible,
		.max_price_minor = wish->max_price_minor,
	};
	struct choice best = { .pick.fit = SEAT_FIT_NONE }, next;
	size_t from = 0, to;

	for (; from < free_seats->n; from = to) {
		for (to = from + 1;
		     to < free_seats->n &&
		     free_seats->sections[to] == free_seats->sections[from];)
			to++;
		next.from = from;
		next.pick =
		    seat_pick(&free_seats->seats[from], to - from, &seat_wish);
		next.quality = quality_of(&free_seats->seats[from], &next.pick);
		if (next.pick.fit != SEAT_FIT_NONE && is_better(&next, &best))
			best = next;
	}
	return best;
}

/* ---- taking -------------------------------------------------------------- */

static void fill_basket(const struct party *party,
			const struct free_seats *free_seats,
			const struct choice *choice)
{
	party->basket->n = 0;
	for (size_t i = 0; i < choice->pick.n; i++) {
		size_t at = choice->from + choice->pick.seats[i];

		/* There is room: a party is no larger than a basket. */
		if (basket_add(party->basket, party->text,
			       free_seats->ids[at]) < 0)
			return;
	}
}

static void drop_lost(const struct party *party, struct free_seats *free_seats,
		      const struct holding_taken *taken)
{
	for (size_t i = 0; i < party->basket->n; i++) {
		if (taken->seen[i].state != SEAT_AVAILABLE)
			free_seats_drop(free_seats, party->basket->ids[i]);
	}
}

/*
 * Picks from one look until something is held. REFUSED: all was lost, look
 * again.
 */
static struct holding_taken take_from(const struct party *party,
				      struct free_seats *free_seats)
{
	struct holding_taken taken = { .outcome = HOLD_NOTHING_FITS };
	struct choice choice;

	for (int i = 0; i < PICKS_A_LOOK; i++) {
		choice = choose(free_seats, party->wish);
		if (choice.pick.fit == SEAT_FIT_NONE) {
			/* What was lost on the way may be free again. */
			taken.outcome =
			    i == 0 ? HOLD_NOTHING_FITS : HOLD_REFUSED;
			return taken;
		}
		fill_basket(party, free_seats, &choice);
		taken = holding_take(party->booking, party->id, party->event,
				     party->basket, party->holder);
		if (taken.outcome != HOLD_REFUSED)
			return taken;
		drop_lost(party, free_seats, &taken);
	}
	return taken;
}

/* A look that was cut is good for parties that fit in well. */
static bool must_see_more(const struct free_seats *free_seats,
			  const struct best_wish *wish, int64_t at_most)
{
	return at_most < WHOLE_LOOK && (int64_t)free_seats->n == at_most &&
	       choose(free_seats, wish).pick.fit != SEAT_FIT_CLEAN;
}

static int look(const struct party *party, struct free_seats *free_seats)
{
	const struct best_wish *wish = party->wish;
	struct store *store = party->booking->store;
	int rc = store_free_seats(store, party->event, wish->section,
				  FIRST_LOOK, free_seats);

	if (rc < 0 || !must_see_more(free_seats, wish, FIRST_LOOK))
		return rc;
	free_seats_fini(free_seats);
	return store_free_seats(store, party->event, wish->section, WHOLE_LOOK,
				free_seats);
}

static struct holding_taken look_and_take(const struct party *party)
{
	struct holding_taken taken = { .outcome = HOLD_REFUSED };
	struct free_seats free_seats;

	for (int i = 0; i < LOOKS_MAX && taken.outcome == HOLD_REFUSED; i++) {
		if (look(party, &free_seats) < 0)
			return (struct holding_taken){ .outcome =
							   HOLD_STORE_AWAY };
		taken = take_from(party, &free_seats);
		free_seats_fini(&free_seats);
	}
	return taken;
}

struct holding_taken best_take(struct booking *b, pthread_mutex_t *turn,
			       const char *id, const char *event,
			       const struct best_wish *wish, const char *holder,
			       struct basket *basket,
			       char text[BASKET_MAX][TICKET_ID_MAX + 1])
{
	const struct party party = {
		.booking = b,
		.id = id,
		.event = event,
		.holder = holder,
		.wish = wish,
		.basket = basket,
		.text = text,
	};
	struct holding_taken taken = { .outcome = HOLD_STORE_AWAY };
	struct event_terms terms;

	if (store_event_terms(b->store, event, &terms) < 0)
		return taken;
	taken.outcome = terms.sale;
	taken.opens_in_ms = terms.opens_in_ms;
	if (terms.sale != HOLD_OK)
		return taken;
	pthread_mutex_lock(turn);
	taken = look_and_take(&party);
	pthread_mutex_unlock(turn);
	return taken;
}
