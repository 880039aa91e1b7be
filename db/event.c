#include "config.h"

#include "db/event.h"

#include "db/money.h"
#include "db/utf8.h"
#include "libhold/err.h"

#include <string.h>

bool event_id_fits(const char *id)
{
	size_t len = strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789-");

	return len >= 1 && len <= EVENT_ID_MAX && id[len] == '\0' &&
	       id[0] != '-';
}

/* A time without an offset would mean another one on another server. */
static bool has_offset(const char *time)
{
	const char *clock = strchr(time, ':');

	return clock != NULL && strpbrk(clock, "+-Zz") != NULL;
}

static int check_time(const char *name, const char *time)
{
	if (time == NULL || has_offset(time))
		return 0;
	say_error("%s is a time with its offset, such as "
		  "2027-05-01T20:00:00+02:00, not \"%s\"",
		  name, time);
	return HF_EUSAGE;
}

static int check_text(const char *name, const char *text)
{
	const char *wrong = text != NULL ? utf8_wrong(text) : NULL;

	if (wrong == NULL)
		return 0;
	say_error("%s %s", name, wrong);
	return HF_EUSAGE;
}

int event_terms_check(const struct event_terms *terms)
{
	int rc = 0;

	if (!event_id_fits(terms->id)) {
		say_error("an event's id is 1 to %d small letters, digits and "
			  "hyphens, not \"%s\"",
			  EVENT_ID_MAX, terms->id);
		return HF_EUSAGE;
	}
	if (terms->currency != NULL && money_decimals(terms->currency) < 0) {
		say_error("a currency is three capital letters (ISO 4217), "
			  "such as EUR, not \"%s\"",
			  terms->currency);
		return HF_EUSAGE;
	}
	rc = check_time("--starts-at", terms->starts_at);
	if (rc == 0)
		rc = check_time("--opens-at", terms->opens_at);
	if (rc == 0)
		rc = check_text("--title", terms->title);
	if (rc == 0)
		rc = check_text("--venue", terms->venue);
	return rc;
}

int event_store(PGconn *db, const struct event_terms *terms)
{
	const char *const values[] = { terms->id,
				       terms->title,
				       terms->venue,
				       terms->starts_at,
				       terms->opens_at,
				       terms->currency,
				       terms->seats_per_client };
	PGresult *result = database_query(
	    db,
	    "INSERT INTO events AS e (id, title, venue, starts_at, "
	    "sale_opens_at, currency, seats_per_client) VALUES ($1, "
	    "coalesce($2, $1), coalesce($3, ''), $4::timestamptz, "
	    "$5::timestamptz, coalesce($6, 'EUR'), "
	    "coalesce($7::integer, 10)) ON CONFLICT (id) DO UPDATE SET "
	    "title = coalesce($2, e.title), venue = coalesce($3, e.venue), "
	    "starts_at = coalesce(excluded.starts_at, e.starts_at), "
	    "sale_opens_at = "
	    "coalesce(excluded.sale_opens_at, e.sale_opens_at), "
	    "currency = coalesce($6, e.currency), seats_per_client = "
	    "coalesce($7::integer, e.seats_per_client)",
	    HF_LEN(values), values);

	PQclear(result);
	return result != NULL ? 0 : HF_EUNREACHABLE;
}

int event_currency(PGconn *db, const char *id, char **currency_out)
{
	return database_value(db, "SELECT currency FROM events WHERE id = $1",
			      1, &id, currency_out);
}
