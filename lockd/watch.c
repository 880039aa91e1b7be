#include "config.h"

#include "lockd/watch.h"

#include "libhold/err.h"
#include "libhold/mem.h"
#include "libhold/table.h"

#include <assert.h>
#include <stdlib.h>

/* A key that somebody watches; it goes with its last watcher. */
struct watched {
	struct hf_table_node node;
	struct hf_list watches;
	size_t count;
	size_t key_len;
	char key[];
};

/* One watcher of one key. */
struct watch {
	struct hf_list of_key, of_watcher;
	struct watched *watched;
	struct watcher *watcher;
	bool existed; /* the key did, when this began */
};

struct watch_table {
	struct ks_observer observer;
	struct keyspace *keys;
	struct hf_table *by_key; /* struct watched */
	uint64_t seed;
	size_t bytes; /* of all watchers */
};

/* ---- looking up --------------------------------------------------------- */

static struct watched *watched_of(const struct hf_table_node *node)
{
	return HF_CONTAINER_OF((uintptr_t)node, struct watched, node);
}

static struct hf_slice key_of(const struct watched *watched)
{
	return (struct hf_slice){ watched->key, watched->key_len };
}

static bool has_key(const struct hf_table_node *node, struct hf_slice key)
{
	return hf_slice_eq(key_of(watched_of(node)), key);
}

static struct watched *find(struct watch_table *table, struct hf_slice key)
{
	struct hf_table_node *node = hf_table_find(
	    table->by_key, hf_table_hash(table->seed, key), has_key, key);

	return node != NULL ? watched_of(node) : NULL;
}

/* Along the shorter of the two lists. */
static bool is_watching(const struct watcher *watcher,
			const struct watched *watched)
{
	if (watched->count < watcher->count) {
		HF_LIST_FOREACH (node, &watched->watches) {
			if (HF_CONTAINER_OF(node, struct watch, of_key)
				->watcher == watcher)
				return true;
		}
		return false;
	}
	HF_LIST_FOREACH (node, &watcher->keys) {
		if (HF_CONTAINER_OF(node, struct watch, of_watcher)->watched ==
		    watched)
			return true;
	}
	return false;
}

/* ---- what changes ------------------------------------------------------- */

static void mark_all(struct watched *watched)
{
	HF_LIST_FOREACH (node, &watched->watches)
		HF_CONTAINER_OF(node, struct watch, of_key)->watcher->changed =
		    true;
}

/* Where nothing was, a flush changes nothing. */
static void mark_existing(void *arg, struct hf_table_node *node)
{
	HF_UNUSED(arg);
	HF_LIST_FOREACH (at, &watched_of(node)->watches) {
		struct watch *watch = HF_CONTAINER_OF(at, struct watch, of_key);

		watch->watcher->changed |= watch->existed;
	}
}

static void mark_flushed(struct watch_table *table)
{
	uint64_t cursor = 0;

	do {
		cursor =
		    hf_table_scan(table->by_key, cursor, mark_existing, NULL);
	} while (cursor != 0);
}

static void seen(struct ks_observer *observer, const struct ks_change *change)
{
	struct watch_table *table =
	    HF_CONTAINER_OF(observer, struct watch_table, observer);
	struct watched *watched;

	if (HF_LIKELY(hf_table_count(table->by_key) == 0) ||
	    change->kind == KS_FENCE || change->kind == KS_SHIFT)
		return;
	if (change->kind == KS_FLUSH) {
		mark_flushed(table);
		return;
	}
	watched = find(table, change->key);
	if (watched != NULL)
		mark_all(watched);
}

/* ---- watching ----------------------------------------------------------- */

static struct watched *watched_new(struct watch_table *table,
				   struct hf_slice key)
{
	struct watched *watched = hf_alloc(sizeof(*watched) + key.len);

	hf_list_init(&watched->watches);
	watched->key_len = key.len;
	if (key.len > 0)
		memcpy(watched->key, key.data, key.len);
	hf_table_insert(table->by_key, &watched->node,
			hf_table_hash(table->seed, key));
	return watched;
}

/* Each watcher is charged for the key, shared or not. */
static size_t size_of(struct hf_slice key)
{
	return sizeof(struct watched) + sizeof(struct watch) + key.len;
}

int watch_add(struct watch_table *table, struct watcher *watcher,
	      struct hf_slice key, int64_t now_ms, size_t max_bytes)
{
	struct watched *watched = find(table, key);
	struct watch *watch;

	if (watched != NULL && is_watching(watcher, watched))
		return 0;
	if (size_of(key) > max_bytes ||
	    watcher->bytes > max_bytes - size_of(key))
		return HF_ELIMIT;
	watch = hf_new(struct watch);
	/* Asked first: a key that is due changes now, and not later. */
	watch->existed = keyspace_get(table->keys, key, now_ms).type != KS_NONE;
	if (watched == NULL)
		watched = watched_new(table, key);
	watch->watched = watched;
	watch->watcher = watcher;
	hf_list_init(&watch->of_key);
	hf_list_init(&watch->of_watcher);
	hf_list_append(&watched->watches, &watch->of_key);
	hf_list_append(&watcher->keys, &watch->of_watcher);
	watched->count++;
	watcher->count++;
	watcher->bytes += size_of(key);
	table->bytes += size_of(key);
	return 0;
}

static void drop(struct watch_table *table, struct watch *watch)
{
	struct watched *watched = watch->watched;

	hf_list_remove(&watch->of_key);
	hf_list_remove(&watch->of_watcher);
	free(watch);
	if (--watched->count > 0)
		return;
	hf_table_remove(table->by_key, &watched->node);
	free(watched);
}

void watch_drop(struct watch_table *table, struct watcher *watcher)
{
	HF_LIST_FOREACH (node, &watcher->keys)
		drop(table, HF_CONTAINER_OF(node, struct watch, of_watcher));
	table->bytes -= watcher->bytes;
	watch_join(watcher);
}

size_t watch_table_memory(const struct watch_table *table)
{
	return table->bytes;
}

bool watch_changed(struct watch_table *table, struct watcher *watcher,
		   int64_t now_ms)
{
	HF_LIST_FOREACH (node, &watcher->keys) {
		struct watch *watch =
		    HF_CONTAINER_OF(node, struct watch, of_watcher);

		if (watcher->changed)
			break;
		keyspace_get(table->keys, key_of(watch->watched), now_ms);
	}
	return watcher->changed;
}

/* ---- life --------------------------------------------------------------- */

void watch_join(struct watcher *watcher)
{
	*watcher = (struct watcher){ .count = 0 };
	hf_list_init(&watcher->keys);
}

struct watch_table *watch_table_new(struct keyspace *keys, uint64_t seed)
{
	struct watch_table *table = hf_new(struct watch_table);

	table->keys = keys;
	table->seed = seed;
	table->by_key = hf_table_new();
	table->observer.seen = seen;
	keyspace_observe(keys, &table->observer);
	return table;
}

void watch_table_free(struct watch_table **table)
{
	if (*table == NULL)
		return;
	assert(hf_table_count((*table)->by_key) == 0);
	hf_list_remove(&(*table)->observer.all);
	hf_table_free(&(*table)->by_key);
	free(*table);
	*table = NULL;
}
