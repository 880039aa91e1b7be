"""An ensemble's leader dies in the middle of a sale, and then a follower, too:
two of three go on, one alone does not, and nothing is sold twice.
"""

import pytest

from failing import ROUNDS, Failing, verify
from paused import PausedBook
from servers import Ensemble
from stack import Stack
from web import wait_until

SESSION_SECONDS = 5
HOLD = 60
TICKETS = [str(i) for i in range(1, 301)]
BACK_SECONDS = 30
OPTIONS = {"tickets": len(TICKETS), "workers": 3, "hold_seconds": HOLD}


@pytest.fixture
def ensemble():
    with Ensemble(session_ms=SESSION_SECONDS * 1000) as ensemble:
        yield ensemble


@pytest.mark.parametrize("number", range(ROUNDS))
def test_a_leader_killed_in_mid_race_costs_no_ticket_and_no_hold(
    database, ensemble, tell, number
):
    with Stack(database, lock=ensemble, **OPTIONS) as stack:
        held, rest = TICKETS[:5], TICKETS[5:]
        keeper = stack.client("keeper")
        for ticket in held:
            assert keeper.reserve(ticket).status == 200
        failing = Failing(stack)
        with failing.race(rest):
            failing.at(60)
            ensemble.leader().kill()
            failing.began()
            took = failing.goes_on(BACK_SECONDS)
        failing.check()
        for ticket in held:
            assert keeper.book(ticket).status == 200, "its hold outlived the leader"
        verify(database.url)
    tell(f"ZooKeeper: {took:.2f} s without a sale, no hold lost")


def test_one_of_three_alone_sells_nothing_and_the_second_brings_it_back(
    database, ensemble, tell
):
    with Stack(database, lock=ensemble, **OPTIONS) as stack:
        failing = Failing(stack)
        with failing.race(TICKETS):
            failing.at(40)
            first = ensemble.leader()
            first.kill()
            failing.began()
            failing.goes_on(BACK_SECONDS)
            ensemble.leader().kill()
            wait_until(lambda: not stack.healthy(), BACK_SECONDS, "it says so")
            failing.began()
            sold = stack.states()["booked"]
            assert stack.client("late").reserve("300").status in (400, 503)
            assert stack.states()["booked"] <= sold + 16, "what was on its way"
            first.start()
            took = failing.goes_on(BACK_SECONDS)
        failing.check()
    tell(f"ZooKeeper: {took:.2f} s until a second of three was started and sold again")


def test_a_book_that_began_before_its_session_ended_loses_by_its_token(
    database, ensemble
):
    """Its worker stands still, its session ends, another one buys."""
    options = {**OPTIONS, "workers": 1}
    with Stack(database, lock=ensemble, **options) as stack:
        ann, bob = stack.client("ann"), stack.client("bob")
        paused = PausedBook(stack)
        import fastcgi

        taken = fastcgi.post(
            paused.worker.socket,
            "/reserve_ticket",
            {"ticket_id": "1", "client_id": "ann"},
        )
        assert taken.status == 200
        with paused as book:
            wait_until(lambda: bob.reserve("1").status == 200, BACK_SECONDS,
                       "ann's session is over")
            assert book.go_on().status in (400, 503)
            assert bob.book("1").status == 200
        assert ann.book("1").status == 400
        row = stack.rows()["1"]
        assert (row.state, row.holder) == ("booked", "bob")
        verify(database.url)
