/*
 * CONFIG: what is in force, and what can be changed while lockd runs.
 *
 * Names are Redis's where a setting means the same; flags of lockd's own are
 * in lockd(8). Options that Redis has and that are settled here (there is no
 * eviction, one database, ...) show what is so, and refuse everything else.
 */
#include "config.h"

#include "libhold/buf.h"
#include "libhold/err.h"
#include "lockd/command.h"
#include "lockd/glob.h"
#include "lockd/memory.h"
#include "lockd/notify.h"

#include <stdio.h>

#define CONFIG_VALUE_MAX 4200 /* a path fits */
#define CONFIG_ERROR_MAX 128

enum kind {
	FIXED,  /* text */
	NUMBER, /* of struct tuning, at offset, from min to max */
	OWN,    /* show; and change, if it can be changed */
};

/* All of a CONFIG SET is checked before any of it is applied. */
enum step { CHECK, APPLY };

struct option {
	const char *name;
	enum kind kind;
	const char *text;
	size_t offset;
	int64_t min, max;
	void (*show)(struct lockd *lockd, char out[CONFIG_VALUE_MAX]);
	/* NULL, or why it may not be. */
	const char *(*change)(struct lockd *lockd, struct hf_slice value,
			      enum step step);
};

/* ---- options of their own ----------------------------------------------- */

static void show_events(struct lockd *lockd, char *out)
{
	notify_format(notify_flags(lockd->notify), out);
}

static const char *change_events(struct lockd *lockd, struct hf_slice value,
				 enum step step)
{
	unsigned flags;

	if (notify_parse(value, &flags) < 0)
		return "Invalid event class character. Use 'Ag$lshzxeKEtd'.";
	if (step == APPLY)
		notify_set(lockd->notify, flags);
	return NULL;
}

static void show_number(char *out, int64_t value)
{
	snprintf(out, CONFIG_VALUE_MAX, "%lld", (long long)value);
}

static void show_text(char *out, const char *text)
{
	snprintf(out, CONFIG_VALUE_MAX, "%s", text != NULL ? text : "");
}

static void show_max_clients(struct lockd *lockd, char *out)
{
	show_number(out, (int64_t)lockd->stats.max_clients);
}

static void show_appendonly(struct lockd *lockd, char *out)
{
	show_text(out,
		  lockd->settings.durability == DURABILITY_NONE ? "no" : "yes");
}

static void show_appendfsync(struct lockd *lockd, char *out)
{
	static const char *const names[] = { [DURABILITY_ALWAYS] = "always",
					     [DURABILITY_EVERYSEC] = "everysec",
					     [DURABILITY_NONE] = "no" };

	show_text(out, names[lockd->settings.durability]);
}

static void show_dir(struct lockd *lockd, char *out)
{
	show_text(out, lockd->settings.dir);
}

static void show_unix(struct lockd *lockd, char *out)
{
	show_text(out, lockd->settings.unix_path);
}

static void show_unix_mode(struct lockd *lockd, char *out)
{
	snprintf(out, CONFIG_VALUE_MAX, "%llo",
		 (unsigned long long)lockd->settings.unix_mode);
}

/* "ADDR:PORT" in two. */
static void show_bind(struct lockd *lockd, char *out)
{
	char *colon;

	show_text(out, lockd->settings.tcp);
	colon = strrchr(out, ':');
	if (colon != NULL)
		*colon = '\0';
}

static void show_port(struct lockd *lockd, char *out)
{
	const char *tcp = lockd->settings.tcp;
	const char *colon = tcp != NULL ? strrchr(tcp, ':') : NULL;

	show_text(out, colon != NULL ? colon + 1 : "0");
}

static void show_max_memory(struct lockd *lockd, char *out)
{
	show_number(out, lockd->tuning.max_memory_bytes);
}

static const char *change_max_memory(struct lockd *lockd, struct hf_slice value,
				     enum step step)
{
	int64_t bytes;

	if (!memory_parse(value, &bytes))
		return "argument must be a memory value";
	if (step == APPLY)
		lockd->tuning.max_memory_bytes = bytes;
	return NULL;
}

static void show_request_max(struct lockd *lockd, char *out)
{
	show_number(out, lockd->settings.max_request_bytes);
}

