/*
 * Where a RESP server is, or who knows where it is:
 *
 *   unix:///path                              one server
 *   redis://[:password@]host[:port][/db]      one server
 *   redis+sentinel://[:password@]host[:port][,...]/service[/db]
 *                                             the master that Sentinels name
 *   redis+cluster://[:password@]host[:port][,...]
 *                                             the node that has our keys
 *
 * The password may have bytes written as %HH; an IPv6 host is in brackets.
 */
#ifndef FCGI_REDIS_URL_H
#define FCGI_REDIS_URL_H

#include "libhold/base.h"

enum {
	REDIS_PORT = 6379,
	REDIS_SENTINEL_PORT = 26379,
	REDIS_SERVERS_MAX = 16,
	REDIS_SERVICE_MAX = 255, /* bytes of a service's name */
};

enum redis_way { REDIS_DIRECT, REDIS_SENTINEL, REDIS_CLUSTER };

struct redis_server {
	char *host;
	int64_t port;
};

struct redis_url {
	enum redis_way way;
	char *path; /* of a Unix socket, or NULL and then servers */
	size_t n;   /* 1 where the way is direct */
	struct redis_server servers[REDIS_SERVERS_MAX];
	char *service;  /* what Sentinels call it; else NULL */
	char *password; /* NULL: none */
	int64_t db;
};

/*
 * 0 and what the caller gives back by redis_url_fini(); HF_EUSAGE and what is
 * wrong with it (lives for ever).
 */
int redis_url_parse(const char *text, struct redis_url *url_out,
		    const char **reason_out) HF_MUSTUSE;

void redis_url_fini(struct redis_url *url);

#endif
