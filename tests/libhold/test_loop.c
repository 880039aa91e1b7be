#include "config.h"

#include "libhold/clock.h"
#include "libhold/err.h"
#include "libhold/heap.h"
#include "libhold/log.h"
#include "libhold/loop.h"
#include "libhold/mem.h"

#include "tests/libhold/suites.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * A server of lines in a thread of its own: a line comes back as it was;
 * "flood" answers 32 KiB, "quit" closes after the reply, "later" is answered
 * by tick() 20 ms later, "pause" is, too, and nothing behind it is read
 * before; "watch" watches the peer's process; "hold N" makes all that follows
 * wait for N, and the next "pass N" lets it go; "ahead" overtakes what waits;
 * "stop" stops the loop.
 */
#define FLOOD_BYTES (32 * 1024)
#define LATER_MS    20

static struct {
	struct hf_loop *loop;
	pthread_t thread;
	char dir[64];
	char path[96];
	int tcp_port;
	_Atomic int last_why;
	_Atomic int dead; /* connections whose process had died */
	_Atomic int lines;
	_Atomic uint32_t watched; /* the peer's process */
	struct hf_conn *later;
	int64_t later_due_ms;
	int64_t later_ran_ms;
} ctx;

static struct hf_conn *open_line(void *arg)
{
	HF_UNUSED(arg);
	return hf_new(struct hf_conn);
}

static void answer(struct hf_conn *conn, struct hf_slice line)
{
	static const char zeros[FLOOD_BYTES];

	ctx.lines++;
	if (hf_slice_eq(line, HF_SLICE("flood\n"))) {
		hf_buf_add(hf_conn_out(conn), zeros, sizeof(zeros));
	} else if (hf_slice_eq(line, HF_SLICE("later\n"))) {
		ctx.later = conn;
		ctx.later_due_ms = hf_loop_now_ms(ctx.loop) + LATER_MS;
		hf_loop_wake_at(ctx.loop, ctx.later_due_ms);
	} else if (hf_slice_eq(line, HF_SLICE("pause\n"))) {
		hf_conn_pause(conn);
		answer(conn, HF_SLICE("later\n"));
	} else if (hf_slice_eq(line, HF_SLICE("watch\n"))) {
		ctx.watched = hf_conn_watch_peer(conn);
	} else if (memcmp(line.data, "hold ", 5) == 0) {
		hf_conn_hold(conn, hf_conn_mark(conn),
			     (uint64_t)atoi(line.data + 5));
		hf_buf_add_slice(hf_conn_out(conn), line);
	} else if (memcmp(line.data, "ahead", 5) == 0) {
		hf_buf_add_slice(hf_conn_out_ahead(conn), line);
	} else if (memcmp(line.data, "pass ", 5) == 0) {
		hf_loop_pass(ctx.loop, (uint64_t)atoi(line.data + 5));
	} else if (hf_slice_eq(line, HF_SLICE("stop\n"))) {
		hf_buf_add_slice(hf_conn_out(conn), line);
		hf_loop_stop(ctx.loop);
	} else {
		hf_buf_add_slice(hf_conn_out(conn), line);
		if (hf_slice_eq(line, HF_SLICE("quit\n")))
			hf_conn_close_soon(conn, HF_CONN_DONE);
	}
}

static size_t read_lines(struct hf_conn *conn, struct hf_slice bytes)
{
	size_t done = 0;
	const char *end;

	while (done < bytes.len && !conn->paused &&
	       (end = memchr(bytes.data + done, '\n', bytes.len - done)) !=
		   NULL) {
		size_t len = (size_t)(end - bytes.data) - done + 1;

		answer(conn, (struct hf_slice){ bytes.data + done, len });
		done += len;
	}
	return done;
}

static void line_closed(struct hf_conn *conn)
{
	ctx.last_why = conn->why;
	ctx.dead += conn->why == HF_CONN_DEAD;
	if (ctx.later == conn)
		ctx.later = NULL;
	free(conn);
}

