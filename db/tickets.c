#include "config.h"

#include "db/tickets.h"

#include "libhold/err.h"
#include "libhold/slice.h"

#include <stdio.h>

/*
 * A plain hall: rows of 20 seats, 25 rows a section, sections A to Z, then A2
 * to Z2 and so on. The front rows cost more.
 */
#define MAKE_TICKETS                                                   \
	"INSERT INTO tickets (id, sale_order, section, seat_row, "     \
	"seat_number, price_minor, currency) "                         \
	"SELECT (i + 1)::text, i + 1, "                                \
	"chr(65 + i / 500 % 26) || "                                   \
	"CASE WHEN i < 13000 THEN '' ELSE (i / 13000 + 1)::text END, " \
	"(i / 20 % 25 + 1)::text, i % 20 + 1, "                        \
	"CASE WHEN i / 20 % 25 < 5 THEN 9500 WHEN i / 20 % 25 < 15 "   \
	"THEN 7500 ELSE 5500 END, 'EUR' "                              \
	"FROM generate_series(0, $1::integer - 1) AS i"

int tickets_count(PGconn *db, struct ticket_counts *counts_out)
{
	PGresult *row = database_query(
	    db,
	    "SELECT count(*), count(*) FILTER (WHERE state = 'booked') "
	    "FROM tickets WHERE event_id = 'default'",
	    0, NULL);
	int rc;

	if (row == NULL)
		return HF_EUNREACHABLE;
	rc = hf_slice_int64(hf_slice_of(PQgetvalue(row, 0, 0)),
			    &counts_out->all);
	if (rc == 0)
		rc = hf_slice_int64(hf_slice_of(PQgetvalue(row, 0, 1)),
				    &counts_out->booked);
	PQclear(row);
	return rc;
}

/* Nothing can be booked any more when this is called: the table is locked. */
static int check_agreed(PGconn *db, const struct ticket_counts *agreed)
{
	struct ticket_counts now;
	int rc = tickets_count(db, &now);

	if (rc == 0 && now.booked > agreed->booked) {
		say_error("%lld more booked meanwhile; nothing was replaced",
			  (long long)(now.booked - agreed->booked));
		return HF_EHELD;
	}
	return rc;
}

static int insert(PGconn *db, int64_t n)
{
	char count[24];
	const char *const values[] = { count };
	PGresult *result;

	snprintf(count, sizeof(count), "%lld", (long long)n);
	result = database_query(db, MAKE_TICKETS, 1, values);
	if (result == NULL)
		return HF_EUNREACHABLE;
	PQclear(result);
	return 0;
}

int tickets_replace(PGconn *db, int64_t n, const struct ticket_counts *agreed)
{
	int rc = database_run(db, "BEGIN; LOCK TABLE tickets");

	if (rc == 0 && agreed != NULL)
		rc = check_agreed(db, agreed);
	if (rc == 0)
		rc = database_run(db, "SELECT event_clear('default')");
	if (rc == 0)
		rc = insert(db, n);
	if (rc == 0)
		rc = database_run(db, "COMMIT");
	if (rc < 0) {
		PQclear(PQexec(db, "ROLLBACK"));
		return rc;
	}
	/* So that the first buyers find plans made for this many tickets. */
	return database_run(db, "VACUUM (FREEZE, ANALYZE) tickets");
}
