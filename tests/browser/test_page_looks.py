"""How the pages look and read: schemes, sizes, scripts, paper, axe."""

import base64
import json

import pytest

from rival import Rival

WIDTHS = (320, 360, 768, 1440, 3840)


def sideways(page):
    """How many pixels the page is wider than the screen."""
    return page.run(
        "const e = document.documentElement; return e.scrollWidth - e.clientWidth"
    )


def with_all_to_see(stack, page, event):
    """A basket, a lost time, a notice: everything that can be there."""
    rival = Rival(stack)
    rival.pay(rival.take(event, 2))
    rival.take(event, 3)
    page.open(event, view="map")
    page.cell(1).click()
    page.wait(lambda: page.held() == [1], "a basket")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_has_nothing_against_the_sale(stack, page, hall, scheme):
    event = hall()
    page.emulate(width=1280, prefers_color_scheme=scheme)
    with_all_to_see(stack, page, event)
    assert page.axe() == []
    page.show("list")
    page.unfold()
    assert page.axe() == []
    page.run("document.getElementById('warn').showModal()")
    assert page.axe() == []
    page.run("document.getElementById('warn').close()")
    page.book()
    assert page.axe() == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_has_nothing_against_the_other_pages(stack, page, hall, scheme):
    event = hall(sale_opens_at="clock_timestamp() + interval '1 hour'")
    page.emulate(width=1280, prefers_color_scheme=scheme)
    page.open(path="/")
    page.wait(lambda: page.all(".event"), "the events")
    assert page.axe() == []
    page.open(event, view=None)
    page.wait(lambda: page.text("#wait-clock"), "the waiting page")
    assert page.axe() == []
    page.open("default")
    page.wait(lambda: page.offered(), "the tickets")
    assert page.axe() == []


def test_the_pages_fit_every_screen_in_both_schemes(stack, page, hall):
    event = hall()
    with_all_to_see(stack, page, event)
    for scheme in ("light", "dark"):
        for width in WIDTHS:
            page.emulate(width=width, prefers_color_scheme=scheme)
            for view in ("map", "list"):
                page.show(view)
                assert sideways(page) <= 0, f"{scheme}, {view}, {width}"
        ground = page.run(
            "return getComputedStyle(document.documentElement).backgroundColor"
        )
        light = sum(json.loads("[" + ground[4:-1] + "]")) > 384
        assert light == (scheme == "light")


def test_the_houses_choice_comes_first_on_a_phone(page, hall):
    """U26: before the seats, and in sight without scrolling."""
    page.emulate(width=390, height=844, touch=True)
    page.open(hall(), view=None)
    page.wait(lambda: page.one("#best-find").is_displayed(), "the form")
    tops = page.run(
        "return ['best-find', 'choose-title'].map((id) =>"
        " document.getElementById(id).getBoundingClientRect().bottom)"
    )
    assert tops[0] <= 844 and tops[0] < tops[1]
    assert page.one("#list").is_displayed() and not page.one("#map").is_displayed()


def test_right_to_left_turns_the_page_and_not_the_hall(page, hall):
    """U31: labels are mirrored, places are not."""
    page.open(hall(), view="map")
    page.cell(1)
    places = "return [1, 8].map((o) => document.querySelector(`[data-seat='${o}']`).getBoundingClientRect().left)"
    page.run("document.documentElement.dir = 'rtl'")
    first, last = page.run(places)
    assert first < last
    side, seats = page.run(
        "return ['.side', '.choose'].map((s) => document.querySelector(s).getBoundingClientRect().left)"
    )
    assert side < seats
    assert sideways(page) <= 0


def test_the_page_speaks_the_visitors_language(page, hall):
    """U31: words, times and money, and the document says which it is."""
    page.before_pages(
        "Object.defineProperty(navigator, 'languages', { get: () => ['de-DE', 'en'] })")
    page.open(hall(), view="list")
    assert page.one("html").get_attribute("lang").startswith("de")
    assert page.text("#best-title") == "Die besten Plätze für uns"
    page.take(1)
    assert page.text("#total") == "45 €" and page.text("#book") == "1 Platz buchen"


def test_a_seats_name_is_on_one_line_on_a_phone(page, hall):
    page.emulate(width=360, height=740)
    page.open(hall(), view="list")
    page.take(24)
    heights = page.run(
        "return [...document.querySelectorAll('.held-name')].map((e) => e.getClientRects().length"
        " && e.getBoundingClientRect().height / parseFloat(getComputedStyle(e).lineHeight))")
    assert heights == [pytest.approx(1, abs=0.1)]


def test_the_whole_hall_is_seen_when_the_map_opens(page, hall):
    """And something of the ground around it, at every size."""
    event = hall(rows=20, seats=20)
    for width, height in ((360, 740), (1440, 900)):
        page.emulate(width=width, height=height)
        page.open(event, view="map")
        page.cell(1)
        edges = page.run(
            """
            const { x, y, scale, width, height } = holdfast.view();
            const at = (px, py) => [(px - x) * scale + width / 2, (py - y) * scale + height / 2];
            const [x0, y0] = at(-1, -1), [x1, y1] = at(20, 42);
            return [x0, y0, width - x1, height - y1];
            """
        )
        assert min(edges) >= 10, (width, edges)


def test_four_times_as_large_letters_still_need_one_direction_only(page, hall):
    """U16: 1280 px at 400 % are 320 px."""
    page.emulate(width=320, height=256)
    page.open(hall(), view="list")
    page.unfold()
    page.take(1)
    assert sideways(page) <= 0


def test_an_order_prints_on_paper_with_codes_of_three_centimetres(page, hall):
    """U30."""
    page.open(hall())
    page.take(1)
    page.take(2)
    page.book()
    page.emulate(media="print")
    widths = page.run(
        "return [...document.querySelectorAll('.qr')].map((e) => e.getBoundingClientRect().width)"
    )
    assert len(widths) == 2 and min(widths) >= 30 / 25.4 * 96
    assert not page.one(".actions").is_displayed()
    paper = page.cdp("Page.printToPDF")
    assert base64.b64decode(paper["data"]).count(b"/Type /Page\n") == 1


def test_the_policy_of_the_page_is_strict_and_nothing_breaks_it(page, hall):
    """U34: no foreign origin, no inline script or style."""
    event = hall()
    for path in (f"/?event={event}", "/", "/order/?number=HF-NONE"):
        page.open(path=path)
        page.wait(lambda: page.text("h1") != "", "it is drawn")
        loaded = page.run(
            "return performance.getEntriesByType('resource').map((e) => new URL(e.name).origin)"
        )
        assert set(loaded) == {page.origin}
    wrong = [p for p in page.problems() if "Content Security Policy" in p]
    assert wrong == []
