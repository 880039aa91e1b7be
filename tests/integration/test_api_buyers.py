"""Whose a hold is, what may be asked for, and what a booking needs."""

import threading

import pytest

import fastcgi
from buyer import Buyer, Gate, kind, of_event, seat
from stack import Stack
from web import wait_until

HOLD = 60


@pytest.fixture(scope="module")
def stack(database):
    with Stack(database, workers=2, hold_seconds=HOLD) as stack:
        yield stack


# -- taking ------------------------------------------------------------------


def test_sold_blocked_and_unknown_seats_say_so(stack, event, ann, bob):
    hold = ann.hold(event, [seat(event, 1, 1)])
    assert ann.buy(hold.json["id"]).status == 200
    stack.sql(f"UPDATE tickets SET state = 'blocked' WHERE id = '{seat(event, 1, 2)}'")
    sold = bob.hold(event, [seat(event, 1, 1), seat(event, 1, 2), seat(event, 1, 3)])
    assert kind(sold) == (409, "seat-sold")
    assert [c["state"] for c in sold.json["conflicts"]] == ["booked", "blocked"]
    assert len(sold.json["alternatives"]) == 2
    assert kind(bob.hold(event, [seat(event, 1, 2)])) == (409, "seat-blocked")
    unknown = bob.hold(event, [seat(event, 1, 1), seat(event, 9, 9)])
    assert kind(unknown) == (404, "unknown-seat")
    assert kind(bob.hold(event, ["1"])) == (404, "unknown-seat"), "of another event"
    assert kind(bob.hold("nowhere", ["1"])) == (404, "unknown-event")
    assert kind(bob.hold("NO%FFWHERE", ["1"])) == (404, "unknown-event")
    assert bob.hold(event, [seat(event, 1, 3)]).status == 201, "no lock was left"


@of_event(seats_per_client=3)
def test_a_buyer_has_at_most_the_seats_that_the_event_says(event, ann, bob):
    assert ann.hold(event, [seat(event, 1, n) for n in (1, 2)]).status == 201
    assert ann.hold(event, [seat(event, 1, 3)]).status == 201, "the limit"
    over = ann.hold(event, [seat(event, 1, 4)])
    assert kind(over) == (422, "seat-limit")
    assert (over.json["seats_limit"], over.json["seats_used"]) == (3, 3)
    assert bob.hold(event, [seat(event, 1, 4)]).status == 201, "no lock was left"
    for hold in ann.holds():
        assert ann.buy(hold["id"]).status == 200
    assert kind(ann.hold(event, [seat(event, 1, 5)])) == (422, "seat-limit"), "bought count"


def test_a_wish_that_cannot_be_is_422_and_one_that_is_none_400(event, ann):
    assert kind(ann.hold(event, [])) == (422, "unacceptable")
    assert kind(ann.hold(event, [str(n) for n in range(11)])) == (422, "unacceptable")
    for body in (b"", b"{", b"[]", {}, {"seats": "x"}, {"seats": [{}]}, {"seats": [""]},
                 {"seats": ["x" * 129]}, {"seats": ["1"], "best": {"count": 1}},
                 {"best": 3}, {"best": {}}, {"best": {"count": "1"}}):
        answer = ann.call("POST", f"/api/events/{event}/holds", body)
        assert kind(answer) == (400, "bad-request"), (body, answer)


@of_event(closed="true")
def test_a_closed_sale_says_so(event, ann):
    assert kind(ann.hold(event, [seat(event, 1, 1)])) == (409, "sale-closed")


@of_event(sale_opens_at="clock_timestamp() + interval '90 s'")
def test_a_sale_that_has_not_begun_says_when_it_does(stack, event, ann):
    early = ann.hold(event, [seat(event, 1, 1)])
    assert kind(early) == (409, "sale-not-open")
    assert 80 < int(early.headers["Retry-After"]) <= 90
    stack.sql(f"UPDATE events SET sale_opens_at = clock_timestamp() WHERE id = '{event}'")
    assert ann.hold(event, [seat(event, 1, 1)]).status == 201


# -- whose it is ---------------------------------------------------------------


def test_one_identity_never_reaches_another_ones_hold(stack, event, ann, bob):
    hold = ann.hold(event, [seat(event, 1, 1)]).json["id"]
    row = f"SELECT state, reserved_until, holder FROM tickets WHERE id = '{seat(event, 1, 1)}'"
    before = stack.sql(row)
    for call in (bob.show, bob.extend, bob.give_back, bob.buy):
        answer = call(hold)
        assert kind(answer) == (403, "not-your-hold")
        assert seat(event, 1, 1).encode() not in answer.raw
    assert stack.sql(row) == before
    assert bob.holds() == []
    order = ann.buy(hold).json["number"]
    assert bob.order(order).status == 404
    for part in ("calendar.ics", "tickets/1.svg"):
        assert bob.call("GET", f"/api/orders/{order}/{part}").status == 404


