#include "config.h"

#include "ephemerald/words_table.h"

static unsigned long long session_id(const struct client *client)
{
	return client->session == NULL
		   ? 0
		   : (unsigned long long)client->session->id;
}

/* ZooKeeper's short names of what it counts as a client's last operation. */
static const char *op_text(int32_t op)
{
	static const struct {
		int32_t op;
		const char *text;
	} texts[] = {
		{ ZK_OP_CREATE_SESSION, "SESS" },
		{ ZK_OP_CREATE, "CREA" },
		{ ZK_OP_CREATE2, "CREA" },
		{ ZK_OP_CREATE_CONTAINER, "CREA" },
		{ ZK_OP_CREATE_TTL, "CREA" },
		{ ZK_OP_DELETE, "DELE" },
		{ ZK_OP_DELETE_CONTAINER, "DELE" },
		{ ZK_OP_EXISTS, "EXIS" },
		{ ZK_OP_GET_DATA, "GETD" },
		{ ZK_OP_SET_DATA, "SETD" },
		{ ZK_OP_GET_ACL, "GETA" },
		{ ZK_OP_SET_ACL, "SETA" },
		{ ZK_OP_GET_CHILDREN, "GETC" },
		{ ZK_OP_GET_CHILDREN2, "GETC" },
		{ ZK_OP_GET_ALL_CHILDREN_NUMBER, "GETACN" },
		{ ZK_OP_GET_EPHEMERALS, "GETE" },
		{ ZK_OP_SYNC, "SYNC" },
		{ ZK_OP_PING, "PING" },
		{ ZK_OP_MULTI, "MULT" },
		{ ZK_OP_MULTI_READ, "MLTR" },
		{ ZK_OP_SET_WATCHES, "SETW" },
		{ ZK_OP_SET_WATCHES2, "STW2" },
		{ ZK_OP_ADD_WATCH, "ADDW" },
		{ ZK_OP_CHECK_WATCHES, "CHKW" },
		{ ZK_OP_REMOVE_WATCHES, "REMW" },
		{ ZK_OP_WHO_AM_I, "HOMI" },
	};

	for (size_t i = 0; i < HF_LEN(texts); i++) {
		if (texts[i].op == op)
			return texts[i].text;
	}
	return "NA";
}

static void put_in_full(struct ephemerald *e, struct hf_buf *out,
			struct client *client, int64_t now_ms)
{
	const struct client_stats *s = &client->stats;

	if (client->session == NULL)
		return;
	hf_buf_printf(out, ",sid=0x%llx,lop=%s,est=%lld,to=%d,lcxid=0x%x,",
		      session_id(client), op_text(s->last_op),
		      (long long)s->since_wall_ms, client->session->timeout_ms,
		      (unsigned)s->last_xid);
	hf_buf_printf(out,
		      "lzxid=0x%llx,lresp=%lld,llat=0,minlat=0,avglat=0,"
		      "maxlat=0",
		      (unsigned long long)s->last_zxid,
		      (long long)(now_ms - s->last_heard_ms));
	HF_UNUSED(e);
}

void words_put_clients(struct ephemerald *e, struct hf_buf *out, bool in_full,
		       int64_t now_ms)
{
	HF_LIST_FOREACH (it, &e->clients) {
		struct client *client = HF_CONTAINER_OF(it, struct client, all);

		hf_buf_printf(
		    out, " /%s[%d](queued=%zu,recved=%llu,sent=%llu",
		    client->address, client->session != NULL,
		    client->session == NULL ? 0 : client->ops->queued(client),
		    (unsigned long long)client->stats.received,
		    (unsigned long long)client->stats.sent);
		if (in_full)
			put_in_full(e, out, client, now_ms);
		hf_buf_printf(out, ")\n");
	}
}

void word_cons(struct ephemerald *e, struct hf_buf *out, int64_t now_ms)
{
	words_put_clients(e, out, true, now_ms);
	hf_buf_printf(out, "\n");
}

void word_crst(struct ephemerald *e, struct hf_buf *out, int64_t now_ms)
{
	HF_UNUSED(now_ms);
	HF_LIST_FOREACH (it, &e->clients) {
		struct client_stats *stats =
		    &HF_CONTAINER_OF(it, struct client, all)->stats;

		stats->received = stats->sent = 0;
	}
	hf_buf_printf(out, "Connection stats reset.\n");
}

