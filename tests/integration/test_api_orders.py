"""What was bought: the order, its tickets as a door reads them, a calendar."""

import base64
import re
import subprocess
import threading

import pytest

import fastcgi
from buyer import Buyer, kind, of_event, seat
from stack import Stack
from web import wait_until


@pytest.fixture(scope="module")
def stack(database):
    with Stack(database, workers=2, hold_seconds=60) as stack:
        yield stack


def buy(buyer, event, *numbers):
    hold = buyer.hold(event, [seat(event, 1, n) for n in numbers])
    return buyer.buy(hold.json["id"]).json


def read_code(svg, folder):
    """What another program reads in a code: from its rectangles, magnified."""
    size = int(re.search(r'viewBox="0 0 (\d+) ', svg).group(1))
    dark = set()
    for x, y, width in re.findall(r"M(\d+) (\d+)h(\d+)v1", svg):
        dark |= {(int(x) + i, int(y)) for i in range(int(width))}
    side = size * 4
    gray = bytes(0 if (at % side // 4, at // side // 4) in dark else 255
                 for at in range(side * side))
    picture = folder / "code.pgm"
    picture.write_bytes(b"P5 %d %d 255\n" % (side, side) + gray)
    done = subprocess.run(["zbarimg", "--quiet", "--raw", str(picture)],
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def decoded(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def is_signed(text, key, folder):
    """By openssl, as a door without a network would."""
    signed, _, signature = text.rpartition(".")
    # An Ed25519 key in a SubjectPublicKeyInfo: RFC 8410.
    der = bytes.fromhex("302a300506032b6570032100") + decoded(key["x"])
    for name, content in (("key", der), ("text", signed.encode()),
                          ("signature", decoded(signature))):
        (folder / name).write_bytes(content)
    done = subprocess.run(
        ["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-rawin",
         "-inkey", "key", "-in", "text", "-sigfile", "signature"],
        cwd=folder, capture_output=True)
    return done.returncode == 0


@of_event(starts_at="'2027-05-01 18:30+00'")
def test_a_door_reads_the_code_and_knows_it_is_ours(stack, event, ann, tmp_path):
    order = ann.order(buy(ann, event, 3)["number"]).json
    (ticket,) = order["tickets"]
    svg = ann.call("GET", ticket["qr_svg"])
    assert svg.headers["Cache-Control"].startswith("private")
    text = read_code(svg.raw.decode(), tmp_path)
    assert text == ticket["qr"]
    version, payload, _ = text.split(".")
    assert version == "HF1"
    assert decoded(payload).decode() == f"{event}|{ticket['id']}|{order['number']}|S 1 3"
    (key,) = ann.call("GET", "/api/keys").json["keys"]
    assert is_signed(text, key, tmp_path)
    other = base64.urlsafe_b64encode(decoded(payload).replace(b"S 1 3", b"S 1 4")).decode()
    assert not is_signed(text.replace(payload, other.rstrip("=")), key, tmp_path)


@of_event(starts_at="'2027-05-01 18:30+00'")
def test_an_order_tells_what_was_bought_for_how_much(stack, event, ann, bob):
    receipt = buy(ann, event, 5, 4)
    assert receipt["total_minor"] == 9000 and receipt["event"] == event
    order = ann.order(receipt["number"]).json
    for name in ("number", "order", "event", "created_at", "total_minor", "currency"):
        assert order[name] == receipt[name]
    assert [t["number"] for t in order["tickets"]] == [4, 5]
    assert (order["title"], order["venue"]) == (f"The {event}", "Old Hall")
    assert order["starts_at"] == "2027-05-01T18:30:00.000Z"
    second = buy(ann, event, 7)
    assert [o["number"] for o in ann.call("GET", "/api/orders").json["orders"]] == [
        second["number"], receipt["number"]]
    assert bob.call("GET", "/api/orders").json["orders"] == []


@of_event(starts_at="'2027-05-01 18:30+00'")
def test_the_calendar_file_is_one_event(event, ann):
    order = ann.order(buy(ann, event, 1, 2)["number"]).json
    answer = ann.call("GET", order["calendar"])
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert f"{order['number']}.ics" in answer.headers["Content-Disposition"]
    lines = answer.raw.decode().split("\r\n")
    assert lines[0] == "BEGIN:VCALENDAR" and lines[-2] == "END:VCALENDAR"
    assert "DTSTART:20270501T183000Z" in lines
    assert f"UID:{order['number']}@holdfast" in lines
    assert "LOCATION:Old Hall" in lines


def test_without_a_time_there_is_no_calendar_file(event, ann):
    order = ann.order(buy(ann, event, 1)["number"]).json
    assert order["calendar"] is None
    missing = ann.call("GET", f"/api/orders/{order['number']}/calendar.ics")
    assert kind(missing) == (404, "not-found")


def test_a_cancelled_ticket_has_no_code_any_more(stack, event, ann):
    receipt = buy(ann, event, 1, 2)
    first = receipt["tickets"][0]
    stack.sql("UPDATE tickets SET state = 'free', holder = NULL, booked_at = NULL"
              f" WHERE id = '{first['id']}'")
    order = ann.order(receipt["number"]).json
    assert [t["cancelled"] for t in order["tickets"]] == [True, False]
    assert ann.call("GET", order["tickets"][0]["qr_svg"]).status == 404
    assert ann.call("GET", order["tickets"][1]["qr_svg"]).status == 200
    assert order["total_minor"] == 9000, "as it was paid"


def test_an_order_of_a_plain_client_is_nobodys_here(stack, ann):
    plain = stack.client("somebody")
    assert plain.reserve("2").status == 200 and plain.book("2").status == 200
    ((number,),) = stack.sql("SELECT order_number FROM tickets WHERE id = '2'")
    assert kind(ann.order(number)) == (404, "not-found")


# -- what comes between the lock and the row ------------------------------------


@of_event(hold_seconds=1)
def test_a_worker_that_slept_over_the_deadline_books_nothing(stack, event, ann, bob):
    """It had asked the lock; by now another buyer has the seat."""
    worker = stack.worker("ticketing-barrier.fcgi")
    gate = worker.home / "gate"
    worker.environment["HF_BARRIER_FILE"] = str(gate)
    hold = ann.hold(event, [seat(event, 1, 1)]).json["id"]
    with worker:
        answers = []
        call = threading.Thread(target=lambda: answers.append(fastcgi.call(
            worker.socket, "POST", f"/api/holds/{hold}/book",
            HTTP_AUTHORIZATION=ann.headers["Authorization"], HTTP_IDEMPOTENCY_KEY="k")))
        call.start()
        wait_until(lambda: gate.with_name("gate.reached").exists() or answers, 30,
                   "the book is at the gate")
        wait_until(lambda: bob.hold(event, [seat(event, 1, 1)]).status == 201, 30,
                   "bob has the seat")
        gate.touch()
        call.join(30)
    (answer,) = answers
    assert kind(answer) == (410, "hold-expired")
    rows = stack.sql(f"SELECT count(*) FROM bookings WHERE event_id = '{event}'")
    assert rows == [["0"]]


# -- halls and states, as caches see them ----------------------------------------


def test_a_hall_under_its_version_is_good_for_ever(stack, event, ann):
    stack.sql("UPDATE events SET layout = '{\"id\":\"" + event + "\",\"title\":\"t\","
              "\"currency\":\"EUR\",\"categories\":[],\"bounds\":[0,0,1,1],"
              "\"sections\":[]}', layout_hash = '0123456789abcdef'"
              f" WHERE id = '{event}'")
    url = f"/api/events/{event}?v=0123456789abcdef"
    assert ann.call("GET", f"/api/events/{event}/state").json["layout"] == url
    hall = ann.call("GET", url)
    assert hall.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert "immutable" not in ann.call("GET", f"/api/events/{event}").headers["Cache-Control"]
    stack.sql(f"UPDATE events SET layout_hash = 'fedcba9876543210' WHERE id = '{event}'")
    assert ann.call("GET", url).raw == hall.raw, "kept by nginx, too"
    old = ann.call("GET", f"/api/events/{event}?v=other")
    assert kind(old) == (404, "unknown-layout")
    assert old.json["layout"] == f"/api/events/{event}?v=fedcba9876543210"


def test_a_state_is_told_to_a_crowd_once_a_second_and_never_with_a_cookie(stack, event):
    with Buyer(stack.port, identity=False) as eve:
        first = eve.call("GET", f"/api/events/{event}/state")
        assert first.headers["Cache-Control"] == "no-cache"
        assert "Set-Cookie" not in first.headers
        # Of two in a row, one at least is not a new one: they may cross a second.
        again = [eve.call("GET", f"/api/events/{event}/state?x={i}").raw for i in range(3)]
        assert len({first.raw, *again}) < 4


def test_a_state_since_a_version_has_what_changed(stack, event, ann):
    before = ann.call("GET", f"/api/events/{event}/state").json
    assert before["seats"] == [] and before["counts"]["available"] == 40
    ann.hold(event, [seat(event, 1, 1)])

    def changed():
        url = f"/api/events/{event}/state?since={before['version']}"
        return [s for s in ann.call("GET", url).json["seats"] if s[1] == "h"]

    ((ordinal, letter, version),) = wait_until(changed, 30, "it is seen")
    assert (ordinal, letter) == (1, "h") and version >= before["version"]


def test_a_board_counts_what_was_held_sold_and_returned(stack, event, ann):
    one = ann.hold(event, [seat(event, 1, 1)]).json["id"]
    two = ann.hold(event, [seat(event, 1, 2)]).json["id"]
    ann.buy(one)
    ann.give_back(two)
    name = base64.b64encode(b"board:open sesame").decode()
    board = ann.call("GET", f"/api/events/{event}/board?step=3600",
                     Authorization=f"Basic {name}").json
    total = {k: sum(b[k] for b in board["buckets"]) for k in ("held", "sold", "returned")}
    assert total == {"held": 2, "sold": 1, "returned": 1}
    assert board["counts"] == {"available": 39, "held": 0, "booked": 1, "blocked": 0}
    assert board["revenue_minor"] == 4500
