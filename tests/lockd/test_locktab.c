#include "config.h"

#include "lockd/locktab.h"

#include "tests/lockd/suites.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { SESSIONS = 1200 };

static struct keyspace *ks;
static struct locktab *tab;
static struct lock_now now;
static struct lock_session sessions[SESSIONS];
static bool dead[SESSIONS];
static char heard[65536]; /* what the hooks were told, in words */
static size_t answers, changes;

static void say(const char *format, ...) HF_PRINTF(1, 2);

static void say(const char *format, ...)
{
	size_t used = strlen(heard);
	va_list ap;

	va_start(ap, format);
	vsnprintf(heard + used, sizeof(heard) - used, format, ap);
	va_end(ap);
}

/* Compares with what was heard, and forgets it. */
static bool hears(const char *words)
{
	bool same = strcmp(heard, words) == 0;

	if (!same)
		fprintf(stderr, "heard \"%s\", not \"%s\"\n", heard, words);
	heard[0] = '\0';
	return same;
}

static bool alive(struct lock_session *session)
{
	return !dead[session - sessions];
}

static void answer(void *arg, struct lock_session *session,
		   const struct lock_grant *grant)
{
	CU_ASSERT_PTR_EQUAL(arg, &ks);
	answers++;
	if (grant != NULL)
		say("%d:%lld ", (int)(session - sessions),
		    (long long)grant->token);
	else
		say("%d:late ", (int)(session - sessions));
}

static void notice(void *arg, struct lock_session *session,
		   const struct lock_notice *n)
{
	static const char *const whys[] = {
		[LOCK_ENDS] = "ends",
		[LOCK_EXPIRED] = "expired",
		[LOCK_DELETED] = "deleted",
		[LOCK_FLUSHED] = "flushed",
		[LOCK_OVERWRITTEN] = "overwritten",
		[LOCK_DISCONNECTED] = "disconnected",
	};

	HF_UNUSED(arg);
	say("%.*s-%.*s-%s", (int)n->owner.len, n->owner.data, (int)n->key.len,
	    n->key.data, whys[n->why]);
	say(session == NULL ? "? " : " ");
}

static void count_change(struct ks_observer *observer,
			 const struct ks_change *change)
{
	HF_UNUSED(observer);
	HF_UNUSED(change);
	changes++;
}

static struct ks_observer counter = { .seen = count_change };
static const struct lock_hooks hooks = { alive, answer, notice };

static void setup(void)
{
	ks = keyspace_new(42);
	tab = locktab_new(ks, 43, &hooks, &ks);
	keyspace_observe(ks, &counter);
	now = (struct lock_now){ 1000, 1700000000000 };
	for (int i = 0; i < SESSIONS; i++) {
		locktab_join(&sessions[i]);
		dead[i] = false;
	}
	heard[0] = '\0';
	answers = changes = 0;
}

static void teardown(void)
{
	for (int i = 0; i < SESSIONS; i++)
		locktab_leave(tab, &sessions[i], true, now);
	locktab_settle(tab, now);
	locktab_free(&tab);
	keyspace_free(&ks);
}

/* ---- words for the tests ------------------------------------------------ */

enum { ASK_SHARED = 1 };

/* keys: one letter each. */
static size_t keys_of(const char *keys, struct hf_slice *out)
{
	size_t n = strlen(keys);

	for (size_t i = 0; i < n; i++)
		out[i] = (struct hf_slice){ &keys[i], 1 };
	return n;
}

struct ask {
	int session;
	const char *owner, *keys;
	unsigned flags;
	int64_t ttl_ms, wait_ms, delay_ms, grace_ms;
	enum lock_policy policy;
};

static struct lock_grant granted;

static enum lock_result ask(const struct ask *a)
{
	struct hf_slice keys[16];
	struct lock_request request = {
		.keys = keys,
		.n_keys = keys_of(a->keys, keys),
		.owner = hf_slice_of(a->owner),
		.ttl_ms = a->ttl_ms,
		.wait_ms = a->wait_ms,
		.delay_ms = (uint32_t)a->delay_ms,
		.grace_ms = (uint32_t)a->grace_ms,
		.policy = a->policy,
		.shared = (a->flags & ASK_SHARED) != 0,
		.session = &sessions[a->session],
	};
	enum lock_result result = locktab_acquire(tab, &request, now, &granted);

	locktab_settle(tab, now);
	return result;
}

/* For 1000 ms; waits at most 500 ms. The owner is called as its session. */
static enum lock_result take(int session, const char *keys, unsigned flags)
{
	char owner[8];
	const struct ask a = { session, owner, keys, flags,    1000,
			       500,     0,     0,    LOCK_KEEP };

	snprintf(owner, sizeof(owner), "%d", session);
	return ask(&a);
}

/* How many keys; -1: refused. */
static int release(const char *owner, const char *keys)
{
	struct hf_slice slices[16];
	struct lock_who who = { .owner = hf_slice_of(owner) };
	size_t n = keys_of(keys, slices), released, key;
	enum lock_result result =
	    locktab_release(tab, slices, n, &who, now, &released, &key);

	locktab_settle(tab, now);
	return result == LOCK_GRANTED ? (int)released : -1;
}

static enum lock_result extend(const char *owner, const char *keys,
			       int64_t ttl_ms, int session)
{
	struct hf_slice slices[16];
	struct lock_who who = { .owner = hf_slice_of(owner) };
	size_t n = keys_of(keys, slices), key;
	enum lock_result result =
	    locktab_extend(tab, slices, n, &who, ttl_ms, &sessions[session],
			   now, &granted, &key);

	locktab_settle(tab, now);
	return result;
}

static void change(enum ks_kind kind, const char *key, int64_t due_ms)
{
	struct ks_change c = { .kind = kind,
			       .type = KS_STRING,
			       .key = hf_slice_of(key),
			       .value = HF_SLICE("v"),
			       .due_ms = due_ms };

	keyspace_apply(ks, &c, now.ms);
	locktab_settle(tab, now);
}

