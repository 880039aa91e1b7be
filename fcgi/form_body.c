#include "config.h"

#include "fcgi/form_body.h"

#include "fcgi/text_check.h"
#include "libhold/err.h"

/* -1: none. */
static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)hf_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The byte at the front of from, which it leaves; -1: no byte is coded so. */
static int take_byte(struct hf_slice *from)
{
	int high, low, byte = (unsigned char)from->data[0];
	size_t len = 1;

	if (byte == '+') {
		byte = ' ';
	} else if (byte == '%') {
		if (from->len < 3)
			return -1;
		high = hex_digit(from->data[1]);
		low = hex_digit(from->data[2]);
		byte = high < 0 || low < 0 ? -1 : high * 16 + low;
		len = 3;
	}
	from->data += len;
	from->len -= len;
	return byte;
}

static int decode(struct hf_slice from, char *out, size_t max)
{
	size_t len = 0;
	int byte;

	while (from.len > 0) {
		byte = take_byte(&from);
		if (byte < 0 || len == max)
			return HF_EBAD;
		out[len++] = (char)byte;
	}
	out[len] = '\0';
	return text_is_utf8((struct hf_slice){ out, len }) &&
		       !text_has_control((struct hf_slice){ out, len })
		   ? 0
		   : HF_EBAD;
}

/* What stands before the first c of from, which it leaves with that. */
static struct hf_slice take_until(struct hf_slice *from, char c)
{
	const char *end = memchr(from->data, c, from->len);
	size_t len = end != NULL ? (size_t)(end - from->data) : from->len;
	struct hf_slice taken = { from->data, len };

	from->data += len + (end != NULL);
	from->len -= len + (end != NULL);
	return taken;
}

int form_each(struct hf_slice body, form_field_fn *each, void *arg)
{
	char name[FORM_NAME_MAX + 1], value[FORM_VALUE_MAX + 1];
	struct hf_slice field;
	int rc = 0;

	while (rc >= 0 && body.len > 0) {
		field = take_until(&body, '&');
		if (field.len == 0)
			continue;
		rc = decode(take_until(&field, '='), name, FORM_NAME_MAX);
		if (rc == 0)
			rc = decode(field, value, FORM_VALUE_MAX);
		if (rc == 0)
			rc = each(arg, name, value);
	}
	return rc < 0 ? rc : 0;
}
