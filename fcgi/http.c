#include "config.h"

#include "fcgi/http.h"

#include <xxhash.h>

static const char *param(FCGX_Request *fcgi, const char *name)
{
	const char *value = FCGX_GetParam(name, fcgi->envp);

	return value != NULL ? value : "";
}

enum { ID_MAX = 64 };

/* For logs and answers, so nothing but what an id is made of. */
static const char *request_id(FCGX_Request *fcgi)
{
	const char *id = param(fcgi, "REQUEST_ID");
	size_t len = strspn(id, "0123456789abcdefghijklmnopqrstuvwxyz"
				"ABCDEFGHIJKLMNOPQRSTUVWXYZ-_.");

	return id[len] == '\0' && len <= ID_MAX ? id : "";
}

/* "1764340000.123", as nginx's $msec; 0 for anything else. */
static int64_t passed_ms(FCGX_Request *fcgi)
{
	const char *text = param(fcgi, "PASSED_AT");
	const char *dot = strchr(text, '.');
	int64_t seconds, ms = 0;

	if (dot == NULL || strlen(dot) != 4 || dot - text > 12 ||
	    hf_slice_int64((struct hf_slice){ text, (size_t)(dot - text) },
			   &seconds) < 0)
		return 0;
	for (int i = 1; i <= 3; i++) {
		if (dot[i] < '0' || dot[i] > '9')
			return 0;
		ms = ms * 10 + (dot[i] - '0');
	}
	return seconds * 1000 + ms;
}

static enum http_read read_body(FCGX_Request *fcgi, struct hf_buf *buf)
{
	const char *text = param(fcgi, "CONTENT_LENGTH");
	int64_t length = 0;
	char *room;
	int got;

	if (text[0] != '\0' &&
	    (hf_slice_int64(hf_slice_of(text), &length) < 0 || length < 0))
		return HTTP_READ_BAD_LENGTH;
	if (length > HTTP_BODY_MAX)
		return HTTP_READ_TOO_LARGE;
	if (length == 0)
		return HTTP_READ_OK;
	room = hf_buf_reserve(buf, (size_t)length);
	got = room != NULL ? FCGX_GetStr(room, (int)length, fcgi->in) : 0;
	if (got != (int)length)
		return HTTP_READ_CUT; /* a cut body arrives as a short read */
	hf_buf_commit(buf, (size_t)length);
	return HTTP_READ_OK;
}

/*
 * What a server in front says of it counts first. No page can say such a thing
 * to us in its name: it would have to be allowed these headers, and nobody is.
 */
static struct origin_asked asked(FCGX_Request *fcgi)
{
	const char *proto = param(fcgi, "HTTP_X_FORWARDED_PROTO");
	const char *host = param(fcgi, "HTTP_X_FORWARDED_HOST");

	return (struct origin_asked){
		.host = host[0] != '\0' ? host : param(fcgi, "HTTP_HOST"),
		.https = strcmp(param(fcgi, "HTTPS"), "on") == 0 ||
			 strcmp(proto, "https") == 0,
		.proxied = proto[0] != '\0' || host[0] != '\0',
	};
}

enum http_read http_read(FCGX_Request *fcgi, struct hf_buf *body_buf,
			 struct http_request *request)
{
	enum http_read result;

	request->method = param(fcgi, "REQUEST_METHOD");
	request->path = param(fcgi, "DOCUMENT_URI");
	if (request->path[0] == '\0')
		request->path = param(fcgi, "SCRIPT_NAME");
	request->query = param(fcgi, "QUERY_STRING");
	request->authorization = param(fcgi, "HTTP_AUTHORIZATION");
	request->identity_cookie = param(fcgi, "COOKIE_HF_ID");
	request->idempotency_key = param(fcgi, "HTTP_IDEMPOTENCY_KEY");
	request->fetch_site = param(fcgi, "HTTP_SEC_FETCH_SITE");
	request->takes_gzip =
	    strcmp(param(fcgi, "HTTP_ACCEPT_ENCODING"), "gzip") == 0;
	request->origin = param(fcgi, "HTTP_ORIGIN");
	request->asked = asked(fcgi);
	request->passed_ms = passed_ms(fcgi);
	request->id = request_id(fcgi);
	result = read_body(fcgi, body_buf);
	request->body = hf_buf_slice(body_buf);
	return result;
}

