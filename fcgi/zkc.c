#include "config.h"

#include "fcgi/zkc.h"

#include "fcgi/backoff.h"
#include "fcgi/zkc_dial.h"
#include "libhold/clock.h"
#include "libhold/err.h"
#include "libhold/log.h"
#include "libhold/mem.h"
#include "libhold/zkrec.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
	FRAME_MAX = ZKC_ANSWERS_BYTES_MAX, /* of one answer */
	OUT_ENOUGH = 256 * 1024,           /* no more is queued to be sent */
	READ_BYTES = 64 * 1024,
	PATIENCE_MS = 1000, /* for what is queued, when we stop */
	LOOK_MS = 1000,     /* how long a pause lasts that nobody ends */
};

/*
 *          connected              lost
 *   TRYING ─────────> UP ────────────────> TRYING
 *     │  ^                                   │
 *     │  └── a call, or LOOK_MS ── AWAY <────┘ no server to be had
 */
enum state { TRYING, UP, AWAY };

struct zkc {
	struct zk_url url;
	zkc_up_fn *up;
	void *arg;
	pthread_t thread;
	int wake_fd;
	atomic_bool stopping;

	pthread_mutex_t lock; /* for what follows */
	enum state state;
	struct hf_list queue; /* batches not sent */
	struct hf_list sent;  /* and those not all answered */
	size_t detached;      /* of both */
	bool away;            /* reported already: one line an outage */
	bool drop;            /* zkc_drop() was called */
	struct backoff calls; /* when a call may end a pause */
	char why[160];        /* the last connection was lost, or not had */

	/* The thread's own. */
	struct zk_session session;
	struct zk_session_file *file; /* or NULL */
	size_t server;                /* the one to try next */
	int32_t xid;
	int fd;
	int64_t timeout_ms; /* of the session, as agreed on */
	int64_t heard_ms, spoke_ms;
	bool answered; /* a request, on this connection */
	struct hf_buf in, out;
};

static void wake(struct zkc *zkc)
{
	uint64_t one = 1;

	(void)!write(zkc->wake_fd, &one, sizeof(one));
}

/* ---- under the lock ------------------------------------------------------ */

/* Off the lists, and told to who waits. */
static void finish(struct zkc *zkc, struct zkc_batch *batch,
		   enum zkc_outcome outcome)
{
	hf_list_remove(&batch->on);
	zkc->detached -= batch->detached;
	batch->finished = true;
	batch->outcome = outcome;
	if (batch->waiter != NULL)
		pthread_cond_signal(batch->waiter);
	zkc_batch_unref(batch);
}

static struct zkc_batch *batch_on(struct hf_list *on)
{
	return HF_CONTAINER_OF(on, struct zkc_batch, on);
}

static void finish_all(struct zkc *zkc, struct hf_list *list,
		       enum zkc_outcome outcome)
{
	while (!hf_list_empty(list))
		finish(zkc, batch_on(hf_list_first(list)), outcome);
}

static void enqueue(struct zkc *zkc, struct zkc_batch *batch)
{
	batch->refs++;
	hf_list_append(&zkc->queue, &batch->on);
	zkc->detached += batch->detached;
	wake(zkc);
}

/* In a pause: one call now and then ends it, others give up at once. */
static bool may_wait(struct zkc *zkc)
{
	if (zkc->state != AWAY)
		return true;
	if (!backoff_ready(&zkc->calls, hf_clock_ms()))
		return false;
	zkc->state = TRYING;
	return true;
}

static void report(struct zkc *zkc, enum zkc_outcome outcome)
{
	if (outcome == ZKC_DONE) {
		if (zkc->away)
			hf_info("lock service is back");
		zkc->away = false;
		return;
	}
	if (outcome == ZKC_UNSENT && !zkc->away) {
		hf_warnx("lock service lost: %s", zkc->why);
		zkc->away = true;
	}
}

/* ---- calls --------------------------------------------------------------- */

