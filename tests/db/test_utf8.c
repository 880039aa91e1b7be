#include "config.h"

#include "db/utf8.h"
#include "tests/db/suites.h"

static void text_of_every_length_is_taken(void)
{
	static const char *const good[] = {
		"",
		"abc ~",
		"\xc2\x80",
		"\xdf\xbf",
		"\xe0\xa0\x80",
		"\xed\x9f\xbf",
		"\xef\xbf\xbf",
		"\xf0\x90\x80\x80",
		"\xf4\x8f\xbf\xbf",
	};

	for (size_t i = 0; i < HF_LEN(good); i++)
		CU_ASSERT_PTR_NULL(utf8_wrong(good[i]));
}

static void what_is_no_text_is_told(void)
{
	static const char *const bad[] = {
		"\x80",
		"\xc0\x80",
		"\xc1\xbf", /* too long */
		"\xc2",
		"\xc2z",
		"\xe0\x9f\xbf",
		"\xed\xa0\x80", /* a surrogate */
		"\xe2\x82",
		"\xf0\x8f\x80\x80",
		"\xf4\x90\x80\x80",
		"\xf5\x80\x80\x80",
		"\xff",
		"a\x01",
		"a\n",
		"\x7f",
		"a\t",
	};

	for (size_t i = 0; i < HF_LEN(bad); i++)
		CU_ASSERT_PTR_NOT_NULL(utf8_wrong(bad[i]));
}

static const struct hf_test tests[] = {
	HF_TEST(text_of_every_length_is_taken),
	HF_TEST(what_is_no_text_is_told),
	HF_TEST_END,
};

const struct hf_suite test_utf8_suite = { "db/utf8", tests, NULL, NULL };
