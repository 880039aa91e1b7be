/*
 * The keeper from inside, for the files that are it: zk_keeper.c (its life and
 * its thread), zk_kept.c (the table of what is kept), zk_keeper_due.c
 * (deadlines), zk_keeper_take_up.c (what was there before) and
 * zk_keeper_sweep.c (what a lost answer left behind).
 */
#ifndef FCGI_ZK_KEEPER_INNER_H
#define FCGI_ZK_KEEPER_INNER_H

#include "fcgi/pause.h"
#include "fcgi/zk_keeper.h"
#include "fcgi/zk_node.h"
#include "libhold/heap.h"
#include "libhold/table.h"

#include <pthread.h>

enum {
	ZK_KEEPER_AT_ONCE = 20,   /* nodes in one batch */
	ZK_KEEPER_AGAIN_MS = 250, /* after a call that failed */
};

/* A hold of ours, by its ticket. */
struct zk_kept {
	struct hf_table_node node; /* of by_ticket */
	struct hf_heap_item due;
	int32_t version;
	char name[ZK_NAME_MAX + 1];
	char ticket_path[]; /* ends with a NUL */
};

struct zk_litter {
	struct hf_list on;
	char attempt[ZK_ATTEMPT_LEN + 1];
	char ticket_path[];
};

struct zk_keeper {
	struct zkc *zkc;
	pthread_t thread;

	struct pause pause; /* its lock: for what follows */
	bool stopping;
	bool look; /* for nodes of ours that nobody keeps */
	int64_t again_ms;
	struct zk_clock clock;
	uint64_t seed;
	struct hf_table *by_ticket;
	struct hf_heap due;
	struct hf_list litter;
	size_t litter_count;
};

/* One of them, while no lock is held. */
struct zk_kept_name {
	char ticket_path[ZK_TICKET_PATH_MAX + 1];
	char name[ZK_NAME_MAX + 1];
	int32_t version;
};

/* ---- under the lock ------------------------------------------------------ */

/* NULL: none is kept of that ticket; or not that very node of it. */
struct zk_kept *zk_kept_find(struct zk_keeper *keeper, const char *ticket_path);
struct zk_kept *zk_kept_find_node(struct zk_keeper *keeper,
				  const char *ticket_path, const char *name);
struct zk_kept *zk_kept_add(struct zk_keeper *keeper, const char *ticket_path);
void zk_kept_drop(struct zk_keeper *keeper, struct zk_kept *kept);
void zk_kept_set(struct zk_keeper *keeper, struct zk_kept *kept,
		 int32_t version, int64_t due_ms);

static inline struct zk_kept *zk_kept_of_due(struct hf_heap_item *item)
{
	return HF_CONTAINER_OF(item, struct zk_kept, due);
}

static inline struct zk_litter *zk_litter_on(struct hf_list *on)
{
	return HF_CONTAINER_OF(on, struct zk_litter, on);
}

void zk_litter_drop(struct zk_keeper *keeper, struct zk_litter *litter);

/* ---- the thread, without the lock ---------------------------------------- */

/* True when batch was answered; else the thread tries again in a while. */
bool zk_keeper_call(struct zk_keeper *keeper, struct zkc_batch *batch);

/* Reads n nodes of ours anew and keeps those that are there. */
bool zk_keeper_keep_nodes(struct zk_keeper *keeper,
			  const struct zk_kept_name *names, size_t n);

/* Deletes what is due, some of it at once. */
void zk_keeper_delete_due(struct zk_keeper *keeper);

/* Looks for nodes of ours that nobody keeps. */
void zk_keeper_do_take_up(struct zk_keeper *keeper);

/* Deletes what the first of the litter left, if there is any. */
void zk_keeper_sweep(struct zk_keeper *keeper);

#endif
