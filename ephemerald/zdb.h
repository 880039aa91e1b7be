/*
 * What there is: nodes, sessions and watches, and the last change's number.
 * CORE: no sockets, no clock.
 *
 * It changes by transactions only (txn.h), and while it is loaded (change.h).
 */
#ifndef EPHEMERALD_ZDB_H
#define EPHEMERALD_ZDB_H

#include "ephemerald/session.h"
#include "ephemerald/watch.h"
#include "ephemerald/ztree.h"

struct zdb_limits {
	size_t max_nodes;
	size_t max_memory; /* of nodes, their ACLs, sessions, watches; bytes */
	size_t max_watches;
	size_t max_sessions;
	bool ttl_nodes;     /* as ZooKeeper's extendedTypesEnabled */
	bool enforce_quota; /* as ZooKeeper's enforceQuota */
};

/*
 * How many numbers may be given to what leaves no record (changes that
 * failed), before the journal must know of them.
 */
#define ZXIDS_AHEAD (INT64_C(1) << 20)

struct zdb {
	struct acl_table *acls;
	struct ztree *tree;
	struct sessions *sessions;
	struct watch_table *watches;
	int64_t zxid;         /* the last that was given */
	int64_t zxid_ceiling; /* none above it was ever given */
	/* The last change that no node's numbers tell of: of an ACL, or of
	 * what a quota counts. */
	int64_t unmarked_zxid;
	/* No number up to here is given below a container made from now on. */
	int32_t reaped_number;
	struct zdb_limits limits;
	/*
	 * Takes each change's record (change.h); no number from zxid on may be
	 * told before the disk has it. NULL: it is not kept.
	 */
	void (*record)(void *arg, int64_t zxid, struct hf_slice record);
	void *record_arg;
};

void zdb_init(struct zdb *db, uint64_t seed, const struct zdb_limits *limits,
	      watch_tell_fn *tell, void *tell_arg);
void zdb_fini(struct zdb *db);

/* What limits.max_memory is compared with. */
size_t zdb_memory(const struct zdb *db);

/* May what there is grow by so many bytes? */
bool zdb_has_room(const struct zdb *db, size_t more_bytes);

/* One more session? */
bool zdb_has_room_for_session(const struct zdb *db);

/* As watch_add(), within all limits. */
int zdb_watch(struct zdb *db, struct watcher *watcher, struct hf_slice path,
	      unsigned kinds) HF_MUSTUSE;

/*
 * The last change that it tells of what there is at path, or that there is
 * nothing. What has happened further down does not count.
 */
int64_t zdb_zxid_of_path(const struct zdb *db, struct hf_slice path);
int64_t zdb_zxid_of_node(const struct zdb *db, const struct znode *node);

/* The number of the next change, or of the next try of one. */
int64_t zdb_next_zxid(struct zdb *db);

#endif
