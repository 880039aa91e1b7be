/*
 * holdfast-admin verify: is what the database says true to its history?
 *
 * First each ticket's chain is computed anew, row by row; then tickets,
 * orders and bookings are held against it and each other. All of it is seen in
 * one snapshot, so a sale may go on meanwhile. Of each ticket the first row
 * that is broken is named.
 */
#include "config.h"

#include "db/admin.h"
#include "db/chain.h"
#include "libhold/err.h"
#include "libhold/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BROKEN_PRINTED = 20, AT_ONCE = 1000 };

struct verify {
	struct chain chain;
	char *ticket;       /* the one whose chain it is; NULL: none yet */
	bool broken;        /* its chain is, and the rest of it means nothing */
	size_t rows, wrong; /* seen, found */
};

static void tell(struct verify *v, const char *text)
{
	if (v->wrong++ < BROKEN_PRINTED)
		say_error("%s", text);
}

/* ---- the chains ---------------------------------------------------------- */

#define HISTORY                                                              \
	"DECLARE chain NO SCROLL CURSOR FOR SELECT ticket_id, seq, "         \
	"event_id, (extract(epoch FROM at) * 1000000)::bigint, op, holder, " \
	"fence, lock_service, "                                              \
	"(extract(epoch FROM until) * 1000000)::bigint, order_number, "      \
	"actor, encode(prev_hash, 'hex'), encode(hash, 'hex') "              \
	"FROM history ORDER BY ticket_id, seq"

static const char *cell(const PGresult *rows, int row, int column)
{
	return PQgetisnull(rows, row, column) == 1
		   ? NULL
		   : PQgetvalue(rows, row, column);
}

static struct chain_row read_row(const PGresult *rows, int i)
{
	return (struct chain_row){
		.ticket_id = cell(rows, i, 0),
		.seq = cell(rows, i, 1),
		.event_id = cell(rows, i, 2),
		.at_us = cell(rows, i, 3),
		.op = cell(rows, i, 4),
		.holder = cell(rows, i, 5),
		.fence = cell(rows, i, 6),
		.lock_service = cell(rows, i, 7),
		.until_us = cell(rows, i, 8),
		.order_number = cell(rows, i, 9),
		.actor = cell(rows, i, 10),
		.prev_hash = cell(rows, i, 11),
		.hash = cell(rows, i, 12),
	};
}

static void verify_row(struct verify *v, const struct chain_row *row)
{
	char text[256];
	const char *wrong;

	v->rows++;
	if (v->ticket == NULL || strcmp(v->ticket, row->ticket_id) != 0) {
		free(v->ticket);
		v->ticket = hf_strdup(row->ticket_id);
		v->chain = (struct chain){ 0 };
		v->broken = false;
	}
	if (v->broken)
		return;
	wrong = chain_add(&v->chain, row);
	if (wrong == NULL)
		return;
	v->broken = true;
	snprintf(text, sizeof(text), "ticket %s, history row %s: %s",
		 row->ticket_id, row->seq, wrong);
	tell(v, text);
}

static int verify_chains(struct admin *a, struct verify *v)
{
	char fetch[40];
	PGresult *rows;
	int n;
	int rc = database_run(a->db, HISTORY);

	snprintf(fetch, sizeof(fetch), "FETCH %d FROM chain", AT_ONCE);
	do {
		rows = rc == 0 ? database_query(a->db, fetch, 0, NULL) : NULL;
		if (rows == NULL)
			return HF_EUNREACHABLE;
		n = PQntuples(rows);
		for (int i = 0; i < n; i++) {
			struct chain_row row = read_row(rows, i);

			verify_row(v, &row);
		}
		PQclear(rows);
	} while (n == AT_ONCE);
	return 0;
}

/* ---- what must agree ----------------------------------------------------- */

#define LAST                                                         \
	"tickets AS t LEFT JOIN history AS h ON h.ticket_id = t.id " \
	"AND h.seq = (SELECT max(seq) FROM history WHERE ticket_id = t.id)"

