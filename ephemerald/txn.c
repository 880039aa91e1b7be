#include "config.h"

#include "ephemerald/txn.h"

#include "ephemerald/change.h"
#include "ephemerald/quota.h"
#include "ephemerald/zpath.h"
#include "libhold/mem.h"

#include <stdio.h>
#include <stdlib.h>

enum { SEQUENCE_DIGITS = 10, SEQUENCE_ROOM = 16 };

/* What to put back, newest first. Who is removed is kept until the end. */
struct txn_undo {
	enum { UNDO_CREATE, UNDO_DELETE, UNDO_DATA } kind;
	struct znode *node, *parent;
	int32_t created;      /* of the parent */
	int64_t pzxid;        /* of the parent */
	struct hf_slice data; /* owned */
	int32_t version;
	int64_t mzxid, mtime_ms;
};

struct txn_event {
	enum zk_event type;
	size_t from, len; /* in paths */
	struct acl *acl;  /* ours */
};

/* ---- begin and end --------------------------------------------------------
 */

void txn_begin(struct txn *txn, struct zdb *db, const struct acl_who *who,
	       int64_t wall_ms)
{
	*txn = (struct txn){ .db = db, .who = who, .wall_ms = wall_ms };
	txn->zxid = zdb_next_zxid(db);
	hf_buf_init(&txn->changes, TXN_RECORD_MAX);
	hf_buf_init(&txn->paths, SIZE_MAX / 2);
	change_begin(&txn->changes, txn->zxid, wall_ms);
}

static void finish(struct txn *txn)
{
	for (size_t i = 0; i < txn->n_events; i++)
		acl_release(txn->db->acls, txn->events[i].acl);
	free(txn->events);
	free(txn->undo);
	hf_buf_fini(&txn->changes);
	hf_buf_fini(&txn->paths);
}

static void tell(struct txn *txn, const struct txn_event *event)
{
	struct hf_slice paths = hf_buf_slice(&txn->paths);
	struct watch_event told = { event->type,
				    { paths.data + event->from, event->len },
				    event->acl };

	watch_fire(txn->db->watches, &told);
}

static void forget_undo(struct txn *txn)
{
	for (size_t i = 0; i < txn->n_undo; i++) {
		struct txn_undo *undo = &txn->undo[i];

		if (undo->kind == UNDO_DELETE)
			znode_free(txn->db->tree, undo->node);
		if (undo->kind == UNDO_DATA)
			free((char *)(uintptr_t)undo->data.data);
	}
}

void txn_commit(struct txn *txn)
{
	enum { HEAD_BYTES = 16 };
	struct hf_slice record = hf_buf_slice(&txn->changes);

	forget_undo(txn);
	if (record.len > HEAD_BYTES && txn->db->record != NULL)
		txn->db->record(txn->db->record_arg, txn->zxid, record);
	for (size_t i = 0; i < txn->n_events; i++)
		tell(txn, &txn->events[i]);
	finish(txn);
}

static void undo_data(struct ztree *tree, const struct txn_undo *undo)
{
	znode_set_data(tree, undo->node, undo->data);
	undo->node->version = undo->version;
	undo->node->mzxid = undo->mzxid;
	undo->node->mtime_ms = undo->mtime_ms;
	free((char *)(uintptr_t)undo->data.data);
}

static void undo_counters(const struct txn_undo *undo)
{
	undo->parent->dir->created = undo->created;
	undo->parent->dir->pzxid = undo->pzxid;
}

static void undo_one(struct ztree *tree, const struct txn_undo *undo)
{
	switch (undo->kind) {
	case UNDO_CREATE:
		ztree_detach(tree, undo->node);
		znode_free(tree, undo->node);
		undo_counters(undo);
		break;
	case UNDO_DELETE:
		ztree_attach(tree, undo->parent, undo->node);
		undo_counters(undo);
		break;
	case UNDO_DATA:
		undo_data(tree, undo);
		break;
	}
}

void txn_abort(struct txn *txn)
{
	for (size_t i = txn->n_undo; i > 0; i--)
		undo_one(txn->db->tree, &txn->undo[i - 1]);
	finish(txn);
}

