/*
 * HTML at the end of a buffer: nothing that a person wrote becomes a tag.
 */
#ifndef FCGI_HTML_OUT_H
#define FCGI_HTML_OUT_H

#include "libhold/buf.h"

/* text, for an element's content or for an attribute in double quotes. */
void html_add(struct hf_buf *out, const char *text);

/*
 * pattern, each '%' of it replaced by the next value, as html_add() adds it:
 *
 *	html_fill(out, "<a href=\"/plain/events/%\">%</a>", id, title);
 */
#define html_fill(out, pattern, ...)   \
	html_fill_values(out, pattern, \
			 (const char *const[]){ __VA_ARGS__, NULL })

/* The same; values end with NULL, and there is one for each '%'. */
void html_fill_values(struct hf_buf *out, const char *pattern,
		      const char *const *values);

/* "45.50 EUR" */
void html_add_money(struct hf_buf *out, int64_t minor, const char *currency);

#endif
