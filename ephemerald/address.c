#include "config.h"

#include "ephemerald/address.h"

#include "libhold/mem.h"

#include <stdlib.h>

struct address {
	struct hf_table_node link;
	size_t count;
	size_t len;
	char text[];
};

struct address_table {
	struct hf_table *addresses;
	uint64_t seed;
};

struct address_table *address_table_new(uint64_t seed)
{
	struct address_table *table = hf_new(struct address_table);

	table->addresses = hf_table_new();
	table->seed = seed;
	return table;
}

void address_table_free(struct address_table **table)
{
	hf_table_free(&(*table)->addresses);
	free(*table);
	*table = NULL;
}

static bool equal(const struct hf_table_node *link, struct hf_slice key)
{
	const struct address *address =
	    HF_CONTAINER_OF(link, const struct address, link);

	return hf_slice_eq((struct hf_slice){ address->text, address->len },
			   key);
}

static struct address *make(struct address_table *table, uint32_t hash,
			    struct hf_slice text)
{
	struct address *address = hf_alloc(sizeof(*address) + text.len);

	address->len = text.len;
	memcpy(address->text, text.data, text.len);
	hf_table_insert(table->addresses, &address->link, hash);
	return address;
}

struct address *address_enter(struct address_table *table, struct hf_slice text,
			      size_t max)
{
	uint32_t hash = hf_table_hash(table->seed, text);
	struct hf_table_node *link =
	    hf_table_find(table->addresses, hash, equal, text);
	struct address *address =
	    link != NULL ? HF_CONTAINER_OF(link, struct address, link)
			 : make(table, hash, text);

	if (max > 0 && address->count >= max)
		return NULL;
	address->count++;
	return address;
}

void address_leave(struct address_table *table, struct address *address)
{
	if (address == NULL || --address->count > 0)
		return;
	hf_table_remove(table->addresses, &address->link);
	free(address);
}
