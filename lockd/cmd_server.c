/*
 * Commands about the connection and the server itself.
 */
#include "config.h"

#include "lockd/command.h"

#include "libhold/buf.h"
#include "libhold/clock.h"
#include "libhold/log.h"
#include "lockd/script.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

/* What clients take us for: they choose their commands by it. */
#define REDIS_VERSION "7.0.15"

#define INFO_MAX_BYTES (64 * 1024)

void cmd_ping(struct call *call)
{
	if (call->argc == 2)
		reply_bulk(call->reply, call->argv[1]);
	else
		reply_status(call->reply, HF_SLICE("PONG"));
}

void cmd_echo(struct call *call)
{
	reply_bulk(call->reply, call->argv[1]);
}

void cmd_quit(struct call *call)
{
	call->client->close_on_reply = true;
	reply_ok(call->reply);
}

/*
 * A browser that was lured into posting to us: its request's lines must not
 * be taken for commands.
 */
void cmd_http(struct call *call)
{
	hf_warnx("HTTP request refused client=%llu",
		 (unsigned long long)call->client->id);
	call->client->close_on_reply = true;
	reply_error(call->reply, "ERR this is no HTTP server");
}

void cmd_select(struct call *call)
{
	int64_t index;

	if (hf_slice_int64(call->argv[1], &index) < 0)
		reply_not_an_integer(call->reply);
	else if (index != 0)
		reply_error(call->reply, "ERR DB index is out of range");
	else
		reply_ok(call->reply);
}

void cmd_time(struct call *call)
{
	int64_t now_us = hf_wall_us();
	char seconds[24], micros[24];

	snprintf(seconds, sizeof(seconds), "%lld",
		 (long long)(now_us / 1000000));
	snprintf(micros, sizeof(micros), "%lld", (long long)(now_us % 1000000));
	reply_array(call->reply, 2);
	reply_str(call->reply, seconds);
	reply_str(call->reply, micros);
}

void cmd_shutdown(struct call *call)
{
	static const char *const words[] = { "nosave", "save", "now", "force" };

	for (size_t i = 1; i < call->argc; i++) {
		bool known = false;

		if (hf_slice_ieq(call->argv[i], "abort")) {
			reply_error(call->reply,
				    "ERR No shutdown in progress.");
			return;
		}
		for (size_t w = 0; w < HF_LEN(words); w++)
			known = known || hf_slice_ieq(call->argv[i], words[w]);
		if (!known) {
			reply_syntax_error(call->reply);
			return;
		}
	}
	hf_info("shutdown asked for client=%llu",
		(unsigned long long)call->client->id);
	call->lockd->shutdown = true; /* the only answer is the closed line */
}

/* ---- HELLO and CLIENT --------------------------------------------------- */

/* Visible ASCII only, so that names can stand in one line of a list. */
static bool is_plain(struct hf_slice text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] < '!' || text.data[i] > '~')
			return false;
	}
	return true;
}

/* Copies value into field[room]; an error reply and false if it may not. */
static bool note(struct call *call, struct hf_slice value, const char *what,
		 char *field, size_t room)
{
	if (!is_plain(value)) {
		reply_error(call->reply,
			    "ERR %s cannot contain spaces, newlines or "
			    "special characters.",
			    what);
		return false;
	}
	if (value.len >= room) {
		reply_error(call->reply, "ERR %s is longer than %zu bytes",
			    what, room - 1);
		return false;
	}
	if (value.len > 0)
		memcpy(field, value.data, value.len);
	field[value.len] = '\0';
	return true;
}

static bool note_name(struct call *call, struct hf_slice name)
{
	return note(call, name, "Client names", call->client->name,
		    sizeof(call->client->name));
}

static void reply_hello(struct call *call)
{
	struct reply *r = call->reply;

	reply_map(r, 7);
	reply_str(r, "server");
	reply_str(r, "redis");
	reply_str(r, "version");
	reply_str(r, REDIS_VERSION);
	reply_str(r, "proto");
	reply_integer(r, call->client->protocol);
	reply_str(r, "id");
	reply_integer(r, (int64_t)call->client->id);
	reply_str(r, "mode");
	reply_str(r, "standalone");
	reply_str(r, "role");
	reply_str(r, "master");
	reply_str(r, "modules");
	reply_array(r, 0);
}

