/*
 * The tickets in PostgreSQL: the row decides who may have a ticket.
 *
 * One struct store is one thread's connection: prepared statements, connects
 * when first used, reconnects by itself with back-off. Every call gives
 * HF_EUNREACHABLE when the database did not answer; whether a change was made
 * is then unknown, and the caller may repeat it safely. All times are the
 * database's clock_timestamp(). The tickets are those of the event "default";
 * the ids of others are unknown here.
 */
#ifndef FCGI_STORE_H
#define FCGI_STORE_H

#include "fcgi/basket.h"
#include "fcgi/hold.h"
#include "libhold/buf.h"

enum store_state {
	STORE_UNKNOWN,  /* no such ticket */
	STORE_FREE,     /* also: reserved once, and its time is past */
	STORE_RESERVED, /* until remaining_ms from now */
	STORE_BOOKED,   /* or kept back by the box office */
	STORE_LAPSED,   /* reserved last by this very client, time is past */
};

/* What a ticket's row says of it, seen by one client. */
struct store_row {
	enum store_state state;
	bool mine;            /* reserved or booked by this client */
	int64_t remaining_ms; /* of a reservation, > 0 */
	bool closed;          /* nothing can be reserved: no sale now */
};

struct store;

/*
 * url as libpq takes it (a URI or key=value words); copied. meter counts its
 * round trips, or is NULL; it outlives the store.
 */
struct store *store_new(const char *url, struct meter *meter);
void store_free(struct store **store); /* and sets *store to NULL */

/*
 * Takes each row for client under the tokens of answer until the hold's
 * remaining time from now, all or none: a row is taken that is not booked
 * and, within the same lock service, has a smaller token (or an equal one
 * and the same holder: then its deadline stays); from another service, that
 * is free or past its deadline; none while the sale is closed or not yet open.
 * May commit without waiting for the disk. 0, or HF_EHELD and rows_out says
 * what each ticket is.
 */
int store_reserve(struct store *store, const struct basket *basket,
		  const char *client, const struct hold_answer *answer,
		  struct store_row rows_out[BASKET_MAX]) HF_MUSTUSE;

/*
 * Books each row that client has reserved under exactly these tokens, all or
 * none, and waits for the disk. 0, or HF_ENOTOWNER and rows_out.
 */
int store_book(struct store *store, const struct basket *basket,
	       const char *client, const struct hold_answer *answer,
	       struct store_row rows_out[BASKET_MAX]) HF_MUSTUSE;

/*
 * Frees each row that client has reserved (whatever its token); others do not
 * change. 0 and rows_out as they were just before, so the caller can tell
 * what there was to free.
 */
int store_release(struct store *store, const struct basket *basket,
		  const char *client,
		  struct store_row rows_out[BASKET_MAX]) HF_MUSTUSE;

/* 0 and what each ticket is. Changes nothing. */
int store_rows(struct store *store, const struct basket *basket,
	       const char *client,
	       struct store_row rows_out[BASKET_MAX]) HF_MUSTUSE;

/*
 * Calls each(arg, id) for every available ticket, in sale order; for none
 * while the sale is closed. The id lives for the call.
 */
typedef void store_id_fn(void *arg, const char *id);
int store_available(struct store *store, store_id_fn *each,
		    void *arg) HF_MUSTUSE;

/*
 * 0 when all that was seen committed is as durable as a booking: on the disk,
 * and on the standby that the database waits for. What a call finds done by
 * an earlier one, whose answer was lost, is not said before this.
 */
int store_confirm(struct store *store) HF_MUSTUSE;

/* 0 when the database answers now. */
int store_ping(struct store *store) HF_MUSTUSE;

#endif
