/*
 * The rule of best available: picks and takes in one step.
 *
 * CORE: as holding.h. Sections are looked at in the order of their best free
 * seats, each under its lock: the first in which the party can sit together
 * without leaving a single seat wins, else the first in which it can sit
 * together, else the one in which it is split least. So buyers who ask at the
 * same moment are not given the same seats, and a party is refused only when
 * it fits nowhere.
 */
#ifndef FCGI_BEST_H
#define FCGI_BEST_H

#include "fcgi/holding.h"
#include "fcgi/seat_pick.h"

/*
 * section: NULL for any. As holding_take(); NOTHING_FITS: no section has room
 * for it; BUSY: too many asked at the same time, which may be repeated.
 */
struct holding_taken best_take(struct booking *b, const char *id,
			       const char *event, const struct seat_wish *wish,
			       const char *section, const char *holder,
			       bool turn);

#endif
