#include "config.h"

#include "lockd/lock_stats.h"

void lock_histogram_add(struct lock_histogram *h, int64_t ms)
{
	uint64_t value = ms > 0 ? (uint64_t)ms : 0;
	size_t bucket = 0;

	while (bucket < LOCK_BUCKETS - 1 &&
	       value >= lock_histogram_below_ms(bucket))
		bucket++;
	h->buckets[bucket]++;
	h->count++;
	h->sum_ms += value;
	h->max_ms = value > h->max_ms ? value : h->max_ms;
}

uint64_t lock_histogram_below_ms(size_t bucket)
{
	return bucket < LOCK_BUCKETS - 1 ? (uint64_t)1 << bucket : 0;
}

static struct hf_slice kept(struct hf_slice key)
{
	if (key.len > LOCK_WANTED_KEY)
		key.len = LOCK_WANTED_KEY;
	return key;
}

static struct lock_wanted *find(struct lock_stats *stats, struct hf_slice key,
				uint32_t hash)
{
	for (size_t i = 0; i < stats->n_wanted; i++) {
		struct lock_wanted *w = &stats->wanted[i];

		if (stats->wanted_hash[i] == hash &&
		    hf_slice_eq((struct hf_slice){ w->key, w->key_len }, key))
			return w;
	}
	return NULL;
}

static struct lock_wanted *least_wanted(struct lock_stats *stats)
{
	struct lock_wanted *least = &stats->wanted[0];

	for (size_t i = 1; i < stats->n_wanted; i++) {
		if (stats->wanted[i].waits < least->waits)
			least = &stats->wanted[i];
	}
	return least;
}

void lock_stats_wanted(struct lock_stats *stats, struct hf_slice key,
		       uint32_t hash)
{
	struct lock_wanted *w;

	key = kept(key);
	w = find(stats, key, hash);
	if (w == NULL) {
		if (stats->n_wanted < LOCK_WANTED)
			w = &stats->wanted[stats->n_wanted++];
		else
			w = least_wanted(stats);
		stats->wanted_hash[w - stats->wanted] = hash;
		w->inherited = w->waits;
		w->waited_ms = 0;
		w->key_len = (uint16_t)key.len;
		if (key.len > 0)
			memcpy(w->key, key.data, key.len);
	}
	w->waits++;
}

void lock_stats_waited(struct lock_stats *stats, struct hf_slice key,
		       uint32_t hash, int64_t ms)
{
	struct lock_wanted *w = find(stats, kept(key), hash);

	if (w != NULL && ms > 0)
		w->waited_ms += (uint64_t)ms;
}

size_t lock_stats_top(const struct lock_stats *stats, size_t out[LOCK_WANTED])
{
	for (size_t i = 0; i < stats->n_wanted; i++) {
		size_t place = i;

		/* Insertion: the table is small and asked for by people. */
		while (place > 0 && stats->wanted[out[place - 1]].waits <
					stats->wanted[i].waits) {
			out[place] = out[place - 1];
			place--;
		}
		out[place] = i;
	}
	return stats->n_wanted;
}
