/*
 * The journal's files: their names, header and records; and how to read them
 * back after a crash.
 *
 * A folder holds generations. "log.N" has the changes made since generation N
 * began; "snapshot.N" has a state to which replaying log.N, log.N+1, ... from
 * their first record leads to the present. A snapshot gets its name only when
 * it is whole and on disk. Records are opaque here.
 *
 * A file is a header and records. All numbers are big-endian.
 *
 * Header: "HFJLOG" or "HFJSNP" with two zeros, u32 format, u32 app version,
 * 16 bytes app name, u64 generation, u64 salt (random), i64 boot clock ms, i64
 * wall clock ms, 36 bytes boot id, u32 CRC-32C of all that.
 *
 * Record: u32 length, u32 CRC-32C of what follows, u64 stamp, then length
 * bytes. stamp XOR salt is "synced": the bytes of this file known to be on disk
 * when the record was written. The salt keeps bytes that a client made up from
 * being taken for a record after damage.
 *
 * Mark: a record of length 0, with a meaning of its own for "synced". A
 * snapshot ends with one: it may show changes that its generation's log has up
 * to there, so no less of that log is enough. A log begins with one: there the
 * log before it ended, all of it on disk.
 *
 * A log may end in zeros (space taken beforehand).
 *
 * A record that cannot be read, with a later one that says it was on disk, is
 * damage, not a torn tail: then reading refuses. Idea of the two cases: the
 * etcd WAL and "All File Systems Are Not Created Equal", OSDI 2014.
 */
#ifndef HOLD_JOURNAL_FILE_H
#define HOLD_JOURNAL_FILE_H

#include "libhold/buf.h"

enum {
	JOURNAL_FORMAT = 1,
	JOURNAL_HEADER_BYTES = 104,
	JOURNAL_RECORD_HEAD_BYTES = 16,
	JOURNAL_RECORD_MAX = 128 * 1024 * 1024,
};

struct journal_header {
	bool snapshot;
	char app[16 + 1];
	uint32_t app_version;
	uint64_t generation;
	uint64_t salt;
	int64_t boot_ms; /* both clocks at one instant, for deadlines */
	int64_t wall_ms;
	char boot_id[36 + 1]; /* /proc/sys/kernel/random/boot_id */
};

/* Now, on this boot, with a salt of its own. */
void journal_header_now(struct journal_header *header, bool snapshot,
			const char *app, uint32_t app_version,
			uint64_t generation);

void journal_put_header(struct hf_buf *out,
			const struct journal_header *header);
void journal_put_record(struct hf_buf *out, struct hf_slice record,
			uint64_t stamp);
void journal_put_mark(struct hf_buf *out, uint64_t stamp);

/* Without stamp and sum yet: those can be told later, and elsewhere. */
void journal_put_unstamped(struct hf_buf *out, struct hf_slice record);

/* Gives all records in buf, from this byte of it on, their stamp and sum. */
void journal_stamp(struct hf_buf *buf, size_t from, uint64_t stamp);

enum journal_found {
	JOURNAL_WHOLE,  /* read to its end */
	JOURNAL_TORN,   /* the rest was never acknowledged: cut it */
	JOURNAL_BROKEN, /* damage that no crash explains */
};

struct journal_scan {
	struct journal_header header;
	uint64_t records;   /* whole ones */
	size_t whole_bytes; /* up to the end of the last whole record */
	size_t synced;      /* of these: known to be on disk by the writer */
	uint64_t mark;      /* what the mark says; 0: none was seen */
	bool ended;         /* a snapshot's mark was seen */
};

/*
 * Reads a file's bytes: each(arg, record) for every whole record in order
 * until one cannot be read. each may refuse with a negative code, which makes
 * the file BROKEN. A header cut short is TORN with whole_bytes 0; one with a
 * wrong sum is BROKEN.
 */
typedef int journal_each_fn(void *arg, const struct journal_header *header,
			    struct hf_slice record);
enum journal_found journal_read(struct hf_slice file, journal_each_fn *each,
				void *arg, struct journal_scan *scan_out);

#endif
