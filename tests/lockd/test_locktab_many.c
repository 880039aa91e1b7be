/*
 * The lock table when many wait for many keys at once: what it costs, counted
 * in steps, and that the order is the one of coming, as a slow model has it.
 */
#include "config.h"

#include "lockd/locktab.h"

#include "tests/lockd/suites.h"

#include <stdio.h>
#include <stdlib.h>

enum { CLAIMS = 1100, KEYS = LOCK_KEYS_MAX };

static struct keyspace *ks;
static struct locktab *tab;
static struct lock_now now;
static struct lock_session sessions[CLAIMS];
static bool dead[CLAIMS];
static int64_t tokens[CLAIMS]; /* granted by an answer; 0: none yet */
static size_t answers, late;
static int64_t last_answer; /* its token */
static char names[KEYS][8];
static const char *owner_for; /* NULL: each session is its own owner */

static bool alive(struct lock_session *session)
{
	return !dead[session - sessions];
}

static void answer(void *arg, struct lock_session *session,
		   const struct lock_grant *grant)
{
	HF_UNUSED(arg);
	answers++;
	if (grant == NULL) {
		late++;
		return;
	}
	tokens[session - sessions] = grant->token;
	last_answer = grant->token;
}

static void notice(void *arg, struct lock_session *session,
		   const struct lock_notice *n)
{
	HF_UNUSED(arg);
	HF_UNUSED(session);
	HF_UNUSED(n);
}

static void setup(void)
{
	static const struct lock_hooks hooks = { alive, answer, notice };

	ks = keyspace_new(42);
	tab = locktab_new(ks, 43, &hooks, &ks);
	now = (struct lock_now){ 1000, 1700000000000 };
	for (int i = 0; i < CLAIMS; i++) {
		locktab_join(&sessions[i]);
		dead[i] = false;
		tokens[i] = 0;
	}
	for (int k = 0; k < KEYS; k++)
		snprintf(names[k], sizeof(names[k]), "k%d", k);
	owner_for = NULL;
	answers = late = 0;
	last_answer = 0;
}

static void settle_all(void)
{
	do {
		locktab_settle(tab, now);
	} while (locktab_has_work(tab));
}

static void teardown(void)
{
	for (int i = 0; i < CLAIMS; i++)
		locktab_leave(tab, &sessions[i], true, now);
	settle_all();
	locktab_free(&tab);
	keyspace_free(&ks);
}

/* Those of the first n keys whose bit is in which (which 0: all of them). */
static size_t pick(size_t n, uint64_t which, struct hf_slice *out)
{
	size_t picked = 0;

	for (size_t k = 0; k < n; k++) {
		if (which == 0 || (which >> k & 1) != 0)
			out[picked++] = hf_slice_of(names[k]);
	}
	return picked;
}

static struct hf_slice owner_of(int i, char *text, size_t room)
{
	snprintf(text, room, "%d", i);
	return hf_slice_of(owner_for != NULL ? owner_for : text);
}

static enum lock_result ask(int i, const struct hf_slice *keys, size_t n_keys,
			    bool shared)
{
	struct lock_grant grant;
	char owner[16];
	const struct lock_request request = {
		.keys = keys,
		.n_keys = n_keys,
		.owner = owner_of(i, owner, sizeof(owner)),
		.ttl_ms = 1000000,
		.wait_ms = 1000,
		.policy = LOCK_RELEASE,
		.shared = shared,
		.session = &sessions[i],
	};
	enum lock_result result = locktab_acquire(tab, &request, now, &grant);

	if (result == LOCK_GRANTED)
		tokens[i] = grant.token;
	return result;
}

static enum lock_result take(int i, size_t n, uint64_t which, bool shared)
{
	struct hf_slice keys[KEYS];

	return ask(i, keys, pick(n, which, keys), shared);
}

static void let_go(int i, size_t n, uint64_t which)
{
	struct hf_slice keys[KEYS];
	size_t n_keys = pick(n, which, keys), released, key;
	char owner[16];
	const struct lock_who who = { .owner =
					  owner_of(i, owner, sizeof(owner)) };

	if (locktab_release(tab, keys, n_keys, &who, now, &released, &key) !=
	    LOCK_GRANTED)
		CU_FAIL("who holds may release");
}

/* ---- what it costs ------------------------------------------------------ */

static uint64_t steps(void)
{
	return locktab_stats(tab)->steps;
}

