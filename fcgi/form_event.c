/*
 * The plain pages of what is for sale: the events, one event with its sections
 * and the house's choice, and the seats of a section as boxes to tick.
 */
#include "config.h"

#include "fcgi/api_args.h"
#include "fcgi/form_guard.h"
#include "fcgi/form_page.h"
#include "fcgi/form_parts.h"
#include "fcgi/hold_input.h"
#include "fcgi/html_out.h"
#include "fcgi/query.h"
#include "fcgi/store_events.h"
#include "fcgi/store_forms.h"
#include "libhold/err.h"

#include <stdio.h>
#include <string.h>

/* What a callback of the store needs. */
struct work {
	struct site *site;
	struct http_reply *reply;
	const char *event;
	struct form_visitor visitor;
	bool forms; /* the visitor may send them */
	bool open;
	/* What is seen of the section. */
	char currency[4], row[SECTION_NAME_MAX + 1];
	int64_t next; /* the ordinal behind the last seat */
	size_t n, free;
};

static bool answered(int rc, struct http_reply *reply)
{
	if (rc == HF_ENOTFOUND)
		form_page_say(reply, 404, "Not here",
			      "There is no such event, or it has no such "
			      "seat.",
			      NULL);
	else if (rc < 0)
		form_page_away(reply);
	return rc == 0;
}

/* ---- GET /plain/ --------------------------------------------------------- */

static void add_to_list(void *arg, const struct event_info *info)
{
	struct work *work = arg;
	struct hf_buf *out = &work->reply->body;
	const char *line = strcmp(info->sale, "open") == 0     ? "On sale"
			   : strcmp(info->sale, "closed") == 0 ? "Sale closed"
							       : "Not yet "
								 "on sale";

	html_fill(out,
		  "<li class=\"card\"><a class=\"event-title\" "
		  "href=\"/plain/events/%\">%</a> "
		  "<span class=\"soft\">%</span> <span>%</span></li>\n",
		  info->id, info->title, info->venue, line);
}

/* As the page with scripts is asked for an event: /plain/?event={id}. */
static bool goes_to_event(const struct http_request *request,
			  struct http_reply *reply)
{
	struct http_request named = *request;
	char event[EVENT_ID_MAX + 1];

	if (!query_value(request->query, "event", &named.args[0]) ||
	    named.args[0].len == 0)
		return false;
	if (form_event_arg(&named, reply, event))
		form_go_event(reply, event);
	return true;
}

void form_index(struct site *site, const struct http_request *request,
		struct http_reply *reply)
{
	static const struct form_page page = { .title = "Tickets" };
	struct work work = { .reply = reply };
	struct form_visitor visitor;

	if (goes_to_event(request, reply))
		return;
	form_page_begin(reply, 200, &page);
	hf_buf_printf(&reply->body, "<ul class=\"events\">\n");
	if (!answered(store_events(site->booking.store, add_to_list, &work),
		      reply))
		return;
	hf_buf_printf(&reply->body, "</ul>\n");
	if (form_known(site, request, &visitor) &&
	    form_add_mine(&reply->body, site->booking.store, NULL, &visitor) <
		0) {
		form_page_away(reply);
		return;
	}
	form_page_end(reply);
}

/* ---- GET /plain/events/{id} ---------------------------------------------- */

static void add_event_head(void *arg, const struct form_event *event)
{
	struct work *work = arg;
	struct hf_buf *out = &work->reply->body;
	const struct form_page page = {
		.title = event->title,
		.refresh_s = strcmp(event->sale, "not_yet") == 0 &&
				     event->opens_in_ms < 3600 * 1000
				 ? event->opens_in_ms / 1000 + 1
				 : 0,
	};

	work->open = strcmp(event->sale, "open") == 0;
	snprintf(work->currency, sizeof(work->currency), "%s", event->currency);
	form_page_begin(work->reply, 200, &page);
	form_add_when(out, event);
	if (strcmp(event->sale, "closed") == 0)
		hf_buf_printf(out, "<p class=\"notice\">The sale is "
				   "closed.</p>\n");
	else if (!work->open)
		html_fill(
		    out, "<p class=\"notice\">The sale opens on % (%).</p>\n",
		    event->opens != NULL ? event->opens : "", event->zone);
}

