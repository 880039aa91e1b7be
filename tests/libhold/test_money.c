#include "config.h"

#include "libhold/money.h"

#include "tests/libhold/suites.h"

static void currencies_have_the_decimals_of_iso_4217(void)
{
	CU_ASSERT_EQUAL(hf_money_decimals("EUR"), 2);
	CU_ASSERT_EQUAL(hf_money_decimals("JPY"), 0);
	CU_ASSERT_EQUAL(hf_money_decimals("KWD"), 3);
	CU_ASSERT_EQUAL(hf_money_decimals("CLF"), 4);
	CU_ASSERT_EQUAL(hf_money_decimals("eur"), -1);
	CU_ASSERT_EQUAL(hf_money_decimals("EU"), -1);
	CU_ASSERT_EQUAL(hf_money_decimals("EURO"), -1);
	CU_ASSERT_EQUAL(hf_money_decimals(""), -1);
}

static void amounts_are_printed_with_all_their_decimals(void)
{
	char text[HF_MONEY_TEXT_MAX];

	hf_money_print(4550, 2, text);
	CU_ASSERT_STRING_EQUAL(text, "45.50");
	hf_money_print(5, 3, text);
	CU_ASSERT_STRING_EQUAL(text, "0.005");
	hf_money_print(4550, 0, text);
	CU_ASSERT_STRING_EQUAL(text, "4550");
}

static const struct hf_test tests[] = {
	HF_TEST(currencies_have_the_decimals_of_iso_4217),
	HF_TEST(amounts_are_printed_with_all_their_decimals),
	HF_TEST_END,
};

const struct hf_suite test_money_suite = { "libhold/money", tests, NULL, NULL };
