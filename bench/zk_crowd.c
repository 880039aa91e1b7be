#include "config.h"

#include "bench/zk_crowd.h"

#include "bench/dial.h"
#include "bench/zk_hello.h"
#include "libhold/clock.h"
#include "libhold/err.h"
#include "libhold/mem.h"
#include "libhold/zkframe.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define OPEN_US           (60 * INT64_C(1000000))
#define CLOSE_US          (10 * INT64_C(1000000))
#define REPLY_MAX_BYTES   (64 * 1024 * 1024)
#define REQUEST_MAX_BYTES (64 * 1024)
#define RECV_BYTES        16384
#define EVENTS_A_TURN     128

struct session {
	unsigned number;
	int fd; /* -1: it has ended */
	bool begun;
	struct hf_buf in;
};

struct zk_crowd {
	struct session *sessions;
	unsigned n, begun, alive;
	int epoll_fd;
	int error; /* -errno that ends it */
	bool stopped, closing;
	int32_t xid;
	struct hf_buf out;
	size_t frame; /* of the request in out */
	zk_crowd_heard_fn *heard;
	void *arg;
};

/* ---- requests ----------------------------------------------------------- */

/* The socket blocks: what is sent is smaller than any socket's buffer. */
static void send_out(struct zk_crowd *crowd, struct session *session)
{
	struct hf_slice bytes = hf_buf_slice(&crowd->out);
	ssize_t sent;

	do
		sent = send(session->fd, bytes.data, bytes.len, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	if (sent != (ssize_t)bytes.len && crowd->error == 0)
		crowd->error = sent < 0 ? -errno : -EMSGSIZE;
}

struct hf_buf *zk_crowd_ask(struct zk_crowd *crowd, enum zk_op op)
{
	struct zk_request_header header = { ++crowd->xid, op };

	hf_buf_reset(&crowd->out, REQUEST_MAX_BYTES);
	crowd->frame = zk_frame_begin(&crowd->out);
	zk_put_request_header(&crowd->out, &header);
	return &crowd->out;
}

void zk_crowd_send(struct zk_crowd *crowd, unsigned session)
{
	zk_frame_end(&crowd->out, crowd->frame);
	send_out(crowd, &crowd->sessions[session]);
}

static void ask_for_session(struct zk_crowd *crowd, struct session *session)
{
	hf_buf_reset(&crowd->out, REQUEST_MAX_BYTES);
	zk_hello_put(&crowd->out);
	send_out(crowd, session);
}

/* ---- what comes --------------------------------------------------------- */

static void hang_up(struct zk_crowd *crowd, struct session *session)
{
	close(session->fd); /* epoll forgets it by itself */
	session->fd = -1;
	crowd->alive--;
}

static void lost(struct zk_crowd *crowd, struct session *session, int err)
{
	hang_up(crowd, session);
	if (!crowd->closing && crowd->error == 0)
		crowd->error = err;
}

static int begin(struct zk_crowd *crowd, struct session *session,
		 struct hf_slice frame)
{
	if (!zk_hello_accepted(frame))
		return -ECONNREFUSED;
	session->begun = true;
	crowd->begun++;
	return 0;
}

static int take(struct zk_crowd *crowd, struct session *session,
		struct hf_slice frame)
{
	struct zk_heard heard = { .session = session->number,
				  .body = hf_rd_of(frame) };

	if (!session->begun)
		return begin(crowd, session, frame);
	zk_get_reply_header(&heard.body, &heard.header);
	if (heard.body.bad)
		return -EPROTO;
	if (!crowd->closing)
		crowd->heard(crowd->arg, &heard);
	return 0;
}

static int take_all(struct zk_crowd *crowd, struct session *session)
{
	struct hf_slice frame;
	size_t used;
	int rc = 0;

	while (rc == 0) {
		switch (zk_frame_read(hf_buf_slice(&session->in),
				      REPLY_MAX_BYTES, &frame, &used)) {
		case ZK_FRAME_MORE:
			return 0;
		case ZK_FRAME_BAD:
			return -EPROTO;
		case ZK_FRAME_DONE:
			break;
		}
		rc = take(crowd, session, frame);
		hf_buf_consume(&session->in, used);
	}
	return rc;
}

static void receive(struct zk_crowd *crowd, struct session *session)
{
	char *to = hf_buf_reserve(&session->in, RECV_BYTES);
	ssize_t got;
	int rc;

	if (to == NULL) {
		lost(crowd, session, -EMSGSIZE);
		return;
	}
	got = recv(session->fd, to, hf_buf_room(&session->in), MSG_DONTWAIT);
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got <= 0) {
		lost(crowd, session, got < 0 ? -errno : -ECONNRESET);
		return;
	}
	hf_buf_commit(&session->in, (size_t)got);
	rc = take_all(crowd, session);
	if (rc < 0)
		lost(crowd, session, rc);
}

