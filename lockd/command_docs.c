#include "config.h"

#include "lockd/command_docs.h"

#include <assert.h>
#include <ctype.h>

/*
 * Arguments as manuals write them, with a type behind the colon (none: it is
 * a string; of "key": a key):
 *
 *	name...    one or more        TOKEN name   a word, then a value
 *	[a | b]    none or one        {a b}...     pairs, one or more
 *	<a | b>    one of them
 */
static const struct doc {
	const char *name, *group, *summary, *syntax;
} docs[] = {
#define EX_PX                                         \
	"EX seconds:integer|PX milliseconds:integer|" \
	"EXAT unix-time-seconds:unix-time|"           \
	"PXAT unix-time-milliseconds:unix-time"
#define WHEN      " [NX|XX|GT|LT]"
#define SUBS      "subcommand [arg...]"
#define LOCK_KEYS "numkeys:integer key... "
#define LOCK_WHO  "<owner|TOKEN token:integer>"
	{ "acl", "server", "Users: there is one.", SUBS },
	{ "append", "string", "Adds to the end of a string.", "key value" },
	{ "asking", "cluster", "Nothing: there is no cluster.", "" },
	{ "auth", "connection", "Gives the password.", "[username] password" },
	{ "client", "connection", "Connections: lists, names, ends them.",
	  SUBS },
	{ "cluster", "cluster", "Tells that there is no cluster.", SUBS },
	{ "command", "server", "Tells of the commands.", "[" SUBS "]" },
	{ "config", "server", "Reads and changes settings.", SUBS },
	{ "copy", "generic", "Copies a value to another key.",
	  "source:key destination:key [DB destination-db:integer] [REPLACE]" },
	{ "dbsize", "server", "How many keys there are.", "" },
	{ "debug", "server", "For tests.", SUBS },
	{ "decr", "string", "Counts down by one.", "key" },
	{ "decrby", "string", "Counts down.", "key decrement:integer" },
	{ "del", "generic", "Removes keys.", "key..." },
	{ "delex", "string", "Removes a key, if its value is, or is not, this.",
	  "key [IFEQ comparison|IFNE comparison]" },
	{ "delifeq", "string", "Removes a key if its value is this.",
	  "key value" },
	{ "discard", "transactions", "Forgets what is queued.", "" },
	{ "echo", "connection", "Says it again.", "message" },
	{ "eval", "scripting", "Runs a script.",
	  "script numkeys:integer [key...] [arg...]" },
	{ "eval_ro", "scripting", "Runs a script that changes nothing.",
	  "script numkeys:integer [key...] [arg...]" },
	{ "evalsha", "scripting", "Runs a kept script.",
	  "sha1 numkeys:integer [key...] [arg...]" },
	{ "evalsha_ro", "scripting", "Runs a kept script that changes nothing.",
	  "sha1 numkeys:integer [key...] [arg...]" },
	{ "exec", "transactions", "Runs what is queued.", "" },
	{ "exists", "generic", "How many of the keys there are.", "key..." },
	{ "expire", "generic", "Gives a key so many seconds.",
	  "key seconds:integer" WHEN },
	{ "expireat", "generic", "Gives a key until a second.",
	  "key unix-time-seconds:unix-time" WHEN },
	{ "expiretime", "generic", "Until which second a key has.", "key" },
	{ "fence", "lock", "The token of who holds a key.", "key [value]" },
	{ "flushall", "server", "Removes all keys.", "[ASYNC|SYNC]" },
	{ "flushdb", "server", "Removes all keys.", "[ASYNC|SYNC]" },
	{ "get", "string", "The value of a key.", "key" },
	{ "getdel", "string", "The value of a key, which is removed.", "key" },
	{ "getex", "string", "The value of a key, and another deadline.",
	  "key [" EX_PX "|PERSIST]" },
	{ "getrange", "string", "A piece of a string.",
	  "key start:integer end:integer" },
	{ "getset", "string", "The value before, and a new one.", "key value" },
	{ "guard", "lock", "Refuses a token that is behind the highest seen.",
	  "resource [token:integer]" },
	{ "hdel", "hash", "Removes fields.", "key field..." },
	{ "hello", "connection", "Begins a conversation.",
	  "[protover:integer [AUTH username password] [SETNAME clientname]]" },
	{ "hexists", "hash", "Is there such a field?", "key field" },
	{ "hget", "hash", "The value of a field.", "key field" },
	{ "hgetall", "hash", "All fields and values.", "key" },
	{ "hincrby", "hash", "Counts in a field.",
	  "key field increment:integer" },
	{ "hincrbyfloat", "hash", "Counts in a field, with fractions.",
	  "key field increment:double" },
	{ "hkeys", "hash", "All fields.", "key" },
	{ "hlen", "hash", "How many fields there are.", "key" },
	{ "hmget", "hash", "The values of fields.", "key field..." },
	{ "hmset", "hash", "Sets fields.", "key {field value}..." },
	{ "host:", "server", "Ends a connection that speaks HTTP.",
	  "[arg...]" },
	{ "hrandfield", "hash", "Fields by chance.",
	  "key [count:integer [WITHVALUES]]" },
	{ "hscan", "hash", "Walks over fields.",
	  "key cursor:integer [MATCH pattern:pattern] [COUNT count:integer]" },
	{ "hset", "hash", "Sets fields.", "key {field value}..." },
	{ "hsetnx", "hash", "Sets a field that is not there.",
	  "key field value" },
	{ "hstrlen", "hash", "How long a field's value is.", "key field" },
	{ "hvals", "hash", "All values.", "key" },
	{ "incr", "string", "Counts up by one.", "key" },
	{ "incrby", "string", "Counts up.", "key increment:integer" },
	{ "incrbyfloat", "string", "Counts up, with fractions.",
	  "key increment:double" },
	{ "info", "server", "How the server is.", "[section...]" },
	{ "keys", "generic", "All keys that fit.", "pattern:pattern" },
	{ "latency", "server", "Tells of what took long.", SUBS },
	{ "lock.acquire", "lock", "Takes a lock on all keys, or waits for it.",
	  LOCK_KEYS "owner PX milliseconds:integer [WAIT milliseconds:integer] "
		    "[SHARED] [ON-DISCONNECT <KEEP|RELEASE|GRACE "
		    "milliseconds:integer>] [DELAY milliseconds:integer]" },
	{ "lock.extend", "lock", "Gives a lock more time.",
	  LOCK_KEYS LOCK_WHO " PX milliseconds:integer" },
	{ "lock.info", "lock", "Who holds a key.", "key" },
	{ "lock.list", "lock", "All locks, in steps.",
	  "[MATCH pattern:pattern] [CURSOR cursor:integer]" },
	{ "lock.release", "lock", "Gives a lock back.", LOCK_KEYS LOCK_WHO },
	{ "lock.top", "lock", "The keys that are fought over.",
	  "[COUNT count:integer]" },
	{ "lock.waiters", "lock", "Who waits for a key.", "key" },
	{ "lolwut", "server", "A picture.", "[VERSION version:integer]" },
	{ "memory", "server", "Tells of memory.", SUBS },
	{ "mget", "string", "The values of keys.", "key..." },
	{ "monitor", "server", "Shows what all clients ask.", "" },
	{ "mset", "string", "Sets keys.", "{key value}..." },
	{ "msetnx", "string", "Sets keys if none is there.", "{key value}..." },
	{ "multi", "transactions", "From here on commands are queued.", "" },
	{ "object", "generic", "Looks into a key.", SUBS },
	{ "persist", "generic", "Takes a key's deadline away.", "key" },
	{ "pexpire", "generic", "Gives a key so many milliseconds.",
	  "key milliseconds:integer" WHEN },
	{ "pexpireat", "generic", "Gives a key until a millisecond.",
	  "key unix-time-milliseconds:unix-time" WHEN },
	{ "pexpiretime", "generic", "Until which millisecond a key has.",
	  "key" },
	{ "ping", "connection", "Are you there?", "[message]" },
	{ "post", "server", "Ends a connection that speaks HTTP.", "[arg...]" },
	{ "psetex", "string", "Sets a key, with a deadline.",
	  "key milliseconds:integer value" },
	{ "psubscribe", "pubsub", "Listens to channels that fit.",
	  "{pattern:pattern}..." },
	{ "pttl", "generic", "How many milliseconds a key has left.", "key" },
	{ "publish", "pubsub", "Tells those who listen.", "channel message" },
	{ "pubsub", "pubsub", "Who listens to what.", SUBS },
	{ "punsubscribe", "pubsub", "Listens no more.",
	  "[pattern:pattern...]" },
	{ "quit", "connection", "Ends the connection.", "" },
	{ "randomkey", "generic", "A key by chance.", "" },
	{ "readonly", "cluster", "Nothing: there is no cluster.", "" },
	{ "readwrite", "cluster", "Nothing: there is no cluster.", "" },
	{ "rename", "generic", "Gives a key another name.", "key newkey:key" },
	{ "renamenx", "generic", "The same, if there is none of that name.",
	  "key newkey:key" },
	{ "reset", "connection", "As if just connected.", "" },
	{ "role", "server", "That it is the master.", "" },
	{ "scan", "generic", "Walks over keys.",
	  "cursor:integer [MATCH pattern:pattern] [COUNT count:integer] "
	  "[TYPE type]" },
	{ "script", "scripting", "Keeps and ends scripts.", SUBS },
	{ "select", "connection", "Chooses database 0.", "index:integer" },
	{ "set", "string", "Sets a key.",
	  "key value [NX|XX|IFEQ comparison|IFNE comparison] [GET] [" EX_PX
	  "|KEEPTTL]" },
	{ "setex", "string", "Sets a key, with a deadline.",
	  "key seconds:integer value" },
	{ "setnx", "string", "Sets a key that is not there.", "key value" },
	{ "setrange", "string", "Writes over a piece of a string.",
	  "key offset:integer value" },
	{ "shutdown", "server", "Ends the server.",
	  "[NOSAVE|SAVE] [NOW] [FORCE] [ABORT]" },
	{ "slowlog", "server", "Tells of commands that took long.", SUBS },
	{ "spublish", "pubsub", "Tells those who listen.",
	  "shardchannel message" },
	{ "ssubscribe", "pubsub", "Listens to channels.", "shardchannel..." },
	{ "strlen", "string", "How long a string is.", "key" },
	{ "subscribe", "pubsub", "Listens to channels.", "channel..." },
	{ "substr", "string", "A piece of a string.",
	  "key start:integer end:integer" },
	{ "sunsubscribe", "pubsub", "Listens no more.", "[shardchannel...]" },
	{ "time", "server", "The server's date and time.", "" },
	{ "touch", "generic", "Uses keys.", "key..." },
	{ "ttl", "generic", "How many seconds a key has left.", "key" },
	{ "type", "generic", "What kind of value a key has.", "key" },
	{ "unlink", "generic", "Removes keys.", "key..." },
	{ "unsubscribe", "pubsub", "Listens no more.", "[channel...]" },
	{ "unwatch", "transactions", "Watches nothing any more.", "" },
	{ "wait", "generic", "Waits for replicas: there are none.",
	  "numreplicas:integer timeout:integer" },
	{ "waitaof", "generic", "Waits for the disk.",
	  "numlocal:integer numreplicas:integer timeout:integer" },
	{ "watch", "transactions", "Watches keys for the next transaction.",
	  "key..." },
};

