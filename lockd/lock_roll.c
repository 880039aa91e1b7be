#include "config.h"

#include "lockd/lock_roll.h"

#include "libhold/mem.h"
#include "libhold/table.h"

#include <stdlib.h>

enum {
	FEW = 8,        /* looking at all of them is as quick */
	KEEP_SLOTS = 64 /* and as many holders, in a roll that is cleared */
};

void lock_roll_fini(struct lock_roll *roll)
{
	lock_value_fini(&roll->value);
	free(roll->slots);
	*roll = (struct lock_roll){ 0 };
}

void lock_roll_clear(struct lock_roll *roll)
{
	if (roll->value.cap > KEEP_SLOTS || roll->n_slots > KEEP_SLOTS) {
		lock_roll_fini(roll);
		return;
	}
	if (roll->n_slots > 0)
		memset(roll->slots, 0, roll->n_slots * sizeof(*roll->slots));
	roll->value.n = 0;
	roll->noted = 0;
	roll->looks = 0;
}

/* The slot of the holder with that name, or the free one it would get. */
static struct lock_slot *slot_of(struct lock_roll *roll, uint32_t hash,
				 struct hf_slice owner)
{
	size_t mask = roll->n_slots - 1;
	struct lock_slot *slot = &roll->slots[hash & mask];

	for (size_t i = hash + 1; slot->at != 0; i++) {
		roll->looks++;
		if (slot->hash == hash &&
		    hf_slice_eq(roll->value.holders[slot->at - 1].owner, owner))
			break;
		slot = &roll->slots[i & mask];
	}
	return slot;
}

static void make_slots(struct lock_roll *roll)
{
	size_t n = roll->n_slots > 0 ? roll->n_slots : (size_t)FEW;

	while (n < roll->value.n * 2)
		n *= 2;
	if (n == roll->n_slots)
		return;
	free(roll->slots);
	roll->slots = hf_new_array(struct lock_slot, n);
	roll->n_slots = n;
	roll->noted = 0; /* all of them again: seldom, as it doubles */
}

static void note_holders(struct lock_roll *roll, uint64_t seed, int64_t now_ms)
{
	make_slots(roll);
	for (; roll->noted < roll->value.n; roll->noted++) {
		const struct lock_holder *h = &roll->value.holders[roll->noted];
		uint32_t hash;
		struct lock_slot *slot;

		roll->looks++;
		/* Who only keeps it closed may be there again, and alive. */
		if (!lock_holder_lives(h, now_ms))
			continue;
		hash = hf_table_hash(seed, h->owner);
		slot = slot_of(roll, hash, h->owner);
		if (slot->at == 0)
			*slot = (struct lock_slot){ hash,
						    (uint32_t)roll->noted + 1 };
	}
}

struct lock_holder *lock_roll_of_owner(struct lock_roll *roll, uint64_t seed,
				       struct hf_slice owner, int64_t now_ms)
{
	uint32_t at;

	if (roll->value.n <= FEW) {
		roll->looks += roll->value.n;
		return lock_value_of_owner(&roll->value, owner, now_ms);
	}
	note_holders(roll, seed, now_ms);
	at = slot_of(roll, hf_table_hash(seed, owner), owner)->at;
	return at != 0 ? &roll->value.holders[at - 1] : NULL;
}
