/*
 * CLIENT: who is connected, and what is noted of them.
 */
#include "config.h"

#include "lockd/command.h"

static void client_setname(struct call *call)
{
	if (client_note_name(call, call->argv[2]))
		reply_ok(call->reply);
}

static void client_getname(struct call *call)
{
	if (call->client->name[0] != '\0')
		reply_str(call->reply, call->client->name);
	else
		reply_null(call->reply);
}

static void client_id(struct call *call)
{
	reply_integer(call->reply, (int64_t)call->client->id);
}

static void client_setinfo(struct call *call)
{
	struct client *client = call->client;
	bool ok;

	if (hf_slice_ieq(call->argv[2], "lib-name")) {
		ok = client_note(call, call->argv[3], "lib-name",
				 client->lib_name, sizeof(client->lib_name));
	} else if (hf_slice_ieq(call->argv[2], "lib-ver")) {
		ok = client_note(call, call->argv[3], "lib-ver",
				 client->lib_version,
				 sizeof(client->lib_version));
	} else {
		reply_error(
		    call->reply, "ERR Unrecognized option '%.*s'",
		    (int)(call->argv[2].len < 64 ? call->argv[2].len : 64),
		    call->argv[2].data);
		return;
	}
	if (ok)
		reply_ok(call->reply);
}

static void client_help(struct call *call)
{
	static const char *const lines[] = {
		"CLIENT <subcommand> [<arg> ...]. Subcommands are:",
		"GETNAME",
		"    The name of this connection.",
		"ID",
		"    The number of this connection.",
		"SETINFO <LIB-NAME|LIB-VER> <text>",
		"    Notes which client library this is.",
		"SETNAME <name>",
		"    Names this connection.",
	};

	reply_lines(call->reply, lines, HF_LEN(lines));
}

void cmd_client(struct call *call)
{
	static const struct subcommand subs[] = {
		{ "setname", 3, 3, client_setname },
		{ "getname", 2, 2, client_getname },
		{ "id", 2, 2, client_id },
		{ "setinfo", 4, 4, client_setinfo },
		{ "help", 2, 2, client_help },
	};

	command_run_sub(call, "client", subs, HF_LEN(subs));
}
