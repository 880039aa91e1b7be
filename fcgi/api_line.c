/*
 * The waiting line of an event: joining it, being there, leaving it.
 */
#include "config.h"

#include "fcgi/api_args.h"
#include "fcgi/caller.h"
#include "fcgi/hold_input.h"
#include "fcgi/hold_out.h"
#include "fcgi/json_out.h"
#include "fcgi/problem.h"
#include "fcgi/router.h"
#include "fcgi/store_line.h"
#include "libhold/clock.h"
#include "libhold/err.h"

/* ---- answers ------------------------------------------------------------- */

static void add_section(struct hf_buf *out, const char *section)
{
	hf_buf_printf(out, ",\"section\":");
	json_add_string_or_null(out, section);
}

static void add_wish(struct hf_buf *out, const struct line_wish *wish)
{
	hf_buf_printf(out, "{\"count\":%lld", (long long)wish->seats);
	add_section(out, wish->section);
	if (wish->max_price_minor < INT64_MAX)
		hf_buf_printf(out, ",\"max_price\":%lld}",
			      (long long)wish->max_price_minor);
	else
		hf_buf_printf(out, ",\"max_price\":null}");
}

/* hold: the body that takes the seats, as it stands. */
static void add_turn(struct hf_buf *out, const struct line_view *view)
{
	const struct line_wish *wish = &view->wish;
	const char *section =
	    view->turn_section != NULL ? view->turn_section : wish->section;

	hf_buf_printf(out,
		      "{\"ends_in_ms\":%lld,\"hold\":{\"turn\":true,"
		      "\"best\":{\"count\":%lld",
		      (long long)view->turn_ms, (long long)wish->seats);
	if (section != NULL)
		add_section(out, section);
	if (wish->max_price_minor < INT64_MAX)
		hf_buf_printf(out, ",\"max_price\":%lld",
			      (long long)wish->max_price_minor);
	hf_buf_printf(out, "}}}");
}

static void add_number(struct hf_buf *out, const char *name, int64_t number,
		       bool known)
{
	if (known)
		hf_buf_printf(out, ",\"%s\":%lld", name, (long long)number);
	else
		hf_buf_printf(out, ",\"%s\":null", name);
}

/* All but the first brace's first member, which names the event. */
static void add_place(void *arg, const struct line_view *view)
{
	struct hf_buf *out = arg;
	bool has_place = view->wish.seats > 0;

	hf_buf_printf(out, "\"state\":\"%s\",\"length\":%lld", view->state,
		      (long long)view->length);
	add_number(out, "position", view->position, view->position > 0);
	add_number(out, "ahead", view->position - 1, view->position > 0);
	add_number(out, "eta_s", view->eta_s, view->eta_s >= 0);
	hf_buf_printf(out, ",\"wish\":");
	if (has_place)
		add_wish(out, &view->wish);
	else
		hf_buf_printf(out, "null");
	hf_buf_printf(out, ",\"turn\":");
	if (strcmp(view->state, "turn") == 0)
		add_turn(out, view);
	else
		hf_buf_printf(out, "null");
	hf_buf_printf(out,
		      ",\"sale\":{\"state\":\"%s\",\"opens_at\":", view->sale);
	json_add_string_or_null(out, view->opens_at);
	hf_buf_add_char(out, '}');
	add_number(out, "opens_in_ms", view->opens_in_ms,
		   view->opens_in_ms > 0);
	hf_buf_printf(out, ",\"ask_again_in_ms\":%lld,\"sections\":%s",
		      (long long)view->ask_in_ms, view->sections);
}

static void begin(struct hf_buf *out, const char *event)
{
	hf_buf_printf(out, "{\"event\":\"%s\",", event);
}

static void end(struct http_reply *reply, int status)
{
	hf_buf_printf(&reply->body, ",\"server_time\":");
	json_add_time(&reply->body, hf_wall_ms());
	hf_buf_add_char(&reply->body, '}');
	reply->status = status;
}

/* His place as it is now; who asks is there. */
static void show(struct site *site, const char *event,
		 const struct identity *identity, int status,
		 struct http_reply *reply)
{
	int rc;

