#include "config.h"

#include "fcgi/zkc_inner.h"

#include "libhold/clock.h"
#include "libhold/err.h"
#include "libhold/zkrec.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PATIENCE_MS = 1000 }; /* for what is queued, when we stop */

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
	       hf_buf_len(&zkc->out) < ZKC_OUT_ENOUGH) {
		struct zkc_batch *batch =
		    zkc_batch_on(hf_list_first(&zkc->queue));

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
	batch = zkc_batch_on(hf_list_first(&zkc->sent));
	if (zkc_batch_xid(batch) != head->xid)
		return false;
	got = &batch->got[batch->answered++];
	*got = (struct zkc_answer){ head->err, hf_buf_len(&batch->answers),
				    body.len };
	hf_buf_add_slice(&batch->answers, body);
	if (batch->answered < batch->n)
		return true;
	batch->received_ms = hf_clock_ms();
	zkc_finish(zkc, batch,
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
		return zkc_lost(zkc, "the server answers nonsense", NULL);
	if (head.xid == ZK_XID_PING || head.xid == ZK_XID_NOTIFICATION)
		return 0; /* we watch nothing */
	pthread_mutex_lock(&zkc->lock);
	fits = take_answer(zkc, &head, hf_rd_bytes(&in, in.left));
	if (fits)
		backoff_worked(&zkc->calls);
	pthread_mutex_unlock(&zkc->lock);
	zkc->answered = zkc->answered || fits;
	return fits ? 0 : zkc_lost(zkc, "the server answers out of turn", NULL);
}

int zkc_take_frames(struct zkc *zkc)
{
	int rc = 0;

	while (rc == 0 && hf_buf_len(&zkc->in) >= 4) {
		struct hf_slice bytes = hf_buf_slice(&zkc->in);
		struct hf_rd in = hf_rd_of(bytes);
		size_t len = hf_rd_u32(&in);

		if (len > ZKC_FRAME_MAX)
			return zkc_lost(zkc, "the server answers too much",
					NULL);
		if (in.left < len)
			return 0;
		rc = take_frame(zkc, hf_rd_bytes(&in, len));
		hf_buf_consume(&zkc->in, 4 + len);
	}
	return rc;
}

static int receive(struct zkc *zkc)
{
	char *room = hf_buf_reserve(&zkc->in, ZKC_READ_BYTES);
	ssize_t n;

	if (room == NULL)
		return zkc_lost(zkc, "the server answers too much", NULL);
	n = recv(zkc->fd, room, ZKC_READ_BYTES, 0);
	if (n == 0)
		return zkc_lost(zkc, "the server hung up", NULL);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR
			   ? 0
			   : zkc_lost(zkc, "cannot read", strerror(errno));
	hf_buf_commit(&zkc->in, (size_t)n);
	zkc->heard_ms = hf_clock_ms();
	return zkc_take_frames(zkc);
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
			   : zkc_lost(zkc, "cannot write", strerror(errno));
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
		since_ms = zkc_batch_on(hf_list_first(&zkc->sent))->sent_ms;
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
		return zkc_lost(zkc, "the server is silent", NULL);
	if (rc == 0 && is_dropped(zkc))
		return zkc_lost(zkc, "the server answers nonsense", NULL);
	return rc;
}

void zkc_serve(struct zkc *zkc)
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
