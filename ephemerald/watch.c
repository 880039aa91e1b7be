#include "config.h"

#include "ephemerald/watch.h"

#include "ephemerald/zpath.h"
#include "libhold/err.h"
#include "libhold/mem.h"
#include "libhold/table.h"

#include <assert.h>
#include <stdlib.h>

/* A path that somebody watches. */
struct watched {
	struct hf_table_node link;
	struct hf_list watches; /* struct watch, by of_path */
	size_t len;
	char path[];
};

struct watch {
	struct hf_table_node link; /* by path and watcher */
	struct hf_list of_path;
	struct hf_list of_watcher;
	struct watched *watched;
	struct watcher *watcher;
	unsigned kinds;
};

struct watch_table {
	struct hf_table *paths;
	struct hf_table *pairs;
	uint64_t seed;
	watch_tell_fn *tell;
	void *arg;
	struct watch_counts counts;
	size_t max_watches;
	size_t recursive; /* watches with such a kind */
	uint64_t events;
};

static struct watch *by_path(struct hf_list *list)
{
	return HF_CONTAINER_OF(list, struct watch, of_path);
}

static struct watch *by_watcher(struct hf_list *list)
{
	return HF_CONTAINER_OF(list, struct watch, of_watcher);
}

/* ---- finding --------------------------------------------------------------
 */

static struct hf_slice path_of(const struct watched *watched)
{
	return (struct hf_slice){ watched->path, watched->len };
}

static bool same_path(const struct hf_table_node *link, struct hf_slice key)
{
	return hf_slice_eq(
	    path_of(HF_CONTAINER_OF(link, const struct watched, link)), key);
}

static struct watched *find_path(struct watch_table *table,
				 struct hf_slice path)
{
	struct hf_table_node *link;

	link = hf_table_find(table->paths, hf_table_hash(table->seed, path),
			     same_path, path);
	return link == NULL ? NULL
			    : HF_CONTAINER_OF(link, struct watched, link);
}

struct pair {
	const struct watched *watched;
	const struct watcher *watcher;
};

static struct hf_slice pair_bytes(const struct pair *pair)
{
	return (struct hf_slice){ (const char *)pair, sizeof(*pair) };
}

static bool same_pair(const struct hf_table_node *link, struct hf_slice key)
{
	const struct watch *watch =
	    HF_CONTAINER_OF(link, const struct watch, link);
	const struct pair *pair = (const struct pair *)(const void *)key.data;

	return watch->watched == pair->watched &&
	       watch->watcher == pair->watcher;
}

static uint32_t pair_hash(const struct watch_table *table,
			  const struct pair *pair)
{
	return hf_table_hash(table->seed, pair_bytes(pair));
}

static struct watch *find(struct watch_table *table, struct watched *watched,
			  const struct watcher *watcher)
{
	struct pair pair = { watched, watcher };
	struct hf_table_node *link;

	if (watched == NULL)
		return NULL;
	link = hf_table_find(table->pairs, pair_hash(table, &pair), same_pair,
			     pair_bytes(&pair));
	return link == NULL ? NULL : HF_CONTAINER_OF(link, struct watch, link);
}

/* ---- adding and removing --------------------------------------------------
 */

enum { MALLOC_BYTES = 16, TABLE_BYTES = 12 };
#define WATCH_BYTES (sizeof(struct watch) + MALLOC_BYTES + TABLE_BYTES)

static size_t path_bytes(struct hf_slice path)
{
	return sizeof(struct watched) + path.len + MALLOC_BYTES + TABLE_BYTES;
}

size_t watch_memory(struct hf_slice path)
{
	return WATCH_BYTES + path_bytes(path);
}

static struct watched *make_path(struct watch_table *table,
				 struct hf_slice path)
{
	struct watched *watched = hf_alloc(sizeof(*watched) + path.len);

	watched->len = path.len;
	memcpy(watched->path, path.data, path.len);
	hf_list_init(&watched->watches);
	hf_table_insert(table->paths, &watched->link,
			hf_table_hash(table->seed, path));
	table->counts.paths++;
	table->counts.bytes += path_bytes(path);
	return watched;
}

static struct watch *make(struct watch_table *table, struct watched *watched,
			  struct watcher *watcher)
{
	struct watch *watch = hf_new(struct watch);
	struct pair pair = { watched, watcher };

	watch->watched = watched;
	watch->watcher = watcher;
	hf_list_init(&watch->of_path);
	hf_list_init(&watch->of_watcher);
	hf_list_append(&watched->watches, &watch->of_path);
	hf_list_append(&watcher->watches, &watch->of_watcher);
	hf_table_insert(table->pairs, &watch->link, pair_hash(table, &pair));
	table->counts.watches++;
	table->counts.bytes += WATCH_BYTES;
	if (watcher->count++ == 0)
		table->counts.watchers++;
	return watch;
}

static void set_kinds(struct watch_table *table, struct watch *watch,
		      unsigned kinds)
{
	table->recursive -= (watch->kinds & WATCH_RECURSIVE) != 0;
	watch->kinds = kinds;
	table->recursive += (watch->kinds & WATCH_RECURSIVE) != 0;
}

/* The path stays, even if nobody watches it any more. */
static void end_watch(struct watch_table *table, struct watch *watch)
{
	set_kinds(table, watch, 0);
	hf_list_remove(&watch->of_path);
	hf_list_remove(&watch->of_watcher);
	hf_table_remove(table->pairs, &watch->link);
	table->counts.watches--;
	table->counts.bytes -= WATCH_BYTES;
	if (--watch->watcher->count == 0)
		table->counts.watchers--;
	free(watch);
}

