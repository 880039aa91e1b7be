#include "config.h"

#include "ephemerald/quota.h"

#include "tests/ephemerald/suites.h"

static void what_a_quota_says_is_read(void)
{
	static const struct {
		const char *text;
		struct quota_track track;
	} rows[] = {
		{ "count=5,bytes=7", { 5, 7, -1, -1 } },
		{ "bytes=7,count=5", { 5, 7, -1, -1 } },
		{ "count=5,bytes=-1;byteHardLimit=9", { 5, -1, -1, 9 } },
		{ "count=5,bytes=6=;byteHardLimit=9;countHardLimit=8",
		  { 5, 6, 8, 9 } },
		{ "", { -1, -1, -1, -1 } },
		{ "count", { -1, -1, -1, -1 } },
		{ "count=,bytes=x", { -1, -1, -1, -1 } },
		{ ",;=,;", { -1, -1, -1, -1 } },
		{ "other=5,count=3", { 3, -1, -1, -1 } },
		{ "count=9223372036854775807", { INT64_MAX, -1, -1, -1 } },
		{ "count=9223372036854775808", { -1, -1, -1, -1 } },
	};

	for (size_t i = 0; i < HF_LEN(rows); i++) {
		struct quota_track got;

		quota_read(hf_slice_of(rows[i].text), &got);
		CU_ASSERT_EQUAL(got.count, rows[i].track.count);
		CU_ASSERT_EQUAL(got.bytes, rows[i].track.bytes);
		CU_ASSERT_EQUAL(got.hard_count, rows[i].track.hard_count);
		CU_ASSERT_EQUAL(got.hard_bytes, rows[i].track.hard_bytes);
	}
}

static void what_is_written_reads_the_same(void)
{
	const struct quota_track track = { 1, -5, 3, 4 };
	struct quota_track again;
	struct hf_buf text;

	hf_buf_init(&text, 256);
	quota_write(&text, &track);
	quota_read(hf_buf_slice(&text), &again);
	CU_ASSERT_EQUAL(again.count, track.count);
	CU_ASSERT_EQUAL(again.bytes, track.bytes);
	CU_ASSERT_EQUAL(again.hard_count, track.hard_count);
	CU_ASSERT_EQUAL(again.hard_bytes, track.hard_bytes);
	hf_buf_fini(&text);
}

static void sums_wrap_and_do_not_trap(void)
{
	CU_ASSERT_EQUAL(quota_sum(INT64_MAX, 1), INT64_MIN);
	CU_ASSERT_EQUAL(quota_sum(INT64_MIN, -1), INT64_MAX);
	CU_ASSERT_EQUAL(quota_sum(-1, 3), 2);
}

static void a_stats_node_is_known_by_its_path(void)
{
	static const struct {
		const char *path, *of; /* NULL: it is none */
	} rows[] = {
		{ "/zookeeper/quota/a/zookeeper_stats", "/a" },
		{ "/zookeeper/quota/a/b/zookeeper_stats", "/a/b" },
		{ "/zookeeper/quota/zookeeper_stats", NULL },
		{ "/zookeeper/quota/a/zookeeper_limits", NULL },
		{ "/zookeeper/quotas/a/zookeeper_stats", NULL },
		{ "/a/zookeeper_stats", NULL },
	};

	for (size_t i = 0; i < HF_LEN(rows); i++) {
		struct hf_slice of;
		bool is = quota_is_stats(hf_slice_of(rows[i].path), &of);

		CU_ASSERT_EQUAL(is, rows[i].of != NULL);
		CU_ASSERT(!is || hf_slice_eq(of, hf_slice_of(rows[i].of)));
	}
}

static const struct hf_test tests[] = {
	HF_TEST(what_a_quota_says_is_read),
	HF_TEST(what_is_written_reads_the_same),
	HF_TEST(sums_wrap_and_do_not_trap),
	HF_TEST(a_stats_node_is_known_by_its_path),
	HF_TEST_END,
};

const struct hf_suite test_quota_suite = { "ephemerald/quota", tests, NULL,
					   NULL };
