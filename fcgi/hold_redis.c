#include "config.h"

#include "fcgi/hold.h"

#include "fcgi/lua_scripts.h"
#include "fcgi/redis_link.h"
#include "libhold/err.h"
#include "libhold/log.h"
#include "libhold/mem.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

/* One hash tag in all, so that a cluster keeps them in one place. */
#define KEY_SERVICE "{holdfast}:service"
#define KEY_FENCE   "{holdfast}:fence"
#define KEY_HOLD    "{holdfast}:hold:"

enum script {
	SCRIPT_ACQUIRE,
	SCRIPT_CHECK,
	SCRIPT_EXTEND,
	SCRIPT_RELEASE,
	SCRIPT_COUNT,
};

enum {
	/* EVALSHA, digest, number of keys; two keys; identity, owner, ttl */
	WORDS_MAX = 3 + 2 + 3 + 2 * BASKET_MAX,
	PROPOSAL_BYTES = 16,
};

struct hold_redis {
	struct hold hold; /* first: hold.h */
	struct redis_link link;
	char *texts[SCRIPT_COUNT + 1];
};

/* A script's words, with room for those that are made here. */
struct words {
	int n;
	const char *text[WORDS_MAX];
	size_t len[WORDS_MAX];
	char keys[BASKET_MAX][sizeof(KEY_HOLD) + TICKET_ID_MAX];
	char fences[BASKET_MAX][24];
	char count[24], ttl[24];
	char proposal[2 * PROPOSAL_BYTES + 1];
};

static struct hold_redis *impl(struct hold *hold)
{
	return HF_CONTAINER_OF(hold, struct hold_redis, hold);
}

static void add(struct words *words, const char *text)
{
	assert(words->n < WORDS_MAX);
	words->text[words->n] = text;
	words->len[words->n] = strlen(text);
	words->n++;
}

static const char *as_text(char room[24], int64_t number)
{
	snprintf(room, 24, "%lld", (long long)number);
	return room;
}

/*
 * What the service's state is to be called, if it has no identity. New each
 * time: a state that was lost must not come back under its old name, and we
 * may never hear which proposal was taken.
 */
static const char *propose(struct words *words)
{
	static const char digits[] = "0123456789abcdef";
	unsigned char bytes[PROPOSAL_BYTES];

	if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes))
		hf_fatal("cannot read random bytes");
	for (size_t i = 0; i < sizeof(bytes); i++) {
		words->proposal[2 * i] = digits[bytes[i] >> 4];
		words->proposal[2 * i + 1] = digits[bytes[i] & 15];
	}
	words->proposal[2 * sizeof(bytes)] = '\0';
	return words->proposal;
}

/* The keys, then what every script is told first. fence may be NULL. */
static void begin(struct words *words, const struct basket *basket,
		  const char *fence, const char *client)
{
	assert(basket->n >= 1 && basket->n <= BASKET_MAX);
	words->n = 2; /* redis_link_run() fills them */
	add(words, as_text(words->count,
			   (int64_t)basket->n + (fence != NULL ? 2 : 1)));
	add(words, KEY_SERVICE);
	if (fence != NULL)
		add(words, fence);
	for (size_t i = 0; i < basket->n; i++) {
		snprintf(words->keys[i], sizeof(words->keys[i]), "%s%s",
			 KEY_HOLD, basket->ids[i]);
		add(words, words->keys[i]);
	}
	add(words, propose(words));
	add(words, client);
}

/* ---- what comes back ----------------------------------------------------- */

static bool read_number(const redisReply *reply, size_t i, int64_t least,
			int64_t *number)
{
	if (i >= reply->elements ||
	    reply->element[i]->type != REDIS_REPLY_INTEGER)
		return false;
	*number = reply->element[i]->integer;
	return *number >= least;
}

static bool read_service(const redisReply *reply, struct hold_answer *answer)
{
	const redisReply *service;

	if (reply->type != REDIS_REPLY_ARRAY || reply->elements < 1)
		return false;
	service = reply->element[0];
	if (service->type != REDIS_REPLY_STRING || service->len == 0 ||
	    service->len > HOLD_SERVICE_MAX ||
	    memchr(service->str, '\0', service->len) != NULL)
		return false;
	memcpy(answer->service, service->str, service->len + 1);
	return true;
}

static bool read_grants(const redisReply *reply, size_t n,
			struct hold_answer *answer)
{
	for (size_t i = 0; i < n; i++) {
		struct hold_grant *grant = &answer->grants[i];
		int64_t fresh;

		if (!read_number(reply, 3 + 3 * i, 1, &grant->fence) ||
		    !read_number(reply, 4 + 3 * i, 0, &grant->remaining_ms) ||
		    !read_number(reply, 5 + 3 * i, 0, &fresh))
			return false;
		grant->fresh = fresh == 1;
	}
	return reply->elements == 3 + 3 * n;
}

/* 0; refusal when a ticket refused; HF_EBAD when it is no such answer. */
static int read_answer(const redisReply *reply, size_t n, int refusal,
		       struct hold_answer *answer)
{
	int64_t refused;

	if (!read_service(reply, answer) ||
	    !read_number(reply, 1, 0, &refused) ||
	    !read_number(reply, 2, 0, &answer->refused_ms) ||
	    refused > (int64_t)n)
		return HF_EBAD;
	if (refused == 0)
		return read_grants(reply, n, answer) ? 0 : HF_EBAD;
	answer->refused = (size_t)refused - 1;
	return refusal;
}

static int unreachable(struct hold_redis *redis, enum meter_failure why)
{
	redis->hold.why = why;
	return HF_EUNREACHABLE;
}

