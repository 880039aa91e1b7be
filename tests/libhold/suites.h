/* The suites of libhold's test program, one a module. */
#ifndef TESTS_LIBHOLD_SUITES_H
#define TESTS_LIBHOLD_SUITES_H

#include "tests/support/runner.h"

extern const struct hf_suite test_buf_suite;
extern const struct hf_suite test_listen_suite;
extern const struct hf_suite test_loop_suite;
extern const struct hf_suite test_conf_suite;
extern const struct hf_suite test_conf_file_suite;
extern const struct hf_suite test_heap_suite;
extern const struct hf_suite test_hist_suite;
extern const struct hf_suite test_journal_file_suite;
extern const struct hf_suite test_journal_gather_suite;
extern const struct hf_suite test_journal_suite;
extern const struct hf_suite test_log_suite;
extern const struct hf_suite test_money_suite;
extern const struct hf_suite test_table_suite;
extern const struct hf_suite test_slice_suite;
extern const struct hf_suite test_zkframe_suite;
extern const struct hf_suite test_zkrec_suite;

#endif
