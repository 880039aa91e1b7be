/*
 * Commands: one table of names, argument counts and handlers, and the way in.
 *
 * A handler checks its arguments, calls the core once, and writes exactly one
 * reply. It touches no socket: what it wants of the connection it notes in
 * struct client, and the server acts on it.
 */
#ifndef LOCKD_COMMAND_H
#define LOCKD_COMMAND_H

#include "libhold/slice.h"
#include "lockd/client.h"
#include "lockd/lockd.h"
#include "lockd/reply.h"

/* What clients take us for: they choose their commands by it. */
#define REDIS_VERSION "7.0.15"

/* While a script runs long, as clients know it. */
#define COMMAND_BUSY_ERROR                                        \
	"BUSY Redis is busy running a script. You can only call " \
	"SCRIPT KILL or SHUTDOWN NOSAVE."

/* Past max-memory, for what may grow. */
#define COMMAND_OOM_ERROR \
	"OOM command not allowed when used memory > 'maxmemory'."

struct command;

/* One command under way. */
struct call {
	struct lockd *lockd;
	struct client *client;
	struct reply *reply;
	const struct hf_slice *argv; /* argv[0] is the command's name */
	size_t argc;                 /* at least 1 */
	int64_t now_ms; /* the boot clock, one for the whole turn */
	bool in_script;
	bool in_exec;    /* by EXEC: it answers at once */
	bool read_only;  /* by a script that may not write */
	bool may_grow;   /* by what may go on past max-memory */
	bool wrote;      /* answer: a command ran that may change the state */
	bool only_check; /* finds the subcommand, and does not run it */
};

typedef void command_fn(struct call *call);

enum {
	COMMAND_WRITE = 1 << 0,     /* may change the keyspace */
	COMMAND_NO_SCRIPT = 1 << 1, /* refused inside a script */
	COMMAND_ADMIN = 1 << 2,
	COMMAND_FAST = 1 << 3,
	COMMAND_NO_AUTH = 1 << 8,    /* taken before AUTH, too */
	COMMAND_LISTENER = 1 << 9,   /* taken from a RESP2 subscriber */
	COMMAND_MAY_WRITE = 1 << 10, /* waits for CLIENT PAUSE WRITE */
	COMMAND_SUBS = 1 << 12,      /* its second word is a subcommand */
	COMMAND_NESTS = 1 << 13,     /* runs others: shown before them */
	COMMAND_NO_CREATE = 1 << 14, /* never makes a key */
	COMMAND_HIDDEN = 1 << 11,    /* arguments not shown to MONITOR */
	COMMAND_AT_ONCE = 1 << 15,   /* run, not queued, after MULTI */
	COMMAND_NO_MULTI = 1 << 16,  /* refused after MULTI */
	COMMAND_NO_SLOWLOG = 1 << 17,
	COMMAND_DENY_OOM = 1 << 18, /* may need memory that stays */
	COMMAND_READS = 1 << 19,    /* looks at keys, changes none */
	COMMAND_BUSY = 1 << 20,     /* taken while a script runs long */
	COMMAND_PUBSUB = 1 << 21,   /* of channels */
	COMMAND_ASKS = 1 << 22,     /* asks command_may_change() itself */
};

struct command {
	const char *name; /* lower case, as COMMAND shows it */
	int min_args;     /* with the name */
	int max_args;     /* 0: no end */
	unsigned flags;
	int first_key, last_key, key_step; /* as COMMAND gives them */
	command_fn *run;
};

/*
 * Runs argv[0]: an unknown name, a wrong number of arguments and a command
 * that scripts may not call are answered with Redis's errors.
 */
void command_run(struct call *call);

/* Runs what EXEC has made sure of: of a client's, checked and admitted. */
void command_run_queued(struct call *call, const struct command *command);

/* May the command change the state now? False after an error reply. */
bool command_may_write(struct call *call, const struct command *command);

/*
 * The same, asked by a command of COMMAND_ASKS when it is about to change
 * something: what changes nothing is answered whatever the disk does.
 */
bool command_may_change(struct call *call);

/* Of EVAL and its kin: does the script's first line ask for free memory? */
bool cmd_script_needs_memory(const struct call *call,
			     const struct command *command);

/* A command's second word, with its number of arguments (all counted). */
struct subcommand {
	const char *name;
	size_t min_args, max_args; /* max 0: no end */
	command_fn *run;
};