/* HELLO [protover [AUTH user password] [SETNAME name]] */
void cmd_hello(struct call *call)
{
	int64_t protocol = call->client->protocol;
	size_t i = 2;

	if (call->argc >= 2) {
		if (hf_slice_int64(call->argv[1], &protocol) < 0) {
			reply_error(call->reply,
				    "ERR Protocol version is not an integer "
				    "or out of range");
			return;
		}
		if (protocol < 2 || protocol > 3) {
			reply_error(call->reply,
				    "NOPROTO unsupported protocol version");
			return;
		}
	}
	while (i < call->argc) {
		if (hf_slice_ieq(call->argv[i], "auth") && i + 2 < call->argc) {
			if (!hf_slice_ieq(call->argv[i + 1], "default")) {
				reply_error(call->reply,
					    "WRONGPASS invalid username-"
					    "password pair or user is "
					    "disabled.");
				return;
			}
			i += 3;
		} else if (hf_slice_ieq(call->argv[i], "setname") &&
			   i + 1 < call->argc) {
			if (!note_name(call, call->argv[i + 1]))
				return;
			i += 2;
		} else {
			reply_error(call->reply,
				    "ERR Syntax error in HELLO option '%.*s'",
				    (int)(call->argv[i].len < 64
					      ? call->argv[i].len
					      : 64),
				    call->argv[i].data);
			return;
		}
	}
	call->client->protocol = (int)protocol;
	call->reply->protocol = (int)protocol;
	reply_hello(call);
}

static void client_setname(struct call *call)
{
	if (note_name(call, call->argv[2]))
		reply_ok(call->reply);
}

static void client_getname(struct call *call)
{
	if (call->client->name[0] != '\0')
		reply_str(call->reply, call->client->name);
	else
		reply_null(call->reply);
}

static void client_id(struct call *call)
{
	reply_integer(call->reply, (int64_t)call->client->id);
}

static void client_setinfo(struct call *call)
{
	struct client *client = call->client;
	bool ok;

	if (hf_slice_ieq(call->argv[2], "lib-name")) {
		ok = note(call, call->argv[3], "lib-name", client->lib_name,
			  sizeof(client->lib_name));
	} else if (hf_slice_ieq(call->argv[2], "lib-ver")) {
		ok = note(call, call->argv[3], "lib-ver", client->lib_version,
			  sizeof(client->lib_version));
	} else {
		reply_error(
		    call->reply, "ERR Unrecognized option '%.*s'",
		    (int)(call->argv[2].len < 64 ? call->argv[2].len : 64),
		    call->argv[2].data);
		return;
	}
	if (ok)
		reply_ok(call->reply);
}

static void client_help(struct call *call)
{
	static const char *const lines[] = {
		"CLIENT <subcommand> [<arg> ...]. Subcommands are:",
		"GETNAME",
		"    The name of this connection.",
		"ID",
		"    The number of this connection.",
		"SETINFO <LIB-NAME|LIB-VER> <text>",
		"    Notes which client library this is.",
		"SETNAME <name>",
		"    Names this connection.",
	};

	reply_array(call->reply, HF_LEN(lines));
	for (size_t i = 0; i < HF_LEN(lines); i++)
		reply_status(call->reply, hf_slice_of(lines[i]));
}

void cmd_client(struct call *call)
{
	static const struct subcommand subs[] = {
		{ "setname", 3, 3, client_setname },
		{ "getname", 2, 2, client_getname },
		{ "id", 2, 2, client_id },
		{ "setinfo", 4, 4, client_setinfo },
		{ "help", 2, 2, client_help },
	};

	command_run_sub(call, "client", subs, HF_LEN(subs));
}

/* ---- COMMAND ------------------------------------------------------------ */

/* A command's number of arguments as Redis gives it: -n is "at least n". */
static int64_t arity_of(const struct command *c)
{
	return c->max_args == c->min_args ? c->min_args : -c->min_args;
}

static void reply_flags(struct reply *r, unsigned flags)
{
	static const struct {
		unsigned bit;
		const char *name;
	} names[] = {
		{ COMMAND_NO_SCRIPT, "noscript" },
		{ COMMAND_ADMIN, "admin" },
		{ COMMAND_FAST, "fast" },
	};
	size_t n = 1;

	for (size_t i = 0; i < HF_LEN(names); i++)
		n += (flags & names[i].bit) != 0 ? 1 : 0;
	reply_set(r, n);
	reply_status(r, (flags & COMMAND_WRITE) != 0 ? HF_SLICE("write")
						     : HF_SLICE("readonly"));
	for (size_t i = 0; i < HF_LEN(names); i++) {
		if ((flags & names[i].bit) != 0)
			reply_status(r, hf_slice_of(names[i].name));
	}
}

