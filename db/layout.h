/*
 * An event's layout: what a page needs to draw its hall, as one JSON text
 * (docs/box-office.md), made of the event's row and its tickets.
 *
 * It names what never changes during a sale; pages keep it for ever under the
 * hash of it, so it is made again whenever event or tickets were changed.
 */
#ifndef DB_LAYOUT_H
#define DB_LAYOUT_H

#include "db/database.h"

enum { LAYOUT_MAX = 64 << 20 }; /* bytes */

/*
 * Makes the event's layout and stores it with its hash. An event without
 * tickets has none. HF_ELIMIT: it would be too large; HF_EUNREACHABLE.
 */
int layout_store(PGconn *db, const char *event) HF_MUSTUSE;

/* The same for every event that has tickets and no layout yet. */
int layout_store_missing(PGconn *db) HF_MUSTUSE;

#endif
