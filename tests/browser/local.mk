# tests/browser/ - the page in Chromium. What it asks of the servers the
# integration tests ask too, so a tree with sanitizers leaves it out.
BROWSER_TESTS = tests/browser/test_page.py \
	tests/browser/test_page_troubles.py
if !SANITIZERS
TESTS += $(BROWSER_TESTS)
endif
EXTRA_DIST += $(BROWSER_TESTS) tests/browser/conftest.py \
	tests/support/browser.py
