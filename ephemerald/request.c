#include "config.h"

#include "ephemerald/request.h"

#include "ephemerald/persist.h"
#include "libhold/clock.h"
#include "libhold/log.h"
#include "libhold/zkframe.h"

enum {
	OP_CHANGES = 1, /* refused while the disk refuses */
};

struct op {
	op_fn *run;
	unsigned flags;
};

static const struct op low_ops[] = {
	[ZK_OP_CREATE] = { op_create, OP_CHANGES },
	[ZK_OP_DELETE] = { op_delete, OP_CHANGES },
	[ZK_OP_EXISTS] = { op_exists, 0 },
	[ZK_OP_GET_DATA] = { op_get_data, 0 },
	[ZK_OP_SET_DATA] = { op_set_data, OP_CHANGES },
	[ZK_OP_GET_ACL] = { op_get_acl, 0 },
	[ZK_OP_SET_ACL] = { op_set_acl, OP_CHANGES },
	[ZK_OP_GET_CHILDREN] = { op_get_children, 0 },
	[ZK_OP_SYNC] = { op_sync, 0 },
	[ZK_OP_PING] = { op_ping, 0 },
	[ZK_OP_GET_CHILDREN2] = { op_get_children2, 0 },
	[ZK_OP_CHECK] = { op_check, OP_CHANGES },
	[ZK_OP_MULTI] = { op_multi, OP_CHANGES },
	[ZK_OP_CREATE2] = { op_create, OP_CHANGES },
	[ZK_OP_RECONFIG] = { op_reconfig, 0 },
	[ZK_OP_CHECK_WATCHES] = { op_check_watches, 0 },
	[ZK_OP_REMOVE_WATCHES] = { op_remove_watches, 0 },
	[ZK_OP_CREATE_CONTAINER] = { op_create, OP_CHANGES },
	[ZK_OP_DELETE_CONTAINER] = { op_delete_container, OP_CHANGES },
	[ZK_OP_CREATE_TTL] = { op_create, OP_CHANGES },
	[ZK_OP_MULTI_READ] = { op_multi_read, 0 },
};

enum { HIGH_OPS = 100 };
static const struct op high_ops[] = {
	[ZK_OP_AUTH - HIGH_OPS] = { op_auth, 0 },
	[ZK_OP_SASL - HIGH_OPS] = { op_sasl, 0 },
	[ZK_OP_SET_WATCHES - HIGH_OPS] = { op_set_watches, 0 },
	[ZK_OP_GET_EPHEMERALS - HIGH_OPS] = { op_get_ephemerals, 0 },
	[ZK_OP_GET_ALL_CHILDREN_NUMBER -
	    HIGH_OPS] = { op_get_all_children_number, 0 },
	[ZK_OP_SET_WATCHES2 - HIGH_OPS] = { op_set_watches2, 0 },
	[ZK_OP_ADD_WATCH - HIGH_OPS] = { op_add_watch, 0 },
	[ZK_OP_WHO_AM_I - HIGH_OPS] = { op_who_am_i, 0 },
};

static const struct op close_op = { op_close_session, OP_CHANGES };

static const struct op *find(int32_t op)
{
	const struct op *found = NULL;

	if (op == ZK_OP_CLOSE_SESSION)
		return &close_op;
	if (op >= 0 && (size_t)op < HF_LEN(low_ops))
		found = &low_ops[op];
	else if (op >= HIGH_OPS && (size_t)(op - HIGH_OPS) < HF_LEN(high_ops))
		found = &high_ops[op - HIGH_OPS];
	return found == NULL || found->run == NULL ? NULL : found;
}

/* What no client is served with is said, and then the connection ends. */
static int run(struct call *call)
{
	const struct op *op = find(call->op);

	if (op == NULL) {
		call->end = true;
		call->tells_zxid = 0;
		call->reply_zxid = -1;
		return ZK_UNIMPLEMENTED;
	}
	if ((op->flags & OP_CHANGES) != 0 &&
	    persist_refusing(call->e->persist) != NULL) {
		call->tells_zxid = 0;
		return ZK_OPERATION_TIMEOUT;
	}
	return op->run(call);
}