	begin(&reply->body, event);
	rc = store_line_seen(site->booking.store, event, identity->holder,
			     add_place, &reply->body);
	if (rc == 0)
		end(reply, status);
	else if (rc == HF_ENOTFOUND)
		api_no_such_event(reply);
	else
		api_store_away(reply);
}

/* ---- GET /api/events/{id}/line ------------------------------------------- */

void api_line(struct site *site, const struct http_request *request,
	      struct http_reply *reply)
{
	char event[EVENT_ID_MAX + 1];
	struct identity identity;

	if (api_event_arg(request, reply, event) &&
	    caller_read_if_any(site->secret, request, reply, &identity))
		show(site, event, &identity, 200, reply);
}

/* ---- POST /api/events/{id}/line ------------------------------------------ */

static void refuse_full(struct http_reply *reply, int64_t in_line)
{
	problem_begin(reply, PROBLEM_LINE_FULL,
		      "As many wait in this line as may. Places become free: "
		      "try again in a while.");
	hf_buf_printf(&reply->body, ",\"length\":%lld", (long long)in_line);
	problem_end(reply);
}

static void refuse(struct http_reply *reply, const struct line_joined *joined)
{
	switch (joined->outcome) {
	case LINE_FULL:
		refuse_full(reply, joined->in_line);
		break;
	case LINE_OVER_LIMIT:
		hold_refuse_limit(reply, joined->seats_limit,
				  joined->seats_used);
		break;
	case LINE_NEVER:
		problem_reply(reply, PROBLEM_UNACCEPTABLE,
			      "The event has no such seats, free or not: wish "
			      "for others.");
		break;
	case LINE_SALE_CLOSED:
		hold_refuse(reply, HOLD_SALE_CLOSED);
		break;
	default:
		api_no_such_event(reply);
	}
}

/* False after a problem. The wish's section is in input. */
static bool parse(const struct http_request *request, struct http_reply *reply,
		  struct hold_input *input, struct line_wish *wish_out)
{
	int rc = line_input_parse(request->body, input);

	if (rc < 0) {
		problem_reply(reply,
			      rc == HF_ELIMIT ? PROBLEM_UNACCEPTABLE
					      : PROBLEM_BAD_REQUEST,
			      input->wrong);
		return false;
	}
	*wish_out = (struct line_wish){
		.seats = input->wish.count,
		.section =
		    input->wish.section[0] != '\0' ? input->wish.section : NULL,
		.max_price_minor = input->wish.max_price_minor,
	};
	return true;
}

void api_line_join(struct site *site, const struct http_request *request,
		   struct http_reply *reply)
{
	char event[EVENT_ID_MAX + 1];
	struct identity identity;
	struct hold_input input;
	struct line_joined joined;
	struct line_wish wish;

	if (!api_event_arg(request, reply, event) ||
	    !parse(request, reply, &input, &wish) ||
	    !caller_read_or_make(site->secret, request, reply, &identity))
		return;
	if (store_line_join(site->booking.store, event, identity.holder, &wish,
			    &joined) < 0)
		api_store_away(reply);
	else if (joined.outcome != LINE_JOINED && joined.outcome != LINE_AGAIN)
		refuse(reply, &joined);
	else
		show(site, event, &identity,
		     joined.outcome == LINE_JOINED ? 201 : 200, reply);
}

/* ---- POST /api/events/{id}/line/leave ------------------------------------ */

void api_line_leave(struct site *site, const struct http_request *request,
		    struct http_reply *reply)
{
	char event[EVENT_ID_MAX + 1];
	struct identity identity;
	bool left;

	if (!api_event_arg(request, reply, event) ||
	    !caller_read(site->secret, request, reply, &identity))
		return;
	if (store_line_leave(site->booking.store, event, identity.holder,
			     &left) < 0) {
		api_store_away(reply);
		return;
	}
	begin(&reply->body, event);
	hf_buf_printf(&reply->body, "\"left\":%s", left ? "true" : "false");
	end(reply, 200);
}
