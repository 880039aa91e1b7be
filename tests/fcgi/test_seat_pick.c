#include "config.h"

#include "fcgi/seat_pick.h"

#include "tests/fcgi/suites.h"

#include <stdio.h>
#include <stdlib.h>

/*
 * A hall as text, a row a word: '.' a free seat, 'x' a taken one, '_' an
 * aisle, '$' a free one that is too dear, 'a' a free accessible one. Qualities
 * are all alike unless a test sets them.
 */
enum { SEATS_MAX = 64, DEAR = 100, CHEAP = 10 };

static struct hall {
	struct seat seats[SEATS_MAX];
	size_t n;
} hall;

static void add_seat(struct hall *h, int row, int pos, int last, char c)
{
	h->seats[h->n++] = (struct seat){
		.row = row,
		.pos = pos,
		.middle = last,
		.price_minor = c == '$' ? DEAR : CHEAP,
		.accessible = c == 'a',
	};
}

static void build(struct hall *h, const char *text)
{
	int row = 0;

	h->n = 0;
	while (*text != '\0') {
		int len = (int)strcspn(text, " ");

		for (int pos = 0; pos < len; pos++) {
			if (strchr(".$a", text[pos]) != NULL)
				add_seat(h, row, pos, len - 1, text[pos]);
		}
		text += len + (text[len] == ' ');
		row++;
	}
}

static struct seat_wish wish_for(size_t count)
{
	return (struct seat_wish){ .count = count, .max_price_minor = 50 };
}

static struct seat_pick pick(const char *text, size_t count)
{
	struct seat_wish wish = wish_for(count);

	build(&hall, text);
	return seat_pick(hall.seats, hall.n, &wish);
}

/* The places of a pick: "0:3 0:4 ", row and pos. */
static const char *places(const struct seat_pick *p)
{
	static char text[256];
	size_t used = 0;

	text[0] = '\0';
	for (size_t i = 0; i < p->n; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used,
					 "%d:%d ", hall.seats[p->seats[i]].row,
					 hall.seats[p->seats[i]].pos);
	return text;
}

struct example {
	const char *hall;
	size_t count;
	enum seat_fit fit;
	const char *places;
};

static void check(const struct example *examples, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct example *e = &examples[i];
		struct seat_pick p = pick(e->hall, e->count);

		CU_ASSERT_EQUAL(p.fit, e->fit);
		CU_ASSERT_STRING_EQUAL(places(&p), e->places);
	}
}

static void a_party_sits_together_if_that_is_possible_at_all(void)
{
	static const struct example examples[] = {
		{ "..x.. x...x", 3, SEAT_FIT_CLEAN, "1:1 1:2 1:3 " },
		{ "..._..", 3, SEAT_FIT_CLEAN, "0:0 0:1 0:2 " },
		{ "....", 3, SEAT_FIT_ADJACENT, "0:0 0:1 0:2 " },
		{ ".. ..", 3, SEAT_FIT_SPLIT, "0:0 0:1 1:0 " },
		{ "......", 6, SEAT_FIT_CLEAN, "0:0 0:1 0:2 0:3 0:4 0:5 " },
		{ "..........", 10, SEAT_FIT_CLEAN,
		  "0:0 0:1 0:2 0:3 0:4 0:5 0:6 0:7 0:8 0:9 " },
	};

	check(examples, HF_LEN(examples));
}

static void no_seat_is_left_single_if_that_can_be(void)
{
	static const struct example examples[] = {
		/* the middle would leave one on the left or right */
		{ ".....", 2, SEAT_FIT_CLEAN, "0:0 0:1 " },
		{ "...", 2, SEAT_FIT_ADJACENT, "0:0 0:1 " },
		{ "... ..", 2, SEAT_FIT_CLEAN, "1:0 1:1 " },
		{ "... ....", 2, SEAT_FIT_CLEAN, "1:0 1:1 " },
		{ "xx....xx", 2, SEAT_FIT_CLEAN, "0:2 0:3 " },
		/* a seat that is single before is nobody's fault */
		{ ".x..", 2, SEAT_FIT_CLEAN, "0:2 0:3 " },
		/* and a dear one, too, is a seat that is left */
		{ "$.. ..", 2, SEAT_FIT_CLEAN, "1:0 1:1 " },
	};

	check(examples, HF_LEN(examples));
}

