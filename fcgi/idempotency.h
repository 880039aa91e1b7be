/*
 * Idempotency keys: what tells a repeated request from another one.
 */
#ifndef FCGI_IDEMPOTENCY_H
#define FCGI_IDEMPOTENCY_H

#include "fcgi/http.h"
#include "fcgi/store_holds.h"

enum { FINGERPRINT_LEN = 64 };

struct idempotency {
	char key[IDEMPOTENCY_KEY_MAX + 1];
	/* SHA-256 of method, path and the body without its spaces, in hex. */
	char fingerprint[FINGERPRINT_LEN + 1];
};

/*
 * The header Idempotency-Key: one word of visible ASCII, in quotes or without
 * (draft-ietf-httpapi-idempotency-key-header, 2.1); the body may be empty.
 * False after a problem.
 */
bool idempotency_read(const struct http_request *request,
		      struct http_reply *reply,
		      struct idempotency *out) HF_MUSTUSE;

#endif
