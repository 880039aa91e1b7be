/*
 * One connection to a RESP server that runs our scripts; for one thread.
 *
 * It connects when first used, loads the scripts once a connection, and
 * connects again by itself, with back-off. A lost connection is noticed
 * before a call is sent, and then the call goes over a new one. Once
 * something was sent, nothing is sent again: nobody knows whether it ran.
 * Where debug lines are logged, the connection is named after the request
 * that its thread is about (libhold/log.h); that is one more round trip.
 * The process ignores SIGPIPE.
 *
 * Where Sentinels or a cluster say who the server is, they are asked for each
 * new connection. A server that says that it is not the one any more has not
 * run the call, so that goes to the right one, once.
 */
#ifndef FCGI_REDIS_LINK_H
#define FCGI_REDIS_LINK_H

#include "fcgi/backoff.h"
#include "fcgi/meter.h"
#include "fcgi/redis_peer.h"

enum {
	REDIS_LINK_SCRIPTS_MAX = 8,
	/* To connect, and again for each answer. */
	REDIS_LINK_TIMEOUT_MS = 2000,
};

struct redis_link {
	struct redis_url url;       /* ours */
	const char *key;            /* any of ours: a cluster finds by it */
	const char *const *scripts; /* their texts; ends with NULL */
	redisContext *redis;        /* NULL: not connected */
	struct redis_place place;   /* that one's, where it was found */
	bool sent_there;            /* a node told us place: do not ask again */
	size_t next;                /* of url's servers, the next to be asked */
	struct backoff backoff;
	bool owed; /* the answer to a redis_link_send() was not read yet */
	bool away; /* reported already: one line an outage */
	enum meter_failure why; /* the last call without an answer had none */
	char shas[REDIS_LINK_SCRIPTS_MAX][41];
	char named[72]; /* the request that the connection was named after */
};

/* Takes the contents of url; key and scripts must outlive the link. */
void redis_link_init(struct redis_link *link, const struct redis_url *url,
		     const char *key, const char *const *scripts,
		     uint64_t seed);
void redis_link_fini(struct redis_link *link);

/*
 * Runs script i with the words from argv[2] on, which begin with the number
 * of keys; argv[0] and argv[1] are ours to fill. A script that the server
 * forgot is loaded again. NULL when there is no answer or an error is it;
 * else the caller frees by freeReplyObject().
 */
redisReply *redis_link_run(struct redis_link *link, size_t i, int argc,
			   const char **argv, size_t *lens) HF_MUSTUSE;

/*
 * The same without waiting for the answer: the next call reads it, and nobody
 * learns what it was. 0 when it was handed to the kernel.
 */
int redis_link_send(struct redis_link *link, size_t i, int argc,
		    const char **argv, size_t *lens);

/* 0 when it answers a PING, else HF_EUNREACHABLE. */
int redis_link_ping(struct redis_link *link) HF_MUSTUSE;

/* The peer answers nonsense: says why, and begins anew later. */
void redis_link_drop(struct redis_link *link, const char *why);

#endif
