/*
 * Counts an event's tickets, and makes new ones.
 */
#ifndef DB_TICKETS_H
#define DB_TICKETS_H

#include "db/database.h"
#include "db/event.h"
#include "db/hall.h"

struct ticket_counts {
	int64_t all, booked;
};

int tickets_count(PGconn *db, const char *event,
		  struct ticket_counts *counts_out) HF_MUSTUSE;

/*
 * Replaces all tickets of an event, and takes away all that was sold of them,
 * in one transaction with the event's terms and its layout. agreed: what the
 * owner was told would be lost, and agreed to; HF_EHELD and no change when
 * more is booked by now. NULL: never mind.
 */

/* By n free ones of a plain hall, with the ids 1 to n. */
int tickets_replace_plain(PGconn *db, const struct event_terms *terms,
			  int64_t n,
			  const struct ticket_counts *agreed) HF_MUSTUSE;

/*
 * By the seats of hall, which were arranged. Ids that tickets of other events
 * have are complaints (HF_EBAD).
 */
int tickets_replace(PGconn *db, const struct event_terms *terms,
		    const struct hall *hall, struct complaints *c,
		    const struct ticket_counts *agreed) HF_MUSTUSE;

#endif
