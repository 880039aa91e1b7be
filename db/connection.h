/*
 * A connection's settings for scripts: what may be in the list of processes,
 * and apart from it what may not.
 */
#ifndef DB_CONNECTION_H
#define DB_CONNECTION_H

#include "libhold/base.h"

/*
 * Prints url, which libpq takes, as two lines: its settings without the
 * password, as libpq takes them; and the password, empty if it has none. 0, or
 * HF_EBAD after one line on standard error.
 */
int connection_print(const char *url) HF_MUSTUSE;

#endif
