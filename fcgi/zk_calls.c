#include "config.h"

#include "fcgi/zk_calls.h"

static void add_path(struct zkc_batch *batch, enum zk_op op, const char *path)
{
	const struct zk_path record = { hf_slice_of(path) };

	zk_put_path(zkc_batch_begin(batch, op), &record);
}

/* Whether to watch it: we never do. */
static void add_read(struct zkc_batch *batch, enum zk_op op, const char *path)
{
	const struct zk_path_watch record = { .path = hf_slice_of(path) };

	zk_put_path_watch(zkc_batch_begin(batch, op), &record);
}

void zk_add_sync(struct zkc_batch *batch, const char *path)
{
	add_path(batch, ZK_OP_SYNC, path);
}

void zk_add_exists(struct zkc_batch *batch, const char *path)
{
	add_read(batch, ZK_OP_EXISTS, path);
}

void zk_add_get_data(struct zkc_batch *batch, const char *path)
{
	add_read(batch, ZK_OP_GET_DATA, path);
}

void zk_add_get_children(struct zkc_batch *batch, const char *path)
{
	add_read(batch, ZK_OP_GET_CHILDREN, path);
}

void zk_add_get_ephemerals(struct zkc_batch *batch, const char *prefix)
{
	add_path(batch, ZK_OP_GET_EPHEMERALS, prefix);
}

static void put_set_data(struct hf_buf *out, const char *path,
			 struct hf_slice data, int32_t version)
{
	const struct zk_set_data_request record = { hf_slice_of(path), data,
						    version };

	zk_put_set_data_request(out, &record);
}

void zk_add_set_data(struct zkc_batch *batch, const char *path,
		     struct hf_slice data)
{
	put_set_data(zkc_batch_begin(batch, ZK_OP_SET_DATA), path, data,
		     ZK_ANY_VERSION);
}

static enum zk_op create_op(int32_t mode)
{
	return mode == ZK_CONTAINER ? ZK_OP_CREATE_CONTAINER : ZK_OP_CREATE2;
}

/* The world may do all, as the service is reached by workers alone. */
static void put_create(struct hf_buf *out, int32_t mode, const char *path,
		       struct hf_slice data)
{
	static const struct zk_acl open = {
		.perms = ZK_PERM_ALL,
		.id = { HF_SLICE_INIT("world"), HF_SLICE_INIT("anyone") },
	};
	struct zk_create_request record = {
		.path = hf_slice_of(path),
		.data = data,
		.flags = mode,
	};
	struct hf_buf acl;

	hf_buf_init(&acl, 64);
	zk_put_acl(&acl, &open);
	record.acl = (struct zk_vector){ 1, hf_buf_slice(&acl) };
	zk_put_create_request(out, &record);
	hf_buf_fini(&acl);
}

void zk_add_create(struct zkc_batch *batch, int32_t mode, const char *path,
		   struct hf_slice data)
{
	put_create(zkc_batch_begin(batch, create_op(mode)), mode, path, data);
}

static void put_path_version(struct hf_buf *out, const char *path,
			     int32_t version)
{
	const struct zk_path_version record = { hf_slice_of(path), version };

	zk_put_path_version(out, &record);
}

void zk_add_delete(struct zkc_batch *batch, const char *path, int32_t version)
{
	put_path_version(zkc_batch_begin(batch, ZK_OP_DELETE), path, version);
}

/* ---- multi --------------------------------------------------------------- */

static void put_head(struct hf_buf *multi, int32_t op, bool done)
{
	const struct zk_multi_header head = { op, done, -1 };

	zk_put_multi_header(multi, &head);
}

struct hf_buf *zk_begin_multi(struct zkc_batch *batch)
{
	return zkc_batch_begin(batch, ZK_OP_MULTI);
}

void zk_multi_check(struct hf_buf *multi, const char *path)
{
	put_head(multi, ZK_OP_CHECK, false);
	put_path_version(multi, path, ZK_ANY_VERSION);
}

void zk_multi_create(struct hf_buf *multi, int32_t mode, const char *path,
		     struct hf_slice data)
{
	put_head(multi, create_op(mode), false);
	put_create(multi, mode, path, data);
}

void zk_multi_set_data(struct hf_buf *multi, const char *path,
		       struct hf_slice data, int32_t version)
{
	put_head(multi, ZK_OP_SET_DATA, false);
	put_set_data(multi, path, data, version);
}

void zk_end_multi(struct hf_buf *multi)
{
	put_head(multi, ZK_OP_ERROR, true);
}

/* ---- answers ------------------------------------------------------------- */

struct zk_stat zk_read_stat(struct hf_rd *answer)
{
	struct zk_stat stat;

	zk_get_stat(answer, &stat);
	return stat;
}

struct zk_vector zk_read_names(struct hf_rd *answer)
{
	struct zk_only_texts record;

	zk_get_only_texts(answer, &record);
	return record.texts;
}

int32_t zk_read_multi(struct hf_rd *answer, bool *stat_out)
{
	struct zk_multi_header head;
	struct zk_error error;

	zk_get_multi_header(answer, &head);
	*stat_out = head.op == ZK_OP_CREATE2 || head.op == ZK_OP_SET_DATA;
	if (head.op != ZK_OP_ERROR)
		return 0;
	zk_get_error(answer, &error);
	return error.err;
}

void zk_read_multi_end(struct hf_rd *answer)
{
	struct zk_multi_header head;

	zk_get_multi_header(answer, &head);
}
