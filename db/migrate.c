#include "config.h"

#include "db/migrate.h"

#include "libhold/clock.h"
#include "libhold/err.h"
#include "libhold/mem.h"

#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
	HEX_MAX = 2 * SHA256_DIGEST_LENGTH,
	PAUSE_MS = 100, /* between tries: the sale catches up */
};

static void sha256_hex(const char *text, char hex[HEX_MAX + 1])
{
	unsigned char digest[SHA256_DIGEST_LENGTH];

	SHA256((const unsigned char *)text, strlen(text), digest);
	for (size_t i = 0; i < sizeof(digest); i++)
		snprintf(hex + 2 * i, 3, "%02x", digest[i]);
}

/* ---- what was run already ------------------------------------------------ */

/* own: NULL when the program has no such many. */
static int check_one(const char *name, const char *sha256,
		     const struct migration *own)
{
	char hex[HEX_MAX + 1];

	if (own == NULL) {
		say_error("the database is newer than this program: it has "
			  "%s",
			  name);
		return HF_EBAD;
	}
	sha256_hex(own->text, hex);
	if (strcmp(name, own->name) != 0) {
		say_error("the database ran %s where this program has %s", name,
			  own->name);
		return HF_EBAD;
	}
	if (strcmp(sha256, hex) != 0) {
		say_error("%s was changed after it had been run; add a new "
			  "migration instead",
			  name);
		return HF_EBAD;
	}
	return 0;
}

/* What the database ran must be the first so many of all. */
static int check_history(PGconn *db, const struct migration *all, size_t n,
			 size_t *done_out)
{
	PGresult *rows = database_query(
	    db, "SELECT name, sha256 FROM schema_migrations ORDER BY name", 0,
	    NULL);
	int rc = rows != NULL ? 0 : HF_EUNREACHABLE;

	*done_out = rows != NULL ? (size_t)PQntuples(rows) : 0;
	for (int i = 0; rc == 0 && i < PQntuples(rows); i++)
		rc = check_one(PQgetvalue(rows, i, 0), PQgetvalue(rows, i, 1),
			       (size_t)i < n ? &all[i] : NULL);
	PQclear(rows);
	return rc;
}

static int remember(PGconn *db, const struct migration *m)
{
	char hex[HEX_MAX + 1];
	const char *const values[] = { m->name, hex };
	PGresult *result;

	sha256_hex(m->text, hex);
	result = database_query(
	    db, "INSERT INTO schema_migrations (name, sha256) VALUES ($1, $2)",
	    2, values);
	if (result == NULL)
		return HF_EUNREACHABLE;
	PQclear(result);
	return 0;
}

/* ---- one of them --------------------------------------------------------- */

/*
 * The statement that locks what $1 alters and is there already. It comes
 * first: a table's lock that is asked for when rows are locked would wait for
 * sales that wait for these rows. To validate a constraint needs no such lock.
 */
#define LOCK_STATEMENT                                                \
	"SELECT 'LOCK TABLE ' || string_agg(DISTINCT m[1], ', ') || " \
	"' IN ACCESS EXCLUSIVE MODE' FROM regexp_matches($1, "        \
	"'^ALTER TABLE (\\w+)(?!\\s+VALIDATE)', 'gn') AS m "          \
	"WHERE to_regclass(m[1]) IS NOT NULL"

static int lock_tables(PGconn *db, const struct migration *m)
{
	char *lock;
	int rc = database_value(db, LOCK_STATEMENT, 1, &m->text, &lock);

	if (rc == HF_ENOTFOUND)
		return 0;
	if (rc < 0)
		return rc;
	rc = database_try(db, lock);
	free(lock);
	return rc;
}

static int limit_waits(PGconn *db)
{
	char text[64];

	snprintf(text, sizeof(text), "SET LOCAL lock_timeout = %d",
		 MIGRATE_LOCK_MS);
	return database_run(db, text);
}

static int run_in_transaction(PGconn *db, const struct migration *m)
{
	int rc = database_begin(db);

	if (rc == 0)
		rc = limit_waits(db);
	if (rc == 0)
		rc = lock_tables(db, m);
	if (rc == 0)
		rc = database_try(db, m->text);
	if (rc == 0)
		rc = remember(db, m);
	return database_end(db, rc);
}

static int run_statements(PGconn *db, char *text)
{
	int rc = 0;
	char *end;

	for (; rc == 0 && (end = strstr(text, ";\n")) != NULL; text = end + 2) {
		*end = '\0';
		rc = database_try(db, text);
	}
	return rc;
}

static int run_outside(PGconn *db, const struct migration *m)
{
	char *text = hf_strdup(m->text);
	int rc = run_statements(db, text);

	free(text);
	return rc == 0 ? remember(db, m) : rc;
}

static int run_once(PGconn *db, const struct migration *m)
{
	size_t len = strlen(MIGRATE_OUTSIDE);

	return strncmp(m->text, MIGRATE_OUTSIDE, len) == 0
		   ? run_outside(db, m)
		   : run_in_transaction(db, m);
}

/* ---- until the sale lets it ---------------------------------------------- */

static void pause_a_little(void)
{
	struct timespec pause = { .tv_nsec = PAUSE_MS * 1000000L };

	nanosleep(&pause, NULL);
}

/* Tries again as long as others only have what it wants to lock. */
static int run_patiently(PGconn *db, const struct migration *m)
{
	int64_t until_ms = hf_clock_ms() + MIGRATE_PATIENCE_MS;
	int rc = run_once(db, m);

	if (rc == HF_EHELD)
		say_error("%s waits for the sale to let it work", m->name);
	while (rc == HF_EHELD && hf_clock_ms() < until_ms) {
		pause_a_little();
		rc = run_once(db, m);
	}
	return rc;
}

static int run_one(PGconn *db, const struct migration *m)
{
	int rc = run_patiently(db, m);

	if (rc == HF_EHELD)
		say_error("others have had its tables for %d s: see "
			  "pg_stat_activity",
			  MIGRATE_PATIENCE_MS / 1000);
	if (rc < 0)
		say_error("%s failed and was undone", m->name);
	return rc;
}

int migrate(PGconn *db, const struct migration *all, size_t n, size_t *ran_out)
{
	size_t done = 0;
	int rc;

	*ran_out = 0;
	rc = database_run(db, "CREATE TABLE IF NOT EXISTS schema_migrations ("
			      "name text COLLATE \"C\" PRIMARY KEY, "
			      "sha256 text NOT NULL, "
			      "ran_at timestamptz NOT NULL "
			      "DEFAULT clock_timestamp())");
	if (rc == 0)
		rc = check_history(db, all, n, &done);
	for (size_t i = done; rc == 0 && i < n; i++) {
		rc = run_one(db, &all[i]);
		*ran_out += rc == 0;
	}
	return rc;
}
