"""The page when clocks jump, answers are lost, and tickets vanish."""

import json

import pytest
from selenium.webdriver.common.keys import Keys

from browser import Browser
from stack import Stack

# window.spoil[path] = "lose": the call is made, its answer is lost;
# anything else: that text is the answer, and no call is made.
SPOILED_FETCH = """
    window.spoil = {};
    const real = window.fetch.bind(window);
    window.fetch = async (path, options) => {
        const how = window.spoil[path];
        if (how === undefined) return real(path, options);
        if (how !== "lose") return new Response(how);
        await real(path, options);
        throw new TypeError("the answer was lost");
    };
"""


@pytest.fixture
def stack(database):
    with Stack(database, tickets=10, workers=2, hold_seconds=100) as stack:
        yield stack


@pytest.fixture
def page(stack):
    with Browser(stack.port) as page:
        page.driver.execute_cdp_cmd(
            "Page.addScriptToEvaluateOnNewDocument", {"source": SPOILED_FETCH}
        )
        page.open()
        page.wait(lambda: len(page.offered()) == 10, "ten tickets")
        yield page


def spoil(page, path, how):
    page.driver.execute_script("spoil[arguments[0]] = arguments[1]", path, how)


def mend(page):
    page.driver.execute_script("spoil = {}")


def set_clock(page, by_ms):
    page.driver.execute_script(
        "const real = Date.now.bind(Date);"
        "Date.now = () => real() + arguments[0];",
        by_ms,
    )


def kept(page):
    return json.loads(
        page.driver.execute_script("return localStorage.getItem('holdfast')")
    )


def polls(page):
    """How many lists the page has asked for."""
    return page.driver.execute_script(
        "return performance.getEntriesByType('resource')"
        ".filter((e) => e.name.endsWith('/available_tickets')).length"
    )


def wait_polls(page, n):
    seen = polls(page)
    page.wait(lambda: polls(page) >= seen + n, f"{n} more polls")


@pytest.mark.parametrize("by_ms", [-3600_000, 3600_000])
def test_a_clock_set_by_an_hour_does_not_end_a_hold(stack, page, by_ms):
    page.reserve("6")
    set_clock(page, by_ms)
    page.wait(lambda: 80 <= page.seconds_left("6") <= 99, "the true rest")
    wait_polls(page, 2)
    assert page.held() == ["6"]
    assert "is up" not in page.notice()


def test_a_reload_never_shows_more_time_than_was_granted(stack, page):
    page.reserve("6")
    before = {
        "source": "const real = Date.now.bind(Date);"
        "Date.now = () => real() - 3600000;"
    }
    page.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", before)
    for worker in stack.workers:
        worker.pause()  # nobody can tell the page better
    page.open()
    page.wait(lambda: page.held() == ["6"], "the hold is kept")
    assert page.seconds_left("6") <= 100
    for worker in stack.workers:
        worker.resume()


def test_the_focus_moves_on_when_its_ticket_is_taken(stack, page):
    page.driver.execute_script(
        "document.querySelector('[aria-label=\"Reserve ticket 4\"]').focus()"
    )
    assert stack.client("ann").reserve("4").status == 200
    page.wait(lambda: "4" not in page.offered(), "ticket 4 leaves the list")
    assert page.focused() == "Reserve ticket 5"


def test_the_focus_stays_on_a_ticket_that_was_refused(stack, page):
    page.button("Reserve ticket 4").send_keys("")
    spoil(page, "available_tickets", "null")  # the list stays as it is
    assert stack.client("ann").reserve("4").status == 200
    page.button("Reserve ticket 4").send_keys(Keys.ENTER)
    page.wait(lambda: "somebody else" in page.notice(), "why")
    assert page.focused() == "Reserve ticket 4"


def test_the_focus_goes_to_the_list_when_a_hold_runs_out(database):
    with Stack(database, tickets=2, workers=1, hold_seconds=3) as stack:
        with Browser(stack.port) as page:
            page.reserve("1")
            assert page.focused() == "Book ticket 1"
            page.wait(lambda: page.held() == [], "the hold ends")
            active = page.driver.switch_to.active_element
            assert active.get_attribute("id") == "available-title"


@pytest.mark.parametrize(
    "answer",
    ["null", "7", "[]", "{}", '{"status": "success"}', "<html>", ""],
)
def test_a_strange_answer_is_an_outage_and_heals(page, answer):
    spoil(page, "available_tickets", answer)
    page.wait(lambda: "Not reachable" in page.text("#link-text"), "away")
    assert len(page.offered()) == 10
    mend(page)
    page.wait(lambda: page.text("#link-text") == "Live", "back by itself")


