"""A server fails in the middle of a race: the part that all such tests share.

    failing = Failing(stack)
    with failing.race(TICKETS):
        failing.at(60)                # so many are sold, and the race goes on
        lock.one().kill()
        failing.began()
        failing.goes_on(10)           # by itself, within so many seconds
    failing.check()                   # no lie, and the books hold
"""

import contextlib
import os
import subprocess
import time

from history import History
from race import Habits, Race, buy_everything, wait_for_sales
from servers import build_path
from web import wait_until

ROUNDS = int(os.environ.get("HOLDFAST_ROUNDS", "1"))
BUYERS = 16


def verify(database_url):
    """The history, its hashes and all tables hold against each other."""
    done = subprocess.run(
        [build_path("db", "holdfast-admin"), "verify"],
        env={**os.environ, "DATABASE_URL": database_url},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr


class Failing:
    def __init__(self, stack, habits=None):
        self.stack = stack
        self.history = History()
        self.habits = habits or Habits()
        self._race = None
        self._failed = self._sold = None

    @contextlib.contextmanager
    def race(self, tickets):
        job = buy_everything(tickets, self.habits)
        with Race(self.stack, self.history, job, BUYERS) as self._race:
            yield

    def sold(self):
        return len(self.history.won("book"))

    def at(self, number):
        wait_for_sales(self.history, number, 60)
        assert self._race.running(), "not in mid-race"

    def began(self):
        """Now it failed."""
        self._failed, self._sold = time.monotonic(), self.sold()
        assert self._race.running(), "not in mid-race"

    def goes_on(self, seconds):
        """Tickets are sold again; seconds from the failure to the first."""
        wait_until(self._first_since, seconds, "tickets are sold again")
        wait_until(self.stack.healthy, seconds, "the whole path answers")
        wait_for_sales(self.history, self._sold + 30, seconds)
        return self._first_since() - self._failed

    def _first_since(self):
        return min(
            (c.ended for c in self.history.won("book") if c.began > self._failed),
            default=None,
        )

    def check(self):
        self.history.check(self.stack, outage=True)
        verify(self.stack.database_url)

    def check_but_holds(self):
        """The same where the lost server took the last holds with it.

        Their tickets may have been reserved again before their time; gives how
        many were. They were sold to one buyer only.
        """
        rows = self.stack.rows()
        lies = self.history.lies(rows, self.stack.hold_seconds, outage=True)
        lost = [lie for lie in lies if lie.what.startswith("was ")]
        rest = [lie for lie in lies if lie not in lost]
        assert not rest, f"{rest[0]}\n{self.history.story(rest[0].ticket, rows)}"
        verify(self.stack.database_url)
        return len({lie.ticket for lie in lost})
