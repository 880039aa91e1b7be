#include "config.h"

#include "fcgi/zk_hold.h"

#include "libhold/clock.h"
#include "libhold/err.h"

#include <assert.h>

/* HF_ENOTOWNER unless all that was seen is the client's. */
static int all_mine(struct zk_hold *z, struct hold_answer *answer)
{
	for (size_t i = 0; i < z->n; i++) {
		const struct zk_seen *seen = &z->seen[i];
		bool held = seen->name[0] != '\0' && !seen->past;

		if (!held || !seen->mine)
			return zk_hold_refuse(
			    answer, i, held ? seen->left_ms : 0, HF_ENOTOWNER);
		answer->grants[i] = zk_hold_grant_of(seen);
	}
	return 0;
}

int zk_hold_check(struct hold *hold, const struct basket *basket,
		  const char *client, struct hold_answer *answer_out)
{
	struct zk_hold *z = zk_hold_of(hold);
	int rc = zk_hold_look(z, basket, client,
			      hf_clock_ms() + ZK_HOLD_CALL_MS, answer_out);

	return rc == 0 ? all_mine(z, answer_out) : rc;
}

static bool read_extended(struct zk_hold *z, struct hf_rd answer,
			  int64_t ttl_ms)
{
	for (size_t i = 0; i < z->n; i++) {
		bool has_stat;

		if (zk_read_multi(&answer, &has_stat) != 0 || !has_stat)
			return false;
		z->seen[i].stat = zk_read_stat(&answer);
		zk_keeper_move(z->keeper, z->seen[i].ticket_path,
			       z->seen[i].name, z->seen[i].stat.version,
			       hf_clock_ms() + ttl_ms);
	}
	return true;
}

/* 0; ZK_HOLD_AGAIN when one has changed since it was seen. */
static int extend_seen(struct zk_hold *z, const char *client, int64_t ttl_ms,
		       int64_t until_ms)
{
	struct zkc_batch *batch = zkc_batch_new();
	char path[ZK_PATH_MAX + 1], room[ZK_VALUE_MAX + 1];
	struct hf_slice value = zk_node_value(room, ttl_ms, client);
	struct hf_buf *multi = zk_begin_multi(batch);
	int rc;

	for (size_t i = 0; i < z->n; i++) {
		zk_hold_node_path(path, &z->seen[i]);
		zk_multi_set_data(multi, path, value, z->seen[i].stat.version);
	}
	zk_end_multi(multi);
	rc = zk_hold_run(z, batch, until_ms);
	if (rc == 0 && (zkc_batch_err(batch, 0) != 0 ||
			!read_extended(z, zkc_batch_body(batch, 0), ttl_ms)))
		rc = ZK_HOLD_AGAIN;
	zkc_done(z->zkc, &batch);
	return rc;
}

int zk_hold_extend(struct hold *hold, const struct basket *basket,
		   const char *client, int64_t ttl_ms,
		   struct hold_answer *answer_out)
{
	struct zk_hold *z = zk_hold_of(hold);
	int64_t until_ms = hf_clock_ms() + ZK_HOLD_CALL_MS;
	int rc;

	assert(ttl_ms > 0);
	do {
		rc = zk_hold_look(z, basket, client, until_ms, answer_out);
		if (rc == 0)
			rc = all_mine(z, answer_out);
		if (rc == 0)
			rc = extend_seen(z, client, ttl_ms, until_ms);
	} while (rc == ZK_HOLD_AGAIN && hf_clock_ms() < until_ms);
	for (size_t i = 0; rc == 0 && i < basket->n; i++)
		answer_out->grants[i].remaining_ms = ttl_ms;
	return rc == ZK_HOLD_AGAIN ? HF_EUNREACHABLE : rc;
}
