#include "config.h"

#include "lockd/server.h"

#include "libhold/err.h"
#include "libhold/log.h"
#include "libhold/loop.h"
#include "libhold/mem.h"
#include "lockd/resp.h"

#include <stdlib.h>

/*
 * At most so many expiries a turn: about a quarter of a millisecond, so that
 * a million locks that end together delay no one for long.
 */
#define EXPIRE_PER_TURN 512

struct server {
	struct lockd *lockd;
	const struct settings *settings;
	struct hf_loop *loop;
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

static struct reply *reach(struct client *client)
{
	struct peer *peer = peer_of_client(client);

	hf_conn_out(&peer->conn); /* it leaves at this turn's end */
	return &peer->writer.reply;
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

static struct hf_conn *open_peer(void *arg)
{
	static const struct client_ops ops = { reach, pause_client,
					       resume_client, close_client };
	struct server *server = arg;
	struct peer *peer = hf_new(struct peer);

	peer->server = server;
	peer->client.ops = &ops;
	client_opened(server->lockd, &peer->client);
	resp_reader_init(&peer->reader);
	resp_writer_init(&peer->writer, &peer->conn.out, 2);
	return &peer->conn;
}

static void free_peer(struct hf_conn *conn)
{
	struct peer *peer = peer_of(conn);

	hf_debug("client closed client=%llu why=\"%s\"",
		 (unsigned long long)peer->client.id,
		 hf_conn_why_text(conn->why));
	client_closed(peer->server->lockd, &peer->client);
	resp_reader_fini(&peer->reader);
	free(peer);
}

static void count(struct server *server)
{
	const struct hf_loop_counts *counts = hf_loop_counts(server->loop);
	struct stats *stats = &server->lockd->stats;

	stats->connections = counts->accepted;
	stats->refused = counts->refused;
	stats->clients = counts->conns;
	stats->bytes_in = counts->bytes_in;
	stats->bytes_out = counts->bytes_out;
}

static void run_request(struct peer *peer)
{
	struct server *server = peer->server;
	struct call call = {
		.lockd = server->lockd,
		.client = &peer->client,
		.reply = &peer->writer.reply,
		.argv = peer->reader.argv,
		.argc = peer->reader.argc,
		.now_ms = hf_loop_now_ms(server->loop),
	};
	uint64_t errors = peer->writer.reply.errors;

	command_run(&call);
	server->lockd->stats.errors += peer->writer.reply.errors - errors;
	if (peer->client.close_on_reply)
		hf_conn_close_soon(&peer->conn, HF_CONN_DONE);
	if (server->lockd->shutdown) {
		hf_conn_close(&peer->conn, HF_CONN_SHUTDOWN);
		hf_loop_stop(server->loop);
	}
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
	while (done < bytes.len && !conn->closing && !conn->close_soon &&
	       !conn->paused && !hf_buf_failed(&conn->out)) {
		struct hf_slice rest = { bytes.data + done, bytes.len - done };
		enum resp_result result = resp_read(&peer->reader, rest, &used);

		if (result == RESP_MORE)
			break;
		if (result == RESP_BAD) {
			refuse_protocol(peer);
			return bytes.len;
		}
		if (peer->reader.argc > 0)
			run_request(peer);
		resp_reader_reset(&peer->reader);
		done += used;
	}
	return done;
}

/* A bounded piece of what is due; the loop comes back for the rest. */
static int64_t tick(void *arg, int64_t now_ms)
{
	struct keyspace *keys = ((struct server *)arg)->lockd->keys;

	keyspace_expire(keys, now_ms, EXPIRE_PER_TURN);
	return keyspace_next_due_ms(keys);
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
	server->loop = hf_loop_new(&ops, server, &limits);
	lockd->stats.max_clients = (uint64_t)settings->max_clients;
	lockd->stats.started_ms = hf_loop_now_ms(server->loop);
	return server;
}

void server_free(struct server **server)
{
	if (*server == NULL)
		return;
	hf_loop_free(&(*server)->loop);
	free(*server);
	*server = NULL;
}

int server_listen(struct server *server)
{
	const struct settings *s = server->settings;
	int rc = 0;

	if (s->unix_path != NULL) {
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
				 hf_strerror(rc));
	}
	return rc;
}

void server_run(struct server *server)
{
	hf_loop_run(server->loop, (int)server->settings->ready_fd);
}
