#include "config.h"

#include "fcgi/making.h"

#include "fcgi/best.h"
#include "fcgi/store_keys.h"
#include "libhold/err.h"

#include <poll.h>

static struct holding_taken take_best(struct booking *b,
				      const struct making *making,
				      const char *id)
{
	const struct best_wish *best = &making->input->wish;
	const struct seat_wish wish = {
		.count = (size_t)best->count,
		.together = best->together,
		.accessible = best->accessible,
		.max_price_minor = best->max_price_minor,
	};

	return best_take(b, id, making->event, &wish,
			 best->section[0] != '\0' ? best->section : NULL,
			 making->holder, making->input->turn);
}

struct holding_taken making_take(struct booking *b, const struct making *making,
				 const char *id)
{
	const struct hold_input *input = making->input;

	if (input->best)
		return take_best(b, making, id);
	return holding_take(b, id, making->event, &input->basket,
			    making->holder, input->turn);
}

static struct holding_taken only(enum hold_outcome outcome)
{
	return (struct holding_taken){ .outcome = outcome };
}

/* The key is ours: what it has made before, or now. */
static struct holding_taken take_or_replay(struct booking *b,
					   const struct making *making,
					   const char *id)
{
	struct holding_taken taken = only(HOLD_REPLAYED);
	int rc = store_key_find(b->store, making->holder, id, taken.id);

	if (rc == HF_ENOTFOUND)
		return making_take(b, making, id);
	if (rc < 0)
		return only(HOLD_STORE_AWAY);
	return strcmp(taken.id, id) == 0 ? taken : only(HOLD_KEY_REUSED);
}

enum { LOOK_MS = 20 };

/* Whoever has the key is at work for its holder, and soon done. */
static int begin(struct store *store, const char *holder, const char *key,
		 int64_t wait_ms)
{
	int rc = store_key_begin(store, holder, key);

	for (; rc == HF_EHELD && wait_ms > 0; wait_ms -= LOOK_MS) {
		poll(NULL, 0, LOOK_MS);
		rc = store_key_begin(store, holder, key);
	}
	return rc;
}

struct holding_taken making_take_once(struct booking *b,
				      const struct making *making,
				      const struct idempotency *key,
				      int64_t wait_ms)
{
	struct holding_taken taken;
	char id[HOLD_ID_LEN + 1];
	int rc = begin(b->store, making->holder, key->key, wait_ms);

	if (rc < 0)
		return only(rc == HF_EHELD ? HOLD_IN_PROGRESS
					   : HOLD_STORE_AWAY);
	idempotency_hold_id(key, making->holder, id);
	taken = take_or_replay(b, making, id);
	store_key_end(b->store, making->holder, key->key);
	return taken;
}
