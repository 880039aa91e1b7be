#include "config.h"

#include "lockd/slowlog.h"

#include "libhold/clock.h"
#include "libhold/mem.h"
#include "lockd/command.h"

#include <stdio.h>
#include <stdlib.h>

void slowlog_init(struct slowlog *log)
{
	*log = (struct slowlog){ 0 };
	hf_list_init(&log->entries);
}

void slowlog_trim(struct slowlog *log, size_t max)
{
	while (log->len > max) {
		struct slow_entry *entry = HF_CONTAINER_OF(
		    hf_list_first(&log->entries), struct slow_entry, all);

		hf_list_remove(&entry->all);
		log->len--;
		for (size_t i = 0; i < entry->argc; i++)
			free(entry->argv[i]);
		free(entry);
	}
}

void slowlog_fini(struct slowlog *log)
{
	slowlog_trim(log, 0);
}

/* An argument that may have been cut, with how much is missing. */
static void keep_arg(struct slow_entry *entry, struct hf_slice arg)
{
	char text[SLOWLOG_ARG_BYTES + 48];
	size_t len = arg.len;

	if (len > SLOWLOG_ARG_BYTES) {
		memcpy(text, arg.data, SLOWLOG_ARG_BYTES);
		len = SLOWLOG_ARG_BYTES +
		      (size_t)snprintf(text + SLOWLOG_ARG_BYTES, 48,
				       "... (%zu more bytes)",
				       arg.len - SLOWLOG_ARG_BYTES);
		arg.data = text;
	}
	entry->argv[entry->argc] = hf_strndup(arg.data, len);
	entry->arg_len[entry->argc++] = len;
}

static void keep_args(struct slow_entry *entry, const struct call *call)
{
	char rest[48];
	size_t whole =
	    call->argc <= SLOWLOG_ARGS ? call->argc : SLOWLOG_ARGS - 1;

	for (size_t i = 0; i < whole; i++)
		keep_arg(entry, command_shown_arg(call, i));
	if (whole == call->argc)
		return;
	snprintf(rest, sizeof(rest), "... (%zu more arguments)",
		 call->argc - whole);
	keep_arg(entry, hf_slice_of(rest));
}

void slowlog_note(struct slowlog *log, struct call *call, int64_t took_us,
		  size_t max)
{
	struct slow_entry *entry;
	struct client_place place;

	if (max == 0)
		return;
	entry = hf_new(struct slow_entry);
	client_place(call->client, &place);
	entry->id = log->next_id++;
	entry->at_s = hf_wall_ms() / 1000;
	entry->took_us = took_us;
	client_address(&place, place.addr, entry->addr, sizeof(entry->addr));
	memcpy(entry->name, call->client->name, sizeof(entry->name));
	keep_args(entry, call);
	hf_list_init(&entry->all);
	hf_list_append(&log->entries, &entry->all);
	log->len++;
	slowlog_trim(log, max);
}
