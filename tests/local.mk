# tests/ - one program a source folder, then the whole house
check_LIBRARIES += tests/support/librunner.a
tests_support_librunner_a_CPPFLAGS = $(AM_CPPFLAGS) $(CUNIT_CFLAGS)
tests_support_librunner_a_SOURCES = tests/support/runner.c tests/support/runner.h
EXTRA_DIST += tests/support/pytest-tap tests/support/tap_report.py \
	tests/support/servers.py

include tests/libhold/local.mk
include tests/lockd/local.mk
include tests/db/local.mk
include tests/fcgi/local.mk
include tests/integration/local.mk
include tests/browser/local.mk
include tests/fuzz/local.mk

TREE_TESTS = tests/check-layers.sh tests/check-hardening.sh
TESTS += $(TREE_TESTS)
EXTRA_DIST += $(TREE_TESTS)
