/*
 * Making a hold as a request wishes: of the seats that it names, or the best;
 * once for each key.
 */
#ifndef FCGI_MAKING_H
#define FCGI_MAKING_H

#include "fcgi/hold_input.h"
#include "fcgi/holding.h"
#include "fcgi/idempotency.h"

/* Who wishes what of which event; lives as long as the request. */
struct making {
	const char *event, *holder;
	const struct hold_input *input;
};

/* id: of the hold to be made. As holding_take() and best_take(). */
struct holding_taken making_take(struct booking *b, const struct making *making,
				 const char *id);

/*
 * The same, by a key of the holder's. REPLAYED, and the id: it has made that
 * hold before; KEY_REUSED: one of another wish; IN_PROGRESS: for wait_ms
 * somebody else was making one by it.
 */
struct holding_taken making_take_once(struct booking *b,
				      const struct making *making,
				      const struct idempotency *key,
				      int64_t wait_ms);

#endif
