/*
 * Is the database's schema new enough for this worker?
 *
 * A newer one is: schemas only grow while any worker of before may be at work
 * (HACKING.md, migrations). An older one would fail in the middle of a sale.
 */
#ifndef FCGI_SCHEMA_H
#define FCGI_SCHEMA_H

#include "libhold/base.h"

/* The statement that gives the last migration's name, one row. */
#define SCHEMA_STATEMENT "SELECT max(name) FROM schema_migrations"

enum { SCHEMA_WRONG_MAX = 200 };

/*
 * What is wrong with a database that ran it last, in wrong_out; false: nothing
 * is.
 */
bool schema_is_old(const char *last, char wrong_out[SCHEMA_WRONG_MAX]);

#endif
