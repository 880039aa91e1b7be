/*
 * holdfast-admin release, cancel, block, unblock: each in one transaction, all
 * the tickets that were named or none.
 *
 * First it says what it would change, and asks. Then it locks the rows, in the
 * order of their ids by bytes as everybody does, and looks again: what has
 * changed meanwhile makes it refuse.
 */
#include "config.h"

#include "db/admin.h"
#include "libhold/err.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * The tickets that $1 names: by id, or all whose ids begin with what stands
 * before a final star.
 */
#define NAMED                                                       \
	"EXISTS (SELECT FROM unnest($1::text[]) AS w (word) WHERE " \
	"t.id = word OR (right(word, 1) = '*' AND "                 \
	"starts_with(t.id, left(word, -1))))"

/* A hold ends as a whole: its other tickets go with the one that is named. */
#define HELD_WITH_NAMED                                                 \
	"(t.id, t.holder) IN (SELECT unnest(h.ticket_ids), h.holder "   \
	"FROM holds AS h WHERE h.ended_at IS NULL AND h.ticket_ids && " \
	"ARRAY(SELECT t.id FROM tickets AS t WHERE " NAMED "))"

/*
 * Tickets are locked when this runs, so no hold may be waited for: whose call
 * has it now finds its tickets gone.
 */
#define END_HOLDS                                                   \
	"UPDATE holds SET ended_at = clock_timestamp(), "           \
	"end_state = 'released' WHERE id IN (SELECT id FROM holds " \
	"WHERE ended_at IS NULL AND ticket_ids && "                 \
	"ARRAY(SELECT t.id FROM tickets AS t WHERE " NAMED ") "     \
	"FOR UPDATE SKIP LOCKED)"

struct change {
	const char *which; /* tickets t, by the array $1 */
	const char *fits;  /* those that it can be done to */
	const char *set;
	const char *then;     /* another statement about $1, or NULL */
	const char *done;     /* "3 tickets were released" */
	const char *question; /* printf: how many */
	const char *refusal;  /* of one that does not fit */
};

#define FREE "state = 'free', holder = NULL, reserved_until = NULL"

static const struct change release = {
	.which = NAMED " OR (t.state = 'reserved' AND " HELD_WITH_NAMED ")",
	.fits = "t.state = 'reserved'",
	.set = FREE,
	.then = END_HOLDS,
	.done = "released",
	.question = "Take %d tickets from who holds them?",
	.refusal = "is not held",
};

static const struct change cancel = {
	.which = "t.order_number = ANY ($1::text[])",
	.fits = "t.state = 'booked'",
	.set = FREE ", booked_at = NULL",
	.done = "cancelled and for sale again",
	.question = "Cancel the sale of %d tickets?",
	.refusal = "is not booked",
};

static const struct change block = {
	.which = NAMED,
	.fits = "(t.state = 'free' OR (t.state = 'reserved' "
		"AND t.reserved_until <= clock_timestamp()))",
	.set = "state = 'blocked', holder = NULL, reserved_until = NULL",
	.done = "blocked",
	.question = "Take %d tickets out of the sale?",
	.refusal = "is held, sold or blocked already",
};

static const struct change unblock = {
	.which = NAMED,
	.fits = "t.state = 'blocked'",
	.set = FREE,
	.done = "for sale again",
	.question = "Put %d tickets up for sale?",
	.refusal = "is not blocked",
};

/* ---- one change ---------------------------------------------------------- */

enum { QUERY_MAX = 4096 };

/* The tickets, whether each fits, and what to call it. */
static PGresult *look(struct admin *a, const struct change *change,
		      const char *names, bool lock)
{
	char text[QUERY_MAX];

	snprintf(text, sizeof(text),
		 "SELECT t.id, %s, t.section || ', row ' || t.seat_row || "
		 "', seat ' || t.seat_number FROM tickets AS t WHERE %s "
		 "ORDER BY t.id%s",
		 change->fits, change->which,
		 lock ? " FOR NO KEY UPDATE OF t" : "");
	return database_query(a->db, text, 1, &names);
}

/* 0, or HF_EHELD after a line for each ticket that does not fit. */
static int check_fit(const PGresult *rows, const struct change *change)
{
	int rc = 0;

	for (int i = 0; i < PQntuples(rows); i++) {
		if (PQgetvalue(rows, i, 1)[0] == 't')
			continue;
		say_error("ticket %s (%s) %s", PQgetvalue(rows, i, 0),
			  PQgetvalue(rows, i, 2), change->refusal);
		rc = HF_EHELD;
	}
	return rc;
}

static void print_tickets(const PGresult *rows)
{
	for (int i = 0; i < PQntuples(rows); i++)
		printf("%s (%s)\n", PQgetvalue(rows, i, 0),
		       PQgetvalue(rows, i, 2));
}

static int ask(struct admin *a, const struct change *change,
	       const PGresult *rows)
{
	char count[16], question[128];
	const char *mark = strstr(change->question, "%d");

	snprintf(count, sizeof(count), "%d", PQntuples(rows));
	snprintf(question, sizeof(question), "%.*s%s%s",
		 (int)(mark - change->question), change->question, count,
		 mark + 2);
	return admin_ask(a, question);
}

