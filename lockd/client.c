#include "config.h"

#include "lockd/client.h"

#include "lockd/command.h"
#include "lockd/locks.h"
#include "lockd/multi.h"
#include "lockd/pubsub.h"

#include <stdio.h>

void client_opened(struct lockd *lockd, struct client *client)
{
	client->id = ++lockd->last_client_id;
	client->protocol = 2;
	hf_list_init(&client->all);
	hf_list_init(&client->monitor);
	hf_list_init(&client->postponed);
	hf_list_append(&lockd->clients, &client->all);
	watch_join(&client->watcher);
	locks_client_opened(client);
}

void client_closed(struct lockd *lockd, struct client *client)
{
	multi_forget(lockd, client);
	locks_client_closed(lockd, client);
	pubsub_drop(lockd->pubsub, client);
	hf_list_remove(&client->monitor);
	hf_list_remove(&client->postponed);
	hf_list_remove(&client->all);
}

void client_address(const struct client_place *place, const char *end,
		    char *out, size_t room)
{
	if (place->is_unix && strncmp(end, "unix:", 5) == 0)
		snprintf(out, room, "%s:0", end + 5);
	else
		snprintf(out, room, "%s", end);
}

void client_reset(struct lockd *lockd, struct client *client)
{
	multi_forget(lockd, client);
	pubsub_drop(lockd->pubsub, client);
	hf_list_remove(&client->monitor);
	client->protocol = 2;
	client->name[0] = '\0';
	client->authenticated = false;
	client->no_evict = client->no_touch = false;
	client->replies = CLIENT_REPLIES_ON;
}

void client_begins(struct lockd *lockd, struct client *client, int64_t now_ms)
{
	HF_UNUSED(lockd);
	client->active_ms = now_ms;
	if (client->replies == CLIENT_REPLIES_SKIP_NEXT)
		client->replies = CLIENT_REPLIES_SKIP;
}

void client_ended(struct client *client)
{
	if (client->replies == CLIENT_REPLIES_SKIP)
		client->replies = CLIENT_REPLIES_ON;
}

bool client_is_known(const struct lockd *lockd, const struct client *client)
{
	return lockd->auth.len == 0 || client->authenticated;
}

bool client_only_listens(const struct client *client)
{
	return client->listens != NULL && client->protocol == 2;
}

/* ---- CLIENT PAUSE ------------------------------------------------------- */

void client_pause_all(struct lockd *lockd, int64_t until_ms, bool all,
		      int64_t now_ms)
{
	struct pause *pause = &lockd->pause;
	bool in_force = pause->until_ms > now_ms;

	if (!in_force || until_ms > pause->until_ms)
		pause->until_ms = until_ms;
	pause->all = all || (in_force && pause->all);
}

void client_unpause_all(struct lockd *lockd)
{
	lockd->pause.until_ms = 0;
	HF_LIST_FOREACH (node, &lockd->pause.postponed) {
		hf_list_remove(node);
		client_resume(HF_CONTAINER_OF(node, struct client, postponed));
	}
}

/* Of the command, and for EXEC of what it would run. */
static unsigned flags_of(const struct call *call)
{
	const struct command *command = command_find(call->argv[0]);

	if (command == NULL)
		return 0;
	return command->flags |
	       (command->run == cmd_exec ? multi_flags(call->client) : 0);
}

bool client_postpone(struct call *call)
{
	struct pause *pause = &call->lockd->pause;

	if (HF_LIKELY(pause->until_ms == 0) || pause->until_ms <= call->now_ms)
		return false;
	if (!pause->all &&
	    (flags_of(call) & (COMMAND_WRITE | COMMAND_MAY_WRITE)) == 0)
		return false;
	hf_list_append(&pause->postponed, &call->client->postponed);
	client_pause(call->client);
	return true;
}

static int64_t end_pause(struct lockd *lockd, int64_t now_ms)
{
	if (lockd->pause.until_ms == 0)
		return HF_NEVER;
	if (lockd->pause.until_ms > now_ms)
		return lockd->pause.until_ms;
	client_unpause_all(lockd);
	return HF_NEVER;
}

/* Those who listen or wait for something are quiet with good reason. */
static bool may_time_out(const struct client *client)
{
	return client->listens == NULL && client->unblock == NULL &&
	       hf_list_empty(&client->monitor) &&
	       hf_list_empty(&client->postponed);
}

static void close_idle(struct lockd *lockd, int64_t since_ms)
{
	HF_LIST_FOREACH (node, &lockd->clients) {
		struct client *client =
		    HF_CONTAINER_OF(node, struct client, all);

		if (client->active_ms < since_ms && may_time_out(client))
			client_kill(client);
	}
}

/* A look at all clients once a second, while there is a timeout at all. */
static int64_t end_idle(struct lockd *lockd, int64_t now_ms)
{
	int64_t timeout_ms = lockd->tuning.idle_timeout_s * 1000;

	if (timeout_ms == 0)
		return HF_NEVER;
	if (now_ms >= lockd->idle_look_ms) {
		lockd->idle_look_ms = now_ms + 1000;
		close_idle(lockd, now_ms - timeout_ms);
	}
	return lockd->idle_look_ms;
}

int64_t client_tick(struct lockd *lockd, int64_t now_ms)
{
	int64_t pause_ms = end_pause(lockd, now_ms);
	int64_t idle_ms = end_idle(lockd, now_ms);

	return pause_ms < idle_ms ? pause_ms : idle_ms;
}

/* ---- notes -------------------------------------------------------------- */

/* Visible ASCII only, so that names can stand in one line of a list. */
static bool is_plain(struct hf_slice text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] < '!' || text.data[i] > '~')
			return false;
	}
	return true;
}

bool client_note(struct call *call, struct hf_slice value, const char *what,
		 char *field, size_t room)
{
	if (!is_plain(value)) {
		reply_error(call->reply,
			    "ERR %s cannot contain spaces, newlines or "
			    "special characters.",
			    what);
		return false;
	}
	if (value.len >= room) {
		reply_error(call->reply, "ERR %s is longer than %zu bytes",
			    what, room - 1);
		return false;
	}
	if (value.len > 0)
		memcpy(field, value.data, value.len);
	field[value.len] = '\0';
	return true;
}

bool client_note_name(struct call *call, struct hf_slice name)
{
	return client_note(call, name, "Client names", call->client->name,
			   sizeof(call->client->name));
}
