"""docs/openapi.yaml against the running server: all of it, and no more.

Every path and method is called until each status that the file names was
seen; openapi.py fails at any other, and at a body of another form.
"""

import base64
import http.client
import re
import shutil
import threading

import pytest

import openapi
from buyer import Buyer, Gate, make_event, seat
from servers import Postgres
from stack import Stack
from web import Client, wait_until

SPEC = openapi.SPEC
NOBODY = "A" * 22
LARGE = b"x" * (64 * 1024 + 1)


@pytest.fixture(scope="module")
def house():
    with Postgres() as database, Stack(database, workers=1, hold_seconds=60) as stack:
        make_event(stack, "hall", seats_per_client=6,
                   starts_at="'2027-05-01 18:30+00'")
        make_event(stack, "short", rows=1, seats=4, hold_seconds=1)
        make_event(stack, "hasty", rows=1, seats=4, extensions=0)
        make_event(stack, "shut", rows=1, seats=4, closed=True)
        yield stack, database


def board(buyer, path="/api/events/hall/board", user=True):
    name = base64.b64encode(b"board:open sesame").decode()
    headers = {"Authorization": f"Basic {name}" if user else ""}
    return buyer.call("GET", path, **headers)


class Path:
    """Each path of the file with its places filled."""

    def __init__(self, hold=NOBODY, number="HF-0000-0000-0000", event="hall", ordinal="1"):
        self.places = {"event": event, "hold": hold, "number": number, "ordinal": ordinal}

    def __call__(self, template):
        return template.format(**self.places)


def calls():
    """(template, method) of each, but the stream: see_a_stream()."""
    return [(t, m) for t, m, _ in SPEC.operations() if not t.endswith("/live")]


STREAM = "/api/events/{event}/live"


def see_a_stream(stack):
    """Its first headers; what then comes is for test_live.py."""
    connection = http.client.HTTPConnection("127.0.0.1", stack.port, timeout=30)
    connection.request("GET", "/api/events/hall/live",
                       headers={"Accept": "text/event-stream"})
    reply = connection.getresponse()
    assert reply.status == 200
    assert reply.headers["Content-Type"].startswith("text/event-stream")
    SPEC.seen.add((STREAM, "GET", reply.status))
    connection.close()
    with Client(stack.port, "x") as client:
        refused = client.request("GET", "/api/events/hall/live", headers={"Accept": "text/html"})
    SPEC.check("GET", "/api/events/hall/live", refused)
    assert refused.status == 406, (refused, str(refused.headers))


def names(template, method, status):
    return str(status) in SPEC.all["paths"][template][method.lower()]["responses"]


def see_what_is_for_everybody(house, ann):
    for path in ("/api/keys", "/api/events", "/api/events/hall", "/api/events/default",
                 "/api/events/hall/state"):
        first = ann.call("GET", path)
        assert first.status == 200, first
        same = {"If-None-Match": first.headers["ETag"]}
        wait_until(lambda: ann.call("GET", path, **same).status == 304, 30, path)
    version = ann.call("GET", "/api/events/hall/state").json["version"]
    assert ann.call("GET", f"/api/events/hall/state?since={version}").status == 200
    assert ann.call("GET", "/api/events/hall/state?since=x").status == 400
    assert ann.call("GET", "/api/events/hall?v=0").status == 404
    for part in ("", "/state"):
        assert ann.call("GET", f"/api/events/nowhere{part}").status == 404
    assert board(ann).status == 200
    assert board(ann, user=False).status == 401
    assert board(ann, "/api/events/nowhere/board").status == 404
    assert board(ann, "/api/events/hall/board?step=0").status == 400


def see_identities(ann):
    cookie = ann.call("POST", "/api/identity", {"use": "cookie"})
    assert cookie.status == 201
    pair = cookie.headers["Set-Cookie"].split(";")[0]
    assert ann.call("POST", "/api/identity", {"use": "cookie"}, Cookie=pair).status == 200
    assert ann.call("POST", "/api/identity", b"{").status == 400
    foreign = ann.call("POST", "/api/identity", {"use": "cookie"}, Sec_Fetch_Site="cross-site")
    assert foreign.status == 403


