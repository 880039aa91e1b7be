#include "config.h"

#include "libhold/crc32c.h"
#include "libhold/journal_file.h"
#include "libhold/wire.h"

#include "tests/libhold/suites.h"

#include <stdio.h>

enum { RECORDS = 5, FILE_MAX = 4096, LATE = -1 };

/* A file that is built, and what reading it gave. */
static struct {
	struct hf_buf file;
	struct journal_header header;
	size_t ends[RECORDS + 1]; /* of the records; [0]: of the header */
	int read;                 /* records, that were 0, 1, 2, ... */
	bool strange;             /* one that was never written */
	int refuse_at;
	struct journal_scan scan;
} t;

static void begin_file(bool snapshot)
{
	hf_buf_truncate(&t.file, 0);
	journal_header_now(&t.header, snapshot, "test", 3, 9);
	journal_put_header(&t.file, &t.header);
	t.ends[0] = hf_buf_len(&t.file);
}

static void put(const char *text, uint64_t synced)
{
	journal_put_record(&t.file, hf_slice_of(text), synced ^ t.header.salt);
}

static void put_mark(uint64_t synced)
{
	journal_put_mark(&t.file, synced ^ t.header.salt);
}

/* Each record but the first was written when all before it were on disk. */
static void put_records(void)
{
	char text[32];

	for (int i = 0; i < RECORDS; i++) {
		snprintf(text, sizeof(text), "record %d", i);
		put(text, i == 0 ? 0 : t.ends[i]);
		t.ends[i + 1] = hf_buf_len(&t.file);
	}
}

static int note(void *arg, const struct journal_header *header,
		struct hf_slice record)
{
	char text[32];

	HF_UNUSED(arg);
	CU_ASSERT_EQUAL(header->salt, t.header.salt);
	snprintf(text, sizeof(text), "record %d", t.read);
	if (!hf_slice_eq(record, hf_slice_of(text)))
		t.strange = true;
	if (t.read == t.refuse_at)
		return -1;
	t.read++;
	return 0;
}

static enum journal_found read_bytes(const char *bytes, size_t len)
{
	t.read = 0;
	t.strange = false;
	return journal_read((struct hf_slice){ bytes, len }, note, NULL,
			    &t.scan);
}

static enum journal_found read_file(void)
{
	return read_bytes(hf_buf_slice(&t.file).data, hf_buf_len(&t.file));
}

static void setup(void)
{
	memset(&t, 0, sizeof(t));
	t.refuse_at = LATE;
	hf_buf_init(&t.file, FILE_MAX);
}

static void teardown(void)
{
	hf_buf_fini(&t.file);
}

/* RFC 3720, B.4. */
static void the_sums_are_those_of_the_rfc(void)
{
	static const struct {
		unsigned char first, step;
		uint32_t sum;
	} rows[] = {
		{ 0x00, 0, 0x8a9136aa },
		{ 0xff, 0, 0x62a8ab43 },
		{ 0x00, 1, 0x46dd794e },
	};
	unsigned char bytes[32];

	for (size_t i = 0; i < HF_LEN(rows); i++) {
		for (size_t k = 0; k < sizeof(bytes); k++)
			bytes[k] =
			    (unsigned char)(rows[i].first + k * rows[i].step);
		CU_ASSERT_EQUAL(hf_crc32c(0, bytes, 32), rows[i].sum);
		CU_ASSERT_EQUAL(hf_crc32c_by_table(0, bytes, 32), rows[i].sum);
		for (size_t k = 0; k <= 32; k++)
			CU_ASSERT_EQUAL(hf_crc32c(hf_crc32c(0, bytes, k),
						  bytes + k, 32 - k),
					rows[i].sum);
	}
}

