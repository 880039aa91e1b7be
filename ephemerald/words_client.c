#include "config.h"

#include "ephemerald/words_table.h"

static unsigned long long session_id(const struct client *client)
{
	return client->session == NULL
		   ? 0
		   : (unsigned long long)client->session->id;
}

/* ZooKeeper's short names; exporters take any. */
static const char *op_text(int32_t op)
{
	const char *name = zk_op_name(op);

	return name == NULL ? "NA" : name;
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

		hf_buf_printf(out, " /%s[%d](queued=%zu,recved=%llu,sent=%llu",
			      client->address, client->session != NULL,
			      client->ops->queued(client),
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
		znode_path(HF_CONTAINER_OF(it, struct znode, owned), dump->out);
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
