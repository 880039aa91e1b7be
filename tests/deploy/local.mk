# tests/deploy/ - what is shipped beside the programs
DEPLOY_TESTS = tests/deploy/test_alerts.py tests/deploy/test_backup.py \
	tests/deploy/test_operations.py \
	tests/deploy/test_check.py tests/deploy/test_compose.py \
	tests/deploy/test_health.py \
	tests/deploy/test_install.py tests/deploy/test_kubernetes.py \
	tests/deploy/test_units.py
if !SANITIZERS
TESTS += $(DEPLOY_TESTS)
endif
EXTRA_DIST += $(DEPLOY_TESTS) tests/deploy/installed.py \
	tests/support/manifests.py
