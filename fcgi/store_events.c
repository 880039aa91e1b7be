#include "config.h"

#include "fcgi/store_events.h"

#include "fcgi/pg_rows.h"
#include "fcgi/store_inner.h"
#include "libhold/clock.h"
#include "libhold/err.h"

#include <stdio.h>

enum statement {
	EVENT_LIST,
	EVENT_LAYOUT,
	PLAIN_SEATS,
	EVENT_STATE,
	EVENT_MOMENT,
	HALL_SIZE,
	HALL_SEATS,
	EVENT_BOARD,
	EVENT_REVENUE,
};

#define INFO                                                      \
	"id, title, venue, starts_at, opens_at, sale, currency, " \
	"layout_hash, "                                           \
	"(SELECT time_zone FROM events AS z WHERE z.id = e.id)"

const struct pg_statement store_event_statements[] = {
	[EVENT_LIST] = {
		"event_list",
		"SELECT " INFO " FROM event_list() AS e",
		0,
		{ 0 },
	},
	[EVENT_LAYOUT] = {
		"event_layout",
		"SELECT id, title, venue, rfc3339(starts_at), "
		"rfc3339(sale_opens_at), sale_state(id), currency, "
		"layout_hash, time_zone, layout FROM events WHERE id = $1",
		1,
		{ PG_TEXT },
	},
	[PLAIN_SEATS] = {
		"plain_seats",
		"SELECT id, section, seat_row, seat_number, price_minor, "
		"sale_order "
		"FROM tickets WHERE event_id = $1 ORDER BY sale_order",
		1,
		{ PG_TEXT },
	},
	[EVENT_STATE] = {
		"event_state",
		"SELECT era, version, server_time, sale, opens_at, "
		"layout_hash, available, held, booked, blocked, within_60_s, "
		"within_240_s, seats FROM event_state($1, $2)",
		2,
		{ PG_TEXT, PG_INT8 },
	},
	[EVENT_MOMENT] = {
		"event_moment",
		"SELECT era_now(), "
		"pg_snapshot_xmin(now.seen), pg_snapshot_xmax(now.seen), "
		"rfc3339(clock_timestamp()), sale_state(id), "
		"rfc3339(sale_opens_at), layout_hash "
		"FROM events, pg_current_snapshot() AS now (seen) "
		"WHERE id = $1",
		1,
		{ PG_TEXT },
	},
	[HALL_SIZE] = {
		"hall_size",
		"SELECT count(*) FROM tickets WHERE event_id = $1",
		1,
		{ PG_TEXT },
	},
	[HALL_SEATS] = {
		"hall_seats",
		"SELECT sale_order, version, state, ceil(extract(epoch FROM "
		"reserved_until - clock_timestamp()) * 1000)::bigint "
		"FROM tickets WHERE event_id = $1 "
		"AND (version > 0 OR state <> 'free')",
		1,
		{ PG_TEXT },
	},
	[EVENT_BOARD] = {
		"event_board",
		"SELECT at_ms, held, sold, returned "
		"FROM event_board($1, $2, $3)",
		3,
		{ PG_TEXT, PG_INT8, PG_INT8 },
	},
	[EVENT_REVENUE] = {
		"event_revenue",
		"SELECT coalesce(sum(price_minor), 0) FROM bookings "
		"WHERE event_id = $1 AND cancelled_at IS NULL",
		1,
		{ PG_TEXT },
	},
	{ 0 },
};

static PGresult *run(struct store *store, enum statement statement,
		     const struct pg_params *params)
{
	return pg_link_run(&store->link, &store_event_statements[statement],
			   params);
}

static PGresult *run_for_event(struct store *store, enum statement statement,
			       const char *event)
{
	struct pg_params params;

	pg_params_init(&params);
	pg_params_text(&params, event);
	return run(store, statement, &params);
}

/* Columns of INFO. */
static struct event_info read_info(const PGresult *result, int row)
{
	return (struct event_info){
		.id = PQgetvalue(result, row, 0),
		.title = PQgetvalue(result, row, 1),
		.venue = PQgetvalue(result, row, 2),
		.starts_at = pg_text(result, row, 3),
		.opens_at = pg_text(result, row, 4),
		.sale = PQgetvalue(result, row, 5),
		.currency = PQgetvalue(result, row, 6),
		.layout_hash = pg_text(result, row, 7),
		.time_zone = pg_text(result, row, 8),
	};
}

int store_events(struct store *store, event_info_fn *each, void *arg)
{
	struct pg_params params;
	struct event_info info;
	PGresult *result;

	pg_params_init(&params);
	result = run(store, EVENT_LIST, &params);
	if (result == NULL)
		return HF_EUNREACHABLE;
	for (int row = 0; row < PQntuples(result); row++) {
		info = read_info(result, row);
		each(arg, &info);
	}
	PQclear(result);
	return 0;
}

int store_event_layout(struct store *store, const char *event,
		       event_layout_fn *each, void *arg)
{
	PGresult *result = run_for_event(store, EVENT_LAYOUT, event);
	struct event_layout layout;
	int rc = HF_ENOTFOUND;

	if (result == NULL)
		return HF_EUNREACHABLE;
	if (PQntuples(result) == 1) {
		layout.info = read_info(result, 0);
		layout.layout = pg_text(result, 0, 9);
		each(arg, &layout);
		rc = 0;
	}
	PQclear(result);
	return rc;
}

