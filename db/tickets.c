#include "config.h"

#include "db/tickets.h"

#include "db/layout.h"
#include "libhold/buf.h"
#include "libhold/err.h"
#include "libhold/slice.h"

#include <stdio.h>
#include <stdlib.h>

/*
 * A plain hall: rows of 20 seats, 25 rows a section, sections A to Z, then A2
 * to Z2 and so on. The front rows cost more.
 */
#define MAKE_TICKETS                                                    \
	"INSERT INTO tickets (id, event_id, sale_order, section, "      \
	"seat_row, seat_number, price_minor, currency, category, pos, " \
	"quality) SELECT (i + 1)::text, e.id, i + 1, "                  \
	"chr(65 + i / 500 % 26) || "                                    \
	"CASE WHEN i < 13000 THEN '' ELSE (i / 13000 + 1)::text END, "  \
	"(i / 20 % 25 + 1)::text, i % 20 + 1, "                         \
	"CASE WHEN i / 20 % 25 < 5 THEN 9500 WHEN i / 20 % 25 < 15 "    \
	"THEN 7500 ELSE 5500 END, e.currency, "                         \
	"CASE WHEN i / 20 % 25 < 5 THEN 'A' WHEN i / 20 % 25 < 15 "     \
	"THEN 'B' ELSE 'C' END, i % 20 + 1, "                           \
	"4 * (i / 20 % 25) + abs(2 * (i % 20) - 19) / 2 "               \
	"FROM events AS e, generate_series(0, $2::integer - 1) AS i "   \
	"WHERE e.id = $1"

