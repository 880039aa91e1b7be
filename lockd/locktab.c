#include "config.h"

#include "lockd/locktab.h"

#include "libhold/mem.h"
#include "libhold/table.h"
#include "lockd/lock_roll.h"

#include <assert.h>
#include <stdlib.h>

/* A holder is warned with a quarter of its time left, at most this. */
#define WARN_MAX_MS 10000
/* So many timers a tick at most: about a millisecond. */
#define TIMERS_PER_TICK 512
/*
 * So many keys of claims are seen to in one go, 128 claims of the longest
 * kind: some milliseconds. Fewer were no gain, as each go reads and writes
 * all holders of the keys anew.
 */
#define KEYS_PER_SETTLE 32768
/* Drafts and answers that are kept for the next time. */
#define DRAFTS_KEPT  8
#define ANSWERS_KEPT 64

/* A key that somebody waits for, or that a grant of ours is on. */
struct entry {
	struct hf_table_node node;
	struct hf_list line;  /* struct place of waiting claims, in order */
	struct hf_list held;  /* struct place of grants */
	struct hf_list ready; /* on tab->ready: to be seen to */
	struct draft *draft;  /* NULL: not open */
	size_t waiting;
	enum lock_end why; /* LOCK_ENDS: nobody else has changed it */
	size_t key_len;
	char key[];
};

/*
 * An entry's holders as the keyspace has them, and those who came since. Open
 * only while claims are seen to: nothing else may write the key meanwhile.
 */
struct draft {
	struct hf_list all; /* on tab->drafts or tab->kept */
	struct entry *entry;
	struct lock_roll roll;
	bool ours;     /* false: a value that is no list of holders */
	int64_t fence; /* of the last who came; 0: there is nothing to write */
};

/* A claim in the line, or among the holders, of one key. */
struct place {
	struct hf_list all; /* on entry->line or entry->held */
	struct entry *entry;
	struct claim *claim;
	struct place *next; /* of the same claim */
	/* Of a claim whose grace runs: when the hold would have ended, without
	 * what deadlines were moved by. */
	int64_t kept_end_ms;
};

/*
 *	made ── granted ────────────────> held ──> released, lost: freed
 *	  └──> waiting (in all lines) ─────┘
 *	          └──> timed out, its connection gone: freed
 */
struct claim {
	struct hf_table_node node;    /* waiting: by asked; held: by token */
	struct hf_list of_session;    /* on session->claims */
	struct lock_session *session; /* NULL: nobody is connected for it */
	struct hf_heap_item timer;
	struct place *places;
	size_t n_places;
	size_t n_first;   /* waiting: in so many lines nobody is before it */
	uint64_t refused; /* the round in which it could not be granted */
	struct place *obstacle; /* waiting: was not free for it; or NULL */
	bool waiting, held, warned;
	struct lock_holder as; /* what it is or will be as a holder */
	int64_t ttl_ms;
	int64_t begun_ms; /* boot clock: of the wait, then of the hold */
	int64_t wait_until_ms;
	bool dying; /* a grace runs: the keyspace has its end */
	/* What was asked for, in bytes: owner, mode, keys. */
	size_t asked_len;
	char asked[];
};

/* An answer that leaves when all that it tells of is written. */
struct heard {
	struct lock_session *session;
	struct lock_grant grant;
};

struct locktab {
	struct keyspace *keys;
	uint64_t seed;
	const struct lock_hooks *hooks;
	void *arg;
	struct ks_observer observer;
	bool writing; /* the change that is seen is our own */
	struct hf_table *entries;
	struct hf_table *waiters; /* waiting claims, by asked */
	struct hf_table *grants;  /* held ones, by token */
	struct hf_heap waits;     /* timers of waiting claims, */
	struct hf_heap ends;      /* and of held ones */
	bool still;               /* locktab_stand_still() */
	struct hf_list ready;
	int64_t closed_until_ms; /* no grants before; 0: open */
	bool held_up;            /* locktab_hold_up() */
	struct lock_value value; /* of the key that is looked at */
	struct hf_buf bytes;
	struct hf_list drafts, kept; /* open ones; to be used again */
	size_t n_kept;
	size_t memory;      /* of entries, claims and places */
	int64_t last_token; /* of grants that may not be written yet */
	uint64_t round;     /* of locktab_settle() */
	size_t keys_left;   /* in this round */
	struct heard *heard;
	size_t n_heard, cap_heard;
	struct lock_stats stats;
};

/* ---- entries ------------------------------------------------------------ */

static struct entry *entry_of(const struct hf_table_node *node)
{
	return HF_CONTAINER_OF((uintptr_t)node, struct entry, node);
}

static struct hf_slice key_of(const struct entry *e)
{
	return (struct hf_slice){ e->key, e->key_len };
}

static bool has_key(const struct hf_table_node *node, struct hf_slice key)
{
	return hf_slice_eq(key_of(entry_of(node)), key);
}

static struct entry *find_entry(struct locktab *tab, struct hf_slice key)
{
	struct hf_table_node *node;

	if (hf_table_count(tab->entries) == 0)
		return NULL; /* nobody waits, nothing is held: the usual */
	node = hf_table_find(tab->entries, hf_table_hash(tab->seed, key),
			     has_key, key);
	return node != NULL ? entry_of(node) : NULL;
}

static struct entry *need_entry(struct locktab *tab, struct hf_slice key)
{
	struct entry *e = find_entry(tab, key);

	if (e != NULL)
		return e;
	e = hf_alloc(sizeof(*e) + key.len);
	tab->memory += sizeof(*e) + key.len;
	hf_list_init(&e->line);
	hf_list_init(&e->held);
	hf_list_init(&e->ready);
	e->key_len = key.len;
	if (key.len > 0)
		memcpy(e->key, key.data, key.len);
	hf_table_insert(tab->entries, &e->node, hf_table_hash(tab->seed, key));
	return e;
}

static void mark_ready(struct locktab *tab, struct entry *e)
{
	if (hf_list_empty(&e->ready))
		hf_list_append(&tab->ready, &e->ready);
}

static void keep_draft(struct locktab *tab, struct draft *d)
{
	hf_list_remove(&d->all);
	d->entry->draft = NULL;
	if (tab->n_kept == DRAFTS_KEPT) {
		lock_roll_fini(&d->roll);
		free(d);
		return;
	}
	lock_roll_clear(&d->roll);
	hf_list_append(&tab->kept, &d->all);
	tab->n_kept++;
}

static void free_entry_if_idle(struct locktab *tab, struct entry *e)
{
	if (!hf_list_empty(&e->line) || !hf_list_empty(&e->held))
		return;
	if (e->draft != NULL) {
		assert(e->draft->fence == 0);
		keep_draft(tab, e->draft);
	}
	hf_list_remove(&e->ready);
	hf_table_remove(tab->entries, &e->node);
	tab->memory -= sizeof(*e) + e->key_len;
	free(e);
}

