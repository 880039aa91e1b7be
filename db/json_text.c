#include "config.h"

#include "db/json_text.h"

void json_text_add(struct hf_buf *out, const char *s)
{
	hf_buf_add_char(out, '"');
	for (; *s != '\0'; s++) {
		if (*s == '"' || *s == '\\')
			hf_buf_printf(out, "\\%c", *s);
		else if ((unsigned char)*s < 0x20)
			hf_buf_printf(out, "\\u%04x", (unsigned)*s);
		else
			hf_buf_add_char(out, *s);
	}
	hf_buf_add_char(out, '"');
}
