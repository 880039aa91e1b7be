"""The two published scenarios, over every lock service."""

import time

from stack import Stack
from web import wait_until


def test_a_reserved_ticket_is_refused_to_others_and_booked_by_its_holder(
    database, lock
):
    with Stack(database, lock=lock) as stack:
        ann, bob = stack.client("ann"), stack.client("bob")
        taken = ann.reserve("1")
        assert taken.status == 200
        assert taken.json["status"] == "success"
        assert taken.json["ticket_ids"] == ["1"]
        assert 0 < taken.json["expires_in"] <= 120
        assert taken.json["fence"] > 0

        refused = bob.reserve("1")
        assert (refused.status, refused.code) == (400, "held")
        assert refused.json["status"] == "error"
        assert 0 < refused.json["retry_after"] <= 120
        assert b"ann" not in refused.raw
        stolen = bob.book("1")
        assert (stolen.status, stolen.code) == (400, "not_reserved")
        assert b"ann" not in stolen.raw

        assert ann.book("1").status == 200
        assert ann.book("1").status == 200, "booking again says so again"
        late = bob.reserve("1")
        assert (late.status, late.code) == (400, "booked")
        assert b"ann" not in late.raw
        rest = [str(i) for i in range(2, 11)]
        wait_until(lambda: bob.available() == rest, 5, "ticket 1 is gone")
        row = stack.rows()["1"]
        assert (row.state, row.holder) == ("booked", "ann")


def test_past_the_deadline_another_client_reserves_and_books(database, lock):
    hold = 2
    with Stack(database, lock=lock, hold_seconds=hold) as stack:
        ann, bob = stack.client("ann"), stack.client("bob")
        began = time.monotonic()
        assert ann.reserve("1").status == 200
        assert bob.reserve("1").code == "held"
        wait_until(lambda: bob.reserve("1").status == 200, hold + 5,
                   "the ticket is free again")
        # A Redis goes by the wall clock, which may be on its way to the truth;
        # so does a ZooKeeper, for all but the worker that granted.
        spare = 0 if lock.name == "lockd" else 0.2
        assert time.monotonic() - began >= hold - spare, "it came free too early"
        early = ann.book("1")
        assert early.status == 400
        assert early.code in ("hold_expired", "not_reserved")
        assert bob.book("1").status == 200
        late = ann.book("1")
        assert late.status == 400
        assert late.code in ("booked", "hold_expired")
        row = stack.rows()["1"]
        assert (row.state, row.holder) == ("booked", "bob")


def test_a_book_past_the_deadline_is_refused_though_nobody_took_it(
    database, lock
):
    with Stack(database, lock=lock, hold_seconds=1) as stack:
        ann = stack.client("ann")
        assert ann.reserve("1").status == 200
        wait_until(lambda: "1" in ann.available(), 5, "the hold has run out")
        late = ann.book("1")
        assert (late.status, late.code) == (400, "hold_expired")
        assert ann.reserve("1").status == 200
        assert ann.book("1").status == 200


def test_a_released_ticket_is_free_at_once_and_a_strangers_release_is_not(
    database, lock
):
    with Stack(database, lock=lock) as stack:
        ann, bob = stack.client("ann"), stack.client("bob")
        assert ann.reserve(["1", "2"]).status == 200
        assert bob.release("1").code == "not_reserved"
        assert bob.reserve("1").code == "held"
        assert ann.release(["1", "2"]).status == 200
        assert bob.reserve(["2", "1"]).status == 200
        assert ann.book("1").status == 400
        assert bob.book(["1", "2"]).status == 200


def test_a_repeated_reserve_does_not_extend_the_hold(database, lock):
    hold = 3
    with Stack(database, lock=lock, hold_seconds=hold) as stack:
        ann, bob = stack.client("ann"), stack.client("bob")
        began = time.monotonic()
        first = ann.reserve("1")
        fences = {first.json["fence"]}

        def lapsed():
            if time.monotonic() - began < hold - 1:
                fences.add(ann.reserve("1").json["fence"])
            return bob.reserve("1").status == 200

        wait_until(lapsed, hold + 5, "the ticket is free again")
        assert fences == {first.json["fence"]}
        assert time.monotonic() - began < hold + 2
