#include "config.h"

#include "fcgi/form_refusal.h"

#include "fcgi/form_page.h"
#include "fcgi/form_parts.h"
#include "fcgi/html_out.h"

#include <stdio.h>

/* ---- in general ---------------------------------------------------------- */

static const struct {
	int status;
	const char *words;
} refusals[] = {
	[HOLD_OVER_LIMIT] = { 422, "That is more seats than one person can "
				   "have for this event." },
	[HOLD_SALE_CLOSED] = { 409, "The sale is closed." },
	[HOLD_SALE_NOT_YET] = { 409, "The sale has not opened yet." },
	[HOLD_NO_EVENT] = { 404, "There is no such event." },
	[HOLD_EXPIRED] = { 410, "The time ran out: these seats are no longer "
				"reserved." },
	[HOLD_RELEASED] = { 410, "These seats were given back." },
	[HOLD_BOOKED] = { 410, "These seats are booked." },
	[HOLD_UNKNOWN] = { 404, "There is no such reservation, or it is not "
				"yours." },
	[HOLD_NOT_YOURS] = { 404, "There is no such reservation, or it is not "
				  "yours." },
	[HOLD_NONE_LEFT] = { 409, "The time cannot be made longer again. Your "
				  "seats stay yours until it is up." },
	[HOLD_AT_LIMIT] = { 409, "The time cannot be made longer than it is. "
				 "Your seats stay yours until it is up." },
	[HOLD_IN_PROGRESS] = { 409, "This is being done right now. Look in "
				    "a moment at what is yours." },
	[HOLD_NOTHING_FITS] = { 409, "There is nothing free that fits. Try "
				     "fewer seats, or another place." },
	/* The line itself needs a page that asks by itself. */
	[HOLD_IN_LINE] = { 429, "Others wait in line for these seats, and come "
				"first. You can join them on the page with "
				"scripts; or try other seats." },
	[HOLD_BUSY] = { 503, "Very many people ask for the best seats right "
			     "now. Try again in a moment." },
};

void form_refuse(struct http_reply *reply, enum hold_outcome outcome,
		 const char *event)
{
	char back[HTTP_FIELD_MAX];

	if (outcome >= HF_LEN(refusals) || refusals[outcome].words == NULL) {
		form_page_away(reply);
		return;
	}
	snprintf(back, sizeof(back), "/plain/events/%s",
		 event != NULL ? event : "");
	form_page_say(reply, refusals[outcome].status, "That did not work",
		      refusals[outcome].words, event != NULL ? back : NULL);
}

/* ---- seats that are not to be had ---------------------------------------- */

static const char *verdict(const struct seat_seen *seen)
{
	switch (seen->state) {
	case SEAT_BOOKED:
		return "is sold";
	case SEAT_BLOCKED:
		return "is not for sale";
	case SEAT_UNKNOWN:
		return "is no seat of this event";
	default:
		return seen->mine ? "is in another reservation of yours"
				  : "is in somebody else's basket, and may "
				    "come back";
	}
}

/* The first of the lost seats; how many there are. */
static size_t add_losses(struct hf_buf *out, const struct basket *basket,
			 const struct seat_seen *seen, size_t *first_out)
{
	size_t n = 0;

	hf_buf_printf(out, "<ul class=\"notice\" data-kind=\"bad\" "
			   "role=\"alert\">\n");
	for (size_t i = 0; i < basket->n; i++) {
		if (seen[i].state == SEAT_AVAILABLE)
			continue;
		if (n++ == 0)
			*first_out = i;
		html_fill(out, "<li>% %.</li>\n", basket->ids[i],
			  verdict(&seen[i]));
	}
	hf_buf_printf(out, "</ul>\n");
	return n;
}

struct near {
	struct hf_buf *out;
	size_t n;
};

static void add_near(void *arg, const char *id)
{
	struct near *near = arg;

	near->n++;
	html_fill(near->out,
		  "<label class=\"seat\"><input type=\"checkbox\" "
		  "name=\"seat\" value=\"%\" checked> %</label>\n",
		  id, id);
}

/* The nearest like it, ticked: one press takes them. */
static void add_instead(struct hf_buf *out, struct store *store,
			const char *event, int64_t ordinal, size_t n,
			const struct form_visitor *visitor)
{
	struct near near = { out, 0 };
	size_t before = hf_buf_len(out);

	hf_buf_printf(out, "<h2>The nearest like that</h2>\n");
	form_begin_hold(out, visitor, event);
	if (store_seats_near(store, event, ordinal, (int64_t)n, add_near,
			     &near) < 0 ||
	    near.n == 0) {
		hf_buf_truncate(out, before);
		return;
	}
	hf_buf_printf(out, "<p class=\"submit\"><button class=\"primary\">Take "
			   "these instead</button></p>\n</form>\n");
}

static void refuse_seats(struct http_reply *reply, struct store *store,
			 const char *event, const struct basket *basket,
			 const struct holding_taken *taken,
			 const struct form_visitor *visitor)
{
	static const struct form_page page = { .title = "Somebody was faster" };
	struct hf_buf *out = &reply->body;
	size_t first = 0, n;

	form_page_begin(reply, 409, &page);
	n = add_losses(out, basket, taken->seen, &first);
	hf_buf_printf(out, "<p>Nothing was reserved.</p>\n");
	if (taken->seen[first].state != SEAT_UNKNOWN)
		add_instead(out, store, event, taken->seen[first].ordinal,
			    n > 0 ? n : 1, visitor);
	html_fill(out, "<p><a href=\"/plain/events/%\">Other seats</a></p>\n",
		  event);
	form_page_end(reply);
}

void form_refuse_taking(struct http_reply *reply, struct store *store,
			const char *event, const struct basket *basket,
			const struct holding_taken *taken,
			const struct form_visitor *visitor)
{
	if (taken->outcome == HOLD_REFUSED)
		refuse_seats(reply, store, event, basket, taken, visitor);
	else
		form_refuse(reply, taken->outcome, event);
}