static struct timespec monotonic_in(int64_t ms)
{
	struct timespec at;

	clock_gettime(CLOCK_MONOTONIC, &at);
	at.tv_sec += ms / 1000;
	at.tv_nsec += ms % 1000 * 1000000;
	if (at.tv_nsec >= 1000000000) {
		at.tv_sec++;
		at.tv_nsec -= 1000000000;
	}
	return at;
}

static void wait_for(struct zkc *zkc, struct zkc_batch *batch, int64_t until_ms)
{
	pthread_condattr_t attr;
	pthread_cond_t waiter;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&waiter, &attr);
	pthread_condattr_destroy(&attr);
	batch->waiter = &waiter;
	while (!batch->finished) {
		int64_t left_ms = until_ms - hf_clock_ms();
		struct timespec at = monotonic_in(left_ms);

		if (left_ms <= 0)
			break;
		(void)pthread_cond_timedwait(&waiter, &zkc->lock, &at);
	}
	batch->waiter = NULL;
	pthread_cond_destroy(&waiter);
}

/* Too late for it: what is queued still is taken back, what was sent is not. */
static enum zkc_outcome give_up(struct zkc *zkc, struct zkc_batch *batch)
{
	if (batch->sent_ms == 0) {
		finish(zkc, batch, ZKC_UNSENT);
		return ZKC_UNSENT;
	}
	batch->detached = true;
	zkc->detached++;
	return ZKC_LOST;
}

enum zkc_outcome zkc_run(struct zkc *zkc, struct zkc_batch *batch,
			 int64_t until_ms)
{
	enum zkc_outcome outcome = ZKC_UNSENT;

	pthread_mutex_lock(&zkc->lock);
	if (may_wait(zkc)) {
		enqueue(zkc, batch);
		wait_for(zkc, batch, until_ms);
		outcome =
		    batch->finished ? batch->outcome : give_up(zkc, batch);
	}
	report(zkc, outcome);
	pthread_mutex_unlock(&zkc->lock);
	return outcome;
}

void zkc_send(struct zkc *zkc, struct zkc_batch **batch)
{
	pthread_mutex_lock(&zkc->lock);
	if (zkc->state != AWAY && zkc->detached < ZKC_DETACHED_MAX) {
		(*batch)->detached = true;
		enqueue(zkc, *batch);
	}
	pthread_mutex_unlock(&zkc->lock);
	zkc_done(zkc, batch);
}

void zkc_done(struct zkc *zkc, struct zkc_batch **batch)
{
	pthread_mutex_lock(&zkc->lock);
	zkc_batch_unref(*batch);
	pthread_mutex_unlock(&zkc->lock);
	*batch = NULL;
}

void zkc_drop(struct zkc *zkc, const char *why)
{
	hf_warnx("lock service answers nonsense: %s", why);
	pthread_mutex_lock(&zkc->lock);
	zkc->drop = true;
	pthread_mutex_unlock(&zkc->lock);
	wake(zkc);
}

const char *zkc_chroot(const struct zkc *zkc)
{
	return zkc->url.chroot;
}

/* ---- the thread: while connected ----------------------------------------- */

static int lost(struct zkc *zkc, const char *what, const char *cause)
{
	pthread_mutex_lock(&zkc->lock);
	snprintf(zkc->why, sizeof(zkc->why), "%s%s%s", what,
		 cause != NULL ? ": " : "", cause != NULL ? cause : "");
	pthread_mutex_unlock(&zkc->lock);
	return HF_EUNREACHABLE;
}

/* A request without a record. */
static void add_frame(struct zkc *zkc, int32_t xid, int32_t op)
{
	const struct zk_request_header head = { xid, op };

	hf_wr_u32(&zkc->out, 8);
	zk_put_request_header(&zkc->out, &head);
}

