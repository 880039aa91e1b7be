/*
 * The worker's listening socket, and connections from it with time limits.
 *
 * libfcgi's own accept has no time limits and cannot be stopped; this one
 * stands before it. Threads wait in accept4() itself, so that the kernel
 * wakes just one of them for a connection.
 */
#ifndef FCGI_LISTENER_H
#define FCGI_LISTENER_H

#include "libhold/base.h"

struct listener;

/*
 * A socket at path, 0660. One that nobody answers on is replaced; one that
 * somebody does, or another file, is an error. NULL after a line in the log.
 */
struct listener *listener_open(const char *path);

/*
 * The one socket that a service manager passes (libhold/service.h). It stays
 * the manager's: nobody is refused while one worker ends and the next one
 * begins. NULL after a line in the log: it passed more, or no listening Unix
 * socket.
 */
struct listener *listener_inherit(void);
void listener_close(struct listener **listener);

/*
 * The next connection, blocking, with receive and send time limits set; the
 * caller closes it. -1 when listener_stop() was called and no connection is
 * left. From any thread.
 */
int listener_accept(struct listener *listener);

/*
 * Removes the path, so that nginx goes to another worker, and lets accept
 * end when the connections made until now were given out; those that come to
 * an inherited socket later wait in it for the next worker. From a signal's
 * thread; idempotent.
 */
void listener_stop(struct listener *listener);

/* Connections that nobody has taken yet; -1: that cannot be told (backlog.h).
 */
int64_t listener_waiting(const struct listener *listener);

#endif