static int64_t line_tick(void *arg, int64_t now_ms)
{
	HF_UNUSED(arg);
	if (ctx.later == NULL)
		return HF_NEVER;
	if (now_ms < ctx.later_due_ms)
		return ctx.later_due_ms;
	ctx.later_ran_ms = now_ms;
	hf_buf_add(hf_conn_out(ctx.later), "later\n", 6);
	hf_conn_resume(ctx.later);
	ctx.later = NULL;
	return HF_NEVER;
}

static void *run_loop(void *arg)
{
	hf_loop_run(ctx.loop, *(int *)arg);
	return NULL;
}

static void note_port(void *arg, enum hf_log_level level, const char *line)
{
	const char *tcp = strstr(line, "listening tcp=127.0.0.1:");

	HF_UNUSED(arg);
	HF_UNUSED(level);
	if (tcp != NULL)
		ctx.tcp_port = atoi(strrchr(tcp, ':') + 1);
}

static void make_loop(void)
{
	static const struct hf_loop_ops ops = { open_line, read_lines,
						line_closed, line_tick };
	const struct hf_loop_limits limits = {
		.max_conns = 3,
		.max_in_bytes = 1000,
		.max_out_bytes = 4 * FLOOD_BYTES,
		.refusal = HF_SLICE("full\n"),
	};

	hf_log_sink(note_port, NULL);
	ctx.loop = hf_loop_new(&ops, NULL, &limits);
	snprintf(ctx.dir, sizeof(ctx.dir), "/tmp/hf-loop-XXXXXX");
	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(ctx.dir));
	snprintf(ctx.path, sizeof(ctx.path), "%s/s", ctx.dir);
}

static void setup(void)
{
	int ready[2];
	char byte;

	memset(&ctx, 0, sizeof(ctx));
	ctx.last_why = -1;
	make_loop();
	CU_ASSERT_EQUAL_FATAL(hf_loop_listen_unix(ctx.loop, ctx.path, 0600), 0);
	CU_ASSERT_EQUAL_FATAL(hf_loop_listen_tcp(ctx.loop, "127.0.0.1:0"), 0);
	CU_ASSERT_EQUAL_FATAL(pipe(ready), 0);
	CU_ASSERT_EQUAL_FATAL(
	    pthread_create(&ctx.thread, NULL, run_loop, &ready[1]), 0);
	CU_ASSERT_EQUAL_FATAL(read(ready[0], &byte, 1), 1);
	close(ready[0]);
}

static int connect_unix(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	memcpy(address.sun_path, ctx.path, strlen(ctx.path) + 1);
	if (connect(fd, (void *)&address, sizeof(address)) == 0)
		return fd;
	close(fd);
	return -1;
}

static int connect_tcp(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_port =
					   htons((uint16_t)ctx.tcp_port) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (connect(fd, (void *)&address, sizeof(address)) == 0)
		return fd;
	close(fd);
	return -1;
}

static void say(int fd, const char *text)
{
	CU_ASSERT_EQUAL(send(fd, text, strlen(text), MSG_NOSIGNAL),
			(ssize_t)strlen(text));
}

/* Reads until text came (true), or the end, or ten seconds. */
static bool hear(int fd, const char *text)
{
	size_t got = 0, want = strlen(text);
	char *heard = hf_alloc(want + 1);
	bool same;

	while (got < want) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		ssize_t n;

		if (poll(&p, 1, 10000) != 1)
			break;
		n = recv(fd, heard + got, want - got, 0);
		if (n <= 0)
			break;
		got += (size_t)n;
	}
	same = got == want && memcmp(heard, text, want) == 0;
	free(heard);
	return same;
}

static bool hears_end(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char bytes[4096];
	ssize_t n;

	do {
		if (poll(&p, 1, 10000) != 1)
			return false;
		n = recv(fd, bytes, sizeof(bytes), 0);
	} while (n > 0);
	return true;
}