/* Each gives a line for what is wrong. */
static const char *const agreements[] = {
	/* A chain's end that was cut off is only seen from its ticket. */
	"SELECT format('ticket %s: its history ends with row %s, not %s', "
	"t.id, coalesce(h.seq, 0), t.history_seq) FROM " LAST
	" WHERE (coalesce(h.seq, 0), h.hash) IS DISTINCT FROM "
	"(t.history_seq, t.history_hash) ORDER BY t.id",

	"SELECT format('ticket %s is %s, but its history ends with %s', t.id, "
	"t.state, coalesce(h.op, 'nothing')) FROM " LAST
	" WHERE t.state::text <> CASE WHEN h.op IN ('reserve', 'extend') "
	"THEN 'reserved' WHEN h.op = 'book' THEN 'booked' WHEN h.op = 'block' "
	"THEN 'blocked' ELSE 'free' END ORDER BY t.id",

	"SELECT format('ticket %s: who has it is not whom its history names', "
	"t.id) FROM " LAST " WHERE t.state IN ('reserved', 'booked') AND "
	"(h.holder, h.fence, h.lock_service, h.until, h.order_number) "
	"IS DISTINCT FROM (t.holder, t.fence, t.lock_service, "
	"t.reserved_until, t.order_number) ORDER BY t.id",

	"SELECT format('ticket %s has a history, but is not there', ticket_id) "
	"FROM (SELECT DISTINCT ticket_id FROM history) AS h WHERE NOT EXISTS "
	"(SELECT FROM tickets WHERE id = ticket_id) ORDER BY ticket_id",

	"SELECT format('ticket %s: its sale and its booking do not agree', "
	"coalesce(t.id, b.ticket_id)) FROM (SELECT * FROM tickets "
	"WHERE state = 'booked') AS t FULL JOIN (SELECT * FROM bookings "
	"WHERE cancelled_at IS NULL) AS b ON b.ticket_id = t.id "
	"WHERE (b.order_number, b.holder) IS DISTINCT FROM "
	"(t.order_number, t.holder) ORDER BY 1",

	"SELECT format('ticket %s was booked %s times, by its history %s', "
	"ticket_id, bookings, books) FROM (SELECT ticket_id, "
	"count(*) FILTER (WHERE here) AS bookings, "
	"count(*) FILTER (WHERE NOT here) AS books FROM ("
	"SELECT ticket_id, true AS here FROM bookings UNION ALL "
	"SELECT ticket_id, false FROM history WHERE op = 'book') AS both_ "
	"GROUP BY ticket_id) AS n WHERE bookings <> books ORDER BY 1",

	"SELECT format('order %s: its total is not the sum of its bookings', "
	"o.number) FROM orders AS o WHERE (o.total_minor) IS DISTINCT FROM "
	"(SELECT sum(price_minor) FROM bookings WHERE order_number = "
	"o.number) ORDER BY 1",

	"SELECT format('order %s is %s, but its bookings are not', o.number, "
	"CASE WHEN cancelled_at IS NULL THEN 'valid' ELSE 'cancelled' END) "
	"FROM orders AS o WHERE (cancelled_at IS NULL) <> EXISTS (SELECT FROM "
	"bookings WHERE order_number = o.number AND cancelled_at IS NULL) "
	"ORDER BY 1",

	"SELECT format('hold %s was booked, but there is no order %s', h.id, "
	"h.order_number) FROM holds AS h WHERE h.order_number IS NOT NULL "
	"AND NOT EXISTS (SELECT FROM orders WHERE number = h.order_number) "
	"ORDER BY 1",
};

static int verify_agreements(struct admin *a, struct verify *v)
{
	for (size_t i = 0; i < HF_LEN(agreements); i++) {
		PGresult *rows = database_query(a->db, agreements[i], 0, NULL);

		if (rows == NULL)
			return HF_EUNREACHABLE;
		for (int row = 0; row < PQntuples(rows); row++)
			tell(v, PQgetvalue(rows, row, 0));
		PQclear(rows);
	}
	return 0;
}

/* ---- all of it ----------------------------------------------------------- */

static int print_verdict(struct admin *a, const struct verify *v)
{
	char *tickets;
	int rc = database_value(a->db, "SELECT count(*) FROM tickets", 0, NULL,
				&tickets);

	if (rc < 0)
		return rc;
	if (v->wrong == 0)
		printf("%s tickets, %zu rows of history: all is true\n",
		       tickets, v->rows);
	else
		say_error("%s tickets, %zu rows of history: %zu are wrong",
			  tickets, v->rows, v->wrong);
	free(tickets);
	return v->wrong == 0 ? 0 : HF_EBAD;
}

int admin_verify(struct admin *a)
{
	struct verify v = { 0 };
	int rc = database_run(a->db, "BEGIN ISOLATION LEVEL REPEATABLE READ "
				     "READ ONLY");

	if (rc == 0)
		rc = verify_chains(a, &v);
	if (rc == 0)
		rc = verify_agreements(a, &v);
	if (rc == 0)
		rc = print_verdict(a, &v);
	free(v.ticket);
	return database_end(a->db, rc);
}
