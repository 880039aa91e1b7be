"""The box office's board: behind a password, live, and drawn by hand."""

import base64

import pytest

from rival import Rival


@pytest.fixture
def office(stack, page):
    """The browser of somebody who knows the password."""
    name, password = stack.nginx.BOARD
    login = base64.b64encode(f"{name}:{password}".encode()).decode()
    page.cdp("Network.enable")
    page.cdp("Network.setExtraHTTPHeaders", headers={"Authorization": f"Basic {login}"})
    yield page
    page.cdp("Network.setExtraHTTPHeaders", headers={})


def tiles(page):
    names = [e.text for e in page.all("#tiles dt")]
    figures = [e.text for e in page.all("#tiles dd:not(.under)")]
    return dict(zip(names, figures))


def test_the_board_is_behind_a_password(stack, hall):
    event = hall()
    anybody = stack.client("anybody")
    for path in ("/board/", f"/api/events/{event}/board"):
        assert anybody.get(path).status == 401


def test_the_board_shows_the_sale_as_it_goes(stack, office, hall):
    event = hall()
    page = office
    page.open(path=f"/board/?event={event}")
    page.wait(lambda: tiles(page).get("Available") == "48", "the figures")
    rival = Rival(stack)
    rival.pay(rival.take(event, 1, 2, 3))
    rival.take(event, 4)
    page.wait(
        lambda: (tiles(page)["Sold"], tiles(page)["In baskets"]) == ("3", "1"), "live"
    )
    page.wait(lambda: page.all("#chart svg .series.sold .line"), "the chart")
    page.run("document.querySelector('details').open = true")
    rows = lambda: [[c.text for c in tr.find_elements("css selector", "td")] for tr in page.all("#table tbody tr")]
    page.wait(lambda: sum(int(r[1]) for r in rows()) == 3, "the table has the same")
    assert page.one("#heat").get_property("width") > 50
    assert page.axe() == []
