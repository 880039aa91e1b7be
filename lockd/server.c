#include "config.h"

#include "lockd/server.h"

#include "libhold/err.h"
#include "libhold/log.h"
#include "libhold/loop.h"
#include "libhold/mem.h"
#include "lockd/locks.h"
#include "lockd/persist.h"
#include "lockd/resp.h"
#include "lockd/script.h"
#include "lockd/stall.h"

#include <stdlib.h>

/*
 * At most so many expiries a turn: about a quarter of a millisecond, so that
 * a million locks that end together delay no one for long.
 */
#define EXPIRE_PER_TURN 512

#define PUSHED_KEEP_BYTES 1024

struct server {
	struct lockd *lockd;
	const struct settings *settings;
	struct hf_loop *loop;
	struct stall stall;
	struct client *running; /* whose request runs now; NULL: none */
	/*
	 * What is pushed to it meanwhile, by its own request: it must not
	 * come to stand within the answer.
	 */
	struct hf_buf pushed;
	struct resp_writer push_writer;
	/* Others are heard beside a script: running and pushed of its client.
	 */
	struct client *busy;
	struct hf_buf busy_pushed;
	struct reply to_nobody; /* for answers that CLIENT REPLY turned off */
};

struct peer {
	struct hf_conn conn; /* first: the loop's handle is the peer's */
	struct server *server;
	struct client client;
	struct resp_reader reader;
	struct resp_writer writer;
};

static struct peer *peer_of(struct hf_conn *conn)
{
	return HF_CONTAINER_OF(conn, struct peer, conn);
}

static struct peer *peer_of_client(struct client *client)
{
	return HF_CONTAINER_OF(client, struct peer, client);
}

/* Does a request of it run now, whose answer is not whole yet? */
static bool is_running(const struct server *server, const struct client *client)
{
	return server->running == client || server->busy == client;
}

static struct reply *reach_at_once(struct client *client)
{
	struct peer *peer = peer_of_client(client);
	struct server *server = peer->server;

	hf_conn_out(&peer->conn); /* it leaves at this turn's end */
	if (!is_running(server, client))
		return &peer->writer.reply;
	server->push_writer.out =
	    server->running == client ? &server->pushed : &server->busy_pushed;
	server->push_writer.reply.protocol = client->protocol;
	return &server->push_writer.reply;
}

static struct reply *reach(struct client *client)
{
	struct peer *peer = peer_of_client(client);

	/* It may tell of what the disk has not yet. */
	if (!is_running(peer->server, client))
		hf_conn_hold(&peer->conn, hf_conn_mark(&peer->conn),
			     persist_wait_for(peer->server->lockd->persist));
	return reach_at_once(client);
}

static void pause_client(struct client *client)
{
	hf_conn_pause(&peer_of_client(client)->conn);
}

static void resume_client(struct client *client)
{
	hf_conn_resume(&peer_of_client(client)->conn);
}

static void close_client(struct client *client)
{
	hf_conn_close_soon(&peer_of_client(client)->conn, HF_CONN_DONE);
}

static void kill_client(struct client *client)
{
	hf_conn_close(&peer_of_client(client)->conn, HF_CONN_DONE);
}

static void place_client(struct client *client, struct client_place *out)
{
	struct hf_conn *conn = &peer_of_client(client)->conn;

	hf_conn_peer(conn, out->addr, sizeof(out->addr));
	hf_conn_local(conn, out->laddr, sizeof(out->laddr));
	out->fd = hf_conn_fd(conn);
	out->is_unix = !conn->is_tcp;
	out->in_bytes = hf_buf_len(&conn->in);
	out->out_bytes = hf_buf_len(&conn->out) + hf_buf_len(&conn->sending);
}

static bool is_alive(struct client *client)
{
	return hf_conn_reachable(&peer_of_client(client)->conn);
}

static uint32_t watch_peer(struct client *client)
{
	return hf_conn_watch_peer(&peer_of_client(client)->conn);
}

static struct hf_conn *open_peer(void *arg)
{
	static const struct client_ops ops = {
		reach,         reach_at_once, pause_client,
		resume_client, close_client,  kill_client,
		place_client,  is_alive,      watch_peer,
	};
	struct server *server = arg;
	struct peer *peer = hf_new(struct peer);

