#include "config.h"

#include "libhold/hist.h"

#include "libhold/mem.h"

#include "tests/libhold/suites.h"

#include <stdlib.h>

static struct hf_hist *hist;

static void setup(void)
{
	hist = hf_new(struct hf_hist);
}

static void teardown(void)
{
	free(hist);
}

static void an_empty_histogram_has_percentile_0(void)
{
	CU_ASSERT_EQUAL(hf_hist_percentile(hist, 50), 0);
}

static void small_values_are_exact(void)
{
	for (uint64_t v = 1; v <= 100; v++)
		hf_hist_add(hist, v % 64);
	CU_ASSERT_EQUAL(hf_hist_percentile(hist, 50), 25);
	CU_ASSERT_EQUAL(hf_hist_percentile(hist, 100), 63);
	CU_ASSERT_EQUAL(hf_hist_percentile(hist, 0), 0);
}

static void one_in_a_hundred_shows_above_p99_only(void)
{
	for (int i = 0; i < 99; i++)
		hf_hist_add(hist, 10);
	hf_hist_add(hist, 50);
	CU_ASSERT_EQUAL(hf_hist_percentile(hist, 99), 10);
	CU_ASSERT_EQUAL(hf_hist_percentile(hist, 99.5), 50);
}

static void every_value_is_found_at_most_a_64th_too_high(void)
{
	const uint64_t values[] = { 63,   64,        65,        127,        128,
				    999,  123456789, 1 << 20,   UINT32_MAX, 0,
				    4097, INT64_MAX, UINT64_MAX };

	for (size_t i = 0; i < HF_LEN(values); i++) {
		uint64_t found;

		*hist = (struct hf_hist){ 0 };
		hf_hist_add(hist, values[i]);
		found = hf_hist_percentile(hist, 50);
		CU_ASSERT(found >= values[i]);
		CU_ASSERT(found - values[i] <= values[i] / 64);
	}
}

static const struct hf_test tests[] = {
	HF_TEST(an_empty_histogram_has_percentile_0),
	HF_TEST(small_values_are_exact),
	HF_TEST(one_in_a_hundred_shows_above_p99_only),
	HF_TEST(every_value_is_found_at_most_a_64th_too_high),
	HF_TEST_END,
};

const struct hf_suite test_hist_suite = { "libhold/hist", tests, setup,
					  teardown };
