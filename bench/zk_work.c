#include "config.h"

#include "bench/zk_work.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#define ROOT "/bench"

enum { DIGITS = 10 };

/* ---- nodes -------------------------------------------------------------- */

static const char *const shared[] = { ROOT, ROOT "/one", ROOT "/many" };
static const char *const own[] = { ROOT "/lock", ROOT "/data" };

static void put_name(char to[ZK_NAME_MAX], const char *dir, unsigned client)
{
	snprintf(to, ZK_NAME_MAX, "%s%u", dir, client);
}

static void put_few(char to[ZK_NAME_MAX], unsigned client, uint64_t n)
{
	snprintf(to, ZK_NAME_MAX, ROOT "/data%u/n%u", client,
		 (unsigned)(n % ZK_FEW));
}

bool zk_work_prepare(const struct zk_client *client, unsigned i,
		     char path_out[ZK_NAME_MAX])
{
	if (i < HF_LEN(shared)) {
		snprintf(path_out, ZK_NAME_MAX, "%s", shared[i]);
		return true;
	}
	i -= HF_LEN(shared);
	if (i < HF_LEN(own)) {
		put_name(path_out, own[i], client->number);
		return true;
	}
	i -= HF_LEN(own);
	put_few(path_out, client->number, i);
	return i < ZK_FEW;
}

/* ---- requests ----------------------------------------------------------- */

void zk_put_create(struct hf_buf *out, const char *path, size_t data_bytes,
		   enum zk_create_mode mode)
{
	static const char data[ZK_DATA_BYTES];
	const struct zk_acl anyone = {
		.perms = ZK_PERM_ALL,
		.id = { HF_SLICE("world"), HF_SLICE("anyone") },
	};
	struct hf_buf acl;
	struct zk_create_request request = {
		.path = hf_slice_of(path),
		.data = { data, data_bytes },
		.flags = mode,
	};

	assert(data_bytes <= sizeof(data));
	hf_buf_init(&acl, 64);
	zk_put_acl(&acl, &anyone);
	request.acl = (struct zk_vector){ 1, hf_buf_slice(&acl) };
	zk_put_create_request(out, &request);
	hf_buf_fini(&acl);
}

static void put_read(struct hf_buf *out, const char *path, bool watch)
{
	zk_put_path_watch(out,
			  &(struct zk_path_watch){ hf_slice_of(path), watch });
}

static void put_delete_own(const struct zk_client *client, struct hf_buf *out)
{
	zk_put_path_version(
	    out, &(struct zk_path_version){ hf_slice_of(client->own), -1 });
}

/* A slice as text; longer than any of ours it is cut, and then not found. */
static void keep(char to[ZK_NAME_MAX], struct hf_slice name)
{
	snprintf(to, ZK_NAME_MAX, "%.*s", (int)name.len, name.data);
}

static int keep_own(struct zk_client *client, struct zk_heard *reply, int next)
{
	if (reply->header.err != ZK_OK)
		return ZK_NEXT_FAILED;
	keep(client->own, zk_get_text(&reply->body));
	return reply->body.bad ? ZK_NEXT_FAILED : next;
}

static int go_on(struct zk_client *client, struct zk_heard *reply)
{
	return keep_own(client, reply, 1);
}

static int end(struct zk_client *client, struct zk_heard *reply)
{
	HF_UNUSED(client);
	return reply->header.err == ZK_OK ? ZK_NEXT_DONE : ZK_NEXT_FAILED;
}

/* ---- the lock ----------------------------------------------------------- */

enum { LOCK_ENTER, LOCK_LOOK, LOCK_WATCH, LOCK_LEAVE };

static struct hf_slice number_of(struct hf_slice name)
{
	return name.len < DIGITS
		   ? name
		   : (struct hf_slice){ name.data + name.len - DIGITS, DIGITS };
}

static int compare(struct hf_slice a, struct hf_slice b)
{
	a = number_of(a);
	b = number_of(b);
	return a.len == b.len ? memcmp(a.data, b.data, a.len)
			      : (a.len > b.len) - (a.len < b.len);
}

bool zk_find_before(struct zk_vector children, struct hf_slice own_name,
		    struct hf_slice *before_out, bool *first_out)
{
	struct hf_slice name;
	bool found = false;

	*first_out = true;
	while (zk_next_text(&children, &name)) {
		int order = compare(name, own_name);

		found |= order == 0;
		if (order >= 0)
			continue;
		if (*first_out || compare(name, *before_out) > 0)
			*before_out = name;
		*first_out = false;
	}
	return found;
}

static struct hf_slice own_name(const struct zk_client *client)
{
	const char *slash = strrchr(client->own, '/');

	return hf_slice_of(slash == NULL ? client->own : slash + 1);
}

static size_t dir_len(const struct zk_client *client)
{
	return strlen(client->own) - own_name(client).len - 1;
}

static int look(struct zk_client *client, struct zk_heard *reply)
{
	struct zk_only_texts children;
	struct hf_slice before;
	bool first;

	if (reply->header.err != ZK_OK)
		return ZK_NEXT_FAILED;
	zk_get_only_texts(&reply->body, &children);
	if (reply->body.bad ||
	    !zk_find_before(children.texts, own_name(client), &before, &first))
		return ZK_NEXT_FAILED;
	if (first)
		return LOCK_LEAVE;
	snprintf(client->before, ZK_NAME_MAX, "%.*s/%.*s", (int)dir_len(client),
		 client->own, (int)before.len, before.data);
	return LOCK_WATCH;
}

