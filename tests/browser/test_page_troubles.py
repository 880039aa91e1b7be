"""The page when seats are lost, answers are lost, and servers are away."""

import pytest
from selenium.webdriver.common.keys import Keys

from browser import DEAF, SPOILED
from rival import Rival

PROBLEM = (
    '{"type": "/problems/seat-held", "title": "Held", "status": 409,'
    ' "conflicts": [{"seat": "%s", "state": "held", "may_return_in_s": 180}]}'
)


@pytest.fixture
def spoiled(page):
    page.before_pages(SPOILED)
    return page


@pytest.fixture
def blind(spoiled):
    """A page that hears of others' seats only by asking, and can be kept
    from that."""
    spoiled.before_pages(DEAF)
    return spoiled


def freeze(page):
    page.spoil("/state", {"status": 503, "body": "{}"})
    page.wait(lambda: "Not reachable" in page.link(), "the page is blind")


def look(page, seat):
    label = page.cell(seat).get_attribute("aria-label")
    return label.rpartition(", ")[2]


def test_a_seat_is_mine_when_the_server_says_so_and_not_before(stack, spoiled, hall):
    """U6: pending until then; a refusal takes nothing and moves no focus."""
    event = hall()
    page = spoiled.open(event, view="map")
    page.spoil("/holds", "wait")
    page.cell(2).click()
    page.wait(lambda: look(page, 2) == "being reserved", "it is pending")
    assert page.held() == []
    page.mend()
    page.wait(lambda: look(page, 2) == "yours", "the server said so")
    assert page.held() == [2]
    seat = Rival(stack).ids(event, [3])[0]
    page.spoil("/holds", {"status": 409, "body": PROBLEM % seat})
    page.cell(3).click()
    page.wait(lambda: "seat 3" in page.notice(), "the seat is named")
    assert page.held() == [2]
    assert look(page, 3) == "available"
    assert page.focused() == "seat 3"


def test_a_lost_seat_says_why_and_offers_its_nearest_equals(stack, blind, hall):
    """U7: held by someone, perhaps back soon; as good ones in one tap."""
    event = hall()
    page = blind.open(event)
    page.unfold()
    freeze(page)
    Rival(stack).take(event, 4)
    page.offer(4).click()
    page.wait(lambda: "someone else's basket" in page.notice(), "why")
    assert "may come back in about" in page.notice()
    assert "409" not in page.notice() and "held" not in page.notice()
    offers = [b.text for b in page.all("#notice-actions button")]
    assert offers[0] in ("Take Stalls, row A, seat 3", "Take Stalls, row A, seat 5")
    page.mend()
    page.click("#notice-actions button")
    page.wait(lambda: len(page.held()) == 1, "one tap takes it")
    assert page.held()[0] in (3, 5)


def test_a_sold_seat_is_said_to_be_sold(stack, blind, hall):
    event = hall()
    page = blind.open(event)
    page.unfold()
    freeze(page)
    rival = Rival(stack)
    rival.pay(rival.take(event, 4))
    page.offer(4).click()
    page.wait(lambda: "sold" in page.notice(), "why")
    assert len(page.all("#notice-actions button")) >= 1


@pytest.mark.parametrize("body", ["null", "7", "[]", "{}", "<html>", ""])
def test_a_strange_answer_is_an_outage_and_heals(blind, hall, body):
    page = blind.open(hall())
    before = page.offered()
    page.spoil("/state", {"status": 200, "body": body})
    page.wait(lambda: "Not reachable" in page.link(), "away")
    assert page.offered() == before
    page.mend()
    page.wait(lambda: "Not reachable" not in page.link(), "back by itself")


def test_a_book_whose_answer_was_lost_is_settled_by_itself(stack, spoiled, hall):
    event = hall()
    page = spoiled.open(event)
    page.take(3)
    page.spoil("/book", "lose")
    page.click("#book")
    page.wait(lambda: "cannot be reached" in page.notice(), "not known here")
    assert "by itself" in page.notice()
    page.mend()
    assert len(page.ordered()) == 1
    sold = f"SELECT count(*) FROM bookings WHERE event_id = '{event}'"
    assert stack.sql(sold) == [["1"]]


