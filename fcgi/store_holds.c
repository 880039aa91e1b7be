#include "config.h"

#include "fcgi/store_holds.h"

#include "fcgi/pg_rows.h"
#include "fcgi/store_inner.h"
#include "libhold/err.h"
#include "libhold/log.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum statement {
	EVENT_TERMS,
	HOLD_TAKE,
	LINE_HOLD_TAKE,
	HOLD_SHOW,
	HOLDS_OF,
	HOLD_EXTEND,
	HOLD_RELEASE,
	HOLD_BOOK,
	SEATS_SEEN,
	SEATS_NEAR,
};

const struct pg_statement store_hold_statements[] = {
	[EVENT_TERMS] = {
		"event_terms",
		"SELECT sale, hold_seconds, opens_in_ms, line_exists($1) "
		"FROM event_terms($1)",
		1,
		{ PG_TEXT },
	},
	[HOLD_TAKE] = {
		"hold_take",
		"SELECT outcome, hold_id, left_ms, seats_limit, seats_used "
		"FROM hold_take($1, $2, $3, $4, $5, $6, $7)",
		7,
		{ PG_TEXT, PG_TEXT, PG_TEXT, PG_TEXT_ARRAY, PG_INT8_ARRAY,
		  PG_TEXT, PG_INT8 },
	},
	[LINE_HOLD_TAKE] = {
		"line_hold_take",
		"SELECT outcome, hold_id, left_ms, seats_limit, seats_used "
		"FROM line_hold_take($1, $2, $3, $4, $5, $6, $7)",
		7,
		{ PG_TEXT, PG_TEXT, PG_TEXT, PG_TEXT_ARRAY, PG_INT8_ARRAY,
		  PG_TEXT, PG_INT8 },
	},
	[HOLD_SHOW] = {
		"hold_show",
		"SELECT * FROM hold_show($1, $2)",
		2,
		{ PG_TEXT, PG_TEXT },
	},
	[HOLDS_OF] = {
		"holds_of",
		"SELECT * FROM holds_of($1)",
		1,
		{ PG_TEXT },
	},
	[HOLD_EXTEND] = {
		"hold_extend",
		"SELECT outcome, left_ms "
		"FROM hold_extend($1, $2, $3, $4, $5)",
		5,
		{ PG_TEXT, PG_TEXT, PG_INT8, PG_INT8_ARRAY, PG_TEXT },
	},
	[HOLD_RELEASE] = {
		"hold_release",
		"SELECT outcome FROM hold_release($1, $2)",
		2,
		{ PG_TEXT, PG_TEXT },
	},
	[HOLD_BOOK] = {
		"hold_book",
		"SELECT outcome, order_number "
		"FROM hold_book($1, $2, $3, $4)",
		4,
		{ PG_TEXT, PG_TEXT, PG_TEXT, PG_TEXT },
	},
	[SEATS_SEEN] = {
		"seats_seen",
		"SELECT nr, state, mine, left_ms, ordinal "
		"FROM seats_seen($1, $2, $3)",
		3,
		{ PG_TEXT, PG_TEXT_ARRAY, PG_TEXT },
	},
	[SEATS_NEAR] = {
		"seats_near",
		/*
		 * event, ordinal, how many. Seats near each other have near
		 * ordinals, so a part of the hall is looked at first, which
		 * the index finds; all of it only when that is sold out.
		 */
		"WITH lost AS MATERIALIZED (SELECT section, price_minor "
		"FROM tickets WHERE event_id = $1 AND sale_order = $2), "
		"near AS MATERIALIZED (SELECT t.id, t.sale_order, t.section, "
		"t.price_minor FROM tickets AS t WHERE t.event_id = $1 "
		"AND t.sale_order BETWEEN $2 - 100 AND $2 + 100 "
		"AND (t.state = 'free' OR t.state = 'reserved' "
		"AND t.reserved_until <= clock_timestamp())), "
		"far AS (SELECT t.id, t.sale_order, t.section, t.price_minor "
		"FROM tickets AS t WHERE NOT EXISTS (SELECT FROM near) "
		"AND t.event_id = $1 AND t.state = 'free' LIMIT $3) "
		"SELECT f.id FROM (SELECT * FROM near UNION ALL "
		"SELECT * FROM far) AS f, lost AS l "
		"ORDER BY f.section <> l.section, "
		"f.price_minor <> l.price_minor, abs(f.sale_order - $2) "
		"LIMIT $3",
		3,
		{ PG_TEXT, PG_INT8, PG_INT8 },
	},
	{ 0 },
};

