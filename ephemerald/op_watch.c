#include "config.h"

#include "ephemerald/request.h"

#include "ephemerald/events.h"

/* ---- watches that a client had, set again ---------------------------------
 */

/* What a node tells about a watch that was set before; 0: nothing. */
typedef enum zk_event missed_fn(const struct znode *node, int64_t zxid);

static enum zk_event missed_data(const struct znode *node, int64_t zxid)
{
	if (node == NULL)
		return ZK_EVENT_DELETED;
	return node->mzxid > zxid ? ZK_EVENT_DATA_CHANGED : (enum zk_event)0;
}

static enum zk_event missed_exist(const struct znode *node, int64_t zxid)
{
	HF_UNUSED(zxid);
	return node != NULL ? ZK_EVENT_CREATED : (enum zk_event)0;
}

static enum zk_event missed_child(const struct znode *node, int64_t zxid)
{
	if (node == NULL)
		return ZK_EVENT_DELETED;
	return znode_pzxid(node) > zxid ? ZK_EVENT_CHILDREN_CHANGED
					: (enum zk_event)0;
}

static enum zk_event missed_nothing(const struct znode *node, int64_t zxid)
{
	HF_UNUSED(node);
	HF_UNUSED(zxid);
	return (enum zk_event)0;
}

static int set_again(struct call *call, struct zk_vector paths, int64_t zxid,
		     missed_fn *missed, unsigned kind)
{
	struct hf_slice path;

	if (paths.count < 0)
		return ZK_MARSHALLING;
	while (zk_next_text(&paths, &path)) {
		enum zk_event event;

		if (path.data == NULL)
			return ZK_MARSHALLING;
		event = missed(ztree_find(call->e->db.tree, path), zxid);
		if (event != 0)
			events_send(call->e, call->client, event, path,
				    zdb_zxid_of_path(&call->e->db, path));
		else if (zdb_watch(&call->e->db, &call->client->watcher, path,
				   kind) < 0)
			return ZK_SYSTEM_ERROR;
	}
	return ZK_OK;
}

static int set_all(struct call *call, const struct zk_set_watches2 *request)
{
	const struct {
		struct zk_vector paths;
		missed_fn *missed;
		unsigned kind;
	} lists[] = {
		{ request->data, missed_data, WATCH_DATA },
		{ request->exist, missed_exist, WATCH_DATA },
		{ request->child, missed_child, WATCH_CHILD },
		{ request->persistent, missed_nothing, WATCH_PERSISTENT },
		{ request->recursive, missed_nothing, WATCH_RECURSIVE },
	};
	int err = ZK_OK;

	call->tells_zxid = 0; /* what the events tell, they wait for */
	for (size_t i = 0; err == ZK_OK && i < HF_LEN(lists); i++)
		err = set_again(call, lists[i].paths, request->relative_zxid,
				lists[i].missed, lists[i].kind);
	return err;
}

int op_set_watches(struct call *call)
{
	struct zk_set_watches old;
	struct zk_set_watches2 request = { .relative_zxid = 0 };

	zk_get_set_watches(&call->rd, &old);
	if (call->rd.bad)
		return ZK_MARSHALLING;
	request.relative_zxid = old.relative_zxid;
	request.data = old.data;
	request.exist = old.exist;
	request.child = old.child;
	return set_all(call, &request);
}

int op_set_watches2(struct call *call)
{
	struct zk_set_watches2 request;

	zk_get_set_watches2(&call->rd, &request);
	return call->rd.bad ? ZK_MARSHALLING : set_all(call, &request);
}

/* ---- one at a time --------------------------------------------------------
 */

/* The reply has a body, of four bytes: clients wait for them. */
int op_add_watch(struct call *call)
{
	struct zk_path_type request; /* its type is the mode */
	struct zk_error response = { ZK_OK };
	unsigned kind;

	call->tells_zxid = 0;
	zk_get_path_type(&call->rd, &request);
	if (call_bad(call, request.path) ||
	    (request.type != ZK_ADD_WATCH_PERSISTENT &&
	     request.type != ZK_ADD_WATCH_RECURSIVE))
		return ZK_MARSHALLING;
	kind = request.type == ZK_ADD_WATCH_RECURSIVE ? WATCH_RECURSIVE
						      : WATCH_PERSISTENT;
	if (zdb_watch(&call->e->db, &call->client->watcher, request.path,
		      kind) < 0)
		return ZK_SYSTEM_ERROR;
	zk_put_error(call->body, &response);
	return ZK_OK;
}

/* The kinds that a WatcherType means; 0: there is no such type. */
static unsigned kinds_of(int32_t type)
{
	switch (type) {
	case ZK_WATCHER_CHILDREN:
		return WATCH_OF_CHILDREN;
	case ZK_WATCHER_DATA:
		return WATCH_OF_DATA;
	case ZK_WATCHER_ANY:
		return WATCH_ANY;
	default:
		return 0;
	}
}

int op_check_watches(struct call *call)
{
	struct zk_path_type request;
	unsigned kinds;

	zk_get_path_type(&call->rd, &request);
	kinds = kinds_of(request.type);
	if (call_bad(call, request.path) || kinds == 0)
		return ZK_MARSHALLING;
	/* ZooKeeper goes up the path: from "" nowhere, from "a" there is no
	 * way. */
	if (request.path.len == 0)
		return ZK_NO_WATCHER;
	if (request.path.data[0] != '/')
		return ZK_MARSHALLING;
	return (watch_kinds(call->e->db.watches, &call->client->watcher,
			    request.path) &
		kinds) != 0
		   ? ZK_OK
		   : ZK_NO_WATCHER;
}

int op_remove_watches(struct call *call)
{
	struct zk_path_type request;
	unsigned kinds;

	zk_get_path_type(&call->rd, &request);
	kinds = kinds_of(request.type);
	if (call->rd.bad || kinds == 0)
		return ZK_MARSHALLING;
	return request.path.data != NULL &&
		       watch_remove(call->e->db.watches, &call->client->watcher,
				    request.path, kinds)
		   ? ZK_OK
		   : ZK_NO_WATCHER;
}
