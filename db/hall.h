/*
 * A hall: the seats of an event, as they go into the database.
 *
 * Seats come from a CSV file (hall_csv.h) or from the hall that ships with
 * Holdfast (hall_arena.h); hall_arrange() checks them and puts them in the
 * order of sale: sections and rows as they came, seats along their row.
 */
#ifndef DB_HALL_H
#define DB_HALL_H

#include "libhold/base.h"

enum {
	SEATS_MAX = 200000,
	SEAT_ID_MAX = 128,  /* bytes, without the NUL */
	SEAT_WORD_MAX = 60, /* of a section, a row, a category */
	SEAT_NUMBER_MAX = 99999,
	SEAT_XY_MAX = 10000, /* seat widths from the origin */
};

struct seat {
	const char *id; /* NULL: to be made */
	const char *section, *row;
	const char *category; /* NULL: none */
	int64_t number;
	int64_t price_minor;
	int64_t x10, y10; /* in tenths of a seat's width */
	int64_t pos;      /* place in the row: an aisle is a gap */
	int64_t quality;  /* 0 is best */
	bool accessible;
	size_t line; /* of the file, or its number; from 1 */
	/* Filled by hall_arrange(): lines where section and row began. */
	size_t section_line, row_line;
};

struct hall {
	char *text; /* what the seats' words point into */
	struct seat *seats;
	size_t n;
	/* What the seats have; hall_arrange() makes what is missing but x, y.
	 */
	bool has_id, has_xy, has_pos, has_quality;
	int decimals;            /* of the currency */
	size_t section_n, row_n; /* known after hall_arrange() */
};

/* What is wrong with a file, told line by line; the first 20 are printed. */
struct complaints {
	const char *file;
	size_t n;
};

/* line: 0 for the file as a whole. */
void complain(struct complaints *c, size_t line, const char *format, ...)
    HF_PRINTF(3, 4);

/* 0, or HF_EBAD after a last line when there were more than were printed. */
int complaints_end(const struct complaints *c) HF_MUSTUSE;

void hall_fini(struct hall *hall);

/*
 * Sorts the seats and makes what is missing: ids ("1" to n for the event
 * "default", else EVENT:SECTION-ROW-NUMBER), places, qualities. Two seats with
 * one name, one id or one place are complaints.
 */
void hall_arrange(struct hall *hall, const char *event, struct complaints *c);

/* Prints what it has: a line for each section. */
void hall_preview(const struct hall *hall, const char *currency);

#endif
