/*
 * An intrusive hash table that never stops to rehash.
 *
 * Growing moves a few buckets at each insert and removal instead of all at
 * once, so a million entries cost no pause. Chains hang off power-of-two
 * bucket arrays; while growing, two arrays are live. The table owns only its
 * arrays, never an entry.
 *
 * The hash is given by the caller (seeded XXH3, see hf_table_hash), so that a
 * peer cannot choose keys that collide.
 */
#ifndef HOLD_TABLE_H
#define HOLD_TABLE_H

#include "libhold/slice.h"

struct hf_table_node {
	struct hf_table_node *next;
	uint32_t hash;
	uint32_t spare; /* the owner's: room that would be padding else */
};

struct hf_table;

struct hf_table *hf_table_new(void);
void hf_table_free(struct hf_table **table); /* entries are not touched */

/* Low 32 bits of the XXH3 of key under seed (drawn at random at start). */
uint32_t hf_table_hash(uint64_t seed, struct hf_slice key);

size_t hf_table_count(const struct hf_table *table);
size_t hf_table_memory(const struct hf_table *table); /* bytes of arrays */

/* The caller has made sure that no equal entry is in. */
void hf_table_insert(struct hf_table *table, struct hf_table_node *node,
		     uint32_t hash);

/* Removes node, which is in; does not free it. */
void hf_table_remove(struct hf_table *table, struct hf_table_node *node);

/* Puts fresh in the place of old (same hash), as after a realloc. */
void hf_table_replace(struct hf_table *table, struct hf_table_node *old,
		      struct hf_table_node *fresh);

/*
 * The first node with this hash for which equal(node, key) is true; NULL if
 * none.
 */
typedef bool hf_table_equal_fn(const struct hf_table_node *node,
			       struct hf_slice key);
struct hf_table_node *hf_table_find(struct hf_table *table, uint32_t hash,
				    hf_table_equal_fn *equal,
				    struct hf_slice key);

/*
 * One step of a walk that survives changes in between: begin with cursor 0,
 * go on with what is returned, 0 is the end. Every entry that is in from the
 * first step to the last is given at least once. each() may not change the
 * table. The cursor counts with its bits reversed, so that a bucket split or
 * joined by a resize is never missed (the idea: antirez/redis PR 579, by
 * Pieter Noordhuis).
 */
typedef void hf_table_each_fn(void *arg, struct hf_table_node *node);
uint64_t hf_table_scan(struct hf_table *table, uint64_t cursor,
		       hf_table_each_fn *each, void *arg);

#endif
