#include "config.h"

#include "fcgi/caller.h"

#include "fcgi/problem.h"

#include <stdio.h>

static bool comes_with_token(const struct http_request *request)
{
	return request->authorization[0] != '\0' ||
	       request->identity_cookie[0] != '\0';
}

static struct hf_slice token_of(const struct http_request *request)
{
	return request->authorization[0] != '\0'
		   ? identity_bearer(request->authorization)
		   : hf_slice_of(request->identity_cookie);
}

bool caller_possible(const struct secret *secret, struct http_reply *reply)
{
	if (secret != NULL)
		return true;
	problem_reply(reply, PROBLEM_NOT_CONFIGURED,
		      "Identities need a secret: whoever runs this sale sets "
		      "SECRET_FILE.");
	return false;
}

static bool is_one_of(const char *word, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(word, words[i]) == 0)
			return true;
	}
	return false;
}

static bool has_origin(const struct http_request *request)
{
	return request->origin != NULL && request->origin[0] != '\0';
}

/* Why it is another site's page that has sent this; NULL: it is not. */
static const char *why_foreign(const struct http_request *request)
{
	static const char *const own[] = { "same-origin", "none" };
	static const char *const others[] = { "same-site", "cross-site" };

	if (is_one_of(request->fetch_site, own, HF_LEN(own)))
		return NULL;
	if (is_one_of(request->fetch_site, others, HF_LEN(others)))
		return "A page of another site has sent this, as the browser "
		       "says: nobody but this site's own pages acts by its "
		       "cookie.";
	if (has_origin(request) &&
	    !origin_is_ours(&request->asked, request->origin))
		return "The request's Origin is not the site that is asked: "
		       "nobody but this site's own pages acts by its cookie. "
		       "A proxy in front has to pass on Host, or to set "
		       "X-Forwarded-Host.";
	return NULL;
}

bool caller_is_of_another_site(const struct http_request *request)
{
	return why_foreign(request) != NULL;
}

/* False after a problem: another site's page would act by the cookie. */
static bool may_act(const struct http_request *request,
		    struct http_reply *reply)
{
	const char *why = NULL;

	if (strcmp(request->method, "POST") == 0 &&
	    request->authorization[0] == '\0')
		why = why_foreign(request);
	if (why != NULL)
		problem_reply(reply, PROBLEM_CROSS_SITE, why);
	return why == NULL;
}

static void write_cookie(const struct http_request *request,
			 struct http_reply *reply, const char *token)
{
	snprintf(reply->set_cookie, sizeof(reply->set_cookie),
		 "hf_id=%s; Max-Age=31536000; Path=/; HttpOnly; "
		 "SameSite=Lax%s",
		 token, request->asked.https ? "; Secure" : "");
}

void caller_renew_cookie(const struct secret *secret,
			 const struct http_request *request,
			 struct http_reply *reply)
{
	char token[IDENTITY_TOKEN_LEN + 1];

	if (request->authorization[0] == '\0' &&
	    !caller_is_of_another_site(request) &&
	    identity_renew(secret, token_of(request), token))
		write_cookie(request, reply, token);
}

bool caller_read(const struct secret *secret,
		 const struct http_request *request, struct http_reply *reply,
		 struct identity *identity_out)
{
	if (!caller_possible(secret, reply))
		return false;
	if (!comes_with_token(request)) {
		problem_reply(reply, PROBLEM_IDENTITY_REQUIRED,
			      "Get an identity by POST /api/identity and send "
			      "it as a cookie or as a bearer token.");
		return false;
	}
	if (!may_act(request, reply))
		return false;
	if (identity_read(secret, token_of(request), identity_out) == 0) {
		caller_renew_cookie(secret, request, reply);
		return true;
	}
	problem_reply(reply, PROBLEM_BAD_IDENTITY,
		      "The identity was not made by this site, or was changed "
		      "on the way. Get a new one by POST /api/identity.");
	return false;
}

bool caller_read_if_any(const struct secret *secret,
			const struct http_request *request,
			struct http_reply *reply, struct identity *identity_out)
{
	if (secret != NULL && !comes_with_token(request)) {
		identity_out->holder[0] = '\0';
		return true;
	}
	return caller_read(secret, request, reply, identity_out);
}

bool caller_read_or_make(const struct secret *secret,
			 const struct http_request *request,
			 struct http_reply *reply,
			 struct identity *identity_out)
{
	char token[IDENTITY_TOKEN_LEN + 1];

	if (secret == NULL || comes_with_token(request))
		return caller_read(secret, request, reply, identity_out);
	identity_new(secret, identity_out, token);
	return caller_set_cookie(request, reply, token);
}

bool caller_set_cookie(const struct http_request *request,
		       struct http_reply *reply, const char *token)
{
	const char *why = why_foreign(request);

	if (why != NULL) {
		problem_reply(reply, PROBLEM_CROSS_SITE, why);
		return false;
	}
	write_cookie(request, reply, token);
	return true;
}