static const char *status_text(int status)
{
	static const struct {
		int status;
		const char *text;
	} texts[] = {
		{ 200, "OK" },
		{ 201, "Created" },
		{ 303, "See Other" },
		{ 400, "Bad Request" },
		{ 401, "Unauthorized" },
		{ 403, "Forbidden" },
		{ 404, "Not Found" },
		{ 405, "Method Not Allowed" },
		{ 409, "Conflict" },
		{ 410, "Gone" },
		{ 413, "Content Too Large" },
		{ 422, "Unprocessable Content" },
		{ 500, "Internal Server Error" },
		{ 503, "Service Unavailable" },
	};

	for (size_t i = 0; i < HF_LEN(texts); i++) {
		if (texts[i].status == status)
			return texts[i].text;
	}
	return "Error";
}

uint64_t http_tag(const struct http_reply *reply)
{
	struct hf_slice body = hf_buf_slice(&reply->body);

	return reply->tag != 0 ? reply->tag : XXH3_64bits(body.data, body.len);
}

static void add_cache(struct hf_buf *head, const struct http_reply *reply)
{
	static const char *const rules[] = {
		[HTTP_NO_STORE] = "no-store",
		[HTTP_SECOND] = "max-age=1, stale-while-revalidate=1",
		[HTTP_FOREVER] = "public, max-age=31536000, immutable",
		[HTTP_PRIVATE] = "private, max-age=3600",
	};

	hf_buf_printf(head, "Cache-Control: %s\r\n", rules[reply->cache]);
	if (reply->cache != HTTP_SECOND && reply->cache != HTTP_FOREVER)
		return;
	/* Weak: the same in another form. */
	hf_buf_printf(head, "ETag: %s\"%016llx\"\r\n",
		      reply->packed ? "W/" : "",
		      (unsigned long long)http_tag(reply));
	hf_buf_printf(head, "Vary: Accept-Encoding\r\n");
	if (reply->packed)
		hf_buf_printf(head, "Content-Encoding: gzip\r\n");
}

/* A header with a value of this request; "" is none. */
static void add_field(struct hf_buf *head, const char *name, const char *value)
{
	if (value[0] != '\0')
		hf_buf_printf(head, "%s: %s\r\n", name, value);
}

static void add_head(struct hf_buf *head, const struct http_reply *reply)
{
	hf_buf_printf(head,
		      "Status: %d %s\r\nContent-Type: %s\r\n"
		      "Content-Length: %zu\r\n",
		      reply->status, status_text(reply->status),
		      reply->type != NULL ? reply->type : "application/json",
		      hf_buf_len(&reply->body));
	if (reply->allow != NULL)
		hf_buf_printf(head, "Allow: %s\r\n", reply->allow);
	if (reply->retry_after_s > 0)
		hf_buf_printf(head, "Retry-After: %lld\r\n",
			      (long long)reply->retry_after_s);
	if (reply->challenge)
		add_field(head, "WWW-Authenticate", "Bearer");
	if (reply->replayed)
		add_field(head, "Idempotency-Replayed", "true");
	add_field(head, "Location", reply->location);
	add_field(head, "Set-Cookie", reply->set_cookie);
	if (reply->file_name[0] != '\0')
		hf_buf_printf(head,
			      "Content-Disposition: attachment; "
			      "filename=\"%s\"\r\n",
			      reply->file_name);
	add_cache(head, reply);
	hf_buf_printf(head, "\r\n");
}

void http_reply_reset(struct http_reply *reply, size_t keep_bytes)
{
	struct hf_buf body = reply->body;

	hf_buf_reset(&body, keep_bytes);
	*reply = (struct http_reply){ .body = body };
}

static int put(FCGX_Request *fcgi, struct hf_slice bytes)
{
	return FCGX_PutStr(bytes.data, (int)bytes.len, fcgi->out) ==
		       (int)bytes.len
		   ? 0
		   : -1;
}

int http_send(FCGX_Request *fcgi, struct http_reply *reply)
{
	struct hf_buf head;
	int rc;

	hf_buf_init(&head, 1024);
	add_head(&head, reply);
	rc = put(fcgi, hf_buf_slice(&head));
	if (rc == 0)
		rc = put(fcgi, hf_buf_slice(&reply->body));
	hf_buf_fini(&head);
	return rc;
}
