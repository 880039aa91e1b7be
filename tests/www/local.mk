# tests/www/ - the page's modules that touch no document, in node
WWW_TESTS = tests/www/test_clock.mjs \
	tests/www/test_first_paint.mjs \
	tests/www/test_layout.mjs \
	tests/www/test_nearest.mjs \
	tests/www/test_place.mjs \
	tests/www/test_seats.mjs \
	tests/www/test_series.mjs \
	tests/www/test_steps.mjs \
	tests/www/test_text.mjs \
	tests/www/test_viewport.mjs
if !SANITIZERS
TESTS += $(WWW_TESTS)
endif
EXTRA_DIST += $(WWW_TESTS) tests/www/halls.mjs
