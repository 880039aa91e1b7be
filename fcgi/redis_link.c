#include "config.h"

#include "fcgi/redis_link.h"

#include "fcgi/redis_find.h"
#include "libhold/clock.h"
#include "libhold/err.h"
#include "libhold/log.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

void redis_link_init(struct redis_link *link, const struct redis_url *url,
		     const char *key, const char *const *scripts, uint64_t seed)
{
	*link =
	    (struct redis_link){ .url = *url, .key = key, .scripts = scripts };
	backoff_init(&link->backoff, seed);
}

static void hang_up(struct redis_link *link)
{
	if (link->redis != NULL)
		redisFree(link->redis);
	link->redis = NULL;
	link->owed = false;
	link->named[0] = '\0';
}

void redis_link_fini(struct redis_link *link)
{
	hang_up(link);
	redis_url_fini(&link->url);
}

void redis_link_drop(struct redis_link *link, const char *why)
{
	if (!link->away)
		hf_warnx("lock service lost: %s", why);
	link->away = true;
	backoff_failed(&link->backoff, hf_clock_ms());
	hang_up(link);
}

/* Right behind a call of libhiredis that gave nothing. */
static enum meter_failure cause(const redisContext *redis)
{
	return redis->err == REDIS_ERR_IO && errno == EAGAIN ? METER_TIMEOUT
							     : METER_BROKEN;
}

/* One command's answer; NULL, and no connection, when there is none. */
static redisReply *ask(struct redis_link *link, int argc, const char **argv,
		       const size_t *lens)
{
	redisReply *reply = redisCommandArgv(link->redis, argc, argv, lens);

	if (reply != NULL)
		return reply;
	link->why = cause(link->redis);
	redis_link_drop(link, link->redis->errstr);
	return NULL;
}

/* The same, where an error is no answer either. */
static redisReply *ask_well(struct redis_link *link, int argc,
			    const char **argv, const size_t *lens)
{
	redisReply *reply = ask(link, argc, argv, lens);

	if (reply == NULL || reply->type != REDIS_REPLY_ERROR)
		return reply;
	link->why = METER_REFUSED;
	redis_link_drop(link, reply->str);
	freeReplyObject(reply);
	return NULL;
}

static int load_script(struct redis_link *link, size_t i)
{
	const char *argv[] = { "SCRIPT", "LOAD", link->scripts[i] };
	redisReply *reply = ask_well(link, 3, argv, NULL);
	bool good;

	if (reply == NULL)
		return HF_EUNREACHABLE;
	good = reply->type == REDIS_REPLY_STRING && reply->len == 40;
	if (good)
		memcpy(link->shas[i], reply->str, 41);
	else
		redis_link_drop(link, "SCRIPT LOAD gave no digest");
	freeReplyObject(reply);
	return good ? 0 : HF_EUNREACHABLE;
}

static int load_scripts(struct redis_link *link)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && link->scripts[i] != NULL; i++) {
		assert(i < REDIS_LINK_SCRIPTS_MAX);
		rc = load_script(link, i);
	}
	return rc;
}

static redisContext *open_found(struct redis_link *link,
				char why_out[REDIS_WHY_MAX])
{
	bool told = link->sent_there;

	link->sent_there = false;
	if (!told && redis_find(&link->url, link->key, &link->next,
				&link->place, why_out) < 0)
		return NULL;
	return redis_peer_open(link->place.host, link->place.port,
			       REDIS_LINK_TIMEOUT_MS, why_out);
}

static redisContext *open_peer(struct redis_link *link,
			       char why_out[REDIS_WHY_MAX])
{
	const struct redis_url *url = &link->url;

	if (url->path != NULL)
		return redis_peer_open_path(url->path, REDIS_LINK_TIMEOUT_MS,
					    why_out);
	if (url->way == REDIS_DIRECT)
		return redis_peer_open(url->servers[0].host,
				       (int)url->servers[0].port,
				       REDIS_LINK_TIMEOUT_MS, why_out);
	return open_found(link, why_out);
}

static int dial(struct redis_link *link)
{
	char why[REDIS_WHY_MAX] = "";

	link->why = METER_AWAY;
	if (!backoff_ready(&link->backoff, hf_clock_ms()))
		return HF_EUNREACHABLE;
	link->why = METER_CONNECT;
	link->redis = open_peer(link, why);
	if (link->redis == NULL ||
	    redis_peer_greet(link->redis, &link->url, why) < 0 ||
	    (link->url.way == REDIS_SENTINEL &&
	     !redis_find_is_master(link->redis, why))) {
		redis_link_drop(link, why);
		return HF_EUNREACHABLE;
	}
	return load_scripts(link);
}

/*
 * Nothing is outstanding between calls, so a readable socket is the end of
 * the connection (or a peer that speaks unasked).
 */
static bool idle_is_lost(const struct redis_link *link)
{
	struct pollfd pfd = { .fd = link->redis->fd, .events = POLLIN };

	return poll(&pfd, 1, 0) != 0;
}

/* Reads the answer that nobody waited for. It may have lost our scripts. */
static void settle(struct redis_link *link)
{
	void *reply = NULL;

	if (redisGetReply(link->redis, &reply) != REDIS_OK) {
		hang_up(link);
		return;
	}
	link->owed = false;
	if (((redisReply *)reply)->type == REDIS_REPLY_ERROR)
		hang_up(link);
	freeReplyObject(reply);
}

static int connected(struct redis_link *link)
{
	if (link->redis != NULL && link->owed)
		settle(link);
	if (link->redis != NULL && idle_is_lost(link))
		hang_up(link);
	return link->redis != NULL ? 0 : dial(link);
}

