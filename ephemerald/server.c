#include "config.h"

#include "ephemerald/server.h"

#include "ephemerald/address.h"
#include "ephemerald/chance.h"
#include "ephemerald/connect.h"
#include "ephemerald/persist.h"
#include "ephemerald/request.h"
#include "ephemerald/scrape.h"
#include "ephemerald/words.h"
#include "libhold/clock.h"
#include "libhold/err.h"
#include "libhold/log.h"
#include "libhold/loop.h"
#include "libhold/mem.h"
#include "libhold/zkframe.h"

#include <stdlib.h>

/*
 * A server that runs is never so late: it was stopped or suspended, and its
 * clients had no chance to be heard. While there are sessions it looks at the
 * clock often enough to see for how long.
 */
#define STALL_MS 100
#define BEAT_MS  250

/* How often it is looked who waits for a disk that fails. */
#define FAILING_MS 50

struct server {
	struct ephemerald *e;
	const struct settings *settings;
	struct hf_loop *loop;
	struct address_table *addresses;
	int64_t ticked_ms;   /* when we served last */
	int64_t promised_ms; /* when it wanted to; HF_NEVER: any time */
	int64_t refusing_ms; /* since when; HF_NEVER: the disk takes changes */
	int64_t failing_ms;  /* since when; HF_NEVER: it is slow at most */
	bool hung_up;        /* on anybody, since then */
};

struct peer {
	struct hf_conn conn; /* first: the loop's handle is the peer's */
	struct server *server;
	struct client client;
	struct address *address; /* NULL: it is not counted */
	uint64_t replied;        /* up to where there are replies that waited */
	int64_t waits_since_ms;  /* the first of them */
};

static struct peer *peer_of(struct hf_conn *conn)
{
	return HF_CONTAINER_OF(conn, struct peer, conn);
}

static struct hf_conn *conn_of(struct client *client)
{
	return &HF_CONTAINER_OF(client, struct peer, client)->conn;
}

/* ---- what the core wants of a connection --------------------------------- */

static bool reply_waits(struct peer *peer)
{
	return peer->replied > 0 &&
	       hf_conn_waits(&peer->conn, peer->replied - 1);
}

static void note_waiting_reply(struct peer *peer, bool behind_another)
{
	if (!behind_another)
		peer->waits_since_ms = hf_loop_now_ms(peer->server->loop);
	peer->replied = hf_conn_mark(&peer->conn) + 1;
}

static struct hf_buf *out_of(struct client *client, enum client_frame frame,
			     int64_t zxid)
{
	struct peer *peer = peer_of(conn_of(client));
	uint64_t until = persist_wait_for(peer->server->e->persist, zxid);
	bool behind_another = frame != CLIENT_PING && reply_waits(peer);

	if (until == 0 && !behind_another)
		return hf_conn_out_ahead(&peer->conn);
	hf_conn_hold(&peer->conn, hf_conn_mark(&peer->conn), until);
	if (frame == CLIENT_REPLY)
		note_waiting_reply(peer, behind_another);
	return hf_conn_out(&peer->conn);
}

static void close_client(struct client *client)
{
	hf_conn_close_soon(conn_of(client), HF_CONN_DONE);
}

static void kill_client(struct client *client)
{
	hf_conn_close(conn_of(client), HF_CONN_DONE);
}

static size_t queued(struct client *client)
{
	const struct hf_conn *conn = conn_of(client);

	return hf_buf_len(&conn->out) + hf_buf_len(&conn->ahead) +
	       hf_buf_len(&conn->sending);
}

static bool waits(struct client *client)
{
	return reply_waits(peer_of(conn_of(client)));
}

static struct hf_conn *open_peer(void *arg)
{
	static const struct client_ops ops = { out_of, close_client,
					       kill_client, queued, waits };
	struct server *server = arg;
	struct peer *peer = hf_new(struct peer);

	peer->server = server;
	peer->client.ops = &ops;
	client_opened(server->e, &peer->client, hf_loop_now_ms(server->loop));
	return &peer->conn;
}

static void note_dropped(struct peer *peer)
{
	hf_warnx("dropped: it has more unread replies and events than "
		 "max-output from=%s",
		 peer->client.address);
	peer->server->e->stats.dropped++;
}

static void free_peer(struct hf_conn *conn)
{
	struct peer *peer = peer_of(conn);

	if (conn->why == HF_CONN_SLOW)
		note_dropped(peer);
	client_closed(peer->server->e, &peer->client);
	address_leave(peer->server->addresses, peer->address);
	free(peer);
}

/* ---- bytes --------------------------------------------------------------- */

/* "host:" of "host:port". */
static struct hf_slice host_of(const char *address)
{
	struct hf_slice host = hf_slice_of(address);

	while (host.len > 0 && host.data[host.len - 1] != ':')
		host.len--;
	return host;
}

