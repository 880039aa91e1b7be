#include "config.h"

#include "lockd/key_specs.h"

/* Words between single spaces. */
struct words {
	const char *at;
};

static bool next_word(struct words *words, struct hf_slice *out)
{
	size_t len = strcspn(words->at, " ");

	*out = (struct hf_slice){ words->at, len };
	words->at += len;
	words->at += *words->at == ' ' ? 1 : 0;
	return len > 0;
}

/*
 * RO, RW: reads, changes. OW: overwrites whatever is there. RM: removes.
 * access: the value is shown. update, insert, delete: what becomes of it.
 */
static const struct uses {
	const char *commands;
	const char *flags;
	const char *second; /* of a second key that is used otherwise */
	int count_at; /* which argument has their number, before them; or 0 */
} table[] = {
	{ "exists touch watch hexists hlen hstrlen strlen type", "RO", NULL,
	  0 },
	{ "expiretime fence get getrange hget hgetall hkeys hmget hrandfield "
	  "hscan hvals lock.info lock.waiters mget pexpiretime pttl substr "
	  "ttl",
	  "RO access", NULL, 0 },
	{ "append hsetnx", "RW insert", NULL, 0 },
	{ "decr decrby getex getset hincrby hincrbyfloat incr incrby "
	  "incrbyfloat",
	  "RW access update", NULL, 0 },
	{ "expire expireat hmset hset persist pexpire pexpireat setrange",
	  "RW update", NULL, 0 },
	{ "set", "RW access update variable_flags", NULL, 0 },
	{ "delex", "RW delete variable_flags", NULL, 0 },
	{ "delifeq hdel", "RW delete", NULL, 0 },
	{ "getdel", "RW access delete", NULL, 0 },
	{ "del unlink", "RM delete", NULL, 0 },
	{ "mset psetex setex", "OW update", NULL, 0 },
	{ "msetnx setnx", "OW insert", NULL, 0 },
	{ "copy", "RO access", "OW update", 0 },
	{ "rename", "RW access delete", "OW update", 0 },
	{ "renamenx", "RW access delete", "OW insert", 0 },
	{ "eval evalsha", "RW access update", NULL, 2 },
	{ "eval_ro evalsha_ro", "RO access", NULL, 2 },
	{ "lock.acquire lock.extend lock.release", "RW access update", NULL,
	  1 },
	{ "spublish ssubscribe sunsubscribe", "not_key", NULL, 0 },
};

static const struct uses *find_uses(const struct command *c)
{
	for (size_t i = 0; i < HF_LEN(table); i++) {
		struct words names = { table[i].commands };
		struct hf_slice name;

		while (next_word(&names, &name)) {
			if (hf_slice_eq(name, hf_slice_of(c->name)))
				return &table[i];
		}
	}
	return NULL;
}

static void reply_flags(struct reply *r, const char *flags)
{
	struct words left = { flags };
	struct hf_slice flag;
	size_t n = 0;

	while (next_word(&left, &flag))
		n++;
	reply_set(r, n);
	left.at = flags;
	while (next_word(&left, &flag))
		reply_status(r, flag);
}

static void reply_begin(struct reply *r, const char *flags, int index,
			const char *type)
{
	reply_map(r, 3);
	reply_str(r, "flags");
	reply_flags(r, flags);
	reply_str(r, "begin_search");
	reply_map(r, 2);
	reply_str(r, "type");
	reply_str(r, "index");
	reply_str(r, "spec");
	reply_map(r, 1);
	reply_str(r, "index");
	reply_integer(r, index);
	reply_str(r, "find_keys");
	reply_map(r, 2);
	reply_str(r, "type");
	reply_str(r, type);
	reply_str(r, "spec");
}

static void reply_named(struct reply *r, const char *name, int value)
{
	reply_str(r, name);
	reply_integer(r, value);
}

/* From the key at index up to last, counted from there or from the end. */
static void reply_range(struct reply *r, const char *flags, int index, int last,
			int step)
{
	reply_begin(r, flags, index, "range");
	reply_map(r, 3);
	reply_named(r, "lastkey", last);
	reply_named(r, "keystep", step);
	reply_named(r, "limit", 0);
}

/* As many as the argument at index says, behind it. */
static void reply_counted(struct reply *r, const char *flags, int index)
{
	reply_begin(r, flags, index, "keynum");
	reply_map(r, 3);
	reply_named(r, "keynumidx", 0);
	reply_named(r, "firstkey", 1);
	reply_named(r, "keystep", 1);
}

void key_specs_reply(struct reply *r, const struct command *c)
{
	const struct uses *uses = find_uses(c);

	if (uses == NULL) {
		reply_set(r, 0);
	} else if (uses->count_at > 0) {
		reply_set(r, 1);
		reply_counted(r, uses->flags, uses->count_at);
	} else if (uses->second != NULL) {
		reply_set(r, 2);
		reply_range(r, uses->flags, c->first_key, 0, 1);
		reply_range(r, uses->second, c->last_key, 0, 1);
	} else {
		reply_set(r, 1);
		reply_range(r, uses->flags, c->first_key,
			    c->last_key < 0 ? -1 : c->last_key - c->first_key,
			    c->key_step);
	}
}

/* ---- the keys of a call ------------------------------------------------- */

bool key_specs_has(const struct command *c)
{
	const struct uses *uses = find_uses(c);

	return uses != NULL && strcmp(uses->flags, "not_key") != 0;
}

bool key_specs_is_counted(const struct command *c)
{
	const struct uses *uses = find_uses(c);

	return uses != NULL && uses->count_at > 0;
}

bool key_specs_may_be_none(const struct command *c)
{
	return key_specs_is_counted(c) && (c->flags & COMMAND_NESTS) != 0;
}

static struct key_places find_counted(size_t count_at,
				      const struct hf_slice *argv, size_t argc)
{
	struct key_places none = { 0, 0, 1 };
	int64_t n;

	if (count_at >= argc || hf_slice_int64(argv[count_at], &n) < 0 ||
	    n < 1 || (uint64_t)n > argc - count_at - 1)
		return none;
	return (struct key_places){ count_at + 1, (size_t)n, 1 };
}

struct key_places key_specs_find(const struct command *c,
				 const struct hf_slice *argv, size_t argc)
{
	const struct uses *uses = find_uses(c);
	struct key_places none = { 0, 0, 1 };
	size_t first, last, step;

	if (!key_specs_has(c))
		return none;
	if (uses->count_at > 0)
		return find_counted((size_t)uses->count_at, argv, argc);
	first = (size_t)c->first_key;
	last = c->last_key < 0 ? argc - 1 : (size_t)c->last_key;
	step = (size_t)c->key_step;
	return (struct key_places){ first, (last - first) / step + 1, step };
}

/* SET is shown by all that it may do, unless the call is there to look at. */
static bool is_set_without_get(const struct command *c,
			       const struct hf_slice *argv, size_t argc)
{
	if (c->run != cmd_set)
		return false;
	for (size_t i = 3; i < argc; i++) {
		if (hf_slice_ieq(argv[i], "get"))
			return false;
	}
	return true;
}

void key_specs_reply_flags(struct reply *r, const struct command *c,
			   const struct hf_slice *argv, size_t argc, size_t i)
{
	const struct uses *uses = find_uses(c);

	if (is_set_without_get(c, argv, argc))
		reply_flags(r, "OW update");
	else if (c->run == cmd_set)
		reply_flags(r, "RW access update");
	else
		reply_flags(r, i > 0 && uses->second != NULL ? uses->second
							     : uses->flags);
}
