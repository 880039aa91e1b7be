/*
 * redis.log(): lines of scripts in lockd's own log, so many a second.
 *
 * A script can write faster than any disk fills: what is more than that is
 * left out, and the log says how much it was. The script hears nothing of it,
 * as half of one must not stay for a line that nobody reads.
 */
#ifndef LOCKD_SCRIPT_LOG_H
#define LOCKD_SCRIPT_LOG_H

#include "libhold/log.h"

enum { SCRIPT_LOG_LINES = 100 }; /* a second, of all scripts together */

struct script_log {
	int64_t began_ms; /* the second that is counted */
	unsigned lines;
	uint64_t left_out; /* not told of yet */
};

/* text ends with a NUL; of a long one the log keeps the beginning. */
void script_log_line(struct script_log *log, enum hf_log_level level,
		     const char *text, int64_t now_ms);

#endif
