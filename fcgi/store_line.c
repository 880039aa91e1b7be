#include "config.h"

#include "fcgi/store_line.h"

#include "fcgi/pg_rows.h"
#include "fcgi/store_inner.h"
#include "libhold/err.h"
#include "libhold/log.h"

enum statement {
	LINE_CHECK,
	LINE_YIELD,
	LINE_JOIN,
	LINE_LEAVE,
	LINE_SEEN,
};

const struct pg_statement store_line_statements[] = {
	[LINE_CHECK] = {
		"line_check",
		"SELECT outcome, in_line "
		"FROM line_check($1, $2, $3, $4, $5, $6)",
		6,
		{ PG_TEXT, PG_TEXT, PG_TEXT_ARRAY, PG_INT8, PG_TEXT, PG_INT8 },
	},
	[LINE_YIELD] = {
		"line_yield",
		"SELECT line_yield($1, $2)",
		2,
		{ PG_TEXT, PG_TEXT },
	},
	[LINE_JOIN] = {
		"line_join",
		"SELECT outcome, in_line, seats_limit, seats_used "
		"FROM line_join($1, $2, $3::integer, $4, $5)",
		5,
		{ PG_TEXT, PG_TEXT, PG_INT8, PG_TEXT, PG_INT8 },
	},
	[LINE_LEAVE] = {
		"line_leave",
		"SELECT line_leave($1, $2)",
		2,
		{ PG_TEXT, PG_TEXT },
	},
	[LINE_SEEN] = {
		"line_seen",
		"SELECT outcome, state, \"position\", length, eta_s, "
		"turn_left_ms, opens_in_ms, poll_ms, seats, section, "
		"max_price, turn_section, sale, opens_at, sections "
		"FROM line_seen($1, $2)",
		2,
		{ PG_TEXT, PG_TEXT },
	},
	{ 0 },
};

static void put_place(struct pg_params *params, const char *event,
		      const char *holder)
{
	pg_params_init(params);
	pg_params_text(params, event);
	pg_params_text(params, holder);
}

static void put_wish(struct pg_params *params, const struct line_wish *wish)
{
	pg_params_int8(params, wish->seats);
	if (wish->section != NULL)
		pg_params_text(params, wish->section);
	else
		pg_params_null(params);
	if (wish->max_price_minor < INT64_MAX)
		pg_params_int8(params, wish->max_price_minor);
	else
		pg_params_null(params);
}

/* A function's one row, which the caller frees; NULL: nothing came. */
static PGresult *run(struct store *store, enum statement statement,
		     const struct pg_params *params)
{
	PGresult *result = pg_link_run(
	    &store->link, &store_line_statements[statement], params);

	if (result != NULL && PQntuples(result) == 1)
		return result;
	PQclear(result);
	return NULL;
}

/* The number of a word; n when there is no such word. */
static size_t number_of(const char *word, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(words[i], word) == 0)
			return i;
	}
	hf_warnx("the database gave an unknown outcome text=%s", word);
	return n;
}

/* ---- taking -------------------------------------------------------------- */

int store_line_check(struct store *store, const char *event, const char *holder,
		     const struct basket *basket, const struct line_wish *wish,
		     enum line_check *check_out, int64_t *in_line_out)
{
	static const char *const words[] = {
		[LINE_FREE] = "free",
		[LINE_TURN] = "turn",
		[LINE_WAIT] = "line",
	};
	struct pg_params params;
	PGresult *result;
	size_t outcome;

	put_place(&params, event, holder);
	if (basket != NULL)
		pg_params_texts(&params, basket->ids, basket->n);
	else
		pg_params_null(&params);
	put_wish(&params, wish);
	result = run(store, LINE_CHECK, &params);
	if (result == NULL)
		return HF_EUNREACHABLE;
	outcome = number_of(PQgetvalue(result, 0, 0), words, HF_LEN(words));
	*in_line_out = pg_int(result, 0, 1);
	PQclear(result);
	if (outcome == HF_LEN(words))
		return HF_EUNREACHABLE;
	*check_out = (enum line_check)outcome;
	return 0;
}