/* From the queue into the buffer of what is to be sent. */
static void take_queued(struct zkc *zkc)
{
	pthread_mutex_lock(&zkc->lock);
	while (!hf_list_empty(&zkc->queue) &&
	       hf_buf_len(&zkc->out) < OUT_ENOUGH) {
		struct zkc_batch *batch = batch_on(hf_list_first(&zkc->queue));

		if (zkc->xid > INT32_MAX - ZKC_BATCH_MAX)
			zkc->xid = 1;
		zkc_batch_seal(batch, zkc->xid);
		zkc->xid += (int32_t)batch->n;
		batch->sent_ms = hf_clock_ms();
		hf_buf_add_slice(&zkc->out, hf_buf_slice(&batch->requests));
		hf_list_remove(&batch->on);
		hf_list_append(&zkc->sent, &batch->on);
	}
	pthread_mutex_unlock(&zkc->lock);
}

/* The answer that is next in line. False: it is not this one. */
static bool take_answer(struct zkc *zkc, const struct zk_reply_header *head,
			struct hf_slice body)
{
	struct zkc_batch *batch;
	struct zkc_answer *got;

	if (hf_list_empty(&zkc->sent))
		return false;
	batch = batch_on(hf_list_first(&zkc->sent));
	if (zkc_batch_xid(batch) != head->xid)
		return false;
	got = &batch->got[batch->answered++];
	*got = (struct zkc_answer){ head->err, hf_buf_len(&batch->answers),
				    body.len };
	hf_buf_add_slice(&batch->answers, body);
	if (batch->answered < batch->n)
		return true;
	batch->received_ms = hf_clock_ms();
	finish(zkc, batch,
	       hf_buf_failed(&batch->answers) ? ZKC_LOST : ZKC_DONE);
	return true;
}

static int take_frame(struct zkc *zkc, struct hf_slice frame)
{
	struct hf_rd in = hf_rd_of(frame);
	struct zk_reply_header head;
	bool fits;

	zk_get_reply_header(&in, &head);
	if (in.bad)
		return lost(zkc, "the server answers nonsense", NULL);
	if (head.xid == ZK_XID_PING || head.xid == ZK_XID_NOTIFICATION)
		return 0; /* we watch nothing */
	pthread_mutex_lock(&zkc->lock);
	fits = take_answer(zkc, &head, hf_rd_bytes(&in, in.left));
	if (fits)
		backoff_worked(&zkc->calls);
	pthread_mutex_unlock(&zkc->lock);
	zkc->answered = zkc->answered || fits;
	return fits ? 0 : lost(zkc, "the server answers out of turn", NULL);
}

static int take_frames(struct zkc *zkc)
{
	int rc = 0;

	while (rc == 0 && hf_buf_len(&zkc->in) >= 4) {
		struct hf_slice bytes = hf_buf_slice(&zkc->in);
		struct hf_rd in = hf_rd_of(bytes);
		size_t len = hf_rd_u32(&in);

		if (len > FRAME_MAX)
			return lost(zkc, "the server answers too much", NULL);
		if (in.left < len)
			return 0;
		rc = take_frame(zkc, hf_rd_bytes(&in, len));
		hf_buf_consume(&zkc->in, 4 + len);
	}
	return rc;
}

static int receive(struct zkc *zkc)
{
	char *room = hf_buf_reserve(&zkc->in, READ_BYTES);
	ssize_t n;

	if (room == NULL)
		return lost(zkc, "the server answers too much", NULL);
	n = recv(zkc->fd, room, READ_BYTES, 0);
	if (n == 0)
		return lost(zkc, "the server hung up", NULL);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR
			   ? 0
			   : lost(zkc, "cannot read", strerror(errno));
	hf_buf_commit(&zkc->in, (size_t)n);
	zkc->heard_ms = hf_clock_ms();
	return take_frames(zkc);
}

static int transmit(struct zkc *zkc)
{
	struct hf_slice out = hf_buf_slice(&zkc->out);
	ssize_t n;

	if (out.len == 0)
		return 0;
	n = send(zkc->fd, out.data, out.len, MSG_NOSIGNAL);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR
			   ? 0
			   : lost(zkc, "cannot write", strerror(errno));
	hf_buf_consume(&zkc->out, (size_t)n);
	zkc->spoke_ms = hf_clock_ms();
	return 0;
}

