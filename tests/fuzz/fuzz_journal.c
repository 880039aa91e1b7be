/*
 * The journal's reader: whatever is in a file, what it gives is in the file.
 *
 * The input's records are sealed again before they are read, else no sum
 * would ever be right; then what was read as whole must read the same alone,
 * and once more from what a writer makes of it.
 */
#include "config.h"

#include "libhold/journal_file.h"
#include "libhold/wire.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What was read, written again. */
struct copy {
	struct hf_buf bytes;
	uint64_t sum; /* of all bytes of all records */
};

static int each(void *arg, const struct journal_header *header,
		struct hf_slice record)
{
	struct copy *copy = arg;

	if (record.len == 0)
		abort();
	for (size_t i = 0; i < record.len; i++)
		copy->sum = copy->sum * 31 + (unsigned char)record.data[i];
	journal_put_record(&copy->bytes, record, header->salt);
	return record.data[0] == '!' ? -1 : 0;
}

static void check(struct hf_slice file, enum journal_found found,
		  const struct journal_scan *scan)
{
	if (scan->whole_bytes > file.len || scan->synced > file.len)
		abort();
	if (scan->records * JOURNAL_RECORD_HEAD_BYTES > file.len)
		abort();
	if (found == JOURNAL_WHOLE && scan->whole_bytes == 0)
		abort();
	if (scan->ended && !scan->header.snapshot)
		abort();
}

/* The whole part alone is whole, and has the same in it. */
static void read_whole_part(struct hf_slice file,
			    const struct journal_scan *scan,
			    const struct copy *copy)
{
	struct copy again = { .sum = 0 };
	struct journal_scan second;

	hf_buf_init(&again.bytes, SIZE_MAX / 2);
	file.len = scan->whole_bytes;
	if (journal_read(file, each, &again, &second) != JOURNAL_WHOLE ||
	    second.records != scan->records || again.sum != copy->sum)
		abort();
	hf_buf_fini(&again.bytes);
}

static void read_copy(const struct journal_scan *scan, const struct copy *copy)
{
	struct copy again = { .sum = 0 };
	struct journal_scan second;
	struct hf_buf file;

	hf_buf_init(&file, SIZE_MAX / 2);
	hf_buf_init(&again.bytes, SIZE_MAX / 2);
	journal_put_header(&file, &scan->header);
	hf_buf_add_slice(&file, hf_buf_slice(&copy->bytes));
	if (journal_read(hf_buf_slice(&file), each, &again, &second) !=
		JOURNAL_WHOLE ||
	    second.records != scan->records || again.sum != copy->sum)
		abort();
	hf_buf_fini(&again.bytes);
	hf_buf_fini(&file);
}

static void read_file(struct hf_slice file)
{
	struct copy copy = { .sum = 0 };
	struct journal_scan scan;
	enum journal_found found;

	hf_buf_init(&copy.bytes, SIZE_MAX / 2);
	found = journal_read(file, each, &copy, &scan);
	check(file, found, &scan);
	if (scan.whole_bytes > 0 && found != JOURNAL_BROKEN) {
		read_whole_part(file, &scan, &copy);
		read_copy(&scan, &copy);
	}
	hf_buf_fini(&copy.bytes);
}

/*
 * A file from the input: its first byte says log or snapshot, the salt is 0;
 * then records of a length byte, a synced byte and so much data. The last
 * takes what is left, as it is: torn, or damaged.
 */
static void build(struct hf_rd *r, struct hf_buf *file)
{
	struct journal_header header = { .app = "fuzz", .generation = 1 };

	header.snapshot = (hf_rd_u8(r) & 1) != 0;
	journal_put_header(file, &header);
	while (r->left > 2) {
		uint8_t len = hf_rd_u8(r), synced = hf_rd_u8(r);

		if (len > r->left)
			break;
		journal_put_record(file, hf_rd_bytes(r, len), synced);
	}
	hf_buf_add_slice(file, hf_rd_bytes(r, r->left));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hf_slice input = { (const char *)data, size };
	struct hf_rd r = hf_rd_of(input);
	struct hf_buf file;
	char *exact;

	hf_buf_init(&file, SIZE_MAX / 2);
	build(&r, &file);
	/* A block of its own size, so that a sanitizer sees each step over. */
	exact = malloc(hf_buf_len(&file));
	if (exact == NULL)
		abort();
	memcpy(exact, hf_buf_slice(&file).data, hf_buf_len(&file));
	read_file((struct hf_slice){ exact, hf_buf_len(&file) });
	read_file(input);
	free(exact);
	hf_buf_fini(&file);
	return 0;
}