	peer->server = server;
	peer->client.ops = &ops;
	client_opened(server->lockd, &peer->client);
	peer->client.opened_ms = hf_loop_now_ms(server->loop);
	peer->client.active_ms = peer->client.opened_ms;
	resp_reader_init(&peer->reader,
			 (size_t)server->settings->max_request_bytes);
	resp_writer_init(&peer->writer, &peer->conn.out, 2);
	return &peer->conn;
}

/* Before anything is done that goes by the time. */
static void look_at_clock(struct server *server)
{
	stall_look(&server->stall, server->lockd, hf_loop_now_ms(server->loop));
}

static void free_peer(struct hf_conn *conn)
{
	struct peer *peer = peer_of(conn);
	struct lockd *lockd = peer->server->lockd;

	hf_debug("client closed client=%llu why=\"%s\"",
		 (unsigned long long)peer->client.id,
		 hf_conn_why_text(conn->why));
	if (conn->why == HF_CONN_SHUTDOWN)
		lockd->stopping = true;
	look_at_clock(peer->server);
	persist_begin(lockd->persist);
	client_closed(lockd, &peer->client);
	persist_end(lockd->persist);
	hf_loop_wake_at(peer->server->loop, locks_next_due_ms(lockd));
	resp_reader_fini(&peer->reader);
	free(peer);
}

static void count(struct server *server)
{
	const struct hf_loop_counts *counts = hf_loop_counts(server->loop);
	struct stats *stats = &server->lockd->stats;

	stats->connections = counts->accepted - stats->connections_before;
	stats->refused = counts->refused - stats->refused_before;
	stats->forbidden = counts->forbidden - stats->forbidden_before;
	stats->clients = counts->conns;
	stats->bytes_in = counts->bytes_in - stats->bytes_in_before;
	stats->bytes_out = counts->bytes_out - stats->bytes_out_before;
}

static void end_request(struct peer *peer)
{
	struct server *server = peer->server;

	server->running = NULL;
	client_ended(&peer->client);
	peer->writer.reply.protocol = peer->client.protocol;
	if (hf_buf_len(&server->pushed) > 0 || hf_buf_failed(&server->pushed)) {
		peer->conn.out.failed |= hf_buf_failed(&server->pushed);
		hf_buf_add_slice(&peer->conn.out,
				 hf_buf_slice(&server->pushed));
		hf_buf_reset(&server->pushed, PUSHED_KEEP_BYTES);
	}
	if (peer->client.close_on_reply)
		hf_conn_close_soon(&peer->conn, HF_CONN_DONE);
	if (server->lockd->shutdown && !server->lockd->busy) {
		hf_conn_close(&peer->conn, HF_CONN_SHUTDOWN);
		hf_loop_stop(server->loop);
	}
}

/*
 * A reply waits until the disk has what it tells of: its own changes, and
 * what others changed before. While the disk refuses (looks are watched then),
 * who has seen nothing that a crash could take back need not wait.
 */
static void hold_back(struct peer *peer, uint64_t mark, bool watched,
		      uint64_t before)
{
	struct persist *persist = peer->server->lockd->persist;

	if (watched && !persist_saw_pending(persist) &&
	    persist_changes(persist) == before)
		return;
	hf_conn_hold(&peer->conn, mark, persist_wait_for(persist));
}

/* Whether it does: what is heard beside a script is not worth it. */
static bool watch_looks(struct lockd *lockd)
{
	if (lockd->busy || persist_refusing(lockd->persist) == NULL)
		return false;
	persist_watch_looks(lockd->persist);
	return true;
}

static uint64_t looks_of(const struct lockd *lockd)
{
	return keyspace_looks(lockd->keys) + keyspace_looks(lockd->guards);
}

