#include "config.h"

#include "fcgi/store.h"

#include "fcgi/store_inner.h"
#include "libhold/err.h"
#include "libhold/log.h"
#include "libhold/mem.h"
#include "libhold/slice.h"

#include <assert.h>
#include <stdlib.h>
#include <sys/random.h>

/*
 * The statements. Each is one transaction and one round trip.
 *
 * They run at READ COMMITTED (pg_link.c), and are right there for this
 * reason. A plain UPDATE finds its row in the statement's snapshot; if
 * somebody has changed that row since, PostgreSQL waits for him to commit,
 * fetches the newest version and evaluates WHERE and SET again on that, so
 * a decision is always made on the version that is replaced. A basket needs
 * one decision on several rows: it locks them first (in the order of ids by
 * bytes, which is every basket's order, so no two wait for each other), and a
 * locking SELECT gives the newest versions by the same rule. From then on
 * nobody else can change them, and the UPDATE, which finds the old versions
 * in the snapshot, arrives at the very ones that were locked. It is guarded
 * by a sub-select over all locked rows, which is evaluated before the first
 * row is changed.
 *
 * A statement that may commit without waiting for the disk says so itself,
 * by set_config(..., is_local), which ends with its transaction: reserve and
 * release may be lost in a power cut, as the lock holds the ticket; book may
 * not.
 *
 * Repeats: reserve is idempotent by its token, book and release are by their
 * effect. The link never repeats what was sent once, so HF_EUNREACHABLE may
 * mean that it was done; the caller's repeat then finds it done.
 */

#define NO_WAIT "set_config('synchronous_commit', 'off', true)"

/* The published calls sell the tickets of this event. */
#define OURS "t.event_id = 'default'"

#define SALE_IS_OPEN                                        \
	"(SELECT NOT closed AND coalesce(sale_opens_at <= " \
	"clock_timestamp(), true) FROM events WHERE id = 'default')"

/* May a holder with this token take row t? store.h says the rule. */
#define TAKEABLE(client, fence, service)                                \
	"(t.state IN ('free', 'reserved') AND " OURS " AND CASE "       \
	"WHEN t.lock_service = " service " THEN t.fence < " fence       \
	" OR (t.fence = " fence " AND t.holder = " client ") ELSE "     \
	"t.state = 'free' OR t.reserved_until <= clock_timestamp() END" \
	" AND " SALE_IS_OPEN ")"

/* The same token again moves no deadline. */
#define TAKE(client, fence, service, ms)                          \
	"state = 'reserved', holder = " client ", fence = " fence \
	", lock_service = " service ", reserved_until = CASE "    \
	"WHEN t.lock_service = " service " AND t.fence = " fence  \
	" THEN t.reserved_until ELSE clock_timestamp() + " ms     \
	" * interval '1 millisecond' END"

#define BOOKABLE(client, fence, service)                                       \
	"(t.state = 'reserved' AND t.holder = " client " AND t.fence = " fence \
	" AND t.lock_service = " service " AND " OURS ")"

#define BOOK                                        \
	"state = 'booked', reserved_until = NULL, " \
	"booked_at = clock_timestamp()"

/*
 * Whose t is; a free one is still its last holder's when his time ran out and
 * that was all that happened (expirer.h), so that he is told why.
 */
#define MINE(client)                                                        \
	"CASE t.state WHEN 'free' THEN (SELECT h.op = 'expire' AND "        \
	"h.holder = " client " FROM history AS h WHERE h.ticket_id = t.id " \
	"AND h.seq = t.history_seq) ELSE t.holder = " client " END"

/* One row of store_rows(), see read_rows(). */
#define SEEN_BY(client)                                                     \
	"t.state, " MINE(client) " AS mine, (extract(epoch FROM "           \
				 "t.reserved_until - clock_timestamp()) * " \
				 "1000000)::bigint AS "                     \
				 "left_us, " SALE_IS_OPEN " AS open"

enum statement {
	RESERVE_ONE,
	RESERVE,
	BOOK_ONE,
	BOOK_ALL,
	RELEASE,
	ROWS,
	AVAILABLE,
	CONFIRM,
	PING,
};

