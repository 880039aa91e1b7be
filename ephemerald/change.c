#include "config.h"

#include "ephemerald/change.h"

#include "ephemerald/zpath.h"
#include "libhold/err.h"

/* ---- writing --------------------------------------------------------------
 */

static void put_i32(struct hf_buf *out, int32_t value)
{
	hf_wr_u32(out, (uint32_t)value);
}

void change_begin(struct hf_buf *out, int64_t zxid, int64_t wall_ms)
{
	hf_wr_i64(out, zxid);
	hf_wr_i64(out, wall_ms);
}

static void put_number(struct hf_buf *out, enum change_kind kind,
		       int64_t number)
{
	hf_wr_u8(out, (uint8_t)kind);
	hf_wr_i64(out, number);
}

void change_put_ceiling(struct hf_buf *out, int64_t zxid)
{
	put_number(out, CHANGE_CEILING, zxid);
}

void change_put_end(struct hf_buf *out, int64_t session)
{
	put_number(out, CHANGE_END, session);
}

void change_put_stopped(struct hf_buf *out, int64_t zxid)
{
	put_number(out, CHANGE_STOPPED, zxid);
}

void change_put_reaped(struct hf_buf *out, int32_t number)
{
	hf_wr_u8(out, CHANGE_REAPED);
	put_i32(out, number);
}

/* Kind and path, both of a node. */
static void put_head(struct hf_buf *out, enum change_kind kind,
		     const struct znode *node)
{
	size_t at;
	uint32_t len;

	hf_wr_u8(out, (uint8_t)kind);
	hf_wr_u32(out, 0);
	at = hf_buf_len(out);
	znode_path(node, out);
	len = (uint32_t)(hf_buf_len(out) - at);
	for (size_t i = 0; i < sizeof(len) && !hf_buf_failed(out); i++)
		out->data[out->start + at - 1 - i] =
		    (char)(len >> (8 * i) & 0xff);
}

static void put_acl(struct hf_buf *out, const struct znode *node)
{
	struct zk_vector entries = acl_entries(node->acl);

	zk_put_vector(out, &entries);
}

static int32_t seq_base(const struct znode *node)
{
	return node->dir == NULL ? 0 : node->dir->seq_base;
}

void change_put_create(struct hf_buf *out, const struct znode *node)
{
	put_head(out, CHANGE_CREATE, node);
	zk_put_text(out, znode_data(node));
	put_acl(out, node);
	hf_wr_i64(out, znode_owner(node));
	put_i32(out, seq_base(node));
	put_i32(out, znode_created(node->parent));
}

void change_put_delete(struct hf_buf *out, struct hf_slice path)
{
	hf_wr_u8(out, CHANGE_DELETE);
	zk_put_text(out, path);
}

void change_put_data(struct hf_buf *out, const struct znode *node)
{
	put_head(out, CHANGE_DATA, node);
	zk_put_text(out, znode_data(node));
	put_i32(out, node->version);
}

void change_put_quota(struct hf_buf *out, const struct znode *node)
{
	put_head(out, CHANGE_QUOTA, node);
	zk_put_text(out, znode_data(node));
}

void change_put_acl(struct hf_buf *out, const struct znode *node)
{
	put_head(out, CHANGE_ACL, node);
	put_acl(out, node);
	put_i32(out, node->aversion);
}

void change_put_session(struct hf_buf *out, const struct session *session)
{
	hf_wr_u8(out, CHANGE_SESSION);
	hf_wr_i64(out, session->id);
	zk_put_text(out, (struct hf_slice){ session->password,
					    sizeof(session->password) });
	put_i32(out, session->timeout_ms);
}

void change_put_node(struct hf_buf *out, const struct znode *node)
{
	struct zk_stat stat;

	znode_stat(node, &stat);
	stat.ephemeral_owner = znode_owner(node);
	put_head(out, CHANGE_NODE, node);
	zk_put_stat(out, &stat);
	put_i32(out, znode_created(node));
	put_i32(out, seq_base(node));
	zk_put_text(out, znode_data(node));
	put_acl(out, node);
}

/* ---- reading --------------------------------------------------------------
 */

struct load {
	struct zdb *db;
	struct hf_rd rd;
	int64_t zxid, wall_ms;
	bool snapshot;
	bool stopped;
};

static int32_t get_i32(struct hf_rd *rd)
{
	return (int32_t)hf_rd_u32(rd);
}

static struct zk_vector get_acls(struct hf_rd *rd)
{
	struct zk_vector acls = { get_i32(rd), { (const char *)rd->at, 0 } };
	struct zk_acl entry;

	for (int32_t i = 0; i < acls.count && !rd->bad; i++)
		zk_get_acl(rd, &entry);
	acls.bytes.len = (size_t)((const char *)rd->at - acls.bytes.data);
	return acls;
}

