/*
 * Brings a database's schema up to this program's, under a sale that goes on.
 *
 * Each migration (db/migrations/NNNN_*.sql) runs once, in one transaction with
 * the row that remembers it, in the order of their numbers and only forward.
 * Tables that it alters are locked first, all in one statement that waits
 * MIGRATE_LOCK_MS at most, so that a sale never stands behind a migration that
 * itself waits; then it is undone and tried again.
 *
 * One whose first line is MIGRATE_OUTSIDE runs outside a transaction, as
 * CREATE INDEX CONCURRENTLY wants it: statement by statement, each ending a
 * line with its semicolon. Being stopped half-way must not hurt it, as it then
 * begins anew.
 */
#ifndef DB_MIGRATE_H
#define DB_MIGRATE_H

#include "db/database.h"

#define MIGRATE_OUTSIDE "-- outside a transaction\n"

enum {
	MIGRATE_LOCK_MS = 200,
	MIGRATE_PATIENCE_MS = 300000, /* of all tries of one migration */
};

struct migration {
	const char *name; /* as its file is called */
	const char *text;
};

/*
 * 0 and how many were run now. HF_EBAD: the database's history is not ours
 * (a migration was changed after it had been run, or the database is newer);
 * HF_EUNREACHABLE: a statement failed, or a table was in use all the time, and
 * that migration left no trace. Call it under database_lock().
 */
int migrate(PGconn *db, const struct migration *all, size_t n,
	    size_t *ran_out) HF_MUSTUSE;

#endif
