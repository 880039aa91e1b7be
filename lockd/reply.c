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
	snprintf(r->code, sizeof(r->code), "%.*s", (int)strcspn(text, " "),
		 text);
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

void reply_lines(struct reply *r, const char *const *lines, size_t n)
{
	reply_array(r, n);
	for (size_t i = 0; i < n; i++)
		reply_status(r, hf_slice_of(lines[i]));
}

/* ---- to nobody ---------------------------------------------------------- */

static void drop_text(struct reply *r, struct hf_slice text)
{
	HF_UNUSED(r);
	HF_UNUSED(text);
}

static void drop_integer(struct reply *r, int64_t value)
{
	HF_UNUSED(r);
	HF_UNUSED(value);
}

static void drop(struct reply *r)
{
	HF_UNUSED(r);
}

static void drop_head(struct reply *r, size_t n)
{
	HF_UNUSED(r);
	HF_UNUSED(n);
}

static void drop_boolean(struct reply *r, bool value)
{
	HF_UNUSED(r);
	HF_UNUSED(value);
}

static void drop_real(struct reply *r, double value)
{
	HF_UNUSED(r);
	HF_UNUSED(value);
}

const struct reply_ops reply_to_nobody = {
	.status = drop_text,
	.error = drop_text,
	.integer = drop_integer,
	.bulk = drop_text,
	.null = drop,
	.null_array = drop,
	.array = drop_head,
	.map = drop_head,
	.set = drop_head,
	.push = drop_head,
	.boolean = drop_boolean,
	.real = drop_real,
	.verbatim = drop_text,
};
