"""The waiting line on the page: joined, kept, and left through its front."""

from selenium.webdriver.common.keys import Keys

from buyer import Buyer
from rival import Rival


def line_text(page, part):
    return page.text(f"#line-{part}")


def reach(page, element):
    """By Tab, as somebody without a mouse does."""
    for _ in range(80):
        if page.focused() == element:
            return
        page.key(Keys.TAB)
    raise AssertionError(f"{element} cannot be reached by Tab")


def join(buyer, event):
    answer = buyer.call("POST", f"/api/events/{event}/line", {"count": 1})
    assert answer.status == 201, answer


def test_a_place_is_kept_and_who_gives_back_lets_me_in_by_itself(stack, page, hall):
    """U17 and U18, on a phone's screen and without a mouse."""
    event = hall(rows=1, seats=2, hold_seconds=60)
    rival = Rival(stack)
    hold = rival.take(event, 1, 2)
    page.emulate(width=360, touch=True)
    page.open(event)
    assert not page.one("#line").is_displayed(), "seats are free"
    rest = rival.take(event, 3, 4)
    with Buyer(stack.port, "ann") as ann:
        join(ann, event)
        page.wait(lambda: line_text(page, "join") == "Join the line (you would be 2nd)", "an offer")
        assert "other people's baskets" in page.text("#empty")
        page.run("document.getElementById('line-title').focus()")
        reach(page, "line-join")
        page.key(Keys.ENTER)
        page.wait(lambda: line_text(page, "position") == "2nd", "a place")
        assert line_text(page, "ahead") == "1 person is ahead of you."
        assert "cannot be said" in line_text(page, "eta")
        assert line_text(page, "wish") == "For 2 seats"
        left = "Stalls\n0 free, 2 in baskets\nBalcony\n0 free, 2 in baskets"
        assert line_text(page, "sections") == left
        assert page.text("#announce") == "You are in line: 2nd."
        boxes = [page.one(f"#line-{kind}") for kind in ("sound", "notify")]
        assert [box.is_selected() for box in boxes] == [False, False]
        assert page.axe() == []
        assert page.problems() == [], "its worker may beat, too"
        assert page.run("return document.documentElement.scrollWidth") <= 360
        page.open(event)
        page.wait(lambda: line_text(page, "position") == "2nd", "the same after a reload")
        ann.call("POST", f"/api/events/{event}/line/leave")
    page.wait(lambda: line_text(page, "position") == "1st", "it moves up")
    assert page.text("#announce") == "You are 1st in line."
    rival.let_go(hold)
    page.wait(lambda: page.held() == [1, 2], "in by itself")
    assert "It was your turn" in page.notice()
    page.wait(lambda: not page.one("#line-in").is_displayed(), "and out of the line")
    page.press("book")
    page.ordered()
    rival.pay(rest)
    page.open(event)
    page.wait(lambda: page.text("#empty") == "Everything is sold.", "sold out stays sold out")
    assert not page.one("#line").is_displayed()


def test_who_meets_a_line_is_told_and_may_leave_it_again(stack, page, hall):
    event = hall(rows=1, seats=2, hold_seconds=60)
    page.open(event)
    with Buyer(stack.port, "ann") as ann:
        join(ann, event)
        page.offer(1).click()
        page.wait(lambda: "1 person waits in line" in page.notice(), "why not")
        assert page.held() == []
        page.click("#notice-actions button")
        page.wait(lambda: page.focused() == "line-title", "the panel")
        page.click("#line-join")
        page.wait(lambda: line_text(page, "position") == "2nd", "behind her")
        page.wait(lambda: len(page.held()) == 1, "there is enough for both")


def test_before_the_sale_opens_places_are_drawn_and_the_page_goes_in(stack, page, hall):
    event = hall(rows=1, seats=2, sale_opens_at="clock_timestamp() + interval '1 hour'")
    page.open(event, view=None)
    page.click("#line-join")
    page.wait(lambda: "drawn when the sale opens" in line_text(page, "position"), "in line")
    assert line_text(page, "ahead") == "1 person is here."
    page.click("#line-leave")
    page.wait(lambda: page.one("#line-join").is_displayed(), "out again")
    page.click("#line-join")
    page.wait(lambda: page.one("#line-leave").is_displayed(), "in again")
    stack.sql(
        "UPDATE events SET sale_opens_at = clock_timestamp() + interval '2 s'"
        f" WHERE id = '{event}'"
    )
    page.open(event, view=None)  # which asks when it is, and has its place still
    page.wait(lambda: len(page.held()) == 2, "in by itself")
