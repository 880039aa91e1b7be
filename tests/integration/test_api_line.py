"""The waiting line of an event, as buyers see it, through nginx and workers.

On lockd: what the line rests on is the database's (tests/db/test_line.py).
"""

import threading

import pytest

from buyer import Buyer, kind, make_event, of_event, seat
from stack import Stack
from web import wait_until

FULL = {"rows": 1, "seats": 4}


@pytest.fixture(scope="module")
def stack(database):
    with Stack(database, workers=2, hold_seconds=60) as stack:
        # Turns at once: nobody here has to be spared.
        stack.sql(
            "CREATE OR REPLACE FUNCTION line_look_every() RETURNS interval"
            " LANGUAGE sql IMMUTABLE RETURN interval '0 s'"
        )
        yield stack


@pytest.fixture
def crowd(stack, event):
    """Who has all of the event's four seats, each in a hold of its own."""
    with Buyer(stack.port, "crowd") as crowd:
        crowd.bag = [crowd.hold(event, [seat(event, 1, n)]).json["id"] for n in range(1, 5)]
        yield crowd


def place(buyer, event):
    return buyer.call("GET", f"/api/events/{event}/line").json


def join(buyer, event, **wish):
    return buyer.call("POST", f"/api/events/{event}/line", {"count": 1, **wish})


def leave(buyer, event):
    return buyer.call("POST", f"/api/events/{event}/line/leave").json["left"]


def enter(buyer, event):
    """By the body that came with the turn."""
    body = place(buyer, event)["turn"]["hold"]
    return buyer.call("POST", f"/api/events/{event}/holds", body)


def wait_for_turn(buyer, event):
    wait_until(lambda: place(buyer, event)["state"] == "turn", 30, "a turn")


def buyers(stack, n):
    return [Buyer(stack.port, f"b{i}") for i in range(n)]


@of_event(**FULL)
def test_a_place_lasts_through_reloads_tabs_and_dead_workers(stack, event, crowd, ann, bob):
    assert place(bob, event)["state"] == "none"
    first = join(ann, event, count=2, section="S")
    assert (first.status, first.json["position"], first.json["ahead"]) == (201, 1, 0)
    assert first.json["wish"] == {"count": 2, "section": "S", "max_price": None}
    assert first.json["sections"] == [{"section": "S", "available": 0, "held": 4, "booked": 0}]
    assert join(bob, event).json["position"] == 2
    again = join(ann, event, count=2, section="S")
    assert (again.status, again.json["position"]) == (200, 1)
    with Buyer(stack.port, "tab", identity=False) as tab:
        tab.headers = dict(bob.headers)
        assert place(tab, event)["position"] == 2
    for worker in stack.workers:
        worker.kill()
        worker.start()
    wait_until(stack.healthy, 30, "workers are back")
    assert [place(who, event)["position"] for who in (ann, bob)] == [1, 2]


@of_event(**FULL)
def test_a_browser_joins_by_its_cookie(stack, event, crowd):
    with Buyer(stack.port, "page", identity=False) as page:
        nobody = place(page, event)
        assert (nobody["state"], nobody["position"], nobody["length"]) == ("none", 1, 0)
        answer = join(page, event)
        assert answer.status == 201
        cookie = answer.headers["Set-Cookie"].split(";")[0]
        page.headers = {"Cookie": cookie}
        assert place(page, event)["state"] == "waiting"
        assert leave(page, event) is True
        assert leave(page, event) is False


@of_event(**FULL)
def test_who_gives_back_serves_the_head_and_nobody_overtakes(stack, event, crowd, ann, bob):
    join(ann, event)
    join(bob, event)
    assert crowd.give_back(crowd.bag[0]).status == 200
    with Buyer(stack.port, "mallory") as mallory:
        refused = mallory.hold(event, [seat(event, 1, 1)])
        assert kind(refused) == (429, "wait-in-line")
        assert refused.json["line"] == f"/api/events/{event}/line"
        assert refused.json["length"] == 2
        assert refused.headers["Retry-After"] == "5"
        assert kind(mallory.best(event, 1)) == (429, "wait-in-line")
        assert kind(bob.best(event, 1)) == (429, "wait-in-line")
        wait_for_turn(ann, event)
        assert kind(bob.best(event, 1, section="S")) == (429, "wait-in-line")
        turn = {"turn": True, "best": {"count": 1}}
        for other in (bob, mallory):
            answer = other.call("POST", f"/api/events/{event}/holds", turn)
            assert kind(answer) == (409, "no-turn")
        hold = enter(ann, event)
        assert hold.status == 201, hold
        assert [s["id"] for s in hold.json["seats"]] == [seat(event, 1, 1)]
        assert place(ann, event)["state"] == "none"
        assert place(bob, event)["position"] == 1
        assert ann.buy(hold.json["id"]).status == 200
        # With the line empty, seats are for everybody again.
        assert leave(bob, event) is True
        assert crowd.give_back(crowd.bag[1]).status == 200
        assert mallory.hold(event, [seat(event, 1, 2)]).status == 201


