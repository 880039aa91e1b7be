#include "config.h"

#include "tests/ephemerald/world.h"

#include "libhold/mem.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- what it hands out ----------------------------------------------------
 */

static void keep_record(void *arg, int64_t zxid, struct hf_slice record)
{
	HF_UNUSED(zxid);
	hf_wr_blob(&((struct world *)arg)->records, record);
}

static const char *event_name(enum zk_event type)
{
	static const char *const names[] = {
		[ZK_EVENT_CREATED] = "created",
		[ZK_EVENT_DELETED] = "deleted",
		[ZK_EVENT_DATA_CHANGED] = "changed",
		[ZK_EVENT_CHILDREN_CHANGED] = "children",
	};

	return names[type];
}

static void tell(void *arg, struct watcher *watcher,
		 const struct watch_event *event)
{
	struct world *w = arg;

	hf_buf_printf(
	    &w->told, "%c %s %.*s\n", 'A' + (int)(watcher - w->watchers),
	    event_name(event->type), (int)event->path.len, event->path.data);
}

const char *world_told(struct world *w)
{
	static char text[2048];
	struct hf_slice told = hf_buf_slice(&w->told);

	snprintf(text, sizeof(text), "%.*s", (int)told.len, told.data);
	hf_buf_truncate(&w->told, 0);
	return text;
}

/* ---- life -----------------------------------------------------------------
 */

void world_init(struct world *w)
{
	const struct zdb_limits limits = { .max_nodes = 1000,
					   .max_memory = 1 << 20,
					   .max_watches = 1000,
					   .ttl_nodes = true,
					   .enforce_quota = w->enforce_quota };

	zdb_init(&w->db, 11, &limits, tell, w);
	w->db.record = keep_record;
	w->db.record_arg = w;
	acl_who_init(&w->who);
	hf_buf_init(&w->records, SIZE_MAX / 2);
	hf_buf_init(&w->told, SIZE_MAX / 2);
	for (size_t i = 0; i < HF_LEN(w->watchers); i++)
		watch_join(&w->watchers[i]);
	w->wall_ms = 1000;
}

void world_fini(struct world *w)
{
	for (size_t i = 0; i < HF_LEN(w->watchers); i++)
		watch_leave(w->db.watches, &w->watchers[i]);
	zdb_fini(&w->db);
	acl_who_fini(&w->who);
	hf_buf_fini(&w->records);
	hf_buf_fini(&w->told);
	*w = (struct world){ .wall_ms = 0 };
}

/* ---- changes --------------------------------------------------------------
 */

void world_begin(struct world *w)
{
	txn_begin(&w->txn, &w->db, &w->who, ++w->wall_ms);
}

static int end(struct world *w, int err)
{
	if (err == ZK_OK)
		txn_commit(&w->txn);
	else
		txn_abort(&w->txn);
	return err;
}

struct txn_create world_request(struct world *w, const char *path,
				int32_t flags)
{
	struct zk_vector acl = acl_entries(ztree_root(w->db.tree)->acl);
	enum zk_op op = ZK_OP_CREATE2;

	if (flags == ZK_CONTAINER)
		op = ZK_OP_CREATE_CONTAINER;
	if (flags >= ZK_PERSISTENT_WITH_TTL)
		op = ZK_OP_CREATE_TTL;
	return (struct txn_create){ .op = op,
				    .path = hf_slice_of(path),
				    .data = HF_SLICE("data"),
				    .acl = acl,
				    .flags = flags,
				    .ttl_ms = flags > ZK_CONTAINER ? 500 : -1,
				    .session = WORLD_SESSION };
}

int world_try_create(struct world *w, const char *path, int32_t flags)
{
	struct txn_create create = world_request(w, path, flags);
	struct znode *node;

	return txn_create(&w->txn, &create, &node);
}

int world_create(struct world *w, const char *path, int32_t flags)
{
	world_begin(w);
	return end(w, world_try_create(w, path, flags));
}

int world_create_as(struct world *w, const struct txn_create *create)
{
	struct znode *node;

	world_begin(w);
	return end(w, txn_create(&w->txn, create, &node));
}

int world_delete(struct world *w, const char *path)
{
	world_begin(w);
	return end(w, txn_delete(&w->txn, hf_slice_of(path), -1));
}

int world_set(struct world *w, const char *path, const char *data)
{
	struct znode *node;

	world_begin(w);
	return end(w, txn_set_data(&w->txn, hf_slice_of(path),
				   hf_slice_of(data), -1, &node));
}

struct session *world_session(struct world *w, int64_t id)
{
	struct session *session = session_add(
	    w->db.sessions, id, HF_SLICE("0123456789abcdef"), 4000, 0);

	world_begin(w);
	txn_add_session(&w->txn, session);
	txn_commit(&w->txn);
	return session;
}

void world_end_session(struct world *w, int64_t id)
{
	struct session *session = session_find(w->db.sessions, id);

	world_begin(w);
	txn_end_session(&w->txn, session);
	txn_commit(&w->txn);
}

struct znode *world_node(struct world *w, const char *path)
{
	struct znode *node = ztree_find(w->db.tree, hf_slice_of(path));

	CU_ASSERT_PTR_NOT_NULL_FATAL(node);
	return node;
}

/* ---- any change -----------------------------------------------------------
 */

static const char *any_path(unsigned *seed)
{
	static const char *const paths[] = { "/a",   "/b",     "/a/c",  "/b/c",
					     "/a/d", "/a/c/e", "/a/c/f" };

	return paths[(unsigned)rand_r(seed) % HF_LEN(paths)];
}

