/*
 * SET, with its many conditions, and the other commands that give a key a
 * whole new string; GETEX, which shares the words for deadlines.
 */
#include "config.h"

#include "lockd/expiry.h"
#include "lockd/values.h"

/* ---- options ------------------------------------------------------------ */

enum {
	SET_NX = 1 << 0,
	SET_XX = 1 << 1,
	SET_KEEPTTL = 1 << 2,
	SET_GET = 1 << 3,
	SET_EX = 1 << 4,
	SET_PX = 1 << 5,
	SET_EXAT = 1 << 6,
	SET_PXAT = 1 << 7,
	SET_PERSIST = 1 << 8,
	SET_IFEQ = 1 << 9,
	SET_IFNE = 1 << 10,
	SET_WHENS = SET_NX | SET_XX | SET_IFEQ | SET_IFNE,
	SET_TIMES = SET_EX | SET_PX | SET_EXAT | SET_PXAT,
	SET_DEADLINES = SET_TIMES | SET_KEEPTTL | SET_PERSIST,
};

enum { OF_SET = 1, OF_GETEX = 2 };

struct set_options {
	unsigned flags;
	unsigned unit; /* enum expiry_unit */
	struct hf_slice time;
	struct hf_slice match; /* of IFEQ and IFNE */
};

/* Once more the same word is no harm: the last one counts. */
static const struct set_word {
	const char *word;
	unsigned flag, group; /* of a group only one */
	unsigned of, unit;
} words[] = {
	{ "nx", SET_NX, SET_WHENS, OF_SET, 0 },
	{ "xx", SET_XX, SET_WHENS, OF_SET, 0 },
	{ "ifeq", SET_IFEQ, SET_WHENS, OF_SET, 0 },
	{ "ifne", SET_IFNE, SET_WHENS, OF_SET, 0 },
	{ "get", SET_GET, SET_GET, OF_SET, 0 },
	{ "keepttl", SET_KEEPTTL, SET_DEADLINES, OF_SET, 0 },
	{ "persist", SET_PERSIST, SET_DEADLINES, OF_GETEX, 0 },
	{ "ex", SET_EX, SET_DEADLINES, OF_SET | OF_GETEX, EXPIRY_SECONDS },
	{ "px", SET_PX, SET_DEADLINES, OF_SET | OF_GETEX, 0 },
	{ "exat", SET_EXAT, SET_DEADLINES, OF_SET | OF_GETEX,
	  EXPIRY_SECONDS | EXPIRY_ABSOLUTE },
	{ "pxat", SET_PXAT, SET_DEADLINES, OF_SET | OF_GETEX, EXPIRY_ABSOLUTE },
};

static const struct set_word *find_word(struct hf_slice text, unsigned of)
{
	for (size_t i = 0; i < HF_LEN(words); i++) {
		if ((words[i].of & of) != 0 &&
		    hf_slice_ieq(text, words[i].word))
			return &words[i];
	}
	return NULL;
}

static void take_argument(struct set_options *options,
			  const struct set_word *word, struct hf_slice argument)
{
	if ((word->flag & SET_TIMES) == 0) {
		options->match = argument;
		return;
	}
	options->unit = word->unit;
	options->time = argument;
}

/* The words from argv[first] on; false after an error reply. */
static bool parse_options(struct call *call, size_t first, unsigned of,
			  struct set_options *options)
{
	*options = (struct set_options){ 0 };
	for (size_t i = first; i < call->argc; i++) {
		const struct set_word *word = find_word(call->argv[i], of);
		bool takes =
		    word != NULL &&
		    (word->flag & (SET_TIMES | SET_IFEQ | SET_IFNE)) != 0;

		if (word == NULL ||
		    (options->flags & word->group & ~word->flag) != 0 ||
		    (takes && i + 1 == call->argc)) {
			reply_syntax_error(call->reply);
			return false;
		}
		options->flags |= word->flag;
		if (takes)
			take_argument(options, word, call->argv[++i]);
	}
	return true;
}

/* Leaves *due_ms alone if no time was given; false after an error reply. */
static bool parse_time(struct call *call, const struct set_options *options,
		       const char *command, int64_t *due_ms)
{
	return (options->flags & SET_TIMES) == 0 ||
	       expiry_parse(call, options->time, options->unit, true, command,
			    due_ms);
}

/* ---- SET ---------------------------------------------------------------- */

/* Is there what the options want to be there? */
static bool is_met(const struct set_options *options, const struct ks_view *old)
{
	bool same;

	if (old->type == KS_NONE)
		return (options->flags & (SET_XX | SET_IFEQ)) == 0;
	same = hf_slice_eq(old->value, options->match);
	return (options->flags & SET_NX) == 0 &&
	       ((options->flags & SET_IFEQ) == 0 || same) &&
	       ((options->flags & SET_IFNE) == 0 || !same);
}