/* ---- notes ----------------------------------------------------------------
 */

static struct txn_undo *note(struct txn *txn, struct znode *node)
{
	struct txn_undo *undo;

	if (txn->n_undo == txn->undo_cap) {
		txn->undo_cap = txn->undo_cap * 2 + 2;
		txn->undo = hf_realloc_array(txn->undo, txn->undo_cap,
					     sizeof(*txn->undo));
	}
	undo = &txn->undo[txn->n_undo++];
	*undo = (struct txn_undo){ .node = node };
	return undo;
}

static void note_parent(struct txn_undo *undo, struct znode *parent)
{
	undo->parent = parent;
	undo->created = znode_created(parent);
	undo->pzxid = znode_pzxid(parent);
}

/* A copy: the next data is set over it. */
static void note_data(struct txn *txn, struct znode *node)
{
	struct txn_undo *undo = note(txn, node);
	struct hf_slice data = znode_data(node);

	undo->kind = UNDO_DATA;
	undo->data = data;
	if (data.data != NULL)
		undo->data.data = hf_memdup(data.data, data.len);
	undo->version = node->version;
	undo->mzxid = node->mzxid;
	undo->mtime_ms = node->mtime_ms;
}

static void add_event(struct txn *txn, enum zk_event type,
		      const struct znode *node)
{
	struct txn_event *event;

	if (watch_counts(txn->db->watches)->watches == 0)
		return;
	if (txn->n_events == txn->events_cap) {
		txn->events_cap = txn->events_cap * 2 + 2;
		txn->events = hf_realloc_array(txn->events, txn->events_cap,
					       sizeof(*txn->events));
	}
	event = &txn->events[txn->n_events++];
	event->type = type;
	event->from = hf_buf_len(&txn->paths);
	znode_path(node, &txn->paths);
	event->len = hf_buf_len(&txn->paths) - event->from;
	event->acl = acl_share(node->acl);
}

/* ---- quotas ---------------------------------------------------------------
 */

/* Only the last of its changes in a row: a session may have many nodes. */
static void put_stats(struct txn *txn, const struct znode *stats)
{
	if (stats == txn->last_stats && !hf_buf_failed(&txn->changes) &&
	    txn->last_stats_end == hf_buf_len(&txn->changes))
		hf_buf_truncate(&txn->changes, txn->last_stats_at);
	txn->last_stats = stats;
	txn->last_stats_at = hf_buf_len(&txn->changes);
	change_put_quota(&txn->changes, stats);
	txn->db->unmarked_zxid = txn->zxid;
	txn->last_stats_end = hf_buf_len(&txn->changes);
}

static void set_stats(struct txn *txn, struct znode *stats,
		      const struct quota_track *track)
{
	struct hf_buf text;

	hf_buf_init(&text, 256);
	quota_write(&text, track);
	note_data(txn, stats);
	znode_set_data(txn->db->tree, stats, hf_buf_slice(&text));
	put_stats(txn, stats);
	hf_buf_fini(&text);
}

static void count_quota(struct txn *txn, struct hf_slice path, int64_t bytes,
			int64_t count)
{
	struct znode *stats = quota_stats_of(txn->db->tree, path);
	struct quota_track track;

	if (stats == NULL)
		return;
	quota_read(znode_data(stats), &track);
	track.count = quota_sum(track.count, count);
	track.bytes = quota_sum(track.bytes, bytes);
	set_stats(txn, stats, &track);
}

/* Who makes a stats node finds in it what there is. */
static void begin_stats(struct txn *txn, struct hf_slice path,
			struct znode *node)
{
	struct quota_track track;
	struct hf_slice of;

	if (!quota_is_stats(path, &of))
		return;
	quota_measure(txn->db->tree, of, &track);
	set_stats(txn, node, &track);
}

static bool over_quota(struct txn *txn, struct hf_slice path, int64_t bytes,
		       int64_t count)
{
	return txn->db->limits.enforce_quota &&
	       quota_exceeded(txn->db->tree, path, bytes, count);
}

/* ---- checks ---------------------------------------------------------------
 */

