#include "config.h"

#include "fcgi/zk_keeper_inner.h"

#include "fcgi/zk_calls.h"
#include "libhold/mem.h"

#include <stdio.h>
#include <stdlib.h>

static bool is_kept(struct zk_keeper *keeper, const struct zk_kept_name *name)
{
	bool kept;

	pthread_mutex_lock(&keeper->pause.lock);
	kept = zk_kept_find_node(keeper, name->ticket_path, name->name) != NULL;
	pthread_mutex_unlock(&keeper->pause.lock);
	return kept;
}

static bool keep_listed(struct zk_keeper *keeper, struct hf_rd answer)
{
	struct zk_kept_name *names =
	    hf_new_array(struct zk_kept_name, ZK_KEEPER_AT_ONCE);
	struct zk_vector paths = zk_read_names(&answer);
	struct hf_slice path;
	bool done = true;
	size_t n = 0;

	while (done && zk_next_text(&paths, &path)) {
		if (zk_node_split(path, names[n].ticket_path, names[n].name) &&
		    !is_kept(keeper, &names[n]))
			n++;
		if (n == ZK_KEEPER_AT_ONCE) {
			done = zk_keeper_keep_nodes(keeper, names, n);
			n = 0;
		}
	}
	if (done && n > 0)
		done = zk_keeper_keep_nodes(keeper, names, n);
	free(names);
	return done;
}

/* The service's time first, so that what is past is deleted at once. */
void zk_keeper_do_take_up(struct zk_keeper *keeper)
{
	struct zkc_batch *batch = zkc_batch_new();
	char path[ZK_PATH_MAX + 1];
	bool done;

	snprintf(path, sizeof(path), "%s/holdfast/clock",
		 zkc_chroot(keeper->zkc));
	zk_add_set_data(batch, path, HF_SLICE(""));
	snprintf(path, sizeof(path), "%s/holdfast/tickets/",
		 zkc_chroot(keeper->zkc));
	zk_add_get_ephemerals(batch, path);
	done = zk_keeper_call(keeper, batch);
	if (done && zkc_batch_err(batch, 0) == 0) {
		struct hf_rd answer = zkc_batch_body(batch, 0);

		zk_keeper_saw(keeper, batch, zk_read_stat(&answer).mtime_ms);
	}
	if (done && zkc_batch_err(batch, 1) == 0)
		done = keep_listed(keeper, zkc_batch_body(batch, 1));
	zkc_done(keeper->zkc, &batch);
	if (!done)
		zk_keeper_take_up(keeper);
}
