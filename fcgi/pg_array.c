#include "config.h"

#include "fcgi/pg_array.h"

static void add_comma(struct hf_buf *out)
{
	if (hf_buf_len(out) > 1)
		hf_buf_add_char(out, ',');
}

void pg_array_begin(struct hf_buf *out)
{
	hf_buf_truncate(out, 0);
	hf_buf_add_char(out, '{');
}

/* In double quotes only these two are special, and no word means NULL. */
void pg_array_add_text(struct hf_buf *out, const char *text)
{
	add_comma(out);
	hf_buf_add_char(out, '"');
	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\')
			hf_buf_add_char(out, '\\');
		hf_buf_add_char(out, *text);
	}
	hf_buf_add_char(out, '"');
}

void pg_array_add_int8(struct hf_buf *out, int64_t number)
{
	add_comma(out);
	hf_buf_printf(out, "%lld", (long long)number);
}

const char *pg_array_end(struct hf_buf *out)
{
	hf_buf_add(out, "}", 2);
	return hf_buf_slice(out).data;
}
