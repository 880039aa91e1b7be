#include "config.h"

#include "ephemerald/ztree.h"

#include "ephemerald/zpath.h"
#include "libhold/mem.h"

#include <assert.h>
#include <stdlib.h>

/* Who has nodes that go with him. */
struct owner {
	struct hf_table_node link;
	int64_t id;
	struct hf_list nodes; /* struct znode_owned, by owned */
	size_t count;
	size_t path_bytes;
};

struct ztree {
	struct hf_table *nodes; /* all but the root */
	struct hf_table *owners;
	struct znode *root;
	struct acl_table *acls;
	uint64_t seed;
	struct ztree_counts counts;
};

/* ---- finding --------------------------------------------------------------
 */

/* A name below a parent: the parent's address is mixed into the seed. */
static uint32_t hash_of(const struct ztree *tree, const struct znode *parent,
			struct hf_slice name)
{
	return hf_table_hash(tree->seed ^ (uint64_t)(uintptr_t)parent, name);
}

struct key {
	const struct znode *parent;
	struct hf_slice name;
};

/* hf_table hands a slice through: it is of a struct key. */
static bool equal(const struct hf_table_node *link, struct hf_slice bytes)
{
	const struct znode *node =
	    HF_CONTAINER_OF(link, const struct znode, link);
	const struct key *key = (const struct key *)(const void *)bytes.data;

	return node->parent == key->parent &&
	       hf_slice_eq(znode_name(node), key->name);
}

struct znode *ztree_child(struct ztree *tree, struct znode *parent,
			  struct hf_slice name)
{
	struct key key = { parent, name };
	struct hf_table_node *link;

	if (znode_children(parent) == 0)
		return NULL;
	link =
	    hf_table_find(tree->nodes, hash_of(tree, parent, name), equal,
			  (struct hf_slice){ (const char *)&key, sizeof(key) });
	return link == NULL ? NULL : HF_CONTAINER_OF(link, struct znode, link);
}

struct znode *ztree_root(struct ztree *tree)
{
	return tree->root;
}

struct znode *ztree_find(struct ztree *tree, struct hf_slice path)
{
	struct znode *node = tree->root;
	struct hf_slice part;

	if (path.len == 0 || (path.len == 1 && path.data[0] == '/'))
		return node;
	if (path.data[0] != '/')
		return NULL;
	while (node != NULL && zpath_next(&path, &part))
		node = ztree_child(tree, node, part);
	return node;
}

/* ---- a node by itself -----------------------------------------------------
 */

enum { MALLOC_BYTES = 16, TABLE_BYTES = 12 };
#define NODE_BYTES (sizeof(struct znode_owned) + TABLE_BYTES + 2 * MALLOC_BYTES)

/* In link.spare, beside the name's length: it is a struct znode_owned. */
#define OWNABLE (UINT32_C(1) << 31)

size_t znode_memory(struct hf_slice path, struct hf_slice data)
{
	return NODE_BYTES + path.len + data.len;
}

static bool is_ownable(const struct znode *node)
{
	return (node->link.spare & OWNABLE) != 0;
}

static struct znode_owned *as_owned(struct znode *node)
{
	return HF_CONTAINER_OF(node, struct znode_owned, node);
}

static size_t name_len(const struct znode *node)
{
	return node->link.spare & ~OWNABLE;
}

struct hf_slice znode_name(const struct znode *node)
{
	size_t at = is_ownable(node) ? sizeof(struct znode_owned)
				     : sizeof(struct znode);

	return (struct hf_slice){ (const char *)node + at, name_len(node) };
}

int64_t znode_owner(const struct znode *node)
{
	return is_ownable(node)
		   ? HF_CONTAINER_OF(node, const struct znode_owned, node)
			 ->owner
		   : ZOWNER_NONE;
}

/* The name goes behind the first len bytes. */
static struct znode *new_of(size_t len, struct hf_slice name, uint32_t ownable)
{
	char *bytes = hf_alloc(len + name.len);
	struct znode *node = (struct znode *)(void *)bytes;

	assert(name.len < OWNABLE);
	hf_list_init(&node->siblings);
	node->link.spare = (uint32_t)name.len | ownable;
	if (name.len > 0)
		memcpy(bytes + len, name.data, name.len);
	return node;
}

