/*
 * The holds whose deadline somebody must see to, by ticket and by time.
 *
 * CORE: told the time. One a ticket: the last. At most DUE_HOLDS_MAX; what
 * does not fit in is found in the table of tickets later.
 */
#ifndef FCGI_DUE_HOLDS_H
#define FCGI_DUE_HOLDS_H

#include "fcgi/hold.h"
#include "libhold/heap.h"
#include "libhold/table.h"

enum { DUE_HOLDS_MAX = 131072 };

struct due_hold {
	struct hf_table_node node; /* the spare of it: tries that failed */
	struct hf_heap_item due;
	int64_t fence;
	char service[HOLD_SERVICE_MAX + 1];
	char ticket[]; /* ends with a NUL */
};

struct due_holds {
	uint64_t seed;
	struct hf_table *by_ticket;
	struct hf_heap by_time;
};

void due_holds_init(struct due_holds *holds, uint64_t seed);
void due_holds_fini(struct due_holds *holds);

/*
 * ticket is held under this token until due_ms. Known already under the same
 * token: only its time changes. False: there is no room.
 */
bool due_holds_set(struct due_holds *holds, const char *ticket, int64_t fence,
		   const char *service, int64_t due_ms);

bool due_holds_has(const struct due_holds *holds, const char *ticket);

void due_holds_forget(struct due_holds *holds, const char *ticket);

static inline size_t due_holds_count(const struct due_holds *holds)
{
	return holds->by_time.count;
}

/* When the first is due; HF_NEVER: there is none. */
int64_t due_holds_next_ms(const struct due_holds *holds);

/*
 * Up to max of those that are due, all of one lock service, the earliest
 * first; they are the caller's now, who frees them or puts them back.
 */
size_t due_holds_take(struct due_holds *holds, int64_t now_ms,
		      struct due_hold **out, size_t max);

/* One that was taken is to be tried again; unless its ticket has another. */
void due_holds_put_back(struct due_holds *holds, struct due_hold *hold,
			int64_t due_ms);

#endif
