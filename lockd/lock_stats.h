/*
 * What is counted of locks: totals, two histograms, the most wanted keys.
 *
 * CORE. The table of wanted keys has a fixed size: when it is full, a new key
 * takes the place of the least wanted one and inherits its count, so that a
 * key that is truly fought over is never missing and its count is at most
 * too high by what it inherited ("Space-Saving": A. Metwally, D. Agrawal,
 * A. El Abbadi, "Efficient computation of frequent and top-k elements in data
 * streams", ICDT 2005).
 */
#ifndef LOCKD_LOCK_STATS_H
#define LOCKD_LOCK_STATS_H

#include "libhold/slice.h"

enum {
	LOCK_BUCKETS = 18,     /* below 1, 2, 4 ... 2^16 ms, and the rest */
	LOCK_WANTED = 64,      /* keys in the table */
	LOCK_WANTED_KEY = 256, /* bytes of a key's name that are kept */
};

struct lock_histogram {
	uint64_t buckets[LOCK_BUCKETS];
	uint64_t count;
	uint64_t sum_ms;
	uint64_t max_ms;
};

struct lock_wanted {
	uint64_t waits;     /* how many waited for it, about */
	uint64_t inherited; /* at most so many of them were another key's */
	uint64_t waited_ms; /* by those whose wait is over */
	uint16_t key_len;
	char key[LOCK_WANTED_KEY];
};

struct lock_stats {
	size_t held;    /* grants in force */
	size_t waiting; /* now */
	uint64_t granted;
	uint64_t granted_after_wait;
	uint64_t timeouts; /* waits that ended without a grant */
	uint64_t released;
	uint64_t expired;      /* keys lost by their deadline */
	uint64_t lost;         /* keys deleted or overwritten by others */
	uint64_t disconnected; /* keys lost with their holder's connection */
	uint64_t steps; /* keys and holders that were read, asked or written */
	struct lock_histogram wait, hold;
	struct lock_wanted wanted[LOCK_WANTED];
	uint32_t wanted_hash[LOCK_WANTED]; /* of their keys: looked at first */
	size_t n_wanted;
};

void lock_histogram_add(struct lock_histogram *h, int64_t ms);
/* The bucket's upper bound in ms (exclusive); 0 for the last, the rest. */
uint64_t lock_histogram_below_ms(size_t bucket);

/* One more waits for key; hash: any of its bytes, but always the same. */
void lock_stats_wanted(struct lock_stats *stats, struct hf_slice key,
		       uint32_t hash);
/* A wait for key is over after so long; of a key in the table only. */
void lock_stats_waited(struct lock_stats *stats, struct hf_slice key,
		       uint32_t hash, int64_t ms);

/* Indexes of the table, most wanted first; gives how many. */
size_t lock_stats_top(const struct lock_stats *stats, size_t out[LOCK_WANTED]);

#endif