def see_holds(house, ann, bob):
    hold = ann.hold("hall", [seat("hall", 1, 1)])
    assert hold.status == 201
    assert ann.hold("hall", [seat("hall", 1, 1)]).status == 200
    assert bob.hold("hall", [seat("hall", 1, 1)]).status == 409
    assert ann.call("POST", "/api/events/hall/holds", b"").status == 400
    assert ann.hold("hall", []).status == 422
    assert ann.hold("nowhere", ["1"]).status == 404
    one = hold.json["id"]
    assert ann.call("GET", "/api/holds").status == 200
    assert ann.show(one).status == 200
    assert ann.extend(one).status == 200
    hasty = ann.hold("hasty", [seat("hasty", 1, 1)]).json["id"]
    assert ann.extend(hasty).status == 409
    for call in (bob.show, bob.extend, bob.give_back, bob.buy):
        assert call(one).status == 403
    for call in (ann.show, ann.extend, ann.give_back, ann.buy):
        assert call(NOBODY).status == 404
    short = ann.hold("short", [seat("short", 1, 1)]).json["id"]
    wait_until(lambda: ann.show(short).status == 410, 30, "it is over")
    for call in (ann.show, ann.extend, ann.give_back, ann.buy):
        assert call(short).status == 410
    assert ann.give_back(hasty).status == 200
    keyed = ann.wish("hall", {"best": {"count": 1}}, "k").json["id"]
    assert ann.give_back(keyed).status == 200
    assert ann.wish("hall", {"best": {"count": 1}}, "k").status == 410
    return one


def see_a_line(ann, bob):
    """Ann is in line, so bob is told of it."""
    line = "/api/events/short/line"
    assert ann.call("GET", line).status == 200
    assert ann.call("POST", line, {"count": 1}).status == 201
    assert ann.call("POST", line, {"count": 1}).status == 200
    assert bob.hold("short", [seat("short", 1, 1)]).status == 429
    assert ann.call("POST", line, b"{").status == 400
    assert ann.call("POST", line, {"count": 11}).status == 422
    assert ann.call("POST", "/api/events/shut/line", {"count": 1}).status == 409
    assert ann.call("POST", f"{line}/leave").status == 200
    for method, body in (("GET", None), ("POST", {"count": 1})):
        assert ann.call(method, "/api/events/nowhere/line", body).status == 404


def see_an_order(house, database, ann, hold):
    assert ann.call("POST", f"/api/holds/{hold}/book").status == 400
    gate = Gate(database, f"SELECT FROM tickets WHERE id = '{seat('hall', 1, 1)}' FOR UPDATE")
    same = Buyer(ann._port, identity=False)
    same.headers = dict(ann.headers)
    first = threading.Thread(target=same.buy, args=(hold, "k"))
    first.start()
    wait_until(lambda: house.sql(
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        " AND query LIKE '%hold_book%'") != [["0"]], 30, "the first is at the gate")
    assert ann.buy(hold, "k").status == 409
    gate.close()
    first.join(30)
    booked = ann.buy(hold, "k")
    assert booked.status == 200
    assert ann.buy(hold, "k", {"other": 1}).status == 422
    number = booked.json["number"]
    assert ann.call("GET", "/api/orders").status == 200
    order = ann.order(number)
    assert order.status == 200
    assert ann.call("GET", order.json["calendar"]).status == 200
    assert ann.call("GET", order.json["tickets"][0]["qr_svg"]).status == 200
    for part in ("", "/calendar.ics", "/tickets/1.svg"):
        assert ann.call("GET", f"/api/orders/HF-0000-0000-0000{part}").status == 404
    assert ann.call("GET", f"/api/orders/{number}/tickets/99.svg").status == 404


# Of calls that look at it before they look at who asks.
BODIES = {"holds": {"seats": ["1"]}, "line": {"count": 1}}


def each(client, status, **options):
    """Every call that may say so, as this client."""
    body = options.pop("body", None)
    for template, method in calls():
        if not names(template, method, status) or template.endswith("/board"):
            continue
        path = Path(**options)(template)
        if status in (401, 403) and "{" in template:
            body = BODIES.get(template.rpartition("/")[2], body)
        answer = client.call(method, path, body if method == "POST" else None)
        yield template, method, answer


