/*
 * Removes containers that are empty again, and nodes whose time to live is
 * over and that have no children.
 */
#ifndef EPHEMERALD_REAPER_H
#define EPHEMERALD_REAPER_H

#include "ephemerald/ephemerald.h"

/* A bounded piece of it, when it is time; gives when to come again. */
int64_t reaper_tick(struct ephemerald *e, int64_t now_ms);

#endif
