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

/* Was the header sent at all? */
bool idempotency_sent(const struct http_request *request);

/*
 * The hold's id that this key of holder's makes, which nobody else guesses:
 * ids of the same key begin alike, and those of the same request are the same.
 */
void idempotency_hold_id(const struct idempotency *idempotency,
			 const char *holder, char id_out[HOLD_ID_LEN + 1]);

/*
 * The header Idempotency-Key: one word of visible ASCII, in quotes or without
 * (draft-ietf-httpapi-idempotency-key-header, 2.1); the body may be empty.
 * False after a problem.
 */
bool idempotency_read(const struct http_request *request,
		      struct http_reply *reply,
		      struct idempotency *out) HF_MUSTUSE;

/*
 * The same of a form, which is told from another one by all that is in it: so
 * it needs something that no other form has.
 */
void idempotency_of_form(const struct http_request *request,
			 struct idempotency *out);

#endif
