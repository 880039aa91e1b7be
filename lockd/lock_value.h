/*
 * The value of a key of type KS_LOCK: the list of its holders, as bytes.
 *
 * CORE. The ends of holds are kept as distances to the key's deadline, so
 * whatever moves that deadline (PEXPIRE, a restart, a stall of the server)
 * moves all of them alike. A key's deadline is that of the hold that blocks
 * others longest: a holder blocks until its end and, if it had asked for a
 * delay and died, until the delay is over.
 *
 *	  live (end_ms is ahead)
 *	    | its end, or its death: end_ms is now
 *	  closing (until end_ms + delay_ms): nobody's, and blocks others
 *	    |
 *	  gone: dropped by the next one who reads
 */
#ifndef LOCKD_LOCK_VALUE_H
#define LOCKD_LOCK_VALUE_H

#include "libhold/buf.h"
#include "libhold/heap.h"

enum {
	LOCK_OWNER_MAX = 512,    /* bytes of an owner's name */
	LOCK_HOLDERS_MAX = 1024, /* who may share one lock */
	LOCK_VALUE_MAX = LOCK_HOLDERS_MAX * (LOCK_OWNER_MAX + 64),
};

/* What the end of its connection means for a holder; kept by number. */
enum lock_policy { LOCK_KEEP = 0, LOCK_RELEASE = 1, LOCK_GRACE = 2 };

struct lock_holder {
	struct hf_slice owner;
	int64_t token;
	int64_t end_ms;   /* boot clock; HF_NEVER: the key has no deadline */
	int64_t since_ms; /* wall clock: for people */
	uint32_t delay_ms;
	uint32_t grace_ms;
	uint32_t pid; /* of the peer on a Unix socket; 0: not known */
	enum lock_policy policy;
	bool shared;
};

/* In order of coming. Owners' slices are borrowed from what was read. */
struct lock_value {
	struct lock_holder *holders;
	size_t n, cap;
};

void lock_value_fini(struct lock_value *lock);

/*
 * Reads bytes, the value of a key that is due at due_ms, in the place of what
 * lock held; who is gone at now_ms is left out. 0, or HF_EBAD with no holders.
 */
int lock_value_read(struct lock_value *lock, struct hf_slice bytes,
		    int64_t due_ms, int64_t now_ms) HF_MUSTUSE;

/* Appends lock's bytes to out, and gives the deadline that goes with them. */
int64_t lock_value_write(const struct lock_value *lock, struct hf_buf *out);

void lock_value_add(struct lock_value *lock, const struct lock_holder *holder);
void lock_value_remove(struct lock_value *lock, struct lock_holder *holder);

static inline bool lock_holder_lives(const struct lock_holder *h,
				     int64_t now_ms)
{
	return h->end_ms > now_ms;
}

/* When it blocks others no more. */
int64_t lock_holder_blocks_until(const struct lock_holder *h);

/* Would a newcomer have to wait for these holders? */
bool lock_value_blocks(const struct lock_value *lock, bool shared);

/* The live holder of that name, or with that token; NULL: there is none. */
struct lock_holder *lock_value_of_owner(const struct lock_value *lock,
					struct hf_slice owner, int64_t now_ms);
struct lock_holder *lock_value_of_token(const struct lock_value *lock,
					int64_t token, int64_t now_ms);

#endif
