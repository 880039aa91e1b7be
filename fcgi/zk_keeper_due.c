#include "config.h"

#include "fcgi/zk_keeper_inner.h"

#include "fcgi/zk_calls.h"
#include "libhold/clock.h"

#include <stdio.h>

enum { CALL_MS = 4000 };

bool zk_keeper_call(struct zk_keeper *keeper, struct zkc_batch *batch)
{
	if (zkc_run(keeper->zkc, batch, hf_clock_ms() + CALL_MS) == ZKC_DONE)
		return true;
	pthread_mutex_lock(&keeper->pause.lock);
	keeper->again_ms = hf_clock_ms() + ZK_KEEPER_AGAIN_MS;
	pthread_mutex_unlock(&keeper->pause.lock);
	return false;
}

/* What is left of the hold whose data is the answer; when it is due. */
static bool read_due(struct zk_keeper *keeper, struct hf_rd answer,
		     int32_t *version_out, int64_t *due_ms_out)
{
	struct zk_clock clock = zk_keeper_clock(keeper);
	struct hf_slice value = zk_get_text(&answer), client;
	struct zk_stat stat = zk_read_stat(&answer);
	int64_t ttl_ms;

	if (!hf_rd_ok(&answer) || !zk_node_read_value(value, &ttl_ms, &client))
		return false;
	*version_out = stat.version;
	*due_ms_out =
	    zk_clock_due(&clock, hf_clock_ms(), stat.mtime_ms, ttl_ms);
	return true;
}

bool zk_keeper_keep_nodes(struct zk_keeper *keeper,
			  const struct zk_kept_name *names, size_t n)
{
	struct zkc_batch *batch = zkc_batch_new();
	char path[ZK_PATH_MAX + 1];
	bool done;

	for (size_t i = 0; i < n; i++) {
		zk_node_path(path, names[i].ticket_path, names[i].name);
		zk_add_get_data(batch, path);
	}
	done = zk_keeper_call(keeper, batch);
	for (size_t i = 0; done && i < n; i++) {
		int32_t version;
		int64_t due_ms;

		if (zkc_batch_err(batch, i) != 0)
			zk_keeper_forget(keeper, names[i].ticket_path,
					 names[i].name);
		else if (read_due(keeper, zkc_batch_body(batch, i), &version,
				  &due_ms))
			zk_keeper_keep(keeper, names[i].ticket_path,
				       names[i].name, version, due_ms);
	}
	zkc_done(keeper->zkc, &batch);
	return done;
}

static size_t gather_due(struct zk_keeper *keeper, struct zk_kept_name *names)
{
	int64_t now_ms = hf_clock_ms();
	struct zk_kept *kept[ZK_KEEPER_AT_ONCE];
	size_t n = 0;

	pthread_mutex_lock(&keeper->pause.lock);
	while (n < ZK_KEEPER_AT_ONCE &&
	       hf_heap_next_ms(&keeper->due) <= now_ms) {
		kept[n] = zk_kept_of_due(hf_heap_first(&keeper->due));
		hf_heap_remove(&keeper->due, &kept[n]->due);
		n++;
	}
	for (size_t i = 0; i < n; i++) {
		snprintf(names[i].ticket_path, sizeof(names[i].ticket_path),
			 "%s", kept[i]->ticket_path);
		snprintf(names[i].name, sizeof(names[i].name), "%s",
			 kept[i]->name);
		names[i].version = kept[i]->version;
		/* In again, for when this fails. */
		hf_heap_set(&keeper->due, &kept[i]->due,
			    now_ms + ZK_KEEPER_AGAIN_MS);
	}
	pthread_mutex_unlock(&keeper->pause.lock);
	return n;
}

/* One whose deadline somebody moved has another version, and stays. */
void zk_keeper_delete_due(struct zk_keeper *keeper)
{
	struct zk_kept_name names[ZK_KEEPER_AT_ONCE];
	char path[ZK_PATH_MAX + 1];
	struct zkc_batch *batch;
	size_t n = gather_due(keeper, names);
	bool done;

	if (n == 0)
		return;
	batch = zkc_batch_new();
	for (size_t i = 0; i < n; i++) {
		zk_node_path(path, names[i].ticket_path, names[i].name);
		zk_add_delete(batch, path, names[i].version);
	}
	done = zk_keeper_call(keeper, batch);
	for (size_t i = 0; done && i < n; i++) {
		if (zkc_batch_err(batch, i) == ZK_BAD_VERSION)
			(void)zk_keeper_keep_nodes(keeper, &names[i], 1);
		else
			zk_keeper_forget(keeper, names[i].ticket_path,
					 names[i].name);
	}
	zkc_done(keeper->zkc, &batch);
}
