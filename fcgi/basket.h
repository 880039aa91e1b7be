/*
 * The tickets of one call: all of them are taken, or none.
 */
#ifndef FCGI_BASKET_H
#define FCGI_BASKET_H

#include "libhold/base.h"

enum {
	BASKET_MAX = 10,     /* tickets a call */
	TICKET_ID_MAX = 128, /* bytes, without the NUL */
	CLIENT_ID_MAX = 128, /* bytes, without the NUL */
};

struct basket {
	size_t n; /* 1 to BASKET_MAX */
	/* Distinct, in byte order, so that all callers lock in one order. */
	const char *ids[BASKET_MAX];
};

/*
 * Adds a copy of id, which is not too long, at its place; text has room for
 * all ids of the basket. 0, also when it is there already, or HF_ELIMIT.
 */
int basket_add(struct basket *basket, char text[BASKET_MAX][TICKET_ID_MAX + 1],
	       const char *id) HF_MUSTUSE;

#endif
