/*
 * What lockd counts of itself, for INFO.
 */
#ifndef LOCKD_STATS_H
#define LOCKD_STATS_H

#include "lockd/reply.h"

enum { STATS_ERROR_KINDS = 32 }; /* further kinds are counted as "OTHER" */

/* Error replies of one kind: the code is their first word. */
struct error_count {
	char code[16];
	uint64_t count;
};

/* Of one command; times in microseconds. */
struct command_count {
	uint64_t calls;
	uint64_t rejected; /* not run: wrong arguments, not allowed now */
	uint64_t failed;   /* run, and answered with an error */
	uint64_t us;
};

struct stats {
	uint64_t stalls;     /* times that deadlines were moved */
	uint64_t stalled_ms; /* by so much in all */
	int64_t started_ms;  /* boot clock */
	uint64_t commands;
	uint64_t hits, misses; /* of reads */
	uint64_t errors;       /* error replies */
	struct error_count error_counts[STATS_ERROR_KINDS + 1];
	struct command_count *by_command; /* as command_table() has them */
	uint64_t commands_ever;           /* RESETSTAT leaves it */
	uint64_t expired_before;          /* counted before RESETSTAT */
	size_t peak_bytes;
	/* Requests a second, and what it is counted from. */
	uint64_t rate, sample_commands;
	int64_t sample_ms;
	/* Of the loop, copied by the server before a command looks at them. */
	uint64_t connections; /* accepted, ever */
	uint64_t refused;     /* at the connection limit */
	uint64_t forbidden;   /* for their user */
	uint64_t clients;     /* now */
	uint64_t max_clients;
	uint64_t bytes_in;
	uint64_t bytes_out;
	/* What CONFIG RESETSTAT took off the loop's numbers. */
	uint64_t connections_before, refused_before, forbidden_before,
	    bytes_in_before, bytes_out_before;
};

/* Counts the errors that reply has had since it had so many before. */
void stats_errors(struct stats *stats, const struct reply *reply,
		  uint64_t before);

/* CONFIG RESETSTAT: counts from zero; what is a state stays. */
void stats_reset(struct stats *stats, size_t n_commands);

#endif
