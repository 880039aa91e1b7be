"""Holds of an identity: taken, extended, given back, booked, or over.

Each test on lockd and on ephemerald.
"""

import threading

import pytest

from buyer import Buyer, kind, of_event, seat
from servers import LOCK_SERVICES
from stack import Stack
from web import wait_until

HOLD = 60


@pytest.fixture(scope="module", params=["lockd", "ephemerald"])
def stack(database, request):
    with LOCK_SERVICES[request.param]() as lock:
        with Stack(database, workers=2, lock=lock, hold_seconds=HOLD) as stack:
            yield stack


# -- taking ------------------------------------------------------------------


def test_seats_are_held_together_and_told_whole(stack, event, ann):
    wish = [seat(event, 2, 3), seat(event, 1, 7)]
    hold = ann.hold(event, wish)
    assert hold.status == 201, hold
    assert hold.headers["Location"] == f"/api/holds/{hold.json['id']}"
    assert hold.headers["Cache-Control"] == "no-store"
    assert [(s["id"], s["ordinal"], s["row"], s["number"]) for s in hold.json["seats"]] == [
        (seat(event, 1, 7), 7, "1", 7),
        (seat(event, 2, 3), 13, "2", 3),
    ]
    assert (hold.json["total_minor"], hold.json["currency"]) == (9000, "EUR")
    assert (HOLD - 5) * 1000 < hold.json["expires_in_ms"] <= HOLD * 1000
    assert [h["id"] for h in ann.holds()] == [hold.json["id"]]
    stored = f"SELECT rfc3339(until) FROM holds WHERE id = '{hold.json['id']}'"
    assert hold.json["expires_at"] == stack.sql(stored)[0][0]
    assert ann.show(hold.json["id"]).json["expires_at"] == hold.json["expires_at"]
    longer = ann.extend(hold.json["id"]).json
    assert longer["expires_at"] == stack.sql(stored)[0][0] > hold.json["expires_at"]


def test_the_same_seats_again_are_the_same_hold_and_its_time_goes_on(stack, event, ann):
    wish = [seat(event, 1, 1), seat(event, 1, 2)]
    first = ann.hold(event, wish)
    deadline = "SELECT id, reserved_until FROM tickets WHERE state = 'reserved' AND " \
        f"event_id = '{event}' ORDER BY id"
    before = stack.sql(deadline)
    again = ann.hold(event, list(reversed(wish)) + wish)
    assert again.status == 200, again
    assert again.json["id"] == first.json["id"]
    assert again.json["expires_in_ms"] <= first.json["expires_in_ms"]
    assert stack.sql(deadline) == before


def test_what_another_holds_is_refused_whole_with_what_else_would_do(stack, event, ann, bob):
    hold = ann.hold(event, [seat(event, 1, 5)])
    wish = [seat(event, 1, 4), seat(event, 1, 5), seat(event, 1, 6)]
    refused = bob.hold(event, wish)
    assert kind(refused) == (409, "seat-held")
    assert refused.json["conflicts"] == [
        {"seat": seat(event, 1, 5), "state": "held", "may_return_in_s": 60}
    ]
    assert refused.headers["Retry-After"] == "60"
    (other,) = refused.json["alternatives"]
    assert other in (seat(event, 1, 4), seat(event, 1, 6)), "the nearest"
    assert ann.show(hold.json["id"]).status == 200
    # Nothing of it is left: no row, no lock.
    assert bob.holds() == []
    assert ann.hold(event, [seat(event, 1, 4)]).status == 201


def test_a_seat_of_mine_in_another_hold_is_told_as_mine(event, ann):
    one = ann.hold(event, [seat(event, 1, 1)])
    refused = ann.hold(event, [seat(event, 1, 1), seat(event, 1, 2)])
    assert kind(refused) == (409, "seat-held")
    assert refused.json["conflicts"][0]["mine"] is True
    assert ann.buy(one.json["id"]).status == 200, "its lock is still there"


