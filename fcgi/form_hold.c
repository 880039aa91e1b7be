/*
 * The plain pages of a hold: to make one, to see how long it lasts, to keep,
 * book or give it back.
 */
#include "config.h"

#include "fcgi/form_input.h"
#include "fcgi/form_page.h"
#include "fcgi/form_parts.h"
#include "fcgi/form_refusal.h"
#include "fcgi/html_out.h"
#include "fcgi/making.h"
#include "libhold/err.h"

#include <stdio.h>
#include <string.h>

/* ---- POST /plain/events/{id}/hold ---------------------------------------- */

/* The form and who sent it; false after a page. */
static bool read_form(const struct site *site,
		      const struct http_request *request,
		      struct http_reply *reply, struct form_input *input,
		      struct form_visitor *visitor)
{
	int rc = form_input_parse(request->body, input);

	if (rc == 0)
		return form_sender(site, request, reply, input->key, visitor);
	form_page_say(reply, rc == HF_ELIMIT ? 422 : 400, "That did not work",
		      input->hold.wrong, NULL);
	return false;
}

enum { WAIT_MS = 3000 }; /* for the same form, which is being answered */

/* Sent twice (two clicks, a reload), a form makes one hold. */
static struct holding_taken take(struct site *site,
				 const struct http_request *request,
				 const struct making *making, bool once)
{
	char id[HOLD_ID_LEN + 1];
	struct idempotency key;

	if (once) {
		idempotency_of_form(request, &key);
		return making_take_once(&site->booking, making, &key, WAIT_MS);
	}
	identity_random(id);
	return making_take(&site->booking, making, id);
}

void form_hold_make(struct site *site, const struct http_request *request,
		    struct http_reply *reply)
{
	char event[EVENT_ID_MAX + 1];
	struct holding_taken taken;
	struct form_visitor visitor;
	struct form_input input;
	const struct making making = { event, visitor.identity.holder,
				       &input.hold };

	if (!form_event_arg(request, reply, event) ||
	    !read_form(site, request, reply, &input, &visitor))
		return;
	if (!form_input_wishes(&input)) {
		form_go_event(reply, event); /* nothing was ticked */
		return;
	}
	taken = take(site, request, &making, input.once);
	if (taken.outcome == HOLD_OK || taken.outcome == HOLD_AGAIN ||
	    taken.outcome == HOLD_REPLAYED)
		form_go_hold(reply, taken.id);
	else
		form_refuse_taking(reply, site->booking.store, event,
				   &input.hold.basket, &taken, &visitor);
}

/* ---- GET /plain/holds/{id} ----------------------------------------------- */

enum { WARN_S = 60 }; /* so long before the end the page is shown anew */

/*
 * The page comes by itself when there is less than a minute, so that there is
 * time to keep the seats, and when the time is over.
 */
static int64_t refresh_s(int64_t left_ms)
{
	int64_t left_s = left_ms / 1000;

	return left_s > WARN_S + WARN_S / 2 ? left_s - WARN_S : left_s + 1;
}

struct work {
	struct http_reply *reply;
	const struct hold_view *view;
	const struct form_visitor *visitor;
};

static void add_seats(struct hf_buf *out, const struct hold_view *view)
{
	hf_buf_printf(out, "<ul class=\"held\">\n");
	for (size_t i = 0; i < view->n; i++)
		form_add_place(out, &view->seats[i], view->currency);
	hf_buf_printf(out, "</ul>\n");
	if (view->total_minor == 0)
		return;
	hf_buf_printf(out, "<p class=\"total\">Total <strong>");
	html_add_money(out, view->total_minor, view->currency);
	hf_buf_printf(out, "</strong></p>\n");
}

static void add_live(void *arg, const struct form_event *event)
{
	struct work *work = arg;
	const struct hold_view *view = work->view;
	struct hf_buf *out = &work->reply->body;
	const struct form_page page = { .title = "Your seats",
					.refresh_s = refresh_s(view->left_ms) };

	form_page_begin(work->reply, 200, &page);
	html_fill(out, "<p class=\"event-title\">%</p>\n", event->title);
	form_add_when(out, event);
	html_fill(out,
		  "<p class=\"notice\">Reserved for you until "
		  "<strong><time>%</time></strong> (%). Book before that: then "
		  "they go back.%</p>\n",
		  event->until, event->zone,
		  view->left_ms < WARN_S * 1000
		      ? " There is less than a minute left!"
		      : "");
	add_seats(out, view);
	hf_buf_printf(out, "<div class=\"actions\">\n");
	form_add_button(out, work->visitor, "/plain/holds/%/book", view->id,
			"primary", "Book");
	if (view->extensions_left > 0)
		form_add_button(out, work->visitor, "/plain/holds/%/extend",
				view->id, "quiet", "Keep longer");
	form_add_button(out, work->visitor, "/plain/holds/%/release", view->id,
			"quiet", "Give back");
	html_fill(out,
		  "</div>\n<p><a href=\"/plain/events/%\">More seats</a></p>\n",
		  view->event);
	form_page_end(work->reply);
}

