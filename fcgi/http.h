/*
 * Requests and replies over one FastCGI request: what handlers see of HTTP.
 */
#ifndef FCGI_HTTP_H
#define FCGI_HTTP_H

#include "fcgi/origin.h"
#include "libhold/buf.h"

#include <fcgiapp.h>

enum { HTTP_BODY_MAX = 64 * 1024 };

enum { HTTP_ARGS_MAX = 2 };

struct http_request {
	const char *method; /* "GET"; these live as long as the request */
	const char *path;   /* without the query */
	const char *query;  /* what follows the '?' */
	struct hf_slice body;
	/* What nginx passes of the headers; "" for one that was not sent. */
	const char *authorization;
	const char *identity_cookie; /* the value of hf_id */
	const char *idempotency_key;
	const char *fetch_site;    /* Sec-Fetch-Site, which no script can set */
	const char *origin;        /* nor this */
	struct origin_asked asked; /* how the buyer came to the first server */
	int64_t passed_ms; /* nginx passed it on, wall clock; 0: unsaid */
	const char *id;    /* nginx's, for all logs; "": none */
	bool takes_gzip;
	/* What stands in the path's places (router.c). */
	struct hf_slice args[HTTP_ARGS_MAX];
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

enum http_cache {
	HTTP_NO_STORE,
	HTTP_SECOND,  /* by anybody for a second, with an ETag */
	HTTP_FOREVER, /* what is at this URL never changes; with an ETag */
	HTTP_PRIVATE, /* by the buyer's own browser, for an hour */
};

enum { HTTP_FIELD_MAX = 160 }; /* bytes of a header's value */

/* A reply under way: headers, then a body. */
struct http_reply {
	const char *request_id; /* "", NULL: none; lives as the request does */
	int status;
	const char *result;    /* one word for an error; NULL: ok; lives on */
	const char *type;      /* NULL: application/json */
	const char *allow;     /* of a 405 */
	int64_t retry_after_s; /* 0: no such header */
	enum http_cache cache;
	uint64_t tag;   /* of the ETag; 0: made from the body */
	bool challenge; /* a 401 says how to come back */
	bool packed;    /* the body is gzip's (pack.h) */
	bool replayed;  /* the answer to an earlier request of this key */
	char location[HTTP_FIELD_MAX]; /* "": no such header, as below */
	char set_cookie[HTTP_FIELD_MAX];
	char file_name[HTTP_FIELD_MAX]; /* to be kept under this name */
	struct hf_buf body;
};

/* Of the ETag, whatever form the body has. */
uint64_t http_tag(const struct http_reply *reply);

/* Empties it for the next request; memory above keep_bytes is given back. */
void http_reply_reset(struct http_reply *reply, size_t keep_bytes);

/* Writes the reply to the peer; 0, or -1 when it did not take it. */
int http_send(FCGX_Request *fcgi, struct http_reply *reply);

#endif
