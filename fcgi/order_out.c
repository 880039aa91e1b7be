#include "config.h"

#include "fcgi/order_out.h"

#include "fcgi/hold_out.h"
#include "fcgi/json_out.h"
#include "fcgi/ticket_text.h"
#include "libhold/clock.h"

/* What both have, up to the tickets. */
static void add_head(struct hf_buf *out, const struct order_view *view)
{
	hf_buf_printf(out,
		      "{\"number\":\"%s\",\"order\":\"/api/orders/%s\","
		      "\"event\":\"%s\",\"created_at\":\"%s\","
		      "\"total_minor\":%lld,\"currency\":\"%s\",",
		      view->number, view->number, view->event, view->created_at,
		      (long long)view->total_minor, view->currency);
}

static void end(struct hf_buf *out)
{
	hf_buf_printf(out, "],\"server_time\":");
	json_add_time(out, hf_wall_ms());
	hf_buf_add_char(out, '}');
}

void order_add_receipt(struct hf_buf *out, const struct order_view *view)
{
	add_head(out, view);
	hf_buf_printf(out, "\"tickets\":[");
	for (size_t i = 0; i < view->n; i++) {
		if (i > 0)
			hf_buf_add_char(out, ',');
		hold_add_seat(out, &view->seats[i]);
		hf_buf_add_char(out, '}');
	}
	end(out);
}

static void add_ticket(struct hf_buf *out, const struct order_view *view,
		       size_t i, const struct secret *secret)
{
	hold_add_seat(out, &view->seats[i]);
	hf_buf_printf(out, ",\"cancelled\":%s,\"qr\":\"",
		      view->cancelled[i] ? "true" : "false");
	ticket_add_text(out, view, i, secret);
	hf_buf_printf(out, "\",\"qr_svg\":\"/api/orders/%s/tickets/%lld.svg\"}",
		      view->number, (long long)view->seats[i].ordinal);
}

void order_add(struct hf_buf *out, const struct order_view *view,
	       const struct secret *secret)
{
	add_head(out, view);
	hf_buf_printf(out, "\"title\":");
	json_add_string(out, view->title);
	hf_buf_printf(out, ",\"venue\":");
	json_add_string(out, view->venue);
	hf_buf_printf(out, ",\"starts_at\":");
	json_add_string_or_null(out, view->starts_at);
	hf_buf_printf(out, ",\"time_zone\":");
	json_add_string_or_null(out, view->time_zone);
	hf_buf_printf(out, ",\"cancelled_at\":");
	json_add_string_or_null(out, view->cancelled_at);
	hf_buf_printf(out, ",\"calendar\":");
	if (view->starts_at != NULL)
		hf_buf_printf(out, "\"/api/orders/%s/calendar.ics\"",
			      view->number);
	else
		hf_buf_printf(out, "null");
	hf_buf_printf(out, ",\"tickets\":[");
	for (size_t i = 0; i < view->n; i++) {
		if (i > 0)
			hf_buf_add_char(out, ',');
		add_ticket(out, view, i, secret);
	}
	end(out);
}
