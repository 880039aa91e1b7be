#include "config.h"

#include "libhold/loop.h"

#include "libhold/clock.h"
#include "libhold/err.h"
#include "libhold/heap.h"
#include "libhold/log.h"
#include "libhold/mem.h"
#include "libhold/peer.h"
#include "libhold/service.h"
#include "libhold/table.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define READ_BYTES       (64 * 1024)
#define KEEP_BYTES       1024 /* an idle connection's buffers shrink to */
#define LISTEN_BACKLOG   1024
#define KEEPALIVE_S      300
#define STOP_PATIENCE_MS 2000
#define ACCEPTS_ASIDE    64 /* of a listener, in one round */
#define REFUSAL_LOG_MS   1000

struct listener {
	struct hf_list all;
	struct hf_loop *loop;
	bool is_tcp;
	union {
		uv_handle_t handle;
		uv_stream_t stream;
		uv_tcp_t tcp;
		uv_pipe_t pipe;
	} uv;
};

/*
 * A peer's process, shared by its connections; outlives the last of them until
 * libuv lets go of it.
 */
struct hf_peer_watch {
	uv_poll_t poll;
	struct hf_table_node node; /* of loop's watches; while not stale */
	struct hf_list dying;      /* on the loop's list: it is dead */
	struct hf_list conns;
	struct hf_loop *loop;
	bool stale; /* it has died: its id may be another's */
	uint32_t pid;
	int fd;
	bool drained; /* a whole turn has passed since its death */
};

struct hf_loop {
	uv_loop_t uv;
	const struct hf_loop_ops *ops;
	void *arg;
	struct hf_loop_limits limits;
	struct hf_loop_counts counts;
	struct hf_access access;
	struct hf_slice forbidding;  /* said to who may not connect */
	int64_t forbidden_logged_ms; /* 0: never */
	int64_t refused_logged_ms;   /* the same */
	struct hf_list listeners;
	struct hf_list conns;
	struct hf_list dirty;
	struct hf_list resumed;
	struct hf_list dying;
	struct hf_table *watches; /* by process */
	struct hf_list held_back;
	uint64_t passed; /* replies that wait for no more than this may leave */
	uv_timer_t timer; /* the next deadline */
	uv_idle_t idle;   /* active: do not wait, there is work */
	uv_prepare_t prepare;
	uv_check_t check;
	uv_signal_t sigterm;
	uv_signal_t sigint;
	uv_signal_t sighup;
	uv_timer_t watchdog;    /* the service manager's */
	int64_t watchdog_ms;    /* how often it is told; 0: never */
	int64_t watchdog_at_ms; /* when next */
	void (*hangup)(void *arg);
	int64_t wake_ms;    /* what the timer is set to */
	int64_t now_ms;     /* 0: read the clock when asked */
	int64_t polled_ms;  /* before it was looked at what is readable */
	int64_t stop_at_ms; /* 0: serving; else closing, at the latest then */
	char *read_buffer;
};

/* ---- deadlines ---------------------------------------------------------- */

int64_t hf_loop_now_ms(struct hf_loop *loop)
{
	if (loop->now_ms == 0)
		loop->now_ms = hf_clock_ms();
	return loop->now_ms;
}

static void on_idle(uv_idle_t *idle)
{
	HF_UNUSED(idle); /* being active is all it does: the poll won't wait */
}

static void on_timer(uv_timer_t *timer)
{
	struct hf_loop *loop = timer->data;

	/* Poll once without waiting: what is readable goes before what is
	 * due. The check phase then runs tick(). */
	loop->wake_ms = HF_NEVER;
	uv_idle_start(&loop->idle, on_idle);
}

static void wake_at(struct hf_loop *loop, int64_t due_ms)
{
	int64_t wait_ms = due_ms - hf_loop_now_ms(loop);

	if (due_ms == HF_NEVER) {
		uv_timer_stop(&loop->timer);
		uv_idle_stop(&loop->idle);
	} else if (wait_ms <= 0) {
		uv_timer_stop(&loop->timer);
		uv_idle_start(&loop->idle, on_idle);
		due_ms = HF_NEVER;
	} else {
		uv_idle_stop(&loop->idle);
		if (due_ms == loop->wake_ms)
			return;
		uv_update_time(&loop->uv);
		uv_timer_start(&loop->timer, on_timer, (uint64_t)wait_ms, 0);
	}
	loop->wake_ms = due_ms;
}

void hf_loop_wake_at(struct hf_loop *loop, int64_t due_ms)
{
	if (loop->stop_at_ms != 0)
		return;
	if (due_ms < loop->wake_ms && !uv_is_active((uv_handle_t *)&loop->idle))
		wake_at(loop, due_ms);
}

/* ---- connections -------------------------------------------------------- */

static void on_closed(uv_handle_t *handle)
{
	struct hf_conn *conn = handle->data;
	struct hf_loop *loop = conn->loop;

	hf_list_remove(&conn->all);
	hf_list_remove(&conn->dirty);
	hf_list_remove(&conn->resumed);
	hf_list_remove(&conn->held_back);
	hf_buf_fini(&conn->in);
	hf_buf_fini(&conn->out);
	hf_buf_fini(&conn->ahead);
	hf_buf_fini(&conn->sending);
	loop->counts.conns--;
	loop->ops->closed(conn);
}

static void on_watch_closed(uv_handle_t *handle)
{
	struct hf_peer_watch *watch = handle->data;

	close(watch->fd);
	free(watch);
}

/* Nobody finds it any more. */
static void forget_watch(struct hf_peer_watch *watch)
{
	if (!watch->stale)
		hf_table_remove(watch->loop->watches, &watch->node);
	watch->stale = true;
}

static void end_watch(struct hf_conn *conn)
{
	struct hf_peer_watch *watch = conn->watch;

	if (watch == NULL)
		return;
	conn->watch = NULL;
	hf_list_remove(&conn->watched);
	if (!hf_list_empty(&watch->conns))
		return;
	forget_watch(watch);
	hf_list_remove(&watch->dying);
	uv_close((uv_handle_t *)&watch->poll, on_watch_closed);
}

void hf_conn_close(struct hf_conn *conn, enum hf_conn_why why)
{
	if (conn->closing)
		return;
	conn->closing = true;
	conn->why = why;
	end_watch(conn);
	uv_close(&conn->uv.handle, on_closed);
}

