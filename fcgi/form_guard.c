#include "config.h"

#include "fcgi/form_guard.h"

#include "fcgi/base64url.h"
#include "fcgi/caller.h"
#include "fcgi/form_page.h"

#include <openssl/crypto.h>
#include <stdio.h>

_Static_assert(BASE64URL_LEN(SECRET_SEAL_LEN) == FORM_KEY_LEN, "as encoded");

/* No token is sealed over a text that begins so: those begin with "v1.". */
static void make_key(const struct secret *secret,
		     const struct form_visitor *visitor,
		     char key_out[FORM_KEY_LEN + 1])
{
	char text[sizeof("form ") + IDENTITY_HOLDER_LEN];
	unsigned char seal[SECRET_SEAL_LEN];
	int len = snprintf(text, sizeof(text), "form %s",
			   visitor->identity.holder + 1);

	secret_seal(secret, (struct hf_slice){ text, (size_t)len }, seal);
	base64url_encode(key_out,
			 (struct hf_slice){ (const char *)seal, sizeof(seal) });
}

bool form_known(const struct site *site, const struct http_request *request,
		struct form_visitor *visitor)
{
	if (site->secret == NULL ||
	    identity_read(site->secret, hf_slice_of(request->identity_cookie),
			  &visitor->identity) < 0)
		return false;
	make_key(site->secret, visitor, visitor->key);
	return true;
}

bool form_visitor(const struct site *site, const struct http_request *request,
		  struct http_reply *reply, struct form_visitor *visitor)
{
	char token[IDENTITY_TOKEN_LEN + 1];

	if (form_known(site, request, visitor)) {
		caller_renew_cookie(site->secret, request, reply);
		return true;
	}
	if (site->secret == NULL || caller_is_of_another_site(request))
		return false;
	identity_new(site->secret, &visitor->identity, token);
	make_key(site->secret, visitor, visitor->key);
	return caller_set_cookie(request, reply, token);
}

static bool refuse(struct http_reply *reply, const char *words)
{
	form_page_say(reply, 403, "That did not work", words, NULL);
	return false;
}

static bool fits(const struct secret *secret,
		 const struct form_visitor *visitor, const char *key)
{
	char ours[FORM_KEY_LEN + 1];

	make_key(secret, visitor, ours);
	return strlen(key) == FORM_KEY_LEN &&
	       CRYPTO_memcmp(key, ours, FORM_KEY_LEN) == 0;
}

/* A form that was shown before the secret was changed is good, too. */
static bool is_key(const struct secret *secret,
		   const struct form_visitor *visitor, const char *key)
{
	const struct secret *old = secret_old(secret);

	return fits(secret, visitor, key) ||
	       (old != NULL && fits(old, visitor, key));
}

bool form_sender(const struct site *site, const struct http_request *request,
		 struct http_reply *reply, const char *key,
		 struct form_visitor *visitor)
{
	if (caller_is_of_another_site(request))
		return refuse(reply, "Another site has sent this form. Begin "
				     "again on this one.");
	if (!form_known(site, request, visitor))
		return refuse(reply, "Your browser has not sent the cookie by "
				     "which your seats are known as yours. "
				     "Allow cookies of this site, and begin "
				     "again.");
	if (!is_key(site->secret, visitor, key))
		return refuse(reply, "This form was made for somebody else, "
				     "or is too old. Begin again.");
	return true;
}
