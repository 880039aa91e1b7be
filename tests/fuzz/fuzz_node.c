/*
 * ephemerald behind a valid connect: whatever clients send, replies are whole,
 * and the state is one that its own journal gives again.
 *
 * The input is a row of requests: a byte for who asks (and, now and then, for
 * time that passes), a byte for how long it is, then the request as it comes
 * off the wire. Three clients ask one small server that has no sockets.
 */
#include "config.h"

#include "ephemerald/change.h"
#include "ephemerald/connect.h"
#include "ephemerald/request.h"
#include "libhold/log.h"
#include "libhold/zkframe.h"

#include <stdlib.h>

enum { CLIENTS = 3, MIB = 1024 * 1024, TIMEOUT_MS = 1000 };

struct peer {
	struct client client;
	struct hf_buf out;
	bool open;
};

static struct ephemerald e;
static struct peer peers[CLIENTS];
static struct hf_buf records; /* u32 length and bytes each */
static int64_t now_ms;

/* ---- what a server does for a client --------------------------------------
 */

static struct peer *peer_of(struct client *client)
{
	return HF_CONTAINER_OF(client, struct peer, client);
}

static struct hf_buf *out(struct client *client, enum client_frame frame,
			  int64_t zxid)
{
	HF_UNUSED(frame);
	HF_UNUSED(zxid);
	return &peer_of(client)->out;
}

static void nothing(struct client *client)
{
	HF_UNUSED(client);
}

static size_t queued(struct client *client)
{
	return hf_buf_len(&peer_of(client)->out);
}

static bool waits(struct client *client)
{
	HF_UNUSED(client);
	return false;
}

static const struct client_ops ops = { out, nothing, nothing, queued, waits };

static void keep(void *arg, int64_t zxid, struct hf_slice record)
{
	HF_UNUSED(arg);
	HF_UNUSED(zxid);
	hf_wr_blob(&records, record);
}

static void quiet(void *arg, enum hf_log_level level, const char *line)
{
	HF_UNUSED(arg);
	HF_UNUSED(level);
	HF_UNUSED(line);
}

/* ---- clients ----------------------------------------------------------------
 */

/* Whole frames with a header each. */
static void check_out(struct peer *peer)
{
	struct hf_slice bytes = hf_buf_slice(&peer->out);

	while (!hf_buf_failed(&peer->out) && bytes.len > 0) {
		struct hf_slice frame;
		size_t used = 0;

		if (zk_frame_read(bytes, SIZE_MAX, &frame, &used) !=
			ZK_FRAME_DONE ||
		    frame.len < 16)
			abort();
		bytes.data += used;
		bytes.len -= used;
	}
	hf_buf_reset(&peer->out, 4096);
}

static void leave(struct peer *peer)
{
	if (!peer->open)
		return;
	client_closed(&e, &peer->client);
	hf_buf_fini(&peer->out);
	peer->open = false;
}

static void come(struct peer *peer)
{
	static const char nobody[ZK_PASSWORD_BYTES];
	const struct zk_connect_request ask = {
		.timeout_ms = TIMEOUT_MS,
		.password = { nobody, sizeof(nobody) },
	};
	struct hf_buf frame;

	*peer = (struct peer){ .client = { .ops = &ops }, .open = true };
	hf_buf_init(&peer->out, 4 * MIB);
	client_opened(&e, &peer->client, now_ms);
	client_is_at(&peer->client, "127.0.0.1:4242");
	hf_buf_init(&frame, 256);
	zk_put_connect_request(&frame, &ask);
	connect_run(&e, &peer->client, hf_buf_slice(&frame), now_ms);
	hf_buf_fini(&frame);
	if (peer->client.session == NULL)
		abort();
	check_out(peer);
}

static void request(struct peer *peer, struct hf_slice frame)
{
	/* A block of its own size, so that a sanitizer sees each step over. */
	char *exact = malloc(frame.len + (frame.len == 0));

	if (exact == NULL)
		abort();
	memcpy(exact, frame.data, frame.len);
	request_run(&e, &peer->client, (struct hf_slice){ exact, frame.len },
		    now_ms);
	free(exact);
}

/* Whoever was ended comes again. */
static void settle(void)
{
	for (size_t i = 0; i < CLIENTS; i++) {
		struct peer *peer = &peers[i];

		check_out(peer);
		if (!peer->client.over)
			continue;
		leave(peer);
		come(peer);
	}
}

/* ---- the server -------------------------------------------------------------
 */

static void start(void)
{
	const struct settings settings = {
		.durability = DURABILITY_NONE,
		.min_session_timeout_ms = 1,
		.max_session_timeout_ms = 100000,
		.max_request_bytes = MIB,
		.max_output_bytes = MIB,
		.max_nodes = 200,
		.max_memory_bytes = MIB,
		.max_watches = 100,
		.max_sessions = 100000,
		.container_check_ms = 10,
		.connect_timeout_ms = 1000,
		.ttl_nodes = 1,
		.enforce_quota = 1,
	};

	hf_log_sink(quiet, NULL);
	now_ms = 1000;
	hf_buf_init(&records, SIZE_MAX / 2);
	ephemerald_init(&e, &settings);
	e.db.record = keep;
	for (size_t i = 0; i < CLIENTS; i++)
		come(&peers[i]);
}

static void stop(void)
{
	for (size_t i = 0; i < CLIENTS; i++)
		leave(&peers[i]);
	ephemerald_fini(&e);
	hf_buf_fini(&records);
}

static void untold(void *arg, struct watcher *watcher,
		   const struct watch_event *event)
{
	HF_UNUSED(arg);
	HF_UNUSED(watcher);
	HF_UNUSED(event);
}

/* What was journaled gives as many of everything. */
static void replay(void)
{
	const struct zdb_limits limits = { .max_nodes = 1 };
	struct hf_rd rd = hf_rd_of(hf_buf_slice(&records));
	struct zdb again;
	bool stopped;

	zdb_init(&again, 1, &limits, untold, NULL);
	while (rd.left > 0) {
		if (change_load(&again, hf_rd_blob(&rd), false, &stopped) < 0)
			abort();
	}
	if (memcmp(ztree_counts(again.tree), ztree_counts(e.db.tree),
		   sizeof(struct ztree_counts)) != 0 ||
	    sessions_count(again.sessions) != sessions_count(e.db.sessions))
		abort();
	zdb_fini(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct hf_rd rd =
	    hf_rd_of((struct hf_slice){ (const char *)data, len });

	start();
	while (rd.left > 2) {
		uint8_t who = hf_rd_u8(&rd);
		size_t bytes = hf_rd_u8(&rd);

		if (bytes > rd.left)
			bytes = rd.left;
		request(&peers[who % CLIENTS], hf_rd_bytes(&rd, bytes));
		settle();
		if (who >= 0xf0)
			now_ms += TIMEOUT_MS / 4;
		ephemerald_tick(&e, now_ms);
		settle();
	}
	replay();
	stop();
	return 0;
}
