/*
 * CLIENT: who is connected, and what is noted of them.
 */
#include "config.h"

#include "libhold/buf.h"
#include "lockd/command.h"
#include "lockd/multi.h"
#include "lockd/pubsub.h"

#include <stdio.h>

#define LIST_MAX_BYTES ((size_t)64 * 1024 * 1024)

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

/* ---- who is connected --------------------------------------------------- */

enum client_type { TYPE_NORMAL, TYPE_MASTER, TYPE_REPLICA, TYPE_PUBSUB };

static bool parse_type(struct call *call, struct hf_slice word,
		       enum client_type *type_out)
{
	static const struct {
		const char *word;
		enum client_type type;
	} words[] = { { "normal", TYPE_NORMAL },
		      { "master", TYPE_MASTER },
		      { "replica", TYPE_REPLICA },
		      { "slave", TYPE_REPLICA },
		      { "pubsub", TYPE_PUBSUB } };

	for (size_t i = 0; i < HF_LEN(words); i++) {
		if (hf_slice_ieq(word, words[i].word)) {
			*type_out = words[i].type;
			return true;
		}
	}
	reply_error(call->reply, "ERR Unknown client type '%.*s'",
		    (int)(word.len < 64 ? word.len : 64), word.data);
	return false;
}

static enum client_type type_of(const struct client *client)
{
	return client->listens != NULL ? TYPE_PUBSUB : TYPE_NORMAL;
}

static const char *flags_of(const struct client *client, bool is_unix,
			    char out[16])
{
	char *to = out;

	if (!hf_list_empty(&client->monitor))
		*to++ = 'O';
	if (client->listens != NULL)
		*to++ = 'P';
	if (client->unblock != NULL)
		*to++ = 'b';
	if (client->multi != NULL)
		*to++ = 'x';
	if (client->watcher.changed)
		*to++ = 'd';
	if (client->close_on_reply)
		*to++ = 'c';
	if (is_unix)
		*to++ = 'U';
	if (client->no_evict)
		*to++ = 'e';
	if (to == out)
		*to++ = 'N';
	*to = '\0';
	return out;
}

static void print_last(const struct client *client, struct hf_buf *out)
{
	if (client->last == NULL)
		hf_buf_printf(out, " cmd=NULL");
	else
		hf_buf_printf(out, " cmd=%s%s%s", client->last->name,
			      client->last_sub != NULL ? "|" : "",
			      client->last_sub != NULL ? client->last_sub : "");
}

/* One line as https://redis.io/docs/latest/commands/client-list/ has it. */
static void print_client(struct client *client, int64_t now_ms,
			 struct hf_buf *out)
{
	const struct multi *multi = client->multi;
	struct client_place place;
	char addr[CLIENT_ADDR_MAX], laddr[CLIENT_ADDR_MAX], flags[16];

	client_place(client, &place);
	client_address(&place, place.addr, addr, sizeof(addr));
	client_address(&place, place.laddr, laddr, sizeof(laddr));
	hf_buf_printf(
	    out,
	    "id=%llu addr=%s laddr=%s fd=%d name=%s age=%lld "
	    "idle=%lld flags=%s db=0 sub=%zu psub=%zu ssub=%zu "
	    "multi=%lld qbuf=%zu qbuf-free=0 argv-mem=0 multi-mem=%zu "
	    "rbs=0 rbp=0 obl=0 oll=%d omem=%zu tot-mem=%zu events=r",
	    (unsigned long long)client->id, addr, laddr, place.fd, client->name,
	    (long long)(now_ms - client->opened_ms) / 1000,
	    (long long)(now_ms - client->active_ms) / 1000,
	    flags_of(client, place.is_unix, flags),
	    pubsub_count(client, PUBSUB_CHANNEL),
	    pubsub_count(client, PUBSUB_PATTERN),
	    pubsub_count(client, PUBSUB_SHARD),
	    multi != NULL ? (long long)multi->count : -1LL, place.in_bytes,
	    multi != NULL ? multi->bytes : 0, place.out_bytes > 0 ? 1 : 0,
	    place.out_bytes, place.in_bytes + place.out_bytes);
	print_last(client, out);
	hf_buf_printf(out,
		      " user=default redir=-1 resp=%d lib-name=%s "
		      "lib-ver=%s\n",
		      client->protocol, client->lib_name, client->lib_version);
}

