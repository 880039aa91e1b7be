/*
 * holdfast-admin open, close, set: an event's terms.
 */
#include "config.h"

#include "db/admin.h"
#include "db/event.h"
#include "db/layout.h"
#include "libhold/err.h"
#include "libhold/slice.h"

#include <stdio.h>
#include <string.h>

/* One statement with the event as $1, and what a layout has of it. */
static int change_event(struct admin *a, const char *text, int n,
			const char *const *values)
{
	PGresult *result = NULL;
	int rc = admin_begin(a);

	if (rc == 0) {
		result = database_query(a->db, text, n, values);
		rc = result != NULL ? 0 : HF_EUNREACHABLE;
	}
	if (rc == 0)
		rc = layout_store(a->db, values[0]);
	PQclear(result);
	return database_end(a->db, rc);
}

static int change_sale(struct admin *a, const char *question, const char *text,
		       const char *done)
{
	int rc = admin_event_exists(a, a->words[0]);

	if (rc == 0)
		rc = admin_ask(a, question);
	if (rc == 0)
		rc = change_event(a, text, 1, a->words);
	if (rc == 0)
		printf("the sale of %s is %s\n", a->words[0], done);
	return rc;
}

int admin_open(struct admin *a)
{
	return change_sale(a, "Open the sale now?",
			   "UPDATE events SET closed = false, sale_opens_at = "
			   "least(sale_opens_at, clock_timestamp()) "
			   "WHERE id = $1",
			   "open");
}

int admin_close(struct admin *a)
{
	return change_sale(a,
			   "Close the sale now? What is held may still be "
			   "booked.",
			   "UPDATE events SET closed = true WHERE id = $1",
			   "closed");
}

/* ---- set ----------------------------------------------------------------- */

enum { DAY_S = 86400 };

enum term_kind { TERM_TEXT, TERM_TIME, TERM_ZONE, TERM_NUMBER };

static const struct term {
	const char *name, *set;
	enum term_kind kind;
	bool none; /* may be none */
	int64_t min, max;
} terms[] = {
	{ "title", "title = $2", TERM_TEXT, false, 0, 0 },
	{ "venue", "venue = coalesce($2, '')", TERM_TEXT, true, 0, 0 },
	{ "starts-at", "starts_at = $2::timestamptz", TERM_TIME, true, 0, 0 },
	{ "time-zone", "time_zone = $2", TERM_ZONE, true, 0, 0 },
	{ "opens-at", "sale_opens_at = $2::timestamptz", TERM_TIME, true, 0,
	  0 },
	{ "seats-per-client", "seats_per_client = $2::integer", TERM_NUMBER,
	  false, 1, 1000 },
	{ "hold-seconds", "hold_seconds = $2::integer", TERM_NUMBER, true, 1,
	  DAY_S },
	{ "extensions", "extensions = $2::integer", TERM_NUMBER, false, 0,
	  1000 },
	{ "extend-seconds", "extend_seconds = $2::integer", TERM_NUMBER, true,
	  1, DAY_S },
	{ "hold-limit-seconds", "hold_limit_seconds = $2::integer", TERM_NUMBER,
	  false, 1, DAY_S },
	{ "line-limit", "line_limit = $2::integer", TERM_NUMBER, false, 0,
	  100000 },
};

static const struct term *term_named(const char *name)
{
	for (size_t i = 0; i < HF_LEN(terms); i++) {
		if (strcmp(terms[i].name, name) == 0)
			return &terms[i];
	}
	say_error("there is no term \"%s\"; see --help", name);
	return NULL;
}

static int check_number(const struct term *term, const char *value)
{
	int64_t number;

	if (hf_slice_int64(hf_slice_of(value), &number) == 0 &&
	    number >= term->min && number <= term->max)
		return 0;
	say_error("%s is a whole number from %lld to %lld%s, not \"%s\"",
		  term->name, (long long)term->min, (long long)term->max,
		  term->none ? ", or none" : "", value);
	return HF_EUSAGE;
}

/* value: NULL for none. */
static int check_value(const struct term *term, const char *value)
{
	if (value == NULL && !term->none) {
		say_error("%s cannot be none", term->name);
		return HF_EUSAGE;
	}
	if (value == NULL)
		return 0;
	if (term->kind == TERM_NUMBER)
		return check_number(term, value);
	if (term->kind == TERM_TIME)
		return event_time_check(term->name, value);
	if (value[0] == '\0') {
		say_error("%s is empty%s", term->name,
			  term->none ? "; \"none\" is for none" : "");
		return HF_EUSAGE;
	}
	return term->kind == TERM_ZONE ? event_zone_check(term->name, value)
				       : event_text_check(term->name, value);
}

static int set_term(struct admin *a, const struct term *term, const char *value)
{
	const char *const values[] = { a->words[0], value };
	char text[160];
	int rc = check_value(term, value);

	if (rc == 0)
		rc = admin_event_exists(a, a->words[0]);
	if (rc < 0)
		return rc;
	snprintf(text, sizeof(text), "UPDATE events SET %s WHERE id = $1",
		 term->set);
	return change_event(a, text, HF_LEN(values), values);
}

int admin_set(struct admin *a)
{
	const struct term *term = term_named(a->words[1]);
	const char *value = a->words[2];
	int rc;

	if (term == NULL)
		return HF_EUSAGE;
	if (strcmp(value, "none") == 0)
		value = NULL;
	rc = set_term(a, term, value);
	if (rc == 0)
		printf("%s of %s is %s\n", term->name, a->words[0],
		       a->words[2]);
	return rc;
}
