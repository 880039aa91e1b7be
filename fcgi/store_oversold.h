/*
 * Tickets sold twice, as the history in PostgreSQL tells
 * (oversold_look() in db/migrations).
 */
#ifndef FCGI_STORE_OVERSOLD_H
#define FCGI_STORE_OVERSOLD_H

#include "fcgi/store.h"

struct oversold {
	int64_t tickets;  /* sold twice; there must be none */
	int64_t whole_ms; /* what was over by then was looked at; 0: never */
};

/*
 * Looks further, but no more often than every_ms whichever worker asks, and
 * says what is known by now. 0 or HF_EUNREACHABLE.
 */
int store_oversold_look(struct store *store, int64_t every_ms, int64_t at_most,
			struct oversold *oversold_out) HF_MUSTUSE;

#endif
