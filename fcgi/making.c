#include "config.h"

#include "fcgi/making.h"

#include "fcgi/best.h"

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