static void what_was_written_is_read(void)
{
	begin_file(false);
	put_records();
	CU_ASSERT_EQUAL(read_file(), JOURNAL_WHOLE);
	CU_ASSERT_EQUAL(t.read, RECORDS);
	CU_ASSERT_FALSE(t.strange);
	CU_ASSERT_EQUAL(t.scan.records, RECORDS);
	CU_ASSERT_EQUAL(t.scan.whole_bytes, t.ends[RECORDS]);
	CU_ASSERT_EQUAL(t.scan.synced, t.ends[RECORDS - 1]);
	CU_ASSERT_STRING_EQUAL(t.scan.header.app, "test");
	CU_ASSERT_EQUAL(t.scan.header.app_version, 3);
	CU_ASSERT_EQUAL(t.scan.header.generation, 9);
	CU_ASSERT_EQUAL(t.scan.header.boot_ms, t.header.boot_ms);
	CU_ASSERT_EQUAL(t.scan.header.wall_ms, t.header.wall_ms);
	CU_ASSERT_STRING_EQUAL(t.scan.header.boot_id, t.header.boot_id);
	CU_ASSERT_EQUAL(strlen(t.header.boot_id), 36);
}

static void a_cut_log_gives_its_whole_records(void)
{
	int whole = -1;

	begin_file(false);
	put_records();
	for (size_t len = 0; len <= t.ends[RECORDS]; len++) {
		if (whole < RECORDS && len == t.ends[whole + 1])
			whole++;
		CU_ASSERT(read_bytes(hf_buf_slice(&t.file).data, len) !=
			  JOURNAL_BROKEN);
		CU_ASSERT_EQUAL(t.read, whole < 0 ? 0 : whole);
		CU_ASSERT_FALSE(t.strange);
	}
}

static void a_flipped_bit_is_damage_where_the_disk_had_it(void)
{
	enum journal_found found;

	begin_file(false);
	put_records();
	for (size_t bit = 0; bit < 8 * t.ends[RECORDS]; bit++) {
		t.file.data[t.file.start + bit / 8] ^= (char)(1 << bit % 8);
		found = read_file();
		t.file.data[t.file.start + bit / 8] ^= (char)(1 << bit % 8);
		CU_ASSERT_FALSE(t.strange);
		CU_ASSERT(t.read < RECORDS);
		CU_ASSERT_EQUAL(found, bit / 8 < t.ends[RECORDS - 1]
					   ? JOURNAL_BROKEN
					   : JOURNAL_TORN);
	}
}

static void zeros_behind_a_log_are_room(void)
{
	static const char zeros[1000];

	begin_file(false);
	put_records();
	hf_buf_add(&t.file, zeros, sizeof(zeros));
	CU_ASSERT_EQUAL(read_file(), JOURNAL_WHOLE);
	CU_ASSERT_EQUAL(t.scan.whole_bytes, t.ends[RECORDS]);
	hf_buf_add(&t.file, "x", 1);
	CU_ASSERT_EQUAL(read_file(), JOURNAL_TORN);
}

/* A value that a client made up, in a record that was torn. */
static void a_value_that_looks_like_a_record_is_no_evidence(void)
{
	struct hf_buf value;

	begin_file(false);
	put("record 0", 0);
	t.ends[1] = hf_buf_len(&t.file);
	hf_buf_init(&value, FILE_MAX);
	journal_put_record(&value, HF_SLICE("I am on disk"), t.ends[1] + 1);
	journal_put_record(&t.file, hf_buf_slice(&value),
			   t.ends[1] ^ t.header.salt);
	t.file.data[t.file.start + t.ends[1] + 4] ^= 1; /* its sum */
	CU_ASSERT_EQUAL(read_file(), JOURNAL_TORN);
	/* With the salt it would have been. */
	journal_stamp(&value, 0, (t.ends[1] + 1) ^ t.header.salt);
	hf_buf_truncate(&t.file, t.ends[1]);
	hf_buf_add_slice(&t.file, HF_SLICE("torn"));
	hf_buf_add_slice(&t.file, hf_buf_slice(&value));
	CU_ASSERT_EQUAL(read_file(), JOURNAL_BROKEN);
	hf_buf_fini(&value);
}

static void records_stamped_later_are_as_good(void)
{
	struct hf_buf two;

	begin_file(false);
	hf_buf_init(&two, FILE_MAX);
	journal_put_record(&two, HF_SLICE("record 0"), t.header.salt);
	t.ends[1] = hf_buf_len(&two);
	journal_put_unstamped(&two, HF_SLICE("record 1"));
	journal_put_unstamped(&two, HF_SLICE("record 2"));
	journal_stamp(&two, t.ends[1], JOURNAL_HEADER_BYTES ^ t.header.salt);
	hf_buf_add_slice(&t.file, hf_buf_slice(&two));
	hf_buf_fini(&two);
	CU_ASSERT_EQUAL(read_file(), JOURNAL_WHOLE);
	CU_ASSERT_EQUAL(t.read, 3);
	CU_ASSERT_EQUAL(t.scan.synced, JOURNAL_HEADER_BYTES);
}