/* As the server's tick does it. */
static void pass(int64_t ms)
{
	now.ms += ms;
	now.wall_ms += ms;
	keyspace_expire(ks, now.ms, 100000);
	while (locktab_tick(tab, now) <= now.ms)
		;
}

static void leave(int session)
{
	locktab_leave(tab, &sessions[session], false, now);
	locktab_settle(tab, now);
}

static size_t waiting(const char *key)
{
	struct lock_look look;

	locktab_look(tab, hf_slice_of(key), now.ms, &look);
	return look.waiting;
}

static int64_t due_of(const char *key)
{
	return keyspace_get(ks, hf_slice_of(key), now.ms).due_ms;
}

static int64_t fence_of(const char *key)
{
	return keyspace_get(ks, hf_slice_of(key), now.ms).fence;
}

/* ---- one key ------------------------------------------------------------ */

static void a_free_key_is_granted_with_a_greater_token_each_time(void)
{
	for (int64_t token = 1; token < 4; token++) {
		CU_ASSERT_EQUAL(take(1, "a", 0), LOCK_GRANTED);
		CU_ASSERT_EQUAL(granted.token, token);
		CU_ASSERT_EQUAL(granted.left_ms, 1000);
		CU_ASSERT_EQUAL(release("1", "a"), 1);
	}
	CU_ASSERT_EQUAL(keyspace_count(ks), 0);
}

static void the_same_owner_again_gets_the_same_grant(void)
{
	const struct ask other = { 2, "1", "a", 0, 9000, 500, 0, 0, LOCK_KEEP };

	CU_ASSERT_EQUAL(take(1, "a", 0), LOCK_GRANTED);
	pass(300);
	CU_ASSERT_EQUAL(ask(&other), LOCK_GRANTED);
	CU_ASSERT_EQUAL(granted.token, 1);
	CU_ASSERT_EQUAL(granted.left_ms, 700);
	/* From then on the grant is the later connection's. */
	CU_ASSERT_PTR_EQUAL(locktab_session(tab, 1), &sessions[2]);
}

static void who_is_not_granted_waits_in_order(void)
{
	CU_ASSERT_EQUAL(take(1, "a", 0), LOCK_GRANTED);
	CU_ASSERT_EQUAL(take(2, "a", 0), LOCK_WAITS);
	CU_ASSERT_EQUAL(take(3, "a", 0), LOCK_WAITS);
	CU_ASSERT_EQUAL(take(4, "a", 0), LOCK_WAITS);
	CU_ASSERT_EQUAL(waiting("a"), 3);
	release("1", "a");
	CU_ASSERT(hears("2:2 "));
	release("2", "a");
	CU_ASSERT(hears("3:3 "));
	release("3", "a");
	CU_ASSERT(hears("4:4 "));
	CU_ASSERT_EQUAL(waiting("a"), 0);
}

static void who_does_not_wait_is_refused_and_leaves_no_trace(void)
{
	const struct ask a = { 2, "2", "ab", 0, 1000, 0, 0, 0, LOCK_KEEP };

	take(1, "a", 0);
	CU_ASSERT_EQUAL(ask(&a), LOCK_REFUSED);
	CU_ASSERT_EQUAL(waiting("a"), 0);
	CU_ASSERT_EQUAL(keyspace_get(ks, HF_SLICE("b"), now.ms).type, KS_NONE);
	release("1", "a");
	CU_ASSERT(hears(""));
}

static void a_wait_ends_at_its_time(void)
{
	take(1, "a", 0);
	take(2, "a", 0);
	pass(499);
	CU_ASSERT(hears(""));
	pass(1);
	CU_ASSERT(hears("2:late "));
	CU_ASSERT_EQUAL(waiting("a"), 0);
	release("1", "a");
	CU_ASSERT(hears(""));
	CU_ASSERT_EQUAL(locktab_stats(tab)->timeouts, 1);
}

static void a_grant_in_the_very_last_moment_is_no_timeout(void)
{
	const struct ask a = { 1, "1", "a", 0, 500, 0, 0, 0, LOCK_KEEP };

	ask(&a);
	take(2, "a", 0); /* both ends are 500 ms away */
	pass(500);
	CU_ASSERT(hears("1-a-expired 2:2 "));
}

static void an_expired_lock_goes_to_the_first_of_the_line(void)
{
	take(1, "a", 0);
	pass(600);
	take(2, "a", 0);
	heard[0] = '\0';
	pass(400);
	CU_ASSERT(hears("1-a-expired 2:2 "));
	CU_ASSERT_EQUAL(locktab_stats(tab)->expired, 1);
}

static void a_plain_value_is_a_holder_like_any(void)
{
	change(KS_SET, "a", HF_NEVER);
	CU_ASSERT_EQUAL(take(1, "a", 0), LOCK_WAITS);
	CU_ASSERT_EQUAL(take(2, "a", ASK_SHARED), LOCK_WAITS);
	CU_ASSERT_EQUAL(release("v", "a"), -1);
	change(KS_SET, "a", now.ms + 100);
	CU_ASSERT(hears(""));
	pass(100);
	CU_ASSERT(hears("1:2 "));
	CU_ASSERT_EQUAL(extend("v", "a", 10, 1), LOCK_REFUSED);
}

static void a_deleted_lock_is_lost_and_goes_on(void)
{
	take(1, "a", 0);
	take(2, "a", 0);
	change(KS_DELETE, "a", 0);
	CU_ASSERT(hears("1-a-deleted 2:2 "));
	change(KS_SET, "a", HF_NEVER);
	CU_ASSERT(hears("2-a-overwritten "));
	change(KS_DELETE, "a", 0);
	CU_ASSERT(hears(""));
	CU_ASSERT_EQUAL(locktab_stats(tab)->lost, 2);
}

static void a_flush_ends_all_and_serves_all_lines(void)
{
	take(1, "ab", 0);
	take(2, "b", 0);
	take(3, "c", 0);
	change(KS_FLUSH, "", 0);
	CU_ASSERT_EQUAL(locktab_stats(tab)->lost, 3);
	CU_ASSERT_PTR_NOT_NULL(strstr(heard, "1-a-flushed "));
	CU_ASSERT_PTR_NOT_NULL(strstr(heard, "1-b-flushed "));
	CU_ASSERT_PTR_NOT_NULL(strstr(heard, "3-c-flushed "));
	CU_ASSERT_PTR_NOT_NULL(strstr(heard, "2:3 "));
}

