"""The page and time: countdowns, sleep, warnings, and what ran out."""

import pytest
from selenium.webdriver.common.keys import Keys


def shift_clock(ms):
    return f"{{ const real = Date.now.bind(Date); Date.now = () => real() + {ms}; }}"


@pytest.mark.parametrize("offset_ms", [-3600_000, 3600_000])
def test_a_wrong_clock_of_the_browser_changes_nothing(stack, page, hall, offset_ms):
    """U1: an hour off, and still within a second of what the server says."""
    event = hall(hold_seconds=60)
    page.before_pages(shift_clock(offset_ms))
    page.open(event)
    page.take(5)
    left_ms, took_ms, clock = page.driver.execute_async_script(
        "const done = arguments[0], began = performance.now();"
        "fetch('/api/holds').then((r) => r.json()).then((holds) =>"
        " done([holds.holds[0].expires_in_ms, performance.now() - began,"
        " document.getElementById('clock').textContent]))"
    )
    minutes, seconds = clock.split(":")
    shown = 60 * int(minutes) + int(seconds)
    # A begun second counts; it errs early by as long as an answer took.
    assert (left_ms - took_ms) / 1000 - 3 <= shown <= left_ms / 1000 + 1.3


@pytest.mark.parametrize("by_ms", [-3600_000, 3600_000])
def test_a_clock_that_is_set_while_a_hold_runs_is_found_out(page, hall, by_ms):
    page.open(hall(hold_seconds=60))
    page.take(6)
    page.run(shift_clock(by_ms))
    page.wait(lambda: 40 <= page.seconds_left() <= 59, "the true rest is back")
    assert page.held() == [6]
    assert not page.one("#ended").is_displayed()


def test_a_hidden_page_shows_the_right_rest_when_it_is_seen(page, hall):
    """U2: seven minutes without a timer, and the first paint is right. To
    keep the seats longer is offered once there is something to gain."""
    page.open(hall(hold_seconds=600))
    page.take(4)
    page.wait(lambda: page.seconds_left() >= 590, "ten minutes")
    assert not page.one("#extend").is_displayed()
    shown, has_extend = page.run(
        """
        const wall = Date.now.bind(Date), mono = performance.now.bind(performance);
        Date.now = () => wall() + 420000;
        performance.now = () => mono() + 420000;
        document.dispatchEvent(new Event("visibilitychange"));
        return [document.getElementById("clock").textContent,
            !document.getElementById("extend").hidden];
        """
    )
    assert has_extend
    minutes, seconds = map(int, shown.split(":"))
    assert 170 <= 60 * minutes + seconds <= 180


def test_a_voice_speaks_of_the_time_a_few_times_only(page, hall):
    """U3: the ticking clock is silent; at most six announcements a hold."""
    page.open(hall(hold_seconds=8))
    assert page.one("#clock").get_attribute("role") == "timer"
    page.run(
        """
        window.said = [];
        for (const id of ["announce", "alert"])
            new MutationObserver(() => said.push(document.getElementById(id).textContent))
                .observe(document.getElementById(id), { childList: true, characterData: true, subtree: true });
        """
    )
    page.take(1)
    page.wait(lambda: page.one("#ended").is_displayed(), "the end")
    said = page.run("return said")
    assert 2 <= len(said) <= 6
    assert "reserved for you" in said[0] and "Your time is up" in said[-1]


def open_warning(page):
    page.wait(lambda: page.run("return document.getElementById('warn').open"), "a warning")


def test_a_warning_comes_20_s_before_and_one_key_keeps_the_seats(page, hall):
    """U4 (a): the focus is on the answer, and goes back where it was."""
    page.open(hall(hold_seconds=28, extensions=10))
    page.take(3)
    page.run(
        "new MutationObserver(() => window.warnedAt ??="
        " document.getElementById('clock').textContent).observe("
        "document.getElementById('warn'), { attributeFilter: ['open'] })"
    )
    page.offer(7).send_keys("")
    assert page.focused() == "seat 7"
    open_warning(page)
    assert page.run("return warnedAt") in ("0:20", "0:21")
    assert page.focused() == "warn-extend"
    before = page.seconds_left()
    page.key(Keys.ENTER)
    page.wait(lambda: page.seconds_left() > before, "more time")
    page.wait(lambda: page.focused() == "seat 7", "the focus is back")
    assert page.held() == [3]


