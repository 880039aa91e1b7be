/*
 * What the API reads of a request: a token, an Authorization header, an
 * Idempotency-Key, a query, an Origin, and the body that asks for a hold; and
 * what the plain pages read, a form, which is shown again as HTML.
 *
 * The first byte says which; the rest is it. What was taken must be of the
 * form that is promised, and no token but our own is.
 */
#include "config.h"

#include "fcgi/base64url.h"
#include "fcgi/form_input.h"
#include "fcgi/hold_input.h"
#include "fcgi/html_out.h"
#include "fcgi/idempotency.h"
#include "fcgi/identity.h"
#include "fcgi/origin.h"
#include "fcgi/query.h"
#include "libhold/err.h"
#include "libhold/mem.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool kept)
{
	if (!kept)
		abort();
}

static const struct secret *our_secret(void)
{
	static struct secret *secret;

	if (secret == NULL)
		secret =
		    secret_new(HF_SLICE("0123456789abcdef0123456789abcdef"));
	return secret;
}

/* Nobody guesses a seal of 256 bits. */
static void try_token(struct hf_slice in)
{
	char token[IDENTITY_TOKEN_LEN + 1];
	struct identity identity;

	must(identity_read(our_secret(), in, &identity) == HF_EBAD);
	if (in.len == 0)
		return;
	identity_new(our_secret(), &identity, token);
	must(identity_read(our_secret(), hf_slice_of(token), &identity) == 0);
	token[in.len % IDENTITY_TOKEN_LEN] =
	    (char)(token[in.len % IDENTITY_TOKEN_LEN] ^ in.data[0]);
	must(identity_read(our_secret(), hf_slice_of(token), &identity) ==
	     (in.data[0] == 0 ? 0 : HF_EBAD));
}

static void try_bearer(struct hf_slice in)
{
	char *text = hf_strndup(in.data, in.len);
	struct hf_slice token = identity_bearer(text);

	must(memchr(token.data, ' ', token.len) == NULL);
	must(token.len <= in.len);
	free(text);
}

static void try_key(struct hf_slice in)
{
	char *text = hf_strndup(in.data, in.len);
	struct http_request request = { .method = "POST",
					.path = "/api",
					.body = in,
					.idempotency_key = text };
	struct http_reply reply = { 0 };
	struct idempotency out;

	hf_buf_init(&reply.body, 65536);
	if (idempotency_read(&request, &reply, &out)) {
		must(out.key[0] != '\0' && strpbrk(out.key, "\" \\") == NULL);
		must(strlen(out.fingerprint) == FINGERPRINT_LEN);
	} else {
		must(reply.status == 400);
	}
	hf_buf_fini(&reply.body);
	free(text);
}

/* The host and the Origin, a line each: what is ours is ours in any case. */
static void try_origin(struct hf_slice in)
{
	char *text = hf_strndup(in.data, in.len);
	char *origin = strchr(text, '\n');
	struct origin_asked asked = { .host = text };

	if (origin != NULL) {
		*origin++ = '\0';
		if (origin_is_ours(&asked, origin)) {
			must(strchr(origin, ',') == NULL);
			for (char *c = origin; *c != '\0'; c++)
				*c = (char)hf_lower(*c);
			must(origin_is_ours(&asked, origin));
		}
	}
	free(text);
}

static void try_query(struct hf_slice in)
{
	char *text = hf_strndup(in.data, in.len);
	struct hf_slice value = { NULL, 0 };
	int64_t number;

	if (query_value(text, "since", &value))
		must(memchr(value.data, '&', value.len) == NULL);
	if (query_number(text, "since", 0, 99, -1, &number) == 0)
		must(number >= -1 && number <= 99);
	free(text);
}

static void look_at_basket(const struct basket *basket)
{
	must(basket->n >= 1 && basket->n <= BASKET_MAX);
	for (size_t i = 0; i < basket->n; i++) {
		size_t len = strlen(basket->ids[i]);

		must(len >= 1 && len <= TICKET_ID_MAX);
		must(i == 0 || strcmp(basket->ids[i - 1], basket->ids[i]) < 0);
	}
}

static void look_at_wish(const struct best_wish *wish)
{
	must(wish->count >= 1 && wish->count <= BASKET_MAX);
	must(wish->max_price_minor >= 0);
	must(strlen(wish->section) <= SECTION_NAME_MAX);
}

/* As a hold's body, and as one that joins a line. */
static void try_hold(struct hf_slice in)
{
	static struct hold_input input;
	int rc = hold_input_parse(in, &input);

	if (rc < 0) {
		must(rc == HF_EBAD || rc == HF_ELIMIT);
		must(input.wrong[0] != '\0');
	} else if (input.best) {
		look_at_wish(&input.wish);
	} else {
		look_at_basket(&input.basket);
	}
	rc = line_input_parse(in, &input);
	if (rc == 0)
		look_at_wish(&input.wish);
	else
		must(input.wrong[0] != '\0');
}

/* No byte of it ends an attribute or opens a tag. */
static void look_at_html(const char *text)
{
	struct hf_buf out;
	struct hf_slice html;

	hf_buf_init(&out, 65536);
	html_add(&out, text);
	html = hf_buf_slice(&out);
	for (size_t i = 0; i < html.len; i++)
		must(strchr("<>\"'", html.data[i]) == NULL);
	hf_buf_fini(&out);
}

static void try_form(struct hf_slice in)
{
	static struct form_input input;
	int rc = form_input_parse(in, &input);

	if (rc < 0) {
		must(rc == HF_EBAD || rc == HF_ELIMIT);
		must(input.hold.wrong[0] != '\0');
		return;
	}
	must(input.key[0] == '\0' || strlen(input.key) == FORM_KEY_LEN);
	must(strlen(input.hold.wish.section) <= SECTION_NAME_MAX);
	look_at_html(input.hold.wish.section);
	if (input.hold.best)
		must(input.hold.wish.count >= 1 &&
		     input.hold.wish.count <= BASKET_MAX);
	if (input.hold.basket.n > 0)
		look_at_basket(&input.hold.basket);
	for (size_t i = 0; i < input.hold.basket.n; i++)
		look_at_html(input.hold.basket.ids[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const parsers[])(struct hf_slice in) = {
		try_token, try_bearer, try_key, try_query, try_hold,
	};
	struct hf_slice in = { (const char *)data, size };

	if (size == 0)
		return 0;
	in.data++;
	in.len--;
	if (data[0] >= 0x80)
		try_form(in);
	else if (data[0] == '@')
		try_origin(in);
	else
		parsers[data[0] % HF_LEN(parsers)](in);
	return 0;
}
