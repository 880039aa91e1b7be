/*
 * Writes a JSON string (RFC 8259), quotes included.
 */
#ifndef DB_JSON_TEXT_H
#define DB_JSON_TEXT_H

#include "libhold/buf.h"

/* s is UTF-8. */
void json_text_add(struct hf_buf *out, const char *s);

#endif
