/*
 * COMMAND: the command table, as clients ask for it.
 */
#include "config.h"

#include "lockd/command.h"
#include "lockd/command_docs.h"
#include "lockd/glob.h"
#include "lockd/key_specs.h"

/* A command's number of arguments as Redis gives it: -n is "at least n". */
static int64_t arity_of(const struct command *c)
{
	return c->max_args == c->min_args ? c->min_args : -c->min_args;
}

static bool has_bit(const struct command *c, unsigned bit)
{
	return (c->flags & bit) != 0;
}

static bool is_counted(const struct command *c, unsigned bit)
{
	HF_UNUSED(bit);
	return key_specs_is_counted(c);
}

static bool may_be_none(const struct command *c, unsigned bit)
{
	HF_UNUSED(bit);
	return key_specs_may_be_none(c);
}

/* In Redis's order. */
static void reply_flags(struct reply *r, const struct command *c)
{
	static const struct {
		const char *name;
		bool (*has)(const struct command *c, unsigned bit);
		unsigned bit;
	} names[] = {
		{ "write", has_bit, COMMAND_WRITE },
		{ "readonly", has_bit, COMMAND_READS },
		{ "denyoom", has_bit, COMMAND_DENY_OOM },
		{ "admin", has_bit, COMMAND_ADMIN },
		{ "pubsub", has_bit, COMMAND_PUBSUB },
		{ "noscript", has_bit, COMMAND_NO_SCRIPT },
		{ "skip_monitor", has_bit, COMMAND_NESTS },
		{ "skip_slowlog", has_bit, COMMAND_NO_SLOWLOG },
		{ "fast", has_bit, COMMAND_FAST },
		{ "no_auth", has_bit, COMMAND_NO_AUTH },
		{ "no_multi", has_bit, COMMAND_NO_MULTI },
		{ "no_mandatory_keys", may_be_none, 0 },
		{ "allow_busy", has_bit, COMMAND_BUSY },
		{ "movablekeys", is_counted, 0 },
	};
	size_t n = 0;

	for (size_t i = 0; i < HF_LEN(names); i++)
		n += names[i].has(c, names[i].bit) ? 1 : 0;
	reply_set(r, n);
	for (size_t i = 0; i < HF_LEN(names); i++) {
		if (names[i].has(c, names[i].bit))
			reply_status(r, hf_slice_of(names[i].name));
	}
}

static void reply_command_info(struct reply *r, const struct command *c)
{
	reply_array(r, 10);
	reply_str(r, c->name);
	reply_integer(r, arity_of(c));
	reply_flags(r, c);
	reply_integer(r, c->first_key);
	reply_integer(r, c->last_key);
	reply_integer(r, c->key_step);
	reply_set(r, 0); /* categories */
	reply_set(r, 0); /* tips */
	key_specs_reply(r, c);
	reply_set(r, 0); /* subcommands */
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
			reply_null(call->reply);
	}
}

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
		command_docs_reply(call->reply, c);
	}
}

/* The command whose keys are asked for; NULL after an error reply. */
static const struct command *keyed(struct call *call, struct key_places *out)
{
	const struct command *c = command_find(call->argv[2]);
	size_t n = call->argc - 2;

	if (c == NULL) {
		reply_error(call->reply, "ERR Invalid command specified");
		return NULL;
	}
	if (!key_specs_has(c)) {
		reply_error(call->reply,
			    "ERR The command has no key arguments");
		return NULL;
	}
	if (n < (size_t)c->min_args ||
	    (c->max_args > 0 && n > (size_t)c->max_args)) {
		reply_error(call->reply, "ERR Invalid number of arguments "
					 "specified for command");
		return NULL;
	}
	*out = key_specs_find(c, call->argv + 2, n);
	if (out->n > 0 || key_specs_may_be_none(c))
		return c;
	reply_error(call->reply, "ERR Invalid arguments specified for command");
	return NULL;
}

static struct hf_slice key_at(const struct call *call,
			      const struct key_places *keys, size_t i)
{
	return call->argv[2 + keys->first + i * keys->step];
}

static void command_getkeys(struct call *call)
{
	struct key_places keys;

	if (keyed(call, &keys) == NULL)
		return;
	reply_array(call->reply, keys.n);
	for (size_t i = 0; i < keys.n; i++)
		reply_bulk(call->reply, key_at(call, &keys, i));
}

static void command_getkeysandflags(struct call *call)
{
	struct key_places keys;
	const struct command *c = keyed(call, &keys);

	if (c == NULL)
		return;
	reply_array(call->reply, keys.n);
	for (size_t i = 0; i < keys.n; i++) {
		reply_array(call->reply, 2);
		reply_bulk(call->reply, key_at(call, &keys, i));
		key_specs_reply_flags(call->reply, c, call->argv + 2,
				      call->argc - 2, i);
	}
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
		"    What each is for, and its arguments.",
		"GETKEYS <command> [<arg> ...]",
		"    Which of its arguments are keys.",
		"GETKEYSANDFLAGS <command> [<arg> ...]",
		"    The same, with what it does to them.",
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
		{ "list", 2, 0, command_list },
		{ "info", 2, 0, command_info },
		{ "docs", 2, 0, command_docs },
		{ "getkeys", 4, 0, command_getkeys },
		{ "getkeysandflags", 4, 0, command_getkeysandflags },
		{ "help", 2, 2, command_help },
	};

	if (call->argc == 1)
		command_all(call);
	else
		command_run_sub(call, "command", subs, HF_LEN(subs));
}
