/*
 * The process at the other end of a Unix socket.
 */
#ifndef HOLD_PEER_H
#define HOLD_PEER_H

#include "libhold/base.h"

/*
 * The id of the process that connected socket_fd; 0 for other sockets and for
 * processes of another container.
 */
uint32_t hf_peer_id(int socket_fd);

/*
 * Gives a descriptor that becomes readable when the process ends (the caller
 * closes it). -ESRCH if it is gone already; -errno where the kernel has no
 * such descriptors (before 5.3).
 */
int hf_peer_open(uint32_t pid) HF_MUSTUSE;

#endif
