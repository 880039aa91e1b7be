#include "config.h"

#include "ephemerald/words_table.h"

#include "ephemerald/persist.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

/* Exporters read the first number of it. */
#define VERSION_TEXT "3.8.0-ephemerald " PACKAGE_VERSION

/* ZooKeeper finds its root under two names, and counts it twice. */
enum { ROOTS_AGAIN = 1 };

static uint64_t ms(uint64_t us)
{
	return us / 1000;
}

static double average_ms(const struct stats *stats)
{
	if (stats->latency_count == 0)
		return 0;
	return (double)stats->latency_sum_us / 1000 /
	       (double)stats->latency_count;
}

void word_ruok(struct ephemerald *e, struct hf_buf *out, int64_t now_ms)
{
	HF_UNUSED(e);
	HF_UNUSED(now_ms);
	hf_buf_printf(out, "imok");
}

void word_isro(struct ephemerald *e, struct hf_buf *out, int64_t now_ms)
{
	HF_UNUSED(e);
	HF_UNUSED(now_ms);
	hf_buf_printf(out, "rw");
}

static void put_version(struct hf_buf *out)
{
	hf_buf_printf(out, "Zookeeper version: %s, built on %s\n", VERSION_TEXT,
		      "01/01/2026 00:00 GMT");
}

static void put_state(struct ephemerald *e, struct hf_buf *out)
{
	const struct stats *s = &e->stats;

	hf_buf_printf(out, "Latency min/avg/max: %llu/%.1f/%llu\n",
		      (unsigned long long)ms(s->latency_min_us), average_ms(s),
		      (unsigned long long)ms(s->latency_max_us));
	hf_buf_printf(out,
		      "Received: %llu\nSent: %llu\nConnections: %zu\n"
		      "Outstanding: 0\nZxid: 0x%llx\nMode: standalone\n"
		      "Node count: %zu\n",
		      (unsigned long long)s->received,
		      (unsigned long long)s->sent, s->connections,
		      (unsigned long long)e->db.zxid,
		      ztree_counts(e->db.tree)->nodes + ROOTS_AGAIN);
}

void word_srvr(struct ephemerald *e, struct hf_buf *out, int64_t now_ms)
{
	HF_UNUSED(now_ms);
	put_version(out);
	put_state(e, out);
}

void word_stat(struct ephemerald *e, struct hf_buf *out, int64_t now_ms)
{
	put_version(out);
	hf_buf_printf(out, "Clients:\n");
	words_put_clients(e, out, false, now_ms);
	hf_buf_printf(out, "\n");
	put_state(e, out);
}

static size_t open_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	size_t count = 0;

	if (dir == NULL)
		return 0;
	while (readdir(dir) != NULL)
		count++;
	closedir(dir);
	return count < 3 ? 0 : count - 3; /* ".", ".." and dir itself */
}

static unsigned long long max_descriptors(void)
{
	struct rlimit limit;

	return getrlimit(RLIMIT_NOFILE, &limit) < 0
		   ? 0
		   : (unsigned long long)limit.rlim_cur;
}

static void put_number(struct hf_buf *out, const char *name, uint64_t value)
{
	hf_buf_printf(out, "zk_%s\t%llu\n", name, (unsigned long long)value);
}

static void put_latency(struct hf_buf *out, const struct stats *s)
{
	hf_buf_printf(out, "zk_avg_latency\t%.4f\n", average_ms(s));
	put_number(out, "max_latency", ms(s->latency_max_us));
	put_number(out, "min_latency", ms(s->latency_min_us));
}

static void put_tree(struct hf_buf *out, struct ephemerald *e)
{
	const struct ztree_counts *counts = ztree_counts(e->db.tree);

	put_number(out, "znode_count", counts->nodes + ROOTS_AGAIN);
	put_number(out, "watch_count", watch_counts(e->db.watches)->watches);
	put_number(out, "ephemerals_count", counts->ephemerals);
	put_number(out, "approximate_data_size",
		   counts->data_bytes + ROOTS_AGAIN);
	put_number(out, "memory_used", zdb_memory(&e->db));
	put_number(out, "global_sessions", sessions_count(e->db.sessions));
	put_number(out, "local_sessions", 0);
}

static void put_journal(struct hf_buf *out, struct ephemerald *e)
{
	const struct journal_counts *counts = persist_counts(e->persist);

	if (counts == NULL)
		return;
	put_number(out, "snap_count", counts->snapshots);
	put_number(out, "cnt_fsynctime", counts->syncs);
	put_number(out, "journal_failures", counts->failures);
	put_number(out, "journal_log_bytes", counts->log_bytes);
	put_number(out, "journal_longest_piece_us",
		   (uint64_t)counts->longest_piece_us);
	put_number(out, "journal_snapshot_pieces", counts->pieces_us.total);
	put_number(out, "journal_p99_piece_us",
		   hf_hist_percentile(&counts->pieces_us, 99));
	put_number(out, "refusing_changes",
		   persist_refusing(e->persist) != NULL);
	put_number(out, "disk_timeouts", e->stats.disk_timeouts);
}

