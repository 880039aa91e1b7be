/*
 * The rule of the waiting line: who may take seats now.
 *
 * CORE: as booking.h. Whoever waits comes before all who do not; what is free
 * goes to the first whom it suits (db/migrations/0013_line.sql). Where nobody
 * waits, nothing is asked here: the event's terms say so.
 */
#ifndef FCGI_LINE_H
#define FCGI_LINE_H

#include "fcgi/booking.h"
#include "fcgi/store_line.h"

/* One call's question. */
struct line_ask {
	const char *event, *holder;
	const struct basket *basket; /* NULL: any seats as wish says */
	struct line_wish wish;
	bool turn; /* he wants them by his turn, or not at all */
};

struct line_pass {
	enum hold_outcome outcome; /* OK; IN_LINE, STORE_AWAY */
	bool by_turn;              /* of OK: the rows are taken by it */
	int64_t in_line;           /* of IN_LINE: how many wait */
};

struct line_pass line_pass(struct booking *b, const struct event_terms *terms,
			   const struct line_ask *ask);

#endif