static const struct pg_statement statements[] = {
	[RESERVE_ONE] = {
		"reserve_one",
		/* id, client, fence, service, ms */
		"UPDATE tickets AS t SET "
		TAKE("$2", "$3", "$4", "$5")
		" WHERE t.id = $1 AND "
		TAKEABLE("$2", "$3", "$4")
		" RETURNING " NO_WAIT,
		5,
		{ PG_TEXT, PG_TEXT, PG_INT8, PG_TEXT, PG_INT8 },
	},
	[RESERVE] = {
		"reserve",
		/* ids, client, fences, service, ms of each */
		"WITH wanted AS MATERIALIZED ("
		"SELECT t.id, w.fence, w.ms, "
		TAKEABLE("$2", "w.fence", "$4") " AS takeable, "
		NO_WAIT " "
		"FROM unnest($1, $3, $5) AS w (id, fence, ms) "
		"JOIN tickets AS t ON t.id = w.id "
		"ORDER BY t.id FOR NO KEY UPDATE OF t), "
		"taken AS (UPDATE tickets AS t SET "
		TAKE("$2", "w.fence", "$4", "w.ms")
		" FROM wanted AS w WHERE t.id = w.id AND "
		"(SELECT count(*) FILTER (WHERE takeable) FROM wanted) "
		"= cardinality($1) RETURNING 1) "
		"SELECT FROM taken",
		5,
		{ PG_TEXT_ARRAY, PG_TEXT, PG_INT8_ARRAY, PG_TEXT,
		  PG_INT8_ARRAY },
	},
	[BOOK_ONE] = {
		"book_one",
		/* id, client, fence, service */
		"UPDATE tickets AS t SET " BOOK " WHERE t.id = $1 AND "
		BOOKABLE("$2", "$3", "$4") " RETURNING 1",
		4,
		{ PG_TEXT, PG_TEXT, PG_INT8, PG_TEXT },
	},
	[BOOK_ALL] = {
		"book",
		/* ids, client, fences, service */
		"WITH wanted AS MATERIALIZED (SELECT t.id, "
		BOOKABLE("$2", "w.fence", "$4") " AS bookable "
		"FROM unnest($1, $3) AS w (id, fence) "
		"JOIN tickets AS t ON t.id = w.id "
		"ORDER BY t.id FOR NO KEY UPDATE OF t) "
		"UPDATE tickets AS t SET " BOOK
		" FROM wanted AS w WHERE t.id = w.id AND "
		"(SELECT count(*) FILTER (WHERE bookable) FROM wanted) "
		"= cardinality($1) RETURNING 1",
		4,
		{ PG_TEXT_ARRAY, PG_TEXT, PG_INT8_ARRAY, PG_TEXT },
	},
	[RELEASE] = {
		"release",
		/* ids, client */
		"WITH wanted AS MATERIALIZED (SELECT t.id, w.nr, "
		SEEN_BY("$2")
		" FROM unnest($1) WITH ORDINALITY AS w (id, nr) "
		"JOIN tickets AS t ON t.id = w.id AND " OURS " "
		"ORDER BY t.id FOR NO KEY UPDATE OF t), "
		"freed AS (UPDATE tickets AS t SET state = 'free', "
		"holder = NULL, reserved_until = NULL FROM wanted AS w "
		"WHERE t.id = w.id AND w.state = 'reserved' AND w.mine) "
		"SELECT nr, state, mine, left_us, open, " NO_WAIT
		" FROM wanted",
		2,
		{ PG_TEXT_ARRAY, PG_TEXT },
	},
	[ROWS] = {
		"rows",
		/* ids, client */
		"SELECT w.nr, " SEEN_BY("$2")
		" FROM unnest($1) WITH ORDINALITY AS w (id, nr) "
		"JOIN tickets AS t ON t.id = w.id AND " OURS,
		2,
		{ PG_TEXT_ARRAY, PG_TEXT },
	},
	[AVAILABLE] = {
		"available",
		"SELECT id FROM tickets AS t WHERE " OURS " AND "
		SALE_IS_OPEN " AND (state = 'free' OR (state = "
		"'reserved' AND reserved_until <= clock_timestamp())) "
		"ORDER BY sale_order",
		0,
		{ 0 },
	},
	/*
	 * A server that was restarted shows commits that its standby may not
	 * have yet. A record of our own comes after them in the log, and its
	 * commit waits for the standby to have both.
	 */
	[CONFIRM] = {
		"confirm",
		"SELECT pg_logical_emit_message(true, 'holdfast', '')",
		0,
		{ 0 },
	},
	[PING] = { "ping", "SELECT 1", 0, { 0 } },
	{ 0 },
};

