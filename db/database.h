/*
 * The way to PostgreSQL of holdfast-init and holdfast-admin: one connection,
 * errors told at once.
 *
 * Every function that fails has printed one line on standard error.
 */
#ifndef DB_DATABASE_H
#define DB_DATABASE_H

#include "db/say.h"

#include <libpq-fe.h>

/* url as libpq takes it. NULL on failure; the caller closes by PQfinish. */
PGconn *database_open(const char *url) HF_MUSTUSE;

/* Runs statements that give no rows. 0 or HF_EUNREACHABLE. */
int database_run(PGconn *db, const char *text) HF_MUSTUSE;

/*
 * The same; HF_EHELD, without a line, when a lock was not to be had in time
 * (lock_timeout) or a deadlock was ended.
 */
int database_try(PGconn *db, const char *text) HF_MUSTUSE;

/*
 * Runs one statement with n text parameters, $1 first. NULL on failure; the
 * caller frees by PQclear.
 */
PGresult *database_query(PGconn *db, const char *text, int n,
			 const char *const *values) HF_MUSTUSE;

/*
 * The value that a statement with n parameters gives in its only row and
 * column, copied; the caller frees. HF_ENOTFOUND: it gave no row or NULL.
 */
int database_value(PGconn *db, const char *text, int n,
		   const char *const *values, char **value_out) HF_MUSTUSE;

/* BEGIN. */
int database_begin(PGconn *db) HF_MUSTUSE;

/*
 * COMMIT when rc is 0, else ROLLBACK. Gives rc, or what became of the COMMIT.
 */
int database_end(PGconn *db, int rc) HF_MUSTUSE;

/*
 * Waits until no other holdfast-init works on this database, and says so; ours
 * from then on, until the connection ends.
 */
int database_lock(PGconn *db) HF_MUSTUSE;

#endif
