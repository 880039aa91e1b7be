/*
 * A hall's CSV file: its rows, its values, and what is made of them.
 */
#include "config.h"

#include "db/hall_csv.h"
#include "db/utf8.h"
#include "libhold/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_word(const char *word, size_t max)
{
	if (word == NULL || word[0] == '\0' || strlen(word) > max ||
	    utf8_wrong(word) != NULL)
		abort();
}

/* What hall_arrange() promises of seats that nobody complained of. */
static void check(const struct hall *hall)
{
	for (size_t i = 0; i < hall->n; i++) {
		const struct seat *seat = &hall->seats[i];

		check_word(seat->id, SEAT_ID_MAX);
		check_word(seat->section, SEAT_WORD_MAX);
		check_word(seat->row, SEAT_WORD_MAX);
		if (seat->category != NULL)
			check_word(seat->category, SEAT_WORD_MAX);
		if (seat->price_minor < 0 || seat->quality < 0 ||
		    seat->number < 0 || seat->number > SEAT_NUMBER_MAX ||
		    llabs(seat->x10) > 10 * SEAT_XY_MAX ||
		    llabs(seat->y10) > 10 * SEAT_XY_MAX)
			abort();
		if (i > 0 && seat->section_line < seat[-1].section_line)
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = hf_alloc(size + 1);
	/* Nothing is printed: it would be all that the fuzzer does. */
	struct complaints c = { .file = "fuzz", .n = 1000 };
	struct hall hall = { .decimals = 2 };

	if (size > 0)
		memcpy(text, data, size);
	hall_csv_parse(&hall, text, size, &c);
	hall_arrange(&hall, size % 2 == 0 ? "default" : "gala", &c);
	if (c.n == 1000)
		check(&hall);
	hall_fini(&hall);
	return 0;
}