/* ---- what the keyspace says --------------------------------------------- */

static enum lock_end why_of(enum ks_kind kind)
{
	switch (kind) {
	case KS_EXPIRE:
		return LOCK_EXPIRED;
	case KS_DELETE:
		return LOCK_DELETED;
	case KS_FLUSH:
		return LOCK_FLUSHED;
	default:
		return LOCK_OVERWRITTEN;
	}
}

static void changed(struct locktab *tab, struct entry *e, enum ks_kind kind)
{
	/* The first change is what ended a hold, whatever came then. */
	if (!tab->writing && e->why == LOCK_ENDS)
		e->why = why_of(kind);
	mark_ready(tab, e);
}

static void mark_flushed(void *arg, struct hf_table_node *node)
{
	changed(arg, entry_of(node), KS_FLUSH);
}

static void seen(struct ks_observer *observer, const struct ks_change *change)
{
	struct locktab *tab =
	    HF_CONTAINER_OF(observer, struct locktab, observer);
	uint64_t cursor = 0;
	struct entry *e;

	if (change->kind == KS_FENCE || change->kind == KS_SHIFT ||
	    hf_table_count(tab->entries) == 0)
		return;
	if (change->kind == KS_FLUSH) {
		do {
			cursor = hf_table_scan(tab->entries, cursor,
					       mark_flushed, tab);
		} while (cursor != 0);
		return;
	}
	e = find_entry(tab, change->key);
	if (e != NULL)
		changed(tab, e, change->kind);
}

/*
 * Reads key's holders into *out. False: it has a value that is not a list of
 * holders (then there are none in *out), and blocks everybody.
 */
static bool read_holders(struct locktab *tab, struct hf_slice key,
			 int64_t now_ms, struct ks_view *view_out,
			 struct lock_value *out)
{
	struct ks_view view = keyspace_get(tab->keys, key, now_ms);
	bool ours = true;

	if (view_out != NULL)
		*view_out = view;
	out->n = 0;
	if (view.type != KS_NONE)
		ours =
		    view.type == KS_LOCK &&
		    lock_value_read(out, view.value, view.due_ms, now_ms) == 0;
	tab->stats.steps += 1 + out->n;
	return ours;
}

static bool load(struct locktab *tab, struct hf_slice key, int64_t now_ms,
		 struct ks_view *view_out)
{
	return read_holders(tab, key, now_ms, view_out, &tab->value);
}

/* Makes value that of key, under the token fence. */
static void write_holders(struct locktab *tab, struct hf_slice key,
			  const struct lock_value *value, int64_t fence,
			  int64_t now_ms)
{
	struct ks_change change = {
		.kind = KS_SET, .type = KS_LOCK, .key = key, .fence = fence
	};

	tab->stats.steps += 1 + value->n;
	if (value->n == 0) {
		change.kind = KS_DELETE;
	} else {
		hf_buf_reset(&tab->bytes, LOCK_OWNER_MAX);
		change.due_ms = lock_value_write(value, &tab->bytes);
		assert(!hf_buf_failed(&tab->bytes));
		change.value = hf_buf_slice(&tab->bytes);
	}
	tab->writing = true;
	keyspace_apply(tab->keys, &change, now_ms);
	tab->writing = false;
}

static void store(struct locktab *tab, struct hf_slice key, int64_t fence,
		  int64_t now_ms)
{
	write_holders(tab, key, &tab->value, fence, now_ms);
}

/* ---- drafts ------------------------------------------------------------- */

static struct draft *new_draft(struct locktab *tab)
{
	struct hf_list *kept = hf_list_first(&tab->kept);
	struct draft *d;

	if (kept == NULL) {
		d = hf_new(struct draft);
		hf_list_init(&d->all);
		return d;
	}
	hf_list_remove(kept);
	tab->n_kept--;
	return HF_CONTAINER_OF(kept, struct draft, all);
}

static struct draft *draft_of(struct locktab *tab, struct entry *e,
			      int64_t now_ms)
{
	struct draft *d = e->draft;

	if (d != NULL)
		return d;
	d = new_draft(tab);
	d->entry = e;
	d->fence = 0;
	d->ours = read_holders(tab, key_of(e), now_ms, NULL, &d->roll.value);
	e->draft = d;
	hf_list_append(&tab->drafts, &d->all);
	return d;
}

/* Each key that somebody came to hold is written, by one change. */
static void close_drafts(struct locktab *tab, int64_t now_ms)
{
	HF_LIST_FOREACH (node, &tab->drafts) {
		struct draft *d = HF_CONTAINER_OF(node, struct draft, all);

		if (d->fence > 0)
			write_holders(tab, key_of(d->entry), &d->roll.value,
				      d->fence, now_ms);
		tab->stats.steps += d->roll.looks;
		keep_draft(tab, d);
	}
}

/* e's holders; valid until the next look. */
static const struct lock_value *holders_of(struct locktab *tab,
					   const struct entry *e,
					   int64_t now_ms)
{
	if (e->draft != NULL)
		return &e->draft->roll.value;
	load(tab, key_of(e), now_ms, NULL);
	return &tab->value;
}

/* ---- claims ------------------------------------------------------------- */

static struct claim *claim_of(const struct hf_table_node *node)
{
	return HF_CONTAINER_OF((uintptr_t)node, struct claim, node);
}

static bool has_asked(const struct hf_table_node *node, struct hf_slice asked)
{
	const struct claim *c = claim_of(node);

	return hf_slice_eq((struct hf_slice){ c->asked, c->asked_len }, asked);
}

static uint32_t hash_asked(const struct locktab *tab, const struct claim *c)
{
	return hf_table_hash(tab->seed,
			     (struct hf_slice){ c->asked, c->asked_len });
}

static struct hf_slice token_bytes(const int64_t *token)
{
	return (struct hf_slice){ (const char *)token, sizeof(*token) };
}

static bool has_token(const struct hf_table_node *node, struct hf_slice token)
{
	return hf_slice_eq(token_bytes(&claim_of(node)->as.token), token);
}

static struct claim *find_grant(struct locktab *tab, int64_t token)
{
	struct hf_slice bytes = token_bytes(&token);
	struct hf_table_node *node = hf_table_find(
	    tab->grants, hf_table_hash(tab->seed, bytes), has_token, bytes);

	return node != NULL ? claim_of(node) : NULL;
}

static void bind(struct claim *c, struct lock_session *session)
{
	hf_list_remove(&c->of_session);
	c->session = session;
	if (session != NULL)
		hf_list_append(&session->claims, &c->of_session);
}

static void add_place(struct locktab *tab, struct claim *c, struct hf_slice key)
{
	struct place *p = hf_new(struct place);

	p->entry = need_entry(tab, key);
	p->claim = c;
	hf_list_init(&p->all);
	p->next = c->places;
	c->places = p;
	c->n_places++;
	tab->memory += sizeof(*p);
}

