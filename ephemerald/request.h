/*
 * The table of operations, and how one is run and answered.
 */
#ifndef EPHEMERALD_REQUEST_H
#define EPHEMERALD_REQUEST_H

#include "ephemerald/ephemerald.h"

#define ZXID_LAST INT64_MIN

/* One request, while it runs. */
struct call {
	struct ephemerald *e;
	struct client *client;
	int32_t xid, op;
	struct hf_rd rd;     /* what follows the request's header */
	struct hf_buf *body; /* what follows the reply's header */
	int64_t now_ms;
	enum client_frame frame;
	int64_t reply_zxid; /* ZXID_LAST: of the last change that may be told */
	int64_t tells_zxid; /* no later change shows; ZXID_LAST: any may */
	bool end;           /* close when the reply has left */
	bool refused;       /* there is none: close at once */
};

/* Reads call->rd, writes call->body; ZK_OK or the error of the reply. */
typedef int op_fn(struct call *call);

/* A frame of a client that has a session. Answers it, or closes. */
void request_run(struct ephemerald *e, struct client *client,
		 struct hf_slice frame, int64_t now_ms);

/*
 * A request that could not be read, or has no path: in ZooKeeper a null
 * pointer, which is answered alike.
 */
static inline bool call_bad(const struct call *call, struct hf_slice path)
{
	return call->rd.bad || path.data == NULL;
}

/* op_read.c */
op_fn op_exists, op_get_data, op_get_acl, op_get_children, op_get_children2,
    op_get_all_children_number, op_get_ephemerals, op_sync, op_who_am_i;
/* op_write.c */
op_fn op_create, op_delete, op_delete_container, op_set_data, op_set_acl,
    op_check;
/* op_multi.c */
op_fn op_multi, op_multi_read;
/* op_watch.c */
op_fn op_set_watches, op_set_watches2, op_add_watch, op_check_watches,
    op_remove_watches;
/* op_session.c */
op_fn op_ping, op_auth, op_sasl, op_close_session, op_reconfig;

#endif