static void drop_path_if_empty(struct watch_table *table,
			       struct watched *watched)
{
	if (!hf_list_empty(&watched->watches))
		return;
	hf_table_remove(table->paths, &watched->link);
	table->counts.paths--;
	table->counts.bytes -= path_bytes(path_of(watched));
	free(watched);
}

int watch_add(struct watch_table *table, struct watcher *watcher,
	      struct hf_slice path, unsigned kinds)
{
	struct watched *watched = find_path(table, path);
	struct watch *watch = find(table, watched, watcher);

	if (watch == NULL) {
		if (table->counts.watches >= table->max_watches)
			return HF_ELIMIT;
		if (watched == NULL)
			watched = make_path(table, path);
		watch = make(table, watched, watcher);
	}
	set_kinds(table, watch, watch->kinds | kinds);
	return 0;
}

unsigned watch_kinds(struct watch_table *table, const struct watcher *watcher,
		     struct hf_slice path)
{
	struct watch *watch = find(table, find_path(table, path), watcher);

	return watch == NULL ? 0 : watch->kinds;
}

bool watch_remove(struct watch_table *table, struct watcher *watcher,
		  struct hf_slice path, unsigned kinds)
{
	struct watched *watched = find_path(table, path);
	struct watch *watch = find(table, watched, watcher);

	if (watch == NULL || (watch->kinds & kinds) == 0)
		return false;
	set_kinds(table, watch, watch->kinds & ~kinds);
	if (watch->kinds == 0) {
		end_watch(table, watch);
		drop_path_if_empty(table, watched);
	}
	return true;
}

void watch_join(struct watcher *watcher)
{
	hf_list_init(&watcher->watches);
	watcher->count = 0;
	watcher->told = 0;
}

void watch_leave(struct watch_table *table, struct watcher *watcher)
{
	HF_LIST_FOREACH (it, &watcher->watches) {
		struct watch *watch = by_watcher(it);
		struct watched *watched = watch->watched;

		end_watch(table, watch);
		drop_path_if_empty(table, watched);
	}
}

/* ---- firing ---------------------------------------------------------------
 */

/* Which kinds an event concerns at its own path, and which it ends. */
static unsigned kinds_hit(enum zk_event type)
{
	switch (type) {
	case ZK_EVENT_CHILDREN_CHANGED:
		return WATCH_CHILD | WATCH_PERSISTENT_CHILD;
	case ZK_EVENT_DELETED:
		return WATCH_ANY;
	default:
		return WATCH_OF_DATA;
	}
}

/* And at the nodes above it. */
static unsigned kinds_hit_above(enum zk_event type)
{
	return kinds_hit(type) & WATCH_RECURSIVE;
}

static void fire_at(struct watch_table *table, struct watched *watched,
		    const struct watch_event *event, unsigned hit)
{
	HF_LIST_FOREACH (it, &watched->watches) {
		struct watch *watch = by_path(it);
		struct watcher *watcher = watch->watcher;
		unsigned once = hit & (WATCH_DATA | WATCH_CHILD);

		if ((watch->kinds & hit) == 0)
			continue;
		if (watcher->told != table->events)
			table->tell(table->arg, watcher, event);
		watcher->told = table->events;
		set_kinds(table, watch, watch->kinds & ~once);
		if (watch->kinds == 0)
			end_watch(table, watch);
	}
	drop_path_if_empty(table, watched);
}

static void fire_above(struct watch_table *table,
		       const struct watch_event *event, unsigned hit)
{
	struct hf_slice path = event->path;

	while (path.len > 1) {
		struct watched *watched;

		path = zpath_parent(path);
		if (path.len == 0)
			path = HF_SLICE("/");
		watched = find_path(table, path);
		if (watched != NULL)
			fire_at(table, watched, event, hit);
	}
}

void watch_fire(struct watch_table *table, const struct watch_event *event)
{
	struct watched *watched;
	unsigned above = kinds_hit_above(event->type);

	if (table->counts.watches == 0)
		return;
	table->events++;
	watched = find_path(table, event->path);
	if (watched != NULL)
		fire_at(table, watched, event, kinds_hit(event->type));
	if (above != 0 && table->recursive > 0)
		fire_above(table, event, above);
}

/* ---- for people -----------------------------------------------------------
 */

const struct watch_counts *watch_counts(const struct watch_table *table)
{
	return &table->counts;
}

void watch_each_of(struct watcher *watcher, watch_each_fn *each, void *arg)
{
	HF_LIST_FOREACH (it, &watcher->watches)
		each(arg, path_of(by_watcher(it)->watched), watcher);
}

struct walk {
	watch_each_fn *each;
	void *arg;
};

static void give_path(void *arg, struct hf_table_node *link)
{
	struct walk *walk = arg;
	struct watched *watched = HF_CONTAINER_OF(link, struct watched, link);

	HF_LIST_FOREACH (it, &watched->watches)
		walk->each(walk->arg, path_of(watched), by_path(it)->watcher);
}

void watch_each(struct watch_table *table, watch_each_fn *each, void *arg)
{
	struct walk walk = { each, arg };
	uint64_t cursor = 0;

	do {
		cursor = hf_table_scan(table->paths, cursor, give_path, &walk);
	} while (cursor != 0);
}

/* ---- life -----------------------------------------------------------------
 */

struct watch_table *watch_table_new(uint64_t seed, size_t max_watches,
				    watch_tell_fn *tell, void *arg)
{
	struct watch_table *table = hf_new(struct watch_table);

	table->paths = hf_table_new();
	table->pairs = hf_table_new();
	table->seed = seed;
	table->max_watches = max_watches;
	table->tell = tell;
	table->arg = arg;
	return table;
}

void watch_table_free(struct watch_table **table)
{
	assert((*table)->counts.watches == 0);
	hf_table_free(&(*table)->paths);
	hf_table_free(&(*table)->pairs);
	free(*table);
	*table = NULL;
}