/* Session 0 holds the first n keys, and so many others wait for them. */
static void line_up(int waiters, size_t n, bool shared)
{
	CU_ASSERT_EQUAL_FATAL(take(0, n, 0, false), LOCK_GRANTED);
	for (int i = 1; i <= waiters; i++)
		CU_ASSERT_EQUAL_FATAL(take(i, n, 0, shared), LOCK_WAITS);
	settle_all();
}

/* For each key of each one that is granted, when all share. */
static double steps_to_grant(int waiters)
{
	uint64_t before;

	line_up(waiters, KEYS, true);
	before = steps();
	let_go(0, KEYS, 0);
	settle_all();
	for (int i = 1; i <= waiters; i++)
		CU_ASSERT_EQUAL_FATAL(tokens[i], tokens[0] + i);
	CU_ASSERT_EQUAL(late, 0);
	return (double)(steps() - before) / (KEYS * waiters);
}

static void shared_waiters_cost_the_same_however_many_they_are(void)
{
	double few = steps_to_grant(100), many;

	teardown();
	setup();
	many = steps_to_grant(1000);
	/* Ten times as much if it grew with those who came before; a few
	 * readings more, as it takes several rounds. */
	CU_ASSERT(many < 4 * few);
	CU_ASSERT(many < 20);
}

static void one_key_shared_by_many_costs_the_same_for_each(void)
{
	uint64_t before;

	line_up(1000, 1, true);
	before = steps();
	let_go(0, 1, 0);
	settle_all();
	CU_ASSERT_EQUAL(tokens[1000], tokens[0] + 1000);
	CU_ASSERT(steps() - before < 1000 * 10);
}

static void a_release_of_many_keys_looks_at_who_waits_for_them_once(void)
{
	uint64_t before;

	line_up(1000, KEYS, false);
	before = steps();
	let_go(0, KEYS, 0);
	settle_all();
	CU_ASSERT_EQUAL(answers, 1);
	CU_ASSERT_EQUAL(tokens[1], tokens[0] + 1);
	/* Two claims are looked at: who is granted, and the next one. */
	CU_ASSERT(steps() - before < KEYS * 16);
}

/* Owner x waits for one key, then for all: the first stands before the last. */
static void whom_its_own_owner_keeps_waiting_is_looked_at_once(void)
{
	uint64_t before;

	CU_ASSERT_EQUAL(take(0, KEYS, 0, false), LOCK_GRANTED);
	owner_for = "x";
	CU_ASSERT_EQUAL(take(1, 1, 0, true), LOCK_WAITS);
	CU_ASSERT_EQUAL(take(2, KEYS, 0, true), LOCK_WAITS);
	owner_for = NULL;
	before = steps();
	let_go(0, KEYS, 0);
	settle_all();
	CU_ASSERT(tokens[1] > 0);
	CU_ASSERT_EQUAL(tokens[2], 0);
	CU_ASSERT(steps() - before < KEYS * 16);
}

static void who_waits_for_the_last_of_many_keys_is_looked_at_in_one_step(void)
{
	uint64_t before;

	/* The last key is another's, and the others come and go. */
	CU_ASSERT_EQUAL(take(0, KEYS, 0, true), LOCK_GRANTED);
	CU_ASSERT_EQUAL(take(1, KEYS, 0, false), LOCK_WAITS);
	let_go(0, KEYS - 1, 0);
	settle_all();
	before = steps();
	for (int i = 2; i < 102; i++)
		CU_ASSERT_EQUAL(take(i, 1, 0, false), LOCK_WAITS);
	settle_all();
	for (int i = 2; i < 102; i++) {
		locktab_leave(tab, &sessions[i], false, now);
		settle_all();
	}
	CU_ASSERT(steps() - before < 100 * 12);
}

/* ---- in rounds ---------------------------------------------------------- */

static void a_round_serves_a_piece_and_the_next_one_goes_on(void)
{
	size_t rounds = 0, heard = 0;

	line_up(1000, KEYS, true);
	let_go(0, KEYS, 0);
	while (locktab_has_work(tab)) {
		locktab_settle(tab, now);
		rounds++;
		/* At most 32768 keys, which are 128 claims. */
		CU_ASSERT(answers - heard <= 128);
		CU_ASSERT_EQUAL(last_answer, tokens[0] + (int64_t)answers);
		heard = answers;
		if (heard < 1000)
			CU_ASSERT_EQUAL(locktab_next_due_ms(tab), 0);
	}
	CU_ASSERT_EQUAL(answers, 1000);
	CU_ASSERT(rounds >= 8 && rounds < 20);
	CU_ASSERT(locktab_next_due_ms(tab) > now.ms);
}

