/*
 * Free seats, as best.h chooses among them.
 */
#ifndef FCGI_STORE_SEATS_H
#define FCGI_STORE_SEATS_H

#include "fcgi/seat_pick.h"
#include "fcgi/store.h"

struct free_seats {
	size_t n;
	struct seat *seats; /* by section, row and place */
	const char **ids;   /* beside them, as the two below */
	uint32_t *sections; /* any number: alike in one section */
	void *rows;         /* where the ids are */
};

/*
 * The best free seats of an event, or of one of its sections if that is not
 * "", at most so many. 0 or HF_EUNREACHABLE; after 0 they are given back by
 * free_seats_fini().
 */
int store_free_seats(struct store *store, const char *event,
		     const char *section, int64_t at_most,
		     struct free_seats *seats_out) HF_MUSTUSE;
void free_seats_fini(struct free_seats *seats);

/* Takes one out, which turned out not to be free. */
void free_seats_drop(struct free_seats *seats, const char *id);

#endif
