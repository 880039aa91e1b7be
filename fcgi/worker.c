#include "config.h"

#include "fcgi/worker.h"

#include "fcgi/guard.h"
#include "fcgi/live.h"
#include "fcgi/metrics.h"
#include "fcgi/pack.h"
#include "fcgi/router.h"
#include "fcgi/state_cache.h"
#include "fcgi/zk_keeper.h"
#include "libhold/clock.h"
#include "libhold/log.h"
#include "libhold/mem.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* The largest reply: a list of some 100,000 ids. */
#define REPLY_MAX  (16 * 1024 * 1024)
#define KEEP_BYTES (64 * 1024)
#define REQUEST_MS 10000 /* until a request must be whole */
/* The file of a session (zk_session.h): beside the socket that is ours, or in
 * the folder that a service manager gives with the socket that is not. */
#define SESSION_SUFFIX ".session"

struct thread {
	pthread_t id;
	struct listener *listener;
	struct meter *meter;
	struct site site;
	struct guard_room *room;
	FCGX_Request fcgi;
	struct hf_buf body;
	struct http_reply reply;
	struct hf_buf packed; /* changes places with the reply's body */
};

/* From nginx to this thread: what waited in the socket, and in our reading. */
static void count_wait(struct meter *meter, const struct http_request *request)
{
	if (request->passed_ms > 0)
		meter_time(&meter->waits,
			   (hf_wall_ms() - request->passed_ms) * 1000);
}

/* A page has no word for what it refuses; an error is ours alone. */
static const char *result_of(const struct http_reply *reply)
{
	if (reply->result != NULL)
		return reply->result;
	if (reply->status < 400)
		return "ok";
	return reply->status < 500 ? "refused" : "error";
}

static void count(struct thread *t, size_t call, int64_t began_us)
{
	const char *result = result_of(&t->reply);
	int64_t took_us = hf_clock_us() - began_us;
	char name[80];

	meter_request(t->meter, call, result, took_us);
	if (!hf_log_shows(HF_LOG_DEBUG))
		return;
	router_call_name(call, name, sizeof(name));
	hf_debug("answered call=\"%s\" result=%s status=%d us=%lld", name,
		 result, t->reply.status, (long long)took_us);
}

/* true when all of the request was read. */
static bool answer(struct thread *t)
{
	int64_t began_us = hf_clock_us();
	struct http_request request;
	enum http_read read;
	size_t call;

	meter_set(&t->meter->busy, 1);
	hf_buf_reset(&t->body, KEEP_BYTES);
	http_reply_reset(&t->reply, KEEP_BYTES);
	read = http_read(&t->fcgi, &t->body, &request);
	count_wait(t->meter, &request);
	hf_log_request(request.id);
	t->reply.request_id = request.id;
	call = router_answer(&t->site, &request, read, &t->reply);
	pack_reply(&request, &t->reply, &t->packed);
	if (http_send(&t->fcgi, &t->reply) < 0)
		hf_debug("peer went away before its reply path=%s",
			 request.path);
	count(t, call, began_us);
	hf_log_request("");
	meter_set(&t->meter->busy, 0);
	return read == HTTP_READ_OK;
}

/*
 * Closes without waiting for the peer to close. What it sent must have been
 * read, the end of its body too: else the kernel may take our reply for lost.
 */
static void close_at_once(int fd)
{
	char rest[4096];
	int looks = GUARD_REQUEST_MAX / (int)sizeof(rest) + 1;

	while (looks-- > 0 && recv(fd, rest, sizeof(rest), MSG_DONTWAIT) > 0)
		continue;
	close(fd);
}

/*
 * Gives libfcgi a connection that it did not accept: with keepConnection set
 * it reads a request from ipcFd; without a listening socket of its own (-1)
 * it can accept nothing more when that fails.
 */
static void serve_peer(struct thread *t, int fd)
{
	if (!guard_peer(t->room, fd, HTTP_BODY_MAX, REQUEST_MS)) {
		hf_debug("peer dropped: no whole FastCGI request came");
		close(fd);
		return;
	}
	t->fcgi.ipcFd = fd;
	t->fcgi.keepConnection = 1;
	if (FCGX_Accept_r(&t->fcgi) < 0)
		return; /* libfcgi has closed fd */
	/* A reply to a peer that is still sending needs libfcgi's patience. */
	t->fcgi.keepConnection = answer(t);
	FCGX_Finish_r(&t->fcgi);
	if (t->fcgi.ipcFd == fd) {
		close_at_once(fd);
		t->fcgi.ipcFd = -1;
	}
}

static void *serve(void *arg)
{
	struct thread *t = arg;
	int fd;

	while ((fd = listener_accept(t->listener)) >= 0)
		serve_peer(t, fd);
	return NULL;
}