static void add_section(void *arg, const struct form_section *section)
{
	struct work *work = arg;
	struct hf_buf *out = &work->reply->body;
	char first[24];

	snprintf(first, sizeof(first), "%lld", (long long)section->first);
	hf_buf_printf(out, "<li class=\"card\">");
	if (section->free > 0 && work->open)
		html_fill(out, "<a href=\"/plain/events/%/seats/%\">%</a>",
			  work->event, first,
			  section->name[0] != '\0' ? section->name
						   : "All tickets");
	else
		html_fill(out, "<span>%</span>",
			  section->name[0] != '\0' ? section->name
						   : "All tickets");
	hf_buf_printf(out, " <span class=\"soft\">%lld of %lld left",
		      (long long)section->free, (long long)section->all);
	form_add_prices(out, section->least_minor, section->most_minor,
			work->currency);
	hf_buf_printf(out, "</span></li>\n");
}

static void add_choice(void *arg, const struct form_section *section)
{
	struct work *work = arg;

	if (work->n++ == 0)
		hf_buf_printf(&work->reply->body,
			      "<p><label>Where <select name=\"section\">"
			      "<option value=\"\">Anywhere</option>");
	html_fill(&work->reply->body, "<option>%</option>", section->name);
}

/* How many, where: the house finds the best. */
static int add_best(struct work *work)
{
	struct hf_buf *out = &work->reply->body;
	size_t before;
	int rc;

	hf_buf_printf(out, "<section class=\"card\">\n"
			   "<h2>Best seats for us</h2>\n");
	form_begin_hold(out, &work->visitor, work->event);
	hf_buf_printf(out,
		      "<p><label>How many <input type=\"number\" "
		      "name=\"count\" value=\"2\" min=\"1\" max=\"%d\" "
		      "required></label></p>\n",
		      BASKET_MAX);
	before = hf_buf_len(out);
	rc = store_form_sections(work->site->booking.store, work->event,
				 add_choice, work);
	if (work->n > 1)
		hf_buf_printf(out, "</select></label></p>\n");
	else
		hf_buf_truncate(out, before);
	hf_buf_printf(out,
		      "<p><label><input type=\"checkbox\" name=\"together\" "
		      "value=\"1\"> Only side by side</label>\n"
		      "<label><input type=\"checkbox\" name=\"accessible\" "
		      "value=\"1\"> Wheelchair places</label></p>\n"
		      "<p><button class=\"primary\">Reserve the best"
		      "</button></p>\n</form>\n</section>\n");
	return rc;
}

static int add_hall(struct work *work)
{
	struct hf_buf *out = &work->reply->body;
	int rc = 0;

	if (work->open && work->forms)
		rc = add_best(work);
	else if (work->open)
		html_fill(out,
			  "<p><a class=\"button\" href=\"/plain/events/%\">"
			  "Go on to the seats</a></p>\n",
			  work->event);
	hf_buf_printf(out, "<h2>Choose your seats</h2>\n"
			   "<ul class=\"sections\">\n");
	if (rc == 0)
		rc = store_form_sections(work->site->booking.store, work->event,
					 add_section, work);
	hf_buf_printf(out, "</ul>\n");
	return rc;
}

void form_event(struct site *site, const struct http_request *request,
		struct http_reply *reply)
{
	char event[EVENT_ID_MAX + 1];
	struct work work = { .site = site, .reply = reply, .event = event };
	struct store *store = site->booking.store;
	int rc;

	if (!form_event_arg(request, reply, event))
		return;
	work.forms = form_visitor(site, request, reply, &work.visitor);
	rc = store_form_event(store, event, 0, add_event_head, &work);
	if (rc == 0 && work.forms)
		rc = form_add_mine(&reply->body, store, event, &work.visitor);
	if (rc == 0)
		rc = add_hall(&work);
	if (answered(rc, reply))
		form_page_end(reply);
}

