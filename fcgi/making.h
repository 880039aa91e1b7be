/*
 * Making a hold as a request wishes: of the seats that it names, or the best.
 */
#ifndef FCGI_MAKING_H
#define FCGI_MAKING_H

#include "fcgi/hold_input.h"
#include "fcgi/holding.h"

/* Who wishes what of which event; lives as long as the request. */
struct making {
	const char *event, *holder;
	const struct hold_input *input;
};

/* id: of the hold to be made. As holding_take() and best_take(). */
struct holding_taken making_take(struct booking *b, const struct making *making,
				 const char *id);

#endif
