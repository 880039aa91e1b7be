#include "config.h"

#include "libhold/journal_file.h"

#include "libhold/clock.h"
#include "libhold/crc32c.h"
#include "libhold/wire.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/random.h>
#include <unistd.h>

#define MAGIC_BYTES   8
#define APP_BYTES     16
#define BOOT_ID_BYTES 36

static const char magic_log[MAGIC_BYTES] = "HFJLOG";
static const char magic_snapshot[MAGIC_BYTES] = "HFJSNP";

static void read_boot_id(char out[BOOT_ID_BYTES + 1])
{
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);

	memset(out, 0, BOOT_ID_BYTES + 1);
	if (fd < 0)
		return; /* an unknown boot is no boot we know: the wall clock */
	if (read(fd, out, BOOT_ID_BYTES) != BOOT_ID_BYTES)
		memset(out, 0, BOOT_ID_BYTES);
	close(fd);
}

static uint64_t random_salt(void)
{
	uint64_t salt = 0;

	/* Before the pool is ready: guessable, which is better than waiting. */
	if (getrandom(&salt, sizeof(salt), GRND_NONBLOCK) < 0)
		salt = (uint64_t)hf_clock_us() << 20 ^ (uint64_t)getpid();
	return salt;
}

void journal_header_now(struct journal_header *header, bool snapshot,
			const char *app, uint32_t app_version,
			uint64_t generation)
{
	*header = (struct journal_header){
		.snapshot = snapshot,
		.app_version = app_version,
		.generation = generation,
		.salt = random_salt(),
		.boot_ms = hf_clock_ms(),
		.wall_ms = hf_wall_ms(),
	};
	snprintf(header->app, sizeof(header->app), "%s", app);
	read_boot_id(header->boot_id);
}

static void put_padded(struct hf_buf *out, const char *text, size_t bytes)
{
	char padded[BOOT_ID_BYTES] = { 0 };

	memcpy(padded, text, strnlen(text, bytes));
	hf_buf_add(out, padded, bytes);
}

void journal_put_header(struct hf_buf *out, const struct journal_header *header)
{
	size_t begin = hf_buf_len(out);

	hf_buf_add(out, header->snapshot ? magic_snapshot : magic_log,
		   MAGIC_BYTES);
	hf_wr_u32(out, JOURNAL_FORMAT);
	hf_wr_u32(out, header->app_version);
	put_padded(out, header->app, APP_BYTES);
	hf_wr_u64(out, header->generation);
	hf_wr_u64(out, header->salt);
	hf_wr_i64(out, header->boot_ms);
	hf_wr_i64(out, header->wall_ms);
	put_padded(out, header->boot_id, BOOT_ID_BYTES);
	if (hf_buf_failed(out))
		return;
	hf_wr_u32(out, hf_crc32c(0, hf_buf_slice(out).data + begin,
				 JOURNAL_HEADER_BYTES - 4));
}

/* The sum of a whole record goes into its place, before what it covers. */
static void seal(char *record, size_t len)
{
	uint32_t sum = hf_crc32c(0, record + 8, 8 + len);

	for (int i = 3; i >= 0; i--, sum >>= 8)
		record[4 + i] = (char)(sum & 0xff);
}

void journal_stamp(struct hf_buf *buf, size_t from, uint64_t stamp)
{
	struct hf_rd r = hf_rd_of(hf_buf_slice(buf));

	hf_rd_bytes(&r, from);
	while (r.left > 0) {
		char *record = buf->data + buf->end - r.left;
		uint32_t len = hf_rd_u32(&r);

		for (int i = 0; i < 8; i++)
			record[8 + i] = (char)(stamp >> (56 - 8 * i) & 0xff);
		seal(record, len);
		hf_rd_bytes(&r, JOURNAL_RECORD_HEAD_BYTES - 4 + (size_t)len);
	}
}

void journal_put_unstamped(struct hf_buf *out, struct hf_slice record)
{
	hf_wr_u32(out, (uint32_t)record.len);
	hf_wr_u32(out, 0);
	hf_wr_u64(out, 0);
	hf_buf_add_slice(out, record);
}

void journal_put_record(struct hf_buf *out, struct hf_slice record,
			uint64_t stamp)
{
	size_t begin = hf_buf_len(out);

	journal_put_unstamped(out, record);
	if (!hf_buf_failed(out))
		journal_stamp(out, begin, stamp);
}

void journal_put_mark(struct hf_buf *out, uint64_t stamp)
{
	journal_put_record(out, HF_SLICE(""), stamp);
}

