#include "config.h"

#include "lockd/multi.h"

#include "libhold/mem.h"
#include "lockd/memory.h"

#include <stdlib.h>

void multi_begin(struct client *client)
{
	struct multi *multi = hf_new(struct multi);

	hf_list_init(&multi->queue);
	client->multi = multi;
}

static void end(struct lockd *lockd, struct client *client)
{
	struct multi *multi = client->multi;

	if (multi == NULL)
		return;
	client->multi = NULL;
	lockd->queued_bytes -= multi->bytes;
	HF_LIST_FOREACH (node, &multi->queue)
		free(HF_CONTAINER_OF(node, struct queued, all));
	free(multi);
}

void multi_break(struct client *client)
{
	if (client->multi != NULL)
		client->multi->broken = true;
}

unsigned multi_flags(const struct client *client)
{
	return client->multi != NULL ? client->multi->flags : 0;
}

void multi_forget(struct lockd *lockd, struct client *client)
{
	end(lockd, client);
	watch_drop(lockd->watches, &client->watcher);
}

/* ---- queueing ----------------------------------------------------------- */

static size_t size_of(const struct call *call)
{
	size_t size =
	    sizeof(struct queued) + call->argc * sizeof(struct hf_slice);

	for (size_t i = 0; i < call->argc; i++)
		size += call->argv[i].len;
	return size;
}

static struct queued *copy(const struct call *call, size_t size)
{
	struct queued *queued = hf_alloc(size);
	char *bytes = (char *)&queued->argv[call->argc];

	queued->argc = call->argc;
	for (size_t i = 0; i < call->argc; i++) {
		size_t len = call->argv[i].len;

		if (len > 0)
			memcpy(bytes, call->argv[i].data, len);
		queued->argv[i] = (struct hf_slice){ bytes, len };
		bytes += len;
	}
	return queued;
}

/* False after an error reply. */
static bool has_room(struct call *call, size_t bytes)
{
	size_t max = (size_t)call->lockd->settings.max_transaction_bytes;

	if (bytes > max) {
		reply_error(call->reply,
			    "ERR the transaction is larger than %zu bytes",
			    max);
		return false;
	}
	if (bytes > MEMORY_SPARE_BYTES && memory_is_full(call->lockd)) {
		reply_error(call->reply, COMMAND_OOM_ERROR);
		return false;
	}
	return true;
}

bool multi_queue(struct call *call, const struct command *command)
{
	struct multi *multi = call->client->multi;
	size_t size = size_of(call);
	struct queued *queued;

	/* The arguments are in memory already: their sum cannot overflow. */
	if (!has_room(call, multi->bytes + size))
		return false;
	reply_status(call->reply, HF_SLICE("QUEUED"));
	if (multi->broken)
		return true; /* nothing of it will be run */
	queued = copy(call, size);
	queued->command = command;
	hf_list_init(&queued->all);
	hf_list_append(&multi->queue, &queued->all);
	multi->count++;
	multi->bytes += size;
	call->lockd->queued_bytes += size;
	multi->flags |= command->flags;
	return true;
}
