"""A pytest plugin that prints TAP for automake's driver, a line a test."""

_count = 0


def pytest_addoption(parser):
    # The terminal plugin's, which is off; explaining a failed comparison
    # asks for it.
    parser.getgroup("tap").addoption(
        "--verbose", dest="verbose", action="count", default=0
    )


def _line(ok, nodeid, note=""):
    global _count
    _count += 1
    print(f"{'ok' if ok else 'not ok'} {_count} - {nodeid}{note}", flush=True)


def pytest_runtest_logreport(report):
    if report.when == "call" or report.outcome != "passed":
        if report.when == "teardown":
            _line(False, report.nodeid + " (teardown)")
        elif report.skipped:
            _line(True, report.nodeid, f" # SKIP {report.longrepr}")
        else:
            _line(report.passed, report.nodeid)
        if report.failed:
            for line in str(report.longrepr).splitlines():
                print("#", line)
            for title, text in report.sections:
                print("#", title)
                for line in text.splitlines()[-60:]:
                    print("#  ", line)


def pytest_collectreport(report):
    if report.failed:
        _line(False, report.nodeid + " (collection)")
        for line in str(report.longrepr).splitlines():
            print("#", line)


def pytest_sessionfinish(session, exitstatus):
    print(f"1..{_count}", flush=True)
