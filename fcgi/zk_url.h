/*
 * Where a ZooKeeper service is: "unix:///path" or
 * "zk://host[:port][,host[:port]]...[/chroot]".
 *
 * An IPv6 host is in brackets. All nodes of ours live below the chroot, which
 * is made when it is not there.
 */
#ifndef FCGI_ZK_URL_H
#define FCGI_ZK_URL_H

#include "libhold/base.h"

enum {
	ZK_PORT = 2181,
	ZK_SERVERS_MAX = 16,
	ZK_CHROOT_MAX = 255, /* bytes */
};

struct zk_server {
	char *host;
	int64_t port;
};

struct zk_url {
	char *path; /* of a Unix socket, or NULL and then servers */
	size_t n;
	struct zk_server servers[ZK_SERVERS_MAX];
	char *chroot; /* "" or "/a/b" */
};

/*
 * 0 and what the caller gives back by zk_url_fini(); HF_EUSAGE and what is
 * wrong with it (lives for ever).
 */
int zk_url_parse(const char *text, struct zk_url *url_out,
		 const char **reason_out) HF_MUSTUSE;

void zk_url_fini(struct zk_url *url);

#endif