def test_a_lost_book_is_not_called_expired_and_survives_a_reload(stack, spoiled, hall):
    page = spoiled.open(hall(hold_seconds=5))
    page.take(1)
    page.spoil("/holds/", "lose")
    page.press("book")
    page.wait(lambda: page.text("#clock") == "0:00", "its time is over")
    assert not page.one("#ended").is_displayed()
    page.open()
    page.wait(lambda: "HF-" in page.text("#orders"), "it was sold to me")
    assert not page.one("#ended").is_displayed()


def test_a_reserve_whose_answer_was_lost_is_found_again(stack, spoiled, hall):
    event = hall()
    page = spoiled.open(event)
    page.unfold()
    page.spoil("/holds", "lose")
    page.offer(3).click()
    page.wait(lambda: "cannot be reached" in page.notice(), "not known here")
    page.mend()
    page.wait(lambda: page.held() == [3], "the page finds out")
    held = f"SELECT count(*) FROM holds WHERE event_id = '{event}'"
    assert stack.sql(held) == [["1"]]


def test_twenty_rapid_presses_are_one_order(stack, page, hall):
    """U23."""
    event = hall()
    page.open(event)
    page.take(3)
    page.run("for (let i = 0; i < 20; i++) document.getElementById('book').click()")
    page.ordered()
    orders = f"SELECT count(*) FROM orders WHERE event_id = '{event}'"
    assert stack.sql(orders) == [["1"]]


def test_the_page_works_where_nothing_may_be_stored(page, hall):
    page.before_pages(
        "Object.defineProperty(window, 'localStorage', {"
        "get() { throw new DOMException('no', 'SecurityError'); } });"
    )
    page.open(hall())
    page.take(4)
    assert len(page.book()) == 1


def test_a_hold_survives_an_outage_of_all_workers(stack, page, hall):
    page.open(hall())
    page.unfold()
    page.take(8)
    for worker in stack.workers:
        worker.stop()
    try:
        page.offer(9).click()
        page.wait(lambda: "cannot be reached" in page.notice(), "why")
        page.click("#book")
        page.wait(lambda: "Your booking" in page.notice(), "what will be done")
    finally:
        for worker in stack.workers:
            worker.start()
    page.wait(lambda: "HF-" in page.text("#orders"), "booked by itself")
    page.wait(lambda: page.held() == [9], "reserved by itself")


def test_the_focus_stays_near_when_a_seat_is_taken_under_it(stack, page, hall):
    """U16: the seat that had it leaves the list; the next one has it."""
    event = hall()
    page.open(event)
    page.offer(4).send_keys("")
    assert page.focused() == "seat 4"
    Rival(stack).take(event, 4)
    page.wait(lambda: 4 not in page.offered(), "seat 4 leaves the list")
    assert page.focused() == "seat 5"


def test_the_focus_is_not_lost_when_a_hold_runs_out(page, hall):
    """U16: neither what had it nor the warning over it is there any more."""
    page.open(hall(hold_seconds=4))
    page.take(1)
    page.wait(lambda: page.focused().startswith("warn-"), "the warning has it")
    page.wait(lambda: page.one("#ended").is_displayed(), "the hold ends")
    page.wait(lambda: not page.all("dialog[open]"), "the warning goes")
    assert page.focused() in ("seat 1", "seat 2", "choose-title")


def test_a_second_press_of_enter_gives_the_seat_back_and_books_nothing(page, hall):
    """The focus stays on the seat: never on a button that costs money."""
    page.open(hall())
    page.offer(4).send_keys(Keys.ENTER)
    page.wait(lambda: page.held() == [4], "it is mine")
    assert page.focused() == "seat 4"
    page.key(Keys.ENTER)
    page.wait(lambda: page.held() == [], "given back")
    assert page.focused() == "seat 4"
