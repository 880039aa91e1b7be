/*
 * Watches: who waits for which change. CORE: no sockets, no clock.
 *
 * A watcher is a connection. Watches are found by path, by watcher and by both
 * together, so that firing, adding and forgetting a watcher cost what they
 * touch. A watcher has at most one watch on a path, of one or more kinds; they
 * live side by side (in ZooKeeper before 3.9 a later one replaced the earlier).
 */
#ifndef EPHEMERALD_WATCH_H
#define EPHEMERALD_WATCH_H

#include "libhold/list.h"
#include "libhold/slice.h"
#include "libhold/zkcodes.h"

struct acl;

/*
 * What a watch is for. Persistent and recursive ones have a part for data and
 * one for children: removeWatches may take one of them alone.
 */
enum watch_kind {
	WATCH_DATA = 1,  /* once: made, changed, deleted */
	WATCH_CHILD = 2, /* once: children changed, deleted */
	WATCH_PERSISTENT_DATA = 4,
	WATCH_PERSISTENT_CHILD = 8,
	WATCH_RECURSIVE_DATA = 16, /* also of all below; never children */
	WATCH_RECURSIVE_CHILD = 32,

	WATCH_PERSISTENT = WATCH_PERSISTENT_DATA | WATCH_PERSISTENT_CHILD,
	WATCH_RECURSIVE = WATCH_RECURSIVE_DATA | WATCH_RECURSIVE_CHILD,
	WATCH_OF_DATA =
	    WATCH_DATA | WATCH_PERSISTENT_DATA | WATCH_RECURSIVE_DATA,
	WATCH_OF_CHILDREN =
	    WATCH_CHILD | WATCH_PERSISTENT_CHILD | WATCH_RECURSIVE_CHILD,
	WATCH_ANY = WATCH_OF_DATA | WATCH_OF_CHILDREN,
};

/* Embedded in who watches. */
struct watcher {
	struct hf_list watches;
	size_t count;
	uint64_t told; /* the last event that it was told of */
};

struct watch_event {
	enum zk_event type;
	struct hf_slice path;
	const struct acl *acl; /* of the node: who may not read is not told */
};

/* Tells a watcher; must not change any watch. */
typedef void watch_tell_fn(void *arg, struct watcher *watcher,
			   const struct watch_event *event);

struct watch_table;

struct watch_table *watch_table_new(uint64_t seed, size_t max_watches,
				    watch_tell_fn *tell, void *arg);
void watch_table_free(struct watch_table **table); /* all have left */

void watch_join(struct watcher *watcher);
void watch_leave(struct watch_table *table, struct watcher *watcher);

/* The most that a watch of path adds to the bytes of all. */
size_t watch_memory(struct hf_slice path);

/* Adds kinds to what it watches path for. 0, or HF_ELIMIT. */
int watch_add(struct watch_table *table, struct watcher *watcher,
	      struct hf_slice path, unsigned kinds) HF_MUSTUSE;

/* What it watches path for; 0: nothing. */
unsigned watch_kinds(struct watch_table *table, const struct watcher *watcher,
		     struct hf_slice path);

/* No longer for kinds; false: it was for none of them. */
bool watch_remove(struct watch_table *table, struct watcher *watcher,
		  struct hf_slice path, unsigned kinds);

/* It has happened: tells each watcher once, and ends what was for once. */
void watch_fire(struct watch_table *table, const struct watch_event *event);

struct watch_counts {
	size_t paths;
	size_t watchers; /* with at least one watch */
	size_t watches;
	size_t bytes; /* of all of them */
};
const struct watch_counts *watch_counts(const struct watch_table *table);

/* For people: each watch of a watcher; each path, and each of its watchers. */
typedef void watch_each_fn(void *arg, struct hf_slice path,
			   struct watcher *watcher);
void watch_each_of(struct watcher *watcher, watch_each_fn *each, void *arg);
void watch_each(struct watch_table *table, watch_each_fn *each, void *arg);

#endif