static void release_and_extend_are_refused_to_others(void)
{
	take(1, "a", 0);
	CU_ASSERT_EQUAL(release("2", "a"), -1);
	CU_ASSERT_EQUAL(extend("2", "a", 10, 2), LOCK_REFUSED);
	CU_ASSERT_EQUAL(extend("1", "b", 10, 1), LOCK_NOT_HELD);
	CU_ASSERT_EQUAL(due_of("a"), 2000);
	CU_ASSERT_EQUAL(release("1", "a"), 1);
	CU_ASSERT_EQUAL(release("1", "a"), 0); /* repeated: harmless */
}

static void release_and_extend_by_token(void)
{
	struct hf_slice key = HF_SLICE("a");
	struct lock_who who = { .token = 1 };
	size_t released, at;

	take(1, "a", 0);
	CU_ASSERT_EQUAL(locktab_extend(tab, &key, 1, &who, 5000, &sessions[1],
				       now, &granted, &at),
			LOCK_GRANTED);
	CU_ASSERT_EQUAL(due_of("a"), 6000);
	who.token = 2;
	CU_ASSERT_EQUAL(
	    locktab_release(tab, &key, 1, &who, now, &released, &at),
	    LOCK_REFUSED);
	who.token = 1;
	CU_ASSERT_EQUAL(
	    locktab_release(tab, &key, 1, &who, now, &released, &at),
	    LOCK_GRANTED);
	CU_ASSERT_EQUAL(released, 1);
}

static void extending_keeps_the_token_and_moves_the_end(void)
{
	take(1, "a", 0);
	pass(700);
	CU_ASSERT_EQUAL(extend("1", "a", 1000, 1), LOCK_GRANTED);
	CU_ASSERT_EQUAL(granted.token, 1);
	CU_ASSERT_EQUAL(fence_of("a"), 1);
	CU_ASSERT_EQUAL(due_of("a"), 2700);
	CU_ASSERT_EQUAL(extend("1", "a", 1000, 1), LOCK_GRANTED);
	CU_ASSERT_EQUAL(due_of("a"), 2700);
}

static void a_holder_is_warned_once_before_its_end(void)
{
	take(1, "a", 0);
	pass(749);
	CU_ASSERT(hears(""));
	pass(1);
	CU_ASSERT(hears("1-a-ends "));
	pass(200);
	CU_ASSERT(hears(""));
	extend("1", "a", 400, 1);
	pass(300);
	CU_ASSERT(hears("1-a-ends "));
	pass(100);
	CU_ASSERT(hears("1-a-expired "));
}

static void a_warning_follows_a_deadline_that_others_moved(void)
{
	take(1, "a", 0);
	change(KS_DUE, "a", 9000);
	pass(2000);
	CU_ASSERT(hears(""));
	pass(6000);
	CU_ASSERT(hears("1-a-expired "));
}

/* ---- shared ------------------------------------------------------------- */

static void shared_holders_share_and_exclusive_ones_wait(void)
{
	CU_ASSERT_EQUAL(take(1, "a", ASK_SHARED), LOCK_GRANTED);
	CU_ASSERT_EQUAL(take(2, "a", ASK_SHARED), LOCK_GRANTED);
	CU_ASSERT_EQUAL(granted.token, 2);
	CU_ASSERT_EQUAL(take(3, "a", 0), LOCK_WAITS);
	release("1", "a");
	CU_ASSERT(hears(""));
	CU_ASSERT_EQUAL(fence_of("a"), 2);
	release("2", "a");
	CU_ASSERT(hears("3:3 "));
}

static void a_shared_newcomer_does_not_pass_an_exclusive_waiter(void)
{
	take(1, "a", ASK_SHARED);
	take(2, "a", 0);
	CU_ASSERT_EQUAL(take(3, "a", ASK_SHARED), LOCK_WAITS);
	CU_ASSERT_EQUAL(take(4, "a", ASK_SHARED), LOCK_WAITS);
	CU_ASSERT_EQUAL(take(5, "a", 0), LOCK_WAITS);
	release("1", "a");
	CU_ASSERT(hears("2:2 "));
	release("2", "a");
	CU_ASSERT(hears("3:3 4:4 ")); /* the run, and not the one behind */
	release("4", "a");
	CU_ASSERT(hears(""));
	release("3", "a");
	CU_ASSERT(hears("5:5 "));
}

static void each_shared_holder_ends_at_its_own_time(void)
{
	const struct ask brief = { 1, "1", "a", ASK_SHARED, 100,
				   0, 0,   0,   LOCK_KEEP };

	ask(&brief);
	take(2, "a", ASK_SHARED);
	take(3, "a", 0);
	pass(100);
	CU_ASSERT_PTR_NOT_NULL(strstr(heard, "1-a-expired "));
	CU_ASSERT_EQUAL(release("1", "a"), -1);
	CU_ASSERT_EQUAL(locktab_stats(tab)->held, 1);
	heard[0] = '\0';
	release("2", "a");
	CU_ASSERT(hears("3:3 "));
}

static void a_mode_is_not_changed_in_holding(void)
{
	take(1, "a", ASK_SHARED);
	CU_ASSERT_EQUAL(take(1, "a", 0), LOCK_OVERLAPS);
	take(2, "b", 0);
	CU_ASSERT_EQUAL(take(2, "b", ASK_SHARED), LOCK_OVERLAPS);
}

static void only_so_many_may_share(void)
{
	for (int i = 0; i < LOCK_HOLDERS_MAX; i++)
		CU_ASSERT_EQUAL(take(i, "a", ASK_SHARED), LOCK_GRANTED);
	CU_ASSERT_EQUAL(take(LOCK_HOLDERS_MAX, "a", ASK_SHARED), LOCK_WAITS);
	release("7", "a");
	CU_ASSERT(hears("1024:1025 "));
}

/* ---- several keys ------------------------------------------------------- */

