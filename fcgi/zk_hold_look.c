#include "config.h"

#include "fcgi/zk_hold.h"

#include "libhold/clock.h"
#include "libhold/err.h"

#include <assert.h>
#include <stdio.h>

void zk_hold_begin(struct zk_hold *z, const struct basket *basket,
		   const char *client)
{
	assert(basket->n >= 1 && basket->n <= BASKET_MAX);
	snprintf(z->client, sizeof(z->client), "%s", client);
	z->n = basket->n;
	for (size_t i = 0; i < z->n; i++) {
		z->seen[i] = (struct zk_seen){ 0 };
		zk_node_ticket_path(z->seen[i].ticket_path, zkc_chroot(z->zkc),
				    basket->ids[i]);
	}
}

static bool read_service(struct hf_rd answer,
			 char service[HOLD_SERVICE_MAX + 1])
{
	struct hf_slice data = zk_get_text(&answer);

	(void)zk_read_stat(&answer);
	if (!hf_rd_ok(&answer) || data.len == 0 ||
	    data.len > HOLD_SERVICE_MAX ||
	    memchr(data.data, '\0', data.len) != NULL)
		return false;
	memcpy(service, data.data, data.len);
	service[data.len] = '\0';
	return true;
}

bool zk_hold_read_children(struct hf_rd answer, struct zk_seen *seen)
{
	struct zk_vector names = zk_read_names(&answer);
	struct hf_slice name;

	while (zk_next_text(&names, &name))
		(void)zk_node_keep_lowest(seen->name, name);
	return hf_rd_ok(&answer);
}

static void read_clock(struct zk_hold *z, struct zkc_batch *batch, size_t i)
{
	struct hf_rd answer;

	if (zkc_batch_err(batch, i) != 0)
		return;
	answer = zkc_batch_body(batch, i);
	zk_keeper_saw(z->keeper, batch, zk_read_stat(&answer).mtime_ms);
}

/*
 * What list_nodes() asked for, from request at on. Everything comes after a
 * sync: a server that lags behind must not tell of the past.
 */
static int read_nodes(struct zk_hold *z, struct zkc_batch *batch, size_t at,
		      int64_t until_ms, char service[HOLD_SERVICE_MAX + 1])
{
	if (zkc_batch_err(batch, at) == ZK_NO_NODE)
		return zk_hold_make_root(z, until_ms);
	if (zkc_batch_err(batch, at) != 0 ||
	    !read_service(zkc_batch_body(batch, at), service))
		return zk_hold_nonsense(z, "its identity cannot be read");
	for (size_t i = 0; i < z->n; i++) {
		int32_t err = zkc_batch_err(batch, at + 1 + i);

		z->seen[i].name[0] = '\0';
		z->seen[i].no_container = err == ZK_NO_NODE;
		if (err == ZK_NO_NODE)
			continue;
		if (err != 0 ||
		    !zk_hold_read_children(zkc_batch_body(batch, at + 1 + i),
					   &z->seen[i]))
			return zk_hold_nonsense(z, "holds cannot be listed");
	}
	return 0;
}

/* Who is first at each ticket. */
static int list_nodes(struct zk_hold *z, int64_t until_ms,
		      char service[HOLD_SERVICE_MAX + 1])
{
	struct zk_clock clock = zk_keeper_clock(z->keeper);
	bool fresh = zk_clock_fresh(&clock, hf_clock_ms());
	struct zkc_batch *batch = zkc_batch_new();
	char path[ZK_PATH_MAX + 1];
	int rc;

	snprintf(path, sizeof(path), "%s/clock", z->root);
	if (!fresh)
		zk_add_set_data(batch, path, HF_SLICE(""));
	zk_add_sync(batch, z->root);
	snprintf(path, sizeof(path), "%s/service", z->root);
	zk_add_get_data(batch, path);
	for (size_t i = 0; i < z->n; i++)
		zk_add_get_children(batch, z->seen[i].ticket_path);
	rc = zk_hold_run(z, batch, until_ms);
	if (rc == 0 && !fresh)
		read_clock(z, batch, 0);
	if (rc == 0)
		rc = read_nodes(z, batch, fresh ? 1 : 2, until_ms, service);
	zkc_done(z->zkc, &batch);
	return rc;
}

static bool read_hold(struct zk_hold *z, struct hf_rd answer,
		      const char *client, struct zk_seen *seen)
{
	struct zk_clock clock = zk_keeper_clock(z->keeper);
	struct hf_slice value = zk_get_text(&answer), holder;
	int64_t now_ms = hf_clock_ms(), ttl_ms;

	seen->stat = zk_read_stat(&answer);
	if (!hf_rd_ok(&answer) || seen->stat.czxid <= 0 ||
	    !zk_node_read_value(value, &ttl_ms, &holder))
		return false;
	seen->mine = hf_slice_eq(holder, hf_slice_of(client));
	seen->left_ms =
	    zk_clock_left(&clock, now_ms, seen->stat.mtime_ms, ttl_ms);
	seen->past = zk_clock_past(&clock, now_ms, seen->stat.mtime_ms, ttl_ms);
	return true;
}

int zk_hold_read_holds(struct zk_hold *z, const char *client, int64_t until_ms)
{
	struct zkc_batch *batch = zkc_batch_new();
	char path[ZK_PATH_MAX + 1];
	size_t at = 0;
	int rc = 0;

	for (size_t i = 0; i < z->n; i++) {
		if (z->seen[i].name[0] == '\0')
			continue;
		zk_hold_node_path(path, &z->seen[i]);
		zk_add_get_data(batch, path);
	}
	if (zkc_batch_count(batch) > 0)
		rc = zk_hold_run(z, batch, until_ms);
	for (size_t i = 0; rc == 0 && i < z->n; i++) {
		if (z->seen[i].name[0] == '\0')
			continue;
		if (zkc_batch_err(batch, at) == ZK_NO_NODE)
			rc = ZK_HOLD_AGAIN;
		else if (zkc_batch_err(batch, at) != 0 ||
			 !read_hold(z, zkc_batch_body(batch, at), client,
				    &z->seen[i]))
			rc = zk_hold_nonsense(z, "a hold cannot be read");
		at++;
	}
	zkc_done(z->zkc, &batch);
	return rc;
}

int zk_hold_look_once(struct zk_hold *z, const char *client, int64_t until_ms,
		      struct hold_answer *answer)
{
	int rc = list_nodes(z, until_ms, answer->service);

	return rc == 0 ? zk_hold_read_holds(z, client, until_ms) : rc;
}

int zk_hold_look(struct zk_hold *z, const struct basket *basket,
		 const char *client, int64_t until_ms,
		 struct hold_answer *answer)
{
	int rc;

	zk_hold_begin(z, basket, client);
	*answer = (struct hold_answer){ 0 };
	do
		rc = zk_hold_look_once(z, client, until_ms, answer);
	while (rc == ZK_HOLD_AGAIN && hf_clock_ms() < until_ms);
	return rc == ZK_HOLD_AGAIN ? HF_EUNREACHABLE : rc;
}

int zk_hold_refuse(struct hold_answer *answer, size_t i, int64_t left_ms,
		   int refusal)
{
	answer->refused = i;
	answer->refused_ms = left_ms;
	return refusal;
}

struct hold_grant zk_hold_grant_of(const struct zk_seen *seen)
{
	return (struct hold_grant){ .fence = seen->stat.czxid,
				    .remaining_ms = seen->left_ms };
}
