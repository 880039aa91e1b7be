# tests/browser/ - the page in Chromium
BROWSER_TESTS = tests/browser/test_page.py \
	tests/browser/test_page_troubles.py
TESTS += $(BROWSER_TESTS)
EXTRA_DIST += $(BROWSER_TESTS) tests/browser/conftest.py \
	tests/support/browser.py
