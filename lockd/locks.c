#include "config.h"

#include "lockd/locks.h"

#include "libhold/clock.h"
#include "lockd/persist.h"
#include "lockd/pubsub.h"

#include <stdio.h>

#define CHANNEL_PREFIX "__lock__:"
#define KEY_IN_MESSAGE 1024 /* bytes of a key's name; more is cut */

struct client *locks_client(struct lock_session *session)
{
	return session != NULL ? HF_CONTAINER_OF(session, struct client, locks)
			       : NULL;
}

/* ---- what the table asks for -------------------------------------------- */

static bool alive(struct lock_session *session)
{
	return client_alive(locks_client(session));
}

void reply_grant(struct reply *reply, const struct lock_grant *grant)
{
	reply_array(reply, 2);
	reply_integer(reply, grant->token);
	reply_integer(reply, grant->left_ms == HF_NEVER ? -1 : grant->left_ms);
}

static void answer(void *arg, struct lock_session *session,
		   const struct lock_grant *grant)
{
	struct client *client = locks_client(session);
	struct reply *reply =
	    grant != NULL ? client_reach(client) : client_reach_at_once(client);

	HF_UNUSED(arg);
	client->unblock = NULL;
	if (client->lock_wait.unheard)
		; /* CLIENT REPLY OFF or SKIP: as it wished */
	else if (grant != NULL)
		reply_grant(reply, grant);
	else if (client->lock_wait.unblocked)
		reply_error(reply, "UNBLOCKED client unblocked via CLIENT "
				   "UNBLOCK");
	else
		reply_null_array(reply);
	client_resume(client);
}

/* As they stand in pushes and messages. */
static const char *const ends[] = {
	[LOCK_ENDS] = "expiring",
	[LOCK_EXPIRED] = "expired",
	[LOCK_DELETED] = "deleted",
	[LOCK_FLUSHED] = "flushed",
	[LOCK_OVERWRITTEN] = "overwritten",
	[LOCK_DISCONNECTED] = "disconnected",
};

static void push(struct client *client, const struct lock_notice *notice)
{
	struct reply *reply = client_reach(client);
	bool soon = notice->why == LOCK_ENDS;

	reply_push(reply, 5);
	reply_str(reply, soon ? "lock-expiring" : "lock-lost");
	reply_bulk(reply, notice->key);
	reply_bulk(reply, notice->owner);
	reply_integer(reply, notice->token);
	if (soon)
		reply_integer(reply, notice->left_ms);
	else
		reply_str(reply, ends[notice->why]);
}

/* "expiring TOKEN MS KEY" and "lost TOKEN REASON KEY": the key may be any. */
static void publish(struct lockd *lockd, const struct lock_notice *notice)
{
	char channel[sizeof(CHANNEL_PREFIX) + LOCK_OWNER_MAX];
	char message[128 + KEY_IN_MESSAGE];
	size_t key_len = notice->key.len;
	int len;

	if (notice->why == LOCK_ENDS)
		len = snprintf(message, sizeof(message), "expiring %lld %lld ",
			       (long long)notice->token,
			       (long long)notice->left_ms);
	else
		len = snprintf(message, sizeof(message), "lost %lld %s ",
			       (long long)notice->token, ends[notice->why]);
	if (key_len > KEY_IN_MESSAGE)
		key_len = KEY_IN_MESSAGE;
	memcpy(message + len, notice->key.data, key_len);
	memcpy(channel, CHANNEL_PREFIX, sizeof(CHANNEL_PREFIX) - 1);
	memcpy(channel + sizeof(CHANNEL_PREFIX) - 1, notice->owner.data,
	       notice->owner.len);
	pubsub_publish(lockd->pubsub, PUBSUB_CHANNEL,
		       (struct hf_slice){ channel, sizeof(CHANNEL_PREFIX) - 1 +
						       notice->owner.len },
		       (struct hf_slice){ message, (size_t)len + key_len });
}

static void notice(void *arg, struct lock_session *session,
		   const struct lock_notice *notice)
{
	struct client *client = locks_client(session);

	if (client != NULL && client->protocol == 3 && client_alive(client))
		push(client, notice);
	publish(arg, notice);
}

/* ---- life --------------------------------------------------------------- */

static struct lock_now now_at(int64_t now_ms)
{
	return (struct lock_now){ now_ms, hf_wall_ms() };
}

struct lock_now locks_now(const struct call *call)
{
	return now_at(call->now_ms);
}

void locks_init(struct lockd *lockd, uint64_t seed)
{
	static const struct lock_hooks hooks = { alive, answer, notice };

	lockd->locks = locktab_new(lockd->keys, seed, &hooks, lockd);
	lockd->guards = keyspace_new(seed);
}

void locks_fini(struct lockd *lockd)
{
	locktab_free(&lockd->locks);
	keyspace_free(&lockd->guards);
}

void locks_recover(struct lockd *lockd, int64_t now_ms)
{
	locktab_recover(lockd->locks, now_at(now_ms));
	locktab_close(lockd->locks, persist_closed_until_ms(lockd->persist));
}

void locks_client_opened(struct client *client)
{
	locktab_join(&client->locks);
}

/* A grant that the disk does not take would run out before it is heard of. */
static void hold_up(struct lockd *lockd)
{
	locktab_hold_up(lockd->locks, persist_refusing(lockd->persist) != NULL);
}

void locks_client_closed(struct lockd *lockd, struct client *client)
{
	struct lock_now now;

	if (hf_list_empty(&client->locks.claims))
		return;
	client->unblock = NULL;
	now = now_at(hf_clock_ms());
	hold_up(lockd);
	locktab_leave(lockd->locks, &client->locks, lockd->stopping, now);
	locktab_settle(lockd->locks, now);
}

void locks_settle(struct lockd *lockd, int64_t now_ms)
{
	hold_up(lockd);
	if (locktab_has_work(lockd->locks))
		locktab_settle(lockd->locks, now_at(now_ms));
}

void locks_stand_still(struct lockd *lockd, bool still)
{
	locktab_stand_still(lockd->locks, still);
}

bool locks_held_up(const struct lockd *lockd)
{
	return locktab_is_held_up(lockd->locks);
}

int64_t locks_next_due_ms(const struct lockd *lockd)
{
	return locktab_next_due_ms(lockd->locks);
}

int64_t locks_tick(struct lockd *lockd, int64_t now_ms)
{
	hold_up(lockd);
	if (!locktab_has_work(lockd->locks) &&
	    locks_next_due_ms(lockd) > now_ms)
		return locks_next_due_ms(lockd);
	return locktab_tick(lockd->locks, now_at(now_ms));
}

/* ---- waiting ------------------------------------------------------------ */

static void unblock(struct lockd *lockd, struct client *client, bool error)
{
	client->lock_wait.unblocked = error;
	locktab_give_up(lockd->locks, &client->locks, hf_clock_ms());
}

void locks_wait(struct call *call)
{
	struct client *client = call->client;

	client->lock_wait.unheard = !client_wants_reply(client);
	client->lock_wait.unblocked = false;
	client->unblock = unblock;
	client_pause(client);
}