static void free_place(struct locktab *tab, struct place *p)
{
	tab->memory -= sizeof(*p);
	free(p);
}

static char *put_bytes(char *at, const void *bytes, size_t len)
{
	if (len > 0)
		memcpy(at, bytes, len);
	return at + len;
}

static size_t asked_len(const struct lock_request *r)
{
	size_t len = 1 + sizeof(size_t) + r->owner.len;

	for (size_t i = 0; i < r->n_keys; i++)
		len += sizeof(size_t) + r->keys[i].len;
	return len;
}

/* The owner's bytes stand in there too: claim->as.owner points at them. */
static void write_asked(struct claim *c, const struct lock_request *r)
{
	char *at = c->asked;

	*at++ = r->shared ? 's' : 'x';
	at = put_bytes(at, &r->owner.len, sizeof(size_t));
	c->as.owner = (struct hf_slice){ at, r->owner.len };
	at = put_bytes(at, r->owner.data, r->owner.len);
	for (size_t i = 0; i < r->n_keys; i++) {
		at = put_bytes(at, &r->keys[i].len, sizeof(size_t));
		at = put_bytes(at, r->keys[i].data, r->keys[i].len);
	}
}

/* In no line and holding nothing yet. */
static struct claim *make_claim(struct locktab *tab,
				const struct lock_request *r, int64_t now_ms)
{
	size_t len = asked_len(r);
	struct claim *c = hf_alloc(sizeof(*c) + len);

	tab->memory += sizeof(*c) + len;
	hf_list_init(&c->of_session);
	c->ttl_ms = r->ttl_ms;
	c->begun_ms = now_ms;
	c->wait_until_ms = now_ms + r->wait_ms;
	c->as.delay_ms = r->delay_ms;
	c->as.grace_ms = r->grace_ms;
	c->as.pid = r->pid;
	c->as.policy = r->policy;
	c->as.shared = r->shared;
	c->asked_len = len;
	write_asked(c, r);
	for (size_t i = r->n_keys; i > 0; i--) /* places: in the keys' order */
		add_place(tab, c, r->keys[i - 1]);
	bind(c, r->session);
	return c;
}

/* Takes the place out of its line or from among the holders. */
static void take_off(struct locktab *tab, struct place *p)
{
	hf_list_remove(&p->all);
	mark_ready(tab, p->entry); /* the next one's turn, or nobody's */
}

static bool is_head(const struct place *p)
{
	return p->entry->line.next == &p->all;
}

/* p's line goes on without it. */
static void leave_line(struct place *p)
{
	struct hf_list *next = p->all.next;

	if (is_head(p) && next != &p->entry->line)
		HF_CONTAINER_OF(next, struct place, all)->claim->n_first++;
	p->entry->waiting--;
}

static void leave_lines(struct locktab *tab, struct claim *c)
{
	if (!c->waiting)
		return;
	c->waiting = false;
	hf_heap_remove(&tab->waits, &c->timer);
	tab->stats.waiting--;
	hf_table_remove(tab->waiters, &c->node);
	c->n_first = 0;
	for (struct place *p = c->places; p != NULL; p = p->next) {
		leave_line(p);
		take_off(tab, p);
	}
}

static void free_claim(struct locktab *tab, struct claim *c)
{
	struct place *p, *next;

	leave_lines(tab, c);
	if (c->held) {
		tab->stats.held--;
		hf_table_remove(tab->grants, &c->node);
	}
	for (p = c->places; p != NULL; p = next) {
		next = p->next;
		take_off(tab, p);
		free_place(tab, p);
	}
	hf_heap_remove(&tab->ends, &c->timer);
	hf_list_remove(&c->of_session);
	tab->memory -= sizeof(*c) + c->asked_len;
	free(c);
}

/* ---- the lines ---------------------------------------------------------- */

/* As the new last one; a twin stands right behind its elder. */
static void stand_in_line(struct locktab *tab, struct claim *c)
{
	uint32_t hash = hash_asked(tab, c);
	struct hf_table_node *node =
	    hf_table_find(tab->waiters, hash, has_asked,
			  (struct hf_slice){ c->asked, c->asked_len });
	struct place *elder = node != NULL ? claim_of(node)->places : NULL;

	for (struct place *p = c->places; p != NULL; p = p->next) {
		hf_list_append(
		    elder != NULL ? elder->all.next : &p->entry->line, &p->all);
		elder = elder != NULL ? elder->next : NULL;
		c->n_first += is_head(p) ? 1 : 0;
		p->entry->waiting++;
		lock_stats_wanted(&tab->stats, key_of(p->entry),
				  p->entry->node.hash);
	}
	hf_table_insert(tab->waiters, &c->node, hash);
	c->waiting = true;
	tab->stats.waiting++;
	hf_heap_set(&tab->waits, &c->timer, c->wait_until_ms);
}

/* For one that is in none yet: are all its lines empty? */
static bool finds_no_line(const struct claim *c)
{
	for (const struct place *p = c->places; p != NULL; p = p->next) {
		if (!hf_list_empty(&p->entry->line))
			return false;
	}
	return true;
}

/* What the holders of a claim's keys mean for it. */
struct outlook {
	bool blocked;
	size_t own; /* keys that its owner holds */
	bool one;   /* those by one grant, and in the claim's mode */
	int64_t token, end_ms;
};

/*
 * Whether p's key is free for the claim; *own_out: what its owner holds of
 * it, or NULL.
 */
static bool is_free(struct locktab *tab, const struct place *p, int64_t now_ms,
		    const struct lock_holder **own_out)
{
	struct draft *d = draft_of(tab, p->entry, now_ms);

	tab->stats.steps++;
	*own_out =
	    lock_roll_of_owner(&d->roll, tab->seed, p->claim->as.owner, now_ms);
	return d->ours &&
	       !lock_value_blocks(&d->roll.value, p->claim->as.shared);
}

static bool is_obstacle(struct locktab *tab, const struct place *p,
			int64_t now_ms)
{
	const struct lock_holder *own;

	return p != NULL && !is_free(tab, p, now_ms, &own) && own == NULL;
}

static void add_own(struct outlook *o, const struct claim *c,
		    const struct lock_holder *h)
{
	if (h->shared != c->as.shared || (o->own > 0 && h->token != o->token))
		o->one = false;
	o->own++;
	o->token = h->token;
	o->end_ms = h->end_ms < o->end_ms ? h->end_ms : o->end_ms;
}