/* The same tickets as were agreed to, all of them fit. */
static int check_again(const PGresult *now, const PGresult *agreed,
		       const struct change *change)
{
	bool same = PQntuples(now) == PQntuples(agreed);

	for (int i = 0; same && i < PQntuples(now); i++)
		same = strcmp(PQgetvalue(now, i, 0),
			      PQgetvalue(agreed, i, 0)) == 0;
	if (same)
		return check_fit(now, change);
	say_error("the tickets have changed meanwhile; nothing was done");
	return HF_EHELD;
}

/* Workers then tell the pages that are open. Before it: names may not fit
 * after. */
static int tell_workers(struct admin *a, const struct change *change,
			const char *names)
{
	char text[QUERY_MAX];
	PGresult *result;

	snprintf(text, sizeof(text),
		 "SELECT office_told(event_id, false) FROM (SELECT DISTINCT "
		 "t.event_id FROM tickets AS t WHERE %s) AS changed",
		 change->which);
	result = database_query(a->db, text, 1, &names);
	PQclear(result);
	return result != NULL ? 0 : HF_EUNREACHABLE;
}

static int update(struct admin *a, const struct change *change,
		  const char *names)
{
	char text[QUERY_MAX];
	PGresult *result;

	snprintf(text, sizeof(text),
		 "UPDATE tickets AS t SET %s WHERE (%s) AND %s", change->set,
		 change->which, change->fits);
	result = database_query(a->db, text, 1, &names);
	PQclear(result);
	if (result != NULL && change->then != NULL) {
		result = database_query(a->db, change->then, 1, &names);
		PQclear(result);
	}
	return result != NULL ? 0 : HF_EUNREACHABLE;
}

static int apply(struct admin *a, const struct change *change,
		 const char *names, const PGresult *agreed)
{
	PGresult *now = NULL;
	int rc = admin_begin(a);

	if (rc == 0) {
		now = look(a, change, names, true);
		rc = now != NULL ? check_again(now, agreed, change)
				 : HF_EUNREACHABLE;
	}
	if (rc == 0)
		rc = tell_workers(a, change, names);
	if (rc == 0)
		rc = update(a, change, names);
	PQclear(now);
	return database_end(a->db, rc);
}

static int agree_and_apply(struct admin *a, const struct change *change,
			   const char *names)
{
	PGresult *rows = look(a, change, names, false);
	int rc;

	if (rows == NULL)
		return HF_EUNREACHABLE;
	rc = check_fit(rows, change);
	if (rc == 0) {
		print_tickets(rows);
		rc = ask(a, change, rows);
	}
	if (rc == 0)
		rc = apply(a, change, names, rows);
	if (rc == 0)
		printf("%d tickets are %s\n", PQntuples(rows), change->done);
	PQclear(rows);
	return rc;
}

/* ---- what was named ------------------------------------------------------ */

/* 0, or HF_ENOTFOUND after a line for each word that names nothing. */
static int check_words(struct admin *a, const char *names, const char *text,
		       const char *what)
{
	PGresult *rows = database_query(a->db, text, 1, &names);
	int rc = 0;

	if (rows == NULL)
		return HF_EUNREACHABLE;
	for (int i = 0; i < PQntuples(rows); i++) {
		say_error("there is no %s %s", what, PQgetvalue(rows, i, 0));
		rc = HF_ENOTFOUND;
	}
	PQclear(rows);
	return rc;
}

#define NO_TICKET                                                           \
	"SELECT word FROM unnest($1::text[]) AS w (word) WHERE NOT EXISTS " \
	"(SELECT FROM tickets AS t WHERE t.id = word OR "                   \
	"(right(word, 1) = '*' AND starts_with(t.id, left(word, -1))))"

#define NO_ORDER                                                            \
	"SELECT word FROM unnest($1::text[]) AS w (word) WHERE NOT EXISTS " \
	"(SELECT FROM orders WHERE number = word)"

#define OVER                                                         \
	"SELECT number FROM orders WHERE number = ANY ($1::text[]) " \
	"AND cancelled_at IS NOT NULL"

static int change_tickets(struct admin *a, const struct change *change)
{
	char *names = admin_array(a, 0);
	int rc = check_words(a, names, NO_TICKET, "ticket");

	if (rc == 0)
		rc = agree_and_apply(a, change, names);
	free(names);
	return rc;
}

int admin_release(struct admin *a)
{
	return change_tickets(a, &release);
}

int admin_block(struct admin *a)
{
	return change_tickets(a, &block);
}

int admin_unblock(struct admin *a)
{
	return change_tickets(a, &unblock);
}

int admin_cancel(struct admin *a)
{
	char *names = admin_array(a, 0);
	int rc = check_words(a, names, NO_ORDER, "order");

	if (rc == 0)
		rc = check_words(a, names, OVER, "sale left in order");
	if (rc == 0)
		rc = agree_and_apply(a, &cancel, names);
	free(names);
	return rc;
}