static const struct pg_statement *const tables[] = {
	statements,
	store_best_statements,
	store_hold_statements,
	store_key_statements,
	store_line_statements,
	store_order_statements,
	store_event_statements,
	store_oversold_statements,
	store_backup_statements,
	store_form_statements,
	NULL,
};

struct store *store_new(const char *url, struct meter *meter)
{
	struct store *store = hf_new(struct store);
	uint64_t seed;

	if (getrandom(&seed, sizeof(seed), 0) != sizeof(seed))
		hf_fatal("cannot read random bytes");
	pg_link_init(&store->link, url, tables, seed, meter);
	return store;
}

void store_free(struct store **store)
{
	if (*store != NULL)
		pg_link_fini(&(*store)->link);
	free(*store);
	*store = NULL;
}

/* ---- what comes back ----------------------------------------------------- */

static bool read_int(const PGresult *result, int row, int column,
		     int64_t *number)
{
	struct hf_slice text = { PQgetvalue(result, row, column),
				 (size_t)PQgetlength(result, row, column) };

	return hf_slice_int64(text, number) == 0;
}

static enum store_state read_state(const char *text, bool mine, bool past)
{
	/* Kept back by the box office: to a client as good as sold. */
	if (strcmp(text, "booked") == 0 || strcmp(text, "blocked") == 0)
		return STORE_BOOKED;
	if (strcmp(text, "reserved") == 0 && !past)
		return STORE_RESERVED;
	return mine ? STORE_LAPSED : STORE_FREE;
}

/* Columns of SEEN_BY, from the second on. NULLs read as "": not ours, past. */
static void read_row(const PGresult *result, int row, struct store_row *out)
{
	bool mine = strcmp(PQgetvalue(result, row, 2), "t") == 0;
	int64_t left_us = 0;
	bool past = !read_int(result, row, 3, &left_us) || left_us <= 0;

	out->mine = mine;
	out->closed = strcmp(PQgetvalue(result, row, 4), "t") != 0;
	out->state = read_state(PQgetvalue(result, row, 1), mine, past);
	if (out->state == STORE_RESERVED)
		out->remaining_ms = (left_us + 999) / 1000;
}

/* The first column is the ticket's number in the basket, from 1. */
static void read_rows(const PGresult *result, size_t n,
		      struct store_row rows_out[BASKET_MAX])
{
	for (size_t i = 0; i < n; i++)
		rows_out[i] = (struct store_row){ .state = STORE_UNKNOWN };
	for (int row = 0; row < PQntuples(result); row++) {
		int64_t nr;

		if (read_int(result, row, 0, &nr) && nr >= 1 &&
		    nr <= (int64_t)n)
			read_row(result, row, &rows_out[nr - 1]);
	}
}

/* Runs a statement that gives a row for each ticket it changed. */
static int change(struct store *store, enum statement statement,
		  const struct pg_params *params, size_t *changed_out)
{
	PGresult *result =
	    pg_link_run(&store->link, &statements[statement], params);

	if (result == NULL)
		return HF_EUNREACHABLE;
	*changed_out = (size_t)PQntuples(result);
	PQclear(result);
	return 0;
}