static bool get_header(struct hf_slice file, struct journal_header *header)
{
	struct hf_rd r =
	    hf_rd_of((struct hf_slice){ file.data, JOURNAL_HEADER_BYTES });
	struct hf_slice text;
	bool ok;

	text = hf_rd_bytes(&r, MAGIC_BYTES);
	header->snapshot = memcmp(text.data, magic_snapshot, MAGIC_BYTES) == 0;
	ok = header->snapshot || memcmp(text.data, magic_log, MAGIC_BYTES) == 0;
	ok = hf_rd_u32(&r) == JOURNAL_FORMAT && ok;
	header->app_version = hf_rd_u32(&r);
	text = hf_rd_bytes(&r, APP_BYTES);
	memcpy(header->app, text.data, APP_BYTES);
	header->generation = hf_rd_u64(&r);
	header->salt = hf_rd_u64(&r);
	header->boot_ms = hf_rd_i64(&r);
	header->wall_ms = hf_rd_i64(&r);
	text = hf_rd_bytes(&r, BOOT_ID_BYTES);
	memcpy(header->boot_id, text.data, BOOT_ID_BYTES);
	return ok && hf_rd_u32(&r) ==
			 hf_crc32c(0, file.data, JOURNAL_HEADER_BYTES - 4);
}

/* The record at the front of rest: its bytes used, or 0 if there is none. */
static size_t get_record(struct hf_slice rest, struct hf_slice *record_out,
			 uint64_t *stamp_out)
{
	struct hf_rd r = hf_rd_of(rest);
	uint32_t len = hf_rd_u32(&r);
	uint32_t sum = hf_rd_u32(&r);
	const char *covered = (const char *)r.at;

	*stamp_out = hf_rd_u64(&r);
	if (r.bad || len > JOURNAL_RECORD_MAX || len > r.left)
		return 0;
	if (sum != hf_crc32c(0, covered, 8 + (size_t)len))
		return 0;
	*record_out = hf_rd_bytes(&r, len);
	return JOURNAL_RECORD_HEAD_BYTES + (size_t)len;
}

static bool all_zero(struct hf_slice s)
{
	return s.len == 0 ||
	       (s.data[0] == 0 && memcmp(s.data, s.data + 1, s.len - 1) == 0);
}

/*
 * Is there, behind the unreadable place at offset, a record that says that
 * the place was on disk when it was written? The rest is searched byte by
 * byte: after damage nobody knows where records begin.
 */
static bool was_on_disk(struct hf_slice file, size_t offset, uint64_t salt)
{
	for (size_t at = offset + 1; at + JOURNAL_RECORD_HEAD_BYTES <= file.len;
	     at++) {
		struct hf_slice rest = { file.data + at, file.len - at };
		struct hf_slice record;
		uint64_t synced;
		struct hf_rd r = hf_rd_of(rest);

		/* Cheap tests first: most places are no record. */
		if (hf_rd_u32(&r) > rest.len - JOURNAL_RECORD_HEAD_BYTES)
			continue;
		hf_rd_u32(&r);
		synced = hf_rd_u64(&r) ^ salt;
		if (synced <= offset || synced > at)
			continue;
		if (get_record(rest, &record, &synced) > 0)
			return true;
	}
	return false;
}

/* Marks stand where a log begins and where a snapshot ends. */
static bool note_mark(struct journal_scan *scan, uint64_t synced)
{
	if (!scan->header.snapshot && scan->whole_bytes > JOURNAL_HEADER_BYTES)
		return false;
	scan->mark = synced;
	scan->ended = scan->header.snapshot;
	return true;
}

static bool note_record(struct journal_scan *scan, journal_each_fn *each,
			void *arg, struct hf_slice record, uint64_t synced)
{
	if (record.len == 0)
		return note_mark(scan, synced);
	if (each(arg, &scan->header, record) < 0)
		return false;
	scan->records++;
	if (synced > scan->synced && synced <= scan->whole_bytes)
		scan->synced = (size_t)synced;
	return true;
}

enum journal_found journal_read(struct hf_slice file, journal_each_fn *each,
				void *arg, struct journal_scan *scan_out)
{
	struct journal_scan *scan = scan_out;
	struct hf_slice rest, record;
	uint64_t stamp;
	size_t used = JOURNAL_HEADER_BYTES;

	*scan = (struct journal_scan){ 0 };
	if (file.len < JOURNAL_HEADER_BYTES || all_zero(file))
		return JOURNAL_TORN;
	if (!get_header(file, &scan->header))
		return JOURNAL_BROKEN;
	while (used > 0) {
		scan->whole_bytes += used;
		rest.data = file.data + scan->whole_bytes;
		rest.len = file.len - scan->whole_bytes;
		used = scan->ended ? 0 : get_record(rest, &record, &stamp);
		if (used > 0 && !note_record(scan, each, arg, record,
					     stamp ^ scan->header.salt))
			return JOURNAL_BROKEN;
	}
	if (scan->ended)
		return rest.len == 0 ? JOURNAL_WHOLE : JOURNAL_BROKEN;
	if (all_zero(rest))
		return JOURNAL_WHOLE;
	return was_on_disk(file, scan->whole_bytes, scan->header.salt)
		   ? JOURNAL_BROKEN
		   : JOURNAL_TORN;
}
