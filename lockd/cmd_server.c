/*
 * Commands about the server itself.
 */
#include "config.h"

#include "lockd/command.h"
#include "lockd/persist.h"
#include "lockd/script.h"

#include "libhold/clock.h"
#include "libhold/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void cmd_ping(struct call *call)
{
	if (call->argc > 2) {
		reply_error(call->reply,
			    "ERR wrong number of arguments for 'ping' command");
	} else if (client_only_listens(call->client) && !call->in_script) {
		/* Among messages, an answer has to look like one. */
		reply_array(call->reply, 2);
		reply_str(call->reply, "pong");
		reply_bulk(call->reply,
			   call->argc == 2 ? call->argv[1] : HF_SLICE(""));
	} else if (call->argc == 2) {
		reply_bulk(call->reply, call->argv[1]);
	} else {
		reply_status(call->reply, HF_SLICE("PONG"));
	}
}

void cmd_echo(struct call *call)
{
	reply_bulk(call->reply, call->argv[1]);
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

enum { NOSAVE = 1, SAVE = 2, NOW = 4, FORCE = 8, ABORT = 16 };

/* SHUTDOWN's words, as bits; false after an error reply. */
static bool read_shutdown(struct call *call, unsigned *flags_out)
{
	static const struct {
		const char *word;
		unsigned flag;
	} words[] = { { "nosave", NOSAVE },
		      { "save", SAVE },
		      { "now", NOW },
		      { "force", FORCE },
		      { "abort", ABORT } };
	unsigned flags = 0;
	bool good = true;

	for (size_t i = 1; i < call->argc; i++) {
		unsigned flag = 0;

		for (size_t w = 0; w < HF_LEN(words); w++) {
			if (hf_slice_ieq(call->argv[i], words[w].word))
				flag = words[w].flag;
		}
		good = good && flag != 0;
		flags |= flag;
	}
	if (!good || ((flags & ABORT) != 0 && flags != ABORT) ||
	    (flags & (SAVE | NOSAVE)) == (SAVE | NOSAVE)) {
		reply_syntax_error(call->reply);
		return false;
	}
	*flags_out = flags;
	return true;
}

void cmd_shutdown(struct call *call)
{
	struct lockd *lockd = call->lockd;
	unsigned flags;

	if (!read_shutdown(call, &flags))
		return;
	if ((flags & ABORT) != 0) {
		reply_error(call->reply, "ERR No shutdown in progress.");
		return;
	}
	if (lockd->busy && (flags & NOSAVE) == 0) {
		reply_error(call->reply, COMMAND_BUSY_ERROR);
		return;
	}
	if (lockd->busy) {
		lockd->forget = true;
		script_abort(lockd->script);
	}
	hf_info("shutdown asked for client=%llu",
		(unsigned long long)call->client->id);
	lockd->shutdown = true; /* the only answer is the closed line */
}

/* There are no replicas, and so nothing that could be behind. */
void cmd_role(struct call *call)
{
	reply_array(call->reply, 3);
	reply_str(call->reply, "master");
	reply_integer(call->reply, 0);
	reply_array(call->reply, 0);
}

/* WAIT numreplicas timeout: there will never be one to wait for. */
/*
 * WAITAOF numlocal numreplicas timeout: the answer waits for the disk, however
 * long that takes.
 */
void cmd_waitaof(struct call *call)
{
	struct persist *persist = call->lockd->persist;
	int64_t local, replicas, timeout_ms;

	if (hf_slice_int64(call->argv[1], &local) < 0 ||
	    hf_slice_int64(call->argv[2], &replicas) < 0 ||
	    hf_slice_int64(call->argv[3], &timeout_ms) < 0) {
		reply_not_an_integer(call->reply);
	} else if (local < 0 || local > 1) {
		reply_error(call->reply, "ERR value is out of range, value "
					 "must between 0 and 1");
	} else if (timeout_ms < 0) {
		reply_error(call->reply, "ERR timeout is negative");
	} else if (persist == NULL && local > 0) {
		reply_error(call->reply,
			    "ERR WAITAOF cannot be used when numlocal is set "
			    "but appendonly is disabled.");
	} else {
		if (persist != NULL)
			call->client->hold_until = persist_sync(persist);
		reply_array(call->reply, 2);
		reply_integer(call->reply, persist != NULL);
		reply_integer(call->reply, 0);
	}
}

void cmd_wait(struct call *call)
{
	int64_t replicas, timeout_ms;

	if (hf_slice_int64(call->argv[1], &replicas) < 0)
		reply_not_an_integer(call->reply);
	else if (hf_slice_int64(call->argv[2], &timeout_ms) < 0)
		reply_error(call->reply, "ERR timeout is not an integer or "
					 "out of range");
	else if (timeout_ms < 0)
		reply_error(call->reply, "ERR timeout is negative");
	else
		reply_integer(call->reply, 0);
}

void cmd_lolwut(struct call *call)
{
	int64_t version;

	if (call->argc > 2 && hf_slice_ieq(call->argv[1], "version") &&
	    hf_slice_int64(call->argv[2], &version) < 0) {
		reply_not_an_integer(call->reply);
		return;
	}
	reply_verbatim(call->reply,
		       HF_SLICE("    .--------.\n"
				"   / .------. \\     ADMIT ONE\n"
				"  | |        | |    row 1, seat 1\n"
				" _| |________| |_\n"
				"'._    .--.    _'.  Somebody else has it.\n"
				"|      |  |      |  It will be free in 0 ms,\n"
				"|      '. '      |  and then somebody else\n"
				"|_______''_______|  will have it.\n"
				"\nRedis ver. " REDIS_VERSION "\n"));
}

/* DEBUG SLEEP seconds: stands still, as a blocked disk would make it. */
void cmd_debug(struct call *call)
{
	char text[16], *end;
	double seconds;

	if (call->lockd->settings.debug_commands == 0) {
		reply_error(call->reply, "ERR DEBUG command not allowed. It "
					 "takes lockd --debug-commands yes.");
		return;
	}
	if (call->argc != 3 || !hf_slice_ieq(call->argv[1], "sleep")) {
		reply_error(call->reply, "ERR DEBUG has SLEEP <seconds> only");
		return;
	}
	snprintf(text, sizeof(text), "%.*s", (int)call->argv[2].len,
		 call->argv[2].data);
	seconds = strtod(text, &end);
	if (end == text || *end != '\0' || !(seconds >= 0 && seconds <= 60)) {
		reply_error(call->reply, "ERR value is not a valid float");
		return;
	}
	usleep((useconds_t)(seconds * 1e6));
	reply_ok(call->reply);
}

void cmd_no_cluster(struct call *call)
{
	reply_error(call->reply,
		    "ERR This instance has cluster support disabled");
}

void cmd_cluster(struct call *call)
{
	static const struct subcommand subs[] = {
		{ "addslots", 2, 0, cmd_no_cluster },
		{ "bumpepoch", 2, 0, cmd_no_cluster },
		{ "count-failure-reports", 2, 0, cmd_no_cluster },
		{ "delslots", 2, 0, cmd_no_cluster },
		{ "failover", 2, 0, cmd_no_cluster },
		{ "flushslots", 2, 0, cmd_no_cluster },
		{ "forget", 2, 0, cmd_no_cluster },
		{ "countkeysinslot", 2, 0, cmd_no_cluster },
		{ "getkeysinslot", 2, 0, cmd_no_cluster },
		{ "info", 2, 0, cmd_no_cluster },
		{ "keyslot", 2, 0, cmd_no_cluster },
		{ "links", 2, 0, cmd_no_cluster },
		{ "meet", 2, 0, cmd_no_cluster },
		{ "myid", 2, 0, cmd_no_cluster },
		{ "nodes", 2, 0, cmd_no_cluster },
		{ "replicas", 2, 0, cmd_no_cluster },
		{ "replicate", 2, 0, cmd_no_cluster },
		{ "reset", 2, 0, cmd_no_cluster },
		{ "setslot", 2, 0, cmd_no_cluster },
		{ "shards", 2, 0, cmd_no_cluster },
		{ "slaves", 2, 0, cmd_no_cluster },
		{ "slots", 2, 0, cmd_no_cluster },
	};

	command_run_sub(call, "cluster", subs, HF_LEN(subs));
}
