#include "config.h"

#include "fcgi/hold_input.h"
#include "libhold/err.h"

#include "tests/fcgi/suites.h"

#include <stdio.h>

static struct hold_input input;

static int parse(const char *text)
{
	return hold_input_parse(hf_slice_of(text), &input);
}

static void seats_are_a_basket(void)
{
	CU_ASSERT_EQUAL(parse("{\"seats\":[\"b\",10,\"a\",\"b\"],\"x\":1}"), 0);
	CU_ASSERT_FALSE(input.best);
	CU_ASSERT_EQUAL(input.basket.n, 3);
	CU_ASSERT_STRING_EQUAL(input.basket.ids[0], "10");
	CU_ASSERT_STRING_EQUAL(input.basket.ids[1], "a");
	CU_ASSERT_STRING_EQUAL(input.basket.ids[2], "b");
}

static void the_best_have_a_count_and_the_rest_is_open(void)
{
	CU_ASSERT_EQUAL(parse("{\"best\":{\"count\":3}}"), 0);
	CU_ASSERT(input.best);
	CU_ASSERT_EQUAL(input.wish.count, 3);
	CU_ASSERT_EQUAL(input.wish.max_price_minor, INT64_MAX);
	CU_ASSERT_STRING_EQUAL(input.wish.section, "");
	CU_ASSERT_FALSE(input.wish.together);
	CU_ASSERT_FALSE(input.wish.accessible);
	CU_ASSERT_EQUAL(parse("{\"best\":{\"count\":10,\"section\":\"S\","
			      "\"max_price\":0,\"together\":\"required\","
			      "\"accessible\":true}}"),
			0);
	CU_ASSERT_STRING_EQUAL(input.wish.section, "S");
	CU_ASSERT_EQUAL(input.wish.max_price_minor, 0);
	CU_ASSERT(input.wish.together);
	CU_ASSERT(input.wish.accessible);
}

static void a_line_is_joined_for_what_the_best_are(void)
{
	CU_ASSERT_EQUAL(parse("{\"best\":{\"count\":1},\"turn\":true}"), 0);
	CU_ASSERT(input.turn);
	CU_ASSERT_EQUAL(parse("{\"seats\":[1],\"turn\":1}"), HF_EBAD);
	CU_ASSERT_PTR_NOT_NULL(strstr(input.wrong, "turn"));
	CU_ASSERT_EQUAL(parse("{\"seats\":[1]}"), 0);
	CU_ASSERT_FALSE(input.turn);
	CU_ASSERT_EQUAL(line_input_parse(HF_SLICE("{\"count\":2,"
						  "\"section\":\"S\","
						  "\"max_price\":9}"),
					 &input),
			0);
	CU_ASSERT_EQUAL(input.wish.count, 2);
	CU_ASSERT_STRING_EQUAL(input.wish.section, "S");
	CU_ASSERT_EQUAL(input.wish.max_price_minor, 9);
	CU_ASSERT_EQUAL(line_input_parse(HF_SLICE("{}"), &input), HF_EBAD);
	CU_ASSERT_STRING_EQUAL(input.wrong, "count is missing");
	CU_ASSERT_EQUAL(line_input_parse(HF_SLICE("{\"count\":11}"), &input),
			HF_ELIMIT);
	CU_ASSERT_EQUAL(line_input_parse(HF_SLICE("[1]"), &input), HF_EBAD);
}

static void what_is_malformed_and_what_is_too_much_are_two_things(void)
{
	static const struct {
		const char *body;
		int rc;
		const char *words;
	} rows[] = {
		{ "", HF_EBAD, "empty" },
		{ "{}", HF_EBAD, "either seats or best" },
		{ "{\"seats\":[1],\"best\":{\"count\":1}}", HF_EBAD, "either" },
		{ "{\"seats\":1}", HF_EBAD, "an array" },
		{ "{\"seats\":[null]}", HF_EBAD, "each of seats" },
		{ "{\"seats\":[]}", HF_ELIMIT, "at least one" },
		{ "{\"seats\":[1,2,3,4,5,6,7,8,9,10]}", 0, "" },
		{ "{\"seats\":[1,2,3,4,5,6,7,8,9,10,11]}", HF_ELIMIT, "10" },
		{ "{\"best\":[]}", HF_EBAD, "an object" },
		{ "{\"best\":{}}", HF_EBAD, "count is missing" },
		{ "{\"best\":{\"count\":1.0}}", HF_EBAD, "whole number" },
		{ "{\"best\":{\"count\":0}}", HF_ELIMIT, "1 to 10" },
		{ "{\"best\":{\"count\":1}}", 0, "" },
		{ "{\"best\":{\"count\":11}}", HF_ELIMIT, "1 to 10" },
		{ "{\"best\":{\"count\":1,\"section\":1}}", HF_EBAD,
		  "section" },
		{ "{\"best\":{\"count\":1,\"section\":\"\"}}", HF_EBAD,
		  "section" },
		{ "{\"best\":{\"count\":1,\"max_price\":-1}}", HF_ELIMIT,
		  "max_price" },
		{ "{\"best\":{\"count\":1,\"max_price\":\"1\"}}", HF_EBAD,
		  "max_price" },
		{ "{\"best\":{\"count\":1,\"together\":true}}", HF_EBAD,
		  "together" },
		{ "{\"best\":{\"count\":1,\"accessible\":1}}", HF_EBAD,
		  "accessible" },
	};

	for (size_t i = 0; i < HF_LEN(rows); i++) {
		int rc = parse(rows[i].body);

		if (rc != rows[i].rc)
			printf("# %s: %d %s\n", rows[i].body, rc, input.wrong);
		CU_ASSERT_EQUAL(rc, rows[i].rc);
		CU_ASSERT_PTR_NOT_NULL(strstr(input.wrong, rows[i].words));
	}
}

static void a_section_of_the_limit_fits_and_one_more_byte_does_not(void)
{
	char body[200], name[SECTION_NAME_MAX + 2];

	for (size_t len = SECTION_NAME_MAX; len < sizeof(name); len++) {
		memset(name, 'x', len);
		name[len] = '\0';
		snprintf(body, sizeof(body),
			 "{\"best\":{\"count\":1,\"section\":\"%s\"}}", name);
		CU_ASSERT_EQUAL(parse(body),
				len > SECTION_NAME_MAX ? HF_EBAD : 0);
	}
}

static const struct hf_test tests[] = {
	HF_TEST(seats_are_a_basket),
	HF_TEST(the_best_have_a_count_and_the_rest_is_open),
	HF_TEST(a_line_is_joined_for_what_the_best_are),
	HF_TEST(what_is_malformed_and_what_is_too_much_are_two_things),
	HF_TEST(a_section_of_the_limit_fits_and_one_more_byte_does_not),
	HF_TEST_END,
};

const struct hf_suite test_hold_input_suite = { "fcgi/hold_input", tests, NULL,
						NULL };
