#include "config.h"

#include "lockd/lock_value.h"

#include "libhold/err.h"
#include "libhold/mem.h"

#include <assert.h>
#include <endian.h>
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

/*
 * A thousand may share a key, and each change of it reads and writes them all:
 * so a holder's fixed part is read and written by whole words.
 */
static char *put16(char *at, size_t value)
{
	uint16_t word = htobe16((uint16_t)value);

	return (char *)memcpy(at, &word, sizeof(word)) + sizeof(word);
}

static char *put32(char *at, uint32_t value)
{
	uint32_t word = htobe32(value);

	return (char *)memcpy(at, &word, sizeof(word)) + sizeof(word);
}

static char *put64(char *at, int64_t value)
{
	uint64_t word = htobe64((uint64_t)value);

	return (char *)memcpy(at, &word, sizeof(word)) + sizeof(word);
}

/* The caller has made sure that so many bytes are there. */
static size_t take16(const char **at)
{
	uint16_t word;

	memcpy(&word, *at, sizeof(word));
	*at += sizeof(word);
	return be16toh(word);
}

static uint32_t take32(const char **at)
{
	uint32_t word;

	memcpy(&word, *at, sizeof(word));
	*at += sizeof(word);
	return be32toh(word);
}

static int64_t take64(const char **at)
{
	uint64_t word;

	memcpy(&word, *at, sizeof(word));
	*at += sizeof(word);
	return (int64_t)be64toh(word);
}

static int take_holder(struct hf_slice *in, int64_t due_ms,
		       struct lock_holder *out)
{
	const char *at = in->data;
	unsigned flags;
	size_t owner_len;
	int64_t before_ms;

	if (in->len < HOLDER_BYTES)
		return HF_EBAD;
	flags = (unsigned char)*at++;
	owner_len = take16(&at);
	out->shared = (flags & FLAG_SHARED) != 0;
	out->policy = (enum lock_policy)(flags >> POLICY_SHIFT & POLICY_MASK);
	out->token = take64(&at);
	before_ms = take64(&at);
	out->since_ms = take64(&at);
	out->delay_ms = take32(&at);
	out->grace_ms = take32(&at);
	out->pid = take32(&at);
	*in = (struct hf_slice){ at, in->len - HOLDER_BYTES };
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
	char bytes[HOLDER_BYTES + LOCK_OWNER_MAX], *at = bytes;

	*at++ = (char)((h->shared ? FLAG_SHARED : 0) | (int)h->policy
							   << POLICY_SHIFT);
	at = put16(at, h->owner.len);
	at = put64(at, h->token);
	at = put64(at, due_ms == HF_NEVER ? 0 : due_ms - h->end_ms);
	at = put64(at, h->since_ms);
	at = put32(at, h->delay_ms);
	at = put32(at, h->grace_ms);
	at = put32(at, h->pid);
	assert(h->owner.len <= LOCK_OWNER_MAX);
	if (h->owner.len > 0)
		memcpy(at, h->owner.data, h->owner.len);
	hf_buf_add(out, bytes, HOLDER_BYTES + h->owner.len);
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
