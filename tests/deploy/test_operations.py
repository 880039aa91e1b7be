"""docs/operations.md: a section for whatever wakes somebody, and words that are
there. That its commands work is tests/restore/test_operations_run.py's."""

import os
import pathlib
import re

SRC = pathlib.Path(os.environ["HOLDFAST_SRC"])
PAGE = (SRC / "docs/operations.md").read_text()
ALERTS = (SRC / "deploy/monitoring/alerts.yml").read_text()
SECTIONS = re.findall(r"^## (.+)$", PAGE, re.M)


def anchor(heading):
    return re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-")


def test_each_alert_has_the_section_that_it_names():
    runbooks = re.findall(r"^\s*runbook: docs/operations\.md#(\S+)$", ALERTS, re.M)
    alerts = re.findall(r"^\s*- alert: (\S+)$", ALERTS, re.M)
    assert len(runbooks) == len(alerts) > 10
    assert set(runbooks) <= {anchor(heading) for heading in SECTIONS}


def test_no_section_is_there_twice_and_each_has_something_to_type():
    assert len({anchor(heading) for heading in SECTIONS}) == len(SECTIONS)
    for part in re.split(r"^## ", PAGE, flags=re.M)[1:]:
        assert re.search(r"^ {4,}\S", part, re.M), part.splitlines()[0]


def test_sections_that_are_pointed_at_are_there():
    for name in re.findall(r"(?:[Ss]ee|as) \*([^*]+)\*", PAGE):
        assert anchor(name) in {anchor(heading) for heading in SECTIONS}, name


def test_what_programs_point_at_is_there():
    for script in ("holdfast-restore", "holdfast-backup"):
        text = (SRC / "deploy/bin" / script).read_text()
        for where in re.findall(r"docs/operations\.md, ([a-z-]+)", text):
            assert where in {anchor(heading) for heading in SECTIONS}, where


def test_each_metric_that_is_named_is_given():
    sources = [*(SRC / "fcgi").glob("*.c"), SRC / "nginx/holdfast.conf.in"]
    given = "".join(path.read_text() for path in sources)
    for metric in set(re.findall(r"`(holdfast_[a-z_]+)`", PAGE)):
        assert metric.removeprefix("holdfast_") in given, metric