/* The last change that the reply tells of. */
static int64_t tells_zxid(const struct call *call)
{
	return call->tells_zxid == ZXID_LAST ? call->e->db.zxid
					     : call->tells_zxid;
}

/* Who reads and has to wait is counted; who changes something was. */
static void note_reader(const struct call *call)
{
	const struct op *op = find(call->op);
	struct persist *persist = call->e->persist;

	if (op != NULL && (op->flags & OP_CHANGES) == 0 &&
	    tells_zxid(call) > persist_settled_zxid(persist, &call->e->db))
		persist_note_waiter(persist);
}

/*
 * A number that may be told when the reply leaves, and none is less than one
 * that was told before. A reply that overtakes events does not tell what they
 * wait for: a client that never gets them asks for them by the last number
 * that it knows.
 */
static int64_t reply_zxid(const struct call *call)
{
	struct client *client = call->client;
	int64_t zxid = persist_settled_zxid(call->e->persist, &call->e->db);

	if (call->reply_zxid != ZXID_LAST)
		return call->reply_zxid;
	zxid = tells_zxid(call) > zxid ? tells_zxid(call) : zxid;
	if (zxid > client->told_zxid)
		client->told_zxid = zxid;
	return client->told_zxid;
}

static void answer(struct call *call, int err)
{
	struct client *client = call->client;
	struct zk_reply_header header = { call->xid, reply_zxid(call), err };
	struct hf_buf *out =
	    client->ops->out(client, call->frame, tells_zxid(call));
	size_t begun = zk_frame_begin(out);

	zk_put_reply_header(out, &header);
	if (err == ZK_OK)
		hf_buf_add_slice(out, hf_buf_slice(call->body));
	out->failed |= hf_buf_failed(call->body);
	zk_frame_end(out, begun);
	client->stats.last_zxid = header.zxid;
}

static void count(struct call *call, int64_t began_us)
{
	struct stats *stats = &call->e->stats;
	struct client_stats *of_client = &call->client->stats;
	uint64_t took_us = (uint64_t)(hf_clock_us() - began_us);

	stats->sent++;
	stats->latency_count++;
	stats->latency_sum_us += took_us;
	if (took_us < stats->latency_min_us || stats->latency_count == 1)
		stats->latency_min_us = took_us;
	if (took_us > stats->latency_max_us)
		stats->latency_max_us = took_us;
	of_client->sent++;
	if (call->op != ZK_OP_AUTH)
		of_client->last_op = call->op;
	if (call->xid >= 0) /* below: a ping's, and others without one */
		of_client->last_xid = call->xid;
}

static void refuse_frame(struct client *client)
{
	hf_debug("a frame that is no request");
	client->over = true;
	client->ops->kill(client);
}

void request_run(struct ephemerald *e, struct client *client,
		 struct hf_slice frame, int64_t now_ms)
{
	enum { KEEP_BYTES = 64 * 1024 };
	struct call call = { .e = e,
			     .client = client,
			     .body = &e->body,
			     .rd = hf_rd_of(frame),
			     .now_ms = now_ms,
			     .reply_zxid = ZXID_LAST,
			     .tells_zxid = ZXID_LAST };
	struct zk_request_header header;
	int64_t began_us = hf_clock_us();
	int err;

	e->stats.received++;
	client->stats.received++;
	client->stats.last_heard_ms = now_ms;
	session_heard(e->db.sessions, client->session, now_ms);
	zk_get_request_header(&call.rd, &header);
	if (call.rd.bad) {
		refuse_frame(client);
		return;
	}
	call.xid = header.xid;
	call.op = header.op;
	hf_buf_reset(call.body, KEEP_BYTES);
	err = run(&call);
	if (call.refused) {
		refuse_frame(client);
		return;
	}
	answer(&call, err);
	note_reader(&call);
	count(&call, began_us);
	if (call.end)
		client_end(client);
}
