/*
 * Brings a database's schema up to this program's.
 *
 * The migrations db/migrations/NNNN_*.sql are compiled in. Each runs once, in
 * one transaction with the row that remembers it, in the order of their
 * numbers and only forward.
 */
#ifndef DB_MIGRATE_H
#define DB_MIGRATE_H

#include "db/database.h"

/*
 * 0 and how many were run now. HF_EBAD: the database's history is not ours
 * (a migration was changed after it had been run, or the database is newer);
 * HF_EUNREACHABLE: a statement failed, and that migration left no trace.
 * Call it under database_lock().
 */
int migrate(PGconn *db, size_t *ran_out) HF_MUSTUSE;

#endif
