/*
 * Time that nobody could use, in which no deadline runs.
 *
 * Either lockd itself was not served by its machine (stopped, suspended), or
 * its disk is late with what answers wait for, or refuses (lateness.h). Then
 * clients could not be granted or renew anything: all deadlines move by that
 * long, before anything that is readable now finds a lock past its time.
 * While it lasts they move with the clock, so nothing falls due; when it is
 * over one KS_SHIFT says by how much.
 */
#ifndef LOCKD_STALL_H
#define LOCKD_STALL_H

#include "lockd/lockd.h"

/*
 * A server that runs is never so late: it was stopped or suspended, or its
 * machine was, and its clients had no chance to renew. While there are
 * deadlines it looks at the clock often enough to see for how long.
 */
enum { STALL_MS = 100, STALL_BEAT_MS = 250 };

struct stall {
	int64_t served_ms;   /* when we served last */
	int64_t promised_ms; /* when it wanted to; HF_NEVER: any time */
	int64_t looked_ms;
	int64_t late_seen_ms; /* of the disk's lateness: moved by already */
	int64_t unsaid_ms;    /* moved by, without a KS_SHIFT yet */
	bool still;           /* it lasts: nothing falls due */
	int64_t unlogged_ms, logged_ms; /* one line a second is enough */
};

void stall_init(struct stall *stall);

/* Moves the deadlines; before anything is served or falls due at now_ms. */
void stall_look(struct stall *stall, struct lockd *lockd, int64_t now_ms);

/*
 * The work of a turn is done at now_ms, and the next falls due at next_ms
 * (left: some of it is due already, and no promise). Gives when to wake.
 */
int64_t stall_promise(struct stall *stall, const struct lockd *lockd,
		      int64_t next_ms, int64_t now_ms, bool left);

#endif