/* False: it has to wait and to be handed in again; its client is paused. */
static bool run_request(struct peer *peer)
{
	struct server *server = peer->server;
	struct client *client = &peer->client;
	struct call call = {
		.lockd = server->lockd,
		.client = client,
		.reply = &peer->writer.reply,
		.argv = peer->reader.argv,
		.argc = peer->reader.argc,
		.now_ms = hf_loop_now_ms(server->loop),
	};
	uint64_t errors, looks, mark, changes;
	bool watched;

	if (!call.lockd->busy && client_postpone(&call))
		return false;
	client_begins(server->lockd, client, call.now_ms);
	if (!client_wants_reply(client))
		call.reply = &server->to_nobody;
	call.reply->protocol = client->protocol;
	errors = call.reply->errors;
	server->running = client;
	mark = hf_conn_mark(&peer->conn);
	looks = looks_of(call.lockd);
	changes = persist_changes(call.lockd->persist);
	watched = watch_looks(call.lockd);
	persist_begin(call.lockd->persist);
	command_run(&call);
	if (call.lockd->forget)
		persist_forget(call.lockd->persist);
	persist_end(call.lockd->persist);
	if (!call.lockd->busy && looks_of(call.lockd) != looks)
		hold_back(peer, mark, watched, changes);
	else if (watched)
		persist_saw_pending(call.lockd->persist);
	if (client->hold_until > 0)
		hf_conn_hold(&peer->conn, mark, client->hold_until);
	client->hold_until = 0;
	stats_errors(&server->lockd->stats, call.reply, errors);
	end_request(peer);
	if (call.lockd->busy || call.lockd->forget)
		return true;
	persist_begin(call.lockd->persist);
	locks_settle(server->lockd, call.now_ms);
	persist_end(call.lockd->persist);
	return true;
}

/*
 * A script runs long: what others send is answered, most of it by -BUSY. This
 * is called from within the script's own request, between two instructions.
 */
static void hear_others(void *arg)
{
	struct server *server = arg;

	server->busy = server->running;
	server->busy_pushed = server->pushed;
	hf_buf_init(&server->pushed,
		    (size_t)server->settings->max_output_bytes);
	server->lockd->busy = true;
	hf_loop_aside(server->loop, &peer_of_client(server->busy)->conn);
	server->lockd->busy = false;
	hf_buf_fini(&server->pushed);
	server->pushed = server->busy_pushed;
	server->running = server->busy;
	server->busy = NULL;
}

static void refuse_protocol(struct peer *peer)
{
	hf_debug("client=%llu %s", (unsigned long long)peer->client.id,
		 peer->reader.error);
	reply_error(&peer->writer.reply, "%s", peer->reader.error);
	hf_conn_close_soon(&peer->conn, HF_CONN_PROTOCOL);
}

static size_t serve(struct hf_conn *conn, struct hf_slice bytes)
{
	struct peer *peer = peer_of(conn);
	size_t done = 0, used = 0;

	hf_conn_out(conn); /* there will be a reply at this turn's end */
	count(peer->server);
	look_at_clock(peer->server);
	while (done < bytes.len && !conn->closing && !conn->close_soon &&
	       !conn->paused && !hf_buf_failed(&conn->out)) {
		struct hf_slice rest = { bytes.data + done, bytes.len - done };
		enum resp_result result;

		peer->reader.stranger =
		    !client_is_known(peer->server->lockd, &peer->client);
		result = resp_read(&peer->reader, rest, &used);
		if (result == RESP_MORE)
			break;
		if (result == RESP_BAD) {
			refuse_protocol(peer);
			return bytes.len;
		}
		if (peer->reader.argc > 0 && !run_request(peer))
			used = 0;
		resp_reader_reset(&peer->reader);
		done += used;
	}
	return done;
}

/* While time stands still nothing comes nearer, but for what is due. */
static int64_t next_expiry_ms(const struct server *server, int64_t served_ms)
{
	int64_t next_ms = keyspace_next_due_ms(server->lockd->keys);

	return server->stall.still && next_ms > served_ms ? HF_NEVER : next_ms;
}

/*
 * A bounded piece of what is due; the loop comes back for the rest. We serve
 * until served_ms, which may be long after now_ms: the turn has waited in
 * between, and was late for nobody.
 */
static int64_t tick(void *arg, int64_t now_ms)
{
	struct server *server = arg;
	struct lockd *lockd = server->lockd;
	int64_t served_ms = hf_loop_now_ms(server->loop);
	int64_t next_ms, clients_ms, locks_ms;

	look_at_clock(server);
	persist_begin(lockd->persist);
	keyspace_expire(lockd->keys, now_ms, EXPIRE_PER_TURN);
	locks_ms = locks_tick(lockd, now_ms);
	persist_end(lockd->persist);
	clients_ms = client_tick(lockd, now_ms);
	next_ms = next_expiry_ms(server, served_ms);
	next_ms = clients_ms < next_ms ? clients_ms : next_ms;
	next_ms = locks_ms < next_ms ? locks_ms : next_ms;
	return stall_promise(&server->stall, lockd, next_ms, served_ms,
			     next_ms <= now_ms);
}

