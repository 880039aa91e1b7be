#include "config.h"

#include "fcgi/form_parts.h"

#include "fcgi/api_args.h"
#include "fcgi/form_page.h"
#include "fcgi/html_out.h"
#include "fcgi/store_orders.h"

#include <stdio.h>
#include <string.h>

/* ---- forms --------------------------------------------------------------- */

void form_begin(struct hf_buf *out, const struct form_visitor *visitor,
		const char *pattern, const char *value)
{
	hf_buf_printf(out, "<form method=\"post\" action=\"");
	html_fill(out, pattern, value);
	html_fill(out,
		  "\">\n<input type=\"hidden\" name=\"key\" value=\"%\">\n",
		  visitor->key);
}

void form_begin_hold(struct hf_buf *out, const struct form_visitor *visitor,
		     const char *event)
{
	char once[HOLD_ID_LEN + 1];

	identity_random(once);
	form_begin(out, visitor, "/plain/events/%/hold", event);
	html_fill(out, "<input type=\"hidden\" name=\"once\" value=\"%\">\n",
		  once);
}

void form_add_button(struct hf_buf *out, const struct form_visitor *visitor,
		     const char *pattern, const char *value, const char *look,
		     const char *label)
{
	form_begin(out, visitor, pattern, value);
	html_fill(out, "<button class=\"%\">%</button>\n</form>\n", look,
		  label);
}

/* ---- words --------------------------------------------------------------- */

void form_add_when(struct hf_buf *out, const struct form_event *event)
{
	hf_buf_printf(out, "<p class=\"kicker\">");
	html_add(out, event->venue);
	if (event->venue[0] != '\0' && event->starts != NULL)
		hf_buf_printf(out, " · ");
	if (event->starts != NULL)
		html_fill(out, "% (%)", event->starts, event->zone);
	hf_buf_printf(out, "</p>\n");
}

void form_add_prices(struct hf_buf *out, int64_t least_minor,
		     int64_t most_minor, const char *currency)
{
	if (most_minor == 0)
		return;
	hf_buf_printf(out, ", ");
	html_add_money(out, least_minor, currency);
	if (most_minor == least_minor)
		return;
	hf_buf_printf(out, " to ");
	html_add_money(out, most_minor, currency);
}

void form_add_place(struct hf_buf *out, const struct held_seat *seat,
		    const char *currency)
{
	char number[24];

	snprintf(number, sizeof(number), "%lld", (long long)seat->number);
	if (seat->section[0] == '\0' && seat->row[0] == '\0')
		html_fill(out, "<li>Ticket %", number);
	else if (seat->section[0] == '\0')
		html_fill(out, "<li>Row %, seat %", seat->row, number);
	else
		html_fill(out, "<li>%, row %, seat %", seat->section, seat->row,
			  number);
	form_add_prices(out, seat->price_minor, seat->price_minor, currency);
	hf_buf_printf(out, "</li>\n");
}

/* ---- what is mine -------------------------------------------------------- */

struct mine {
	struct hf_buf *out;
	const char *event; /* NULL: any */
	bool any;
};

static bool begins(struct mine *mine, const char *event)
{
	if (mine->event != NULL && strcmp(mine->event, event) != 0)
		return false;
	if (!mine->any)
		hf_buf_printf(mine->out, "<section class=\"card mine\">\n"
					 "<h2>Yours</h2>\n<ul>\n");
	mine->any = true;
	return true;
}

static void add_hold(void *arg, const struct hold_view *view)
{
	struct mine *mine = arg;

	if (!begins(mine, view->event))
		return;
	html_fill(mine->out, "<li><a href=\"/plain/holds/%\">", view->id);
	hf_buf_printf(mine->out,
		      "%zu reserved for you: look and book</a></li>\n",
		      view->n);
}

static void add_order(void *arg, const struct order_view *view)
{
	struct mine *mine = arg;

	if (begins(mine, view->event))
		html_fill(mine->out,
			  "<li><a href=\"/plain/orders/%\">Order %</a>, "
			  "%</li>\n",
			  view->number, view->number, view->title);
}

int form_add_mine(struct hf_buf *out, struct store *store, const char *event,
		  const struct form_visitor *visitor)
{
	struct mine mine = { .out = out, .event = event };
	const char *holder = visitor->identity.holder;
	int rc = store_holds_of(store, holder, add_hold, &mine);

	if (rc == 0)
		rc = store_orders_of(store, holder, add_order, &mine);
	if (mine.any)
		hf_buf_printf(out, "</ul>\n</section>\n");
	return rc;
}

/* ---- arguments ----------------------------------------------------------- */

void form_no_hold(struct http_reply *reply)
{
	form_page_say(reply, 404, "Not here",
		      "There is no such reservation, or it is not yours.",
		      NULL);
}

void form_no_order(struct http_reply *reply)
{
	form_page_say(reply, 404, "Not here",
		      "There is no such order, or it is not yours.", NULL);
}

bool form_event_arg(const struct http_request *request,
		    struct http_reply *reply, char event_out[EVENT_ID_MAX + 1])
{
	if (api_event_arg(request, reply, event_out))
		return true;
	form_page_say(reply, 404, "Not here", "There is no such event.", NULL);
	return false;
}

bool form_hold_arg(const struct http_request *request, struct http_reply *reply,
		   char id_out[HOLD_ID_LEN + 1])
{
	if (api_hold_arg(request, reply, id_out))
		return true;
	form_no_hold(reply);
	return false;
}

bool form_order_arg(const struct http_request *request,
		    struct http_reply *reply,
		    char number_out[ORDER_NUMBER_MAX + 1])
{
	if (api_order_arg(request, reply, number_out))
		return true;
	form_no_order(reply);
	return false;
}

/* ---- ways ---------------------------------------------------------------- */

static void go(struct http_reply *reply, const char *folder, const char *id)
{
	char path[HTTP_FIELD_MAX];

	snprintf(path, sizeof(path), "/plain/%s/%s", folder, id);
	form_page_go(reply, path);
}

void form_go_event(struct http_reply *reply, const char *event)
{
	go(reply, "events", event);
}

void form_go_hold(struct http_reply *reply, const char *id)
{
	go(reply, "holds", id);
}

void form_go_order(struct http_reply *reply, const char *number)
{
	go(reply, "orders", number);
}