/* a and b as one; the caller frees it. */
static char *joined(const char *a, const char *b)
{
	size_t size = strlen(a) + strlen(b) + 1;
	char *text = hf_alloc(size);

	snprintf(text, size, "%s%s", a, b);
	return text;
}

/* The caller frees it. */
static char *session_path(const struct settings *settings)
{
	const char *folder = getenv("STATE_DIRECTORY");

	if (settings->socket_path != NULL)
		return joined(settings->socket_path, SESSION_SUFFIX);
	return joined(folder != NULL ? folder : ".",
		      "/zookeeper" SESSION_SUFFIX);
}

/* NULL where each thread has a connection of its own. */
static struct zk_keeper *open_keeper(const struct settings *settings)
{
	const char *reason = NULL;
	struct zk_keeper *keeper;
	char *path;

	if (settings->lock_type != LOCK_EPHEMERAL)
		return NULL;
	path = session_path(settings);
	keeper = zk_keeper_open(settings->lock_url, path, &reason);
	if (keeper == NULL)
		hf_fatalx("NODE_URL cannot be read: %s", reason);
	free(path);
	return keeper;
}

static struct hold *new_hold(const struct settings *settings,
			     struct zk_keeper *keeper)
{
	const char *reason = NULL;
	struct hold *hold;

	if (keeper != NULL)
		return hold_zookeeper_new(keeper);
	hold = hold_redis_new(settings->lock_url, &reason);
	if (hold == NULL)
		hf_fatalx("LOCK_URL cannot be read: %s", reason);
	return hold;
}

/* What all threads share. */
struct house {
	struct listener *listener;
	const struct settings *settings;
	struct metrics *metrics;
	struct zk_keeper *keeper;
	struct live *live;
	struct state_cache *states;
};

static void thread_init(struct thread *t, const struct house *house,
			struct meter *meter)
{
	const struct settings *settings = house->settings;

	t->listener = house->listener;
	t->meter = meter;
	t->room = guard_room_new();
	hf_buf_init(&t->body, HTTP_BODY_MAX);
	hf_buf_init(&t->reply.body, REPLY_MAX);
	hf_buf_init(&t->packed, REPLY_MAX);
	FCGX_InitRequest(&t->fcgi, -1, FCGI_FAIL_ACCEPT_ON_INTR);
	t->site.booking.hold = new_hold(settings, house->keeper);
	t->site.booking.hold->meter = meter;
	t->site.booking.store = store_new(settings->database_url, meter);
	t->site.booking.hold_ms = settings->hold_ms;
	t->site.secret = settings->secret;
	t->site.booking.changes = live_changes(house->live);
	t->site.booking.meter = meter;
	t->site.metrics = house->metrics;
	t->site.states = house->states;
}

static void thread_fini(struct thread *t)
{
	store_free(&t->site.booking.store);
	hold_free(&t->site.booking.hold);
	hf_buf_fini(&t->packed);
	hf_buf_fini(&t->reply.body);
	hf_buf_fini(&t->body);
	guard_room_free(&t->room);
}

static struct live *open_live(const struct settings *settings,
			      struct metrics *metrics)
{
	struct meter *meters[LIVE_THREADS];
	struct live *live;

	for (size_t i = 0; i < LIVE_THREADS; i++)
		meters[i] = metrics_live_meter(metrics, i);
	live = live_open(settings->publish_url, settings->database_url, meters);
	return live;
}

static void serve_all(const struct house *house, struct thread *threads,
		      size_t n)
{
	for (size_t i = 0; i < n; i++)
		thread_init(&threads[i], house,
			    metrics_meter(house->metrics, i));
	for (size_t i = 0; i < n; i++) {
		if (pthread_create(&threads[i].id, NULL, serve, &threads[i]) !=
		    0)
			hf_fatalx("cannot start thread %zu of %zu", i + 1, n);
	}
	for (size_t i = 0; i < n; i++)
		pthread_join(threads[i].id, NULL);
	for (size_t i = 0; i < n; i++)
		thread_fini(&threads[i]);
}

void worker_serve(struct listener *listener, const struct settings *settings)
{
	size_t n = (size_t)settings->threads;
	struct thread *threads = hf_new_array(struct thread, n);
	struct house house = {
		.listener = listener,
		.settings = settings,
		.metrics = metrics_new(n),
		.keeper = open_keeper(settings),
		.states = state_cache_new(),
	};

	house.live = open_live(settings, house.metrics);
	metrics_watch(house.metrics, house.live, listener);
	serve_all(&house, threads, n);
	free(threads);
	live_close(&house.live);
	state_cache_free(&house.states);
	zk_keeper_close(&house.keeper);
	metrics_free(&house.metrics);
}
