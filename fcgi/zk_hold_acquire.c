#include "config.h"

#include "fcgi/zk_hold.h"

#include "libhold/clock.h"
#include "libhold/err.h"

#include <assert.h>

/*
 * Deletes nodes that were seen, if they are as they were seen. ZK_HOLD_AGAIN
 * when that is done (or lost): what is next must be looked at.
 */
static int delete_seen(struct zk_hold *z, bool (*wanted)(struct zk_seen *),
		       int64_t until_ms)
{
	struct zkc_batch *batch = zkc_batch_new();
	char path[ZK_PATH_MAX + 1];
	int rc = 0;

	for (size_t i = 0; i < z->n; i++) {
		if (z->seen[i].name[0] == '\0' || !wanted(&z->seen[i]))
			continue;
		zk_hold_node_path(path, &z->seen[i]);
		zk_add_delete(batch, path, z->seen[i].stat.version);
	}
	if (zkc_batch_count(batch) > 0)
		rc = zk_hold_run(z, batch, until_ms) < 0 ? HF_EUNREACHABLE
							 : ZK_HOLD_AGAIN;
	zkc_done(z->zkc, &batch);
	return rc;
}

static bool is_past(struct zk_seen *seen)
{
	return seen->past;
}

static int held_by_another(struct zk_hold *z, struct hold_answer *answer)
{
	for (size_t i = 0; i < z->n; i++) {
		if (z->seen[i].name[0] != '\0' && !z->seen[i].mine)
			return zk_hold_refuse(answer, i, z->seen[i].left_ms,
					      HF_EHELD);
	}
	return 0;
}

static int try_acquire(struct zk_hold *z, struct zk_attempt *a,
		       struct hold_answer *answer)
{
	bool any_free = false;
	int rc = zk_hold_look_once(z, a->client, a->until_ms, answer);

	if (rc == 0)
		rc = delete_seen(z, is_past, a->until_ms);
	if (rc == 0)
		rc = held_by_another(z, answer);
	if (rc != 0)
		return rc;
	for (size_t i = 0; i < z->n; i++)
		any_free = any_free || zk_seen_is_free(&z->seen[i]);
	if (any_free)
		return zk_hold_create(z, a, answer);
	zk_hold_grant(z, a, answer);
	return 0;
}

/*
 * Nothing was granted, but nodes of ours may be there: where somebody else
 * was faster they go; where nobody knows they keep to their deadline, as the
 * same client may have found its hold since.
 */
static void tidy_up(struct zk_hold *z, const struct zk_attempt *a, int rc)
{
	if (!a->litter)
		return;
	if (rc != HF_EHELD) {
		zk_keeper_take_up(z->keeper);
		return;
	}
	for (size_t i = 0; i < z->n; i++)
		zk_keeper_clean(z->keeper, z->seen[i].ticket_path, a->id);
}

int zk_hold_acquire(struct hold *hold, const struct basket *basket,
		    const char *client, int64_t ttl_ms,
		    struct hold_answer *answer_out)
{
	struct zk_hold *z = zk_hold_of(hold);
	struct zk_attempt a = {
		.basket = basket,
		.client = client,
		.ttl_ms = ttl_ms,
		.until_ms = hf_clock_ms() + ZK_HOLD_CALL_MS,
	};
	int rc;

	assert(ttl_ms > 0);
	zk_hold_draw(a.id);
	do {
		zk_hold_begin(z, basket, client);
		*answer_out = (struct hold_answer){ 0 };
		rc = try_acquire(z, &a, answer_out);
	} while (rc == ZK_HOLD_AGAIN && hf_clock_ms() < a.until_ms);
	tidy_up(z, &a, rc);
	return rc == ZK_HOLD_AGAIN ? HF_EUNREACHABLE : rc;
}
