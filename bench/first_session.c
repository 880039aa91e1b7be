/*
 * How long a ZooKeeper-protocol server takes from its start to the first
 * session that it gives: starts it, asks as soon as it lets, and kills it.
 *
 *	first_session PORT PROGRAM [ARGUMENT...]
 *
 * ZooKeeper may listen before it serves, and then never answers who came too
 * early: so others come after him.
 */
#include "config.h"

#include "bench/dial.h"
#include "bench/zk_hello.h"
#include "libhold/clock.h"
#include "libhold/err.h"
#include "libhold/log.h"
#include "libhold/zkframe.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE_US  (60 * INT64_C(1000000))
#define KNOCK_US     100   /* while nobody listens */
#define NEXT_US      10000 /* while those who came are not answered */
#define VISITORS_MAX 4096

struct door {
	uint16_t port;
	struct pollfd visitors[VISITORS_MAX];
	nfds_t n;
	int64_t next_us; /* when the next one comes */
};

static void send_hello(int fd)
{
	struct hf_slice bytes;
	struct hf_buf hello;

	hf_buf_init(&hello, 128);
	zk_hello_put(&hello);
	bytes = hf_buf_slice(&hello);
	(void)!send(fd, bytes.data, bytes.len, MSG_NOSIGNAL);
	hf_buf_fini(&hello);
}

static void knock(struct door *door, int64_t now_us)
{
	int fd;

	if (now_us < door->next_us || door->n == VISITORS_MAX)
		return;
	fd = dial_loopback(door->port);
	door->next_us = now_us + (fd < 0 ? KNOCK_US : NEXT_US);
	if (fd < 0)
		return;
	send_hello(fd);
	door->visitors[door->n++] = (struct pollfd){ fd, POLLIN, 0 };
}

/* An answer comes in one piece; who hears none stays, and is heard no more. */
static bool is_welcome(struct pollfd *visitor)
{
	struct hf_slice frame;
	char bytes[256];
	ssize_t got = recv(visitor->fd, bytes, sizeof(bytes), MSG_DONTWAIT);
	size_t used;

	if (got <= 0)
		visitor->events = 0;
	return got > 0 &&
	       zk_frame_read((struct hf_slice){ bytes, (size_t)got },
			     sizeof(bytes), &frame, &used) == ZK_FRAME_DONE &&
	       zk_hello_accepted(frame);
}

static bool any_welcome(struct door *door, int64_t now_us)
{
	int64_t wait_us = door->next_us - now_us;
	struct timespec wait = { .tv_nsec = wait_us > 0 ? wait_us * 1000 : 0 };

	if (ppoll(door->visitors, door->n, &wait, NULL) <= 0)
		return false;
	for (nfds_t i = 0; i < door->n; i++) {
		if (door->visitors[i].revents != 0 &&
		    is_welcome(&door->visitors[i]))
			return true;
	}
	return false;
}

/* 0, or -errno. */
static int wait_for_session(struct door *door, pid_t pid, int64_t began_us)
{
	int64_t now_us = began_us;

	while (now_us - began_us < PATIENCE_US) {
		knock(door, now_us);
		if (any_welcome(door, now_us))
			return 0;
		if (waitpid(pid, NULL, WNOHANG) != 0)
			return -ECHILD;
		now_us = hf_clock_us();
	}
	return -ETIMEDOUT;
}

static int start_and_wait(struct door *door, char **words)
{
	int64_t began_us = hf_clock_us();
	pid_t pid;
	int rc = -posix_spawnp(&pid, words[0], NULL, NULL, words, environ);

	if (rc < 0)
		return rc;
	rc = wait_for_session(door, pid, began_us);
	if (rc == 0)
		printf("{\"took_us\": %lld}\n",
		       (long long)(hf_clock_us() - began_us));
	if (rc == -ECHILD)
		return rc;
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return rc;
}

int main(int argc, char **argv)
{
	static struct door door;
	int64_t port;
	int rc;

	hf_log_init("first_session", HF_LOG_INFO);
	if (argc < 3 || hf_slice_int64(hf_slice_of(argv[1]), &port) < 0 ||
	    port < 1 || port > UINT16_MAX) {
		hf_warnx("say PORT PROGRAM [ARGUMENT...]");
		return EXIT_FAILURE;
	}
	door.port = (uint16_t)port;
	rc = start_and_wait(&door, argv + 2);
	if (rc < 0)
		hf_warnx("%s: %s", argv[2], hf_strerror(rc));
	return rc < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
