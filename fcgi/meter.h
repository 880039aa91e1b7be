/*
 * What one thread of the worker counts.
 *
 * A meter has one writer, its thread, and is read by whoever shows the
 * numbers (metrics.h): a count is a plain addition that no other thread can
 * tear, and costs as much. Every function takes a NULL meter and then counts
 * nothing, so that parts work without one. No clock: durations are told.
 *
 * Labels are words of ours (a route's pattern, a result's name), never what a
 * client sent; so the number of counters has a bound.
 */
#ifndef FCGI_METER_H
#define FCGI_METER_H

#include "libhold/base.h"

#include <stdatomic.h>

enum {
	METER_BOUNDS = 14,    /* of a histogram, without the last: any */
	METER_CALLS_MAX = 40, /* routes, and one for what has none */
	METER_RESULTS_MAX = 24,
};

/* Upper bounds of the buckets, in microseconds; beyond them is one more. */
extern const uint32_t meter_bounds_us[METER_BOUNDS];

typedef _Atomic uint64_t meter_count;

struct meter_times {
	meter_count buckets[METER_BOUNDS + 1]; /* each alone, not summed up */
	meter_count sum_us;
};

/* A result's word is set before it is counted the first time. */
struct meter_result {
	_Atomic(const char *) word; /* lives for ever; NULL: not used yet */
	meter_count n;
};

struct meter_call {
	struct meter_times times;
	struct meter_result results[METER_RESULTS_MAX];
	meter_count other; /* results that found no room */
};

/* What became of tickets. */
enum meter_hold {
	METER_GRANTED,
	METER_EXTENDED,
	METER_RELEASED,
	METER_BOOKED,
	METER_EXPIRED, /* their time was over */
	METER_LOST,    /* their lock was gone before their time */
	METER_HOLDS,
};

enum meter_lock_call {
	METER_ACQUIRE,
	METER_CHECK,
	METER_EXTEND,
	METER_RELEASE,
	METER_PING,
	METER_LOCK_CALLS,
};

/* Why a service gave no answer. */
enum meter_failure {
	METER_AWAY,    /* not asked, so soon after another failure */
	METER_CONNECT, /* no connection was to be had */
	METER_TIMEOUT, /* no answer in time */
	METER_BROKEN,  /* the connection broke before the answer came */
	METER_REFUSED, /* the answer was an error */
	METER_FAILURES,
};

enum meter_frame {
	METER_SENT,
	METER_TOO_SOON, /* another worker's came first: kept, and merged */
	METER_FAILED,
	METER_FRAMES,
};

struct meter {
	meter_count busy;         /* 1 while a request is answered */
	struct meter_times waits; /* of requests, for a thread */
	struct meter_call calls[METER_CALLS_MAX];
	meter_count holds[METER_HOLDS];
	struct meter_times locks[METER_LOCK_CALLS];
	meter_count lock_failures[METER_FAILURES];
	struct meter_times statements;
	meter_count statement_failures[METER_FAILURES];
	meter_count connections, statements_running; /* 0 or 1 */
	meter_count frames[METER_FRAMES];
};

/* By its own thread alone. */
static inline void meter_add(meter_count *count, uint64_t n)
{
	uint64_t had = atomic_load_explicit(count, memory_order_relaxed);

	atomic_store_explicit(count, had + n, memory_order_relaxed);
}

static inline void meter_set(meter_count *count, uint64_t n)
{
	atomic_store_explicit(count, n, memory_order_relaxed);
}

static inline uint64_t meter_get(const meter_count *count)
{
	return atomic_load_explicit(count, memory_order_relaxed);
}

static inline void meter_holds(struct meter *meter, enum meter_hold what,
			       size_t n)
{
	if (meter != NULL)
		meter_add(&meter->holds[what], n);
}

/* One more that took so long; a negative time (a clock was set) is none. */
void meter_time(struct meter_times *times, int64_t us);

/* A request of this call was answered: word lives for ever. */
void meter_request(struct meter *meter, size_t call, const char *word,
		   int64_t us);

void meter_lock(struct meter *meter, enum meter_lock_call call, int64_t us);
void meter_lock_failed(struct meter *meter, enum meter_failure why);
void meter_statement(struct meter *meter, int64_t us);
void meter_statement_failed(struct meter *meter, enum meter_failure why);

#endif
