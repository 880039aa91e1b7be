/*
 * Values as JSON, at the end of a buffer.
 */
#ifndef FCGI_JSON_OUT_H
#define FCGI_JSON_OUT_H

#include "libhold/buf.h"

/* A string with its quotes, escaped. */
void json_add_string(struct hf_buf *out, const char *text);

/* A string, or null for one that is NULL. */
void json_add_string_or_null(struct hf_buf *out, const char *text);

/* at_ms of the wall clock as RFC 3339 in UTC with milliseconds, quoted. */
void json_add_time(struct hf_buf *out, int64_t at_ms);

#endif
