/*
 * What was bought, in PostgreSQL: db/migrations/0006_holds.sql.
 */
#ifndef FCGI_STORE_ORDERS_H
#define FCGI_STORE_ORDERS_H

#include "fcgi/store_holds.h"

struct order_view {
	const char *number, *event, *title, *venue, *currency;
	const char *starts_at; /* NULL: not known; RFC 3339, as below */
	const char *time_zone; /* NULL: nobody said; an IANA name */
	const char *created_at;
	const char *cancelled_at; /* NULL: it is not, or not all of it */
	int64_t total_minor;
	size_t n;
	struct held_seat seats[BASKET_MAX]; /* in sale order */
	bool cancelled[BASKET_MAX];
};

/* Calls each(arg, view) for an order; the view lives for the call. */
typedef void order_view_fn(void *arg, const struct order_view *view);

/* 0, HF_ENOTFOUND when holder has no such order, HF_EUNREACHABLE. */
int store_order_show(struct store *store, const char *number,
		     const char *holder, order_view_fn *each,
		     void *arg) HF_MUSTUSE;

/* All orders of holder, the latest first. 0 or HF_EUNREACHABLE. */
int store_orders_of(struct store *store, const char *holder,
		    order_view_fn *each, void *arg) HF_MUSTUSE;

#endif
