#include "config.h"

#include "ephemerald/op_write.h"

#include "libhold/clock.h"

/* ---- reading --------------------------------------------------------------
 */

static void read_create(struct hf_rd *rd, struct write *out)
{
	struct zk_create_request request;

	zk_get_create_request(rd, &request);
	out->path = request.path;
	out->create = (struct txn_create){
		.path = request.path,
		.data = request.data,
		.acl = request.acl,
		.flags = request.flags,
		.ttl_ms = -1,
	};
}

static void read_create_ttl(struct hf_rd *rd, struct write *out)
{
	read_create(rd, out);
	out->create.ttl_ms = hf_rd_i64(rd);
}

static void read_path_version(struct hf_rd *rd, struct write *out)
{
	struct zk_path_version request;

	zk_get_path_version(rd, &request);
	out->path = request.path;
	out->version = request.version;
}

static void read_path(struct hf_rd *rd, struct write *out)
{
	out->path = zk_get_text(rd);
}

static void read_set_data(struct hf_rd *rd, struct write *out)
{
	struct zk_set_data_request request;

	zk_get_set_data_request(rd, &request);
	out->path = request.path;
	out->data = request.data;
	out->version = request.version;
}

static void read_set_acl(struct hf_rd *rd, struct write *out)
{
	struct zk_set_acl_request request;

	zk_get_set_acl_request(rd, &request);
	out->path = request.path;
	out->acl = request.acl;
	out->version = request.version;
}

bool write_read(struct call *call, int32_t op, struct write *out)
{
	static void (*const readers[])(struct hf_rd *, struct write *) = {
		[ZK_OP_CREATE] = read_create,
		[ZK_OP_CREATE2] = read_create,
		[ZK_OP_CREATE_CONTAINER] = read_create,
		[ZK_OP_CREATE_TTL] = read_create_ttl,
		[ZK_OP_DELETE] = read_path_version,
		[ZK_OP_DELETE_CONTAINER] = read_path,
		[ZK_OP_CHECK] = read_path_version,
		[ZK_OP_SET_DATA] = read_set_data,
		[ZK_OP_SET_ACL] = read_set_acl,
	};

	*out = (struct write){ .op = op };
	if (op < 0 || (size_t)op >= HF_LEN(readers) || readers[op] == NULL)
		return false;
	readers[op](&call->rd, out);
	out->create.op = (enum zk_op)op;
	out->create.session = call->client->session->id;
	return !call->rd.bad;
}

/* ---- running --------------------------------------------------------------
 */

static void put_created(struct hf_buf *out, const struct write *write,
			const struct znode *node)
{
	struct zk_path_stat response;
	struct hf_buf path;

	hf_buf_init(&path, SIZE_MAX / 2);
	znode_path(node, &path);
	response.path = hf_buf_slice(&path);
	znode_stat(node, &response.stat);
	/* As it was made: a quota's numbers are put in behind that. */
	response.stat.data_length = (int32_t)write->create.data.len;
	if (write->op == ZK_OP_CREATE)
		zk_put_text(out, response.path);
	else
		zk_put_path_stat(out, &response);
	hf_buf_fini(&path);
}

static void put_stat(struct hf_buf *out, const struct znode *node)
{
	struct zk_only_stat response;

	znode_stat(node, &response.stat);
	zk_put_only_stat(out, &response);
}

static int run_create(struct call *call, struct txn *txn,
		      const struct write *write)
{
	struct znode *node;
	int err = txn_create(txn, &write->create, &node);

	if (err == ZK_OK)
		put_created(call->body, write, node);
	return err;
}

static int run_set_data(struct call *call, struct txn *txn,
			const struct write *write)
{
	struct znode *node;
	int err =
	    txn_set_data(txn, write->path, write->data, write->version, &node);

	if (err == ZK_OK)
		put_stat(call->body, node);
	return err;
}

static int run_set_acl(struct call *call, struct txn *txn,
		       const struct write *write)
{
	struct znode *node;
	int err =
	    txn_set_acl(txn, write->path, write->acl, write->version, &node);

	if (err == ZK_OK)
		put_stat(call->body, node);
	return err;
}

int write_run(struct call *call, struct txn *txn, const struct write *write)
{
	struct znode *node;

	switch (write->op) {
	case ZK_OP_DELETE:
		return txn_delete(txn, write->path, write->version);
	case ZK_OP_DELETE_CONTAINER:
		return txn_delete_container(txn, write->path);
	case ZK_OP_SET_DATA:
		return run_set_data(call, txn, write);
	case ZK_OP_SET_ACL:
		return run_set_acl(call, txn, write);
	case ZK_OP_CHECK:
		return txn_check(txn, write->path, write->version, &node);
	default:
		return run_create(call, txn, write);
	}
}

/* ---- alone ----------------------------------------------------------------
 */

static int run_alone(struct call *call)
{
	struct write write;
	struct txn txn;
	int err;

	if (!write_read(call, call->op, &write)) {
		zdb_next_zxid(&call->e->db); /* as ZooKeeper counts it */
		return ZK_MARSHALLING;
	}
	txn_begin(&txn, &call->e->db, &call->client->who, hf_wall_ms());
	err = write_run(call, &txn, &write);
	if (err == ZK_OK)
		txn_commit(&txn);
	else
		txn_abort(&txn);
	return err;
}

int op_create(struct call *call)
{
	return run_alone(call);
}

int op_delete(struct call *call)
{
	return run_alone(call);
}

int op_delete_container(struct call *call)
{
	return run_alone(call);
}

int op_set_data(struct call *call)
{
	return run_alone(call);
}

int op_set_acl(struct call *call)
{
	return run_alone(call);
}

int op_check(struct call *call)
{
	return run_alone(call);
}
