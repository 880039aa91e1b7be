/*
 * COMMAND: the command table, as clients ask for it.
 */
#include "config.h"

#include "lockd/command.h"
#include "lockd/glob.h"
#include "lockd/key_specs.h"

/* A command's number of arguments as Redis gives it: -n is "at least n". */
static int64_t arity_of(const struct command *c)
{
	return c->max_args == c->min_args ? c->min_args : -c->min_args;
}

/* In Redis's order. */
static void reply_flags(struct reply *r, unsigned flags)
{
	static const struct {
		unsigned bit;
		const char *name;
	} names[] = {
		{ COMMAND_WRITE, "write" },
		{ COMMAND_READS, "readonly" },
		{ COMMAND_DENY_OOM, "denyoom" },
		{ COMMAND_ADMIN, "admin" },
		{ COMMAND_NO_SCRIPT, "noscript" },
		{ COMMAND_NO_SLOWLOG, "skip_slowlog" },
		{ COMMAND_FAST, "fast" },
		{ COMMAND_NO_AUTH, "no_auth" },
		{ COMMAND_NO_MULTI, "no_multi" },
		{ COMMAND_BUSY, "allow_busy" },
	};
	size_t n = 0;

	for (size_t i = 0; i < HF_LEN(names); i++)
		n += (flags & names[i].bit) != 0 ? 1 : 0;
	reply_set(r, n);
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
	reply_array(r, 0); /* categories */
	reply_array(r, 0); /* tips */
	key_specs_reply(r, c);
	reply_array(r, 0); /* subcommands */
}

static void command_count(struct call *call)
{
	size_t n;

	command_table(&n);
	reply_integer(call->reply, (int64_t)n);
}

/* The names that fit pattern; NULL: all. */
static void list_names(struct call *call, const struct hf_slice *pattern)
{
	size_t n, fit = 0;
	const struct command *table = command_table(&n);

	for (size_t i = 0; i < n; i++)
		fit += pattern == NULL ||
			       glob_match(*pattern, hf_slice_of(table[i].name))
			   ? 1
			   : 0;
	reply_array(call->reply, fit);
	for (size_t i = 0; i < n; i++) {
		if (pattern == NULL ||
		    glob_match(*pattern, hf_slice_of(table[i].name)))
			reply_str(call->reply, table[i].name);
	}
}

/* COMMAND LIST [FILTERBY <PATTERN p | MODULE name | ACLCAT category>] */
static void command_list(struct call *call)
{
	if (call->argc == 2)
		list_names(call, NULL);
	else if (call->argc != 5 || !hf_slice_ieq(call->argv[2], "filterby"))
		reply_syntax_error(call->reply);
	else if (hf_slice_ieq(call->argv[3], "pattern"))
		list_names(call, &call->argv[4]);
	else if (hf_slice_ieq(call->argv[3], "module") ||
		 hf_slice_ieq(call->argv[3], "aclcat"))
		reply_array(call->reply, 0); /* there are none */
	else
		reply_syntax_error(call->reply);
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

/* The command whose keys are asked for; NULL after an error reply. */
static const struct command *keyed(struct call *call)
{
	const struct command *c = command_find(call->argv[2]);
	size_t n = call->argc - 2;

	if (c == NULL)
		reply_error(call->reply, "ERR Invalid command specified");
	else if (c->first_key == 0)
		reply_error(call->reply,
			    "ERR The command has no key arguments");
	else if (n < (size_t)c->min_args ||
		 (c->max_args > 0 && n > (size_t)c->max_args))
		reply_error(call->reply, "ERR Invalid number of arguments "
					 "specified for command");
	else
		return c;
	return NULL;
}

static void command_getkeys(struct call *call)
{
	const struct command *c = keyed(call);
	size_t last;

	if (c == NULL)
		return;
	last = c->last_key < 0 ? call->argc - 3 : (size_t)c->last_key;
	reply_array(call->reply,
		    (last - (size_t)c->first_key) / (size_t)c->key_step + 1);
	for (size_t i = (size_t)c->first_key; i <= last;
	     i += (size_t)c->key_step)
		reply_bulk(call->reply, call->argv[2 + i]);
}

static void command_help(struct call *call)
{
	static const char *const lines[] = {
		"COMMAND [<subcommand> [<arg> ...]]. Subcommands are:",
		"(no subcommand)",
		"    What INFO says of all commands.",
		"COUNT",
		"    How many commands there are.",
		"DOCS [<command> ...]",
		"    A few words on each.",
		"GETKEYS <command> [<arg> ...]",
		"    Which of its arguments are keys.",
		"INFO [<command> ...]",
		"    Arguments, flags and keys of each.",
		"LIST [FILTERBY PATTERN <pattern>]",
		"    Their names.",
		"HELP",
		"    This text.",
	};

	reply_lines(call->reply, lines, HF_LEN(lines));
}

void cmd_command(struct call *call)
{
	static const struct subcommand subs[] = {
		{ "count", 2, 2, command_count },
		{ "list", 2, 5, command_list },
		{ "info", 2, 0, command_info },
		{ "docs", 2, 0, command_docs },
		{ "getkeys", 4, 0, command_getkeys },
		{ "help", 2, 2, command_help },
	};

	if (call->argc == 1)
		command_all(call);
	else
		command_run_sub(call, "command", subs, HF_LEN(subs));
}
