#include "config.h"

#include "fcgi/store_seats.h"

#include "fcgi/pg_rows.h"
#include "fcgi/store_inner.h"
#include "libhold/err.h"
#include "libhold/mem.h"

#include <stdlib.h>
#include <string.h>

enum statement { FREE_SEATS };

/* Where a hall has no places, numbers and the order of sale do. */
#define POS "coalesce(pos, seat_number)"

const struct pg_statement store_seat_statements[] = {
	[FREE_SEATS] = {
		"free_seats",
		/* event, section or "", how many */
		"WITH seats AS (SELECT id, section, seat_row, " POS " AS pos, "
		"min(" POS ") OVER w + max(" POS ") OVER w AS middle, "
		"coalesce(quality, sale_order) AS quality, price_minor, "
		"accessible, state = 'free' OR state = 'reserved' "
		"AND reserved_until <= clock_timestamp() AS free "
		"FROM tickets WHERE event_id = $1 "
		"AND ($2 = '' OR section = $2) "
		"WINDOW w AS (PARTITION BY section, seat_row)), "
		"best AS (SELECT * FROM seats WHERE free "
		"ORDER BY quality LIMIT $3) "
		"SELECT id, section, seat_row, pos, middle, quality, "
		"price_minor, accessible FROM best "
		"ORDER BY section, seat_row, pos",
		3,
		{ PG_TEXT, PG_TEXT, PG_INT8 },
	},
	{ 0 },
};

enum column { ID, SECTION, ROW, POS_, MIDDLE, QUALITY, PRICE, ACCESSIBLE };

static bool differ(const PGresult *result, int row, int column)
{
	return row == 0 || strcmp(PQgetvalue(result, row, column),
				  PQgetvalue(result, row - 1, column)) != 0;
}

static void read_seats(const PGresult *result, struct free_seats *seats)
{
	uint32_t section = 0;
	int32_t seat_row = 0;

	for (int row = 0; row < (int)seats->n; row++) {
		bool new_section = differ(result, row, SECTION);

		section += new_section;
		seat_row += new_section || differ(result, row, ROW);
		seats->ids[row] = PQgetvalue(result, row, ID);
		seats->sections[row] = section;
		seats->seats[row] = (struct seat){
			.row = seat_row,
			.pos = (int32_t)pg_int(result, row, POS_),
			.middle = (int32_t)pg_int(result, row, MIDDLE),
			.quality = (int32_t)pg_int(result, row, QUALITY),
			.price_minor = pg_int(result, row, PRICE),
			.accessible = pg_bool(result, row, ACCESSIBLE),
		};
	}
}

int store_free_seats(struct store *store, const char *event,
		     const char *section, int64_t at_most,
		     struct free_seats *seats_out)
{
	struct pg_params params;
	PGresult *result;

	pg_params_init(&params);
	pg_params_text(&params, event);
	pg_params_text(&params, section);
	pg_params_int8(&params, at_most);
	result = pg_link_run(&store->link, &store_seat_statements[FREE_SEATS],
			     &params);
	if (result == NULL)
		return HF_EUNREACHABLE;
	seats_out->rows = result;
	seats_out->n = (size_t)PQntuples(result);
	seats_out->seats = hf_new_array(struct seat, seats_out->n + 1);
	seats_out->ids = hf_new_array(const char *, seats_out->n + 1);
	seats_out->sections = hf_new_array(uint32_t, seats_out->n + 1);
	read_seats(result, seats_out);
	return 0;
}

void free_seats_fini(struct free_seats *seats)
{
	free(seats->seats);
	free(seats->ids);
	free(seats->sections);
	PQclear(seats->rows);
	*seats = (struct free_seats){ .n = 0 };
}

void free_seats_drop(struct free_seats *seats, const char *id)
{
	size_t i = 0, behind;

	while (i < seats->n && strcmp(seats->ids[i], id) != 0)
		i++;
	if (i == seats->n)
		return;
	behind = --seats->n - i;
	memmove(&seats->seats[i], &seats->seats[i + 1],
		behind * sizeof(seats->seats[0]));
	memmove(&seats->ids[i], &seats->ids[i + 1],
		behind * sizeof(seats->ids[0]));
	memmove(&seats->sections[i], &seats->sections[i + 1],
		behind * sizeof(seats->sections[0]));
}