static void nobody_is_late_whom_the_next_round_would_serve(void)
{
	line_up(1000, KEYS, true);
	let_go(0, KEYS, 0);
	now.ms += 1000; /* their last moment */
	CU_ASSERT_EQUAL(locktab_tick(tab, now), now.ms);
	CU_ASSERT(answers > 0 && answers < 1000);
	while (locktab_tick(tab, now) <= now.ms)
		;
	CU_ASSERT_EQUAL(answers, 1000);
	CU_ASSERT_EQUAL(late, 0);
}

/* Shares the first key with others, and has all others to itself. */
static enum lock_result take_own(int i)
{
	static char own[KEYS][16];
	struct hf_slice keys[KEYS];

	for (int k = 1; k < KEYS; k++) {
		snprintf(own[k], sizeof(own[k]), "%d.%d", i, k);
		keys[k] = hf_slice_of(own[k]);
	}
	keys[0] = hf_slice_of(names[0]);
	return ask(i, keys, KEYS, true);
}

static void a_line_that_a_round_has_left_is_the_first_of_the_next(void)
{
	CU_ASSERT_EQUAL(take(0, 2, 0, false), LOCK_GRANTED);
	for (int i = 1; i <= 200; i++)
		CU_ASSERT_EQUAL(take_own(i), LOCK_WAITS);
	CU_ASSERT_EQUAL(take(201, 2, 2, false), LOCK_WAITS);
	settle_all();
	let_go(0, 2, 0);
	settle_all();
	for (int i = 1; i <= 201; i++)
		CU_ASSERT_EQUAL(tokens[i], tokens[0] + i);
}

static void what_happens_between_rounds_keeps_the_order(void)
{
	line_up(1000, KEYS, true);
	let_go(0, KEYS, 0);
	locktab_settle(tab, now);
	CU_ASSERT_FATAL(tokens[100] > 0 && tokens[500] == 0);
	/* A newcomer stands behind all, who leaves is passed over, and who
	 * holds already may go. */
	CU_ASSERT_EQUAL(take(1001, 2, 0, false), LOCK_WAITS);
	CU_ASSERT_EQUAL(take(1002, 3, 4, true), LOCK_WAITS);
	locktab_leave(tab, &sessions[500], false, now);
	dead[501] = true;
	let_go(100, KEYS, 0);
	settle_all();
	for (int i = 2; i <= 1000; i++) {
		if (i < 500 || i > 502)
			CU_ASSERT(tokens[i] == tokens[i - 1] + 1);
	}
	CU_ASSERT_EQUAL(tokens[500], 0);
	CU_ASSERT_EQUAL(tokens[501], 0);
	CU_ASSERT_EQUAL(tokens[502], tokens[499] + 1);
	CU_ASSERT_EQUAL(tokens[1001], 0);
	CU_ASSERT_EQUAL(tokens[1002], tokens[1000] + 1);
}

/* ---- against a model ---------------------------------------------------- */

/*
 * The rules in the slowest way: one list in the order of coming; who is
 * granted is found by looking at all before him.
 */
enum { M_KEYS = 12, M_CLAIMS = 40, M_STEPS = 300, M_RUNS = 40 };

static struct m_claim {
	enum { M_OUT, M_WAITS, M_HOLDS } state;
	uint64_t keys;
	bool shared;
	int order;
} m[M_CLAIMS];
static int m_orders;
static unsigned rng;

static unsigned draw(unsigned n)
{
	rng = rng * 1664525u + 1013904223u;
	return (rng >> 16) % n;
}

/* Does one stand in another's way? */
static bool m_is_before(const struct m_claim *other, const struct m_claim *c)
{
	if (other == c || (other->keys & c->keys) == 0)
		return false;
	if (other->state == M_HOLDS)
		return !other->shared || !c->shared;
	return other->state == M_WAITS && other->order < c->order;
}

static bool m_is_granted(const struct m_claim *c)
{
	for (int i = 0; i < M_CLAIMS; i++) {
		if (m_is_before(&m[i], c))
			return false;
	}
	return true;
}

static struct m_claim *m_first_to_grant(void)
{
	struct m_claim *first = NULL;