static void all_keys_or_none(void)
{
	take(1, "b", 0);
	CU_ASSERT_EQUAL(take(2, "abc", 0), LOCK_WAITS);
	CU_ASSERT_EQUAL(keyspace_count(ks), 1);
	release("1", "b");
	CU_ASSERT(hears("2:2 "));
	CU_ASSERT_EQUAL(keyspace_count(ks), 3);
	CU_ASSERT_EQUAL(fence_of("a"), 2);
	CU_ASSERT_EQUAL(fence_of("c"), 2);
	CU_ASSERT_EQUAL(release("2", "abc"), 3);
	CU_ASSERT_EQUAL(keyspace_count(ks), 0);
}

static void who_waits_for_several_keys_is_not_passed_on_any(void)
{
	take(1, "a", 0);
	take(2, "ab", 0);
	CU_ASSERT_EQUAL(take(3, "b", 0), LOCK_WAITS);
	take(4, "c", 0);
	CU_ASSERT_EQUAL(take(5, "bc", 0), LOCK_WAITS);
	release("1", "a");
	CU_ASSERT(hears("2:3 "));
	release("4", "c");
	CU_ASSERT(hears(""));
	release("2", "ab");
	CU_ASSERT(hears("3:4 "));
	release("3", "b");
	CU_ASSERT(hears("5:5 "));
}

static void crossed_orders_do_not_lock_each_other_out(void)
{
	take(1, "ab", 0);
	take(2, "ab", 0);
	take(3, "ba", 0);
	take(4, "bca", 0);
	release("1", "ab");
	CU_ASSERT(hears("2:2 "));
	release("2", "ba");
	CU_ASSERT(hears("3:3 "));
	release("3", "ab");
	CU_ASSERT(hears("4:4 "));
}

static void who_leaves_a_line_lets_the_next_ones_through(void)
{
	take(1, "a", 0);
	take(2, "ab", 0);
	take(3, "b", 0);
	leave(2);
	CU_ASSERT(hears("3:2 "));
	CU_ASSERT_EQUAL(waiting("a"), 0);
}

static void a_part_of_what_one_holds_is_the_same_grant(void)
{
	take(1, "ab", 0);
	CU_ASSERT_EQUAL(take(1, "b", 0), LOCK_GRANTED);
	CU_ASSERT_EQUAL(granted.token, 1);
	CU_ASSERT_EQUAL(take(1, "bc", 0), LOCK_OVERLAPS);
	CU_ASSERT_EQUAL(release("1", "a"), 1);
	CU_ASSERT_EQUAL(take(1, "ab", 0), LOCK_OVERLAPS);
	CU_ASSERT_EQUAL(locktab_stats(tab)->held, 1);
	CU_ASSERT_EQUAL(release("1", "b"), 1);
	CU_ASSERT_EQUAL(locktab_stats(tab)->held, 0);
}

/* ---- connections -------------------------------------------------------- */

static void asking_again_while_waiting_keeps_the_place(void)
{
	struct ask twin = { 9, "2", "a", 0, 1000, 500, 0, 0, LOCK_KEEP };

	take(1, "a", 0);
	take(2, "a", 0);
	take(3, "a", 0);
	CU_ASSERT_EQUAL(ask(&twin), LOCK_WAITS); /* the reply was lost */
	leave(2);
	release("1", "a");
	CU_ASSERT(hears("9:2 "));
	twin.session = 10;
	CU_ASSERT_EQUAL(ask(&twin), LOCK_GRANTED);
	CU_ASSERT_EQUAL(granted.token, 2);
}

static void both_connections_of_an_owner_hear_of_its_one_grant(void)
{
	const struct ask twin = { 9, "2", "ab", 0, 1000, 500, 0, 0, LOCK_KEEP };

	take(1, "a", 0);
	take(2, "ab", 0);
	take(3, "b", 0);
	ask(&twin);
	release("1", "a");
	CU_ASSERT(hears("2:2 9:2 "));
	release("2", "ab");
	CU_ASSERT(hears("3:3 "));
}

static void a_connection_that_is_ending_is_not_granted(void)
{
	take(1, "a", 0);
	take(2, "a", 0);
	take(3, "a", ASK_SHARED);
	take(4, "a", ASK_SHARED);
	dead[2] = dead[3] = true;
	release("1", "a");
	CU_ASSERT(hears("4:2 "));
}

static void the_end_of_a_connection_means_what_was_asked_for(void)
{
	struct ask a = { 1, "1", "a", 0, 5000, 0, 0, 0, LOCK_KEEP };

	ask(&a);
	leave(1);
	CU_ASSERT_EQUAL(due_of("a"), 6000); /* keep */
	CU_ASSERT(hears(""));
	a = (struct ask){ 2, "2", "b", 0, 5000, 0, 0, 0, LOCK_RELEASE };
	ask(&a);
	take(3, "b", 0);
	leave(2);
	CU_ASSERT(hears("2-b-disconnected? 3:3 "));
	CU_ASSERT_EQUAL(locktab_stats(tab)->disconnected, 1);
}

static void who_comes_back_in_its_grace_keeps_the_lock(void)
{
	struct ask a = { 1, "1", "a", 0, 5000, 0, 0, 200, LOCK_GRACE };

	ask(&a);
	leave(1);
	pass(199);
	a.session = 2;
	CU_ASSERT_EQUAL(ask(&a), LOCK_GRANTED);
	CU_ASSERT_EQUAL(granted.token, 1);
	CU_ASSERT_EQUAL(granted.left_ms, 4801);
	pass(1000);
	CU_ASSERT(hears(""));
	leave(2);
	pass(100);
	CU_ASSERT_EQUAL(extend("1", "a", 5000, 3), LOCK_GRANTED);
	pass(1000);
	CU_ASSERT(hears(""));
	leave(3);
	pass(199);
	CU_ASSERT(hears(""));
	pass(1);
	CU_ASSERT(hears("1-a-disconnected? "));
	CU_ASSERT_EQUAL(keyspace_count(ks), 0);
}

