#include "config.h"

#include "fcgi/meter.h"

#include "fcgi/prom_text.h"
#include "libhold/mem.h"

#include "tests/fcgi/suites.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct meter *meter;
static struct hf_buf out;

static void setup(void)
{
	meter = hf_new(struct meter);
	hf_buf_init(&out, 65536);
}

static void teardown(void)
{
	hf_buf_fini(&out);
	free(meter);
}

static const char *text(void)
{
	hf_buf_add_char(&out, '\0');
	return hf_buf_slice(&out).data;
}

static void a_time_falls_into_the_least_bucket_that_holds_it(void)
{
	for (size_t i = 0; i < METER_BOUNDS; i++) {
		struct meter_times times = { 0 };

		meter_time(&times, meter_bounds_us[i]);
		meter_time(&times, (int64_t)meter_bounds_us[i] + 1);
		CU_ASSERT_EQUAL(meter_get(&times.buckets[i]), 1);
		CU_ASSERT_EQUAL(meter_get(&times.buckets[i + 1]), 1);
	}
}

static void a_clock_that_was_set_back_counts_as_no_time(void)
{
	meter_time(&meter->waits, -5);
	CU_ASSERT_EQUAL(meter_get(&meter->waits.buckets[0]), 1);
	CU_ASSERT_EQUAL(meter_get(&meter->waits.sum_us), 0);
}

static void a_result_has_one_place_wherever_its_word_stands(void)
{
	char word[] = "held";

	meter_request(meter, 1, "held", 10);
	meter_request(meter, 1, word, 10);
	CU_ASSERT_EQUAL(meter_get(&meter->calls[1].results[0].n), 2);
	CU_ASSERT_EQUAL(meter_get(&meter->calls[2].results[0].n), 0);
}

static void results_without_room_are_others(void)
{
	char words[METER_RESULTS_MAX + 2][8];

	for (size_t i = 0; i < HF_LEN(words); i++) {
		snprintf(words[i], sizeof(words[i]), "r%zu", i);
		meter_request(meter, 0, words[i], 1);
	}
	CU_ASSERT_EQUAL(meter_get(&meter->calls[0].other), 2);
	CU_ASSERT_EQUAL(
	    meter_get(&meter->calls[0].results[METER_RESULTS_MAX - 1].n), 1);
}

static void without_a_meter_nothing_is_counted(void)
{
	meter_request(NULL, 1, "ok", 1);
	meter_holds(NULL, METER_BOOKED, 1);
	meter_lock(NULL, METER_CHECK, 1);
	meter_lock_failed(NULL, METER_AWAY);
	meter_statement(NULL, 1);
	meter_statement_failed(NULL, METER_AWAY);
}

static void a_histogram_s_buckets_are_summed_up_and_end_with_all(void)
{
	struct prom_times times = { 0 };

	meter_time(&meter->statements, 100);
	meter_time(&meter->statements, 800);
	meter_time(&meter->statements, 60000000);
	prom_times_add(&times, &meter->statements);
	prom_times_show(&out, "t", "op=\"x\"", &times);
	CU_ASSERT_PTR_NOT_NULL(strstr(text(),
				      "t_bucket{op=\"x\",le=\"0.00025\"} 1\n"
				      "t_bucket{op=\"x\",le=\"0.0005\"} 1\n"
				      "t_bucket{op=\"x\",le=\"0.001\"} 2\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(text(), "le=\"5\"} 2\n"
					      "t_bucket{op=\"x\",le=\"+Inf\"} "
					      "3\n"
					      "t_sum{op=\"x\"} 60.000900\n"
					      "t_count{op=\"x\"} 3\n"));
}

static void a_sample_without_labels_has_no_braces(void)
{
	static const char begins[] = "# HELP n How many.\n# TYPE n gauge\n"
				     "n 7\nt_bucket{le=\"0.00025\"} 0\n";
	struct prom_times none = { 0 };

	prom_family(&out, "n", "gauge", "How many.");
	prom_count(&out, "n", "", 7);
	prom_times_show(&out, "t", "", &none);
	CU_ASSERT_EQUAL(strncmp(text(), begins, strlen(begins)), 0);
}

static const struct hf_test tests[] = {
	HF_TEST(a_time_falls_into_the_least_bucket_that_holds_it),
	HF_TEST(a_clock_that_was_set_back_counts_as_no_time),
	HF_TEST(a_result_has_one_place_wherever_its_word_stands),
	HF_TEST(results_without_room_are_others),
	HF_TEST(without_a_meter_nothing_is_counted),
	HF_TEST(a_histogram_s_buckets_are_summed_up_and_end_with_all),
	HF_TEST(a_sample_without_labels_has_no_braces),
	HF_TEST_END,
};

const struct hf_suite test_meter_suite = { "fcgi/meter", tests, setup,
					   teardown };