@of_event(hold_seconds=1)
def test_a_hold_ends_by_itself_and_others_may_have_the_seats(stack, event, ann, bob):
    wish = [seat(event, 1, 1)]
    hold = ann.hold(event, wish).json["id"]
    wait_until(lambda: ann.show(hold).status == 410, 30, "its time is over")
    assert kind(ann.show(hold)) == (410, "hold-expired")
    wait_until(lambda: bob.hold(event, wish).status in (200, 201), 30, "it came back")
    for call in (ann.buy, ann.extend, ann.give_back):
        assert kind(call(hold)) == (410, "hold-expired")
    assert ann.holds() == []
    assert bob.buy(bob.holds()[0]["id"]).status == 200 if bob.holds() else True


# -- whose it is ---------------------------------------------------------------


def test_a_plain_client_and_an_identity_never_reach_each_others_hold(stack, ann):
    """Not even one that sends an identity's own name."""
    ticket = "1"
    hold = ann.hold("default", [ticket]).json["id"]
    (holder,) = stack.sql(f"SELECT holder FROM tickets WHERE id = '{ticket}'")[0]
    assert holder[0] == "\x01"
    for name in (holder, holder[1:], "\\u0001" + holder[1:], ann.headers["Authorization"]):
        plain = stack.client(name)
        for call in (plain.book, plain.release):
            answer = call(ticket)
            assert answer.status == 400, answer
            assert answer.code in ("not_reserved", "invalid_request")
        assert plain.reserve(ticket).code in ("held", "invalid_request")
    assert ann.show(hold).status == 200
    assert ann.give_back(hold).status == 200
    plain = stack.client("plain")
    assert plain.reserve(ticket).status == 200
    refused = ann.hold("default", [ticket])
    assert kind(refused) == (409, "seat-held")
    assert b"plain" not in refused.raw
    assert plain.release(ticket).status == 200


# -- extending -----------------------------------------------------------------


def deadline(stack, hold):
    """Of the hold and of its rows: they are one."""
    times = stack.sql(
        "SELECT DISTINCT h.until, t.reserved_until FROM holds AS h"
        f" JOIN tickets AS t ON t.id = ANY (h.ticket_ids) WHERE h.id = '{hold}'"
    )
    assert len(times) == 1 and times[0][0] == times[0][1], times
    return times[0][0]


@of_event(extensions=2, extend_seconds=90)
def test_a_hold_is_extended_as_often_as_the_event_says(stack, event, ann):
    hold = ann.hold(event, [seat(event, 1, n) for n in (1, 2)]).json
    assert hold["extensions_left"] == 2
    for left in (1, 0):
        longer = ann.extend(hold["id"])
        assert longer.status == 200, longer
        assert longer.json["extensions_left"] == left
        assert 85000 < longer.json["expires_in_ms"] <= 90000
    before = deadline(stack, hold["id"])
    assert kind(ann.extend(hold["id"])) == (409, "no-extension-left")
    assert deadline(stack, hold["id"]) == before
    assert ann.buy(hold["id"]).status == 200


@of_event(hold_limit_seconds=70, extend_seconds=100)
def test_no_hold_lasts_longer_than_its_limit(stack, event, ann):
    hold = ann.hold(event, [seat(event, 1, 1)]).json
    longer = ann.extend(hold["id"])
    assert longer.status == 200
    assert 60000 < longer.json["expires_in_ms"] <= 70000
    before = deadline(stack, hold["id"])
    assert kind(ann.extend(hold["id"])) == (409, "no-extension-left")
    assert deadline(stack, hold["id"]) == before


@of_event(hold_seconds=2, extend_seconds=60)
def test_an_extended_hold_outlives_its_first_time(stack, event, ann, bob):
    hold = ann.hold(event, [seat(event, 1, 1)]).json
    assert ann.extend(hold["id"]).status == 200
    wait_until(lambda: stack.sql(
        "SELECT clock_timestamp() > created_at + interval '2.2 s' FROM holds"
        f" WHERE id = '{hold['id']}'") == [["t"]], 30, "the first time is over")
    assert kind(bob.hold(event, [seat(event, 1, 1)])) == (409, "seat-held")
    assert ann.buy(hold["id"]).status == 200


# -- giving back -----------------------------------------------------------------


def test_what_is_given_back_is_free_at_once_and_twice_is_once(event, ann, bob):
    wish = [seat(event, 1, 1), seat(event, 1, 2)]
    hold = ann.hold(event, wish).json["id"]
    assert ann.give_back(hold).status == 200
    assert ann.give_back(hold).status == 200
    assert bob.hold(event, wish).status == 201
    assert ann.give_back(hold).status == 200
    assert len(bob.holds()) == 1, "not bob's"
    assert kind(ann.show(hold)) == (410, "hold-ended")
    assert kind(ann.buy(hold)) == (410, "hold-ended")


