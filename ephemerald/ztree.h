/*
 * The tree of nodes. CORE: no sockets, no clock.
 *
 * A node knows its parent and its own name; it is found by both, part after
 * part of its path, so no path is stored twice and a folder may have any
 * number of children: making, finding and removing one costs the same.
 *
 * This is the tree alone: who may do what, and what follows from a change, is
 * txn's. What a node says of itself follows ZooKeeper's DataTree and DataNode.
 */
#ifndef EPHEMERALD_ZTREE_H
#define EPHEMERALD_ZTREE_H

#include "ephemerald/acl.h"
#include "libhold/list.h"
#include "libhold/table.h"
#include "libhold/zkrec.h"

/* What a node is besides a session's, by its owner (EphemeralType.java). */
#define ZOWNER_NONE      INT64_C(0)
#define ZOWNER_CONTAINER INT64_MIN
#define ZOWNER_TTL_BITS  INT64_C(0xffffffffff)

static inline bool zowner_is_ttl(int64_t owner)
{
	return ((uint64_t)owner & ~(uint64_t)ZOWNER_TTL_BITS) ==
	       UINT64_C(0xff00000000000000);
}

static inline int64_t zowner_of_ttl(int64_t ttl_ms)
{
	return (int64_t)(UINT64_C(0xff00000000000000) | (uint64_t)ttl_ms);
}

/* Is it a session's? */
static inline bool zowner_is_session(int64_t owner)
{
	return owner != ZOWNER_NONE && owner != ZOWNER_CONTAINER &&
	       !zowner_is_ttl(owner);
}

/* Of a node that has, or had, children. */
struct zdir {
	struct hf_list children; /* struct znode, by siblings; oldest first */
	int64_t pzxid;
	int32_t created;  /* children ever; wraps as ZooKeeper's cversion */
	int32_t seq_base; /* added to it in sequential names */
	uint32_t count;
};

/* A node's bytes. */
struct zdata {
	uint32_t len;
	char bytes[];
};

/*
 * There may be millions: what few of them have is kept apart. The name lies
 * behind the node, and its length is in what the table leaves us of its link.
 */
struct znode {
	struct hf_table_node link; /* by parent and name */
	struct znode *parent;      /* NULL: the root */
	struct hf_list siblings;
	struct zdir *dir;         /* NULL: never had a child */
	const struct zdata *data; /* NULL: as a client gave it, not empty */
	struct acl *acl;
	int64_t czxid, mzxid;
	int64_t ctime_ms, mtime_ms; /* wall clock */
	int32_t version, aversion;
};

/* What a session's nodes, containers and nodes with a TTL are. */
struct znode_owned {
	struct znode node;
	struct hf_list owned; /* with others of its session, or of its kind */
	int64_t owner;
};

struct ztree;

struct ztree_counts {
	size_t nodes;      /* with the root */
	size_t ephemerals; /* of sessions */
	size_t data_bytes; /* of names and data, as ZooKeeper counts them */
};

/* With the root and /zookeeper, /zookeeper/quota and /zookeeper/config. */
struct ztree *ztree_new(struct acl_table *acls, uint64_t seed);
void ztree_free(struct ztree **tree);

const struct ztree_counts *ztree_counts(const struct ztree *tree);
/*
 * Bytes, about. Of each node with its whole path, although that is not kept:
 * so what lists nodes by their paths is not much more either.
 */
size_t ztree_memory(const struct ztree *tree);

struct znode *ztree_root(struct ztree *tree);

/* NULL: there is none. "" is the root too, as in ZooKeeper. */
struct znode *ztree_find(struct ztree *tree, struct hf_slice path);
struct znode *ztree_child(struct ztree *tree, struct znode *parent,
			  struct hf_slice name);

/*
 * A node in no tree yet, all fields but name and owner zero; acl is to be set.
 * One that is made without an owner never gets one, unless it is ownable.
 */
struct znode *znode_new(struct hf_slice name, int64_t owner);
struct znode *znode_new_ownable(struct hf_slice name);
void znode_free(struct ztree *tree, struct znode *node);

struct hf_slice znode_name(const struct znode *node);
int64_t znode_owner(const struct znode *node);

/* What it adds to ztree_memory(). */
size_t znode_memory(struct hf_slice path, struct hf_slice data);

/* NULL data stays NULL. */
void znode_set_data(struct ztree *tree, struct znode *node,
		    struct hf_slice data);
struct hf_slice znode_data(const struct znode *node);
static inline uint32_t znode_data_len(const struct znode *node)
{
	return node->data == NULL ? 0 : node->data->len;
}

/*
 * Puts node below parent, which has none of its name; takes it out of the
 * tree, with no child left. Neither touches a counter of the parent's.
 */
void ztree_attach(struct ztree *tree, struct znode *parent, struct znode *node);
void ztree_detach(struct ztree *tree, struct znode *node);

/*
 * Of a node in the tree; whatever is below it stays. False: it is
 * not ownable.
 */
bool ztree_set_owner(struct ztree *tree, struct znode *node, int64_t owner);

/* Made if it was not there. */
struct zdir *znode_dir(struct znode *node);
static inline uint32_t znode_children(const struct znode *node)
{
	return node->dir == NULL ? 0 : node->dir->count;
}
static inline int32_t znode_created(const struct znode *node)
{
	return node->dir == NULL ? 0 : node->dir->created;
}
static inline int64_t znode_pzxid(const struct znode *node)
{
	return node->dir == NULL ? node->czxid : node->dir->pzxid;
}

/* The last change of it: of its data, or of which children it has. */
static inline int64_t znode_zxid(const struct znode *node)
{
	int64_t pzxid = znode_pzxid(node);

	return pzxid > node->mzxid ? pzxid : node->mzxid;
}

/* The number that its next sequential child gets. */
int32_t znode_next_number(const struct znode *node);

/* What clients are told; of its owner only if that is a session. */
void znode_stat(const struct znode *node, struct zk_stat *out);

/* Its path is added to out. */
void znode_path(const struct znode *node, struct hf_buf *out);

/* The node after this one in a walk over top and all below; NULL: the end. */
struct znode *znode_next(struct znode *node, const struct znode *top);

/*
 * A session's nodes, the containers (ZOWNER_CONTAINER) or the nodes with a TTL
 * (any such owner), by owned; NULL: there are none.
 */
struct hf_list *ztree_owned(struct ztree *tree, int64_t owner);
size_t ztree_count_owned(struct ztree *tree, int64_t owner);
size_t ztree_owned_path_bytes(struct ztree *tree, int64_t owner);
static inline struct znode *znode_of_owned(struct hf_list *owned)
{
	return &HF_CONTAINER_OF(owned, struct znode_owned, owned)->node;
}

/* As hf_table_scan(), over all nodes but the root. */
typedef void ztree_each_fn(void *arg, struct znode *node);
uint64_t ztree_scan(struct ztree *tree, uint64_t cursor, ztree_each_fn *each,
		    void *arg);

/* Each owner that is a session, with how many nodes, for people. */
typedef void ztree_owner_fn(void *arg, int64_t owner, struct hf_list *nodes);
void ztree_each_owner(struct ztree *tree, ztree_owner_fn *each, void *arg);

#endif
