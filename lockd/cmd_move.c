/*
 * RENAME, RENAMENX, COPY: a value comes to another key.
 *
 * The new key comes to be, so the value has a new token there: tokens are
 * compared within one key, and the old one may be smaller than what that key
 * has given already. Locks of LOCK.* stay where they are: who holds them and
 * who waits for them knows them by name.
 */
#include "config.h"

#include "lockd/values.h"

/* The key that is to be moved; false after an error reply. */
static bool read_source(struct call *call, struct ks_view *out)
{
	*out = value_to_change(call, call->argv[1]);
	if (out->type == KS_LOCK)
		reply_wrong_type(call->reply);
	return out->type != KS_LOCK;
}

static bool is_same_key(const struct call *call)
{
	return hf_slice_eq(call->argv[1], call->argv[2]);
}

static bool target_is_there(struct call *call)
{
	return value_to_change(call, call->argv[2]).type != KS_NONE;
}

static void put_target(struct call *call, const struct ks_view *source)
{
	/* A deadline of the target's own would be none of the value's. */
	value_put(call, call->argv[2], source, source->type, source->value);
}

/* There first: the value lies in the old key. */
static void move(struct call *call, const struct ks_view *source)
{
	put_target(call, source);
	value_remove(call, call->argv[1]);
}

/* False after an error reply. */
static bool read_to_rename(struct call *call, struct ks_view *source)
{
	if (!read_source(call, source))
		return false;
	if (source->type == KS_NONE)
		reply_error(call->reply, "ERR no such key");
	return source->type != KS_NONE;
}

void cmd_rename(struct call *call)
{
	struct ks_view source;

	if (!read_to_rename(call, &source))
		return;
	if (!is_same_key(call))
		move(call, &source);
	reply_ok(call->reply);
}

void cmd_renamenx(struct call *call)
{
	struct ks_view source;

	if (!read_to_rename(call, &source))
		return;
	if (is_same_key(call) || target_is_there(call)) {
		reply_integer(call->reply, 0);
		return;
	}
	move(call, &source);
	reply_integer(call->reply, 1);
}

/* DB n and REPLACE; false after an error reply. */
static bool parse_copy(struct call *call, bool *replace_out)
{
	*replace_out = false;
	for (size_t i = 3; i < call->argc; i++) {
		if (hf_slice_ieq(call->argv[i], "replace")) {
			*replace_out = true;
			continue;
		}
		if (!hf_slice_ieq(call->argv[i], "db") || i + 1 == call->argc) {
			reply_syntax_error(call->reply);
			return false;
		}
		if (!command_takes_db(call, call->argv[++i]))
			return false;
	}
	return true;
}

void cmd_copy(struct call *call)
{
	struct ks_view source;
	bool replace;

	if (!parse_copy(call, &replace))
		return;
	if (is_same_key(call)) {
		reply_error(call->reply, "ERR source and destination objects "
					 "are the same");
		return;
	}
	if (!read_source(call, &source))
		return;
	if (source.type == KS_NONE || (!replace && target_is_there(call))) {
		reply_integer(call->reply, 0);
		return;
	}
	put_target(call, &source);
	reply_integer(call->reply, 1);
}
