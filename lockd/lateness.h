/*
 * For how long answers have waited for the disk beyond what it may take.
 *
 * CORE: no disk and no clock; it is told of both. While answers wait nobody
 * can be granted or extend anything, so that time must not count against him.
 * A sync may take LATENESS_PATIENCE_MS, which does: so also on a disk that is
 * always late locks end, if slowly. A disk that refuses is late at once.
 */
#ifndef LOCKD_LATENESS_H
#define LOCKD_LATENESS_H

#include "libhold/heap.h"

enum { LATENESS_PATIENCE_MS = 100 };

struct lateness {
	int64_t from_ms; /* what is not counted yet; HF_NEVER: nobody waits */
	int64_t total_ms;
};

static inline struct lateness lateness_none(void)
{
	return (struct lateness){ .from_ms = HF_NEVER };
}

/* An answer has to wait since now_ms, if none did before. */
void lateness_begin(struct lateness *late, int64_t now_ms);

/* Counts to now_ms: does an answer wait, are changes refused? */
void lateness_look(struct lateness *late, bool waits, bool refused,
		   int64_t now_ms);

/* Answers leave; waits: others do for the next sync already. */
void lateness_passed(struct lateness *late, bool waits, int64_t now_ms);

/* Does it go on, at the time of the last look? */
static inline bool lateness_goes_on(const struct lateness *late, int64_t now_ms)
{
	return late->from_ms <= now_ms;
}

#endif
