# tests/libhold/ - unit tests of libhold/
check_PROGRAMS += tests/libhold/test
TESTS += tests/libhold/test
tests_libhold_test_CPPFLAGS = $(AM_CPPFLAGS) $(CUNIT_CFLAGS) $(UV_CFLAGS)
tests_libhold_test_LDADD = tests/support/librunner.a libhold/libhold.a \
	$(CUNIT_LIBS) $(UV_LIBS) $(XXHASH_LIBS)
tests_libhold_test_SOURCES = tests/libhold/main.c tests/libhold/suites.h \
	tests/libhold/test_buf.c \
	tests/libhold/test_loop.c \
	tests/libhold/test_conf.c \
	tests/libhold/test_conf_file.c \
	tests/libhold/test_heap.c \
	tests/libhold/test_hist.c \
	tests/libhold/faults.c tests/libhold/faults.h \
	tests/libhold/test_journal.c \
	tests/libhold/test_journal_file.c \
	tests/libhold/test_journal_gather.c \
	tests/libhold/test_log.c \
	tests/libhold/test_money.c \
	tests/libhold/test_table.c \
	tests/libhold/test_slice.c \
	tests/libhold/test_zkrec.c
