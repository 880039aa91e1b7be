#include "config.h"

#include "lockd/lockd.h"

#include "libhold/log.h"
#include "lockd/script.h"

#include <stdio.h>
#include <sys/random.h>

static uint64_t random_seed(void)
{
	uint64_t seed;

	if (getrandom(&seed, sizeof(seed), 0) != sizeof(seed))
		hf_fatal("cannot read random bytes");
	return seed;
}

static void make_run_id(char *run_id)
{
	for (int i = 0; i < 40; i += 8)
		snprintf(run_id + i, 9, "%08x", (unsigned)random_seed());
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

	*lockd = (struct lockd){ .keys = keyspace_new(random_seed()),
				 .script = script_new(&limits) };
	hf_list_init(&lockd->clients);
	make_run_id(lockd->run_id);
}

void lockd_fini(struct lockd *lockd)
{
	script_free(&lockd->script);
	keyspace_free(&lockd->keys);
}
