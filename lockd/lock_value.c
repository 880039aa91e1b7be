#include "config.h"

#include "lockd/lock_value.h"

#include "libhold/err.h"
#include "libhold/mem.h"

#include <stdlib.h>

/*
 * One holder, big-endian: flags 1, owner's length 2, token 8, distance of
 * its end to the key's deadline 8, since 8, delay 4, grace 4, pid 4, owner.
 */
enum { HOLDER_BYTES = 1 + 2 + 8 + 8 + 8 + 4 + 4 + 4 };
enum { FLAG_SHARED = 1, POLICY_SHIFT = 1, POLICY_MASK = 3 };

void lock_value_fini(struct lock_value *lock)
{
	free(lock->holders);
	*lock = (struct lock_value){ 0 };
}

/* ---- bytes -------------------------------------------------------------- */

static void put(struct hf_buf *out, uint64_t value, size_t len_bytes)
{
	unsigned char bytes[8];

	for (size_t i = 0; i < len_bytes; i++)
		bytes[i] = (unsigned char)(value >> (8 * (len_bytes - 1 - i)));
	hf_buf_add(out, bytes, len_bytes);
}

/* The caller has made sure that so many bytes are there. */
static uint64_t take(struct hf_slice *in, size_t len_bytes)
{
	uint64_t value = 0;

	for (size_t i = 0; i < len_bytes; i++)
		value = value << 8 | (unsigned char)in->data[i];
	in->data += len_bytes;
	in->len -= len_bytes;
	return value;
}

static int take_holder(struct hf_slice *in, int64_t due_ms,
		       struct lock_holder *out)
{
	unsigned flags;
	size_t owner_len;
	int64_t before_ms;

	if (in->len < HOLDER_BYTES)
		return HF_EBAD;
	flags = (unsigned)take(in, 1);
	owner_len = (size_t)take(in, 2);
	out->shared = (flags & FLAG_SHARED) != 0;
	out->policy = (enum lock_policy)(flags >> POLICY_SHIFT & POLICY_MASK);
	out->token = (int64_t)take(in, 8);
	before_ms = (int64_t)take(in, 8);
	out->since_ms = (int64_t)take(in, 8);
	out->delay_ms = (uint32_t)take(in, 4);
	out->grace_ms = (uint32_t)take(in, 4);
	out->pid = (uint32_t)take(in, 4);
	if (owner_len > in->len || owner_len > LOCK_OWNER_MAX ||
	    out->policy > LOCK_GRACE || out->token < 1 || before_ms < 0)
		return HF_EBAD;
	out->owner = (struct hf_slice){ in->data, owner_len };
	in->data += owner_len;
	in->len -= owner_len;
	if (due_ms == HF_NEVER)
		out->end_ms = HF_NEVER;
	else if (__builtin_sub_overflow(due_ms, before_ms, &out->end_ms))
		return HF_EBAD;
	return 0;
}

int lock_value_read(struct lock_value *lock, struct hf_slice bytes,
		    int64_t due_ms, int64_t now_ms)
{
	struct lock_holder holder;

	lock->n = 0;
	while (bytes.len > 0) {
		if (take_holder(&bytes, due_ms, &holder) < 0) {
			lock->n = 0;
			return HF_EBAD;
		}
		if (lock_holder_blocks_until(&holder) > now_ms)
			lock_value_add(lock, &holder);
	}
	return 0;
}

static void put_holder(const struct lock_holder *h, int64_t due_ms,
		       struct hf_buf *out)
{
	unsigned flags = (h->shared ? FLAG_SHARED : 0) | (unsigned)h->policy
							     << POLICY_SHIFT;

	put(out, flags, 1);
	put(out, h->owner.len, 2);
	put(out, (uint64_t)h->token, 8);
	put(out, due_ms == HF_NEVER ? 0 : (uint64_t)(due_ms - h->end_ms), 8);
	put(out, (uint64_t)h->since_ms, 8);
	put(out, h->delay_ms, 4);
	put(out, h->grace_ms, 4);
	put(out, h->pid, 4);
	hf_buf_add_slice(out, h->owner);
}

int64_t lock_value_write(const struct lock_value *lock, struct hf_buf *out)
{
	int64_t due_ms = INT64_MIN;

	for (size_t i = 0; i < lock->n; i++) {
		int64_t until_ms = lock_holder_blocks_until(&lock->holders[i]);

		due_ms = until_ms > due_ms ? until_ms : due_ms;
	}
	for (size_t i = 0; i < lock->n; i++)
		put_holder(&lock->holders[i], due_ms, out);
	return due_ms;
}

/* ---- holders ------------------------------------------------------------ */

void lock_value_add(struct lock_value *lock, const struct lock_holder *holder)
{
	if (lock->n == lock->cap) {
		lock->cap = lock->cap > 0 ? lock->cap * 2 : 4;
		lock->holders = hf_realloc_array(lock->holders, lock->cap,
						 sizeof(lock->holders[0]));
	}
	lock->holders[lock->n++] = *holder;
}

void lock_value_remove(struct lock_value *lock, struct lock_holder *holder)
{
	size_t behind = lock->n - 1 - (size_t)(holder - lock->holders);

	memmove(holder, holder + 1, behind * sizeof(*holder));
	lock->n--;
}

int64_t lock_holder_blocks_until(const struct lock_holder *h)
{
	/* Also far beyond: a saturated deadline is no deadline. */
	return h->end_ms > HF_NEVER - (int64_t)h->delay_ms
		   ? HF_NEVER
		   : h->end_ms + (int64_t)h->delay_ms;
}

bool lock_value_blocks(const struct lock_value *lock, bool shared)
{
	/* Exclusive ones are alone, so the first speaks for all. */
	return lock->n > 0 && (!shared || !lock->holders[0].shared ||
			       lock->n >= LOCK_HOLDERS_MAX);
}

struct lock_holder *lock_value_of_owner(const struct lock_value *lock,
					struct hf_slice owner, int64_t now_ms)
{
	for (size_t i = 0; i < lock->n; i++) {
		struct lock_holder *h = &lock->holders[i];

		if (lock_holder_lives(h, now_ms) &&
		    hf_slice_eq(h->owner, owner))
			return h;
	}
	return NULL;
}

struct lock_holder *lock_value_of_token(const struct lock_value *lock,
					int64_t token, int64_t now_ms)
{
	for (size_t i = 0; i < lock->n; i++) {
		struct lock_holder *h = &lock->holders[i];

		if (h->token == token && lock_holder_lives(h, now_ms))
			return h;
	}
	return NULL;
}
