/*
 * A moment as people write it: RFC 3339, date, time and offset.
 */
#ifndef DB_MOMENT_H
#define DB_MOMENT_H

#include "libhold/base.h"

/*
 * NULL, or why text is no moment; the reason lives for ever. The T may be a
 * space, and seconds may be left out; the offset may not: without one it would
 * be another moment on another server.
 */
const char *moment_wrong(const char *text);

#endif
