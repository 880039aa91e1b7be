# tests/monitoring/ - Debian's Prometheus on a running sale; run by
# deploy/check/60-monitoring, as a sale has to go on for a while
EXTRA_DIST += deploy/check/60-monitoring \
	tests/monitoring/test_failures.py \
	tests/monitoring/test_prometheus.py