def test_a_hot_sale_warns_of_a_time_that_cannot_be_made_longer(page, hall):
    """U4 (b): no button that always fails; the way on is to book."""
    page.open(hall(hold_seconds=21, extensions=0))
    page.take(3)
    open_warning(page)
    assert "cannot be made longer" in page.text("#warn-text")
    assert not page.one("#warn-extend").is_displayed()
    assert not page.one("#extend").is_displayed()
    page.key(Keys.ESCAPE)
    page.click("#book")
    assert len(page.ordered()) == 1


def test_one_extension_is_one(stack, page, hall):
    """U4, the policy between: the second warning has no such button."""
    event = hall(hold_seconds=21, extensions=1)
    page.open(event)
    page.take(3)
    open_warning(page)
    page.key(Keys.ENTER)
    used = f"SELECT extensions FROM holds WHERE event_id = '{event}'"
    page.wait(lambda: stack.sql(used) == [["1"]], "it is longer now")
    open_warning(page)
    assert not page.one("#warn-extend").is_displayed()


def test_what_fails_does_not_reset_the_clock(stack, page, hall):
    """U5: pressing a seat that is refused, or my own again, renews nothing."""
    event = hall(seats_per_client=1)
    page.open(event)
    page.take(1)
    until = "SELECT until FROM holds WHERE event_id = '%s' AND ended_at IS NULL" % event
    before = stack.sql(until)
    assert len(before) == 1
    for seat in (2, 3):
        page.offer(seat).click()
        page.wait(lambda: page.notice() != "", "a refusal")
        page.run("document.getElementById('notice-text').textContent = ''")
    assert stack.sql(until) == before


def test_a_reload_and_a_crash_keep_my_seats_and_their_time(page, hall):
    """U8: the browser's tab dies without a word."""
    page.open(hall(hold_seconds=100))
    page.take(2)
    page.wait(lambda: page.seconds_left() <= 98, "some time passes")
    page.open()
    page.wait(lambda: page.held() == [2], "the hold is still shown")
    assert page.seconds_left() <= 98
    dying = page.driver.current_window_handle
    page.driver.switch_to.new_window("tab")
    survivor = page.driver.current_window_handle
    page.driver.switch_to.window(dying)
    page.driver.execute_cdp_cmd("Page.setWebLifecycleState", {"state": "frozen"})
    page.driver.switch_to.window(survivor)
    page.open()
    page.wait(lambda: page.held() == [2], "another tab has it")
    assert page.seconds_left() <= 98


def test_what_ran_out_can_be_had_again_in_one_tap(page, hall):
    """U9: no code, no blame, and a way on; also after a reload."""
    page.open(hall(hold_seconds=3))
    page.take(5)
    page.wait(lambda: page.one("#ended").is_displayed(), "the end")
    assert "no longer reserved" in page.text("#ended-text")
    assert "seat 5" in page.text("#ended-text")
    assert page.held() == []
    page.wait(lambda: 5 in page.offered(), "it can be had")
    page.click("#ended-again")
    page.wait(lambda: page.held() == [5], "it is mine again")
    assert not page.one("#ended").is_displayed()


def test_what_ran_out_while_the_page_was_closed_is_told(stack, page, hall):
    event = hall(hold_seconds=3)
    page.open(event)
    page.take(5)
    page.open(path="/icon.svg")
    gone = f"SELECT 1 FROM holds WHERE event_id = '{event}' AND until > clock_timestamp()"
    page.wait(lambda: stack.sql(gone) == [], "its time passes")
    page.open(event)
    page.wait(lambda: page.one("#ended").is_displayed(), "it is told")
    assert "seat 5" in page.text("#ended-text")