/* The socket closes a moment before closed() is called: wait for that. */
static bool ended_by(enum hf_conn_why why)
{
	for (int i = 0; i < 10000 && ctx.last_why != (int)why; i++)
		poll(NULL, 0, 1);
	return ctx.last_why == (int)why;
}

static void teardown(void)
{
	bool heard = false;

	/* "full" until the server saw the test's own connections close. */
	for (int fd = connect_unix(); fd >= 0 && !heard; fd = connect_unix()) {
		send(fd, "stop\n", 5, MSG_NOSIGNAL);
		heard = hear(fd, "stop\n");
		close(fd);
	}
	pthread_join(ctx.thread, NULL);
	hf_loop_free(&ctx.loop);
	hf_log_sink(NULL, NULL);
	CU_ASSERT_EQUAL(access(ctx.path, F_OK), -1);
	rmdir(ctx.dir);
}

static void unix_and_tcp_are_served_at_once(void)
{
	int a = connect_unix(), b = connect_tcp();

	say(a, "one\ntw");
	say(b, "three\n");
	CU_ASSERT(hear(a, "one\n"));
	CU_ASSERT(hear(b, "three\n"));
	say(a, "o\n");
	CU_ASSERT(hear(a, "two\n"));
	close(a);
	close(b);
}

static void a_half_closed_peer_still_gets_its_replies(void)
{
	int fd = connect_unix();

	say(fd, "last words\n");
	shutdown(fd, SHUT_WR);
	CU_ASSERT(hear(fd, "last words\n"));
	CU_ASSERT(hears_end(fd));
	close(fd);
}

static void quit_closes_after_the_reply(void)
{
	int fd = connect_tcp();

	say(fd, "quit\nmore\n");
	CU_ASSERT(hear(fd, "quit\n"));
	CU_ASSERT(hears_end(fd));
	close(fd);
	CU_ASSERT(ended_by(HF_CONN_DONE));
}

static void a_request_over_the_limit_ends_the_connection(void)
{
	char line[1002];
	int fd = connect_unix();

	memset(line, 'x', sizeof(line));
	line[999] = '\n';
	CU_ASSERT_EQUAL(send(fd, line, 1, 0), 1); /* into the own buffer */
	CU_ASSERT_EQUAL(send(fd, line + 1, 999, 0), 999);
	line[1000 - 1] = '\0';
	CU_ASSERT(hear(fd, "xxxxxxxxxx"));
	memset(line, 'x', sizeof(line));
	CU_ASSERT_EQUAL(send(fd, line, 1001, MSG_NOSIGNAL), 1001);
	CU_ASSERT(hears_end(fd));
	CU_ASSERT(ended_by(HF_CONN_IN_LIMIT));
	close(fd);
}

static void a_reader_too_slow_is_dropped_and_others_go_on(void)
{
	int slow = connect_unix(), other = connect_unix();
	struct pollfd p = { .fd = slow, .events = POLLOUT };

	/* Nothing is read on slow: the server must end it, not store. */
	for (int i = 0; i < 1000; i++) {
		if (poll(&p, 1, 10000) != 1 ||
		    send(slow, "flood\n", 6, MSG_NOSIGNAL) < 0)
			break;
	}
	CU_ASSERT(hears_end(slow));
	CU_ASSERT(ended_by(HF_CONN_SLOW));
	say(other, "alive\n");
	CU_ASSERT(hear(other, "alive\n"));
	close(slow);
	close(other);
}

