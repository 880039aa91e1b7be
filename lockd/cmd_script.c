/*
 * EVAL, EVALSHA and SCRIPT.
 */
#include "config.h"

#include "libhold/err.h"
#include "lockd/command.h"
#include "lockd/script.h"
#include "lockd/script_shebang.h"

/* Splits what follows the script into KEYS and ARGV; false after an error. */
static bool split(struct call *call, size_t *n_keys_out)
{
	int64_t n;

	if (hf_slice_int64(call->argv[2], &n) < 0) {
		reply_not_an_integer(call->reply);
		return false;
	}
	if (n < 0) {
		reply_error(call->reply,
			    "ERR Number of keys can't be negative");
		return false;
	}
	if ((uint64_t)n > call->argc - 3) {
		reply_error(call->reply, "ERR Number of keys can't be greater "
					 "than number of args");
		return false;
	}
	*n_keys_out = (size_t)n;
	return true;
}

static void reply_no_script(struct reply *r)
{
	reply_error(r, "NOSCRIPT No matching script. Please use EVAL.");
}

static void run(struct call *call, struct hf_slice sha, size_t n_keys,
		bool read_only)
{
	if (script_run(call->lockd->script, call, sha, call->argv + 3, n_keys,
		       call->argv + 3 + n_keys, call->argc - 3 - n_keys,
		       read_only) < 0)
		reply_no_script(call->reply);
}

static void eval(struct call *call, bool read_only)
{
	char sha[SCRIPT_SHA_LEN + 1];
	size_t n_keys;

	if (!split(call, &n_keys) ||
	    script_load(call->lockd->script, call->argv[1], call->reply, sha) <
		0)
		return;
	run(call, (struct hf_slice){ sha, SCRIPT_SHA_LEN }, n_keys, read_only);
}

void cmd_eval(struct call *call)
{
	eval(call, false);
}

void cmd_eval_ro(struct call *call)
{
	eval(call, true);
}

static void evalsha(struct call *call, bool read_only)
{
	size_t n_keys;

	if (call->argv[1].len != SCRIPT_SHA_LEN)
		reply_no_script(call->reply);
	else if (split(call, &n_keys))
		run(call, call->argv[1], n_keys, read_only);
}

void cmd_evalsha(struct call *call)
{
	evalsha(call, false);
}

void cmd_evalsha_ro(struct call *call)
{
	evalsha(call, true);
}

static bool text_needs_memory(struct hf_slice text)
{
	struct reply nobody = { .ops = &reply_to_nobody };
	struct script_head head;

	/* One that cannot be read is refused for that, and does nothing. */
	return script_shebang_read(text, &nobody, &head) == 0 &&
	       script_head_needs_memory(&head);
}

bool cmd_script_needs_memory(const struct call *call,
			     const struct command *command)
{
	if (command->run == cmd_eval || command->run == cmd_eval_ro)
		return text_needs_memory(call->argv[1]);
	return script_needs_memory(call->lockd->script, call->argv[1]);
}

static void sub_load(struct call *call)
{
	char sha[SCRIPT_SHA_LEN + 1];

	if (script_load(call->lockd->script, call->argv[2], call->reply, sha) ==
	    0)
		reply_str(call->reply, sha);
}

static void sub_exists(struct call *call)
{
	reply_array(call->reply, call->argc - 2);
	for (size_t i = 2; i < call->argc; i++)
		reply_integer(
		    call->reply,
		    script_exists(call->lockd->script, call->argv[i]) ? 1 : 0);
}

static void sub_flush(struct call *call)
{
	if (call->argc > 3 ||
	    (call->argc == 3 && !hf_slice_ieq(call->argv[2], "sync") &&
	     !hf_slice_ieq(call->argv[2], "async"))) {
		reply_error(call->reply,
			    "ERR SCRIPT FLUSH only support SYNC|ASYNC option");
		return;
	}
	script_flush(call->lockd->script);
	reply_ok(call->reply);
}

static void sub_kill(struct call *call)
{
	int rc = script_kill(call->lockd->script);

	if (rc == 0)
		reply_ok(call->reply);
	else if (rc == HF_ENOTFOUND)
		reply_error(call->reply, "NOTBUSY No scripts in execution "
					 "right now.");
	else
		reply_error(call->reply,
			    "UNKILLABLE Sorry the script already executed "
			    "write commands against the dataset. You can "
			    "either wait the script termination or kill the "
			    "server in a hard way using the SHUTDOWN NOSAVE "
			    "command.");
}

static void sub_help(struct call *call)
{
	static const char *const lines[] = {
		"SCRIPT <subcommand> [<arg> ...]. Subcommands are:",
		"EXISTS <sha1> [<sha1> ...]",
		"    1 for each script that is kept, 0 for each that is not.",
		"FLUSH [ASYNC|SYNC]",
		"    Forgets all scripts.",
		"KILL",
		"    Ends the script that runs, if it has not written.",
		"LOAD <script>",
		"    Compiles and keeps a script without running it.",
	};

	reply_array(call->reply, HF_LEN(lines));
	for (size_t i = 0; i < HF_LEN(lines); i++)
		reply_status(call->reply, hf_slice_of(lines[i]));
}

void cmd_script(struct call *call)
{
	static const struct subcommand subs[] = {
		{ "load", 3, 3, sub_load },   { "exists", 3, 0, sub_exists },
		{ "flush", 2, 0, sub_flush }, { "kill", 2, 2, sub_kill },
		{ "help", 2, 2, sub_help },
	};

	command_run_sub(call, "script", subs, HF_LEN(subs));
}