def test_a_book_whose_answer_was_lost_is_settled_by_itself(stack, page):
    page.reserve("3")
    spoil(page, "book_ticket", "lose")
    page.button("Book ticket 3").click()
    page.wait(lambda: stack.rows()["3"].state == "booked", "it is sold")
    page.wait(lambda: "cannot be reached" in page.notice(), "not known here")
    mend(page)
    page.wait(lambda: page.booked() == ["3"], "the page finds out")
    assert page.held() == []


def test_a_lost_book_is_not_called_expired_and_survives_a_reload(database):
    with Stack(database, tickets=2, workers=1, hold_seconds=3) as stack:
        with Browser(stack.port) as page:
            page.driver.execute_cdp_cmd(
                "Page.addScriptToEvaluateOnNewDocument",
                {"source": SPOILED_FETCH + "spoil.book_ticket = 'lose';"},
            )
            page.open()
            page.reserve("1")
            page.button("Book ticket 1").click()
            page.wait(lambda: stack.rows()["1"].state == "booked", "sold")
            page.wait(lambda: page.text("#holds .hold-clock") == "0:00", "over")
            assert "is up" not in page.notice()
            page.open()
            page.wait(lambda: page.held() == ["1"], "still in question")
            mend(page)
            page.wait(lambda: page.booked() == ["1"], "it was sold to me")


def test_a_reserve_whose_answer_was_lost_is_found_again(stack, page):
    spoil(page, "reserve_ticket", "lose")
    page.button("Reserve ticket 3").click()
    page.wait(lambda: stack.rows()["3"].state == "reserved", "it is held")
    page.wait(lambda: "cannot be reached" in page.notice(), "not known here")
    mend(page)
    page.wait(lambda: page.held() == ["3"], "the page finds out")
    assert page.seconds_left("3") <= 100


def test_what_another_tab_kept_is_not_overwritten(page):
    page.reserve("2")
    # Another tab has written; its event is not here yet.
    page.driver.execute_script(
        """
        const kept = JSON.parse(localStorage.getItem("holdfast"));
        kept.booked.push("9");
        localStorage.setItem("holdfast", JSON.stringify(kept));
        """
    )
    wait_polls(page, 2)
    assert kept(page)["booked"] == ["9"]
    page.reserve("5")
    assert kept(page)["booked"] == ["9"]
    assert sorted(kept(page)["holds"]) == ["2", "5"]
    assert page.booked() == ["9"]


def test_the_page_works_where_nothing_may_be_stored(stack):
    with Browser(stack.port) as page:
        page.driver.execute_cdp_cmd(
            "Page.addScriptToEvaluateOnNewDocument",
            {
                "source": "Object.defineProperty(window, 'localStorage', {"
                "get() { throw new DOMException('no', 'SecurityError'); } });"
            },
        )
        page.open()
        page.reserve("4")
        wait_polls(page, 2)
        page.button("Book ticket 4").click()
        page.wait(lambda: page.booked() == ["4"], "booked all the same")


def test_a_hold_survives_an_outage_of_all_workers(stack, page):
    page.reserve("8")
    for worker in stack.workers:
        worker.stop()
    page.button("Reserve ticket 9").click()
    page.wait(lambda: "cannot be reached" in page.notice(), "why")
    page.button("Book ticket 8").click()
    page.wait(lambda: "Your booking" in page.notice(), "what will be done")
    for worker in stack.workers:
        worker.start()
    page.wait(lambda: page.booked() == ["8"], "booked by itself")
    page.wait(lambda: page.held() == ["9"], "reserved by itself")


def test_a_hidden_page_asks_nothing_and_catches_up_when_seen(stack, page):
    page.driver.execute_script(
        """
        window.isHidden = true;
        Object.defineProperty(document, "hidden", { get: () => isHidden });
        document.dispatchEvent(new Event("visibilitychange"));
        """
    )
    page.wait(
        lambda: page.driver.execute_async_script(
            """
            const done = arguments[0];
            const count = () => performance.getEntriesByType("resource").length;
            const before = count();
            setTimeout(() => done(count() === before), 3000);
            """
        ),
        "three seconds without a request",
    )
    assert stack.client("ann").reserve("7").status == 200
    assert "7" in page.offered()
    page.driver.execute_script(
        "isHidden = false; document.dispatchEvent(new Event('visibilitychange'))"
    )
    page.wait(lambda: "7" not in page.offered(), "it has caught up")