/* ---- what comes back ----------------------------------------------------- */

static const struct {
	const char *text;
	enum hold_outcome outcome;
} outcomes[] = {
	{ "ok", HOLD_OK },
	{ "open", HOLD_OK },
	{ "again", HOLD_AGAIN },
	{ "replayed", HOLD_REPLAYED },
	{ "refused", HOLD_REFUSED },
	{ "line", HOLD_IN_LINE },
	{ "closed", HOLD_SALE_CLOSED },
	{ "not_yet", HOLD_SALE_NOT_YET },
	{ "expired", HOLD_EXPIRED },
	{ "released", HOLD_RELEASED },
	{ "booked", HOLD_BOOKED },
	{ "unknown", HOLD_UNKNOWN },
	{ "not_yours", HOLD_NOT_YOURS },
	{ "none_left", HOLD_NONE_LEFT },
	{ "key_reused", HOLD_KEY_REUSED },
	{ "in_progress", HOLD_IN_PROGRESS },
};

/* limit: what "limit" means to this function. */
static enum hold_outcome outcome_of(const PGresult *result, int row,
				    enum hold_outcome limit)
{
	const char *text = PQgetvalue(result, row, 0);

	for (size_t i = 0; i < HF_LEN(outcomes); i++) {
		if (strcmp(outcomes[i].text, text) == 0)
			return outcomes[i].outcome;
	}
	if (strcmp(text, "limit") == 0)
		return limit;
	hf_warnx("the database gave an unknown outcome text=%s", text);
	return HOLD_STORE_AWAY;
}

static PGresult *run(struct store *store, enum statement statement,
		     const struct pg_params *params)
{
	return pg_link_run(&store->link, &store_hold_statements[statement],
			   params);
}

static void put_hold(struct pg_params *params, const char *id,
		     const char *holder)
{
	pg_params_init(params);
	pg_params_text(params, id);
	pg_params_text(params, holder);
}

/* A function's one row, which the caller frees; NULL: nothing came. */
static PGresult *run_for_one(struct store *store, enum statement statement,
			     const struct pg_params *params)
{
	PGresult *result = run(store, statement, params);

	if (result != NULL && PQntuples(result) == 1)
		return result;
	PQclear(result);
	return NULL;
}

/* ---- the calls ----------------------------------------------------------- */

int store_event_terms(struct store *store, const char *event,
		      struct event_terms *terms_out)
{
	struct pg_params params;
	PGresult *result;

	pg_params_init(&params);
	pg_params_text(&params, event);
	result = run(store, EVENT_TERMS, &params);
	if (result == NULL)
		return HF_EUNREACHABLE;
	*terms_out = (struct event_terms){ .sale = HOLD_NO_EVENT };
	if (PQntuples(result) == 1) {
		terms_out->sale = outcome_of(result, 0, HOLD_OK);
		terms_out->hold_ms = pg_int(result, 0, 1) * 1000;
		terms_out->opens_in_ms = pg_int(result, 0, 2);
		terms_out->line = pg_bool(result, 0, 3);
	}
	PQclear(result);
	return 0;
}

int store_hold_take(struct store *store, const char *id, const char *event,
		    const char *holder, const struct basket *basket,
		    const struct hold_answer *answer, int64_t ms, bool by_turn,
		    struct hold_taken *taken_out)
{
	int64_t fences[BASKET_MAX];
	struct pg_params params;
	PGresult *result;

	assert(basket->n >= 1 && basket->n <= BASKET_MAX);
	for (size_t i = 0; i < basket->n; i++)
		fences[i] = answer->grants[i].fence;
	pg_params_init(&params);
	pg_params_text(&params, id);
	pg_params_text(&params, event);
	pg_params_text(&params, holder);
	pg_params_texts(&params, basket->ids, basket->n);
	pg_params_int8s(&params, fences, basket->n);
	pg_params_text(&params, answer->service);
	pg_params_int8(&params, ms);
	result =
	    run_for_one(store, by_turn ? LINE_HOLD_TAKE : HOLD_TAKE, &params);
	if (result == NULL)
		return HF_EUNREACHABLE;
	*taken_out = (struct hold_taken){
		.outcome = outcome_of(result, 0, HOLD_OVER_LIMIT),
		.left_ms = pg_int(result, 0, 2),
		.seats_limit = pg_int(result, 0, 3),
		.seats_used = pg_int(result, 0, 4),
	};
	if (taken_out->outcome == HOLD_UNKNOWN)
		taken_out->outcome = HOLD_NO_EVENT;
	snprintf(taken_out->id, sizeof(taken_out->id), "%s",
		 PQgetvalue(result, 0, 1));
	PQclear(result);
	return 0;
}

