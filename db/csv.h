/*
 * Reads comma-separated values: RFC 4180, and what spreadsheets make of it.
 *
 * Lines end with LF or CRLF; a UTF-8 byte order mark is skipped, and so are
 * empty lines. A field that begins with a quote may have separators, line ends
 * and, doubled, quotes inside. Where the first line has semicolons and no
 * comma, those separate: spreadsheets of half of Europe write so.
 *
 * The reader works in the text itself: fields are C strings in it, without
 * NULs inside, and live as long as the text.
 */
#ifndef DB_CSV_H
#define DB_CSV_H

#include "libhold/base.h"

enum {
	CSV_FIELDS_MAX = 32,
	CSV_ROW_MAX = 4096, /* bytes of a row, its line end included */
};

struct csv {
	/* What was wrong, after HF_EBAD; lives for ever. */
	const char *wrong;
	/* For the reader alone. */
	char *at, *end;
	size_t line;
	char separator;
};

struct csv_row {
	size_t line; /* where it begins, from 1 */
	size_t n;
	const char *fields[CSV_FIELDS_MAX];
};

/* text has len bytes and a NUL behind them; it is changed by reading. */
void csv_init(struct csv *csv, char *text, size_t len);

/*
 * The next row. 1 and row_out; 0 at the end; HF_EBAD and csv->wrong for a row
 * that cannot be read (row_out->line tells which; the next call goes on with
 * the line after it).
 */
int csv_next(struct csv *csv, struct csv_row *row_out) HF_MUSTUSE;

#endif