struct znode *znode_new_ownable(struct hf_slice name)
{
	struct znode *node = new_of(sizeof(struct znode_owned), name, OWNABLE);

	hf_list_init(&as_owned(node)->owned);
	return node;
}

struct znode *znode_new(struct hf_slice name, int64_t owner)
{
	struct znode *node;

	if (owner == ZOWNER_NONE)
		return new_of(sizeof(struct znode), name, 0);
	node = znode_new_ownable(name);
	as_owned(node)->owner = owner;
	return node;
}

/* ---- data -----------------------------------------------------------------
 */

static const struct zdata no_bytes;

static const struct zdata *data_of(struct hf_slice bytes)
{
	struct zdata *data;

	if (bytes.data == NULL)
		return NULL;
	if (bytes.len == 0)
		return &no_bytes;
	data = hf_alloc(sizeof(*data) + bytes.len);
	data->len = (uint32_t)bytes.len;
	memcpy(data->bytes, bytes.data, bytes.len);
	return data;
}

static void free_data(const struct zdata *data)
{
	if (data != &no_bytes)
		free((void *)(uintptr_t)data);
}

void znode_free(struct ztree *tree, struct znode *node)
{
	acl_release(tree->acls, node->acl);
	free(node->dir);
	free_data(node->data);
	free(node);
}

struct hf_slice znode_data(const struct znode *node)
{
	return node->data == NULL
		   ? ZK_NULL
		   : (struct hf_slice){ node->data->bytes, node->data->len };
}

static bool is_attached(const struct ztree *tree, const struct znode *node)
{
	return node->parent != NULL || node == tree->root;
}

void znode_set_data(struct ztree *tree, struct znode *node,
		    struct hf_slice data)
{
	bool counted = is_attached(tree, node);

	if (counted) {
		tree->counts.data_bytes += data.len;
		tree->counts.data_bytes -= znode_data_len(node);
	}
	free_data(node->data);
	node->data = data_of(data);
}

/* ---- what it says of itself -----------------------------------------------
 */

struct zdir *znode_dir(struct znode *node)
{
	if (node->dir == NULL) {
		node->dir = hf_new(struct zdir);
		hf_list_init(&node->dir->children);
		node->dir->pzxid = node->czxid;
	}
	return node->dir;
}

int32_t znode_next_number(const struct znode *node)
{
	if (node->dir == NULL)
		return 0;
	return (int32_t)((uint32_t)node->dir->created +
			 (uint32_t)node->dir->seq_base);
}

void znode_stat(const struct znode *node, struct zk_stat *out)
{
	uint32_t children = znode_children(node);
	int64_t owner = znode_owner(node);

	*out = (struct zk_stat){
		.czxid = node->czxid,
		.mzxid = node->mzxid,
		.ctime_ms = node->ctime_ms,
		.mtime_ms = node->mtime_ms,
		.version = node->version,
		/* Creations and deletions: ZooKeeper keeps only the former. */
		.cversion =
		    (int32_t)((uint32_t)znode_created(node) * 2 - children),
		.aversion = node->aversion,
		/* As ZooKeeper: a mark that is no session stays inside. */
		.ephemeral_owner =
		    zowner_is_session(owner) ? owner : ZOWNER_NONE,
		.data_length = (int32_t)znode_data_len(node),
		.num_children = (int32_t)children,
		.pzxid = znode_pzxid(node),
	};
}

/* Of the root none: its slash is that of those below it. */
static size_t path_bytes(const struct znode *node)
{
	size_t bytes = 0;

	for (const struct znode *n = node; n->parent != NULL; n = n->parent)
		bytes += 1 + name_len(n);
	return bytes;
}

void znode_path(const struct znode *node, struct hf_buf *out)
{
	size_t from = hf_buf_len(out), len = path_bytes(node);
	char *end;

	if (node->parent == NULL) {
		hf_buf_add_char(out, '/');
		return;
	}
	if (hf_buf_reserve(out, len) == NULL)
		return;
	hf_buf_commit(out, len);
	end = out->data + out->start + from + len;
	for (const struct znode *n = node; n->parent != NULL; n = n->parent) {
		struct hf_slice name = znode_name(n);

		end -= name.len;
		memcpy(end, name.data, name.len);
		*--end = '/';
	}
}

