#include "config.h"

#include "libhold/table.h"

#include "libhold/mem.h"

#include <assert.h>
#include <stdlib.h>
#include <xxhash.h>

#define FIRST_BITS     4
#define BUCKETS_A_STEP 2  /* moved at each insert and removal */
#define EMPTIES_A_STEP 16 /* looked over on the way to one that is not */

struct buckets {
	struct hf_table_node **heads; /* NULL: this array is not in use */
	size_t mask;                  /* their number less one */
	size_t count;
};

struct hf_table {
	/* While resizing, entries move from now[0] to now[1], bucket by
	 * bucket; those below moved are done. Else only now[0] is in use. */
	struct buckets now[2];
	size_t moved;
};

uint32_t hf_table_hash(uint64_t seed, struct hf_slice key)
{
	return (uint32_t)XXH3_64bits_withSeed(key.data, key.len, seed);
}

static struct buckets buckets_of(size_t number)
{
	return (struct buckets){
		.heads = hf_new_array(struct hf_table_node *, number),
		.mask = number - 1,
	};
}

struct hf_table *hf_table_new(void)
{
	struct hf_table *table = hf_new(struct hf_table);

	table->now[0] = buckets_of((size_t)1 << FIRST_BITS);
	return table;
}

void hf_table_free(struct hf_table **table)
{
	if (*table == NULL)
		return;
	free((*table)->now[0].heads);
	free((*table)->now[1].heads);
	free(*table);
	*table = NULL;
}

static bool resizing(const struct hf_table *table)
{
	return table->now[1].heads != NULL;
}

size_t hf_table_count(const struct hf_table *table)
{
	return table->now[0].count + table->now[1].count;
}

size_t hf_table_memory(const struct hf_table *table)
{
	size_t heads = table->now[0].mask + 1;

	if (resizing(table))
		heads += table->now[1].mask + 1;
	return heads * sizeof(struct hf_table_node *);
}

static void link_node(struct buckets *b, struct hf_table_node *node)
{
	struct hf_table_node **head = &b->heads[node->hash & b->mask];

	node->next = *head;
	*head = node;
	b->count++;
}

static void move_bucket(struct hf_table *table, size_t from)
{
	struct hf_table_node *node = table->now[0].heads[from];

	table->now[0].heads[from] = NULL;
	while (node != NULL) {
		struct hf_table_node *next = node->next;

		table->now[0].count--;
		link_node(&table->now[1], node);
		node = next;
	}
}

/* A bounded piece of the move; ends it when the last bucket is done. */
static void step(struct hf_table *table)
{
	size_t buckets = BUCKETS_A_STEP, empties = EMPTIES_A_STEP;

	if (!resizing(table))
		return;
	while (table->moved <= table->now[0].mask && buckets > 0 &&
	       empties > 0) {
		if (table->now[0].heads[table->moved] == NULL) {
			empties--;
		} else {
			move_bucket(table, table->moved);
			buckets--;
		}
		table->moved++;
	}
	if (table->moved <= table->now[0].mask)
		return;
	free(table->now[0].heads);
	table->now[0] = table->now[1];
	table->now[1] = (struct buckets){ 0 };
}

static void begin_resize(struct hf_table *table, size_t number)
{
	table->now[1] = buckets_of(number);
	table->moved = 0;
}

/* Grows when full; shrinks when an eighth is in use. */
static void consider_resize(struct hf_table *table)
{
	size_t number = table->now[0].mask + 1;

	if (resizing(table))
		return;
	if (table->now[0].count > number)
		begin_resize(table, number * 2);
	else if (number > (size_t)1 << FIRST_BITS &&
		 table->now[0].count < number / 8)
		begin_resize(table, number / 2);
}

void hf_table_insert(struct hf_table *table, struct hf_table_node *node,
		     uint32_t hash)
{
	node->hash = hash;
	step(table);
	link_node(&table->now[resizing(table) ? 1 : 0], node);
	consider_resize(table);
}

/* The pointer that points at node: a bucket's head or a node's next. */
static struct hf_table_node **find_link(struct hf_table *table,
					const struct hf_table_node *node,
					struct buckets **of_out)
{
	for (int i = 0; i < 2; i++) {
		struct buckets *b = &table->now[i];
		struct hf_table_node **link;

		if (b->heads == NULL)
			continue;
		link = &b->heads[node->hash & b->mask];
		while (*link != NULL && *link != node)
			link = &(*link)->next;
		*of_out = b;
		if (*link == node)
			return link;
	}
	assert(!"the node is in the table");
	return NULL;
}

void hf_table_remove(struct hf_table *table, struct hf_table_node *node)
{
	struct buckets *of;
	struct hf_table_node **link = find_link(table, node, &of);

	*link = node->next;
	of->count--;
	node->next = NULL;
	step(table);
	consider_resize(table);
}

void hf_table_replace(struct hf_table *table, struct hf_table_node *old,
		      struct hf_table_node *fresh)
{
	struct buckets *of;
	struct hf_table_node **link = find_link(table, old, &of);

	fresh->next = old->next;
	fresh->hash = old->hash;
	*link = fresh;
}

struct hf_table_node *hf_table_find(struct hf_table *table, uint32_t hash,
				    hf_table_equal_fn *equal,
				    struct hf_slice key)
{
	for (int i = 0; i < 2; i++) {
		struct buckets *b = &table->now[i];
		struct hf_table_node *node;

		if (b->heads == NULL)
			break;
		for (node = b->heads[hash & b->mask]; node != NULL;
		     node = node->next) {
			if (node->hash == hash && equal(node, key))
				return node;
		}
	}
	return NULL;
}

static uint64_t reversed(uint64_t v)
{
	v = (v >> 1 & 0x5555555555555555u) | (v & 0x5555555555555555u) << 1;
	v = (v >> 2 & 0x3333333333333333u) | (v & 0x3333333333333333u) << 2;
	v = (v >> 4 & 0x0f0f0f0f0f0f0f0fu) | (v & 0x0f0f0f0f0f0f0f0fu) << 4;
	return __builtin_bswap64(v);
}

static void give_bucket(const struct buckets *b, uint64_t cursor,
			hf_table_each_fn *each, void *arg)
{
	struct hf_table_node *node = b->heads[cursor & b->mask];

	while (node != NULL) {
		struct hf_table_node *next = node->next;

		each(arg, node);
		node = next;
	}
}

/* The next cursor with the bits under mask counted in reverse. */
static uint64_t advance(uint64_t cursor, uint64_t mask)
{
	return reversed(reversed(cursor | ~mask) + 1);
}

uint64_t hf_table_scan(struct hf_table *table, uint64_t cursor,
		       hf_table_each_fn *each, void *arg)
{
	const struct buckets *small = &table->now[0], *large = &table->now[1];

	if (!resizing(table)) {
		give_bucket(small, cursor, each, arg);
		return advance(cursor, small->mask);
	}
	if (small->mask > large->mask) {
		small = &table->now[1];
		large = &table->now[0];
	}
	/* A bucket of the small array, and all of the large one that it is
	 * split into or joined from. */
	give_bucket(small, cursor, each, arg);
	do {
		give_bucket(large, cursor, each, arg);
		cursor = advance(cursor, large->mask);
	} while ((cursor & (small->mask ^ large->mask)) != 0);
	return cursor;
}