	for (int i = 0; i < M_CLAIMS; i++) {
		if (m[i].state == M_WAITS && m_is_granted(&m[i]) &&
		    (first == NULL || m[i].order < first->order))
			first = &m[i];
	}
	return first;
}

/* Serves in the order of coming; each one's grant must be found in tokens. */
static void m_serve(void)
{
	int64_t last[M_KEYS] = { 0 };
	struct m_claim *c;

	while ((c = m_first_to_grant()) != NULL) {
		int64_t token = tokens[c - m];

		c->state = M_HOLDS;
		CU_ASSERT_FATAL(token > 0);
		for (int k = 0; k < M_KEYS; k++) {
			if ((c->keys >> k & 1) == 0)
				continue;
			CU_ASSERT_FATAL(token > last[k]);
			last[k] = token;
		}
	}
	for (int i = 0; i < M_CLAIMS; i++)
		CU_ASSERT_EQUAL_FATAL(tokens[i] > 0, m[i].state == M_HOLDS);
}

static void m_leave(int i)
{
	locktab_leave(tab, &sessions[i], false, now);
	m[i].state = M_OUT;
	tokens[i] = 0;
}

static void m_let_go(int i)
{
	let_go(i, M_KEYS, m[i].keys);
	m[i].state = M_OUT;
	tokens[i] = 0;
}

static void m_take(int i)
{
	bool granted;

	m[i] = (struct m_claim){
		.state = M_WAITS,
		.keys = 1 + draw((1u << M_KEYS) - 1),
		.shared = draw(4) > 0,
		.order = ++m_orders,
	};
	if (draw(3) == 0) /* a few keys, or no two are ever held at once */
		m[i].keys = 1u << draw(M_KEYS) | 1u << draw(M_KEYS);
	granted = m_is_granted(&m[i]);
	CU_ASSERT_EQUAL_FATAL(take(i, M_KEYS, m[i].keys, m[i].shared),
			      granted ? LOCK_GRANTED : LOCK_WAITS);
	m[i].state = granted ? M_HOLDS : M_WAITS;
}

/* Somebody deletes a key: all who hold it have lost that one. */
static void m_delete(int k)
{
	const struct ks_change change = { .kind = KS_DELETE,
					  .key = hf_slice_of(names[k]) };

	keyspace_apply(ks, &change, now.ms);
	for (int i = 0; i < M_CLAIMS; i++) {
		if (m[i].state != M_HOLDS)
			continue;
		m[i].keys &= ~(1ULL << k);
		if (m[i].keys != 0)
			continue;
		m[i].state = M_OUT;
		tokens[i] = 0;
	}
}

static void m_step(void)
{
	int i = (int)draw(M_CLAIMS);

	if (draw(12) == 0)
		m_delete((int)draw(M_KEYS));
	else if (m[i].state == M_OUT)
		m_take(i);
	else if (m[i].state == M_HOLDS && draw(2) == 0)
		m_let_go(i);
	else if (draw(3) == 0)
		m_leave(i);
	/* Now and then several changes are seen to in one go. */
	if (draw(4) == 0)
		return;
	settle_all();
	m_serve();
}

static void random_lines_are_served_in_the_order_of_the_slow_model(void)
{
	for (unsigned run = 1; run <= M_RUNS; run++) {
		rng = run * 7919;
		m_orders = 0;
		memset(m, 0, sizeof(m));
		for (int i = 0; i < M_STEPS; i++)
			m_step();
		teardown();
		setup();
	}
}

static const struct hf_test tests[] = {
	HF_TEST(shared_waiters_cost_the_same_however_many_they_are),
	HF_TEST(one_key_shared_by_many_costs_the_same_for_each),
	HF_TEST(a_release_of_many_keys_looks_at_who_waits_for_them_once),
	HF_TEST(whom_its_own_owner_keeps_waiting_is_looked_at_once),
	HF_TEST(who_waits_for_the_last_of_many_keys_is_looked_at_in_one_step),
	HF_TEST(a_round_serves_a_piece_and_the_next_one_goes_on),
	HF_TEST(nobody_is_late_whom_the_next_round_would_serve),
	HF_TEST(a_line_that_a_round_has_left_is_the_first_of_the_next),
	HF_TEST(what_happens_between_rounds_keeps_the_order),
	HF_TEST(random_lines_are_served_in_the_order_of_the_slow_model),
	HF_TEST_END,
};

const struct hf_suite test_locktab_many_suite = { "lockd/locktab_many", tests,
						  setup, teardown };
