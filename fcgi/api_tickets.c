/*
 * The four calls on tickets.
 */
#include "config.h"

#include "fcgi/input.h"
#include "fcgi/json_out.h"
#include "fcgi/router.h"
#include "libhold/clock.h"

#include <stdio.h>

#define AWAY_RETRY_S 2

/* How each outcome that is no success reads. */
static const struct outcome {
	int status;
	const char *code;
	const char *message; /* %s: the ticket */
} outcomes[] = {
	[BOOKING_HELD] = { 400, "held",
			   "Ticket %s is reserved by somebody else. It may "
			   "come back: try again later." },
	[BOOKING_BOOKED] = { 400, "booked",
			     "Ticket %s is sold. Choose another one." },
	[BOOKING_UNKNOWN] = { 400, "unknown_ticket",
			      "There is no ticket %s. Choose one of "
			      "/available_tickets." },
	[BOOKING_CLOSED] = { 400, "sale_closed",
			     "The sale is not open, so ticket %s cannot be "
			     "reserved now." },
	[BOOKING_NOT_RESERVED] = { 400, "not_reserved",
				   "Ticket %s is not reserved by you. Reserve "
				   "it first." },
	[BOOKING_HOLD_EXPIRED] = { 400, "hold_expired",
				   "Your reservation of ticket %s has ended. "
				   "Reserve it again." },
	[BOOKING_LOCK_AWAY] = { 503, "lock_unavailable",
				"The lock service cannot be reached. Try "
				"again in a moment." },
	[BOOKING_STORE_AWAY] = { 503, "database_unavailable",
				 "The database cannot be reached. Try again "
				 "in a moment." },
};

/* The message with the ticket in its place; formats are ours, never a peer's.
 */
static void say(char *out, size_t room, const char *message, const char *ticket)
{
	const char *mark = strstr(message, "%s");

	if (mark == NULL)
		snprintf(out, room, "%s", message);
	else
		snprintf(out, room, "%.*s%s%s", (int)(mark - message), message,
			 ticket, mark + 2);
}

static int64_t seconds_up(int64_t ms)
{
	return ms > 0 ? (ms + 999) / 1000 : 0;
}

/* Some refusals read otherwise to the client who caused them. */
static const char *message_of(const struct booking_result *result)
{
	if (result->mine && result->code == BOOKING_BOOKED)
		return "You have booked ticket %s already.";
	if (result->mine && result->code == BOOKING_HELD)
		return "Your reservation of ticket %s was lost. It can be "
		       "reserved again when its time has run out.";
	return outcomes[result->code].message;
}

/* 0: there is nothing to wait for. */
static int64_t retry_after(const struct booking_result *result)
{
	int64_t seconds = seconds_up(result->retry_after_ms);

	if (outcomes[result->code].status == 503)
		return AWAY_RETRY_S;
	if (result->code != BOOKING_HELD)
		return 0;
	return seconds > 0 ? seconds : 1; /* it has just come free */
}

static void reply_refusal(struct http_reply *reply, const struct input *input,
			  const struct booking_result *result)
{
	const struct outcome *outcome = &outcomes[result->code];
	char text[320];

	reply->retry_after_s = retry_after(result);
	say(text, sizeof(text), message_of(result),
	    input->basket.ids[result->ticket]);
	reply_error(reply, outcome->status, outcome->code, text);
}

static void add_ids(struct hf_buf *out, const struct basket *basket)
{
	hf_buf_add_char(out, '[');
	for (size_t i = 0; i < basket->n; i++) {
		if (i > 0)
			hf_buf_add_char(out, ',');
		json_add_string(out, basket->ids[i]);
	}
	hf_buf_add_char(out, ']');
}

static void begin_success(struct http_reply *reply, const struct input *input,
			  const char *done)
{
	char text[320];

	reply->status = 200;
	if (input->basket.n == 1)
		snprintf(text, sizeof(text), "Ticket %s is %s.",
			 input->basket.ids[0], done);
	else
		snprintf(text, sizeof(text), "%zu tickets are %s.",
			 input->basket.n, done);
	hf_buf_printf(&reply->body, "{\"status\":\"success\",\"message\":");
	json_add_string(&reply->body, text);
	hf_buf_printf(&reply->body, ",\"ticket_ids\":");
	add_ids(&reply->body, &input->basket);
}

/* False after an answer that says what is wrong. */
static bool parse(const struct http_request *request, struct input *input,
		  struct http_reply *reply)
{
	if (input_parse(request->body, input) == 0)
		return true;
	reply_error(reply, 400, "invalid_request", input->wrong);
	return false;
}

void api_reserve(struct site *site, const struct http_request *request,
		 struct http_reply *reply)
{
	struct booking_result result;
	struct input input;

	if (!parse(request, &input, reply))
		return;
	result = booking_reserve(&site->booking, &input.basket, input.client);
	if (result.code != BOOKING_OK) {
		reply_refusal(reply, &input, &result);
		return;
	}
	begin_success(reply, &input, "reserved for you");
	/* Rounded to the nearest: the exact time is beside it. */
	hf_buf_printf(&reply->body,
		      ",\"expires_in\":%lld,\"expires_in_ms\":%lld,"
		      "\"fence\":%lld,\"expires_at\":",
		      (long long)((result.remaining_ms + 500) / 1000),
		      (long long)result.remaining_ms, (long long)result.fence);
	json_add_time(&reply->body, hf_wall_ms() + result.remaining_ms);
	hf_buf_add_char(&reply->body, '}');
}

/* Book and release: the same but for the rule and the word. */
static void answer_simply(
    struct booking_result rule(struct booking *b, const struct basket *basket,
			       const char *client),
    const char *done, struct site *site, const struct http_request *request,
    struct http_reply *reply)
{
	struct booking_result result;
	struct input input;

	if (!parse(request, &input, reply))
		return;
	result = rule(&site->booking, &input.basket, input.client);
	if (result.code != BOOKING_OK) {
		reply_refusal(reply, &input, &result);
		return;
	}
	begin_success(reply, &input, done);
	hf_buf_add_char(&reply->body, '}');
}

void api_book(struct site *site, const struct http_request *request,
	      struct http_reply *reply)
{
	answer_simply(booking_book, "booked", site, request, reply);
}

void api_release(struct site *site, const struct http_request *request,
		 struct http_reply *reply)
{
	answer_simply(booking_release, "released", site, request, reply);
}

static void add_available(void *arg, const char *id)
{
	struct hf_buf *out = arg;
	struct hf_slice text = hf_buf_slice(out);

	if (text.data[text.len - 1] != '[')
		hf_buf_add_char(out, ',');
	json_add_string(out, id);
}

void api_available(struct site *site, const struct http_request *request,
		   struct http_reply *reply)
{
	struct booking_result away = { .code = BOOKING_STORE_AWAY };
	static const struct input nothing = { .basket = { .n = 1,
							  .ids = { "" } } };

	HF_UNUSED(request);
	hf_buf_printf(&reply->body,
		      "{\"status\":\"success\",\"available_tickets\":[");
	if (store_available(site->booking.store, add_available, &reply->body) <
	    0) {
		hf_buf_truncate(&reply->body, 0);
		reply_refusal(reply, &nothing, &away);
		return;
	}
	hf_buf_printf(&reply->body, "]}");
	reply->status = 200;
	reply->cache = HTTP_SECOND;
}
