/*
 * Commands on keys, whatever they hold, and on the keyspace as a whole.
 */
#include "config.h"

#include "lockd/command.h"
#include "lockd/expiry.h"
#include "lockd/glob.h"

#include "libhold/mem.h"

#include <stdio.h>
#include <stdlib.h>

/* As TYPE shows them and SCAN takes them. */
static const char *const type_names[] = {
	[KS_NONE] = "none",
	[KS_STRING] = "string",
	[KS_LOCK] = "lock",
};

static struct ks_view get(struct call *call, struct hf_slice key)
{
	struct ks_view view =
	    keyspace_get(call->lockd->keys, key, call->now_ms);

	if (view.type == KS_NONE)
		call->lockd->stats.misses++;
	else
		call->lockd->stats.hits++;
	return view;
}

void cmd_del(struct call *call)
{
	int64_t removed = 0;

	for (size_t i = 1; i < call->argc; i++) {
		struct ks_change change = { .kind = KS_DELETE,
					    .key = call->argv[i] };

		if (keyspace_apply(call->lockd->keys, &change, call->now_ms))
			removed++;
	}
	reply_integer(call->reply, removed);
}

void cmd_exists(struct call *call)
{
	int64_t there = 0;

	for (size_t i = 1; i < call->argc; i++)
		there += get(call, call->argv[i]).type != KS_NONE ? 1 : 0;
	reply_integer(call->reply, there);
}

void cmd_type(struct call *call)
{
	struct ks_view view = get(call, call->argv[1]);

	reply_status(call->reply, hf_slice_of(type_names[view.type]));
}

/* ---- deadlines ---------------------------------------------------------- */

enum { ONLY_NX = 1, ONLY_XX = 2, ONLY_GT = 4, ONLY_LT = 8 };

/* NX, XX, GT and LT behind the time; false after an error reply. */
static bool parse_only(struct call *call, unsigned *only)
{
	static const struct {
		const char *word;
		unsigned flag;
	} words[] = { { "nx", ONLY_NX },
		      { "xx", ONLY_XX },
		      { "gt", ONLY_GT },
		      { "lt", ONLY_LT } };

	*only = 0;
	for (size_t i = 3; i < call->argc; i++) {
		unsigned flag = 0;

		for (size_t w = 0; w < HF_LEN(words); w++) {
			if (hf_slice_ieq(call->argv[i], words[w].word))
				flag = words[w].flag;
		}
		if (flag == 0) {
			reply_error(call->reply, "ERR Unsupported option %.*s",
				    (int)(call->argv[i].len < 128
					      ? call->argv[i].len
					      : 128),
				    call->argv[i].data);
			return false;
		}
		*only |= flag;
	}
	if ((*only & ONLY_NX) != 0 && *only != ONLY_NX) {
		reply_error(call->reply, "ERR NX and XX, GT or LT options at "
					 "the same time are not compatible");
		return false;
	}
	if ((*only & ONLY_GT) != 0 && (*only & ONLY_LT) != 0) {
		reply_error(call->reply, "ERR GT and LT options at the same "
					 "time are not compatible");
		return false;
	}
	return true;
}

/* May the deadline move from old to due? None counts as infinitely far. */
static bool allowed(unsigned only, int64_t old_ms, int64_t due_ms)
{
	return !((only & ONLY_NX) != 0 && old_ms != HF_NEVER) &&
	       !((only & ONLY_XX) != 0 && old_ms == HF_NEVER) &&
	       !((only & ONLY_GT) != 0 && due_ms <= old_ms) &&
	       !((only & ONLY_LT) != 0 && due_ms >= old_ms);
}

static void expire(struct call *call, unsigned unit, const char *command)
{
	struct ks_change change = { .kind = KS_DUE, .key = call->argv[1] };
	struct ks_view view;
	unsigned only;

	if (!parse_only(call, &only) ||
	    !expiry_parse(call, call->argv[2], unit, false, command,
			  &change.due_ms))
		return;
	view = keyspace_get(call->lockd->keys, change.key, call->now_ms);
	if (view.type == KS_NONE ||
	    !allowed(only, view.due_ms, change.due_ms)) {
		reply_integer(call->reply, 0);
		return;
	}
	if (change.due_ms <= call->now_ms)
		change.kind = KS_DELETE; /* as Redis: a removal, no expiry */
	keyspace_apply(call->lockd->keys, &change, call->now_ms);
	reply_integer(call->reply, 1);
}

void cmd_expire(struct call *call)
{
	expire(call, EXPIRY_SECONDS, "expire");
}

void cmd_pexpire(struct call *call)
{
	expire(call, 0, "pexpire");
}

void cmd_expireat(struct call *call)
{
	expire(call, EXPIRY_SECONDS | EXPIRY_ABSOLUTE, "expireat");
}

void cmd_pexpireat(struct call *call)
{
	expire(call, EXPIRY_ABSOLUTE, "pexpireat");
}