/* Its first bytes. False: it is not served, since its address has too many. */
static bool meet(struct peer *peer)
{
	struct server *server = peer->server;
	char address[CLIENT_ADDRESS_MAX];

	client_is_at(&peer->client,
		     hf_conn_peer(&peer->conn, address, sizeof(address)));
	if (!peer->conn.is_tcp)
		return true;
	peer->address =
	    address_enter(server->addresses, host_of(address),
			  (size_t)server->settings->max_clients_per_address);
	if (peer->address != NULL)
		return true;
	hf_warnx("too many connections from=%s", address);
	server->e->stats.refused++;
	peer->client.over = true;
	hf_conn_close(&peer->conn, HF_CONN_DONE);
	return false;
}

/* Looked at by words; the loop has them. */
static void count(struct server *server)
{
	const struct hf_loop_counts *counts = hf_loop_counts(server->loop);

	server->e->stats.accepted = counts->accepted;
	server->e->stats.turned_away = counts->refused;
	server->e->stats.connections = counts->conns;
	server->e->stats.bytes_in = counts->bytes_in;
}

/*
 * When it came, or later: no session is to end before its time because the
 * turn read the clock before, or cut its microseconds off.
 */
static int64_t heard_ms(void)
{
	return (hf_clock_us() + 999) / 1000;
}

static void run_frame(struct peer *peer, struct hf_slice frame)
{
	struct ephemerald *e = peer->server->e;

	if (peer->client.session == NULL)
		connect_run(e, &peer->client, frame, heard_ms());
	else
		request_run(e, &peer->client, frame, heard_ms());
}

static void refuse_frame(struct peer *peer)
{
	hf_warnx("a frame longer than max-request from=%s",
		 peer->client.address);
	peer->client.over = true;
	hf_conn_close(&peer->conn, HF_CONN_PROTOCOL);
}

/* Whoever could not be heard while nobody served gets that time back. */
static void make_up_for_stall(struct server *server, int64_t now_ms)
{
	int64_t away_ms = now_ms - server->ticked_ms;

	if (server->promised_ms == HF_NEVER ||
	    now_ms - server->promised_ms < STALL_MS)
		return;
	hf_warnx("nobody served for ms=%lld: all sessions get that much more",
		 (long long)away_ms);
	server->e->stats.stalls++;
	server->ticked_ms = now_ms;
	server->promised_ms = HF_NEVER; /* until tick() makes the next one */
	if (server->refusing_ms != HF_NEVER)
		server->refusing_ms += away_ms; /* it is made up for here */
	sessions_shift(server->e->db.sessions, away_ms);
}

/*
 * While the disk refused no session could end, nor be begun by whoever lost
 * his connection: sessions have as much left then as they had before.
 */
static void make_up_for_refusal(struct server *server, int64_t now_ms)
{
	bool refusing = persist_refusing(server->e->persist) != NULL;

	if (refusing && server->refusing_ms == HF_NEVER)
		server->refusing_ms = now_ms;
	if (refusing || server->refusing_ms == HF_NEVER)
		return;
	sessions_shift(server->e->db.sessions, now_ms - server->refusing_ms);
	server->refusing_ms = HF_NEVER;
}

/* ---- a disk that fails -----------------------------------------------------
 */

/*
 * A reply waits, or something for one who has gone. An event alone may wait as
 * long as it likes: whoever is to hear it misses nothing.
 */
static bool waits_for_disk(struct peer *peer)
{
	return reply_waits(peer) || (!hf_conn_open(&peer->conn) &&
				     hf_conn_waits(&peer->conn, UINT64_MAX));
}

static void hang_up_if_due(struct peer *peer, int64_t now_ms)
{
	struct server *server = peer->server;
	int64_t since_ms = peer->waits_since_ms > server->failing_ms
			       ? peer->waits_since_ms
			       : server->failing_ms;

	if (!waits_for_disk(peer) ||
	    now_ms < since_ms + server->settings->disk_timeout_ms)
		return;
	server->e->stats.disk_timeouts++;
	if (!server->hung_up)
		hf_warnx("clients whose answers wait for the disk are hung up "
			 "on after disk-timeout");
	server->hung_up = true;
	peer->client.over = true;
	hf_conn_close(&peer->conn, HF_CONN_DONE);
}

/*
 * Nobody knows when what waits will be on disk, nor if ever: that is what a
 * client makes of a lost connection. Gives when to come again.
 */
static int64_t hang_up_on_waiting(struct server *server, int64_t now_ms)
{
	if (!persist_failing(server->e->persist)) {
		server->failing_ms = HF_NEVER;
		server->hung_up = false;
		return HF_NEVER;
	}
	if (server->failing_ms == HF_NEVER)
		server->failing_ms = now_ms;
	HF_LIST_FOREACH (it, &server->e->clients) {
		struct client *client = HF_CONTAINER_OF(it, struct client, all);

		hang_up_if_due(peer_of(conn_of(client)), now_ms);
	}
	return now_ms + FAILING_MS;
}

/* ---- serving ---------------------------------------------------------------
 */

