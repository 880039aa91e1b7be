#include "config.h"

#include "tests/ephemerald/suites.h"

int main(int argc, char **argv)
{
	const struct hf_suite suites[] = {
		test_acl_suite,   test_change_suite,  test_persist_suite,
		test_quota_suite, test_session_suite, test_settings_suite,
		test_txn_suite,   test_watch_suite,   test_zpath_suite,
		test_ztree_suite, { .name = NULL },
	};

	return hf_test_main(suites, argc, argv);
}
