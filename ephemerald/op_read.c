#include "config.h"

#include "ephemerald/request.h"

#include "ephemerald/zpath.h"

/* The reply is about this path alone: its node, or (NULL) that it has none. */
static void tell_of(struct call *call, const struct znode *node,
		    struct hf_slice path)
{
	const struct zdb *db = &call->e->db;

	call->tells_zxid = node != NULL ? zdb_zxid_of_node(db, node)
					: zdb_zxid_of_path(db, path);
}

/* The node of path that the client may read, in *node_out. */
static int readable(struct call *call, struct hf_slice path, uint32_t perms,
		    struct znode **node_out)
{
	if (call_bad(call, path))
		return ZK_MARSHALLING;
	*node_out = ztree_find(call->e->db.tree, path);
	tell_of(call, *node_out, path);
	if (*node_out == NULL)
		return ZK_NO_NODE;
	return acl_allows((*node_out)->acl, &call->client->who, perms)
		   ? ZK_OK
		   : ZK_NO_AUTH;
}

static int watch_if(struct call *call, const struct zk_path_watch *request,
		    unsigned kind)
{
	if (!request->watch)
		return ZK_OK;
	return zdb_watch(&call->e->db, &call->client->watcher, request->path,
			 kind) < 0
		   ? ZK_SYSTEM_ERROR
		   : ZK_OK;
}

/* A node that is not there is watched all the same. */
int op_exists(struct call *call)
{
	struct zk_path_watch request;
	struct zk_only_stat response;
	struct znode *node;
	int err;

	zk_get_path_watch(&call->rd, &request);
	if (call_bad(call, request.path))
		return ZK_MARSHALLING;
	if (zpath_has_nul(request.path))
		return ZK_BAD_ARGUMENTS;
	err = watch_if(call, &request, WATCH_DATA);
	if (err != ZK_OK)
		return err;
	node = ztree_find(call->e->db.tree, request.path);
	tell_of(call, node, request.path);
	if (node == NULL)
		return ZK_NO_NODE;
	znode_stat(node, &response.stat);
	zk_put_only_stat(call->body, &response);
	return ZK_OK;
}

static int put_data(struct call *call, const struct zk_path_watch *request)
{
	struct zk_get_data_response response;
	struct znode *node;
	int err = readable(call, request->path, ZK_PERM_READ, &node);

	if (err == ZK_OK)
		err = watch_if(call, request, WATCH_DATA);
	if (err != ZK_OK)
		return err;
	response.data = znode_data(node);
	znode_stat(node, &response.stat);
	zk_put_get_data_response(call->body, &response);
	return ZK_OK;
}

int op_get_data(struct call *call)
{
	struct zk_path_watch request;

	zk_get_path_watch(&call->rd, &request);
	return put_data(call, &request);
}

static void put_names(struct hf_buf *out, const struct znode *node)
{
	hf_wr_u32(out, znode_children(node));
	if (node->dir == NULL)
		return;
	HF_LIST_FOREACH (it, &node->dir->children) {
		struct znode *child =
		    HF_CONTAINER_OF(it, struct znode, siblings);

		zk_put_text(out, znode_name(child));
	}
}

static int put_children(struct call *call, const struct zk_path_watch *request,
			bool with_stat)
{
	struct zk_stat stat;
	struct znode *node;
	int err = readable(call, request->path, ZK_PERM_READ, &node);

	if (err == ZK_OK)
		err = watch_if(call, request, WATCH_CHILD);
	if (err != ZK_OK)
		return err;
	put_names(call->body, node);
	if (with_stat) {
		znode_stat(node, &stat);
		zk_put_stat(call->body, &stat);
	}
	return ZK_OK;
}

int op_get_children(struct call *call)
{
	struct zk_path_watch request;

	zk_get_path_watch(&call->rd, &request);
	return put_children(call, &request, false);
}

int op_get_children2(struct call *call)
{
	struct zk_path_watch request;

	zk_get_path_watch(&call->rd, &request);
	return put_children(call, &request, true);
}

int op_get_all_children_number(struct call *call)
{
	struct zk_path request;
	struct zk_count response = { 0 };
	struct znode *node, *top;
	int err;

	zk_get_path(&call->rd, &request);
	err = readable(call, request.path, ZK_PERM_READ, &top);
	if (err != ZK_OK)
		return err;
	call->tells_zxid = ZXID_LAST; /* of all below */
	for (node = znode_next(top, top); node != NULL;
	     node = znode_next(node, top))
		response.count++;
	zk_put_count(call->body, &response);
	return ZK_OK;
}

/* Of passwords' hashes, only who may change the ACL sees more than "x". */
static void put_masked(struct hf_buf *out, struct zk_vector entries)
{
	struct zk_acl entry;

	hf_wr_u32(out, (uint32_t)entries.count);
	while (zk_next_acl(&entries, &entry)) {
		const char *colon =
		    memchr(entry.id.id.data, ':', entry.id.id.len);
		struct hf_buf masked;

		hf_buf_init(&masked, entry.id.id.len + 2);
		if (hf_slice_eq(entry.id.scheme, HF_SLICE("digest")) &&
		    colon != NULL) {
			hf_buf_add(&masked, entry.id.id.data,
				   (size_t)(colon - entry.id.id.data));
			hf_buf_add(&masked, ":x", 2);
			entry.id.id = hf_buf_slice(&masked);
		}
		zk_put_acl(out, &entry);
		hf_buf_fini(&masked);
	}
}

