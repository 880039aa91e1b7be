#include "config.h"

#include "libhold/peer.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

uint32_t hf_peer_id(int socket_fd)
{
	struct ucred cred = { 0 };
	socklen_t len = sizeof(cred);

	if (getsockopt(socket_fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) < 0 ||
	    cred.pid <= 0)
		return 0; /* TCP, or not a process of ours */
	return (uint32_t)cred.pid;
}

int hf_peer_open(uint32_t pid)
{
	/*
	 * The id may belong to another process by now. Then ours is dead, and
	 * its socket says so unless a child kept it: no harm in watching the
	 * other one.
	 */
	long fd = syscall(SYS_pidfd_open, (pid_t)pid, 0);

	return fd < 0 ? -errno : (int)fd;
}
