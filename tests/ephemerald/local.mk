# tests/ephemerald/ - unit tests of ephemerald/
check_PROGRAMS += tests/ephemerald/test
TESTS += tests/ephemerald/test
tests_ephemerald_test_CPPFLAGS = $(AM_CPPFLAGS) $(CUNIT_CFLAGS) $(UV_CFLAGS)
tests_ephemerald_test_LDADD = tests/support/librunner.a $(ephemerald_libs) \
	$(CUNIT_LIBS)
tests_ephemerald_test_SOURCES = tests/ephemerald/main.c \
	tests/ephemerald/suites.h \
	tests/ephemerald/world.c tests/ephemerald/world.h \
	tests/ephemerald/test_acl.c \
	tests/ephemerald/test_change.c \
	tests/ephemerald/test_persist.c \
	tests/ephemerald/test_quota.c \
	tests/ephemerald/test_session.c \
	tests/ephemerald/test_settings.c \
	tests/ephemerald/test_txn.c \
	tests/ephemerald/test_watch.c \
	tests/ephemerald/test_zpath.c \
	tests/ephemerald/test_ztree.c