static void a_single_goes_where_one_is_left_anyway(void)
{
	static const struct example examples[] = {
		{ "......x.", 1, SEAT_FIT_CLEAN, "0:7 " },
		{ "...... x.x", 1, SEAT_FIT_CLEAN, "1:1 " },
		{ "..... ...", 1, SEAT_FIT_CLEAN, "0:2 " },
		{ "..", 1, SEAT_FIT_ADJACENT, "0:0 " },
	};

	check(examples, HF_LEN(examples));
}

static void the_best_quality_goes_first_and_then_the_middle(void)
{
	struct seat_wish wish = wish_for(2);
	struct seat_pick p;

	p = pick("......... ........", 3);
	CU_ASSERT_STRING_EQUAL(places(&p), "0:3 0:4 0:5 ");
	build(&hall, "........ ........");
	for (size_t i = 0; i < hall.n; i++)
		hall.seats[i].quality = hall.seats[i].row == 1 ? 5 : 6;
	p = seat_pick(hall.seats, hall.n, &wish);
	CU_ASSERT_STRING_EQUAL(places(&p), "1:3 1:4 ");
	hall.seats[0].quality = hall.seats[1].quality = -1;
	p = seat_pick(hall.seats, hall.n, &wish);
	CU_ASSERT_STRING_EQUAL(places(&p), "0:0 0:1 ");
}

static void the_middle_is_that_of_the_whole_row(void)
{
	struct seat_pick p = pick("....xxxxxx", 2);

	CU_ASSERT_STRING_EQUAL(places(&p), "0:2 0:3 ");
}

static void seats_that_are_too_dear_are_not_offered(void)
{
	static const struct example examples[] = {
		{ "$$$$ xx..", 2, SEAT_FIT_CLEAN, "1:2 1:3 " },
		{ ".$. ...", 2, SEAT_FIT_ADJACENT, "1:0 1:1 " },
		{ ".$.", 2, SEAT_FIT_SPLIT, "0:0 0:2 " },
		{ "$$$", 1, SEAT_FIT_NONE, "" },
	};

	check(examples, HF_LEN(examples));
}

static void seats_for_wheelchairs_stay_for_who_asks_for_them(void)
{
	static const struct example examples[] = {
		{ "aaaa ....", 2, SEAT_FIT_CLEAN, "1:0 1:1 " },
		{ "a...", 2, SEAT_FIT_CLEAN, "0:2 0:3 " },
		{ "aa", 2, SEAT_FIT_CLEAN, "0:0 0:1 " },
	};
	struct seat_wish wish = wish_for(3);
	struct seat_pick p;

	check(examples, HF_LEN(examples));
	wish.accessible = true;
	build(&hall, "...... ...a.. aaaaaa");
	p = seat_pick(hall.seats, hall.n, &wish);
	CU_ASSERT_EQUAL(p.fit, SEAT_FIT_CLEAN);
	CU_ASSERT_STRING_EQUAL(places(&p), "1:3 1:4 1:5 ");
	build(&hall, "..... a ...");
	p = seat_pick(hall.seats, hall.n, &wish);
	CU_ASSERT_EQUAL(p.fit, SEAT_FIT_SPLIT);
	CU_ASSERT_EQUAL(p.pieces, 2);
	CU_ASSERT_STRING_EQUAL(places(&p), "0:0 0:1 1:0 ");
	build(&hall, "......");
	CU_ASSERT_EQUAL(seat_pick(hall.seats, hall.n, &wish).fit,
			SEAT_FIT_NONE);
}

static void a_party_that_must_sit_together_is_never_split(void)
{
	struct seat_wish wish = wish_for(3);

	wish.together = true;
	build(&hall, "..x.. ..");
	CU_ASSERT_EQUAL(seat_pick(hall.seats, hall.n, &wish).fit,
			SEAT_FIT_NONE);
	build(&hall, "..x...");
	CU_ASSERT_EQUAL(seat_pick(hall.seats, hall.n, &wish).fit,
			SEAT_FIT_CLEAN);
}

static void a_split_has_the_fewest_pieces(void)
{
	static const struct example examples[] = {
		{ ". . ... ..", 5, SEAT_FIT_SPLIT, "2:0 2:1 2:2 3:0 3:1 " },
		{ ". . . . ", 4, SEAT_FIT_SPLIT, "0:0 1:0 2:0 3:0 " },
		{ ". . . ", 4, SEAT_FIT_NONE, "" },
		{ "", 1, SEAT_FIT_NONE, "" },
		/* of equal ones the one that leaves no single seat */
		{ "... ... ..", 4, SEAT_FIT_SPLIT, "0:0 0:1 0:2 1:0 " },
	};

	check(examples, HF_LEN(examples));
}

