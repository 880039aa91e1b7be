#include "config.h"

#include "fcgi/text_check.h"

/* Well-formed sequences: first byte, bytes that follow, the second's range. */
static const struct sequence {
	unsigned char first_min, first_max, more, second_min, second_max;
} sequences[] = {
	{ 0x01, 0x7f, 0, 0x00, 0x00 }, { 0xc2, 0xdf, 1, 0x80, 0xbf },
	{ 0xe0, 0xe0, 2, 0xa0, 0xbf }, { 0xe1, 0xec, 2, 0x80, 0xbf },
	{ 0xed, 0xed, 2, 0x80, 0x9f }, { 0xee, 0xef, 2, 0x80, 0xbf },
	{ 0xf0, 0xf0, 3, 0x90, 0xbf }, { 0xf1, 0xf3, 3, 0x80, 0xbf },
	{ 0xf4, 0xf4, 3, 0x80, 0x8f },
};

/* Bytes of the sequence at the front of text; 0 when it is ill-formed. */
static size_t sequence_len(const unsigned char *text, size_t left)
{
	const struct sequence *s = sequences;

	while (text[0] < s->first_min || text[0] > s->first_max) {
		if (++s == sequences + HF_LEN(sequences))
			return 0;
	}
	if (left <= s->more)
		return 0;
	if (s->more > 0 && (text[1] < s->second_min || text[1] > s->second_max))
		return 0;
	for (size_t i = 2; i <= s->more; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
	}
	return 1 + (size_t)s->more;
}

bool text_is_utf8(struct hf_slice text)
{
	size_t at = 0, len = 1;

	while (len > 0 && at < text.len) {
		len = sequence_len((const unsigned char *)text.data + at,
				   text.len - at);
		at += len;
	}
	return len > 0;
}

bool text_has_control(struct hf_slice text)
{
	for (size_t i = 0; i < text.len; i++) {
		if ((unsigned char)text.data[i] < 0x20 || text.data[i] == 0x7f)
			return true;
	}
	return false;
}