/* Of one that waits, the first obstacle is enough to know. */
static struct outlook look_out(struct locktab *tab, struct claim *c,
			       int64_t now_ms)
{
	struct outlook o = { .one = true, .end_ms = HF_NEVER };

	if (is_obstacle(tab, c->obstacle, now_ms))
		return (struct outlook){ .blocked = true };
	for (struct place *p = c->places; p != NULL; p = p->next) {
		const struct lock_holder *own;
		bool open = is_free(tab, p, now_ms, &own);

		o.blocked = o.blocked || !open;
		if (own != NULL) {
			add_own(&o, c, own);
		} else if (o.blocked && c->waiting) {
			c->obstacle = open ? NULL : p;
			return (struct outlook){ .blocked = true };
		}
	}
	return o;
}

/* ---- grants ------------------------------------------------------------- */

static int64_t left_ms(int64_t end_ms, int64_t now_ms)
{
	return end_ms == HF_NEVER ? HF_NEVER : end_ms - now_ms;
}

static int64_t warn_at_ms(const struct claim *c)
{
	int64_t before_ms = c->ttl_ms / 4;

	if (before_ms > WARN_MAX_MS)
		before_ms = WARN_MAX_MS;
	return c->as.end_ms - before_ms;
}

static void set_timer(struct locktab *tab, struct claim *c)
{
	int64_t due_ms = HF_NEVER;

	if (c->as.end_ms != HF_NEVER)
		due_ms = c->warned ? c->as.end_ms : warn_at_ms(c);
	if (due_ms == HF_NEVER)
		hf_heap_remove(&tab->ends, &c->timer);
	else
		hf_heap_set(&tab->ends, &c->timer, due_ms);
}

static void note_waited(struct locktab *tab, const struct claim *c,
			int64_t now_ms)
{
	for (const struct place *p = c->places; p != NULL; p = p->next)
		lock_stats_waited(&tab->stats, key_of(p->entry),
				  p->entry->node.hash, now_ms - c->begun_ms);
}

/* From waiting, or new, to held; the keyspace is written by the caller. */
static void become_holder(struct locktab *tab, struct claim *c, int64_t token,
			  struct lock_now now)
{
	int64_t waited_ms = now.ms - c->begun_ms;

	if (c->waiting) {
		tab->stats.granted_after_wait++;
		note_waited(tab, c, now.ms);
	}
	lock_histogram_add(&tab->stats.wait, waited_ms);
	leave_lines(tab, c);
	for (struct place *p = c->places; p != NULL; p = p->next)
		hf_list_append(&p->entry->held, &p->all);
	c->held = true;
	c->begun_ms = now.ms;
	c->as.token = token;
	c->as.since_ms = now.wall_ms;
	c->as.end_ms = now.ms + c->ttl_ms;
	hf_table_insert(tab->grants, &c->node,
			hf_table_hash(tab->seed, token_bytes(&c->as.token)));
	set_timer(tab, c);
	tab->stats.held++;
	tab->stats.granted++;
}

static int64_t next_token(struct locktab *tab)
{
	int64_t written = keyspace_last_fence(tab->keys);

	if (tab->last_token < written)
		tab->last_token = written;
	return ++tab->last_token;
}

/* The keyspace hears of it when the drafts are closed. */
static void grant(struct locktab *tab, struct claim *c, struct lock_now now)
{
	int64_t token = next_token(tab);

	become_holder(tab, c, token, now);
	for (struct place *p = c->places; p != NULL; p = p->next) {
		struct draft *d = draft_of(tab, p->entry, now.ms);

		tab->stats.steps++;
		lock_value_add(&d->roll.value, &c->as);
		d->fence = token;
	}
}

static int64_t earlier(int64_t a_ms, int64_t b_ms)
{
	return a_ms < b_ms ? a_ms : b_ms;
}

/* c's hold of p's key ends at end_ms, if it is not over. */
static void move_end(struct locktab *tab, struct place *p, int64_t end_ms,
		     int64_t now_ms)
{
	struct hf_slice key = key_of(p->entry);
	struct lock_holder *h;
	struct ks_view view;

	load(tab, key, now_ms, &view);
	h = lock_value_of_token(&tab->value, p->claim->as.token, now_ms);
	if (h == NULL)
		return;
	h->end_ms = end_ms;
	store(tab, key, view.fence, now_ms);
}

/*
 * Its connection is gone, and it ends by its grace. That is its deadline from
 * now on, for everybody and over a restart; what it was is kept, as its owner
 * may come back.
 */
static void begin_grace(struct locktab *tab, struct claim *c, int64_t now_ms)
{
	int64_t shift_ms = keyspace_shift(tab->keys);
	int64_t dies_ms = now_ms + (int64_t)c->as.grace_ms;

	c->dying = true;
	c->warned = true; /* whom to warn is gone */
	for (struct place *p = c->places; p != NULL; p = p->next) {
		const struct lock_holder *h;

		load(tab, key_of(p->entry), now_ms, NULL);
		h = lock_value_of_token(&tab->value, c->as.token, now_ms);
		if (h == NULL)
			continue;
		p->kept_end_ms =
		    h->end_ms == HF_NEVER ? HF_NEVER : h->end_ms - shift_ms;
		move_end(tab, p, earlier(h->end_ms, dies_ms), now_ms);
	}
	c->as.end_ms = earlier(c->as.end_ms, dies_ms);
	set_timer(tab, c);
}

static void end_grace(struct locktab *tab, struct claim *c, int64_t now_ms)
{
	int64_t shift_ms = keyspace_shift(tab->keys), end_ms = HF_NEVER;

	if (!c->dying)
		return;
	c->dying = c->warned = false;
	for (struct place *p = c->places; p != NULL; p = p->next) {
		int64_t kept_ms = p->kept_end_ms == HF_NEVER
				      ? HF_NEVER
				      : p->kept_end_ms + shift_ms;

		move_end(tab, p, kept_ms, now_ms);
		end_ms = earlier(end_ms, kept_ms);
	}
	c->as.end_ms = end_ms;
}

/* The grant its owner has already answers the claim, and frees it. */
static void grant_again(struct locktab *tab, struct claim *c,
			const struct outlook *o, int64_t now_ms,
			struct lock_grant *out)
{
	struct claim *had = find_grant(tab, o->token);
	int64_t end_ms = o->end_ms;

	if (had != NULL && c->session != NULL) {
		if (had->dying) {
			close_drafts(tab, now_ms); /* of keys it writes */
			end_grace(tab, had, now_ms);
			end_ms = had->as.end_ms;
		}
		bind(had, c->session);
		set_timer(tab, had);
	}
	*out = (struct lock_grant){ o->token, left_ms(end_ms, now_ms) };
	free_claim(tab, c);
}

static void answer(struct locktab *tab, struct lock_session *session,
		   const struct lock_grant *out)
{
	tab->hooks->answer(tab->arg, session, out);
}

/* answer() for one that was served, when what it tells of is written. */
static void will_hear(struct locktab *tab, struct lock_session *session,
		      const struct lock_grant *out)
{
	if (tab->n_heard == tab->cap_heard) {
		tab->cap_heard =
		    tab->cap_heard > 0 ? tab->cap_heard * 2 : ANSWERS_KEPT;
		tab->heard = hf_realloc_array(tab->heard, tab->cap_heard,
					      sizeof(tab->heard[0]));
	}
	tab->heard[tab->n_heard++] = (struct heard){ session, *out };
}

