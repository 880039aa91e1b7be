#include "config.h"

#include "fcgi/line.h"

struct line_pass line_pass(struct booking *b, const struct event_terms *terms,
			   const struct line_ask *ask)
{
	struct line_pass pass = { .outcome = HOLD_OK };
	enum line_check check = LINE_FREE;

	if (!terms->line && !ask->turn)
		return pass;
	if (store_line_check(b->store, ask->event, ask->holder, ask->basket,
			     &ask->wish, &check, &pass.in_line) < 0)
		pass.outcome = HOLD_STORE_AWAY;
	else if (check == LINE_WAIT || (ask->turn && check != LINE_TURN))
		pass.outcome = HOLD_IN_LINE;
	pass.by_turn = check == LINE_TURN;
	return pass;
}
