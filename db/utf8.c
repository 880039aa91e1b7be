#include "config.h"

#include "db/utf8.h"

/* Bytes of the character that begins with c; 0: none does. */
static size_t len_of(unsigned char c)
{
	if (c < 0x80)
		return 1;
	if (c >= 0xc2 && c <= 0xdf)
		return 2;
	if (c >= 0xe0 && c <= 0xef)
		return 3;
	return c >= 0xf0 && c <= 0xf4 ? 4 : 0;
}

/* The second byte has a smaller range where the first leaves a gap. */
static bool second_fits(unsigned char first, unsigned char second)
{
	switch (first) {
	case 0xe0:
		return second >= 0xa0 && second <= 0xbf;
	case 0xed:
		return second >= 0x80 && second <= 0x9f;
	case 0xf0:
		return second >= 0x90 && second <= 0xbf;
	case 0xf4:
		return second >= 0x80 && second <= 0x8f;
	default:
		return second >= 0x80 && second <= 0xbf;
	}
}

static bool whole(const unsigned char *p, size_t len)
{
	if (len > 1 && !second_fits(p[0], p[1]))
		return false;
	for (size_t i = 2; i < len; i++) {
		if (p[i] < 0x80 || p[i] > 0xbf)
			return false;
	}
	return true;
}

const char *utf8_wrong(const char *s)
{
	const unsigned char *p = (const unsigned char *)s;

	while (*p != '\0') {
		size_t len = len_of(*p);

		if (len == 0 || !whole(p, len))
			return "is not UTF-8";
		if (*p < 0x20 || *p == 0x7f)
			return "has a control character";
		p += len;
	}
	return NULL;
}