static void tell_all(struct locktab *tab)
{
	for (size_t i = 0; i < tab->n_heard; i++)
		answer(tab, tab->heard[i].session, &tab->heard[i].grant);
	tab->n_heard = 0;
	if (tab->cap_heard > ANSWERS_KEPT) {
		free(tab->heard);
		tab->heard = NULL;
		tab->cap_heard = 0;
	}
}

static void spend(struct locktab *tab, size_t keys)
{
	tab->keys_left -= keys < tab->keys_left ? keys : tab->keys_left;
}

/*
 * Grants it if it can be; false: the line has to wait. Who was refused need
 * not be looked at again in the same round: what ended holds was before it.
 */
static bool serve_claim(struct locktab *tab, struct claim *c,
			struct lock_now now)
{
	struct lock_session *session = c->session;
	struct lock_grant out;
	struct outlook o;

	if (!tab->hooks->alive(session)) {
		spend(tab, c->n_places);
		free_claim(tab, c);
		return true;
	}
	if (c->n_first < c->n_places || c->refused == tab->round)
		return false;
	spend(tab, c->n_places);
	o = look_out(tab, c, now.ms);
	if (o.own == c->n_places && o.one) {
		grant_again(tab, c, &o, now.ms, &out);
	} else if (o.blocked || o.own > 0) {
		c->refused = tab->round;
		return false;
	} else {
		grant(tab, c, now);
		out = (struct lock_grant){ c->as.token, c->ttl_ms };
	}
	will_hear(tab, session, &out);
	return true;
}

/* False: it was left before its end, for another round. */
static bool serve_line(struct locktab *tab, struct entry *e,
		       struct lock_now now)
{
	struct hf_list *node;

	while ((node = hf_list_first(&e->line)) != NULL) {
		if (tab->keys_left == 0)
			return false;
		if (!serve_claim(
			tab, HF_CONTAINER_OF(node, struct place, all)->claim,
			now))
			break;
	}
	return true;
}

/* ---- ends --------------------------------------------------------------- */

static void count_end(struct locktab *tab, enum lock_end why)
{
	if (why == LOCK_EXPIRED)
		tab->stats.expired++;
	else if (why == LOCK_DISCONNECTED)
		tab->stats.disconnected++;
	else
		tab->stats.lost++;
}

/* Unlinks and frees p; the claim goes with its last place. */
static void drop_place(struct locktab *tab, struct place *p, int64_t now_ms)
{
	struct claim *c = p->claim;
	struct place **at = &c->places;

	while (*at != p)
		at = &(*at)->next;
	*at = p->next;
	c->n_places--;
	take_off(tab, p);
	free_place(tab, p);
	if (c->places != NULL)
		return;
	lock_histogram_add(&tab->stats.hold, now_ms - c->begun_ms);
	free_claim(tab, c);
}

static void lose(struct locktab *tab, struct place *p, enum lock_end why,
		 int64_t now_ms)
{
	struct claim *c = p->claim;
	struct lock_notice notice = { .key = key_of(p->entry),
				      .owner = c->as.owner,
				      .token = c->as.token };

	if (why == LOCK_EXPIRED && c->dying)
		why = LOCK_DISCONNECTED; /* its grace was over */
	notice.why = why;
	count_end(tab, why);
	tab->hooks->notice(tab->arg, c->session, &notice);
	drop_place(tab, p, now_ms);
}

/* Somebody else has changed the key: which grants does it end? */
static void check_held(struct locktab *tab, struct entry *e,
		       struct lock_now now)
{
	enum lock_end why = e->why;
	const struct lock_value *value;

	e->why = LOCK_ENDS;
	if (why == LOCK_ENDS || hf_list_empty(&e->held))
		return;
	value = holders_of(tab, e, now.ms);
	HF_LIST_FOREACH (node, &e->held) {
		struct place *p = HF_CONTAINER_OF(node, struct place, all);

		spend(tab, 1);
		if (lock_value_of_token(value, p->claim->as.token, now.ms) ==
		    NULL)
			lose(tab, p, why, now.ms);
	}
}

/* Its holder died: the hold ends now, and with it begins its delay. */
static void die(struct locktab *tab, struct claim *c, struct lock_now now)
{
	struct place *p, *next;

	for (p = c->places; p != NULL; p = next) {
		struct hf_slice key = key_of(p->entry);
		struct lock_holder *h;
		struct ks_view view;

		next = p->next;
		load(tab, key, now.ms, &view);
		h = lock_value_of_token(&tab->value, c->as.token, now.ms);
		if (h != NULL) {
			h->end_ms = now.ms;
			if (h->delay_ms == 0)
				lock_value_remove(&tab->value, h);
			store(tab, key, view.fence, now.ms);
		}
		lose(tab, p, LOCK_DISCONNECTED, now.ms);
	}
}

/*
 * What the keyspace says of the ends of c's holds, which others may have
 * moved; those that are over are lost. False: c is no more.
 */
static bool refresh(struct locktab *tab, struct claim *c, struct lock_now now)
{
	int64_t end_ms = HF_NEVER;
	struct place *p, *next;
	bool any = false;

	for (p = c->places; p != NULL; p = next) {
		const struct lock_holder *h;

		next = p->next;
		load(tab, key_of(p->entry), now.ms, NULL);
		h = lock_value_of_token(&tab->value, c->as.token, now.ms);
		if (h == NULL) {
			enum lock_end why = p->entry->why;

			lose(tab, p, why != LOCK_ENDS ? why : LOCK_EXPIRED,
			     now.ms);
			continue;
		}
		any = true;
		end_ms = h->end_ms < end_ms ? h->end_ms : end_ms;
	}
	if (any)
		c->as.end_ms = end_ms;
	return any;
}

static void warn(struct locktab *tab, struct claim *c, int64_t now_ms)
{
	c->warned = true;
	for (struct place *p = c->places; p != NULL; p = p->next) {
		struct lock_notice notice = {
			.why = LOCK_ENDS,
			.key = key_of(p->entry),
			.owner = c->as.owner,
			.token = c->as.token,
			.left_ms = left_ms(c->as.end_ms, now_ms),
		};

		tab->hooks->notice(tab->arg, c->session, &notice);
	}
}

static void time_out(struct locktab *tab, struct claim *c, int64_t now_ms)
{
	struct lock_session *session = c->session;

	note_waited(tab, c, now_ms);
	tab->stats.timeouts++;
	free_claim(tab, c);
	answer(tab, session, NULL);
}

