#include "config.h"

#include "lockd/reply.h"

#include <stdarg.h>
#include <stdio.h>

#define ERROR_MAX_BYTES 512

void reply_error(struct reply *r, const char *format, ...)
{
	char text[ERROR_MAX_BYTES];
	va_list ap;
	size_t len;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	len = strlen(text);
	/* One line on the wire, whatever a client made us repeat. */
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '\r' || text[i] == '\n')
			text[i] = ' ';
	}
	r->errors++;
	r->ops->error(r, (struct hf_slice){ text, len });
}

void reply_syntax_error(struct reply *r)
{
	reply_error(r, "ERR syntax error");
}

void reply_not_an_integer(struct reply *r)
{
	reply_error(r, "ERR value is not an integer or out of range");
}

void reply_wrong_type(struct reply *r)
{
	reply_error(r, "WRONGTYPE Operation against a key holding the wrong "
		       "kind of value");
}