static int load_password(struct server *server)
{
	const char *path = server->settings->password_file;
	int rc = auth_load(&server->lockd->auth, path);

	if (rc < 0)
		hf_warnx("cannot use password-file=%s: %s", path,
			 rc == HF_EBAD     ? "its first line is empty"
			 : rc == HF_ELIMIT ? "its first line is too long"
					   : hf_strerror(rc));
	return rc;
}

/* Who is logged in stays; who comes needs the new one. */
static void on_hangup(void *arg)
{
	struct server *server = arg;

	if (server->settings->password_file != NULL &&
	    load_password(server) == 0)
		hf_info("password read again");
}

struct server *server_new(struct lockd *lockd, const struct settings *settings)
{
	static const struct hf_loop_ops ops = { open_peer, serve, free_peer,
						tick };
	struct server *server = hf_new(struct server);
	struct hf_loop_limits limits = {
		.max_conns = (size_t)settings->max_clients,
		.max_in_bytes = (size_t)settings->max_request_bytes,
		.max_out_bytes = (size_t)settings->max_output_bytes,
		.refusal = HF_SLICE("-ERR max number of clients reached\r\n"),
	};

	server->lockd = lockd;
	server->settings = settings;
	stall_init(&server->stall);
	server->loop = hf_loop_new(&ops, server, &limits);
	hf_loop_access(server->loop, &settings->access,
		       HF_SLICE("-NOPERM this user may not connect\r\n"));
	hf_buf_init(&server->pushed, limits.max_out_bytes);
	resp_writer_init(&server->push_writer, &server->pushed, 2);
	hf_loop_on_hangup(server->loop, on_hangup);
	server->to_nobody.ops = &reply_to_nobody;
	script_on_busy(lockd->script, hear_others, server);
	lockd->stats.max_clients = (uint64_t)settings->max_clients;
	lockd->stats.started_ms = hf_loop_now_ms(server->loop);
	return server;
}

int server_close(struct server *server)
{
	return persist_close(&server->lockd->persist);
}

void server_free(struct server **server)
{
	if (*server == NULL)
		return;
	(void)!server_close(*server);
	hf_loop_free(&(*server)->loop);
	hf_buf_fini(&(*server)->pushed);
	free(*server);
	*server = NULL;
}

static void on_durable(void *arg, uint64_t seq)
{
	struct server *server = arg;

	look_at_clock(server);
	if (persist_covers_shift(server->lockd->persist))
		hf_loop_pass(server->loop, seq);
	/* Those in line whom a refusing disk held up. */
	if (locks_held_up(server->lockd))
		hf_loop_wake_at(server->loop, hf_loop_now_ms(server->loop));
}

int server_load(struct server *server)
{
	const struct settings *settings = server->settings;
	struct lockd *lockd = server->lockd;

	if (settings->durability == DURABILITY_NONE)
		return 0;
	lockd->persist =
	    persist_open(lockd->keys, lockd->guards, settings,
			 hf_loop_uv(server->loop), on_durable, server);
	if (lockd->persist == NULL)
		return HF_EBAD;
	locks_recover(lockd, hf_loop_now_ms(server->loop));
	return 0;
}

int server_listen(struct server *server)
{
	const struct settings *s = server->settings;
	int rc = s->password_file != NULL ? load_password(server) : 0;

	if (rc == 0 && hf_loop_listen_inherited(server->loop) < 0)
		rc = HF_EBAD;
	if (rc == 0 && s->unix_path != NULL) {
		rc = hf_loop_listen_unix(server->loop, s->unix_path,
					 (unsigned)s->unix_mode);
		if (rc < 0)
			hf_warnx("cannot listen unix=%s: %s", s->unix_path,
				 hf_strerror(rc));
	}
	if (rc == 0 && s->tcp != NULL) {
		rc = hf_loop_listen_tcp(server->loop, s->tcp);
		if (rc < 0)
			hf_warnx("cannot listen tcp=%s: %s", s->tcp,
				 rc == HF_EBAD ? "it takes ADDR:PORT, as in "
						 "127.0.0.1:6379 or [::1]:6379"
					       : hf_strerror(rc));
	}
	return rc;
}

void server_run(struct server *server)
{
	hf_loop_run(server->loop, (int)server->settings->ready_fd);
}
