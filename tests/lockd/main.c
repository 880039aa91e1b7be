#include "config.h"

#include "tests/lockd/suites.h"

int main(int argc, char **argv)
{
	const struct hf_suite suites[] = {
		test_glob_suite,         test_hash_value_suite,
		test_keyspace_suite,     test_lateness_suite,
		test_lock_value_suite,   test_locktab_suite,
		test_locktab_many_suite, test_memory_suite,
		test_notify_suite,       test_pattern_suite,
		test_persist_suite,      test_pubsub_suite,
		test_resp_suite,         test_script_suite,
		test_script_log_suite,   test_sha1_suite,
		test_watch_suite,        { .name = NULL },
	};

	return hf_test_main(suites, argc, argv);
}