static void reply_text(struct call *call, struct hf_buf *text)
{
	if (hf_buf_failed(text))
		reply_error(call->reply, "ERR the list is too long");
	else
		reply_verbatim(call->reply, hf_buf_slice(text));
	hf_buf_fini(text);
}

static void client_info(struct call *call)
{
	struct hf_buf out;

	hf_buf_init(&out, LIST_MAX_BYTES);
	print_client(call->client, call->now_ms, &out);
	reply_text(call, &out);
}

static struct client *client_by_id(struct lockd *lockd, int64_t id)
{
	HF_LIST_FOREACH (node, &lockd->clients) {
		struct client *client =
		    HF_CONTAINER_OF(node, struct client, all);

		if ((int64_t)client->id == id && !client->killed)
			return client;
	}
	return NULL;
}

static void list_by_id(struct call *call, struct hf_buf *out)
{
	int64_t id;

	for (size_t i = 3; i < call->argc; i++) {
		struct client *client;

		if (hf_slice_int64(call->argv[i], &id) < 0) {
			reply_error(call->reply, "ERR Invalid client ID");
			hf_buf_fini(out);
			return;
		}
		client = client_by_id(call->lockd, id);
		if (client != NULL)
			print_client(client, call->now_ms, out);
	}
	reply_text(call, out);
}

static void list_by_type(struct call *call, const enum client_type *type,
			 struct hf_buf *out)
{
	HF_LIST_FOREACH (node, &call->lockd->clients) {
		struct client *client =
		    HF_CONTAINER_OF(node, struct client, all);

		if (!client->killed &&
		    (type == NULL || type_of(client) == *type))
			print_client(client, call->now_ms, out);
	}
	reply_text(call, out);
}

/* CLIENT LIST [TYPE type] | [ID id ...] */
static void client_list(struct call *call)
{
	enum client_type type;
	struct hf_buf out;

	hf_buf_init(&out, LIST_MAX_BYTES);
	if (call->argc == 2) {
		list_by_type(call, NULL, &out);
	} else if (call->argc == 4 && hf_slice_ieq(call->argv[2], "type")) {
		if (parse_type(call, call->argv[3], &type))
			list_by_type(call, &type, &out);
	} else if (call->argc > 3 && hf_slice_ieq(call->argv[2], "id")) {
		list_by_id(call, &out);
	} else {
		reply_syntax_error(call->reply);
	}
}

/* ---- CLIENT KILL -------------------------------------------------------- */

struct kill {
	struct hf_slice addr, laddr; /* data == NULL: any */
	int64_t id, min_age_s;       /* 0: any */
	bool by_type, skip_me;
	enum client_type type;
};

static bool parse_positive(struct call *call, struct hf_slice text,
			   const char *what, int64_t *out)
{
	if (hf_slice_int64(text, out) == 0 && *out > 0)
		return true;
	reply_error(call->reply, "ERR %s should be greater than 0", what);
	return false;
}

static bool parse_user(struct call *call, struct hf_slice name)
{
	if (hf_slice_eq(name, HF_SLICE("default")))
		return true; /* there is no other */
	reply_error(call->reply, "ERR No such user '%.*s'",
		    (int)(name.len < 64 ? name.len : 64), name.data);
	return false;
}

static bool parse_skip_me(struct call *call, struct hf_slice word, bool *out)
{
	*out = hf_slice_ieq(word, "yes");
	if (*out || hf_slice_ieq(word, "no"))
		return true;
	reply_syntax_error(call->reply);
	return false;
}

/* One filter with its value; false after an error reply. */
static bool parse_filter(struct call *call, size_t at, struct kill *kill)
{
	struct hf_slice word = call->argv[at], value = call->argv[at + 1];

	if (hf_slice_ieq(word, "id"))
		return parse_positive(call, value, "client-id", &kill->id);
	if (hf_slice_ieq(word, "maxage"))
		return parse_positive(call, value, "maxage", &kill->min_age_s);
	if (hf_slice_ieq(word, "user"))
		return parse_user(call, value);
	if (hf_slice_ieq(word, "skipme"))
		return parse_skip_me(call, value, &kill->skip_me);
	if (hf_slice_ieq(word, "type")) {
		kill->by_type = true;
		return parse_type(call, value, &kill->type);
	}
	if (hf_slice_ieq(word, "addr")) {
		kill->addr = value;
	} else if (hf_slice_ieq(word, "laddr")) {
		kill->laddr = value;
	} else {
		reply_syntax_error(call->reply);
		return false;
	}
	return true;
}

