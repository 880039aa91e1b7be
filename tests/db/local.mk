# tests/db/ - holdfast-init and the schema, on a real PostgreSQL
DB_TESTS = \
	tests/db/test_history.py \
	tests/db/test_holds.py \
	tests/db/test_init.py \
	tests/db/test_migrating.py \
	tests/db/test_schema.py \
	tests/db/test_state.py
TESTS += $(DB_TESTS)
EXTRA_DIST += $(DB_TESTS) tests/support/sale_session.py
