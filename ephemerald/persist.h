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

/*
 * Writes what is left; as journal_close(). Sets *persist to NULL. 0, or
 * negative: something that nobody was told of is lost.
 */
int persist_close(struct persist **persist) HF_MUSTUSE;

/*
 * The last number that may be told now: it, and all before it, are on disk or
 * (everysec) will at least never be given again. It never goes back.
 */
int64_t persist_settled_zxid(const struct persist *persist,
			     const struct zdb *db);

/*
 * What durable() must have reached before a reply may leave that tells of
 * changes up to zxid, or has that number: whoever reads what nobody has
 * changed lately need not wait for others' changes. 0: it need not wait. NULL
 * persist: nothing is kept.
 */
uint64_t persist_wait_for(const struct persist *persist, int64_t zxid);

/* Somebody waits for the disk who has changed nothing himself. */
void persist_note_waiter(struct persist *persist);

/* Why nothing may be changed now; NULL: it may. */
const char *persist_refusing(const struct persist *persist);

/* The disk's last answer was an error: what waits for it may wait for long. */
bool persist_failing(const struct persist *persist);

const struct journal_counts *persist_counts(const struct persist *persist);

#endif
