/*
 * Arrays of any length as text, for a parameter of a statement that takes
 * one: {"a","b\"c"}, {1,2}. A basket's are binary (pg_params.h), and bounded.
 */
#ifndef FCGI_PG_ARRAY_H
#define FCGI_PG_ARRAY_H

#include "libhold/buf.h"

void pg_array_begin(struct hf_buf *out); /* of what was in it, nothing stays */
void pg_array_add_text(struct hf_buf *out, const char *text);
void pg_array_add_int8(struct hf_buf *out, int64_t number);

/* The whole array, ended by a NUL; valid until out is used again. */
const char *pg_array_end(struct hf_buf *out);

#endif
