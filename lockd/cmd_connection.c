/*
 * Commands about a connection: how it speaks, and its end.
 */
#include "config.h"

#include "libhold/log.h"
#include "lockd/command.h"

void cmd_quit(struct call *call)
{
	call->client->close_on_reply = true;
	reply_ok(call->reply);
}

void cmd_select(struct call *call)
{
	if (command_takes_db(call, call->argv[1]))
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

/* False after an error reply: user and password do not fit. */
static bool log_in(struct call *call, struct hf_slice user,
		   struct hf_slice password)
{
	const struct auth *auth = &call->lockd->auth;

	if (hf_slice_eq(user, HF_SLICE("default")) &&
	    (auth->len == 0 || auth_matches(auth, password))) {
		call->client->authenticated = true;
		return true;
	}
	hf_warnx("wrong password client=%llu",
		 (unsigned long long)call->client->id);
	reply_error(call->reply, "WRONGPASS invalid username-password pair or "
				 "user is disabled.");
	return false;
}

/* AUTH [user] password */
void cmd_auth(struct call *call)
{
	bool named = call->argc == 3;

	if (call->argc > 3)
		reply_syntax_error(call->reply);
	else if (!named && call->lockd->auth.len == 0)
		reply_error(call->reply,
			    "ERR AUTH <password> called without any password "
			    "configured for the default user. Are you sure "
			    "your configuration is correct?");
	else if (log_in(call, named ? call->argv[1] : HF_SLICE("default"),
			call->argv[named ? 2 : 1]))
		reply_ok(call->reply);
}

struct hello {
	int64_t protocol;
	const struct hf_slice *user, *name; /* NULL: not given */
};

/* False after an error reply. */
static bool parse_protocol(struct call *call, struct hello *hello)
{
	if (call->argc == 1)
		return true;
	if (hf_slice_int64(call->argv[1], &hello->protocol) < 0) {
		reply_error(call->reply, "ERR Protocol version is not an "
					 "integer or out of range");
		return false;
	}
	if (hello->protocol < 2 || hello->protocol > 3) {
		reply_error(call->reply,
			    "NOPROTO unsupported protocol version");
		return false;
	}
	return true;
}

static bool parse_hello(struct call *call, struct hello *hello)
{
	size_t i = 2;

	if (!parse_protocol(call, hello))
		return false;
	while (i < call->argc) {
		if (hf_slice_ieq(call->argv[i], "auth") && i + 2 < call->argc) {
			hello->user = &call->argv[i + 1];
			i += 3;
		} else if (hf_slice_ieq(call->argv[i], "setname") &&
			   i + 1 < call->argc) {
			hello->name = &call->argv[i + 1];
			i += 2;
		} else {
			reply_error(call->reply,
				    "ERR Syntax error in HELLO option '%.*s'",
				    (int)(call->argv[i].len < 64
					      ? call->argv[i].len
					      : 64),
				    call->argv[i].data);
			return false;
		}
	}
	return true;
}

/* HELLO [protover [AUTH user password] [SETNAME name]] */
void cmd_hello(struct call *call)
{
	struct hello hello = { .protocol = call->client->protocol };

	if (!parse_hello(call, &hello))
		return;
	if (hello.user != NULL && !log_in(call, hello.user[0], hello.user[1]))
		return;
	if (!client_is_known(call->lockd, call->client)) {
		reply_error(call->reply,
			    "NOAUTH HELLO must be called with the client "
			    "already authenticated, otherwise the HELLO "
			    "<proto> AUTH <user> <pass> option can be used to "
			    "authenticate the client and select the RESP "
			    "protocol version at the same time");
		return;
	}
	if (hello.name != NULL && !client_note_name(call, *hello.name))
		return;
	call->client->protocol = (int)hello.protocol;
	call->reply->protocol = (int)hello.protocol;
	reply_hello(call);
}

/* ---- ACL: one user, who may do everything ------------------------------- */

static void acl_whoami(struct call *call)
{
	reply_str(call->reply, "default");
}

static void acl_users(struct call *call)
{
	reply_array(call->reply, 1);
	reply_str(call->reply, "default");
}

static void acl_list(struct call *call)
{
	reply_array(call->reply, 1);
	reply_str(call->reply, call->lockd->auth.len == 0
				   ? "user default on nopass ~* &* +@all"
				   : "user default on ~* &* +@all");
}

static void acl_help(struct call *call)
{
	static const char *const lines[] = {
		"ACL <subcommand> [<arg> ...]. Subcommands are:",
		"LIST",
		"    What the one user may do: everything.",
		"USERS",
		"    Its name.",
		"WHOAMI",
		"    Its name.",
		"HELP",
		"    This text.",
	};

	reply_lines(call->reply, lines, HF_LEN(lines));
}

void cmd_acl(struct call *call)
{
	static const struct subcommand subs[] = {
		{ "whoami", 2, 2, acl_whoami },
		{ "users", 2, 2, acl_users },
		{ "list", 2, 2, acl_list },
		{ "help", 2, 2, acl_help },
	};

	command_run_sub(call, "acl", subs, HF_LEN(subs));
}