static void mark_dirty(struct hf_conn *conn)
{
	if (hf_list_empty(&conn->dirty))
		hf_list_append(&conn->loop->dirty, &conn->dirty);
}

void hf_conn_close_soon(struct hf_conn *conn, enum hf_conn_why why)
{
	if (conn->closing || conn->close_soon)
		return;
	conn->close_soon = true;
	conn->why = why;
	uv_read_stop(&conn->uv.stream);
	mark_dirty(conn);
}

struct hf_buf *hf_conn_out(struct hf_conn *conn)
{
	mark_dirty(conn);
	return &conn->out;
}

/* ---- the peer's process ------------------------------------------------- */

static void note_death(struct hf_peer_watch *watch)
{
	struct hf_loop *loop = watch->loop;

	uv_poll_stop(&watch->poll);
	forget_watch(watch);
	if (hf_list_empty(&watch->conns) || !hf_list_empty(&watch->dying) ||
	    loop->stop_at_ms != 0)
		return;
	/* What it sent before it died may still lie in the socket. */
	hf_list_append(&loop->dying, &watch->dying);
	uv_idle_start(&loop->idle, on_idle);
}

static void on_peer_died(uv_poll_t *poll, int status, int events)
{
	HF_UNUSED(status);
	HF_UNUSED(events);
	note_death(poll->data);
}

static void close_all_of(struct hf_peer_watch *watch)
{
	HF_LIST_FOREACH (node, &watch->conns) {
		hf_conn_close_soon(
		    HF_CONTAINER_OF(node, struct hf_conn, watched),
		    HF_CONN_DEAD);
	}
}

static void close_dead(struct hf_loop *loop)
{
	if (loop->stop_at_ms != 0)
		return; /* all are being closed, and the handles may be gone */
	HF_LIST_FOREACH (node, &loop->dying) {
		struct hf_peer_watch *watch =
		    HF_CONTAINER_OF(node, struct hf_peer_watch, dying);

		if (watch->drained) {
			hf_list_remove(node);
			close_all_of(watch);
		}
		watch->drained = true;
	}
	if (!hf_list_empty(&loop->dying))
		uv_idle_start(&loop->idle, on_idle);
}

static uint32_t hash_of(struct hf_loop *loop, uint32_t pid)
{
	return hf_table_hash(
	    (uintptr_t)loop,
	    (struct hf_slice){ (const char *)&pid, sizeof(pid) });
}

static bool is_of(const struct hf_table_node *node, struct hf_slice pid)
{
	const struct hf_peer_watch *watch =
	    HF_CONTAINER_OF(node, struct hf_peer_watch, node);

	return memcmp(&watch->pid, pid.data, sizeof(watch->pid)) == 0;
}

/*
 * The watch of a living process; NULL: none. One that has died is told by its
 * descriptor, at once: an id that was given again is not taken for the old.
 */
static struct hf_peer_watch *find_watch(struct hf_loop *loop, uint32_t pid)
{
	struct hf_table_node *node =
	    hf_table_find(loop->watches, hash_of(loop, pid), is_of,
			  (struct hf_slice){ (const char *)&pid, sizeof(pid) });
	struct hf_peer_watch *watch;
	struct pollfd p = { .events = POLLIN };

	if (node == NULL)
		return NULL;
	watch = HF_CONTAINER_OF(node, struct hf_peer_watch, node);
	p.fd = watch->fd;
	if (poll(&p, 1, 0) == 0)
		return watch;
	note_death(watch);
	return NULL;
}

static struct hf_peer_watch *watch_new(struct hf_loop *loop, int fd,
				       uint32_t pid)
{
	struct hf_peer_watch *watch = hf_new(struct hf_peer_watch);

	*watch = (struct hf_peer_watch){ .loop = loop, .pid = pid, .fd = fd };
	hf_list_init(&watch->dying);
	hf_list_init(&watch->conns);
	if (uv_poll_init(&loop->uv, &watch->poll, fd) != 0) {
		close(fd);
		free(watch);
		return NULL;
	}
	watch->poll.data = watch;
	if (uv_poll_start(&watch->poll, UV_READABLE, on_peer_died) != 0) {
		uv_close((uv_handle_t *)&watch->poll, on_watch_closed);
		return NULL;
	}
	hf_table_insert(loop->watches, &watch->node, hash_of(loop, pid));
	return watch;
}

/* Gives a watch of pid, shared or new; rc: of opening a new one. */
static struct hf_peer_watch *get_watch(struct hf_loop *loop, uint32_t pid,
				       int *rc_out)
{
	struct hf_peer_watch *watch = find_watch(loop, pid);

	*rc_out = 0;
	if (watch != NULL)
		return watch;
	*rc_out = hf_peer_open(pid);
	return *rc_out >= 0 ? watch_new(loop, *rc_out, pid) : NULL;
}

uint32_t hf_conn_watch_peer(struct hf_conn *conn)
{
	uint32_t pid;
	int rc;

	if (conn->watch != NULL)
		return conn->watch->pid;
	if (conn->is_tcp || !hf_conn_open(conn))
		return 0;
	pid = hf_peer_id(hf_conn_fd(conn));
	if (pid == 0)
		return 0;
	conn->watch = get_watch(conn->loop, pid, &rc);
	if (conn->watch != NULL)
		hf_list_append(&conn->watch->conns, &conn->watched);
	else if (rc == -ESRCH)
		hf_conn_close_soon(conn, HF_CONN_DEAD);
	return conn->watch != NULL ? pid : 0;
}

/* ---- replies and input -------------------------------------------------- */

/* ---- replies that wait -------------------------------------------------- */

uint64_t hf_conn_mark(const struct hf_conn *conn)
{
	return conn->taken + hf_buf_len(&conn->out);
}

static void drop_passed(struct hf_conn *conn)
{
	while (conn->n_holds > 0 &&
	       conn->holds[0].until <= conn->loop->passed) {
		conn->holds[0] = conn->holds[1];
		conn->n_holds--;
	}
}

void hf_conn_hold(struct hf_conn *conn, uint64_t mark, uint64_t until)
{
	struct hf_loop *loop = conn->loop;
	int last;

	drop_passed(conn);
	last = conn->n_holds - 1;
	if (until <= loop->passed ||
	    (last >= 0 && until <= conn->holds[last].until))
		return;
	if (last == 1)
		conn->holds[1].until = until;
	else
		conn->holds[conn->n_holds++] = (struct hf_hold){ mark, until };
	if (hf_list_empty(&conn->held_back))
		hf_list_append(&loop->held_back, &conn->held_back);
}

