#include "config.h"

#include "lockd/stall.h"

#include "libhold/log.h"
#include "lockd/locks.h"
#include "lockd/persist.h"

#define LOG_EVERY_MS 1000

void stall_init(struct stall *s)
{
	*s = (struct stall){ .promised_ms = HF_NEVER };
}

/* For how long did nobody serve? */
static int64_t away_ms(const struct stall *s, int64_t now_ms)
{
	return s->promised_ms == HF_NEVER || now_ms - s->promised_ms < STALL_MS
		   ? 0
		   : now_ms - s->served_ms;
}

static int64_t least(int64_t a_ms, int64_t b_ms)
{
	return a_ms < b_ms ? a_ms : b_ms;
}

static void move(struct stall *s, struct lockd *lockd, int64_t by_ms)
{
	if (s->unsaid_ms == 0)
		lockd->stats.stalls++;
	lockd->stats.stalled_ms += (uint64_t)by_ms;
	s->unsaid_ms += by_ms;
	keyspace_drift(lockd->keys, keyspace_shift(lockd->keys) + by_ms);
}

static void log_it(struct stall *s, int64_t now_ms)
{
	s->unlogged_ms += s->unsaid_ms;
	if (s->logged_ms != 0 && now_ms < s->logged_ms + LOG_EVERY_MS)
		return;
	hf_warnx("nobody was served for ms=%lld: all deadlines are moved by "
		 "that",
		 (long long)s->unlogged_ms);
	s->unlogged_ms = 0;
	s->logged_ms = now_ms;
}

static void say(struct stall *s, struct lockd *lockd, int64_t now_ms)
{
	struct ks_change change = { .kind = KS_SHIFT,
				    .due_ms = keyspace_shift(lockd->keys) };

	log_it(s, now_ms);
	s->unsaid_ms = 0;
	keyspace_apply(lockd->keys, &change, now_ms);
}

void stall_look(struct stall *s, struct lockd *lockd, int64_t now_ms)
{
	int64_t away = away_ms(s, now_ms);
	int64_t late =
	    persist_late_ms(lockd->persist, now_ms) - s->late_seen_ms;
	/* What both have seen counts once, and no time goes back. */
	int64_t by_ms = least(away > late ? away : late, now_ms - s->looked_ms);

	if (away > 0) {
		s->served_ms = now_ms;
		s->promised_ms = HF_NEVER; /* until the next one */
	}
	s->looked_ms = now_ms;
	s->late_seen_ms += least(late, by_ms);
	if (by_ms > 0)
		move(s, lockd, by_ms);
	s->still = persist_is_late(lockd->persist, now_ms);
	locks_stand_still(lockd, s->still);
	if (s->unsaid_ms > 0 && !s->still)
		say(s, lockd, now_ms);
}

int64_t stall_promise(struct stall *s, const struct lockd *lockd,
		      int64_t next_ms, int64_t now_ms, bool left)
{
	if (keyspace_count_due(lockd->keys) > 0 &&
	    next_ms > now_ms + STALL_BEAT_MS)
		next_ms = now_ms + STALL_BEAT_MS;
	s->served_ms = now_ms;
	s->promised_ms = next_ms > now_ms ? next_ms : now_ms;
	if (left)
		s->promised_ms = HF_NEVER;
	return next_ms;
}
