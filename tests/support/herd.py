"""The buying herd: many buyers ask for the best seats at once until all is sold.

    counts = Herd(stack, "hall", buyers=160).run()

Each buyer is a fresh identity for each party that it buys for, of one to six
people; after a refusal it asks for one less, until a single seat is refused.
The hall and all that was sold are read from the table afterwards: no answer of
a worker is taken for true.
"""

import json
import random
import threading
import time
from collections import Counter

from web import Client, Lost

AGAIN_MAX = 100  # answers that say so to one party


def make_hall(stack, event, sections, rows, seats):
    """A hall by SQL; quality grows with the distance from the stage's middle."""
    stack.sql(
        "INSERT INTO events (id, title, currency, seats_per_client)"
        f" VALUES ('{event}', 'The herd', 'EUR', 10);"
        "INSERT INTO tickets (id, sale_order, event_id, section, seat_row,"
        " seat_number, price_minor, currency, pos, quality)"
        f" SELECT '{event}:' || s || '-' || r || '-' || n,"
        f" (s * {rows} + r) * {seats} + n, '{event}', chr(65 + s),"
        f" lpad(r::text, 3, '0'), n, 4500, 'EUR', n,"
        f" s * 20 + r * 10 + abs(2 * n - {seats + 1})"
        f" FROM generate_series(0, {sections - 1}) AS s,"
        f" generate_series(0, {rows - 1}) AS r,"
        f" generate_series(1, {seats}) AS n"
    )


class Herd:
    """See the module."""

    def __init__(self, stack, event, buyers, seed=1):
        self.stack = stack
        self.event = event
        self.buyers = buyers
        self.seed = seed
        self.total = int(
            stack.sql(f"SELECT count(*) FROM tickets WHERE event_id = '{event}'")[0][0]
        )
        self.lock = threading.Lock()
        self.counts = Counter()
        self.holds = []  # the seats of each
        self.refusals = []  # (count, seats sold by then)
        self.sold = 0
        self.unexpected = []
        self.slowest_ms = 0

    def run(self):
        threads = [
            threading.Thread(target=self._buy, args=(n,)) for n in range(self.buyers)
        ]
        began = time.monotonic()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.seconds = time.monotonic() - began
        return self

    def _buy(self, number):
        luck = random.Random(self.seed * 1000 + number)
        with Client(self.stack.port, f"herd-{number}", timeout=60) as client:
            while not self.unexpected:
                if not self._buy_for_party(client, luck.randint(1, 6)):
                    return

    def _buy_for_party(self, client, count):
        """False: not even a single seat is left."""
        token = self._post(client, "/api/identity", None).json["token"]
        while count > 0:
            answer = self._best(client, token, count)
            if answer.status == 201:
                self._note_hold(answer)
                return True
            if answer.status != 409:
                with self.lock:
                    self.unexpected.append(answer)
                return False
            with self.lock:
                self.counts[f"refused {count}"] += 1
                self.refusals.append((count, self.sold))
            count -= 1
        return False

    def _best(self, client, token, count):
        for _ in range(AGAIN_MAX):
            began = time.monotonic()
            answer = self._post(
                client,
                f"/api/events/{self.event}/holds",
                {"best": {"count": count}},
                {"Authorization": f"Bearer {token}"},
            )
            took_ms = (time.monotonic() - began) * 1000
            with self.lock:
                self.counts["requests"] += 1
                self.slowest_ms = max(self.slowest_ms, took_ms)
                if answer.status != 503:
                    return answer
                self.counts["asked to try again"] += 1
        return answer

    def _post(self, client, path, body, headers=None):
        text = None if body is None else json.dumps(body)
        try:
            return client.request("POST", path, text, headers or {})
        except Lost as error:
            with self.lock:
                self.unexpected.append(error)
            raise

    def _note_hold(self, answer):
        seats = answer.json["seats"]
        with self.lock:
            self.counts["holds"] += 1
            self.sold += len(seats)
            self.holds.append([seat["id"] for seat in seats])

    # -- what came of it ----------------------------------------------------

    @property
    def sold_before_refusal(self):
        """The share sold before the first refusal of a single seat."""
        first = min((sold for count, sold in self.refusals if count == 1))
        return first / self.total

    def split(self):
        """Parties that do not sit on neighbouring seats."""
        return [seats for seats in self.holds if not _adjacent(seats)]

    def double(self):
        """Seats that were given to more than one."""
        given = Counter(seat for seats in self.holds for seat in seats)
        return [seat for seat, times in given.items() if times > 1]

    def report(self):
        sizes = Counter(len(seats) for seats in self.holds)
        return {
            "seats": self.total,
            "sold": self.sold,
            "seconds": round(self.seconds, 1),
            **dict(sorted(self.counts.items())),
            "parties by size": dict(sorted(sizes.items())),
            "split": len(self.split()),
            "twice": len(self.double()),
            "sold before a single was refused": f"{self.sold_before_refusal:.2%}",
            "slowest ms": round(self.slowest_ms),
        }


def _place(seat):
    """("event:section", row, number)"""
    section, row, number = seat.rsplit("-", 2)
    return section, row, int(number)


def _adjacent(seats):
    places = sorted(map(_place, seats))
    return all(
        a[:2] == b[:2] and a[2] + 1 == b[2] for a, b in zip(places, places[1:])
    )


def split_without_need(stack, event):
    """How many parties were split though they could have sat together.

    Replays the holds in their order. Nothing comes back in a herd, so whoever
    saw all sections, one after the other, saw at least what is free here.
    """
    taken = stack.sql(
        "SELECT array_to_string(ticket_ids, ' ') FROM holds"
        f" WHERE event_id = '{event}' ORDER BY created_at"
    )
    free = {}
    for [seat] in stack.sql(f"SELECT id FROM tickets WHERE event_id = '{event}'"):
        section, row, number = _place(seat)
        free.setdefault((section, row), set()).add(number)
    wrong = 0
    for [ids] in taken:
        seats = ids.split()
        if not _adjacent(seats):
            wrong += any(_has_run(row, len(seats)) for row in free.values())
        for seat in seats:
            section, row, number = _place(seat)
            free[section, row].remove(number)
    return wrong


def _has_run(numbers, count):
    return any(
        all(first + i in numbers for i in range(count)) for first in numbers
    )