static int run(struct hold_redis *redis, enum script script,
	       struct words *words, size_t n, int refusal,
	       struct hold_answer *answer)
{
	redisReply *reply = redis_link_run(&redis->link, script, words->n,
					   words->text, words->len);
	int rc;

	if (reply == NULL)
		return unreachable(redis, redis->link.why);
	*answer = (struct hold_answer){ 0 };
	rc = read_answer(reply, n, refusal, answer);
	freeReplyObject(reply);
	if (rc != HF_EBAD)
		return rc;
	redis_link_drop(&redis->link, "a script gave an answer of an "
				      "unexpected shape");
	return unreachable(redis, METER_REFUSED);
}

/* ---- the interface ------------------------------------------------------- */

static int acquire(struct hold *hold, const struct basket *basket,
		   const char *client, int64_t ttl_ms,
		   struct hold_answer *answer_out)
{
	struct hold_redis *redis = impl(hold);
	struct words words;

	assert(ttl_ms > 0);
	begin(&words, basket, KEY_FENCE, client);
	add(&words, as_text(words.ttl, ttl_ms));
	return run(redis, SCRIPT_ACQUIRE, &words, basket->n, HF_EHELD,
		   answer_out);
}

static int check(struct hold *hold, const struct basket *basket,
		 const char *client, struct hold_answer *answer_out)
{
	struct hold_redis *redis = impl(hold);
	struct words words;

	begin(&words, basket, NULL, client);
	return run(redis, SCRIPT_CHECK, &words, basket->n, HF_ENOTOWNER,
		   answer_out);
}

static int extend(struct hold *hold, const struct basket *basket,
		  const char *client, int64_t ttl_ms,
		  struct hold_answer *answer_out)
{
	struct hold_redis *redis = impl(hold);
	struct words words;

	assert(ttl_ms > 0);
	begin(&words, basket, NULL, client);
	add(&words, as_text(words.ttl, ttl_ms));
	return run(redis, SCRIPT_EXTEND, &words, basket->n, HF_ENOTOWNER,
		   answer_out);
}

static void begin_release(struct words *words, const struct basket *basket,
			  const char *client, const int64_t *fences)
{
	begin(words, basket, NULL, client);
	for (size_t i = 0; i < basket->n; i++)
		add(words, fences == NULL
			       ? "*"
			       : as_text(words->fences[i], fences[i]));
}

static int release(struct hold *hold, const struct basket *basket,
		   const char *client, const int64_t *fences)
{
	struct hold_redis *redis = impl(hold);
	struct words words;
	redisReply *reply;

	begin_release(&words, basket, client, fences);
	reply = redis_link_run(&redis->link, SCRIPT_RELEASE, words.n,
			       words.text, words.len);
	if (reply == NULL)
		return unreachable(redis, redis->link.why);
	freeReplyObject(reply);
	return 0;
}

static void let_go(struct hold *hold, const struct basket *basket,
		   const char *client, const int64_t *fences)
{
	struct hold_redis *redis = impl(hold);
	struct words words;

	begin_release(&words, basket, client, fences);
	(void)redis_link_send(&redis->link, SCRIPT_RELEASE, words.n, words.text,
			      words.len);
}

static int ping(struct hold *hold)
{
	struct hold_redis *redis = impl(hold);

	return redis_link_ping(&redis->link) == 0
		   ? 0
		   : unreachable(redis, redis->link.why);
}

static void free_hold(struct hold *hold)
{
	struct hold_redis *redis = impl(hold);

	redis_link_fini(&redis->link);
	for (size_t i = 0; i < SCRIPT_COUNT; i++)
		free(redis->texts[i]);
	free(redis);
}

static const struct hold_ops ops = {
	.acquire = acquire,
	.check = check,
	.extend = extend,
	.release = release,
	.let_go = let_go,
	.ping = ping,
	.free = free_hold,
};

/* A script as it is loaded: what all begin with, then its own lines. */
static char *whole_script(const char *name)
{
	const char *begins = NULL, *own = NULL;
	char *text;
	size_t len;

	for (size_t i = 0; i < HF_LEN(lua_scripts); i++) {
		if (strcmp(lua_scripts[i].name, "hold.lua") == 0)
			begins = lua_scripts[i].text;
		if (strcmp(lua_scripts[i].name, name) == 0)
			own = lua_scripts[i].text;
	}
	assert(begins != NULL && own != NULL);
	len = strlen(begins) + strlen(own) + 1;
	text = hf_alloc(len);
	snprintf(text, len, "%s%s", begins, own);
	return text;
}

struct hold *hold_redis_new(const char *url, const char **reason_out)
{
	static const char *const names[SCRIPT_COUNT] = {
		[SCRIPT_ACQUIRE] = "acquire.lua",
		[SCRIPT_CHECK] = "check.lua",
		[SCRIPT_EXTEND] = "extend.lua",
		[SCRIPT_RELEASE] = "release.lua",
	};
	struct hold_redis *redis;
	struct redis_url parsed;
	uint64_t seed;

	if (redis_url_parse(url, &parsed, reason_out) < 0)
		return NULL;
	redis = hf_new(struct hold_redis);
	redis->hold.ops = &ops;
	if (getrandom(&seed, sizeof(seed), 0) != sizeof(seed))
		hf_fatal("cannot read random bytes");
	for (size_t i = 0; i < SCRIPT_COUNT; i++)
		redis->texts[i] = whole_script(names[i]);
	redis_link_init(&redis->link, &parsed, KEY_SERVICE,
			(const char *const *)redis->texts, seed);
	return &redis->hold;
}