static void marks_have_their_places(void)
{
	begin_file(false);
	put_mark(4711);
	put("record 0", 0);
	CU_ASSERT_EQUAL(read_file(), JOURNAL_WHOLE);
	CU_ASSERT_EQUAL(t.scan.mark, 4711);
	CU_ASSERT_EQUAL(t.read, 1);
	put_mark(4711);
	CU_ASSERT_EQUAL(read_file(), JOURNAL_BROKEN);

	begin_file(true);
	put("record 0", 0);
	CU_ASSERT_EQUAL(read_file(), JOURNAL_WHOLE);
	CU_ASSERT_FALSE(t.scan.ended);
	put_mark(815);
	CU_ASSERT_EQUAL(read_file(), JOURNAL_WHOLE);
	CU_ASSERT_TRUE(t.scan.ended);
	CU_ASSERT_EQUAL(t.scan.mark, 815);
	put("record 1", 0);
	CU_ASSERT_EQUAL(read_file(), JOURNAL_BROKEN);
	CU_ASSERT_EQUAL(t.read, 1);
}

static void a_record_that_is_refused_is_damage(void)
{
	begin_file(false);
	put_records();
	t.refuse_at = 2;
	CU_ASSERT_EQUAL(read_file(), JOURNAL_BROKEN);
	CU_ASSERT_EQUAL(t.scan.whole_bytes, t.ends[2]);
}

static void numbers_past_the_end_are_zeros_and_an_error(void)
{
	struct hf_rd r = hf_rd_of(HF_SLICE("\x01\x02\x03\x04\x05"));

	CU_ASSERT_EQUAL(hf_rd_u32(&r), 0x01020304);
	CU_ASSERT_FALSE(hf_rd_ok(&r)); /* one is left */
	CU_ASSERT_EQUAL(hf_rd_u64(&r), 0);
	CU_ASSERT_EQUAL(hf_rd_u8(&r), 0);
	CU_ASSERT_FALSE(hf_rd_ok(&r));
	r = hf_rd_of(HF_SLICE("\xff\xff\xff\xff\x05"));
	CU_ASSERT_EQUAL(hf_rd_blob(&r).len, 0);
	CU_ASSERT_FALSE(hf_rd_ok(&r));
}

static void numbers_come_back_as_they_went(void)
{
	struct hf_rd r;

	hf_wr_u8(&t.file, 0xfe);
	hf_wr_u64(&t.file, UINT64_MAX - 1);
	hf_wr_i64(&t.file, INT64_MIN);
	hf_wr_blob(&t.file, HF_SLICE("blob"));
	r = hf_rd_of(hf_buf_slice(&t.file));
	CU_ASSERT_EQUAL(hf_rd_u8(&r), 0xfe);
	CU_ASSERT_EQUAL(hf_rd_u64(&r), UINT64_MAX - 1);
	CU_ASSERT_EQUAL(hf_rd_i64(&r), INT64_MIN);
	CU_ASSERT(hf_slice_eq(hf_rd_blob(&r), HF_SLICE("blob")));
	CU_ASSERT_TRUE(hf_rd_ok(&r));
}

static const struct hf_test tests[] = {
	HF_TEST(the_sums_are_those_of_the_rfc),
	HF_TEST(what_was_written_is_read),
	HF_TEST(a_cut_log_gives_its_whole_records),
	HF_TEST(a_flipped_bit_is_damage_where_the_disk_had_it),
	HF_TEST(zeros_behind_a_log_are_room),
	HF_TEST(a_value_that_looks_like_a_record_is_no_evidence),
	HF_TEST(records_stamped_later_are_as_good),
	HF_TEST(marks_have_their_places),
	HF_TEST(a_record_that_is_refused_is_damage),
	HF_TEST(numbers_past_the_end_are_zeros_and_an_error),
	HF_TEST(numbers_come_back_as_they_went),
	HF_TEST_END,
};

const struct hf_suite test_journal_file_suite = { "libhold/journal_file", tests,
						  setup, teardown };
