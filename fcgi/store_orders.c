#include "config.h"

#include "fcgi/store_orders.h"

#include "fcgi/pg_rows.h"
#include "fcgi/store_inner.h"
#include "libhold/err.h"

#include <string.h>

enum statement { ORDER_SHOW, ORDERS_OF };

#define ZONE "(SELECT time_zone FROM events AS z WHERE z.id = o.event_id)"

const struct pg_statement store_order_statements[] = {
	[ORDER_SHOW] = {
		"order_show",
		"SELECT o.*, " ZONE " FROM order_show($1, $2) AS o",
		2,
		{ PG_TEXT, PG_TEXT },
	},
	[ORDERS_OF] = {
		"orders_of",
		"SELECT o.*, " ZONE " FROM orders_of($1) AS o",
		1,
		{ PG_TEXT },
	},
	{ 0 },
};

/* Columns of order_row. */
enum order_column {
	NUMBER,
	EVENT,
	TITLE,
	VENUE,
	STARTS_AT,
	CREATED_AT,
	CANCELLED_AT,
	TOTAL,
	CURRENCY,
	TICKET,
	ORDINAL,
	SECTION,
	SEAT_ROW,
	SEAT_NUMBER,
	PRICE,
	CANCELLED,
	TIME_ZONE,
};

static void begin_view(const PGresult *result, int row, struct order_view *view)
{
	*view = (struct order_view){
		.number = PQgetvalue(result, row, NUMBER),
		.event = PQgetvalue(result, row, EVENT),
		.title = PQgetvalue(result, row, TITLE),
		.venue = PQgetvalue(result, row, VENUE),
		.currency = PQgetvalue(result, row, CURRENCY),
		.starts_at = pg_text(result, row, STARTS_AT),
		.time_zone = pg_text(result, row, TIME_ZONE),
		.created_at = PQgetvalue(result, row, CREATED_AT),
		.cancelled_at = pg_text(result, row, CANCELLED_AT),
		.total_minor = pg_int(result, row, TOTAL),
	};
}

static void add_seat(const PGresult *result, int row, struct order_view *view)
{
	if (view->n == BASKET_MAX)
		return;
	view->cancelled[view->n] = pg_bool(result, row, CANCELLED);
	view->seats[view->n++] = (struct held_seat){
		.id = PQgetvalue(result, row, TICKET),
		.section = PQgetvalue(result, row, SECTION),
		.row = PQgetvalue(result, row, SEAT_ROW),
		.ordinal = pg_int(result, row, ORDINAL),
		.number = pg_int(result, row, SEAT_NUMBER),
		.price_minor = pg_int(result, row, PRICE),
	};
}

/* Rows of one order follow each other. */
static bool same_order(const PGresult *result, int row, int next)
{
	return next < PQntuples(result) &&
	       strcmp(PQgetvalue(result, row, NUMBER),
		      PQgetvalue(result, next, NUMBER)) == 0;
}

static int tell(PGresult *result, order_view_fn *each, void *arg)
{
	struct order_view view;
	int rows, row = 0;

	if (result == NULL)
		return HF_EUNREACHABLE;
	rows = PQntuples(result);
	while (row < rows) {
		begin_view(result, row, &view);
		do
			add_seat(result, row++, &view);
		while (same_order(result, row - 1, row));
		each(arg, &view);
	}
	PQclear(result);
	return rows > 0 ? 0 : HF_ENOTFOUND;
}

int store_order_show(struct store *store, const char *number,
		     const char *holder, order_view_fn *each, void *arg)
{
	struct pg_params params;

	pg_params_init(&params);
	pg_params_text(&params, number);
	pg_params_text(&params, holder);
	return tell(pg_link_run(&store->link,
				&store_order_statements[ORDER_SHOW], &params),
		    each, arg);
}

int store_orders_of(struct store *store, const char *holder,
		    order_view_fn *each, void *arg)
{
	struct pg_params params;
	int rc;

	pg_params_init(&params);
	pg_params_text(&params, holder);
	rc = tell(pg_link_run(&store->link, &store_order_statements[ORDERS_OF],
			      &params),
		  each, arg);
	return rc == HF_ENOTFOUND ? 0 : rc;
}
