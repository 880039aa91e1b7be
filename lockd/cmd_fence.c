/*
 * FENCE, the token of a value; GUARD, the check of a resource without a
 * database.
 */
#include "config.h"

#include "lockd/hash_value.h"
#include "lockd/locks.h"

#include <stdio.h>

/* Is value what the key has, or of a hash: a field of it? */
static bool is_held_by(const struct ks_view *view, struct hf_slice value)
{
	struct hash_field field;

	if (view->type == KS_HASH)
		return hash_value_find(view->value, value, &field);
	return view->type == KS_STRING && hf_slice_eq(view->value, value);
}

/* Which token has the one who set this value, or holds as this owner? */
static int64_t token_of(struct call *call, const struct lock_look *look,
			struct hf_slice value)
{
	if (look->view.type != KS_LOCK)
		return is_held_by(&look->view, value) ? look->view.fence : 0;
	for (size_t i = 0; i < look->n_holders; i++) {
		if (lock_holder_lives(&look->holders[i], call->now_ms) &&
		    hf_slice_eq(look->holders[i].owner, value))
			return look->holders[i].token;
	}
	return 0;
}

/* The greatest of those that hold; 0: nobody does, it is only kept closed. */
static int64_t token_now(const struct call *call, const struct lock_look *look)
{
	int64_t token = 0;

	if (look->view.type != KS_LOCK)
		return look->view.type != KS_NONE ? look->view.fence : 0;
	for (size_t i = 0; i < look->n_holders; i++) {
		const struct lock_holder *h = &look->holders[i];

		if (lock_holder_lives(h, call->now_ms) && h->token > token)
			token = h->token;
	}
	return token;
}

void cmd_fence(struct call *call)
{
	struct lock_look look;
	int64_t token;

	locktab_look(call->lockd->locks, call->argv[1], call->now_ms, &look);
	token = call->argc == 3 ? token_of(call, &look, call->argv[2])
				: token_now(call, &look);
	if (token > 0)
		reply_integer(call->reply, token);
	else
		reply_null(call->reply);
}

/* ---- GUARD -------------------------------------------------------------- */

static int64_t guard_of(struct call *call)
{
	struct ks_view view =
	    keyspace_get(call->lockd->guards, call->argv[1], call->now_ms);

	return view.type == KS_NONE ? 0 : view.fence;
}

static void raise_guard(struct call *call, int64_t token)
{
	struct ks_change change = { .kind = KS_SET,
				    .type = KS_STRING,
				    .key = call->argv[1],
				    .fence = token,
				    .due_ms = HF_NEVER };

	keyspace_apply(call->lockd->guards, &change, call->now_ms);
}

void cmd_guard(struct call *call)
{
	int64_t highest = guard_of(call), token;

	if (call->argc == 2) {
		if (highest > 0)
			reply_integer(call->reply, highest);
		else
			reply_null(call->reply);
		return;
	}
	if (hf_slice_int64(call->argv[2], &token) < 0 || token < 1) {
		reply_error(call->reply, "ERR a token is a positive integer");
		return;
	}
	if (token < highest) {
		reply_error(call->reply,
			    "STALE the resource has seen token %lld",
			    (long long)highest);
		return;
	}
	if (token > highest) {
		if (!command_may_change(call))
			return;
		raise_guard(call, token);
	}
	reply_ok(call->reply);
}