/* -2: no such key, -1: no deadline; else the ms left. */
static int64_t left_ms(struct call *call)
{
	struct ks_view view = get(call, call->argv[1]);

	if (view.type == KS_NONE)
		return -2;
	return view.due_ms == HF_NEVER ? -1 : view.due_ms - call->now_ms;
}

void cmd_pttl(struct call *call)
{
	reply_integer(call->reply, left_ms(call));
}

void cmd_ttl(struct call *call)
{
	int64_t ms = left_ms(call);

	reply_integer(call->reply,
		      ms < 0 ? ms : ms / 1000 + (ms % 1000 >= 500 ? 1 : 0));
}

void cmd_persist(struct call *call)
{
	struct ks_change change = { .kind = KS_DUE,
				    .key = call->argv[1],
				    .due_ms = HF_NEVER };
	struct ks_view view =
	    keyspace_get(call->lockd->keys, change.key, call->now_ms);

	if (view.type == KS_NONE || view.due_ms == HF_NEVER) {
		reply_integer(call->reply, 0);
		return;
	}
	keyspace_apply(call->lockd->keys, &change, call->now_ms);
	reply_integer(call->reply, 1);
}

/* ---- the keyspace as a whole -------------------------------------------- */

void cmd_dbsize(struct call *call)
{
	reply_integer(call->reply, (int64_t)keyspace_count(call->lockd->keys));
}

void cmd_flushall(struct call *call)
{
	struct ks_change change = { .kind = KS_FLUSH };

	if (call->argc > 2 ||
	    (call->argc == 2 && !hf_slice_ieq(call->argv[1], "sync") &&
	     !hf_slice_ieq(call->argv[1], "async"))) {
		reply_syntax_error(call->reply);
		return;
	}
	keyspace_apply(call->lockd->keys, &change, call->now_ms);
	reply_ok(call->reply);
}

/* COUNT is a hint: more than this a step would hold up everybody else. */
#define SCAN_COUNT_MAX     10000
#define SCAN_STEPS_A_COUNT 10

struct scan {
	struct hf_slice pattern; /* data == NULL: all */
	struct hf_slice type;    /* data == NULL: all */
	int64_t count;
	struct hf_slice *keys; /* found so far; live until the next change */
	size_t found, cap;
};

static bool parse_scan(struct call *call, struct scan *scan)
{
	*scan = (struct scan){ .count = 10 };
	for (size_t i = 2; i < call->argc; i += 2) {
		struct hf_slice value;

		if (i + 1 == call->argc) {
			reply_syntax_error(call->reply);
			return false;
		}
		value = call->argv[i + 1];
		if (hf_slice_ieq(call->argv[i], "match")) {
			scan->pattern = value;
		} else if (hf_slice_ieq(call->argv[i], "type")) {
			scan->type = value;
		} else if (!hf_slice_ieq(call->argv[i], "count")) {
			reply_syntax_error(call->reply);
			return false;
		} else if (hf_slice_int64(value, &scan->count) < 0) {
			reply_not_an_integer(call->reply);
			return false;
		} else if (scan->count < 1) {
			reply_syntax_error(call->reply);
			return false;
		}
	}
	if (scan->count > SCAN_COUNT_MAX)
		scan->count = SCAN_COUNT_MAX;
	return true;
}

static void gather(void *arg, struct hf_slice key, const struct ks_view *view)
{
	struct scan *scan = arg;

	if (scan->type.data != NULL &&
	    !hf_slice_ieq(scan->type, type_names[view->type]))
		return;
	if (scan->pattern.data != NULL && !glob_match(scan->pattern, key))
		return;
	if (scan->found == scan->cap) {
		scan->cap = scan->cap > 0 ? scan->cap * 2 : 16;
		scan->keys = hf_realloc_array(scan->keys, scan->cap,
					      sizeof(scan->keys[0]));
	}
	scan->keys[scan->found++] = key;
}

void cmd_scan(struct call *call)
{
	struct scan scan;
	int64_t given, steps;
	uint64_t cursor;
	char text[24];

	if (hf_slice_int64(call->argv[1], &given) < 0 || given < 0) {
		reply_error(call->reply, "ERR invalid cursor");
		return;
	}
	if (!parse_scan(call, &scan))
		return;
	cursor = (uint64_t)given;
	steps = scan.count * SCAN_STEPS_A_COUNT;
	do {
		cursor = keyspace_scan(call->lockd->keys, cursor, call->now_ms,
				       gather, &scan);
	} while (cursor != 0 && --steps > 0 && scan.found < (size_t)scan.count);
	snprintf(text, sizeof(text), "%llu", (unsigned long long)cursor);
	reply_array(call->reply, 2);
	reply_str(call->reply, text);
	reply_array(call->reply, scan.found);
	for (size_t i = 0; i < scan.found; i++)
		reply_bulk(call->reply, scan.keys[i]);
	free(scan.keys);
}