/* ---- reading the syntax ------------------------------------------------- */

enum { ARGS_MAX = 32 }; /* of one command; a test reads all of them */

struct arg {
	struct hf_slice name, type, token; /* .data NULL: none */
	bool optional, multiple;
	struct arg *children, *next;
};

struct syntax {
	const char *at;
	struct arg args[ARGS_MAX];
	size_t n;
};

static struct arg *new_arg(struct syntax *s)
{
	assert(s->n < ARGS_MAX);
	return &s->args[s->n++];
}

static struct hf_slice word(struct syntax *s)
{
	size_t len = strcspn(s->at, " |:.[]{}<>");
	struct hf_slice text = { s->at, len };

	s->at += len;
	return text;
}

static void skip_blanks(struct syntax *s)
{
	while (*s->at == ' ')
		s->at++;
}

static bool take(struct syntax *s, const char *text)
{
	size_t len = strlen(text);

	if (strncmp(s->at, text, len) != 0)
		return false;
	s->at += len;
	return true;
}

/* "name", "name:type", either with "..." */
static struct arg *value(struct syntax *s)
{
	struct arg *a = new_arg(s);

	a->name = word(s);
	a->type = hf_slice_eq(a->name, HF_SLICE("key")) ? HF_SLICE("key")
							: HF_SLICE("string");
	if (take(s, ":"))
		a->type = word(s);
	a->multiple = take(s, "...");
	return a;
}

