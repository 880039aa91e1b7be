#include "config.h"

#include "fcgi/zk_keeper_inner.h"

#include "fcgi/zk_calls.h"
#include "libhold/mem.h"

#include <stdio.h>
#include <stdlib.h>

void zk_litter_drop(struct zk_keeper *keeper, struct zk_litter *litter)
{
	hf_list_remove(&litter->on);
	keeper->litter_count--;
	free(litter);
}

void zk_keeper_clean(struct zk_keeper *keeper, const char *ticket_path,
		     const char *attempt)
{
	size_t len = strlen(ticket_path) + 1;
	struct zk_litter *litter = hf_alloc(sizeof(*litter) + len);

	memcpy(litter->ticket_path, ticket_path, len);
	snprintf(litter->attempt, sizeof(litter->attempt), "%s", attempt);
	hf_list_init(&litter->on);
	pthread_mutex_lock(&keeper->pause.lock);
	/* Too much of it: the oldest falls at its deadline. */
	if (keeper->litter_count == ZK_LITTER_MAX)
		zk_litter_drop(keeper,
			       zk_litter_on(hf_list_first(&keeper->litter)));
	hf_list_append(&keeper->litter, &litter->on);
	keeper->litter_count++;
	pause_wake(&keeper->pause);
	pthread_mutex_unlock(&keeper->pause.lock);
}

static void sweep_attempt(struct zkc_batch *sweep, struct hf_rd listed,
			  const char *ticket_path, const char *attempt)
{
	struct zk_vector names = zk_read_names(&listed);
	char path[ZK_PATH_MAX + 1];
	struct hf_slice found;

	while (zkc_batch_count(sweep) < ZK_KEEPER_AT_ONCE &&
	       zk_next_text(&names, &found)) {
		char name[ZK_NAME_MAX + 1] = "";

		if (!zk_node_keep_lowest(name, found) ||
		    !zk_node_is_of(name, attempt))
			continue;
		zk_node_path(path, ticket_path, name);
		zk_add_delete(sweep, path, ZK_ANY_VERSION);
	}
}

/* Deletes the attempt's nodes; true when all is clean. */
static bool clean(struct zk_keeper *keeper, const char *ticket_path,
		  const char *attempt)
{
	struct zkc_batch *look = zkc_batch_new(), *sweep = zkc_batch_new();
	bool done;

	zk_add_sync(look, ticket_path);
	zk_add_get_children(look, ticket_path);
	done = zk_keeper_call(keeper, look);
	if (done && zkc_batch_err(look, 1) == 0)
		sweep_attempt(sweep, zkc_batch_body(look, 1), ticket_path,
			      attempt);
	if (done && zkc_batch_count(sweep) > 0)
		done = zk_keeper_call(keeper, sweep);
	zkc_done(keeper->zkc, &look);
	zkc_done(keeper->zkc, &sweep);
	return done;
}

/* Takes the first off the list; it comes back when that failed. */
void zk_keeper_sweep(struct zk_keeper *keeper)
{
	struct zk_litter *litter = NULL;

	pthread_mutex_lock(&keeper->pause.lock);
	if (!hf_list_empty(&keeper->litter)) {
		litter = zk_litter_on(hf_list_first(&keeper->litter));
		hf_list_remove(&litter->on);
		keeper->litter_count--;
	}
	pthread_mutex_unlock(&keeper->pause.lock);
	if (litter == NULL)
		return;
	if (!clean(keeper, litter->ticket_path, litter->attempt))
		zk_keeper_clean(keeper, litter->ticket_path, litter->attempt);
	free(litter);
}
