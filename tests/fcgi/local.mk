# tests/fcgi/ - the worker's modules, alone and on real servers
check_PROGRAMS += tests/fcgi/test tests/fcgi/driver
tests_fcgi_driver_SOURCES = tests/fcgi/driver.c
tests_fcgi_driver_LDADD = fcgi/libworker.a libhold/libhold.a \
	$(worker_libs)

TESTS += tests/fcgi/test
tests_fcgi_test_CPPFLAGS = $(AM_CPPFLAGS) $(CUNIT_CFLAGS) $(PQ_CFLAGS) \
	$(HIREDIS_CFLAGS) $(FCGI_CFLAGS) $(JSON_CFLAGS)
tests_fcgi_test_LDADD = tests/support/librunner.a fcgi/libworker.a \
	libhold/libhold.a $(CUNIT_LIBS) $(worker_libs)
tests_fcgi_test_SOURCES = tests/fcgi/main.c tests/fcgi/suites.h \
	tests/fcgi/test_backlog.c \
	tests/fcgi/test_backoff.c \
	tests/fcgi/test_booking.c \
	tests/fcgi/test_calendar.c \
	tests/fcgi/test_caller.c \
	tests/fcgi/test_channel.c \
	tests/fcgi/test_due_holds.c \
	tests/fcgi/test_form_body.c \
	tests/fcgi/test_form_guard.c \
	tests/fcgi/test_form_input.c \
	tests/fcgi/test_guard.c \
	tests/fcgi/test_hall_state.c \
	tests/fcgi/test_hold_input.c \
	tests/fcgi/test_holding.c \
	tests/fcgi/test_html_out.c \
	tests/fcgi/test_identity.c \
	tests/fcgi/test_input.c \
	tests/fcgi/test_meter.c \
	tests/fcgi/test_origin.c \
	tests/fcgi/test_pg_array.c \
	tests/fcgi/test_pg_hosts.c \
	tests/fcgi/test_pg_params.c \
	tests/fcgi/test_redis_peer.c \
	tests/fcgi/test_redis_url.c \
	tests/fcgi/test_router.c \
	tests/fcgi/test_seat_pick.c \
	tests/fcgi/test_zk_clock.c \
	tests/fcgi/test_zk_node.c \
	tests/fcgi/test_zk_session.c \
	tests/fcgi/test_zk_url.c

FCGI_TESTS = \
	tests/fcgi/test_hold.py \
	tests/fcgi/test_hold_redis.py \
	tests/fcgi/test_hold_zookeeper.py \
	tests/fcgi/test_store_away.py
TESTS += $(FCGI_TESTS)

# Their subjects are the statements and other servers; their C runs in every
# whole house and in tests/fcgi/test.
STORE_TESTS = tests/fcgi/test_hold_found.py tests/fcgi/test_store.py
if !SANITIZERS
TESTS += $(STORE_TESTS)
endif
EXTRA_DIST += $(FCGI_TESTS) $(STORE_TESTS) tests/support/driver.py \
	tests/support/zk_proxy.py
