#include "config.h"

#include "libhold/zkframe.h"
#include "libhold/zkrec.h"

#include "tests/libhold/suites.h"

#include <stdlib.h>

enum { ROOM = 4096 };

static struct hf_buf buf;

static void setup(void)
{
	hf_buf_init(&buf, ROOM);
}

static void teardown(void)
{
	hf_buf_fini(&buf);
}

#define BYTES(literal) ((struct hf_slice){ literal, sizeof(literal) - 1 })

/* What kazoo 2.8 sends to open a session, without the frame's length. */
static const char connect_bytes[] = "\0\0\0\0"
				    "\0\0\0\0\0\0\0\0"
				    "\0\0\x27\x10"
				    "\0\0\0\0\0\0\0\0"
				    "\0\0\0\x10"
				    "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
				    "\0";

static void a_connect_request_is_read_with_and_without_the_read_only_byte(void)
{
	struct hf_slice bytes = BYTES(connect_bytes);
	struct zk_connect_request request;
	bool present, value;

	for (size_t cut = 0; cut <= 1; cut++) {
		struct hf_rd rd =
		    hf_rd_of((struct hf_slice){ bytes.data, bytes.len - cut });

		zk_get_connect_request(&rd, &request);
		zk_get_read_only(&rd, &present, &value);
		CU_ASSERT(hf_rd_ok(&rd));
		CU_ASSERT_EQUAL(present, cut == 0);
		CU_ASSERT_FALSE(value);
		CU_ASSERT_EQUAL(request.timeout_ms, 10000);
		CU_ASSERT_EQUAL(request.password.len, ZK_PASSWORD_BYTES);
	}
}

/* create("/a", "hi", world:anyone all, EPHEMERAL | SEQUENTIAL), xid 7 */
static const char create_bytes[] = "\0\0\0\x07"
				   "\0\0\0\x01"
				   "\0\0\0\x02/a"
				   "\0\0\0\x02hi"
				   "\0\0\0\x01"
				   "\0\0\0\x1f"
				   "\0\0\0\x05world"
				   "\0\0\0\x06"
				   "anyone"
				   "\0\0\0\x03";

static void a_create_request_has_the_bytes_of_zookeeper(void)
{
	struct zk_acl acl = { ZK_PERM_ALL,
			      { HF_SLICE("world"), HF_SLICE("anyone") } };
	struct zk_request_header header = { 7, ZK_OP_CREATE };
	struct zk_create_request request = { .path = HF_SLICE("/a"),
					     .data = HF_SLICE("hi"),
					     .flags = ZK_EPHEMERAL_SEQUENTIAL };
	struct hf_buf acls;

	hf_buf_init(&acls, ROOM);
	zk_put_acl(&acls, &acl);
	request.acl = (struct zk_vector){ 1, hf_buf_slice(&acls) };
	zk_put_request_header(&buf, &header);
	zk_put_create_request(&buf, &request);
	CU_ASSERT(hf_slice_eq(hf_buf_slice(&buf), BYTES(create_bytes)));
	hf_buf_fini(&acls);
}

static void a_create_request_is_read_back(void)
{
	struct hf_rd rd = hf_rd_of(BYTES(create_bytes));
	struct zk_request_header header;
	struct zk_create_request request;
	struct zk_acl acl;

	zk_get_request_header(&rd, &header);
	zk_get_create_request(&rd, &request);
	CU_ASSERT(hf_rd_ok(&rd));
	CU_ASSERT_EQUAL(header.xid, 7);
	CU_ASSERT(hf_slice_eq(request.path, HF_SLICE("/a")));
	CU_ASSERT(hf_slice_eq(request.data, HF_SLICE("hi")));
	CU_ASSERT_EQUAL(request.flags, 3);
	CU_ASSERT(zk_next_acl(&request.acl, &acl));
	CU_ASSERT_EQUAL(acl.perms, ZK_PERM_ALL);
	CU_ASSERT(hf_slice_eq(acl.id.scheme, HF_SLICE("world")));
	CU_ASSERT(hf_slice_eq(acl.id.id, HF_SLICE("anyone")));
	CU_ASSERT_FALSE(zk_next_acl(&request.acl, &acl));
}

static void a_record_cut_at_any_byte_is_bad_and_reads_nothing_beyond(void)
{
	size_t whole = sizeof(create_bytes) - 1;

	for (size_t len = 0; len < whole; len++) {
		char *exact = malloc(len + 1);
		struct hf_rd rd = hf_rd_of((struct hf_slice){ exact, len });
		struct zk_request_header header;
		struct zk_create_request request;

		memcpy(exact, create_bytes, len);
		zk_get_request_header(&rd, &header);
		zk_get_create_request(&rd, &request);
		CU_ASSERT_FALSE(hf_rd_ok(&rd));
		free(exact);
	}
}