static void fire(struct locktab *tab, struct claim *c, struct lock_now now)
{
	if (c->waiting) {
		time_out(tab, c, now.ms);
		return;
	}
	if (!refresh(tab, c, now))
		return;
	if (!c->warned && c->as.end_ms != HF_NEVER && warn_at_ms(c) <= now.ms)
		warn(tab, c, now.ms);
	set_timer(tab, c);
}

/* ---- the way in --------------------------------------------------------- */

struct locktab *locktab_new(struct keyspace *keys, uint64_t seed,
			    const struct lock_hooks *hooks, void *arg)
{
	struct locktab *tab = hf_new(struct locktab);

	tab->keys = keys;
	tab->seed = seed;
	tab->hooks = hooks;
	tab->arg = arg;
	tab->entries = hf_table_new();
	tab->waiters = hf_table_new();
	tab->grants = hf_table_new();
	hf_heap_init(&tab->waits);
	hf_heap_init(&tab->ends);
	hf_list_init(&tab->ready);
	hf_list_init(&tab->drafts);
	hf_list_init(&tab->kept);
	hf_buf_init(&tab->bytes, LOCK_VALUE_MAX);
	tab->observer.seen = seen;
	keyspace_observe(keys, &tab->observer);
	return tab;
}

/* The last look at an entry frees it: whoever took its last place marked it. */
static void free_idle(struct locktab *tab)
{
	HF_LIST_FOREACH (node, &tab->ready) {
		free_entry_if_idle(tab,
				   HF_CONTAINER_OF(node, struct entry, ready));
	}
}

struct any_claim {
	struct claim *claim;
};

static void take_any(void *arg, struct hf_table_node *node)
{
	((struct any_claim *)arg)->claim = claim_of(node);
}

static struct claim *any_grant(struct locktab *tab)
{
	struct any_claim any = { NULL };
	uint64_t cursor = 0;

	do {
		cursor = hf_table_scan(tab->grants, cursor, take_any, &any);
	} while (cursor != 0 && any.claim == NULL);
	return any.claim;
}

static void free_kept(struct locktab *tab)
{
	HF_LIST_FOREACH (node, &tab->kept) {
		struct draft *d = HF_CONTAINER_OF(node, struct draft, all);

		lock_roll_fini(&d->roll);
		free(d);
	}
}

void locktab_free(struct locktab **tab_in)
{
	struct locktab *tab = *tab_in;
	struct claim *c;

	if (tab == NULL)
		return;
	*tab_in = NULL;
	hf_list_remove(&tab->observer.all);
	assert(hf_table_count(tab->waiters) == 0);
	while ((c = any_grant(tab)) != NULL)
		free_claim(tab, c);
	free_idle(tab);
	assert(hf_table_count(tab->entries) == 0);
	hf_table_free(&tab->entries);
	hf_table_free(&tab->waiters);
	hf_table_free(&tab->grants);
	hf_heap_fini(&tab->waits);
	hf_heap_fini(&tab->ends);
	hf_buf_fini(&tab->bytes);
	lock_value_fini(&tab->value);
	free_kept(tab);
	free(tab->heard);
	free(tab);
}

void locktab_join(struct lock_session *session)
{
	hf_list_init(&session->claims);
}

/* With drafts open; a claim that is not granted and does not wait is freed. */
static enum lock_result take_or_wait(struct locktab *tab, struct claim *c,
				     struct lock_now now, bool may_wait,
				     struct lock_grant *out)
{
	bool closed = tab->closed_until_ms > now.ms;
	struct outlook o = look_out(tab, c, now.ms);
	enum lock_result result = LOCK_REFUSED;

	if (o.own == c->n_places && o.one) {
		grant_again(tab, c, &o, now.ms, out);
		return LOCK_GRANTED;
	}
	if (o.own == 0 && !o.blocked && !closed && finds_no_line(c)) {
		grant(tab, c, now);
		*out = (struct lock_grant){ c->as.token, c->ttl_ms };
		return LOCK_GRANTED;
	}
	if (o.own == 0 && may_wait) {
		stand_in_line(tab, c);
		return LOCK_WAITS;
	}
	if (o.own > 0)
		result = LOCK_OVERLAPS;
	else if (!o.blocked && closed)
		result = LOCK_CLOSED;
	free_claim(tab, c);
	return result;
}

enum lock_result locktab_acquire(struct locktab *tab,
				 const struct lock_request *request,
				 struct lock_now now, struct lock_grant *out)
{
	enum lock_result result;

	assert(request->ttl_ms > 0);
	result = take_or_wait(tab, make_claim(tab, request, now.ms), now,
			      request->wait_ms > 0, out);
	close_drafts(tab, now.ms);
	return result;
}

static struct lock_holder *holder_of(const struct lock_value *value,
				     const struct lock_who *who, int64_t now_ms)
{
	return who->owner.data != NULL
		   ? lock_value_of_owner(value, who->owner, now_ms)
		   : lock_value_of_token(value, who->token, now_ms);
}

/* Of tab->value: does anybody hold it, or is it only kept closed? */
static bool is_held(const struct locktab *tab, int64_t now_ms)
{
	for (size_t i = 0; i < tab->value.n; i++) {
		if (lock_holder_lives(&tab->value.holders[i], now_ms))
			return true;
	}
	return false;
}

static struct place *place_at(struct claim *c, struct hf_slice key)
{
	struct place *p = c != NULL ? c->places : NULL;

	while (p != NULL && !hf_slice_eq(key_of(p->entry), key))
		p = p->next;
	return p;
}

/* h is of tab->value, which was just read from key. */
static void release_one(struct locktab *tab, struct hf_slice key,
			struct lock_holder *h, int64_t fence, int64_t now_ms)
{
	struct place *p = place_at(find_grant(tab, h->token), key);

	lock_value_remove(&tab->value, h);
	store(tab, key, fence, now_ms);
	tab->stats.released++;
	if (p != NULL)
		drop_place(tab, p, now_ms);
}

enum lock_result locktab_release(struct locktab *tab,
				 const struct hf_slice *keys, size_t n,
				 const struct lock_who *who,
				 struct lock_now now, size_t *released_out,
				 size_t *key_out)
{
	bool refused = false;

	*released_out = 0;
	for (size_t i = 0; i < n; i++) {
		struct ks_view view;
		bool ours = load(tab, keys[i], now.ms, &view);
		struct lock_holder *h = holder_of(&tab->value, who, now.ms);

		if (h != NULL) {
			release_one(tab, keys[i], h, view.fence, now.ms);
			++*released_out;
		} else if (!refused && (!ours || is_held(tab, now.ms))) {
			refused = true;
			*key_out = i;
		}
	}
	return refused && *released_out == 0 ? LOCK_REFUSED : LOCK_GRANTED;
}