static void show_live(struct store *store, struct work *work)
{
	int rc = store_form_event(store, work->view->event, work->view->left_ms,
				  add_live, work);

	if (rc == HF_ENOTFOUND)
		form_no_hold(work->reply);
	else if (rc < 0)
		form_page_away(work->reply);
}

/* What it has become, and what can be done about that. */
static void show_ended(struct http_reply *reply, const struct hold_view *view,
		       const struct form_visitor *visitor)
{
	static const struct form_page page = { .title = "Your time ran out" };
	struct hf_buf *out = &reply->body;

	if (view->outcome == HOLD_BOOKED && view->order != NULL) {
		form_go_order(reply, view->order);
		return;
	}
	if (view->outcome != HOLD_EXPIRED) {
		form_refuse(reply, view->outcome, view->event);
		return;
	}
	form_page_begin(reply, 410, &page);
	hf_buf_printf(out, "<p class=\"notice\" data-kind=\"bad\">These seats "
			   "are no longer reserved. You can still have them if "
			   "nobody else took them.</p>\n");
	add_seats(out, view);
	form_begin_hold(out, visitor, view->event);
	for (size_t i = 0; i < view->n; i++)
		html_fill(out,
			  "<input type=\"hidden\" name=\"seat\" "
			  "value=\"%\">\n",
			  view->seats[i].id);
	html_fill(out,
		  "<button class=\"primary\">Reserve them again</button>\n"
		  "</form>\n<p><a href=\"/plain/events/%\">Other seats</a>"
		  "</p>\n",
		  view->event);
	form_page_end(reply);
}

void form_hold(struct site *site, const struct http_request *request,
	       struct http_reply *reply)
{
	struct store *store = site->booking.store;
	char id[HOLD_ID_LEN + 1];
	struct form_visitor visitor;
	struct hold_view view;
	struct work work = { reply, &view, &visitor };

	if (!form_hold_arg(request, reply, id))
		return;
	if (!form_known(site, request, &visitor)) {
		form_no_hold(reply);
		return;
	}
	if (store_hold_show(store, id, visitor.identity.holder, &view) < 0) {
		form_page_away(reply);
		return;
	}
	if (view.outcome == HOLD_OK)
		show_live(store, &work);
	else
		show_ended(reply, &view, &visitor);
	hold_view_fini(&view);
}

/* ---- POST /plain/holds/{id}/… -------------------------------------------- */

/* Whose form it is, and of which hold; false after a page. */
static bool read_call(struct site *site, const struct http_request *request,
		      struct http_reply *reply, char id[HOLD_ID_LEN + 1],
		      struct form_visitor *visitor)
{
	struct form_input input;

	return form_hold_arg(request, reply, id) &&
	       read_form(site, request, reply, &input, visitor);
}

/* The hold's own page tells best what came of one that is over. */
static void go_or_refuse(struct http_reply *reply, const char *id,
			 enum hold_outcome outcome)
{
	switch (outcome) {
	case HOLD_OK:
	case HOLD_EXPIRED:
	case HOLD_RELEASED:
	case HOLD_BOOKED:
		form_go_hold(reply, id);
		break;
	default:
		form_refuse(reply, outcome, NULL);
	}
}

void form_hold_extend(struct site *site, const struct http_request *request,
		      struct http_reply *reply)
{
	char id[HOLD_ID_LEN + 1];
	struct form_visitor visitor;

	if (read_call(site, request, reply, id, &visitor))
		go_or_refuse(reply, id,
			     holding_extend(&site->booking, id,
					    visitor.identity.holder));
}

void form_hold_release(struct site *site, const struct http_request *request,
		       struct http_reply *reply)
{
	char id[HOLD_ID_LEN + 1];
	struct form_visitor visitor;

	if (read_call(site, request, reply, id, &visitor))
		go_or_refuse(reply, id,
			     holding_release(&site->booking, id,
					     visitor.identity.holder));
}

/* However often the form is sent, it is one order: the key is the hold's. */
void form_hold_book(struct site *site, const struct http_request *request,
		    struct http_reply *reply)
{
	char id[HOLD_ID_LEN + 1], key[HOLD_ID_LEN + sizeof("form-")];
	struct form_visitor visitor;
	struct hold_booked booked;

	if (!read_call(site, request, reply, id, &visitor))
		return;
	snprintf(key, sizeof(key), "form-%s", id);
	booked = holding_book(&site->booking, id, visitor.identity.holder, key,
			      "form");
	if (booked.outcome == HOLD_OK || booked.outcome == HOLD_REPLAYED)
		form_go_order(reply, booked.order);
	else
		go_or_refuse(reply, id, booked.outcome);
}
