#include "config.h"

#include "lockd/script_log.h"

#include "tests/lockd/suites.h"

#include <stdio.h>
#include <string.h>

static struct script_log kept;
static size_t lines;
static char last[256], left_out[256];

static void sink(void *arg, enum hf_log_level level, const char *line)
{
	HF_UNUSED(arg);
	HF_UNUSED(level);
	lines++;
	snprintf(last, sizeof(last), "%s", line);
	if (strstr(line, "left out") != NULL)
		snprintf(left_out, sizeof(left_out), "%s", line);
}

static void setup(void)
{
	kept = (struct script_log){ 0 };
	lines = 0;
	hf_log_init("test", HF_LOG_INFO);
	hf_log_sink(sink, NULL);
}

static void teardown(void)
{
	hf_log_sink(NULL, NULL);
}

static void write_lines(int n, enum hf_log_level level, int64_t now_ms)
{
	for (int i = 0; i < n; i++)
		script_log_line(&kept, level, "words", now_ms);
}

static bool last_has(const char *words)
{
	return strstr(last, words) != NULL;
}

static void so_many_lines_a_second_are_kept_and_no_more(void)
{
	write_lines(SCRIPT_LOG_LINES, HF_LOG_INFO, 5000);
	CU_ASSERT_EQUAL(lines, SCRIPT_LOG_LINES);
	CU_ASSERT(last_has(" info test: script: words"));
	write_lines(1, HF_LOG_INFO, 5999);
	CU_ASSERT_EQUAL(lines, SCRIPT_LOG_LINES + 1);
	CU_ASSERT(last_has("no more than 100 lines are kept"));
	write_lines(100000, HF_LOG_WARN, 5999);
	CU_ASSERT_EQUAL(lines, SCRIPT_LOG_LINES + 1);
}

static void the_next_second_tells_how_many_were_left_out(void)
{
	write_lines(SCRIPT_LOG_LINES + 7, HF_LOG_WARN, 5000);
	lines = 0;
	left_out[0] = '\0';
	write_lines(1, HF_LOG_WARN, 6000);
	CU_ASSERT_EQUAL(lines, 2);
	CU_ASSERT(last_has(" warn test: script: words"));
	CU_ASSERT(strstr(left_out, "left out lines=7, over 100") != NULL);
}

static void a_second_that_kept_all_tells_nothing(void)
{
	write_lines(SCRIPT_LOG_LINES, HF_LOG_INFO, 5000);
	write_lines(SCRIPT_LOG_LINES, HF_LOG_INFO, 6000);
	CU_ASSERT_EQUAL(lines, 2 * SCRIPT_LOG_LINES);
}

static void lines_that_nobody_sees_take_no_room(void)
{
	write_lines(1000, HF_LOG_DEBUG, 5000);
	CU_ASSERT_EQUAL(lines, 0);
	write_lines(SCRIPT_LOG_LINES, HF_LOG_INFO, 5000);
	CU_ASSERT_EQUAL(lines, SCRIPT_LOG_LINES);
}

static const struct hf_test tests[] = {
	HF_TEST(so_many_lines_a_second_are_kept_and_no_more),
	HF_TEST(the_next_second_tells_how_many_were_left_out),
	HF_TEST(a_second_that_kept_all_tells_nothing),
	HF_TEST(lines_that_nobody_sees_take_no_room),
	HF_TEST_END,
};

const struct hf_suite test_script_log_suite = { "lockd/script_log", tests,
						setup, teardown };
