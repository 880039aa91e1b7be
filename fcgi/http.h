/*
 * Requests and replies over one FastCGI request: what handlers see of HTTP.
 */
#ifndef FCGI_HTTP_H
#define FCGI_HTTP_H

#include "libhold/buf.h"

#include <fcgiapp.h>

enum { HTTP_BODY_MAX = 64 * 1024 };

struct http_request {
	const char *method; /* "GET"; these live as long as the request */
	const char *path;   /* without the query */
	struct hf_slice body;
};

enum http_read {
	HTTP_READ_OK,
	HTTP_READ_TOO_LARGE, /* Content-Length over HTTP_BODY_MAX */
	HTTP_READ_CUT,       /* the body is shorter than announced */
	HTTP_READ_BAD_LENGTH,
};

/* Reads method, path and body (into body_buf, which holds it). */
enum http_read http_read(FCGX_Request *fcgi, struct hf_buf *body_buf,
			 struct http_request *request_out);

/* A reply under way: headers, then a JSON body. */
struct http_reply {
	int status;
	const char *allow;     /* of a 405 */
	int64_t retry_after_s; /* 0: no such header */
	bool cacheable;        /* for a second, with an ETag */
	struct hf_buf body;
};

/* Writes the reply to the peer; 0, or -1 when it did not take it. */
int http_send(FCGX_Request *fcgi, struct http_reply *reply);

/* A JSON string with its quotes, escaped, at the end of out. */
void json_add_string(struct hf_buf *out, const char *text);

#endif
