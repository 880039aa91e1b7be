#include "config.h"

#include "libhold/err.h"
#include "libhold/slice.h"

#include "tests/libhold/suites.h"

static void integers_are_read_as_redis_reads_them(void)
{
	static const struct {
		const char *text;
		int rc;
		int64_t value;
	} rows[] = {
		{ "0", 0, 0 },
		{ "7", 0, 7 },
		{ "-7", 0, -7 },
		{ "9223372036854775807", 0, INT64_MAX },
		{ "9223372036854775808", HF_EBAD, 0 },
		{ "-9223372036854775808", 0, INT64_MIN },
		{ "-9223372036854775809", HF_EBAD, 0 },
		{ "99999999999999999999", HF_EBAD, 0 },
		{ "", HF_EBAD, 0 },
		{ "-", HF_EBAD, 0 },
		{ "-0", HF_EBAD, 0 },
		{ "+1", HF_EBAD, 0 },
		{ "01", HF_EBAD, 0 },
		{ " 1", HF_EBAD, 0 },
		{ "1 ", HF_EBAD, 0 },
		{ "0x1", HF_EBAD, 0 },
		{ "1.0", HF_EBAD, 0 },
	};

	for (size_t i = 0; i < HF_LEN(rows); i++) {
		int64_t value = 0;

		CU_ASSERT_EQUAL(
		    hf_slice_int64(hf_slice_of(rows[i].text), &value),
		    rows[i].rc);
		CU_ASSERT_EQUAL(value, rows[i].value);
	}
}

static void slices_compare_by_bytes(void)
{
	CU_ASSERT(hf_slice_eq(HF_SLICE("a\0b"), HF_SLICE("a\0b")));
	CU_ASSERT_FALSE(hf_slice_eq(HF_SLICE("a\0b"), HF_SLICE("a\0c")));
	CU_ASSERT_FALSE(hf_slice_eq(HF_SLICE("a"), HF_SLICE("ab")));
	CU_ASSERT(hf_slice_eq(HF_SLICE(""), (struct hf_slice){ NULL, 0 }));
	CU_ASSERT(hf_slice_ieq(HF_SLICE("SeT"), "set"));
	CU_ASSERT_FALSE(hf_slice_ieq(HF_SLICE("sets"), "set"));
	CU_ASSERT_FALSE(hf_slice_ieq(HF_SLICE("se"), "set"));
	CU_ASSERT_FALSE(hf_slice_ieq(HF_SLICE("set\0"), "set"));
	/* A NUL ends the string, and what lies behind it is not looked at. */
	CU_ASSERT_FALSE(hf_slice_ieq(HF_SLICE("set\0"), "set\0"));
	CU_ASSERT_FALSE(hf_slice_ieq(HF_SLICE("set\0x"), "set\0x"));
	CU_ASSERT_FALSE(hf_slice_ieq(HF_SLICE("["), "{"));
	CU_ASSERT(hf_slice_ieq((struct hf_slice){ NULL, 0 }, ""));
}

static const struct hf_test tests[] = {
	HF_TEST(integers_are_read_as_redis_reads_them),
	HF_TEST(slices_compare_by_bytes),
	HF_TEST_END,
};

const struct hf_suite test_slice_suite = { "libhold/slice", tests, NULL, NULL };
