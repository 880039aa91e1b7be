#include "config.h"

#include "fcgi/zk_keeper.h"

#include "fcgi/zk_calls.h"
#include "fcgi/zk_node.h"
#include "libhold/clock.h"
#include "libhold/err.h"
#include "libhold/heap.h"
#include "libhold/log.h"
#include "libhold/mem.h"
#include "libhold/table.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

enum {
	AT_ONCE = 20,   /* nodes in one batch */
	AGAIN_MS = 250, /* after a call that failed */
	CALL_MS = 4000,
	IDLE_MS = 60000, /* the longest sleep */
};

/* A hold of ours, by its ticket. */
struct kept {
	struct hf_table_node node; /* of by_ticket */
	struct hf_heap_item due;
	int32_t version;
	char name[ZK_NAME_MAX + 1];
	char ticket_path[]; /* ends with a NUL */
};

struct litter {
	struct hf_list on;
	char attempt[ZK_ATTEMPT_LEN + 1];
	char ticket_path[];
};

struct zk_keeper {
	struct zkc *zkc;
	pthread_t thread;

	pthread_mutex_t lock; /* for what follows */
	pthread_cond_t changed;
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

/* ---- the table, under the lock ------------------------------------------- */

static struct kept *kept_of_node(const struct hf_table_node *node)
{
	return HF_CONTAINER_OF(node, struct kept, node);
}

static bool is_of_ticket(const struct hf_table_node *node, struct hf_slice key)
{
	return hf_slice_eq(hf_slice_of(kept_of_node(node)->ticket_path), key);
}

static struct kept *find(struct zk_keeper *keeper, const char *ticket_path)
{
	struct hf_slice key = hf_slice_of(ticket_path);
	struct hf_table_node *node =
	    hf_table_find(keeper->by_ticket, hf_table_hash(keeper->seed, key),
			  is_of_ticket, key);

	return node != NULL ? kept_of_node(node) : NULL;
}

/* That very node of the ticket. */
static struct kept *find_node(struct zk_keeper *keeper, const char *ticket_path,
			      const char *name)
{
	struct kept *kept = find(keeper, ticket_path);

	return kept != NULL && strcmp(kept->name, name) == 0 ? kept : NULL;
}

static struct kept *add(struct zk_keeper *keeper, const char *ticket_path)
{
	size_t len = strlen(ticket_path) + 1;
	struct kept *kept = hf_alloc(sizeof(*kept) + len);

	memcpy(kept->ticket_path, ticket_path, len);
	hf_table_insert(keeper->by_ticket, &kept->node,
			hf_table_hash(keeper->seed, hf_slice_of(ticket_path)));
	return kept;
}

static void drop(struct zk_keeper *keeper, struct kept *kept)
{
	hf_heap_remove(&keeper->due, &kept->due);
	hf_table_remove(keeper->by_ticket, &kept->node);
	free(kept);
}

static void drop_litter(struct zk_keeper *keeper, struct litter *litter)
{
	hf_list_remove(&litter->on);
	keeper->litter_count--;
	free(litter);
}

static struct kept *kept_of_due(struct hf_heap_item *item)
{
	return HF_CONTAINER_OF(item, struct kept, due);
}

static struct litter *litter_on(struct hf_list *on)
{
	return HF_CONTAINER_OF(on, struct litter, on);
}

static void drop_all(struct zk_keeper *keeper)
{
	while (hf_heap_first(&keeper->due) != NULL)
		drop(keeper, kept_of_due(hf_heap_first(&keeper->due)));
	while (!hf_list_empty(&keeper->litter))
		drop_litter(keeper, litter_on(hf_list_first(&keeper->litter)));
}

static void set(struct zk_keeper *keeper, struct kept *kept, int32_t version,
		int64_t due_ms)
{
	kept->version = version;
	hf_heap_set(&keeper->due, &kept->due, due_ms);
	pthread_cond_signal(&keeper->changed);
}

/* ---- for holds ----------------------------------------------------------- */

struct zkc *zk_keeper_client(struct zk_keeper *keeper)
{
	return keeper->zkc;
}

struct zk_clock zk_keeper_clock(struct zk_keeper *keeper)
{
	struct zk_clock clock;

