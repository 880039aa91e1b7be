"""The page in a real browser, on the whole house."""

import json

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from browser import Browser
from stack import Stack
from web import wait_until


@pytest.fixture
def stack(database):
    with Stack(database, tickets=10, workers=2, hold_seconds=100) as stack:
        yield stack


def test_a_ticket_is_reserved_counted_down_booked_and_gone(stack):
    with Browser(stack.port) as page:
        page.wait(lambda: len(page.offered()) == 10, "ten tickets")
        page.reserve("4")
        first = page.seconds_left("4")
        assert 90 <= first <= 100
        page.wait(lambda: page.seconds_left("4") < first, "it counts down")
        assert "4" not in page.offered()
        page.button("Book ticket 4").click()
        page.wait(lambda: page.booked() == ["4"], "it is booked")
        assert page.held() == []
        assert stack.rows()["4"].state == "booked"
        page.open()
        page.wait(lambda: len(page.offered()) == 9, "it stays gone")
        assert page.booked() == ["4"]
        assert page.problems() == []


def test_a_second_browser_is_refused_at_once_and_told_when_to_try_again(stack):
    with Browser(stack.port) as ann, Browser(stack.port) as bob:
        bob.wait(lambda: "7" in bob.offered(), "bob sees ticket 7")
        bob.driver.execute_cdp_cmd("Page.setWebLifecycleState", {"state": "active"})
        ann.reserve("7")
        # Bob's list may be a second old: his click comes too late.
        bob.driver.execute_script(
            "document.querySelector('button[aria-label=\"Reserve ticket 7\"]')?.click()"
        )
        gone = lambda: "7" not in bob.offered()
        bob.wait(lambda: "somebody else" in bob.notice() or gone(), "bob hears")
        bob.wait(gone, "ticket 7 leaves bob's list")
        assert bob.held() == []
        refused = stack.client("carl").reserve("7")
        assert refused.code == "held"


def test_the_reason_for_a_refusal_is_shown_with_a_time(stack):
    with Browser(stack.port) as page:
        page.button("Reserve ticket 3")
        # The list on the page is frozen, so that the click comes too late.
        page.driver.execute_cdp_cmd("Network.enable", {})
        page.driver.execute_cdp_cmd(
            "Network.setBlockedURLs", {"urls": ["*available_tickets*"]}
        )
        assert stack.client("someone").reserve("3").status == 200
        page.button("Reserve ticket 3").click()
        page.wait(lambda: "reserved by somebody else" in page.notice(), "why")
        assert "may be free in 1:" in page.notice()
        assert "someone" not in page.driver.page_source


def test_a_reload_keeps_my_holds_and_does_not_extend_them(stack):
    with Browser(stack.port) as page:
        page.reserve("2")
        page.wait(lambda: page.seconds_left("2") <= 97, "some time passes")
        page.open()
        page.wait(lambda: page.held() == ["2"], "the hold is still shown")
        assert page.seconds_left("2") <= 97
        page.button("Release ticket 2").click()
        page.wait(lambda: "2" in page.offered(), "it is free again")
        assert page.held() == []


def test_a_hold_that_ran_out_is_taken_away_with_a_word(database):
    with Stack(database, tickets=3, workers=1, hold_seconds=3) as stack:
        with Browser(stack.port) as page:
            page.reserve("1")
            page.wait(lambda: page.held() == [], "the hold ends")
            assert "time for ticket 1 is up" in page.notice()
            page.wait(lambda: "1" in page.offered(), "it can be had again")


@pytest.mark.parametrize("offset_ms", [-3600_000, 3600_000])
def test_a_wrong_clock_of_the_browser_changes_nothing(stack, offset_ms):
    with Browser(stack.port) as page:
        page.driver.execute_cdp_cmd(
            "Page.addScriptToEvaluateOnNewDocument",
            {
                "source": "const real = Date.now.bind(Date);"
                f"Date.now = () => real() + {offset_ms};"
            },
        )
        page.open()
        page.reserve("5")
        assert 90 <= page.seconds_left("5") <= 100


def test_a_clock_that_is_set_while_a_hold_runs_is_found_out(stack):
    with Browser(stack.port) as page:
        page.reserve("6")
        first = page.seconds_left("6")
        page.driver.execute_script(
            "const real = Date.now.bind(Date); Date.now = () => real() + 60000;"
        )
        # For a moment the smaller rest is shown; then the server is asked.
        page.wait(
            lambda: 80 <= page.seconds_left("6") <= first - 2,
            "the true rest is back, and goes on",
        )
        assert page.held() == ["6"]


