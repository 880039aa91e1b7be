/*
 * Who asks: the identity in a request's cookie or Authorization header.
 */
#ifndef FCGI_CALLER_H
#define FCGI_CALLER_H

#include "fcgi/http.h"
#include "fcgi/identity.h"

/*
 * False after a problem: secret is NULL, nobody asks, or with a token that
 * this secret did not seal, or another site's page POSTs with the cookie. A
 * header counts more than a cookie, and no page sends one for another site. A
 * cookie that the old secret sealed is renewed with the reply.
 */
bool caller_read(const struct secret *secret,
		 const struct http_request *request, struct http_reply *reply,
		 struct identity *identity_out) HF_MUSTUSE;

/* The same, but nobody may ask: then the holder is "". */
bool caller_read_if_any(const struct secret *secret,
			const struct http_request *request,
			struct http_reply *reply,
			struct identity *identity_out) HF_MUSTUSE;

/* The same, but who comes without a token gets one, as a cookie. */
bool caller_read_or_make(const struct secret *secret,
			 const struct http_request *request,
			 struct http_reply *reply,
			 struct identity *identity_out) HF_MUSTUSE;

/* False after a problem: this site has no secret. */
bool caller_possible(const struct secret *secret,
		     struct http_reply *reply) HF_MUSTUSE;

/*
 * Whether another site's page has sent this: as Sec-Fetch-Site says, which
 * browsers send by https; without one, as Origin says. Programs send neither.
 */
bool caller_is_of_another_site(const struct http_request *request);

/*
 * Of a request that identity_read() knows: a browser whose cookie the old
 * secret sealed gets it from the new one.
 */
void caller_renew_cookie(const struct secret *secret,
			 const struct http_request *request,
			 struct http_reply *reply);

/*
 * The buyer's browser keeps token for a year; no script can read it. False
 * after a problem: another site's page has sent the request, which comes
 * without the cookie that is there (SameSite), and would lose the buyer his
 * identity.
 */
bool caller_set_cookie(const struct http_request *request,
		       struct http_reply *reply, const char *token) HF_MUSTUSE;

#endif
