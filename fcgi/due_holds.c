#include "config.h"

#include "fcgi/due_holds.h"

#include "libhold/mem.h"

#include <stdio.h>
#include <stdlib.h>

void due_holds_init(struct due_holds *holds, uint64_t seed)
{
	holds->seed = seed;
	holds->by_ticket = hf_table_new();
	hf_heap_init(&holds->by_time);
}

static struct due_hold *of_time(struct hf_heap_item *item)
{
	return HF_CONTAINER_OF(item, struct due_hold, due);
}

static const struct due_hold *of_node(const struct hf_table_node *node)
{
	return HF_CONTAINER_OF(node, struct due_hold, node);
}

static bool is_of_ticket(const struct hf_table_node *node, struct hf_slice key)
{
	return hf_slice_eq(hf_slice_of(of_node(node)->ticket), key);
}

static struct due_hold *find(const struct due_holds *holds, const char *ticket)
{
	struct hf_slice key = hf_slice_of(ticket);
	struct hf_table_node *node =
	    hf_table_find(holds->by_ticket, hf_table_hash(holds->seed, key),
			  is_of_ticket, key);

	return node == NULL ? NULL
			    : HF_CONTAINER_OF(node, struct due_hold, node);
}

static void take_out(struct due_holds *holds, struct due_hold *hold)
{
	hf_heap_remove(&holds->by_time, &hold->due);
	hf_table_remove(holds->by_ticket, &hold->node);
}

static void put_in(struct due_holds *holds, struct due_hold *hold,
		   int64_t due_ms)
{
	struct hf_slice key = hf_slice_of(hold->ticket);

	hf_table_insert(holds->by_ticket, &hold->node,
			hf_table_hash(holds->seed, key));
	hf_heap_set(&holds->by_time, &hold->due, due_ms);
}

void due_holds_fini(struct due_holds *holds)
{
	struct hf_heap_item *first;

	while ((first = hf_heap_first(&holds->by_time)) != NULL) {
		struct due_hold *hold = of_time(first);

		take_out(holds, hold);
		free(hold);
	}
	hf_heap_fini(&holds->by_time);
	hf_table_free(&holds->by_ticket);
}

bool due_holds_set(struct due_holds *holds, const char *ticket, int64_t fence,
		   const char *service, int64_t due_ms)
{
	struct due_hold *hold = find(holds, ticket);
	size_t len = strlen(ticket) + 1;

	if (hold != NULL) {
		hf_heap_set(&holds->by_time, &hold->due, due_ms);
	} else if (hf_table_count(holds->by_ticket) >= DUE_HOLDS_MAX) {
		return false;
	} else {
		hold = hf_alloc(sizeof(*hold) + len);
		memcpy(hold->ticket, ticket, len);
		put_in(holds, hold, due_ms);
	}
	hold->fence = fence;
	hold->node.spare = 0;
	snprintf(hold->service, sizeof(hold->service), "%s", service);
	return true;
}

bool due_holds_has(const struct due_holds *holds, const char *ticket)
{
	return find(holds, ticket) != NULL;
}

void due_holds_forget(struct due_holds *holds, const char *ticket)
{
	struct due_hold *hold = find(holds, ticket);

	if (hold == NULL)
		return;
	take_out(holds, hold);
	free(hold);
}

int64_t due_holds_next_ms(const struct due_holds *holds)
{
	return hf_heap_next_ms(&holds->by_time);
}

size_t due_holds_take(struct due_holds *holds, int64_t now_ms,
		      struct due_hold **out, size_t max)
{
	size_t n = 0;

	while (n < max && due_holds_next_ms(holds) <= now_ms) {
		struct due_hold *hold = of_time(hf_heap_first(&holds->by_time));

		if (n > 0 && strcmp(hold->service, out[0]->service) != 0)
			break;
		take_out(holds, hold);
		out[n++] = hold;
	}
	return n;
}

void due_holds_put_back(struct due_holds *holds, struct due_hold *hold,
			int64_t due_ms)
{
	if (find(holds, hold->ticket) != NULL) {
		free(hold);
		return;
	}
	put_in(holds, hold, due_ms);
}
