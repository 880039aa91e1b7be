# tests/deploy/ - what is shipped beside the programs
DEPLOY_TESTS = tests/deploy/test_units.py
TESTS += $(DEPLOY_TESTS)
EXTRA_DIST += $(DEPLOY_TESTS)