static void places_at_the_ends_of_the_numbers_are_no_neighbours(void)
{
	struct seat_wish wish = wish_for(2);

	build(&hall, "..");
	hall.seats[0].pos = INT32_MAX;
	hall.seats[1].pos = INT32_MIN;
	hall.seats[0].middle = INT32_MIN;
	hall.seats[0].quality = hall.seats[1].quality = INT32_MAX;
	CU_ASSERT_EQUAL(seat_pick(hall.seats, hall.n, &wish).fit,
			SEAT_FIT_SPLIT);
}

/* ---- against all possible picks ------------------------------------------ */

struct
try {
	size_t n;
	size_t seats[BASKET_MAX];
};

/* What the header promises, put in numbers: the smaller, the better. */
struct merit {
	int64_t parts[6];
};

static bool has(const struct try *t, size_t seat)
{
	for (size_t i = 0; i < t->n; i++) {
		if (t->seats[i] == seat)
			return true;
	}
	return false;
}

static bool adjacent(size_t a, size_t b)
{
	return b < hall.n && hall.seats[a].row == hall.seats[b].row &&
	       hall.seats[a].pos + 1 == hall.seats[b].pos;
}

/* Free neighbours of a seat; without those of t, which may be NULL. */
static int neighbours(size_t seat, const struct try *t)
{
	int found = 0;

	if (seat > 0 && adjacent(seat - 1, seat))
		found += t == NULL || !has(t, seat - 1);
	if (adjacent(seat, seat + 1))
		found += t == NULL || !has(t, seat + 1);
	return found;
}

static size_t orphans_of(const struct try *t)
{
	size_t orphans = 0;

	for (size_t i = 0; i < hall.n; i++)
		orphans += !has(t, i) && neighbours(i, NULL) > 0 &&
			   neighbours(i, t) == 0;
	return orphans;
}

static size_t pieces_of(const struct try *t)
{
	size_t pieces = 1;

	for (size_t i = 1; i < t->n; i++)
		pieces += !adjacent(t->seats[i - 1], t->seats[i]);
	return pieces;
}

static struct merit merit_of(const struct try *t)
{
	const struct seat *first = &hall.seats[t->seats[0]];
	const struct seat *last = &hall.seats[t->seats[t->n - 1]];
	struct merit m = { { (int64_t)pieces_of(t), (int64_t)orphans_of(t), 0,
			     t->n == 1 && neighbours(t->seats[0], NULL) > 0, 0,
			     llabs((int64_t)first->pos + last->pos -
				   first->middle) } };

	for (size_t i = 0; i < t->n; i++) {
		m.parts[2] += hall.seats[t->seats[i]].accessible;
		m.parts[4] += hall.seats[t->seats[i]].quality;
	}
	return m;
}

/* Of picks in pieces only the first two parts are promised. */
static bool is_better(const struct merit *a, const struct merit *b)
{
	size_t parts = a->parts[0] == 1 && b->parts[0] == 1 ? 6 : 2;

	for (size_t i = 0; i < parts; i++) {
		if (a->parts[i] != b->parts[i])
			return a->parts[i] < b->parts[i];
	}
	return false;
}

static bool is_allowed(const struct try *t, const struct seat_wish *wish)
{
	bool accessible = false;

	for (size_t i = 0; i < t->n; i++) {
		if (hall.seats[t->seats[i]].price_minor > wish->max_price_minor)
			return false;
		accessible |= hall.seats[t->seats[i]].accessible;
	}
	return (accessible || !wish->accessible) &&
	       (!wish->together || pieces_of(t) == 1);
}

/* The next choice of t->n seats in order; false after the last one. */
static bool next_try(struct try *t)
{
	for (size_t i = t->n; i-- > 0;) {
		if (t->seats[i] < hall.n - t->n + i) {
			t->seats[i]++;
			for (size_t k = i + 1; k < t->n; k++)
				t->seats[k] = t->seats[k - 1] + 1;
			return true;
		}
	}
	return false;
}

