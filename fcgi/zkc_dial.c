#include "config.h"

#include "fcgi/zkc_dial.h"

#include "libhold/clock.h"
#include "libhold/err.h"
#include "libhold/zkrec.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum {
	REQUEST_BYTES = 4 + 8 + 4 + 8 + 4 + ZK_PASSWORD_BYTES + 1,
	/* A ConnectResponse without and with the read-only byte. */
	GREETING_LEAST = 36,
	GREETING_MOST = 37,
};

static int give_up(struct zkc_dial *dial, const char *what, const char *cause)
{
	snprintf(dial->why, sizeof(dial->why), "%s: %s", what, cause);
	return HF_EUNREACHABLE;
}

/* 0 when fd is ready for events before the deadline. */
static int await(struct zkc_dial *dial, int fd, short events)
{
	struct pollfd fds[] = { { .fd = fd, .events = events },
				{ .fd = dial->wake_fd, .events = POLLIN } };
	uint64_t drained;

	for (;;) {
		int64_t left_ms = dial->until_ms - hf_clock_ms();

		if (atomic_load(dial->stopping))
			return give_up(dial, "stopping", "no more connections");
		if (left_ms <= 0)
			return give_up(dial, "no answer", strerror(ETIMEDOUT));
		(void)poll(fds, HF_LEN(fds), (int)left_ms);
		if (fds[1].revents != 0)
			(void)!read(dial->wake_fd, &drained, sizeof(drained));
		if (fds[0].revents != 0)
			return 0;
	}
}

static int connect_to(struct zkc_dial *dial, int family,
		      const struct sockaddr *address, socklen_t len)
{
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int err = 0, on = 1;
	socklen_t err_len = sizeof(err);

	if (fd < 0) {
		give_up(dial, "no socket", strerror(errno));
		return -1;
	}
	if (family != AF_UNIX)
		(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (connect(fd, address, len) == 0)
		return fd;
	if (errno != EINPROGRESS) {
		give_up(dial, "cannot connect", strerror(errno));
	} else if (await(dial, fd, POLLOUT) == 0) {
		(void)getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &err_len);
		if (err == 0)
			return fd;
		give_up(dial, "cannot connect", strerror(err));
	}
	close(fd);
	return -1;
}

static int dial_unix(struct zkc_dial *dial, const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	memcpy(address.sun_path, path, strlen(path) + 1); /* zk_url.h: fits */
	return connect_to(dial, AF_UNIX, (const void *)&address,
			  sizeof(address));
}

static int dial_host(struct zkc_dial *dial, const struct zk_server *server)
{
	const struct addrinfo wanted = { .ai_socktype = SOCK_STREAM };
	struct addrinfo *found = NULL;
	char port[24];
	int fd = -1, rc;

	snprintf(port, sizeof(port), "%d", (int)server->port);
	rc = getaddrinfo(server->host, port, &wanted, &found);
	if (rc != 0) {
		give_up(dial, server->host, gai_strerror(rc));
		return -1;
	}
	for (struct addrinfo *at = found; fd < 0 && at != NULL;
	     at = at->ai_next)
		fd = connect_to(dial, at->ai_family, at->ai_addr,
				at->ai_addrlen);
	freeaddrinfo(found);
	return fd;
}

int zkc_dial(struct zkc_dial *dial, const struct zk_url *url, size_t i)
{
	return url->path != NULL ? dial_unix(dial, url->path)
				 : dial_host(dial, &url->servers[i]);
}

/* ---- the greeting -------------------------------------------------------- */

/*
 * A ConnectRequest. The last zxid seen is 0: a server that is behind is
 * welcome, as every read of ours comes after a sync; and one that lost all
 * would be refused for ever by any other number.
 */
static int ask(struct zkc_dial *dial, int fd, const struct zk_session *session,
	       int32_t timeout_ms)
{
	const struct zk_connect_request record = {
		.timeout_ms = timeout_ms,
		.session = session->id,
		.password = { (const char *)session->password,
			      ZK_PASSWORD_BYTES },
	};
	struct hf_buf out;
	ssize_t sent;
	size_t len;

	hf_buf_init(&out, 64);
	hf_wr_u32(&out, REQUEST_BYTES);
	zk_put_connect_request(&out, &record);
	hf_wr_u8(&out, 0); /* not read-only */
	len = hf_buf_len(&out);
	/* So little fits into any socket's buffer. */
	sent = send(fd, hf_buf_slice(&out).data, len, MSG_NOSIGNAL);
	hf_buf_fini(&out);
	return sent == (ssize_t)len
		   ? 0
		   : give_up(dial, "cannot greet", strerror(errno));
}

/* Exactly len bytes. */
static int take(struct zkc_dial *dial, int fd, char *bytes, size_t len)
{
	size_t n = 0;

	while (n < len) {
		ssize_t got;

		if (await(dial, fd, POLLIN) < 0)
			return HF_EUNREACHABLE;
		got = recv(fd, bytes + n, len - n, 0);
		if (got == 0)
			return give_up(dial, "hung up",
				       "the server does not serve now");
		if (got < 0 && errno != EAGAIN && errno != EINTR)
			return give_up(dial, "no greeting", strerror(errno));
		if (got > 0)
			n += (size_t)got;
	}
	return 0;
}

int zkc_greet(struct zkc_dial *dial, int fd, struct zk_session *session,
	      int32_t timeout_ms, int64_t *timeout_ms_out)
{
	struct zk_connect_response record;
	char bytes[GREETING_MOST];
	struct hf_rd in;
	size_t len;

	if (ask(dial, fd, session, timeout_ms) < 0 ||
	    take(dial, fd, bytes, 4) < 0)
		return HF_EUNREACHABLE;
	in = hf_rd_of((struct hf_slice){ bytes, 4 });
	len = hf_rd_u32(&in);
	if (len != GREETING_LEAST && len != GREETING_MOST)
		return give_up(dial, "greeting", "not of a ZooKeeper server");
	if (take(dial, fd, bytes, len) < 0)
		return HF_EUNREACHABLE;
	in = hf_rd_of((struct hf_slice){ bytes, GREETING_LEAST });
	zk_get_connect_response(&in, &record);
	if (!hf_rd_ok(&in) || record.password.len != ZK_PASSWORD_BYTES)
		return give_up(dial, "greeting", "not of a ZooKeeper server");
	if (record.timeout_ms <= 0 || record.session == 0)
		return HF_ENOTFOUND;
	*timeout_ms_out = record.timeout_ms;
	session->id = record.session;
	memcpy(session->password, record.password.data, ZK_PASSWORD_BYTES);
	return 0;
}
