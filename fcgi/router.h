/*
 * Method and path to handler: one table.
 */
#ifndef FCGI_ROUTER_H
#define FCGI_ROUTER_H

#include "fcgi/booking.h"
#include "fcgi/http.h"
#include "fcgi/metrics.h"
#include "fcgi/secret.h"

/* What a handler works with; one a thread. */
struct site {
	struct booking booking;
	const struct secret *secret; /* NULL: no identities here */
	struct metrics *metrics;     /* the process's */
	struct state_cache *states;  /* of all threads */
};

typedef void api_fn(struct site *site, const struct http_request *request,
		    struct http_reply *reply);

/*
 * Fills reply for request: the handler's answer, or 404, 405, 413 and 400 for
 * what has none, and 500 when the answer passes the limit of reply->body.
 * Below /api/ errors are problems (problem.h), below /plain/ pages
 * (form_page.h), else as reply_error() has them. Gives the number of
 * the call that it was.
 */
size_t router_answer(struct site *site, const struct http_request *request,
		     enum http_read read, struct http_reply *reply);

/* Calls are numbered from 0, which stands for all that is none. */
size_t router_calls(void);
void router_call_name(size_t call, char *out, size_t room);

/* An error body: {"status":"error","code":…,"message":…}. */
void reply_error(struct http_reply *reply, int status, const char *code,
		 const char *message);

/* api_tickets.c */
api_fn api_reserve, api_book, api_release, api_available;
/* api_health.c */
api_fn api_health;
/* api_metrics.c */
api_fn api_metrics;
/* api_identity.c */
api_fn api_identity, api_keys;
/* api_events.c */
api_fn api_events, api_event, api_event_state, api_event_board;
/* api_holds.c */
api_fn api_hold_make, api_holds, api_hold;
api_fn api_hold_extend, api_hold_release, api_hold_book;
/* api_line.c */
api_fn api_line, api_line_join, api_line_leave;
/* api_orders.c */
api_fn api_orders, api_order, api_order_calendar, api_order_ticket;
/* form_event.c, form_hold.c, form_order.c: the plain pages */
api_fn form_index, form_event, form_seats;
api_fn form_hold_make, form_hold;
api_fn form_hold_extend, form_hold_release, form_hold_book;
api_fn form_order;

#endif
