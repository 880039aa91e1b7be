#include "config.h"

#include "lockd/keyspace.h"

#include "libhold/mem.h"
#include "libhold/table.h"

#include <assert.h>
#include <stdlib.h>

/* A key with its value in one block: "key" then "value" in bytes. */
struct entry {
	struct hf_table_node node;
	struct hf_heap_item due; /* in the heap if it has a deadline */
	int64_t fence;
	uint32_t key_len : 29;
	uint32_t type : 3; /* enum ks_type */
	uint32_t value_len;
	char bytes[];
};

struct keyspace {
	struct hf_table *table;
	struct hf_heap due;
	uint64_t seed;
	size_t entry_bytes;
	size_t by_type[8]; /* how many keys; of enum ks_type */
	uint64_t expired;
	int64_t last_fence;
	int64_t shift_ms; /* the heap's deadlines are so much earlier */
	int64_t over_ms;  /* keyspace_over_ms() */
	uint64_t looks;
	ks_look_fn *on_look; /* NULL: nobody asks */
	void *on_look_arg;
	struct hf_list observers;
};

struct keyspace *keyspace_new(uint64_t seed)
{
	struct keyspace *ks = hf_new(struct keyspace);

	ks->table = hf_table_new();
	ks->seed = seed;
	ks->over_ms = INT64_MIN;
	hf_heap_init(&ks->due);
	hf_list_init(&ks->observers);
	return ks;
}

void keyspace_observe(struct keyspace *ks, struct ks_observer *observer)
{
	hf_list_init(&observer->all);
	hf_list_append(&ks->observers, &observer->all);
}

static struct entry *entry_of(const struct hf_table_node *node)
{
	return HF_CONTAINER_OF((uintptr_t)node, struct entry, node);
}

static struct hf_slice key_of(const struct entry *e)
{
	return (struct hf_slice){ e->bytes, e->key_len };
}

static struct hf_slice value_of(const struct entry *e)
{
	return (struct hf_slice){ e->bytes + e->key_len, e->value_len };
}

static bool has_key(const struct hf_table_node *node, struct hf_slice key)
{
	return hf_slice_eq(key_of(entry_of(node)), key);
}

static struct entry *find(struct keyspace *ks, struct hf_slice key)
{
	struct hf_table_node *node = hf_table_find(
	    ks->table, hf_table_hash(ks->seed, key), has_key, key);

	return node != NULL ? entry_of(node) : NULL;
}

static size_t entry_size(size_t key_len, size_t value_len)
{
	return sizeof(struct entry) + key_len + value_len;
}

static void tell(struct keyspace *ks, const struct ks_change *change)
{
	HF_LIST_FOREACH (node, &ks->observers) {
		struct ks_observer *observer =
		    HF_CONTAINER_OF(node, struct ks_observer, all);

		observer->seen(observer, change);
	}
}

static void unlink_entry(struct keyspace *ks, struct entry *e)
{
	hf_table_remove(ks->table, &e->node);
	hf_heap_remove(&ks->due, &e->due);
	ks->by_type[e->type]--;
	ks->entry_bytes -= entry_size(e->key_len, e->value_len);
}

static int64_t due_of(const struct keyspace *ks, const struct entry *e)
{
	return hf_heap_has(&e->due) ? e->due.due_ms + ks->shift_ms : HF_NEVER;
}

/* Removes e, tells why, frees it. */
static void remove_entry(struct keyspace *ks, struct entry *e,
			 enum ks_kind kind)
{
	struct ks_change change = { .kind = kind,
				    .key = key_of(e),
				    .type = (enum ks_type)e->type,
				    .due_ms = due_of(ks, e) };

	unlink_entry(ks, e);
	if (kind == KS_EXPIRE)
		ks->expired++;
	tell(ks, &change);
	free(e);
}

/* Its time is over. */
static void run_out(struct keyspace *ks, struct entry *e)
{
	int64_t due_ms = e->due.due_ms;

	if (hf_heap_next_ms(&ks->due) == due_ms && due_ms > ks->over_ms)
		ks->over_ms = due_ms;
	remove_entry(ks, e, KS_EXPIRE);
}

static void run_out_first(struct keyspace *ks)
{
	run_out(ks,
		HF_CONTAINER_OF(hf_heap_first(&ks->due), struct entry, due));
}

static void look_at(struct keyspace *ks, const struct hf_slice *key)
{
	ks->looks++;
	if (HF_UNLIKELY(ks->on_look != NULL))
		ks->on_look(ks->on_look_arg, key);
}

/* As find, but a due key is expired and not found. */
static struct entry *find_live(struct keyspace *ks, struct hf_slice key,
			       int64_t now_ms)
{
	struct entry *e = find(ks, key);

	look_at(ks, &key);
	if (e == NULL || !hf_heap_has(&e->due) ||
	    e->due.due_ms > now_ms - ks->shift_ms)
		return e;
	run_out(ks, e);
	return NULL;
}

