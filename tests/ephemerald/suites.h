/* The suites of ephemerald's test program, one a module. */
#ifndef TESTS_EPHEMERALD_SUITES_H
#define TESTS_EPHEMERALD_SUITES_H

#include "tests/support/runner.h"

extern const struct hf_suite test_change_suite;
extern const struct hf_suite test_persist_suite;

#endif
