/*
 * The lock table: who holds, who waits, in which order they are served.
 *
 * CORE: no sockets and no clock. What is durable, the holders, are values of
 * type KS_LOCK in the keyspace (lock_value.h); in here is what ends with the
 * process: the lines of waiters, and which connection speaks for a grant.
 * Any other value of a key counts as an exclusive holder that is not ours.
 *
 * Order. A claim on n keys stands in the line of each, and is granted when
 * it is the first in every one of them and no holder is in its way. Claims
 * enter all their lines at once, so all lines agree on one order; the claim
 * that is first in that order waits for holders only, never for another
 * claim. Holders end, so it is served, then the next: nobody starves, and
 * there is no circle to be locked in. A newcomer never passes a line.
 *
 * The keyspace's observer only notes which keys have changed; they are seen
 * to in locktab_settle(), which is to be called after each request, and by
 * locktab_tick(). A release costs a look at each claim that is first in a line
 * of its keys, and of each key that somebody comes to hold one reading and one
 * writing of all its holders, however many are granted in one go: about as
 * much as those who are granted have keys. What takes longer is done in rounds.
 */
#ifndef LOCKD_LOCKTAB_H
#define LOCKD_LOCKTAB_H

#include "lockd/keyspace.h"
#include "lockd/lock_stats.h"
#include "lockd/lock_value.h"

enum { LOCK_KEYS_MAX = 256 }; /* of one claim */

struct locktab;

/* A connection: what it holds and waits for. Embedded in its owner. */
struct lock_session {
	struct hf_list claims;
};

struct lock_now {
	int64_t ms;      /* boot clock: decides */
	int64_t wall_ms; /* for people */
};

struct lock_request {
	const struct hf_slice *keys; /* distinct */
	size_t n_keys;               /* 1 ... LOCK_KEYS_MAX */
	struct hf_slice owner;       /* 1 ... LOCK_OWNER_MAX bytes */
	int64_t ttl_ms;              /* at least 1 */
	int64_t wait_ms;             /* 0: does not wait */
	uint32_t delay_ms, grace_ms, pid;
	enum lock_policy policy;
	bool shared;
	struct lock_session *session;
};

struct lock_grant {
	int64_t token;
	int64_t left_ms; /* HF_NEVER: until it is released */
};

enum lock_result {
	LOCK_GRANTED,
	LOCK_REFUSED,  /* another one holds it, or is before us in the line */
	LOCK_WAITS,    /* in line: hooks.answer will be called */
	LOCK_OVERLAPS, /* the owner holds some of it by another grant */
	LOCK_NOT_HELD, /* by nobody */
	LOCK_CLOSED,   /* no grants yet: locktab_close() */
};

/* Why a grant's key is lost; or LOCK_ENDS, that it will be soon. */
enum lock_end {
	LOCK_ENDS,
	LOCK_EXPIRED,
	LOCK_DELETED,
	LOCK_FLUSHED,
	LOCK_OVERWRITTEN,
	LOCK_DISCONNECTED,
};

struct lock_notice {
	enum lock_end why;
	struct hf_slice key, owner;
	int64_t token;
	int64_t left_ms; /* of LOCK_ENDS */
};

/* None of them may call back into the table. */
struct lock_hooks {
	/* Can session still be told of a grant? */
	bool (*alive)(struct lock_session *session);
	/* To one that waited; grant is NULL when its time is over. */
	void (*answer)(void *arg, struct lock_session *session,
		       const struct lock_grant *grant);
	/* session is NULL when nobody is connected for the grant. */
	void (*notice)(void *arg, struct lock_session *session,
		       const struct lock_notice *notice);
};

/* keys and hooks are borrowed and must live as long. seed: random. */
struct locktab *locktab_new(struct keyspace *keys, uint64_t seed,
			    const struct lock_hooks *hooks, void *arg);
/* Before keys is freed, after the last session left; sets *tab to NULL. */
void locktab_free(struct locktab **tab);

/*
 * All keys or none. LOCK_GRANTED fills *out: a new grant, or the one that the
 * owner has on just these keys in this mode (which then is session's). The
 * same owner asking for the same while it waits shares its place in line.
 */
enum lock_result locktab_acquire(struct locktab *tab,
				 const struct lock_request *request,
				 struct lock_now now, struct lock_grant *out);

/* By owner, or by token if owner.data is NULL. */
struct lock_who {
	struct hf_slice owner;
	int64_t token;
};