def see_who_asks(house, stack):
    with Buyer(stack.port, identity=False) as nobody:
        for _, _, answer in each(nobody, 401):
            assert answer.status == 401
        nobody.headers = {"Cookie": "hf_id=v1.x.y"}
        for template, _, answer in each(nobody, 403):
            assert answer.status == 403 or template == "/api/identity"


def see_large_bodies(stack):
    with Buyer(stack.port, identity=False) as client:
        for _, _, answer in each(client, 413, body=LARGE):
            assert answer.status == 413


def see_haste(stack):
    """Asked until nginx has enough: its bucket is then empty for all paths."""
    stack.nginx.stop()
    stack.nginx.rate_limit = 1
    stack.nginx.start()
    with Buyer(stack.port, identity=False) as client:
        for template, method in calls():
            path = Path()(template)
            wait_until(lambda: client.call(
                method, path, {} if method == "POST" else None).status == 429, 60, path)
        wait_until(lambda: client.call("GET", "/api/keys").status == 429, 60, "again")
        assert client.call("GET", "/api/events/hall/live").status == 429
    stack.nginx.stop()
    stack.nginx.rate_limit = 0
    stack.nginx.start()


def see_outages(stack, database, ann):
    """First without the database, then without workers and what is cached."""
    ann.close()
    database.kill()
    for template, method in calls():
        key = {"Idempotency_Key": "k"} if template.endswith("/book") else {}
        body = BODIES.get(template.rpartition("/")[2])
        if method == "GET":
            body = None
        if template not in ("/api/identity", "/api/keys") and "board" not in template:
            answer = ann.call(method, Path()(template), body, **key)
            # What was cached a while ago may be told once more.
            assert answer.status in (503, 200), answer
    assert board(ann).status == 503
    for worker in stack.workers:
        worker.kill()
    stack.nginx.stop()
    shutil.rmtree(stack.nginx.home / "temp" / "cache", ignore_errors=True)
    stack.nginx.start()
    ann.close()
    for _, _, answer in each(ann, 503):
        assert answer.status == 503, answer


def test_the_server_does_all_that_the_file_says_and_nothing_else(house):
    stack, database = house
    with Buyer(stack.port, "ann") as ann, Buyer(stack.port, "bob") as bob:
        see_what_is_for_everybody(stack, ann)
        see_identities(ann)
        hold = see_holds(stack, ann, bob)
        see_a_line(ann, bob)
        see_an_order(stack, database, ann, hold)
        see_who_asks(stack, stack)
        see_large_bodies(stack)
        see_a_stream(stack)
        see_haste(stack)
        see_outages(stack, database, ann)
    # Only of an nginx without its module for streams.
    wanted = SPEC.documented() - {(STREAM, "GET", 204)}
    assert wanted - SPEC.seen == set(), "documented, and never seen"
    assert SPEC.seen - wanted == set()


def test_another_method_is_405_and_names_the_right_one():
    with Postgres() as database, Stack(database, workers=1) as stack:
        with Client(stack.port, "x") as client:
            for template, method in calls():
                if template.endswith("/board"):
                    continue
                wrong = "DELETE" if method == "POST" else "PUT"
                answer = client.request(wrong, Path()(template), b"")
                assert answer.status == 405, (wrong, template, answer)
                assert method in answer.headers["Allow"].split(", ")
                assert answer.json["type"] == "/problems/method-not-allowed"


def test_each_example_of_the_file_is_of_its_own_form():
    seen = 0
    for template, method, operation in SPEC.operations():
        for status, response in operation["responses"].items():
            for content in (SPEC.resolve(response).get("content") or {}).values():
                if "example" in content:
                    SPEC.validator(content["schema"]).validate(content["example"])
                    seen += 1
    assert seen > 50


def test_each_problem_of_the_worker_is_in_the_file():
    source = (openapi.SRC / "fcgi/problem.c").read_text()
    words = set(re.findall(r'\{ \d+, \d+, "([a-z-]+)"', source))
    assert len(words) > 20
    text = (openapi.SRC / "docs/openapi.yaml").read_text()
    # One is of a path that there is not, one of a method; one cannot be seen.
    for word in words - {"method-not-allowed", "answer-too-large"}:
        assert f"/problems/{word}" in text, word
