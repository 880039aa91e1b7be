/*
 * One connection to a RESP server, with an end to every wait: how it is
 * opened, and what is asked of it in one word.
 *
 * What went wrong is said in a text of the caller's, who logs it or not.
 */
#ifndef FCGI_REDIS_PEER_H
#define FCGI_REDIS_PEER_H

#include "fcgi/redis_url.h"

#include <hiredis/hiredis.h>

enum {
	REDIS_HOST_MAX = 255,
	REDIS_WHY_MAX = 256,
};

/* A server that another one told us of. */
struct redis_place {
	char host[REDIS_HOST_MAX + 1];
	int port;
};

/*
 * Connects; timeout_ms is for that, and again for each answer. NULL and why.
 * The caller gives it back by redisFree().
 */
redisContext *redis_peer_open(const char *host, int port, int timeout_ms,
			      char why_out[REDIS_WHY_MAX]);
redisContext *redis_peer_open_path(const char *path, int timeout_ms,
				   char why_out[REDIS_WHY_MAX]);

/*
 * The answer to a command (lens as hiredis takes it, or NULL of texts); NULL
 * and why when it is an error or none.
 */
redisReply *redis_peer_ask(redisContext *peer, int argc, const char **argv,
			   const size_t *lens, char why_out[REDIS_WHY_MAX]);

/* AUTH and SELECT, as far as url wants them; 0 or HF_EUNREACHABLE. */
int redis_peer_greet(redisContext *peer, const struct redis_url *url,
		     char why_out[REDIS_WHY_MAX]) HF_MUSTUSE;

/* Is reply an error that begins with word? */
bool redis_reply_is(const redisReply *reply, const char *word);

/*
 * Where "MOVED 3999 host:port" and "ASK 3999 host:port" send us; an empty
 * host is that of the server that said so. False when it is neither.
 */
bool redis_reply_place(const redisReply *reply, const char *asked_host,
		       struct redis_place *place_out);

#endif
