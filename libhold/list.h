/*
 * An intrusive, circular, doubly linked list.
 *
 * A node that is on no list points at itself; adding it twice is our own bug
 * and asserts. Removal takes the item alone.
 */
#ifndef HOLD_LIST_H
#define HOLD_LIST_H

#include "libhold/base.h"

#include <assert.h>

struct hf_list {
	struct hf_list *next;
	struct hf_list *prev;
};

static inline void hf_list_init(struct hf_list *node)
{
	node->next = node;
	node->prev = node;
}

static inline bool hf_list_empty(const struct hf_list *list)
{
	return list->next == list;
}

static inline void hf_list_append(struct hf_list *list, struct hf_list *item)
{
	assert(hf_list_empty(item));
	item->prev = list->prev;
	item->next = list;
	list->prev->next = item;
	list->prev = item;
}

/* Harmless for an item that is on no list. */
static inline void hf_list_remove(struct hf_list *item)
{
	item->prev->next = item->next;
	item->next->prev = item->prev;
	hf_list_init(item);
}

static inline struct hf_list *hf_list_first(struct hf_list *list)
{
	return hf_list_empty(list) ? NULL : list->next;
}

/* The body may remove the item it is at, and no other. */
#define HF_LIST_FOREACH(it, list)                                      \
	for (struct hf_list *it = (list)->next, *it##_next = it->next; \
	     it != (list); it = it##_next, it##_next = it->next)

#endif