/* GET answers with what was there, done or not. */
static void answer(struct reply *r, const struct set_options *options,
		   const struct ks_view *old, bool done)
{
	if ((options->flags & SET_GET) != 0 && old->type != KS_NONE)
		reply_bulk(r, old->value);
	else if ((options->flags & SET_GET) != 0 || !done)
		reply_null(r);
	else
		reply_ok(r);
}

static void set(struct call *call, struct hf_slice value,
		const struct set_options *options, const char *command)
{
	struct ks_change change = { .kind = KS_SET,
				    .type = KS_STRING,
				    .key = call->argv[1],
				    .value = value,
				    .due_ms = HF_NEVER };
	struct ks_view old;
	bool met;

	if (!parse_time(call, options, command, &change.due_ms))
		return;
	old = value_to_change(call, change.key);
	if ((options->flags & (SET_GET | SET_IFEQ | SET_IFNE)) != 0 &&
	    old.type != KS_NONE && old.type != KS_STRING) {
		reply_wrong_type(call->reply);
		return;
	}
	met = is_met(options, &old);
	/* The answer goes first: old.value dies with the change. */
	answer(call->reply, options, &old, met);
	if (!met)
		return;
	if ((options->flags & SET_KEEPTTL) != 0 && old.type != KS_NONE)
		change.due_ms = old.due_ms;
	keyspace_apply(call->lockd->keys, &change, call->now_ms);
}

void cmd_set(struct call *call)
{
	struct set_options options;

	if (parse_options(call, 3, OF_SET, &options))
		set(call, call->argv[2], &options, "set");
}

void cmd_getset(struct call *call)
{
	const struct set_options options = { .flags = SET_GET };

	set(call, call->argv[2], &options, "getset");
}

void cmd_setex(struct call *call)
{
	const struct set_options options = { .flags = SET_EX,
					     .unit = EXPIRY_SECONDS,
					     .time = call->argv[2] };

	set(call, call->argv[3], &options, "setex");
}

void cmd_psetex(struct call *call)
{
	const struct set_options options = { .flags = SET_PX,
					     .time = call->argv[2] };

	set(call, call->argv[3], &options, "psetex");
}

/* ---- with a number for an answer ---------------------------------------- */

/* "key value ..." from argv[1] on. */
static void set_pairs(struct call *call)
{
	static const struct ks_view nothing = { .type = KS_NONE };

	for (size_t i = 1; i < call->argc; i += 2)
		value_put(call, call->argv[i], &nothing, KS_STRING,
			  call->argv[i + 1]);
}

/* False after an error reply. */
static bool are_pairs(struct call *call, const char *command)
{
	if (call->argc % 2 == 1)
		return true;
	reply_error(call->reply,
		    "ERR wrong number of arguments for '%s' command", command);
	return false;
}

static bool any_is_there(struct call *call)
{
	for (size_t i = 1; i < call->argc; i += 2) {
		if (value_to_change(call, call->argv[i]).type != KS_NONE)
			return true;
	}
	return false;
}

void cmd_mset(struct call *call)
{
	if (!are_pairs(call, "mset"))
		return;
	set_pairs(call);
	reply_ok(call->reply);
}

static void set_if_none(struct call *call)
{
	bool refused = any_is_there(call);

	if (!refused)
		set_pairs(call);
	reply_integer(call->reply, refused ? 0 : 1);
}

void cmd_msetnx(struct call *call)
{
	if (are_pairs(call, "msetnx"))
		set_if_none(call);
}

void cmd_setnx(struct call *call)
{
	set_if_none(call);
}

/* ---- GETEX -------------------------------------------------------------- */

void cmd_getex(struct call *call)
{
	struct ks_change change = { .kind = KS_DUE,
				    .key = call->argv[1],
				    .due_ms = HF_NEVER };
	struct set_options options;
	struct ks_view old;

	if (!parse_options(call, 2, OF_GETEX, &options) ||
	    !value_read(call, change.key, KS_STRING, &old))
		return;
	if (old.type == KS_NONE) {
		reply_null(call->reply);
		return;
	}
	if (!parse_time(call, &options, "getex", &change.due_ms))
		return;
	reply_bulk(call->reply, old.value);
	if ((options.flags & SET_TIMES) == 0 &&
	    ((options.flags & SET_PERSIST) == 0 || old.due_ms == HF_NEVER))
		return;
	if (change.due_ms <= call->now_ms)
		change.kind = KS_DELETE; /* as Redis: a removal, no expiry */
	keyspace_apply(call->lockd->keys, &change, call->now_ms);
}
