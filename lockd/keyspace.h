/*
 * The keyspace: keys, their values and deadlines.
 *
 * CORE: no sockets and no clock; every call is told the time. A key whose
 * deadline is reached is gone from that very call on, swept or not. Every
 * change, by whomever, passes keyspace_apply(), which tells the observers:
 * there the journal, WATCH and the keyspace events hang.
 *
 * Each key has a fencing token from one counter for all: a new one when the
 * key comes to be and when its value becomes another; who knows that the new
 * value has the same holder (a count of it, say) may keep the old token. So
 * whatever commands a client locks with, a later holder's token is greater
 * (M. Kleppmann, "How to do distributed locking", 2016).
 */
#ifndef LOCKD_KEYSPACE_H
#define LOCKD_KEYSPACE_H

#include "libhold/heap.h"
#include "libhold/list.h"
#include "libhold/slice.h"

struct keyspace;

/* The journal has them by number: a number keeps its meaning. */
enum ks_type {
	KS_NONE = 0,
	KS_STRING = 1,
	KS_HASH = 2, /* a list of fields, hash_value.h */
	KS_LOCK = 3, /* a list of holders; only LOCK.* commands write it */
};

/* A key as it stands; slices live until the next change of the keyspace. */
struct ks_view {
	enum ks_type type; /* KS_NONE: there is no such key */
	struct hf_slice value;
	int64_t due_ms; /* HF_NEVER: without a deadline */
	int64_t fence;  /* the token of this value */
	/* Last got or set, in whole seconds; 0: not since the start. */
	int64_t used_ms;
};

enum ks_kind {
	KS_SET,    /* key has this value and deadline, whatever was before */
	KS_DUE,    /* an existing key has this deadline */
	KS_DELETE, /* somebody removed an existing key */
	KS_EXPIRE, /* its time was over; only the keyspace itself says so */
	KS_FLUSH,  /* all keys are gone */
	KS_FENCE,  /* the counter of tokens is at least fence */
	KS_SHIFT,  /* deadlines have been moved by due_ms, in all */
};

struct ks_change {
	enum ks_kind kind;
	struct hf_slice key;
	/* Of KS_SET; of KS_DELETE and KS_EXPIRE: what was there. */
	enum ks_type type;
	struct hf_slice value; /* copied */
	int64_t fence; /* 0: the keyspace gives one; observers see which */
	/*
	 * Of KS_SET and KS_DUE; HF_NEVER: none. Of KS_DELETE and KS_EXPIRE:
	 * what it was. Of KS_SHIFT: see there.
	 */
	int64_t due_ms;
};

/*
 * Told of each change just after it was made (slices die on return). May not
 * change the keyspace. It is the observer's own memory.
 */
struct ks_observer {
	struct hf_list all;
	void (*seen)(struct ks_observer *observer,
		     const struct ks_change *change);
};

/* seed: random, once a process. */
struct keyspace *keyspace_new(uint64_t seed);
void keyspace_free(struct keyspace **ks); /* and sets *ks to NULL */
/* Observers are told in the order in which they came. */
void keyspace_observe(struct keyspace *ks, struct ks_observer *observer);

/*
 * While fn is set it is told of each key that somebody looks at or changes,
 * before he does; of a walk over all keys by NULL. fn NULL: nobody is told.
 */
typedef void ks_look_fn(void *arg, const struct hf_slice *key);
void keyspace_on_look(struct keyspace *ks, ks_look_fn *fn, void *arg);
/* As a walk over all keys: what is told is of all of them. */
void keyspace_look_at_all(struct keyspace *ks);
/* Of a key; another one each run. */
uint32_t keyspace_hash(const struct keyspace *ks, struct hf_slice key);

/* The key as it stands at now_ms; a due one is expired on the way. */
struct ks_view keyspace_get(struct keyspace *ks, struct hf_slice key,
			    int64_t now_ms);
/* As keyspace_get(), but to look is not to use: used_ms stays. */
struct ks_view keyspace_peek(struct keyspace *ks, struct hf_slice key,
			     int64_t now_ms);

/*
 * The one door for changes. Gives whether anything was there to change:
 * always true for KS_SET, KS_FLUSH and KS_FENCE. A deadline at or before now_ms
 * makes a KS_SET or KS_DUE a removal at once (an expiry). KS_EXPIRE is not
 * taken from outside.
 */
bool keyspace_apply(struct keyspace *ks, const struct ks_change *change,
		    int64_t now_ms);

/* Keys in memory, due ones that were not swept yet included. */
size_t keyspace_count(const struct keyspace *ks);

/*
 * By how much deadlines have been moved in all: KS_SHIFT with another due_ms
 * moves every deadline by the difference, at once, however many there are. A
 * deadline is kept without it; due_ms - keyspace_shift() is what stays.
 */
int64_t keyspace_shift(const struct keyspace *ks);

/*
 * Moves them as KS_SHIFT does, and tells nobody yet: while time stands still
 * they move with it. Who does so ends with a KS_SHIFT.
 */
void keyspace_drift(struct keyspace *ks, int64_t shift_ms);

/*
 * Since the last KS_SHIFT, whose keys have all run out: those that are due, as
 * deadlines are kept, at or before this. Who ran out ahead of another one that
 * is not swept yet is not among them. INT64_MIN: nobody's have.
 */
int64_t keyspace_over_ms(const struct keyspace *ks);

/* How many calls looked at keys or changed them; tells whether any did. */
uint64_t keyspace_looks(const struct keyspace *ks);
size_t keyspace_count_of(const struct keyspace *ks, enum ks_type type);
size_t keyspace_count_due(const struct keyspace *ks); /* with a deadline */
size_t keyspace_memory(const struct keyspace *ks);    /* bytes, about */

/*
 * Expires at most max keys that are due at now_ms, earliest first; gives how
 * many. The rest wait for the next call: the caller bounds a turn's work.
 */
size_t keyspace_expire(struct keyspace *ks, int64_t now_ms, size_t max);
int64_t keyspace_next_due_ms(const struct keyspace *ks); /* or HF_NEVER */
uint64_t keyspace_expired_total(const struct keyspace *ks);
int64_t keyspace_last_fence(const struct keyspace *ks); /* 0: none yet */

/*
 * A step of a walk over all live keys, as hf_table_scan(): gives the next
 * cursor, 0 at the end.
 */
typedef void ks_each_fn(void *arg, struct hf_slice key,
			const struct ks_view *view);
uint64_t keyspace_scan(struct keyspace *ks, uint64_t cursor, int64_t now_ms,
		       ks_each_fn *each, void *arg);

#endif