static void set_due(struct keyspace *ks, struct entry *e, int64_t due_ms)
{
	if (due_ms == HF_NEVER)
		hf_heap_remove(&ks->due, &e->due);
	else
		hf_heap_set(&ks->due, &e->due, due_ms - ks->shift_ms);
}

static struct ks_view view_of(const struct keyspace *ks, const struct entry *e)
{
	return (struct ks_view){ (enum ks_type)e->type, value_of(e),
				 due_of(ks, e), e->fence,
				 (int64_t)e->node.spare * 1000 };
}

static struct ks_view view_or_none(const struct keyspace *ks,
				   const struct entry *e)
{
	return e != NULL ? view_of(ks, e) : (struct ks_view){ .type = KS_NONE };
}

/* node.spare has the second of the last use. */
static void note_use(struct entry *e, int64_t now_ms)
{
	e->node.spare = now_ms > 0 ? (uint32_t)(now_ms / 1000) : 0;
}

struct ks_view keyspace_get(struct keyspace *ks, struct hf_slice key,
			    int64_t now_ms)
{
	struct entry *e = find_live(ks, key, now_ms);

	if (e != NULL)
		note_use(e, now_ms);
	return view_or_none(ks, e);
}

struct ks_view keyspace_peek(struct keyspace *ks, struct hf_slice key,
			     int64_t now_ms)
{
	return view_or_none(ks, find_live(ks, key, now_ms));
}

/* ---- changes ------------------------------------------------------------ */

static struct entry *new_entry(struct keyspace *ks, struct hf_slice key,
			       struct hf_slice value)
{
	struct entry *e = hf_alloc(entry_size(key.len, value.len));

	assert(key.len < 1u << 29 && value.len <= UINT32_MAX);
	e->key_len = (uint32_t)key.len & ((1u << 29) - 1);
	e->value_len = (uint32_t)value.len;
	memcpy(e->bytes, key.data, key.len);
	if (value.len > 0)
		memcpy(e->bytes + key.len, value.data, value.len);
	ks->entry_bytes += entry_size(key.len, value.len);
	return e;
}

/* A value of another length needs another block in the same places. */
static struct entry *replace_entry(struct keyspace *ks, struct entry *old,
				   struct hf_slice value)
{
	struct entry *e = new_entry(ks, key_of(old), value);

	ks->entry_bytes -= entry_size(old->key_len, old->value_len);
	hf_table_replace(ks->table, &old->node, &e->node);
	e->due = old->due;
	hf_heap_moved(&ks->due, &e->due);
	free(old);
	return e;
}

static void raise_fence(struct keyspace *ks, int64_t fence)
{
	if (fence > ks->last_fence)
		ks->last_fence = fence;
}

/* The token of a value that comes in the place of e (or of nothing: NULL). */
static int64_t fence_for(struct keyspace *ks, const struct entry *e,
			 const struct ks_change *change)
{
	raise_fence(ks, change->fence);
	if (change->fence > 0)
		return change->fence;
	if (e != NULL && e->type == (unsigned)change->type &&
	    hf_slice_eq(value_of(e), change->value))
		return e->fence;
	return ++ks->last_fence;
}

static void set(struct keyspace *ks, struct ks_change *change, int64_t now_ms)
{
	struct hf_slice value = change->value;
	struct entry *e = find(ks, change->key);

	change->fence = fence_for(ks, e, change);
	if (e != NULL)
		ks->by_type[e->type]--;
	ks->by_type[change->type]++;
	if (e == NULL) {
		e = new_entry(ks, change->key, value);
		hf_table_insert(ks->table, &e->node,
				hf_table_hash(ks->seed, change->key));
	} else if (e->value_len == value.len) {
		/* memmove: the new value may be the old one's own bytes */
		if (value.len > 0)
			memmove(e->bytes + e->key_len, value.data, value.len);
	} else {
		e = replace_entry(ks, e, value);
	}
	e->type = (unsigned)change->type & 7;
	e->fence = change->fence;
	note_use(e, now_ms);
	set_due(ks, e, change->due_ms);
	/* What observers see must not be bytes that died just now. */
	change->key = key_of(e);
	change->value = value_of(e);
}

static void free_node(void *arg, struct hf_table_node *node)
{
	HF_UNUSED(arg);
	free(entry_of(node));
}

static void free_entries(struct keyspace *ks)
{
	uint64_t cursor = 0;

	/* Nothing resizes meanwhile, so each entry is given just once. */
	do {
		cursor = hf_table_scan(ks->table, cursor, free_node, NULL);
	} while (cursor != 0);
	hf_table_free(&ks->table);
	hf_heap_fini(&ks->due);
}

