#include "config.h"

#include "fcgi/http.h"

#include <xxhash.h>

static const char *param(FCGX_Request *fcgi, const char *name)
{
	const char *value = FCGX_GetParam(name, fcgi->envp);

	return value != NULL ? value : "";
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

enum http_read http_read(FCGX_Request *fcgi, struct hf_buf *body_buf,
			 struct http_request *request)
{
	enum http_read result;

	request->method = param(fcgi, "REQUEST_METHOD");
	request->path = param(fcgi, "DOCUMENT_URI");
	if (request->path[0] == '\0')
		request->path = param(fcgi, "SCRIPT_NAME");
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
		{ 400, "Bad Request" },
		{ 404, "Not Found" },
		{ 405, "Method Not Allowed" },
		{ 413, "Content Too Large" },
		{ 500, "Internal Server Error" },
		{ 503, "Service Unavailable" },
	};

	for (size_t i = 0; i < HF_LEN(texts); i++) {
		if (texts[i].status == status)
			return texts[i].text;
	}
	return "Error";
}

static void add_head(struct hf_buf *head, const struct http_reply *reply)
{
	hf_buf_printf(head,
		      "Status: %d %s\r\nContent-Type: application/json\r\n"
		      "Content-Length: %zu\r\n",
		      reply->status, status_text(reply->status),
		      hf_buf_len(&reply->body));
	if (reply->allow != NULL)
		hf_buf_printf(head, "Allow: %s\r\n", reply->allow);
	if (reply->retry_after_s > 0)
		hf_buf_printf(head, "Retry-After: %lld\r\n",
			      (long long)reply->retry_after_s);
	if (reply->cacheable)
		hf_buf_printf(head,
			      "Cache-Control: max-age=1, "
			      "stale-while-revalidate=1\r\n"
			      "ETag: \"%016llx\"\r\n",
			      (unsigned long long)XXH3_64bits(
				  hf_buf_slice(&reply->body).data,
				  hf_buf_len(&reply->body)));
	else
		hf_buf_printf(head, "Cache-Control: no-store\r\n");
	hf_buf_printf(head, "\r\n");
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

void json_add_string(struct hf_buf *out, const char *text)
{
	hf_buf_add_char(out, '"');
	for (; *text != '\0'; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == '"' || c == '\\')
			hf_buf_printf(out, "\\%c", c);
		else if (c < 0x20)
			hf_buf_printf(out, "\\u%04x", c);
		else
			hf_buf_add_char(out, (char)c);
	}
	hf_buf_add_char(out, '"');
}
