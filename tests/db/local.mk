# tests/db/ - holdfast-init and the schema, on a real PostgreSQL
DB_TESTS = \
	tests/db/test_init.py \
	tests/db/test_schema.py
TESTS += $(DB_TESTS)
EXTRA_DIST += $(DB_TESTS)