static void show_log_level(struct lockd *lockd, char *out)
{
	static const char *const names[] = { "debug", "notice", "warning" };

	show_text(out, names[lockd->settings.log_level]);
}

/* ---- the table ---------------------------------------------------------- */

#define IS(name, text)                                 \
	{                                              \
		name, FIXED, text, 0, 0, 0, NULL, NULL \
	}
#define TUNE(name, field, min, max)                                           \
	{                                                                     \
		name, NUMBER, NULL, offsetof(struct tuning, field), min, max, \
		    NULL, NULL                                                \
	}
#define SHOW(name, show)                             \
	{                                            \
		name, OWN, NULL, 0, 0, 0, show, NULL \
	}

static const struct option options[] = {
	SHOW("appendfsync", show_appendfsync),
	SHOW("appendonly", show_appendonly),
	SHOW("bind", show_bind),
	TUNE("busy-reply-threshold", busy_reply_ms, 0, INT64_MAX),
	IS("cluster-enabled", "no"),
	IS("databases", "1"),
	SHOW("dir", show_dir),
	IS("io-threads", "1"),
	IS("latency-monitor-threshold", "0"),
	SHOW("loglevel", show_log_level),
	TUNE("lua-time-limit", busy_reply_ms, 0, INT64_MAX),
	SHOW("maxclients", show_max_clients),
	{ "maxmemory", OWN, NULL, 0, 0, 0, show_max_memory, change_max_memory },
	IS("maxmemory-policy", "noeviction"),
	{ "notify-keyspace-events", OWN, NULL, 0, 0, 0, show_events,
	  change_events },
	SHOW("port", show_port),
	IS("protected-mode", "no"),
	SHOW("proto-max-bulk-len", show_request_max),
	IS("replica-read-only", "yes"),
	IS("save", ""),
	IS("slave-read-only", "yes"),
	TUNE("slowlog-log-slower-than", slowlog_slower_than_us, -1, INT64_MAX),
	TUNE("slowlog-max-len", slowlog_max_len, 0, SLOWLOG_LEN_MAX),
	IS("tcp-keepalive", "300"),
	TUNE("timeout", idle_timeout_s, 0, INT32_MAX),
	SHOW("unixsocket", show_unix),
	SHOW("unixsocketperm", show_unix_mode),
};

static int64_t *number_of(struct lockd *lockd, const struct option *option)
{
	return (int64_t *)(void *)((char *)&lockd->tuning + option->offset);
}

static void show(struct lockd *lockd, const struct option *option,
		 char out[CONFIG_VALUE_MAX])
{
	if (option->kind == OWN)
		option->show(lockd, out);
	else if (option->kind == NUMBER)
		show_number(out, *number_of(lockd, option));
	else
		show_text(out, option->text);
}

/* ---- CONFIG GET --------------------------------------------------------- */

/* As whom it was asked for: as it was written, or by its name. False: not. */
static bool wanted(const struct call *call, const struct option *option,
		   struct hf_slice *name_out)
{
	for (size_t i = 2; i < call->argc; i++) {
		*name_out = call->argv[i];
		if (hf_slice_ieq(call->argv[i], option->name))
			return true;
		*name_out = hf_slice_of(option->name);
		if (glob_match(call->argv[i], *name_out))
			return true;
	}
	return false;
}

static void config_get(struct call *call)
{
	char value[CONFIG_VALUE_MAX];
	struct hf_slice name;
	size_t n = 0;

	for (size_t i = 0; i < HF_LEN(options); i++)
		n += wanted(call, &options[i], &name) ? 1 : 0;
	reply_map(call->reply, n);
	for (size_t i = 0; i < HF_LEN(options); i++) {
		if (!wanted(call, &options[i], &name))
			continue;
		show(call->lockd, &options[i], value);
		reply_bulk(call->reply, name);
		reply_str(call->reply, value);
	}
}

/* ---- CONFIG SET --------------------------------------------------------- */

static const struct option *find(struct hf_slice name)
{
	for (size_t i = 0; i < HF_LEN(options); i++) {
		if (hf_slice_ieq(name, options[i].name))
			return &options[i];
	}
	return NULL;
}

