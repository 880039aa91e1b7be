/*
 * holdfast-admin export: an event's sales as CSV (RFC 4180), on standard
 * output.
 *
 * Spreadsheets take a cell that begins with =, +, -, @, a tab or a carriage
 * return for a formula, quoted or not. A client may have chosen his id so:
 * such a cell gets an apostrophe in front, which makes it text.
 */
#include "config.h"

#include "db/admin.h"
#include "libhold/err.h"

#include <stdio.h>
#include <string.h>

#define SALES                                                            \
	"SELECT b.order_number, b.ticket_id, t.section, "                \
	"t.seat_row AS row, t.seat_number AS seat, t.category, "         \
	"b.price_minor, b.currency, rfc3339(b.booked_at) AS booked_at, " \
	"rfc3339(b.cancelled_at) AS cancelled_at, "                      \
	"CASE WHEN starts_with(b.holder, E'\\x01') THEN 'identity' "     \
	"ELSE 'client_id' END AS known_by, "                             \
	"ltrim(b.holder, E'\\x01') AS client FROM bookings AS b "        \
	"LEFT JOIN tickets AS t ON t.id = b.ticket_id "                  \
	"WHERE b.event_id = $1 ORDER BY b.booked_at, b.ticket_id"

static void write_cell(const char *text, bool last)
{
	putchar('"');
	if (text[0] != '\0' && strchr("=+-@\t\r", text[0]) != NULL)
		putchar('\'');
	for (; *text != '\0'; text++) {
		if (*text == '"')
			putchar('"');
		putchar(*text);
	}
	fputs(last ? "\"\r\n" : "\",", stdout);
}

int admin_export(struct admin *a)
{
	PGresult *rows;
	int columns;
	int rc = admin_event_exists(a, a->words[0]);

	if (rc < 0)
		return rc;
	rows = database_query(a->db, SALES, 1, a->words);
	if (rows == NULL)
		return HF_EUNREACHABLE;
	columns = PQnfields(rows);
	for (int column = 0; column < columns; column++)
		write_cell(PQfname(rows, column), column + 1 == columns);
	for (int row = 0; row < PQntuples(rows); row++) {
		for (int column = 0; column < columns; column++)
			write_cell(PQgetvalue(rows, row, column),
				   column + 1 == columns);
	}
	PQclear(rows);
	return 0;
}