static struct arg *sequence(struct syntax *s);

static struct arg *parent(struct syntax *s, struct arg *children,
			  const char *type)
{
	struct arg *a = new_arg(s);

	a->children = children;
	a->type = hf_slice_of(type);
	a->name = children->name;
	return a;
}

static struct arg *one_or_block(struct syntax *s, struct arg *children)
{
	return children->next == NULL ? children : parent(s, children, "block");
}

/* Behind an opening bracket, up to the closing one. */
static struct arg *choice(struct syntax *s, const char *end)
{
	struct arg *first = one_or_block(s, sequence(s)), *last = first;

	while (take(s, "|")) {
		last->next = one_or_block(s, sequence(s));
		last = last->next;
	}
	if (!take(s, end))
		assert(false);
	return last != first ? parent(s, first, "oneof") : first;
}

/* A word that is written as it stands, and the value behind it, if any. */
static struct arg *token(struct syntax *s)
{
	struct hf_slice text = word(s);
	struct arg *a, *first = NULL, **at = &first;

	skip_blanks(s);
	if (take(s, "<")) {
		a = choice(s, ">");
		a->token = text;
		return a;
	}
	while (islower((unsigned char)*s->at)) {
		*at = value(s);
		at = &(*at)->next;
		skip_blanks(s);
	}
	a = first != NULL ? one_or_block(s, first) : new_arg(s);
	a->token = text;
	if (first == NULL) {
		a->name = text;
		a->type = HF_SLICE("pure-token");
	}
	return a;
}

