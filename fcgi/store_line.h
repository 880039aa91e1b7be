/*
 * The waiting line of an event in PostgreSQL: db/migrations/0013_line.sql says
 * what each field is. Every call gives 0 or HF_EUNREACHABLE.
 */
#ifndef FCGI_STORE_LINE_H
#define FCGI_STORE_LINE_H

#include "fcgi/store_holds.h"

/* What somebody waits for, or is about to ask for. */
struct line_wish {
	int64_t seats;
	const char *section;     /* NULL: any */
	int64_t max_price_minor; /* of each; INT64_MAX: any */
};

enum line_check {
	LINE_FREE, /* nobody comes before him */
	LINE_TURN, /* it is his turn: he takes them by that */
	LINE_WAIT, /* somebody does */
};

/* basket: NULL: any seats that are as wish says. */
int store_line_check(struct store *store, const char *event, const char *holder,
		     const struct basket *basket, const struct line_wish *wish,
		     enum line_check *check_out,
		     int64_t *in_line_out) HF_MUSTUSE;

/* His turn is over without his fault. */
int store_line_yield(struct store *store, const char *event,
		     const char *holder) HF_MUSTUSE;

enum line_joining {
	LINE_JOINED,
	LINE_AGAIN, /* he has his place still */
	LINE_FULL,
	LINE_OVER_LIMIT,
	LINE_NEVER, /* the event has no such seats */
	LINE_SALE_CLOSED,
	LINE_NO_EVENT,
};

struct line_joined {
	enum line_joining outcome;
	int64_t in_line;                 /* FULL */
	int64_t seats_limit, seats_used; /* OVER_LIMIT */
};

int store_line_join(struct store *store, const char *event, const char *holder,
		    const struct line_wish *wish,
		    struct line_joined *joined_out) HF_MUSTUSE;

/* left_out: whether he was in line. */
int store_line_leave(struct store *store, const char *event, const char *holder,
		     bool *left_out) HF_MUSTUSE;

struct line_view {
	const char *state;        /* "none", "early", "waiting", "turn" */
	int64_t position;         /* 0: nobody has one yet */
	int64_t length;           /* how many wait */
	int64_t eta_s;            /* -1: it cannot be known */
	int64_t turn_ms;          /* of "turn" */
	int64_t opens_in_ms;      /* of a sale that is not open yet */
	int64_t ask_in_ms;        /* when to ask again */
	struct line_wish wish;    /* seats 0: "none" */
	const char *turn_section; /* NULL: where the wish says */
	const char *sale, *opens_at;
	const char *sections; /* JSON */
};

/* holder, who is there by that; "" for nobody. HF_ENOTFOUND: no such event. */
typedef void line_view_fn(void *arg, const struct line_view *view);
int store_line_seen(struct store *store, const char *event, const char *holder,
		    line_view_fn *each, void *arg) HF_MUSTUSE;

#endif