static void bytes_left_over_are_an_error(void)
{
	struct hf_rd rd = hf_rd_of(BYTES("\0\0\0\0\0"));
	struct zk_path path;

	zk_get_path(&rd, &path);
	CU_ASSERT_FALSE(hf_rd_ok(&rd));
}

static void null_is_not_empty(void)
{
	struct zk_get_data_response response = { .data = ZK_NULL };
	struct hf_rd rd;

	zk_put_text(&buf, ZK_NULL);
	zk_put_text(&buf, HF_SLICE(""));
	CU_ASSERT(
	    hf_slice_eq(hf_buf_slice(&buf), BYTES("\xff\xff\xff\xff\0\0\0\0")));
	rd = hf_rd_of(hf_buf_slice(&buf));
	response.data = zk_get_text(&rd);
	CU_ASSERT_PTR_NULL(response.data.data);
	response.data = zk_get_text(&rd);
	CU_ASSERT_PTR_NOT_NULL(response.data.data);
	CU_ASSERT(hf_rd_ok(&rd));
}

static void lengths_that_cannot_be_are_bad(void)
{
	static const struct hf_slice rows[] = {
		HF_SLICE_INIT("\xff\xff\xff\xfe"), /* -2 */
		HF_SLICE_INIT("\x80\0\0\0"),
		HF_SLICE_INIT("\x7f\xff\xff\xff"),
		HF_SLICE_INIT("\0\0\0\x01"),
	};

	for (size_t i = 0; i < HF_LEN(rows); i++) {
		struct hf_rd rd = hf_rd_of(rows[i]);
		struct zk_only_texts texts;

		zk_get_text(&rd);
		CU_ASSERT_FALSE(hf_rd_ok(&rd));
		rd = hf_rd_of(rows[i]);
		zk_get_only_texts(&rd, &texts);
		CU_ASSERT_FALSE(hf_rd_ok(&rd));
		CU_ASSERT_EQUAL(texts.texts.count, 0);
	}
}

static void vectors_are_null_empty_or_walked_to_their_end(void)
{
	struct hf_rd rd = hf_rd_of(BYTES("\xff\xff\xff\xff"
					 "\0\0\0\0"
					 "\0\0\0\x03"
					 "\0\0\0\x01x"
					 "\xff\xff\xff\xff"
					 "\0\0\0\0"));
	struct zk_only_texts texts;
	struct hf_slice text;

	zk_get_only_texts(&rd, &texts);
	CU_ASSERT_EQUAL(texts.texts.count, -1);
	CU_ASSERT_FALSE(zk_next_text(&texts.texts, &text));
	zk_get_only_texts(&rd, &texts);
	CU_ASSERT_EQUAL(texts.texts.count, 0);
	CU_ASSERT_FALSE(zk_next_text(&texts.texts, &text));
	zk_get_only_texts(&rd, &texts);
	CU_ASSERT(hf_rd_ok(&rd));
	CU_ASSERT(zk_next_text(&texts.texts, &text));
	CU_ASSERT(hf_slice_eq(text, HF_SLICE("x")));
	CU_ASSERT(zk_next_text(&texts.texts, &text));
	CU_ASSERT_PTR_NULL(text.data);
	CU_ASSERT(zk_next_text(&texts.texts, &text));
	CU_ASSERT_EQUAL(text.len, 0);
	CU_ASSERT_FALSE(zk_next_text(&texts.texts, &text));
}

/* Every field gets another value: a swapped pair is seen. */
static void a_stat_has_the_order_of_zookeeper(void)
{
	struct zk_stat stat = { .czxid = 1,
				.mzxid = 2,
				.ctime_ms = 3,
				.mtime_ms = 4,
				.version = 5,
				.cversion = 6,
				.aversion = 7,
				.ephemeral_owner = 8,
				.data_length = 9,
				.num_children = 10,
				.pzxid = 11 };
	struct zk_stat back;
	struct hf_rd rd;

	zk_put_stat(&buf, &stat);
	CU_ASSERT(hf_slice_eq(hf_buf_slice(&buf), BYTES("\0\0\0\0\0\0\0\x01"
							"\0\0\0\0\0\0\0\x02"
							"\0\0\0\0\0\0\0\x03"
							"\0\0\0\0\0\0\0\x04"
							"\0\0\0\x05"
							"\0\0\0\x06"
							"\0\0\0\x07"
							"\0\0\0\0\0\0\0\x08"
							"\0\0\0\x09"
							"\0\0\0\x0a"
							"\0\0\0\0\0\0\0\x0b")));
	rd = hf_rd_of(hf_buf_slice(&buf));
	zk_get_stat(&rd, &back);
	CU_ASSERT(hf_rd_ok(&rd));
	CU_ASSERT_EQUAL(back.ephemeral_owner, 8);
	CU_ASSERT_EQUAL(back.pzxid, 11);
}

