/*
 * Commands about a connection: how it speaks, and its end.
 */
#include "config.h"

#include "lockd/command.h"

void cmd_quit(struct call *call)
{
	call->client->close_on_reply = true;
	reply_ok(call->reply);
}

void cmd_select(struct call *call)
{
	int64_t index;

	if (hf_slice_int64(call->argv[1], &index) < 0)
		reply_not_an_integer(call->reply);
	else if (index != 0)
		reply_error(call->reply, "ERR DB index is out of range");
	else
		reply_ok(call->reply);
}

void cmd_reset(struct call *call)
{
	client_reset(call->lockd, call->client);
	call->reply->protocol = call->client->protocol;
	reply_status(call->reply, HF_SLICE("RESET"));
}

static void reply_hello(struct call *call)
{
	struct reply *r = call->reply;

	reply_map(r, 7);
	reply_str(r, "server");
	reply_str(r, "redis");
	reply_str(r, "version");
	reply_str(r, REDIS_VERSION);
	reply_str(r, "proto");
	reply_integer(r, call->client->protocol);
	reply_str(r, "id");
	reply_integer(r, (int64_t)call->client->id);
	reply_str(r, "mode");
	reply_str(r, "standalone");
	reply_str(r, "role");
	reply_str(r, "master");
	reply_str(r, "modules");
	reply_array(r, 0);
}

/* HELLO [protover [AUTH user password] [SETNAME name]] */
void cmd_hello(struct call *call)
{
	int64_t protocol = call->client->protocol;
	size_t i = 2;

	if (call->argc >= 2) {
		if (hf_slice_int64(call->argv[1], &protocol) < 0) {
			reply_error(call->reply,
				    "ERR Protocol version is not an integer "
				    "or out of range");
			return;
		}
		if (protocol < 2 || protocol > 3) {
			reply_error(call->reply,
				    "NOPROTO unsupported protocol version");
			return;
		}
	}
	while (i < call->argc) {
		if (hf_slice_ieq(call->argv[i], "auth") && i + 2 < call->argc) {
			if (!hf_slice_ieq(call->argv[i + 1], "default")) {
				reply_error(call->reply,
					    "WRONGPASS invalid username-"
					    "password pair or user is "
					    "disabled.");
				return;
			}
			i += 3;
		} else if (hf_slice_ieq(call->argv[i], "setname") &&
			   i + 1 < call->argc) {
			if (!client_note_name(call, call->argv[i + 1]))
				return;
			i += 2;
		} else {
			reply_error(call->reply,
				    "ERR Syntax error in HELLO option '%.*s'",
				    (int)(call->argv[i].len < 64
					      ? call->argv[i].len
					      : 64),
				    call->argv[i].data);
			return;
		}
	}
	call->client->protocol = (int)protocol;
	call->reply->protocol = (int)protocol;
	reply_hello(call);
}