/*
 * What has overtaken is put into its place, as that will be found no more when
 * the first of those who wait need not. The marks of all who wait stay theirs.
 */
static void settle_ahead(struct hf_conn *conn)
{
	size_t len = hf_buf_len(&conn->ahead);

	if (len == 0)
		return;
	hf_buf_insert(&conn->out, (size_t)(conn->holds[0].from - conn->taken),
		      hf_buf_slice(&conn->ahead));
	conn->taken -= len;
	hf_buf_reset(&conn->ahead, KEEP_BYTES);
}

void hf_loop_pass(struct hf_loop *loop, uint64_t until)
{
	HF_LIST_FOREACH (node, &loop->held_back) {
		struct hf_conn *conn =
		    HF_CONTAINER_OF(node, struct hf_conn, held_back);

		if (conn->holds[0].until > until)
			continue;
		settle_ahead(conn);
		mark_dirty(conn);
	}
	loop->passed = until;
}

bool hf_conn_waits(struct hf_conn *conn, uint64_t mark)
{
	drop_passed(conn);
	return conn->n_holds > 0 && mark >= conn->holds[0].from;
}

struct hf_buf *hf_conn_out_ahead(struct hf_conn *conn)
{
	mark_dirty(conn);
	drop_passed(conn);
	return conn->n_holds > 0 ? &conn->ahead : &conn->out;
}

/* How many bytes of out may leave now. */
static size_t free_to_leave(struct hf_conn *conn)
{
	drop_passed(conn);
	if (conn->n_holds > 0)
		return (size_t)(conn->holds[0].from - conn->taken);
	hf_list_remove(&conn->held_back);
	return hf_buf_len(&conn->out);
}

static void finish_if_done(struct hf_conn *conn)
{
	if (conn->close_soon && !conn->writing && hf_buf_len(&conn->out) == 0 &&
	    hf_buf_len(&conn->ahead) == 0)
		hf_conn_close(conn, conn->why);
}

static void on_written(uv_write_t *write, int status)
{
	struct hf_conn *conn = write->data;

	conn->writing = false;
	hf_buf_reset(&conn->sending, KEEP_BYTES);
	if (conn->closing)
		return;
	if (status < 0) {
		hf_conn_close(conn, HF_CONN_PEER);
		return;
	}
	mark_dirty(conn); /* what came meanwhile, or the close */
}

/* Marks are of what was appended to out. */
static void note_taken(struct hf_conn *conn, const struct hf_buf *from,
		       size_t len)
{
	if (from == &conn->out)
		conn->taken += len;
	conn->loop->counts.bytes_out += len;
}

/* The kernel took less than all: libuv writes the rest when it can. */
static void write_rest(struct hf_conn *conn, struct hf_buf *from, size_t len)
{
	struct hf_buf taken = conn->sending;
	uv_buf_t bytes;

	note_taken(conn, from, len);
	if (len == hf_buf_len(from)) {
		conn->sending = *from;
		*from = taken;
	} else {
		hf_buf_add(&conn->sending, from->data + from->start, len);
		hf_buf_consume(from, len);
	}
	conn->writing = true;
	conn->write.data = conn;
	bytes = uv_buf_init(conn->sending.data + conn->sending.start,
			    (unsigned)hf_buf_len(&conn->sending));
	if (uv_write(&conn->write, &conn->uv.stream, &bytes, 1, on_written) !=
	    0) {
		conn->writing = false;
		hf_conn_close(conn, HF_CONN_ERROR);
	}
}

/* The first len bytes of from. False: not all of them are the kernel's yet. */
static bool hand_to_kernel(struct hf_conn *conn, struct hf_buf *from,
			   size_t len)
{
	uv_buf_t bytes;
	int n;

	if (len == 0)
		return true;
	bytes = uv_buf_init(from->data + from->start, (unsigned)len);
	n = uv_try_write(&conn->uv.stream, &bytes, 1);
	if (n < 0 && n != UV_EAGAIN) {
		hf_conn_close(conn, HF_CONN_PEER);
		return false;
	}
	if (n > 0) {
		note_taken(conn, from, (size_t)n);
		hf_buf_consume(from, (size_t)n);
		len -= (size_t)n;
	}
	if (len > 0) {
		write_rest(conn, from, len);
		return false;
	}
	if (hf_buf_len(from) == 0)
		hf_buf_reset(from, KEEP_BYTES);
	return true;
}

static bool too_much_unread(const struct hf_conn *conn)
{
	size_t unread = hf_buf_len(&conn->out) + hf_buf_len(&conn->ahead) +
			hf_buf_len(&conn->sending);

	return hf_buf_failed(&conn->out) || hf_buf_failed(&conn->ahead) ||
	       unread > conn->loop->limits.max_out_bytes;
}

static void flush(struct hf_conn *conn)
{
	if (conn->closing)
		return;
	if (too_much_unread(conn)) {
		hf_conn_close(conn, HF_CONN_SLOW);
		return;
	}
	if (conn->writing)
		return; /* on_written() marks it dirty again */
	if (hand_to_kernel(conn, &conn->out, free_to_leave(conn)) &&
	    hand_to_kernel(conn, &conn->ahead, hf_buf_len(&conn->ahead)))
		finish_if_done(conn);
}

/* Room for what comes next, behind what waits already. */
static char *reserve_in(struct hf_conn *conn, size_t *len_out)
{
	size_t left =
	    conn->loop->limits.max_in_bytes + 1 - hf_buf_len(&conn->in);

	/* One byte past the limit is let in, to see that it was passed. */
	*len_out = left < READ_BYTES ? left : READ_BYTES;
	return hf_buf_reserve(&conn->in, *len_out);
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
	struct hf_conn *conn = handle->data;
	size_t len;
	char *room;

	HF_UNUSED(suggested);
	if (hf_buf_len(&conn->in) == 0) {
		*buf = uv_buf_init(conn->loop->read_buffer, READ_BYTES);
		return;
	}
	room = reserve_in(conn, &len);
	*buf = uv_buf_init(room, room != NULL ? (unsigned)len : 0);
}