struct znode *znode_next(struct znode *node, const struct znode *top)
{
	if (znode_children(node) > 0)
		return HF_CONTAINER_OF(hf_list_first(&node->dir->children),
				       struct znode, siblings);
	while (node != top) {
		struct hf_list *next = node->siblings.next;

		if (next != &node->parent->dir->children)
			return HF_CONTAINER_OF(next, struct znode, siblings);
		node = node->parent;
	}
	return NULL;
}

/* ---- owners ---------------------------------------------------------------
 */

/* Nodes with a TTL, whatever it is, are together. */
static int64_t owner_key(int64_t owner)
{
	return zowner_is_ttl(owner) ? zowner_of_ttl(0) : owner;
}

static struct hf_slice owner_bytes(const int64_t *key)
{
	return (struct hf_slice){ (const char *)key, sizeof(*key) };
}

static bool same_owner(const struct hf_table_node *link, struct hf_slice key)
{
	const struct owner *owner =
	    HF_CONTAINER_OF(link, const struct owner, link);

	return memcmp(&owner->id, key.data, sizeof(owner->id)) == 0;
}

static struct owner *find_owner(struct ztree *tree, int64_t id)
{
	int64_t key = owner_key(id);
	struct hf_table_node *link = hf_table_find(
	    tree->owners, hf_table_hash(tree->seed, owner_bytes(&key)),
	    same_owner, owner_bytes(&key));

	return link == NULL ? NULL : HF_CONTAINER_OF(link, struct owner, link);
}

static struct owner *make_owner(struct ztree *tree, int64_t id)
{
	struct owner *owner = hf_new(struct owner);

	owner->id = owner_key(id);
	hf_list_init(&owner->nodes);
	hf_table_insert(tree->owners, &owner->link,
			hf_table_hash(tree->seed, owner_bytes(&owner->id)));
	return owner;
}

static void join_owner(struct ztree *tree, struct znode *node)
{
	int64_t id = znode_owner(node);
	struct owner *owner;

	if (id == ZOWNER_NONE)
		return;
	owner = find_owner(tree, id);
	if (owner == NULL)
		owner = make_owner(tree, id);
	hf_list_append(&owner->nodes, &as_owned(node)->owned);
	owner->count++;
	owner->path_bytes += path_bytes(node);
	tree->counts.ephemerals += zowner_is_session(id) ? 1 : 0;
}

static void leave_owner(struct ztree *tree, struct znode *node)
{
	int64_t id = znode_owner(node);
	struct owner *owner;

	if (id == ZOWNER_NONE)
		return;
	hf_list_remove(&as_owned(node)->owned);
	tree->counts.ephemerals -= zowner_is_session(id) ? 1 : 0;
	owner = find_owner(tree, id);
	owner->path_bytes -= path_bytes(node);
	if (--owner->count > 0)
		return;
	hf_table_remove(tree->owners, &owner->link);
	free(owner);
}

bool ztree_set_owner(struct ztree *tree, struct znode *node, int64_t owner)
{
	if (!is_ownable(node))
		return owner == ZOWNER_NONE;
	leave_owner(tree, node);
	as_owned(node)->owner = owner;
	join_owner(tree, node);
	return true;
}

struct hf_list *ztree_owned(struct ztree *tree, int64_t owner)
{
	struct owner *found = find_owner(tree, owner);

	return found == NULL ? NULL : &found->nodes;
}

size_t ztree_count_owned(struct ztree *tree, int64_t owner)
{
	struct owner *found = find_owner(tree, owner);

	return found == NULL ? 0 : found->count;
}

size_t ztree_owned_path_bytes(struct ztree *tree, int64_t owner)
{
	struct owner *found = find_owner(tree, owner);

	return found == NULL ? 0 : found->path_bytes;
}

struct each_owner {
	ztree_owner_fn *each;
	void *arg;
};

static void give_owner(void *arg, struct hf_table_node *link)
{
	struct each_owner *walk = arg;
	struct owner *owner = HF_CONTAINER_OF(link, struct owner, link);

	if (zowner_is_session(owner->id))
		walk->each(walk->arg, owner->id, &owner->nodes);
}

void ztree_each_owner(struct ztree *tree, ztree_owner_fn *each, void *arg)
{
	struct each_owner walk = { each, arg };
	uint64_t cursor = 0;

	do {
		cursor = hf_table_scan(tree->owners, cursor, give_owner, &walk);
	} while (cursor != 0);
}

