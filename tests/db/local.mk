# tests/db/ - holdfast-init and the schema, on a real PostgreSQL
DB_TESTS = tests/db/test_init.py
TESTS += $(DB_TESTS)

# Nearly all of it runs in PostgreSQL, so one tree will do; what reads a hall's
# file is fuzzed.
SQL_TESTS = \
	tests/db/test_admin.py \
	tests/db/test_events.py \
	tests/db/test_hall_csv.py \
	tests/db/test_history.py \
	tests/db/test_holds.py \
	tests/db/test_line.py \
	tests/db/test_manuals.py \
	tests/db/test_migrating.py \
	tests/db/test_oversold.py \
	tests/db/test_migrating_live.py \
	tests/db/test_schema.py \
	tests/db/test_state.py
if !SANITIZERS
TESTS += $(SQL_TESTS)
endif
EXTRA_DIST += $(DB_TESTS) $(SQL_TESTS) tests/support/sale_session.py

check_PROGRAMS += tests/db/test
TESTS += tests/db/test
tests_db_test_CPPFLAGS = $(AM_CPPFLAGS) $(CUNIT_CFLAGS)
tests_db_test_LDADD = tests/support/librunner.a db/libsale.a \
	libhold/libhold.a $(CUNIT_LIBS)
tests_db_test_SOURCES = tests/db/main.c tests/db/suites.h \
	tests/db/test_csv.c \
	tests/db/test_money.c \
	tests/db/test_utf8.c

# Runs migrations that are not ours.
check_PROGRAMS += tests/db/migrator
tests_db_migrator_CPPFLAGS = $(db_libsale_a_CPPFLAGS)
tests_db_migrator_SOURCES = tests/db/migrator.c db/migrate.c db/migrate.h
tests_db_migrator_LDADD = $(sale_libs)