static void the_servers_own_end_is_no_disconnect(void)
{
	const struct ask a = { 1, "1", "a", 0, 5000, 0, 0, 0, LOCK_RELEASE };

	ask(&a);
	locktab_leave(tab, &sessions[1], true, now);
	CU_ASSERT_EQUAL(due_of("a"), 6000);
	CU_ASSERT(hears(""));
}

static void a_delay_keeps_a_dead_holders_lock_closed(void)
{
	struct ask a = { 1, "1", "a", 0, 100, 0, 50, 0, LOCK_RELEASE };

	ask(&a); /* dies by its deadline */
	take(2, "a", 0);
	pass(100);
	CU_ASSERT(hears("1-a-expired "));
	CU_ASSERT_EQUAL(release("1", "a"), 0); /* nobody holds it */
	CU_ASSERT_EQUAL(extend("1", "a", 900, 1), LOCK_NOT_HELD);
	pass(49);
	CU_ASSERT(hears(""));
	CU_ASSERT_NOT_EQUAL(keyspace_get(ks, HF_SLICE("a"), now.ms).type,
			    KS_NONE);
	pass(1);
	CU_ASSERT(hears("2:2 "));
	release("2", "a");
	ask(&a); /* dies with its connection */
	take(2, "a", 0);
	pass(10);
	leave(1);
	CU_ASSERT(hears("1-a-disconnected? "));
	pass(49);
	CU_ASSERT(hears(""));
	pass(1);
	CU_ASSERT(hears("2:4 "));
	release("2", "a");
	ask(&a); /* does not die: is released */
	CU_ASSERT_EQUAL(release("1", "a"), 1);
	CU_ASSERT_EQUAL(take(2, "a", 0), LOCK_GRANTED);
}

/* By PEXPIRE, PERSIST and their like, which know the key alone. */
static bool move(const char *key, int64_t ms)
{
	return locktab_move(tab, hf_slice_of(key),
			    ms == HF_NEVER ? HF_NEVER : now.ms + ms, now);
}

static int64_t left_of(const char *key)
{
	struct lock_look look;

	locktab_look(tab, hf_slice_of(key), now.ms, &look);
	return look.end_ms == HF_NEVER ? -1 : look.end_ms - now.ms;
}

static void a_dead_holder_is_not_brought_back_by_a_later_deadline(void)
{
	struct ask a = { 1, "1", "a", 0, 1000, 0, 500, 0, LOCK_KEEP };

	ask(&a);
	CU_ASSERT_EQUAL(left_of("a"), 1000);
	pass(1000);
	CU_ASSERT_EQUAL(left_of("a"), 500);
	CU_ASSERT_FALSE(move("a", 90000));
	CU_ASSERT_FALSE(move("a", HF_NEVER));
	CU_ASSERT_EQUAL(extend("1", "a", 900, 1), LOCK_NOT_HELD);
	pass(500);
	CU_ASSERT_EQUAL(take(2, "a", 0), LOCK_GRANTED);
}

static void the_dead_among_the_living_stay_dead(void)
{
	struct ask a = { 1, "1", "a", ASK_SHARED, 100, 0, 5000, 0, LOCK_KEEP };

	ask(&a);
	a = (struct ask){ 2, "2", "a", ASK_SHARED, 1000, 0, 0, 0, LOCK_KEEP };
	ask(&a);
	pass(200);
	CU_ASSERT_TRUE(move("a", 60000));
	CU_ASSERT_EQUAL(left_of("a"), 60000);
	CU_ASSERT_EQUAL(extend("1", "a", 900, 1), LOCK_REFUSED);
	CU_ASSERT_TRUE(move("a", HF_NEVER));
	CU_ASSERT_EQUAL(left_of("a"), -1);
	CU_ASSERT_EQUAL(extend("1", "a", 900, 1), LOCK_REFUSED);
	CU_ASSERT_EQUAL(extend("2", "a", 900, 2), LOCK_GRANTED);
}

static void an_end_that_others_move_is_warned_of(void)
{
	struct ask a = { 1, "1", "a", 0, 40000, 0, 0, 0, LOCK_KEEP };

	ask(&a);
	CU_ASSERT_TRUE(move("a", 800));
	pass(599);
	CU_ASSERT(hears(""));
	pass(1);
	CU_ASSERT(hears("1-a-ends "));
	pass(200);
	CU_ASSERT(hears("1-a-expired "));
}

static void a_grace_is_the_deadline_that_all_see_and_a_restart_keeps(void)
{
	const struct ask a = { 1, "1", "ab", 0, 50000, 0, 0, 300, LOCK_GRACE };

	ask(&a);
	leave(1);
	CU_ASSERT_EQUAL(left_of("a"), 300);
	CU_ASSERT_EQUAL(due_of("b"), now.ms + 300);
	locktab_free(&tab);
	tab = locktab_new(ks, 44, &hooks, &ks);
	locktab_recover(tab, now);
	heard[0] = '\0';
	CU_ASSERT_EQUAL(take(4, "b", 0), LOCK_WAITS);
	pass(300);
	CU_ASSERT_PTR_NOT_NULL(strstr(heard, "4:2 "));
}

static void giving_up_is_a_timeout_at_once(void)
{
	take(1, "a", 0);
	take(2, "a", 0);
	locktab_give_up(tab, &sessions[2], now.ms);
	locktab_give_up(tab, &sessions[1], now.ms);
	CU_ASSERT(hears("2:late "));
	CU_ASSERT_EQUAL(waiting("a"), 0);
}

static void a_stall_of_ours_shortens_no_hold_and_no_grace(void)
{
	const struct ask a = { 1, "1", "a", 0, 5000, 0, 0, 200, LOCK_GRACE };

	ask(&a);
	take(2, "b", 0);
	leave(1);
	now.ms += 3000; /* nobody served */
	change(KS_SHIFT, "", 3000);
	pass(0);
	CU_ASSERT(hears(""));
	CU_ASSERT_EQUAL(due_of("b"), 5000);
	pass(199);
	CU_ASSERT(hears(""));
	pass(1);
	CU_ASSERT(hears("1-a-disconnected? "));
}