/* After bytes were used: is what waits one request that is too large? */
static void bound_input(struct hf_conn *conn)
{
	size_t waiting = hf_buf_len(&conn->in);

	if (conn->closing || conn->close_soon)
		return;
	if (waiting == 0) {
		hf_buf_reset(&conn->in, KEEP_BYTES);
	} else if (waiting > conn->loop->limits.max_in_bytes) {
		if (!conn->paused) {
			hf_conn_close_soon(conn, HF_CONN_IN_LIMIT);
			return;
		}
		conn->deaf = true;
		uv_read_stop(&conn->uv.stream);
	}
}

/* Gives bytes to the program; what it leaves waits in conn->in. */
static void hand_over(struct hf_conn *conn, size_t nread)
{
	struct hf_loop *loop = conn->loop;
	bool shared = hf_buf_len(&conn->in) == 0;
	struct hf_slice bytes = { loop->read_buffer, nread };
	size_t used = 0;

	if (!shared) {
		hf_buf_commit(&conn->in, nread);
		bytes = hf_buf_slice(&conn->in);
	}
	if (!conn->paused)
		used = loop->ops->data(conn, bytes);
	if (conn->closing)
		return;
	if (!shared)
		hf_buf_consume(&conn->in, used);
	else
		hf_buf_add(&conn->in, bytes.data + used, bytes.len - used);
	bound_input(conn);
}

static void on_read(uv_stream_t *stream, ssize_t nread, const uv_buf_t *buf)
{
	struct hf_conn *conn = stream->data;

	HF_UNUSED(buf);
	if (nread == 0)
		return; /* EAGAIN */
	if (nread < 0) {
		/* Half-closed peers still get the replies on their way. */
		hf_conn_close_soon(conn, HF_CONN_PEER);
		return;
	}
	if (conn->closing || conn->close_soon)
		return;
	conn->loop->counts.bytes_in += (uint64_t)nread;
	hand_over(conn, (size_t)nread);
}

void hf_conn_pause(struct hf_conn *conn)
{
	conn->paused = true;
	hf_list_remove(&conn->resumed);
}

void hf_conn_resume(struct hf_conn *conn)
{
	if (!conn->paused || conn->closing)
		return;
	conn->paused = false;
	if (conn->loop->stop_at_ms != 0)
		return; /* nothing more is taken, and the handles may be gone */
	hf_list_append(&conn->loop->resumed, &conn->resumed);
	uv_idle_start(&conn->loop->idle, on_idle);
}

static void hand_over_waiting(struct hf_conn *conn)
{
	if (conn->closing || conn->close_soon)
		return;
	if (hf_buf_len(&conn->in) > 0) {
		size_t used =
		    conn->loop->ops->data(conn, hf_buf_slice(&conn->in));

		hf_buf_consume(&conn->in, used);
		bound_input(conn);
	}
	if (!conn->deaf || conn->paused || conn->closing || conn->close_soon)
		return;
	conn->deaf = false;
	if (uv_read_start(&conn->uv.stream, on_alloc, on_read) != 0)
		hf_conn_close(conn, HF_CONN_ERROR);
}

/* Those that resume meanwhile wait for the next turn. */
static void serve_resumed(struct hf_loop *loop)
{
	struct hf_list batch, *node;

	hf_list_init(&batch);
	while ((node = hf_list_first(&loop->resumed)) != NULL) {
		hf_list_remove(node);
		hf_list_append(&batch, node);
	}
	while ((node = hf_list_first(&batch)) != NULL) {
		hf_list_remove(node);
		hand_over_waiting(
		    HF_CONTAINER_OF(node, struct hf_conn, resumed));
	}
	if (!hf_list_empty(&loop->resumed))
		uv_idle_start(&loop->idle, on_idle);
}

static void on_refused_closed(uv_handle_t *handle)
{
	free(handle->data);
}

/* One line a second at most: who is refused may come as often as it likes. */
static bool may_log(struct hf_loop *loop, int64_t *logged_ms)
{
	int64_t now_ms = hf_loop_now_ms(loop);

	if (*logged_ms != 0 && now_ms < *logged_ms + REFUSAL_LOG_MS)
		return false;
	*logged_ms = now_ms;
	return true;
}

/* Says why to one connection too many, as far as the kernel takes it. */
static void refuse(struct listener *listener)
{
	struct hf_loop *loop = listener->loop;
	struct hf_conn *conn = hf_new(struct hf_conn);
	uv_buf_t bytes =
	    uv_buf_init((char *)(uintptr_t)loop->limits.refusal.data,
			(unsigned)loop->limits.refusal.len);

	loop->counts.refused++;
	if (may_log(loop, &loop->refused_logged_ms))
		hf_warnx("connection refused: there are as many as may be "
			 "max-clients=%zu refused_so_far=%llu",
			 loop->limits.max_conns,
			 (unsigned long long)loop->counts.refused);
	if (listener->is_tcp)
		uv_tcp_init(&loop->uv, &conn->uv.tcp);
	else
		uv_pipe_init(&loop->uv, &conn->uv.pipe, 0);
	conn->uv.handle.data = conn;
	if (uv_accept(&listener->uv.stream, &conn->uv.stream) == 0)
		uv_try_write(&conn->uv.stream, &bytes, 1);
	uv_close(&conn->uv.handle, on_refused_closed);
}

static void conn_init(struct hf_conn *conn, struct listener *listener)
{
	struct hf_loop *loop = listener->loop;

	conn->loop = loop;
	conn->is_tcp = listener->is_tcp;
	hf_list_init(&conn->all);
	hf_list_init(&conn->dirty);
	hf_list_init(&conn->resumed);
	hf_list_init(&conn->held_back);
	hf_list_init(&conn->watched);
	hf_buf_init(&conn->in, loop->limits.max_in_bytes + READ_BYTES + 1);
	hf_buf_init(&conn->out, loop->limits.max_out_bytes);
	hf_buf_init(&conn->ahead, loop->limits.max_out_bytes);
	hf_buf_init(&conn->sending, loop->limits.max_out_bytes);
	if (conn->is_tcp)
		uv_tcp_init(&loop->uv, &conn->uv.tcp);
	else
		uv_pipe_init(&loop->uv, &conn->uv.pipe, 0);
	conn->uv.handle.data = conn;
	hf_list_append(&loop->conns, &conn->all);
	loop->counts.conns++;
}

