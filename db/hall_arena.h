/*
 * An arena of 50,000 seats: a floor of four blocks, and three rings of
 * sections around it.
 */
#ifndef DB_HALL_ARENA_H
#define DB_HALL_ARENA_H

#include "db/hall.h"

enum { ARENA_SEATS = 50000 };

/* Prices are whole units of a currency with hall->decimals, set before. */
void hall_arena_make(struct hall *hall);

#endif
