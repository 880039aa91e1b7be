/*
 * As much of HTTP/1.1's replies as a load driver needs (RFC 9112): where a
 * reply ends, its status, and whether the server closes after it.
 */
#ifndef BENCH_HTTP_REPLY_H
#define BENCH_HTTP_REPLY_H

#include "libhold/slice.h"

struct http_reply {
	size_t used_bytes; /* head and body */
	int status;
	bool closes; /* "Connection: close" */
};

/*
 * 1 and the reply when it is whole, 0 when more bytes are needed, HF_EBAD
 * when it is none, or has neither Content-Length nor chunks.
 */
int http_reply_parse(struct hf_slice in,
		     struct http_reply *reply_out) HF_MUSTUSE;

#endif