static struct arg *item(struct syntax *s)
{
	struct arg *a;

	if (take(s, "[")) {
		a = choice(s, "]");
		a->optional = true;
	} else if (take(s, "<")) {
		a = choice(s, ">");
	} else if (take(s, "{")) {
		a = parent(s, sequence(s), "block");
		if (!take(s, "}..."))
			assert(false);
		a->multiple = true;
	} else {
		a = isupper((unsigned char)*s->at) ? token(s) : value(s);
	}
	return a;
}

/* Up to the end, or to what closes it; NULL: nothing there. */
static struct arg *sequence(struct syntax *s)
{
	struct arg *first = NULL, **at = &first;

	for (skip_blanks(s); strchr("|]}>", *s->at) == NULL; skip_blanks(s)) {
		*at = item(s);
		at = &(*at)->next;
	}
	return first;
}

/* ---- replies ------------------------------------------------------------ */

static void reply_name(struct reply *r, struct hf_slice name)
{
	char lower[32];
	size_t len = name.len < sizeof(lower) ? name.len : sizeof(lower);

	for (size_t i = 0; i < len; i++)
		lower[i] = (char)hf_lower(name.data[i]);
	reply_bulk(r, (struct hf_slice){ lower, len });
}

static void reply_arg_flags(struct reply *r, const struct arg *a)
{
	reply_str(r, "flags");
	reply_set(r, (a->optional ? 1 : 0) + (a->multiple ? 1 : 0));
	if (a->optional)
		reply_status(r, HF_SLICE("optional"));
	if (a->multiple)
		reply_status(r, HF_SLICE("multiple"));
}

static void reply_args(struct reply *r, const struct arg *first, int *keys);

static void reply_arg(struct reply *r, const struct arg *a, int *keys)
{
	bool key = hf_slice_eq(a->type, HF_SLICE("key"));
	bool flags = a->optional || a->multiple;

	reply_map(r, 2u + (key ? 1 : 0) + (a->token.data != NULL ? 1 : 0) +
			 (flags ? 1 : 0) + (a->children != NULL ? 1 : 0));
	reply_str(r, "name");
	reply_name(r, a->name);
	reply_str(r, "type");
	reply_bulk(r, a->type);
	if (key) {
		reply_str(r, "key_spec_index");
		reply_integer(r, (*keys)++);
	}
	if (a->token.data != NULL) {
		reply_str(r, "token");
		reply_bulk(r, a->token);
	}
	if (flags)
		reply_arg_flags(r, a);
	if (a->children != NULL) {
		reply_str(r, "arguments");
		reply_args(r, a->children, keys);
	}
}

static void reply_args(struct reply *r, const struct arg *first, int *keys)
{
	size_t n = 0;

	for (const struct arg *a = first; a != NULL; a = a->next)
		n++;
	reply_array(r, n);
	for (const struct arg *a = first; a != NULL; a = a->next)
		reply_arg(r, a, keys);
}

static const struct doc *find(const char *name)
{
	static const struct doc none = { "", "generic", "See lockd(8).", "" };

	for (size_t i = 0; i < HF_LEN(docs); i++) {
		if (strcmp(docs[i].name, name) == 0)
			return &docs[i];
	}
	return &none; /* a test finds whoever is left out */
}

static void reply_pair(struct reply *r, const char *name, const char *text)
{
	reply_str(r, name);
	reply_str(r, text);
}

void command_docs_reply(struct reply *r, const struct command *c)
{
	const struct doc *doc = find(c->name);
	struct syntax syntax = { .n = 0 };
	struct arg *args;
	int keys = 0;

	syntax.at = doc->syntax;
	args = sequence(&syntax);
	reply_map(r, args != NULL ? 4 : 3);
	reply_pair(r, "summary", doc->summary);
	reply_pair(r, "since", PACKAGE_VERSION);
	reply_pair(r, "group", doc->group);
	if (args == NULL)
		return;
	reply_str(r, "arguments");
	reply_args(r, args, &keys);
}
