#include "config.h"

#include "db/database.h"

#include "libhold/err.h"
#include "libhold/mem.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Any number that other programs in this database do not use. */
#define TRY_LOCK_STATEMENT "SELECT pg_try_advisory_lock(6005, 1)"
#define LOCK_STATEMENT     "SELECT pg_advisory_lock(6005, 1)"

/* libpq's messages end with a newline, and may have several lines. */
static void say_database_error(const char *message)
{
	say_error("%.*s", (int)strcspn(message, "\n"), message);
}

/* "relation exists, skipping" and the like are no news. */
static void swallow_notice(void *arg, const char *message)
{
	HF_UNUSED(arg);
	HF_UNUSED(message);
}

PGconn *database_open(const char *url)
{
	const char *const names[] = { "fallback_application_name",
				      "connect_timeout", "dbname", NULL };
	const char *const values[] = { program_invocation_short_name, "10", url,
				       NULL };
	PGconn *db = PQconnectdbParams(names, values, 1);

	if (PQstatus(db) != CONNECTION_OK) {
		say_database_error(PQerrorMessage(db));
		PQfinish(db);
		return NULL;
	}
	PQsetNoticeProcessor(db, swallow_notice, NULL);
	return db;
}

/* Tables, columns and functions that are not there (SQLSTATE). */
static bool lacks_schema(const PGresult *result)
{
	static const char *const states[] = { "42P01", "42703", "42883" };
	const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);

	for (size_t i = 0; i < HF_LEN(states); i++) {
		if (state != NULL && strcmp(state, states[i]) == 0)
			return true;
	}
	return false;
}

static void say_refusal(const PGresult *result)
{
	const char *message = PQresultErrorMessage(result);

	if (lacks_schema(result))
		say_error("%.*s: no sale is here, or one of another version; "
			  "holdfast-init prepares it",
			  (int)strcspn(message, "\n"), message);
	else
		say_database_error(message);
}

static bool worked(PGresult *result)
{
	switch (PQresultStatus(result)) {
	case PGRES_COMMAND_OK:
	case PGRES_TUPLES_OK:
	case PGRES_EMPTY_QUERY:
		return true;
	default:
		say_refusal(result);
		return false;
	}
}

int database_run(PGconn *db, const char *text)
{
	PGresult *result = PQexec(db, text);
	int rc = worked(result) ? 0 : HF_EUNREACHABLE;

	PQclear(result);
	return rc;
}

/* Not to be had in time; or given up, as two waited for each other. */
static bool was_held(const PGresult *result)
{
	const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);

	return sqlstate != NULL && (strcmp(sqlstate, "55P03") == 0 ||
				    strcmp(sqlstate, "40P01") == 0);
}

int database_try(PGconn *db, const char *text)
{
	PGresult *result = PQexec(db, text);
	int rc = HF_EHELD;

	if (!was_held(result))
		rc = worked(result) ? 0 : HF_EUNREACHABLE;
	PQclear(result);
	return rc;
}

PGresult *database_query(PGconn *db, const char *text, int n,
			 const char *const *values)
{
	PGresult *result =
	    PQexecParams(db, text, n, NULL, values, NULL, NULL, 0);

	if (worked(result))
		return result;
	PQclear(result);
	return NULL;
}

int database_value(PGconn *db, const char *text, int n,
		   const char *const *values, char **value_out)
{
	PGresult *row = database_query(db, text, n, values);
	bool there;

	if (row == NULL)
		return HF_EUNREACHABLE;
	there = PQntuples(row) == 1 && PQgetisnull(row, 0, 0) == 0;
	if (there)
		*value_out = hf_strdup(PQgetvalue(row, 0, 0));
	PQclear(row);
	return there ? 0 : HF_ENOTFOUND;
}

int database_begin(PGconn *db)
{
	return database_run(db, "BEGIN");
}

int database_end(PGconn *db, int rc)
{
	if (rc == 0)
		return database_run(db, "COMMIT");
	PQclear(PQexec(db, "ROLLBACK"));
	return rc;
}

int database_lock(PGconn *db)
{
	char *free_now;
	int rc = database_value(db, TRY_LOCK_STATEMENT, 0, NULL, &free_now);

	if (rc < 0)
		return rc;
	if (free_now[0] != 't') {
		say_error("another one works on this database: waiting for "
			  "its end");
		rc = database_run(db, LOCK_STATEMENT);
	}
	free(free_now);
	return rc;
}