/*
 * Releases those of n keys that who holds; gives how many in *released_out.
 * LOCK_REFUSED, with *key_out the first that another holds, if it was none
 * and there is such a one; else LOCK_GRANTED.
 */
enum lock_result locktab_release(struct locktab *tab,
				 const struct hf_slice *keys, size_t n,
				 const struct lock_who *who,
				 struct lock_now now, size_t *released_out,
				 size_t *key_out);

/*
 * All n keys or none: who's holds end ttl_ms from now. LOCK_GRANTED fills
 * *out; LOCK_REFUSED and LOCK_NOT_HELD say of which key in *key_out. A grant
 * that nobody is connected for becomes session's.
 */
enum lock_result locktab_extend(struct locktab *tab,
				const struct hf_slice *keys, size_t n,
				const struct lock_who *who, int64_t ttl_ms,
				struct lock_session *session,
				struct lock_now now, struct lock_grant *out,
				size_t *key_out);

/*
 * Whoever holds key ends at due_ms (of several: the last of them, and the
 * others as much earlier as before; HF_NEVER: at no time), for commands that
 * know keys and their deadlines alone. False, and nothing is changed, if
 * nobody holds it: who has died does not come back.
 */
bool locktab_move(struct locktab *tab, struct hf_slice key, int64_t due_ms,
		  struct lock_now now);

void locktab_join(struct lock_session *session); /* before anything else */
/*
 * session is over: it leaves every line, and what it holds is treated as it
 * was asked for. stopping: it is the server that goes, which is no fault of
 * the holder: nothing held ends by it.
 */
void locktab_leave(struct locktab *tab, struct lock_session *session,
		   bool stopping, struct lock_now now);
/* Answers what session waits for as if its time were over. */
void locktab_give_up(struct locktab *tab, struct lock_session *session,
		     int64_t now_ms);

/* After a restart: the table learns the holders that the keyspace has. */
void locktab_recover(struct locktab *tab, struct lock_now now);

/*
 * Nothing new is granted before until_ms (boot clock): who can wait does.
 * For a start after which grants may be missing.
 */
void locktab_close(struct locktab *tab, int64_t until_ms);
int64_t locktab_closed_until_ms(const struct locktab *tab); /* 0: it is open */

/*
 * While held up, nobody in line is served, and holds end as ever. Set free:
 * all lines are looked at again.
 */
void locktab_hold_up(struct locktab *tab, bool held_up);
bool locktab_is_held_up(const struct locktab *tab);

/*
 * While deadlines move with the clock no hold comes nearer to its end: nobody
 * is warned or called for one. Who waits has his time by the clock as ever.
 */
void locktab_stand_still(struct locktab *tab, bool still);

/*
 * Serves the lines of keys that have changed, as many as a round has room for:
 * the rest waits for the next call. Is there one?
 */
bool locktab_has_work(const struct locktab *tab);
void locktab_settle(struct locktab *tab, struct lock_now now);
/*
 * Ends waits, tells of ends, settles: a bounded piece. Gives when it wants to
 * be called next (now.ms or less: there is more), or HF_NEVER.
 */
int64_t locktab_tick(struct locktab *tab, struct lock_now now);
int64_t locktab_next_due_ms(const struct locktab *tab);

/* ---- to look at --------------------------------------------------------- */

/* holders are valid until the next call of the table. */
struct lock_look {
	struct ks_view view;
	const struct lock_holder *holders; /* of KS_LOCK, closing ones too */
	size_t n_holders;
	size_t waiting;
	/* When the last who holds it ends; if it is only kept closed or no
	 * lock: the key's deadline. */
	int64_t end_ms;
};

void locktab_look(struct locktab *tab, struct hf_slice key, int64_t now_ms,
		  struct lock_look *out);
/* Which connection speaks for a grant, or NULL. */
struct lock_session *locktab_session(struct locktab *tab, int64_t token);

struct lock_waiter {
	struct hf_slice owner;
	bool shared;
	size_t n_keys;
	int64_t waited_ms, left_ms;
	struct lock_session *session;
};

/* The first max of key's line, in order; gives how many there are in all. */
typedef void lock_waiter_fn(void *arg, const struct lock_waiter *waiter);
size_t locktab_waiters(struct locktab *tab, struct hf_slice key, int64_t now_ms,
		       size_t max, lock_waiter_fn *each, void *arg);

const struct lock_stats *locktab_stats(const struct locktab *tab);
/* Bytes, about: of grants and of those who wait, beside the keyspace's. */
size_t locktab_memory(const struct locktab *tab);

#endif
