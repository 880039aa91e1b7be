#include "config.h"

#include "fcgi/identity.h"

#include "fcgi/base64url.h"
#include "libhold/err.h"
#include "libhold/log.h"

#include <openssl/crypto.h>
#include <strings.h>
#include <sys/random.h>

#define PREFIX "v1."

enum {
	ID_BYTES = 16,
	PREFIX_LEN = 3,
	SEALED_LEN = PREFIX_LEN + IDENTITY_ID_LEN, /* "v1.<id>" */
	SEAL_TEXT_LEN = 43,
};

_Static_assert(BASE64URL_LEN(ID_BYTES) == IDENTITY_ID_LEN, "as it is encoded");
_Static_assert(BASE64URL_LEN(SECRET_SEAL_LEN) == SEAL_TEXT_LEN, "the same");

void identity_random(char out[IDENTITY_ID_LEN + 1])
{
	char bytes[ID_BYTES];

	if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes))
		hf_fatal("cannot read random bytes");
	base64url_encode(out, (struct hf_slice){ bytes, sizeof(bytes) });
}

/* The seal of the token's first part, as text. */
static void seal_text(const struct secret *secret, const char *token,
		      char out[SEAL_TEXT_LEN + 1])
{
	unsigned char seal[SECRET_SEAL_LEN];

	secret_seal(secret, (struct hf_slice){ token, SEALED_LEN }, seal);
	base64url_encode(out,
			 (struct hf_slice){ (const char *)seal, sizeof(seal) });
}

static void set_holder(struct identity *identity, const char *id)
{
	identity->holder[0] = '\1';
	memcpy(identity->holder + 1, id, IDENTITY_ID_LEN);
	identity->holder[IDENTITY_HOLDER_LEN] = '\0';
}

void identity_new(const struct secret *secret, struct identity *identity,
		  char token_out[IDENTITY_TOKEN_LEN + 1])
{
	memcpy(token_out, PREFIX, PREFIX_LEN);
	identity_random(token_out + PREFIX_LEN);
	token_out[SEALED_LEN] = '.';
	seal_text(secret, token_out, token_out + SEALED_LEN + 1);
	set_holder(identity, token_out + PREFIX_LEN);
}

static bool has_form(struct hf_slice token)
{
	return token.len == IDENTITY_TOKEN_LEN &&
	       memcmp(token.data, PREFIX, PREFIX_LEN) == 0 &&
	       token.data[SEALED_LEN] == '.' &&
	       base64url_is((struct hf_slice){ token.data + PREFIX_LEN,
					       IDENTITY_ID_LEN },
			    ID_BYTES);
}

static bool has_seal(const struct secret *secret, struct hf_slice token)
{
	char seal[SEAL_TEXT_LEN + 1];

	seal_text(secret, token.data, seal);
	return CRYPTO_memcmp(seal, token.data + SEALED_LEN + 1,
			     SEAL_TEXT_LEN) == 0;
}

int identity_read(const struct secret *secret, struct hf_slice token,
		  struct identity *identity)
{
	const struct secret *old = secret_old(secret);

	if (!has_form(token) || (!has_seal(secret, token) &&
				 (old == NULL || !has_seal(old, token))))
		return HF_EBAD;
	set_holder(identity, token.data + PREFIX_LEN);
	return 0;
}

bool identity_renew(const struct secret *secret, struct hf_slice token,
		    char token_out[IDENTITY_TOKEN_LEN + 1])
{
	if (secret_old(secret) == NULL || has_seal(secret, token))
		return false;
	memcpy(token_out, token.data, SEALED_LEN + 1);
	seal_text(secret, token_out, token_out + SEALED_LEN + 1);
	return true;
}

struct hf_slice identity_bearer(const char *authorization)
{
	static const char scheme[] = "Bearer ";
	const char *token = authorization + sizeof(scheme) - 1;

	if (strncasecmp(authorization, scheme, sizeof(scheme) - 1) != 0)
		return HF_SLICE("");
	token += strspn(token, " ");
	return (struct hf_slice){ token, strcspn(token, " ") };
}