static void reply_command_info(struct reply *r, const struct command *c)
{
	reply_array(r, 10);
	reply_str(r, c->name);
	reply_integer(r, arity_of(c));
	reply_flags(r, c->flags);
	reply_integer(r, c->first_key);
	reply_integer(r, c->last_key);
	reply_integer(r, c->key_step);
	for (int i = 0; i < 4; i++) /* categories, tips, key specs, subs */
		reply_array(r, 0);
}

static void command_count(struct call *call)
{
	size_t n;

	command_table(&n);
	reply_integer(call->reply, (int64_t)n);
}

static void command_list(struct call *call)
{
	size_t n;
	const struct command *table = command_table(&n);

	reply_array(call->reply, n);
	for (size_t i = 0; i < n; i++)
		reply_str(call->reply, table[i].name);
}

static void command_all(struct call *call)
{
	size_t n;
	const struct command *table = command_table(&n);

	reply_array(call->reply, n);
	for (size_t i = 0; i < n; i++)
		reply_command_info(call->reply, &table[i]);
}

static void command_info(struct call *call)
{
	if (call->argc == 2) {
		command_all(call);
		return;
	}
	reply_array(call->reply, call->argc - 2);
	for (size_t i = 2; i < call->argc; i++) {
		const struct command *c = command_find(call->argv[i]);

		if (c != NULL)
			reply_command_info(call->reply, c);
		else
			reply_null_array(call->reply);
	}
}

/* What redis-cli needs to complete names; the manual page has the rest. */
static void command_docs(struct call *call)
{
	size_t n, wanted = 0;
	const struct command *table = command_table(&n);

	for (size_t i = 2; i < call->argc; i++)
		wanted += command_find(call->argv[i]) != NULL ? 1 : 0;
	reply_map(call->reply, call->argc == 2 ? n : wanted);
	for (size_t i = 0; i < (call->argc == 2 ? n : call->argc - 2); i++) {
		const struct command *c = call->argc == 2
					      ? &table[i]
					      : command_find(call->argv[2 + i]);
		if (c == NULL)
			continue;
		reply_str(call->reply, c->name);
		reply_map(call->reply, 2);
		reply_str(call->reply, "summary");
		reply_str(call->reply, "See lockd(8).");
		reply_str(call->reply, "group");
		reply_str(call->reply, "generic");
	}
}

static void command_getkeys(struct call *call)
{
	const struct command *c =
	    call->argc > 2 ? command_find(call->argv[2]) : NULL;
	size_t n = call->argc - 2, first, last;

	if (c == NULL) {
		reply_error(call->reply, "ERR Invalid command specified");
		return;
	}
	if (c->first_key == 0) {
		reply_error(call->reply,
			    "ERR The command has no key arguments");
		return;
	}
	if (n < (size_t)c->min_args ||
	    (c->max_args > 0 && n > (size_t)c->max_args)) {
		reply_error(call->reply, "ERR Invalid number of arguments "
					 "specified for command");
		return;
	}
	first = (size_t)c->first_key;
	last = c->last_key < 0 ? n - 1 : (size_t)c->last_key;
	reply_array(call->reply, (last - first) / (size_t)c->key_step + 1);
	for (size_t i = first; i <= last; i += (size_t)c->key_step)
		reply_bulk(call->reply, call->argv[2 + i]);
}

void cmd_command(struct call *call)
{
	static const struct subcommand subs[] = {
		{ "count", 2, 2, command_count },
		{ "list", 2, 2, command_list },
		{ "info", 2, 0, command_info },
		{ "docs", 2, 0, command_docs },
		{ "getkeys", 3, 0, command_getkeys },
	};

	if (call->argc == 1)
		command_all(call);
	else
		command_run_sub(call, "command", subs, HF_LEN(subs));
}

/* ---- INFO --------------------------------------------------------------- */

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

static const struct info_section {
	const char *name;
	void (*print)(struct call *call, struct hf_buf *out);
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