/* When the oldest request was sent; HF_NEVER: none waits. */
static int64_t waiting_since(struct zkc *zkc)
{
	int64_t since_ms = INT64_MAX;

	pthread_mutex_lock(&zkc->lock);
	if (!hf_list_empty(&zkc->sent))
		since_ms = batch_on(hf_list_first(&zkc->sent))->sent_ms;
	pthread_mutex_unlock(&zkc->lock);
	return since_ms;
}

/*
 * When the server's silence becomes too long: two thirds of the session, which
 * leaves the last one to find another server; less when a request waits.
 */
static int64_t silence_ends_ms(struct zkc *zkc)
{
	int64_t since_ms = waiting_since(zkc);
	int64_t idle_ms = zkc->heard_ms + zkc->timeout_ms * 2 / 3;

	if (since_ms == INT64_MAX)
		return idle_ms;
	if (since_ms < zkc->heard_ms)
		since_ms = zkc->heard_ms;
	return since_ms + ZKC_ANSWER_MS < idle_ms ? since_ms + ZKC_ANSWER_MS
						  : idle_ms;
}

static int64_t next_ping_ms(const struct zkc *zkc)
{
	return zkc->spoke_ms + zkc->timeout_ms / 3;
}

static void wait_for_events(struct zkc *zkc, int64_t until_ms)
{
	bool more = hf_buf_len(&zkc->out) > 0;
	struct pollfd fds[] = {
		{ .fd = zkc->fd, .events = more ? POLLIN | POLLOUT : POLLIN },
		{ .fd = zkc->wake_fd, .events = POLLIN },
	};
	int64_t left_ms = until_ms - hf_clock_ms();
	uint64_t drained;

	(void)poll(fds, HF_LEN(fds), left_ms > 0 ? (int)left_ms : 0);
	if (fds[1].revents != 0)
		(void)!read(zkc->wake_fd, &drained, sizeof(drained));
}

static bool is_dropped(struct zkc *zkc)
{
	bool drop;

	pthread_mutex_lock(&zkc->lock);
	drop = zkc->drop;
	zkc->drop = false;
	pthread_mutex_unlock(&zkc->lock);
	return drop;
}

static bool is_idle(struct zkc *zkc)
{
	bool idle;

	pthread_mutex_lock(&zkc->lock);
	idle = hf_list_empty(&zkc->queue) && hf_list_empty(&zkc->sent);
	pthread_mutex_unlock(&zkc->lock);
	return idle;
}

static int64_t earlier(int64_t a_ms, int64_t b_ms)
{
	return a_ms < b_ms ? a_ms : b_ms;
}

/* One turn. 0, or HF_EUNREACHABLE when the connection is lost. */
static int turn(struct zkc *zkc, int64_t until_ms)
{
	int rc;

	take_queued(zkc);
	if (hf_clock_ms() >= next_ping_ms(zkc)) {
		add_frame(zkc, ZK_XID_PING, ZK_OP_PING);
		zkc->spoke_ms = hf_clock_ms();
	}
	rc = transmit(zkc);
	if (rc < 0)
		return rc;
	wait_for_events(zkc, earlier(until_ms, earlier(next_ping_ms(zkc),
						       silence_ends_ms(zkc))));
	rc = receive(zkc); /* what is there counts before any deadline */
	if (rc == 0 && hf_clock_ms() >= silence_ends_ms(zkc))
		return lost(zkc, "the server is silent", NULL);
	if (rc == 0 && is_dropped(zkc))
		return lost(zkc, "the server answers nonsense", NULL);
	return rc;
}

