#include "config.h"

#include "fcgi/zk_hold.h"

#include "libhold/clock.h"
#include "libhold/err.h"

/*
 * All nodes or none, and only as long as what the client has already is there.
 * One alone needs no multi, and then the service tells its stat, too.
 */
static void ask_for_nodes(struct zk_hold *z, const struct zk_attempt *a,
			  struct zkc_batch *batch)
{
	char path[ZK_PATH_MAX + 1], name[ZK_NAME_MAX + 1];
	char room[ZK_VALUE_MAX + 1];
	struct hf_slice value = zk_node_value(room, a->ttl_ms, a->client);
	struct hf_buf *multi = z->n > 1 ? zk_begin_multi(batch) : NULL;

	zk_node_name(name, a->id);
	for (size_t i = 0; i < z->n; i++) {
		if (!zk_seen_is_free(&z->seen[i])) {
			zk_hold_node_path(path, &z->seen[i]);
			zk_multi_check(multi, path);
			continue;
		}
		zk_node_path(path, z->seen[i].ticket_path, name);
		if (multi == NULL)
			zk_add_create(batch, ZK_EPHEMERAL_SEQUENTIAL, path,
				      value);
		else
			zk_multi_create(multi, ZK_EPHEMERAL_SEQUENTIAL, path,
					value);
	}
	if (multi != NULL)
		zk_end_multi(multi);
}

/* Containers first, then the nodes, and who is first then. */
static void ask_for_holds(struct zk_hold *z, const struct zk_attempt *a,
			  struct zkc_batch *batch)
{
	for (size_t i = 0; i < z->n; i++) {
		if (z->seen[i].no_container)
			zk_add_create(batch, ZK_CONTAINER,
				      z->seen[i].ticket_path, HF_SLICE(""));
	}
	ask_for_nodes(z, a, batch);
	for (size_t i = 0; i < z->n; i++)
		zk_add_get_children(batch, z->seen[i].ticket_path);
}

/* A node that was made: its name, and its stat or a czxid of 0. */
static bool read_made(struct zk_seen *seen, struct hf_rd *answer, bool has_stat)
{
	char ticket_path[ZK_TICKET_PATH_MAX + 1];

	if (!zk_node_split(zk_get_text(answer), ticket_path, seen->name))
		return false;
	seen->stat = has_stat ? zk_read_stat(answer) : (struct zk_stat){ 0 };
	seen->mine = true;
	return true;
}

/*
 * 0 and the new nodes in z->seen; HF_ENOTFOUND: nothing was made; HF_EBAD.
 */
static int read_all_made(struct zk_hold *z, struct hf_rd answer)
{
	if (z->n == 1)
		return read_made(&z->seen[0], &answer, true) &&
			       hf_rd_ok(&answer)
			   ? 0
			   : HF_EBAD;
	for (size_t i = 0; i < z->n; i++) {
		bool has_stat;

		if (zk_read_multi(&answer, &has_stat) != 0)
			return HF_ENOTFOUND;
		if (zk_seen_is_free(&z->seen[i]) &&
		    !read_made(&z->seen[i], &answer, has_stat))
			return HF_EBAD;
	}
	zk_read_multi_end(&answer);
	return hf_rd_ok(&answer) ? 0 : HF_EBAD;
}

/* Are all that we have the first ones? at: the index of the first listing. */
static bool are_first(struct zk_hold *z, struct zkc_batch *batch, size_t at)
{
	for (size_t i = 0; i < z->n; i++) {
		struct zk_seen first = { 0 };

		if (zkc_batch_err(batch, at + i) != 0 ||
		    !zk_hold_read_children(zkc_batch_body(batch, at + i),
					   &first) ||
		    strcmp(first.name, z->seen[i].name) != 0)
			return false;
	}
	return true;
}

/* Somebody was faster: ours go, and the next look tells who it was. */
static int step_back(struct zk_hold *z, struct zk_attempt *a)
{
	struct zkc_batch *batch = zkc_batch_new();
	char path[ZK_PATH_MAX + 1];
	int rc;

	for (size_t i = 0; i < z->n; i++) {
		if (!zk_node_is_of(z->seen[i].name, a->id))
			continue;
		zk_hold_node_path(path, &z->seen[i]);
		zk_add_delete(batch, path, ZK_ANY_VERSION);
	}
	rc = zk_hold_run(z, batch, a->until_ms);
	if (rc == 0)
		a->litter = false;
	zkc_done(z->zkc, &batch);
	return rc < 0 ? rc : ZK_HOLD_AGAIN;
}

/*
 * Tokens and times of what was made: from its stats, which tell the service's
 * clock as well, or from the nodes themselves. All have their whole time yet.
 */
static int read_tokens(struct zk_hold *z, struct zk_attempt *a,
		       struct zkc_batch *batch)
{
	int rc = 0;

	if (z->n == 1)
		zk_keeper_saw(z->keeper, batch, z->seen[0].stat.mtime_ms);
	else
		rc = zk_hold_read_holds(z, a->client, a->until_ms);
	for (size_t i = 0; i < z->n; i++) {
		if (zk_node_is_of(z->seen[i].name, a->id))
			z->seen[i].left_ms = a->ttl_ms;
	}
	return rc;
}

/* A node of this very attempt is new, also when its answer was lost. */
void zk_hold_grant(struct zk_hold *z, struct zk_attempt *a,
		   struct hold_answer *answer)
{
	for (size_t i = 0; i < z->n; i++) {
		struct zk_seen *seen = &z->seen[i];
		struct hold_grant *grant = &answer->grants[i];

		*grant = zk_hold_grant_of(seen);
		grant->fresh = zk_node_is_of(seen->name, a->id);
		if (grant->fresh)
			zk_keeper_keep(z->keeper, seen->ticket_path, seen->name,
				       seen->stat.version,
				       hf_clock_ms() + seen->left_ms);
	}
	a->litter = false;
}

/* at: the index of the request that made the nodes. */
static int judge_made(struct zk_hold *z, struct zk_attempt *a,
		      struct zkc_batch *batch, size_t at,
		      struct hold_answer *answer)
{
	int rc = zkc_batch_err(batch, at) != 0
		     ? HF_ENOTFOUND
		     : read_all_made(z, zkc_batch_body(batch, at));

	if (rc == HF_EBAD)
		return zk_hold_nonsense(z, "nodes were made that are not ours");
	if (rc < 0) {
		a->litter = false;
		return ZK_HOLD_AGAIN;
	}
	if (!are_first(z, batch, at + 1))
		return step_back(z, a);
	rc = read_tokens(z, a, batch);
	if (rc == 0)
		zk_hold_grant(z, a, answer);
	return rc;
}

int zk_hold_create(struct zk_hold *z, struct zk_attempt *a,
		   struct hold_answer *answer)
{
	struct zkc_batch *batch = zkc_batch_new();
	size_t at = 0;
	int rc;

	for (size_t i = 0; i < z->n; i++)
		at += z->seen[i].no_container;
	ask_for_holds(z, a, batch);
	rc = zk_hold_run(z, batch, a->until_ms);
	if (rc == ZK_HOLD_AGAIN)
		a->litter = true;
	if (rc == 0) {
		a->litter = true;
		rc = judge_made(z, a, batch, at, answer);
	}
	zkc_done(z->zkc, &batch);
	return rc;
}
