/*
 * Peers to commands and back: the loop's bytes become calls, their replies
 * become bytes.
 */
#ifndef LOCKD_SERVER_H
#define LOCKD_SERVER_H

#include "lockd/command.h"
#include "lockd/settings.h"

struct server;

/* Both must outlive the server. */
struct server *server_new(struct lockd *lockd, const struct settings *settings);
void server_free(struct server **server); /* and sets *server to NULL */

/*
 * Loads what was kept, and keeps what changes from now on. 0, or an error
 * after a line in the log.
 */
int server_load(struct server *server) HF_MUSTUSE;

/* Opens what settings name; 0, or an error after a line in the log. */
int server_listen(struct server *server) HF_MUSTUSE;

/* Serves until a signal or SHUTDOWN. */
void server_run(struct server *server);

/*
 * Then: what is not on disk goes there. 0, or negative after a line in the log:
 * the disk refuses, and that is lost.
 */
int server_close(struct server *server) HF_MUSTUSE;

#endif