int store_plain_seats(struct store *store, const char *event,
		      plain_seat_fn *each, void *arg)
{
	PGresult *result = run_for_event(store, PLAIN_SEATS, event);
	struct plain_seat seat;

	if (result == NULL)
		return HF_EUNREACHABLE;
	for (int row = 0; row < PQntuples(result); row++) {
		seat = (struct plain_seat){
			.id = PQgetvalue(result, row, 0),
			.section = PQgetvalue(result, row, 1),
			.row = PQgetvalue(result, row, 2),
			.number = pg_int(result, row, 3),
			.price_minor = pg_int(result, row, 4),
			.ordinal = pg_int(result, row, 5),
		};
		each(arg, &seat);
	}
	PQclear(result);
	return 0;
}

static struct event_state read_state(const PGresult *result)
{
	return (struct event_state){
		.era = PQgetvalue(result, 0, 0),
		.version = pg_int(result, 0, 1),
		.server_time = PQgetvalue(result, 0, 2),
		.sale = PQgetvalue(result, 0, 3),
		.opens_at = pg_text(result, 0, 4),
		.layout_hash = pg_text(result, 0, 5),
		.available = pg_int(result, 0, 6),
		.held = pg_int(result, 0, 7),
		.booked = pg_int(result, 0, 8),
		.blocked = pg_int(result, 0, 9),
		.within_60_s = pg_int(result, 0, 10),
		.within_240_s = pg_int(result, 0, 11),
		.seats = { PQgetvalue(result, 0, 12),
			   (size_t)PQgetlength(result, 0, 12) },
	};
}

int store_event_state(struct store *store, const char *event, int64_t since,
		      event_state_fn *each, void *arg)
{
	struct event_state state;
	struct pg_params params;
	PGresult *result;
	int rc = HF_ENOTFOUND;

	pg_params_init(&params);
	pg_params_text(&params, event);
	if (since < 0)
		pg_params_null(&params);
	else
		pg_params_int8(&params, since);
	result = run(store, EVENT_STATE, &params);
	if (result == NULL)
		return HF_EUNREACHABLE;
	if (PQntuples(result) == 1) {
		state = read_state(result);
		each(arg, &state);
		rc = 0;
	}
	PQclear(result);
	return rc;
}

/* ---- a state in pieces --------------------------------------------------- */

static void copy_text(char *room, const PGresult *result, int column)
{
	snprintf(room, MOMENT_TEXT_MAX + 1, "%s",
		 PQgetvalue(result, 0, column));
}

static void read_moment(const PGresult *result, struct event_moment *out)
{
	*out = (struct event_moment){
		.version = pg_int(result, 0, 1),
		.next = pg_int(result, 0, 2),
	};
	copy_text(out->era, result, 0);
	copy_text(out->server_time, result, 3);
	copy_text(out->sale, result, 4);
	copy_text(out->opens_at, result, 5);
	copy_text(out->layout_hash, result, 6);
}

int store_event_moment(struct store *store, const char *event,
		       struct event_moment *moment_out)
{
	PGresult *result = run_for_event(store, EVENT_MOMENT, event);
	int rc = HF_ENOTFOUND;

	if (result == NULL)
		return HF_EUNREACHABLE;
	if (PQntuples(result) == 1) {
		read_moment(result, moment_out);
		rc = 0;
	}
	PQclear(result);
	return rc;
}

int store_hall_size(struct store *store, const char *event, int64_t *seats_out)
{
	PGresult *result = run_for_event(store, HALL_SIZE, event);

	if (result == NULL)
		return HF_EUNREACHABLE;
	*seats_out = pg_int(result, 0, 0);
	PQclear(result);
	return 0;
}

/* Of ticket_state's name. */
static char letter_of(const char *state)
{
	switch (state[0]) {
	case 'f':
		return 'a';
	case 'r':
		return 'h';
	default:
		return strcmp(state, "booked") == 0 ? 'b' : 'x';
	}
}

int store_hall_seats(struct store *store, const char *event, hall_seat_fn *each,
		     void *arg)
{
	PGresult *result = run_for_event(store, HALL_SEATS, event);
	int64_t now_ms = hf_clock_ms();

	if (result == NULL)
		return HF_EUNREACHABLE;
	for (int row = 0; row < PQntuples(result); row++) {
		const struct hall_seat seat = {
			.ordinal = (int32_t)pg_int(result, row, 0),
			.version = pg_int(result, row, 1),
			.letter = letter_of(PQgetvalue(result, row, 2)),
			.due_ms = now_ms + pg_int(result, row, 3),
		};

		each(arg, &seat);
	}
	PQclear(result);
	return 0;
}

int store_event_board(struct store *store, const char *event, int64_t from_ms,
		      int64_t step_ms, board_step_fn *each, void *arg)
{
	struct pg_params params;
	struct board_step step;
	PGresult *result;

	pg_params_init(&params);
	pg_params_text(&params, event);
	pg_params_int8(&params, from_ms);
	pg_params_int8(&params, step_ms);
	result = run(store, EVENT_BOARD, &params);
	if (result == NULL)
		return HF_EUNREACHABLE;
	for (int row = 0; row < PQntuples(result); row++) {
		step = (struct board_step){
			.at_ms = pg_int(result, row, 0),
			.held = pg_int(result, row, 1),
			.sold = pg_int(result, row, 2),
			.returned = pg_int(result, row, 3),
		};
		each(arg, &step);
	}
	PQclear(result);
	return 0;
}

int store_event_revenue(struct store *store, const char *event,
			int64_t *revenue_minor_out)
{
	PGresult *result = run_for_event(store, EVENT_REVENUE, event);

	if (result == NULL)
		return HF_EUNREACHABLE;
	*revenue_minor_out = pg_int(result, 0, 0);
	PQclear(result);
	return 0;
}
