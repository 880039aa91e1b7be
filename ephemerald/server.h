/*
 * Connections in, frames out: the core on libhold's loop.
 */
#ifndef EPHEMERALD_SERVER_H
#define EPHEMERALD_SERVER_H

#include "ephemerald/ephemerald.h"
#include "libhold/base.h"

struct server;

/* All arguments must outlive it. */
struct server *server_new(struct ephemerald *e,
			  const struct settings *settings);
void server_free(struct server **server); /* and sets *server to NULL */

/* Each 0, or negative after a line in the log. */
int server_load(struct server *server) HF_MUSTUSE;
int server_listen(struct server *server) HF_MUSTUSE;

/* Serves until a signal ends it. */
void server_run(struct server *server);

/*
 * Then: what is not on disk goes there. 0, or negative after a line in the log:
 * the disk refuses, and that is lost.
 */
int server_close(struct server *server) HF_MUSTUSE;

#endif