static void log_forbidden(struct hf_loop *loop, uid_t user)
{
	if (!may_log(loop, &loop->forbidden_logged_ms))
		return;
	hf_warnx("connection refused: its user may not connect uid=%u "
		 "refused_so_far=%llu",
		 (unsigned)user, (unsigned long long)loop->counts.forbidden);
}

static bool may_connect(struct hf_conn *conn)
{
	struct hf_loop *loop = conn->loop;
	uid_t user;

	if (conn->is_tcp ||
	    hf_access_allows(&loop->access, hf_conn_fd(conn), &user))
		return true;
	loop->counts.forbidden++;
	log_forbidden(loop, user);
	hf_buf_add_slice(hf_conn_out(conn), loop->forbidding);
	hf_conn_close_soon(conn, HF_CONN_USER);
	return false;
}

static void begin_reading(struct hf_conn *conn)
{
	conn->loop->counts.accepted++;
	if (!may_connect(conn))
		return;
	if (conn->is_tcp) {
		uv_tcp_nodelay(&conn->uv.tcp, 1);
		uv_tcp_keepalive(&conn->uv.tcp, 1, KEEPALIVE_S);
	}
	if (uv_read_start(&conn->uv.stream, on_alloc, on_read) != 0)
		hf_conn_close(conn, HF_CONN_ERROR);
}

static void on_connection(uv_stream_t *server, int status)
{
	struct listener *listener = server->data;
	struct hf_loop *loop = listener->loop;
	struct hf_conn *conn;

	if (status < 0) {
		hf_warnx("cannot accept a connection: %s", uv_strerror(status));
		return;
	}
	if (loop->counts.conns >= loop->limits.max_conns) {
		refuse(listener);
		return;
	}
	conn = loop->ops->open(loop->arg);
	conn_init(conn, listener);
	if (uv_accept(server, &conn->uv.stream) != 0) {
		hf_conn_close(conn, HF_CONN_ERROR);
		return;
	}
	begin_reading(conn);
}

static void format_address(const struct sockaddr_storage *address, char *out,
			   size_t room)
{
	char host[64] = "?";
	bool v6 = address->ss_family == AF_INET6;
	const struct sockaddr_in *in4 = (const void *)address;
	const struct sockaddr_in6 *in6 = (const void *)address;

	if (v6)
		uv_ip6_name(in6, host, sizeof(host));
	else
		uv_ip4_name(in4, host, sizeof(host));
	snprintf(out, room, v6 ? "[%s]:%d" : "%s:%d", host,
		 (int)ntohs(v6 ? in6->sin6_port : in4->sin_port));
}

static void format_path(const struct hf_conn *conn, char *out, size_t room)
{
	size_t size = room - 5;

	memcpy(out, "unix:", 6);
	if (uv_pipe_getsockname(&conn->uv.pipe, out + 5, &size) != 0)
		out[5] = '\0';
}

typedef int address_fn(const uv_tcp_t *tcp, struct sockaddr *name, int *len);

static const char *format_end(const struct hf_conn *conn, address_fn *address,
			      char *out, size_t room)
{
	struct sockaddr_storage end = { 0 };
	int len = (int)sizeof(end);

	snprintf(out, room, "?");
	if (conn->is_tcp && address(&conn->uv.tcp, (void *)&end, &len) == 0)
		format_address(&end, out, room);
	else if (!conn->is_tcp && room > 6)
		format_path(conn, out, room);
	return out;
}

const char *hf_conn_peer(const struct hf_conn *conn, char *out, size_t room)
{
	return format_end(conn, uv_tcp_getpeername, out, room);
}

const char *hf_conn_local(const struct hf_conn *conn, char *out, size_t room)
{
	return format_end(conn, uv_tcp_getsockname, out, room);
}

/* POLLRDHUP tells of the peer's end before what it sent has been read. */
bool hf_conn_reachable(const struct hf_conn *conn)
{
	struct pollfd p = { .fd = hf_conn_fd(conn), .events = POLLRDHUP };

	if (!hf_conn_open(conn))
		return false;
	return !conn->deaf || poll(&p, 1, 0) <= 0;
}

int hf_conn_fd(const struct hf_conn *conn)
{
	uv_os_fd_t fd;

	return uv_fileno(&conn->uv.handle, &fd) == 0 ? fd : -1;
}

const char *hf_conn_why_text(enum hf_conn_why why)
{
	static const char *const texts[] = {
		[HF_CONN_PEER] = "closed by the peer",
		[HF_CONN_DONE] = "done",
		[HF_CONN_PROTOCOL] = "protocol error",
		[HF_CONN_IN_LIMIT] = "request too large",
		[HF_CONN_SLOW] = "too many unread replies",
		[HF_CONN_ERROR] = "system error",
		[HF_CONN_SHUTDOWN] = "shutdown",
		[HF_CONN_DEAD] = "the peer's process has died",
		[HF_CONN_USER] = "its user may not connect",
	};

	return texts[why];
}

/* ---- a turn ------------------------------------------------------------- */

static void flush_all(struct hf_loop *loop)
{
	struct hf_list *node;

	while ((node = hf_list_first(&loop->dirty)) != NULL) {
		struct hf_conn *conn =
		    HF_CONTAINER_OF(node, struct hf_conn, dirty);

		hf_list_remove(node);
		flush(conn);
	}
}

static void on_signal(uv_signal_t *handle, int signum)
{
	hf_info("stopping signal=%d", signum);
	hf_loop_stop(handle->data);
}

/* systemd asks for the monotonic clock's time, which is libuv's. */
static void tell_reloading(void)
{
	char state[64];

	snprintf(state, sizeof(state), "RELOADING=1\nMONOTONIC_USEC=%llu",
		 (unsigned long long)(uv_hrtime() / 1000));
	hf_service_notify(state);
}

static void on_hangup(uv_signal_t *handle, int signum)
{
	struct hf_loop *loop = handle->data;

	HF_UNUSED(signum);
	tell_reloading();
	loop->hangup(loop->arg);
	hf_service_notify("READY=1");
}

void hf_loop_on_hangup(struct hf_loop *loop, void (*hangup)(void *arg))
{
	loop->hangup = hangup;
	uv_signal_start(&loop->sighup, on_hangup, SIGHUP);
}

static void close_quietly(uv_handle_t *handle)
{
	if (!uv_is_closing(handle))
		uv_close(handle, NULL);
}

