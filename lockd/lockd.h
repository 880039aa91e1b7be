/*
 * The process's one context: what all commands share.
 */
#ifndef LOCKD_LOCKD_H
#define LOCKD_LOCKD_H

#include "libhold/list.h"
#include "lockd/keyspace.h"
#include "lockd/auth.h"
#include "lockd/settings.h"
#include "lockd/slowlog.h"
#include "lockd/stats.h"
#include "lockd/tuning.h"

struct call;
struct locktab;
struct notify;
struct persist;
struct pubsub;
struct script;
struct watch_table;

/* CLIENT PAUSE in force; until_ms 0: none. */
struct pause {
	int64_t until_ms;
	bool all;                 /* else only what may write */
	struct hf_list postponed; /* clients whose next request waits */
};

struct lockd {
	struct keyspace *keys;
	struct keyspace *guards; /* highest token a resource has seen */
	struct locktab *locks;
	struct persist *persist; /* NULL: nothing is kept */
	struct script *script;
	struct watch_table *watches;
	size_t queued_bytes;    /* by all clients, after MULTI */
	struct hf_list clients; /* struct client, by all */
	uint64_t last_client_id;
	struct hf_list monitors; /* struct client, by monitor */
	struct pubsub *pubsub;
	struct notify *notify;
	struct pause pause;
	int64_t idle_look_ms; /* when idle clients are looked for next */
	struct auth auth;
	struct tuning tuning;
	struct slowlog slowlog;
	struct settings settings;   /* as at the start */
	const struct call *running; /* the innermost command; NULL: none */
	struct stats stats;
	bool busy;     /* a script runs long, and others are heard beside it */
	bool shutdown; /* SHUTDOWN was asked for */
	bool forget;   /* what the script has done that SHUTDOWN has ended */
	bool stopping; /* it is the server that ends the connections */
	char run_id[41];
};

/* Everything that needs no socket. What settings point to must
 * outlive it. */
void lockd_init(struct lockd *lockd, const struct settings *settings);

/* After the last client has gone. */
void lockd_fini(struct lockd *lockd);

#endif
