#include "config.h"

#include "fcgi/listener.h"

#include "fcgi/backlog.h"
#include "libhold/log.h"
#include "libhold/mem.h"
#include "libhold/service.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG     1024 /* 128 gave 502s at 500 clients */
#define SOCKET_MODE 0660
#define PEER_S      10  /* a peer that is silent for so long is dropped */
#define LOOK_MS     100 /* how often a waiting thread looks for the stop */
#define FULL_MS     100 /* pause when descriptors have run out */

struct listener {
	int fd;
	char *path; /* NULL: inherited, not ours to remove */
	atomic_bool stopping;
};

static int make_address(const char *path, struct sockaddr_un *address)
{
	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (strlen(path) >= sizeof(address->sun_path)) {
		hf_warnx("socket path longer than %zu bytes path=%s",
			 sizeof(address->sun_path) - 1, path);
		return -1;
	}
	memcpy(address->sun_path, path, strlen(path) + 1);
	return 0;
}

/* true when path is free now. */
static bool clear_stale(const struct sockaddr_un *address)
{
	struct stat st;
	int fd, rc;

	if (lstat(address->sun_path, &st) < 0)
		return errno == ENOENT;
	if (!S_ISSOCK(st.st_mode)) {
		errno = EEXIST;
		return false;
	}
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return false;
	rc = connect(fd, (const void *)address, sizeof(*address));
	rc = rc < 0 ? errno : 0;
	close(fd);
	if (rc != ECONNREFUSED) {
		errno = EADDRINUSE;
		return false;
	}
	return unlink(address->sun_path) == 0;
}

/* accept() obeys it, so a waiting thread sees the stop flag. */
static int look_up_now_and_then(int fd)
{
	struct timeval look = { .tv_usec = LOOK_MS * 1000 };

	return setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &look, sizeof(look));
}

static int bind_and_listen(const struct sockaddr_un *address)
{
	mode_t old_mask;
	int fd, rc;

	if (!clear_stale(address))
		return -1;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	old_mask = umask(0777 & ~SOCKET_MODE);
	rc = bind(fd, (const void *)address, sizeof(*address));
	umask(old_mask);
	if (rc == 0)
		rc = listen(fd, BACKLOG);
	if (rc == 0)
		rc = look_up_now_and_then(fd);
	if (rc == 0)
		return fd;
	rc = errno;
	close(fd);
	errno = rc;
	return -1;
}

static struct listener *listener_new(int fd, const char *path)
{
	struct listener *listener = hf_new(struct listener);

	listener->fd = fd;
	listener->path = path != NULL ? hf_strdup(path) : NULL;
	hf_info("listening unix=%s", path != NULL ? path : "inherited");
	return listener;
}

struct listener *listener_open(const char *path)
{
	struct sockaddr_un address;
	int fd;

	if (make_address(path, &address) < 0)
		return NULL;
	fd = bind_and_listen(&address);
	if (fd < 0) {
		hf_warn("cannot listen unix=%s", path);
		return NULL;
	}
	return listener_new(fd, path);
}

static bool listens_on_unix(int fd)
{
	struct sockaddr_un address;
	socklen_t len = sizeof(address);
	int listens = 0;
	socklen_t size = sizeof(listens);

	return getsockname(fd, (void *)&address, &len) == 0 &&
	       address.sun_family == AF_UNIX &&
	       getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) ==
		   0 &&
	       listens != 0;
}

struct listener *listener_inherit(void)
{
	int fd = HF_SERVICE_FD_FIRST;
	int n = hf_service_fds();

	if (n != 1 || !listens_on_unix(fd)) {
		hf_warnx("takes one listening Unix socket of its service "
			 "manager sockets=%d",
			 n);
		return NULL;
	}
	/* The manager may have made it non-blocking, which would spin. */
	if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 || fcntl(fd, F_SETFL, 0) < 0 ||
	    look_up_now_and_then(fd) < 0) {
		hf_warn("cannot set up the inherited socket");
		return NULL;
	}
	return listener_new(fd, NULL);
}

void listener_close(struct listener **listener)
{
	if (*listener == NULL)
		return;
	listener_stop(*listener);
	close((*listener)->fd);
	free((*listener)->path);
	free(*listener);
	*listener = NULL;
}

void listener_stop(struct listener *listener)
{
	if (atomic_exchange(&listener->stopping, true))
		return;
	if (listener->path != NULL)
		unlink(listener->path);
	fcntl(listener->fd, F_SETFL, O_NONBLOCK);
}

int64_t listener_waiting(const struct listener *listener)
{
	return backlog_waiting(listener->fd);
}

static void limit_time(int fd)
{
	struct timeval limit = { .tv_sec = PEER_S };

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
}

int listener_accept(struct listener *listener)
{
	for (;;) {
		/* Asked before: what came before the stop is still taken. */
		bool stopping = atomic_load(&listener->stopping);
		int fd = accept4(listener->fd, NULL, NULL, SOCK_CLOEXEC);

		if (fd >= 0) {
			limit_time(fd);
			return fd;
		}
		if (errno == EMFILE || errno == ENFILE || errno == ENOMEM) {
			hf_warn("cannot accept");
			poll(NULL, 0, FULL_MS);
		} else if (stopping && errno != EINTR &&
			   errno != ECONNABORTED) {
			return -1;
		}
	}
}