/* Until the connection is lost, or all is done that we should do. */
static void serve(struct zkc *zkc)
{
	int64_t until_ms = INT64_MAX;
	int rc = 0;

	while (rc == 0 && hf_clock_ms() < until_ms) {
		bool stopping = atomic_load(&zkc->stopping);

		if (stopping && is_idle(zkc) && hf_buf_len(&zkc->out) == 0)
			break;
		if (stopping && until_ms == INT64_MAX)
			until_ms = hf_clock_ms() + PATIENCE_MS;
		rc = turn(zkc, until_ms);
	}
	if (rc < 0 || zkc->file != NULL)
		return;
	/* Nobody will resume it: let its nodes go now. */
	add_frame(zkc, zkc->xid, ZK_OP_CLOSE_SESSION);
	if (transmit(zkc) == 0) {
		struct pollfd fd = { .fd = zkc->fd, .events = POLLIN };

		(void)poll(&fd, 1, PATIENCE_MS);
	}
}

/* ---- the thread: connecting ---------------------------------------------- */

static void begin_connection(struct zkc *zkc, bool fresh)
{
	hf_buf_reset(&zkc->in, READ_BYTES);
	hf_buf_reset(&zkc->out, READ_BYTES);
	zkc->xid = 1;
	zkc->answered = false;
	zkc->heard_ms = zkc->spoke_ms = hf_clock_ms();
	zk_session_save(zkc->file, &zkc->session);
	zkc->up(zkc->arg, fresh);
}

/* 0, HF_ENOTFOUND (the session has expired), HF_EUNREACHABLE. */
static int try_server(struct zkc *zkc, size_t i)
{
	struct zk_session session = zkc->session;
	struct zkc_dial dial = {
		.wake_fd = zkc->wake_fd,
		.stopping = &zkc->stopping,
		.until_ms = hf_clock_ms() + ZKC_ANSWER_MS,
	};
	int rc = HF_EUNREACHABLE;

	zkc->fd = zkc_dial(&dial, &zkc->url, i);
	if (zkc->fd >= 0)
		rc = zkc_greet(&dial, zkc->fd, &session, ZKC_SESSION_MS,
			       &zkc->timeout_ms);
	if (rc == 0) {
		zkc->session = session;
		return 0;
	}
	if (zkc->fd >= 0)
		close(zkc->fd);
	zkc->fd = -1;
	return rc == HF_ENOTFOUND ? rc : lost(zkc, dial.why, NULL);
}

static int try_session(struct zkc *zkc, size_t i)
{
	bool fresh = zkc->session.id == 0;
	int rc = try_server(zkc, i);

	if (rc == HF_ENOTFOUND && !fresh) {
		hf_warnx("session expired: the holds of this worker are gone");
		zkc->session = (struct zk_session){ 0 };
		fresh = true;
		rc = try_server(zkc, i);
	}
	if (rc == HF_ENOTFOUND)
		return lost(zkc, "the server gives no session", NULL);
	if (rc == 0)
		begin_connection(zkc, fresh);
	return rc;
}

/* Each server once, from the one after the last. */
static int try_servers(struct zkc *zkc)
{
	size_t n = zkc->url.path != NULL ? 1 : zkc->url.n;
	int rc = HF_EUNREACHABLE;

	for (size_t i = 0; i < n && rc < 0; i++) {
		if (atomic_load(&zkc->stopping))
			break;
		rc = try_session(zkc, zkc->server);
		zkc->server = (zkc->server + 1) % n;
	}
	return rc;
}

static void go_up(struct zkc *zkc)
{
	pthread_mutex_lock(&zkc->lock);
	zkc->state = UP;
	zkc->drop = false;
	pthread_mutex_unlock(&zkc->lock);
}

/* What was sent is lost, and what was not goes over the next connection. */
static void go_down(struct zkc *zkc)
{
	close(zkc->fd);
	zkc->fd = -1;
	pthread_mutex_lock(&zkc->lock);
	finish_all(zkc, &zkc->sent, ZKC_LOST);
	zkc->state = TRYING;
	pthread_mutex_unlock(&zkc->lock);
}