/* Does who hold all of it? Else says of which key not. */
static enum lock_result check_all(struct locktab *tab,
				  const struct hf_slice *keys, size_t n,
				  const struct lock_who *who, int64_t now_ms,
				  size_t *key_out)
{
	for (size_t i = 0; i < n; i++) {
		bool ours = load(tab, keys[i], now_ms, NULL);

		if (holder_of(&tab->value, who, now_ms) != NULL)
			continue;
		*key_out = i;
		return !ours || is_held(tab, now_ms) ? LOCK_REFUSED
						     : LOCK_NOT_HELD;
	}
	return LOCK_GRANTED;
}

static void extend_grant(struct locktab *tab, struct claim *c, int64_t ttl_ms,
			 struct lock_session *session, int64_t now_ms)
{
	if (c == NULL)
		return;
	c->ttl_ms = ttl_ms;
	c->as.end_ms = now_ms + ttl_ms;
	c->warned = false;
	c->dying = false;
	if (c->session == NULL)
		bind(c, session);
	set_timer(tab, c);
}

enum lock_result locktab_extend(struct locktab *tab,
				const struct hf_slice *keys, size_t n,
				const struct lock_who *who, int64_t ttl_ms,
				struct lock_session *session,
				struct lock_now now, struct lock_grant *out,
				size_t *key_out)
{
	enum lock_result result = check_all(tab, keys, n, who, now.ms, key_out);

	if (result != LOCK_GRANTED)
		return result;
	for (size_t i = 0; i < n; i++) {
		struct lock_holder *h;
		struct ks_view view;
		int64_t token;

		load(tab, keys[i], now.ms, &view);
		h = holder_of(&tab->value, who, now.ms);
		token = h->token;
		h->end_ms = now.ms + ttl_ms;
		store(tab, keys[i], view.fence, now.ms);
		extend_grant(tab, find_grant(tab, token), ttl_ms, session,
			     now.ms);
		if (i == 0)
			*out = (struct lock_grant){ token, ttl_ms };
	}
	return LOCK_GRANTED;
}

/* ---- other commands on a lock's deadline --------------------------------- */

/* Of tab->value: when the last who holds it ends; INT64_MIN: nobody does. */
static int64_t last_end_ms(const struct locktab *tab, int64_t now_ms)
{
	int64_t end_ms = INT64_MIN;

	for (size_t i = 0; i < tab->value.n; i++) {
		const struct lock_holder *h = &tab->value.holders[i];

		if (lock_holder_lives(h, now_ms) && h->end_ms > end_ms)
			end_ms = h->end_ms;
	}
	return end_ms;
}

/* By how much all ends move; what has no end gets one, or the reverse. */
static int64_t moved(int64_t end_ms, int64_t last_ms, int64_t due_ms,
		     int64_t now_ms)
{
	int64_t to_ms;

	if (due_ms == HF_NEVER || end_ms == HF_NEVER || last_ms == HF_NEVER)
		return due_ms;
	to_ms = end_ms + (due_ms - last_ms);
	return to_ms > now_ms ? to_ms : now_ms;
}

/* The claims learn what the keyspace says of their ends now. */
static void tell_claims(struct locktab *tab, struct entry *e,
			struct lock_now now)
{
	HF_LIST_FOREACH (node, &e->held) {
		struct claim *c =
		    HF_CONTAINER_OF(node, struct place, all)->claim;

		c->dying = false;
		if (!refresh(tab, c, now))
			continue;
		c->ttl_ms = c->as.end_ms == HF_NEVER ? HF_NEVER / 2
						     : c->as.end_ms - now.ms;
		c->warned = false;
		set_timer(tab, c);
	}
}

bool locktab_move(struct locktab *tab, struct hf_slice key, int64_t due_ms,
		  struct lock_now now)
{
	struct lock_value *value = &tab->value;
	struct ks_view view;
	struct entry *e;
	int64_t last_ms;

	load(tab, key, now.ms, &view);
	last_ms = last_end_ms(tab, now.ms);
	if (last_ms == INT64_MIN)
		return false;
	for (size_t i = value->n; i > 0; i--) {
		struct lock_holder *h = &value->holders[i - 1];

		if (lock_holder_lives(h, now.ms))
			h->end_ms = moved(h->end_ms, last_ms, due_ms, now.ms);
		else if (due_ms == HF_NEVER)
			lock_value_remove(value, h); /* has no end to keep */
	}
	store(tab, key, view.fence, now.ms);
	e = find_entry(tab, key);
	if (e != NULL)
		tell_claims(tab, e, now);
	return true;
}

/* The end of its connection, for a claim that holds. */
static void lose_session(struct locktab *tab, struct claim *c, bool stopping,
			 struct lock_now now)
{
	bind(c, NULL);
	if (stopping || c->as.policy == LOCK_KEEP)
		return;
	if (c->as.policy == LOCK_RELEASE || c->as.grace_ms == 0) {
		die(tab, c, now);
		return;
	}
	begin_grace(tab, c, now.ms);
}

void locktab_leave(struct locktab *tab, struct lock_session *session,
		   bool stopping, struct lock_now now)
{
	HF_LIST_FOREACH (node, &session->claims) {
		struct claim *c =
		    HF_CONTAINER_OF(node, struct claim, of_session);

		if (c->waiting)
			free_claim(tab, c);
		else
			lose_session(tab, c, stopping, now);
	}
}

void locktab_give_up(struct locktab *tab, struct lock_session *session,
		     int64_t now_ms)
{
	HF_LIST_FOREACH (node, &session->claims) {
		struct claim *c =
		    HF_CONTAINER_OF(node, struct claim, of_session);

		if (c->waiting) {
			time_out(tab, c, now_ms);
			return; /* a session waits for one thing at a time */
		}
	}
}

bool locktab_has_work(const struct locktab *tab)
{
	return !hf_list_empty(&tab->ready);
}

static void mark_first(struct locktab *tab, struct entry *e)
{
	hf_list_remove(&e->ready);
	hf_list_append(tab->ready.next, &e->ready);
}

static void see_to_ready(struct locktab *tab, struct lock_now now)
{
	bool open = now.ms >= tab->closed_until_ms && !tab->held_up;
	struct hf_list *node;

	while (tab->keys_left > 0 &&
	       (node = hf_list_first(&tab->ready)) != NULL) {
		struct entry *e = HF_CONTAINER_OF(node, struct entry, ready);

		hf_list_remove(node);
		spend(tab, 1);
		check_held(tab, e, now);
		if (open && !serve_line(tab, e, now))
			mark_first(tab, e);
		else
			free_entry_if_idle(tab, e);
	}
}

void locktab_settle(struct locktab *tab, struct lock_now now)
{
	tab->round++;
	tab->keys_left = KEYS_PER_SETTLE;
	/* To write is a change, too, which is to be looked at. */
	while (locktab_has_work(tab) && tab->keys_left > 0) {
		see_to_ready(tab, now);
		close_drafts(tab, now.ms);
	}
	tell_all(tab);
}

void locktab_close(struct locktab *tab, int64_t until_ms)
{
	tab->closed_until_ms = until_ms;
}

