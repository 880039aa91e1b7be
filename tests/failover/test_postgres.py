"""PostgreSQL's primary dies in the middle of a sale, and its standby takes
over: what was confirmed as sold is sold, nothing is sold twice, and workers
go on by themselves.
"""

import threading
import time

import pytest

from buyer import Buyer, kind, make_event, seat
from failing import ROUNDS, Failing, verify
from replicated import PostgresPair
from stack import Stack
from web import Lost, wait_until

HOLD = 60
TICKETS = [str(i) for i in range(1, 301)]
BACK_SECONDS = 20


@pytest.fixture
def pair():
    with PostgresPair() as pair:
        yield pair


@pytest.fixture
def stack(pair):
    with Stack(pair, tickets=len(TICKETS), workers=3, hold_seconds=HOLD) as stack:
        yield stack


@pytest.mark.parametrize("number", range(ROUNDS))
def test_a_primary_killed_in_mid_race_costs_no_sold_ticket(pair, stack, tell, number):
    failing = Failing(stack)
    with failing.race(TICKETS):
        failing.at(60)
        pair.primary.kill()
        failing.began()
        began = time.monotonic()
        pair.promote()
        promoted = time.monotonic() - began
        took = failing.goes_on(BACK_SECONDS)
    failing.check()
    tell(f"PostgreSQL: {took:.2f} s without a sale, {promoted:.2f} s of them the promotion")


def keep_buying(buyer, event, number, orders, stop):
    """One seat, with one key, until there is an order; answers are kept."""
    place = seat(event, 1 + number // 10, 1 + number % 10)
    hold = None
    while not stop.is_set():
        try:
            if hold is None:
                answer = buyer.hold(event, [place])
                hold = answer.json["id"] if answer.status in (200, 201) else None
                continue
            answer = buyer.buy(hold, key=f"key-{number}")
        except Lost:
            continue
        if answer.status == 200:
            orders.append(answer.json["number"])
            if len(orders) == 2:  # again with the same key
                return
        elif answer.status != 503:
            # What waits for no standby may be lost: the hold, not the sale.
            assert not orders and kind(answer)[0] in (404, 409, 410), answer
            hold = None


@pytest.mark.parametrize("number", range(ROUNDS))
def test_a_book_whose_answer_was_lost_gives_the_same_order_afterwards(
    pair, stack, number
):
    make_event(stack, "gala", rows=20)
    orders = [[] for _ in range(200)]
    stop = threading.Event()
    errors = []

    def buy(first):
        try:
            # An identity for each: it may have ten seats.
            for i in range(first, len(orders), 10):
                with Buyer(stack.port) as buyer:
                    keep_buying(buyer, "gala", i, orders[i], stop)
        except Exception as error:
            errors.append(error)

    def done():
        assert not errors, errors[0]
        return all(len(o) == 2 for o in orders)

    threads = [threading.Thread(target=buy, args=(i,)) for i in range(10)]
    try:
        for thread in threads:
            thread.start()
        wait_until(lambda: sum(map(len, orders)) > 100, 60, "it is in full swing")
        pair.primary.kill()
        assert sum(map(len, orders)) < 300, "not in mid-race"
        pair.promote()
        wait_until(done, 60, "all is sold")
    finally:
        stop.set()
        for thread in threads:
            thread.join(60)
    assert all(first == again for first, again in orders)
    made = stack.sql("SELECT number FROM orders WHERE event_id = 'gala'")
    assert sorted(n for (n,) in made) == sorted(first for first, _ in orders)
    verify(pair.url)


# -- what was committed on one server only -----------------------------------


def waiting(pair):
    """Sessions whose commit waits for the standby."""
    return pair.primary.sql(
        "SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
    )


def test_a_sale_that_only_the_lost_server_had_was_never_confirmed(pair, stack):
    """Neither at once, nor to who asks again, nor after its restart."""
    ann, bob = stack.client("ann"), stack.client("bob")
    assert ann.reserve("1").status == 200
    pair.standby.kill()  # and from here on it has nothing new
    book = ann.book("1")
    assert book.status == 503 and book.json["code"] == "database_unavailable", book
    # A restart shows what waits for nobody any more.
    pair.primary.kill()
    pair.primary.start()
    wait_until(lambda: stack.rows()["1"].state == "booked", 30, "it shows")
    wait_until(lambda: ann.available(), 30, "the workers are back")
    assert ann.book("1").status == 503, "confirmed, and not on the standby"
    # It dies for good, and the standby never heard of the sale.
    pair.primary.kill()
    pair.standby.start()
    pair.promote()
    wait_until(stack.healthy, BACK_SECONDS, "the path answers")
    assert stack.rows()["1"].state != "booked"
    assert ann.release("1").status == 200
    assert bob.reserve("1").status == 200
    assert bob.book("1").status == 200
    assert ann.book("1").status == 400
    verify(pair.url)


def test_a_standby_that_is_back_confirms_what_waited(pair, stack):
    ann = stack.client("ann")
    assert ann.reserve("1").status == 200
    pair.standby.kill()
    assert ann.book("1").status == 503
    assert len(waiting(pair)) >= 1
    pair.standby.start()
    wait_until(lambda: ann.book("1").status == 200, BACK_SECONDS, "it is sold")
    pair.primary.kill()
    pair.promote()
    wait_until(stack.healthy, BACK_SECONDS, "the path answers")
    assert ann.book("1").status == 200
    assert stack.rows()["1"].holder == "ann"


def test_pages_begin_anew_on_a_server_that_took_over(pair, stack):
    """Versions of changes that were lost with the old one are given again."""
    stack.client("ann").reserve("1")
    before = stack.client("page").get("/api/events/default/state").json["era"]
    pair.primary.kill()
    pair.promote()
    wait_until(stack.healthy, BACK_SECONDS, "the path answers")
    page = stack.client("page")
    wait_until(
        lambda: page.get("/api/events/default/state").json["era"] != before,
        10,
        "another era",
    )
