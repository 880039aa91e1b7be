#include "config.h"

#include "db/money.h"
#include "libhold/err.h"
#include "tests/db/suites.h"

static void currencies_have_the_decimals_of_iso_4217(void)
{
	CU_ASSERT_EQUAL(money_decimals("EUR"), 2);
	CU_ASSERT_EQUAL(money_decimals("JPY"), 0);
	CU_ASSERT_EQUAL(money_decimals("KWD"), 3);
	CU_ASSERT_EQUAL(money_decimals("CLF"), 4);
	CU_ASSERT_EQUAL(money_decimals("eur"), -1);
	CU_ASSERT_EQUAL(money_decimals("EU"), -1);
	CU_ASSERT_EQUAL(money_decimals("EURO"), -1);
	CU_ASSERT_EQUAL(money_decimals(""), -1);
}

static void amounts_are_read_exactly_or_not_at_all(void)
{
	static const struct {
		const char *text;
		int decimals;
		int64_t minor; /* -1: refused */
	} cases[] = {
		{ "0", 2, 0 },
		{ "45", 2, 4500 },
		{ "45.5", 2, 4550 },
		{ "45.50", 2, 4550 },
		{ "45,50", 2, 4550 },
		{ "0.01", 2, 1 },
		{ "4500", 0, 4500 },
		{ "1.234", 3, 1234 },
		{ "007", 2, 700 },
		{ "10000000000", 2, 1000000000000 },
		{ "10000000000.01", 2, -1 },
		{ "9999999999999999", 2, -1 },
		{ "45.505", 2, -1 },
		{ "4500.0", 0, -1 },
		{ "45.", 2, -1 },
		{ ".5", 2, -1 },
		{ "", 2, -1 },
		{ "-1", 2, -1 },
		{ "1e3", 2, -1 },
		{ "1,234.50", 2, -1 },
		{ "45 ", 2, -1 },
		{ "EUR 45", 2, -1 },
	};

	for (size_t i = 0; i < HF_LEN(cases); i++) {
		const char *reason;
		int64_t minor = -1;
		int rc = money_parse(cases[i].text, cases[i].decimals, &minor,
				     &reason);

		CU_ASSERT_EQUAL(rc, cases[i].minor < 0 ? HF_EBAD : 0);
		CU_ASSERT_EQUAL(minor, cases[i].minor);
	}
}

static void amounts_are_printed_with_all_their_decimals(void)
{
	char text[MONEY_TEXT_MAX];

	money_print(4550, 2, text);
	CU_ASSERT_STRING_EQUAL(text, "45.50");
	money_print(5, 3, text);
	CU_ASSERT_STRING_EQUAL(text, "0.005");
	money_print(4550, 0, text);
	CU_ASSERT_STRING_EQUAL(text, "4550");
}

static const struct hf_test tests[] = {
	HF_TEST(currencies_have_the_decimals_of_iso_4217),
	HF_TEST(amounts_are_read_exactly_or_not_at_all),
	HF_TEST(amounts_are_printed_with_all_their_decimals),
	HF_TEST_END,
};

const struct hf_suite test_money_suite = { "db/money", tests, NULL, NULL };
