/*
 * The keyspace as a whole: how much there is, walks over it, its end.
 */
#include "config.h"

#include "lockd/chance.h"
#include "lockd/scan_options.h"
#include "lockd/values.h"

#include "libhold/mem.h"

#include <stdio.h>
#include <stdlib.h>

void cmd_dbsize(struct call *call)
{
	keyspace_look_at_all(call->lockd->keys);
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

/* ---- SCAN --------------------------------------------------------------- */

/* COUNT is a hint: more than this a step would hold up everybody else. */
#define SCAN_COUNT_MAX     10000
#define SCAN_STEPS_A_COUNT 10

struct scan {
	struct scan_options options;
	struct hf_slice *keys; /* found so far; live until the next change */
	size_t found, cap;
	size_t bytes; /* of the keys found */
};

static void gather(void *arg, struct hf_slice key, const struct ks_view *view)
{
	struct scan *scan = arg;

	if (scan->options.type.data != NULL &&
	    !hf_slice_ieq(scan->options.type, value_type_name(view->type)))
		return;
	if (!scan_fits(&scan->options, key))
		return;
	if (scan->found == scan->cap) {
		scan->cap = scan->cap > 0 ? scan->cap * 2 : 16;
		scan->keys = hf_realloc_array(scan->keys, scan->cap,
					      sizeof(scan->keys[0]));
	}
	scan->keys[scan->found++] = key;
	scan->bytes += key.len;
}

static void reply_keys(struct reply *r, const struct scan *scan)
{
	reply_array(r, scan->found);
	for (size_t i = 0; i < scan->found; i++)
		reply_bulk(r, scan->keys[i]);
}

void cmd_scan(struct call *call)
{
	struct scan scan = { 0 };
	uint64_t cursor;
	int64_t count, steps;
	char text[24];

	if (!scan_cursor(call, call->argv[1], &cursor) ||
	    !scan_options(call, 2, true, &scan.options))
		return;
	count = scan.options.count < SCAN_COUNT_MAX ? scan.options.count
						    : SCAN_COUNT_MAX;
	steps = count * SCAN_STEPS_A_COUNT;
	do {
		cursor = keyspace_scan(call->lockd->keys, cursor, call->now_ms,
				       gather, &scan);
	} while (cursor != 0 && --steps > 0 && scan.found < (size_t)count);
	snprintf(text, sizeof(text), "%llu", (unsigned long long)cursor);
	reply_array(call->reply, 2);
	reply_str(call->reply, text);
	reply_keys(call->reply, &scan);
	free(scan.keys);
}

/* ---- KEYS --------------------------------------------------------------- */

/* All in one turn: more would hold up everybody else. */
#define KEYS_MAX 100000
/* What each key costs an answer beside its bytes, at most. */
#define KEY_FRAME_BYTES 16

static bool is_literal(struct hf_slice pattern)
{
	for (size_t i = 0; i < pattern.len; i++) {
		if (strchr("*?[\\", pattern.data[i]) != NULL)
			return false; /* a NUL counts as one: no harm */
	}
	return true;
}

/* A pattern that fits one key only is looked up, whatever else there is. */
static void reply_one_key(struct call *call, struct hf_slice key)
{
	bool there =
	    keyspace_peek(call->lockd->keys, key, call->now_ms).type != KS_NONE;

	reply_array(call->reply, there ? 1 : 0);
	if (there)
		reply_bulk(call->reply, key);
}

/* Half an answer would be taken for a whole one: all keys, or an error. */
void cmd_keys(struct call *call)
{
	struct scan scan = { .options.pattern = call->argv[1] };
	size_t max_bytes = (size_t)call->lockd->settings.max_output_bytes;
	uint64_t cursor = 0;

	if (is_literal(call->argv[1])) {
		reply_one_key(call, call->argv[1]);
		return;
	}
	if (keyspace_count(call->lockd->keys) > KEYS_MAX) {
		reply_error(call->reply,
			    "ERR KEYS looks at %d keys at most, there are "
			    "more: use SCAN",
			    KEYS_MAX);
		return;
	}
	do {
		cursor = keyspace_scan(call->lockd->keys, cursor, call->now_ms,
				       gather, &scan);
	} while (cursor != 0);
	if (scan.bytes + scan.found * KEY_FRAME_BYTES > max_bytes)
		reply_error(call->reply, "ERR the answer would be larger than "
					 "--max-output: use SCAN");
	else
		reply_keys(call->reply, &scan);
	free(scan.keys);
}

/* ---- RANDOMKEY ---------------------------------------------------------- */

/* One of the first bucket, from a random one on, that has any. */
void cmd_randomkey(struct call *call)
{
	uint64_t cursor = chance_draw();
	struct scan scan = { 0 };
	int rounds = 0;

	while (scan.found == 0 && rounds < 2) {
		cursor = keyspace_scan(call->lockd->keys, cursor, call->now_ms,
				       gather, &scan);
		rounds += cursor == 0 ? 1 : 0;
	}
	if (scan.found == 0)
		reply_null(call->reply);
	else
		reply_bulk(call->reply, scan.keys[chance_below(scan.found)]);
	free(scan.keys);
}
