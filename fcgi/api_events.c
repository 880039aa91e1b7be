/*
 * Events, their halls, and what is free in them: alike for everybody.
 */
#include "config.h"

#include "fcgi/api_args.h"
#include "fcgi/json_out.h"
#include "fcgi/plain_layout.h"
#include "fcgi/problem.h"
#include "fcgi/query.h"
#include "fcgi/router.h"
#include "fcgi/state_cache.h"
#include "fcgi/store_events.h"
#include "libhold/clock.h"
#include "libhold/err.h"

#include <xxhash.h>

/* What a callback of the store needs. */
struct work {
	struct site *site;
	const struct http_request *request;
	struct http_reply *reply;
	const char *event;
	size_t n;
};

/* The URL of an event's layout, which a hall's hash makes good for ever. */
static void add_layout_url(struct hf_buf *out, const char *event,
			   const char *hash)
{
	hf_buf_printf(out, "\"/api/events/%s%s%s\"", event,
		      hash != NULL ? "?v=" : "", hash != NULL ? hash : "");
}

static void add_sale(struct hf_buf *out, const char *sale, const char *opens_at)
{
	hf_buf_printf(out, "\"sale\":{\"state\":\"%s\",\"opens_at\":", sale);
	json_add_string_or_null(out, opens_at);
	hf_buf_add_char(out, '}');
}

/* After a call of the store; what it wrote so far may be dropped. */
static bool answered(int rc, struct http_reply *reply)
{
	if (rc == HF_ENOTFOUND)
		api_no_such_event(reply);
	else if (rc < 0)
		api_store_away(reply);
	return rc == 0;
}

/* ---- GET /api/events ----------------------------------------------------- */

static void add_event(void *arg, const struct event_info *info)
{
	struct work *work = arg;
	struct hf_buf *out = &work->reply->body;

	if (work->n++ > 0)
		hf_buf_add_char(out, ',');
	layout_add_head(out, info);
	hf_buf_add_char(out, ',');
	add_sale(out, info->sale, info->opens_at);
	hf_buf_printf(out, ",\"layout\":");
	add_layout_url(out, info->id, info->layout_hash);
	hf_buf_printf(out, ",\"state\":\"/api/events/%s/state\"}", info->id);
}

void api_events(struct site *site, const struct http_request *request,
		struct http_reply *reply)
{
	struct work work = { .reply = reply };
	size_t listed;

	HF_UNUSED(request);
	hf_buf_printf(&reply->body, "{\"events\":[");
	if (!answered(store_events(site->booking.store, add_event, &work),
		      reply))
		return;
	listed = hf_buf_len(&reply->body);
	reply->tag = XXH3_64bits(hf_buf_slice(&reply->body).data, listed);
	hf_buf_printf(&reply->body, "],\"server_time\":");
	json_add_time(&reply->body, hf_wall_ms());
	hf_buf_add_char(&reply->body, '}');
	reply->status = 200;
	reply->cache = HTTP_SECOND;
}

/* ---- GET /api/events/{id} ------------------------------------------------ */

static void refuse_version(struct work *work, const char *hash)
{
	problem_begin(work->reply, PROBLEM_UNKNOWN_LAYOUT,
		      "The hall was changed: its layout has another version.");
	hf_buf_printf(&work->reply->body, ",\"layout\":");
	add_layout_url(&work->reply->body, work->event, hash);
	problem_end(work->reply);
}

static void add_plain_seat(void *arg, const struct plain_seat *seat)
{
	plain_layout_seat(arg, seat);
}

static void answer_plain(struct work *work, const struct event_info *info)
{
	struct plain_layout layout;
	int rc;

	work->reply->status = 200;
	work->reply->cache = HTTP_SECOND;
	plain_layout_begin(&layout, &work->reply->body, info);
	rc = store_plain_seats(work->site->booking.store, work->event,
			       add_plain_seat, &layout);
	if (plain_layout_end(&layout) < 0)
		problem_reply(work->reply, PROBLEM_ANSWER_TOO_LARGE,
			      "The event has too many different prices.");
	if (rc < 0)
		api_store_away(work->reply);
}

static void answer_layout(void *arg, const struct event_layout *layout)
{
	struct work *work = arg;
	const char *hash = layout->info.layout_hash;
	struct hf_slice version;
	bool asked = query_value(work->request->query, "v", &version);

	if (asked &&
	    (hash == NULL || !hf_slice_eq(version, hf_slice_of(hash)))) {
		refuse_version(work, hash);
	} else if (layout->layout == NULL) {
		answer_plain(work, &layout->info);
	} else {
		work->reply->status = 200;
		work->reply->cache = asked ? HTTP_FOREVER : HTTP_SECOND;
		hf_buf_add_slice(&work->reply->body,
				 hf_slice_of(layout->layout));
	}
}

void api_event(struct site *site, const struct http_request *request,
	       struct http_reply *reply)
{
	char event[EVENT_ID_MAX + 1];
	struct work work = {
		.site = site, .request = request, .reply = reply, .event = event
	};

	if (!api_event_arg(request, reply, event))
		return;
	(void)answered(store_event_layout(site->booking.store, event,
					  answer_layout, &work),
		       reply);
}

/* ---- GET /api/events/{id}/state ------------------------------------------ */

