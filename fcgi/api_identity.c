/*
 * Identities, and the key that their tickets are checked with.
 */
#include "config.h"

#include "fcgi/base64url.h"
#include "fcgi/caller.h"
#include "fcgi/json_body.h"
#include "fcgi/json_out.h"
#include "fcgi/problem.h"
#include "fcgi/router.h"
#include "libhold/clock.h"

#include <openssl/evp.h>

/* 1: a cookie is asked for, 0: a token, -1: after a problem. */
static int wants_cookie(const struct http_request *request,
			struct http_reply *reply)
{
	char wrong[JSON_WRONG_MAX];
	struct json_object *body, *use = NULL;
	int wants = 0;

	if (request->body.len == 0)
		return 0;
	body = json_body_parse(request->body, wrong);
	if (body == NULL) {
		problem_reply(reply, PROBLEM_BAD_REQUEST, wrong);
		return -1;
	}
	if (json_object_object_get_ex(body, "use", &use)) {
		const char *word = json_object_is_type(use, json_type_string)
				       ? json_object_get_string(use)
				       : "";

		wants = strcmp(word, "cookie") == 0  ? 1
			: strcmp(word, "token") == 0 ? 0
						     : -1;
	}
	json_object_put(body);
	if (wants < 0)
		problem_reply(reply, PROBLEM_BAD_REQUEST,
			      "use must be \"cookie\" or \"token\".");
	return wants;
}

/* A browser that has a good cookie keeps its identity, and its holds. */
static bool take_cookie(const struct site *site,
			const struct http_request *request,
			char token_out[IDENTITY_TOKEN_LEN + 1])
{
	struct hf_slice token = hf_slice_of(request->identity_cookie);
	struct identity identity;

	if (identity_read(site->secret, token, &identity) < 0)
		return false;
	if (!identity_renew(site->secret, token, token_out))
		memcpy(token_out, token.data, token.len + 1);
	return true;
}

void api_identity(struct site *site, const struct http_request *request,
		  struct http_reply *reply)
{
	char token[IDENTITY_TOKEN_LEN + 1];
	struct identity identity;
	int cookie;

	if (!caller_possible(site->secret, reply))
		return;
	cookie = wants_cookie(request, reply);
	if (cookie < 0)
		return;
	reply->status = 200;
	if (!cookie || !take_cookie(site, request, token)) {
		reply->status = 201;
		identity_new(site->secret, &identity, token);
	}
	if (cookie && !caller_set_cookie(request, reply, token))
		return;
	hf_buf_add_char(&reply->body, '{');
	if (!cookie)
		hf_buf_printf(&reply->body, "\"token\":\"%s\",", token);
	hf_buf_printf(&reply->body, "\"server_time\":");
	json_add_time(&reply->body, hf_wall_ms());
	hf_buf_add_char(&reply->body, '}');
}

/* A key's name is its thumbprint (RFC 7638, RFC 8037 A.3). */
static void thumbprint(const char *x, char out[BASE64URL_LEN(32) + 1])
{
	unsigned char digest[32];
	char text[128];
	int len =
	    snprintf(text, sizeof(text),
		     "{\"crv\":\"Ed25519\",\"kty\":\"OKP\",\"x\":\"%s\"}", x);

	EVP_Digest(text, (size_t)len, digest, NULL, EVP_sha256(), NULL);
	base64url_encode(
	    out, (struct hf_slice){ (const char *)digest, sizeof(digest) });
}

static void add_key(struct hf_buf *out, const struct secret *secret)
{
	char x[BASE64URL_LEN(SECRET_PUBLIC_LEN) + 1];
	char kid[BASE64URL_LEN(32) + 1];

	base64url_encode(x,
			 (struct hf_slice){ (const char *)secret_public(secret),
					    SECRET_PUBLIC_LEN });
	thumbprint(x, kid);
	hf_buf_printf(out,
		      "{\"kty\":\"OKP\",\"crv\":\"Ed25519\","
		      "\"alg\":\"EdDSA\",\"use\":\"sig\",\"kid\":\"%s\","
		      "\"x\":\"%s\"}",
		      kid, x);
}

/* The present one first, then the one before: its tickets are still good. */
void api_keys(struct site *site, const struct http_request *request,
	      struct http_reply *reply)
{
	const struct secret *old;

	HF_UNUSED(request);
	if (!caller_possible(site->secret, reply))
		return;
	old = secret_old(site->secret);
	reply->status = 200;
	reply->cache = HTTP_SECOND;
	hf_buf_printf(&reply->body, "{\"keys\":[");
	add_key(&reply->body, site->secret);
	if (old != NULL) {
		hf_buf_add_char(&reply->body, ',');
		add_key(&reply->body, old);
	}
	hf_buf_printf(&reply->body, "]}");
}
