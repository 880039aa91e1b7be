/*
 * Where the server of our keys is now: what a URL's Sentinels say is the
 * master, or what a cluster's nodes say has our key's slot.
 */
#ifndef FCGI_REDIS_FIND_H
#define FCGI_REDIS_FIND_H

#include "fcgi/redis_peer.h"

enum {
	REDIS_FIND_TIMEOUT_MS = 500, /* for each wait */
	REDIS_FIND_MS = 3000,        /* then no further server is asked */
};

/*
 * Asks the servers of url in turn, beginning with *next_io, which becomes the
 * one that knew. key: any of ours, for a cluster. 0, or HF_EUNREACHABLE and
 * why the last one of them did not know.
 */
int redis_find(const struct redis_url *url, const char *key, size_t *next_io,
	       struct redis_place *place_out,
	       char why_out[REDIS_WHY_MAX]) HF_MUSTUSE;

/*
 * Does peer take writes, by its own word? Sentinels may not know yet that
 * another took over. False and why; also when it does not say.
 */
bool redis_find_is_master(redisContext *peer, char why_out[REDIS_WHY_MAX]);

#endif
