/*
 * Runs CUnit suites and reports each test in TAP.
 *
 * A test program gives its suites to hf_test_main(); it fails when any
 * assertion failed, when a suite could not start, and when nothing ran.
 * Format: https://testanything.org/tap-version-13-specification.html
 */
#ifndef TESTS_RUNNER_H
#define TESTS_RUNNER_H

#include <CUnit/CUnit.h>
#include <stdbool.h>
#include <stddef.h>

/* One row; end a suite's table with { NULL, NULL }. */
struct hf_test {
	const char *name; /* a sentence: a_due_lock_is_free_before_any_sweep */
	void (*run)(void);
};

struct hf_suite {
	const char *name; /* the module: "libhold/heap" */
	const struct hf_test *tests;
	void (*setup)(void);    /* before each test, or NULL */
	void (*teardown)(void); /* after each test, also a failed one */
};

#define HF_TEST(fn)     \
	{               \
#fn, fn \
	}
#define HF_TEST_END        \
	{                  \
		NULL, NULL \
	}

/*
 * suites ends with { .name = NULL }. argv[1], if given, picks the suites whose
 * name contains it. Gives what main() shall return.
 */
int hf_test_main(const struct hf_suite *suites, int argc, char **argv);

#endif
