#include "config.h"

#include "libhold/service.h"

#include "libhold/err.h"
#include "libhold/log.h"
#include "libhold/slice.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* A path, or with '@' in front an abstract name. Gives its length, or 0. */
static socklen_t make_address(const char *name, struct sockaddr_un *address)
{
	size_t len = strlen(name);

	if ((name[0] != '/' && name[0] != '@') || len < 2 ||
	    len >= sizeof(address->sun_path))
		return 0;
	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	memcpy(address->sun_path, name, len);
	if (name[0] == '@')
		address->sun_path[0] = '\0';
	else
		len++; /* its NUL */
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
}

static int send_to(const char *name, const char *state)
{
	struct sockaddr_un address;
	socklen_t len = make_address(name, &address);
	int fd, rc = 0;

	if (len == 0)
		return -EINVAL;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	if (sendto(fd, state, strlen(state), MSG_NOSIGNAL, (void *)&address,
		   len) < 0)
		rc = -errno;
	close(fd);
	return rc;
}

void hf_service_notify(const char *state)
{
	const char *name = getenv("NOTIFY_SOCKET");
	int rc = name != NULL ? send_to(name, state) : 0;

	if (rc < 0)
		hf_warnx("cannot tell the service manager %s at "
			 "NOTIFY_SOCKET=%s: %s",
			 state, name, hf_strerror(rc));
}

/* The number in a variable; -1 if there is none. */
static int64_t number_of(const char *variable)
{
	const char *text = getenv(variable);
	int64_t number;

	if (text == NULL || hf_slice_int64(hf_slice_of(text), &number) < 0 ||
	    number < 0)
		return -1;
	return number;
}

/* A variable that names a process names us, or is not there. */
static bool meant_for_us(const char *variable)
{
	return getenv(variable) == NULL || number_of(variable) == getpid();
}

int64_t hf_service_watchdog_ms(void)
{
	int64_t us = number_of("WATCHDOG_USEC");

	if (us <= 0 || !meant_for_us("WATCHDOG_PID"))
		return 0;
	return us < 1000 ? 1 : us / 1000;
}

int hf_service_fds(void)
{
	int64_t n = number_of("LISTEN_FDS");

	if (getenv("LISTEN_FDS") == NULL || getenv("LISTEN_PID") == NULL ||
	    !meant_for_us("LISTEN_PID"))
		return 0;
	return n < 0 || n > HF_SERVICE_FDS_MAX ? HF_EBAD : (int)n;
}
