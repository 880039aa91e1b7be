#include "config.h"

#include "fcgi/redis_peer.h"

#include "libhold/err.h"
#include "libhold/slice.h"

#include <stdio.h>
#include <string.h>

static void say(char why_out[REDIS_WHY_MAX], const char *why)
{
	snprintf(why_out, REDIS_WHY_MAX, "%s", why);
}

/* Takes over what hiredis made of a try to connect. */
static redisContext *opened(redisContext *peer, struct timeval timeout,
			    char why_out[REDIS_WHY_MAX])
{
	if (peer == NULL) {
		say(why_out, "no memory");
		return NULL;
	}
	if (peer->err == 0 && redisSetTimeout(peer, timeout) == REDIS_OK)
		return peer;
	say(why_out, peer->errstr);
	redisFree(peer);
	return NULL;
}

static struct timeval time_of(int ms)
{
	return (struct timeval){ .tv_sec = ms / 1000,
				 .tv_usec = ms % 1000 * 1000 };
}

redisContext *redis_peer_open(const char *host, int port, int timeout_ms,
			      char why_out[REDIS_WHY_MAX])
{
	struct timeval timeout = time_of(timeout_ms);

	return opened(redisConnectWithTimeout(host, port, timeout), timeout,
		      why_out);
}

redisContext *redis_peer_open_path(const char *path, int timeout_ms,
				   char why_out[REDIS_WHY_MAX])
{
	struct timeval timeout = time_of(timeout_ms);

	return opened(redisConnectUnixWithTimeout(path, timeout), timeout,
		      why_out);
}

redisReply *redis_peer_ask(redisContext *peer, int argc, const char **argv,
			   const size_t *lens, char why_out[REDIS_WHY_MAX])
{
	redisReply *reply = redisCommandArgv(peer, argc, argv, lens);

	if (reply == NULL) {
		say(why_out, peer->errstr);
		return NULL;
	}
	if (reply->type != REDIS_REPLY_ERROR)
		return reply;
	say(why_out, reply->str);
	freeReplyObject(reply);
	return NULL;
}

static int tell(redisContext *peer, const char *command, const char *word,
		char why_out[REDIS_WHY_MAX])
{
	const char *argv[] = { command, word };
	redisReply *reply = redis_peer_ask(peer, 2, argv, NULL, why_out);

	if (reply == NULL)
		return HF_EUNREACHABLE;
	freeReplyObject(reply);
	return 0;
}

int redis_peer_greet(redisContext *peer, const struct redis_url *url,
		     char why_out[REDIS_WHY_MAX])
{
	char db[24];
	int rc = 0;

	if (url->password != NULL)
		rc = tell(peer, "AUTH", url->password, why_out);
	if (rc == 0 && url->db != 0) {
		snprintf(db, sizeof(db), "%lld", (long long)url->db);
		rc = tell(peer, "SELECT", db, why_out);
	}
	return rc;
}

bool redis_reply_is(const redisReply *reply, const char *word)
{
	size_t len = strlen(word);

	return reply->type == REDIS_REPLY_ERROR &&
	       strncmp(reply->str, word, len) == 0 &&
	       (reply->str[len] == ' ' || reply->str[len] == '\0');
}

bool redis_reply_place(const redisReply *reply, const char *asked_host,
		       struct redis_place *place_out)
{
	const char *host, *colon;
	size_t len;
	int64_t port;

	if (!redis_reply_is(reply, "MOVED") && !redis_reply_is(reply, "ASK"))
		return false;
	host = strrchr(reply->str, ' ');
	if (host == NULL)
		return false;
	host++;
	colon = strrchr(host, ':'); /* an IPv6 host has no brackets */
	if (colon == NULL ||
	    hf_slice_int64(hf_slice_of(colon + 1), &port) < 0 || port < 1 ||
	    port > 65535)
		return false;
	len = (size_t)(colon - host);
	if (len == 0) {
		host = asked_host;
		len = strlen(asked_host);
	}
	if (len == 0 || len > REDIS_HOST_MAX)
		return false;
	memcpy(place_out->host, host, len);
	place_out->host[len] = '\0';
	place_out->port = (int)port;
	return true;
}
