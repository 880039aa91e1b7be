#include "config.h"

#include "lockd/info.h"

#include "libhold/clock.h"
#include "lockd/memory.h"
#include "lockd/persist.h"
#include "lockd/pubsub.h"
#include "lockd/script.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#define INFO_MAX_BYTES (64 * 1024)

static long resident_bytes(void)
{
	FILE *f = fopen("/proc/self/statm", "re");
	long pages = 0;

	if (f == NULL)
		return 0;
	if (fscanf(f, "%*s %ld", &pages) != 1)
		pages = 0;
	fclose(f);
	return pages * sysconf(_SC_PAGESIZE);
}

/* "1.50M", as people read it. */
static const char *human(size_t bytes, char out[24])
{
	static const char units[] = "BKMGT";
	double value = (double)bytes;
	size_t unit = 0;

	while (value >= 1024 && unit + 2 < sizeof(units)) {
		value /= 1024;
		unit++;
	}
	snprintf(out, 24, unit == 0 ? "%.0f%c" : "%.2f%c", value, units[unit]);
	return out;
}

static void info_server(struct call *call, struct hf_buf *out)
{
	int64_t up_s = (call->now_ms - call->lockd->stats.started_ms) / 1000;
	const char *tcp = call->lockd->settings.tcp;
	const char *colon = tcp != NULL ? strrchr(tcp, ':') : NULL;
	const char *file = call->lockd->settings.config.path;
	struct utsname name;

	uname(&name);
	hf_buf_printf(out,
		      "redis_version:%s\r\nlockd_version:%s\r\n"
		      "redis_mode:standalone\r\nos:%s %s %s\r\n"
		      "arch_bits:%d\r\nmonotonic_clock:POSIX clock_gettime\r\n"
		      "multiplexing_api:epoll\r\n",
		      REDIS_VERSION, PACKAGE_VERSION, name.sysname,
		      name.release, name.machine, (int)sizeof(void *) * 8);
	hf_buf_printf(out,
		      "process_id:%d\r\nrun_id:%s\r\ntcp_port:%s\r\n"
		      "server_time_usec:%lld\r\nuptime_in_seconds:%lld\r\n"
		      "uptime_in_days:%lld\r\nprocess_supervised:%s\r\n"
		      "config_file:%s\r\nio_threads_active:0\r\n",
		      (int)getpid(), call->lockd->run_id,
		      colon != NULL ? colon + 1 : "0", (long long)hf_wall_us(),
		      (long long)up_s, (long long)(up_s / 86400),
		      getenv("NOTIFY_SOCKET") != NULL ? "systemd" : "no",
		      file != NULL ? file : "");
}

struct client_counts {
	unsigned blocked, listening, monitors;
};

static struct client_counts count_clients(struct lockd *lockd)
{
	struct client_counts counts = { 0 };

	HF_LIST_FOREACH (node, &lockd->clients) {
		const struct client *client =
		    HF_CONTAINER_OF(node, struct client, all);

		counts.blocked += client->unblock != NULL ? 1 : 0;
		counts.listening += client->listens != NULL ? 1 : 0;
		counts.monitors += !hf_list_empty(&client->monitor) ? 1 : 0;
	}
	return counts;
}

static void info_clients(struct call *call, struct hf_buf *out)
{
	const struct stats *s = &call->lockd->stats;
	struct client_counts counts = count_clients(call->lockd);

	hf_buf_printf(out,
		      "connected_clients:%llu\r\ncluster_connections:0\r\n"
		      "maxclients:%llu\r\nblocked_clients:%u\r\n"
		      "tracking_clients:0\r\npubsub_clients:%u\r\n"
		      "monitor_clients:%u\r\nclients_in_timeout_table:0\r\n",
		      (unsigned long long)s->clients,
		      (unsigned long long)s->max_clients, counts.blocked,
		      counts.listening, counts.monitors);
}

