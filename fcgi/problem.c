#include "config.h"

#include "fcgi/problem.h"

#include "fcgi/json_out.h"
#include "libhold/clock.h"

#include <stdlib.h>

static const struct kind {
	int status;
	int retry_after_s; /* 0: the same call again is of no use by itself */
	const char *word, *title;
} kinds[] = {
	[PROBLEM_BAD_REQUEST] = { 400, 0, "bad-request",
				  "The request cannot be read" },
	[PROBLEM_KEY_REQUIRED] = { 400, 0, "key-required",
				   "An Idempotency-Key is needed" },
	[PROBLEM_IDENTITY_REQUIRED] = { 401, 0, "identity-required",
					"Nobody is asking" },
	[PROBLEM_BAD_IDENTITY] = { 403, 0, "bad-identity",
				   "This identity was not made here" },
	[PROBLEM_CROSS_SITE] = { 403, 0, "cross-site",
				 "Another site is asking" },
	[PROBLEM_NOT_YOUR_HOLD] = { 403, 0, "not-your-hold",
				    "This hold is not yours" },
	[PROBLEM_NOT_FOUND] = { 404, 0, "not-found", "There is nothing here" },
	[PROBLEM_UNKNOWN_EVENT] = { 404, 0, "unknown-event",
				    "There is no such event" },
	[PROBLEM_UNKNOWN_LAYOUT] = { 404, 0, "unknown-layout",
				     "The event has another layout" },
	[PROBLEM_UNKNOWN_SEAT] = { 404, 0, "unknown-seat",
				   "There is no such seat" },
	[PROBLEM_UNKNOWN_HOLD] = { 404, 0, "unknown-hold",
				   "There is no such hold" },
	[PROBLEM_METHOD_NOT_ALLOWED] = { 405, 0, "method-not-allowed",
					 "This path takes another method" },
	[PROBLEM_SEAT_HELD] = { 409, 0, "seat-held",
				"Somebody else holds a seat" },
	[PROBLEM_SEAT_SOLD] = { 409, 0, "seat-sold", "A seat is sold" },
	[PROBLEM_SEAT_BLOCKED] = { 409, 0, "seat-blocked",
				   "A seat is not for sale" },
	[PROBLEM_NOTHING_FITS] = { 409, 0, "nothing-fits",
				   "No free seats fit" },
	[PROBLEM_SALE_CLOSED] = { 409, 0, "sale-closed", "The sale is closed" },
	[PROBLEM_SALE_NOT_OPEN] = { 409, 0, "sale-not-open",
				    "The sale has not begun" },
	[PROBLEM_NO_EXTENSION_LEFT] = { 409, 0, "no-extension-left",
					"This hold cannot be extended again" },
	[PROBLEM_NO_TURN] = { 409, 0, "no-turn", "It is not your turn" },
	[PROBLEM_REQUEST_IN_PROGRESS] = { 409, 1, "request-in-progress",
					  "The same request is under way" },
	[PROBLEM_HOLD_EXPIRED] = { 410, 0, "hold-expired",
				   "The time of this hold has run out" },
	[PROBLEM_HOLD_ENDED] = { 410, 0, "hold-ended", "This hold has ended" },
	[PROBLEM_BODY_TOO_LARGE] = { 413, 0, "body-too-large",
				     "The body is too large" },
	[PROBLEM_UNACCEPTABLE] = { 422, 0, "unacceptable",
				   "The request asks for what is not given" },
	[PROBLEM_KEY_REUSED] = { 422, 0, "key-reused",
				 "This Idempotency-Key was for another "
				 "request" },
	[PROBLEM_SEAT_LIMIT] = { 422, 0, "seat-limit",
				 "More seats than one buyer may have" },
	[PROBLEM_WAIT_IN_LINE] = { 429, 5, "wait-in-line",
				   "Others wait for these seats" },
	[PROBLEM_LINE_FULL] = { 429, 30, "line-full", "The line is full" },
	[PROBLEM_ANSWER_TOO_LARGE] = { 500, 0, "answer-too-large",
				       "The answer is too long" },
	[PROBLEM_LOCK_UNAVAILABLE] = { 503, 2, "lock-unavailable",
				       "The lock service does not answer" },
	[PROBLEM_DATABASE_UNAVAILABLE] = { 503, 2, "database-unavailable",
					   "The database does not answer" },
	[PROBLEM_NOT_CONFIGURED] = { 503, 0, "not-configured",
				     "This site has no secret" },
};

_Static_assert(HF_LEN(kinds) == PROBLEM_KINDS, "each kind has its row");

/* May the same call work later? Seats and sales come back, too. */
static bool is_retryable(enum problem kind)
{
	return kinds[kind].retry_after_s > 0 || kind == PROBLEM_SEAT_HELD ||
	       kind == PROBLEM_NOTHING_FITS || kind == PROBLEM_SALE_NOT_OPEN;
}

const char *problem_word(enum problem kind)
{
	return kinds[kind].word;
}

void problem_begin(struct http_reply *reply, enum problem kind,
		   const char *detail)
{
	const struct kind *k = &kinds[kind];
	struct hf_buf *out = &reply->body;

	hf_buf_truncate(out, 0);
	reply->status = k->status;
	reply->result = k->word;
	reply->type = "application/problem+json";
	reply->cache = HTTP_NO_STORE;
	reply->challenge = kind == PROBLEM_IDENTITY_REQUIRED;
	if (reply->retry_after_s == 0)
		reply->retry_after_s = k->retry_after_s;
	hf_buf_printf(out,
		      "{\"type\":\"/problems/%s\",\"title\":\"%s\","
		      "\"status\":%d,\"detail\":",
		      k->word, k->title, k->status);
	json_add_string(out, detail);
	hf_buf_printf(out, ",\"retryable\":%s",
		      is_retryable(kind) ? "true" : "false");
	if (reply->retry_after_s > 0)
		hf_buf_printf(out, ",\"retry_after_s\":%lld",
			      (long long)reply->retry_after_s);
	hf_buf_printf(out, ",\"server_time\":");
	json_add_time(out, hf_wall_ms());
	if (reply->request_id != NULL && reply->request_id[0] != '\0')
		hf_buf_printf(out, ",\"request_id\":\"%s\"", reply->request_id);
}

void problem_end(struct http_reply *reply)
{
	hf_buf_add_char(&reply->body, '}');
}

void problem_reply(struct http_reply *reply, enum problem kind,
		   const char *detail)
{
	problem_begin(reply, kind, detail);
	problem_end(reply);
}
