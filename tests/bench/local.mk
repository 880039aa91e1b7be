# tests/bench/ - what the benchmarks' figures rest on
check_PROGRAMS += tests/bench/test
TESTS += tests/bench/test
if !SANITIZERS
TESTS += tests/bench/test_lockd.py tests/bench/test_ephemerald.py
endif
EXTRA_DIST += tests/bench/table.py tests/bench/test_lockd.py \
	tests/bench/test_ephemerald.py
tests_bench_test_CPPFLAGS = $(AM_CPPFLAGS) $(CUNIT_CFLAGS)
tests_bench_test_SOURCES = tests/bench/test.c
tests_bench_test_LDADD = tests/support/librunner.a bench/libbench.a \
	libhold/libhold.a $(CUNIT_LIBS)
