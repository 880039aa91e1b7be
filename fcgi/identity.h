/*
 * Who a caller is: an id that the site has made and sealed.
 *
 * A token is "v1.<id>.<seal>": the id is 16 random bytes, the seal an
 * HMAC-SHA256 over "v1.<id>", both as base64url. It is a cookie's value or a
 * bearer token. Nothing is stored: who has the token is the identity.
 */
#ifndef FCGI_IDENTITY_H
#define FCGI_IDENTITY_H

#include "fcgi/secret.h"

enum {
	IDENTITY_ID_LEN = 22,
	IDENTITY_TOKEN_LEN = 3 + IDENTITY_ID_LEN + 1 + 43,
	IDENTITY_HOLDER_LEN = 1 + IDENTITY_ID_LEN,
};

/*
 * As whom an identity holds tickets: a byte 1 and its id. No client_id of a
 * plain call may have a control character (input.h), so no such client is ever
 * an identity, nor the reverse.
 */
struct identity {
	char holder[IDENTITY_HOLDER_LEN + 1];
};

/* A new one, and its token. */
void identity_new(const struct secret *secret, struct identity *identity_out,
		  char token_out[IDENTITY_TOKEN_LEN + 1]);

/*
 * 0, or HF_EBAD: no token that this secret, or the old one beside it, sealed.
 * In constant time.
 */
int identity_read(const struct secret *secret, struct hf_slice token,
		  struct identity *identity_out) HF_MUSTUSE;

/*
 * Of a token that identity_read() took: true when the old secret sealed it,
 * and the same identity's token by the present one.
 */
bool identity_renew(const struct secret *secret, struct hf_slice token,
		    char token_out[IDENTITY_TOKEN_LEN + 1]);

/*
 * The token in an Authorization header of the form "Bearer <token>" (RFC 6750,
 * 2.1); points into it. Empty when it has another form.
 */
struct hf_slice identity_bearer(const char *authorization);

/* 16 random bytes as base64url: an id that nobody guesses. */
void identity_random(char out[IDENTITY_ID_LEN + 1]);

#endif
