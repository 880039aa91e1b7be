#include "config.h"

#include "lockd/command.h"

#include "libhold/clock.h"
#include "lockd/memory.h"
#include "lockd/monitor.h"
#include "lockd/multi.h"
#include "lockd/persist.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#define COMMAND_NAME_MAX 64

#define W COMMAND_WRITE
#define K COMMAND_NO_CREATE
#define N COMMAND_NO_SCRIPT
#define A COMMAND_ADMIN
#define F COMMAND_FAST
#define U COMMAND_NO_AUTH
#define L COMMAND_LISTENER
#define M COMMAND_MAY_WRITE
#define H COMMAND_HIDDEN
#define S COMMAND_SUBS
#define R COMMAND_NESTS
#define O COMMAND_DENY_OOM
#define G COMMAND_READS
#define Q COMMAND_AT_ONCE
#define T COMMAND_NO_MULTI
#define Z COMMAND_NO_SLOWLOG
#define B COMMAND_BUSY
#define C COMMAND_PUBSUB
#define E COMMAND_ASKS

/* Sorted by name: command_find() searches by halves. */
static const struct command commands[] = {
	/* name       args   flags     keys      handler */
	{ "acl", 2, 0, N | S | A, 0, 0, 0, cmd_acl },
	{ "append", 3, 3, W | F | O, 1, 1, 1, cmd_append },
	{ "asking", 1, 1, F, 0, 0, 0, cmd_no_cluster },
	{ "auth", 2, 0, N | F | U | H | B, 0, 0, 0, cmd_auth },
	{ "client", 2, 0, N | S, 0, 0, 0, cmd_client },
	{ "cluster", 2, 0, S, 0, 0, 0, cmd_cluster },
	{ "command", 1, 0, S, 0, 0, 0, cmd_command },
	{ "config", 2, 0, N | S | A, 0, 0, 0, cmd_config },
	{ "copy", 3, 0, W | O, 1, 2, 1, cmd_copy },
	{ "dbsize", 1, 1, F | G, 0, 0, 0, cmd_dbsize },
	{ "debug", 2, 0, N | A, 0, 0, 0, cmd_debug },
	{ "decr", 2, 2, W | F | O, 1, 1, 1, cmd_decr },
	{ "decrby", 3, 3, W | F | O, 1, 1, 1, cmd_decrby },
	{ "del", 2, 0, W | K, 1, -1, 1, cmd_del },
	{ "delex", 2, 4, W | K | F | E, 1, 1, 1, cmd_delex },
	{ "delifeq", 3, 3, W | K | F | E, 1, 1, 1, cmd_delifeq },
	{ "discard", 1, 1, N | F | Q | B, 0, 0, 0, cmd_discard },
	{ "echo", 2, 2, F, 0, 0, 0, cmd_echo },
	{ "eval", 3, 0, N | M | R, 0, 0, 0, cmd_eval },
	{ "eval_ro", 3, 0, N | R | G, 0, 0, 0, cmd_eval_ro },
	{ "evalsha", 3, 0, N | M | R, 0, 0, 0, cmd_evalsha },
	{ "evalsha_ro", 3, 0, N | R | G, 0, 0, 0, cmd_evalsha_ro },
	{ "exec", 1, 1, N | Q | Z, 0, 0, 0, cmd_exec },
	{ "exists", 2, 0, F | G, 1, -1, 1, cmd_exists },
	{ "expire", 3, 0, W | K | F, 1, 1, 1, cmd_expire },
	{ "expireat", 3, 0, W | K | F, 1, 1, 1, cmd_expireat },
	{ "expiretime", 2, 2, F | G, 1, 1, 1, cmd_expiretime },
	{ "fence", 2, 3, F | G, 1, 1, 1, cmd_fence },
	{ "flushall", 1, 0, W | K, 0, 0, 0, cmd_flushall },
	{ "flushdb", 1, 0, W | K, 0, 0, 0, cmd_flushall },
	{ "get", 2, 2, F | G, 1, 1, 1, cmd_get },
	{ "getdel", 2, 2, W | K | F, 1, 1, 1, cmd_getdel },
	{ "getex", 2, 0, W | K | F, 1, 1, 1, cmd_getex },
	{ "getrange", 4, 4, G, 1, 1, 1, cmd_getrange },
	{ "getset", 3, 3, W | F | O, 1, 1, 1, cmd_getset },
	{ "guard", 2, 3, W | K | F | O | E, 0, 0, 0, cmd_guard },
	{ "hdel", 3, 0, W | K | F, 1, 1, 1, cmd_hdel },
	{ "hello", 1, 0, N | F | U | H | B, 0, 0, 0, cmd_hello },
	{ "hexists", 3, 3, F | G, 1, 1, 1, cmd_hexists },
	{ "hget", 3, 3, F | G, 1, 1, 1, cmd_hget },
	{ "hgetall", 2, 2, G, 1, 1, 1, cmd_hgetall },
	{ "hincrby", 4, 4, W | F | O, 1, 1, 1, cmd_hincrby },
	{ "hincrbyfloat", 4, 4, W | F | O, 1, 1, 1, cmd_hincrbyfloat },
	{ "hkeys", 2, 2, G, 1, 1, 1, cmd_hkeys },
	{ "hlen", 2, 2, F | G, 1, 1, 1, cmd_hlen },
	{ "hmget", 3, 0, F | G, 1, 1, 1, cmd_hmget },
	{ "hmset", 4, 0, W | F | O, 1, 1, 1, cmd_hmset },
	{ "host:", 1, 0, N | Q, 0, 0, 0, cmd_http },
	{ "hrandfield", 2, 0, G, 1, 1, 1, cmd_hrandfield },
	{ "hscan", 3, 0, G, 1, 1, 1, cmd_hscan },
	{ "hset", 4, 0, W | F | O, 1, 1, 1, cmd_hset },
	{ "hsetnx", 4, 4, W | F | O, 1, 1, 1, cmd_hsetnx },
	{ "hstrlen", 3, 3, F | G, 1, 1, 1, cmd_hstrlen },
	{ "hvals", 2, 2, G, 1, 1, 1, cmd_hvals },
	{ "incr", 2, 2, W | F | O, 1, 1, 1, cmd_incr },
	{ "incrby", 3, 3, W | F | O, 1, 1, 1, cmd_incrby },
	{ "incrbyfloat", 3, 3, W | F | O, 1, 1, 1, cmd_incrbyfloat },
	{ "info", 1, 0, 0, 0, 0, 0, cmd_info },
	{ "keys", 2, 2, G, 0, 0, 0, cmd_keys },
	{ "latency", 2, 0, N | S | A, 0, 0, 0, cmd_latency },
	{ "lock.acquire", 6, 0, W | K | O, 0, 0, 0, cmd_lock_acquire },
	{ "lock.extend", 6, 0, W | K | F, 0, 0, 0, cmd_lock_extend },
	{ "lock.info", 2, 2, F | G, 1, 1, 1, cmd_lock_info },
	{ "lock.list", 1, 0, G, 0, 0, 0, cmd_lock_list },
	{ "lock.release", 4, 0, W | K | F, 0, 0, 0, cmd_lock_release },
	{ "lock.top", 1, 3, G, 0, 0, 0, cmd_lock_top },
	{ "lock.waiters", 2, 2, G, 1, 1, 1, cmd_lock_waiters },
	{ "lolwut", 1, 0, F | G, 0, 0, 0, cmd_lolwut },
	{ "memory", 2, 0, S, 0, 0, 0, cmd_memory },
	{ "mget", 2, 0, F | G, 1, -1, 1, cmd_mget },
	{ "monitor", 1, 1, N | A, 0, 0, 0, cmd_monitor },
	{ "mset", 3, 0, W | O, 1, -1, 2, cmd_mset },
	{ "msetnx", 3, 0, W | O, 1, -1, 2, cmd_msetnx },
	{ "multi", 1, 1, N | F | Q | B, 0, 0, 0, cmd_multi },
	{ "object", 2, 0, S, 0, 0, 0, cmd_object },
	{ "persist", 2, 2, W | K | F, 1, 1, 1, cmd_persist },
	{ "pexpire", 3, 0, W | K | F, 1, 1, 1, cmd_pexpire },
	{ "pexpireat", 3, 0, W | K | F, 1, 1, 1, cmd_pexpireat },
	{ "pexpiretime", 2, 2, F | G, 1, 1, 1, cmd_pexpiretime },
	{ "ping", 1, 0, F | L, 0, 0, 0, cmd_ping },
	{ "post", 1, 0, N | Q, 0, 0, 0, cmd_http },
	{ "psetex", 4, 4, W | O, 1, 1, 1, cmd_psetex },
	{ "psubscribe", 2, 0, N | L | C, 0, 0, 0, cmd_psubscribe },
	{ "pttl", 2, 2, F | G, 1, 1, 1, cmd_pttl },
	{ "publish", 3, 3, M | F | C, 0, 0, 0, cmd_publish },
	{ "pubsub", 2, 0, S, 0, 0, 0, cmd_pubsub },
	{ "punsubscribe", 1, 0, N | L | C, 0, 0, 0, cmd_punsubscribe },
	{ "quit", 1, 0, N | F | U | L | Q | B, 0, 0, 0, cmd_quit },
	{ "randomkey", 1, 1, G, 0, 0, 0, cmd_randomkey },
	{ "readonly", 1, 1, F, 0, 0, 0, cmd_no_cluster },
	{ "readwrite", 1, 1, F, 0, 0, 0, cmd_no_cluster },
	{ "rename", 3, 3, W, 1, 2, 1, cmd_rename },
	{ "renamenx", 3, 3, W | F, 1, 2, 1, cmd_renamenx },
	{ "reset", 1, 1, N | F | U | L | Q | B, 0, 0, 0, cmd_reset },
	{ "role", 1, 1, N | F | A, 0, 0, 0, cmd_role },
	{ "scan", 2, 0, G, 0, 0, 0, cmd_scan },
	{ "script", 2, 0, N | S | B, 0, 0, 0, cmd_script },
	{ "select", 2, 2, F, 0, 0, 0, cmd_select },
	{ "set", 3, 0, W | O, 1, 1, 1, cmd_set },
	{ "setex", 4, 4, W | O, 1, 1, 1, cmd_setex },
	{ "setnx", 3, 3, W | F | O, 1, 1, 1, cmd_setnx },
	{ "setrange", 4, 4, W | O, 1, 1, 1, cmd_setrange },
	{ "shutdown", 1, 0, N | A | T | B, 0, 0, 0, cmd_shutdown },
	{ "slowlog", 2, 0, S | A, 0, 0, 0, cmd_slowlog },
	{ "spublish", 3, 3, M | F | C, 1, 1, 1, cmd_spublish },
	{ "ssubscribe", 2, 0, N | L | C, 1, -1, 1, cmd_ssubscribe },
	{ "strlen", 2, 2, F | G, 1, 1, 1, cmd_strlen },
	{ "subscribe", 2, 0, N | L | C, 0, 0, 0, cmd_subscribe },
	{ "substr", 4, 4, G, 1, 1, 1, cmd_getrange },
	{ "sunsubscribe", 1, 0, N | L | C, 1, -1, 1, cmd_sunsubscribe },
	{ "time", 1, 1, F, 0, 0, 0, cmd_time },
	{ "touch", 2, 0, F | G, 1, -1, 1, cmd_touch },
	{ "ttl", 2, 2, F | G, 1, 1, 1, cmd_ttl },
	{ "type", 2, 2, F | G, 1, 1, 1, cmd_type },
	{ "unlink", 2, 0, W | K | F, 1, -1, 1, cmd_del },
	{ "unsubscribe", 1, 0, N | L | C, 0, 0, 0, cmd_unsubscribe },
	{ "unwatch", 1, 1, N | F | B, 0, 0, 0, cmd_unwatch },
	{ "wait", 3, 3, N, 0, 0, 0, cmd_wait },
	{ "waitaof", 4, 4, N, 0, 0, 0, cmd_waitaof },
	{ "watch", 2, 0, N | F | Q | B, 1, -1, 1, cmd_watch },
};