def test_a_forged_identity_is_refused_everywhere(stack, tmp_path, event, ann):
    hold = ann.hold(event, [seat(event, 1, 1)]).json["id"]
    good = ann.headers["Authorization"].split()[1]
    secret = tmp_path / "secret"
    secret.write_bytes(bytes(32))
    other = stack.worker(SECRET_FILE=str(secret))
    with other:
        foreign = fastcgi.post(other.socket, "/api/identity", {}).json["token"]
    version, name, seal = good.split(".")
    with Buyer(stack.port, identity=False) as eve:
        for token in (
            foreign,
            f"{version}.{foreign.split('.')[1]}.{seal}",
            f"{version}.{name}.{'A' * 43}",
            f"{version}.{name}.",
            f"v2.{name}.{seal}",
            f"{version}.{name}.{seal}A",
            good[:-1],
            "",
        ):
            eve.headers = {"Authorization": f"Bearer {token}"}
            for answer in (eve.show(hold), eve.buy(hold), eve.give_back(hold),
                           eve.hold(event, [seat(event, 2, 2)])):
                assert kind(answer) == (403, "bad-identity"), token
                assert "Set-Cookie" not in answer.headers
        eve.headers = {}
        assert kind(eve.show(hold)) == (401, "identity-required")
        eve.headers = {"Cookie": f"hf_id={good}"}
        assert eve.show(hold).status == 200, "a cookie is as good"


def test_who_comes_without_an_identity_gets_one_with_the_hold(stack, event):
    with Buyer(stack.port, identity=False) as eve:
        hold = eve.hold(event, [seat(event, 1, 1)])
        assert hold.status == 201
        cookie = hold.headers["Set-Cookie"].split(";")[0]
        eve.headers = {"Cookie": cookie}
        assert [h["id"] for h in eve.holds()] == [hold.json["id"]]
        assert "Set-Cookie" not in eve.hold(event, [seat(event, 1, 1)]).headers


def test_a_page_of_another_site_gives_nobody_an_identity(stack, event):
    """Its requests come without the cookie that the browser has."""
    with Buyer(stack.port, identity=False) as eve:
        for site in ("cross-site", "same-site"):
            eve.headers = {"Sec-Fetch-Site": site, "Content-Type": "text/plain"}
            refused = eve.hold(event, [seat(event, 1, 1)])
            assert kind(refused) == (403, "cross-site")
            assert "Set-Cookie" not in refused.headers
            assert eve.call("POST", "/api/identity").status == 201, "a token is no cookie"
        for site in ("same-origin", "none"):
            eve.headers = {"Sec-Fetch-Site": site}
            assert "Set-Cookie" in eve.hold(event, [seat(event, 1, 1)]).headers


def test_a_page_of_another_site_does_not_act_by_the_cookie(stack, event):
    """Of the same domain: its requests come with the cookie, in any browser."""
    here = f"127.0.0.1:{stack.port}"
    foreign = ({"Sec-Fetch-Site": "same-site"}, {"Origin": "null"},
               {"Origin": f"http://127.0.0.1:{stack.port + 1}"},
               {"Origin": "http://evil.example"},
               {"Origin": f"http://{here}", "X-Forwarded-Proto": "https"},
               {"Origin": f"http://{here}", "X-Forwarded-Host": "tickets.example"})
    own = ({"Sec-Fetch-Site": "same-origin", "Origin": "null"},
           {"Origin": f"http://{here}"},
           {"Origin": "https://tickets.example:8443", "Host": "tickets.example",
            "X-Forwarded-Proto": "https"},
           {"Origin": "https://tickets.example", "X-Forwarded-Host": "Tickets.example"})
    with Buyer(stack.port, identity=False) as eve:
        cookie = eve.call("POST", "/api/identity", {"use": "cookie"}).headers["Set-Cookie"]
        known = {"Cookie": cookie.split(";")[0]}
        eve.headers = known
        hold = eve.hold(event, [seat(event, 1, 1)]).json["id"]
        calls = (lambda: eve.hold(event, [seat(event, 1, 2)]), lambda: eve.extend(hold),
                 lambda: eve.give_back(hold), lambda: eve.buy(hold),
                 lambda: eve.call("POST", f"/api/events/{event}/line", {"count": 1}),
                 lambda: eve.call("POST", f"/api/events/{event}/line/leave"))
        for said in foreign:
            eve.headers = {**known, **said}
            for call in calls:
                assert kind(call()) == (403, "cross-site"), said
            assert eve.show(hold).status == 200, "a link is followed with the cookie"
        for said in own:
            eve.headers = {**known, **said}
            assert eve.extend(hold).status == 200, said