/* False: no choice is allowed. */
static bool best_of_all(const struct seat_wish *wish, struct merit *best_out)
{
	struct try t = { .n = wish->count };
	bool found = false;

	if (hall.n < t.n)
		return false;
	for (size_t i = 0; i < t.n; i++)
		t.seats[i] = i;
	do {
		struct merit m;

		if (!is_allowed(&t, wish))
			continue;
		m = merit_of(&t);
		if (!found || is_better(&m, best_out))
			*best_out = m;
		found = true;
	} while (next_try(&t));
	return found;
}

static unsigned next_random(unsigned *state)
{
	*state = *state * 1103515245u + 12345u;
	return *state >> 16;
}

/* Up to 14 free seats in rows of 7, some dear, some accessible. */
static void random_hall(unsigned *state)
{
	unsigned rows = 1 + next_random(state) % 3;
	unsigned free_of_8 = 2 + next_random(state) % 7;
	unsigned dear_of_8 = next_random(state) % 2 * 2;

	hall.n = 0;
	for (int i = 0; i < (int)rows * 7 && hall.n < 14; i++) {
		char c = next_random(state) % 8 < dear_of_8 ? '$' : '.';

		c = next_random(state) % 8 == 0 ? 'a' : c;
		if (next_random(state) % 8 < free_of_8)
			add_seat(&hall, i / 7, i % 7, 6, c);
	}
	for (size_t i = 0; i < hall.n; i++)
		hall.seats[i].quality = (int)(next_random(state) % 4);
}

/* A dear seat between two pieces may be left single by both together. */
static bool all_are_cheap(void)
{
	for (size_t i = 0; i < hall.n; i++) {
		if (hall.seats[i].price_minor == DEAR)
			return false;
	}
	return true;
}

static void no_other_choice_of_seats_would_be_better(void)
{
	unsigned state = 7;
	size_t seen[SEAT_FIT_NONE + 1] = { 0 };

	for (int round = 0; round < 1500; round++) {
		struct seat_wish wish = wish_for(1 + next_random(&state) % 5);
		struct seat_pick p;
		struct merit best = { 0 }, got;
		struct try t;

		random_hall(&state);
		wish.together = next_random(&state) % 4 == 0;
		wish.accessible = next_random(&state) % 4 == 0;
		p = seat_pick(hall.seats, hall.n, &wish);
		seen[p.fit]++;
		CU_ASSERT_EQUAL(best_of_all(&wish, &best),
				p.fit != SEAT_FIT_NONE);
		if (p.fit == SEAT_FIT_NONE)
			continue;
		t.n = p.n;
		memcpy(t.seats, p.seats, sizeof(t.seats));
		CU_ASSERT_EQUAL_FATAL(p.n, wish.count);
		CU_ASSERT_TRUE(is_allowed(&t, &wish));
		got = merit_of(&t);
		CU_ASSERT_EQUAL(got.parts[0], (int64_t)p.pieces);
		CU_ASSERT_EQUAL(p.fit == SEAT_FIT_SPLIT, p.pieces > 1);
		CU_ASSERT_EQUAL(got.parts[0], best.parts[0]);
		if (p.pieces == 1 || all_are_cheap()) {
			CU_ASSERT_EQUAL(got.parts[1], (int64_t)p.orphans);
			CU_ASSERT_FALSE(is_better(&best, &got));
		}
	}
	for (size_t fit = 0; fit <= SEAT_FIT_NONE; fit++)
		CU_ASSERT_TRUE(seen[fit] > 50);
}

static const struct hf_test tests[] = {
	HF_TEST(a_party_sits_together_if_that_is_possible_at_all),
	HF_TEST(no_seat_is_left_single_if_that_can_be),
	HF_TEST(a_single_goes_where_one_is_left_anyway),
	HF_TEST(the_best_quality_goes_first_and_then_the_middle),
	HF_TEST(the_middle_is_that_of_the_whole_row),
	HF_TEST(seats_that_are_too_dear_are_not_offered),
	HF_TEST(seats_for_wheelchairs_stay_for_who_asks_for_them),
	HF_TEST(a_party_that_must_sit_together_is_never_split),
	HF_TEST(a_split_has_the_fewest_pieces),
	HF_TEST(places_at_the_ends_of_the_numbers_are_no_neighbours),
	HF_TEST(no_other_choice_of_seats_would_be_better),
	HF_TEST_END,
};

const struct hf_suite test_seat_pick_suite = { "fcgi/seat_pick", tests, NULL,
					       NULL };
