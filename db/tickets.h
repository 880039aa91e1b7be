/*
 * Counts the tickets of the event "default", and makes new ones.
 */
#ifndef DB_TICKETS_H
#define DB_TICKETS_H

#include "db/database.h"

struct ticket_counts {
	int64_t all, booked;
};

int tickets_count(PGconn *db, struct ticket_counts *counts_out) HF_MUSTUSE;

/*
 * Replaces all its tickets by n free ones with the ids 1 to n, and takes away all
 * that was sold of them, in one transaction. agreed: what the owner was told would be lost, and agreed to;
 * HF_EHELD and no change when more is booked by now. NULL: never mind.
 */
int tickets_replace(PGconn *db, int64_t n,
		    const struct ticket_counts *agreed) HF_MUSTUSE;

#endif
