#include "config.h"

#include "fcgi/zk_keeper_inner.h"

#include "libhold/mem.h"

#include <stdio.h>
#include <stdlib.h>

static struct zk_kept *kept_of_node(const struct hf_table_node *node)
{
	return HF_CONTAINER_OF(node, struct zk_kept, node);
}

static bool is_of_ticket(const struct hf_table_node *node, struct hf_slice key)
{
	return hf_slice_eq(hf_slice_of(kept_of_node(node)->ticket_path), key);
}

struct zk_kept *zk_kept_find(struct zk_keeper *keeper, const char *ticket_path)
{
	struct hf_slice key = hf_slice_of(ticket_path);
	struct hf_table_node *node =
	    hf_table_find(keeper->by_ticket, hf_table_hash(keeper->seed, key),
			  is_of_ticket, key);

	return node != NULL ? kept_of_node(node) : NULL;
}

struct zk_kept *zk_kept_find_node(struct zk_keeper *keeper,
				  const char *ticket_path, const char *name)
{
	struct zk_kept *kept = zk_kept_find(keeper, ticket_path);

	return kept != NULL && strcmp(kept->name, name) == 0 ? kept : NULL;
}

struct zk_kept *zk_kept_add(struct zk_keeper *keeper, const char *ticket_path)
{
	size_t len = strlen(ticket_path) + 1;
	struct zk_kept *kept = hf_alloc(sizeof(*kept) + len);

	memcpy(kept->ticket_path, ticket_path, len);
	hf_table_insert(keeper->by_ticket, &kept->node,
			hf_table_hash(keeper->seed, hf_slice_of(ticket_path)));
	return kept;
}

void zk_kept_drop(struct zk_keeper *keeper, struct zk_kept *kept)
{
	hf_heap_remove(&keeper->due, &kept->due);
	hf_table_remove(keeper->by_ticket, &kept->node);
	free(kept);
}

void zk_kept_set(struct zk_keeper *keeper, struct zk_kept *kept,
		 int32_t version, int64_t due_ms)
{
	kept->version = version;
	hf_heap_set(&keeper->due, &kept->due, due_ms);
	pause_wake(&keeper->pause);
}

void zk_keeper_keep(struct zk_keeper *keeper, const char *ticket_path,
		    const char *name, int32_t version, int64_t due_ms)
{
	struct zk_kept *kept;

	pthread_mutex_lock(&keeper->pause.lock);
	kept = zk_kept_find(keeper, ticket_path);
	if (kept == NULL)
		kept = zk_kept_add(keeper, ticket_path);
	snprintf(kept->name, sizeof(kept->name), "%s", name);
	zk_kept_set(keeper, kept, version, due_ms);
	pthread_mutex_unlock(&keeper->pause.lock);
}

void zk_keeper_move(struct zk_keeper *keeper, const char *ticket_path,
		    const char *name, int32_t version, int64_t due_ms)
{
	struct zk_kept *kept;

	pthread_mutex_lock(&keeper->pause.lock);
	kept = zk_kept_find_node(keeper, ticket_path, name);
	if (kept != NULL)
		zk_kept_set(keeper, kept, version, due_ms);
	pthread_mutex_unlock(&keeper->pause.lock);
}

void zk_keeper_forget(struct zk_keeper *keeper, const char *ticket_path,
		      const char *name)
{
	struct zk_kept *kept;

	pthread_mutex_lock(&keeper->pause.lock);
	kept = zk_kept_find_node(keeper, ticket_path, name);
	if (kept != NULL)
		zk_kept_drop(keeper, kept);
	pthread_mutex_unlock(&keeper->pause.lock);
}
