#include "config.h"

#include "fcgi/store_best.h"

#include "fcgi/pg_rows.h"
#include "fcgi/store_inner.h"
#include "libhold/err.h"
#include "libhold/mem.h"

#include <stdlib.h>

enum statement {
	BEGIN,
	COMMIT,
	ROLLBACK,
	SECTIONS,
	LOCK,
	SEATS,
};

const struct pg_statement store_best_statements[] = {
	[BEGIN] = { "begin", "BEGIN", 0, { 0 } },
	[COMMIT] = { "commit", "COMMIT", 0, { 0 } },
	[ROLLBACK] = { "rollback", "ROLLBACK", 0, { 0 } },
	[SECTIONS] = {
		"best_sections",
		"SELECT section FROM best_sections($1, $2, $3, $4 <> 0)",
		4,
		{ PG_TEXT, PG_INT8, PG_INT8, PG_INT8 },
	},
	[LOCK] = {
		"best_lock",
		"SELECT best_lock($1, $2, $3)",
		3,
		{ PG_TEXT, PG_TEXT, PG_INT8 },
	},
	[SEATS] = {
		"best_seats",
		"SELECT ticket_id, row_nr, pos, middle, quality, price_minor, "
		"accessible FROM best_seats($1, $2)",
		2,
		{ PG_TEXT, PG_TEXT },
	},
	{ 0 },
};

static PGresult *run(struct store *store, enum statement statement,
		     const struct pg_params *params)
{
	return pg_link_run(&store->link, &store_best_statements[statement],
			   params);
}

/* ---- the transaction ----------------------------------------------------- */

static int just_do(struct store *store, enum statement statement)
{
	struct pg_params params;
	PGresult *result;

	pg_params_init(&params);
	result = run(store, statement, &params);
	if (result == NULL)
		return HF_EUNREACHABLE;
	PQclear(result);
	return 0;
}

int store_begin(struct store *store)
{
	return just_do(store, BEGIN);
}

int store_commit(struct store *store)
{
	return just_do(store, COMMIT);
}

void store_rollback(struct store *store)
{
	/* A connection that is lost has rolled back. */
	(void)just_do(store, ROLLBACK);
}

/* ---- sections ------------------------------------------------------------ */

int store_best_sections(struct store *store, const char *event,
			const struct seat_wish *wish,
			struct best_sections *sections_out)
{
	struct pg_params params;
	PGresult *result;

	pg_params_init(&params);
	pg_params_text(&params, event);
	pg_params_int8(&params, (int64_t)wish->count);
	pg_params_int8(&params, wish->max_price_minor);
	pg_params_int8(&params, wish->accessible);
	result = run(store, SECTIONS, &params);
	if (result == NULL)
		return HF_EUNREACHABLE;
	sections_out->rows = result;
	sections_out->n = (size_t)PQntuples(result);
	sections_out->names = hf_new_array(const char *, sections_out->n + 1);
	for (size_t i = 0; i < sections_out->n; i++)
		sections_out->names[i] = PQgetvalue(result, (int)i, 0);
	return 0;
}

void best_sections_fini(struct best_sections *sections)
{
	free(sections->names);
	PQclear(sections->rows);
}

int store_best_lock(struct store *store, const char *event, const char *section,
		    int64_t wait_ms)
{
	struct pg_params params;
	PGresult *result;
	bool got;

	pg_params_init(&params);
	pg_params_text(&params, event);
	pg_params_text(&params, section);
	pg_params_int8(&params, wait_ms);
	result = run(store, LOCK, &params);
	if (result == NULL)
		return HF_EUNREACHABLE;
	got = PQntuples(result) == 1 && pg_bool(result, 0, 0);
	PQclear(result);
	return got ? 0 : HF_EHELD;
}

/* ---- seats --------------------------------------------------------------- */

int store_best_seats(struct store *store, const char *event,
		     const char *section, struct best_seats *seats_out)
{
	struct pg_params params;
	PGresult *result;

	pg_params_init(&params);
	pg_params_text(&params, event);
	pg_params_text(&params, section);
	result = run(store, SEATS, &params);
	if (result == NULL)
		return HF_EUNREACHABLE;
	seats_out->rows = result;
	seats_out->n = (size_t)PQntuples(result);
	seats_out->seats = hf_new_array(struct seat, seats_out->n + 1);
	seats_out->ids = hf_new_array(const char *, seats_out->n + 1);
	for (int row = 0; row < (int)seats_out->n; row++) {
		seats_out->ids[row] = PQgetvalue(result, row, 0);
		seats_out->seats[row] = (struct seat){
			.row = (int32_t)pg_int(result, row, 1),
			.pos = (int32_t)pg_int(result, row, 2),
			.middle = (int32_t)pg_int(result, row, 3),
			.quality = (int32_t)pg_int(result, row, 4),
			.price_minor = pg_int(result, row, 5),
			.accessible = pg_bool(result, row, 6),
		};
	}
	return 0;
}

void best_seats_fini(struct best_seats *seats)
{
	free(seats->seats);
	free(seats->ids);
	PQclear(seats->rows);
}
