/*
 * Commands on strings.
 */
#include "config.h"

#include "lockd/command.h"
#include "lockd/expiry.h"

#include <stdio.h>

/* ---- SET ---------------------------------------------------------------- */

enum { SET_NX = 1, SET_XX = 2, SET_KEEPTTL = 4, SET_GET = 8, SET_EXPIRE = 16 };

struct set_options {
	unsigned flags;
	unsigned unit; /* enum expiry_unit */
	struct hf_slice time;
};

struct set_word {
	const char *word;
	unsigned flag, excludes; /* enum above */
	bool takes_time;
	unsigned unit;
};

static const struct set_word set_words[] = {
	{ "nx", SET_NX, SET_XX, false, 0 },
	{ "xx", SET_XX, SET_NX, false, 0 },
	{ "get", SET_GET, 0, false, 0 },
	{ "keepttl", SET_KEEPTTL, SET_EXPIRE, false, 0 },
	{ "ex", SET_EXPIRE, SET_KEEPTTL | SET_EXPIRE, true, EXPIRY_SECONDS },
	{ "px", SET_EXPIRE, SET_KEEPTTL | SET_EXPIRE, true, 0 },
	{ "exat", SET_EXPIRE, SET_KEEPTTL | SET_EXPIRE, true,
	  EXPIRY_SECONDS | EXPIRY_ABSOLUTE },
	{ "pxat", SET_EXPIRE, SET_KEEPTTL | SET_EXPIRE, true, EXPIRY_ABSOLUTE },
};

static const struct set_word *find_set_word(struct hf_slice word)
{
	for (size_t i = 0; i < HF_LEN(set_words); i++) {
		if (hf_slice_ieq(word, set_words[i].word))
			return &set_words[i];
	}
	return NULL;
}

/* false after an error reply. */
static bool parse_set_options(struct call *call, struct set_options *options)
{
	*options = (struct set_options){ 0 };
	for (size_t i = 3; i < call->argc; i++) {
		const struct set_word *word = find_set_word(call->argv[i]);

		if (word == NULL || (options->flags & word->excludes) != 0 ||
		    (word->takes_time && i + 1 == call->argc)) {
			reply_syntax_error(call->reply);
			return false;
		}
		options->flags |= word->flag;
		if (!word->takes_time)
			continue;
		options->unit = word->unit;
		options->time = call->argv[++i];
	}
	return true;
}

void cmd_set(struct call *call)
{
	struct ks_change change = { .kind = KS_SET,
				    .type = KS_STRING,
				    .key = call->argv[1],
				    .value = call->argv[2],
				    .due_ms = HF_NEVER };
	struct set_options options;
	struct ks_view old;
	bool refused;

	if (!parse_set_options(call, &options))
		return;
	if ((options.flags & SET_EXPIRE) != 0 &&
	    !expiry_parse(call, options.time, options.unit, true, "set",
			  &change.due_ms))
		return;
	old = keyspace_get(call->lockd->keys, change.key, call->now_ms);
	refused =
	    (options.flags & (old.type == KS_NONE ? SET_XX : SET_NX)) != 0;
	if ((options.flags & SET_GET) != 0 && old.type != KS_NONE &&
	    old.type != KS_STRING) {
		reply_wrong_type(call->reply);
		return;
	}
	/* The answer goes first: old.value dies with the change. */
	if ((options.flags & SET_GET) != 0) {
		if (old.type == KS_NONE)
			reply_null(call->reply);
		else
			reply_bulk(call->reply, old.value);
	} else if (refused) {
		reply_null(call->reply);
	} else {
		reply_ok(call->reply);
	}
	if (refused)
		return;
	if ((options.flags & SET_KEEPTTL) != 0 && old.type != KS_NONE)
		change.due_ms = old.due_ms;
	keyspace_apply(call->lockd->keys, &change, call->now_ms);
}

/* ---- the others --------------------------------------------------------- */

void cmd_get(struct call *call)
{
	struct ks_view view =
	    keyspace_get(call->lockd->keys, call->argv[1], call->now_ms);

	if (view.type == KS_NONE) {
		call->lockd->stats.misses++;
		reply_null(call->reply);
		return;
	}
	call->lockd->stats.hits++;
	if (view.type == KS_STRING)
		reply_bulk(call->reply, view.value);
	else
		reply_wrong_type(call->reply);
}

/*
 * Redisson's RFencedLock counts its tokens in keys of this name, which a
 * deletion sets back. Not here: what INCR gives for one is never less than
 * the next token of the counter of all keys, and takes it.
 */
static bool is_token_key(struct hf_slice key)
{
	static const struct hf_slice prefix =
	    HF_SLICE_INIT("redisson_lock_token:");

	return key.len >= prefix.len &&
	       memcmp(key.data, prefix.data, prefix.len) == 0;
}

static int64_t at_least_next_token(const struct keyspace *ks, int64_t value)
{
	int64_t next = keyspace_last_fence(ks) + 1;

	return value > next ? value : next;
}

static void increase(struct call *call, int64_t by)
{
	struct ks_view old =
	    keyspace_get(call->lockd->keys, call->argv[1], call->now_ms);
	struct ks_change change = { .kind = KS_SET,
				    .type = KS_STRING,
				    .key = call->argv[1],
				    .due_ms = HF_NEVER };
	int64_t value = 0;
	char text[24];

	if (old.type != KS_NONE && old.type != KS_STRING) {
		reply_wrong_type(call->reply);
		return;
	}
	if (old.type != KS_NONE) {
		change.due_ms = old.due_ms;
		if (hf_slice_int64(old.value, &value) < 0) {
			reply_not_an_integer(call->reply);
			return;
		}
	}
	if (__builtin_add_overflow(value, by, &value)) {
		reply_error(call->reply,
			    "ERR increment or decrement would overflow");
		return;
	}
	if (is_token_key(change.key))
		value = at_least_next_token(call->lockd->keys, value);
	change.value = (struct hf_slice){
		text,
		(size_t)snprintf(text, sizeof(text), "%lld", (long long)value),
	};
	keyspace_apply(call->lockd->keys, &change, call->now_ms);
	reply_integer(call->reply, value);
}

void cmd_incr(struct call *call)
{
	increase(call, 1);
}

void cmd_incrby(struct call *call)
{
	int64_t by;

	if (hf_slice_int64(call->argv[2], &by) < 0)
		reply_not_an_integer(call->reply);
	else
		increase(call, by);
}
