"""U21: buying without JavaScript, by links and forms alone."""

import re
import threading

import pytest

from buyer import Buyer, Gate, make_event, of_event, seat
from halls import load_hall, take_all
from plain import Page, Plain
from stack import Stack
from web import wait_until


@pytest.fixture(scope="module")
def stack(database):
    with Stack(database, workers=2, hold_seconds=100) as stack:
        yield stack


@pytest.fixture
def visitor(stack):
    with Plain(stack.port) as visitor:
        yield visitor


def seats_page(visitor, event):
    return visitor.get(f"/plain/events/{event}").follow(f"{event}/seats/")


def take(visitor, event, *numbers):
    """A hold of these seats of the first row; its page."""
    page = seats_page(visitor, event)
    return page.send("/hold", seat=[seat(event, 1, n) for n in numbers])


def held(stack, event):
    return int(stack.sql("SELECT count(*) FROM tickets WHERE state = 'reserved'"
                         f" AND event_id = '{event}'")[0][0])


def sold(stack, event):
    return [r[0] for r in stack.sql(
        "SELECT seat_row || '-' || seat_number FROM tickets"
        f" WHERE event_id = '{event}' AND state = 'booked' ORDER BY sale_order")]


def test_from_the_start_to_the_tickets(stack, visitor, event):
    page = visitor.get("/plain/")
    assert f"The {event}" in page.words
    page = page.follow(f"/plain/events/{event}")
    assert "40 of 40 left, 45.00 EUR" in page.words and "Old Hall" in page.words
    page = page.follow("/seats/")
    assert page.reader.legends == ["Row 1", "Row 2", "Row 3", "Row 4"]
    assert len(page.seats()) == 40
    page = page.send("/hold", seat=[seat(event, 2, 4), seat(event, 2, 5)])
    assert page.path.startswith("/plain/holds/") and page.status == 200
    assert "S, row 2, seat 4, 45.00 EUR" in page.words
    assert "Total 90.00 EUR" in page.words
    page = page.send("/book")
    assert page.path.startswith("/plain/orders/HF-")
    assert "S, row 2, seat 5" in page.words and "90.00 EUR" in page.words
    assert sold(stack, event) == ["2-4", "2-5"]
    code = visitor.ask("GET", page.reader.images[0])
    assert code.status == 200 and b"<svg" in code.raw
    assert len(page.reader.images) == 2
    page = page.follow(f"/plain/events/{event}")
    assert "38 of 40 left" in page.words
    assert page.follow("/plain/orders/").path.startswith("/plain/orders/HF-")


def test_an_event_may_be_named_in_the_query_as_on_the_other_page(visitor, event):
    page = visitor.get(f"/plain/?event={event}")
    assert page.path == f"/plain/events/{event}" and page.form("/hold")
    assert visitor.get("/plain/?event=").path.startswith("/plain/?")
    for wrong in ("nowhere", "NO%FFWHERE", "a/b", "%0d%0aX:y", "x" * 64):
        page = visitor.get(f"/plain/?event={wrong}")
        assert page.status == 404 and "no such event" in page.words, wrong


def test_the_house_finds_the_best_seats(stack, visitor, event):
    page = visitor.get(f"/plain/events/{event}").send("/hold", count=3)
    rows = re.findall(r"S, row (\d+), seat (\d+)", page.words)
    assert len(rows) == 3 and len({row for row, _ in rows}) == 1
    numbers = [int(n) for _, n in rows]
    assert numbers == list(range(numbers[0], numbers[0] + 3))
    page = page.send("/release")
    assert page.status == 410 and "given back" in page.words
    take_all(stack, event, range(1, 39))
    page = visitor.get(f"/plain/events/{event}").send("/hold", count=3)
    assert page.status == 409 and "nothing free that fits" in page.words


