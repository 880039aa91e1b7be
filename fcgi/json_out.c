#include "config.h"

#include "fcgi/json_out.h"

#include <time.h>

void json_add_string(struct hf_buf *out, const char *text)
{
	hf_buf_add_char(out, '"');
	for (; *text != '\0'; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == '"' || c == '\\')
			hf_buf_printf(out, "\\%c", c);
		else if (c < 0x20)
			hf_buf_printf(out, "\\u%04x", c);
		else
			hf_buf_add_char(out, (char)c);
	}
	hf_buf_add_char(out, '"');
}

void json_add_string_or_null(struct hf_buf *out, const char *text)
{
	if (text != NULL)
		json_add_string(out, text);
	else
		hf_buf_printf(out, "null");
}

void json_add_time(struct hf_buf *out, int64_t at_ms)
{
	time_t seconds = (time_t)(at_ms / 1000);
	struct tm tm;
	char text[32];

	gmtime_r(&seconds, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	hf_buf_printf(out, "\"%s.%03dZ\"", text, (int)(at_ms % 1000));
}
