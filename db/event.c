#include "config.h"

#include "db/event.h"

#include "db/moment.h"
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

static int refuse(const char *name, const char *wrong, const char *value)
{
	say_error("%s %s, not \"%s\"", name, wrong, value);
	return HF_EUSAGE;
}

int event_time_check(const char *name, const char *time)
{
	const char *wrong = time != NULL ? moment_wrong(time) : NULL;

	return wrong == NULL ? 0 : refuse(name, wrong, time);
}

int event_text_check(const char *name, const char *text)
{
	const char *wrong = text != NULL ? utf8_wrong(text) : NULL;

	if (wrong == NULL && text != NULL && strlen(text) > EVENT_TEXT_MAX)
		wrong = "is longer than 200 bytes";
	if (wrong == NULL)
		return 0;
	say_error("%s %s", name, wrong);
	return HF_EUSAGE;
}

/* Words of a zone's name, with '/' between: the first has letters alone. */
static bool is_zone(const char *zone)
{
#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_"
	size_t len = strspn(zone, LETTERS);

	while (len > 0 && zone[len] == '/') {
		zone += len + 1;
		len = strspn(zone, LETTERS "0123456789+-");
	}
	return len > 0 && zone[len] == '\0';
}

int event_zone_check(const char *name, const char *zone)
{
	if (zone == NULL || (is_zone(zone) && strlen(zone) <= EVENT_ZONE_MAX))
		return 0;
	return refuse(name,
		      "is a name of the IANA database, such as Europe/Berlin",
		      zone);
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
	if (terms->currency != NULL && hf_money_decimals(terms->currency) < 0) {
		say_error("a currency is three capital letters (ISO 4217), "
			  "such as EUR, not \"%s\"",
			  terms->currency);
		return HF_EUSAGE;
	}
	rc = event_time_check("--starts-at", terms->starts_at);
	if (rc == 0)
		rc = event_time_check("--opens-at", terms->opens_at);
	if (rc == 0)
		rc = event_zone_check("--time-zone", terms->time_zone);
	if (rc == 0)
		rc = event_text_check("--title", terms->title);
	if (rc == 0)
		rc = event_text_check("--venue", terms->venue);
	if (rc == 0 && terms->title != NULL && terms->title[0] == '\0')
		rc = refuse("--title", "is 1 to 200 bytes", "");
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
				       terms->seats_per_client,
				       terms->time_zone };
	PGresult *result = database_query(
	    db,
	    "INSERT INTO events AS e (id, title, venue, starts_at, "
	    "sale_opens_at, currency, seats_per_client, time_zone) VALUES ($1, "
	    "coalesce($2, $1), coalesce($3, ''), $4::timestamptz, "
	    "$5::timestamptz, coalesce($6, 'EUR'), "
	    "coalesce($7::integer, 10), $8) ON CONFLICT (id) DO UPDATE SET "
	    "title = coalesce($2, e.title), venue = coalesce($3, e.venue), "
	    "starts_at = coalesce(excluded.starts_at, e.starts_at), "
	    "sale_opens_at = "
	    "coalesce(excluded.sale_opens_at, e.sale_opens_at), "
	    "currency = coalesce($6, e.currency), seats_per_client = "
	    "coalesce($7::integer, e.seats_per_client), "
	    "time_zone = coalesce($8, e.time_zone)",
	    HF_LEN(values), values);

	PQclear(result);
	return result != NULL ? 0 : HF_EUNREACHABLE;
}

int event_currency(PGconn *db, const char *id, char **currency_out)
{
	return database_value(db, "SELECT currency FROM events WHERE id = $1",
			      1, &id, currency_out);
}
