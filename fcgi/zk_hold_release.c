#include "config.h"

#include "fcgi/zk_hold.h"

#include "libhold/clock.h"
#include "libhold/err.h"

static bool is_to_go(const struct zk_seen *seen, const int64_t *fences,
		     size_t i)
{
	return seen->name[0] != '\0' && seen->mine &&
	       (fences == NULL || seen->stat.czxid == fences[i]);
}

/* Did the last call see all of these holds, so that no look is needed? */
static bool are_known(const struct zk_hold *z, const struct basket *basket,
		      const char *client, const int64_t *fences)
{
	char path[ZK_TICKET_PATH_MAX + 1];

	if (fences == NULL || basket->n != z->n ||
	    strcmp(client, z->client) != 0)
		return false;
	for (size_t i = 0; i < z->n; i++) {
		zk_node_ticket_path(path, zkc_chroot(z->zkc), basket->ids[i]);
		if (strcmp(path, z->seen[i].ticket_path) != 0 ||
		    (fences[i] != 0 && !is_to_go(&z->seen[i], fences, i)))
			return false;
	}
	return true;
}

/*
 * Deletions of what is to go; NULL: of nothing. A node's path never comes
 * back, so none of them can meet anybody else's.
 */
static struct zkc_batch *deletions(struct zk_hold *z, const int64_t *fences)
{
	struct zkc_batch *batch = zkc_batch_new();
	char path[ZK_PATH_MAX + 1];

	for (size_t i = 0; i < z->n; i++) {
		if (!is_to_go(&z->seen[i], fences, i))
			continue;
		zk_hold_node_path(path, &z->seen[i]);
		zk_add_delete(batch, path, ZK_ANY_VERSION);
	}
	if (zkc_batch_count(batch) == 0)
		zkc_done(z->zkc, &batch);
	return batch;
}

static void forget_gone(struct zk_hold *z, const int64_t *fences)
{
	for (size_t i = 0; i < z->n; i++) {
		if (!is_to_go(&z->seen[i], fences, i))
			continue;
		zk_keeper_forget(z->keeper, z->seen[i].ticket_path,
				 z->seen[i].name);
		z->seen[i].name[0] = '\0';
	}
}

/* 0: z->seen tells what is to go. */
static int see_what_goes(struct zk_hold *z, const struct basket *basket,
			 const char *client, const int64_t *fences,
			 int64_t until_ms)
{
	struct hold_answer answer;

	return are_known(z, basket, client, fences)
		   ? 0
		   : zk_hold_look(z, basket, client, until_ms, &answer);
}

int zk_hold_release(struct hold *hold, const struct basket *basket,
		    const char *client, const int64_t *fences)
{
	struct zk_hold *z = zk_hold_of(hold);
	int64_t until_ms = hf_clock_ms() + ZK_HOLD_CALL_MS;
	int rc = see_what_goes(z, basket, client, fences, until_ms);
	struct zkc_batch *batch;

	if (rc < 0)
		return rc;
	do {
		batch = deletions(z, fences);
		if (batch == NULL)
			return 0;
		rc = zk_hold_run(z, batch, until_ms);
		zkc_done(z->zkc, &batch);
	} while (rc == ZK_HOLD_AGAIN && hf_clock_ms() < until_ms);
	if (rc == 0)
		forget_gone(z, fences);
	return rc == 0 ? 0 : HF_EUNREACHABLE;
}

void zk_hold_let_go(struct hold *hold, const struct basket *basket,
		    const char *client, const int64_t *fences)
{
	struct zk_hold *z = zk_hold_of(hold);
	struct zkc_batch *batch;

	if (see_what_goes(z, basket, client, fences,
			  hf_clock_ms() + ZK_HOLD_CALL_MS) < 0)
		return;
	batch = deletions(z, fences);
	if (batch == NULL)
		return;
	zkc_send(z->zkc, &batch);
	forget_gone(z, fences);
}
