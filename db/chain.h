/*
 * The chain of a ticket's history, computed anew (docs/box-office.md has the
 * format): what the database's own functions say of it is not asked.
 */
#ifndef DB_CHAIN_H
#define DB_CHAIN_H

#include "libhold/base.h"

enum { CHAIN_HASH = 32, CHAIN_OP_MAX = 16 };

/* One row of history; texts as PostgreSQL prints them, NULL for its NULL. */
struct chain_row {
	const char *ticket_id, *seq, *event_id;
	const char *at_us; /* microseconds since 1970 */
	const char *op, *holder, *fence, *lock_service;
	const char *until_us;
	const char *order_number, *actor;
	const char *prev_hash, *hash; /* in hex */
};

/* Where a ticket's chain is; zeroed before its first row. */
struct chain {
	int64_t seq;
	unsigned char hash[CHAIN_HASH];
	char op[CHAIN_OP_MAX + 1];
};

/*
 * Takes the chain's next row. NULL, or what is wrong with the row; lives for
 * ever. Then the chain means nothing any more.
 */
const char *chain_add(struct chain *chain, const struct chain_row *row);

#endif
