#include "config.h"

#include "fcgi/redis_find.h"

#include "libhold/clock.h"
#include "libhold/err.h"
#include "libhold/slice.h"

#include <stdio.h>
#include <string.h>

typedef bool ask_fn(redisContext *peer, const struct redis_url *url,
		    const struct redis_server *server, const char *key,
		    struct redis_place *place_out, char *why_out);

static bool is_text(const redisReply *reply)
{
	return reply->type == REDIS_REPLY_STRING && reply->len > 0;
}

/* ---- Sentinel ------------------------------------------------------------ */

/* [host, port], or nil of a service that it does not watch. */
static bool read_address(const redisReply *reply, struct redis_place *place_out)
{
	int64_t port;

	if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 2 ||
	    !is_text(reply->element[0]) || !is_text(reply->element[1]) ||
	    reply->element[0]->len > REDIS_HOST_MAX ||
	    hf_slice_int64(hf_slice_of(reply->element[1]->str), &port) < 0 ||
	    port < 1 || port > 65535)
		return false;
	snprintf(place_out->host, sizeof(place_out->host), "%s",
		 reply->element[0]->str);
	place_out->port = (int)port;
	return true;
}

/* One that wants a password gets the service's. */
static redisReply *ask_address(redisContext *peer, const struct redis_url *url,
			       char *why_out)
{
	const char *argv[] = { "SENTINEL", "get-master-addr-by-name",
			       url->service };
	redisReply *reply = redis_peer_ask(peer, 3, argv, NULL, why_out);

	if (reply != NULL || url->password == NULL ||
	    strncmp(why_out, "NOAUTH", strlen("NOAUTH")) != 0)
		return reply;
	if (redis_peer_greet(peer,
			     &(struct redis_url){ .password = url->password },
			     why_out) < 0)
		return NULL;
	return redis_peer_ask(peer, 3, argv, NULL, why_out);
}

static bool ask_sentinel(redisContext *peer, const struct redis_url *url,
			 const struct redis_server *server, const char *key,
			 struct redis_place *place_out, char *why_out)
{
	redisReply *reply = ask_address(peer, url, why_out);
	bool known;

	HF_UNUSED(server);
	HF_UNUSED(key);
	if (reply == NULL)
		return false;
	known = read_address(reply, place_out);
	if (!known)
		snprintf(why_out, REDIS_WHY_MAX,
			 "a Sentinel knows no master of that name");
	freeReplyObject(reply);
	return known;
}

/* ---- cluster ------------------------------------------------------------- */

/* Either it has the key, or it says who has. */
static bool ask_node(redisContext *peer, const struct redis_url *url,
		     const struct redis_server *server, const char *key,
		     struct redis_place *place_out, char *why_out)
{
	const char *argv[] = { "EXISTS", key };
	redisReply *reply;
	bool known;

	if (redis_peer_greet(peer, url, why_out) < 0)
		return false;
	reply = redisCommandArgv(peer, 2, argv, NULL);
	if (reply == NULL) {
		snprintf(why_out, REDIS_WHY_MAX, "%s", peer->errstr);
		return false;
	}
	known = redis_reply_place(reply, server->host, place_out);
	if (!known && reply->type == REDIS_REPLY_INTEGER) {
		snprintf(place_out->host, sizeof(place_out->host), "%s",
			 server->host);
		place_out->port = (int)server->port;
		known = true;
	} else if (!known) {
		snprintf(why_out, REDIS_WHY_MAX, "%s",
			 reply->type == REDIS_REPLY_ERROR
			     ? reply->str
			     : "a node gave no answer that is one");
	}
	freeReplyObject(reply);
	return known;
}

/* ---- both ---------------------------------------------------------------- */

static bool ask_server(const struct redis_url *url, const char *key, size_t i,
		       struct redis_place *place_out, char *why_out)
{
	static ask_fn *const asks[] = {
		[REDIS_SENTINEL] = ask_sentinel,
		[REDIS_CLUSTER] = ask_node,
	};
	const struct redis_server *server = &url->servers[i];
	redisContext *peer = redis_peer_open(server->host, (int)server->port,
					     REDIS_FIND_TIMEOUT_MS, why_out);
	bool known;

	if (peer == NULL)
		return false;
	known = asks[url->way](peer, url, server, key, place_out, why_out);
	redisFree(peer);
	return known;
}

int redis_find(const struct redis_url *url, const char *key, size_t *next_io,
	       struct redis_place *place_out, char why_out[REDIS_WHY_MAX])
{
	int64_t until_ms = hf_clock_ms() + REDIS_FIND_MS;

	for (size_t i = 0; i < url->n && hf_clock_ms() < until_ms; i++) {
		if (ask_server(url, key, *next_io, place_out, why_out))
			return 0;
		*next_io = (*next_io + 1) % url->n;
	}
	return HF_EUNREACHABLE;
}

bool redis_find_is_master(redisContext *peer, char why_out[REDIS_WHY_MAX])
{
	const char *argv[] = { "ROLE" };
	redisReply *reply = redis_peer_ask(peer, 1, argv, NULL, why_out);
	bool master;

	if (reply == NULL)
		return false;
	master = reply->type == REDIS_REPLY_ARRAY && reply->elements > 0 &&
		 is_text(reply->element[0]) &&
		 strcmp(reply->element[0]->str, "master") == 0;
	if (!master)
		snprintf(why_out, REDIS_WHY_MAX,
			 "what Sentinels call the master is none");
	freeReplyObject(reply);
	return master;
}