def test_nothing_of_a_buyer_is_in_what_others_see(stack, event, ann, bob):
    hold = ann.hold(event, [seat(event, 1, 1)]).json
    secret = ann.headers["Authorization"].split()[1].split(".")[1]
    seen = [bob.hold(event, [seat(event, 1, 1)]), bob.show(hold["id"])]
    seen += [bob.call("GET", f"/api/events/{event}/state"), bob.call("GET", "/api/events")]
    for answer in seen:
        text = answer.raw.decode() + str(answer.headers)
        assert secret not in text and hold["expires_at"] not in text
    for worker in stack.workers:
        assert secret not in worker.log()


# -- booking -------------------------------------------------------------------


def plain(answer):
    """Without what tells the time of the answer."""
    return {k: v for k, v in answer.json.items() if k != "server_time"}


def test_the_same_key_books_once_and_answers_the_same(stack, event, ann):
    hold = ann.hold(event, [seat(event, 1, 1), seat(event, 1, 2)]).json["id"]
    first = ann.buy(hold, "k1", {"note": "x", "n": 1})
    assert first.status == 200 and "Idempotency-Replayed" not in first.headers
    again = ann.buy(hold, '"k1"', b'{ "note" : "x", "n":1 }')
    assert again.headers["Idempotency-Replayed"] == "true"
    assert plain(again) == plain(first)
    other_key = ann.buy(hold, "k2")
    assert other_key.headers["Idempotency-Replayed"] == "true"
    assert plain(other_key) == plain(first)
    assert stack.sql(f"SELECT count(*) FROM orders WHERE event_id = '{event}'") == [["1"]]
    ended = ann.show(hold)
    assert kind(ended) == (410, "hold-ended")
    assert ended.json["order"] == first.json["order"]


def test_a_key_is_good_for_one_request(stack, event, ann, bob):
    one = ann.hold(event, [seat(event, 1, 1)]).json["id"]
    two = ann.hold(event, [seat(event, 1, 2)]).json["id"]
    assert ann.buy(one, "k").status == 200
    assert kind(ann.buy(one, "k", {"other": True})) == (422, "key-reused")
    assert kind(ann.buy(two, "k")) == (422, "key-reused")
    assert ann.show(two).status == 200, "still held"
    assert ann.buy(two, "k-2").status == 200
    his = bob.hold(event, [seat(event, 1, 3)]).json["id"]
    assert bob.buy(his, "k").status == 200, "another identity's keys are its own"


def test_a_booking_needs_a_key(event, ann):
    hold = ann.hold(event, [seat(event, 1, 1)]).json["id"]
    assert kind(ann.call("POST", f"/api/holds/{hold}/book")) == (400, "key-required")
    for key in ("a b", "x" * 256, '"x', "\\"):
        assert kind(ann.buy(hold, key)) == (400, "bad-request"), key
    assert kind(ann.buy(hold, "k", b"{")) == (400, "bad-request")
    assert ann.show(hold).status == 200
    assert ann.buy(hold, "x" * 255).status == 200


def test_a_request_that_is_under_way_is_not_begun_again(stack, database, event, ann):
    hold = ann.hold(event, [seat(event, 1, 1)]).json["id"]
    gate = Gate(database, f"SELECT FROM tickets WHERE id = '{seat(event, 1, 1)}' FOR UPDATE")
    answers = []

    def book():
        with Buyer(stack.port, identity=False) as same:
            same.headers = dict(ann.headers)
            answers.append(same.buy(hold, "k"))

    first = threading.Thread(target=book)
    first.start()
    try:
        wait_until(lambda: stack.sql(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
            " AND query LIKE '%hold_book%'") != [["0"]], 30, "the first is at the gate")
        second = ann.buy(hold, "k")
        assert kind(second) == (409, "request-in-progress")
        assert second.headers["Retry-After"] == "1"
    finally:
        gate.close()
        first.join(60)
    assert [a.status for a in answers] == [200]
    assert ann.buy(hold, "k").headers["Idempotency-Replayed"] == "true"
