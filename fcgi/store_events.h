/*
 * Events in PostgreSQL, as everybody may see them: db/migrations/0007_state.sql
 * says what each field is. Times are RFC 3339 texts, NULL where there is none.
 */
#ifndef FCGI_STORE_EVENTS_H
#define FCGI_STORE_EVENTS_H

#include "fcgi/store.h"

struct event_info {
	const char *id, *title, *venue, *currency;
	const char *starts_at, *opens_at;
	const char *time_zone;   /* NULL: nobody said; an IANA name */
	const char *sale;        /* "open", "closed" or "not_yet" */
	const char *layout_hash; /* NULL: it has no hall */
};

/* What a callback gets lives for the call. */
typedef void event_info_fn(void *arg, const struct event_info *info);
int store_events(struct store *store, event_info_fn *each,
		 void *arg) HF_MUSTUSE;

/* layout: JSON, made by holdfast-init; NULL: the event has no hall. */
struct event_layout {
	struct event_info info;
	const char *layout;
};

/* 0, HF_ENOTFOUND or HF_EUNREACHABLE, as the calls below. */
typedef void event_layout_fn(void *arg, const struct event_layout *layout);
int store_event_layout(struct store *store, const char *event,
		       event_layout_fn *each, void *arg) HF_MUSTUSE;

/* The seats of an event without a hall, in sale order. */
struct plain_seat {
	const char *id, *section, *row;
	int64_t ordinal, number, price_minor;
};

typedef void plain_seat_fn(void *arg, const struct plain_seat *seat);
int store_plain_seats(struct store *store, const char *event,
		      plain_seat_fn *each, void *arg) HF_MUSTUSE;

struct event_state {
	const char *era, *server_time, *sale, *opens_at, *layout_hash;
	struct hf_slice seats; /* JSON */
	int64_t version;
	int64_t available, held, booked, blocked;
	int64_t within_60_s, within_240_s;
};

/* since < 0: all of it. */
typedef void event_state_fn(void *arg, const struct event_state *state);
int store_event_state(struct store *store, const char *event, int64_t since,
		      event_state_fn *each, void *arg) HF_MUSTUSE;

/*
 * The same in pieces, to be put together by hall_state.h. First the moment:
 * seats that are read after it have all that was over by then.
 */
enum { MOMENT_TEXT_MAX = 63 };

struct event_moment {
	/* "" where there is none. */
	char era[MOMENT_TEXT_MAX + 1];
	char server_time[MOMENT_TEXT_MAX + 1];
	char sale[MOMENT_TEXT_MAX + 1];
	char opens_at[MOMENT_TEXT_MAX + 1];
	char layout_hash[MOMENT_TEXT_MAX + 1];
	int64_t version; /* all transactions before it are over */
	int64_t next;    /* no transaction had this number yet */
	int64_t seats;   /* of the hall; not from store_event_moment() */
};

int store_event_moment(struct store *store, const char *event,
		       struct event_moment *moment_out) HF_MUSTUSE;
int store_hall_size(struct store *store, const char *event,
		    int64_t *seats_out) HF_MUSTUSE;

struct hall_seat {
	int64_t version;
	int64_t due_ms; /* 'h': until then, by hf_clock_ms() */
	int32_t ordinal;
	char letter; /* 'h' also when its time is over */
};

/* Those that are not free or were changed ever, in any order. */
typedef void hall_seat_fn(void *arg, const struct hall_seat *seat);
int store_hall_seats(struct store *store, const char *event, hall_seat_fn *each,
		     void *arg) HF_MUSTUSE;

/* One step of the box office's picture. */
struct board_step {
	int64_t at_ms; /* since 1970 */
	int64_t held, sold, returned;
};

typedef void board_step_fn(void *arg, const struct board_step *step);
int store_event_board(struct store *store, const char *event, int64_t from_ms,
		      int64_t step_ms, board_step_fn *each,
		      void *arg) HF_MUSTUSE;

/* What was booked and not cancelled, in minor units. */
int store_event_revenue(struct store *store, const char *event,
			int64_t *revenue_minor_out) HF_MUSTUSE;

#endif