static void one_connection_too_many_hears_why(void)
{
	int fds[3], fourth;

	for (int i = 0; i < 3; i++) {
		fds[i] = connect_unix();
		say(fds[i], "in\n");
		CU_ASSERT(hear(fds[i], "in\n"));
	}
	fourth = connect_tcp();
	CU_ASSERT(hear(fourth, "full\n"));
	CU_ASSERT(hears_end(fourth));
	close(fourth);
	say(fds[0], "quit\n");
	CU_ASSERT(hears_end(fds[0]));
	close(fds[0]);
	fds[0] = connect_unix();
	say(fds[0], "again\n");
	CU_ASSERT(hear(fds[0], "again\n"));
	for (int i = 0; i < 3; i++)
		close(fds[i]);
}

static void what_is_due_runs_in_time_and_never_early(void)
{
	int fd = connect_unix();

	say(fd, "later\n");
	CU_ASSERT(hear(fd, "later\n"));
	CU_ASSERT(ctx.later_ran_ms >= ctx.later_due_ms);
	close(fd);
}

static void a_paused_connection_is_served_on_when_it_resumes(void)
{
	int fd = connect_unix();

	say(fd, "a\npause\nb\npause\nc\n");
	CU_ASSERT(hear(fd, "a\nlater\nb\nlater\nc\n"));
	close(fd);
}

static void a_paused_connection_that_ends_is_noticed(void)
{
	int fd = connect_unix();

	say(fd, "pause\nb\n");
	close(fd);
	CU_ASSERT(ended_by(HF_CONN_PEER));
}

static void a_paused_connection_may_send_more_than_may_wait(void)
{
	char line[12] = "123456789\n";
	int fd = connect_unix();

	say(fd, "pause\n");
	for (int i = 0; i < 300; i++)
		say(fd, line);
	CU_ASSERT(hear(fd, "later\n"));
	for (int i = 0; i < 300; i++)
		CU_ASSERT(hear(fd, line));
	close(fd);
}

/*
 * A process that says text and dies, while a child of it keeps the socket
 * until keep is closed at our end. Gives its id; the caller waits for it.
 */
static pid_t heir(const char *text, const int keep[2])
{
	pid_t pid = fork();
	char byte;
	int fd;

	if (pid != 0)
		return pid;
	close(keep[1]);
	fd = connect_unix();
	if (fork() == 0) {
		if (read(keep[0], &byte, 1) < 0)
			_exit(1);
		_exit(0);
	}
	if (send(fd, text, strlen(text), MSG_NOSIGNAL) < 0)
		_exit(1);
	_exit(0);
}

static void a_dead_peer_is_gone_though_its_child_keeps_the_socket(void)
{
	int keep[2];
	pid_t pid;

	CU_ASSERT_EQUAL_FATAL(pipe(keep), 0);
	pid = heir("watch\none\ntwo\n", keep);
	CU_ASSERT(ended_by(HF_CONN_DEAD));
	CU_ASSERT_EQUAL(ctx.lines, 3);
	CU_ASSERT_EQUAL(ctx.watched, (uint32_t)pid);
	waitpid(pid, NULL, 0);
	close(keep[0]);
	close(keep[1]);
}

static void a_watched_peer_that_hangs_up_has_just_closed(void)
{
	int fd = connect_unix();

	say(fd, "watch\nwatch\nhello\n");
	CU_ASSERT(hear(fd, "hello\n"));
	CU_ASSERT_EQUAL(ctx.watched, (uint32_t)getpid());
	close(fd);
	CU_ASSERT(ended_by(HF_CONN_PEER));
}

/* Descriptors of processes that this one, the server too, has. */
static int watches_open(void)
{
	int n = 0;

	for (int fd = 0; fd < 256; fd++) {
		char path[64], to[64];
		ssize_t len;

		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		len = readlink(path, to, sizeof(to) - 1);
		to[len > 0 ? len : 0] = '\0';
		n += strcmp(to, "anon_inode:[pidfd]") == 0;
	}
	return n;
}

static bool watches_come_to(int n)
{
	for (int i = 0; i < 10000 && watches_open() != n; i++)
		poll(NULL, 0, 1);
	return watches_open() == n;
}