static void info_used(struct call *call, size_t used, struct hf_buf *out)
{
	struct stats *s = &call->lockd->stats;
	size_t rss = (size_t)resident_bytes();
	char text[24];

	if (used > s->peak_bytes)
		s->peak_bytes = used; /* the highest that anybody saw */
	hf_buf_printf(out, "used_memory:%zu\r\nused_memory_human:%s\r\n", used,
		      human(used, text));
	hf_buf_printf(out,
		      "used_memory_rss:%zu\r\nused_memory_rss_human:%s\r\n",
		      rss, human(rss, text));
	hf_buf_printf(out,
		      "used_memory_peak:%zu\r\nused_memory_peak_human:%s\r\n",
		      s->peak_bytes, human(s->peak_bytes, text));
	hf_buf_printf(out, "mem_fragmentation_ratio:%.2f\r\n",
		      used > 0 ? (double)rss / (double)used : 0.0);
}

static void info_memory(struct call *call, struct hf_buf *out)
{
	struct mallinfo2 m = mallinfo2();
	size_t used = m.uordblks + m.hblkhd;
	size_t dataset = memory_used(call->lockd);
	int64_t limit = call->lockd->tuning.max_memory_bytes;
	char text[24];
	size_t lua = script_memory(call->lockd->script);

	info_used(call, used, out);
	hf_buf_printf(out,
		      "used_memory_overhead:%zu\r\nused_memory_dataset:%zu\r\n"
		      "used_memory_lua:%zu\r\nused_memory_scripts:%zu\r\n"
		      "number_of_cached_scripts:%zu\r\n",
		      used > dataset ? used - dataset : 0, dataset, lua, lua,
		      script_count(call->lockd->script));
	hf_buf_printf(out,
		      "total_system_memory:%llu\r\nmaxmemory:%lld\r\n"
		      "maxmemory_human:%s\r\nmaxmemory_policy:noeviction\r\n"
		      "mem_allocator:libc\r\nactive_defrag_running:0\r\n"
		      "lazyfree_pending_objects:0\r\n",
		      (unsigned long long)sysconf(_SC_PHYS_PAGES) *
			  (unsigned long long)sysconf(_SC_PAGESIZE),
		      (long long)limit, human((size_t)limit, text));
}

static void info_persistence(struct call *call, struct hf_buf *out)
{
	const struct persist *persist = call->lockd->persist;
	const struct journal_counts *counts = persist_counts(persist);

	hf_buf_printf(out,
		      "loading:0\r\nasync_loading:0\r\n"
		      "rdb_changes_since_last_save:%llu\r\n"
		      "rdb_bgsave_in_progress:0\r\n"
		      "rdb_last_bgsave_status:%s\r\n"
		      "aof_enabled:%d\r\naof_rewrite_in_progress:0\r\n"
		      "aof_rewrite_scheduled:0\r\n",
		      (unsigned long long)(persist_last(persist) -
					   persist_durable(persist)),
		      persist_refusing(persist) == NULL ? "ok" : "err",
		      persist != NULL);
	if (persist == NULL)
		return;
	hf_buf_printf(out,
		      "aof_last_write_status:%s\r\n"
		      "aof_last_bgrewrite_status:ok\r\n"
		      "aof_current_size:%llu\r\naof_rewrites:%llu\r\n"
		      "aof_pending_records:%llu\r\naof_syncs:%llu\r\n"
		      "aof_failures:%llu\r\naof_loaded_records:%llu\r\n"
		      "aof_cut_bytes:%llu\r\naof_load_ms:%lld\r\n"
		      "journal_longest_piece_us:%lld\r\n",
		      persist_refusing(persist) == NULL ? "ok" : "err",
		      (unsigned long long)counts->log_bytes,
		      (unsigned long long)counts->snapshots,
		      (unsigned long long)(persist_last(persist) -
					   persist_durable(persist)),
		      (unsigned long long)counts->syncs,
		      (unsigned long long)counts->failures,
		      (unsigned long long)counts->loaded,
		      (unsigned long long)counts->cut_bytes,
		      (long long)counts->load_ms,
		      (long long)counts->longest_piece_us);
}

/* Requests a second, on average since somebody last asked (a second ago or
 * more). */
