/*
 * lockd's state on the journal: each change becomes a record, and a start
 * makes the state of the records again.
 *
 * A deadline is kept on the boot clock, without what KS_SHIFT moved it by, so
 * a record means the same whatever was moved before or after it. After a
 * reboot that clock begins anew: then the wall clock tells how long the
 * machine was away, and all deadlines are moved at once. A wall clock that
 * went back counts as no time at all, so no lock lives longer than it was
 * given.
 */
#ifndef LOCKD_PERSIST_H
#define LOCKD_PERSIST_H

#include "libhold/journal.h"
#include "lockd/keyspace.h"
#include "lockd/settings.h"

struct persist;

/* Everything up to seq is on disk; on the loop's thread. */
typedef void persist_durable_fn(void *arg, uint64_t seq);

/*
 * Loads what settings->dir has into keys and guards, then journals each change
 * of them. They and settings must outlive it. NULL after a line in the log.
 */
struct persist *persist_open(struct keyspace *keys, struct keyspace *guards,
			     const struct settings *settings, uv_loop_t *loop,
			     persist_durable_fn *durable, void *arg);

/*
 * Writes what is left and notes that nothing is missing. When the loop has
 * stopped, before it is closed; sets *persist to NULL. 0, or negative:
 * something that nobody was told of is lost.
 */
int persist_close(struct persist **persist);

/*
 * Changes between the two are on disk all or none: what a command, a script
 * or a transaction has done is never seen half after a crash. Pairs may lie
 * within each other. NULL persist: harmless.
 */
void persist_begin(struct persist *persist);
void persist_end(struct persist *persist);
/* Between the two: what has changed so far is not kept. */
void persist_forget(struct persist *persist);

/*
 * What durable() must have reached before a reply about the state as it is
 * now may leave; 0: it need not wait. NULL persist: nothing is kept.
 */
uint64_t persist_wait_for(const struct persist *persist);
uint64_t persist_last(const struct persist *persist);
uint64_t persist_durable(const struct persist *persist);

/*
 * For how long, in all until now_ms, the disk was late with what answers wait
 * for, or refused (lateness.h); and does that last? now_ms: boot clock.
 */
int64_t persist_late_ms(struct persist *persist, int64_t now_ms);
bool persist_is_late(const struct persist *persist, int64_t now_ms);

/*
 * Has the disk by how far deadlines have been moved, or more? An answer that
 * gave a lock so much time must not leave before: after a crash the lock would
 * be over. If not it soon has, and durable() is called again. To be asked in
 * durable() only.
 */
bool persist_covers_shift(struct persist *persist);

/*
 * How many changes so far that a crash could take back: all but an end at its
 * time, which a start repeats, and the moving of all deadlines.
 */
uint64_t persist_changes(const struct persist *persist);

/*
 * From the first to the second: has anybody looked at a key with such a change
 * that the disk has not yet (for everysec: that no horizon covers yet)? Only
 * while it refuses; otherwise replies wait without a question.
 */
void persist_watch_looks(struct persist *persist);
bool persist_saw_pending(struct persist *persist);

/* Syncs what there is now; gives what durable() will tell then. */
uint64_t persist_sync(struct persist *persist);

/* A Redis error text: why nothing may be changed now; NULL: it may. */
const char *persist_refusing(const struct persist *persist);

/*
 * Until when (boot clock ms) no key may come to be: everysec, and the last
 * stop was no clean one. What the lost second granted is over by then. 0: now.
 */
int64_t persist_closed_until_ms(const struct persist *persist);

const struct journal_counts *persist_counts(const struct persist *persist);

#endif
