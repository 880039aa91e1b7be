/*
 * The servers that a database's URL names: each is tried alone, so that each
 * has its own time.
 *
 * libpq goes along a list by itself, but under one deadline of ours a first
 * server that never answers would be the only one ever tried.
 */
#ifndef FCGI_PG_HOSTS_H
#define FCGI_PG_HOSTS_H

#include "libhold/base.h"

#include <libpq-fe.h>

/* One server's own words; NULL: what the URL says is left as it is. */
struct pg_host {
	char *host;
	char *hostaddr;
	char *port;
};

struct pg_hosts {
	size_t n; /* at least 1 */
	struct pg_host *list;
};

/*
 * Reads them from url (a URI or key=value words). One that cannot be split,
 * or that libpq will refuse, is one server.
 */
void pg_hosts_init(struct pg_hosts *hosts, const char *url);
void pg_hosts_fini(struct pg_hosts *hosts);

/*
 * Begins to connect to server i of url. What the URL says counts more than
 * our own settings: keep-alives, and that only a server that takes writes
 * will do (target_session_attrs). NULL: no memory.
 */
PGconn *pg_hosts_connect(const struct pg_hosts *hosts, size_t i,
			 const char *url);

#endif
