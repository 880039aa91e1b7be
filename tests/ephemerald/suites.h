/* The suites of ephemerald's test program, one a module. */
#ifndef TESTS_EPHEMERALD_SUITES_H
#define TESTS_EPHEMERALD_SUITES_H

#include "tests/support/runner.h"

extern const struct hf_suite test_acl_suite;
extern const struct hf_suite test_change_suite;
extern const struct hf_suite test_persist_suite;
extern const struct hf_suite test_quota_suite;
extern const struct hf_suite test_session_suite;
extern const struct hf_suite test_settings_suite;
extern const struct hf_suite test_txn_suite;
extern const struct hf_suite test_watch_suite;
extern const struct hf_suite test_zpath_suite;
extern const struct hf_suite test_ztree_suite;

#endif
