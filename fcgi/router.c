#include "config.h"

#include "fcgi/router.h"

#include "fcgi/form_page.h"
#include "fcgi/json_out.h"
#include "fcgi/problem.h"
#include "libhold/log.h"

#include <stdio.h>
#include <string.h>

/* A "{}" stands for one or more bytes other than '/', taken as an argument. */
static const struct route {
	const char *path;
	const char *method; /* a path that takes another one has two rows */
	api_fn *answer;
} routes[] = {
	{ "/reserve_ticket", "POST", api_reserve },
	{ "/book_ticket", "POST", api_book },
	{ "/release_ticket", "POST", api_release },
	{ "/available_tickets", "GET", api_available },
	{ "/healthz", "GET", api_health },
	{ "/metrics", "GET", api_metrics },
	{ "/api/identity", "POST", api_identity },
	{ "/api/keys", "GET", api_keys },
	{ "/api/events", "GET", api_events },
	{ "/api/events/{}", "GET", api_event },
	{ "/api/events/{}/state", "GET", api_event_state },
	{ "/api/events/{}/board", "GET", api_event_board },
	{ "/api/events/{}/holds", "POST", api_hold_make },
	{ "/api/events/{}/line", "GET", api_line },
	{ "/api/events/{}/line", "POST", api_line_join },
	{ "/api/events/{}/line/leave", "POST", api_line_leave },
	{ "/api/holds", "GET", api_holds },
	{ "/api/holds/{}", "GET", api_hold },
	{ "/api/holds/{}/extend", "POST", api_hold_extend },
	{ "/api/holds/{}/release", "POST", api_hold_release },
	{ "/api/holds/{}/book", "POST", api_hold_book },
	{ "/api/orders", "GET", api_orders },
	{ "/api/orders/{}", "GET", api_order },
	{ "/api/orders/{}/calendar.ics", "GET", api_order_calendar },
	{ "/api/orders/{}/tickets/{}.svg", "GET", api_order_ticket },
	{ "/plain/", "GET", form_index },
	{ "/plain/events/{}", "GET", form_event },
	{ "/plain/events/{}/seats/{}", "GET", form_seats },
	{ "/plain/events/{}/hold", "POST", form_hold_make },
	{ "/plain/holds/{}", "GET", form_hold },
	{ "/plain/holds/{}/extend", "POST", form_hold_extend },
	{ "/plain/holds/{}/release", "POST", form_hold_release },
	{ "/plain/holds/{}/book", "POST", form_hold_book },
	{ "/plain/orders/{}", "GET", form_order },
};

_Static_assert(HF_LEN(routes) < METER_CALLS_MAX, "each call is counted");

size_t router_calls(void)
{
	return HF_LEN(routes) + 1;
}

void router_call_name(size_t call, char *out, size_t room)
{
	if (call == 0)
		snprintf(out, room, "none");
	else
		snprintf(out, room, "%s %s", routes[call - 1].method,
			 routes[call - 1].path);
}

void reply_error(struct http_reply *reply, int status, const char *code,
		 const char *message)
{
	reply->status = status;
	reply->result = code;
	hf_buf_printf(&reply->body,
		      "{\"status\":\"error\",\"code\":\"%s\","
		      "\"message\":",
		      code);
	json_add_string(&reply->body, message);
	if (reply->retry_after_s > 0)
		hf_buf_printf(&reply->body, ",\"retry_after\":%lld",
			      (long long)reply->retry_after_s);
	hf_buf_add_char(&reply->body, '}');
}

/* What has no answer of a handler, told in each of the ways. */
struct refusal {
	int status;
	const char *code;
	enum problem problem;
	const char *message;
};

static void refuse(const struct http_request *request, struct http_reply *reply,
		   const struct refusal *refusal)
{
	if (strncmp(request->path, "/api/", 5) == 0)
		problem_reply(reply, refusal->problem, refusal->message);
	else if (strncmp(request->path, "/plain/", 7) == 0)
		form_page_say(reply, refusal->status, "That did not work",
			      refusal->message, NULL);
	else
		reply_error(reply, refusal->status, refusal->code,
			    refusal->message);
}

/* The argument at path, for a "{}" that rest follows; empty: none fits. */
static struct hf_slice take_arg(const char *path, const char *rest)
{
	size_t len = strcspn(path, "/"), tail = strcspn(rest, "/");