static unsigned long long rate(struct stats *s, int64_t now_ms)
{
	int64_t passed_ms = now_ms - s->sample_ms;

	if (passed_ms >= 1000) {
		s->rate = (s->commands_ever - s->sample_commands) * 1000 /
			  (uint64_t)passed_ms;
		s->sample_ms = now_ms;
		s->sample_commands = s->commands_ever;
	}
	return s->rate;
}

/* What Redis has and lockd does not: alerts and dashboards look at these. */
static const char nothing_of_these[] =
    "sync_full:0\r\nsync_partial_ok:0\r\nsync_partial_err:0\r\n"
    "evicted_clients:0\r\ntotal_forks:0\r\ntracking_total_keys:0\r\n"
    "tracking_total_items:0\r\ntracking_total_prefixes:0\r\n"
    "slave_expires_tracked_keys:0\r\nmigrate_cached_sockets:0\r\n";

static void info_traffic(struct call *call, struct hf_buf *out)
{
	struct stats *s = &call->lockd->stats;

	hf_buf_printf(
	    out,
	    "total_connections_received:%llu\r\n"
	    "total_commands_processed:%llu\r\n"
	    "instantaneous_ops_per_sec:%llu\r\n"
	    "total_net_input_bytes:%llu\r\n"
	    "total_net_output_bytes:%llu\r\n"
	    "rejected_connections:%llu\r\n"
	    "forbidden_connections:%llu\r\n"
	    "total_error_replies:%llu\r\n",
	    (unsigned long long)s->connections, (unsigned long long)s->commands,
	    rate(s, call->now_ms), (unsigned long long)s->bytes_in,
	    (unsigned long long)s->bytes_out, (unsigned long long)s->refused,
	    (unsigned long long)s->forbidden, (unsigned long long)s->errors);
}

static void info_stats(struct call *call, struct hf_buf *out)
{
	const struct lockd *lockd = call->lockd;
	const struct stats *s = &lockd->stats;

	info_traffic(call, out);
	hf_buf_add_slice(out, hf_slice_of(nothing_of_these));
	hf_buf_printf(
	    out,
	    "expired_keys:%llu\r\nexpired_stale_perc:0.00\r\n"
	    "evicted_keys:0\r\nkeyspace_hits:%llu\r\nkeyspace_misses:%llu\r\n"
	    "pubsub_channels:%zu\r\npubsub_patterns:%zu\r\n"
	    "pubsubshard_channels:%zu\r\nlatest_fork_usec:0\r\n"
	    "slowlog_len:%zu\r\nstalls:%llu\r\nstalled_ms:%llu\r\n",
	    (unsigned long long)(keyspace_expired_total(lockd->keys) -
				 s->expired_before),
	    (unsigned long long)s->hits, (unsigned long long)s->misses,
	    pubsub_topics(lockd->pubsub, PUBSUB_CHANNEL),
	    pubsub_topics(lockd->pubsub, PUBSUB_PATTERN),
	    pubsub_topics(lockd->pubsub, PUBSUB_SHARD), lockd->slowlog.len,
	    (unsigned long long)s->stalls, (unsigned long long)s->stalled_ms);
}

static void info_replication(struct call *call, struct hf_buf *out)
{
	hf_buf_printf(out,
		      "role:master\r\nconnected_slaves:0\r\n"
		      "master_failover_state:no-failover\r\n"
		      "master_replid:%s\r\nmaster_repl_offset:0\r\n"
		      "second_repl_offset:-1\r\nrepl_backlog_active:0\r\n"
		      "repl_backlog_size:0\r\n"
		      "repl_backlog_first_byte_offset:0\r\n"
		      "repl_backlog_histlen:0\r\n",
		      call->lockd->run_id);
}

static void print_usage(const char *suffix, const struct rusage *u,
			struct hf_buf *out)
{
	hf_buf_printf(out,
		      "used_cpu_sys%s:%ld.%06ld\r\n"
		      "used_cpu_user%s:%ld.%06ld\r\n",
		      suffix, (long)u->ru_stime.tv_sec,
		      (long)u->ru_stime.tv_usec, suffix,
		      (long)u->ru_utime.tv_sec, (long)u->ru_utime.tv_usec);
}

