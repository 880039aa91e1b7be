/*
 * How many connections wait in a listening Unix socket, as the kernel tells by
 * sock_diag(7); ss -xl shows the same.
 */
#ifndef FCGI_BACKLOG_H
#define FCGI_BACKLOG_H

#include "libhold/base.h"

/* -1: it does not tell, or this process may not ask (no AF_NETLINK). */
int64_t backlog_waiting(int listening_fd);

#endif