int op_get_acl(struct call *call)
{
	struct zk_path request;
	struct zk_vector entries;
	struct zk_stat stat;
	struct znode *node;
	int err;

	zk_get_path(&call->rd, &request);
	err = readable(call, request.path, ZK_PERM_READ | ZK_PERM_ADMIN, &node);
	if (err != ZK_OK)
		return err;
	entries = acl_entries(node->acl);
	if (acl_allows(node->acl, &call->client->who, ZK_PERM_ADMIN))
		zk_put_vector(call->body, &entries);
	else
		put_masked(call->body, entries);
	znode_stat(node, &stat);
	zk_put_stat(call->body, &stat);
	return ZK_OK;
}

static bool all_wanted(struct hf_slice prefix)
{
	size_t blank = 0;

	while (blank < prefix.len && prefix.data[blank] == ' ')
		blank++;
	return prefix.data == NULL || blank == prefix.len ||
	       hf_slice_eq(prefix, HF_SLICE("/"));
}

static bool starts_with(struct hf_slice text, struct hf_slice prefix)
{
	return text.len >= prefix.len &&
	       memcmp(text.data, prefix.data, prefix.len) == 0;
}

int op_get_ephemerals(struct call *call)
{
	struct hf_list *nodes =
	    ztree_owned(call->e->db.tree, call->client->session->id);
	struct zk_path request; /* a prefix */
	struct zk_only_texts response = { { 0, { "", 0 } } };
	struct hf_buf texts, path;

	zk_get_path(&call->rd, &request);
	if (call->rd.bad)
		return ZK_MARSHALLING;
	hf_buf_init(&texts, call->body->max);
	hf_buf_init(&path, SIZE_MAX / 2);
	for (struct hf_list *it = nodes == NULL ? NULL : nodes->next;
	     it != NULL && it != nodes; it = it->next) {
		hf_buf_truncate(&path, 0);
		znode_path(znode_of_owned(it), &path);
		if (!all_wanted(request.path) &&
		    !starts_with(hf_buf_slice(&path), request.path))
			continue;
		zk_put_text(&texts, hf_buf_slice(&path));
		response.texts.count++;
	}
	response.texts.bytes = hf_buf_slice(&texts);
	call->body->failed |= hf_buf_failed(&texts);
	zk_put_only_texts(call->body, &response);
	hf_buf_fini(&texts);
	hf_buf_fini(&path);
	return ZK_OK;
}

/* One server: what is asked for has happened. */
int op_sync(struct call *call)
{
	struct zk_path request;

	zk_get_path(&call->rd, &request);
	if (call->rd.bad)
		return ZK_MARSHALLING;
	zk_put_path(call->body, &request);
	return ZK_OK;
}

/* Without the hash of a digest. */
int op_who_am_i(struct call *call)
{
	const struct acl_who *who = &call->client->who;
	struct hf_rd rd = hf_rd_of(hf_buf_slice(&who->ids));
	struct zk_id id;

	call->tells_zxid = 0;
	hf_wr_u32(call->body, (uint32_t)who->count);
	while (acl_who_next(&rd, &id)) {
		struct zk_client_info info = { id.scheme, id.id };
		const char *colon = memchr(id.id.data, ':', id.id.len);

		if (hf_slice_eq(id.scheme, HF_SLICE("digest")) && colon != NULL)
			info.user.len = (size_t)(colon - id.id.data);
		zk_put_client_info(call->body, &info);
	}
	return ZK_OK;
}

/* ---- several at once ------------------------------------------------------
 */

/* As in ZooKeeper, what is read among others is never watched. */
static int read_one(struct call *call, int32_t op)
{
	struct zk_path_watch request;

	zk_get_path_watch(&call->rd, &request);
	request.watch = false;
	switch (op) {
	case ZK_OP_GET_DATA:
		return put_data(call, &request);
	case ZK_OP_GET_CHILDREN:
		return put_children(call, &request, false);
	default:
		return ZK_MARSHALLING;
	}
}

static void put_header(struct hf_buf *out, int32_t op, bool done, int32_t err)
{
	struct zk_multi_header header = { op, done, err };

	zk_put_multi_header(out, &header);
}

static void put_error(struct hf_buf *out, int32_t err)
{
	struct zk_error error = { err };

	put_header(out, ZK_OP_ERROR, false, err);
	zk_put_error(out, &error);
}

/* Each answers for itself; one that cannot be read spoils all. */
int op_multi_read(struct call *call)
{
	struct zk_multi_header header;
	int64_t tells_zxid = 0;

	for (;;) {
		size_t begun = hf_buf_len(call->body);
		int err;

		zk_get_multi_header(&call->rd, &header);
		if (call->rd.bad)
			return ZK_MARSHALLING;
		if (header.done)
			break;
		put_header(call->body, header.op, false, ZK_OK);
		err = read_one(call, header.op);
		if (err == ZK_MARSHALLING)
			return err;
		if (call->tells_zxid > tells_zxid)
			tells_zxid = call->tells_zxid;
		if (err == ZK_OK)
			continue;
		hf_buf_truncate(call->body, begun);
		put_error(call->body, err);
	}
	put_header(call->body, -1, true, -1);
	call->tells_zxid = tells_zxid; /* not of the last node alone */
	return ZK_OK;
}