int64_t locktab_closed_until_ms(const struct locktab *tab)
{
	return tab->closed_until_ms;
}

static void mark_lines(void *arg, struct hf_table_node *node)
{
	for (struct place *p = claim_of(node)->places; p != NULL; p = p->next)
		mark_ready(arg, p->entry);
}

void locktab_hold_up(struct locktab *tab, bool held_up)
{
	uint64_t cursor = 0;

	if (tab->held_up == held_up)
		return;
	tab->held_up = held_up;
	if (held_up)
		return;
	do {
		cursor = hf_table_scan(tab->waiters, cursor, mark_lines, tab);
	} while (cursor != 0);
}

bool locktab_is_held_up(const struct locktab *tab)
{
	return tab->held_up;
}

static void mark_entry(void *arg, struct hf_table_node *node)
{
	mark_ready(arg, entry_of(node));
}

static void open_again(struct locktab *tab)
{
	uint64_t cursor = 0;

	tab->closed_until_ms = 0;
	do {
		cursor = hf_table_scan(tab->entries, cursor, mark_entry, tab);
	} while (cursor != 0);
}

void locktab_stand_still(struct locktab *tab, bool still)
{
	tab->still = still;
}

/* Those among which the next one is. */
static const struct hf_heap *next_timers(const struct locktab *tab)
{
	bool end_first = !tab->still && hf_heap_next_ms(&tab->ends) <
					    hf_heap_next_ms(&tab->waits);

	return end_first ? &tab->ends : &tab->waits;
}

int64_t locktab_next_due_ms(const struct locktab *tab)
{
	int64_t due_ms = hf_heap_next_ms(next_timers(tab));

	if (locktab_has_work(tab))
		return 0; /* what a round has left */
	return tab->closed_until_ms > 0 && tab->closed_until_ms < due_ms
		   ? tab->closed_until_ms
		   : due_ms;
}

int64_t locktab_tick(struct locktab *tab, struct lock_now now)
{
	if (tab->closed_until_ms > 0 && tab->closed_until_ms <= now.ms)
		open_again(tab);
	/* First what was freed before a wait for it is over. */
	locktab_settle(tab, now);
	if (locktab_has_work(tab))
		return now.ms;
	for (int i = 0; i < TIMERS_PER_TICK; i++) {
		const struct hf_heap *timers = next_timers(tab);

		if (hf_heap_next_ms(timers) > now.ms)
			break;
		fire(
		    tab,
		    HF_CONTAINER_OF(hf_heap_first(timers), struct claim, timer),
		    now);
	}
	locktab_settle(tab, now);
	return locktab_next_due_ms(tab);
}

/* ---- after a restart ---------------------------------------------------- */

struct recovery {
	struct locktab *tab;
	struct lock_now now;
};

static void recover_holder(struct locktab *tab, struct hf_slice key,
			   const struct lock_holder *h, int64_t now_ms)
{
	struct claim *c = find_grant(tab, h->token);
	const struct lock_request request = {
		.owner = h->owner,
		.ttl_ms =
		    h->end_ms == HF_NEVER ? HF_NEVER / 2 : h->end_ms - now_ms,
		.delay_ms = h->delay_ms,
		.grace_ms = h->grace_ms,
		.pid = h->pid,
		.policy = h->policy,
		.shared = h->shared,
	};

	if (c == NULL) {
		c = make_claim(tab, &request, now_ms);
		c->held = true;
		c->as.token = h->token;
		c->as.since_ms = h->since_ms;
		c->as.end_ms = h->end_ms;
		hf_table_insert(
		    tab->grants, &c->node,
		    hf_table_hash(tab->seed, token_bytes(&c->as.token)));
		tab->stats.held++;
		set_timer(tab, c);
	}
	add_place(tab, c, key);
	hf_list_append(&c->places->entry->held, &c->places->all);
}

static void recover_key(void *arg, struct hf_slice key,
			const struct ks_view *view)
{
	struct recovery *r = arg;
	struct locktab *tab = r->tab;

	if (view->type != KS_LOCK ||
	    lock_value_read(&tab->value, view->value, view->due_ms, r->now.ms) <
		0)
		return;
	for (size_t i = 0; i < tab->value.n; i++) {
		const struct lock_holder *h = &tab->value.holders[i];
		struct claim *c = find_grant(tab, h->token);

		/* A walk may come by a key twice. */
		if (lock_holder_lives(h, r->now.ms) && place_at(c, key) == NULL)
			recover_holder(tab, key, h, r->now.ms);
	}
}

void locktab_recover(struct locktab *tab, struct lock_now now)
{
	struct recovery recovery = { tab, now };
	uint64_t cursor = 0;

	/* Most servers have none, and a walk over a million keys is slow. */
	if (keyspace_count_of(tab->keys, KS_LOCK) == 0)
		return;
	do {
		cursor = keyspace_scan(tab->keys, cursor, now.ms, recover_key,
				       &recovery);
	} while (cursor != 0);
}

/* ---- to look at --------------------------------------------------------- */

void locktab_look(struct locktab *tab, struct hf_slice key, int64_t now_ms,
		  struct lock_look *out)
{
	const struct entry *e;

	load(tab, key, now_ms, &out->view);
	out->holders = tab->value.holders;
	out->n_holders = tab->value.n;
	out->end_ms = last_end_ms(tab, now_ms);
	if (out->end_ms == INT64_MIN)
		out->end_ms = out->view.due_ms;
	e = find_entry(tab, key);
	out->waiting = e != NULL ? e->waiting : 0;
}

struct lock_session *locktab_session(struct locktab *tab, int64_t token)
{
	struct claim *c = find_grant(tab, token);

	return c != NULL ? c->session : NULL;
}

size_t locktab_waiters(struct locktab *tab, struct hf_slice key, int64_t now_ms,
		       size_t max, lock_waiter_fn *each, void *arg)
{
	struct entry *e = find_entry(tab, key);
	size_t given = 0;

	if (e == NULL)
		return 0;
	HF_LIST_FOREACH (node, &e->line) {
		const struct claim *c =
		    HF_CONTAINER_OF(node, struct place, all)->claim;
		struct lock_waiter waiter = {
			.owner = c->as.owner,
			.shared = c->as.shared,
			.n_keys = c->n_places,
			.waited_ms = now_ms - c->begun_ms,
			.left_ms = c->wait_until_ms - now_ms,
			.session = c->session,
		};

		if (given++ == max)
			break;
		each(arg, &waiter);
	}
	return e->waiting;
}

size_t locktab_memory(const struct locktab *tab)
{
	return tab->memory + hf_table_memory(tab->entries) +
	       hf_table_memory(tab->waiters) + hf_table_memory(tab->grants);
}

const struct lock_stats *locktab_stats(const struct locktab *tab)
{
	return &tab->stats;
}
