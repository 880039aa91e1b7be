/*
 * Commands that look at how lockd is doing: SLOWLOG, MONITOR, LATENCY, MEMORY.
 */
#include "config.h"

#include "lockd/command.h"

#include <malloc.h>

/* ---- SLOWLOG ------------------------------------------------------------ */

static void reply_entry(struct reply *r, const struct slow_entry *entry)
{
	reply_array(r, 6);
	reply_integer(r, (int64_t)entry->id);
	reply_integer(r, entry->at_s);
	reply_integer(r, entry->took_us);
	reply_array(r, entry->argc);
	for (size_t i = 0; i < entry->argc; i++)
		reply_bulk(
		    r, (struct hf_slice){ entry->argv[i], entry->arg_len[i] });
	reply_str(r, entry->addr);
	reply_str(r, entry->name);
}

/* SLOWLOG GET [count]: the newest first; -1 gives all. */
static void slowlog_get(struct call *call)
{
	struct slowlog *log = &call->lockd->slowlog;
	struct hf_list *node = log->entries.prev;
	int64_t count = 10;

	if (!command_sub_has_at_most(call, 3, "SLOWLOG"))
		return;
	if (call->argc == 3 &&
	    (hf_slice_int64(call->argv[2], &count) < 0 || count < -1)) {
		reply_error(call->reply, "ERR count should be greater than or "
					 "equal to -1");
		return;
	}
	if (count < 0 || (uint64_t)count > log->len)
		count = (int64_t)log->len;
	reply_array(call->reply, (size_t)count);
	for (; count > 0; count--, node = node->prev)
		reply_entry(call->reply,
			    HF_CONTAINER_OF(node, struct slow_entry, all));
}

static void slowlog_len(struct call *call)
{
	reply_integer(call->reply, (int64_t)call->lockd->slowlog.len);
}

static void slowlog_reset(struct call *call)
{
	slowlog_trim(&call->lockd->slowlog, 0);
	reply_ok(call->reply);
}

static void slowlog_help(struct call *call)
{
	static const char *const lines[] = {
		"SLOWLOG <subcommand> [<arg> ...]. Subcommands are:",
		"GET [<count>]",
		"    The last requests that took longer than",
		"    slowlog-log-slower-than microseconds, newest first.",
		"LEN",
		"    How many there are.",
		"RESET",
		"    Forgets them.",
		"HELP",
		"    This text.",
	};

	reply_lines(call->reply, lines, HF_LEN(lines));
}

void cmd_slowlog(struct call *call)
{
	static const struct subcommand subs[] = {
		{ "get", 2, 0, slowlog_get },
		{ "len", 2, 2, slowlog_len },
		{ "reset", 2, 2, slowlog_reset },
		{ "help", 2, 2, slowlog_help },
	};

	command_run_sub(call, "slowlog", subs, HF_LEN(subs));
}

/* ---- MONITOR ------------------------------------------------------------ */

void cmd_monitor(struct call *call)
{
	struct hf_list *monitor = &call->client->monitor;

	if (call->in_exec) {
		reply_error(call->reply, "ERR MONITOR isn't allowed for DENY "
					 "BLOCKING client");
		return;
	}
	if (hf_list_empty(monitor))
		hf_list_append(&call->lockd->monitors, monitor);
	reply_ok(call->reply);
}

/* ---- LATENCY: nothing is watched for spikes ----------------------------- */

static void latency_nothing(struct call *call)
{
	reply_array(call->reply, 0);
}

static void latency_reset(struct call *call)
{
	reply_integer(call->reply, 0);
}

static void latency_graph(struct call *call)
{
	struct hf_slice event = call->argv[2];

	reply_error(call->reply, "ERR No samples available for event '%.*s'",
		    (int)(event.len < 64 ? event.len : 64), event.data);
}

static void latency_doctor(struct call *call)
{
	reply_verbatim(call->reply,
		       HF_SLICE("Latency is not sampled here. SLOWLOG has the "
				"slow requests, and INFO commandstats what "
				"each command takes.\n"));
}

static void latency_histogram(struct call *call)
{
	reply_map(call->reply, 0);
}

static void latency_help(struct call *call)
{
	static const char *const lines[] = {
		"LATENCY <subcommand> [<arg> ...]. Subcommands are:",
		"DOCTOR",
		"    Where to look.",
		"GRAPH <event>, HISTORY <event>, LATEST, RESET [<event> ...]",
		"HISTOGRAM [<command> ...]",
		"    Nothing is sampled: all of them are empty.",
		"HELP",
		"    This text.",
	};

	reply_lines(call->reply, lines, HF_LEN(lines));
}

void cmd_latency(struct call *call)
{
	static const struct subcommand subs[] = {
		{ "latest", 2, 2, latency_nothing },
		{ "history", 3, 3, latency_nothing },
		{ "reset", 2, 0, latency_reset },
		{ "graph", 3, 3, latency_graph },
		{ "doctor", 2, 2, latency_doctor },
		{ "histogram", 2, 0, latency_histogram },
		{ "help", 2, 2, latency_help },
	};

	command_run_sub(call, "latency", subs, HF_LEN(subs));
}

/* ---- MEMORY ------------------------------------------------------------- */

/* Of a key beside its bytes: its links, deadline, token and its table slot. */
#define KEY_OVERHEAD_BYTES 64

/* [SAMPLES count], which is not needed; false after an error reply. */
static bool check_samples(struct call *call)
{
	int64_t samples;

	for (size_t i = 3; i < call->argc; i += 2) {
		if (!hf_slice_ieq(call->argv[i], "samples") ||
		    i + 1 == call->argc) {
			reply_syntax_error(call->reply);
			return false;
		}
		if (hf_slice_int64(call->argv[i + 1], &samples) < 0) {
			reply_not_an_integer(call->reply);
			return false;
		}
		if (samples < 0) {
			reply_syntax_error(call->reply);
			return false;
		}
	}
	return true;
}

/* MEMORY USAGE key [SAMPLES count]: about how many bytes it takes. */
static void memory_usage(struct call *call)
{
	struct ks_view view;

	if (!check_samples(call))
		return;
	view = keyspace_get(call->lockd->keys, call->argv[2], call->now_ms);
	if (view.type == KS_NONE)
		reply_null(call->reply);
	else
		reply_integer(call->reply,
			      (int64_t)(KEY_OVERHEAD_BYTES + view.value.len +
					call->argv[2].len));
}

static void memory_doctor(struct call *call)
{
	reply_verbatim(call->reply,
		       HF_SLICE("Nothing is cached and nothing is evicted: "
				"what INFO memory says is what keys, scripts "
				"and clients need.\n"));
}

static void memory_purge(struct call *call)
{
	malloc_trim(0);
	reply_ok(call->reply);
}

static void memory_help(struct call *call)
{
	static const char *const lines[] = {
		"MEMORY <subcommand> [<arg> ...]. Subcommands are:",
		"DOCTOR",
		"    A few words.",
		"PURGE",
		"    Gives free memory back to the system.",
		"USAGE <key> [SAMPLES <count>]",
		"    About how many bytes a key takes.",
		"HELP",
		"    This text.",
	};

	reply_lines(call->reply, lines, HF_LEN(lines));
}

void cmd_memory(struct call *call)
{
	static const struct subcommand subs[] = {
		{ "usage", 3, 0, memory_usage },
		{ "doctor", 2, 2, memory_doctor },
		{ "purge", 2, 2, memory_purge },
		{ "help", 2, 2, memory_help },
	};

	command_run_sub(call, "memory", subs, HF_LEN(subs));
}
