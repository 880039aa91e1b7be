#include "config.h"

#include "tests/libhold/suites.h"

int main(int argc, char **argv)
{
	const struct hf_suite suites[] = {
		test_buf_suite,          test_loop_suite,
		test_listen_suite,       test_conf_suite,
		test_conf_file_suite,    test_heap_suite,
		test_hist_suite,         test_journal_suite,
		test_journal_file_suite, test_journal_gather_suite,
		test_log_suite,          test_money_suite,
		test_table_suite,        test_slice_suite,
		test_zkrec_suite,        test_zkframe_suite,
		{ .name = NULL },
	};

	return hf_test_main(suites, argc, argv);
}
