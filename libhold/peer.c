#include "config.h"

#include "libhold/peer.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

int hf_peer_open(int socket_fd, uint32_t *pid_out)
{
	struct ucred cred = { 0 };
	socklen_t len = sizeof(cred);
	long fd;

	*pid_out = 0;
	if (getsockopt(socket_fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) < 0)
		return -errno;
	if (cred.pid <= 0)
		return -ENOTCONN; /* TCP, or not a process of ours */
	*pid_out = (uint32_t)cred.pid;
	/*
	 * The id may belong to another process by now. Then ours is dead, and
	 * its socket says so unless a child kept it: no harm in watching the
	 * other one.
	 */
	fd = syscall(SYS_pidfd_open, cred.pid, 0);
	return fd < 0 ? -errno : (int)fd;
}