/* As the server does it: deadlines move with the clock. */
static void stand_still(int64_t ms)
{
	locktab_stand_still(tab, true);
	keyspace_drift(ks, keyspace_shift(ks) + ms);
	pass(ms);
}

static void no_hold_ends_while_time_stands_still_and_waits_do(void)
{
	take(1, "a", 0); /* is warned of at 750 ms */
	pass(700);
	take(2, "a", 0); /* waits for 500 ms */
	stand_still(499);
	CU_ASSERT(hears(""));
	/* Nobody is to be called for a hold. */
	CU_ASSERT_EQUAL(locktab_next_due_ms(tab), now.ms + 1);
	stand_still(1);
	CU_ASSERT(hears("2:late "));
	CU_ASSERT_EQUAL(locktab_next_due_ms(tab), HF_NEVER);
	stand_still(5000);
	CU_ASSERT(hears(""));
	locktab_stand_still(tab, false);
	pass(49);
	CU_ASSERT(hears(""));
	pass(1);
	CU_ASSERT(hears("1-a-ends "));
	pass(249);
	CU_ASSERT(hears(""));
	pass(1);
	CU_ASSERT(hears("1-a-expired "));
}

static void nothing_is_granted_while_the_table_is_closed(void)
{
	struct ask a = { 2, "2", "b", 0, 1000, 0, 0, 0, LOCK_KEEP };

	take(1, "a", 0);
	locktab_close(tab, now.ms + 300);
	CU_ASSERT_EQUAL(take(1, "a", 0), LOCK_GRANTED); /* it has it */
	CU_ASSERT_EQUAL(extend("1", "a", 1000, 1), LOCK_GRANTED);
	CU_ASSERT_EQUAL(ask(&a), LOCK_CLOSED);
	CU_ASSERT_EQUAL(locktab_closed_until_ms(tab), now.ms + 300);
	a.wait_ms = 400;
	CU_ASSERT_EQUAL(ask(&a), LOCK_WAITS);
	take(3, "a", 0);
	CU_ASSERT_EQUAL(release("1", "a"), 1);
	pass(299);
	CU_ASSERT(hears(""));
	CU_ASSERT_EQUAL(locktab_next_due_ms(tab), now.ms + 1);
	pass(1);
	CU_ASSERT_PTR_NOT_NULL(strstr(heard, "2:"));
	CU_ASSERT_PTR_NOT_NULL(strstr(heard, "3:"));
	CU_ASSERT_EQUAL(locktab_closed_until_ms(tab), 0);
}

/* ---- a restart ---------------------------------------------------------- */

static void holders_are_known_again_after_a_restart(void)
{
	const struct ask a = { 1, "1", "ab", 0, 5000, 0, 0, 300, LOCK_GRACE };

	ask(&a);
	take(2, "c", ASK_SHARED);
	take(3, "c", ASK_SHARED);
	for (int i = 1; i <= 3; i++)
		locktab_leave(tab, &sessions[i], true, now);
	locktab_free(&tab);
	tab = locktab_new(ks, 44, &hooks, &ks);
	locktab_recover(tab, now);
	CU_ASSERT_EQUAL(locktab_stats(tab)->held, 3);
	CU_ASSERT_EQUAL(take(1, "ab", 0), LOCK_GRANTED);
	CU_ASSERT_EQUAL(granted.token, 1);
	CU_ASSERT_EQUAL(take(4, "c", 0), LOCK_WAITS);
	pass(500);
	heard[0] = '\0';
	leave(1);
	pass(300);
	CU_ASSERT_PTR_NOT_NULL(strstr(heard, "2-c-ends? 3-c-ends? "));
	CU_ASSERT_PTR_NOT_NULL(strstr(heard, "1-a-disconnected? "));
	CU_ASSERT_EQUAL(locktab_stats(tab)->disconnected, 2);
}

/* ---- many --------------------------------------------------------------- */

static void a_release_touches_one_of_a_thousand_waiters(void)
{
	take(0, "a", 0);
	for (int i = 1; i <= 1000; i++)
		CU_ASSERT_EQUAL(take(i, "a", 0), LOCK_WAITS);
	for (int i = 0; i < 1000; i++) {
		char owner[8], expected[16];

		snprintf(owner, sizeof(owner), "%d", i);
		snprintf(expected, sizeof(expected), "%d:%d ", i + 1, i + 2);
		answers = changes = 0;
		release(owner, "a");
		CU_ASSERT(hears(expected));
		CU_ASSERT_EQUAL(answers, 1);
		CU_ASSERT_EQUAL(changes, 2); /* the deletion, the new value */
	}
}

static void a_run_of_shared_waiters_is_one_change(void)
{
	take(0, "a", 0);
	for (int i = 1; i <= 1000; i++)
		take(i, "a", ASK_SHARED);
	answers = changes = 0;
	release("0", "a");
	CU_ASSERT_EQUAL(answers, 1000);
	CU_ASSERT_EQUAL(changes, 2);
	CU_ASSERT_EQUAL(fence_of("a"), 1001);
}

/* ---- against a model ---------------------------------------------------- */

/*
 * The same rules, written the slow way: holders and waiters in arrays, all of
 * them looked at after each step.
 */
enum {
	M_KEYS = 4,
	M_OWNERS = 8,
	M_STEPS = 400,
	M_RUNS = 150,
	/* Behind the owners: a value of SET; who is closing and came again. */
	M_VALUE = M_OWNERS,
	M_GHOSTS,
	M_SLOTS = M_GHOSTS + 16
};

struct m_hold {
	bool there, shared;
	int grant; /* which acquire it came of */
	int64_t end_ms, until_ms;
};

struct m_wait {
	bool there, shared;
	unsigned keys;
	int order;
	int64_t ttl_ms, until_ms, delay_ms;
};

static struct {
	struct m_hold holds[M_KEYS][M_SLOTS];
	struct m_wait waits[M_OWNERS];
	bool releases[M_OWNERS]; /* on disconnect */
	int64_t delays[M_KEYS][M_OWNERS];
	int orders, grants;
} m;

static unsigned rng;

static unsigned draw(unsigned n)
{
	rng = rng * 1664525u + 1013904223u;
	return (rng >> 16) % n;
}