/* All below it too: a snapshot may have more than there was. */
static void remove_tree(struct zdb *db, struct znode *top)
{
	struct znode *node = top;

	for (;;) {
		struct znode *parent = node->parent;

		if (znode_children(node) > 0) {
			node =
			    HF_CONTAINER_OF(hf_list_first(&node->dir->children),
					    struct znode, siblings);
			continue;
		}
		ztree_detach(db->tree, node);
		znode_free(db->tree, node);
		if (node == top)
			return;
		node = parent;
	}
}

static struct znode *attach(struct zdb *db, struct znode *parent,
			    struct znode *node)
{
	node->acl = acl_of_world(db->acls, ZK_PERM_ALL);
	ztree_attach(db->tree, parent, node);
	return node;
}

/*
 * The node of this name, made if it is not there. One that is there and cannot
 * have this owner is another than was meant, of an earlier or later time: what
 * was below it goes with it, and whatever of that is to stay comes again.
 */
static struct znode *make_child(struct zdb *db, struct znode *parent,
				struct hf_slice name, int64_t owner)
{
	struct znode *node = ztree_child(db->tree, parent, name);

	if (node != NULL && ztree_set_owner(db->tree, node, owner))
		return node;
	if (node != NULL)
		remove_tree(db, node);
	return attach(db, parent, znode_new(name, owner));
}

/*
 * A folder that is missing in a snapshot comes later in it, and only then it
 * is known whose it is; or it was gone before the snapshot's end.
 */
static struct znode *make_folder(struct zdb *db, struct znode *parent,
				 struct hf_slice name)
{
	struct znode *node = ztree_child(db->tree, parent, name);

	return node != NULL ? node
			    : attach(db, parent, znode_new_ownable(name));
}

static struct znode *make_path(struct zdb *db, struct hf_slice path,
			       int64_t owner)
{
	struct znode *node = ztree_root(db->tree);
	struct hf_slice rest = path, part;

	while (zpath_next(&rest, &part) && part.len > 0)
		node = rest.len > 0 ? make_folder(db, node, part)
				    : make_child(db, node, part, owner);
	return node;
}

static void set_acl(struct zdb *db, struct znode *node, struct zk_vector acls)
{
	struct acl *acl = acl_intern(db->acls, acls);

	acl_release(db->acls, node->acl);
	node->acl = acl;
}

static void set_counters(struct znode *node, int32_t created, int32_t base,
			 int64_t pzxid)
{
	if (node->dir == NULL && created == 0 && base == 0 &&
	    pzxid == node->czxid)
		return;
	znode_dir(node)->created = created;
	node->dir->seq_base = base;
	node->dir->pzxid = pzxid;
}

static int load_create(struct load *l)
{
	struct hf_slice path = zk_get_text(&l->rd);
	struct hf_slice data = zk_get_text(&l->rd);
	struct zk_vector acls = get_acls(&l->rd);
	int64_t owner = hf_rd_i64(&l->rd);
	int32_t base = get_i32(&l->rd), created = get_i32(&l->rd);
	struct znode *parent, *node;

	if (l->rd.bad)
		return HF_EBAD;
	parent = ztree_find(l->db->tree, zpath_parent(path));
	if (parent == NULL)
		return 0; /* its end follows */
	node = make_child(l->db, parent, zpath_name(path), owner);
	node->czxid = node->mzxid = l->zxid;
	node->ctime_ms = node->mtime_ms = l->wall_ms;
	node->version = node->aversion = 0;
	znode_set_data(l->db->tree, node, data);
	set_acl(l->db, node, acls);
	set_counters(node, 0, base, l->zxid);
	znode_dir(parent)->created = created;
	parent->dir->pzxid = l->zxid;
	return 0;
}

static void load_removal(struct load *l, struct znode *node)
{
	struct znode *parent = node->parent;

	if (parent == NULL)
		return;
	remove_tree(l->db, node);
	parent->dir->pzxid = l->zxid;
}

/* A snapshot may lack it already, and have a parent that knows nothing of it.
 */
static int load_delete(struct load *l)
{
	struct hf_slice path = zk_get_text(&l->rd);
	struct znode *node = ztree_find(l->db->tree, path);
	struct znode *parent = ztree_find(l->db->tree, zpath_parent(path));

	if (l->rd.bad || parent == NULL)
		return 0;
	if (node != NULL)
		load_removal(l, node);
	znode_dir(parent)->pzxid = l->zxid;
	return 0;
}

static int load_data(struct load *l)
{
	struct znode *node = ztree_find(l->db->tree, zk_get_text(&l->rd));
	struct hf_slice data = zk_get_text(&l->rd);
	int32_t version = get_i32(&l->rd);

	if (node == NULL || l->rd.bad)
		return 0;
	znode_set_data(l->db->tree, node, data);
	node->version = version;
	node->mzxid = l->zxid;
	node->mtime_ms = l->wall_ms;
	return 0;
}