#undef W
#undef K
#undef N
#undef A
#undef F
#undef U
#undef L
#undef M
#undef H
#undef S
#undef R
#undef O
#undef G
#undef Q
#undef T
#undef Z
#undef B
#undef C
#undef E

const struct command *command_table(size_t *n_out)
{
	*n_out = HF_LEN(commands);
	return commands;
}

/* Negative, 0, positive: as strcmp of wanted in lower case against name. */
static int compare(struct hf_slice wanted, const char *name)
{
	for (size_t i = 0; i < wanted.len; i++) {
		int d = hf_lower(wanted.data[i]) - (unsigned char)name[i];

		if (d != 0 || name[i] == '\0')
			return d != 0 ? d : 1;
	}
	return name[wanted.len] == '\0' ? 0 : -1;
}

const struct command *command_find(struct hf_slice name)
{
	size_t low = 0, high = HF_LEN(commands);

	while (low < high) {
		size_t middle = (low + high) / 2;
		int d = compare(name, commands[middle].name);

		if (d == 0)
			return &commands[middle];
		if (d < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

static void reply_unknown(struct call *call)
{
	char args[160] = "";
	size_t used = 0;

	if (call->in_script) {
		reply_error(call->reply,
			    "ERR Unknown Redis command called from script");
		return;
	}
	/* Enough of the arguments to recognize the line by. */
	for (size_t i = 1; i < call->argc && used < 128; i++) {
		int len =
		    (int)(call->argv[i].len < 128 - used ? call->argv[i].len
							 : 128 - used);
		used += (size_t)snprintf(args + used, sizeof(args) - used,
					 "'%.*s' ", len, call->argv[i].data);
	}
	reply_error(call->reply,
		    "ERR unknown command '%.*s', with args beginning with: %s",
		    call->argv[0].len < 128 ? (int)call->argv[0].len : 128,
		    call->argv[0].data, args);
}

static void reply_wrong_count(struct call *call, const struct command *command)
{
	if (call->in_script)
		reply_error(call->reply, "ERR Wrong number of args calling "
					 "Redis command from script");
	else
		reply_error(call->reply,
			    "ERR wrong number of arguments for '%s' command",
			    command->name);
}

/* An EXEC that is refused ends the transaction, too. */
static void abort_exec(struct call *call, const char *why)
{
	reply_error(call->reply,
		    "EXECABORT Transaction discarded because of: %s", why);
	multi_forget(call->lockd, call->client);
}

/* "get", or with its subcommand "client|id". */
static void full_name(const struct call *call, const struct command *command,
		      char out[COMMAND_NAME_MAX])
{
	int n = snprintf(out, COMMAND_NAME_MAX, "%s", command->name);

	if ((command->flags & COMMAND_SUBS) == 0 || call->argc < 2)
		return;
	snprintf(out + n, (size_t)(COMMAND_NAME_MAX - n), "|%.*s",
		 (int)(call->argv[1].len < 32 ? call->argv[1].len : 32),
		 call->argv[1].data);
	for (char *c = out + n; *c != '\0'; c++)
		*c = (char)tolower((unsigned char)*c);
}

/* Is one of the command's keys not there? */
static bool lacks_a_key(struct call *call, const struct command *command)
{
	size_t last =
	    command->last_key < 0 ? call->argc - 1 : (size_t)command->last_key;

	for (size_t i = (size_t)command->first_key; i <= last;
	     i += (size_t)command->key_step) {
		if (keyspace_peek(call->lockd->keys, call->argv[i],
				  call->now_ms)
			.type == KS_NONE)
			return true;
	}
	return false;
}

/* After a crash in everysec: would this make a key too early? */
static bool creates_too_early(struct call *call, const struct command *command)
{
	int64_t wait_ms =
	    persist_closed_until_ms(call->lockd->persist) - call->now_ms;

	if (wait_ms <= 0 || (command->flags & COMMAND_NO_CREATE) != 0 ||
	    !lacks_a_key(call, command))
		return false;
	reply_error(call->reply,
		    "TRYAGAIN the last stop was not clean: no new key for "
		    "%lld ms, until what was lost is over",
		    (long long)wait_ms);
	return true;
}

static bool lacks_memory(struct call *call, const struct command *command)
{
	if ((command->flags & (COMMAND_DENY_OOM | COMMAND_NESTS)) == 0 ||
	    call->may_grow || !memory_is_full(call->lockd))
		return false;
	if ((command->flags & COMMAND_NESTS) != 0 &&
	    !cmd_script_needs_memory(call, command))
		return false;
	reply_error(call->reply, COMMAND_OOM_ERROR);
	return true;
}

bool command_may_write(struct call *call, const struct command *command)
{
	const char *refusal = persist_refusing(call->lockd->persist);

	if ((command->flags & COMMAND_WRITE) == 0)
		return !lacks_memory(call, command);
	if (refusal != NULL)
		reply_error(call->reply, "%s", refusal);
	return refusal == NULL && !lacks_memory(call, command) &&
	       !creates_too_early(call, command);
}

/* Refusals that depend on the client; false after an error reply. */
static bool may_call(struct call *call, const struct command *command)
{
	if (HF_UNLIKELY(!client_is_known(call->lockd, call->client)) &&
	    (command->flags & COMMAND_NO_AUTH) == 0) {
		reply_error(call->reply, "NOAUTH Authentication required.");
		return false;
	}
	if (client_only_listens(call->client) &&
	    (command->flags & COMMAND_LISTENER) == 0) {
		char name[COMMAND_NAME_MAX];

		full_name(call, command, name);
		reply_error(call->reply,
			    "ERR Can't execute '%s': only (P|S)SUBSCRIBE / "
			    "(P|S)UNSUBSCRIBE / PING / QUIT / RESET are "
			    "allowed in this context",
			    name);
		return false;
	}
	return true;
}

/* A subcommand that there is not is refused before anything else. */
static bool has_subcommand(struct call *call, const struct command *command)
{
	struct call check = *call;
	uint64_t errors = call->reply->errors;

	if ((command->flags & COMMAND_SUBS) == 0 || call->argc < 2)
		return true;
	check.only_check = true;
	command->run(&check);
	return call->reply->errors == errors;
}

static bool is_taken_while_busy(const struct call *call,
				const struct command *command)
{
	return (command->flags & COMMAND_BUSY) != 0 &&
	       (command->run != cmd_script ||
		hf_slice_ieq(call->argv[1], "kill"));
}

/* While a script runs long: false after an error reply. */
static bool may_interrupt(struct call *call, const struct command *command)
{
	if (HF_LIKELY(!call->lockd->busy))
		return true;
	if (!has_subcommand(call, command))
		return false;
	if (is_taken_while_busy(call, command))
		return true;
	if (command->run == cmd_exec)
		abort_exec(call, COMMAND_BUSY_ERROR);
	else
		reply_error(call->reply, COMMAND_BUSY_ERROR);
	return false;
}

static bool admit(struct call *call, const struct command *command)
{
	return (call->in_script ||
		(may_call(call, command) && may_interrupt(call, command))) &&
	       ((command->flags & COMMAND_ASKS) != 0 ||
		command_may_write(call, command));
}

bool command_may_change(struct call *call)
{
	return command_may_write(call, command_find(call->argv[0]));
}

struct hf_slice command_shown_arg(const struct call *call, size_t i)
{
	const struct command *command = command_find(call->argv[0]);

	if (command == NULL || (command->flags & COMMAND_HIDDEN) == 0)
		return call->argv[i];
	for (size_t before = 0; before < i; before++) {
		if (hf_slice_ieq(call->argv[before], "auth"))
			return HF_SLICE("(redacted)");
	}
	return call->argv[i];
}

static void note_time(struct call *call, const struct command *command,
		      int64_t took_us)
{
	const struct tuning *tuning = &call->lockd->tuning;

	if (!call->in_script && tuning->slowlog_slower_than_us >= 0 &&
	    HF_UNLIKELY(took_us >= tuning->slowlog_slower_than_us) &&
	    (command->flags & COMMAND_NO_SLOWLOG) == 0)
		slowlog_note(&call->lockd->slowlog, call, took_us,
			     (size_t)tuning->slowlog_max_len);
}

static void note_begin(struct call *call, const struct command *command)
{
	if (!call->in_script && !call->in_exec) {
		call->client->last = command;
		call->client->last_sub = NULL;
	}
}

/* Before it runs if it nests, else after: so the order is the natural one. */
static void show(struct call *call, const struct command *command, bool before)
{
	if (HF_UNLIKELY(!hf_list_empty(&call->lockd->monitors)) &&
	    (command->flags & COMMAND_ADMIN) == 0 &&
	    ((command->flags & COMMAND_NESTS) != 0) == before)
		monitor_tell(call);
}

static void perform(struct call *call, const struct command *command)
{
	struct lockd *lockd = call->lockd;
	const struct call *outer = lockd->running;
	struct command_count *count =
	    &lockd->stats.by_command[command - commands];
	uint64_t errors = call->reply->errors;
	int64_t began_us, took_us;

	note_begin(call, command);
	show(call, command, true);
	/* The keyspace's observers see by it who makes the change. */
	lockd->running = call;
	call->wrote = (command->flags & COMMAND_WRITE) != 0;
	began_us = hf_clock_us();
	command->run(call);
	took_us = hf_clock_us() - began_us;
	lockd->running = outer;
	count->calls++;
	count->us += (uint64_t)took_us;
	/* Errors within EXEC's answer are of the commands that it ran. */
	if (command->run != cmd_exec)
		count->failed += call->reply->errors != errors ? 1 : 0;
	note_time(call, command, took_us);
	show(call, command, false);
}

static bool queue(struct call *call, const struct command *command)
{
	if ((command->flags & COMMAND_NO_MULTI) != 0) {
		reply_error(call->reply, "ERR Command not allowed inside a "
					 "transaction");
		return false;
	}
	return has_subcommand(call, command) && multi_queue(call, command);
}

/* Runs or queues it, or refuses to; false when it was refused. */
static bool try_perform(struct call *call, const struct command *command)
{
	if (call->argc < (size_t)command->min_args ||
	    (command->max_args > 0 && call->argc > (size_t)command->max_args)) {
		if (command->run == cmd_exec && !call->in_script)
			abort_exec(call, "wrong number of arguments for "
					 "'exec' command");
		else
			reply_wrong_count(call, command);
		return false;
	}
	if (call->in_script && (command->flags & COMMAND_NO_SCRIPT) != 0) {
		reply_error(call->reply, "ERR This Redis command is not "
					 "allowed from script");
		return false;
	}
	if (call->read_only &&
	    (command->flags & (COMMAND_WRITE | COMMAND_MAY_WRITE)) != 0) {
		reply_error(call->reply, "ERR Write commands are not allowed "
					 "from read-only scripts.");
		return false;
	}
	if (!admit(call, command))
		return false;
	if (HF_UNLIKELY(call->client->multi != NULL) && !call->in_script &&
	    !call->in_exec && (command->flags & COMMAND_AT_ONCE) == 0)
		return queue(call, command);
	perform(call, command);
	return true;
}

void command_run_queued(struct call *call, const struct command *command)
{
	call->lockd->stats.commands++;
	call->lockd->stats.commands_ever++;
	perform(call, command);
}

void command_run(struct call *call)
{
	const struct command *command = command_find(call->argv[0]);

	call->lockd->stats.commands++;
	call->lockd->stats.commands_ever++;
	if (command == NULL)
		reply_unknown(call);
	else if (HF_LIKELY(try_perform(call, command)))
		return;
	else
		call->lockd->stats.by_command[command - commands].rejected++;
	if (call->client->multi != NULL && !call->in_script)
		multi_break(call->client);
}

static void run_sub(struct call *call, const struct subcommand *sub)
{
	if (call->only_check)
		return;
	if (!call->in_script && !call->in_exec)
		call->client->last_sub = sub->name;
	sub->run(call);
}

bool command_takes_db(struct call *call, struct hf_slice index)
{
	int64_t db;

	if (hf_slice_int64(index, &db) < 0)
		reply_not_an_integer(call->reply);
	else if (db < INT32_MIN || db > INT32_MAX)
		reply_error(call->reply,
			    "ERR value is out of range, value must between "
			    "-2147483648 and 2147483647");
	else if (db != 0)
		reply_error(call->reply, "ERR DB index is out of range");
	else
		return true;
	return false;
}

bool command_sub_has_at_most(struct call *call, size_t args,
			     const char *command)
{
	struct hf_slice sub = call->argv[1];

	if (call->argc <= args)
		return true;
	reply_error(call->reply,
		    "ERR unknown subcommand or wrong number of arguments for "
		    "'%.*s'. Try %s HELP.",
		    (int)sub.len, sub.data, command);
	return false;
}

void command_run_sub(struct call *call, const char *command,
		     const struct subcommand *subs, size_t n)
{
	struct hf_slice wanted = call->argv[1];
	char upper[32] = "";

	for (size_t i = 0; i < n; i++) {
		if (!hf_slice_ieq(wanted, subs[i].name))
			continue;
		if (call->argc < subs[i].min_args ||
		    (subs[i].max_args > 0 && call->argc > subs[i].max_args))
			reply_error(call->reply,
				    "ERR wrong number of arguments for "
				    "'%s|%s' command",
				    command, subs[i].name);
		else
			run_sub(call, &subs[i]);
		return;
	}
	for (size_t i = 0; command[i] != '\0' && i + 1 < sizeof(upper); i++)
		upper[i] = (char)toupper((unsigned char)command[i]);
	reply_error(call->reply, "ERR unknown subcommand '%.*s'. Try %s HELP.",
		    (int)(wanted.len < 128 ? wanted.len : 128), wanted.data,
		    upper);
}