static void m_forget(void)
{
	for (int k = 0; k < M_KEYS; k++) {
		for (int o = 0; o < M_SLOTS; o++) {
			if (m.holds[k][o].until_ms <= now.ms)
				m.holds[k][o].there = false;
		}
	}
}

static bool m_blocked(unsigned keys, bool shared, int before)
{
	for (int o = 0; o < M_OWNERS; o++) {
		if (m.waits[o].there && m.waits[o].order < before &&
		    (m.waits[o].keys & keys) != 0)
			return true;
	}
	for (int k = 0; k < M_KEYS; k++) {
		for (int o = 0; (keys & 1u << k) != 0 && o < M_SLOTS; o++) {
			const struct m_hold *h = &m.holds[k][o];

			if (h->there && !(shared && h->shared))
				return true;
		}
	}
	return false;
}

static void m_keep_ghost(int k, int owner)
{
	int ghost = M_GHOSTS;

	if (!m.holds[k][owner].there)
		return;
	while (m.holds[k][ghost].there)
		ghost++;
	CU_ASSERT_FATAL(ghost < M_SLOTS);
	m.holds[k][ghost] = m.holds[k][owner];
}

static void m_grant(int owner, unsigned keys, bool shared, int64_t ttl_ms,
		    int64_t delay_ms)
{
	m.grants++;
	for (int k = 0; k < M_KEYS; k++) {
		if ((keys & 1u << k) == 0)
			continue;
		m_keep_ghost(k, owner);
		m.holds[k][owner] = (struct m_hold){
			.there = true,
			.shared = shared,
			.grant = m.grants,
			.end_ms = now.ms + ttl_ms,
			.until_ms = now.ms + ttl_ms + delay_ms,
		};
		m.delays[k][owner] = delay_ms;
	}
}

static void m_serve(void)
{
	bool again = true;

	m_forget();
	while (again) {
		again = false;
		for (int o = 0; o < M_OWNERS; o++) {
			struct m_wait *w = &m.waits[o];

			if (!w->there ||
			    m_blocked(w->keys, w->shared, w->order))
				continue;
			w->there = false;
			m_grant(o, w->keys, w->shared, w->ttl_ms, w->delay_ms);
			again = true;
		}
	}
}

static void m_pass(int64_t ms)
{
	pass(ms);
	m_serve();
	for (int o = 0; o < M_OWNERS; o++) {
		if (m.waits[o].until_ms <= now.ms)
			m.waits[o].there = false;
	}
	m_serve();
}

static enum lock_result m_expected(int owner, unsigned keys, bool shared,
				   bool waits)
{
	int own = 0, n = 0, grant = 0;
	bool one = true;

	for (int k = 0; k < M_KEYS; k++) {
		const struct m_hold *h = &m.holds[k][owner];

		if ((keys & 1u << k) == 0)
			continue;
		n++;
		if (!h->there || h->end_ms <= now.ms)
			continue;
		one = one && h->shared == shared &&
		      (own == 0 || h->grant == grant);
		grant = h->grant;
		own++;
	}
	if (own == n && one)
		return LOCK_GRANTED;
	if (own > 0)
		return LOCK_OVERLAPS;
	if (!m_blocked(keys, shared, m.orders + 1))
		return LOCK_GRANTED;
	return waits ? LOCK_WAITS : LOCK_REFUSED;
}

static bool m_has(int owner, unsigned keys)
{
	for (int k = 0; k < M_KEYS; k++) {
		if ((keys & 1u << k) != 0 && m.holds[k][owner].there &&
		    m.holds[k][owner].end_ms > now.ms)
			return true;
	}
	return false;
}

static void name_keys(unsigned keys, char *out)
{
	for (int k = 0; k < M_KEYS; k++) {
		if ((keys & 1u << k) != 0)
			*out++ = (char)('a' + k);
	}
	*out = '\0';
}

static void m_acquire(int owner, unsigned keys)
{
	char name[4], letters[M_KEYS + 1];
	bool waits = draw(3) > 0;
	struct ask a = { owner,
			 name,
			 letters,
			 draw(2),
			 20 + draw(200),
			 waits ? 10 + draw(150) : 0,
			 draw(3) == 0 ? draw(40) : 0,
			 0,
			 m.releases[owner] ? LOCK_RELEASE : LOCK_KEEP };
	bool shared = a.flags == ASK_SHARED;
	bool had = m_has(owner, keys);
	enum lock_result expected = m_expected(owner, keys, shared, waits);

	snprintf(name, sizeof(name), "%d", owner);
	name_keys(keys, letters);
	CU_ASSERT_EQUAL_FATAL(ask(&a), expected);
	if (expected == LOCK_GRANTED && !had)
		m_grant(owner, keys, shared, a.ttl_ms, a.delay_ms);
	if (expected != LOCK_WAITS)
		return;
	m.waits[owner] =
	    (struct m_wait){ true,       shared,   keys,
			     ++m.orders, a.ttl_ms, now.ms + a.wait_ms,
			     a.delay_ms };
}

static void m_release(int owner, unsigned keys)
{
	char name[4], letters[M_KEYS + 1];

	snprintf(name, sizeof(name), "%d", owner);
	name_keys(keys, letters);
	for (int k = 0; k < M_KEYS; k++) {
		struct m_hold *h = &m.holds[k][owner];

		if ((keys & 1u << k) != 0 && h->end_ms > now.ms)
			h->there = false;
	}
	release(name, letters);
	m_serve();
}

static void m_leave(int owner)
{
	m.waits[owner].there = false;
	for (int k = 0; k < M_KEYS && m.releases[owner]; k++) {
		struct m_hold *h = &m.holds[k][owner];

		if (!h->there || h->end_ms <= now.ms)
			continue;
		h->end_ms = now.ms;
		h->until_ms = now.ms + m.delays[k][owner];
	}
	leave(owner);
	m_serve();
}