static void on_listener_closed(uv_handle_t *handle)
{
	struct listener *listener = handle->data;

	hf_list_remove(&listener->all);
	free(listener);
}

static void close_listeners(struct hf_loop *loop)
{
	HF_LIST_FOREACH (node, &loop->listeners) {
		struct listener *listener =
		    HF_CONTAINER_OF(node, struct listener, all);

		if (!uv_is_closing(&listener->uv.handle))
			uv_close(&listener->uv.handle, on_listener_closed);
	}
}

void hf_loop_stop(struct hf_loop *loop)
{
	if (loop->stop_at_ms != 0)
		return;
	loop->stop_at_ms = hf_clock_ms() + STOP_PATIENCE_MS;
	hf_service_notify("STOPPING=1");
	close_listeners(loop);
	HF_LIST_FOREACH (node, &loop->conns) {
		hf_conn_close_soon(HF_CONTAINER_OF(node, struct hf_conn, all),
				   HF_CONN_SHUTDOWN);
	}
	uv_timer_stop(&loop->timer);
	uv_timer_start(&loop->timer, on_timer, STOP_PATIENCE_MS, 0);
}

/* While stopping: when all is said, or patience is over, let uv_run() end. */
static void go_on_stopping(struct hf_loop *loop)
{
	if (!hf_list_empty(&loop->conns) && hf_clock_ms() < loop->stop_at_ms)
		return;
	HF_LIST_FOREACH (node, &loop->conns) {
		hf_conn_close(HF_CONTAINER_OF(node, struct hf_conn, all),
			      HF_CONN_SHUTDOWN);
	}
	close_quietly((uv_handle_t *)&loop->timer);
	close_quietly((uv_handle_t *)&loop->idle);
	close_quietly((uv_handle_t *)&loop->prepare);
	close_quietly((uv_handle_t *)&loop->check);
	close_quietly((uv_handle_t *)&loop->sigterm);
	close_quietly((uv_handle_t *)&loop->sigint);
	close_quietly((uv_handle_t *)&loop->sighup);
	close_quietly((uv_handle_t *)&loop->watchdog);
}

static void end_turn(struct hf_loop *loop)
{
	flush_all(loop);
	if (loop->stop_at_ms != 0)
		go_on_stopping(loop);
}

static void on_prepare(uv_prepare_t *prepare)
{
	struct hf_loop *loop = prepare->data;

	end_turn(loop); /* what timers and write completions left */
	loop->now_ms = 0;
	loop->polled_ms = hf_clock_ms();
}

static void on_check(uv_check_t *check)
{
	struct hf_loop *loop = check->data;

	if (loop->stop_at_ms == 0)
		wake_at(loop, loop->ops->tick(loop->arg, loop->polled_ms));
	serve_resumed(loop);
	close_dead(loop);
	end_turn(loop);
}

/* ---- the service manager ------------------------------------------------ */

static void on_watchdog(uv_timer_t *timer)
{
	struct hf_loop *loop = timer->data;

	loop->watchdog_at_ms = hf_clock_ms() + loop->watchdog_ms;
	hf_service_notify("WATCHDOG=1");
}

/* A callback that takes long, and yet the loop lives. */
static void watchdog_aside(struct hf_loop *loop)
{
	if (loop->watchdog_ms != 0 && hf_clock_ms() >= loop->watchdog_at_ms)
		on_watchdog(&loop->watchdog);
}

/* Said by the loop itself, so that one that is stuck is noticed. */
static void begin_watchdog(struct hf_loop *loop)
{
	uint64_t ms = (uint64_t)hf_service_watchdog_ms();

	if (ms == 0)
		return;
	loop->watchdog_ms = ms < 2 ? 1 : (int64_t)ms / 2;
	uv_timer_start(&loop->watchdog, on_watchdog, 0,
		       (uint64_t)loop->watchdog_ms);
}

/* ---- beside a turn ------------------------------------------------------ */

/*
 * libuv must not be run from its own callbacks. So its sockets are asked and
 * read here without it; what it sees of that later is less to read.
 */

/* The shared buffer holds what the busy one has sent: not for others. */
static void read_aside(struct hf_conn *conn)
{
	size_t room;
	char *to = reserve_in(conn, &room);
	ssize_t n = to != NULL ? read(hf_conn_fd(conn), to, room) : 0;

	if (n <= 0)
		return; /* its end: the loop will see it, too */
	conn->loop->counts.bytes_in += (uint64_t)n;
	hf_buf_commit(&conn->in, (size_t)n);
	hand_over_waiting(conn);
}

/* At the limit nobody is: the loop will refuse them. */
static void accept_aside(struct listener *listener, int fd)
{
	struct hf_loop *loop = listener->loop;
	struct hf_conn *conn;
	int rc;

	conn = loop->ops->open(loop->arg);
	conn_init(conn, listener);
	rc = conn->is_tcp ? uv_tcp_open(&conn->uv.tcp, fd)
			  : uv_pipe_open(&conn->uv.pipe, fd);
	if (rc == 0) {
		begin_reading(conn);
		return;
	}
	close(fd);
	hf_conn_close(conn, HF_CONN_ERROR);
}

