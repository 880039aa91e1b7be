#include "config.h"

#include "fcgi/form_body.h"
#include "fcgi/form_input.h"
#include "libhold/err.h"

#include "tests/fcgi/suites.h"

#include <stdio.h>

static struct form_input input;

static int parse(const char *body)
{
	memset(&input, 1, sizeof(input)); /* nothing is left as it was */
	return form_input_parse(hf_slice_of(body), &input);
}

static void ticked_seats_are_a_basket(void)
{
	CU_ASSERT_EQUAL(parse("seat=b&seat=a&x=1&seat=b"), 0);
	CU_ASSERT_FALSE(input.hold.best || input.hold.turn);
	CU_ASSERT_EQUAL(input.hold.basket.n, 2);
	CU_ASSERT_STRING_EQUAL(input.hold.basket.ids[0], "a");
	CU_ASSERT(form_input_wishes(&input));
}

static void a_count_asks_for_the_best(void)
{
	CU_ASSERT_EQUAL(parse("count=3&section=&together=1"), 0);
	CU_ASSERT(input.hold.best && form_input_wishes(&input));
	CU_ASSERT_EQUAL(input.hold.wish.count, 3);
	CU_ASSERT_STRING_EQUAL(input.hold.wish.section, "");
	CU_ASSERT(input.hold.wish.together);
	CU_ASSERT_FALSE(input.hold.wish.accessible);
	CU_ASSERT_EQUAL(input.hold.wish.max_price_minor, INT64_MAX);
	CU_ASSERT_EQUAL(parse("count=1&section=S%20T&max_price=0&accessible=1"),
			0);
	CU_ASSERT_STRING_EQUAL(input.hold.wish.section, "S T");
	CU_ASSERT_EQUAL(input.hold.wish.max_price_minor, 0);
	CU_ASSERT(input.hold.wish.accessible);
	CU_ASSERT_FALSE(input.hold.wish.together);
}

static void a_form_without_either_wishes_nothing(void)
{
	CU_ASSERT_EQUAL(parse("key=&count="), 0);
	CU_ASSERT_FALSE(form_input_wishes(&input));
}

static void a_key_has_its_length_or_is_none(void)
{
	const char *key = "0123456789012345678901234567890123456789012";
	char body[64];

	snprintf(body, sizeof(body), "key=%s", key);
	CU_ASSERT_EQUAL(parse(body), 0);
	CU_ASSERT_STRING_EQUAL(input.key, key);
	CU_ASSERT_EQUAL(parse("key=short"), 0);
	CU_ASSERT_STRING_EQUAL(input.key, "");
}

static void a_form_says_which_one_it_is_or_does_not(void)
{
	CU_ASSERT_EQUAL(parse("count=1&once=0123456789012345678901"), 0);
	CU_ASSERT(input.once);
	CU_ASSERT_EQUAL(parse("count=1&once=012345678901234567890"), 0);
	CU_ASSERT_FALSE(input.once);
	CU_ASSERT_EQUAL(parse("count=1"), 0);
	CU_ASSERT_FALSE(input.once);
}

static void numbers_and_baskets_have_their_limits(void)
{
	static const struct {
		const char *body;
		int rc;
	} rows[] = {
		{ "count=0", HF_ELIMIT },
		{ "count=10", 0 },
		{ "count=11", HF_ELIMIT },
		{ "count=x", HF_EBAD },
		{ "max_price=-1", HF_ELIMIT },
		{ "seat=1&seat=2&seat=3&seat=4&seat=5&seat=6&seat=7&seat=8&"
		  "seat=9&seat=10",
		  0 },
		{ "seat=1&seat=2&seat=3&seat=4&seat=5&seat=6&seat=7&seat=8&"
		  "seat=9&seat=10&seat=11",
		  HF_ELIMIT },
		{ "seat=%", HF_EBAD },
	};

	for (size_t i = 0; i < HF_LEN(rows); i++) {
		CU_ASSERT_EQUAL(parse(rows[i].body), rows[i].rc);
		CU_ASSERT(rows[i].rc == 0 || input.hold.wrong[0] != '\0');
	}
}

static int parse_long(const char *name, size_t len)
{
	char body[FORM_VALUE_MAX + 16];
	size_t at = (size_t)snprintf(body, sizeof(body), "%s=", name);

	memset(body + at, 'a', len);
	body[at + len] = '\0';
	return parse(body);
}

static void names_have_their_limits(void)
{
	CU_ASSERT_EQUAL(parse_long("seat", TICKET_ID_MAX), 0);
	CU_ASSERT_EQUAL(parse_long("seat", TICKET_ID_MAX + 1), HF_EBAD);
	CU_ASSERT_EQUAL(parse_long("section", SECTION_NAME_MAX), 0);
	CU_ASSERT_EQUAL(parse_long("section", SECTION_NAME_MAX + 1), HF_EBAD);
}

static const struct hf_test tests[] = {
	HF_TEST(ticked_seats_are_a_basket),
	HF_TEST(a_count_asks_for_the_best),
	HF_TEST(a_form_without_either_wishes_nothing),
	HF_TEST(a_key_has_its_length_or_is_none),
	HF_TEST(a_form_says_which_one_it_is_or_does_not),
	HF_TEST(numbers_and_baskets_have_their_limits),
	HF_TEST(names_have_their_limits),
	HF_TEST_END,
};

const struct hf_suite test_form_input_suite = { "fcgi/form_input", tests, NULL,
						NULL };
