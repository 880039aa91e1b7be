#include "config.h"

#include "ephemerald/zdb.h"

#include "ephemerald/change.h"
#include "ephemerald/zpath.h"
#include "libhold/err.h"

void zdb_init(struct zdb *db, uint64_t seed, const struct zdb_limits *limits,
	      watch_tell_fn *tell, void *tell_arg)
{
	*db = (struct zdb){ .limits = *limits };
	db->acls = acl_table_new(seed);
	db->tree = ztree_new(db->acls, seed);
	db->sessions = sessions_new(seed);
	db->watches =
	    watch_table_new(seed, limits->max_watches, tell, tell_arg);
}

void zdb_fini(struct zdb *db)
{
	watch_table_free(&db->watches);
	sessions_free(&db->sessions);
	ztree_free(&db->tree);
	acl_table_free(&db->acls);
}

size_t zdb_memory(const struct zdb *db)
{
	return ztree_memory(db->tree) + acl_memory(db->acls) +
	       sessions_memory(db->sessions) + watch_counts(db->watches)->bytes;
}

bool zdb_has_room(const struct zdb *db, size_t more_bytes)
{
	size_t bytes = zdb_memory(db);

	return bytes <= db->limits.max_memory &&
	       more_bytes <= db->limits.max_memory - bytes;
}

bool zdb_has_room_for_session(const struct zdb *db)
{
	return sessions_count(db->sessions) < db->limits.max_sessions &&
	       zdb_has_room(db, sizeof(struct session));
}

int zdb_watch(struct zdb *db, struct watcher *watcher, struct hf_slice path,
	      unsigned kinds)
{
	if (!zdb_has_room(db, watch_memory(path)) &&
	    watch_kinds(db->watches, watcher, path) == 0)
		return HF_ELIMIT;
	return watch_add(db->watches, watcher, path, kinds);
}

int64_t zdb_zxid_of_node(const struct zdb *db, const struct znode *node)
{
	int64_t zxid = znode_zxid(node);

	return zxid > db->unmarked_zxid ? zxid : db->unmarked_zxid;
}

/* Where there is nothing, the last one on the way lost it, if it had it. */
int64_t zdb_zxid_of_path(const struct zdb *db, struct hf_slice path)
{
	struct znode *node = ztree_root(db->tree), *next = node;
	struct hf_slice part;

	while (next != NULL && zpath_next(&path, &part)) {
		next = ztree_child(db->tree, node, part);
		node = next != NULL ? next : node;
	}
	return zdb_zxid_of_node(db, node);
}

static void raise_ceiling(struct zdb *db)
{
	struct hf_buf record;

	db->zxid_ceiling = db->zxid + ZXIDS_AHEAD;
	if (db->record == NULL)
		return;
	hf_buf_init(&record, 256);
	change_begin(&record, db->zxid, 0);
	change_put_ceiling(&record, db->zxid_ceiling);
	db->record(db->record_arg, db->zxid + 1, hf_buf_slice(&record));
	hf_buf_fini(&record);
}

int64_t zdb_next_zxid(struct zdb *db)
{
	if (db->zxid >= db->zxid_ceiling)
		raise_ceiling(db);
	return ++db->zxid;
}
