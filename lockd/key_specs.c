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
} table[] = {
	{ "exists touch watch hexists hlen hstrlen strlen type", "RO", NULL },
	{ "expiretime fence get getrange hget hgetall hkeys hmget hrandfield "
	  "hscan hvals lock.info lock.waiters mget pexpiretime pttl substr "
	  "ttl",
	  "RO access", NULL },
	{ "append hsetnx", "RW insert", NULL },
	{ "decr decrby getex getset hincrby hincrbyfloat incr incrby "
	  "incrbyfloat",
	  "RW access update", NULL },
	{ "expire expireat hmset hset persist pexpire pexpireat setrange",
	  "RW update", NULL },
	{ "set", "RW access update variable_flags", NULL },
	{ "delex", "RW delete variable_flags", NULL },
	{ "delifeq hdel", "RW delete", NULL },
	{ "getdel", "RW access delete", NULL },
	{ "del unlink", "RM delete", NULL },
	{ "mset psetex setex", "OW update", NULL },
	{ "msetnx setnx", "OW insert", NULL },
	{ "copy", "RO access", "OW update" },
	{ "rename", "RW access delete", "OW update" },
	{ "renamenx", "RW access delete", "OW insert" },
	{ "spublish ssubscribe sunsubscribe", "not_key", NULL },
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

/* From the key at index up to last, counted from there or from the end. */
static void reply_spec(struct reply *r, const char *flags, int index, int last,
		       int step)
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
	reply_str(r, "range");
	reply_str(r, "spec");
	reply_map(r, 3);
	reply_str(r, "lastkey");
	reply_integer(r, last);
	reply_str(r, "keystep");
	reply_integer(r, step);
	reply_str(r, "limit");
	reply_integer(r, 0);
}

void key_specs_reply(struct reply *r, const struct command *c)
{
	const struct uses *uses = c->first_key > 0 ? find_uses(c) : NULL;

	if (uses == NULL) {
		reply_array(r, 0);
	} else if (uses->second != NULL) {
		reply_array(r, 2);
		reply_spec(r, uses->flags, c->first_key, 0, 1);
		reply_spec(r, uses->second, c->last_key, 0, 1);
	} else {
		reply_array(r, 1);
		reply_spec(r, uses->flags, c->first_key,
			   c->last_key < 0 ? -1 : c->last_key - c->first_key,
			   c->key_step);
	}
}
