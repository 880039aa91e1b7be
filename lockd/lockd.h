/*
 * The process's one context: what all commands share.
 */
#ifndef LOCKD_LOCKD_H
#define LOCKD_LOCKD_H

#include "libhold/list.h"
#include "lockd/keyspace.h"
#include "lockd/settings.h"
#include "lockd/stats.h"

struct script;

struct lockd {
	struct keyspace *keys;
	struct script *script;
	struct hf_list clients; /* struct client, by all */
	uint64_t last_client_id;
	struct stats stats;
	bool shutdown; /* SHUTDOWN was asked for */
	char run_id[41];
};

/* Everything that needs no socket. settings are read now and not kept. */
void lockd_init(struct lockd *lockd, const struct settings *settings);

/* After the last client has gone. */
void lockd_fini(struct lockd *lockd);

#endif
