#include "config.h"

#include "ephemerald/request.h"

#include "ephemerald/persist.h"

/*
 * Never waits for the disk: a slow one must not look like a dead server. As it
 * overtakes all that does, its number is one that they are all behind.
 */
int op_ping(struct call *call)
{
	call->xid = ZK_XID_PING;
	call->frame = CLIENT_PING;
	call->tells_zxid = 0;
	call->reply_zxid = persist_settled_zxid(call->e->persist, &call->e->db);
	return ZK_OK;
}

/* As ZooKeeper does with what it handles before all other requests. */
static int refuse(struct call *call)
{
	call->refused = true;
	return ZK_MARSHALLING;
}

static bool add_auth(struct client *client,
		     const struct zk_auth_request *request)
{
	if (hf_slice_eq(request->scheme, HF_SLICE("digest")))
		return request->auth.data != NULL &&
		       acl_who_add_digest(&client->who, request->auth);
	/* Its address was known before. */
	return hf_slice_eq(request->scheme, HF_SLICE("ip"));
}

int op_auth(struct call *call)
{
	struct zk_auth_request request;

	zk_get_auth_request(&call->rd, &request);
	if (call->rd.bad)
		return refuse(call);
	call->reply_zxid = 0;
	call->tells_zxid = 0;
	if (add_auth(call->client, &request))
		return ZK_OK;
	call->e->stats.auth_failed++;
	call->end = true;
	return ZK_AUTH_FAILED;
}

int op_close_session(struct call *call)
{
	struct session *session = call->client->session;

	call->end = true;
	return ephemerald_end_session(call->e, session) ? ZK_OK
							: ZK_OPERATION_TIMEOUT;
}

/* As a ZooKeeper that knows no SASL: no error, and no token either. */
int op_sasl(struct call *call)
{
	const struct hf_slice token = zk_get_text(&call->rd);

	if (call->rd.bad || token.data == NULL)
		return refuse(call);
	call->reply_zxid = 0;
	call->tells_zxid = 0;
	zk_put_text(call->body, ZK_NULL);
	return ZK_OK;
}

/* As a ZooKeeper on which it is off, which is how it comes. */
int op_reconfig(struct call *call)
{
	struct zk_reconfig_request request;

	zk_get_reconfig_request(&call->rd, &request);
	if (call->rd.bad)
		return ZK_MARSHALLING;
	zdb_next_zxid(&call->e->db);
	return ZK_RECONFIG_DISABLED;
}
