# tests/ - one program a source folder, then the whole house
check_LIBRARIES += tests/support/librunner.a
tests_support_librunner_a_CPPFLAGS = $(AM_CPPFLAGS) $(CUNIT_CFLAGS)
tests_support_librunner_a_SOURCES = tests/support/files.c tests/support/files.h \
	tests/support/runner.c tests/support/runner.h
EXTRA_DIST += tests/support/pytest-tap tests/support/tap_report.py \
	tests/support/pq.py tests/support/servers.py

# Preloaded into daemons by tests; not linked with what it is preloaded into,
# so it has no sanitizer of its own.
PRELOADED = tests/support/baddisk.so tests/support/wallclock.so
check_DATA = $(PRELOADED)
$(PRELOADED): %.so: %.c
	$(AM_V_CC)$(MKDIR_P) tests/support && $(CC) -std=c17 -Wall -Wextra \
		-Wpedantic -O2 -fPIC -shared -pthread -o $@ $<
EXTRA_DIST += tests/support/baddisk.c tests/support/bad_disk.py \
	tests/support/wallclock.c tests/support/wall_clock.py
CLEANFILES += $(PRELOADED)

# The longest first: they would end last.
include tests/browser/local.mk
include tests/clients/local.mk
include tests/www/local.mk
include tests/libhold/local.mk
include tests/monitoring/local.mk
include tests/lockd/local.mk
include tests/ephemerald/local.mk
include tests/db/local.mk
include tests/fcgi/local.mk
include tests/failover/local.mk
include tests/integration/local.mk
include tests/restore/local.mk
include tests/deploy/local.mk
include tests/fuzz/local.mk

TREE_TESTS = tests/check-layers.sh tests/check-hardening.sh
TESTS += $(TREE_TESTS)
EXTRA_DIST += $(TREE_TESTS)

# The C tests, and what looks at the tree: all that runs where nothing is
# installed but what a build needs, as when the Debian package is built.
check-units: all
	$(AM_V_at)units=; for one in $(check_PROGRAMS); do \
		case $$one in */test) units="$$units $$one" ;; esac; \
	done; \
	$(MAKE) $(AM_MAKEFLAGS) check-TESTS check_DATA= \
		check_PROGRAMS="$$units fcgi/ticketing-barrier.fcgi" \
		TESTS="$$units $(TREE_TESTS)"
