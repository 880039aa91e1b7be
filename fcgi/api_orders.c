/*
 * Orders: what an identity has bought, and its tickets.
 */
#include "config.h"

#include "fcgi/api_args.h"
#include "fcgi/calendar.h"
#include "fcgi/caller.h"
#include "fcgi/json_out.h"
#include "fcgi/order_out.h"
#include "fcgi/problem.h"
#include "fcgi/qr.h"
#include "fcgi/router.h"
#include "fcgi/ticket_text.h"
#include "libhold/clock.h"
#include "libhold/err.h"

#include <stdio.h>

enum { QR_TEXT_MAX = 2048 };

/* What a callback of the store needs. */
struct work {
	const struct site *site;
	const struct http_request *request;
	struct http_reply *reply;
};

/* ---- GET /api/orders ----------------------------------------------------- */

static void add_to_list(void *arg, const struct order_view *view)
{
	struct work *work = arg;
	struct hf_buf *out = &work->reply->body;
	struct hf_slice text = hf_buf_slice(out);

	if (text.data[text.len - 1] != '[')
		hf_buf_add_char(out, ',');
	order_add(out, view, work->site->secret);
}

void api_orders(struct site *site, const struct http_request *request,
		struct http_reply *reply)
{
	struct work work = { site, request, reply };
	struct identity identity;

	if (!caller_read(site->secret, request, reply, &identity))
		return;
	hf_buf_printf(&reply->body, "{\"orders\":[");
	if (store_orders_of(site->booking.store, identity.holder, add_to_list,
			    &work) < 0) {
		api_store_away(reply);
		return;
	}
	hf_buf_printf(&reply->body, "],\"server_time\":");
	json_add_time(&reply->body, hf_wall_ms());
	hf_buf_add_char(&reply->body, '}');
	reply->status = 200;
}

/* ---- one order ----------------------------------------------------------- */

/* Answers with each(), which gets the order in the path, if it is his. */
static void answer_one(struct site *site, const struct http_request *request,
		       struct http_reply *reply, order_view_fn *each)
{
	char number[ORDER_NUMBER_MAX + 1];
	struct work work = { site, request, reply };
	struct identity identity;
	int rc;

	if (!caller_read(site->secret, request, reply, &identity) ||
	    !api_order_arg(request, reply, number))
		return;
	rc = store_order_show(site->booking.store, number, identity.holder,
			      each, &work);
	if (rc == HF_ENOTFOUND)
		api_no_such_order(reply);
	else if (rc < 0)
		api_store_away(reply);
}

static void show_order(void *arg, const struct order_view *view)
{
	struct work *work = arg;

	work->reply->status = 200;
	order_add(&work->reply->body, view, work->site->secret);
}

void api_order(struct site *site, const struct http_request *request,
	       struct http_reply *reply)
{
	answer_one(site, request, reply, show_order);
}

static void show_calendar(void *arg, const struct order_view *view)
{
	struct work *work = arg;
	struct http_reply *reply = work->reply;

	if (calendar_add(&reply->body, view) < 0) {
		problem_reply(reply, PROBLEM_NOT_FOUND,
			      "When this event begins is not known yet.");
		return;
	}
	reply->status = 200;
	reply->type = "text/calendar; charset=utf-8";
	snprintf(reply->file_name, sizeof(reply->file_name), "%s.ics",
		 view->number);
}

void api_order_calendar(struct site *site, const struct http_request *request,
			struct http_reply *reply)
{
	answer_one(site, request, reply, show_calendar);
}

/* The i-th ticket's code. A cancelled one has none. */
static void show_code(struct work *work, const struct order_view *view,
		      size_t i)
{
	struct http_reply *reply = work->reply;
	struct hf_buf text;

	hf_buf_init(&text, QR_TEXT_MAX);
	ticket_add_text(&text, view, i, work->site->secret);
	hf_buf_add_char(&text, '\0');
	reply->status = 200;
	reply->type = "image/svg+xml";
	reply->cache = HTTP_PRIVATE;
	if (hf_buf_failed(&text) ||
	    qr_add_svg(&reply->body, hf_buf_slice(&text).data) < 0)
		problem_reply(reply, PROBLEM_ANSWER_TOO_LARGE,
			      "The ticket's text is too long for a code.");
	hf_buf_fini(&text);
}

static void show_ticket(void *arg, const struct order_view *view)
{
	struct work *work = arg;
	int64_t ordinal;
	size_t i = 0;

	if (hf_slice_int64(work->request->args[1], &ordinal) < 0)
		ordinal = -1;
	while (i < view->n && view->seats[i].ordinal != ordinal)
		i++;
	if (i < view->n && !view->cancelled[i])
		show_code(work, view, i);
	else
		problem_reply(work->reply, PROBLEM_NOT_FOUND,
			      "This order has no such ticket.");
}

void api_order_ticket(struct site *site, const struct http_request *request,
		      struct http_reply *reply)
{
	answer_one(site, request, reply, show_ticket);
}
