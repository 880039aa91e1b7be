#include "config.h"

#include "db/migrate.h"

#include "db/migrations.h"
#include "libhold/err.h"

#include <openssl/sha.h>
#include <stdio.h>
#include <string.h>

enum { HEX_MAX = 2 * SHA256_DIGEST_LENGTH };

static void sha256_hex(const char *text, char hex[HEX_MAX + 1])
{
	unsigned char digest[SHA256_DIGEST_LENGTH];

	SHA256((const unsigned char *)text, strlen(text), digest);
	for (size_t i = 0; i < sizeof(digest); i++)
		snprintf(hex + 2 * i, 3, "%02x", digest[i]);
}

static int check_one(const char *name, const char *sha256, size_t i)
{
	char hex[HEX_MAX + 1];

	if (i >= HF_LEN(migrations)) {
		say_error("the database is newer than this program: it has "
			  "%s",
			  name);
		return HF_EBAD;
	}
	sha256_hex(migrations[i].text, hex);
	if (strcmp(name, migrations[i].name) != 0) {
		say_error("the database ran %s where this program has %s", name,
			  migrations[i].name);
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

/* What the database ran must be the first so many of ours. */
static int check_history(PGconn *db, size_t *done_out)
{
	PGresult *rows = database_query(
	    db, "SELECT name, sha256 FROM schema_migrations ORDER BY name", 0,
	    NULL);
	int rc = rows != NULL ? 0 : HF_EUNREACHABLE;

	*done_out = rows != NULL ? (size_t)PQntuples(rows) : 0;
	for (int i = 0; rc == 0 && i < PQntuples(rows); i++)
		rc = check_one(PQgetvalue(rows, i, 0), PQgetvalue(rows, i, 1),
			       (size_t)i);
	PQclear(rows);
	return rc;
}

static int remember(PGconn *db, const char *name, const char *text)
{
	char hex[HEX_MAX + 1];
	const char *const values[] = { name, hex };
	PGresult *result;

	sha256_hex(text, hex);
	result = database_query(
	    db, "INSERT INTO schema_migrations (name, sha256) VALUES ($1, $2)",
	    2, values);
	if (result == NULL)
		return HF_EUNREACHABLE;
	PQclear(result);
	return 0;
}

static int run_one(PGconn *db, const char *name, const char *text)
{
	int rc = database_run(db, "BEGIN");

	if (rc == 0)
		rc = database_run(db, text);
	if (rc == 0)
		rc = remember(db, name, text);
	if (rc == 0)
		rc = database_run(db, "COMMIT");
	if (rc < 0) {
		say_error("%s failed and was undone", name);
		PQclear(PQexec(db, "ROLLBACK"));
	}
	return rc;
}

int migrate(PGconn *db, size_t *ran_out)
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
		rc = check_history(db, &done);
	for (size_t i = done; rc == 0 && i < HF_LEN(migrations); i++) {
		rc = run_one(db, migrations[i].name, migrations[i].text);
		*ran_out += rc == 0;
	}
	return rc;
}