@of_event(hold_seconds=1)
def test_what_has_ended_says_how_and_nothing_else(event, stack, ann):
    """Booked, given back, or over: each in its own words, in title and detail."""
    ends = {end: ann.hold(event, [seat(event, 1, n)]).json["id"]
            for n, end in enumerate(("over", "back", "booked"), 1)}
    ann.give_back(ends["back"])
    ann.buy(ends["booked"])
    wait_until(lambda: ann.show(ends["over"]).status == 410, 20, "it is over")
    words = {end: (said := ann.show(hold).json)["title"] + " " + said["detail"]
             for end, hold in ends.items()}
    told = {"over": "run out", "back": "given back", "booked": "booked"}
    for end, mark in told.items():
        assert [e for e in ends if mark in words[e]] == [end], words


# -- booking -------------------------------------------------------------------


def test_twenty_clicks_at_once_are_one_order(stack, event, ann):
    hold = ann.hold(event, [seat(event, 1, 1)]).json["id"]
    answers = []

    def click():
        with Buyer(stack.port, identity=False) as same:
            same.headers = dict(ann.headers)
            answer = same.buy(hold, "k")
            while answer.status == 409:
                answer = same.buy(hold, "k")
            answers.append(answer)

    clicks = [threading.Thread(target=click) for _ in range(20)]
    for thread in clicks:
        thread.start()
    for thread in clicks:
        thread.join(60)
    assert len({a.json["number"] for a in answers if a.status == 200}) == 1
    assert [a.status for a in answers] == [200] * 20
    assert sum("Idempotency-Replayed" not in a.headers for a in answers) == 1


# -- races ---------------------------------------------------------------------


def test_of_overlapping_baskets_exactly_one_is_held(stack, event):
    """Five rounds of two identities; and no seat is left locked by a loser."""
    buyers = [Buyer(stack.port, str(i)) for i in range(2)]
    wishes = [[seat(event, 1, n) for n in (1, 2, 3)], [seat(event, 1, n) for n in (5, 4, 3)]]
    for _ in range(5):
        answers = [None, None]
        start = threading.Barrier(2)

        def take(i):
            start.wait()
            answers[i] = buyers[i].hold(event, wishes[i])

        threads = [threading.Thread(target=take, args=(i,)) for i in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        statuses = [a.status for a in answers]
        assert sorted(statuses) in ([201, 409], [409, 409]), statuses
        held = [i for i in range(2) if statuses[i] == 201]
        rows = stack.sql(f"SELECT count(*) FROM tickets WHERE event_id = '{event}'"
                         " AND state = 'reserved'")
        assert rows == [[str(3 * len(held))]]
        for i in held:
            assert buyers[i].give_back(answers[i].json["id"]).status == 200
    free = buyers[0].hold(event, [seat(event, 1, n) for n in range(1, 6)])
    assert free.status == 201
    for buyer in buyers:
        buyer.close()


def test_a_hall_sold_by_many_at_once_is_sold_once(stack, event):
    """Eight identities, baskets of 1 to 3 in any order."""
    import random

    def sell(number):
        pick = random.Random(number)
        with Buyer(stack.port, str(number)) as buyer:
            for _ in range(8):
                wish = [seat(event, pick.randint(1, 4), pick.randint(1, 10))
                        for _ in range(pick.randint(1, 3))]
                hold = buyer.hold(event, wish)
                if hold.status in (200, 201):
                    sold.append((number, buyer.buy(hold.json["id"])))
                else:
                    assert hold.status in (409, 422), hold

    sold = []
    threads = [threading.Thread(target=sell, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert all(answer.status == 200 for _, answer in sold), sold
    tickets = [t["id"] for _, answer in sold for t in answer.json["tickets"]]
    assert len(tickets) == len(set(tickets)), "none twice"
    rows = stack.sql(f"SELECT ticket_id, count(*) FROM bookings WHERE event_id = '{event}'"
                     " GROUP BY ticket_id")
    assert sorted(row[0] for row in rows) == sorted(tickets)
    assert {row[1] for row in rows} == {"1"}
