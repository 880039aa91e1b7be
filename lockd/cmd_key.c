/*
 * Commands on keys, whatever they hold.
 */
#include "config.h"

#include "lockd/expiry.h"
#include "lockd/locks.h"
#include "lockd/values.h"

#include "libhold/clock.h"

void cmd_del(struct call *call)
{
	int64_t removed = 0;

	for (size_t i = 1; i < call->argc; i++)
		removed += value_remove(call, call->argv[i]) ? 1 : 0;
	reply_integer(call->reply, removed);
}

void cmd_exists(struct call *call)
{
	int64_t there = 0;

	for (size_t i = 1; i < call->argc; i++)
		there +=
		    value_peek(call, call->argv[i]).type != KS_NONE ? 1 : 0;
	reply_integer(call->reply, there);
}

void cmd_type(struct call *call)
{
	struct ks_view view = value_peek(call, call->argv[1]);

	reply_status(call->reply, hf_slice_of(value_type_name(view.type)));
}

void cmd_touch(struct call *call)
{
	int64_t there = 0;

	for (size_t i = 1; i < call->argc; i++) {
		if (keyspace_get(call->lockd->keys, call->argv[i], call->now_ms)
			.type != KS_NONE)
			there++;
	}
	reply_integer(call->reply, there);
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

/* When the key ends; of a lock: when its holder does. */
static int64_t end_of(struct call *call, struct hf_slice key,
		      const struct ks_view *view)
{
	struct lock_look look;

	if (view->type != KS_LOCK)
		return view->due_ms;
	locktab_look(call->lockd->locks, key, call->now_ms, &look);
	return look.end_ms;
}

/* False: a lock that nobody holds any more, and only its delay keeps closed. */
static bool set_due(struct call *call, const struct ks_view *view,
		    struct ks_change *change)
{
	if (view->type == KS_LOCK && change->kind == KS_DUE)
		return locktab_move(call->lockd->locks, change->key,
				    change->due_ms, locks_now(call));
	keyspace_apply(call->lockd->keys, change, call->now_ms);
	return true;
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
	view = value_to_change(call, change.key);
	if (view.type == KS_NONE ||
	    !allowed(only, end_of(call, change.key, &view), change.due_ms)) {
		reply_integer(call->reply, 0);
		return;
	}
	if (change.due_ms <= call->now_ms)
		change.kind = KS_DELETE; /* as Redis: a removal, no expiry */
	reply_integer(call->reply, set_due(call, &view, &change) ? 1 : 0);
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
	struct ks_view view = value_peek(call, call->argv[1]);
	int64_t end_ms;

	if (view.type == KS_NONE)
		return -2;
	end_ms = end_of(call, call->argv[1], &view);
	return end_ms == HF_NEVER ? -1 : end_ms - call->now_ms;
}

/* As Redis rounds: half a second and more is a whole one. */
static int64_t in_seconds(int64_t ms)
{
	return ms < 0 ? ms : ms / 1000 + (ms % 1000 >= 500 ? 1 : 0);
}

void cmd_pttl(struct call *call)
{
	reply_integer(call->reply, left_ms(call));
}

void cmd_ttl(struct call *call)
{
	reply_integer(call->reply, in_seconds(left_ms(call)));
}

/* The deadline as Unix time in ms; -2 and -1 as left_ms(). */
static int64_t end_ms(struct call *call)
{
	int64_t left = left_ms(call), at_ms;

	if (left < 0)
		return left;
	return __builtin_add_overflow(left, hf_wall_ms(), &at_ms) ? INT64_MAX
								  : at_ms;
}

void cmd_pexpiretime(struct call *call)
{
	reply_integer(call->reply, end_ms(call));
}

void cmd_expiretime(struct call *call)
{
	reply_integer(call->reply, in_seconds(end_ms(call)));
}

void cmd_persist(struct call *call)
{
	struct ks_change change = { .kind = KS_DUE,
				    .key = call->argv[1],
				    .due_ms = HF_NEVER };
	struct ks_view view = value_to_change(call, change.key);

	if (view.type == KS_NONE || view.due_ms == HF_NEVER) {
		reply_integer(call->reply, 0);
		return;
	}
	reply_integer(call->reply, set_due(call, &view, &change) ? 1 : 0);
}