def test_everything_can_be_done_with_the_keyboard(stack):
    with Browser(stack.port) as page:
        page.button("Reserve ticket 1").send_keys(Keys.ENTER)
        page.wait(lambda: page.focused() == "Book ticket 1", "focus moves on")
        active = page.driver.switch_to.active_element
        active.send_keys(Keys.TAB)
        assert page.focused() == "Release ticket 1"
        page.driver.switch_to.active_element.send_keys(Keys.SPACE)
        page.wait(lambda: page.focused() == "Reserve ticket 1", "and back")
        page.driver.switch_to.active_element.send_keys(Keys.ENTER)
        page.wait(lambda: page.focused() == "Book ticket 1", "held again")
        page.driver.switch_to.active_element.send_keys(Keys.ENTER)
        page.wait(lambda: page.booked() == ["1"], "booked")
        heading = page.driver.switch_to.active_element
        assert heading.get_attribute("id") == "booked-title"


def test_a_screen_reader_finds_names_roles_and_what_happened(stack):
    with Browser(stack.port) as page:
        page.reserve("8")
        nodes = page.driver.execute_cdp_cmd("Accessibility.getFullAXTree", {})
        seen = {
            (n["role"]["value"], n.get("name", {}).get("value", ""))
            for n in nodes["nodes"]
            if not n.get("ignored")
        }
        assert ("heading", "Choose your tickets") in seen
        assert ("heading", "Reserved for you") in seen
        assert ("button", "Book ticket 8") in seen
        assert ("button", "Release ticket 8") in seen
        assert ("button", "Reserve ticket 1") in seen
        assert any(role == "timer" for role, _ in seen)
        said = page.driver.find_element(By.ID, "announce")
        assert "Ticket 8" in said.get_attribute("textContent")


def test_a_service_that_is_away_is_shown_and_its_return_too(stack):
    with Browser(stack.port) as page:
        page.wait(lambda: page.text("#link-text") == "Live", "it is live")
        stack.nginx.stop()
        page.wait(lambda: "Not reachable" in page.text("#link-text"), "away")
        page.button("Reserve ticket 9").click()
        page.wait(lambda: "cannot be reached" in page.notice(), "why")
        stack.nginx.start()
        page.wait(lambda: page.text("#link-text") == "Live", "back by itself")
        page.wait(lambda: page.held() == ["9"], "what was asked for is done")


def test_two_tabs_of_one_browser_are_one_buyer(stack):
    with Browser(stack.port) as page:
        page.reserve("2")
        first = page.driver.current_window_handle
        page.driver.switch_to.new_window("tab")
        page.open()
        page.wait(lambda: page.held() == ["2"], "the second tab knows")
        page.button("Book ticket 2").click()
        page.wait(lambda: page.booked() == ["2"], "booked there")
        page.driver.switch_to.window(first)
        page.wait(lambda: page.booked() == ["2"], "and seen here")
        assert page.held() == []


def test_the_page_fits_small_screens_and_both_colour_schemes(stack):
    with Browser(stack.port) as page:
        page.reserve("10")
        for scheme in ("light", "dark"):
            features = [{"name": "prefers-color-scheme", "value": scheme}]
            page.driver.execute_cdp_cmd(
                "Emulation.setEmulatedMedia", {"features": features}
            )
            for width in (320, 768, 2560):
                page.driver.execute_cdp_cmd(
                    "Emulation.setDeviceMetricsOverride",
                    {
                        "width": width,
                        "height": 800,
                        "deviceScaleFactor": 1,
                        "mobile": False,
                    },
                )
                wide = page.driver.execute_script(
                    "return document.documentElement.scrollWidth"
                )
                assert wide <= width, f"{scheme}: {wide} px at {width}"
            ground = page.driver.execute_script(
                "return getComputedStyle(document.documentElement).backgroundColor"
            )
            light = sum(json.loads("[" + ground[4:-1] + "]")) > 384
            assert light == (scheme == "light")


def test_a_sold_out_list_says_what_may_still_happen(database):
    with Stack(database, tickets=1, workers=1) as stack:
        with Browser(stack.port) as page:
            page.wait(lambda: page.offered() == ["1"], "one ticket")
            assert stack.client("ann").reserve("1").status == 200
            page.wait(lambda: page.text("#empty") != "", "the list is empty")
            assert "may come back" in page.text("#empty")
            assert stack.client("ann").post(
                "/release_ticket", {"client_id": "ann", "ticket_id": "1"}
            ).status == 200
            wait_until(lambda: page.offered() == ["1"], 20, "it is back")
