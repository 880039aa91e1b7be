/*
 * The process at the other end of a Unix socket.
 */
#ifndef HOLD_PEER_H
#define HOLD_PEER_H

#include "libhold/base.h"

/*
 * Gives a descriptor that becomes readable when the process that connected
 * socket_fd ends (the caller closes it), and its id in *pid_out. -ESRCH if it
 * is gone already; -errno for other sockets, for processes of another
 * container, and where the kernel has no such descriptors (before 5.3).
 */
int hf_peer_open(int socket_fd, uint32_t *pid_out) HF_MUSTUSE;

#endif
