#include "config.h"

#include "tests/ephemerald/suites.h"

int main(int argc, char **argv)
{
	const struct hf_suite suites[] = {
		test_change_suite,
		test_persist_suite,
		{ .name = NULL },
	};

	return hf_test_main(suites, argc, argv);
}
