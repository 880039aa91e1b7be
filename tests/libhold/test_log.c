#include "config.h"

#include "libhold/err.h"
#include "libhold/list.h"
#include "libhold/log.h"

#include "tests/libhold/suites.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static char last[4096];
static int lines;

static void keep(void *arg, enum hf_log_level level, const char *line)
{
	HF_UNUSED(arg);
	HF_UNUSED(level);
	snprintf(last, sizeof(last), "%s", line);
	lines++;
}

static void setup(void)
{
	lines = 0;
	last[0] = '\0';
	hf_log_init("seat", HF_LOG_INFO);
	hf_log_sink(keep, NULL);
}

static void teardown(void)
{
	hf_log_sink(NULL, NULL);
	hf_log_init("test", HF_LOG_INFO);
}

static void a_line_has_time_level_name_and_text(void)
{
	hf_info("row=%d", 12);
	CU_ASSERT_EQUAL(last[4], '-');
	CU_ASSERT_EQUAL(last[23], 'Z');
	CU_ASSERT_STRING_EQUAL(last + 24, " info seat: row=12");
}

static void warn_adds_errno_and_warnx_does_not(void)
{
	errno = ENOENT;
	hf_warn("no file");
	CU_ASSERT_PTR_NOT_NULL(strstr(last, "no file: No such file"));
	hf_warnx("no file");
	CU_ASSERT_PTR_NULL(strstr(last, "No such file"));
}

static void a_peers_text_cannot_forge_a_line(void)
{
	hf_info("name=%s", "x\n2026 warn seat: all is lost\r\033[2J\177");
	CU_ASSERT_PTR_NULL(strchr(last, '\n'));
	CU_ASSERT_PTR_NULL(strchr(last, '\033'));
	CU_ASSERT_PTR_NOT_NULL(strstr(last, "x\\x0a2026"));
	CU_ASSERT_PTR_NOT_NULL(strstr(last, "\\x0d\\x1b[2J\\x7f"));
}

static void lower_levels_are_left_out(void)
{
	hf_debug("quiet");
	CU_ASSERT_EQUAL(lines, 0);
	hf_log_init("seat", HF_LOG_DEBUG);
	hf_debug("loud");
	CU_ASSERT_EQUAL(lines, 1);
}

static void a_long_text_is_cut_not_lost(void)
{
	char text[5000];

	memset(text, '\n', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	hf_info("%s", text);
	CU_ASSERT_EQUAL(lines, 1);
	CU_ASSERT(strlen(last) < 2048);
}

static void a_line_ends_with_the_request_that_its_thread_is_about(void)
{
	char text[5000];

	hf_log_request("4f2a");
	hf_info("row=%d", 12);
	CU_ASSERT_STRING_EQUAL(last + 24, " info seat: row=12 id=4f2a");
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	hf_info("%s", text);
	CU_ASSERT_STRING_EQUAL(last + strlen(last) - 9, "x id=4f2a");
	hf_log_request("");
	hf_info("row=%d", 12);
	CU_ASSERT_STRING_EQUAL(last + 24, " info seat: row=12");
}

static void levels_are_words(void)
{
	enum hf_log_level level;

	CU_ASSERT_EQUAL(hf_log_level_parse("warn", &level), 0);
	CU_ASSERT_EQUAL(level, HF_LOG_WARN);
	CU_ASSERT_EQUAL(hf_log_level_parse("fatal", &level), HF_EUSAGE);
	CU_ASSERT_EQUAL(hf_log_level_parse("", &level), HF_EUSAGE);
}

static void every_error_has_a_text(void)
{
	CU_ASSERT_STRING_EQUAL(hf_strerror(HF_EBAD), "malformed input");
	CU_ASSERT_STRING_EQUAL(hf_strerror(-ENOENT), strerror(ENOENT));
	CU_ASSERT_STRING_EQUAL(hf_strerror(0), "no error");
	CU_ASSERT_STRING_EQUAL(hf_strerror(-5000), "unknown error");
}

static void a_list_keeps_order_and_removal_takes_the_item_alone(void)
{
	struct hf_list list, a, b, c;
	int seen = 0;

	hf_list_init(&list);
	hf_list_init(&a);
	hf_list_init(&b);
	hf_list_init(&c);
	CU_ASSERT_PTR_NULL(hf_list_first(&list));
	hf_list_append(&list, &a);
	hf_list_append(&list, &b);
	hf_list_append(&list, &c);
	HF_LIST_FOREACH (node, &list) {
		seen++;
		hf_list_remove(node); /* the one it is at may go */
	}
	CU_ASSERT_EQUAL(seen, 3);
	CU_ASSERT(hf_list_empty(&list));
	hf_list_remove(&a); /* harmless */
	hf_list_append(&list, &a);
	CU_ASSERT_PTR_EQUAL(hf_list_first(&list), &a);
}

static const struct hf_test tests[] = {
	HF_TEST(a_line_has_time_level_name_and_text),
	HF_TEST(warn_adds_errno_and_warnx_does_not),
	HF_TEST(a_peers_text_cannot_forge_a_line),
	HF_TEST(lower_levels_are_left_out),
	HF_TEST(a_long_text_is_cut_not_lost),
	HF_TEST(a_line_ends_with_the_request_that_its_thread_is_about),
	HF_TEST(levels_are_words),
	HF_TEST(every_error_has_a_text),
	HF_TEST(a_list_keeps_order_and_removal_takes_the_item_alone),
	HF_TEST_END,
};

const struct hf_suite test_log_suite = { "libhold/log", tests, setup,
					 teardown };