/* -1: nobody, or an error that the loop will see. */
static int next_aside(const struct listener *listener)
{
	struct pollfd p = { .events = POLLIN };

	if (listener->loop->counts.conns >= listener->loop->limits.max_conns ||
	    uv_fileno(&listener->uv.handle, &p.fd) != 0 || poll(&p, 1, 0) != 1)
		return -1;
	return accept4(p.fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

static void accept_all_aside(struct hf_loop *loop)
{
	HF_LIST_FOREACH (node, &loop->listeners) {
		struct listener *listener =
		    HF_CONTAINER_OF(node, struct listener, all);
		int fd = -1;

		for (int i = 0;
		     i < ACCEPTS_ASIDE && (fd = next_aside(listener)) >= 0; i++)
			accept_aside(listener, fd);
	}
}

static bool may_hear(const struct hf_conn *conn, const struct hf_conn *busy)
{
	return conn != busy && hf_conn_open(conn) && !conn->paused;
}

/* Who can be read, and has something to be read; fds has room for all. */
static void find_readable(struct hf_loop *loop, const struct hf_conn *busy,
			  struct pollfd *fds)
{
	nfds_t n = 0;

	HF_LIST_FOREACH (node, &loop->conns) {
		struct hf_conn *conn =
		    HF_CONTAINER_OF(node, struct hf_conn, all);

		fds[n++] = (struct pollfd){ .fd = may_hear(conn, busy)
						      ? hf_conn_fd(conn)
						      : -1,
					    .events = POLLIN };
	}
	if (poll(fds, n, 0) <= 0)
		memset(fds, 0, n * sizeof(*fds));
}

static void read_all_aside(struct hf_loop *loop, const struct hf_conn *busy)
{
	struct pollfd *fds = hf_new_array(struct pollfd, loop->counts.conns);
	size_t at = 0;

	find_readable(loop, busy, fds);
	HF_LIST_FOREACH (node, &loop->conns) {
		struct hf_conn *conn =
		    HF_CONTAINER_OF(node, struct hf_conn, all);

		/* Only what was there when it was asked: others end it. */
		if (fds[at++].revents != 0 && may_hear(conn, busy))
			read_aside(conn);
	}
	free(fds);
}

static void flush_aside(struct hf_loop *loop, const struct hf_conn *busy)
{
	HF_LIST_FOREACH (node, &loop->dirty) {
		struct hf_conn *conn =
		    HF_CONTAINER_OF(node, struct hf_conn, dirty);

		if (conn == busy)
			continue;
		hf_list_remove(node);
		flush(conn);
	}
}

void hf_loop_aside(struct hf_loop *loop, const struct hf_conn *busy)
{
	if (loop->stop_at_ms != 0)
		return;
	watchdog_aside(loop);
	accept_all_aside(loop);
	read_all_aside(loop, busy);
	flush_aside(loop, busy);
}

/* ---- life --------------------------------------------------------------- */

struct hf_loop *hf_loop_new(const struct hf_loop_ops *ops, void *arg,
			    const struct hf_loop_limits *limits)
{
	struct hf_loop *loop = hf_new(struct hf_loop);

	loop->ops = ops;
	loop->arg = arg;
	loop->limits = *limits;
	loop->read_buffer = hf_alloc(READ_BYTES);
	loop->wake_ms = HF_NEVER;
	hf_list_init(&loop->listeners);
	hf_list_init(&loop->conns);
	hf_list_init(&loop->dirty);
	hf_list_init(&loop->resumed);
	hf_list_init(&loop->dying);
	loop->watches = hf_table_new();
	hf_list_init(&loop->held_back);
	if (uv_loop_init(&loop->uv) != 0)
		hf_fatalx("cannot make an event loop");
	uv_timer_init(&loop->uv, &loop->timer);
	uv_idle_init(&loop->uv, &loop->idle);
	uv_prepare_init(&loop->uv, &loop->prepare);
	uv_check_init(&loop->uv, &loop->check);
	uv_signal_init(&loop->uv, &loop->sigterm);
	uv_signal_init(&loop->uv, &loop->sigint);
	uv_signal_init(&loop->uv, &loop->sighup);
	uv_timer_init(&loop->uv, &loop->watchdog);
	loop->timer.data = loop;
	loop->prepare.data = loop;
	loop->check.data = loop;
	loop->sigterm.data = loop;
	loop->sigint.data = loop;
	loop->sighup.data = loop;
	loop->watchdog.data = loop;
	return loop;
}

void hf_loop_free(struct hf_loop **loop_in)
{
	struct hf_loop *loop = *loop_in;

	if (loop == NULL)
		return;
	*loop_in = NULL;
	close_listeners(loop);
	loop->stop_at_ms = 1;
	go_on_stopping(loop);
	uv_run(&loop->uv, UV_RUN_DEFAULT);
	uv_loop_close(&loop->uv);
	hf_table_free(&loop->watches);
	free(loop->read_buffer);
	free(loop);
}

void hf_loop_run(struct hf_loop *loop, int ready_fd)
{
	uv_prepare_start(&loop->prepare, on_prepare);
	uv_check_start(&loop->check, on_check);
	uv_signal_start(&loop->sigterm, on_signal, SIGTERM);
	uv_signal_start(&loop->sigint, on_signal, SIGINT);
	uv_idle_start(&loop->idle, on_idle); /* so that tick() runs at once */
	if (ready_fd >= 0) {
		if (write(ready_fd, "\n", 1) != 1)
			hf_warn("nobody waits on ready-fd=%d", ready_fd);
		close(ready_fd);
	}
	hf_service_notify("READY=1");
	begin_watchdog(loop);
	uv_run(&loop->uv, UV_RUN_DEFAULT);
}

uv_loop_t *hf_loop_uv(struct hf_loop *loop)
{
	return &loop->uv;
}

const struct hf_loop_counts *hf_loop_counts(const struct hf_loop *loop)
{
	return &loop->counts;
}

/* ---- listeners ---------------------------------------------------------- */

static struct listener *listener_new(struct hf_loop *loop, bool is_tcp)
{
	struct listener *listener = hf_new(struct listener);

	listener->loop = loop;
	listener->is_tcp = is_tcp;
	hf_list_init(&listener->all);
	hf_list_append(&loop->listeners, &listener->all);
	if (is_tcp)
		uv_tcp_init(&loop->uv, &listener->uv.tcp);
	else
		uv_pipe_init(&loop->uv, &listener->uv.pipe, 0);
	listener->uv.handle.data = listener;
	return listener;
}

/* 0 when nothing is at path, and a socket may be made there. */
static int check_directory(const char *path)
{
	char directory[sizeof(((struct sockaddr_un *)0)->sun_path)];
	const char *slash = strrchr(path, '/');
	struct stat st;

	if (slash == NULL || slash == path)
		return 0;
	memcpy(directory, path, (size_t)(slash - path));
	directory[slash - path] = '\0';
	/* uv_pipe_bind() would call that "permission denied". */
	if (stat(directory, &st) < 0)
		return errno == ENOENT || errno == ENOTDIR ? HF_ENODIR : -errno;
	return S_ISDIR(st.st_mode) ? 0 : HF_ENODIR;
}

/* 0 when path is free now: nothing there, or a socket without a server. */
static int clear_stale_socket(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct stat st;
	int fd, rc;

	if (lstat(path, &st) < 0)
		return errno == ENOENT || errno == ENOTDIR
			   ? check_directory(path)
			   : -errno;
	if (!S_ISSOCK(st.st_mode))
		return -EEXIST; /* somebody's file: not ours to remove */
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	memcpy(address.sun_path, path, strlen(path) + 1);
	rc = connect(fd, (void *)&address, sizeof(address));
	rc = rc < 0 ? errno : 0;
	close(fd);
	if (rc != ECONNREFUSED)
		return -EADDRINUSE;
	return unlink(path) < 0 ? -errno : 0;
}

void hf_loop_access(struct hf_loop *loop, const struct hf_access *access,
		    struct hf_slice refusal)
{
	loop->access = *access;
	loop->forbidding = refusal;
}

/* What is bound takes nobody before it listens: no moment is open to others.
 */
static int give_to_group(const struct hf_loop *loop, const char *path)
{
	if (!loop->access.has_group)
		return 0;
	if (chown(path, (uid_t)-1, loop->access.group) == 0)
		return 0;
	return errno == EPERM ? HF_EGROUP : -errno;
}

int hf_loop_listen_unix(struct hf_loop *loop, const char *path, unsigned mode)
{
	struct listener *listener;
	mode_t old_mask;
	int rc;

	if (strlen(path) >= sizeof(((struct sockaddr_un *)0)->sun_path))
		return -ENAMETOOLONG;
	rc = clear_stale_socket(path);
	if (rc < 0)
		return rc;
	listener = listener_new(loop, false);
	old_mask = umask(0777 & ~mode); /* never wider, not even at first */
	rc = uv_pipe_bind(&listener->uv.pipe, path);
	umask(old_mask);
	if (rc == 0)
		rc = give_to_group(loop, path);
	if (rc == 0)
		rc = uv_listen(&listener->uv.stream, LISTEN_BACKLOG,
			       on_connection);
	if (rc < 0) {
		uv_close(&listener->uv.handle, on_listener_closed);
		return rc;
	}
	hf_info("listening unix=%s", path);
	return 0;
}

/* "host:port" or "[host]:port" into address. */
static int parse_address(const char *text, struct sockaddr_storage *address)
{
	const char *colon = strrchr(text, ':');
	bool v6 = text[0] == '[';
	int64_t port;
	char host[64];
	size_t len;

	if (colon == NULL ||
	    hf_slice_int64(hf_slice_of(colon + 1), &port) < 0 || port < 0 ||
	    port > 65535)
		return HF_EBAD;
	len = (size_t)(colon - text);
	if (v6) {
		if (len < 3 || text[len - 1] != ']')
			return HF_EBAD;
		text++;
		len -= 2;
	}
	if (len == 0 || len >= sizeof(host))
		return HF_EBAD;
	memcpy(host, text, len);
	host[len] = '\0';
	if (!v6 && strcmp(host, "localhost") == 0)
		memcpy(host, "127.0.0.1", sizeof("127.0.0.1"));
	if (v6 ? uv_ip6_addr(host, (int)port, (void *)address) != 0
	       : uv_ip4_addr(host, (int)port, (void *)address) != 0)
		return HF_EBAD;
	return 0;
}

static void log_tcp(struct listener *listener)
{
	struct sockaddr_storage address = { 0 };
	int len = (int)sizeof(address);
	char text[80];

	uv_tcp_getsockname(&listener->uv.tcp, (void *)&address, &len);
	format_address(&address, text, sizeof(text));
	hf_info("listening tcp=%s", text);
}

int hf_loop_listen_tcp(struct hf_loop *loop, const char *text)
{
	struct sockaddr_storage address = { 0 };
	struct listener *listener;
	int rc = parse_address(text, &address);

	if (rc < 0)
		return rc;
	listener = listener_new(loop, true);
	rc = uv_tcp_bind(&listener->uv.tcp, (void *)&address, 0);
	if (rc == 0)
		rc = uv_listen(&listener->uv.stream, LISTEN_BACKLOG,
			       on_connection);
	if (rc < 0) {
		uv_close(&listener->uv.handle, on_listener_closed);
		return rc;
	}
	log_tcp(listener);
	return 0;
}

/* ---- sockets that a service manager bound ------------------------------- */

static int option_of(int fd, int option)
{
	int value = -1;
	socklen_t len = sizeof(value);

	return getsockopt(fd, SOL_SOCKET, option, &value, &len) == 0 ? value
								     : -1;
}

static bool is_listening_stream(int fd, int domain)
{
	return option_of(fd, SO_TYPE) == SOCK_STREAM &&
	       option_of(fd, SO_ACCEPTCONN) == 1 &&
	       (domain == AF_UNIX || domain == AF_INET || domain == AF_INET6);
}

static void log_inherited(struct listener *listener, int fd)
{
	char path[108] = "";
	size_t room = sizeof(path) - 1;

	if (listener->is_tcp) {
		log_tcp(listener);
		return;
	}
	uv_pipe_getsockname(&listener->uv.pipe, path, &room);
	hf_info("listening unix=%s fd=%d", path, fd);
}

static int inherit(struct hf_loop *loop, int fd)
{
	int domain = option_of(fd, SO_DOMAIN), rc;
	struct listener *listener;

	if (!is_listening_stream(fd, domain))
		return HF_EBAD;
	if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
		return -errno;
	listener = listener_new(loop, domain != AF_UNIX);
	rc = listener->is_tcp ? uv_tcp_open(&listener->uv.tcp, fd)
			      : uv_pipe_open(&listener->uv.pipe, fd);
	if (rc == 0)
		rc = uv_listen(&listener->uv.stream, LISTEN_BACKLOG,
			       on_connection);
	if (rc < 0) {
		uv_close(&listener->uv.handle, on_listener_closed);
		return rc;
	}
	log_inherited(listener, fd);
	return 0;
}

int hf_loop_listen_inherited(struct hf_loop *loop)
{
	int n = hf_service_fds(), rc = 0;

	if (n < 0)
		hf_warnx("LISTEN_FDS is no number from 0 to %d",
			 HF_SERVICE_FDS_MAX);
	for (int i = 0; i < n && rc == 0; i++) {
		int fd = HF_SERVICE_FD_FIRST + i;

		rc = inherit(loop, fd);
		if (rc < 0)
			hf_warnx("cannot listen fd=%d: %s", fd,
				 rc == HF_EBAD ? "no listening stream socket "
						 "of Unix or TCP"
					       : hf_strerror(rc));
	}
	return rc < 0 ? rc : n;
}