static bool is_at(const struct client_place *place, const char *end,
		  struct hf_slice wanted)
{
	char addr[CLIENT_ADDR_MAX];

	if (wanted.data == NULL)
		return true;
	client_address(place, end, addr, sizeof(addr));
	return hf_slice_eq(wanted, hf_slice_of(addr));
}

static bool meant(const struct call *call, struct client *client,
		  const struct kill *kill)
{
	struct client_place place;

	if (client->killed ||
	    (kill->id != 0 && (int64_t)client->id != kill->id) ||
	    (kill->by_type && type_of(client) != kill->type) ||
	    (kill->skip_me && client == call->client) ||
	    call->now_ms - client->opened_ms < kill->min_age_s * 1000)
		return false;
	client_place(client, &place);
	return is_at(&place, place.addr, kill->addr) &&
	       is_at(&place, place.laddr, kill->laddr);
}

static int64_t kill_all(struct call *call, const struct kill *kill)
{
	int64_t killed = 0;

	HF_LIST_FOREACH (node, &call->lockd->clients) {
		struct client *client =
		    HF_CONTAINER_OF(node, struct client, all);

		if (!meant(call, client, kill))
			continue;
		killed++;
		if (client == call->client)
			client->close_on_reply = true; /* it hears the answer */
		else
			client_kill(client);
	}
	return killed;
}

/* CLIENT KILL addr | CLIENT KILL filter value [filter value ...] */
static void client_kill_cmd(struct call *call)
{
	struct kill kill = { .skip_me = call->argc > 3 };

	if (call->argc == 3) {
		kill.addr = call->argv[2];
		if (kill_all(call, &kill) > 0)
			reply_ok(call->reply);
		else
			reply_error(call->reply, "ERR No such client");
		return;
	}
	if (call->argc % 2 != 0) {
		reply_syntax_error(call->reply);
		return;
	}
	for (size_t i = 2; i < call->argc; i += 2) {
		if (!parse_filter(call, i, &kill))
			return;
	}
	reply_integer(call->reply, kill_all(call, &kill));
}

/* ---- CLIENT PAUSE, REPLY and UNBLOCK ------------------------------------ */

static void client_pause_cmd(struct call *call)
{
	int64_t ms;
	bool all = call->argc == 3 || hf_slice_ieq(call->argv[3], "all");

	if (!command_sub_has_at_most(call, 4, "CLIENT"))
		return;
	if (!all && !hf_slice_ieq(call->argv[3], "write")) {
		reply_error(call->reply,
			    "ERR CLIENT PAUSE mode must be WRITE or ALL");
	} else if (hf_slice_int64(call->argv[2], &ms) < 0 ||
		   ms > INT64_MAX - call->now_ms) {
		reply_error(call->reply, "ERR timeout is not an integer or "
					 "out of range");
	} else if (ms < 0) {
		reply_error(call->reply, "ERR timeout is negative");
	} else {
		client_pause_all(call->lockd, call->now_ms + ms, all,
				 call->now_ms);
		reply_ok(call->reply);
	}
}

static void client_unpause(struct call *call)
{
	client_unpause_all(call->lockd);
	reply_ok(call->reply);
}

static void client_reply(struct call *call)
{
	struct client *client = call->client;

	if (call->in_exec) { /* whose answer has a part for each command */
		reply_error(call->reply, "ERR CLIENT REPLY is not allowed in "
					 "a transaction");
	} else if (hf_slice_ieq(call->argv[2], "on")) {
		client->replies = CLIENT_REPLIES_ON;
		/* call->reply may still be the one that drops everything. */
		reply_ok(client_reach(client));
	} else if (hf_slice_ieq(call->argv[2], "off")) {
		client->replies = CLIENT_REPLIES_OFF;
	} else if (!hf_slice_ieq(call->argv[2], "skip")) {
		reply_syntax_error(call->reply);
	} else if (client->replies != CLIENT_REPLIES_OFF) {
		client->replies = CLIENT_REPLIES_SKIP_NEXT;
	}
}

