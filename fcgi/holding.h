/*
 * The rules of holds: several seats of one event that an identity takes,
 * extends, gives back or books together.
 *
 * CORE: as booking.h, whose means it has: the lock is asked first and the rows
 * decide; what fails changes no deadline and leaves no lock behind that was
 * not there before. Holders are those of identity.h.
 */
#ifndef FCGI_HOLDING_H
#define FCGI_HOLDING_H

#include "fcgi/booking.h"
#include "fcgi/store_holds.h"

struct holding_taken {
	enum hold_outcome outcome;
	char id[HOLD_ID_LEN + 1];          /* OK, AGAIN */
	int64_t seats_limit, seats_used;   /* OVER_LIMIT */
	int64_t opens_in_ms;               /* SALE_NOT_YET */
	int64_t in_line;                   /* IN_LINE: how many wait */
	struct seat_seen seen[BASKET_MAX]; /* REFUSED: by the basket */
};

/*
 * id: of the hold to be made, which nobody guesses. turn: only by the holder's
 * turn in the line (line.h); else IN_LINE.
 */
struct holding_taken holding_take(struct booking *b, const char *id,
				  const char *event,
				  const struct basket *basket,
				  const char *holder, bool turn);

/*
 * Outcomes as of db/migrations/0006_holds.sql. EXPIRED, too, when the lock was
 * lost before the hold's time.
 */
enum hold_outcome holding_extend(struct booking *b, const char *id,
				 const char *holder);

/* OK also when it was given back before. */
enum hold_outcome holding_release(struct booking *b, const char *id,
				  const char *holder);

/* key and fingerprint tell a repeated call from another one. */
struct hold_booked holding_book(struct booking *b, const char *id,
				const char *holder, const char *key,
				const char *fingerprint);

#endif
