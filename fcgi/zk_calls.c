#include "config.h"

#include "fcgi/zk_calls.h"

enum op {
	OP_DELETE = 2,
	OP_EXISTS = 3,
	OP_GET_DATA = 4,
	OP_SET_DATA = 5,
	OP_GET_CHILDREN = 8,
	OP_SYNC = 9,
	OP_CHECK = 13,
	OP_MULTI = 14,
	OP_CREATE2 = 15,
	OP_CREATE_CONTAINER = 19,
	OP_GET_EPHEMERALS = 103,
	OP_ERROR = -1, /* of a multi's results */
};

enum { PERMS_ALL = 31 };

static void add_text(struct hf_buf *out, const char *text)
{
	hf_wr_blob(out, hf_slice_of(text));
}

static void add_path(struct zkc_batch *batch, enum op op, const char *path)
{
	add_text(zkc_batch_begin(batch, op), path);
}

/* Reads of a path end with whether to watch it. We never do. */
static void add_read(struct zkc_batch *batch, enum op op, const char *path)
{
	struct hf_buf *out = zkc_batch_begin(batch, op);

	add_text(out, path);
	hf_wr_u8(out, 0);
}

void zk_add_sync(struct zkc_batch *batch, const char *path)
{
	add_path(batch, OP_SYNC, path);
}

void zk_add_exists(struct zkc_batch *batch, const char *path)
{
	add_read(batch, OP_EXISTS, path);
}

void zk_add_get_data(struct zkc_batch *batch, const char *path)
{
	add_read(batch, OP_GET_DATA, path);
}

void zk_add_get_children(struct zkc_batch *batch, const char *path)
{
	add_read(batch, OP_GET_CHILDREN, path);
}

void zk_add_get_ephemerals(struct zkc_batch *batch, const char *prefix)
{
	add_path(batch, OP_GET_EPHEMERALS, prefix);
}

static void put_set_data(struct hf_buf *out, const char *path,
			 struct hf_slice data, int32_t version)
{
	add_text(out, path);
	hf_wr_blob(out, data);
	hf_wr_u32(out, (uint32_t)version);
}

void zk_add_set_data(struct zkc_batch *batch, const char *path,
		     struct hf_slice data)
{
	put_set_data(zkc_batch_begin(batch, OP_SET_DATA), path, data,
		     ZK_ANY_VERSION);
}

static enum op create_op(enum zk_create kind)
{
	return kind == ZK_CONTAINER ? OP_CREATE_CONTAINER : OP_CREATE2;
}

/* World may do all, as the service is reached by workers alone. */
static void put_create(struct hf_buf *out, enum zk_create kind,
		       const char *path, struct hf_slice data)
{
	static const uint32_t flags[] = {
		[ZK_PERSISTENT] = 0,
		[ZK_EPHEMERAL_SEQUENTIAL] = 3,
		[ZK_CONTAINER] = 4,
	};

	add_text(out, path);
	hf_wr_blob(out, data);
	hf_wr_u32(out, 1);
	hf_wr_u32(out, PERMS_ALL);
	add_text(out, "world");
	add_text(out, "anyone");
	hf_wr_u32(out, flags[kind]);
}

void zk_add_create(struct zkc_batch *batch, enum zk_create kind,
		   const char *path, struct hf_slice data)
{
	put_create(zkc_batch_begin(batch, create_op(kind)), kind, path, data);
}

void zk_add_delete(struct zkc_batch *batch, const char *path, int32_t version)
{
	struct hf_buf *out = zkc_batch_begin(batch, OP_DELETE);

	add_text(out, path);
	hf_wr_u32(out, (uint32_t)version);
}

/* ---- multi --------------------------------------------------------------- */

static void put_multi_head(struct hf_buf *multi, int32_t op, bool done)
{
	hf_wr_u32(multi, (uint32_t)op);
	hf_wr_u8(multi, done);
	hf_wr_u32(multi, (uint32_t)-1);
}

struct hf_buf *zk_begin_multi(struct zkc_batch *batch)
{
	return zkc_batch_begin(batch, OP_MULTI);
}

void zk_multi_check(struct hf_buf *multi, const char *path)
{
	put_multi_head(multi, OP_CHECK, false);
	add_text(multi, path);
	hf_wr_u32(multi, (uint32_t)ZK_ANY_VERSION);
}

void zk_multi_create(struct hf_buf *multi, enum zk_create kind,
		     const char *path, struct hf_slice data)
{
	put_multi_head(multi, create_op(kind), false);
	put_create(multi, kind, path, data);
}

void zk_multi_set_data(struct hf_buf *multi, const char *path,
		       struct hf_slice data, int32_t version)
{
	put_multi_head(multi, OP_SET_DATA, false);
	put_set_data(multi, path, data, version);
}

void zk_end_multi(struct hf_buf *multi)
{
	put_multi_head(multi, -1, true);
}

/* ---- answers ------------------------------------------------------------- */

struct zk_stat zk_read_stat(struct hf_rd *answer)
{
	struct zk_stat stat;

	stat.czxid = hf_rd_i64(answer);
	(void)hf_rd_i64(answer); /* mzxid */
	(void)hf_rd_i64(answer); /* ctime */
	stat.mtime_ms = hf_rd_i64(answer);
	stat.version = (int32_t)hf_rd_u32(answer);
	/* cversion, aversion, ephemeralOwner, dataLength, numChildren, pzxid */
	(void)hf_rd_bytes(answer, 4 + 4 + 8 + 4 + 4 + 8);
	return stat;
}

struct hf_slice zk_read_data(struct hf_rd *answer)
{
	uint32_t len = hf_rd_u32(answer);

	/* -1 is none at all. */
	return hf_rd_bytes(answer, len == UINT32_MAX ? 0 : len);
}

size_t zk_read_count(struct hf_rd *answer)
{
	uint32_t count = hf_rd_u32(answer);

	/* Each name has a length at least. */
	if (count > answer->left / 4) {
		answer->bad = answer->bad || count != UINT32_MAX;
		return 0;
	}
	return count;
}

struct hf_slice zk_read_name(struct hf_rd *answer)
{
	return hf_rd_blob(answer);
}

int32_t zk_read_multi(struct hf_rd *answer, bool *stat_out)
{
	int32_t op = (int32_t)hf_rd_u32(answer);

	*stat_out = op == OP_CREATE2 || op == OP_SET_DATA;
	(void)hf_rd_u8(answer);
	(void)hf_rd_u32(answer); /* the error, again */
	return op == OP_ERROR ? (int32_t)hf_rd_u32(answer) : 0;
}

void zk_read_multi_end(struct hf_rd *answer)
{
	(void)hf_rd_bytes(answer, 9);
}
