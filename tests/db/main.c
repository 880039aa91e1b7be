#include "config.h"

#include "tests/db/suites.h"

int main(int argc, char **argv)
{
	const struct hf_suite suites[] = {
		test_csv_suite,
		test_money_suite,
		test_utf8_suite,
		{ .name = NULL },
	};

	return hf_test_main(suites, argc, argv);
}
