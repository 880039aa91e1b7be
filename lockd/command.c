#include "config.h"

#include "lockd/command.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#define COMMAND_NAME_MAX 64

#define W COMMAND_WRITE
#define N COMMAND_NO_SCRIPT
#define A COMMAND_ADMIN
#define F COMMAND_FAST
#define U COMMAND_NO_AUTH
#define L COMMAND_LISTENER
#define M COMMAND_MAY_WRITE
#define H COMMAND_HIDDEN
#define S COMMAND_SUBS

/* Sorted by name: command_find() searches by halves. */
static const struct command commands[] = {
	/* name       args   flags     keys      handler */
	{ "client", 2, 0, N | S, 0, 0, 0, cmd_client },
	{ "command", 1, 0, 0, 0, 0, 0, cmd_command },
	{ "dbsize", 1, 1, F, 0, 0, 0, cmd_dbsize },
	{ "del", 2, 0, W, 1, -1, 1, cmd_del },
	{ "echo", 2, 2, F, 0, 0, 0, cmd_echo },
	{ "eval", 3, 0, N | M, 0, 0, 0, cmd_eval },
	{ "evalsha", 3, 0, N | M, 0, 0, 0, cmd_evalsha },
	{ "exists", 2, 0, F, 1, -1, 1, cmd_exists },
	{ "expire", 3, 0, W | F, 1, 1, 1, cmd_expire },
	{ "expireat", 3, 0, W | F, 1, 1, 1, cmd_expireat },
	{ "flushall", 1, 0, W, 0, 0, 0, cmd_flushall },
	{ "flushdb", 1, 0, W, 0, 0, 0, cmd_flushall },
	{ "get", 2, 2, F, 1, 1, 1, cmd_get },
	{ "hello", 1, 0, N | F | U | H, 0, 0, 0, cmd_hello },
	{ "host:", 1, 0, N, 0, 0, 0, cmd_http },
	{ "incr", 2, 2, W | F, 1, 1, 1, cmd_incr },
	{ "incrby", 3, 3, W | F, 1, 1, 1, cmd_incrby },
	{ "info", 1, 0, 0, 0, 0, 0, cmd_info },
	{ "persist", 2, 2, W | F, 1, 1, 1, cmd_persist },
	{ "pexpire", 3, 0, W | F, 1, 1, 1, cmd_pexpire },
	{ "pexpireat", 3, 0, W | F, 1, 1, 1, cmd_pexpireat },
	{ "ping", 1, 2, F | L, 0, 0, 0, cmd_ping },
	{ "post", 1, 0, N, 0, 0, 0, cmd_http },
	{ "psubscribe", 2, 0, N | L, 0, 0, 0, cmd_psubscribe },
	{ "pttl", 2, 2, F, 1, 1, 1, cmd_pttl },
	{ "publish", 3, 3, M | F, 0, 0, 0, cmd_publish },
	{ "pubsub", 2, 0, S, 0, 0, 0, cmd_pubsub },
	{ "punsubscribe", 1, 0, N | L, 0, 0, 0, cmd_punsubscribe },
	{ "quit", 1, 0, N | F | U | L, 0, 0, 0, cmd_quit },
	{ "reset", 1, 1, N | F | U | L, 0, 0, 0, cmd_reset },
	{ "scan", 2, 0, 0, 0, 0, 0, cmd_scan },
	{ "script", 2, 0, N | S, 0, 0, 0, cmd_script },
	{ "select", 2, 2, F, 0, 0, 0, cmd_select },
	{ "set", 3, 0, W, 1, 1, 1, cmd_set },
	{ "shutdown", 1, 0, N | A, 0, 0, 0, cmd_shutdown },
	{ "spublish", 3, 3, M | F, 1, 1, 1, cmd_spublish },
	{ "ssubscribe", 2, 0, N | L, 1, -1, 1, cmd_ssubscribe },
	{ "subscribe", 2, 0, N | L, 0, 0, 0, cmd_subscribe },
	{ "sunsubscribe", 1, 0, N | L, 1, -1, 1, cmd_sunsubscribe },
	{ "time", 1, 1, F, 0, 0, 0, cmd_time },
	{ "ttl", 2, 2, F, 1, 1, 1, cmd_ttl },
	{ "type", 2, 2, F, 1, 1, 1, cmd_type },
	{ "unlink", 2, 0, W | F, 1, -1, 1, cmd_del },
	{ "unsubscribe", 1, 0, N | L, 0, 0, 0, cmd_unsubscribe },
};

#undef W
#undef N
#undef A
#undef F
#undef U
#undef L
#undef M
#undef H
#undef S

const struct command *command_table(size_t *n_out)
{
	*n_out = HF_LEN(commands);
	return commands;
}

/* Negative, 0, positive: as strcmp of wanted in lower case against name. */
static int compare(struct hf_slice wanted, const char *name)
{
	for (size_t i = 0; i < wanted.len; i++) {
		int d = tolower((unsigned char)wanted.data[i]) -
			(unsigned char)name[i];

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

/* Refusals that depend on the client; false after an error reply. */
static bool admit(struct call *call, const struct command *command)
{
	if (call->in_script)
		return true;
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

/* Whom the observers of the keyspace are told to have done it. */
static void perform(struct call *call, const struct command *command)
{
	const struct call *outer = call->lockd->running;

	if (!call->in_script) {
		call->client->last = command;
		call->client->last_sub = NULL;
	}
	call->lockd->running = call;
	command->run(call);
	call->lockd->running = outer;
}

void command_run(struct call *call)
{
	const struct command *command = command_find(call->argv[0]);

	call->lockd->stats.commands++;
	if (command == NULL) {
		reply_unknown(call);
	} else if (call->argc < (size_t)command->min_args ||
		   (command->max_args > 0 &&
		    call->argc > (size_t)command->max_args)) {
		reply_wrong_count(call, command);
	} else if (call->in_script &&
		   (command->flags & COMMAND_NO_SCRIPT) != 0) {
		reply_error(call->reply, "ERR This Redis command is not "
					 "allowed from script");
	} else if (admit(call, command)) {
		perform(call, command);
	}
}

static void run_sub(struct call *call, const struct subcommand *sub)
{
	if (!call->in_script)
		call->client->last_sub = sub->name;
	sub->run(call);
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
