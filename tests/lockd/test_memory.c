#include "config.h"

#include "lockd/memory.h"

#include "tests/lockd/suites.h"

static void bytes_are_read_as_redis_reads_them(void)
{
	static const struct {
		const char *text;
		int64_t bytes; /* -1: refused */
	} rows[] = {
		{ "0", 0 },
		{ "1", 1 },
		{ "7b", 7 },
		{ "1k", 1000 },
		{ "1kb", 1024 },
		{ "2M", 2000000 },
		{ "100mb", 104857600 },
		{ "1g", 1000000000 },
		{ "1GB", 1073741824 },
		{ "9223372036854775807", INT64_MAX },
		{ "9223372036854775808", -1 },
		{ "8589934591gb", INT64_C(8589934591) << 30 },
		{ "8589934592gb", -1 },
		{ "", -1 },
		{ "mb", -1 },
		{ "-1", -1 },
		{ "1.5gb", -1 },
		{ "1 mb", -1 },
		{ "1tb", -1 },
	};

	for (size_t i = 0; i < HF_LEN(rows); i++) {
		int64_t bytes = -1;
		bool good = memory_parse(hf_slice_of(rows[i].text), &bytes);

		CU_ASSERT_EQUAL(good, rows[i].bytes >= 0);
		CU_ASSERT_EQUAL(bytes, rows[i].bytes);
	}
}

static const struct hf_test tests[] = {
	HF_TEST(bytes_are_read_as_redis_reads_them),
	HF_TEST_END,
};

const struct hf_suite test_memory_suite = { "lockd/memory", tests, NULL, NULL };
