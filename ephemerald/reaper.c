#include "config.h"

#include "ephemerald/reaper.h"

#include "ephemerald/persist.h"
#include "ephemerald/txn.h"
#include "libhold/clock.h"

enum { LOOKS_PER_TURN = 1000 };

/* One that was never used is kept: its maker is about to. */
static bool is_over(const struct znode *node, int64_t wall_ms)
{
	int64_t owner = znode_owner(node);

	if (znode_children(node) > 0)
		return false;
	if (owner == ZOWNER_CONTAINER)
		return znode_created(node) > 0;
	return wall_ms - node->mtime_ms > (owner & ZOWNER_TTL_BITS);
}

static void reap(struct ephemerald *e, const struct znode *node,
		 int64_t wall_ms)
{
	struct hf_buf path;
	struct txn txn;

	hf_buf_init(&path, SIZE_MAX / 2);
	znode_path(node, &path);
	txn_begin(&txn, &e->db, NULL, wall_ms);
	if (txn_delete_container(&txn, hf_buf_slice(&path)) == ZK_OK)
		txn_commit(&txn);
	else
		txn_abort(&txn);
	hf_buf_fini(&path);
}

/* The first of the list goes to its end, or away. Gives how many are left. */
static size_t look(struct ephemerald *e, int64_t owner, size_t left)
{
	int64_t wall_ms = hf_wall_ms();

	for (int i = 0; i < LOOKS_PER_TURN && left > 0; i++, left--) {
		struct hf_list *nodes = ztree_owned(e->db.tree, owner);
		struct hf_list *first;
		struct znode *node;

		if (nodes == NULL)
			return 0;
		first = hf_list_first(nodes);
		hf_list_remove(first);
		hf_list_append(nodes, first);
		node = znode_of_owned(first);
		if (is_over(node, wall_ms))
			reap(e, node, wall_ms);
	}
	return left;
}

int64_t reaper_tick(struct ephemerald *e, int64_t now_ms)
{
	struct reaper *r = &e->reaper;
	size_t containers, ttls;

	if (r->next_ms == 0)
		r->next_ms = now_ms + e->settings.container_check_ms;
	if (now_ms >= r->next_ms) {
		r->containers_left =
		    ztree_count_owned(e->db.tree, ZOWNER_CONTAINER);
		r->ttls_left = ztree_count_owned(e->db.tree, zowner_of_ttl(0));
		r->next_ms = now_ms + e->settings.container_check_ms;
	}
	if (persist_refusing(e->persist) != NULL)
		return r->next_ms;
	containers = look(e, ZOWNER_CONTAINER, r->containers_left);
	ttls = look(e, zowner_of_ttl(0), r->ttls_left);
	r->containers_left = containers;
	r->ttls_left = ttls;
	return containers + ttls > 0 ? now_ms : r->next_ms;
}
