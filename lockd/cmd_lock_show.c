/*
 * LOCK.INFO, LOCK.LIST, LOCK.WAITERS, LOCK.TOP, and INFO's section: who
 * holds, who waits, which keys are fought over. They change nothing.
 */
#include "config.h"

#include "lockd/glob.h"
#include "lockd/hash_value.h"
#include "lockd/info.h"
#include "lockd/locks.h"

#include "libhold/clock.h"
#include "libhold/mem.h"

#include <stdio.h>
#include <stdlib.h>

enum {
	VALUE_SHOWN = 128,   /* bytes of a value that is no lock */
	WAITERS_MAX = 10000, /* of one reply */
	LIST_COUNT_MAX = 10000,
	LIST_STEPS_A_COUNT = 10,
};

static const char *state_of(const struct lock_look *look, int64_t now_ms)
{
	if (look->view.type == KS_NONE)
		return "free";
	if (look->view.type != KS_LOCK)
		return "value";
	for (size_t i = 0; i < look->n_holders; i++) {
		if (lock_holder_lives(&look->holders[i], now_ms))
			return look->holders[i].shared ? "shared" : "exclusive";
	}
	return "closed";
}

static const char *mode_of(bool shared)
{
	return shared ? "shared" : "exclusive";
}

static void reply_left(struct reply *r, int64_t end_ms, int64_t now_ms)
{
	reply_integer(r, end_ms == HF_NEVER ? -1 : end_ms - now_ms);
}

static void reply_client(struct reply *r, const struct client *client)
{
	reply_str(r, "client-id");
	if (client != NULL)
		reply_integer(r, (int64_t)client->id);
	else
		reply_null(r);
	reply_str(r, "client-name");
	reply_str(r, client != NULL ? client->name : "");
}

/* ---- LOCK.INFO ---------------------------------------------------------- */

static void reply_holder(struct call *call, const struct lock_holder *h)
{
	static const char *const policies[] = { [LOCK_KEEP] = "keep",
						[LOCK_RELEASE] = "release",
						[LOCK_GRACE] = "grace" };
	struct reply *r = call->reply;

	reply_map(r, 12);
	reply_str(r, "owner");
	reply_bulk(r, h->owner);
	reply_str(r, "token");
	reply_integer(r, h->token);
	reply_str(r, "mode");
	reply_str(r, mode_of(h->shared));
	reply_str(r, "state");
	reply_str(r, lock_holder_lives(h, call->now_ms) ? "holds" : "closing");
	reply_str(r, "since");
	reply_integer(r, h->since_ms);
	reply_str(r, "remaining");
	reply_left(r,
		   lock_holder_lives(h, call->now_ms)
		       ? h->end_ms
		       : lock_holder_blocks_until(h),
		   call->now_ms);
	reply_str(r, "on-disconnect");
	reply_str(r, policies[h->policy]);
	reply_str(r, "grace");
	reply_integer(r, h->grace_ms);
	reply_str(r, "delay");
	reply_integer(r, h->delay_ms);
	reply_str(r, "pid");
	reply_integer(r, h->pid);
	reply_client(
	    r, locks_client(locktab_session(call->lockd->locks, h->token)));
}

/* What tells whose it is; of a hash its first field, as Redisson's locks. */
static struct hf_slice shown_of(const struct ks_view *view)
{
	struct hf_slice fields = view->value;
	struct hash_field first;

	if (view->type == KS_HASH && hash_value_next(&fields, &first))
		return first.name;
	return view->type == KS_STRING ? view->value : HF_SLICE("");
}

/* A value that another command set holds for who knows it. */
static void reply_value_holder(struct call *call, const struct ks_view *view)
{
	struct hf_slice shown = shown_of(view);

	if (shown.len > VALUE_SHOWN)
		shown.len = VALUE_SHOWN;
	reply_map(call->reply, 3);
	reply_str(call->reply, "owner");
	reply_bulk(call->reply, shown);
	reply_str(call->reply, "token");
	reply_integer(call->reply, view->fence);
	reply_str(call->reply, "remaining");
	reply_left(call->reply, view->due_ms, call->now_ms);
}

