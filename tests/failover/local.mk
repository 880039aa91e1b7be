# tests/failover/ - servers of several that lose one in the middle of a sale;
# run by deploy/check/70-failover, as they take minutes
EXTRA_DIST += deploy/check/70-failover \
	tests/failover/conftest.py \
	tests/failover/test_cluster.py \
	tests/failover/test_ensemble.py \
	tests/failover/test_postgres.py \
	tests/failover/test_sentinel.py \
	tests/support/failing.py \
	tests/support/replicated.py