static void turn(struct zk_crowd *crowd, int64_t wait_us)
{
	struct epoll_event events[EVENTS_A_TURN];
	int n = epoll_wait(crowd->epoll_fd, events, EVENTS_A_TURN,
			   (int)((wait_us + 999) / 1000));

	for (int i = 0; i < n; i++)
		receive(crowd, events[i].data.ptr);
}

int zk_crowd_run(struct zk_crowd *crowd, int64_t end_us)
{
	int64_t now_us = hf_clock_us();

	crowd->stopped = false;
	while (!crowd->stopped && crowd->error == 0 && now_us < end_us) {
		turn(crowd, end_us - now_us);
		now_us = hf_clock_us();
	}
	return crowd->error;
}

void zk_crowd_stop(struct zk_crowd *crowd)
{
	crowd->stopped = true;
}

/* ---- life --------------------------------------------------------------- */

static int dial(struct zk_crowd *crowd, struct session *session, uint16_t port)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = session };

	session->fd = dial_loopback(port);
	if (session->fd < 0)
		return session->fd;
	crowd->alive++;
	if (epoll_ctl(crowd->epoll_fd, EPOLL_CTL_ADD, session->fd, &event) < 0)
		return -errno;
	ask_for_session(crowd, session);
	return crowd->error;
}

static int begin_all(struct zk_crowd *crowd, uint16_t port)
{
	int64_t end_us = hf_clock_us() + OPEN_US;

	for (unsigned i = 0; i < crowd->n; i++) {
		int rc = dial(crowd, &crowd->sessions[i], port);

		if (rc < 0)
			return rc;
	}
	while (crowd->begun < crowd->n && crowd->error == 0) {
		if (hf_clock_us() > end_us)
			return -ETIMEDOUT;
		turn(crowd, OPEN_US);
	}
	return crowd->error;
}

int zk_crowd_open(uint16_t port, unsigned n, zk_crowd_heard_fn *heard,
		  void *arg, struct zk_crowd **crowd_out)
{
	struct zk_crowd *crowd = hf_new(struct zk_crowd);
	int rc;

	crowd->sessions = hf_new_array(struct session, n);
	crowd->n = n;
	crowd->heard = heard;
	crowd->arg = arg;
	hf_buf_init(&crowd->out, REQUEST_MAX_BYTES);
	for (unsigned i = 0; i < n; i++) {
		crowd->sessions[i].number = i;
		crowd->sessions[i].fd = -1;
		hf_buf_init(&crowd->sessions[i].in, REPLY_MAX_BYTES);
	}
	crowd->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	rc = crowd->epoll_fd < 0 ? -errno : begin_all(crowd, port);
	if (rc < 0) {
		zk_crowd_close(&crowd);
		return rc;
	}
	*crowd_out = crowd;
	return 0;
}

/* What the sessions have made goes with them: the next crowd finds none. */
static void end_all(struct zk_crowd *crowd)
{
	int64_t end_us = hf_clock_us() + CLOSE_US;

	crowd->closing = true;
	for (unsigned i = 0; i < crowd->n; i++) {
		if (!crowd->sessions[i].begun || crowd->sessions[i].fd < 0)
			continue;
		zk_crowd_ask(crowd, ZK_OP_CLOSE_SESSION);
		zk_crowd_send(crowd, i);
	}
	while (crowd->alive > 0 && hf_clock_us() < end_us)
		turn(crowd, CLOSE_US);
}

void zk_crowd_close(struct zk_crowd **crowd_at)
{
	struct zk_crowd *crowd = *crowd_at;

	*crowd_at = NULL;
	if (crowd->error == 0 && crowd->begun == crowd->n)
		end_all(crowd);
	for (unsigned i = 0; i < crowd->n; i++) {
		if (crowd->sessions[i].fd >= 0)
			close(crowd->sessions[i].fd);
		hf_buf_fini(&crowd->sessions[i].in);
	}
	if (crowd->epoll_fd >= 0)
		close(crowd->epoll_fd);
	hf_buf_fini(&crowd->out);
	free(crowd->sessions);
	free(crowd);
}