static int load_quota(struct load *l)
{
	struct znode *node = ztree_find(l->db->tree, zk_get_text(&l->rd));
	struct hf_slice data = zk_get_text(&l->rd);

	if (node != NULL && !l->rd.bad)
		znode_set_data(l->db->tree, node, data);
	return 0;
}

static int load_acl(struct load *l)
{
	struct znode *node = ztree_find(l->db->tree, zk_get_text(&l->rd));
	struct zk_vector acls = get_acls(&l->rd);
	int32_t version = get_i32(&l->rd);

	if (node == NULL || l->rd.bad)
		return 0;
	set_acl(l->db, node, acls);
	node->aversion = version;
	return 0;
}

static int load_session(struct load *l)
{
	int64_t id = hf_rd_i64(&l->rd);
	struct hf_slice password = zk_get_text(&l->rd);
	int32_t timeout_ms = get_i32(&l->rd);
	struct session *session = session_find(l->db->sessions, id);

	if (password.len != ZK_PASSWORD_BYTES)
		return HF_EBAD;
	if (session == NULL)
		session_add(l->db->sessions, id, password, timeout_ms, 0);
	else
		session_set_timeout(l->db->sessions, session, timeout_ms);
	return 0;
}

static int load_end(struct load *l)
{
	int64_t id = hf_rd_i64(&l->rd);
	struct session *session = session_find(l->db->sessions, id);
	struct hf_list *nodes;

	if (!zowner_is_session(id))
		return HF_EBAD;
	while ((nodes = ztree_owned(l->db->tree, id)) != NULL)
		load_removal(l, znode_of_owned(hf_list_first(nodes)));
	if (session != NULL)
		session_remove(l->db->sessions, session);
	return 0;
}

static int load_node(struct load *l)
{
	struct hf_slice path = zk_get_text(&l->rd), data;
	struct zk_stat stat;
	int32_t created, base;
	struct zk_vector acls;
	struct znode *node;

	zk_get_stat(&l->rd, &stat);
	created = get_i32(&l->rd);
	base = get_i32(&l->rd);
	data = zk_get_text(&l->rd);
	acls = get_acls(&l->rd);
	if (l->rd.bad || !l->snapshot)
		return HF_EBAD;
	node = make_path(l->db, path, stat.ephemeral_owner);
	node->czxid = stat.czxid;
	node->mzxid = stat.mzxid;
	node->ctime_ms = stat.ctime_ms;
	node->mtime_ms = stat.mtime_ms;
	node->version = stat.version;
	node->aversion = stat.aversion;
	znode_set_data(l->db->tree, node, data);
	set_acl(l->db, node, acls);
	set_counters(node, created, base, stat.pzxid);
	return 0;
}

static int load_ceiling(struct load *l)
{
	l->db->zxid_ceiling = hf_rd_i64(&l->rd);
	return 0;
}

static int load_reaped(struct load *l)
{
	int32_t number = get_i32(&l->rd);

	if (number > l->db->reaped_number)
		l->db->reaped_number = number;
	return 0;
}

static int load_stopped(struct load *l)
{
	l->db->zxid_ceiling = hf_rd_i64(&l->rd);
	l->stopped = true;
	return 0;
}

static int load_one(struct load *l)
{
	static int (*const loaders[])(struct load *) = {
		[CHANGE_CEILING] = load_ceiling,
		[CHANGE_CREATE] = load_create,
		[CHANGE_DELETE] = load_delete,
		[CHANGE_DATA] = load_data,
		[CHANGE_ACL] = load_acl,
		[CHANGE_SESSION] = load_session,
		[CHANGE_END] = load_end,
		[CHANGE_NODE] = load_node,
		[CHANGE_REAPED] = load_reaped,
		[CHANGE_QUOTA] = load_quota,
		[CHANGE_STOPPED] = load_stopped,
	};
	uint8_t kind = hf_rd_u8(&l->rd);

	if (kind >= HF_LEN(loaders) || loaders[kind] == NULL)
		return HF_EBAD;
	return loaders[kind](l);
}

int change_load(struct zdb *db, struct hf_slice record, bool snapshot,
		bool *stopped_out)
{
	struct load l = { .db = db,
			  .rd = hf_rd_of(record),
			  .snapshot = snapshot };
	int rc = 0;

	l.zxid = hf_rd_i64(&l.rd);
	l.wall_ms = hf_rd_i64(&l.rd);
	while (rc == 0 && l.rd.left > 0 && !l.rd.bad)
		rc = load_one(&l);
	if (l.zxid > db->zxid)
		db->zxid = l.zxid;
	*stopped_out = l.stopped;
	return rc == 0 && hf_rd_ok(&l.rd) ? 0 : HF_EBAD;
}