/* Columns of hold_row, 0006_holds.sql. */
enum hold_column {
	OUTCOME,
	ID,
	EVENT,
	LEFT_MS,
	UNTIL,
	LIMIT_AT,
	EXTENSIONS_LEFT,
	STEP_SECONDS,
	TOTAL,
	CURRENCY,
	SERVICE,
	ORDER,
	TICKET,
	ORDINAL,
	SECTION,
	ROW,
	NUMBER,
	PRICE,
	FENCE,
};

static void begin_view(const PGresult *result, int row, struct hold_view *view)
{
	*view = (struct hold_view){
		.outcome = outcome_of(result, row, HOLD_STORE_AWAY),
		.id = pg_text(result, row, ID),
		.event = pg_text(result, row, EVENT),
		.currency = pg_text(result, row, CURRENCY),
		.service = pg_text(result, row, SERVICE),
		.order = pg_text(result, row, ORDER),
		.until = pg_text(result, row, UNTIL),
		.limit_at = pg_text(result, row, LIMIT_AT),
		.left_ms = pg_int(result, row, LEFT_MS),
		.total_minor = pg_int(result, row, TOTAL),
		.extensions_left = pg_int(result, row, EXTENSIONS_LEFT),
		.step_ms = pg_int(result, row, STEP_SECONDS) * 1000,
	};
}

/* Puts the seat where it belongs by the bytes of its id, too. */
static void add_seat(const PGresult *result, int row, struct hold_view *view)
{
	const char *id = pg_text(result, row, TICKET);
	size_t at = view->n;

	if (id == NULL || view->n == BASKET_MAX)
		return;
	view->seats[view->n++] = (struct held_seat){
		.id = id,
		.section = PQgetvalue(result, row, SECTION),
		.row = PQgetvalue(result, row, ROW),
		.ordinal = pg_int(result, row, ORDINAL),
		.number = pg_int(result, row, NUMBER),
		.price_minor = pg_int(result, row, PRICE),
	};
	for (; at > 0 && strcmp(view->basket.ids[at - 1], id) > 0; at--) {
		view->basket.ids[at] = view->basket.ids[at - 1];
		view->fences[at] = view->fences[at - 1];
	}
	view->basket.ids[at] = id;
	view->fences[at] = pg_int(result, row, FENCE);
	view->basket.n = view->n;
}

/* Rows of one hold follow each other. */
static bool same_hold(const PGresult *result, int row, int next)
{
	return next < PQntuples(result) &&
	       strcmp(PQgetvalue(result, row, ID),
		      PQgetvalue(result, next, ID)) == 0;
}

/* The hold that begins in a row; gives the row behind it. */
static int read_view(const PGresult *result, int row, struct hold_view *view)
{
	begin_view(result, row, view);
	do
		add_seat(result, row++, view);
	while (same_hold(result, row - 1, row));
	return row;
}

int store_hold_show(struct store *store, const char *id, const char *holder,
		    struct hold_view *view_out)
{
	struct pg_params params;
	PGresult *result;

	put_hold(&params, id, holder);
	result = run(store, HOLD_SHOW, &params);
	if (result == NULL)
		return HF_EUNREACHABLE;
	*view_out = (struct hold_view){ .outcome = HOLD_UNKNOWN };
	if (PQntuples(result) > 0)
		(void)read_view(result, 0, view_out);
	view_out->rows = result;
	return 0;
}

void hold_view_fini(struct hold_view *view)
{
	PQclear(view->rows);
	view->rows = NULL;
}

int store_holds_of(struct store *store, const char *holder, hold_view_fn *each,
		   void *arg)
{
	struct pg_params params;
	struct hold_view view;
	PGresult *result;
	int row = 0;

	pg_params_init(&params);
	pg_params_text(&params, holder);
	result = run(store, HOLDS_OF, &params);
	if (result == NULL)
		return HF_EUNREACHABLE;
	while (row < PQntuples(result)) {
		row = read_view(result, row, &view);
		each(arg, &view);
	}
	PQclear(result);
	return 0;
}