static void flush(struct keyspace *ks)
{
	free_entries(ks);
	ks->table = hf_table_new();
	ks->entry_bytes = 0;
	memset(ks->by_type, 0, sizeof(ks->by_type));
}

void keyspace_free(struct keyspace **ks)
{
	if (*ks == NULL)
		return;
	free_entries(*ks);
	free(*ks);
	*ks = NULL;
}

/*
 * Who is due at the same moment as somebody who has run out goes with him: of
 * two such a start could not tell which is over.
 */
static void shift(struct keyspace *ks, const struct ks_change *change)
{
	while (hf_heap_next_ms(&ks->due) <= ks->over_ms)
		run_out_first(ks);
	ks->shift_ms = change->due_ms;
	tell(ks, change);
	ks->over_ms = INT64_MIN;
}

bool keyspace_apply(struct keyspace *ks, const struct ks_change *change,
		    int64_t now_ms)
{
	struct entry *e;

	ks->looks++;
	assert(change->kind != KS_EXPIRE);
	if (change->kind == KS_FLUSH) {
		flush(ks);
		tell(ks, change);
		return true;
	}
	if (change->kind == KS_FENCE) {
		raise_fence(ks, change->fence);
		tell(ks, change);
		return true;
	}
	if (change->kind == KS_SHIFT) {
		shift(ks, change);
		return true;
	}
	e = find_live(ks, change->key, now_ms);
	if (change->kind == KS_SET && change->due_ms > now_ms) {
		struct ks_change told = *change;

		set(ks, &told, now_ms);
		tell(ks, &told);
		return true;
	}
	if (e == NULL)
		return change->kind == KS_SET;
	if (change->kind == KS_DELETE) {
		remove_entry(ks, e, KS_DELETE);
	} else if (change->due_ms <= now_ms) {
		remove_entry(ks, e, KS_EXPIRE);
	} else {
		set_due(ks, e, change->due_ms);
		tell(ks, change);
	}
	return true;
}

/* ---- as a whole --------------------------------------------------------- */

size_t keyspace_count(const struct keyspace *ks)
{
	return hf_table_count(ks->table);
}

size_t keyspace_count_of(const struct keyspace *ks, enum ks_type type)
{
	return ks->by_type[type];
}

size_t keyspace_count_due(const struct keyspace *ks)
{
	return ks->due.count;
}

size_t keyspace_memory(const struct keyspace *ks)
{
	return ks->entry_bytes + hf_table_memory(ks->table) +
	       ks->due.cap * (sizeof(int64_t) + sizeof(void *));
}

size_t keyspace_expire(struct keyspace *ks, int64_t now_ms, size_t max)
{
	size_t done = 0;

	while (done < max &&
	       hf_heap_next_ms(&ks->due) <= now_ms - ks->shift_ms) {
		run_out_first(ks);
		done++;
	}
	return done;
}

int64_t keyspace_next_due_ms(const struct keyspace *ks)
{
	int64_t due_ms = hf_heap_next_ms(&ks->due);

	return due_ms == HF_NEVER ? HF_NEVER : due_ms + ks->shift_ms;
}

int64_t keyspace_shift(const struct keyspace *ks)
{
	return ks->shift_ms;
}

void keyspace_drift(struct keyspace *ks, int64_t shift_ms)
{
	ks->shift_ms = shift_ms;
}

int64_t keyspace_over_ms(const struct keyspace *ks)
{
	return ks->over_ms;
}

void keyspace_on_look(struct keyspace *ks, ks_look_fn *fn, void *arg)
{
	ks->on_look = fn;
	ks->on_look_arg = arg;
}

void keyspace_look_at_all(struct keyspace *ks)
{
	look_at(ks, NULL);
}

uint32_t keyspace_hash(const struct keyspace *ks, struct hf_slice key)
{
	return hf_table_hash(ks->seed, key);
}

uint64_t keyspace_looks(const struct keyspace *ks)
{
	return ks->looks;
}

int64_t keyspace_last_fence(const struct keyspace *ks)
{
	return ks->last_fence;
}

uint64_t keyspace_expired_total(const struct keyspace *ks)
{
	return ks->expired;
}

struct walk {
	const struct keyspace *ks;
	int64_t now_ms;
	ks_each_fn *each;
	void *arg;
};

static void give_live(void *arg, struct hf_table_node *node)
{
	struct walk *walk = arg;
	struct entry *e = entry_of(node);
	struct ks_view view = view_of(walk->ks, e);

	if (view.due_ms > walk->now_ms)
		walk->each(walk->arg, key_of(e), &view);
}

uint64_t keyspace_scan(struct keyspace *ks, uint64_t cursor, int64_t now_ms,
		       ks_each_fn *each, void *arg)
{
	struct walk walk = { ks, now_ms, each, arg };

	look_at(ks, NULL);
	return hf_table_scan(ks->table, cursor, give_live, &walk);
}