void word_mntr(struct ephemerald *e, struct hf_buf *out, int64_t now_ms)
{
	const struct stats *s = &e->stats;

	hf_buf_printf(out, "zk_version\t%s, built on %s\n", VERSION_TEXT,
		      "01/01/2026 00:00 GMT");
	hf_buf_printf(out, "zk_server_state\tstandalone\n");
	put_latency(out, s);
	put_number(out, "packets_received", s->received);
	put_number(out, "packets_sent", s->sent);
	put_number(out, "bytes_received_count", s->bytes_in);
	put_number(out, "num_alive_connections", s->connections);
	put_number(out, "outstanding_requests", 0);
	put_tree(out, e);
	put_number(out, "open_file_descriptor_count", open_descriptors());
	put_number(out, "max_file_descriptor_count", max_descriptors());
	put_number(out, "uptime", (uint64_t)(now_ms - s->started_ms));
	put_number(out, "connection_request_count", s->accepted);
	put_number(out, "connection_rejected", s->refused + s->turned_away);
	put_number(out, "connection_drop_count", s->dropped);
	put_number(out, "auth_failed_count", s->auth_failed);
	put_number(out, "stale_sessions_expired", s->expired);
	put_number(out, "stalls", s->stalls);
	put_journal(out, e);
}

void word_envi(struct ephemerald *e, struct hf_buf *out, int64_t now_ms)
{
	struct utsname os;
	char host[256] = "";

	HF_UNUSED(e);
	HF_UNUSED(now_ms);
	if (uname(&os) < 0)
		memset(&os, 0, sizeof(os));
	if (gethostname(host, sizeof(host) - 1) < 0)
		host[0] = '\0';
	hf_buf_printf(out,
		      "Environment:\nzookeeper.version=%s, built on %s\n"
		      "host.name=%s\nos.name=%s\nos.arch=%s\nos.version=%s\n",
		      VERSION_TEXT, "01/01/2026 00:00 GMT", host, os.sysname,
		      os.machine, os.release);
}

/* Where a client can reach us over TCP; 0: nowhere. */
static const char *tcp_port(const struct settings *s)
{
	const char *colon = s->tcp == NULL ? NULL : strrchr(s->tcp, ':');

	return colon == NULL ? "0" : colon + 1;
}

void word_conf(struct ephemerald *e, struct hf_buf *out, int64_t now_ms)
{
	const struct settings *s = &e->settings;

	HF_UNUSED(now_ms);
	hf_buf_printf(out,
		      "clientPort=%s\ndataDir=%s\ndataLogDir=%s\n"
		      "maxClientCnxns=%lld\nminSessionTimeout=%lld\n"
		      "maxSessionTimeout=%lld\nserverId=0\n",
		      tcp_port(s), s->dir, s->dir,
		      (long long)s->max_clients_per_address,
		      (long long)s->min_session_timeout_ms,
		      (long long)s->max_session_timeout_ms);
}

void word_srst(struct ephemerald *e, struct hf_buf *out, int64_t now_ms)
{
	struct stats *s = &e->stats;

	HF_UNUSED(now_ms);
	s->received = s->sent = 0;
	s->latency_count = s->latency_sum_us = 0;
	s->latency_min_us = s->latency_max_us = 0;
	hf_buf_printf(out, "Server stats reset.\n");
}

/* Bytes of the journal's files whose names begin so. */
static uint64_t size_of_files(const char *path, const char *prefix)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	struct stat found;
	uint64_t bytes = 0;

	if (dir == NULL)
		return 0;
	while ((entry = readdir(dir)) != NULL) {
		if (strncmp(entry->d_name, prefix, strlen(prefix)) == 0 &&
		    fstatat(dirfd(dir), entry->d_name, &found, 0) == 0)
			bytes += (uint64_t)found.st_size;
	}
	closedir(dir);
	return bytes;
}

void word_dirs(struct ephemerald *e, struct hf_buf *out, int64_t now_ms)
{
	HF_UNUSED(now_ms);
	hf_buf_printf(
	    out, "datadir_size: %llu\nlogdir_size: %llu\n",
	    (unsigned long long)size_of_files(e->settings.dir, "snapshot."),
	    (unsigned long long)size_of_files(e->settings.dir, "log."));
}
