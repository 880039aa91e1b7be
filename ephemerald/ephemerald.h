/*
 * The process's one context: what all requests share.
 */
#ifndef EPHEMERALD_EPHEMERALD_H
#define EPHEMERALD_EPHEMERALD_H

#include "ephemerald/client.h"
#include "ephemerald/settings.h"

struct persist;

/* For srvr, stat and mntr. */
struct stats {
	uint64_t received, sent; /* packets */
	uint64_t latency_count, latency_sum_us, latency_min_us, latency_max_us;
	uint64_t accepted, refused, bytes_in;
	uint64_t turned_away;   /* for there were as many as may be */
	uint64_t dropped;       /* for what they did not read */
	uint64_t disk_timeouts; /* ended, for the disk fails */
	uint64_t expired;       /* sessions */
	uint64_t stalls;
	uint64_t auth_failed;
	int64_t started_ms;
	size_t connections; /* now */
};

/* Of a walk for empty containers and nodes whose time is over. */
struct reaper {
	int64_t next_ms;
	size_t containers_left, ttls_left; /* of the walk under way */
};

struct ephemerald {
	struct zdb db;
	struct settings settings;
	struct persist *persist;  /* NULL: nothing is kept */
	struct hf_list clients;   /* struct client, by all */
	struct hf_list strangers; /* struct client, oldest first */
	struct hf_buf body;       /* of the reply that is being made */
	struct stats stats;
	struct reaper reaper;
};

/* Everything that needs no socket. What settings point to must outlive it. */
void ephemerald_init(struct ephemerald *e, const struct settings *settings);

/* After the last client has gone. */
void ephemerald_fini(struct ephemerald *e);

/*
 * The session is over: it and its nodes go in one step, and its connection is
 * closed. False: the disk refuses, so it stays.
 */
bool ephemerald_end_session(struct ephemerald *e, struct session *session);

/*
 * Runs what is due at now_ms, a bounded piece of it; gives when to come again.
 */
int64_t ephemerald_tick(struct ephemerald *e, int64_t now_ms);

#endif