static void m_value(int k, bool set)
{
	char key[2] = { (char)('a' + k), '\0' };

	memset(m.holds[k], 0, sizeof(m.holds[k]));
	if (set)
		m.holds[k][M_VALUE] = (struct m_hold){
			.there = true,
			.end_ms = now.ms + 50,
			.until_ms = now.ms + 50,
		};
	change(set ? KS_SET : KS_DELETE, key, now.ms + 50);
	m_serve();
}

static void m_compare_key(int k)
{
	char key[2] = { (char)('a' + k), '\0' };
	struct lock_look look;
	size_t holders = 0, waits = 0;

	locktab_look(tab, hf_slice_of(key), now.ms, &look);
	for (int o = 0; o < M_SLOTS; o++)
		holders += o != M_VALUE && m.holds[k][o].there ? 1 : 0;
	for (int o = 0; o < M_OWNERS; o++) {
		waits += m.waits[o].there && (m.waits[o].keys & 1u << k) != 0
			     ? 1
			     : 0;
	}
	CU_ASSERT_EQUAL_FATAL(look.waiting, waits);
	CU_ASSERT_EQUAL_FATAL(look.n_holders, holders);
	CU_ASSERT_EQUAL_FATAL(look.view.type == KS_STRING,
			      m.holds[k][M_VALUE].there);
	for (size_t i = 0; i < look.n_holders; i++) {
		const struct lock_holder *h = &look.holders[i];
		const struct m_hold *mine = &m.holds[k][h->owner.data[0] - '0'];

		if (!lock_holder_lives(h, now.ms))
			continue;
		CU_ASSERT_FATAL(mine->there);
		CU_ASSERT_EQUAL_FATAL(h->shared, mine->shared);
		CU_ASSERT_EQUAL_FATAL(h->end_ms, mine->end_ms);
	}
}

static void m_step(void)
{
	int owner = (int)draw(M_OWNERS);
	unsigned keys = 1 + draw((1u << M_KEYS) - 1);

	switch (draw(10)) {
	case 0:
		m_value((int)draw(M_KEYS), draw(2) > 0);
		break;
	case 1:
		m_leave(owner);
		break;
	case 2:
	case 3:
		m_pass(draw(60));
		break;
	case 4:
	case 5:
	case 6:
		m_release(owner, keys);
		break;
	default:
		if (!m.waits[owner].there)
			m_acquire(owner, keys);
	}
	heard[0] = '\0';
	for (int k = 0; k < M_KEYS; k++)
		m_compare_key(k);
}

static void random_steps_agree_with_the_slow_model(void)
{
	for (unsigned run = 1; run <= M_RUNS; run++) {
		rng = run * 7919;
		memset(&m, 0, sizeof(m));
		for (int o = 0; o < M_OWNERS; o++)
			m.releases[o] = draw(2) > 0;
		for (int i = 0; i < M_STEPS; i++)
			m_step();
		teardown();
		setup();
	}
}

static const struct hf_test tests[] = {
	HF_TEST(a_free_key_is_granted_with_a_greater_token_each_time),
	HF_TEST(the_same_owner_again_gets_the_same_grant),
	HF_TEST(who_is_not_granted_waits_in_order),
	HF_TEST(who_does_not_wait_is_refused_and_leaves_no_trace),
	HF_TEST(a_wait_ends_at_its_time),
	HF_TEST(a_grant_in_the_very_last_moment_is_no_timeout),
	HF_TEST(an_expired_lock_goes_to_the_first_of_the_line),
	HF_TEST(a_plain_value_is_a_holder_like_any),
	HF_TEST(a_deleted_lock_is_lost_and_goes_on),
	HF_TEST(a_flush_ends_all_and_serves_all_lines),
	HF_TEST(release_and_extend_are_refused_to_others),
	HF_TEST(release_and_extend_by_token),
	HF_TEST(extending_keeps_the_token_and_moves_the_end),
	HF_TEST(a_holder_is_warned_once_before_its_end),
	HF_TEST(a_warning_follows_a_deadline_that_others_moved),
	HF_TEST(shared_holders_share_and_exclusive_ones_wait),
	HF_TEST(a_shared_newcomer_does_not_pass_an_exclusive_waiter),
	HF_TEST(each_shared_holder_ends_at_its_own_time),
	HF_TEST(a_mode_is_not_changed_in_holding),
	HF_TEST(only_so_many_may_share),
	HF_TEST(all_keys_or_none),
	HF_TEST(who_waits_for_several_keys_is_not_passed_on_any),
	HF_TEST(crossed_orders_do_not_lock_each_other_out),
	HF_TEST(who_leaves_a_line_lets_the_next_ones_through),
	HF_TEST(a_part_of_what_one_holds_is_the_same_grant),
	HF_TEST(asking_again_while_waiting_keeps_the_place),
	HF_TEST(both_connections_of_an_owner_hear_of_its_one_grant),
	HF_TEST(a_connection_that_is_ending_is_not_granted),
	HF_TEST(the_end_of_a_connection_means_what_was_asked_for),
	HF_TEST(who_comes_back_in_its_grace_keeps_the_lock),
	HF_TEST(the_servers_own_end_is_no_disconnect),
	HF_TEST(a_delay_keeps_a_dead_holders_lock_closed),
	HF_TEST(a_dead_holder_is_not_brought_back_by_a_later_deadline),
	HF_TEST(the_dead_among_the_living_stay_dead),
	HF_TEST(an_end_that_others_move_is_warned_of),
	HF_TEST(a_grace_is_the_deadline_that_all_see_and_a_restart_keeps),
	HF_TEST(giving_up_is_a_timeout_at_once),
	HF_TEST(a_stall_of_ours_shortens_no_hold_and_no_grace),
	HF_TEST(no_hold_ends_while_time_stands_still_and_waits_do),
	HF_TEST(nothing_is_granted_while_the_table_is_closed),
	HF_TEST(holders_are_known_again_after_a_restart),
	HF_TEST(a_release_touches_one_of_a_thousand_waiters),
	HF_TEST(a_run_of_shared_waiters_is_one_change),
	HF_TEST(random_steps_agree_with_the_slow_model),
	HF_TEST_END,
};

const struct hf_suite test_locktab_suite = { "lockd/locktab", tests, setup,
					     teardown };
