#include "config.h"

#include "libhold/slice.h"

#include "libhold/err.h"

#define SAFE_DIGITS 18 /* so many cannot be too large */

/* Words differ early: to see that is all that most calls do. */
bool hf_slice_ieq(struct hf_slice a, const char *s)
{
	for (size_t i = 0; i < a.len; i++) {
		if (s[i] == '\0' || hf_lower(a.data[i]) != hf_lower(s[i]))
			return false;
	}
	return s[a.len] == '\0';
}

int hf_slice_int64(struct hf_slice s, int64_t *out)
{
	bool negative = s.len > 0 && s.data[0] == '-';
	size_t i = negative ? 1 : 0;
	uint64_t limit = (uint64_t)INT64_MAX + (negative ? 1 : 0);
	uint64_t value = 0;

	if (i == s.len)
		return HF_EBAD;
	if (s.data[i] == '0' && s.len > 1)
		return HF_EBAD; /* "-0" and leading zeros */
	for (; i < s.len; i++) {
		unsigned digit = (unsigned char)s.data[i] - (unsigned)'0';

		if (digit > 9 ||
		    (i >= SAFE_DIGITS && value > (limit - digit) / 10))
			return HF_EBAD;
		value = value * 10 + digit;
	}
	*out = negative ? (int64_t)(0 - value) : (int64_t)value;
	return 0;
}