static void connections_of_one_process_share_a_watch(void)
{
	int fds[3];

	for (int i = 0; i < 3; i++) {
		fds[i] = connect_unix();
		say(fds[i], "watch\nhello\n");
		CU_ASSERT(hear(fds[i], "hello\n"));
		CU_ASSERT_EQUAL(ctx.watched, (uint32_t)getpid());
		CU_ASSERT_EQUAL(watches_open(), 1);
	}
	close(fds[0]);
	CU_ASSERT(ended_by(HF_CONN_PEER));
	say(fds[1], "watch\nstill\n");
	CU_ASSERT(hear(fds[1], "still\n"));
	CU_ASSERT_EQUAL(watches_open(), 1);
	close(fds[1]);
	close(fds[2]);
	CU_ASSERT(watches_come_to(0));
}

/* Two connections, both left to a child that lives on. */
static pid_t heir_of_two(const int keep[2])
{
	pid_t pid = fork();
	int fds[2];
	char byte;

	if (pid != 0)
		return pid;
	close(keep[1]);
	for (int i = 0; i < 2; i++) {
		fds[i] = connect_unix();
		if (send(fds[i], "watch\nhello\n", 12, MSG_NOSIGNAL) != 12 ||
		    !hear(fds[i], "hello\n"))
			_exit(1);
	}
	if (fork() == 0)
		_exit(read(keep[0], &byte, 1) < 0);
	_exit(0);
}

static void all_connections_of_a_dead_process_end(void)
{
	int keep[2], status;
	pid_t pid;

	CU_ASSERT_EQUAL_FATAL(pipe(keep), 0);
	pid = heir_of_two(keep);
	CU_ASSERT_EQUAL(waitpid(pid, &status, 0), pid);
	CU_ASSERT_EQUAL(status, 0);
	for (int i = 0; i < 10000 && ctx.dead < 2; i++)
		poll(NULL, 0, 1);
	CU_ASSERT_EQUAL(ctx.dead, 2);
	CU_ASSERT(watches_come_to(0));
	close(keep[0]);
	close(keep[1]);
}

static void nobody_is_watched_over_tcp(void)
{
	int fd = connect_tcp();

	ctx.watched = 1;
	say(fd, "watch\nhello\n");
	CU_ASSERT(hear(fd, "hello\n"));
	CU_ASSERT_EQUAL(ctx.watched, 0);
	close(fd);
	CU_ASSERT(ended_by(HF_CONN_PEER));
}

/* Nothing came on fd, though the server has served what was sent. */
static bool silent(int fd, int other)
{
	char byte;

	say(other, "sync\n");
	return hear(other, "sync\n") &&
	       recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0;
}

static void replies_wait_for_what_they_tell_of(void)
{
	int fd = connect_unix(), other = connect_unix();

	say(fd, "a\nhold 5\nb\n");
	CU_ASSERT(hear(fd, "a\n"));
	CU_ASSERT(silent(fd, other));
	say(other, "pass 4\n");
	CU_ASSERT(silent(fd, other));
	say(fd, "hold 6\nc\nhold 9\nd\nhold 7\nahead\n");
	CU_ASSERT(hear(fd, "ahead\n")); /* it has heard all of that */
	say(other, "pass 5\n");
	CU_ASSERT(hear(fd, "hold 5\nb\n"));
	CU_ASSERT(silent(fd, other));
	say(other, "pass 8\n");
	CU_ASSERT(silent(fd, other)); /* 6, 9 and 7 have become one */
	say(other, "pass 9\n");
	CU_ASSERT(hear(fd, "hold 6\nc\nhold 9\nd\nhold 7\n"));
	say(fd, "hold 9\ne\n");
	CU_ASSERT(hear(fd, "hold 9\ne\n"));
	close(fd);
	close(other);
}

