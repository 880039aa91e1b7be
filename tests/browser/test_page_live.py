"""The page and other buyers: live news, breaks, waiting, and many tabs."""

import os
import subprocess
import time

from browser import SPOILED
from rival import Rival
from halls import settle
from servers import build_path


def hear(page):
    page.wait(lambda: page.link() == "Live", "it is live")


def look(page, seat):
    label = page.cell(seat).get_attribute("aria-label")
    return label.rpartition(", ")[2]


def admin(stack, *words):
    subprocess.run(
        [build_path("db", "holdfast-admin"), *words, "--yes"], check=True,
        env={**os.environ, "DATABASE_URL": stack.database_url}, capture_output=True,
    )


def test_what_the_box_office_does_is_seen_without_asking(stack, page, hall):
    event = hall()
    page.before_pages(SPOILED)
    page.open(event, view="map")
    hear(page)
    page.wait(lambda: look(page, 3) == "available", "the seat is free")
    page.spoil("/state", "wait")
    admin(stack, "block", f"{event}:Stalls-A-3")
    page.wait(lambda: look(page, 3) == "not for sale", "it is kept back")
    admin(stack, "close", event)
    page.wait(lambda: not page.one("#best").is_displayed(), "the sale is closed")
    admin(stack, "open", event)
    page.wait(lambda: page.one("#best").is_displayed(), "it is open again")


def test_another_buyers_hold_is_seen_at_once_and_its_return_too(stack, page, hall):
    event = hall()
    page.open(event, view="map")
    hear(page)
    assert look(page, 7) == "available"
    rival = Rival(stack)
    hold = rival.take(event, 7)
    page.wait(lambda: look(page, 7) == "in another basket", "it is held")
    assert page.cell(7).get_attribute("aria-disabled") == "true"
    rival.let_go(hold)
    page.wait(lambda: look(page, 7) == "available", "it is back")
    rival.pay(rival.take(event, 7))
    page.wait(lambda: look(page, 7) == "sold", "it is sold")


def test_a_change_of_the_seat_in_focus_is_spoken(stack, page, hall):
    """U13."""
    event = hall()
    page.open(event, view="map")
    hear(page)
    page.run("arguments[0].focus()", page.cell(7))
    Rival(stack).take(event, 7)
    said = lambda: page.one("#announce").get_attribute("textContent")
    page.wait(lambda: said() == "Row A, seat 7: in another basket", "it is said")
    assert page.focused() == "seat 7"


def test_the_badge_says_so_when_news_stop(stack, page, hall):
    """U10: gone, and back, and never a word that it is live meanwhile. On a
    machine with time to spare it is a matter of a tenth of a second."""
    event = hall()
    page.open(event)
    hear(page)
    stack.nginx.stop()
    try:
        page.wait(lambda: "Not reachable" in page.link(), "it says so", seconds=10)
        page.wait(lambda: "s ago" in page.link(), "how old the page is")
    finally:
        stack.nginx.start()
    page.wait(lambda: page.link() == "Live", "back by itself")


def test_nothing_is_missed_by_a_page_that_was_cut_off(stack, page, hall):
    """U19, U20: what happened meanwhile is there, and nothing else."""
    event = hall()
    page.open(event, view="map")
    hear(page)
    Rival(stack).take(event, 1)
    page.wait(lambda: look(page, 1) == "in another basket", "it is held")
    stack.nginx.stop()
    page.wait(lambda: "Not reachable" in page.link(), "cut off")
    stack.sql(
        "UPDATE tickets SET state = 'free', holder = NULL, reserved_until = NULL"
        f" WHERE event_id = '{event}' AND sale_order = 1"
    )
    stack.sql(
        "UPDATE tickets SET state = 'blocked'"
        f" WHERE event_id = '{event}' AND sale_order IN (2, 3)"
    )
    stack.nginx.start()
    seen = lambda: [look(page, seat) for seat in (1, 2, 3, 4)]
    wanted = ["available", "not for sale", "not for sale", "available"]
    page.wait(lambda: seen() == wanted, "all is seen")


def test_polling_keeps_a_page_true_without_any_stream(stack, page, hall):
    """U10: no live part at all, and still at most about a second old."""
    event = hall()
    page.before_pages(
        "delete window.SharedWorker;"
        "window.EventSource = class { addEventListener() {} close() {} };"
    )
    page.open(event, view="map")
    Rival(stack).take(event, 7)
    page.wait(lambda: look(page, 7) == "in another basket", "it is seen")


def test_eight_tabs_are_live_at_once(stack, page, hall):
    """U19: a browser has six connections to a server; they share a stream."""
    event = hall()
    page.open(event, view="map")
    for _ in range(7):
        page.driver.switch_to.new_window("tab")
        page.open(event, view="map")
    tabs = page.driver.window_handles
    assert len(tabs) == 8
    for tab in tabs:
        page.driver.switch_to.window(tab)
        hear(page)
    Rival(stack).take(event, 7)
    for tab in tabs:
        page.driver.switch_to.window(tab)
        page.wait(lambda: look(page, 7) == "in another basket", "each tab sees it")


def test_all_held_is_not_sold_out_and_says_how_many_may_return(stack, page, hall):
    """U18."""
    event = hall(rows=1, seats=2, hold_seconds=60)
    page.open(event)
    hear(page)
    assert not page.one("#empty").is_displayed()
    rival = Rival(stack)
    hold = rival.take(event, 1, 2, 3, 4)
    page.wait(lambda: page.one("#empty").is_displayed(), "it says so")
    assert "not sold out" in page.text("#empty")
    page.wait(lambda: "4 seats may come back" in page.text("#empty"), "how many")
    rival.pay(hold)
    page.wait(lambda: page.text("#empty") == "Everything is sold.", "sold out")


def test_the_page_waits_for_the_sale_and_goes_in_by_itself(stack, page, hall):
    """U17 for who joins no line (test_page_line.py): in when it opens. Until
    then: how long, and what there will be."""
    event = hall(sale_opens_at="clock_timestamp() + interval '1 hour'")
    page.open(event, view=None)
    page.wait(lambda: page.text("#wait-clock").startswith("59:"), "an hour")
    zones = page.text("#wait-zones")
    assert "Stalls" in zones and "24 seats" in zones and "€45" in zones
    assert not page.one("#sale").is_displayed()
    page.open(event, view=None)
    page.wait(lambda: page.text("#wait-clock").startswith("59:"), "the same after a reload")
    settle(stack, event, sale_opens_at="clock_timestamp() + interval '3 s'")
    page.wait(lambda: page.one("#sale").is_displayed(), "in by itself")
    page.show("list")
    page.take(1)


def test_a_hidden_page_asks_nothing_and_catches_up_when_seen(stack, page, hall):
    event = hall()
    page.before_pages(
        "delete window.SharedWorker;"
        "window.EventSource = class { addEventListener() {} close() {} };"
        "window.isHidden = false;"
        "Object.defineProperty(document, 'hidden', { get: () => isHidden });"
    )
    page.open(event, view="map")
    page.run("isHidden = true; document.dispatchEvent(new Event('visibilitychange'))")
    asked = "return performance.getEntriesByType('resource').length"
    quiet = lambda: page.run(asked) == (time.sleep(1.5), page.run(asked))[1]
    page.wait(quiet, "a while without a request")
    Rival(stack).take(event, 7)
    assert look(page, 7) == "available"
    page.run("isHidden = false; document.dispatchEvent(new Event('visibilitychange'))")
    page.wait(lambda: look(page, 7) == "in another basket", "it has caught up")