static int watch(struct zk_client *client, struct zk_heard *reply)
{
	HF_UNUSED(client);
	if (reply->header.err == ZK_NO_NODE)
		return LOCK_LOOK; /* it went in between */
	return reply->header.err == ZK_OK ? ZK_NEXT_WAIT : ZK_NEXT_FAILED;
}

static void put_ticket(const struct zk_client *client, struct hf_buf *out)
{
	char path[ZK_NAME_MAX];

	put_name(path, ROOT "/lock", client->number);
	strncat(path, "/lock-", sizeof(path) - strlen(path) - 1);
	zk_put_create(out, path, 0, ZK_EPHEMERAL_SEQUENTIAL);
}

static void put_ticket_of_one(const struct zk_client *client,
			      struct hf_buf *out)
{
	HF_UNUSED(client);
	zk_put_create(out, ROOT "/one/lock-", 0, ZK_EPHEMERAL_SEQUENTIAL);
}

static void put_look(const struct zk_client *client, struct hf_buf *out)
{
	char dir[ZK_NAME_MAX];

	snprintf(dir, sizeof(dir), "%.*s", (int)dir_len(client), client->own);
	put_read(out, dir, false);
}

static void put_watch(const struct zk_client *client, struct hf_buf *out)
{
	put_read(out, client->before, true);
}

#define LOCK_STEPS(put_its_ticket)                                      \
	{                                                               \
		[LOCK_ENTER] = { ZK_OP_CREATE, put_its_ticket, go_on }, \
		[LOCK_LOOK] = { ZK_OP_GET_CHILDREN, put_look, look },   \
		[LOCK_WATCH] = { ZK_OP_EXISTS, put_watch, watch },      \
		[LOCK_LEAVE] = { ZK_OP_DELETE, put_delete_own, end },   \
	}

/* ---- one request, or two ------------------------------------------------ */

static void put_new(const struct zk_client *client, struct hf_buf *out)
{
	char path[ZK_NAME_MAX];

	put_name(path, ROOT "/data", client->number);
	strncat(path, "/new", sizeof(path) - strlen(path) - 1);
	zk_put_create(out, path, ZK_DATA_BYTES, ZK_EPHEMERAL);
}

static void put_new_of_many(const struct zk_client *client, struct hf_buf *out)
{
	char path[ZK_NAME_MAX];

	put_name(path, ROOT "/many/new", client->number);
	zk_put_create(out, path, ZK_DATA_BYTES, ZK_EPHEMERAL);
}

static void put_next_of_many(const struct zk_client *client, struct hf_buf *out)
{
	char path[ZK_NAME_MAX];

	snprintf(path, sizeof(path), ROOT "/many/n%09llu",
		 (unsigned long long)client->node);
	zk_put_create(out, path, ZK_DATA_BYTES, ZK_PERSISTENT);
}

static void put_get(const struct zk_client *client, struct hf_buf *out)
{
	char path[ZK_NAME_MAX];

	put_few(path, client->number, client->turn);
	put_read(out, path, false);
}

static void put_set(const struct zk_client *client, struct hf_buf *out)
{
	char path[ZK_NAME_MAX], data[ZK_DATA_BYTES];

	put_few(path, client->number, client->turn);
	memset(data, (int)client->turn, sizeof(data));
	zk_put_set_data_request(
	    out, &(struct zk_set_data_request){
		     hf_slice_of(path), { data, sizeof(data) }, -1 });
}

static void put_list(const struct zk_client *client, struct hf_buf *out)
{
	char path[ZK_NAME_MAX];

	put_name(path, ROOT "/data", client->number);
	put_read(out, path, false);
}

static void put_list_many(const struct zk_client *client, struct hf_buf *out)
{
	HF_UNUSED(client);
	put_read(out, ROOT "/many", false);
}

/* ---- the table ---------------------------------------------------------- */

static const struct zk_work works[] = {
	{ .name = "lock",
	  .steps = LOCK_STEPS(put_ticket),
	  .after_event = LOCK_LOOK },
	{ .name = "one-lock",
	  .steps = LOCK_STEPS(put_ticket_of_one),
	  .after_event = LOCK_LOOK },
	{ .name = "hand-over",
	  .steps = LOCK_STEPS(put_ticket_of_one),
	  .after_event = LOCK_LOOK,
	  .hand_over = true },
	{ .name = "create",
	  .steps = { { ZK_OP_CREATE, put_new, go_on },
		     { ZK_OP_DELETE, put_delete_own, end } } },
	{ .name = "get", .steps = { { ZK_OP_GET_DATA, put_get, end } } },
	{ .name = "set", .steps = { { ZK_OP_SET_DATA, put_set, end } } },
	{ .name = "list", .steps = { { ZK_OP_GET_CHILDREN, put_list, end } } },
	{ .name = "fill",
	  .steps = { { ZK_OP_CREATE, put_next_of_many, end } },
	  .each_node_once = true },
	{ .name = "create-in-many",
	  .steps = { { ZK_OP_CREATE, put_new_of_many, go_on },
		     { ZK_OP_DELETE, put_delete_own, end } } },
	{ .name = "list-many",
	  .steps = { { ZK_OP_GET_CHILDREN, put_list_many, end } } },
};

const char *const zk_work_names[] = { "lock",      "one-lock", "hand-over",
				      "create",    "get",      "set",
				      "list",      "fill",     "create-in-many",
				      "list-many", NULL };

static_assert(HF_LEN(works) + 1 == HF_LEN(zk_work_names),
	      "each work has a name to be chosen by");

const struct zk_work *zk_work_of(int number)
{
	return &works[number];
}