@of_event(**FULL)
def test_a_turn_gives_one_hold_however_often_it_is_asked_for(stack, event, crowd, ann):
    join(ann, event)
    for hold in crowd.bag:
        crowd.give_back(hold)
    wait_for_turn(ann, event)
    body = place(ann, event)["turn"]["hold"]
    tabs = buyers(stack, 6)
    answers = []
    for tab in tabs:
        tab.headers = dict(ann.headers)
    threads = [
        threading.Thread(target=lambda tab=tab: answers.append(
            tab.call("POST", f"/api/events/{event}/holds", body).status))
        for tab in tabs
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(answers) == [201, 409, 409, 409, 409, 409]
    assert len(ann.holds()) == 1


@of_event(**FULL, hold_seconds=1)
def test_a_hold_that_runs_out_serves_the_line(stack, event, crowd, ann):
    join(ann, event, count=4)
    wait_for_turn(ann, event)
    assert len(enter(ann, event).json["seats"]) == 4


@of_event(**FULL)
def test_what_is_refused_to_who_wants_to_join(stack, event, crowd, ann, bob):
    assert kind(join(ann, event, count=0)) == (422, "unacceptable")
    assert kind(join(ann, event, count=5)) == (422, "unacceptable")
    assert kind(join(ann, event, section="Pit")) == (422, "unacceptable")
    assert kind(join(ann, event, count="x")) == (400, "bad-request")
    assert kind(ann.call("POST", "/api/events/nowhere/line", {"count": 1}))[0] == 404
    stack.sql(f"UPDATE events SET line_limit = 1, seats_per_client = 4 WHERE id = '{event}'")
    assert kind(join(crowd, event)) == (422, "seat-limit")
    assert join(ann, event).status == 201
    full = join(bob, event)
    assert kind(full) == (429, "line-full") and full.json["length"] == 1
    assert join(ann, event).status == 200
    stack.sql(f"UPDATE events SET closed = true WHERE id = '{event}'")
    assert kind(join(bob, event)) == (409, "sale-closed")


def test_early_comers_get_their_places_when_the_sale_opens(stack):
    make_event(stack, "early", rows=1, seats=4, sale_opens_at="now() + interval '1 hour'")
    early = buyers(stack, 8)
    for buyer in early:
        answer = join(buyer, "early")
        assert (answer.status, answer.json["state"]) == (201, "early")
        assert (answer.json["position"], answer.json["eta_s"]) == (None, None)
    assert 3500000 < place(early[0], "early")["opens_in_ms"] <= 3600000
    assert kind(early[0].best("early", 1)) == (409, "sale-not-open")
    stack.sql("UPDATE events SET sale_opens_at = now() WHERE id = 'early'")
    late = Buyer(stack.port, "late")
    assert join(late, "early").json["position"] == 9
    places = {place(buyer, "early")["position"]: buyer for buyer in early}
    assert sorted(places) == list(range(1, 9))
    for position in range(1, 5):
        wait_for_turn(places[position], "early")
    assert kind(late.best("early", 1)) == (429, "wait-in-line")
    assert place(places[5], "early")["state"] == "waiting"
    for position in (3, 1, 4, 2):
        assert enter(places[position], "early").status == 201
    assert place(places[5], "early")["position"] == 1


@of_event(**FULL)
def test_where_all_are_gone_nothing_is_kept(stack, event, crowd, ann, bob):
    join(ann, event)
    stack.sql("UPDATE line_places SET seen_at = now() - interval '46 s'")
    crowd.give_back(crowd.bag[0])
    hold = bob.hold(event, [seat(event, 1, 1)])
    assert hold.status == 201, hold
    assert place(ann, event)["position"] == 1, "and who comes back has his place"


def test_the_plain_calls_know_no_line(stack, ann):
    """As published: README.md; who waits for `default` may be overtaken."""
    plain = stack.client("plain")
    for ticket in range(1, stack.tickets + 1):
        assert plain.reserve(str(ticket)).status == 200
    assert join(ann, "default").status == 201
    assert plain.release("1").status == 200
    wait_for_turn(ann, "default")
    assert stack.client("other").reserve("1").status == 200
    assert kind(enter(ann, "default")) == (409, "nothing-fits")
    assert place(ann, "default")["position"] == 1, "he waits on"
    assert leave(ann, "default") is True
