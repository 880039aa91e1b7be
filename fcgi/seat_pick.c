#include "config.h"

#include "fcgi/seat_pick.h"

#include "libhold/mem.h"

#include <assert.h>
#include <stdlib.h>

struct hall {
	const struct seat *seats;
	size_t n;
	const struct seat_wish *wish;
};

/* Seats [first, end) that the wish takes, within free ones [from, to). */
struct stretch {
	size_t from, to;
	size_t first, end;
};

/* Compared member by member, in this order. */
struct cost {
	size_t orphans;
	size_t accessible;
	size_t opened; /* single seats out of a longer run */
	int64_t quality;
	int64_t off_middle;
};

struct piece {
	size_t first, n;
};

/* Pieces that were chosen so far; pieces == 0: none but for the empty plan. */
struct plan {
	bool known;
	struct cost cost;
	size_t pieces;
	struct piece piece[BASKET_MAX];
};

/* ---- what a piece costs -------------------------------------------------- */

static int sign(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

static int compare(const struct cost *a, const struct cost *b)
{
	if (a->orphans != b->orphans)
		return a->orphans < b->orphans ? -1 : 1;
	if (a->accessible != b->accessible)
		return a->accessible < b->accessible ? -1 : 1;
	if (a->opened != b->opened)
		return a->opened < b->opened ? -1 : 1;
	if (a->quality != b->quality)
		return sign(a->quality, b->quality);
	return sign(a->off_middle, b->off_middle);
}

static struct cost sum_of(const struct cost *a, const struct cost *b)
{
	return (struct cost){
		.orphans = a->orphans + b->orphans,
		.accessible = a->accessible + b->accessible,
		.opened = a->opened + b->opened,
		.quality = a->quality + b->quality,
		.off_middle = a->off_middle + b->off_middle,
	};
}

static struct cost cost_of(const struct hall *hall, const struct stretch *in,
			   struct piece piece)
{
	const struct seat *first = &hall->seats[piece.first];
	const struct seat *last = first + piece.n - 1;
	size_t left = piece.first - in->from;
	size_t right = in->to - (piece.first + piece.n);
	struct cost cost = {
		.orphans = (size_t)(left == 1) + (size_t)(right == 1),
		.opened = piece.n == 1 && left + right > 0,
		.off_middle =
		    llabs((int64_t)first->pos + last->pos - first->middle),
	};

	for (const struct seat *seat = first; seat <= last; seat++) {
		cost.accessible += seat->accessible;
		cost.quality += seat->quality;
	}
	return cost;
}

/* ---- where pieces may be ------------------------------------------------- */

static bool are_neighbours(const struct seat *a, const struct seat *b)
{
	return a->row == b->row && (int64_t)a->pos + 1 == b->pos;
}

static bool takes(const struct hall *hall, size_t i)
{
	return hall->seats[i].price_minor <= hall->wish->max_price_minor;
}

/* The next stretch after stretch; begin with all zeroes. False: no more. */
static bool next_stretch(const struct hall *hall, struct stretch *stretch)
{
	size_t i = stretch->end;

	while (i < hall->n && !takes(hall, i))
		i++;
	if (i == hall->n)
		return false;
	if (i >= stretch->to) { /* another run of free ones */
		stretch->from = stretch->to = i;
		while (stretch->from > 0 &&
		       are_neighbours(&hall->seats[stretch->from - 1],
				      &hall->seats[stretch->from]))
			stretch->from--;
		do
			stretch->to++;
		while (stretch->to < hall->n &&
		       are_neighbours(&hall->seats[stretch->to - 1],
				      &hall->seats[stretch->to]));
	}
	stretch->first = i;
	while (i < stretch->to && takes(hall, i))
		i++;
	stretch->end = i;
	return true;
}

/* The best n neighbours of a stretch. False: there are none such. */
static bool best_piece(const struct hall *hall, const struct stretch *in,
		       size_t n, bool accessible, struct piece *piece_out,
		       struct cost *cost_out)
{
	bool found = false;

	for (size_t i = in->first; i + n <= in->end; i++) {
		struct piece piece = { i, n };
		struct cost cost = cost_of(hall, in, piece);

		if ((accessible && cost.accessible == 0) ||
		    (found && compare(&cost, cost_out) >= 0))
			continue;
		found = true;
		*piece_out = piece;
		*cost_out = cost;
	}
	return found;
}

/* ---- together ------------------------------------------------------------ */

static struct plan best_together(const struct hall *hall)
{
	struct stretch stretch = { 0 };
	struct plan best = { .pieces = 1 };

	while (next_stretch(hall, &stretch)) {
		struct piece piece;
		struct cost cost;

		if (!best_piece(hall, &stretch, hall->wish->count,
				hall->wish->accessible, &piece, &cost) ||
		    (best.known && compare(&cost, &best.cost) >= 0))
			continue;
		best.known = true;
		best.cost = cost;
		best.piece[0] = piece;
	}
	return best;
}

/* ---- in pieces ----------------------------------------------------------- */

/*
 * The best plan for each number of pieces and seats, without and with an
 * accessible seat. At most one piece is of one stretch: two of them would not
 * be the fewest, as the same stretch has room for both as one.
 */
struct plans {
	struct plan of[BASKET_MAX + 1][BASKET_MAX + 1][2];
};

static void offer(struct plan *slot, const struct plan *base,
		  struct piece piece, const struct cost *cost)
{
	struct cost sum = sum_of(&base->cost, cost);

	if (slot->known && compare(&sum, &slot->cost) >= 0)
		return;
	*slot = *base;
	slot->cost = sum;
	slot->piece[slot->pieces++] = piece;
}

/* What one more piece makes of all plans with so many pieces. */
static void extend_plans(struct plans *plans, size_t pieces, size_t count,
			 struct piece piece, const struct cost *cost)
{
	for (size_t seats = 0; seats + piece.n <= count; seats++) {
		for (size_t has = 0; has < 2; has++) {
			const struct plan *base =
			    &plans->of[pieces][seats][has];
			bool then = has == 1 || cost->accessible > 0;

			if (base->known)
				offer(&plans->of[pieces + 1][seats + piece.n]
						[then],
				      base, piece, cost);
		}
	}
}

struct option {
	struct piece piece;
	struct cost cost;
};

/* The best pieces of a stretch, of each size. */
static size_t options_of(const struct hall *hall, const struct stretch *stretch,
			 struct option options[2 * BASKET_MAX])
{
	size_t made = 0;

	for (size_t n = 1; n <= hall->wish->count; n++) {
		for (int accessible = 0;
		     accessible <= (int)hall->wish->accessible; accessible++) {
			struct option *option = &options[made];

			made += best_piece(hall, stretch, n, accessible == 1,
					   &option->piece, &option->cost);
		}
	}
	return made;
}

/* From many pieces down to none, so that no stretch is used twice. */
static void add_stretch(const struct hall *hall, const struct stretch *stretch,
			size_t max_pieces, struct plans *plans)
{
	struct option options[2 * BASKET_MAX];
	size_t n = options_of(hall, stretch, options);

	for (size_t pieces = max_pieces; pieces-- > 0;) {
		for (size_t i = 0; i < n; i++)
			extend_plans(plans, pieces, hall->wish->count,
				     options[i].piece, &options[i].cost);
	}
}

static struct plan best_split(const struct hall *hall, size_t max_pieces)
{
	struct plans *plans = hf_new(struct plans);
	size_t count = hall->wish->count;
	struct stretch stretch = { 0 };
	struct plan best = { 0 };

	plans->of[0][0][0].known = true;
	while (next_stretch(hall, &stretch))
		add_stretch(hall, &stretch, max_pieces, plans);
	for (size_t pieces = 1; pieces <= max_pieces && !best.known; pieces++) {
		const struct plan *without = &plans->of[pieces][count][0];
		const struct plan *with = &plans->of[pieces][count][1];

		if (with->known)
			best = *with;
		if (!hall->wish->accessible && without->known &&
		    (!best.known || compare(&without->cost, &best.cost) < 0))
			best = *without;
	}
	free(plans);
	return best;
}

/* The longest stretches, longest first. */
static void note_length(size_t longest[BASKET_MAX], size_t len)
{
	for (size_t i = 0; i < BASKET_MAX; i++) {
		if (len > longest[i]) {
			size_t shorter = longest[i];

			longest[i] = len;
			len = shorter;
		}
	}
}

/* The pieces that are needed at most; 0: there are not enough seats. */
static size_t count_pieces(const struct hall *hall)
{
	size_t longest[BASKET_MAX] = { 0 };
	struct stretch stretch = { 0 };
	size_t pieces = 0, seats = 0;

	while (next_stretch(hall, &stretch))
		note_length(longest, stretch.end - stretch.first);
	while (seats < hall->wish->count && pieces < BASKET_MAX &&
	       longest[pieces] > 0)
		seats += longest[pieces++];
	if (seats < hall->wish->count)
		return 0;
	/* The one accessible seat may be a piece of its own. */
	pieces += hall->wish->accessible;
	return pieces < hall->wish->count ? pieces : hall->wish->count;
}

/* ---- the answer ---------------------------------------------------------- */

static int by_index(const void *a, const void *b)
{
	return sign((int64_t) * (const size_t *)a,
		    (int64_t) * (const size_t *)b);
}

static struct seat_pick pick_of(const struct plan *plan, enum seat_fit fit)
{
	struct seat_pick pick = {
		.fit = fit,
		.pieces = plan->pieces,
		.orphans = plan->cost.orphans,
	};

	for (size_t i = 0; i < plan->pieces; i++) {
		for (size_t k = 0; k < plan->piece[i].n; k++)
			pick.seats[pick.n++] = plan->piece[i].first + k;
	}
	qsort(pick.seats, pick.n, sizeof(pick.seats[0]), by_index);
	return pick;
}

struct seat_pick seat_pick(const struct seat *seats, size_t n,
			   const struct seat_wish *wish)
{
	static const struct seat_pick nothing = { .fit = SEAT_FIT_NONE };
	struct hall hall = { seats, n, wish };
	struct plan plan = best_together(&hall);
	size_t max_pieces;

	assert(wish->count >= 1 && wish->count <= BASKET_MAX);
	if (plan.known)
		return pick_of(&plan, plan.cost.orphans == 0
					  ? SEAT_FIT_CLEAN
					  : SEAT_FIT_ADJACENT);
	max_pieces = wish->together ? 0 : count_pieces(&hall);
	if (max_pieces == 0)
		return nothing;
	plan = best_split(&hall, max_pieces);
	return plan.known ? pick_of(&plan, SEAT_FIT_SPLIT) : nothing;
}
