#include "config.h"

#include "lockd/lockd.h"

#include "libhold/log.h"
#include "libhold/mem.h"
#include "lockd/chance.h"
#include "lockd/command.h"
#include "lockd/locks.h"
#include "lockd/notify.h"
#include "lockd/pubsub.h"
#include "lockd/script.h"
#include "lockd/watch.h"

#include <stdio.h>
#include <stdlib.h>

static void make_run_id(char *run_id)
{
	for (int i = 0; i < 40; i += 8)
		snprintf(run_id + i, 9, "%08x", (unsigned)chance_draw());
}

void lockd_init(struct lockd *lockd, const struct settings *settings)
{
	const struct script_limits limits = {
		.memory_bytes = (size_t)settings->script_memory_bytes,
		.instructions = (uint64_t)settings->script_instructions,
		.run_ms = settings->script_time_ms,
		.cached_scripts = 1024,
		.text_bytes = 1024 * 1024,
	};
	const struct pubsub_limits pubsub_limits = {
		.per_client = 65536,
		.bytes_per_client = 16 * 1024 * 1024,
	};

	size_t n_commands;

	*lockd = (struct lockd){ .keys = keyspace_new(chance_draw()),
				 .script = script_new(&limits) };
	hf_list_init(&lockd->clients);
	hf_list_init(&lockd->monitors);
	hf_list_init(&lockd->pause.postponed);
	locks_init(lockd, chance_draw());
	lockd->watches = watch_table_new(lockd->keys, chance_draw());
	lockd->settings = *settings;
	lockd->tuning =
	    (struct tuning){ .slowlog_slower_than_us = 10000,
			     .slowlog_max_len = 128,
			     .busy_reply_ms = 5000,
			     .max_memory_bytes = settings->max_memory_bytes };
	slowlog_init(&lockd->slowlog);
	lockd->notify = notify_new(lockd);
	lockd->pubsub = pubsub_new(chance_draw(), &pubsub_limits);
	command_table(&n_commands);
	lockd->stats.by_command =
	    hf_new_array(struct command_count, n_commands);
	make_run_id(lockd->run_id);
}

void lockd_fini(struct lockd *lockd)
{
	watch_table_free(&lockd->watches);
	locks_fini(lockd);
	notify_free(&lockd->notify);
	slowlog_fini(&lockd->slowlog);
	free(lockd->stats.by_command);
	pubsub_free(&lockd->pubsub);
	script_free(&lockd->script);
	keyspace_free(&lockd->keys);
}
