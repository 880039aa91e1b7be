#include "config.h"

#include "fcgi/router.h"

#include "libhold/log.h"

#include <string.h>

static const struct route {
	const char *path;
	const char *method; /* the only one it takes */
	api_fn *answer;
} routes[] = {
	{ "/reserve_ticket", "POST", api_reserve },
	{ "/book_ticket", "POST", api_book },
	{ "/release_ticket", "POST", api_release },
	{ "/available_tickets", "GET", api_available },
	{ "/healthz", "GET", api_health },
};

void reply_error(struct http_reply *reply, int status, const char *code,
		 const char *message)
{
	reply->status = status;
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

static const struct route *find(const char *path)
{
	for (size_t i = 0; i < HF_LEN(routes); i++) {
		if (strcmp(routes[i].path, path) == 0)
			return &routes[i];
	}
	return NULL;
}

static bool takes_method(const struct route *route, const char *method)
{
	/* nginx drops the body of the answer to a HEAD. */
	return strcmp(route->method, method) == 0 ||
	       (strcmp(route->method, "GET") == 0 &&
		strcmp(method, "HEAD") == 0);
}

static void answer(struct site *site, const struct http_request *request,
		   enum http_read read, struct http_reply *reply)
{
	const struct route *route = find(request->path);

	if (route == NULL) {
		reply_error(reply, 404, "not_found",
			    "There is nothing at this path: the calls are in "
			    "README.md.");
	} else if (!takes_method(route, request->method)) {
		reply->allow = route->method;
		reply_error(reply, 405, "method_not_allowed",
			    strcmp(route->method, "POST") == 0
				? "This call is a POST: send it as one."
				: "This call is a GET: send it as one.");
	} else if (read == HTTP_READ_TOO_LARGE) {
		reply_error(reply, 413, "too_large",
			    "The body is larger than 64 KiB: send less.");
	} else if (read == HTTP_READ_CUT) {
		reply_error(reply, 400, "invalid_request",
			    "The body is shorter than its Content-Length: "
			    "send it whole.");
	} else if (read == HTTP_READ_BAD_LENGTH) {
		reply_error(reply, 400, "invalid_request",
			    "Content-Length is not a number of bytes.");
	} else {
		route->answer(site, request, reply);
	}
}

void router_answer(struct site *site, const struct http_request *request,
		   enum http_read read, struct http_reply *reply)
{
	answer(site, request, read, reply);
	if (!hf_buf_failed(&reply->body))
		return;
	hf_warnx("reply larger than its limit path=%s bytes=%zu", request->path,
		 reply->body.max);
	hf_buf_truncate(&reply->body, 0);
	reply->cacheable = false;
	reply_error(reply, 500, "too_many_tickets",
		    "The list is too long for one reply. Tell whoever runs "
		    "this sale.");
}
