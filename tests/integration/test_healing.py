"""kill -9 of each part in the middle of a sale, under ./run.

Nothing is sold twice, nothing is stuck for longer than one hold, and the
service is back by itself.
"""

import pytest

from history import History
from race import Habits, Race, buy_everything, wait_for_sales
from stack import Run
from web import wait_until

HOLD = 3
TICKETS = [str(i) for i in range(1, 301)]
BACK_SECONDS = 30
MARGIN_SECONDS = 15  # to sell the rest, on a busy machine


@pytest.fixture(scope="module")
def run():
    with Run(tickets=len(TICKETS), workers=4, hold_seconds=HOLD) as run:
        yield run


@pytest.mark.parametrize("part", ["worker-1", "lockd", "postgresql", "nginx"])
def test_killing_a_part_in_mid_race_costs_no_ticket(run, part):
    run.seed()
    wait_until(run.healthy, BACK_SECONDS, "the last test's part is back")
    history = History()
    habits = Habits(walk_away=0.05)
    with Race(run, history, buy_everything(TICKETS, habits), 16) as race:
        wait_for_sales(history, 60, 60)
        old = run.kill(part)
        sold = len(history.won("book"))
        assert race.running() and sold < len(TICKETS), "not in mid-race"
        wait_until(lambda: run.pid(part) not in (None, old), BACK_SECONDS,
                   f"{part} is started again")
        wait_until(run.healthy, BACK_SECONDS, "the path answers")
        # From now on nobody walks away: what is held comes back within one
        # hold (the history says whether any stayed longer), and is sold.
        habits.walk_away = 0
        race.finish(HOLD + MARGIN_SECONDS)
    assert run.states() == {"booked": len(TICKETS)}
    history.check(run, outage=True)
