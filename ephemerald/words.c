#include "config.h"

#include "ephemerald/words.h"

#include "libhold/clock.h"

enum { WORD_BYTES = 4 };

static void ruok(struct ephemerald *e, struct hf_buf *out)
{
	HF_UNUSED(e);
	hf_buf_printf(out, "imok");
}

static void isro(struct ephemerald *e, struct hf_buf *out)
{
	HF_UNUSED(e);
	hf_buf_printf(out, "rw");
}

static double average_ms(const struct stats *s)
{
	return s->latency_count == 0 ? 0.0
				     : (double)s->latency_sum_us /
					   (double)s->latency_count / 1000.0;
}

static void srvr(struct ephemerald *e, struct hf_buf *out)
{
	const struct stats *s = &e->stats;

	hf_buf_printf(
	    out,
	    "Zookeeper version: 3.8.0-ephemerald %s\n"
	    "Latency min/avg/max: %llu/%.4f/%llu\n"
	    "Received: %llu\nSent: %llu\nConnections: %zu\n"
	    "Outstanding: 0\nZxid: 0x%llx\nMode: standalone\n"
	    "Node count: %zu\n",
	    PACKAGE_VERSION, (unsigned long long)(s->latency_min_us / 1000),
	    average_ms(s), (unsigned long long)(s->latency_max_us / 1000),
	    (unsigned long long)s->received, (unsigned long long)s->sent,
	    s->connections, (unsigned long long)e->db.zxid,
	    ztree_counts(e->db.tree)->nodes);
}

/* The names are ZooKeeper's, so that its exporters read them. */
static void mntr(struct ephemerald *e, struct hf_buf *out)
{
	const struct stats *s = &e->stats;
	const struct ztree_counts *nodes = ztree_counts(e->db.tree);

	hf_buf_printf(
	    out,
	    "zk_version\t3.8.0-ephemerald %s\n"
	    "zk_server_state\tstandalone\n"
	    "zk_min_latency\t%llu\nzk_avg_latency\t%.4f\n"
	    "zk_max_latency\t%llu\nzk_packets_received\t%llu\n"
	    "zk_packets_sent\t%llu\nzk_num_alive_connections\t%zu\n"
	    "zk_outstanding_requests\t0\nzk_znode_count\t%zu\n"
	    "zk_ephemerals_count\t%zu\n"
	    "zk_approximate_data_size\t%zu\n"
	    "zk_global_sessions\t%zu\nzk_uptime\t%lld\n",
	    PACKAGE_VERSION, (unsigned long long)(s->latency_min_us / 1000),
	    average_ms(s), (unsigned long long)(s->latency_max_us / 1000),
	    (unsigned long long)s->received, (unsigned long long)s->sent,
	    s->connections, nodes->nodes, nodes->ephemerals, nodes->data_bytes,
	    sessions_count(e->db.sessions),
	    (long long)(hf_clock_ms() - s->started_ms));
}

static const struct word {
	const char name[WORD_BYTES + 1];
	void (*print)(struct ephemerald *e, struct hf_buf *out);
} words[] = {
	{ "isro", isro },
	{ "mntr", mntr },
	{ "ruok", ruok },
	{ "srvr", srvr },
};

static bool is_listed(const struct ephemerald *e, const char *name)
{
	const char *listed = e->settings.four_letter;

	return listed != NULL &&
	       (strcmp(listed, "*") == 0 || strstr(listed, name) != NULL);
}

bool words_run(struct ephemerald *e, struct client *client,
	       struct hf_slice bytes)
{
	if (bytes.len < WORD_BYTES)
		return false;
	bytes.len = WORD_BYTES;
	for (size_t i = 0; i < HF_LEN(words); i++) {
		struct hf_buf *out;

		if (!hf_slice_eq(bytes, hf_slice_of(words[i].name)))
			continue;
		out = client->ops->out(client);
		if (is_listed(e, words[i].name))
			words[i].print(e, out);
		else
			hf_buf_printf(out,
				      "%s is not executed because it is not "
				      "in the whitelist.\n",
				      words[i].name);
		client_end(client);
		return true;
	}
	return false;
}
