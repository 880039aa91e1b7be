/*
 * Best available: whatever hall and wish it is given, a pick has distinct
 * seats that the wish takes, in as many pieces as it says.
 *
 * The first two bytes are the wish; then each is a seat: a new row, an aisle,
 * a taken place before it, its price and quality.
 */
#include "config.h"

#include "fcgi/seat_pick.h"

#include <stdlib.h>

enum { SEATS_MAX = 1024 };

static size_t read_hall(const uint8_t *data, size_t size,
			struct seat seats[SEATS_MAX])
{
	int32_t row = 0, pos = 0;
	size_t n = 0;

	for (; n < size && n < SEATS_MAX; n++) {
		if ((data[n] & 7) == 0)
			row++, pos = 0;
		pos += 1 + ((data[n] & 8) != 0);
		seats[n] = (struct seat){
			.row = row,
			.pos = pos,
			.middle = data[n],
			.quality = data[n] >> 5,
			.price_minor = data[n] >> 4 & 1,
			.accessible = (data[n] & 7) == 3,
		};
	}
	return n;
}

static void check(const struct seat *seats, size_t n,
		  const struct seat_wish *wish, const struct seat_pick *pick)
{
	size_t pieces = 0, accessible = 0;

	for (size_t i = 0; i < pick->n; i++) {
		size_t at = pick->seats[i];

		if (at >= n || (i > 0 && at <= pick->seats[i - 1]) ||
		    seats[at].price_minor > wish->max_price_minor)
			abort();
		accessible += seats[at].accessible;
		pieces += i == 0 || at != pick->seats[i - 1] + 1 ||
			  seats[at].row != seats[at - 1].row ||
			  seats[at].pos != seats[at - 1].pos + 1;
	}
	if (pick->fit == SEAT_FIT_NONE) {
		if (pick->n != 0)
			abort();
		return;
	}
	if (pick->n != wish->count || pieces != pick->pieces ||
	    (pick->fit == SEAT_FIT_SPLIT) != (pieces > 1) ||
	    (wish->together && pieces > 1) ||
	    (wish->accessible && accessible == 0))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct seat seats[SEATS_MAX];
	struct seat_wish wish;
	struct seat_pick pick;
	size_t n;

	if (size < 2)
		return 0;
	wish = (struct seat_wish){
		.count = 1 + data[0] % BASKET_MAX,
		.together = (data[1] & 1) != 0,
		.accessible = (data[1] & 2) != 0,
		.max_price_minor = data[1] >> 2 & 1,
	};
	n = read_hall(data + 2, size - 2, seats);
	pick = seat_pick(seats, n, &wish);
	check(seats, n, &wish, &pick);
	return 0;
}