static void client_unblock(struct call *call)
{
	bool error = call->argc == 4 && hf_slice_ieq(call->argv[3], "error");
	struct client *client;
	int64_t id;

	if (!command_sub_has_at_most(call, 4, "CLIENT"))
		return;
	if (call->argc == 4 && !error &&
	    !hf_slice_ieq(call->argv[3], "timeout")) {
		reply_error(call->reply, "ERR CLIENT UNBLOCK reason should be "
					 "TIMEOUT or ERROR");
		return;
	}
	if (hf_slice_int64(call->argv[2], &id) < 0) {
		reply_not_an_integer(call->reply);
		return;
	}
	client = client_by_id(call->lockd, id);
	if (client == NULL || client->unblock == NULL) {
		reply_integer(call->reply, 0);
		return;
	}
	client->unblock(call->lockd, client, error);
	reply_integer(call->reply, 1);
}

/* ---- what has no effect here -------------------------------------------- */

/* ON or OFF in the third word; false after an error reply. */
static bool parse_switch(struct call *call, bool *on_out)
{
	*on_out = hf_slice_ieq(call->argv[2], "on");
	if (*on_out || hf_slice_ieq(call->argv[2], "off"))
		return true;
	reply_syntax_error(call->reply);
	return false;
}

/* Nobody is evicted, and no key has a time of last use: just remembered. */
static void client_no_evict(struct call *call)
{
	if (parse_switch(call, &call->client->no_evict))
		reply_ok(call->reply);
}

static void client_no_touch(struct call *call)
{
	if (parse_switch(call, &call->client->no_touch))
		reply_ok(call->reply);
}

static void client_tracking(struct call *call)
{
	bool on;

	if (!parse_switch(call, &on))
		return;
	if (on)
		reply_error(call->reply,
			    "ERR this server does not track what clients "
			    "have cached");
	else
		reply_ok(call->reply);
}

static void client_trackinginfo(struct call *call)
{
	struct reply *r = call->reply;

	reply_map(r, 3);
	reply_str(r, "flags");
	reply_set(r, 1);
	reply_str(r, "off");
	reply_str(r, "redirect");
	reply_integer(r, -1);
	reply_str(r, "prefixes");
	reply_array(r, 0);
}

static void client_caching(struct call *call)
{
	reply_error(call->reply,
		    "ERR CLIENT CACHING can be called only when the client is "
		    "in tracking mode with OPTIN or OPTOUT mode enabled");
}

static void client_getredir(struct call *call)
{
	reply_integer(call->reply, -1);
}

/* ---- the table ---------------------------------------------------------- */

static void client_help(struct call *call)
{
	static const char *const lines[] = {
		"CLIENT <subcommand> [<arg> ...]. Subcommands are:",
		"GETNAME",
		"    The name of this connection.",
		"ID",
		"    The number of this connection.",
		"INFO",
		"    What LIST says of this connection.",
		"KILL <ip:port> | <filter> <value> [<filter> <value> ...]",
		"    Ends those that fit all filters:",
		"    ID, ADDR, LADDR, TYPE, USER, MAXAGE, SKIPME.",
		"LIST [TYPE <normal|pubsub>] [ID <id> ...]",
		"    All connections, one a line.",
		"NO-EVICT <ON|OFF>, NO-TOUCH <ON|OFF>",
		"    Remembered; without effect here.",
		"PAUSE <milliseconds> [WRITE|ALL], UNPAUSE",
		"    Lets requests wait.",
		"REPLY <ON|OFF|SKIP>",
		"    Which answers this connection wants.",
		"SETINFO <LIB-NAME|LIB-VER> <text>",
		"    Notes which client library this is.",
		"SETNAME <name>",
		"    Names this connection.",
		"UNBLOCK <id> [TIMEOUT|ERROR]",
		"    Ends the wait of a connection's command.",
		"HELP",
		"    This text.",
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
		{ "info", 2, 2, client_info },
		{ "list", 2, 0, client_list },
		{ "kill", 3, 0, client_kill_cmd },
		{ "pause", 3, 0, client_pause_cmd },
		{ "unpause", 2, 2, client_unpause },
		{ "reply", 3, 3, client_reply },
		{ "unblock", 3, 0, client_unblock },
		{ "no-evict", 3, 3, client_no_evict },
		{ "no-touch", 3, 3, client_no_touch },
		{ "tracking", 3, 0, client_tracking },
		{ "trackinginfo", 2, 2, client_trackinginfo },
		{ "caching", 3, 3, client_caching },
		{ "getredir", 2, 2, client_getredir },
		{ "help", 2, 2, client_help },
	};

	command_run_sub(call, "client", subs, HF_LEN(subs));
}