/* All that was asked for is in the record? */
static int recorded(const struct txn *txn)
{
	return hf_buf_failed(&txn->changes) ? ZK_SYSTEM_ERROR : ZK_OK;
}

static bool may(const struct txn *txn, const struct znode *node, uint32_t perms)
{
	return txn->who == NULL || acl_allows(node->acl, txn->who, perms);
}

/* How a version goes on; -1 is "any", so it is left out. */
static int32_t next_version(int32_t version)
{
	int32_t next = (int32_t)((uint32_t)version + 1);

	return next == -1 ? 0 : next;
}

static bool is_version(int32_t version, int32_t wanted)
{
	return wanted == -1 || wanted == version;
}

/* Of what is made or removed: where it is. */
static int check_parent(struct hf_slice path)
{
	if (path.data == NULL)
		return ZK_MARSHALLING; /* in ZooKeeper a null pointer */
	return zpath_last_slash(path) < 0 || zpath_has_nul(path)
		   ? ZK_BAD_ARGUMENTS
		   : ZK_OK;
}

static bool is_builtin(struct hf_slice path)
{
	static const struct hf_slice builtin[] = {
		HF_SLICE_INIT("/"),
		HF_SLICE_INIT("/zookeeper"),
		HF_SLICE_INIT("/zookeeper/quota"),
		HF_SLICE_INIT("/zookeeper/config"),
	};

	for (size_t i = 0; i < HF_LEN(builtin); i++) {
		if (hf_slice_eq(path, builtin[i]))
			return true;
	}
	return false;
}

/* Room for one more node of this size? */
static bool has_room(const struct txn *txn, struct hf_slice path,
		     struct hf_slice data)
{
	const struct zdb *db = txn->db;

	return ztree_counts(db->tree)->nodes < db->limits.max_nodes &&
	       zdb_has_room(db, znode_memory(path, data));
}

/* ---- create ---------------------------------------------------------------
 */

/* Would the session's end, with one more node, still be one record? */
static bool can_end(const struct txn *txn, int64_t owner, struct hf_slice path)
{
	struct ztree *tree = txn->db->tree;

	return !zowner_is_session(owner) ||
	       ztree_owned_path_bytes(tree, owner) + path.len +
		       (ztree_count_owned(tree, owner) + 1) *
			   TXN_SESSION_NODE_BYTES <=
		   TXN_SESSION_MAX;
}

static bool is_sequential(int32_t flags)
{
	return flags == ZK_PERSISTENT_SEQUENTIAL ||
	       flags == ZK_EPHEMERAL_SEQUENTIAL ||
	       flags == ZK_PERSISTENT_SEQUENTIAL_WITH_TTL;
}

static bool is_ttl(int32_t flags)
{
	return flags == ZK_PERSISTENT_WITH_TTL ||
	       flags == ZK_PERSISTENT_SEQUENTIAL_WITH_TTL;
}

static int check_mode(const struct txn *txn, const struct txn_create *create)
{
	int64_t ttl_ms = create->op == ZK_OP_CREATE_TTL ? create->ttl_ms : -1;

	if (create->flags < ZK_PERSISTENT ||
	    create->flags > ZK_PERSISTENT_SEQUENTIAL_WITH_TTL)
		return ZK_BAD_ARGUMENTS;
	if (is_ttl(create->flags) && !txn->db->limits.ttl_nodes)
		return ZK_UNIMPLEMENTED;
	if (is_ttl(create->flags) ? ttl_ms <= 0 || ttl_ms > ZOWNER_TTL_BITS
				  : ttl_ms >= 0)
		return ZK_BAD_ARGUMENTS;
	return check_parent(create->path);
}

/* As ZooKeeper's createContainer and createTTL: the operation decides. */
static int64_t owner_of(const struct txn_create *create)
{
	if (create->op == ZK_OP_CREATE_CONTAINER)
		return ZOWNER_CONTAINER;
	if (create->op == ZK_OP_CREATE_TTL && is_ttl(create->flags))
		return zowner_of_ttl(create->ttl_ms);
	if (create->flags == ZK_EPHEMERAL ||
	    create->flags == ZK_EPHEMERAL_SEQUENTIAL)
		return create->session;
	return ZOWNER_NONE;
}

