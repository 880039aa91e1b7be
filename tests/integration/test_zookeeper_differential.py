"""ephemerald and Debian's zookeeper, given the same: their answers are the same.

What may differ is listed in zookeeper_differences.py. ./check --long plays far
more sequences than this; one alone: tests/support/zk_duel.py --seed N.
"""

import os

import pytest

from servers import Ephemerald
from zk_duel import Duel, ephemerald
from zk_sequences import sequence
from zk_wire import OPS

SEQUENCES = int(os.environ.get("HOLDFAST_SEQUENCES", "250"))
AT_ONCE = 25


@pytest.fixture(scope="module")
def duel():
    with Duel() as both:
        yield both


@pytest.mark.parametrize("first", range(0, SEQUENCES, AT_ONCE))
def test_sequences_are_answered_as_zookeeper_answers_them(duel, first):
    seeds = range(first, first + AT_ONCE)
    found = [text for seed in seeds if (text := duel.difference(seed))]
    assert not found, "\n".join(found)


def test_a_seed_is_always_the_same_sequence():
    assert [sequence(seed) for seed in range(50)] == [
        sequence(seed) for seed in range(50)
    ]


def test_every_operation_is_among_them():
    sent = set()
    for seed in range(250):
        for step in sequence(seed):
            for call in step[2] if step[0] == "calls" else ():
                sent.add(call[0])
    assert set(OPS) - sent == {"deleteContainer"}  # see zookeeper_differences.py


def test_a_server_that_answers_otherwise_is_found_out_and_the_seed_told():
    """One without TTLs in the part of ZooKeeper."""

    def without_ttl():
        return Ephemerald("--durability", "none", "--enforce-quota", "yes",
                          "--min-session-timeout", "100")

    with Duel(ours=ephemerald, theirs=without_ttl) as unlike:
        found = next(filter(None, map(unlike.difference, range(1, 200))))
        assert "replay: tests/support/zk_duel.py --seed " in found
        assert "err=-6" in found
    with Duel(ours=ephemerald, theirs=ephemerald) as alike:
        assert not any(map(alike.difference, range(20)))