static void info_cpu(struct call *call, struct hf_buf *out)
{
	struct rusage u;

	HF_UNUSED(call);
	getrusage(RUSAGE_SELF, &u);
	print_usage("", &u, out);
	getrusage(RUSAGE_CHILDREN, &u);
	print_usage("_children", &u, out);
	getrusage(RUSAGE_THREAD, &u);
	print_usage("_main_thread", &u, out);
}

static void info_commandstats(struct call *call, struct hf_buf *out)
{
	size_t n;
	const struct command *table = command_table(&n);

	for (size_t i = 0; i < n; i++) {
		const struct command_count *c =
		    &call->lockd->stats.by_command[i];

		if (c->calls + c->rejected == 0)
			continue;
		hf_buf_printf(
		    out,
		    "cmdstat_%s:calls=%llu,usec=%llu,usec_per_call=%.2f,"
		    "rejected_calls=%llu,failed_calls=%llu\r\n",
		    table[i].name, (unsigned long long)c->calls,
		    (unsigned long long)c->us,
		    c->calls > 0 ? (double)c->us / (double)c->calls : 0.0,
		    (unsigned long long)c->rejected,
		    (unsigned long long)c->failed);
	}
}

static void info_errorstats(struct call *call, struct hf_buf *out)
{
	const struct error_count *counts = call->lockd->stats.error_counts;

	for (size_t i = 0; i <= STATS_ERROR_KINDS && counts[i].count > 0; i++)
		hf_buf_printf(out, "errorstat_%s:count=%llu\r\n",
			      counts[i].code,
			      (unsigned long long)counts[i].count);
}

static void info_cluster(struct call *call, struct hf_buf *out)
{
	HF_UNUSED(call);
	hf_buf_printf(out, "cluster_enabled:0\r\n");
}

static void info_keyspace(struct call *call, struct hf_buf *out)
{
	const struct keyspace *ks = call->lockd->keys;

	if (keyspace_count(ks) > 0)
		hf_buf_printf(out, "db0:keys=%zu,expires=%zu,avg_ttl=0\r\n",
			      keyspace_count(ks), keyspace_count_due(ks));
}

/* In the order in which they are shown. */
static const struct info_section {
	const char *name;
	info_fn *print;
	bool on_demand; /* not in plain INFO */
} info_sections[] = {
	{ "Server", info_server, false },
	{ "Clients", info_clients, false },
	{ "Memory", info_memory, false },
	{ "Persistence", info_persistence, false },
	{ "Stats", info_stats, false },
	{ "Replication", info_replication, false },
	{ "CPU", info_cpu, false },
	{ "Commandstats", info_commandstats, true },
	{ "Errorstats", info_errorstats, false },
	{ "Cluster", info_cluster, false },
	{ "Locks", info_locks, false },
	{ "Keyspace", info_keyspace, false },
};

static bool info_wanted(const struct call *call,
			const struct info_section *section)
{
	if (call->argc == 1)
		return !section->on_demand;
	for (size_t i = 1; i < call->argc; i++) {
		if (hf_slice_ieq(call->argv[i], section->name) ||
		    hf_slice_ieq(call->argv[i], "all") ||
		    hf_slice_ieq(call->argv[i], "everything") ||
		    (hf_slice_ieq(call->argv[i], "default") &&
		     !section->on_demand))
			return true;
	}
	return false;
}

void cmd_info(struct call *call)
{
	struct hf_buf out;

	hf_buf_init(&out, INFO_MAX_BYTES);
	for (size_t i = 0; i < HF_LEN(info_sections); i++) {
		if (!info_wanted(call, &info_sections[i]))
			continue;
		hf_buf_printf(&out, "%s# %s\r\n",
			      hf_buf_len(&out) > 0 ? "\r\n" : "",
			      info_sections[i].name);
		info_sections[i].print(call, &out);
	}
	reply_verbatim(call->reply, hf_buf_slice(&out));
	hf_buf_fini(&out);
}
