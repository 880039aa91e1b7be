#include "config.h"

#include "fcgi/html_out.h"

#include "libhold/money.h"

#include <assert.h>

static const char *entity(char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return NULL;
	}
}

void html_add(struct hf_buf *out, const char *text)
{
	for (; *text != '\0'; text++) {
		const char *name = entity(*text);

		if (name != NULL)
			hf_buf_add_slice(out, hf_slice_of(name));
		else
			hf_buf_add_char(out, *text);
	}
}

void html_fill_values(struct hf_buf *out, const char *pattern,
		      const char *const *values)
{
	for (; *pattern != '\0'; pattern++) {
		if (*pattern != '%') {
			hf_buf_add_char(out, *pattern);
			continue;
		}
		assert(*values != NULL);
		html_add(out, *values++);
	}
	assert(*values == NULL);
}

void html_add_money(struct hf_buf *out, int64_t minor, const char *currency)
{
	char amount[HF_MONEY_TEXT_MAX];
	int decimals = hf_money_decimals(currency);

	hf_money_print(minor, decimals < 0 ? 0 : decimals, amount);
	html_fill(out, "% %", amount, currency);
}
