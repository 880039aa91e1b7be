#include "config.h"

#include "fcgi/base64url.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			       "abcdefghijklmnopqrstuvwxyz0123456789-_";

void base64url_encode(char *out, struct hf_slice bytes)
{
	unsigned bits = 0, have = 0;

	for (size_t i = 0; i < bytes.len; i++) {
		bits = bits << 8 | (unsigned char)bytes.data[i];
		for (have += 8; have >= 6; have -= 6)
			*out++ = alphabet[bits >> (have - 6) & 63];
		bits &= (1u << have) - 1;
	}
	if (have > 0)
		*out++ = alphabet[bits << (6 - have) & 63];
	*out = '\0';
}

bool base64url_is(struct hf_slice text, size_t n)
{
	size_t stray_bits = BASE64URL_LEN(n) * 6 - n * 8;
	const char *at = alphabet;

	if (text.len != BASE64URL_LEN(n))
		return false;
	for (size_t i = 0; i < text.len; i++) {
		at = memchr(alphabet, text.data[i], sizeof(alphabet) - 1);
		if (at == NULL)
			return false;
	}
	return ((size_t)(at - alphabet) & ((1u << stray_bits) - 1)) == 0;
}
