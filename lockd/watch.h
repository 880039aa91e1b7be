/*
 * WATCH: who wants to know whether a key has changed.
 *
 * CORE: no sockets and no clock. Hangs on the keyspace's observers: each
 * change of a watched key, by whomever, marks all its watchers. A key whose
 * time is over counts as changed when its watcher asks.
 */
#ifndef LOCKD_WATCH_H
#define LOCKD_WATCH_H

#include "lockd/keyspace.h"

struct watch_table;

/* Who watches; embedded in its owner. */
struct watcher {
	struct hf_list keys; /* struct watch, the oldest first */
	size_t count;
	size_t bytes; /* memory, about */
	bool changed; /* one of the keys has */
};

/* keys is borrowed and must live as long. seed: random. */
struct watch_table *watch_table_new(struct keyspace *keys, uint64_t seed);
/* After the last watcher has left; sets *table to NULL. */
void watch_table_free(struct watch_table **table);

void watch_join(struct watcher *watcher); /* before anything else */

/*
 * The key is watched from now on; once more is harmless. 0, or HF_ELIMIT when
 * the watcher would keep more than max_bytes.
 */
int watch_add(struct watch_table *table, struct watcher *watcher,
	      struct hf_slice key, int64_t now_ms, size_t max_bytes) HF_MUSTUSE;

/* Bytes that all watchers together keep, about. */
size_t watch_table_memory(const struct watch_table *table);

/* Watches nothing any more, and nothing has changed. */
void watch_drop(struct watch_table *table, struct watcher *watcher);

/* Has a watched key changed, or come to its end at now_ms? */
bool watch_changed(struct watch_table *table, struct watcher *watcher,
		   int64_t now_ms);

#endif