/* ---- in the tree, and out of it -------------------------------------------
 */

/* What ZooKeeper counts: the whole path, and the data. */
static size_t data_bytes(const struct znode *node)
{
	return path_bytes(node) + znode_data_len(node);
}

void ztree_attach(struct ztree *tree, struct znode *parent, struct znode *node)
{
	struct zdir *dir = znode_dir(parent);

	assert(node->parent == NULL);
	node->parent = parent;
	hf_list_append(&dir->children, &node->siblings);
	dir->count++;
	hf_table_insert(tree->nodes, &node->link,
			hash_of(tree, parent, znode_name(node)));
	join_owner(tree, node);
	tree->counts.nodes++;
	tree->counts.data_bytes += data_bytes(node);
}

void ztree_detach(struct ztree *tree, struct znode *node)
{
	assert(znode_children(node) == 0);
	tree->counts.data_bytes -= data_bytes(node);
	tree->counts.nodes--;
	leave_owner(tree, node);
	hf_table_remove(tree->nodes, &node->link);
	node->parent->dir->count--;
	hf_list_remove(&node->siblings);
	node->parent = NULL;
}

/* ---- life -----------------------------------------------------------------
 */

/* As they are in a new ZooKeeper: made by nobody, at no time. */
static struct znode *make_builtin(struct ztree *tree, struct znode *parent,
				  struct hf_slice name, int32_t perms)
{
	struct znode *node = znode_new(name, ZOWNER_NONE);

	node->acl = acl_of_world(tree->acls, perms);
	znode_set_data(tree, node, HF_SLICE(""));
	if (parent != NULL)
		ztree_attach(tree, parent, node);
	return node;
}

static void make_builtins(struct ztree *tree)
{
	struct znode *zookeeper, *config;

	zookeeper =
	    make_builtin(tree, tree->root, HF_SLICE("zookeeper"), ZK_PERM_ALL);
	config =
	    make_builtin(tree, zookeeper, HF_SLICE("config"), ZK_PERM_READ);
	config->aversion = -1; /* as ZooKeeper's, who sets its ACL so */
	make_builtin(tree, zookeeper, HF_SLICE("quota"), ZK_PERM_ALL);
}

struct ztree *ztree_new(struct acl_table *acls, uint64_t seed)
{
	struct ztree *tree = hf_new(struct ztree);

	tree->acls = acls;
	tree->seed = seed;
	tree->nodes = hf_table_new();
	tree->owners = hf_table_new();
	tree->root = make_builtin(tree, NULL, HF_SLICE(""), ZK_PERM_ALL);
	tree->counts.nodes = 1;
	make_builtins(tree);
	return tree;
}

/* The deepest first: whoever has children is met again without them. */
static void free_all(struct ztree *tree)
{
	struct znode *node = tree->root;

	while (node != NULL) {
		struct znode *parent = node->parent;

		if (znode_children(node) > 0) {
			node =
			    HF_CONTAINER_OF(hf_list_first(&node->dir->children),
					    struct znode, siblings);
			continue;
		}
		if (parent != NULL)
			ztree_detach(tree, node);
		znode_free(tree, node);
		node = parent;
	}
}

void ztree_free(struct ztree **tree)
{
	free_all(*tree);
	hf_table_free(&(*tree)->nodes);
	hf_table_free(&(*tree)->owners);
	free(*tree);
	*tree = NULL;
}

const struct ztree_counts *ztree_counts(const struct ztree *tree)
{
	return &tree->counts;
}

size_t ztree_memory(const struct ztree *tree)
{
	return tree->counts.nodes * NODE_BYTES + tree->counts.data_bytes +
	       hf_table_memory(tree->nodes);
}

struct scan {
	ztree_each_fn *each;
	void *arg;
};

static void give_node(void *arg, struct hf_table_node *link)
{
	struct scan *scan = arg;

	scan->each(scan->arg, HF_CONTAINER_OF(link, struct znode, link));
}

uint64_t ztree_scan(struct ztree *tree, uint64_t cursor, ztree_each_fn *each,
		    void *arg)
{
	struct scan scan = { each, arg };

	return hf_table_scan(tree->nodes, cursor, give_node, &scan);
}