/* ---- GET /plain/events/{id}/seats/{ordinal} ------------------------------ */

enum { SEATS_A_PAGE = 600 };

static void end_row(struct work *work)
{
	struct hf_buf *out = &work->reply->body;

	if (work->n == 0)
		return;
	if (work->free == 0)
		hf_buf_printf(out, "<span class=\"soft\">nothing left</span>");
	hf_buf_printf(out, "</fieldset>\n");
}

static void begin_row(struct work *work, const struct form_seat *seat)
{
	struct hf_buf *out = &work->reply->body;

	end_row(work);
	snprintf(work->row, sizeof(work->row), "%s", seat->row);
	work->free = 0;
	hf_buf_printf(out, "<fieldset><legend>");
	html_fill(out, seat->row[0] != '\0' ? "Row %" : "Tickets%", seat->row);
	hf_buf_printf(out, "</legend>\n");
}

static void add_seat(void *arg, const struct form_seat *seat)
{
	struct work *work = arg;
	struct hf_buf *out = &work->reply->body;

	if (work->n == 0 && seat->section[0] != '\0')
		html_fill(out, "<h2>%</h2>\n", seat->section);
	if (work->n == 0 || strcmp(work->row, seat->row) != 0)
		begin_row(work, seat);
	work->n++;
	work->next = seat->ordinal + 1;
	if (!seat->free)
		return;
	work->free++;
	html_fill(out,
		  "<label class=\"seat\"><input type=\"checkbox\" "
		  "name=\"seat\" value=\"%\"> ",
		  seat->id);
	hf_buf_printf(out, "%lld", (long long)seat->number);
	if (seat->accessible)
		hf_buf_printf(out, " wheelchair place");
	if (seat->price_minor > 0) {
		hf_buf_printf(out, " <span class=\"soft\">");
		html_add_money(out, seat->price_minor, work->currency);
		hf_buf_printf(out, "</span>");
	}
	hf_buf_printf(out, "</label>\n");
}

/* The rest of a section that is too large for one page. */
static void add_next(struct work *work)
{
	char next[24];

	if (work->n < SEATS_A_PAGE)
		return;
	snprintf(next, sizeof(next), "%lld", (long long)work->next);
	html_fill(&work->reply->body,
		  "<p><a href=\"/plain/events/%/seats/%\">The next seats"
		  "</a></p>\n",
		  work->event, next);
}

static int add_seats(struct work *work, int64_t ordinal)
{
	struct hf_buf *out = &work->reply->body;
	int rc;

	form_begin_hold(out, &work->visitor, work->event);
	rc = store_form_seats(work->site->booking.store, work->event, ordinal,
			      SEATS_A_PAGE, add_seat, work);
	end_row(work);
	hf_buf_printf(out,
		      "<p class=\"submit\"><button class=\"primary\">Reserve "
		      "what is ticked</button> <span class=\"soft\">at most %d "
		      "at once</span></p>\n</form>\n",
		      BASKET_MAX);
	add_next(work);
	html_fill(out, "<p><a href=\"/plain/events/%\">All sections</a></p>\n",
		  work->event);
	return rc;
}

void form_seats(struct site *site, const struct http_request *request,
		struct http_reply *reply)
{
	char event[EVENT_ID_MAX + 1];
	struct work work = { .site = site, .reply = reply, .event = event };
	int64_t ordinal = 0;
	int rc;

	if (!form_event_arg(request, reply, event))
		return;
	if (hf_slice_int64(request->args[1], &ordinal) < 0 || ordinal < 1 ||
	    ordinal > INT32_MAX) {
		(void)answered(HF_ENOTFOUND, reply);
		return;
	}
	work.forms = form_visitor(site, request, reply, &work.visitor);
	rc = store_form_event(site->booking.store, event, 0, add_event_head,
			      &work);
	if (rc == 0 && (!work.open || !work.forms)) {
		form_go_event(reply, event);
		return;
	}
	if (rc == 0)
		rc = add_seats(&work, ordinal);
	if (answered(rc, reply))
		form_page_end(reply);
}
