/*
 * Borrowed bytes: a pointer and a length, NULs allowed.
 *
 * A slice owns nothing and dies with what it points into.
 */
#ifndef HOLD_SLICE_H
#define HOLD_SLICE_H

#include "libhold/base.h"

#include <string.h>

struct hf_slice {
	const char *data; /* NOT NUL-terminated */
	size_t len;
};

/* A slice of a string literal. */
#define HF_SLICE(literal) ((struct hf_slice)HF_SLICE_INIT(literal))
#define HF_SLICE_INIT(literal)                  \
	{                                       \
		"" literal, sizeof(literal) - 1 \
	} /* static */

static inline struct hf_slice hf_slice_of(const char *s)
{
	return (struct hf_slice){ s, strlen(s) };
}

static inline bool hf_slice_eq(struct hf_slice a, struct hf_slice b)
{
	return a.len == b.len &&
	       (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

/* A to Z in lower case, whatever the locale. */
static inline unsigned char hf_lower(char c)
{
	return (unsigned char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

/* ASCII case does not matter; s is a C string. */
bool hf_slice_ieq(struct hf_slice a, const char *s);

/*
 * The whole slice as a decimal int64, as Redis reads integers: an optional
 * '-', no '+', no leading zeros, no spaces. 0 or HF_EBAD (then *out is
 * untouched).
 */
int hf_slice_int64(struct hf_slice s, int64_t *out) HF_MUSTUSE;

#endif