/* A change that is for all tickets or none; of the latter, tells why. */
static int change_all(struct store *store, enum statement statement,
		      const struct pg_params *params,
		      const struct basket *basket, const char *client,
		      int refusal, struct store_row rows_out[BASKET_MAX])
{
	size_t changed = 0;
	int rc = change(store, statement, params, &changed);

	if (rc < 0 || changed == basket->n)
		return rc;
	rc = store_rows(store, basket, client, rows_out);
	return rc == 0 ? refusal : rc;
}

/* ---- the calls ----------------------------------------------------------- */

/* Both forms of reserve and book begin alike: tickets, client, tokens. */
static void put_tickets(struct pg_params *params, const struct basket *basket,
			const char *client, const struct hold_answer *answer)
{
	int64_t fences[BASKET_MAX];

	assert(basket->n >= 1 && basket->n <= BASKET_MAX);
	pg_params_init(params);
	if (basket->n == 1) {
		pg_params_text(params, basket->ids[0]);
		pg_params_text(params, client);
		pg_params_int8(params, answer->grants[0].fence);
	} else {
		for (size_t i = 0; i < basket->n; i++)
			fences[i] = answer->grants[i].fence;
		pg_params_texts(params, basket->ids, basket->n);
		pg_params_text(params, client);
		pg_params_int8s(params, fences, basket->n);
	}
	pg_params_text(params, answer->service);
}

int store_reserve(struct store *store, const struct basket *basket,
		  const char *client, const struct hold_answer *answer,
		  struct store_row rows_out[BASKET_MAX])
{
	int64_t ms[BASKET_MAX];
	struct pg_params params;

	put_tickets(&params, basket, client, answer);
	for (size_t i = 0; i < basket->n; i++)
		ms[i] = answer->grants[i].remaining_ms;
	if (basket->n == 1)
		pg_params_int8(&params, ms[0]);
	else
		pg_params_int8s(&params, ms, basket->n);
	return change_all(store, basket->n == 1 ? RESERVE_ONE : RESERVE,
			  &params, basket, client, HF_EHELD, rows_out);
}

int store_book(struct store *store, const struct basket *basket,
	       const char *client, const struct hold_answer *answer,
	       struct store_row rows_out[BASKET_MAX])
{
	struct pg_params params;

	put_tickets(&params, basket, client, answer);
	return change_all(store, basket->n == 1 ? BOOK_ONE : BOOK_ALL, &params,
			  basket, client, HF_ENOTOWNER, rows_out);
}

static int tell_rows(struct store *store, enum statement statement,
		     const struct basket *basket, const char *client,
		     struct store_row rows_out[BASKET_MAX])
{
	struct pg_params params;
	PGresult *result;

	assert(basket->n >= 1 && basket->n <= BASKET_MAX);
	pg_params_init(&params);
	pg_params_texts(&params, basket->ids, basket->n);
	pg_params_text(&params, client);
	result = pg_link_run(&store->link, &statements[statement], &params);
	if (result == NULL)
		return HF_EUNREACHABLE;
	read_rows(result, basket->n, rows_out);
	PQclear(result);
	return 0;
}

int store_release(struct store *store, const struct basket *basket,
		  const char *client, struct store_row rows_out[BASKET_MAX])
{
	return tell_rows(store, RELEASE, basket, client, rows_out);
}

int store_rows(struct store *store, const struct basket *basket,
	       const char *client, struct store_row rows_out[BASKET_MAX])
{
	return tell_rows(store, ROWS, basket, client, rows_out);
}

int store_available(struct store *store, store_id_fn *each, void *arg)
{
	struct pg_params params;
	PGresult *result;

	pg_params_init(&params);
	result = pg_link_run(&store->link, &statements[AVAILABLE], &params);
	if (result == NULL)
		return HF_EUNREACHABLE;
	for (int row = 0; row < PQntuples(result); row++)
		each(arg, PQgetvalue(result, row, 0));
	PQclear(result);
	return 0;
}

int store_confirm(struct store *store)
{
	struct pg_params params;
	size_t rows;

	pg_params_init(&params);
	return change(store, CONFIRM, &params, &rows);
}

int store_ping(struct store *store)
{
	struct pg_params params;
	size_t rows;

	pg_params_init(&params);
	return change(store, PING, &params, &rows);
}