static const char *set_number(struct lockd *lockd, const struct option *option,
			      struct hf_slice value, enum step step,
			      char error[CONFIG_ERROR_MAX])
{
	int64_t number;

	if (hf_slice_int64(value, &number) < 0)
		return "argument couldn't be parsed into an integer";
	if (number < option->min || number > option->max) {
		snprintf(error, CONFIG_ERROR_MAX,
			 "argument must be between %lld and %lld inclusive",
			 (long long)option->min, (long long)option->max);
		return error;
	}
	if (step == APPLY)
		*number_of(lockd, option) = number;
	return NULL;
}

/* NULL; or what is wrong with it, perhaps in error. */
static const char *set(struct lockd *lockd, const struct option *option,
		       struct hf_slice value, enum step step,
		       char error[CONFIG_ERROR_MAX])
{
	char now[CONFIG_VALUE_MAX];

	if (option->kind == NUMBER)
		return set_number(lockd, option, value, step, error);
	if (option->kind == OWN && option->change != NULL)
		return option->change(lockd, value, step);
	/* Saying what is so already is no change. */
	show(lockd, option, now);
	return hf_slice_ieq(value, now) ? NULL : "can't set immutable config";
}

static bool named_before(const struct call *call, size_t at)
{
	for (size_t i = 2; i < at; i += 2) {
		if (find(call->argv[i]) == find(call->argv[at]))
			return true;
	}
	return false;
}

/* False after an error reply. */
static bool set_all(struct call *call, enum step step)
{
	char error[CONFIG_ERROR_MAX];

	for (size_t i = 2; i < call->argc; i += 2) {
		const struct option *option = find(call->argv[i]);
		const char *why;

		if (option == NULL) {
			reply_error(call->reply,
				    "ERR Unknown option or number of "
				    "arguments for CONFIG SET - '%.*s'",
				    (int)(call->argv[i].len < 128
					      ? call->argv[i].len
					      : 128),
				    call->argv[i].data);
			return false;
		}
		why = named_before(call, i)
			  ? "duplicate parameter"
			  : set(call->lockd, option, call->argv[i + 1], step,
				error);
		if (why != NULL) {
			reply_error(call->reply,
				    "ERR CONFIG SET failed (possibly related "
				    "to argument '%s') - %s",
				    option->name, why);
			return false;
		}
	}
	return true;
}

static void config_set(struct call *call)
{
	if (call->argc % 2 != 0) {
		reply_syntax_error(call->reply);
		return;
	}
	if (!set_all(call, CHECK) || !set_all(call, APPLY))
		return;
	slowlog_trim(&call->lockd->slowlog,
		     (size_t)call->lockd->tuning.slowlog_max_len);
	reply_ok(call->reply);
}

/* ---- the others --------------------------------------------------------- */

static void config_resetstat(struct call *call)
{
	size_t n;

	command_table(&n);
	stats_reset(&call->lockd->stats, n);
	call->lockd->stats.expired_before =
	    keyspace_expired_total(call->lockd->keys);
	reply_ok(call->reply);
}

static void config_rewrite(struct call *call)
{
	if (call->lockd->settings.config.path != NULL)
		reply_error(call->reply, "ERR lockd reads its config file and "
					 "never writes it");
	else
		reply_error(call->reply,
			    "ERR The server is running without a config file");
}

static void config_help(struct call *call)
{
	static const char *const lines[] = {
		"CONFIG <subcommand> [<arg> ...]. Subcommands are:",
		"GET <pattern> [<pattern> ...]",
		"    Options that match, with their values.",
		"SET <option> <value> [<option> <value> ...]",
		"    Changes all of them or none.",
		"RESETSTAT",
		"    Counts what INFO tells from zero.",
		"HELP",
		"    This text.",
	};

	reply_lines(call->reply, lines, HF_LEN(lines));
}

void cmd_config(struct call *call)
{
	static const struct subcommand subs[] = {
		{ "get", 3, 0, config_get },
		{ "set", 4, 0, config_set },
		{ "resetstat", 2, 2, config_resetstat },
		{ "rewrite", 2, 2, config_rewrite },
		{ "help", 2, 2, config_help },
	};

	command_run_sub(call, "config", subs, HF_LEN(subs));
}