static void answered(struct redis_link *link)
{
	if (link->away)
		hf_info("lock service is back");
	link->away = false;
	backoff_worked(&link->backoff);
}

/* For who looks: a server that does not take names is as good. */
static void name_connection(struct redis_link *link)
{
	const char *id = hf_log_request_id();
	const char *argv[] = { "CLIENT", "SETNAME", id };
	redisReply *reply;

	if (!hf_log_shows(HF_LOG_DEBUG) || id[0] == '\0' ||
	    strcmp(link->named, id) == 0)
		return;
	snprintf(link->named, sizeof(link->named), "%s", id);
	reply = ask(link, 3, argv, NULL);
	if (reply != NULL)
		freeReplyObject(reply);
}

/* Connected, and ready for a call of this request. */
static int ready(struct redis_link *link)
{
	if (connected(link) < 0)
		return HF_EUNREACHABLE;
	name_connection(link);
	return link->redis != NULL ? 0 : HF_EUNREACHABLE;
}

static void name_script(struct redis_link *link, size_t i, const char **argv,
			size_t *lens)
{
	argv[0] = "EVALSHA";
	argv[1] = link->shas[i];
	lens[0] = strlen(argv[0]);
	lens[1] = strlen(argv[1]);
}

/* ---- what did not run, and may be sent again -----------------------------
 */

/* Our slot is on its way there: this once, it wants to be asked with a word. */
static redisReply *ask_importer(struct redis_link *link, size_t i, int argc,
				const char **argv, size_t *lens,
				const struct redis_place *place, char *why)
{
	const char *asking[] = { "ASKING" };
	redisContext *peer = redis_peer_open(place->host, place->port,
					     REDIS_LINK_TIMEOUT_MS, why);
	redisReply *reply = NULL;

	if (peer == NULL)
		return NULL;
	argv[0] = "EVAL"; /* it may not know the script's digest */
	argv[1] = link->scripts[i];
	lens[0] = strlen(argv[0]);
	lens[1] = strlen(argv[1]);
	if (redis_peer_greet(peer, &link->url, why) == 0)
		reply = redis_peer_ask(peer, 1, asking, NULL, why);
	if (reply != NULL) {
		freeReplyObject(reply);
		reply = redis_peer_ask(peer, argc, argv, lens, why);
	}
	redisFree(peer);
	return reply;
}

/* NOSCRIPT: after SCRIPT FLUSH, or a restart that kept the connection. */
static redisReply *again_with_scripts(struct redis_link *link, size_t i,
				      int argc, const char **argv, size_t *lens)
{
	if (load_scripts(link) < 0)
		return NULL;
	name_script(link, i, argv, lens);
	return ask(link, argc, argv, lens);
}

/* Another server is the one now: place, or who is found. */
static redisReply *again_elsewhere(struct redis_link *link, size_t i, int argc,
				   const char **argv, size_t *lens)
{
	hang_up(link);
	if (dial(link) < 0)
		return NULL;
	name_script(link, i, argv, lens);
	return ask(link, argc, argv, lens);
}

/*
 * What to make of an answer: itself, or that of a second try after one that
 * says that nothing was done.
 */
static redisReply *follow(struct redis_link *link, redisReply *reply, size_t i,
			  int argc, const char **argv, size_t *lens)
{
	const char *here = link->place.host;
	struct redis_place place;
	char why[REDIS_WHY_MAX];
	bool sent = redis_reply_place(reply, here, &place);
	bool importing = sent && redis_reply_is(reply, "ASK");
	bool forgot = redis_reply_is(reply, "NOSCRIPT");

	if (!sent && !forgot && !redis_reply_is(reply, "READONLY"))
		return reply;
	freeReplyObject(reply);
	if (forgot)
		return again_with_scripts(link, i, argc, argv, lens);
	if (!importing) {
		link->sent_there = sent;
		if (sent)
			link->place = place;
		return again_elsewhere(link, i, argc, argv, lens);
	}
	reply = ask_importer(link, i, argc, argv, lens, &place, why);
	if (reply == NULL) {
		link->why = METER_REFUSED;
		redis_link_drop(link, why);
	}
	return reply;
}

redisReply *redis_link_run(struct redis_link *link, size_t i, int argc,
			   const char **argv, size_t *lens)
{
	redisReply *reply;

	if (ready(link) < 0)
		return NULL;
	name_script(link, i, argv, lens);
	reply = ask(link, argc, argv, lens);
	if (reply != NULL)
		reply = follow(link, reply, i, argc, argv, lens);
	if (reply == NULL)
		return NULL;
	if (reply->type == REDIS_REPLY_ERROR) {
		link->why = METER_REFUSED;
		redis_link_drop(link, reply->str);
		freeReplyObject(reply);
		return NULL;
	}
	answered(link);
	return reply;
}

int redis_link_send(struct redis_link *link, size_t i, int argc,
		    const char **argv, size_t *lens)
{
	int done = 0, rc;

	if (ready(link) < 0)
		return HF_EUNREACHABLE;
	name_script(link, i, argv, lens);
	rc = redisAppendCommandArgv(link->redis, argc, argv, lens);
	while (rc == REDIS_OK && !done)
		rc = redisBufferWrite(link->redis, &done);
	if (rc != REDIS_OK) {
		redis_link_drop(link, link->redis->errstr);
		return HF_EUNREACHABLE;
	}
	link->owed = true;
	return 0;
}

int redis_link_ping(struct redis_link *link)
{
	const char *argv[] = { "PING" };
	redisReply *reply;

	if (ready(link) < 0)
		return HF_EUNREACHABLE;
	reply = ask_well(link, 1, argv, NULL);
	if (reply == NULL)
		return HF_EUNREACHABLE;
	freeReplyObject(reply);
	answered(link);
	return 0;
}
