#include "config.h"

#include "lockd/info.h"

#include "libhold/clock.h"
#include "lockd/script.h"

#include <malloc.h>
#include <stdio.h>
#include <sys/resource.h>
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

static void info_server(struct call *call, struct hf_buf *out)
{
	int64_t up_s = (call->now_ms - call->lockd->stats.started_ms) / 1000;

	hf_buf_printf(out,
		      "redis_version:%s\r\nlockd_version:%s\r\n"
		      "redis_mode:standalone\r\nos:Linux\r\narch_bits:%d\r\n"
		      "multiplexing_api:epoll\r\nprocess_id:%d\r\n"
		      "run_id:%s\r\nserver_time_usec:%lld\r\n"
		      "uptime_in_seconds:%lld\r\nuptime_in_days:%lld\r\n",
		      REDIS_VERSION, PACKAGE_VERSION, (int)sizeof(void *) * 8,
		      (int)getpid(), call->lockd->run_id,
		      (long long)hf_wall_us(), (long long)up_s,
		      (long long)(up_s / 86400));
}

static void info_clients(struct call *call, struct hf_buf *out)
{
	const struct stats *s = &call->lockd->stats;

	hf_buf_printf(out,
		      "connected_clients:%llu\r\nmaxclients:%llu\r\n"
		      "blocked_clients:0\r\n",
		      (unsigned long long)s->clients,
		      (unsigned long long)s->max_clients);
}

static void info_memory(struct call *call, struct hf_buf *out)
{
	struct mallinfo2 m = mallinfo2();

	hf_buf_printf(out,
		      "used_memory:%zu\r\nused_memory_rss:%ld\r\n"
		      "used_memory_dataset:%zu\r\nused_memory_lua:%zu\r\n"
		      "number_of_cached_scripts:%zu\r\nmaxmemory:0\r\n"
		      "maxmemory_policy:noeviction\r\nmem_allocator:libc\r\n",
		      m.uordblks + m.hblkhd, resident_bytes(),
		      keyspace_memory(call->lockd->keys),
		      script_memory(call->lockd->script),
		      script_count(call->lockd->script));
}

static void info_persistence(struct call *call, struct hf_buf *out)
{
	HF_UNUSED(call);
	hf_buf_printf(out, "loading:0\r\nrdb_bgsave_in_progress:0\r\n"
			   "aof_enabled:0\r\naof_rewrite_in_progress:0\r\n");
}

static void info_stats(struct call *call, struct hf_buf *out)
{
	const struct stats *s = &call->lockd->stats;

	hf_buf_printf(
	    out,
	    "total_connections_received:%llu\r\n"
	    "total_commands_processed:%llu\r\n"
	    "total_net_input_bytes:%llu\r\ntotal_net_output_bytes:%llu\r\n"
	    "rejected_connections:%llu\r\nexpired_keys:%llu\r\n"
	    "evicted_keys:0\r\nkeyspace_hits:%llu\r\nkeyspace_misses:%llu\r\n"
	    "total_error_replies:%llu\r\n",
	    (unsigned long long)s->connections, (unsigned long long)s->commands,
	    (unsigned long long)s->bytes_in, (unsigned long long)s->bytes_out,
	    (unsigned long long)s->refused,
	    (unsigned long long)keyspace_expired_total(call->lockd->keys),
	    (unsigned long long)s->hits, (unsigned long long)s->misses,
	    (unsigned long long)s->errors);
}

static void info_replication(struct call *call, struct hf_buf *out)
{
	HF_UNUSED(call);
	hf_buf_printf(out, "role:master\r\nconnected_slaves:0\r\n"
			   "master_repl_offset:0\r\n");
}

static void info_cpu(struct call *call, struct hf_buf *out)
{
	struct rusage u;

	HF_UNUSED(call);
	getrusage(RUSAGE_SELF, &u);
	hf_buf_printf(out,
		      "used_cpu_sys:%ld.%06ld\r\nused_cpu_user:%ld.%06ld\r\n",
		      (long)u.ru_stime.tv_sec, (long)u.ru_stime.tv_usec,
		      (long)u.ru_utime.tv_sec, (long)u.ru_utime.tv_usec);
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
} info_sections[] = {
	{ "Server", info_server },     { "Clients", info_clients },
	{ "Memory", info_memory },     { "Persistence", info_persistence },
	{ "Stats", info_stats },       { "Replication", info_replication },
	{ "CPU", info_cpu },           { "Cluster", info_cluster },
	{ "Keyspace", info_keyspace },
};

static bool info_wanted(const struct call *call, const char *name)
{
	if (call->argc == 1)
		return true;
	for (size_t i = 1; i < call->argc; i++) {
		if (hf_slice_ieq(call->argv[i], name) ||
		    hf_slice_ieq(call->argv[i], "all") ||
		    hf_slice_ieq(call->argv[i], "everything") ||
		    hf_slice_ieq(call->argv[i], "default"))
			return true;
	}
	return false;
}

void cmd_info(struct call *call)
{
	struct hf_buf out;

	hf_buf_init(&out, INFO_MAX_BYTES);
	for (size_t i = 0; i < HF_LEN(info_sections); i++) {
		if (!info_wanted(call, info_sections[i].name))
			continue;
		hf_buf_printf(&out, "%s# %s\r\n",
			      hf_buf_len(&out) > 0 ? "\r\n" : "",
			      info_sections[i].name);
		info_sections[i].print(call, &out);
	}
	reply_verbatim(call->reply, hf_buf_slice(&out));
	hf_buf_fini(&out);
}
