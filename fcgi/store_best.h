/*
 * A section of an event, for who picks the best of it and takes that in one
 * step (db/migrations/0008_best_seats.sql).
 *
 * Between store_begin() and store_commit() or store_rollback() all calls of
 * store.h and its kin are one transaction; the section that was locked is
 * nobody else's until then. A connection that is lost meanwhile takes the
 * transaction with it.
 */
#ifndef FCGI_STORE_BEST_H
#define FCGI_STORE_BEST_H

#include "fcgi/seat_pick.h"
#include "fcgi/store.h"

int store_begin(struct store *store) HF_MUSTUSE;
int store_commit(struct store *store) HF_MUSTUSE;
void store_rollback(struct store *store);

struct best_sections {
	size_t n;
	const char **names; /* what has the best free seats comes first */
	void *rows;         /* where the texts are */
};

/* Those that have enough free seats for wish, wherever they are in it. */
int store_best_sections(struct store *store, const char *event,
			const struct seat_wish *wish,
			struct best_sections *sections_out) HF_MUSTUSE;
void best_sections_fini(struct best_sections *sections);

/* 0, or HF_EHELD: others have it, and wait_ms was not enough. */
int store_best_lock(struct store *store, const char *event, const char *section,
		    int64_t wait_ms) HF_MUSTUSE;

struct best_seats {
	size_t n;
	struct seat *seats; /* all free ones, as seat_pick() takes them */
	const char **ids;   /* beside them */
	void *rows;
};

int store_best_seats(struct store *store, const char *event,
		     const char *section,
		     struct best_seats *seats_out) HF_MUSTUSE;
void best_seats_fini(struct best_seats *seats);

#endif