@of_event(time_zone="'Asia/Tokyo'", starts_at="'2027-03-01T19:30:00Z'")
def test_times_are_absolute_and_name_their_zone(stack, visitor, event):
    assert "Tuesday, 2 March 2027, 04:30 (Asia/Tokyo)" in (
        visitor.get(f"/plain/events/{event}").words)
    page = take(visitor, event, 1)
    [until] = stack.sql(
        "SELECT to_char(until AT TIME ZONE 'Asia/Tokyo', 'HH24:MI:') FROM holds"
        f" WHERE event_id = '{event}'")
    assert re.search(rf"until {until[0]}\d\d \(Asia/Tokyo\)", page.words)
    # Of 100 s: it comes again a minute before the end.
    assert 35 <= page.reader.refresh <= 41


@of_event(hold_seconds=40)
def test_a_time_that_ends_soon_is_told_and_made_longer(stack, visitor, event):
    page = take(visitor, event, 1)
    assert "less than a minute" in page.words
    assert 38 <= page.reader.refresh <= 41
    stack.sql(f"UPDATE events SET extend_seconds = 90 WHERE id = '{event}'")
    page = page.send("/extend")
    assert page.status == 200 and "less than a minute" not in page.words
    stack.sql(f"UPDATE events SET extensions = 1 WHERE id = '{event}'")
    page = visitor.get(page.path)
    assert [f.action.rpartition("/")[2] for f in page.reader.forms] == [
        "book", "release"]


@of_event(hold_seconds=1)
def test_what_ran_out_is_told_and_had_again(stack, visitor, event):
    page = take(visitor, event, 1, 2)
    path = page.path
    page = wait_until(
        lambda: (p := visitor.get(path)).status == 410 and p, 20, "it ran out")
    assert "no longer reserved" in page.words
    stack.sql(f"UPDATE events SET hold_seconds = 60 WHERE id = '{event}'")
    page = page.send("/hold")
    assert page.status == 200 and page.path != path
    assert page.words.count("S, row 1, seat") == 2


def test_who_was_faster_is_told_and_the_nearest_are_offered(stack, visitor, event):
    page = seats_page(visitor, event)
    with Buyer(stack.port, "rival") as rival:
        hold = rival.hold(event, [seat(event, 1, 3)]).json
        rival.buy(hold["id"])
        rival.hold(event, [seat(event, 1, 4)])
    page = page.send("/hold", seat=[seat(event, 1, n) for n in (2, 3, 4)])
    assert page.status == 409 and "Nothing was reserved" in page.words
    assert f"{seat(event, 1, 3)} is sold" in page.words
    assert f"{seat(event, 1, 4)} is in somebody else's basket" in page.words
    assert stack.sql(f"SELECT 1 FROM holds WHERE event_id = '{event}'"
                     " AND holder <> (SELECT holder FROM orders"
                     f" WHERE event_id = '{event}')") == []
    near = page.seats()
    assert len(near) == 2 and all(f"{event}:S-1-" in s for s in near)
    page = page.send("/hold")
    assert page.status == 200 and page.words.count("S, row 1, seat") == 2


def test_a_form_that_is_sent_twice_buys_once(stack, visitor, event):
    page = take(visitor, event, 1)
    first, second = page.send("/book"), page.send("/book")
    assert first.path == second.path and first.status == second.status == 200
    assert len(stack.sql(f"SELECT 1 FROM orders WHERE event_id = '{event}'")) == 1


def test_a_form_that_is_sent_twice_makes_one_hold(stack, visitor, event):
    """Two clicks, a reload; the best seats are other ones each time."""
    page = visitor.get(f"/plain/events/{event}")
    first, second = page.send("/hold", count=2), page.send("/hold", count=2)
    assert first.path == second.path and first.status == second.status == 200
    assert held(stack, event) == 2
    third = page.send("/hold", count=3)
    assert third.path != first.path, "filled in otherwise it is another one"
    fourth = visitor.get(f"/plain/events/{event}").send("/hold", count=2)
    assert fourth.path != first.path and held(stack, event) == 7
    first.send("/release")
    again = page.send("/hold", count=2)
    assert (again.path, again.status) == (first.path, 410) and "given back" in again.words


