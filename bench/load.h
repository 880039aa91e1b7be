/*
 * Closed-loop load: n clients, each with one request in flight, on kept
 * connections; how many units of work a second, and how long each took.
 *
 * A unit is what the kind of load says it is: one command, or a reserve and
 * the book after it.
 */
#ifndef BENCH_LOAD_H
#define BENCH_LOAD_H

#include "libhold/hist.h"
#include "libhold/buf.h"

enum load_verdict {
	LOAD_MORE,   /* the reply is not whole yet */
	LOAD_STEP,   /* a good reply; the unit goes on with another request */
	LOAD_DONE,   /* a good reply that ends the unit */
	LOAD_FAILED, /* an answer, but not the wanted one: ends the unit */
	LOAD_BROKEN, /* not a reply at all: the connection is closed */
};

struct load_reply {
	size_t used_bytes; /* of the input; not with LOAD_BROKEN */
	bool closes;       /* the server said it closes after this one */
};

struct load_kind {
	/* Adds the client's next request, the first of a unit or a later one;
	 * false: the client has no more work. */
	bool (*ask)(void *arg, unsigned client, bool first, struct hf_buf *out);
	/* What the bytes received so far are. */
	enum load_verdict (*judge)(void *arg, unsigned client,
				   struct hf_slice in,
				   struct load_reply *reply_out);
	void *arg;
};

struct load_plan {
	const char *unix_path; /* or NULL: 127.0.0.1 and port */
	uint16_t port;
	unsigned clients;
	int64_t warm_up_ms; /* done but not counted */
	int64_t run_ms;
};

struct load_result {
	uint64_t done, failed;
	int64_t elapsed_us;
	struct hf_hist took_us; /* of the units done */
};

/*
 * Runs the plan to its end, or until no client has work. 0, or -errno when a
 * connection could not be made.
 */
int load_run(const struct load_plan *plan, const struct load_kind *kind,
	     struct load_result *result_out) HF_MUSTUSE;

/*
 * One line of JSON: done, failed, seconds, per_second, p50_us, p99_us,
 * p999_us, max_us. in_a_unit: how much was done in each.
 */
void load_print(const struct load_result *result, uint64_t in_a_unit);

#endif
