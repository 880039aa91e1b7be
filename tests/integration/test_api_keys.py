"""Holds by a key: a request that is repeated gives the hold that it made before.

Each test on lockd and on ephemerald.
"""

import threading
from collections import Counter

import pytest

from buyer import Buyer, Gate, kind, make_event, seat
from servers import LOCK_SERVICES
from stack import Stack

BEST = {"best": {"count": 2}}


@pytest.fixture(scope="module", params=["lockd", "ephemerald"])
def stack(database, request):
    with LOCK_SERVICES[request.param]() as lock:
        with Stack(database, workers=2, lock=lock, hold_seconds=60) as stack:
            yield stack


def held(stack, event):
    return int(stack.sql("SELECT count(*) FROM tickets WHERE state = 'reserved'"
                         f" AND event_id = '{event}'")[0][0])


@pytest.mark.parametrize("body", ["best", "seats"])
def test_a_repeated_request_gives_the_same_hold(stack, event, ann, body):
    body = BEST if body == "best" else {"seats": [seat(event, 1, 1), seat(event, 2, 2)]}
    first = ann.wish(event, body, "k")
    assert first.status == 201 and "Idempotency-Replayed" not in first.headers
    for _ in range(3):
        again = ann.wish(event, body, "k")
        assert (again.status, again.json["id"]) == (200, first.json["id"])
        assert again.headers["Idempotency-Replayed"] == "true"
        assert again.headers["Location"] == first.headers["Location"]
        assert again.json["expires_at"] == first.json["expires_at"]
        assert again.json["seats"] == first.json["seats"]
    assert held(stack, event) == 2 and len(ann.holds()) == 1


def test_another_key_is_another_hold_and_so_is_none(stack, event, ann):
    ids = {ann.wish(event, BEST, "a").json["id"], ann.wish(event, BEST, "b").json["id"],
           ann.best(event, 2).json["id"]}
    assert len(ids) == 3 and held(stack, event) == 6


def test_a_key_is_its_owners_alone(stack, event, ann, bob):
    mine, theirs = ann.wish(event, BEST, "k"), bob.wish(event, BEST, "k")
    assert theirs.status == 201 and mine.json["id"] != theirs.json["id"]
    assert kind(bob.show(mine.json["id"])) == (403, "not-your-hold")


def test_a_key_with_another_wish_or_event_is_refused(stack, event, ann):
    make_event(stack, f"{event}x")
    ann.wish(event, BEST, "k")
    for where, body in ((event, {"best": {"count": 3}}), (f"{event}x", BEST),
                        (event, {"seats": [seat(event, 4, 4)]})):
        assert kind(ann.wish(where, body, "k")) == (422, "key-reused")
    assert ann.wish(event, {"best": {"count":   2}}, "k").status == 200, "spaces"
    assert held(stack, event) == 2


def test_what_was_refused_may_be_asked_for_again_by_its_key(stack, event, ann, bob):
    wish = {"seats": [seat(event, 1, 1)]}
    hold = bob.hold(event, wish["seats"]).json["id"]
    assert kind(ann.wish(event, wish, "k")) == (409, "seat-held")
    bob.give_back(hold)
    assert ann.wish(event, wish, "k").status == 201


def test_a_key_whose_hold_has_ended_makes_no_other(stack, event, ann):
    hold = ann.wish(event, BEST, "k").json["id"]
    ann.give_back(hold)
    assert kind(ann.wish(event, BEST, "k")) == (410, "hold-ended")
    hold = ann.wish(event, BEST, "l").json["id"]
    order = ann.buy(hold).json["order"]
    ended = ann.wish(event, BEST, "l")
    assert (kind(ended), ended.json["order"]) == ((410, "hold-ended"), order)
    assert held(stack, event) == 0


def test_many_at_once_by_one_key_make_one_hold(stack, event, ann):
    answers, start = [], threading.Barrier(12)

    def ask():
        with Buyer(stack.port, identity=False) as same:
            same.headers = ann.headers
            start.wait()
            answers.append(same.wish(event, BEST, "k"))

    threads = [threading.Thread(target=ask) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    statuses = Counter(a.status for a in answers)
    assert statuses[201] == 1 and statuses[201] + statuses[200] + statuses[409] == 12
    assert {kind(a) for a in answers if a.status == 409} <= {(409, "request-in-progress")}
    assert len({a.json["id"] for a in answers if a.status < 300}) == 1
    assert held(stack, event) == 2


def test_while_the_first_is_at_work_the_second_is_told_so(stack, database, event, ann):
    gate = Gate(database, f"SELECT FROM tickets WHERE event_id = '{event}' FOR UPDATE")
    try:
        wish = {"seats": [seat(event, 1, 1)]}
        first = []
        with Buyer(stack.port, identity=False) as same:
            same.headers = ann.headers
            thread = threading.Thread(target=lambda: first.append(
                same.wish(event, wish, "k")))
            thread.start()
            while not int(stack.sql("SELECT count(*) FROM pg_stat_activity"
                                    " WHERE wait_event_type = 'Lock'")[0][0]):
                assert thread.is_alive()
            assert kind(ann.wish(event, wish, "k")) == (409, "request-in-progress")
            gate.close()
            thread.join()
        assert first[0].status == 201
    finally:
        gate.psql.kill()


@pytest.mark.parametrize("key", ["a b", "x" * 256, '"'])
def test_a_key_that_is_no_word_is_refused(event, ann, key):
    assert kind(ann.wish(event, BEST, key)) == (400, "bad-request")
