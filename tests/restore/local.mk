# tests/restore/ - a sale that is lost and goes on from its backup; run by
# deploy/check/80-restore, as it takes minutes
EXTRA_DIST += deploy/check/80-restore \
	tests/restore/test_drill.py \
	tests/restore/test_operations_run.py
