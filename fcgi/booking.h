/*
 * The rules of a sale: reserve, book, release.
 *
 * CORE: knows holds (hold.h) and rows (store.h), no HTTP, no clock. The lock
 * is asked first and the row decides; what fails changes no deadline and
 * leaves no lock behind that was not there before.
 */
#ifndef FCGI_BOOKING_H
#define FCGI_BOOKING_H

#include "fcgi/changes.h"
#include "fcgi/hold.h"
#include "fcgi/store.h"

/* What came of a call. */
enum booking_code {
	BOOKING_OK,
	BOOKING_HELD,    /* somebody else has it for now */
	BOOKING_BOOKED,  /* it is sold */
	BOOKING_UNKNOWN, /* there is no such ticket */
	BOOKING_CLOSED,  /* the sale is not open */
	BOOKING_NOT_RESERVED,
	BOOKING_HOLD_EXPIRED,
	BOOKING_LOCK_AWAY,  /* the lock service did not answer */
	BOOKING_STORE_AWAY, /* the database did not answer */
};

struct booking_result {
	enum booking_code code;
	size_t ticket;          /* which one of the basket refused */
	bool mine;              /* BOOKED, HELD: by this very client */
	int64_t retry_after_ms; /* HELD: at the latest; 0: unknown */
	int64_t remaining_ms;   /* reserve: the shortest of the basket */
	int64_t fence;          /* reserve: the highest of the basket */
};

/* One thread's means to sell. */
struct booking {
	struct hold *hold;
	struct store *store;
	int64_t hold_ms;               /* how long a reservation lasts */
	const struct changes *changes; /* told what was changed; or NULL */
	struct meter *meter;           /* counts what became of it; or NULL */
};

/* Again by the same client: the same hold and the time that is left. */
struct booking_result booking_reserve(struct booking *b,
				      const struct basket *basket,
				      const char *client);

/* Again by the same client: success again. */
struct booking_result booking_book(struct booking *b,
				   const struct basket *basket,
				   const char *client);

/*
 * Gives back what is reserved, all of the basket or nothing. A lock that has no
 * row with it is given back, too.
 */
struct booking_result booking_release(struct booking *b,
				      const struct basket *basket,
				      const char *client);

#endif