int tickets_count(PGconn *db, const char *event,
		  struct ticket_counts *counts_out)
{
	PGresult *row = database_query(
	    db,
	    "SELECT count(*), count(*) FILTER (WHERE state = 'booked') "
	    "FROM tickets WHERE event_id = $1",
	    1, &event);
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
static int check_agreed(PGconn *db, const char *event,
			const struct ticket_counts *agreed)
{
	struct ticket_counts now;
	int rc = tickets_count(db, event, &now);

	if (rc == 0 && now.booked > agreed->booked) {
		say_error("%lld more booked meanwhile; nothing was replaced",
			  (long long)(now.booked - agreed->booked));
		return HF_EHELD;
	}
	return rc;
}

static int run_with(PGconn *db, const char *text, int n,
		    const char *const *values)
{
	PGresult *result = database_query(db, text, n, values);

	PQclear(result);
	return result != NULL ? 0 : HF_EUNREACHABLE;
}

/* Begins a transaction in which the event is as terms say, without tickets. */
static int begin_anew(PGconn *db, const struct event_terms *terms,
		      const struct ticket_counts *agreed)
{
	int rc = database_run(db, "BEGIN; LOCK TABLE tickets");

	if (rc == 0 && agreed != NULL)
		rc = check_agreed(db, terms->id, agreed);
	if (rc == 0)
		rc = event_store(db, terms);
	if (rc == 0)
		rc = run_with(db, "SELECT event_clear($1)", 1, &terms->id);
	return rc;
}

static int end_anew(PGconn *db, const struct event_terms *terms, int rc)
{
	if (rc == 0)
		rc = layout_store(db, terms->id);
	rc = database_end(db, rc);
	if (rc < 0)
		return rc;
	/* So that the first buyers find plans made for this many tickets. */
	return database_run(db, "VACUUM (FREEZE, ANALYZE) tickets");
}

int tickets_replace_plain(PGconn *db, const struct event_terms *terms,
			  int64_t n, const struct ticket_counts *agreed)
{
	char count[24];
	const char *const values[] = { terms->id, count };
	int rc = begin_anew(db, terms, agreed);

	snprintf(count, sizeof(count), "%lld", (long long)n);
	if (rc == 0)
		rc = run_with(db, MAKE_TICKETS, HF_LEN(values), values);
	return end_anew(db, terms, rc);
}

/* ---- seats of a hall ----------------------------------------------------- */

enum { COPY_CHUNK = 1 << 16 };

/* As COPY's text format has it; the words have no control characters. */
static void add_copy_word(struct hf_buf *out, const char *word)
{
	hf_buf_add_char(out, '\t');
	if (word == NULL)
		hf_buf_printf(out, "\\N");
	for (; word != NULL && *word != '\0'; word++) {
		if (*word == '\\')
			hf_buf_add_char(out, '\\');
		hf_buf_add_char(out, *word);
	}
}

static void add_copy_tenths(struct hf_buf *out, bool there, int64_t tenths)
{
	if (there)
		hf_buf_printf(out, "\t%s%lld.%lld", tenths < 0 ? "-" : "",
			      (long long)(llabs(tenths) / 10),
			      (long long)(llabs(tenths) % 10));
	else
		hf_buf_printf(out, "\t\\N");
}

static void add_copy_seat(struct hf_buf *out, const struct hall *hall, size_t i)
{
	const struct seat *seat = &hall->seats[i];

	hf_buf_printf(out, "%zu\t%zu\t%lld\t%lld\t%lld\t%lld\t%s", seat->line,
		      i + 1, (long long)seat->number,
		      (long long)seat->price_minor, (long long)seat->pos,
		      (long long)seat->quality, seat->accessible ? "t" : "f");
	add_copy_word(out, seat->id);
	add_copy_word(out, seat->section);
	add_copy_word(out, seat->row);
	add_copy_word(out, seat->category);
	add_copy_tenths(out, hall->has_xy, seat->x10);
	add_copy_tenths(out, hall->has_xy, seat->y10);
	hf_buf_add_char(out, '\n');
}

static int send_copy(PGconn *db, struct hf_buf *out)
{
	struct hf_slice s = hf_buf_slice(out);
	int sent = PQputCopyData(db, s.data, (int)s.len);

	hf_buf_consume(out, s.len);
	return sent == 1 ? 0 : HF_EUNREACHABLE;
}

static int send_seats(PGconn *db, const struct hall *hall)
{
	struct hf_buf out;
	int rc = 0;

	hf_buf_init(&out, 2 * COPY_CHUNK);
	for (size_t i = 0; rc == 0 && i < hall->n; i++) {
		add_copy_seat(&out, hall, i);
		if (hf_buf_len(&out) > COPY_CHUNK)
			rc = send_copy(db, &out);
	}
	if (rc == 0)
		rc = send_copy(db, &out);
	hf_buf_fini(&out);
	return rc;
}

/* Into a table of this transaction, where they are looked at once more. */
static int copy_seats(PGconn *db, const struct hall *hall)
{
	PGresult *result;
	bool copied;
	int rc = database_run(
	    db, "CREATE TEMP TABLE loaded (line bigint, sale_order integer, "
		"seat_number integer, price_minor bigint, pos integer, "
		"quality integer, accessible boolean, id text COLLATE \"C\", "
		"section text, seat_row text, category text, x real, y real) "
		"ON COMMIT DROP");

	if (rc < 0)
		return rc;
	PQclear(PQexec(db, "COPY loaded FROM STDIN"));
	rc = send_seats(db, hall);
	if (PQputCopyEnd(db, rc < 0 ? "interrupted" : NULL) != 1)
		rc = HF_EUNREACHABLE;
	result = PQgetResult(db);
	copied = PQresultStatus(result) == PGRES_COMMAND_OK;
	if (!copied)
		say_error("%s", PQresultErrorMessage(result));
	while (result != NULL) {
		PQclear(result);
		result = PQgetResult(db);
	}
	return copied ? rc : HF_EUNREACHABLE;
}

/* Ids are of one event: those of this one are gone by now. */
static int check_ids(PGconn *db, struct complaints *c)
{
	PGresult *rows =
	    database_query(db,
			   "SELECT l.line, l.id, t.event_id FROM loaded AS l "
			   "JOIN tickets AS t ON t.id = l.id ORDER BY l.line",
			   0, NULL);

	if (rows == NULL)
		return HF_EUNREACHABLE;
	for (int i = 0; i < PQntuples(rows); i++)
		complain(c, strtoul(PQgetvalue(rows, i, 0), NULL, 10),
			 "the id %s is of a ticket of event %s already",
			 PQgetvalue(rows, i, 1), PQgetvalue(rows, i, 2));
	PQclear(rows);
	return complaints_end(c);
}

static int insert_seats(PGconn *db, const char *event)
{
	return run_with(db,
			"INSERT INTO tickets (id, event_id, sale_order, "
			"section, seat_row, seat_number, price_minor, "
			"currency, category, x, y, pos, quality, accessible) "
			"SELECT l.id, e.id, l.sale_order, l.section, "
			"l.seat_row, l.seat_number, l.price_minor, "
			"e.currency, l.category, l.x, l.y, l.pos, l.quality, "
			"l.accessible FROM loaded AS l, events AS e "
			"WHERE e.id = $1 ORDER BY l.sale_order",
			1, &event);
}

int tickets_replace(PGconn *db, const struct event_terms *terms,
		    const struct hall *hall, struct complaints *c,
		    const struct ticket_counts *agreed)
{
	int rc = begin_anew(db, terms, agreed);

	if (rc == 0)
		rc = copy_seats(db, hall);
	if (rc == 0)
		rc = check_ids(db, c);
	if (rc == 0)
		rc = insert_seats(db, terms->id);
	return end_anew(db, terms, rc);
}
