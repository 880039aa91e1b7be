#include "config.h"

#include "db/utf8.h"
#include "tests/db/suites.h"

static void text_of_every_length_is_taken(void)
{
	static const char *const good[] = {
		"",
		"abc ~",
		"\xc2\xa0",
		"\xdf\xbf",
		"\xd8\x9b", /* next to U+061C */
		"\xd8\x9d",
		"\xe2\x80\x8d", /* a joiner, U+200D */
		"\xe2\x80\x90",
		"\xe2\x80\xaf",
		"\xe2\x81\xaa",
		"\xd7\x90\xd7\x91", /* Hebrew needs no control */
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
		"\xc2\x80", /* U+0080 to U+009F */
		"\xc2\x9f",
		"\xd8\x9c", /* U+061C */
		"\xe2\x80\x8e", /* U+200E, U+200F */
		"\xe2\x80\x8f",
		"\xe2\x80\xa8", /* U+2028 to U+202E */
		"\xe2\x80\xa9",
		"\xe2\x80\xaa",
		"\xe2\x80\xae",
		"\xe2\x81\xa6", /* U+2066 to U+2069 */
		"\xe2\x81\xa9",
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