int store_line_yield(struct store *store, const char *event, const char *holder)
{
	struct pg_params params;
	PGresult *result;

	put_place(&params, event, holder);
	result = run(store, LINE_YIELD, &params);
	PQclear(result);
	return result != NULL ? 0 : HF_EUNREACHABLE;
}

/* ---- joining and leaving ------------------------------------------------- */

int store_line_join(struct store *store, const char *event, const char *holder,
		    const struct line_wish *wish,
		    struct line_joined *joined_out)
{
	static const char *const words[] = {
		[LINE_JOINED] = "joined",    [LINE_AGAIN] = "again",
		[LINE_FULL] = "full",        [LINE_OVER_LIMIT] = "limit",
		[LINE_NEVER] = "never",      [LINE_SALE_CLOSED] = "closed",
		[LINE_NO_EVENT] = "unknown",
	};
	struct pg_params params;
	PGresult *result;
	size_t outcome;

	put_place(&params, event, holder);
	put_wish(&params, wish);
	result = run(store, LINE_JOIN, &params);
	if (result == NULL)
		return HF_EUNREACHABLE;
	outcome = number_of(PQgetvalue(result, 0, 0), words, HF_LEN(words));
	*joined_out = (struct line_joined){
		.outcome = (enum line_joining)outcome,
		.in_line = pg_int(result, 0, 1),
		.seats_limit = pg_int(result, 0, 2),
		.seats_used = pg_int(result, 0, 3),
	};
	PQclear(result);
	return outcome < HF_LEN(words) ? 0 : HF_EUNREACHABLE;
}

int store_line_leave(struct store *store, const char *event, const char *holder,
		     bool *left_out)
{
	struct pg_params params;
	PGresult *result;

	put_place(&params, event, holder);
	result = run(store, LINE_LEAVE, &params);
	if (result == NULL)
		return HF_EUNREACHABLE;
	*left_out = pg_bool(result, 0, 0);
	PQclear(result);
	return 0;
}

/* ---- being there --------------------------------------------------------- */

enum seen_column {
	OUTCOME,
	STATE,
	POSITION,
	LENGTH,
	ETA_S,
	TURN_LEFT_MS,
	OPENS_IN_MS,
	POLL_MS,
	SEATS,
	SECTION,
	MAX_PRICE,
	TURN_SECTION,
	SALE,
	OPENS_AT,
	SECTIONS,
};

static int64_t int_or(const PGresult *result, int column, int64_t otherwise)
{
	return pg_text(result, 0, column) != NULL ? pg_int(result, 0, column)
						  : otherwise;
}

static struct line_view view_of(const PGresult *result)
{
	return (struct line_view){
		.state = pg_text(result, 0, STATE),
		.position = pg_int(result, 0, POSITION),
		.length = pg_int(result, 0, LENGTH),
		.eta_s = int_or(result, ETA_S, -1),
		.turn_ms = pg_int(result, 0, TURN_LEFT_MS),
		.opens_in_ms = pg_int(result, 0, OPENS_IN_MS),
		.ask_in_ms = pg_int(result, 0, POLL_MS),
		.wish = { .seats = pg_int(result, 0, SEATS),
			  .section = pg_text(result, 0, SECTION),
			  .max_price_minor =
			      int_or(result, MAX_PRICE, INT64_MAX) },
		.turn_section = pg_text(result, 0, TURN_SECTION),
		.sale = pg_text(result, 0, SALE),
		.opens_at = pg_text(result, 0, OPENS_AT),
		.sections = pg_text(result, 0, SECTIONS),
	};
}

int store_line_seen(struct store *store, const char *event, const char *holder,
		    line_view_fn *each, void *arg)
{
	struct pg_params params;
	struct line_view view;
	PGresult *result;
	bool found;

	put_place(&params, event, holder);
	result = run(store, LINE_SEEN, &params);
	if (result == NULL)
		return HF_EUNREACHABLE;
	found = strcmp(PQgetvalue(result, 0, OUTCOME), "ok") == 0;
	if (found) {
		view = view_of(result);
		each(arg, &view);
	}
	PQclear(result);
	return found ? 0 : HF_ENOTFOUND;
}