void cmd_lock_info(struct call *call)
{
	struct reply *r = call->reply;
	struct lock_look look;

	locktab_look(call->lockd->locks, call->argv[1], call->now_ms, &look);
	reply_map(r, 6);
	reply_str(r, "key");
	reply_bulk(r, call->argv[1]);
	reply_str(r, "state");
	reply_str(r, state_of(&look, call->now_ms));
	reply_str(r, "fence");
	reply_integer(r, look.view.type != KS_NONE ? look.view.fence : 0);
	reply_str(r, "remaining");
	if (look.view.type == KS_NONE)
		reply_integer(r, -2);
	else
		reply_left(r, look.end_ms, call->now_ms);
	reply_str(r, "waiting");
	reply_integer(r, (int64_t)look.waiting);
	reply_str(r, "holders");
	if (look.view.type != KS_NONE && look.view.type != KS_LOCK) {
		reply_array(r, 1);
		reply_value_holder(call, &look.view);
		return;
	}
	reply_array(r, look.n_holders);
	for (size_t i = 0; i < look.n_holders; i++)
		reply_holder(call, &look.holders[i]);
}

/* ---- LOCK.LIST ---------------------------------------------------------- */

struct list {
	uint64_t cursor;
	int64_t count;
	struct hf_slice pattern; /* data == NULL: all */
	struct hf_slice *keys;   /* live until the next change */
	size_t found, cap;
};

static bool parse_list(struct call *call, struct list *list)
{
	int64_t cursor = 0;

	*list = (struct list){ .count = 100 };
	for (size_t i = 1; i < call->argc; i += 2) {
		struct hf_slice word = call->argv[i];
		int rc = 0;

		if (i + 1 == call->argc)
			rc = -1;
		else if (hf_slice_ieq(word, "match"))
			list->pattern = call->argv[i + 1];
		else if (hf_slice_ieq(word, "cursor"))
			rc = hf_slice_int64(call->argv[i + 1], &cursor);
		else if (hf_slice_ieq(word, "count"))
			rc = hf_slice_int64(call->argv[i + 1], &list->count);
		else
			rc = -1;
		if (rc < 0 || cursor < 0 || list->count < 1) {
			reply_syntax_error(call->reply);
			return false;
		}
	}
	list->cursor = (uint64_t)cursor;
	if (list->count > LIST_COUNT_MAX)
		list->count = LIST_COUNT_MAX;
	return true;
}

static void gather(void *arg, struct hf_slice key, const struct ks_view *view)
{
	struct list *list = arg;

	if (view->type != KS_LOCK ||
	    (list->pattern.data != NULL && !glob_match(list->pattern, key)))
		return;
	if (list->found == list->cap) {
		list->cap = list->cap > 0 ? list->cap * 2 : 16;
		list->keys = hf_realloc_array(list->keys, list->cap,
					      sizeof(list->keys[0]));
	}
	list->keys[list->found++] = key;
}

static void reply_listed(struct call *call, struct hf_slice key)
{
	struct reply *r = call->reply;
	struct lock_look look;

	locktab_look(call->lockd->locks, key, call->now_ms, &look);
	reply_array(r, 6);
	reply_bulk(r, key);
	reply_str(r, state_of(&look, call->now_ms));
	reply_bulk(r,
		   look.n_holders > 0 ? look.holders[0].owner : HF_SLICE(""));
	reply_integer(r, look.view.fence);
	reply_left(r, look.end_ms, call->now_ms);
	reply_integer(r, (int64_t)look.waiting);
}

void cmd_lock_list(struct call *call)
{
	struct list list;
	int64_t steps;
	char text[24];

	if (!parse_list(call, &list))
		return;
	steps = list.count * LIST_STEPS_A_COUNT;
	do {
		list.cursor = keyspace_scan(call->lockd->keys, list.cursor,
					    call->now_ms, gather, &list);
	} while (list.cursor != 0 && --steps > 0 &&
		 list.found < (size_t)list.count);
	snprintf(text, sizeof(text), "%llu", (unsigned long long)list.cursor);
	reply_array(call->reply, 2);
	reply_str(call->reply, text);
	reply_array(call->reply, list.found);
	/* None of them is due, so looking at them changes nothing. */
	for (size_t i = 0; i < list.found; i++)
		reply_listed(call, list.keys[i]);
	free(list.keys);
}

/* ---- LOCK.WAITERS ------------------------------------------------------- */

static void reply_waiter(void *arg, const struct lock_waiter *w)
{
	struct call *call = arg;
	struct reply *r = call->reply;

	reply_map(r, 7);
	reply_str(r, "owner");
	reply_bulk(r, w->owner);
	reply_str(r, "mode");
	reply_str(r, mode_of(w->shared));
	reply_str(r, "keys");
	reply_integer(r, (int64_t)w->n_keys);
	reply_str(r, "waited");
	reply_integer(r, w->waited_ms);
	reply_str(r, "timeout");
	reply_integer(r, w->left_ms);
	reply_client(r, locks_client(w->session));
}

