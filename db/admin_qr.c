/*
 * holdfast-admin check-qr: what a door does, without network and database.
 *
 * The code is HF1.PAYLOAD.SIGNATURE, both in base64url without padding. The
 * signature is Ed25519's (RFC 8032) over all that stands before the last dot;
 * the payload names event, ticket, order and seat, with bars between them.
 */
#include "config.h"

#include "db/admin.h"
#include "libhold/err.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

enum { KEY_LEN = 32, SIGNATURE_LEN = 64, PAYLOAD_MAX = 512 };

/* Value of a digit, or -1. */
static int digit(char c)
{
	static const char digits[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	    "0123456789-_";
	const char *found = c != '\0' ? strchr(digits, c) : NULL;

	return found != NULL ? (int)(found - digits) : -1;
}

/* Bytes written to out, at most max; -1: it is no base64url, or more. */
static int decode(const char *text, size_t len, unsigned char *out, int max)
{
	unsigned bits = 0;
	int have = 0, n = 0;

	for (size_t i = 0; i < len; i++) {
		int value = digit(text[i]);

		if (value < 0)
			return -1;
		bits = (bits << 6 | (unsigned)value) & 0xffff;
		have += 6;
		if (have < 8)
			continue;
		if (n == max)
			return -1;
		have -= 8;
		out[n++] = (unsigned char)(bits >> have);
	}
	/* What is left over is no byte, and nothing. */
	return have < 6 && (bits & ((1U << have) - 1)) == 0 ? n : -1;
}

static bool is_signed(const unsigned char key[KEY_LEN], const char *text,
		      size_t len, const unsigned char signature[SIGNATURE_LEN])
{
	EVP_PKEY *pkey =
	    EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, key, KEY_LEN);
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	bool good = pkey != NULL && md != NULL &&
		    EVP_DigestVerifyInit(md, NULL, NULL, NULL, pkey) == 1 &&
		    EVP_DigestVerify(md, signature, SIGNATURE_LEN,
				     (const unsigned char *)text, len) == 1;

	EVP_MD_CTX_free(md);
	EVP_PKEY_free(pkey);
	return good;
}

/* Prints "event  gala" and so on; the payload is genuine. */
static void print_payload(const char *payload)
{
	static const char *const names[] = { "event", "ticket", "order",
					     "seat" };

	for (size_t i = 0; i < HF_LEN(names); i++) {
		size_t len = strcspn(payload, "|");

		printf("%-7s %.*s\n", names[i], (int)len, payload);
		payload += len;
		payload += *payload == '|';
	}
}

static int refuse(const char *why)
{
	say_error("%s", why);
	return HF_EBAD;
}

int admin_check_qr(struct admin *a)
{
	const char *text = a->words[0];
	const char *last = strrchr(text, '.');
	unsigned char key[KEY_LEN], signature[SIGNATURE_LEN];
	unsigned char payload[PAYLOAD_MAX + 1];
	int n;

	if (a->key == NULL ||
	    decode(a->key, strlen(a->key), key, KEY_LEN) != KEY_LEN) {
		say_error("--key is \"x\" of /api/keys: 43 characters");
		return HF_EUSAGE;
	}
	if (strncmp(text, "HF1.", 4) != 0 || last < text + 4)
		return refuse("that is no ticket's QR code");
	n = decode(text + 4, (size_t)(last - text) - 4, payload, PAYLOAD_MAX);
	if (n < 0 || decode(last + 1, strlen(last + 1), signature,
			    SIGNATURE_LEN) != SIGNATURE_LEN)
		return refuse("that is no ticket's QR code");
	if (!is_signed(key, text, (size_t)(last - text), signature))
		return refuse("the ticket is not genuine");
	payload[n] = '\0';
	print_payload((const char *)payload);
	return 0;
}
