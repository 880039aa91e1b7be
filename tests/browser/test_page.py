"""Buying on the page, on the whole house."""

from selenium.webdriver.common.keys import Keys

from rival import Rival


def test_the_default_event_sells_as_the_published_calls_see_it(stack, page):
    page.open("default")
    page.wait(lambda: 4 in page.offered(), "ticket 4")
    page.take(4)
    assert 4 not in page.offered()
    assert stack.client("ann").reserve("4").code == "held"
    numbers = page.book()
    assert len(numbers) == 1 and numbers[0].startswith("HF-")
    assert stack.rows()["4"].state == "booked"
    assert stack.client("ann").reserve("4").code == "booked"
    page.open("default")
    page.wait(lambda: 4 not in page.offered(), "it stays gone")
    page.wait(lambda: numbers[0] in page.text("#orders"), "my order is listed")
    assert page.problems() == []


def test_a_start_page_lists_the_events_and_leads_to_one(page, hall):
    hall(title="A Winter's Tale")
    event = hall(title="The Tempest")
    page.open(path="/")
    link = lambda: [a for a in page.all(".event") if "The Tempest" in a.text][0]
    page.wait(lambda: "48 seats left" in link().text, "what is left of it")
    link().click()
    page.wait(lambda: page.text("h1") == "The Tempest", "its page")
    assert page.driver.current_url.endswith(f"event={event}")


def test_an_event_that_is_not_there_is_said_to_be_so(page):
    page.open(path="/?event=nothing-here")
    page.wait(lambda: "no such event" in page.text("h1"), "a word")


def test_a_purchase_with_the_map_untouched(stack, page, hall):
    """U11: the list alone is enough, from section to order."""
    event = hall()
    page.open(event, view="list")
    touched = "window.touched = 0; document.getElementById('stage')"
    page.run(f"{touched}.addEventListener('pointerdown', () => touched++)")
    sections = page.all(".section > .fold-head")
    assert [s.text.split("\n")[0] for s in sections] == ["Stalls", "Balcony"]
    sections[1].click()
    rows = [r for r in page.all(".row > .fold-head") if r.is_displayed()]
    rows[1].click()
    seat = page.offer(35)
    assert seat.get_attribute("aria-label") == "Reserve Balcony, row B, seat 3, €30"
    seat.click()
    page.wait(lambda: page.held() == [35], "the seat is mine")
    assert page.run("return touched") == 0
    assert len(page.book()) == 1
    assert "Balcony" in page.text(".ticket") and "€30" in page.text(".facts")


def test_a_purchase_with_the_keyboard_only(stack, page, hall):
    """From the address bar to the order without a pointer, on the map."""
    event = hall()
    page.open(event, view=None)
    page.wait(lambda: page.all("#grid .cell"), "the map's seats")
    for _ in range(60):
        page.key(Keys.TAB)
        if page.focused().startswith("seat "):
            break
    assert page.focused() == "seat 1"
    page.key(Keys.ARROW_DOWN, Keys.ARROW_RIGHT, Keys.ENTER)
    page.wait(lambda: page.held() == [10], "the seat is mine")
    assert page.focused() == "seat 10"
    for _ in range(60):
        page.key(Keys.SHIFT, Keys.TAB)
        if page.focused() == "book":
            break
    page.key(Keys.ENTER)
    assert len(page.ordered()) == 1
    assert page.focused() == "title"


def test_the_house_chooses_the_best_seats(stack, page, hall):
    """U26: how many, where and for how much is enough."""
    event = hall()
    page.open(event)
    page.click("#best-more")
    page.wait(lambda: page.text("#best-count") == "3", "three")
    page.run("document.getElementById('best-where').value = 'Balcony'")
    page.click("#best-find")
    page.wait(lambda: len(page.held()) == 3, "three seats")
    first, second, third = page.held()
    assert first > 24 and (second, third) == (first + 1, first + 2)
    assert page.text("#total") == "€90"


def test_what_was_given_back_can_be_had_again_at_once(page, hall):
    """U33."""
    page.open(hall())
    page.take(5)
    page.give_back(5)
    page.wait(lambda: page.held() == [], "it is given back")
    page.click("#notice-actions button")
    page.wait(lambda: page.held() == [5], "it is mine again")


