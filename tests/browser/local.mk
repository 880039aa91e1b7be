# tests/browser/ - the pages in Chromium. What they ask of the servers the
# integration tests ask too, so a tree with sanitizers leaves them out. The
# files are run some at a time: run_buying.py says why.
BROWSER_TESTS = tests/browser/run_buying.py \
	tests/browser/run_live.py \
	tests/browser/run_looks.py \
	tests/browser/run_time.py
if !SANITIZERS
TESTS += $(BROWSER_TESTS)
endif
EXTRA_DIST += $(BROWSER_TESTS) tests/browser/conftest.py \
	tests/browser/test_board.py \
	tests/browser/test_page.py \
	tests/browser/test_page_line.py \
	tests/browser/test_page_live.py \
	tests/browser/test_page_looks.py \
	tests/browser/test_page_map.py \
	tests/browser/test_page_plain.py \
	tests/browser/test_page_time.py \
	tests/browser/test_page_troubles.py \
	tests/support/browser.py tests/support/rival.py tests/support/halls.py
