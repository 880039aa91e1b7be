/*
 * How many TCP connections each address has.
 */
#ifndef EPHEMERALD_ADDRESS_H
#define EPHEMERALD_ADDRESS_H

#include "libhold/table.h"

struct address; /* one that has at least one connection */
struct address_table;

struct address_table *address_table_new(uint64_t seed);
void address_table_free(struct address_table **table);

/* One more of it. NULL: it has max already (0: any number). */
struct address *address_enter(struct address_table *table, struct hf_slice text,
			      size_t max);
void address_leave(struct address_table *table, struct address *address);

#endif
