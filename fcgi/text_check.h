/*
 * What a text that a peer sent may be.
 */
#ifndef FCGI_TEXT_CHECK_H
#define FCGI_TEXT_CHECK_H

#include "libhold/slice.h"

/* UTF-8 (RFC 3629, 4) without NULs, as PostgreSQL takes it. */
bool text_is_utf8(struct hf_slice text);

/* Bytes that could break a line, a log or a screen have no place in an id. */
bool text_has_control(struct hf_slice text);

#endif
