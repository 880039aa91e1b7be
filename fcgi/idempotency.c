#include "config.h"

#include "fcgi/idempotency.h"

#include "fcgi/base64url.h"
#include "fcgi/json_body.h"
#include "fcgi/problem.h"

#include <openssl/evp.h>
#include <stdio.h>

/* The key without the quotes of a structured string. */
static struct hf_slice unquoted(const char *header)
{
	struct hf_slice text = hf_slice_of(header);

	if (text.len >= 2 && text.data[0] == '"' &&
	    text.data[text.len - 1] == '"')
		return (struct hf_slice){ text.data + 1, text.len - 2 };
	return text;
}

static bool is_word(struct hf_slice text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] <= ' ' || text.data[i] > '~' ||
		    text.data[i] == '"' || text.data[i] == '\\')
			return false;
	}
	return text.len > 0 && text.len <= IDEMPOTENCY_KEY_MAX;
}

static bool take_key(const struct http_request *request,
		     struct http_reply *reply, struct idempotency *out)
{
	struct hf_slice key = unquoted(request->idempotency_key);

	if (request->idempotency_key[0] == '\0') {
		problem_reply(reply, PROBLEM_KEY_REQUIRED,
			      "Send an Idempotency-Key of your own making, "
			      "such as a UUID, and the same one when you "
			      "repeat the request.");
		return false;
	}
	if (!is_word(key)) {
		problem_reply(reply, PROBLEM_BAD_REQUEST,
			      "Idempotency-Key must be one word of 1 to 255 "
			      "visible ASCII characters.");
		return false;
	}
	memcpy(out->key, key.data, key.len);
	out->key[key.len] = '\0';
	return true;
}

static void set_fingerprint(struct idempotency *out,
			    const struct http_request *request,
			    struct hf_slice body)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	unsigned char digest[FINGERPRINT_LEN / 2];

	EVP_DigestInit_ex(context, EVP_sha256(), NULL);
	EVP_DigestUpdate(context, request->method, strlen(request->method) + 1);
	EVP_DigestUpdate(context, request->path, strlen(request->path) + 1);
	EVP_DigestUpdate(context, body.data, body.len);
	EVP_DigestFinal_ex(context, digest, NULL);
	EVP_MD_CTX_free(context);
	for (size_t i = 0; i < sizeof(digest); i++)
		snprintf(out->fingerprint + 2 * i, 3, "%02x", digest[i]);
}

bool idempotency_sent(const struct http_request *request)
{
	return request->idempotency_key[0] != '\0';
}

enum { HALF_LEN = 8 }; /* bytes of an id that say the key; the rest: all */

/* The first bytes of the texts' SHA-256, each with its NUL. */
static void digest_half(const char *const *texts, size_t n, char *half_out)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	unsigned char digest[FINGERPRINT_LEN / 2];

	EVP_DigestInit_ex(context, EVP_sha256(), NULL);
	for (size_t i = 0; i < n; i++)
		EVP_DigestUpdate(context, texts[i], strlen(texts[i]) + 1);
	EVP_DigestFinal_ex(context, digest, NULL);
	EVP_MD_CTX_free(context);
	memcpy(half_out, digest, HALF_LEN);
}

void idempotency_hold_id(const struct idempotency *idempotency,
			 const char *holder, char id_out[HOLD_ID_LEN + 1])
{
	const char *const texts[] = { "hold", holder, idempotency->key,
				      idempotency->fingerprint };
	char bytes[2 * HALF_LEN];

	digest_half(texts, HF_LEN(texts) - 1, bytes);
	digest_half(texts, HF_LEN(texts), bytes + HALF_LEN);
	base64url_encode(id_out, (struct hf_slice){ bytes, sizeof(bytes) });
}

bool idempotency_read(const struct http_request *request,
		      struct http_reply *reply, struct idempotency *out)
{
	char wrong[JSON_WRONG_MAX];
	struct json_object *body;

	if (!take_key(request, reply, out))
		return false;
	if (request->body.len == 0) {
		set_fingerprint(out, request, HF_SLICE("{}"));
		return true;
	}
	body = json_body_parse(request->body, wrong);
	if (body == NULL) {
		problem_reply(reply, PROBLEM_BAD_REQUEST, wrong);
		return false;
	}
	set_fingerprint(out, request,
			hf_slice_of(json_object_to_json_string_ext(
			    body, JSON_C_TO_STRING_PLAIN)));
	json_object_put(body);
	return true;
}

void idempotency_of_form(const struct http_request *request,
			 struct idempotency *out)
{
	set_fingerprint(out, request, request->body);
	snprintf(out->key, sizeof(out->key), "form-%s", out->fingerprint);
}