/* Name and number, if it gets one; %010d, as Java writes it. */
static void full_path(const struct txn_create *create,
		      const struct znode *parent, struct hf_buf *out)
{
	char number[SEQUENCE_ROOM];

	hf_buf_add_slice(out, create->path);
	if (!is_sequential(create->flags))
		return;
	snprintf(number, sizeof(number), "%0*d", SEQUENCE_DIGITS,
		 znode_next_number(parent));
	hf_buf_add(out, number, strlen(number));
}

static int check_create(struct txn *txn, const struct txn_create *create,
			struct znode *parent, struct hf_slice path)
{
	if (!zpath_valid(path))
		return ZK_BAD_ARGUMENTS;
	if (ztree_find(txn->db->tree, path) != NULL)
		return ZK_NODE_EXISTS;
	if (zowner_is_session(znode_owner(parent)))
		return ZK_NO_CHILDREN_FOR_EPHEMERALS;
	if (over_quota(txn, path, (int64_t)create->data.len, 1))
		return ZK_QUOTA_EXCEEDED;
	if (!has_room(txn, path, create->data))
		return ZK_SYSTEM_ERROR;
	if (!can_end(txn, owner_of(create), path))
		return ZK_SYSTEM_ERROR;
	return ZK_OK;
}

static struct znode *attach_new(struct txn *txn,
				const struct txn_create *create,
				struct znode *parent, struct hf_slice path,
				struct acl *acl)
{
	int64_t owner = owner_of(create);
	struct znode *node = znode_new(zpath_name(path), owner);
	struct txn_undo *undo = note(txn, node);

	undo->kind = UNDO_CREATE;
	note_parent(undo, parent);
	node->acl = acl;
	node->czxid = node->mzxid = txn->zxid;
	node->ctime_ms = node->mtime_ms = txn->wall_ms;
	znode_set_data(txn->db->tree, node, create->data);
	if (owner == ZOWNER_CONTAINER && txn->db->reaped_number > 0)
		znode_dir(node)->seq_base = txn->db->reaped_number;
	ztree_attach(txn->db->tree, parent, node);
	parent->dir->created = (int32_t)((uint32_t)parent->dir->created + 1);
	parent->dir->pzxid = txn->zxid;
	return node;
}

static void follow_create(struct txn *txn, struct znode *node,
			  struct hf_slice path)
{
	change_put_create(&txn->changes, node);
	begin_stats(txn, path, node);
	count_quota(txn, path, znode_data_len(node), 1);
	add_event(txn, ZK_EVENT_CREATED, node);
	add_event(txn, ZK_EVENT_CHILDREN_CHANGED, node->parent);
}

/* With the ACL, which is the caller's still when it fails. */
static int create_with(struct txn *txn, const struct txn_create *create,
		       struct acl *acl, struct znode **node_out)
{
	struct znode *parent =
	    ztree_find(txn->db->tree, zpath_parent(create->path));
	struct hf_buf path;
	int err = ZK_NO_AUTH;

	if (parent == NULL)
		return ZK_NO_NODE;
	hf_buf_init(&path, SIZE_MAX / 2);
	full_path(create, parent, &path);
	if (may(txn, parent, ZK_PERM_CREATE))
		err = check_create(txn, create, parent, hf_buf_slice(&path));
	if (err == ZK_OK) {
		*node_out =
		    attach_new(txn, create, parent, hf_buf_slice(&path), acl);
		follow_create(txn, *node_out, hf_buf_slice(&path));
	}
	hf_buf_fini(&path);
	return err;
}

int txn_create(struct txn *txn, const struct txn_create *create,
	       struct znode **node_out)
{
	struct acl *acl;
	int err = check_mode(txn, create);

	if (err != ZK_OK)
		return err;
	err = acl_resolve(txn->db->acls, create->acl, txn->who, &acl);
	if (err != ZK_OK)
		return err;
	err = create_with(txn, create, acl, node_out);
	if (err == ZK_OK)
		return recorded(txn);
	acl_release(txn->db->acls, acl);
	return err;
}

/* ---- delete ---------------------------------------------------------------
 */

