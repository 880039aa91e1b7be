/*
 * The best seats for a party, picked and held in one step.
 *
 * Looks at what is free, picks (seat_pick.h) and takes it (holding.h). A
 * seat that another buyer had meanwhile is taken out and the party picks anew,
 * so that it is refused only when a fresh look has nothing that fits. The
 * threads of a worker go one after the other: at once they would all pick the
 * same seats.
 */
#ifndef FCGI_BEST_H
#define FCGI_BEST_H

#include "fcgi/hold_input.h"
#include "fcgi/holding.h"

#include <pthread.h>

/*
 * As holding_take(), or NOTHING_FITS. turn is the worker's; basket and its
 * text are of the seats that were tried last, for what the outcome tells.
 */
struct holding_taken best_take(struct booking *b, pthread_mutex_t *turn,
			       const char *id, const char *event,
			       const struct best_wish *wish, const char *holder,
			       struct basket *basket,
			       char text[BASKET_MAX][TICKET_ID_MAX + 1]);

#endif
