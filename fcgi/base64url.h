/*
 * base64url without padding (RFC 4648, 5), in its one canonical form.
 */
#ifndef FCGI_BASE64URL_H
#define FCGI_BASE64URL_H

#include "libhold/slice.h"

/* Characters that n bytes take. */
#define BASE64URL_LEN(n) (((n)*4 + 2) / 3)

/* Writes BASE64URL_LEN(bytes.len) characters and a NUL. */
void base64url_encode(char *out, struct hf_slice bytes);

/*
 * True when text is what encode gives of exactly n bytes, so that two texts
 * never mean the same: no other alphabet, no padding, no stray bits.
 */
bool base64url_is(struct hf_slice text, size_t n);

#endif
