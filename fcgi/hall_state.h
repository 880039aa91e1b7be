/*
 * What an event's seats were when the table was read, and what is told of them
 * to who asks later.
 *
 * CORE: told the time. A seat that is held becomes available by itself when
 * its time is over. Seats that are available and were never changed are not
 * kept: they are those that are missing.
 */
#ifndef FCGI_HALL_STATE_H
#define FCGI_HALL_STATE_H

#include "fcgi/store_events.h"

struct hall_state {
	size_t n, room;
	struct hall_seat *seats; /* by ordinal, once hall_state_sort() ran */
	/* Made by that, too: places in seats. */
	uint32_t *latest; /* all, the greatest version first */
	uint32_t *held;   /* those with an 'h' */
	size_t held_n, booked_n, blocked_n;
};

void hall_state_init(struct hall_state *state);
void hall_state_fini(struct hall_state *state);

void hall_state_add(struct hall_state *state, const struct hall_seat *seat);
void hall_state_sort(struct hall_state *state);

/*
 * Fills told_out, whose texts and seats live as long as moment and seats_out;
 * moment: when state was read, or later if it did not change until then.
 * since < 0: all that are not available, and all that changed in or after the
 * moment's version; else all that changed in or after since, and those whose
 * time is over.
 */
void hall_state_tell(const struct hall_state *state,
		     const struct event_moment *moment, int64_t now_ms,
		     int64_t since, struct hf_buf *seats_out,
		     struct event_state *told_out);

#endif