static void any_create(struct world *w, unsigned *seed)
{
	int32_t flags = rand_r(seed) % (ZK_PERSISTENT_SEQUENTIAL_WITH_TTL + 1);
	struct txn_create create = world_request(w, any_path(seed), flags);

	create.session += rand_r(seed) % 2;
	if (session_find(w->db.sessions, create.session) == NULL)
		world_session(w, create.session);
	world_create_as(w, &create);
}

static void any_set(struct world *w, unsigned *seed)
{
	static const char *const data[] = { "", "x", "more data" };

	world_set(w, any_path(seed), data[rand_r(seed) % 3]);
}

static void any_delete(struct world *w, unsigned *seed)
{
	world_delete(w, any_path(seed));
}

static void any_reaped(struct world *w, unsigned *seed)
{
	world_begin(w);
	end(w, txn_delete_container(&w->txn, hf_slice_of(any_path(seed))));
}

static void any_acl(struct world *w, unsigned *seed)
{
	struct zk_acl entry = { rand_r(seed) % ZK_PERM_ALL | ZK_PERM_ADMIN,
				{ HF_SLICE("world"), HF_SLICE("anyone") } };
	struct hf_buf bytes;
	struct znode *node;

	hf_buf_init(&bytes, 64);
	zk_put_acl(&bytes, &entry);
	world_begin(w);
	end(w, txn_set_acl(&w->txn, hf_slice_of(any_path(seed)),
			   (struct zk_vector){ 1, hf_buf_slice(&bytes) }, -1,
			   &node));
	hf_buf_fini(&bytes);
}

static void any_pair(struct world *w, unsigned *seed)
{
	int err;

	world_begin(w);
	err = world_try_create(w, any_path(seed), ZK_PERSISTENT);
	if (err == ZK_OK)
		err = txn_delete(&w->txn, hf_slice_of(any_path(seed)), -1);
	end(w, err);
}

static void any_end(struct world *w, unsigned *seed)
{
	int64_t id = WORLD_SESSION + rand_r(seed) % 2;

	if (session_find(w->db.sessions, id) != NULL && rand_r(seed) % 3 == 0)
		world_end_session(w, id);
}

void world_change_something(struct world *w, unsigned *seed)
{
	static void (*const changes[])(struct world *, unsigned *) = {
		any_create, any_create, any_create, any_set, any_delete,
		any_reaped, any_acl,    any_pair,   any_end,
	};

	changes[(unsigned)rand_r(seed) % HF_LEN(changes)](w, seed);
}

/* ---- as text --------------------------------------------------------------
 */

struct lines {
	char *line[1000];
	size_t n;
};

static struct hf_buf *begin_line(struct hf_buf *line)
{
	hf_buf_init(line, SIZE_MAX / 2);
	return line;
}

static void end_line(struct lines *lines, struct hf_buf *line)
{
	hf_buf_add_char(line, '\0');
	lines->line[lines->n++] =
	    hf_memdup(hf_buf_slice(line).data, hf_buf_len(line));
	hf_buf_fini(line);
}

static void put_hex(struct hf_buf *out, struct hf_slice bytes)
{
	for (size_t i = 0; i < bytes.len; i++)
		hf_buf_printf(out, "%02x", (unsigned char)bytes.data[i]);
}

static void node_line(struct lines *lines, const struct znode *node)
{
	struct hf_buf buf, *line = begin_line(&buf);
	struct hf_slice data = znode_data(node);
	struct zk_stat stat;

	znode_stat(node, &stat);
	znode_path(node, line);
	hf_buf_printf(
	    line,
	    " c%lld m%lld p%lld ct%lld mt%lld v%d,%d,%d o%llx "
	    "n%d,%d,%d ",
	    (long long)stat.czxid, (long long)stat.mzxid, (long long)stat.pzxid,
	    (long long)stat.ctime_ms, (long long)stat.mtime_ms, stat.version,
	    stat.cversion, stat.aversion, (unsigned long long)znode_owner(node),
	    stat.num_children, znode_created(node), znode_next_number(node));
	if (data.data == NULL)
		hf_buf_add_slice(line, HF_SLICE("null"));
	put_hex(line, data);
	hf_buf_add_char(line, ' ');
	put_hex(line, acl_entries(node->acl).bytes);
	end_line(lines, line);
}

static void session_line(void *arg, struct session *session)
{
	struct hf_buf buf, *line = begin_line(&buf);

	hf_buf_printf(line, "session %llx %d %.16s",
		      (unsigned long long)session->id, session->timeout_ms,
		      session->password);
	end_line(arg, line);
}

static void reaped_line(struct lines *lines, const struct zdb *db)
{
	struct hf_buf buf, *line = begin_line(&buf);

	hf_buf_printf(line, "reaped %d", db->reaped_number);
	end_line(lines, line);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void join(struct lines *lines, char *out, size_t room)
{
	size_t len = 0;

	qsort(lines->line, lines->n, sizeof(lines->line[0]), by_text);
	for (size_t i = 0; i < lines->n; i++) {
		len += (size_t)snprintf(out + len, room - len, "%s\n",
					lines->line[i]);
		free(lines->line[i]);
	}
}

const char *world_text(struct zdb *db)
{
	static char text[64 * 1024];
	struct lines lines = { .n = 0 };
	struct znode *root = ztree_root(db->tree);
	uint64_t cursor = 0;

	for (struct znode *node = root; node != NULL;
	     node = znode_next(node, root))
		node_line(&lines, node);
	do {
		cursor =
		    sessions_scan(db->sessions, cursor, session_line, &lines);
	} while (cursor != 0);
	reaped_line(&lines, db);
	join(&lines, text, sizeof(text));
	return text;
}