/* ---- sessions -------------------------------------------------------------
 */

struct dump {
	struct ephemerald *e;
	struct hf_buf *out;
	size_t owners;
};

static void put_session(void *arg, struct session *session)
{
	struct dump *dump = arg;

	hf_buf_printf(dump->out, "\t0x%llx\t%dms\n",
		      (unsigned long long)session->id, session->timeout_ms);
}

static void put_owner(void *arg, int64_t owner, struct hf_list *nodes)
{
	struct dump *dump = arg;

	hf_buf_printf(dump->out, "0x%llx:\n", (unsigned long long)owner);
	HF_LIST_FOREACH (it, nodes) {
		hf_buf_add_char(dump->out, '\t');
		znode_path(znode_of_owned(it), dump->out);
		hf_buf_add_char(dump->out, '\n');
	}
}

static void count_owner(void *arg, int64_t owner, struct hf_list *nodes)
{
	HF_UNUSED(owner);
	HF_UNUSED(nodes);
	((struct dump *)arg)->owners++;
}

void word_dump(struct ephemerald *e, struct hf_buf *out, int64_t now_ms)
{
	struct dump dump = { e, out, 0 };
	uint64_t cursor = 0;

	HF_UNUSED(now_ms);
	hf_buf_printf(out, "SessionTracker dump:\nSession Sets (%zu)/(%zu):\n",
		      sessions_count(e->db.sessions),
		      sessions_count(e->db.sessions));
	do {
		cursor =
		    sessions_scan(e->db.sessions, cursor, put_session, &dump);
	} while (cursor != 0);
	ztree_each_owner(e->db.tree, count_owner, &dump);
	hf_buf_printf(out,
		      "ephemeral nodes dump:\n"
		      "Sessions with Ephemerals (%zu):\n",
		      dump.owners);
	ztree_each_owner(e->db.tree, put_owner, &dump);
}

/* ---- watches --------------------------------------------------------------
 */

void word_wchs(struct ephemerald *e, struct hf_buf *out, int64_t now_ms)
{
	const struct watch_counts *counts = watch_counts(e->db.watches);

	HF_UNUSED(now_ms);
	hf_buf_printf(out,
		      "%zu connections watching %zu paths\n"
		      "Total watches:%zu\n",
		      counts->watchers, counts->paths, counts->watches);
}

static void put_path(void *arg, struct hf_slice path, struct watcher *watcher)
{
	struct dump *dump = arg;

	HF_UNUSED(watcher);
	hf_buf_add_char(dump->out, '\t');
	hf_buf_add_slice(dump->out, path);
	hf_buf_add_char(dump->out, '\n');
}

void word_wchc(struct ephemerald *e, struct hf_buf *out, int64_t now_ms)
{
	struct dump dump = { e, out, 0 };

	HF_UNUSED(now_ms);
	HF_LIST_FOREACH (it, &e->clients) {
		struct client *client = HF_CONTAINER_OF(it, struct client, all);

		if (client->watcher.count == 0)
			continue;
		hf_buf_printf(out, "0x%llx\n", session_id(client));
		watch_each_of(&client->watcher, put_path, &dump);
	}
	hf_buf_add_char(out, '\n');
}

struct by_path {
	struct hf_buf *out;
	const char *last; /* the path that was put; its bytes' place */
};

static void put_watcher(void *arg, struct hf_slice path,
			struct watcher *watcher)
{
	struct by_path *walk = arg;

	if (walk->last != path.data) {
		hf_buf_add_slice(walk->out, path);
		hf_buf_add_char(walk->out, '\n');
	}
	walk->last = path.data;
	hf_buf_printf(walk->out, "\t0x%llx\n",
		      session_id(client_of_watcher(watcher)));
}

void word_wchp(struct ephemerald *e, struct hf_buf *out, int64_t now_ms)
{
	struct by_path walk = { out, NULL };

	HF_UNUSED(now_ms);
	watch_each(e->db.watches, put_watcher, &walk);
	hf_buf_add_char(out, '\n');
}