void cmd_lock_waiters(struct call *call)
{
	struct lock_look look;
	size_t n;

	locktab_look(call->lockd->locks, call->argv[1], call->now_ms, &look);
	n = look.waiting < WAITERS_MAX ? look.waiting : WAITERS_MAX;
	reply_array(call->reply, n);
	locktab_waiters(call->lockd->locks, call->argv[1], call->now_ms, n,
			reply_waiter, call);
}

/* ---- LOCK.TOP ----------------------------------------------------------- */

void cmd_lock_top(struct call *call)
{
	const struct lock_stats *s = locktab_stats(call->lockd->locks);
	struct reply *r = call->reply;
	size_t order[LOCK_WANTED];
	int64_t count = 10;
	size_t n;

	if (call->argc > 1 &&
	    (call->argc != 3 || !hf_slice_ieq(call->argv[1], "count") ||
	     hf_slice_int64(call->argv[2], &count) < 0 || count < 1)) {
		reply_syntax_error(r);
		return;
	}
	n = lock_stats_top(s, order);
	if ((uint64_t)count < n)
		n = (size_t)count;
	reply_array(r, n);
	for (size_t i = 0; i < n; i++) {
		const struct lock_wanted *w = &s->wanted[order[i]];
		struct hf_slice key = { w->key, w->key_len };
		struct lock_look look;

		locktab_look(call->lockd->locks, key, call->now_ms, &look);
		reply_map(r, 6);
		reply_str(r, "key");
		reply_bulk(r, key);
		reply_str(r, "waits");
		reply_integer(r, (int64_t)w->waits);
		reply_str(r, "error");
		reply_integer(r, (int64_t)w->inherited);
		reply_str(r, "waited");
		reply_integer(r, (int64_t)w->waited_ms);
		reply_str(r, "waiting");
		reply_integer(r, (int64_t)look.waiting);
		reply_str(r, "state");
		reply_str(r, state_of(&look, call->now_ms));
	}
}

/* ---- INFO --------------------------------------------------------------- */

/* "locks_wait_ms:count=3,sum=12,max=7,lt_1=1,lt_2=0,...": empty ones too. */
static void print_histogram(struct hf_buf *out, const char *name,
			    const struct lock_histogram *h)
{
	hf_buf_printf(out, "%s:count=%llu,sum=%llu,max=%llu", name,
		      (unsigned long long)h->count,
		      (unsigned long long)h->sum_ms,
		      (unsigned long long)h->max_ms);
	for (size_t i = 0; i < LOCK_BUCKETS; i++) {
		uint64_t below_ms = lock_histogram_below_ms(i);

		if (below_ms > 0)
			hf_buf_printf(
			    out, ",lt_%llu=", (unsigned long long)below_ms);
		else
			hf_buf_printf(out, ",more=");
		hf_buf_printf(out, "%llu", (unsigned long long)h->buckets[i]);
	}
	hf_buf_printf(out, "\r\n");
}

void info_locks(struct call *call, struct hf_buf *out)
{
	const struct lock_stats *s = locktab_stats(call->lockd->locks);

	hf_buf_printf(
	    out,
	    "locks_held:%zu\r\nlocks_waiting:%zu\r\n"
	    "locks_granted:%llu\r\nlocks_granted_after_wait:%llu\r\n"
	    "locks_wait_timeouts:%llu\r\nlocks_released:%llu\r\n"
	    "locks_expired:%llu\r\nlocks_lost:%llu\r\n"
	    "locks_disconnected:%llu\r\nlocks_last_token:%lld\r\n"
	    "locks_guards:%zu\r\nlocks_stalls:%llu\r\n",
	    s->held, s->waiting, (unsigned long long)s->granted,
	    (unsigned long long)s->granted_after_wait,
	    (unsigned long long)s->timeouts, (unsigned long long)s->released,
	    (unsigned long long)s->expired, (unsigned long long)s->lost,
	    (unsigned long long)s->disconnected,
	    (long long)keyspace_last_fence(call->lockd->keys),
	    keyspace_count(call->lockd->guards),
	    (unsigned long long)call->lockd->stats.stalls);
	print_histogram(out, "locks_wait_ms", &s->wait);
	print_histogram(out, "locks_hold_ms", &s->hold);
}
