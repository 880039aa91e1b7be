/*
 * Holds in PostgreSQL: several seats of one event, an identity's together.
 *
 * Each call is one function of db/migrations/0006_holds.sql, one transaction;
 * what stands there of outcomes and times is not repeated here. Every call
 * gives HF_EUNREACHABLE as those of store.h do, else 0 and an outcome.
 */
#ifndef FCGI_STORE_HOLDS_H
#define FCGI_STORE_HOLDS_H

#include "fcgi/store.h"

enum { HOLD_ID_LEN = 22, EVENT_ID_MAX = 63, IDEMPOTENCY_KEY_MAX = 255 };

enum hold_outcome {
	HOLD_OK,
	HOLD_AGAIN,    /* this very hold was there before */
	HOLD_REPLAYED, /* it was made or booked before: the same one */
	HOLD_REFUSED,  /* a seat is not to be had */
	HOLD_OVER_LIMIT,
	HOLD_SALE_CLOSED,
	HOLD_SALE_NOT_YET,
	HOLD_NO_EVENT,
	HOLD_EXPIRED,
	HOLD_RELEASED,
	HOLD_BOOKED,
	HOLD_UNKNOWN,
	HOLD_NOT_YOURS,
	HOLD_NONE_LEFT, /* no extension is */
	HOLD_AT_LIMIT,  /* it may not last longer */
	HOLD_KEY_REUSED,
	HOLD_IN_PROGRESS,
	HOLD_IN_LINE, /* somebody waits for them who comes first */
	/* Only of holding.h and best.h: */
	HOLD_NOTHING_FITS,
	HOLD_BUSY, /* too many ask for the best at once */
	HOLD_LOCK_AWAY,
	HOLD_STORE_AWAY,
};

/* What holds for a whole event. */
struct event_terms {
	enum hold_outcome sale; /* OK: open; SALE_…, NO_EVENT */
	int64_t hold_ms;        /* 0: as long as the worker says */
	int64_t opens_in_ms;    /* SALE_NOT_YET */
	bool line;              /* somebody waits in it */
};

int store_event_terms(struct store *store, const char *event,
		      struct event_terms *terms_out) HF_MUSTUSE;

struct hold_taken {
	enum hold_outcome outcome;
	char id[HOLD_ID_LEN + 1]; /* OK, AGAIN */
	int64_t left_ms;
	int64_t seats_limit, seats_used; /* of this holder in this event */
};

/*
 * id: of the hold to be made. ms: how long it lasts. by_turn: the holder is in
 * line and leaves it with that; IN_LINE: it is not his turn any more.
 */
int store_hold_take(struct store *store, const char *id, const char *event,
		    const char *holder, const struct basket *basket,
		    const struct hold_answer *answer, int64_t ms, bool by_turn,
		    struct hold_taken *taken_out) HF_MUSTUSE;

struct held_seat {
	const char *id, *section, *row;
	int64_t ordinal, number, price_minor;
};

struct hold_view {
	enum hold_outcome outcome; /* OK: it is live */
	const char *id, *event, *currency, *service;
	const char *order;            /* NULL: not booked */
	const char *until, *limit_at; /* the second is never passed */
	int64_t left_ms, total_minor, extensions_left;
	int64_t step_ms; /* of an extension; 0: as the worker's holds */
	size_t n;
	struct held_seat seats[BASKET_MAX]; /* in sale order */
	/* The same in the order of ids by bytes, with their tokens. */
	struct basket basket;
	int64_t fences[BASKET_MAX];
	void *rows; /* where the texts are */
};

/*
 * The hold with this id, of whoever: with UNKNOWN and NOT_YOURS there is
 * nothing but the outcome. After 0 the view is given back by hold_view_fini().
 */
int store_hold_show(struct store *store, const char *id, const char *holder,
		    struct hold_view *view_out) HF_MUSTUSE;
void hold_view_fini(struct hold_view *view);

/*
 * Calls each(arg, view) for each live hold of holder, the oldest first. The
 * view lives for the call.
 */
typedef void hold_view_fn(void *arg, const struct hold_view *view);
int store_holds_of(struct store *store, const char *holder, hold_view_fn *each,
		   void *arg) HF_MUSTUSE;

struct hold_extended {
	enum hold_outcome outcome;
	int64_t left_ms;
};

int store_hold_extend(struct store *store, const char *id, const char *holder,
		      int64_t ms, size_t n, const int64_t *fences,
		      const char *service,
		      struct hold_extended *extended_out) HF_MUSTUSE;

int store_hold_release(struct store *store, const char *id, const char *holder,
		       enum hold_outcome *outcome_out) HF_MUSTUSE;

enum { ORDER_NUMBER_MAX = 32 };

struct hold_booked {
	enum hold_outcome outcome;
	char order[ORDER_NUMBER_MAX + 1]; /* OK, REPLAYED */
};

int store_hold_book(struct store *store, const char *id, const char *holder,
		    const char *key, const char *fingerprint,
		    struct hold_booked *booked_out) HF_MUSTUSE;

enum seat_state {
	SEAT_AVAILABLE,
	SEAT_HELD,
	SEAT_BOOKED,
	SEAT_BLOCKED,
	SEAT_UNKNOWN, /* no seat of this event */
};

struct seat_seen {
	enum seat_state state;
	bool mine;
	int64_t left_ms; /* HELD: until it may come back */
	int64_t ordinal;
};

/* What each seat of a basket is, by the basket's indexes. */
int store_seats_seen(struct store *store, const char *event,
		     const struct basket *basket, const char *holder,
		     struct seat_seen seen_out[BASKET_MAX]) HF_MUSTUSE;

/*
 * Calls each(arg, id) for at most n free seats, those nearest to the seat with
 * this ordinal first: in its section, at its price, then others.
 */
int store_seats_near(struct store *store, const char *event, int64_t ordinal,
		     int64_t n, store_id_fn *each, void *arg) HF_MUSTUSE;

#endif
