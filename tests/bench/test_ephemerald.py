"""bench/ephemerald prints every line that it promises. How fast is no test's."""

import re

import pytest
from table import printed, verdicts

ALL = ("ephemerald", "zookeeper", "lockd")
BOTH = ALL[:2]

# What a line is about; who is measured; how many targets it has.
LINES = [
    *((f"{how}: {what}", BOTH, targets)
      for how in ("fsync", "no fsync")
      for what, targets in (
          ("lock recipe, 50 paths", 2),
          ("lock recipe, one path", 2),
          ("create + delete", 0),
          ("setData", 0),
          ("release to the next holder's event", 0),
          ("setData to the last of 100 events", 0),
          ("start to the first session", 1))),
    ("no fsync: getData", BOTH, 0),
    ("no fsync: getChildren", BOTH, 0),
    ("memory, empty", BOTH, 1),
    ("memory, 100 sessions", BOTH, 0),
    ("memory, 1,000 nodes of 100 bytes", BOTH, 1),
    ("below 1,000 children: create + delete", BOTH, 0),
    ("below 1,000 children: getChildren", BOTH, 0),
    *((f"snapshot of 1,000 nodes: {what}", ("ephemerald",), targets)
      for what, targets in (("p99 of its pieces", 0), ("longest piece", 1),
                            ("setData meanwhile", 0))),
    ("fsync: kazoo's Lock, one client", BOTH, 0),
    ("reserve+book through nginx, 32 clients", ("ephemerald", "lockd"), 1),
]


@pytest.fixture(scope="module")
def table():
    return printed("ephemerald")


def test_it_has_the_lines_it_promises_and_no_other(table):
    assert sorted(table) == sorted(what for what, _, _ in LINES)


@pytest.mark.parametrize("what, measured, targets", LINES)
def test_each_line_has_its_figures_and_its_verdicts(table, what, measured,
                                                    targets):
    row = table[what]
    for name in ALL:
        figure = re.match(r"[\d,.]+", row[name])
        assert (figure is not None) == (name in measured), row
    assert verdicts(row) == targets, row
    for name in ALL[1:]:
        assert (row[f"ephemerald / {name}"] != "") == (name in measured), row
