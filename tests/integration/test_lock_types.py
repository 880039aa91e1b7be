"""One sale under two kinds of hold at once.

Workers of one group hold tickets with lockd, those of the other with a
ZooKeeper; they share the table, and it alone keeps them apart.
"""

import contextlib
import itertools

import pytest

from history import History
from race import Habits, Race, buy_baskets, buy_everything, wait_for_sales
from servers import NODE_SERVICES
from stack import Stack

HOLD = 3


class TwoGroups:
    """Two houses on one table; buyers go to the one and the other in turn."""

    hold_seconds = HOLD

    def __init__(self, one, other):
        self.one = one
        self._doors = itertools.cycle([one, other])

    def client(self, name):
        return next(self._doors).client(name)

    def rows(self):
        return self.one.rows()


@contextlib.contextmanager
def two_groups(database, lock, tickets):
    options = {"tickets": tickets, "workers": 2, "hold_seconds": HOLD}
    with Stack(database, lock=lock, **options) as one:
        with Stack(database, lock="lockd", **options) as two:
            yield TwoGroups(one, two)


@pytest.fixture(scope="module", params=NODE_SERVICES, ids=str)
def nodes(request):
    with NODE_SERVICES[request.param]() as running:
        yield running


def test_two_kinds_of_hold_on_one_table_sell_no_ticket_twice(database, nodes):
    history, habits = History(), Habits(walk_away=0.05)
    tickets = [str(i) for i in range(1, 121)]
    with two_groups(database, nodes, len(tickets)) as groups:
        with Race(groups, history, buy_everything(tickets, habits), 32) as race:
            wait_for_sales(history, 60, 60)
            habits.walk_away = 0
            race.finish(HOLD + 60)
        assert groups.one.states() == {"booked": len(tickets)}
        history.check(groups)
        services = groups.one.sql("SELECT count(DISTINCT lock_service) FROM tickets")
        assert services == [["2"]], "one of the two sold nothing"


def test_baskets_of_two_kinds_are_taken_whole(database, nodes):
    history = History()
    tickets = [str(i) for i in range(1, 21)]
    with two_groups(database, nodes, len(tickets)) as groups:
        with Race(groups, history, buy_baskets(tickets, 3, 20), 32) as race:
            race.finish(120)
        booked = groups.one.states()["booked"]
        assert booked % 3 == 0 and booked >= 3
        assert len(history.won("book")) * 3 == booked
        history.check(groups)
