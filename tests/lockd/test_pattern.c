#include "config.h"

#include "libhold/mem.h"
#include "lockd/script_pattern.h"

#include "tests/lockd/suites.h"

#include <stdio.h>
#include <stdlib.h>

/* The cost in a subject of n times the byte, then "tail". */
static double cost_in(const char *pattern, char byte, size_t n, bool anchors)
{
	char *text = hf_alloc(n + 4);
	double cost;

	memset(text, byte, n);
	memcpy(text + n, "tail", 4);
	cost = script_pattern_cost(hf_slice_of(pattern),
				   (struct hf_slice){ text, n + 4 }, anchors);
	free(text);
	return cost;
}

/* From least on and below most; a pattern that is not is named. */
static bool is_within(const char *pattern, double cost, double least,
		      double most)
{
	bool good = cost >= least && cost < most;

	if (!good)
		fprintf(stderr, "%s costs %g, not %g to %g\n", pattern, cost,
			least, most);
	return good;
}

static void the_cost_is_what_the_matcher_does_and_not_far_more(void)
{
	/* The least that the matcher is known to do in n times 'a'. */
	static const struct {
		const char *pattern;
		int power; /* of n */
	} rows[] = {
		{ "b", 1 },       { "a*b", 2 },
		{ "a-b", 2 },     { "a+b", 2 },
		{ "a*a*b", 3 },   { "^a*b", 1 },
		{ "^a*a*b", 2 },  { "(a*)(a-)b", 3 },
		{ ".-.-b", 3 },   { "[^b]*b", 2 },
		{ "[]a]*b", 2 },  { "[^]]*]", 2 },
		{ "[%a]*b", 2 },  { "%a*b", 2 },
		{ "%D*b", 2 },    { "[b-]*[a-c]*d", 2 },
		{ "a*$", 2 },     { "a%bxya*b", 2 },
		{ "(a*)()b", 2 }, { "[a-z]*%u", 2 },
	};
	const size_t n = 1000;

	for (size_t i = 0; i < HF_LEN(rows); i++) {
		double least = 1;

		for (int p = 0; p < rows[i].power; p++)
			least *= (double)n;
		CU_ASSERT(is_within(rows[i].pattern,
				    cost_in(rows[i].pattern, 'a', n, true),
				    least, 10 * least * (double)n));
	}
}

static void balances_are_read_from_each_of_their_beginnings(void)
{
	CU_ASSERT(cost_in("%b()", '(', 1000, true) >= 1000.0 * 1000);
	CU_ASSERT(cost_in("%b()", 'a', 1000, true) < 1000.0 * 10);
	CU_ASSERT(cost_in("(%b())", 'a', 1000, true) < 1000.0 * 10);
}

static void back_references_compare_whole_texts(void)
{
	CU_ASSERT(cost_in("(a*)%1b", 'a', 1600, true) >=
		  1600.0 * 1600 * 1600 / 16);
}

static void each_option_doubles_the_ways(void)
{
	CU_ASSERT(cost_in("a?a?a?a?a?a?a?a?a?a?", 'a', 10, true) >= 1024);
	CU_ASSERT(cost_in("^a?", 'a', 10, true) < 100);
}

static void only_runs_that_are_there_count(void)
{
	CU_ASSERT(cost_in("^%s*(.-)%s*$", 'a', 10000, true) < 1e6);
	CU_ASSERT(cost_in("^%s*(.-)%s*$", ' ', 10000, true) > 1e11);
	CU_ASSERT(cost_in("(%d+)-(%d+)", 'a', 10000, true) < 1e6);
	CU_ASSERT(cost_in("[^,]+", 'a', 100000, false) < 1e6);
	CU_ASSERT(cost_in("([^,]+)", 'a', 100000, false) < 1e6);
}

static void an_anchor_counts_where_it_is_one(void)
{
	CU_ASSERT(cost_in("^a*b", 'a', 1000, true) < 1e4);
	CU_ASSERT(cost_in("^a*b", 'a', 1000, false) >= 1e6);
}

static void hopeless_patterns_are_given_up_early(void)
{
	char pattern[2 * 200 + 2] = "";

	for (int i = 0; i < 200; i++)
		memcpy(pattern + 2 * i, "a*", 2);
	pattern[400] = 'b';
	CU_ASSERT(cost_in(pattern, 'a', 1000000, true) >= 1e15);
	for (int i = 0; i < 200; i++)
		memcpy(pattern + 2 * i, "b*", 2);
	CU_ASSERT(cost_in(pattern, 'a', 1000000, true) >= 1e15);
}

/* Each in a block of its exact size: a sanitizer sees a read too far. */
static void patterns_cut_anywhere_are_read_within_their_bytes(void)
{
	static const char whole[] = "^([%a-z^]*)%b()%f[%w]%1[]x-]+[^]%-a]?.$";

	for (size_t n = 0; n < sizeof(whole); n++) {
		char *cut = hf_memdup(whole, n);

		CU_ASSERT(script_pattern_cost((struct hf_slice){ cut, n },
					      HF_SLICE("some (text)"),
					      true) > 0);
		script_pattern_plain((struct hf_slice){ cut, n });
		free(cut);
	}
}

static void plain_is_what_means_itself(void)
{
	CU_ASSERT(script_pattern_plain(HF_SLICE("")));
	CU_ASSERT(script_pattern_plain(HF_SLICE("word, {} ]!")));
	CU_ASSERT(script_pattern_plain(HF_SLICE("a\0*"))); /* as Lua's find */
	for (const char *c = "^$*+?.([%-"; *c != '\0'; c++)
		CU_ASSERT(!script_pattern_plain((struct hf_slice){ c, 1 }));
}

static const struct hf_test tests[] = {
	HF_TEST(the_cost_is_what_the_matcher_does_and_not_far_more),
	HF_TEST(balances_are_read_from_each_of_their_beginnings),
	HF_TEST(back_references_compare_whole_texts),
	HF_TEST(each_option_doubles_the_ways),
	HF_TEST(only_runs_that_are_there_count),
	HF_TEST(an_anchor_counts_where_it_is_one),
	HF_TEST(hopeless_patterns_are_given_up_early),
	HF_TEST(patterns_cut_anywhere_are_read_within_their_bytes),
	HF_TEST(plain_is_what_means_itself),
	HF_TEST_END
};

const struct hf_suite test_pattern_suite = { .name = "lockd/script_pattern",
					     .tests = tests };