static void remove_node(struct txn *txn, struct znode *node)
{
	struct znode *parent = node->parent;
	struct txn_undo *undo = note(txn, node);
	struct hf_buf path;

	undo->kind = UNDO_DELETE;
	note_parent(undo, parent);
	hf_buf_init(&path, SIZE_MAX / 2);
	znode_path(node, &path);
	add_event(txn, ZK_EVENT_DELETED, node);
	ztree_detach(txn->db->tree, node);
	parent->dir->pzxid = txn->zxid;
	count_quota(txn, hf_buf_slice(&path), -(int64_t)znode_data_len(node),
		    -1);
	add_event(txn, ZK_EVENT_CHILDREN_CHANGED, parent);
	hf_buf_fini(&path);
}

static void note_deleted(struct txn *txn, const struct znode *node)
{
	struct hf_buf path;

	hf_buf_init(&path, SIZE_MAX / 2);
	znode_path(node, &path);
	change_put_delete(&txn->changes, hf_buf_slice(&path));
	hf_buf_fini(&path);
}

int txn_delete(struct txn *txn, struct hf_slice path, int32_t version)
{
	struct znode *parent, *node;
	int err;

	if (is_builtin(path))
		return ZK_BAD_ARGUMENTS;
	err = check_parent(path);
	if (err != ZK_OK)
		return err;
	parent = ztree_find(txn->db->tree, zpath_parent(path));
	if (parent == NULL)
		return ZK_NO_NODE;
	if (!may(txn, parent, ZK_PERM_DELETE))
		return ZK_NO_AUTH;
	node = ztree_find(txn->db->tree, path);
	if (node == NULL)
		return ZK_NO_NODE;
	if (!is_version(node->version, version))
		return ZK_BAD_VERSION;
	if (znode_children(node) > 0)
		return ZK_NOT_EMPTY;
	note_deleted(txn, node);
	remove_node(txn, node);
	return recorded(txn);
}

/* A container that is made again goes on counting. */
static void keep_number(struct txn *txn, const struct znode *node)
{
	int32_t next = znode_next_number(node);

	if (znode_owner(node) != ZOWNER_CONTAINER ||
	    next <= txn->db->reaped_number)
		return;
	txn->db->reaped_number = next;
	change_put_reaped(&txn->changes, next);
}

int txn_delete_container(struct txn *txn, struct hf_slice path)
{
	struct znode *node;
	int64_t owner;
	int err;

	if (is_builtin(path))
		return ZK_BAD_ARGUMENTS;
	err = check_parent(path);
	if (err != ZK_OK)
		return err;
	node = ztree_find(txn->db->tree, path);
	if (node == NULL)
		return ZK_NO_NODE;
	if (!may(txn, node->parent, ZK_PERM_DELETE))
		return ZK_NO_AUTH;
	if (znode_children(node) > 0)
		return ZK_NOT_EMPTY;
	owner = znode_owner(node);
	if (owner != ZOWNER_CONTAINER && !zowner_is_ttl(owner))
		return ZK_BAD_VERSION;
	keep_number(txn, node);
	note_deleted(txn, node);
	remove_node(txn, node);
	return recorded(txn);
}

/* ---- data and ACL ---------------------------------------------------------
 */

static bool has_room_for_data(const struct txn *txn, const struct znode *node,
			      struct hf_slice data)
{
	return data.len <= znode_data_len(node) ||
	       zdb_has_room(txn->db, data.len - znode_data_len(node));
}

static int check_data(struct txn *txn, struct hf_slice path,
		      const struct znode *node, struct hf_slice data,
		      int32_t version)
{
	int64_t more = (int64_t)data.len - znode_data_len(node);

	if (!may(txn, node, ZK_PERM_WRITE))
		return ZK_NO_AUTH;
	if (over_quota(txn, path, more, 0))
		return ZK_QUOTA_EXCEEDED;
	if (!is_version(node->version, version))
		return ZK_BAD_VERSION;
	if (!has_room_for_data(txn, node, data))
		return ZK_SYSTEM_ERROR;
	return ZK_OK;
}

