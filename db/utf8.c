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

/* The character of len bytes at p, which is whole. */
static uint32_t code_of(const unsigned char *p, size_t len)
{
	uint32_t code = len == 1 ? p[0] : p[0] & (0x7fU >> len);

	for (size_t i = 1; i < len; i++)
		code = code << 6 | (p[i] & 0x3fU);
	return code;
}

/* Why a text of one line has no such character, or NULL. */
static const char *code_wrong(uint32_t code)
{
	static const struct {
		uint32_t first, last;
		const char *wrong;
	} refused[] = {
		{ 0x00, 0x1f, "has a control character" },
		{ 0x7f, 0x9f, "has a control character" },
		{ 0x61c, 0x61c, "has a control of writing direction" },
		{ 0x200e, 0x200f, "has a control of writing direction" },
		{ 0x2028, 0x2029, "has a line or paragraph separator" },
		{ 0x202a, 0x202e, "has a control of writing direction" },
		{ 0x2066, 0x2069, "has a control of writing direction" },
	};

	for (size_t i = 0; i < HF_LEN(refused); i++) {
		if (code >= refused[i].first && code <= refused[i].last)
			return refused[i].wrong;
	}
	return NULL;
}

const char *utf8_wrong(const char *s)
{
	const unsigned char *p = (const unsigned char *)s;

	while (*p != '\0') {
		size_t len = len_of(*p);
		const char *wrong;

		if (len == 0 || !whole(p, len))
			return "is not UTF-8";
		wrong = code_wrong(code_of(p, len));
		if (wrong != NULL)
			return wrong;
		p += len;
	}
	return NULL;
}
