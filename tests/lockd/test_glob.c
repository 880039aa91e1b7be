#include "config.h"

#include "lockd/glob.h"

#include "tests/lockd/suites.h"

static void patterns_match_as_in_redis(void)
{
	static const struct {
		const char *pattern, *text;
		bool matches;
	} rows[] = {
		{ "", "", true },           { "", "a", false },
		{ "*", "", true },          { "*", "abc", true },
		{ "a*c", "abbc", true },    { "a*c", "abbd", false },
		{ "a**c", "ac", true },     { "?", "", false },
		{ "?", "a", true },         { "a?c", "abc", true },
		{ "[ab]c", "bc", true },    { "[ab]c", "cc", false },
		{ "[^ab]c", "cc", true },   { "[a-c]", "b", true },
		{ "[c-a]", "b", true },     { "[a-c]", "d", false },
		{ "\\*", "*", true },       { "\\*", "a", false },
		{ "[\\]]", "]", true },     { "*[0-9]", "seat7", true },
		{ "*ab", "aab", true },     { "*ab*ab", "xabab", true },
		{ "*ab*ab", "xab", false }, { "[abc", "b", true },
	};

	for (size_t i = 0; i < HF_LEN(rows); i++)
		CU_ASSERT_EQUAL(glob_match(hf_slice_of(rows[i].pattern),
					   hf_slice_of(rows[i].text)),
				rows[i].matches);
}

static void many_stars_cost_no_more_than_pattern_times_text(void)
{
	char text[20001];

	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	/* With backtracking over every star this would take years. */
	CU_ASSERT_FALSE(
	    glob_match(HF_SLICE("*a*a*a*a*a*a*a*a*a*a*b"), hf_slice_of(text)));
}

static const struct hf_test tests[] = {
	HF_TEST(patterns_match_as_in_redis),
	HF_TEST(many_stars_cost_no_more_than_pattern_times_text),
	HF_TEST_END,
};

const struct hf_suite test_glob_suite = { "lockd/glob", tests, NULL, NULL };
