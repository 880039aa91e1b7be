#include "config.h"

#include "fcgi/api_args.h"

#include "fcgi/base64url.h"
#include "fcgi/problem.h"

#define LOWER  "abcdefghijklmnopqrstuvwxyz"
#define UPPER  "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

/* Copies arg if it has nothing but these characters and is not too long. */
static bool take(struct hf_slice arg, const char *alphabet, char *out,
		 size_t max)
{
	if (arg.len > max || memchr(arg.data, '\0', arg.len) != NULL)
		return false;
	memcpy(out, arg.data, arg.len);
	out[arg.len] = '\0';
	return strspn(out, alphabet) == arg.len;
}

bool api_event_arg(const struct http_request *request, struct http_reply *reply,
		   char event_out[EVENT_ID_MAX + 1])
{
	if (take(request->args[0], LOWER DIGITS "-", event_out, EVENT_ID_MAX))
		return true;
	api_no_such_event(reply);
	return false;
}

bool api_hold_arg(const struct http_request *request, struct http_reply *reply,
		  char id_out[HOLD_ID_LEN + 1])
{
	if (base64url_is(request->args[0], 16) &&
	    take(request->args[0], LOWER UPPER DIGITS "-_", id_out,
		 HOLD_ID_LEN))
		return true;
	api_no_such_hold(reply);
	return false;
}

bool api_order_arg(const struct http_request *request, struct http_reply *reply,
		   char number_out[ORDER_NUMBER_MAX + 1])
{
	if (take(request->args[0], UPPER DIGITS "-", number_out,
		 ORDER_NUMBER_MAX))
		return true;
	api_no_such_order(reply);
	return false;
}

void api_no_such_event(struct http_reply *reply)
{
	problem_reply(reply, PROBLEM_UNKNOWN_EVENT,
		      "There is no such event. GET /api/events lists them.");
}

void api_no_such_hold(struct http_reply *reply)
{
	problem_reply(reply, PROBLEM_UNKNOWN_HOLD,
		      "There is no such hold. GET /api/holds lists yours.");
}

void api_no_such_order(struct http_reply *reply)
{
	problem_reply(reply, PROBLEM_NOT_FOUND,
		      "You have no such order. GET /api/orders lists yours.");
}

void api_store_away(struct http_reply *reply)
{
	problem_reply(reply, PROBLEM_DATABASE_UNAVAILABLE,
		      "The database cannot be reached. Try again in a "
		      "moment.");
}

void api_lock_away(struct http_reply *reply)
{
	problem_reply(reply, PROBLEM_LOCK_UNAVAILABLE,
		      "The lock service cannot be reached. Try again in a "
		      "moment.");
}
