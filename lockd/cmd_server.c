/*
 * Commands about the server itself.
 */
#include "config.h"

#include "lockd/command.h"

#include "libhold/clock.h"
#include "libhold/log.h"

#include <stdio.h>

void cmd_ping(struct call *call)
{
	if (client_only_listens(call->client) && !call->in_script) {
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
