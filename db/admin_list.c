/*
 * holdfast-admin events, list, show.
 */
#include "config.h"

#include "db/admin.h"
#include "libhold/err.h"

#include <stdio.h>

/* Who holds or has bought it; an identity's mark is no letter. */
#define CLIENT(holder)                                 \
	"CASE WHEN starts_with(" holder ", E'\\x01') " \
	"THEN 'identity ' || substr(" holder ", 2) "   \
	"ELSE coalesce(" holder ", '') END AS client"

#define TIME(at) \
	"coalesce(to_char(" at ", 'YYYY-MM-DD HH24:MI:SS TZH:TZM'), '')"

static int print(struct admin *a, const char *text, int n,
		 const char *const *values)
{
	PGresult *rows = database_query(a->db, text, n, values);

	if (rows == NULL)
		return HF_EUNREACHABLE;
	admin_print(rows);
	PQclear(rows);
	return 0;
}

int admin_events(struct admin *a)
{
	return print(a,
		     "SELECT e.id AS event, e.title, sale_state(e.id) AS "
		     "sale, " TIME("e.sale_opens_at") " AS opens, " TIME(
			 "e.starts_at") " AS starts, s.available, s.held, "
					"s.booked, "
					"s.blocked, (SELECT "
					"coalesce(sum(price_minor), 0) FROM "
					"bookings "
					"WHERE event_id = e.id AND "
					"cancelled_at IS NULL) AS sold_minor, "
					"e.currency FROM events AS e, "
					"LATERAL event_state(e.id, "
					"9223372036854775807) AS s "
					"ORDER BY e.starts_at NULLS LAST, e.id",
		     0, NULL);
}

int admin_list(struct admin *a)
{
	int rc = admin_event_exists(a, a->words[0]);

	if (rc < 0)
		return rc;
	return print(
	    a,
	    "SELECT id AS ticket, sale_order AS nr, section, seat_row AS row, "
	    "seat_number AS seat, price_minor AS price, CASE state "
	    "WHEN 'free' THEN 'available' WHEN 'reserved' THEN "
	    "CASE WHEN reserved_until <= clock_timestamp() THEN 'available' "
	    "ELSE 'held' END ELSE state::text END AS state, " TIME(
		"reserved_until") " AS until, "
				  "coalesce(order_number, '') AS "
				  "order, " CLIENT(
				      "holder") " FROM tickets WHERE event_id "
						"= $1 ORDER BY sale_order",
	    1, a->words);
}

static int show_ticket(struct admin *a)
{
	return print(
	    a,
	    "SELECT seq AS nr, " TIME("at") " AS at, op, " TIME(
		"until") " AS until, coalesce(order_number, '') AS order, "
			 "coalesce(actor, '') AS by, left(encode(hash, 'hex'), "
			 "16) AS hash, " CLIENT(
			     "holder") " FROM history WHERE ticket_id = $1 "
				       "ORDER BY seq",
	    1, a->words);
}

static int show_order(struct admin *a)
{
	return print(a,
		     "SELECT b.ticket_id AS ticket, t.section, t.seat_row AS "
		     "row, "
		     "t.seat_number AS seat, b.price_minor AS price, "
		     "b.currency, " TIME("b.booked_at") " AS booked, " TIME("b."
									    "ca"
									    "nc"
									    "el"
									    "le"
									    "d_"
									    "a"
									    "t") " AS cancelled, " CLIENT(
			 "b.holder") " FROM bookings AS b LEFT JOIN tickets AS "
				     "t ON t.id = b.ticket_id "
				     "WHERE b.order_number = $1 ORDER BY "
				     "t.sale_order",
		     1, a->words);
}

/* A ticket's life, or an order's tickets. */
int admin_show(struct admin *a)
{
	PGresult *row = database_query(
	    a->db,
	    "SELECT EXISTS (SELECT FROM orders WHERE number = $1), "
	    "EXISTS (SELECT FROM tickets WHERE id = $1)",
	    1, a->words);
	bool order, ticket;

	if (row == NULL)
		return HF_EUNREACHABLE;
	order = PQgetvalue(row, 0, 0)[0] == 't';
	ticket = PQgetvalue(row, 0, 1)[0] == 't';
	PQclear(row);
	if (!order && !ticket) {
		say_error("there is no ticket and no order %s", a->words[0]);
		return HF_ENOTFOUND;
	}
	return order ? show_order(a) : show_ticket(a);
}