int txn_set_data(struct txn *txn, struct hf_slice path, struct hf_slice data,
		 int32_t version, struct znode **node_out)
{
	struct znode *node;
	int64_t more;
	int err;

	if (!zpath_valid(path))
		return ZK_BAD_ARGUMENTS;
	node = ztree_find(txn->db->tree, path);
	if (node == NULL)
		return ZK_NO_NODE;
	err = check_data(txn, path, node, data, version);
	if (err != ZK_OK)
		return err;
	more = (int64_t)data.len - znode_data_len(node);
	note_data(txn, node);
	znode_set_data(txn->db->tree, node, data);
	node->version = next_version(node->version);
	node->mzxid = txn->zxid;
	node->mtime_ms = txn->wall_ms;
	change_put_data(&txn->changes, node);
	count_quota(txn, path, more, 0);
	add_event(txn, ZK_EVENT_DATA_CHANGED, node);
	*node_out = node;
	return recorded(txn);
}

/* Only alone in its transaction: there is nothing to undo. */
int txn_set_acl(struct txn *txn, struct hf_slice path, struct zk_vector asked,
		int32_t version, struct znode **node_out)
{
	struct znode *node;
	struct acl *acl;
	int err;

	if (!zpath_valid(path))
		return ZK_BAD_ARGUMENTS;
	err = acl_resolve(txn->db->acls, asked, txn->who, &acl);
	if (err != ZK_OK)
		return err;
	node = ztree_find(txn->db->tree, path);
	if (node == NULL)
		err = ZK_NO_NODE;
	else if (!may(txn, node, ZK_PERM_ADMIN))
		err = ZK_NO_AUTH;
	else if (!is_version(node->aversion, version))
		err = ZK_BAD_VERSION;
	else if (!zdb_has_room(txn->db, 0)) /* it counts already */
		err = ZK_SYSTEM_ERROR;
	if (err != ZK_OK) {
		acl_release(txn->db->acls, acl);
		return err;
	}
	acl_release(txn->db->acls, node->acl);
	node->acl = acl;
	node->aversion = next_version(node->aversion);
	change_put_acl(&txn->changes, node);
	txn->db->unmarked_zxid = txn->zxid;
	*node_out = node;
	return ZK_OK;
}

int txn_check(struct txn *txn, struct hf_slice path, int32_t version,
	      struct znode **node_out)
{
	struct znode *node;

	if (!zpath_valid(path))
		return ZK_BAD_ARGUMENTS;
	node = ztree_find(txn->db->tree, path);
	if (node == NULL)
		return ZK_NO_NODE;
	if (!may(txn, node, ZK_PERM_READ))
		return ZK_NO_AUTH;
	if (!is_version(node->version, version))
		return ZK_BAD_VERSION;
	*node_out = node;
	return ZK_OK;
}

/* ---- sessions -------------------------------------------------------------
 */

void txn_add_session(struct txn *txn, const struct session *session)
{
	change_put_session(&txn->changes, session);
}

void txn_renew_session(struct zdb *db, const struct session *session)
{
	struct hf_buf record;

	if (db->record == NULL)
		return;
	hf_buf_init(&record, 256);
	change_begin(&record, db->zxid, 0);
	change_put_session(&record, session);
	db->record(db->record_arg, db->zxid + 1, hf_buf_slice(&record));
	hf_buf_fini(&record);
}

/*
 * Its end says it all; each node is told of, too, for the sake of its parent's
 * pzxid, as long as there is room beside what may be said of quotas.
 */
static void remove_owned(struct txn *txn, struct znode *node)
{
	size_t before = hf_buf_len(&txn->changes);

	note_deleted(txn, node);
	if (hf_buf_len(&txn->changes) > TXN_RECORD_MAX - TXN_SESSION_MAX)
		hf_buf_truncate(&txn->changes, before);
	remove_node(txn, node);
}

void txn_end_session(struct txn *txn, struct session *session)
{
	struct hf_list *nodes;

	change_put_end(&txn->changes, session->id);
	while ((nodes = ztree_owned(txn->db->tree, session->id)) != NULL)
		remove_owned(txn, znode_of_owned(hf_list_first(nodes)));
	session_remove(txn->db->sessions, session);
}
