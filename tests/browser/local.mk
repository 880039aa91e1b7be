# tests/browser/ - the page in Chromium
BROWSER_TESTS = tests/browser/test_page.py
TESTS += $(BROWSER_TESTS)
EXTRA_DIST += $(BROWSER_TESTS) tests/browser/conftest.py \
	tests/support/browser.py
