/*
 * Where a RESP server is: "unix:///path" or
 * "redis://[:password@]host[:port][/db]".
 *
 * The password may have bytes written as %HH; an IPv6 host is in brackets.
 */
#ifndef FCGI_REDIS_URL_H
#define FCGI_REDIS_URL_H

#include "libhold/base.h"

enum { REDIS_PORT = 6379 };

struct redis_url {
	char *path; /* of a Unix socket, or NULL and then host */
	char *host;
	int64_t port;
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