static void what_overtakes_leaves_at_once_and_the_rest_in_order(void)
{
	int fd = connect_unix(), other = connect_unix();

	say(fd, "ahead 1\na\n"); /* nothing waits */
	CU_ASSERT(hear(fd, "ahead 1\na\n"));
	say(fd, "b\nhold 5\nc\nahead 2\nd\n");
	CU_ASSERT(hear(fd, "b\nahead 2\n"));
	say(fd, "hold 6\nahead 3\n");
	CU_ASSERT(hear(fd, "ahead 3\n"));
	CU_ASSERT(silent(fd, other));
	say(other, "pass 5\n");
	CU_ASSERT(hear(fd, "hold 5\nc\nd\n"));
	say(fd, "ahead 4\n");
	CU_ASSERT(hear(fd, "ahead 4\n"));
	say(other, "pass 6\n");
	CU_ASSERT(hear(fd, "hold 6\n"));
	close(fd);
	close(other);
}

/* All in one turn: nothing leaves before its end. */
static void what_overtakes_does_not_come_behind_what_follows_it(void)
{
	int fd = connect_unix();

	say(fd, "hold 5\na\nahead 1\npass 5\nb\nhold 7\nc\nhold 9\n"
		"ahead 2\npass 7\nd\nahead 3\npass 9\ne\n");
	CU_ASSERT(hear(fd, "ahead 1\nhold 5\na\nb\nahead 2\nhold 7\nc\n"
			   "ahead 3\nhold 9\nd\ne\n"));
	close(fd);
}

static void replies_that_wait_leave_before_the_end(void)
{
	int fd = connect_unix(), other = connect_unix();

	say(fd, "hold 3\nquit\n");
	CU_ASSERT(silent(fd, other));
	say(other, "pass 3\n");
	CU_ASSERT(hear(fd, "hold 3\nquit\n"));
	CU_ASSERT(hears_end(fd));
	close(fd);
	fd = connect_unix();
	say(fd, "hold 8\n");
	shutdown(fd, SHUT_WR);
	CU_ASSERT(silent(fd, other));
	say(other, "pass 8\n");
	CU_ASSERT(hear(fd, "hold 8\n"));
	CU_ASSERT(hears_end(fd));
	close(fd);
	close(other);
}

static void stopping_lets_replies_leave(void)
{
	int a = connect_unix(), b = connect_unix();

	say(b, "hello\n");
	CU_ASSERT(hear(b, "hello\n"));
	say(a, "one\nstop\n");
	CU_ASSERT(hear(a, "one\nstop\n"));
	CU_ASSERT(hears_end(a));
	CU_ASSERT(hears_end(b));
	close(a);
	close(b);
}

static const struct hf_test serving_tests[] = {
	HF_TEST(unix_and_tcp_are_served_at_once),
	HF_TEST(a_half_closed_peer_still_gets_its_replies),
	HF_TEST(quit_closes_after_the_reply),
	HF_TEST(a_request_over_the_limit_ends_the_connection),
	HF_TEST(a_reader_too_slow_is_dropped_and_others_go_on),
	HF_TEST(one_connection_too_many_hears_why),
	HF_TEST(what_is_due_runs_in_time_and_never_early),
	HF_TEST(a_paused_connection_is_served_on_when_it_resumes),
	HF_TEST(a_paused_connection_that_ends_is_noticed),
	HF_TEST(a_paused_connection_may_send_more_than_may_wait),
	HF_TEST(a_dead_peer_is_gone_though_its_child_keeps_the_socket),
	HF_TEST(a_watched_peer_that_hangs_up_has_just_closed),
	HF_TEST(connections_of_one_process_share_a_watch),
	HF_TEST(all_connections_of_a_dead_process_end),
	HF_TEST(nobody_is_watched_over_tcp),
	HF_TEST(replies_wait_for_what_they_tell_of),
	HF_TEST(what_overtakes_leaves_at_once_and_the_rest_in_order),
	HF_TEST(what_overtakes_does_not_come_behind_what_follows_it),
	HF_TEST(replies_that_wait_leave_before_the_end),
	HF_TEST(stopping_lets_replies_leave),
	HF_TEST_END,
};

