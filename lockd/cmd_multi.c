/*
 * MULTI, EXEC, DISCARD, WATCH, UNWATCH.
 */
#include "config.h"

#include "lockd/memory.h"
#include "lockd/multi.h"

#include <stdio.h>

void cmd_multi(struct call *call)
{
	if (call->client->multi != NULL) {
		reply_error(call->reply, "ERR MULTI calls can not be nested");
		return;
	}
	multi_begin(call->client);
	reply_ok(call->reply);
}

void cmd_discard(struct call *call)
{
	if (call->client->multi == NULL) {
		reply_error(call->reply, "ERR DISCARD without MULTI");
		return;
	}
	multi_forget(call->lockd, call->client);
	reply_ok(call->reply);
}

/* For the keys of one client, in bytes. */
static size_t watch_room(const struct lockd *lockd)
{
	size_t max = (size_t)lockd->settings.max_transaction_bytes;

	return max > MEMORY_SPARE_BYTES && memory_is_full(lockd)
		   ? (size_t)MEMORY_SPARE_BYTES
		   : max;
}

static void refuse_watch(struct call *call, size_t max)
{
	if (max < (size_t)call->lockd->settings.max_transaction_bytes)
		reply_error(call->reply, COMMAND_OOM_ERROR);
	else
		reply_error(call->reply,
			    "ERR the watched keys take more than %zu bytes",
			    max);
}

void cmd_watch(struct call *call)
{
	struct lockd *lockd = call->lockd;
	size_t max = watch_room(lockd);

	if (call->client->multi != NULL) {
		reply_error(call->reply,
			    "ERR WATCH inside MULTI is not allowed");
		return;
	}
	for (size_t i = 1; i < call->argc; i++) {
		if (watch_add(lockd->watches, &call->client->watcher,
			      call->argv[i], call->now_ms, max) < 0) {
			refuse_watch(call, max);
			return;
		}
	}
	reply_ok(call->reply);
}

void cmd_unwatch(struct call *call)
{
	watch_drop(call->lockd->watches, &call->client->watcher);
	reply_ok(call->reply);
}

/* ---- EXEC --------------------------------------------------------------- */

static struct call call_of(const struct call *exec, const struct queued *queued,
			   struct reply *reply)
{
	struct call call = *exec;

	call.reply = reply;
	call.argv = queued->argv;
	call.argc = queued->argc;
	call.in_exec = true;
	return call;
}

/* A reply that keeps the text of its last error. */
struct refusal {
	struct reply reply;
	char text[256];
};

static void keep_text(struct reply *r, struct hf_slice text)
{
	struct refusal *refusal = HF_CONTAINER_OF(r, struct refusal, reply);

	snprintf(refusal->text, sizeof(refusal->text), "%.*s", (int)text.len,
		 text.data);
}

/*
 * All or nothing: what may not be changed now is asked for every command
 * before the first one runs. False after an error reply.
 */
static bool may_run(struct call *call)
{
	struct reply_ops ops = reply_to_nobody;
	struct refusal refusal = { .reply.ops = &ops };

	ops.error = keep_text;
	HF_LIST_FOREACH (node, &call->client->multi->queue) {
		const struct queued *queued =
		    HF_CONTAINER_OF(node, struct queued, all);
		struct call one = call_of(call, queued, &refusal.reply);

		if (command_may_write(&one, queued->command))
			continue;
		reply_error(call->reply,
			    "EXECABORT Transaction discarded because of: %s",
			    refusal.text);
		return false;
	}
	return true;
}

static void run_all(struct call *call)
{
	bool full = memory_is_full(call->lockd);

	reply_array(call->reply, call->client->multi->count);
	HF_LIST_FOREACH (node, &call->client->multi->queue) {
		const struct queued *queued =
		    HF_CONTAINER_OF(node, struct queued, all);
		struct call one = call_of(call, queued, call->reply);

		one.may_grow = !full; /* what it fills itself does not count */
		command_run_queued(&one, queued->command);
	}
}

void cmd_exec(struct call *call)
{
	struct client *client = call->client;
	struct multi *multi = client->multi;

	if (multi == NULL) {
		reply_error(call->reply, "ERR EXEC without MULTI");
		return;
	}
	if (multi->broken) {
		reply_error(call->reply, "EXECABORT Transaction discarded "
					 "because of previous errors.");
	} else if (watch_changed(call->lockd->watches, &client->watcher,
				 call->now_ms)) {
		reply_null_array(call->reply);
	} else if (may_run(call)) {
		/* It is no news to the client what it changes itself. */
		watch_drop(call->lockd->watches, &client->watcher);
		run_all(call);
	}
	multi_forget(call->lockd, client);
}
