"""bench/lockd prints every line that it promises. How fast is no test's."""

import re

import pytest
from table import printed, verdicts

ALL = ("lockd", "redis-server", "null server")
BOTH = ALL[:2]

# What a line is about; who is measured; how many targets it has.
LINES = [
    *((f"none, pipeline {n}: SET NX PX", ALL, 0) for n in (1, 16)),
    ("none, pipeline 1: SET NX PX + DEL", ALL, 2),
    ("none, pipeline 16: SET NX PX + DEL", ALL, 1),
    *((f"none, pipeline {n}: SET NX PX + EVALSHA", ALL, 1) for n in (1, 16)),
    *((f"none, pipeline {n}: EVALSHA compare-and-delete", BOTH, 1)
      for n in (1, 16)),
    *((f"everysec, pipeline {n}: SET NX PX + DEL", BOTH, 0) for n in (1, 16)),
    *((f"always, pipeline {n}: SET NX PX + DEL", BOTH, 1) for n in (1, 16)),
    ("round trip of one PING", ("lockd",), 0),
    ("lock to the next of 50 waiters", ("lockd",), 1),
    ("memory of a lock, 5,000 locks", BOTH, 1),
    ("DEL + SET NX PX, 1,000 locks: p99.9", BOTH, 0),
    ("DEL + SET NX PX, 5,000 locks: p99.9", BOTH, 1),
    ("SET NX PX + DEL while 5,000 locks expire: max", BOTH, 0),
    *((f"{mode}: start-up, until it answers PING", BOTH, 1)
      for mode in ("none", "always")),
    ("memory when idle", BOTH, 1),
    ("recovery of 5,000 locks after kill -9", BOTH, 1),
]


@pytest.fixture(scope="module")
def table():
    return printed("lockd")


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
    assert (row["lockd / redis"] != "") == ("redis-server" in measured), row