const struct hf_suite test_loop_suite = { "libhold/loop", serving_tests, setup,
					  teardown };

/* ---- listening, without a running loop
 * ---------------------------------- */

static void teardown_idle(void)
{
	hf_loop_free(&ctx.loop);
	hf_log_sink(NULL, NULL);
	unlink(ctx.path);
	rmdir(ctx.dir);
}

static int bind_unix(bool listening)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	memcpy(address.sun_path, ctx.path, strlen(ctx.path) + 1);
	CU_ASSERT_EQUAL(bind(fd, (void *)&address, sizeof(address)), 0);
	if (listening)
		CU_ASSERT_EQUAL(listen(fd, 1), 0);
	return fd;
}

static void a_dead_socket_is_replaced_with_the_wanted_mode(void)
{
	struct stat st;

	close(bind_unix(false));
	CU_ASSERT_EQUAL(hf_loop_listen_unix(ctx.loop, ctx.path, 0620), 0);
	CU_ASSERT_EQUAL(stat(ctx.path, &st), 0);
	CU_ASSERT_EQUAL(st.st_mode & 0777, 0620);
}

static void a_live_socket_and_a_file_are_left_alone(void)
{
	int fd = bind_unix(true);
	FILE *f;

	CU_ASSERT_EQUAL(hf_loop_listen_unix(ctx.loop, ctx.path, 0600),
			-EADDRINUSE);
	close(fd);
	unlink(ctx.path);
	f = fopen(ctx.path, "w");
	fclose(f);
	CU_ASSERT_EQUAL(hf_loop_listen_unix(ctx.loop, ctx.path, 0600), -EEXIST);
	CU_ASSERT_EQUAL(access(ctx.path, F_OK), 0);
}

static void a_socket_needs_its_directory(void)
{
	static const char *const tails[] = { "/no/sock", "/file/sock" };
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/file", ctx.dir);
	f = fopen(path, "w");
	fclose(f);
	for (size_t i = 0; i < HF_LEN(tails); i++) {
		snprintf(path, sizeof(path), "%s%s", ctx.dir, tails[i]);
		CU_ASSERT_EQUAL(hf_loop_listen_unix(ctx.loop, path, 0600),
				HF_ENODIR);
	}
	snprintf(path, sizeof(path), "%s/file", ctx.dir);
	unlink(path);
}

static void addresses_that_cannot_be_are_refused(void)
{
	static const char *const bad[] = {
		"",           "127.0.0.1",   ":1",
		"127.0.0.1:", "127.0.0.1:x", "127.0.0.1:65536",
		"[::1:1",     "nowhere:1",   "[]:1",
		"1.2.3.4.5:1"
	};
	char long_path[200];

	for (size_t i = 0; i < HF_LEN(bad); i++)
		CU_ASSERT_EQUAL(hf_loop_listen_tcp(ctx.loop, bad[i]), HF_EBAD);
	memset(long_path, 'p', sizeof(long_path));
	long_path[sizeof(long_path) - 1] = '\0';
	CU_ASSERT_EQUAL(hf_loop_listen_unix(ctx.loop, long_path, 0600),
			-ENAMETOOLONG);
}

static const struct hf_test listening_tests[] = {
	HF_TEST(a_dead_socket_is_replaced_with_the_wanted_mode),
	HF_TEST(a_live_socket_and_a_file_are_left_alone),
	HF_TEST(a_socket_needs_its_directory),
	HF_TEST(addresses_that_cannot_be_are_refused),
	HF_TEST_END,
};

static void setup_idle(void)
{
	memset(&ctx, 0, sizeof(ctx));
	make_loop();
}

const struct hf_suite test_listen_suite = { "libhold/loop-listen",
					    listening_tests, setup_idle,
					    teardown_idle };
