#include "config.h"

#include "db/money.h"
#include "libhold/err.h"
#include "tests/db/suites.h"

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

static const struct hf_test tests[] = {
	HF_TEST(amounts_are_read_exactly_or_not_at_all),
	HF_TEST_END,
};

const struct hf_suite test_money_suite = { "db/money", tests, NULL, NULL };