static void add_counts(struct hf_buf *out, const struct event_state *state)
{
	hf_buf_printf(out,
		      "\"counts\":{\"available\":%lld,\"held\":%lld,"
		      "\"booked\":%lld,\"blocked\":%lld}",
		      (long long)state->available, (long long)state->held,
		      (long long)state->booked, (long long)state->blocked);
}

/*
 * The tag leaves out what changes by itself: an older body is as good, since
 * asking since its version gives all that came later.
 */
static void answer_state(void *arg, const struct event_state *state)
{
	struct work *work = arg;
	struct hf_buf *out = &work->reply->body;
	size_t changing;

	hf_buf_printf(out, "{\"version\":%lld,\"server_time\":\"%s\",",
		      (long long)state->version, state->server_time);
	changing = hf_buf_len(out);
	hf_buf_printf(out, "\"event\":\"%s\",\"era\":\"%s\",\"layout\":",
		      work->event, state->era);
	add_layout_url(out, work->event, state->layout_hash);
	hf_buf_add_char(out, ',');
	add_sale(out, state->sale, state->opens_at);
	hf_buf_add_char(out, ',');
	add_counts(out, state);
	hf_buf_printf(out,
		      ",\"returning\":{\"within_60_s\":%lld,"
		      "\"within_240_s\":%lld},\"seats\":",
		      (long long)state->within_60_s,
		      (long long)state->within_240_s);
	hf_buf_add_slice(out, state->seats);
	hf_buf_add_char(out, '}');
	work->reply->status = 200;
	work->reply->cache = HTTP_SECOND;
	work->reply->tag = XXH3_64bits(hf_buf_slice(out).data + changing,
				       hf_buf_len(out) - changing);
}

void api_event_state(struct site *site, const struct http_request *request,
		     struct http_reply *reply)
{
	char event[EVENT_ID_MAX + 1];
	struct work work = { .reply = reply, .event = event };
	int64_t since;

	if (!api_event_arg(request, reply, event))
		return;
	if (query_number(request->query, "since", 0, INT64_MAX, -1, &since) <
	    0) {
		problem_reply(reply, PROBLEM_BAD_REQUEST,
			      "since must be the version of a state.");
		return;
	}
	(void)answered(state_cache_tell(site->states, site->booking.store,
					event, since, answer_state, &work),
		       reply);
}

/* ---- GET /api/events/{id}/board ------------------------------------------ */

enum { BOARD_STEPS_MAX = 2000, BOARD_DEFAULT_STEPS = 60 };

static void add_step(void *arg, const struct board_step *step)
{
	struct work *work = arg;

	hf_buf_printf(&work->reply->body,
		      "%s{\"t\":%lld,\"held\":%lld,\"sold\":%lld,"
		      "\"returned\":%lld}",
		      work->n++ > 0 ? "," : "", (long long)(step->at_ms / 1000),
		      (long long)step->held, (long long)step->sold,
		      (long long)step->returned);
}

static void add_board_counts(void *arg, const struct event_state *state)
{
	struct work *work = arg;

	hf_buf_printf(&work->reply->body, "],");
	add_counts(&work->reply->body, state);
}

/* from and step in seconds; false after a problem. */
static bool board_query(const struct http_request *request,
			struct http_reply *reply, int64_t *from_s,
			int64_t *step_s)
{
	int64_t now_s = hf_wall_ms() / 1000;

	if (query_number(request->query, "step", 1, 86400, 60, step_s) == 0 &&
	    query_number(request->query, "from", 0, now_s,
			 (now_s / *step_s - BOARD_DEFAULT_STEPS + 1) * *step_s,
			 from_s) == 0 &&
	    (now_s - *from_s) / *step_s < BOARD_STEPS_MAX)
		return true;
	problem_reply(reply, PROBLEM_BAD_REQUEST,
		      "step must be 1 to 86400 seconds, from a Unix time that "
		      "is past, and no more than 2000 steps between.");
	return false;
}

void api_event_board(struct site *site, const struct http_request *request,
		     struct http_reply *reply)
{
	struct store *store = site->booking.store;
	char event[EVENT_ID_MAX + 1];
	struct work work = { .reply = reply, .event = event };
	int64_t from_s, step_s, revenue_minor = 0;
	int rc;

	if (!api_event_arg(request, reply, event) ||
	    !board_query(request, reply, &from_s, &step_s))
		return;
	hf_buf_printf(&reply->body,
		      "{\"event\":\"%s\",\"from\":%lld,\"step_s\":%lld,"
		      "\"buckets\":[",
		      event, (long long)from_s, (long long)step_s);
	rc = store_event_board(store, event, from_s * 1000, step_s * 1000,
			       add_step, &work);
	if (rc == 0)
		rc = store_event_state(store, event, INT64_MAX,
				       add_board_counts, &work);
	if (rc == 0)
		rc = store_event_revenue(store, event, &revenue_minor);
	if (!answered(rc, reply))
		return;
	hf_buf_printf(&reply->body, ",\"revenue_minor\":%lld,\"server_time\":",
		      (long long)revenue_minor);
	json_add_time(&reply->body, hf_wall_ms());
	hf_buf_add_char(&reply->body, '}');
	reply->status = 200;
}
