/*
 * One connection to PostgreSQL with prepared statements; for one thread.
 *
 * It connects when first used, prepares all statements once a connection, and
 * connects again by itself, with back-off. Every wait has an end of our own,
 * so a server that stopped answering cannot keep a thread. A lost connection
 * is noticed before a statement is sent, and then it goes over a new one.
 * Once something was sent, nothing is sent again: nobody knows whether it
 * ran.
 *
 * A URL may name several servers, of which one takes writes: each is tried
 * in its own time, beginning with the last that did. A commit that the server
 * warns of (it is not on the standby, though it should be) counts as one
 * whose answer was lost.
 *
 * Where debug lines are logged, the session is named after the request that its
 * thread is about (application_name); that is one more round trip.
 */
#ifndef FCGI_PG_LINK_H
#define FCGI_PG_LINK_H

#include "fcgi/backoff.h"
#include "fcgi/meter.h"
#include "fcgi/pg_hosts.h"
#include "fcgi/pg_params.h"

#include <libpq-fe.h>

enum {
	PG_LINK_CONNECT_MS = 2000,   /* to one server, and to prepare it */
	PG_LINK_LOOK_MS = 5000,      /* then no further server is tried */
	PG_LINK_STATEMENT_MS = 5000, /* then the server gives up */
	PG_LINK_ANSWER_MS = 6000,    /* then we do */
	PG_LINK_REASONS_MAX = 512,
};

struct pg_statement {
	const char *name;
	const char *text;
	int n_params;
	Oid types[PG_PARAMS_MAX]; /* enum pg_type */
};

struct pg_link {
	char *url;
	const struct pg_statement *const *tables; /* ends with NULL */
	PGconn *pg;                               /* NULL: not connected */
	struct pg_hosts hosts;
	size_t host; /* the one that pg is, or that is tried next */
	struct backoff backoff;
	bool away;   /* reported already: one line an outage */
	bool warned; /* by the server, since the last statement began */
	char reasons[PG_LINK_REASONS_MAX]; /* of what was lost in this call */
	struct meter *meter;    /* counts round trips; NULL: nobody does */
	enum meter_failure why; /* the last statement without an answer */
	char named[72]; /* the request that the session was named after */
};

/*
 * url is copied, meter (or NULL) outlives the link. tables: all statements to
 * prepare, each table ends with a row without a name, the list of them with
 * NULL; they outlive the link.
 */
void pg_link_init(struct pg_link *link, const char *url,
		  const struct pg_statement *const *tables, uint64_t seed,
		  struct meter *meter);
void pg_link_fini(struct pg_link *link);

/*
 * Runs a statement of its tables. Its rows, as text, which the caller frees by
 * PQclear(); NULL, after one line in the log, when there is no answer or an
 * error is it.
 */
PGresult *pg_link_run(struct pg_link *link, const struct pg_statement *s,
		      const struct pg_params *params) HF_MUSTUSE;

#endif
