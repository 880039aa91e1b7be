#include "config.h"

#include "lockd/stats.h"

/* The counter of code, taken if it is new; the last one is for the rest. */
static struct error_count *find(struct stats *stats, const char *code)
{
	struct error_count *counts = stats->error_counts;
	size_t i = 0;

	while (i < STATS_ERROR_KINDS && counts[i].count > 0 &&
	       strcmp(counts[i].code, code) != 0)
		i++;
	if (i == STATS_ERROR_KINDS)
		code = "OTHER";
	memcpy(counts[i].code, code, strlen(code) + 1);
	return &counts[i];
}

void stats_errors(struct stats *stats, const struct reply *reply,
		  uint64_t before)
{
	if (HF_LIKELY(reply->errors == before))
		return;
	stats->errors += reply->errors - before;
	find(stats, reply->code)->count += reply->errors - before;
}

void stats_reset(struct stats *stats, size_t n_commands)
{
	stats->commands = stats->hits = stats->misses = stats->errors = 0;
	memset(stats->error_counts, 0, sizeof(stats->error_counts));
	memset(stats->by_command, 0, n_commands * sizeof(*stats->by_command));
	stats->connections_before += stats->connections;
	stats->refused_before += stats->refused;
	stats->forbidden_before += stats->forbidden;
	stats->bytes_in_before += stats->bytes_in;
	stats->bytes_out_before += stats->bytes_out;
	stats->connections = stats->refused = stats->forbidden = 0;
	stats->bytes_in = stats->bytes_out = 0;
}
