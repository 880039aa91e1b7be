/*
 * Best available: which of a section's free seats a party gets.
 *
 * CORE: no table, no clock, nothing kept. A party sits together if that is
 * possible at all; then no seat is left single that had a free neighbour; then
 * seats for wheelchairs stay for who asks for them; then a single goes where
 * a single seat is left anyway; then the best seats go first, by the mean of
 * their quality, and of equal ones those nearest the middle of their row.
 */
#ifndef FCGI_SEAT_PICK_H
#define FCGI_SEAT_PICK_H

#include "fcgi/basket.h"

/* A free seat. */
struct seat {
	int32_t row;     /* any number: the same for all seats of one row */
	int32_t pos;     /* its place there: neighbours differ by one */
	int32_t middle;  /* the row's first pos + its last, taken ones too */
	int32_t quality; /* smaller is better */
	int64_t price_minor;
	bool accessible;
};

struct seat_wish {
	size_t count; /* 1 to BASKET_MAX */
	bool together;
	bool accessible;         /* one of them at least */
	int64_t max_price_minor; /* of each; INT64_MAX: no limit */
};

/* How well it fits; better ones first, so that sections can be compared. */
enum seat_fit {
	SEAT_FIT_CLEAN,    /* neighbours, and no single seat is left */
	SEAT_FIT_ADJACENT, /* neighbours */
	SEAT_FIT_SPLIT,    /* in the fewest pieces; never when ->together */
	SEAT_FIT_NONE,
};

struct seat_pick {
	enum seat_fit fit;
	size_t pieces;  /* runs of neighbours */
	size_t orphans; /* single seats that these leave */
	size_t n;       /* the wish's count, or 0 with SEAT_FIT_NONE */
	size_t seats[BASKET_MAX]; /* indexes, ascending */
};

/* seats: all that are free, too dear ones too, by row and then by pos. */
struct seat_pick seat_pick(const struct seat *seats, size_t n,
			   const struct seat_wish *wish);

#endif