	pthread_mutex_lock(&keeper->lock);
	clock = keeper->clock;
	pthread_mutex_unlock(&keeper->lock);
	return clock;
}

void zk_keeper_saw(struct zk_keeper *keeper, const struct zkc_batch *batch,
		   int64_t stamp_ms)
{
	pthread_mutex_lock(&keeper->lock);
	zk_clock_sample(&keeper->clock, batch->sent_ms, batch->received_ms,
			stamp_ms);
	pthread_mutex_unlock(&keeper->lock);
}

void zk_keeper_keep(struct zk_keeper *keeper, const char *ticket_path,
		    const char *name, int32_t version, int64_t due_ms)
{
	struct kept *kept;

	pthread_mutex_lock(&keeper->lock);
	kept = find(keeper, ticket_path);
	if (kept == NULL)
		kept = add(keeper, ticket_path);
	snprintf(kept->name, sizeof(kept->name), "%s", name);
	set(keeper, kept, version, due_ms);
	pthread_mutex_unlock(&keeper->lock);
}

void zk_keeper_move(struct zk_keeper *keeper, const char *ticket_path,
		    const char *name, int32_t version, int64_t due_ms)
{
	struct kept *kept;

	pthread_mutex_lock(&keeper->lock);
	kept = find_node(keeper, ticket_path, name);
	if (kept != NULL)
		set(keeper, kept, version, due_ms);
	pthread_mutex_unlock(&keeper->lock);
}

void zk_keeper_forget(struct zk_keeper *keeper, const char *ticket_path,
		      const char *name)
{
	struct kept *kept;

	pthread_mutex_lock(&keeper->lock);
	kept = find_node(keeper, ticket_path, name);
	if (kept != NULL)
		drop(keeper, kept);
	pthread_mutex_unlock(&keeper->lock);
}

void zk_keeper_clean(struct zk_keeper *keeper, const char *ticket_path,
		     const char *attempt)
{
	size_t len = strlen(ticket_path) + 1;
	struct litter *litter = hf_alloc(sizeof(*litter) + len);

	memcpy(litter->ticket_path, ticket_path, len);
	snprintf(litter->attempt, sizeof(litter->attempt), "%s", attempt);
	hf_list_init(&litter->on);
	pthread_mutex_lock(&keeper->lock);
	/* Too much of it: the oldest falls at its deadline. */
	if (keeper->litter_count == ZK_LITTER_MAX)
		drop_litter(keeper, litter_on(hf_list_first(&keeper->litter)));
	hf_list_append(&keeper->litter, &litter->on);
	keeper->litter_count++;
	pthread_cond_signal(&keeper->changed);
	pthread_mutex_unlock(&keeper->lock);
}

void zk_keeper_take_up(struct zk_keeper *keeper)
{
	pthread_mutex_lock(&keeper->lock);
	keeper->look = true;
	pthread_cond_signal(&keeper->changed);
	pthread_mutex_unlock(&keeper->lock);
}

/* The client's thread says so. What hung on the old session is gone. */
static void up(void *arg, bool fresh)
{
	struct zk_keeper *keeper = arg;

	pthread_mutex_lock(&keeper->lock);
	if (fresh) {
		drop_all(keeper);
		keeper->look = false;
	}
	keeper->clock.known = false; /* another server, another clock */
	keeper->again_ms = 0;
	pthread_cond_signal(&keeper->changed);
	pthread_mutex_unlock(&keeper->lock);
}

/* ---- the thread: calls, without the lock --------------------------------- */

/* True when batch was answered; else the thread tries again in a while. */
static bool call(struct zk_keeper *keeper, struct zkc_batch *batch)
{
	if (zkc_run(keeper->zkc, batch, hf_clock_ms() + CALL_MS) == ZKC_DONE)
		return true;
	pthread_mutex_lock(&keeper->lock);
	keeper->again_ms = hf_clock_ms() + AGAIN_MS;
	pthread_mutex_unlock(&keeper->lock);
	return false;
}

struct name {
	char ticket_path[ZK_TICKET_PATH_MAX + 1];
	char name[ZK_NAME_MAX + 1];
	int32_t version;
};

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

/* Reads n nodes of ours anew and keeps those that are there. */
static bool keep_nodes(struct zk_keeper *keeper, const struct name *names,
		       size_t n)
{
	struct zkc_batch *batch = zkc_batch_new();
	char path[ZK_PATH_MAX + 1];
	bool done;

	for (size_t i = 0; i < n; i++) {
		zk_node_path(path, names[i].ticket_path, names[i].name);
		zk_add_get_data(batch, path);
	}
	done = call(keeper, batch);
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

/* ---- the thread: deadlines ----------------------------------------------- */

static size_t gather_due(struct zk_keeper *keeper, struct name *names)
{
	int64_t now_ms = hf_clock_ms();
	struct kept *kept[AT_ONCE];
	size_t n = 0;

	pthread_mutex_lock(&keeper->lock);
	while (n < AT_ONCE && hf_heap_next_ms(&keeper->due) <= now_ms) {
		kept[n] = kept_of_due(hf_heap_first(&keeper->due));
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
		hf_heap_set(&keeper->due, &kept[i]->due, now_ms + AGAIN_MS);
	}
	pthread_mutex_unlock(&keeper->lock);
	return n;
}

/* One whose deadline somebody moved has another version, and stays. */
static void delete_due(struct zk_keeper *keeper)
{
	struct name names[AT_ONCE];
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
	done = call(keeper, batch);
	for (size_t i = 0; done && i < n; i++) {
		if (zkc_batch_err(batch, i) == ZK_BAD_VERSION)
			(void)keep_nodes(keeper, &names[i], 1);
		else
			zk_keeper_forget(keeper, names[i].ticket_path,
					 names[i].name);
	}
	zkc_done(keeper->zkc, &batch);
}

/* ---- the thread: what was there before ----------------------------------- */

static bool is_kept(struct zk_keeper *keeper, const struct name *name)
{
	bool kept;

	pthread_mutex_lock(&keeper->lock);
	kept = find_node(keeper, name->ticket_path, name->name) != NULL;
	pthread_mutex_unlock(&keeper->lock);
	return kept;
}

static bool keep_listed(struct zk_keeper *keeper, struct hf_rd answer)
{
	struct name *names = hf_new_array(struct name, AT_ONCE);
	struct zk_vector paths = zk_read_names(&answer);
	struct hf_slice path;
	bool done = true;
	size_t n = 0;

	while (done && zk_next_text(&paths, &path)) {
		if (zk_node_split(path, names[n].ticket_path, names[n].name) &&
		    !is_kept(keeper, &names[n]))
			n++;
		if (n == AT_ONCE) {
			done = keep_nodes(keeper, names, n);
			n = 0;
		}
	}
	if (done && n > 0)
		done = keep_nodes(keeper, names, n);
	free(names);
	return done;
}

/* The service's time first, so that what is past is deleted at once. */
static void take_up(struct zk_keeper *keeper)
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
	done = call(keeper, batch);
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

/* ---- the thread: litter -------------------------------------------------- */

static void sweep_attempt(struct zkc_batch *sweep, struct hf_rd listed,
			  const char *ticket_path, const char *attempt)
{
	struct zk_vector names = zk_read_names(&listed);
	char path[ZK_PATH_MAX + 1];
	struct hf_slice found;

	while (zkc_batch_count(sweep) < AT_ONCE &&
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
	done = call(keeper, look);
	if (done && zkc_batch_err(look, 1) == 0)
		sweep_attempt(sweep, zkc_batch_body(look, 1), ticket_path,
			      attempt);
	if (done && zkc_batch_count(sweep) > 0)
		done = call(keeper, sweep);
	zkc_done(keeper->zkc, &look);
	zkc_done(keeper->zkc, &sweep);
	return done;
}

/* Takes the first off the list; it comes back when that failed. */
static void clean_first(struct zk_keeper *keeper)
{
	struct litter *litter = NULL;

	pthread_mutex_lock(&keeper->lock);
	if (!hf_list_empty(&keeper->litter)) {
		litter = litter_on(hf_list_first(&keeper->litter));
		hf_list_remove(&litter->on);
		keeper->litter_count--;
	}
	pthread_mutex_unlock(&keeper->lock);
	if (litter == NULL)
		return;
	if (!clean(keeper, litter->ticket_path, litter->attempt))
		zk_keeper_clean(keeper, litter->ticket_path, litter->attempt);
	free(litter);
}

/* ---- the thread ---------------------------------------------------------- */

static int64_t next_ms(const struct zk_keeper *keeper)
{
	int64_t due_ms = hf_heap_next_ms(&keeper->due);

	if (keeper->look || !hf_list_empty(&keeper->litter))
		due_ms = 0;
	return due_ms > keeper->again_ms ? due_ms : keeper->again_ms;
}

/* Under the lock. False: to stop. look_out: to take up what is there. */
static bool sleep_until_due(struct zk_keeper *keeper, bool *look_out)
{
	while (!keeper->stopping) {
		int64_t left_ms = next_ms(keeper) - hf_clock_ms();
		struct timespec at;

		if (left_ms <= 0)
			break;
		if (left_ms > IDLE_MS)
			left_ms = IDLE_MS;
		clock_gettime(CLOCK_MONOTONIC, &at);
		at.tv_sec += left_ms / 1000;
		at.tv_nsec += left_ms % 1000 * 1000000;
		at.tv_sec += at.tv_nsec / 1000000000;
		at.tv_nsec %= 1000000000;
		(void)pthread_cond_timedwait(&keeper->changed, &keeper->lock,
					     &at);
	}
	*look_out = keeper->look;
	keeper->look = false;
	return !keeper->stopping;
}

static void *run(void *arg)
{
	struct zk_keeper *keeper = arg;

	for (;;) {
		bool go_on, look;

		pthread_mutex_lock(&keeper->lock);
		go_on = sleep_until_due(keeper, &look);
		pthread_mutex_unlock(&keeper->lock);
		if (!go_on)
			return NULL;
		if (look)
			take_up(keeper);
		clean_first(keeper);
		delete_due(keeper);
	}
}

/* ---- its life ------------------------------------------------------------ */

static void init(struct zk_keeper *keeper)
{
	pthread_condattr_t attr;

	pthread_mutex_init(&keeper->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&keeper->changed, &attr);
	pthread_condattr_destroy(&attr);
	if (getrandom(&keeper->seed, sizeof(keeper->seed), 0) !=
	    sizeof(keeper->seed))
		hf_fatal("cannot read random bytes");
	keeper->by_ticket = hf_table_new();
	hf_heap_init(&keeper->due);
	hf_list_init(&keeper->litter);
	keeper->look = true;
}

static void fini(struct zk_keeper *keeper)
{
	zkc_free(&keeper->zkc);
	drop_all(keeper);
	hf_table_free(&keeper->by_ticket);
	hf_heap_fini(&keeper->due);
	pthread_cond_destroy(&keeper->changed);
	pthread_mutex_destroy(&keeper->lock);
	free(keeper);
}

struct zk_keeper *zk_keeper_open(const char *url, const char *session_path,
				 const char **reason_out)
{
	struct zk_keeper *keeper = hf_new(struct zk_keeper);
	const struct zkc_settings settings = {
		.url = url,
		.session_path = session_path,
		.up = up,
		.arg = keeper,
	};

	init(keeper);
	keeper->zkc = zkc_new(&settings, reason_out);
	if (keeper->zkc == NULL) {
		fini(keeper);
		return NULL;
	}
	if (pthread_create(&keeper->thread, NULL, run, keeper) != 0)
		hf_fatalx("cannot start the thread that keeps holds");
	return keeper;
}

void zk_keeper_close(struct zk_keeper **keeper)
{
	struct zk_keeper *k = *keeper;

	if (k == NULL)
		return;
	pthread_mutex_lock(&k->lock);
	k->stopping = true;
	pthread_cond_signal(&k->changed);
	pthread_mutex_unlock(&k->lock);
	pthread_join(k->thread, NULL);
	fini(k);
	*keeper = NULL;
}
