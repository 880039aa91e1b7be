#include "config.h"

#include "ephemerald/connect.h"

#include "ephemerald/chance.h"
#include "ephemerald/persist.h"
#include "ephemerald/txn.h"
#include "libhold/clock.h"
#include "libhold/log.h"
#include "libhold/zkframe.h"

/* What a client asks for in its first frame. */
struct ask {
	struct zk_connect_request request;
	bool knows_read_only; /* it is of 3.4 or later */
	bool read_only;
	int32_t timeout_ms; /* as it is given */
};

static bool read_ask(const struct ephemerald *e, struct hf_slice frame,
		     struct ask *ask)
{
	const struct settings *s = &e->settings;
	struct hf_rd rd = hf_rd_of(frame);
	int64_t timeout_ms;

	zk_get_connect_request(&rd, &ask->request);
	zk_get_read_only(&rd, &ask->knows_read_only, &ask->read_only);
	timeout_ms = ask->request.timeout_ms;
	if (timeout_ms < s->min_session_timeout_ms)
		timeout_ms = s->min_session_timeout_ms;
	if (timeout_ms > s->max_session_timeout_ms)
		timeout_ms = s->max_session_timeout_ms;
	ask->timeout_ms = (int32_t)timeout_ms;
	return !rd.bad;
}

/*
 * Who knows its password was told of the session when the disk had it. That it
 * begins, or that there is none, may be news.
 */
static int64_t tells_zxid(const struct ephemerald *e, const struct ask *ask,
			  const struct session *session)
{
	return session != NULL && ask->request.session != 0 ? 0 : e->db.zxid;
}

/* NULL session: there is none for you. */
static void answer(struct ephemerald *e, struct client *client,
		   const struct ask *ask, const struct session *session)
{
	static const char nothing[ZK_PASSWORD_BYTES];
	struct zk_connect_response response = {
		.password = { nothing, sizeof(nothing) }
	};
	struct hf_buf *out =
	    client->ops->out(client, CLIENT_REPLY, tells_zxid(e, ask, session));
	size_t begun = zk_frame_begin(out);

	if (session != NULL) {
		response.timeout_ms = session->timeout_ms;
		response.session = session->id;
		response.password.data = session->password;
	}
	zk_put_connect_response(out, &response);
	if (ask->knows_read_only)
		hf_wr_u8(out, 0);
	zk_frame_end(out, begun);
	client->stats.sent++;
	e->stats.sent++;
}

static struct session *begin_session(struct ephemerald *e,
				     const struct ask *ask, int64_t now_ms)
{
	int64_t wall_ms = hf_wall_ms();
	char password[ZK_PASSWORD_BYTES];
	struct session *session;
	struct txn txn;

	chance_fill(password, sizeof(password));
	session = session_add(e->db.sessions,
			      sessions_next_id(e->db.sessions, wall_ms),
			      (struct hf_slice){ password, sizeof(password) },
			      ask->timeout_ms, now_ms);
	txn_begin(&txn, &e->db, NULL, wall_ms);
	txn_add_session(&txn, session);
	txn_commit(&txn);
	return session;
}

/* It may give another timeout than before; and it may have moved. */
static void take_over(struct ephemerald *e, struct client *client,
		      struct session *session, const struct ask *ask,
		      int64_t now_ms)
{
	struct client *old = session->client;

	if (old != NULL) {
		old->session = NULL;
		old->over = true;
		old->ops->kill(old);
	}
	session->client = client;
	client->session = session;
	hf_list_remove(&client->stranger);
	client->stats.last_op = ZK_OP_CREATE_SESSION;
	session_heard(e->db.sessions, session, now_ms);
	/* While the disk refuses, it keeps the one it has. */
	if (ask->timeout_ms != session->timeout_ms &&
	    persist_refusing(e->persist) == NULL) {
		session_set_timeout(e->db.sessions, session, ask->timeout_ms);
		txn_renew_session(&e->db, session);
	}
}

static struct session *resumed(struct ephemerald *e, const struct ask *ask)
{
	struct session *session =
	    session_find(e->db.sessions, ask->request.session);

	if (session == NULL ||
	    !session_password_is(session, ask->request.password))
		return NULL;
	return session;
}

/* ZooKeeper's rule: who has seen more than we have must not lose it here. */
static bool from_the_future(const struct ephemerald *e, const struct ask *ask)
{
	if (ask->request.last_zxid <= e->db.zxid)
		return false;
	hf_warnx("refused a session: it has seen zxid=0x%llx, ours is 0x%llx",
		 (unsigned long long)ask->request.last_zxid,
		 (unsigned long long)e->db.zxid);
	return true;
}

/* New ones are changes; who had one before must not lose it meanwhile. */
static bool refused(struct ephemerald *e, const struct ask *ask)
{
	if (ask->request.session != 0)
		return false;
	if (persist_refusing(e->persist) != NULL)
		return true;
	if (zdb_has_room_for_session(&e->db))
		return false;
	hf_warnx("refused a session: no room beside those that are there, "
		 "sessions=%zu",
		 sessions_count(e->db.sessions));
	e->stats.refused++;
	return true;
}

void connect_run(struct ephemerald *e, struct client *client,
		 struct hf_slice frame, int64_t now_ms)
{
	struct session *session;
	struct ask ask;

	e->stats.received++;
	client->stats.received++;
	client->stats.last_heard_ms = now_ms;
	if (!read_ask(e, frame, &ask) || from_the_future(e, &ask) ||
	    refused(e, &ask)) {
		client->over = true;
		client->ops->kill(client);
		return;
	}
	session = ask.request.session == 0 ? begin_session(e, &ask, now_ms)
					   : resumed(e, &ask);
	if (session != NULL)
		take_over(e, client, session, &ask, now_ms);
	answer(e, client, &ask, session);
	if (session == NULL)
		client_end(client);
}
