/*
 * The journal: changes are appended, on disk soon, and there after a crash.
 *
 * The loop never waits for the disk. One write with its fdatasync at a time
 * runs in libuv's thread pool; what is appended meanwhile shares the next.
 * durable() tells up to which append the disk has everything. A snapshot is
 * made piece by piece between turns, so the log can be cut without a pause.
 * Whatever may wait for the disk, closing a file or removing a name too, is
 * done in the pool.
 * Files: journal_file.h.
 *
 * When a write or sync fails, everything since the last good sync is written
 * to the same place again until it works, and journal_refusing() asks the
 * program to refuse changes meanwhile: after a failed fsync nobody knows what
 * of the old bytes the kernel still has ("Can Applications Recover from fsync
 * Failures?", ATC 2020).
 */
#ifndef HOLD_JOURNAL_H
#define HOLD_JOURNAL_H

#include "libhold/hist.h"
#include "libhold/journal_file.h"

#include <uv.h>

struct journal;

enum journal_sync {
	JOURNAL_ALWAYS,   /* durable() follows at once */
	JOURNAL_EVERYSEC, /* written within 5 ms, synced each second */
};

struct journal_ops {
	/* A record of a snapshot or log, while opening; as journal_read(). */
	journal_each_fn *load;
	/* Everything up to seq is on disk. */
	void (*durable)(void *arg, uint64_t seq);
	/*
	 * Gives the next piece of the state, less than a millisecond's worth,
	 * by journal_snapshot_add(); first: from the start. True when that
	 * was all. Changes may come between two pieces: a record must say what
	 * is, not what changed, so that replaying the log over it is harmless.
	 */
	bool (*snapshot)(void *arg, bool first);
};

struct journal_conf {
	const char *dir; /* made if it is not there */
	const char *app; /* at most 16 bytes */
	uint32_t app_version;
	enum journal_sync sync;
	bool repair;          /* cut damaged files instead of refusing them */
	size_t compact_bytes; /* of logs, before a new snapshot is made */
	unsigned gather_most; /* as journal_gather.h's most */
};

/* For INFO. */
struct journal_counts {
	uint64_t loaded; /* records */
	uint64_t cut_bytes;
	int64_t load_ms;
	uint64_t syncs;
	uint64_t snapshots;
	uint64_t failures; /* writes and syncs that failed */
	uint64_t log_bytes;
	int64_t longest_piece_us; /* for which the loop was kept from others */
	struct hf_hist pieces_us; /* of snapshots: each so long */
};

/*
 * Recovers what dir has through ops->load, then begins a new generation. conf
 * and ops must outlive the journal. NULL after a line in the log: the folder
 * cannot be used, another process has it, or its files are damaged.
 */
struct journal *journal_open(const struct journal_conf *conf,
			     const struct journal_ops *ops, void *arg,
			     uv_loop_t *loop);

/*
 * Writes and syncs what is left, waiting for it; a disk that refuses is given
 * up with a line in the log, and that is negative. Calls nothing of ops. To be
 * called when the loop has stopped and before it is closed; the loop's last run
 * frees the rest. Sets *journal to NULL.
 */
int journal_close(struct journal **journal);

/*
 * Appends (copies) a record of at least one byte; gives its sequence number,
 * the first is 1. It goes to the disk soon.
 */
uint64_t journal_add(struct journal *journal, struct hf_slice record);
uint64_t journal_last(const struct journal *journal);
uint64_t journal_durable(const struct journal *journal);

/*
 * Somebody who added nothing waits for what is not durable yet: he, too, is
 * one of the crowd that syncs are for.
 */
void journal_note_waiter(struct journal *journal);

/* What was added is synced now, and not with the next second. */
void journal_sync_soon(struct journal *journal);

/* One record of a snapshot; only from within ops->snapshot. */
void journal_snapshot_add(struct journal *journal, struct hf_slice record);

/* Why no change may be made now (lives until the next turn), or NULL. */
const char *journal_refusing(const struct journal *journal);

/* The last write or sync has failed, and none was good since. */
bool journal_failing(const struct journal *journal);

/* How long the last write, with its sync if it had one, took. */
int64_t journal_took_ms(const struct journal *journal);

/* journal_open() kept what could be read, and records may be missing. */
bool journal_was_repaired(const struct journal *journal);

const struct journal_counts *journal_counts(const struct journal *journal);

#endif
