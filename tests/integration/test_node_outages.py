"""A sale over ephemeral nodes while servers and workers die.

Nothing is sold twice, holds outlive what holds them, and the service is back
by itself.
"""

import pytest

from history import History
from race import Habits, Race, buy_everything, wait_for_sales
from servers import NODE_SERVICES, Ensemble
from stack import Stack
from web import wait_until

TICKETS = [str(i) for i in range(1, 301)]
SESSION_SECONDS = 5
HOLD = 60


def test_a_leader_killed_in_mid_race_costs_no_ticket_and_no_hold(database):
    history = History()
    options = {"tickets": len(TICKETS), "workers": 3, "hold_seconds": HOLD}
    with Ensemble(session_ms=SESSION_SECONDS * 1000) as ensemble, Stack(database, lock=ensemble, **options) as stack:
        held, rest = TICKETS[:5], TICKETS[5:]
        keeper = stack.client("keeper")
        for ticket in held:
            assert keeper.reserve(ticket).status == 200
        with Race(stack, history, buy_everything(rest), 16) as race:
            wait_for_sales(history, 60, 60)
            ensemble.leader().kill()
            assert race.running(), "not in mid-race"
            sold = len(history.won("book"))
            wait_until(stack.healthy, SESSION_SECONDS, "the path answers")
            wait_for_sales(history, sold + 30, SESSION_SECONDS)
            # A reserve whose answer was lost lasts for a hold: not all is sold
            # before that.
            wait_for_sales(history, 250, 60)
        history.check(stack, outage=True)
        for ticket in held:
            assert keeper.book(ticket).status == 200, "its hold outlived the leader"


@pytest.fixture(scope="module", params=NODE_SERVICES, ids=str)
def nodes(request):
    kind = NODE_SERVICES[request.param]
    with kind(session_ms=SESSION_SECONDS * 1000) as running:
        yield running


def test_a_worker_killed_in_mid_race_comes_back_to_its_holds(database, nodes):
    history = History()
    options = {"tickets": len(TICKETS), "workers": 2, "hold_seconds": HOLD}
    with Stack(database, lock=nodes, **options) as stack:
        keeper = stack.client("keeper")
        held = TICKETS[:8]  # by either worker
        for ticket in held:
            assert keeper.reserve(ticket).status == 200
        habits = Habits(give_back=0.2)
        with Race(stack, history, buy_everything(TICKETS[8:], habits), 16) as race:
            for i in range(2):
                wait_for_sales(history, 40 * (i + 1), 60)
                stack.workers[i].kill()
                stack.workers[i].start()
            assert race.running(), "not in mid-race"
            # A reserve whose answer died with its worker lasts for a hold, so
            # not all is sold before; what was asked for is kept either way.
            wait_for_sales(history, 250, 60)
        history.check(stack, outage=True)
        for ticket in held:
            assert keeper.book(ticket).status == 200, "its hold outlived its worker"


def test_a_worker_that_is_gone_for_good_blocks_nothing(database, nodes):
    """Its session ends, and with it the holds; whoever had one is told so."""
    with Stack(database, lock=nodes, workers=2, hold_seconds=HOLD) as stack:
        alone = stack.workers[1]
        stack.workers[0].stop()
        ann = stack.client("ann")
        assert ann.reserve("1").status == 200
        alone.kill()
        stack.workers[0].start()
        bob = stack.client("bob")
        assert bob.reserve("1").code == "held"
        wait_until(lambda: bob.reserve("1").status == 200, SESSION_SECONDS + 10,
                   "its holds end with its session")
        assert ann.book("1").code in ("hold_expired", "not_reserved")
        assert bob.book("1").status == 200
