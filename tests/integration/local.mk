# tests/integration/ - the whole house: real daemons, real clients
EXTRA_DIST += \
	tests/support/history.py \
	tests/support/web.py

INTEGRATION_TESTS = \
	tests/integration/test_history.py
TESTS += $(INTEGRATION_TESTS)
EXTRA_DIST += $(INTEGRATION_TESTS)