def test_a_basket_has_seats_one_by_one_and_books_them_all(stack, page, hall):
    event = hall()
    page.open(event)
    for seat in (2, 3, 30):
        page.take(seat)
    assert page.text("#total") == "€120"
    assert page.text("#book") == "Book 3 seats"
    page.book()
    assert len(page.all(".ticket")) == 3
    sold = stack.sql(
        "SELECT sale_order FROM tickets"
        f" WHERE event_id = '{event}' AND state = 'booked' ORDER BY 1"
    )
    assert sold == [["2"], ["3"], ["30"]]


def test_a_limit_of_seats_is_said_in_words(stack, page, hall):
    page.open(hall(seats_per_client=1))
    page.take(1)
    page.offer(2).click()
    page.wait(lambda: "seat" in page.notice(), "a word")
    assert "limit" not in page.notice() and "4" not in page.notice()
    assert page.held() == [1]


def test_two_tabs_of_one_browser_are_one_buyer(stack, page, hall):
    """U8."""
    page.open(hall())
    page.take(2)
    first = page.driver.current_window_handle
    page.driver.switch_to.new_window("tab")
    page.open()
    page.wait(lambda: page.held() == [2], "the second tab knows")
    page.take(3)
    page.driver.switch_to.window(first)
    page.wait(lambda: page.held() == [2, 3], "and the first hears")
    page.give_back(2)
    page.wait(lambda: page.held() == [3], "given back here")
    page.driver.switch_to.window(page.driver.window_handles[1])
    page.wait(lambda: page.held() == [3], "and there")


def test_an_order_page_is_its_buyers_own(stack, page, hall):
    event = hall(starts_at="'2027-03-01T19:30:00Z'")
    rival = Rival(stack)
    number = rival.pay(rival.take(event, 1))["number"]
    page.open(path=f"/order/?number={number}")
    page.wait(lambda: "not yours" in page.text("#lead"), "it is not shown")
    page.open(event)
    page.take(2)
    mine = page.book()[0]
    code = page.one(".qr")
    page.wait(lambda: int(code.get_property("naturalWidth")) > 0, "the code is there")
    calendar = page.one("a[download]").get_attribute("href")
    got = page.driver.execute_async_script(
        "fetch(arguments[0]).then((r) => r.text()).then(arguments[1])", calendar
    )
    assert "BEGIN:VEVENT" in got and "20270301T193000Z" in got
    assert mine in got or mine in page.text("#orders")


def test_an_events_time_is_that_of_its_place_or_names_mine(page, hall):
    page.cdp("Emulation.setTimezoneOverride", timezoneId="America/New_York")
    starts = ["--starts-at", "2027-03-01T19:30:00+01:00"]
    at_its_place = hall(flags=[*starts, "--time-zone", "Europe/Berlin"])
    page.open(at_its_place)
    assert "March 1, 2027" in page.text("#kicker")
    assert page.text("#kicker").endswith("7:30 PM GMT+1")
    page.take(1)
    page.book()
    assert "7:30 PM GMT+1" in page.text(".ticket")
    page.open(hall(flags=starts))
    assert page.text("#kicker").endswith("1:30 PM EST")
    page.open(path="/")
    page.wait(lambda: "7:30 PM GMT+1" in page.text("#events"), "and in the list")


def test_a_screen_reader_finds_names_roles_and_what_happened(page, hall):
    page.open(hall(), view="list")
    page.unfold()
    page.take(8)
    nodes = page.cdp("Accessibility.getFullAXTree")["nodes"]
    seen = {
        (n["role"]["value"], n.get("name", {}).get("value", ""))
        for n in nodes
        if not n.get("ignored")
    }
    assert ("heading", "Choose your seats") in seen
    assert ("heading", "Your seats") in seen
    assert ("button", "Book 1 seat") in seen
    assert ("button", "Give back Stalls, row A, seat 8") in seen
    assert ("button", "Reserve Stalls, row A, seat 1, €45") in seen
    assert any(role == "timer" for role, _ in seen)
    said = page.one("#announce").get_attribute("textContent")
    assert "Stalls, row A, seat 8 is reserved for you" in said
