/*
 * The state on the journal: each transaction becomes a record, and a start
 * makes the state of the records again.
 *
 * Sessions come back with their full timeout. A number of a change (zxid) that
 * was given never comes again: numbers of changes that failed leave no record,
 * so the journal says beforehand up to where they may go.
 */
#ifndef EPHEMERALD_PERSIST_H
#define EPHEMERALD_PERSIST_H

#include "ephemerald/settings.h"
#include "ephemerald/zdb.h"
#include "libhold/journal.h"

struct persist;

/* Everything up to seq is on disk; on the loop's thread. */
typedef void persist_durable_fn(void *arg, uint64_t seq);

/*
 * Loads what settings->dir has into db, then journals each change of it. Both
 * must outlive it. NULL after a line in the log.
 */
struct persist *persist_open(struct zdb *db, const struct settings *settings,
			     uv_loop_t *loop, persist_durable_fn *durable,
			     void *arg);

/* Writes what is left; as journal_close(). Sets *persist to NULL. */
void persist_close(struct persist **persist);

/*
 * What durable() must have reached before a reply about the state as it is
 * now may leave; 0: it need not wait. NULL persist: nothing is kept.
 */
uint64_t persist_wait_for(const struct persist *persist);

/*
 * The same of a reply that tells of no change after zxid: whoever reads what
 * nobody has changed lately need not wait for others' changes. 0: it tells of
 * none at all.
 */
uint64_t persist_wait_for_change(const struct persist *persist, int64_t zxid);

/* Somebody waits for the disk who has changed nothing himself. */
void persist_note_waiter(struct persist *persist);

/* The number of a change that, with all before it, is on disk. */
int64_t persist_durable_zxid(const struct persist *persist,
			     const struct zdb *db);

/* Why nothing may be changed now; NULL: it may. */
const char *persist_refusing(const struct persist *persist);

const struct journal_counts *persist_counts(const struct persist *persist);

#endif