int store_hold_extend(struct store *store, const char *id, const char *holder,
		      int64_t ms, size_t n, const int64_t *fences,
		      const char *service, struct hold_extended *extended_out)
{
	struct pg_params params;
	PGresult *result;

	put_hold(&params, id, holder);
	pg_params_int8(&params, ms);
	pg_params_int8s(&params, fences, n);
	pg_params_text(&params, service);
	result = run_for_one(store, HOLD_EXTEND, &params);
	if (result == NULL)
		return HF_EUNREACHABLE;
	*extended_out = (struct hold_extended){
		.outcome = outcome_of(result, 0, HOLD_AT_LIMIT),
		.left_ms = pg_int(result, 0, 1),
	};
	PQclear(result);
	return 0;
}

int store_hold_release(struct store *store, const char *id, const char *holder,
		       enum hold_outcome *outcome_out)
{
	struct pg_params params;
	PGresult *result;

	put_hold(&params, id, holder);
	result = run_for_one(store, HOLD_RELEASE, &params);
	if (result == NULL)
		return HF_EUNREACHABLE;
	*outcome_out = outcome_of(result, 0, HOLD_STORE_AWAY);
	PQclear(result);
	return 0;
}

int store_hold_book(struct store *store, const char *id, const char *holder,
		    const char *key, const char *fingerprint,
		    struct hold_booked *booked_out)
{
	struct pg_params params;
	PGresult *result;

	put_hold(&params, id, holder);
	pg_params_text(&params, key);
	pg_params_text(&params, fingerprint);
	result = run_for_one(store, HOLD_BOOK, &params);
	if (result == NULL)
		return HF_EUNREACHABLE;
	booked_out->outcome = outcome_of(result, 0, HOLD_STORE_AWAY);
	snprintf(booked_out->order, sizeof(booked_out->order), "%s",
		 PQgetvalue(result, 0, 1));
	PQclear(result);
	return booked_out->outcome == HOLD_REPLAYED ? store_confirm(store) : 0;
}

static enum seat_state state_of(const char *text)
{
	static const char *const states[] = {
		[SEAT_AVAILABLE] = "available",
		[SEAT_HELD] = "held",
		[SEAT_BOOKED] = "booked",
		[SEAT_BLOCKED] = "blocked",
	};
	enum seat_state state = SEAT_AVAILABLE;

	while (state < SEAT_UNKNOWN && strcmp(states[state], text) != 0)
		state++;
	return state;
}

int store_seats_seen(struct store *store, const char *event,
		     const struct basket *basket, const char *holder,
		     struct seat_seen seen_out[BASKET_MAX])
{
	struct pg_params params;
	PGresult *result;

	pg_params_init(&params);
	pg_params_text(&params, event);
	pg_params_texts(&params, basket->ids, basket->n);
	pg_params_text(&params, holder);
	result = run(store, SEATS_SEEN, &params);
	if (result == NULL)
		return HF_EUNREACHABLE;
	for (size_t i = 0; i < basket->n; i++)
		seen_out[i] = (struct seat_seen){ .state = SEAT_UNKNOWN };
	for (int row = 0; row < PQntuples(result); row++) {
		int64_t nr = pg_int(result, row, 0);

		if (nr < 1 || nr > (int64_t)basket->n)
			continue;
		seen_out[nr - 1] = (struct seat_seen){
			.state = state_of(PQgetvalue(result, row, 1)),
			.mine = pg_bool(result, row, 2),
			.left_ms = pg_int(result, row, 3),
			.ordinal = pg_int(result, row, 4),
		};
	}
	PQclear(result);
	return 0;
}

int store_seats_near(struct store *store, const char *event, int64_t ordinal,
		     int64_t n, store_id_fn *each, void *arg)
{
	struct pg_params params;
	PGresult *result;

	pg_params_init(&params);
	pg_params_text(&params, event);
	pg_params_int8(&params, ordinal);
	pg_params_int8(&params, n);
	result = run(store, SEATS_NEAR, &params);
	if (result == NULL)
		return HF_EUNREACHABLE;
	for (int row = 0; row < PQntuples(result); row++)
		each(arg, PQgetvalue(result, row, 0));
	PQclear(result);
	return 0;
}