static void go_away(struct zkc *zkc)
{
	pthread_mutex_lock(&zkc->lock);
	/* Tries of our own do not count: the next call may have its own. */
	if (!hf_list_empty(&zkc->queue))
		backoff_failed(&zkc->calls, hf_clock_ms());
	finish_all(zkc, &zkc->queue, ZKC_UNSENT);
	zkc->state = AWAY;
	pthread_mutex_unlock(&zkc->lock);
}

static bool is_away(struct zkc *zkc)
{
	bool away;

	pthread_mutex_lock(&zkc->lock);
	away = zkc->state == AWAY;
	pthread_mutex_unlock(&zkc->lock);
	return away && !atomic_load(&zkc->stopping);
}

/* Until a call wants to try, or it is time to look anyway. */
static void pause_trying(struct zkc *zkc)
{
	struct pollfd fd = { .fd = zkc->wake_fd, .events = POLLIN };
	int64_t until_ms = hf_clock_ms() + LOOK_MS;
	uint64_t drained;

	while (is_away(zkc) && hf_clock_ms() < until_ms) {
		(void)poll(&fd, 1, (int)(until_ms - hf_clock_ms() + 1));
		if (fd.revents != 0)
			(void)!read(zkc->wake_fd, &drained, sizeof(drained));
	}
}

static void *run(void *arg)
{
	struct zkc *zkc = arg;

	while (!atomic_load(&zkc->stopping)) {
		bool good = try_servers(zkc) == 0;

		if (good) {
			go_up(zkc);
			serve(zkc);
			good = zkc->answered;
			go_down(zkc);
		}
		if (!good) {
			go_away(zkc);
			pause_trying(zkc);
		}
	}
	go_away(zkc);
	return NULL;
}

/* ---- its life ------------------------------------------------------------ */

/* So that workers begin with different servers, and pause differently. */
static void draw(struct zkc *zkc)
{
	uint64_t random[2];

	if (getrandom(random, sizeof(random), 0) != sizeof(random))
		hf_fatal("cannot read random bytes");
	backoff_init(&zkc->calls, random[0]);
	if (zkc->url.n > 0)
		zkc->server = random[1] % zkc->url.n;
}

static void start_thread(struct zkc *zkc)
{
	zkc->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (zkc->wake_fd < 0)
		hf_fatal("cannot make an eventfd");
	if (pthread_create(&zkc->thread, NULL, run, zkc) != 0)
		hf_fatalx("cannot start the thread of the lock service");
}

struct zkc *zkc_new(const struct zkc_settings *settings,
		    const char **reason_out)
{
	struct zk_url url;
	struct zkc *zkc;

	if (zk_url_parse(settings->url, &url, reason_out) < 0)
		return NULL;
	zkc = hf_new(struct zkc);
	zkc->url = url;
	zkc->up = settings->up;
	zkc->arg = settings->arg;
	zkc->fd = -1;
	pthread_mutex_init(&zkc->lock, NULL);
	hf_list_init(&zkc->queue);
	hf_list_init(&zkc->sent);
	hf_buf_init(&zkc->in, (size_t)FRAME_MAX + 4 + READ_BYTES);
	hf_buf_init(&zkc->out, (size_t)OUT_ENOUGH + ZKC_BATCH_BYTES_MAX + 64);
	if (settings->session_path != NULL)
		zkc->file = zk_session_open(settings->session_path,
					    settings->url, &zkc->session);
	draw(zkc);
	start_thread(zkc);
	return zkc;
}

void zkc_free(struct zkc **zkc)
{
	struct zkc *z = *zkc;

	if (z == NULL)
		return;
	atomic_store(&z->stopping, true);
	wake(z);
	pthread_join(z->thread, NULL);
	close(z->wake_fd);
	zk_session_close(&z->file);
	hf_buf_fini(&z->in);
	hf_buf_fini(&z->out);
	pthread_mutex_destroy(&z->lock);
	zk_url_fini(&z->url);
	free(z);
	*zkc = NULL;
}
