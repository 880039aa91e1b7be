#include "config.h"

#include "tests/support/runner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned reported;

static void report_test(const CU_pTest test, const CU_pSuite suite,
			const CU_pFailureRecord failure)
{
	CU_pFailureRecord f;

	reported++;
	printf("%sok %u - %s: %s\n", failure != NULL ? "not " : "", reported,
	       suite->pName, test->pName);
	for (f = failure; f != NULL; f = f->pNext)
		printf("# %s:%u: %s\n", f->strFileName, f->uiLineNumber,
		       f->strCondition);
	fflush(stdout);
}

static void report_broken_suite(const CU_pSuite suite)
{
	reported++;
	printf("not ok %u - %s: its set-up failed\n", reported, suite->pName);
}

static bool add_suite(const struct hf_suite *s)
{
	CU_pSuite suite = CU_add_suite_with_setup_and_teardown(
	    s->name, NULL, NULL, s->setup, s->teardown);

	if (suite == NULL)
		return false;
	for (const struct hf_test *t = s->tests; t->name != NULL; t++) {
		if (CU_add_test(suite, t->name, t->run) == NULL)
			return false;
	}
	return true;
}

int hf_test_main(const struct hf_suite *suites, int argc, char **argv)
{
	unsigned failed;

	if (CU_initialize_registry() != CUE_SUCCESS)
		return EXIT_FAILURE;
	for (; suites->name != NULL; suites++) {
		if (argc > 1 && strstr(suites->name, argv[1]) == NULL)
			continue;
		if (!add_suite(suites)) {
			printf("Bail out! %s: %s\n", suites->name,
			       CU_get_error_msg());
			return EXIT_FAILURE;
		}
	}
	CU_set_test_complete_handler(report_test);
	CU_set_suite_init_failure_handler(report_broken_suite);
	CU_run_all_tests();
	failed = CU_get_number_of_failures() + CU_get_number_of_suites_failed();
	if (CU_get_number_of_tests_run() == 0) {
		printf("Bail out! no test ran\n");
		failed++;
	}
	printf("1..%u\n", reported);
	CU_cleanup_registry();
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
