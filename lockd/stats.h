/*
 * What lockd counts of itself, for INFO.
 */
#ifndef LOCKD_STATS_H
#define LOCKD_STATS_H

#include "libhold/base.h"

struct stats {
	int64_t started_ms; /* boot clock */
	uint64_t commands;
	uint64_t hits, misses; /* of reads */
	uint64_t errors;       /* error replies */
	/* Of the loop, copied by the server before a command looks at them. */
	uint64_t connections; /* accepted, ever */
	uint64_t refused;     /* at the connection limit */
	uint64_t clients;     /* now */
	uint64_t max_clients;
	uint64_t bytes_in;
	uint64_t bytes_out;
};

#endif
