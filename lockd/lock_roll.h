/*
 * The holders of one key while several claims on it are seen to: read once,
 * asked and added to as often as it takes, written once.
 *
 * CORE. Asking for an owner costs about the same however many there are: they
 * are found by the hashes of their names, in a table made when it is needed.
 */
#ifndef LOCKD_LOCK_ROLL_H
#define LOCKD_LOCK_ROLL_H

#include "lockd/lock_value.h"

struct lock_slot {
	uint32_t hash; /* of the owner's name */
	uint32_t at;   /* the place in value, from 1; 0: free */
};

struct lock_roll {
	struct lock_value value; /* to be read, and added to */
	uint64_t looks;          /* holders that were compared or noted */
	size_t noted;            /* so many of them are in slots */
	struct lock_slot *slots;
	size_t n_slots; /* a power of two; 0: none */
};

/* All zero is an empty roll. */
void lock_roll_fini(struct lock_roll *roll);
/* Keeps no holders; memory is kept if it is little. */
void lock_roll_clear(struct lock_roll *roll);

/*
 * The live holder of that name, or NULL. seed and now_ms are the same until
 * the roll is cleared, and nobody is removed from its value.
 */
struct lock_holder *lock_roll_of_owner(struct lock_roll *roll, uint64_t seed,
				       struct hf_slice owner, int64_t now_ms);

#endif