static void codes_have_names(void)
{
	CU_ASSERT_STRING_EQUAL(zk_op_name(106), "addWatch");
	CU_ASSERT_STRING_EQUAL(zk_op_name(-11), "closeSession");
	CU_ASSERT_PTR_NULL(zk_op_name(10));
	CU_ASSERT_STRING_EQUAL(zk_strerror(-101), "no such node");
	CU_ASSERT_STRING_EQUAL(zk_strerror(-99), "unknown error");
}

static const struct hf_test tests[] = {
	HF_TEST(a_connect_request_is_read_with_and_without_the_read_only_byte),
	HF_TEST(a_create_request_has_the_bytes_of_zookeeper),
	HF_TEST(a_create_request_is_read_back),
	HF_TEST(a_record_cut_at_any_byte_is_bad_and_reads_nothing_beyond),
	HF_TEST(bytes_left_over_are_an_error),
	HF_TEST(null_is_not_empty),
	HF_TEST(lengths_that_cannot_be_are_bad),
	HF_TEST(vectors_are_null_empty_or_walked_to_their_end),
	HF_TEST(a_stat_has_the_order_of_zookeeper),
	HF_TEST(codes_have_names),
	HF_TEST_END,
};

const struct hf_suite test_zkrec_suite = { "libhold/zkrec", tests, setup,
					   teardown };

/* ---- frames -------------------------------------------------------------- */

static void frames_are_whole_or_unfinished_or_bad(void)
{
	static const struct {
		struct hf_slice bytes;
		enum zk_frame result;
		size_t used;
	} rows[] = {
		{ HF_SLICE_INIT(""), ZK_FRAME_MORE, 0 },
		{ HF_SLICE_INIT("\0\0\0"), ZK_FRAME_MORE, 0 },
		{ HF_SLICE_INIT("\0\0\0\0"), ZK_FRAME_DONE, 4 },
		{ HF_SLICE_INIT("\0\0\0\x02"
				"a"),
		  ZK_FRAME_MORE, 0 },
		{ HF_SLICE_INIT("\0\0\0\x02"
				"abc"),
		  ZK_FRAME_DONE, 6 },
		{ HF_SLICE_INIT("\0\0\0\x08"), ZK_FRAME_MORE, 0 },
		{ HF_SLICE_INIT("\0\0\0\x09"), ZK_FRAME_BAD, 0 },
		{ HF_SLICE_INIT("\xff\xff\xff\xff"), ZK_FRAME_BAD, 0 },
	};

	for (size_t i = 0; i < HF_LEN(rows); i++) {
		struct hf_slice frame;
		size_t used = 0;

		CU_ASSERT_EQUAL(zk_frame_read(rows[i].bytes, 8, &frame, &used),
				rows[i].result);
		CU_ASSERT_EQUAL(used, rows[i].used);
		if (rows[i].result == ZK_FRAME_DONE)
			CU_ASSERT_EQUAL(frame.len, used - 4);
	}
}

static void a_frame_written_in_pieces_says_its_length(void)
{
	size_t begun;

	hf_buf_add(&buf, "old", 3);
	hf_buf_consume(&buf, 1);
	begun = zk_frame_begin(&buf);
	hf_buf_add(&buf, "ab", 2);
	hf_buf_add(&buf, "c", 1);
	zk_frame_end(&buf, begun);
	CU_ASSERT(hf_slice_eq(hf_buf_slice(&buf), BYTES("ld\0\0\0\x03"
							"abc")));
}

static void a_frame_that_found_no_room_leaves_the_buffer_failed(void)
{
	char *big = calloc(1, ROOM);
	size_t begun = zk_frame_begin(&buf);

	hf_buf_add(&buf, big, ROOM);
	zk_frame_end(&buf, begun);
	CU_ASSERT(hf_buf_failed(&buf));
	free(big);
}

static const struct hf_test frame_tests[] = {
	HF_TEST(frames_are_whole_or_unfinished_or_bad),
	HF_TEST(a_frame_written_in_pieces_says_its_length),
	HF_TEST(a_frame_that_found_no_room_leaves_the_buffer_failed),
	HF_TEST_END,
};

const struct hf_suite test_zkframe_suite = { "libhold/zkframe", frame_tests,
					     setup, teardown };
