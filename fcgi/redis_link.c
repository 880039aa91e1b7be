#include "config.h"

#include "fcgi/redis_link.h"

#include "libhold/clock.h"
#include "libhold/err.h"
#include "libhold/log.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

void redis_link_init(struct redis_link *link, const struct redis_url *url,
		     const char *const *scripts, uint64_t seed)
{
	*link = (struct redis_link){ .url = *url, .scripts = scripts };
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

static int tell(struct redis_link *link, const char *command, const char *word)
{
	const char *argv[] = { command, word };
	redisReply *reply = ask_well(link, 2, argv, NULL);

	if (reply == NULL)
		return HF_EUNREACHABLE;
	freeReplyObject(reply);
	return 0;
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

static int greet(struct redis_link *link)
{
	char db[24];
	int rc = 0;

	if (link->url.password != NULL)
		rc = tell(link, "AUTH", link->url.password);
	if (rc == 0 && link->url.db != 0) {
		snprintf(db, sizeof(db), "%lld", (long long)link->url.db);
		rc = tell(link, "SELECT", db);
	}
	return rc == 0 ? load_scripts(link) : rc;
}

static int dial(struct redis_link *link)
{
	const struct timeval timeout = { .tv_sec =
					     REDIS_LINK_TIMEOUT_MS / 1000 };
	const struct redis_url *url = &link->url;

	link->why = METER_AWAY;
	if (!backoff_ready(&link->backoff, hf_clock_ms()))
		return HF_EUNREACHABLE;
	link->why = METER_CONNECT;
	if (url->path != NULL)
		link->redis = redisConnectUnixWithTimeout(url->path, timeout);
	else
		link->redis =
		    redisConnectWithTimeout(url->host, (int)url->port, timeout);
	if (link->redis == NULL || link->redis->err != 0) {
		redis_link_drop(link, link->redis != NULL ? link->redis->errstr
							  : "no memory");
		return HF_EUNREACHABLE;
	}
	if (redisSetTimeout(link->redis, timeout) != REDIS_OK) {
		redis_link_drop(link, link->redis->errstr);
		return HF_EUNREACHABLE;
	}
	return greet(link);
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

static bool is_forgotten_script(const redisReply *reply)
{
	return reply->type == REDIS_REPLY_ERROR &&
	       strncmp(reply->str, "NOSCRIPT", strlen("NOSCRIPT")) == 0;
}

static void name_script(struct redis_link *link, size_t i, const char **argv,
			size_t *lens)
{
	argv[0] = "EVALSHA";
	argv[1] = link->shas[i];
	lens[0] = strlen(argv[0]);
	lens[1] = strlen(argv[1]);
}

redisReply *redis_link_run(struct redis_link *link, size_t i, int argc,
			   const char **argv, size_t *lens)
{
	redisReply *reply;

	if (ready(link) < 0)
		return NULL;
	name_script(link, i, argv, lens);
	reply = ask(link, argc, argv, lens);
	if (reply != NULL && is_forgotten_script(reply)) {
		/* SCRIPT FLUSH; the call did not run, so it may be sent again
		 * when the script is there. */
		freeReplyObject(reply);
		if (load_scripts(link) < 0)
			return NULL;
		reply = ask(link, argc, argv, lens);
	}
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
