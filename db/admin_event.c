/*
 * holdfast-admin open, close, set: an event's terms.
 */
#include "config.h"

#include "db/admin.h"
#include "db/event.h"
#include "db/layout.h"
#include "libhold/err.h"

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

static const struct term {
	const char *name, *set;
	bool is_time;
} terms[] = {
	{ "title", "title = $2", false },
	{ "venue", "venue = coalesce($2, '')", false },
	{ "starts-at", "starts_at = $2::timestamptz", true },
	{ "opens-at", "sale_opens_at = $2::timestamptz", true },
	{ "seats-per-client", "seats_per_client = $2::integer", false },
	{ "hold-seconds", "hold_seconds = $2::integer", false },
	{ "extensions", "extensions = $2::integer", false },
	{ "extend-seconds", "extend_seconds = $2::integer", false },
	{ "hold-limit-seconds", "hold_limit_seconds = $2::integer", false },
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

static int set_term(struct admin *a, const struct term *term, const char *value)
{
	const char *const values[] = { a->words[0], value };
	const struct event_terms check = {
		.id = a->words[0],
		.title = value,
		.starts_at = term->is_time ? value : NULL,
	};
	char text[160];
	int rc = event_terms_check(&check);

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
