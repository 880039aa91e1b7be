#include "config.h"

#include "fcgi/input.h"
#include "libhold/err.h"

#include "tests/fcgi/suites.h"

#include <stdio.h>

static struct input input;

static int parse(const char *text)
{
	return input_parse(hf_slice_of(text), &input);
}

static bool wrong_says(const char *body, const char *words)
{
	return parse(body) == HF_EBAD && strstr(input.wrong, words) != NULL;
}

static void ids_may_be_strings_or_integers(void)
{
	CU_ASSERT_EQUAL(parse("{\"ticket_id\": 7, \"client_id\": \"ann\"}"), 0);
	CU_ASSERT_EQUAL(input.basket.n, 1);
	CU_ASSERT_STRING_EQUAL(input.basket.ids[0], "7");
	CU_ASSERT_STRING_EQUAL(input.client, "ann");
	CU_ASSERT_EQUAL(
	    parse("{\"ticket_id\": \"A 12/\\u00e9\", \"client_id\": -3}"), 0);
	CU_ASSERT_STRING_EQUAL(input.basket.ids[0], "A 12/\303\251");
	CU_ASSERT_STRING_EQUAL(input.client, "-3");
}

static void a_basket_is_in_byte_order_each_ticket_once(void)
{
	CU_ASSERT_EQUAL(parse("{\"ticket_ids\": [\"b\", 10, \"a\", \"b\", 2], "
			      "\"client_id\": 1, \"more\": null}"),
			0);
	CU_ASSERT_EQUAL(input.basket.n, 4);
	CU_ASSERT_STRING_EQUAL(input.basket.ids[0], "10");
	CU_ASSERT_STRING_EQUAL(input.basket.ids[1], "2");
	CU_ASSERT_STRING_EQUAL(input.basket.ids[2], "a");
	CU_ASSERT_STRING_EQUAL(input.basket.ids[3], "b");
}

static void the_limit_counts_distinct_tickets(void)
{
	CU_ASSERT_EQUAL(parse("{\"ticket_ids\": [9,9,8,7,6,5,\"5\",4,3,2,1,0,"
			      "9], \"client_id\": 1}"),
			0);
	CU_ASSERT_EQUAL(input.basket.n, 10);
	for (size_t i = 0; i < input.basket.n; i++)
		CU_ASSERT_EQUAL(input.basket.ids[i][0], (char)('0' + i));
}

static void what_is_wrong_is_said(void)
{
	static const struct {
		const char *body, *words;
	} rows[] = {
		{ "", "empty" },
		{ " ", "ends too early" },
		{ "{", "ends too early" },
		{ "nonsense", "not JSON" },
		{ "{} {}", "not JSON" },
		{ "[]", "must be a JSON object" },
		{ "null", "must be a JSON object" },
		{ "\"x\"", "must be a JSON object" },
		{ "{}", "client_id is missing" },
		{ "{\"client_id\":1}", "ticket_id (or ticket_ids) is missing" },
		{ "{\"ticket_id\":1}", "client_id is missing" },
		{ "{\"client_id\":1,\"ticket_id\":1,\"ticket_ids\":[2]}",
		  "exclude each other" },
		{ "{\"client_id\":1,\"ticket_id\":null}", "string or a whole" },
		{ "{\"client_id\":1,\"ticket_id\":1.5}", "string or a whole" },
		{ "{\"client_id\":1,\"ticket_id\":true}", "string or a whole" },
		{ "{\"client_id\":1,\"ticket_id\":{}}", "string or a whole" },
		{ "{\"client_id\":1,\"ticket_id\":\"\"}", "not be empty" },
		{ "{\"client_id\":\"\",\"ticket_id\":1}", "not be empty" },
		{ "{\"client_id\":1,\"ticket_id\":\"a\\u0000b\"}",
		  "control characters" },
		{ "{\"client_id\":\"a\\nb\",\"ticket_id\":1}",
		  "control characters" },
		{ "{\"client_id\":1,\"ticket_id\":99999999999999999999}",
		  "too large" },
		{ "{\"client_id\":1,\"ticket_ids\":7}", "must be an array" },
		{ "{\"client_id\":1,\"ticket_ids\":[]}", "at least one" },
		{ "{\"client_id\":1,\"ticket_ids\":[1,2,3,4,5,6,7,8,9,10,11]}",
		  "at most 10" },
		{ "{\"client_id\":1,\"ticket_ids\":[1,[2]]}", "each of" },
		{ "\"\377\"", "not UTF-8" },
		{ "\"\200\"", "not UTF-8" },
		{ "\"\300\257\"", "not UTF-8" }, /* overlong forms */
		{ "\"\340\200\257\"", "not UTF-8" },
		{ "\"\360\200\200\257\"", "not UTF-8" },
		{ "\"\355\240\200\"", "not UTF-8" },     /* a surrogate */
		{ "\"\364\220\200\200\"", "not UTF-8" }, /* past U+10FFFF */
		{ "\"\342\202\"", "not UTF-8" },         /* too short */
		{ "\"\342\202", "not UTF-8" },
		{ "\"\177\337\277\340\240\200\355\237\277\356\200\200"
		  "\360\220\200\200\364\217\277\277\"",
		  "JSON object" },
		{ "[[[[[[[[[[[[1]]]]]]]]]]]]", "not JSON" },
	};

	for (size_t i = 0; i < HF_LEN(rows); i++) {
		bool said = wrong_says(rows[i].body, rows[i].words);

		if (!said)
			printf("# %s: %s\n", rows[i].body, input.wrong);
		CU_ASSERT(said);
	}
}

static void an_id_of_the_limit_fits_and_one_more_byte_does_not(void)
{
	char body[400], id[TICKET_ID_MAX + 2];

	memset(id, 'x', sizeof(id));
	id[TICKET_ID_MAX] = '\0';
	snprintf(body, sizeof(body), "{\"client_id\":1,\"ticket_id\":\"%s\"}",
		 id);
	CU_ASSERT_EQUAL(parse(body), 0);
	CU_ASSERT_EQUAL(strlen(input.basket.ids[0]), TICKET_ID_MAX);
	id[TICKET_ID_MAX] = 'x';
	id[TICKET_ID_MAX + 1] = '\0';
	snprintf(body, sizeof(body), "{\"client_id\":1,\"ticket_id\":\"%s\"}",
		 id);
	CU_ASSERT(wrong_says(body, "too long"));
}

static const struct hf_test tests[] = {
	HF_TEST(ids_may_be_strings_or_integers),
	HF_TEST(a_basket_is_in_byte_order_each_ticket_once),
	HF_TEST(the_limit_counts_distinct_tickets),
	HF_TEST(what_is_wrong_is_said),
	HF_TEST(an_id_of_the_limit_fits_and_one_more_byte_does_not),
	HF_TEST_END,
};

const struct hf_suite test_input_suite = { "fcgi/input", tests, NULL, NULL };
