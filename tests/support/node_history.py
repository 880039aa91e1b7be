"""What clients of a node server were told, and what cannot be true of it.

Times are time.monotonic(): when a request was sent, and its answer heard. What
was heard before something was sent came before it; more is not sure.

    violations(told) gives a line for each answer that cannot be.
"""

from collections import defaultdict
from dataclasses import dataclass


@dataclass
class Told:
    """One answer."""

    sent: float
    heard: float
    zxid: int            # of the answer
    change: int = None   # the number of the change that it made
    path: str = None     # what it tells of, and of which change it is
    shows: int = None
    number: int = None   # the suffix of a sequential node that it made


def _gone_back(told, value, least):
    """Pairs whose values go back: who was told before the other asked must
    have the smaller one (least 1), or no greater one (least 0)."""
    by_heard = sorted(told, key=lambda t: t.heard)
    greatest, at = None, 0
    for later in sorted(told, key=lambda t: t.sent):
        while by_heard[at].heard < later.sent:
            if greatest is None or value(by_heard[at]) > value(greatest):
                greatest = by_heard[at]
            at += 1
        if greatest is not None and value(greatest) + least > value(later):
            yield greatest, later


def _reused(told, value, what):
    seen = set()
    for one in told:
        if value(one) in seen:
            yield f"{what} {value(one)} twice"
        seen.add(value(one))


def _zxids(told):
    for before, after in _gone_back(told, lambda t: t.zxid, 0):
        yield f"zxid {after.zxid:#x} came after {before.zxid:#x}"


def _changes(told):
    made = [t for t in told if t.change is not None]
    yield from _reused(made, lambda t: t.change, "change")
    for before, after in _gone_back(made, lambda t: t.change, 1):
        yield f"change {after.change:#x} came after {before.change:#x}"


def _numbers(told):
    """Of one folder: each once, and in the order of the changes."""
    made = [t for t in told if t.number is not None]
    yield from _reused(made, lambda t: t.number, "number")
    ordered = sorted(made, key=lambda t: t.change)
    for before, after in zip(ordered, ordered[1:]):
        if before.number >= after.number:
            yield f"number {after.number} after {before.number}"


def _shown(told):
    of_path = defaultdict(list)
    for one in told:
        if one.path is not None:
            of_path[one.path].append(one)
    for path, shown in of_path.items():
        for before, after in _gone_back(shown, lambda t: t.shows, 0):
            yield f"{path}: {after.shows:#x} shown after {before.shows:#x}"


def violations(told):
    return [line for judge in (_zxids, _changes, _numbers, _shown)
            for line in judge(told)]
