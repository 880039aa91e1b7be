#include "config.h"

#include "fcgi/hold.h"

#include "fcgi/zk_calls.h"
#include "fcgi/zk_keeper.h"
#include "fcgi/zk_node.h"
#include "libhold/clock.h"
#include "libhold/err.h"
#include "libhold/log.h"
#include "libhold/mem.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

enum {
	CALL_MS = 4000, /* until a call gives up, with all its tries */
	/* What was seen has changed meanwhile, or an answer was lost: look
	 * again. Never leaves this file. */
	AGAIN = 1,
};

/* A ticket's hold, as last seen. */
struct seen {
	char ticket_path[ZK_TICKET_PATH_MAX + 1];
	char name[ZK_NAME_MAX + 1]; /* of its node; "": nobody holds it */
	bool no_container;
	bool mine;
	bool past;       /* its deadline is */
	int64_t left_ms; /* until then */
	struct zk_stat stat;
};

struct hold_zookeeper {
	struct hold hold; /* first: hold.h */
	struct zk_keeper *keeper;
	struct zkc *zkc;
	char root[ZK_CHROOT_MAX + 10]; /* <chroot>/holdfast */
	/* By the last call's basket, for its client. */
	char client[CLIENT_ID_MAX + 1];
	size_t n;
	struct seen seen[BASKET_MAX];
};

/* One acquire, over all of its tries. */
struct attempt {
	const struct basket *basket;
	const char *client;
	int64_t ttl_ms, until_ms;
	char id[ZK_ATTEMPT_LEN + 1];
	bool litter; /* nodes of it may be there */
};

static struct hold_zookeeper *impl(struct hold *hold)
{
	return HF_CONTAINER_OF(hold, struct hold_zookeeper, hold);
}

static void draw(char text[33])
{
	static const char digits[] = "0123456789abcdef";
	unsigned char bytes[16];

	if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes))
		hf_fatal("cannot read random bytes");
	for (size_t i = 0; i < sizeof(bytes); i++) {
		text[2 * i] = digits[bytes[i] >> 4];
		text[2 * i + 1] = digits[bytes[i] & 15];
	}
	text[32] = '\0';
}

static int nonsense(struct hold_zookeeper *z, const char *what)
{
	zkc_drop(z->zkc, what);
	return HF_EUNREACHABLE;
}

/* 0 when all is answered; AGAIN when the answer was lost. */
static int run(struct hold_zookeeper *z, struct zkc_batch *batch,
	       int64_t until_ms)
{
	switch (zkc_run(z->zkc, batch, until_ms)) {
	case ZKC_DONE:
		return 0;
	case ZKC_LOST:
		return AGAIN;
	default:
		return HF_EUNREACHABLE;
	}
}

static void node_path(char path[ZK_PATH_MAX + 1], const struct seen *seen)
{
	zk_node_path(path, seen->ticket_path, seen->name);
}

/* ---- the root ------------------------------------------------------------ */

static int make_node(struct hold_zookeeper *z, const char *path,
		     struct hf_slice data, int64_t until_ms)
{
	struct zkc_batch *batch = zkc_batch_new();
	int rc;

	zk_add_create(batch, ZK_PERSISTENT, path, data);
	rc = run(z, batch, until_ms);
	if (rc == 0 && zkc_batch_err(batch, 0) != 0 &&
	    zkc_batch_err(batch, 0) != ZK_NODE_EXISTS)
		rc = AGAIN;
	zkc_done(z->zkc, &batch);
	return rc;
}

static int make_child(struct hold_zookeeper *z, const char *name,
		      struct hf_slice data, int64_t until_ms)
{
	char path[ZK_PATH_MAX + 1];

	snprintf(path, sizeof(path), "%s/%s", z->root, name);
	return make_node(z, path, data, until_ms);
}

/*
 * All that is there once: the chroot, the root and what is in it. The identity
 * comes last: whoever finds it finds the rest. It is new each time, as a state
 * that was lost must not come back under its old name.
 */
