# tests/lockd/ - unit tests of lockd/
check_PROGRAMS += tests/lockd/test
TESTS += tests/lockd/test
tests_lockd_test_CPPFLAGS = $(AM_CPPFLAGS) $(CUNIT_CFLAGS)
tests_lockd_test_LDADD = tests/support/librunner.a $(lockd_libs) $(CUNIT_LIBS)
tests_lockd_test_SOURCES = tests/lockd/main.c tests/lockd/suites.h \
	tests/lockd/test_glob.c \
	tests/lockd/test_hash_value.c \
	tests/lockd/test_keyspace.c \
	tests/lockd/test_lateness.c \
	tests/lockd/test_lock_value.c \
	tests/lockd/test_locktab.c \
	tests/lockd/test_locktab_many.c \
	tests/lockd/test_memory.c \
	tests/lockd/test_notify.c \
	tests/lockd/test_pattern.c \
	tests/lockd/test_persist.c \
	tests/lockd/test_pubsub.c \
	tests/lockd/test_resp.c \
	tests/lockd/test_script.c \
	tests/lockd/test_script_log.c \
	tests/lockd/test_sha1.c \
	tests/lockd/test_watch.c