def test_a_form_that_is_sent_while_it_is_answered_waits(stack, visitor, event, database):
    """Of two clicks a browser shows the answer to the second."""
    page = seats_page(visitor, event)
    seats = [seat(event, 1, 1)]
    gate = Gate(database, f"SELECT FROM tickets WHERE id = '{seats[0]}' FOR UPDATE")
    again = Plain(stack.port, "again")
    again.cookie = visitor.cookie
    pages = []
    clicks = [threading.Thread(target=lambda b=b: pages.append(
        Page(b, page.path, page.answer).send("/hold", seat=seats))) for b in (visitor, again)]
    for click in clicks:
        click.start()
    wait_until(lambda: stack.sql(
        "SELECT 1 FROM pg_stat_activity WHERE state = 'idle'"
        " AND query LIKE '%pg_try_advisory_lock%6009%'"), 30, "the second asks")
    gate.close()
    for click in clicks:
        click.join(30)
    again.close()
    assert [p.status for p in pages] == [200, 200] and pages[0].path == pages[1].path


def test_nobody_else_sees_or_changes_a_hold_or_an_order(stack, visitor, event):
    page = take(visitor, event, 1)
    with Plain(stack.port, "eve") as eve:
        assert eve.get(page.path).status == 404
        own = take(eve, event, 2)  # a cookie and a key of her own
        key = dict(own.form("/book").fields)["key"]
        for verb in ("extend", "release", "book"):
            refused = eve.post(f"{page.path}/{verb}", [("key", key)])
            assert refused.status == 404, verb
        order = page.send("/book")
        assert order.status == 200 and eve.get(order.path).status == 404
    assert sold(stack, event) == ["1-1"]


def test_a_form_of_another_site_does_nothing(stack, visitor, event):
    """The cookie may come along, and even the key; its origin is told."""
    page = seats_page(visitor, event)
    body = [("seat", seat(event, 1, 1))]
    refused = visitor.post(f"/plain/events/{event}/hold", body)
    assert refused.status == 403 and "made for somebody else" in refused.words
    for said in ({"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"},
                 {"Origin": "http://evil.example"}, {"Origin": "null"}):
        visitor.headers = said
        refused = page.send("/hold", seat=[seat(event, 1, 1)])
        assert refused.status == 403 and "Another site" in refused.words
    visitor.headers, visitor.cookie = {}, None
    refused = page.send("/hold", seat=[seat(event, 1, 1)])
    assert refused.status == 403 and "cookie" in refused.words
    assert stack.sql(f"SELECT 1 FROM holds WHERE event_id = '{event}'") == []


def test_a_link_from_another_site_leads_on_to_the_forms(stack, event):
    with Plain(stack.port) as visitor:
        visitor.headers = {"Sec-Fetch-Site": "cross-site"}
        page = visitor.get(f"/plain/events/{event}")
        assert visitor.cookie is None and page.reader.forms == []
        visitor.headers = {"Sec-Fetch-Site": "same-origin"}
        page = page.follow(f"/plain/events/{event}")
        assert visitor.cookie is not None and page.form("/hold")


def test_what_a_box_office_wrote_is_never_a_tag(stack, visitor):
    make_event(stack, "evil", rows=1, seats=2)
    tag = """<script>alert("1")</script>'&amp;"""
    quoted = tag.replace("'", "''")
    stack.sql(
        f"UPDATE events SET title = '{quoted}', venue = '{quoted}' WHERE id = 'evil';"
        f"UPDATE tickets SET id = '{quoted}' || sale_order, section = '{quoted}',"
        f" seat_row = '{quoted}' WHERE event_id = 'evil'")
    page = visitor.get("/plain/")
    pages = [page]
    page = visitor.get("/plain/events/evil")
    pages.append(page)
    page = page.follow("/seats/")
    assert page.seats() == [tag + "1", tag + "2"]
    pages.append(page)
    page = page.send("/hold", seat=[tag + "1"])
    assert page.status == 200
    pages.append(page)
    with Plain(stack.port, "rival") as rival:
        pages.append(seats_page(rival, "evil").send("/hold", seat=[tag + "2", tag + "1"]))
        assert pages[-1].status == 409
    pages.append(page.send("/book"))
    for page in pages:
        assert tag in page.words and "<script" not in page.text


