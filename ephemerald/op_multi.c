#include "config.h"

#include "ephemerald/op_write.h"

#include "libhold/clock.h"

/* Which operations a transaction may have. */
static bool may_be_in(int32_t op)
{
	switch (op) {
	case ZK_OP_CREATE:
	case ZK_OP_CREATE2:
	case ZK_OP_CREATE_CONTAINER:
	case ZK_OP_CREATE_TTL:
	case ZK_OP_DELETE:
	case ZK_OP_SET_DATA:
	case ZK_OP_CHECK:
		return true;
	default:
		return false;
	}
}

/* As in ZooKeeper, where only the flags of what creates tell its kind. */
static void set_kind(struct write *write)
{
	enum zk_op kind = ZK_OP_CREATE;

	if (write->op != ZK_OP_CREATE && write->op != ZK_OP_CREATE2 &&
	    write->op != ZK_OP_CREATE_CONTAINER &&
	    write->op != ZK_OP_CREATE_TTL)
		return;
	if (write->create.flags == ZK_CONTAINER)
		kind = ZK_OP_CREATE_CONTAINER;
	if (write->create.flags == ZK_PERSISTENT_WITH_TTL ||
	    write->create.flags == ZK_PERSISTENT_SEQUENTIAL_WITH_TTL)
		kind = ZK_OP_CREATE_TTL;
	write->broken = kind == ZK_OP_CREATE_TTL && write->op != kind;
	write->op = write->create.op = kind;
}

/* The next operation; 1, 0 at the end, or -1 for what cannot be read. */
static int next(struct call *call, struct write *out)
{
	struct zk_multi_header header;

	zk_get_multi_header(&call->rd, &header);
	if (call->rd.bad)
		return -1;
	if (header.done)
		return 0;
	if (!may_be_in(header.op) || !write_read(call, header.op, out))
		return -1;
	set_kind(out);
	return 1;
}

/* All are read before the first one runs. How many, or -1. */
static int count_all(struct call *call)
{
	struct hf_rd from = call->rd;
	struct write write;
	int n = 0, more;

	while ((more = next(call, &write)) > 0)
		n++;
	call->rd = from;
	return more < 0 ? -1 : n;
}

static void put_header(struct hf_buf *out, int32_t op, bool done, int32_t err)
{
	struct zk_multi_header header = { op, done, err };

	zk_put_multi_header(out, &header);
}

/* As ZooKeeper names results: what gives a Stat is a create2. */
static int32_t result_op(int32_t op)
{
	return op == ZK_OP_CREATE_CONTAINER || op == ZK_OP_CREATE_TTL
		   ? ZK_OP_CREATE2
		   : op;
}

/* Those before the one that failed were fine, those after were not tried. */
static void put_failure(struct hf_buf *out, int n, int failed, int err)
{
	hf_buf_truncate(out, 0);
	for (int i = 0; i < n; i++) {
		struct zk_error error = { i < failed ? ZK_OK
					  : i == failed
					      ? err
					      : ZK_RUNTIME_INCONSISTENCY };

		put_header(out, ZK_OP_ERROR, false, error.err);
		zk_put_error(out, &error);
	}
}

/* Gives how many went well. */
static int run_all(struct call *call, struct txn *txn, int n, int *err_out)
{
	struct write write;

	*err_out = ZK_OK;
	for (int i = 0; i < n; i++) {
		if (next(call, &write) <= 0)
			return i; /* they were all read before */
		put_header(call->body, result_op(write.op), false, ZK_OK);
		*err_out = write.broken ? ZK_MARSHALLING
					: write_run(call, txn, &write);
		if (*err_out != ZK_OK)
			return i;
	}
	return n;
}

int op_multi(struct call *call)
{
	int n = count_all(call), done, err;
	struct txn txn;

	if (n < 0) {
		zdb_next_zxid(&call->e->db);
		return ZK_MARSHALLING;
	}
	txn_begin(&txn, &call->e->db, &call->client->who, hf_wall_ms());
	done = run_all(call, &txn, n, &err);
	if (err == ZK_OK) {
		txn_commit(&txn);
	} else {
		txn_abort(&txn);
		put_failure(call->body, n, done, err);
	}
	if (err == ZK_MARSHALLING)
		return err;
	put_header(call->body, -1, true, -1);
	return ZK_OK;
}