	if (len <= tail || memcmp(path + len - tail, rest, tail) != 0)
		return HF_SLICE("");
	return (struct hf_slice){ path, len - tail };
}

static bool matches(const char *pattern, const char *path,
		    struct hf_slice args[HTTP_ARGS_MAX])
{
	size_t n = 0;

	while (*pattern != '\0') {
		if (*pattern != '{') {
			if (*pattern++ != *path++)
				return false;
			continue;
		}
		pattern += 2;
		args[n] = take_arg(path, pattern);
		if (args[n].len == 0)
			return false;
		path += args[n++].len;
	}
	return *path == '\0';
}

static bool takes_method(const struct route *route, const char *method)
{
	/* nginx drops the body of the answer to a HEAD. */
	return strcmp(route->method, method) == 0 ||
	       (strcmp(route->method, "GET") == 0 &&
		strcmp(method, "HEAD") == 0);
}

/* The route of this path that takes this method; else the path's last one. */
static const struct route *find(const struct http_request *request,
				struct hf_slice args[HTTP_ARGS_MAX])
{
	const struct route *found = NULL;

	for (size_t i = 0; i < HF_LEN(routes); i++) {
		if (!matches(routes[i].path, request->path, args))
			continue;
		found = &routes[i];
		if (takes_method(found, request->method))
			break;
	}
	return found;
}

/* What a route's path takes, for Allow. */
static const char *methods_of(const struct route *route)
{
	bool two = route > routes && strcmp(route[-1].path, route->path) == 0;

	return two ? "GET, POST" : route->method;
}

static const struct refusal no_such_path = {
	404, "not_found", PROBLEM_NOT_FOUND,
	"There is nothing at this path: the calls are in README.md."
};

static const struct refusal not_a_post = {
	405, "method_not_allowed", PROBLEM_METHOD_NOT_ALLOWED,
	"This call is a POST: send it as one."
};

static const struct refusal not_a_get = {
	405, "method_not_allowed", PROBLEM_METHOD_NOT_ALLOWED,
	"This call is a GET: send it as one."
};

/* Bodies that were not read. */
static const struct refusal unread[] = {
	[HTTP_READ_TOO_LARGE] = { 413, "too_large", PROBLEM_BODY_TOO_LARGE,
				  "The body is larger than 64 KiB: send "
				  "less." },
	[HTTP_READ_CUT] = { 400, "invalid_request", PROBLEM_BAD_REQUEST,
			    "The body is shorter than its Content-Length: "
			    "send it whole." },
	[HTTP_READ_BAD_LENGTH] = { 400, "invalid_request", PROBLEM_BAD_REQUEST,
				   "Content-Length is not a number of "
				   "bytes." },
};

static const struct refusal too_long = {
	500, "too_many_tickets", PROBLEM_ANSWER_TOO_LARGE,
	"The list is too long for one reply. Tell whoever runs this sale."
};

static const struct route *answer(struct site *site,
				  const struct http_request *request,
				  enum http_read read, struct http_reply *reply)
{
	struct http_request matched = *request;
	const struct route *route = find(request, matched.args);

	if (route == NULL) {
		refuse(request, reply, &no_such_path);
	} else if (!takes_method(route, request->method)) {
		reply->allow = methods_of(route);
		refuse(request, reply,
		       strcmp(route->method, "POST") == 0 ? &not_a_post
							  : &not_a_get);
	} else if (read != HTTP_READ_OK) {
		refuse(request, reply, &unread[read]);
	} else {
		route->answer(site, &matched, reply);
	}
	return route;
}

size_t router_answer(struct site *site, const struct http_request *request,
		     enum http_read read, struct http_reply *reply)
{
	const struct route *route = answer(site, request, read, reply);
	size_t call = route != NULL ? (size_t)(route - routes) + 1 : 0;

	if (!hf_buf_failed(&reply->body))
		return call;
	hf_warnx("reply larger than its limit path=%s bytes=%zu", request->path,
		 reply->body.max);
	hf_buf_truncate(&reply->body, 0);
	reply->cache = HTTP_NO_STORE;
	refuse(request, reply, &too_long);
	return call;
}