/*
 * Runs the one of n subs that argv[1] names; there must be an argv[1]. Others
 * and wrong numbers of arguments are answered with Redis's errors.
 */
void command_run_sub(struct call *call, const char *command,
		     const struct subcommand *subs, size_t n);

/*
 * For a subcommand whose further arguments Redis counts only when it runs.
 * False after an error reply; command: in capitals.
 */
bool command_sub_has_at_most(struct call *call, size_t args,
			     const char *command);

/* Is it database 0, the only one? False after an error reply. */
bool command_takes_db(struct call *call, struct hf_slice index);

/*
 * argv[i] as others may see it: what comes behind the word AUTH in a command
 * that can carry a password is "(redacted)".
 */
struct hf_slice command_shown_arg(const struct call *call, size_t i);

/* NULL if there is none of that name (case does not matter). */
const struct command *command_find(struct hf_slice name);

/* The whole table, for COMMAND; count in *n_out. */
const struct command *command_table(size_t *n_out);

/* cmd_set.c */
command_fn cmd_set, cmd_setnx, cmd_setex, cmd_psetex, cmd_getset, cmd_getex,
    cmd_mset, cmd_msetnx;
/* cmd_string.c */
command_fn cmd_get, cmd_mget, cmd_getdel, cmd_strlen, cmd_getrange, cmd_append,
    cmd_setrange, cmd_delex, cmd_delifeq;
/* cmd_count.c */
command_fn cmd_incr, cmd_decr, cmd_incrby, cmd_decrby, cmd_incrbyfloat;
/* cmd_hash.c */
command_fn cmd_hset, cmd_hmset, cmd_hsetnx, cmd_hget, cmd_hmget, cmd_hgetall,
    cmd_hexists, cmd_hdel, cmd_hlen, cmd_hkeys, cmd_hvals, cmd_hincrby,
    cmd_hincrbyfloat, cmd_hstrlen;
/* cmd_hash_scan.c */
command_fn cmd_hscan, cmd_hrandfield;
/* cmd_key.c */
command_fn cmd_del, cmd_exists, cmd_expire, cmd_pexpire, cmd_expireat,
    cmd_pexpireat, cmd_ttl, cmd_pttl, cmd_expiretime, cmd_pexpiretime,
    cmd_persist, cmd_type, cmd_touch;
/* cmd_keyspace.c */
command_fn cmd_dbsize, cmd_scan, cmd_flushall, cmd_keys, cmd_randomkey;
/* cmd_move.c */
command_fn cmd_rename, cmd_renamenx, cmd_copy;
/* cmd_object.c */
command_fn cmd_object;
/* cmd_script.c */
command_fn cmd_eval, cmd_evalsha, cmd_eval_ro, cmd_evalsha_ro, cmd_script;
/* cmd_multi.c */
command_fn cmd_multi, cmd_exec, cmd_discard, cmd_watch, cmd_unwatch;
/* cmd_connection.c */
command_fn cmd_quit, cmd_select, cmd_hello, cmd_reset, cmd_auth, cmd_acl;
/* cmd_client.c */
command_fn cmd_client;
/* cmd_config.c */
command_fn cmd_config;
/* cmd_observe.c */
command_fn cmd_slowlog, cmd_latency, cmd_monitor, cmd_memory;
/* cmd_command.c */
command_fn cmd_command;
/* cmd_pubsub.c */
command_fn cmd_subscribe, cmd_psubscribe, cmd_ssubscribe, cmd_unsubscribe,
    cmd_punsubscribe, cmd_sunsubscribe, cmd_publish, cmd_spublish, cmd_pubsub;
/* cmd_lock.c */
command_fn cmd_lock_acquire, cmd_lock_release, cmd_lock_extend;
/* cmd_lock_show.c */
command_fn cmd_lock_info, cmd_lock_list, cmd_lock_waiters, cmd_lock_top;
/* cmd_fence.c */
command_fn cmd_fence, cmd_guard;
/* info.c */
command_fn cmd_info;
/* cmd_server.c */
command_fn cmd_ping, cmd_echo, cmd_time, cmd_shutdown, cmd_http, cmd_role,
    cmd_wait, cmd_waitaof, cmd_lolwut, cmd_debug, cmd_cluster, cmd_no_cluster;

#endif