def test_pages_say_what_went_wrong_in_words(stack, visitor, event):
    for path in ("/plain/nothing", "/plain/events/nobody", "/plain/events/UPPER",
                 f"/plain/events/{event}/seats/99", f"/plain/events/{event}/seats/x",
                 "/plain/orders/HF-0000-0000-0000", f"/plain/holds/{'a' * 21}A"):
        assert visitor.get(path).status == 404, path
    page = visitor.get(f"/plain/events/{event}")
    assert page.send("/hold", count=11).status == 422
    assert page.send("/hold", count="many").status == 400
    assert page.send("/hold").path.endswith("/hold") is False
    assert visitor.ask("GET", f"/plain/events/{event}/hold").status == 405
    every = [seat(event, r, n) for r in (1, 2) for n in range(1, 7)]
    page = seats_page(visitor, event).send("/hold", seat=every)
    assert page.status == 422 and "At most 10" in page.words
    stack.sql(f"UPDATE events SET seats_per_client = 1 WHERE id = '{event}'")
    page = take(visitor, event, 1, 2)
    assert page.status == 422 and "more seats than one person" in page.words


def test_a_sale_that_is_not_open_offers_nothing(stack, visitor, event):
    stack.sql("UPDATE events SET sale_opens_at = clock_timestamp() + interval '90 s'"
              f" WHERE id = '{event}'")
    page = visitor.get(f"/plain/events/{event}")
    assert "The sale opens on" in page.words and page.reader.forms == []
    assert 60 <= page.reader.refresh <= 91
    assert visitor.get(f"/plain/events/{event}/seats/1").path == f"/plain/events/{event}"
    stack.sql(f"UPDATE events SET sale_opens_at = NULL, closed = true WHERE id = '{event}'")
    page = visitor.get(f"/plain/events/{event}")
    assert "The sale is closed" in page.words and page.reader.forms == []


def test_a_large_section_is_sold_a_part_at_a_time(stack, visitor):
    """As an arena's are: no page has more than some hundred seats."""
    load_hall(stack, "large", rows=13, seats=50)
    page = visitor.get("/plain/events/large")
    assert page.words.count("650 of 650 left") == 2
    page = page.follow("/seats/651")
    assert page.seats()[0] == "large:Balcony-A-1"
    parts = [page.seats()]
    page = page.follow("/seats/1251")
    parts.append(page.seats())
    assert [len(p) for p in parts] == [600, 50] and len(set(sum(parts, []))) == 650
    assert not any("/seats/" in link for link in page.reader.links)
    page = page.send("/hold", seat=parts[1][-2:])
    assert page.status == 200 and "Balcony, row M, seat 50" in page.words


def test_the_default_event_is_sold_here_too(stack, visitor):
    page = visitor.get("/plain/events/default").follow("/seats/")
    page = page.send("/hold", seat=["4"])
    assert page.status == 200 and "seat 4" in page.words
    assert stack.client("ann").reserve("4").code == "held"
    assert page.send("/book").status == 200
    assert stack.client("ann").reserve("4").code == "booked"


def test_without_a_worker_the_pages_say_so(stack, visitor, event):
    page = take(visitor, event, 1)
    for worker in stack.workers:
        worker.stop()
    try:
        refused = page.send("/book")
        assert refused.status == 503 and "nothing is done twice" in refused.words
    finally:
        for worker in stack.workers:
            worker.start()
    assert page.send("/book").status == 200


def test_headers_keep_the_pages_from_frames_scripts_and_caches(visitor, event):
    page = visitor.get(f"/plain/events/{event}")
    policy = page.answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "form-action 'self'" in policy
    assert "frame-ancestors 'none'" in policy and "unsafe" not in policy
    assert page.answer.headers["Cache-Control"] == "no-store"
    assert "script" not in page.text and " style=" not in page.text
