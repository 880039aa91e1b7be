/*
 * What the plain pages show, from PostgreSQL: an event with its times by the
 * clock of its place, its sections with what is free in them, and the free
 * seats of a part of one. Texts live for the call of each(); every call gives
 * 0, HF_ENOTFOUND when there is no such event or seat, or HF_EUNREACHABLE.
 */
#ifndef FCGI_STORE_FORMS_H
#define FCGI_STORE_FORMS_H

#include "fcgi/store.h"

struct form_event {
	const char *id, *title, *venue, *currency;
	const char *sale;           /* "open", "closed" or "not_yet" */
	const char *starts, *opens; /* "Saturday, 1 May 2027, 20:00"; NULL */
	const char *until;          /* left_ms from now: "20:04:30" */
	const char *zone;           /* of these: "Europe/Berlin", or "UTC" */
	int64_t opens_in_ms;        /* not_yet */
};

typedef void form_event_fn(void *arg, const struct form_event *event);
int store_form_event(struct store *store, const char *event, int64_t left_ms,
		     form_event_fn *each, void *arg) HF_MUSTUSE;

struct form_section {
	const char *name;
	int64_t first; /* the ordinal of its first seat */
	int64_t free, all;
	int64_t least_minor, most_minor; /* what a seat of it costs */
};

/* In the order of the hall. */
typedef void form_section_fn(void *arg, const struct form_section *section);
int store_form_sections(struct store *store, const char *event,
			form_section_fn *each, void *arg) HF_MUSTUSE;

struct form_seat {
	const char *id, *section, *row;
	int64_t ordinal, number, price_minor;
	bool accessible, free;
};

/*
 * The seats of a section, free or not, from the one with this ordinal on; at
 * most n, row by row.
 */
typedef void form_seat_fn(void *arg, const struct form_seat *seat);
int store_form_seats(struct store *store, const char *event, int64_t ordinal,
		     int64_t n, form_seat_fn *each, void *arg) HF_MUSTUSE;

#endif
