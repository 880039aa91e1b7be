/*
 * The plain page of an order: its tickets with their codes.
 */
#include "config.h"

#include "fcgi/form_page.h"
#include "fcgi/form_parts.h"
#include "fcgi/html_out.h"
#include "fcgi/store_orders.h"
#include "libhold/err.h"

#include <stdio.h>

struct work {
	struct http_reply *reply;
	const struct order_view *order;
	struct store *store;
	int rc;
};

static void add_ticket(struct hf_buf *out, const struct order_view *view,
		       size_t i)
{
	char ordinal[24];

	snprintf(ordinal, sizeof(ordinal), "%lld",
		 (long long)view->seats[i].ordinal);
	hf_buf_printf(out, "<li class=\"card ticket\">\n");
	if (view->cancelled[i] || view->cancelled_at != NULL)
		hf_buf_printf(out, "<strong>Cancelled</strong>\n");
	else
		html_fill(out,
			  "<img class=\"qr\" width=\"148\" height=\"148\" "
			  "src=\"/api/orders/%/tickets/%.svg\" "
			  "alt=\"The code to show at the door\">\n",
			  view->number, ordinal);
	hf_buf_printf(out, "<ul>\n");
	form_add_place(out, &view->seats[i], view->currency);
	hf_buf_printf(out, "</ul></li>\n");
}

static void add_order(void *arg, const struct form_event *event)
{
	static const struct form_page page = { .title = "Your tickets" };
	struct work *work = arg;
	const struct order_view *view = work->order;
	struct hf_buf *out = &work->reply->body;

	form_page_begin(work->reply, 200, &page);
	html_fill(out, "<p class=\"event-title\">%</p>\n", view->title);
	form_add_when(out, event);
	html_fill(out, "<p>Order <strong class=\"number\">%</strong>",
		  view->number);
	form_add_prices(out, view->total_minor, view->total_minor,
			view->currency);
	hf_buf_printf(out, "</p>\n");
	if (view->cancelled_at != NULL)
		hf_buf_printf(out, "<p class=\"notice\" data-kind=\"bad\">This "
				   "order was cancelled.</p>\n");
	hf_buf_printf(out, "<ul class=\"tickets\">\n");
	for (size_t i = 0; i < view->n; i++)
		add_ticket(out, view, i);
	hf_buf_printf(out, "</ul>\n");
	if (view->starts_at != NULL)
		html_fill(out,
			  "<p><a class=\"button\" "
			  "href=\"/api/orders/%/calendar.ics\">Add to "
			  "calendar</a></p>\n",
			  view->number);
	html_fill(out,
		  "<p><a href=\"/plain/events/%\">Back to the seats</a>"
		  "</p>\n",
		  view->event);
	form_page_end(work->reply);
}

/* On the same connection, whose answer the order is: that is read by now. */
static void show_order(void *arg, const struct order_view *view)
{
	struct work *work = arg;

	work->order = view;
	work->rc =
	    store_form_event(work->store, view->event, 0, add_order, work);
}

void form_order(struct site *site, const struct http_request *request,
		struct http_reply *reply)
{
	struct work work = { .reply = reply, .store = site->booking.store };
	char number[ORDER_NUMBER_MAX + 1];
	struct form_visitor visitor;
	int rc;

	if (!form_order_arg(request, reply, number))
		return;
	if (!form_known(site, request, &visitor)) {
		form_no_order(reply);
		return;
	}
	rc = store_order_show(work.store, number, visitor.identity.holder,
			      show_order, &work);
	if (rc == HF_ENOTFOUND || (rc == 0 && work.rc == HF_ENOTFOUND))
		form_no_order(reply);
	else if (rc < 0 || work.rc < 0)
		form_page_away(reply);
}
