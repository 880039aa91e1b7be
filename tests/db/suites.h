/* The suites of db/'s test program, one a module. */
#ifndef TESTS_DB_SUITES_H
#define TESTS_DB_SUITES_H

#include "tests/support/runner.h"

extern const struct hf_suite test_csv_suite;
extern const struct hf_suite test_money_suite;
extern const struct hf_suite test_utf8_suite;

#endif
