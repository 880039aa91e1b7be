#include "config.h"

#include "fcgi/store_forms.h"

#include "fcgi/pg_rows.h"
#include "fcgi/store_inner.h"
#include "libhold/err.h"

enum statement { FORM_EVENT, FORM_SECTIONS, FORM_SEATS };

#define LONG_TIME "'FMDay, FMDD FMMonth YYYY, HH24:MI'"
#define IS_FREE                                      \
	"(t.state = 'free' OR t.state = 'reserved' " \
	"AND t.reserved_until <= clock_timestamp())"

const struct pg_statement store_form_statements[] = {
	[FORM_EVENT] = {
		"form_event",
		/* event, ms from now */
		"SELECT e.id, e.title, e.venue, e.currency, sale_state(e.id), "
		"to_char(e.starts_at AT TIME ZONE z, " LONG_TIME "), "
		"to_char(e.sale_opens_at AT TIME ZONE z, " LONG_TIME "), "
		"to_char((clock_timestamp() + $2 * interval '1 ms') "
		"AT TIME ZONE z, 'HH24:MI:SS'), z, ms_until(e.sale_opens_at) "
		"FROM events AS e, coalesce(e.time_zone, 'UTC') AS z "
		"WHERE e.id = $1",
		2,
		{ PG_TEXT, PG_INT8 },
	},
	[FORM_SECTIONS] = {
		"form_sections",
		"SELECT t.section, min(t.sale_order), "
		"count(*) FILTER (WHERE " IS_FREE "), count(*), "
		"min(t.price_minor), max(t.price_minor) "
		"FROM tickets AS t WHERE t.event_id = $1 "
		"GROUP BY t.section ORDER BY 2",
		1,
		{ PG_TEXT },
	},
	[FORM_SEATS] = {
		"form_seats",
		/* event, ordinal, how many: a section's follow each other */
		"SELECT t.id, t.section, t.seat_row, t.sale_order, "
		"t.seat_number, t.price_minor, t.accessible, " IS_FREE " "
		"FROM tickets AS t WHERE t.event_id = $1 "
		"AND t.sale_order >= $2 AND t.sale_order < $2 + $3 "
		"AND t.section = (SELECT f.section FROM tickets AS f "
		"WHERE f.event_id = $1 AND f.sale_order = $2) "
		"ORDER BY t.sale_order",
		3,
		{ PG_TEXT, PG_INT8, PG_INT8 },
	},
	{ 0 },
};

static PGresult *run(struct store *store, enum statement statement,
		     const struct pg_params *params)
{
	return pg_link_run(&store->link, &store_form_statements[statement],
			   params);
}

int store_form_event(struct store *store, const char *event, int64_t left_ms,
		     form_event_fn *each, void *arg)
{
	struct form_event view;
	struct pg_params params;
	PGresult *result;
	int rows;

	pg_params_init(&params);
	pg_params_text(&params, event);
	pg_params_int8(&params, left_ms);
	result = run(store, FORM_EVENT, &params);
	if (result == NULL)
		return HF_EUNREACHABLE;
	rows = PQntuples(result);
	if (rows == 1) {
		view = (struct form_event){
			.id = PQgetvalue(result, 0, 0),
			.title = PQgetvalue(result, 0, 1),
			.venue = PQgetvalue(result, 0, 2),
			.currency = PQgetvalue(result, 0, 3),
			.sale = PQgetvalue(result, 0, 4),
			.starts = pg_text(result, 0, 5),
			.opens = pg_text(result, 0, 6),
			.until = PQgetvalue(result, 0, 7),
			.zone = PQgetvalue(result, 0, 8),
			.opens_in_ms = pg_int(result, 0, 9),
		};
		each(arg, &view);
	}
	PQclear(result);
	return rows == 1 ? 0 : HF_ENOTFOUND;
}

int store_form_sections(struct store *store, const char *event,
			form_section_fn *each, void *arg)
{
	struct form_section section;
	struct pg_params params;
	PGresult *result;
	int rows;

	pg_params_init(&params);
	pg_params_text(&params, event);
	result = run(store, FORM_SECTIONS, &params);
	if (result == NULL)
		return HF_EUNREACHABLE;
	rows = PQntuples(result);
	for (int row = 0; row < rows; row++) {
		section = (struct form_section){
			.name = PQgetvalue(result, row, 0),
			.first = pg_int(result, row, 1),
			.free = pg_int(result, row, 2),
			.all = pg_int(result, row, 3),
			.least_minor = pg_int(result, row, 4),
			.most_minor = pg_int(result, row, 5),
		};
		each(arg, &section);
	}
	PQclear(result);
	return rows > 0 ? 0 : HF_ENOTFOUND;
}

int store_form_seats(struct store *store, const char *event, int64_t ordinal,
		     int64_t n, form_seat_fn *each, void *arg)
{
	struct form_seat seat;
	struct pg_params params;
	PGresult *result;
	int rows;

	pg_params_init(&params);
	pg_params_text(&params, event);
	pg_params_int8(&params, ordinal);
	pg_params_int8(&params, n);
	result = run(store, FORM_SEATS, &params);
	if (result == NULL)
		return HF_EUNREACHABLE;
	rows = PQntuples(result);
	for (int row = 0; row < rows; row++) {
		seat = (struct form_seat){
			.id = PQgetvalue(result, row, 0),
			.section = PQgetvalue(result, row, 1),
			.row = PQgetvalue(result, row, 2),
			.ordinal = pg_int(result, row, 3),
			.number = pg_int(result, row, 4),
			.price_minor = pg_int(result, row, 5),
			.accessible = pg_bool(result, row, 6),
			.free = pg_bool(result, row, 7),
		};
		each(arg, &seat);
	}
	PQclear(result);
	return rows > 0 ? 0 : HF_ENOTFOUND;
}
