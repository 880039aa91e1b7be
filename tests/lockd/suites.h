/* The suites of lockd's test program, one a module. */
#ifndef TESTS_LOCKD_SUITES_H
#define TESTS_LOCKD_SUITES_H

#include "tests/support/runner.h"

extern const struct hf_suite test_glob_suite;
extern const struct hf_suite test_hash_value_suite;
extern const struct hf_suite test_keyspace_suite;
extern const struct hf_suite test_lateness_suite;
extern const struct hf_suite test_lock_value_suite;
extern const struct hf_suite test_locktab_suite;
extern const struct hf_suite test_locktab_many_suite;
extern const struct hf_suite test_memory_suite;
extern const struct hf_suite test_notify_suite;
extern const struct hf_suite test_pattern_suite;
extern const struct hf_suite test_persist_suite;
extern const struct hf_suite test_pubsub_suite;
extern const struct hf_suite test_resp_suite;
extern const struct hf_suite test_script_suite;
extern const struct hf_suite test_script_log_suite;
extern const struct hf_suite test_sha1_suite;
extern const struct hf_suite test_watch_suite;

#endif