static bool goes_on(const struct peer *peer)
{
	return !peer->client.over && hf_conn_open(&peer->conn) &&
	       !hf_buf_failed(&peer->conn.out) &&
	       !hf_buf_failed(&peer->conn.ahead);
}

/* Whole frames only; gives how many bytes they had. */
static size_t run_frames(struct peer *peer, struct hf_slice bytes)
{
	size_t max = (size_t)peer->server->settings->max_request_bytes;
	size_t done = 0, used = 0;

	while (done < bytes.len && goes_on(peer)) {
		struct hf_slice rest = { bytes.data + done, bytes.len - done };
		struct hf_slice frame;
		enum zk_frame got = zk_frame_read(rest, max, &frame, &used);

		if (got == ZK_FRAME_MORE)
			break;
		if (got == ZK_FRAME_BAD)
			refuse_frame(peer);
		else
			run_frame(peer, frame);
		done += used;
	}
	return goes_on(peer) ? done : bytes.len;
}

static size_t serve(struct hf_conn *conn, struct hf_slice bytes)
{
	struct peer *peer = peer_of(conn);
	struct server *server = peer->server;
	int64_t now_ms = hf_loop_now_ms(server->loop);

	make_up_for_stall(server, now_ms);
	if (peer->client.address[0] == '\0' && !meet(peer))
		return bytes.len;
	count(server);
	if (peer->client.session == NULL &&
	    words_run(server->e, &peer->client, bytes, now_ms))
		return bytes.len;
	if (peer->client.session == NULL && scrape_begins(bytes))
		return scrape_run(server->e, &peer->client, bytes, now_ms);
	return run_frames(peer, bytes);
}

static int64_t tick(void *arg, int64_t now_ms)
{
	struct server *server = arg;
	int64_t next_ms, hang_up_ms;

	make_up_for_stall(server, hf_loop_now_ms(server->loop));
	make_up_for_refusal(server, hf_loop_now_ms(server->loop));
	next_ms = ephemerald_tick(server->e, now_ms);
	hang_up_ms = hang_up_on_waiting(server, hf_loop_now_ms(server->loop));
	next_ms = hang_up_ms < next_ms ? hang_up_ms : next_ms;
	/* The turn may have waited since the time of tick(). */
	server->ticked_ms = hf_loop_now_ms(server->loop);
	if (sessions_count(server->e->db.sessions) == 0) {
		server->promised_ms = HF_NEVER;
		return next_ms;
	}
	if (next_ms > server->ticked_ms + BEAT_MS)
		next_ms = server->ticked_ms + BEAT_MS;
	server->promised_ms =
	    next_ms > server->ticked_ms ? next_ms : server->ticked_ms;
	return next_ms;
}

/* ---- life ---------------------------------------------------------------- */

struct server *server_new(struct ephemerald *e, const struct settings *settings)
{
	static const struct hf_loop_ops ops = { open_peer, serve, free_peer,
						tick };
	struct server *server = hf_new(struct server);
	uint64_t seed;
	const struct hf_loop_limits limits = {
		.max_conns = (size_t)settings->max_clients,
		.max_in_bytes =
		    (size_t)settings->max_request_bytes + ZK_FRAME_HEAD_BYTES,
		.max_out_bytes = (size_t)settings->max_output_bytes,
	};

	server->e = e;
	server->settings = settings;
	server->promised_ms = HF_NEVER;
	server->refusing_ms = server->failing_ms = HF_NEVER;
	server->loop = hf_loop_new(&ops, server, &limits);
	hf_loop_access(server->loop, &settings->access, HF_SLICE(""));
	chance_fill(&seed, sizeof(seed));
	server->addresses = address_table_new(seed);
	e->stats.started_ms = hf_loop_now_ms(server->loop);
	return server;
}

int server_close(struct server *server)
{
	return persist_close(&server->e->persist);
}

void server_free(struct server **server)
{
	if (*server == NULL)
		return;
	(void)!server_close(*server);
	hf_loop_free(&(*server)->loop);
	address_table_free(&(*server)->addresses);
	free(*server);
	*server = NULL;
}

static void on_durable(void *arg, uint64_t seq)
{
	hf_loop_pass(((struct server *)arg)->loop, seq);
}

int server_load(struct server *server)
{
	struct ephemerald *e = server->e;

	if (server->settings->durability == DURABILITY_NONE)
		return 0;
	e->persist = persist_open(&e->db, server->settings,
				  hf_loop_uv(server->loop), on_durable, server);
	if (e->persist == NULL)
		return HF_EBAD;
	sessions_hear_all(e->db.sessions, hf_loop_now_ms(server->loop));
	return 0;
}

int server_listen(struct server *server)
{
	const struct settings *s = server->settings;
	int rc = hf_loop_listen_inherited(server->loop) < 0 ? HF_EBAD : 0;

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
						 "127.0.0.1:2181 or [::1]:2181"
					       : hf_strerror(rc));
	}
	return rc;
}

void server_run(struct server *server)
{
	hf_loop_run(server->loop, (int)server->settings->ready_fd);
}