static int make_root(struct hold_zookeeper *z, int64_t until_ms)
{
	char path[sizeof(z->root)], identity[33];
	int rc = 0;

	for (size_t i = 1; rc >= 0 && i <= strlen(z->root); i++) {
		if (z->root[i] != '/' && z->root[i] != '\0')
			continue;
		memcpy(path, z->root, i);
		path[i] = '\0';
		rc = make_node(z, path, HF_SLICE(""), until_ms);
	}
	if (rc >= 0)
		rc = make_child(z, "tickets", HF_SLICE(""), until_ms);
	if (rc >= 0)
		rc = make_child(z, "clock", HF_SLICE(""), until_ms);
	draw(identity);
	if (rc >= 0)
		rc = make_child(z, "service", hf_slice_of(identity), until_ms);
	return rc < 0 ? rc : AGAIN;
}

/* ---- looking ------------------------------------------------------------- */

static void forget_all(struct hold_zookeeper *z, const struct basket *basket,
		       const char *client)
{
	assert(basket->n >= 1 && basket->n <= BASKET_MAX);
	snprintf(z->client, sizeof(z->client), "%s", client);
	z->n = basket->n;
	for (size_t i = 0; i < z->n; i++) {
		z->seen[i] = (struct seen){ 0 };
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

static bool read_children(struct hf_rd answer, struct seen *seen)
{
	struct zk_vector names = zk_read_names(&answer);
	struct hf_slice name;

	while (zk_next_text(&names, &name))
		(void)zk_node_keep_lowest(seen->name, name);
	return hf_rd_ok(&answer);
}

static void read_clock(struct hold_zookeeper *z, struct zkc_batch *batch,
		       size_t i)
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
static int read_nodes(struct hold_zookeeper *z, struct zkc_batch *batch,
		      size_t at, int64_t until_ms,
		      char service[HOLD_SERVICE_MAX + 1])
{
	if (zkc_batch_err(batch, at) == ZK_NO_NODE)
		return make_root(z, until_ms);
	if (zkc_batch_err(batch, at) != 0 ||
	    !read_service(zkc_batch_body(batch, at), service))
		return nonsense(z, "its identity cannot be read");
	for (size_t i = 0; i < z->n; i++) {
		int32_t err = zkc_batch_err(batch, at + 1 + i);

		z->seen[i].name[0] = '\0';
		z->seen[i].no_container = err == ZK_NO_NODE;
		if (err == ZK_NO_NODE)
			continue;
		if (err != 0 ||
		    !read_children(zkc_batch_body(batch, at + 1 + i),
				   &z->seen[i]))
			return nonsense(z, "holds cannot be listed");
	}
	return 0;
}

/* Who is first at each ticket. */
static int list_nodes(struct hold_zookeeper *z, int64_t until_ms,
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
	rc = run(z, batch, until_ms);
	if (rc == 0 && !fresh)
		read_clock(z, batch, 0);
	if (rc == 0)
		rc = read_nodes(z, batch, fresh ? 1 : 2, until_ms, service);
	zkc_done(z->zkc, &batch);
	return rc;
}

static bool read_hold(struct hold_zookeeper *z, struct hf_rd answer,
		      const char *client, struct seen *seen)
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

/* Owner and deadline of each that is first. */
static int read_holds(struct hold_zookeeper *z, const char *client,
		      int64_t until_ms)
{
	struct zkc_batch *batch = zkc_batch_new();
	char path[ZK_PATH_MAX + 1];
	size_t at = 0;
	int rc = 0;

	for (size_t i = 0; i < z->n; i++) {
		if (z->seen[i].name[0] == '\0')
			continue;
		node_path(path, &z->seen[i]);
		zk_add_get_data(batch, path);
	}
	if (zkc_batch_count(batch) > 0)
		rc = run(z, batch, until_ms);
	for (size_t i = 0; rc == 0 && i < z->n; i++) {
		if (z->seen[i].name[0] == '\0')
			continue;
		if (zkc_batch_err(batch, at) == ZK_NO_NODE)
			rc = AGAIN;
		else if (zkc_batch_err(batch, at) != 0 ||
			 !read_hold(z, zkc_batch_body(batch, at), client,
				    &z->seen[i]))
			rc = nonsense(z, "a hold cannot be read");
		at++;
	}
	zkc_done(z->zkc, &batch);
	return rc;
}

static int look_once(struct hold_zookeeper *z, const char *client,
		     int64_t until_ms, struct hold_answer *answer)
{
	int rc = list_nodes(z, until_ms, answer->service);

	return rc == 0 ? read_holds(z, client, until_ms) : rc;
}

/* 0 and z->seen; HF_EUNREACHABLE. */
static int look(struct hold_zookeeper *z, const struct basket *basket,
		const char *client, int64_t until_ms,
		struct hold_answer *answer)
{
	int rc;

	forget_all(z, basket, client);
	*answer = (struct hold_answer){ 0 };
	do
		rc = look_once(z, client, until_ms, answer);
	while (rc == AGAIN && hf_clock_ms() < until_ms);
	return rc == AGAIN ? HF_EUNREACHABLE : rc;
}

static int refuse(struct hold_answer *answer, size_t i, int64_t left_ms,
		  int refusal)
{
	answer->refused = i;
	answer->refused_ms = left_ms;
	return refusal;
}

/* What was seen, as a grant. */
static struct hold_grant grant_of(const struct seen *seen)
{
	return (struct hold_grant){ .fence = seen->stat.czxid,
				    .remaining_ms = seen->left_ms };
}

/* HF_ENOTOWNER unless all that was seen is the client's. */
static int all_mine(struct hold_zookeeper *z, struct hold_answer *answer)
{
	for (size_t i = 0; i < z->n; i++) {
		const struct seen *seen = &z->seen[i];
		bool held = seen->name[0] != '\0' && !seen->past;

		if (!held || !seen->mine)
			return refuse(answer, i, held ? seen->left_ms : 0,
				      HF_ENOTOWNER);
		answer->grants[i] = grant_of(seen);
	}
	return 0;
}

/* ---- acquire ------------------------------------------------------------- */

/*
 * Deletes nodes that were seen, if they are as they were seen. AGAIN when that
 * is done (or lost): what is next must be looked at.
 */
static int delete_seen(struct hold_zookeeper *z, bool (*wanted)(struct seen *),
		       int64_t until_ms)
{
	struct zkc_batch *batch = zkc_batch_new();
	char path[ZK_PATH_MAX + 1];
	int rc = 0;

	for (size_t i = 0; i < z->n; i++) {
		if (z->seen[i].name[0] == '\0' || !wanted(&z->seen[i]))
			continue;
		node_path(path, &z->seen[i]);
		zk_add_delete(batch, path, z->seen[i].stat.version);
	}
	if (zkc_batch_count(batch) > 0)
		rc = run(z, batch, until_ms) < 0 ? HF_EUNREACHABLE : AGAIN;
	zkc_done(z->zkc, &batch);
	return rc;
}

static bool is_past(struct seen *seen)
{
	return seen->past;
}

static int held_by_another(struct hold_zookeeper *z, struct hold_answer *answer)
{
	for (size_t i = 0; i < z->n; i++) {
		if (z->seen[i].name[0] != '\0' && !z->seen[i].mine)
			return refuse(answer, i, z->seen[i].left_ms, HF_EHELD);
	}
	return 0;
}

/* A node of this very attempt is new, also when its answer was lost. */
static void grant(struct hold_zookeeper *z, struct attempt *a,
		  struct hold_answer *answer)
{
	for (size_t i = 0; i < z->n; i++) {
		struct seen *seen = &z->seen[i];
		struct hold_grant *grant = &answer->grants[i];

		*grant = grant_of(seen);
		grant->fresh = zk_node_is_of(seen->name, a->id);
		if (grant->fresh)
			zk_keeper_keep(z->keeper, seen->ticket_path, seen->name,
				       seen->stat.version,
				       hf_clock_ms() + seen->left_ms);
	}
	a->litter = false;
}

static bool is_free(const struct seen *seen)
{
	return seen->name[0] == '\0';
}

/*
 * All nodes or none, and only as long as what the client has already is there.
 * One alone needs no multi, and then the service tells its stat, too.
 */
static void ask_for_nodes(struct hold_zookeeper *z, const struct attempt *a,
			  struct zkc_batch *batch)
{
	char path[ZK_PATH_MAX + 1], name[ZK_NAME_MAX + 1];
	char room[ZK_VALUE_MAX + 1];
	struct hf_slice value = zk_node_value(room, a->ttl_ms, a->client);
	struct hf_buf *multi = z->n > 1 ? zk_begin_multi(batch) : NULL;

	zk_node_name(name, a->id);
	for (size_t i = 0; i < z->n; i++) {
		if (!is_free(&z->seen[i])) {
			node_path(path, &z->seen[i]);
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
static void ask_for_holds(struct hold_zookeeper *z, const struct attempt *a,
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
static bool read_made(struct seen *seen, struct hf_rd *answer, bool has_stat)
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
static int read_all_made(struct hold_zookeeper *z, struct hf_rd answer)
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
		if (is_free(&z->seen[i]) &&
		    !read_made(&z->seen[i], &answer, has_stat))
			return HF_EBAD;
	}
	zk_read_multi_end(&answer);
	return hf_rd_ok(&answer) ? 0 : HF_EBAD;
}

/* Are all that we have the first ones? at: the index of the first listing. */
static bool are_first(struct hold_zookeeper *z, struct zkc_batch *batch,
		      size_t at)
{
	for (size_t i = 0; i < z->n; i++) {
		struct seen first = { 0 };

		if (zkc_batch_err(batch, at + i) != 0 ||
		    !read_children(zkc_batch_body(batch, at + i), &first) ||
		    strcmp(first.name, z->seen[i].name) != 0)
			return false;
	}
	return true;
}

/* Somebody was faster: ours go, and the next look tells who it was. */
static int step_back(struct hold_zookeeper *z, struct attempt *a)
{
	struct zkc_batch *batch = zkc_batch_new();
	char path[ZK_PATH_MAX + 1];
	int rc;

	for (size_t i = 0; i < z->n; i++) {
		if (!zk_node_is_of(z->seen[i].name, a->id))
			continue;
		node_path(path, &z->seen[i]);
		zk_add_delete(batch, path, ZK_ANY_VERSION);
	}
	rc = run(z, batch, a->until_ms);
	if (rc == 0)
		a->litter = false;
	zkc_done(z->zkc, &batch);
	return rc < 0 ? rc : AGAIN;
}

/*
 * Tokens and times of what was made: from its stats, which tell the service's
 * clock as well, or from the nodes themselves. All have their whole time yet.
 */
static int read_tokens(struct hold_zookeeper *z, struct attempt *a,
		       struct zkc_batch *batch)
{
	int rc = 0;

	if (z->n == 1)
		zk_keeper_saw(z->keeper, batch, z->seen[0].stat.mtime_ms);
	else
		rc = read_holds(z, a->client, a->until_ms);
	for (size_t i = 0; i < z->n; i++) {
		if (zk_node_is_of(z->seen[i].name, a->id))
			z->seen[i].left_ms = a->ttl_ms;
	}
	return rc;
}

/* at: the index of the request that made the nodes. */
static int judge_made(struct hold_zookeeper *z, struct attempt *a,
		      struct zkc_batch *batch, size_t at,
		      struct hold_answer *answer)
{
	int rc = zkc_batch_err(batch, at) != 0
		     ? HF_ENOTFOUND
		     : read_all_made(z, zkc_batch_body(batch, at));

	if (rc == HF_EBAD)
		return nonsense(z, "nodes were made that are not ours");
	if (rc < 0) {
		a->litter = false;
		return AGAIN;
	}
	if (!are_first(z, batch, at + 1))
		return step_back(z, a);
	rc = read_tokens(z, a, batch);
	if (rc == 0)
		grant(z, a, answer);
	return rc;
}

static int create(struct hold_zookeeper *z, struct attempt *a,
		  struct hold_answer *answer)
{
	struct zkc_batch *batch = zkc_batch_new();
	size_t at = 0;
	int rc;

	for (size_t i = 0; i < z->n; i++)
		at += z->seen[i].no_container;
	ask_for_holds(z, a, batch);
	rc = run(z, batch, a->until_ms);
	if (rc == AGAIN)
		a->litter = true;
	if (rc == 0) {
		a->litter = true;
		rc = judge_made(z, a, batch, at, answer);
	}
	zkc_done(z->zkc, &batch);
	return rc;
}

static int try_acquire(struct hold_zookeeper *z, struct attempt *a,
		       struct hold_answer *answer)
{
	bool any_free = false;
	int rc = look_once(z, a->client, a->until_ms, answer);

	if (rc == 0)
		rc = delete_seen(z, is_past, a->until_ms);
	if (rc == 0)
		rc = held_by_another(z, answer);
	if (rc != 0)
		return rc;
	for (size_t i = 0; i < z->n; i++)
		any_free = any_free || is_free(&z->seen[i]);
	if (any_free)
		return create(z, a, answer);
	grant(z, a, answer);
	return 0;
}

/*
 * Nothing was granted, but nodes of ours may be there: where somebody else
 * was faster they go; where nobody knows they keep to their deadline, as the
 * same client may have found its hold since.
 */
static void tidy_up(struct hold_zookeeper *z, const struct attempt *a, int rc)
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

static int acquire(struct hold *hold, const struct basket *basket,
		   const char *client, int64_t ttl_ms,
		   struct hold_answer *answer_out)
{
	struct hold_zookeeper *z = impl(hold);
	struct attempt a = {
		.basket = basket,
		.client = client,
		.ttl_ms = ttl_ms,
		.until_ms = hf_clock_ms() + CALL_MS,
	};
	int rc;

	assert(ttl_ms > 0);
	draw(a.id);
	do {
		forget_all(z, basket, client);
		*answer_out = (struct hold_answer){ 0 };
		rc = try_acquire(z, &a, answer_out);
	} while (rc == AGAIN && hf_clock_ms() < a.until_ms);
	tidy_up(z, &a, rc);
	return rc == AGAIN ? HF_EUNREACHABLE : rc;
}

/* ---- check and extend ---------------------------------------------------- */

static int check(struct hold *hold, const struct basket *basket,
		 const char *client, struct hold_answer *answer_out)
{
	struct hold_zookeeper *z = impl(hold);
	int rc = look(z, basket, client, hf_clock_ms() + CALL_MS, answer_out);

	return rc == 0 ? all_mine(z, answer_out) : rc;
}

static bool read_extended(struct hold_zookeeper *z, struct hf_rd answer,
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

/* 0; AGAIN when one has changed since it was seen. */
static int extend_seen(struct hold_zookeeper *z, const char *client,
		       int64_t ttl_ms, int64_t until_ms)
{
	struct zkc_batch *batch = zkc_batch_new();
	char path[ZK_PATH_MAX + 1], room[ZK_VALUE_MAX + 1];
	struct hf_slice value = zk_node_value(room, ttl_ms, client);
	struct hf_buf *multi = zk_begin_multi(batch);
	int rc;

	for (size_t i = 0; i < z->n; i++) {
		node_path(path, &z->seen[i]);
		zk_multi_set_data(multi, path, value, z->seen[i].stat.version);
	}
	zk_end_multi(multi);
	rc = run(z, batch, until_ms);
	if (rc == 0 && (zkc_batch_err(batch, 0) != 0 ||
			!read_extended(z, zkc_batch_body(batch, 0), ttl_ms)))
		rc = AGAIN;
	zkc_done(z->zkc, &batch);
	return rc;
}

static int extend(struct hold *hold, const struct basket *basket,
		  const char *client, int64_t ttl_ms,
		  struct hold_answer *answer_out)
{
	struct hold_zookeeper *z = impl(hold);
	int64_t until_ms = hf_clock_ms() + CALL_MS;
	int rc;

	assert(ttl_ms > 0);
	do {
		rc = look(z, basket, client, until_ms, answer_out);
		if (rc == 0)
			rc = all_mine(z, answer_out);
		if (rc == 0)
			rc = extend_seen(z, client, ttl_ms, until_ms);
	} while (rc == AGAIN && hf_clock_ms() < until_ms);
	for (size_t i = 0; rc == 0 && i < basket->n; i++)
		answer_out->grants[i].remaining_ms = ttl_ms;
	return rc == AGAIN ? HF_EUNREACHABLE : rc;
}

/* ---- release ------------------------------------------------------------- */

static bool is_to_go(const struct seen *seen, const int64_t *fences, size_t i)
{
	return seen->name[0] != '\0' && seen->mine &&
	       (fences == NULL || seen->stat.czxid == fences[i]);
}

/* Did the last call see all of these holds, so that no look is needed? */
static bool are_known(const struct hold_zookeeper *z,
		      const struct basket *basket, const char *client,
		      const int64_t *fences)
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
static struct zkc_batch *deletions(struct hold_zookeeper *z,
				   const int64_t *fences)
{
	struct zkc_batch *batch = zkc_batch_new();
	char path[ZK_PATH_MAX + 1];

	for (size_t i = 0; i < z->n; i++) {
		if (!is_to_go(&z->seen[i], fences, i))
			continue;
		node_path(path, &z->seen[i]);
		zk_add_delete(batch, path, ZK_ANY_VERSION);
	}
	if (zkc_batch_count(batch) == 0)
		zkc_done(z->zkc, &batch);
	return batch;
}

static void forget_gone(struct hold_zookeeper *z, const int64_t *fences)
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
static int see_what_goes(struct hold_zookeeper *z, const struct basket *basket,
			 const char *client, const int64_t *fences,
			 int64_t until_ms)
{
	struct hold_answer answer;

	return are_known(z, basket, client, fences)
		   ? 0
		   : look(z, basket, client, until_ms, &answer);
}

static int release(struct hold *hold, const struct basket *basket,
		   const char *client, const int64_t *fences)
{
	struct hold_zookeeper *z = impl(hold);
	int64_t until_ms = hf_clock_ms() + CALL_MS;
	int rc = see_what_goes(z, basket, client, fences, until_ms);
	struct zkc_batch *batch;

	if (rc < 0)
		return rc;
	do {
		batch = deletions(z, fences);
		if (batch == NULL)
			return 0;
		rc = run(z, batch, until_ms);
		zkc_done(z->zkc, &batch);
	} while (rc == AGAIN && hf_clock_ms() < until_ms);
	if (rc == 0)
		forget_gone(z, fences);
	return rc == 0 ? 0 : HF_EUNREACHABLE;
}

static void let_go(struct hold *hold, const struct basket *basket,
		   const char *client, const int64_t *fences)
{
	struct hold_zookeeper *z = impl(hold);
	struct zkc_batch *batch;

	if (see_what_goes(z, basket, client, fences, hf_clock_ms() + CALL_MS) <
	    0)
		return;
	batch = deletions(z, fences);
	if (batch == NULL)
		return;
	zkc_send(z->zkc, &batch);
	forget_gone(z, fences);
}

/* ---- the rest ------------------------------------------------------------ */

static int ping(struct hold *hold)
{
	struct hold_zookeeper *z = impl(hold);
	struct zkc_batch *batch = zkc_batch_new();
	int rc;

	zk_add_exists(batch, "/");
	rc = run(z, batch, hf_clock_ms() + CALL_MS);
	zkc_done(z->zkc, &batch);
	return rc == 0 ? 0 : HF_EUNREACHABLE;
}

static void free_hold(struct hold *hold)
{
	free(impl(hold));
}

static const struct hold_ops ops = {
	.acquire = acquire,
	.check = check,
	.extend = extend,
	.release = release,
	.let_go = let_go,
	.ping = ping,
	.free = free_hold,
};

struct hold *hold_zookeeper_new(struct zk_keeper *keeper)
{
	struct hold_zookeeper *z = hf_new(struct hold_zookeeper);

	z->hold.ops = &ops;
	z->keeper = keeper;
	z->zkc = zk_keeper_client(keeper);
	snprintf(z->root, sizeof(z->root), "%s/holdfast", zkc_chroot(z->zkc));
	return &z->hold;
}
