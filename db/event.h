/*
 * An event's row: what its sale is like.
 */
#ifndef DB_EVENT_H
#define DB_EVENT_H

#include "db/database.h"

#define EVENT_DEFAULT "default"

enum { EVENT_ID_MAX = 63 };

/* What is NULL stays as it is, or begins as the schema says. */
struct event_terms {
	const char *id;
	const char *title, *venue;
	const char *starts_at, *opens_at; /* RFC 3339, with an offset */
	const char *time_zone; /* of the IANA database: Europe/Berlin */
	const char *currency;
	const char *seats_per_client;
};

enum { EVENT_TEXT_MAX = 200 }; /* bytes of a title, of a venue */
enum { EVENT_ZONE_MAX = 64 };

/* ^[a-z0-9][a-z0-9-]{0,62}$ */
bool event_id_fits(const char *id);

/*
 * 0, or HF_EUSAGE after a line: an id, a time, a text or a currency that
 * cannot be one.
 */
int event_terms_check(const struct event_terms *terms) HF_MUSTUSE;

/* The same of one value, which the line calls by this name; NULL is fine. */
int event_time_check(const char *name, const char *time) HF_MUSTUSE;
int event_text_check(const char *name, const char *text) HF_MUSTUSE;
/* Whether there is such a zone, the database says. */
int event_zone_check(const char *name, const char *zone) HF_MUSTUSE;

/* Makes the event, or changes it. */
int event_store(PGconn *db, const struct event_terms *terms) HF_MUSTUSE;

/*
 * The event's currency; HF_ENOTFOUND when there is no such event. The caller
 * frees it.
 */
int event_currency(PGconn *db, const char *id, char **currency_out) HF_MUSTUSE;

#endif
