"""U21: buying in a browser that runs no script."""

import pytest


@pytest.fixture
def plain(page):
    """At a name by plain http, where no browser sends Sec-Fetch-Site."""
    page.cdp("Emulation.setScriptExecutionDisabled", value=True)
    here, page.origin = page.origin, page.origin.replace("127.0.0.1", "tickets.example")
    yield page
    page.origin = here
    page.cdp("Emulation.setScriptExecutionDisabled", value=False)


def press(page, words):
    page.wait(lambda: named(page, words), f"a button: {words}").click()


def named(page, words):
    return [e for e in page.all("button, a") if words in e.text][0]


def sideways(page):
    root = page.one("html")
    return int(root.get_property("scrollWidth")) - int(root.get_property("clientWidth"))


def test_a_purchase_without_javascript(stack, plain, hall):
    event = hall(title="A Stormy Night", time_zone="'Europe/Berlin'")
    plain.emulate(width=360, height=740)
    plain.open(path="/order/?number=HF-NONE")
    assert plain.one(".noscript a").is_displayed() and not plain.one("h1").is_displayed()
    plain.open(path=f"/?event={event}")
    shown = [e.text for e in plain.all("main > *") if e.is_displayed()]
    assert len(shown) == 1 and "plain pages" in shown[0]
    press(plain, "To the plain pages")
    press(plain, "A Stormy Night")
    press(plain, "Balcony")
    plain.wait(lambda: len(plain.all("fieldset")) == 3, "the rows")
    assert sideways(plain) <= 0
    for seat in plain.all("fieldset")[1].find_elements("css selector", "label")[2:4]:
        assert seat.size["height"] >= 44
        seat.click()
    press(plain, "Reserve what is ticked")
    plain.wait(lambda: "Reserved for you until" in plain.text("main"), "the hold")
    assert "(Europe/Berlin)" in plain.text("main") and "60.00 EUR" in plain.text(".total")
    assert plain.all("meta[http-equiv=refresh]")
    press(plain, "Book")
    plain.wait(lambda: plain.text(".number").startswith("HF-"), "the order")
    codes = plain.all(".qr")
    assert [int(c.get_property("naturalWidth")) > 0 for c in codes] == [True, True]
    assert sideways(plain) <= 0
    # By plain http a browser takes no such header, and says so.
    assert [p for p in plain.problems() if "Opener-Policy" not in p] == []
    sold = f"SELECT count(*) FROM bookings WHERE event_id = '{event}'"
    assert stack.sql(sold) == [["2"]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_has_nothing_against_the_plain_pages(page, hall, scheme):
    event = hall()
    page.emulate(width=800, prefers_color_scheme=scheme)
    for path in ("/plain/", f"/plain/events/{event}", f"/plain/events/{event}/seats/1",
                 "/plain/events/nobody"):
        page.open(path=path)
        assert page.axe() == [], path
    page.open(path=f"/plain/events/{event}")
    press(page, "Reserve the best")
    page.wait(lambda: "Reserved for you until" in page.text("main"), "the hold")
    # That it is shown anew when the time is nearly over is its requirement.
    assert [rule for rule, _ in page.axe()] == ["meta-refresh"]
    press(page, "Book")
    page.wait(lambda: page.all(".number"), "the order")
    assert page.axe() == []
