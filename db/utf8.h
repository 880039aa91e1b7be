/*
 * Text of one line that PostgreSQL, JSON and people take: UTF-8 without control
 * characters, and without those that turn what follows around (UAX #9), by
 * which "A-12" could look like "21-A".
 */
#ifndef DB_UTF8_H
#define DB_UTF8_H

#include "libhold/base.h"

/*
 * NULL, or why s is no such text (RFC 3629: no surrogates, nothing longer than
 * it need be); the reason lives for ever.
 */
const char *utf8_wrong(const char *s);

#endif
