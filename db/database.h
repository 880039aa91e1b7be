/*
 * holdfast-init's way to PostgreSQL: one connection, errors told at once.
 *
 * Every function that fails has printed one line on standard error.
 */
#ifndef DB_DATABASE_H
#define DB_DATABASE_H

#include "libhold/base.h"

#include <libpq-fe.h>

/* One line on standard error, "holdfast-init: …". */
void say_error(const char *format, ...) HF_PRINTF(1, 2);

/* url as libpq takes it. NULL on failure; the caller closes by PQfinish. */
PGconn *database_open(const char *url) HF_MUSTUSE;

/* Runs statements that give no rows. 0 or HF_EUNREACHABLE. */
int database_run(PGconn *db, const char *text) HF_MUSTUSE;

/*
 * Runs one statement with n text parameters, $1 first. NULL on failure; the
 * caller frees by PQclear.
 */
PGresult *database_query(PGconn *db, const char *text, int n,
			 const char *const *values) HF_MUSTUSE;

/*
 * Waits until no other holdfast-init works on this database; ours from then
 * on, until the connection ends.
 */
int database_lock(PGconn *db) HF_MUSTUSE;

#endif
