"""Many buyers at once, each a thread with its own connection."""

import random
import threading
from dataclasses import dataclass

from web import wait_until


class Race:
    """buyers threads run job(buyer) from one starting shot until it returns.

    with Race(stack, history, job, 64) as race:
        ...
        race.finish(60)

    A job that raises fails the race when it is finished, with that error.
    Leaving the block stops whoever still runs.
    """

    def __init__(self, sale, history, job, buyers):
        self._errors = []
        self._shot = threading.Barrier(buyers + 1)
        self.over = threading.Event()
        self._threads = [
            threading.Thread(
                target=self._run,
                args=(job, Buyer(sale, history, i, self.over)),
                daemon=True,
            )
            for i in range(buyers)
        ]

    def _run(self, job, buyer):
        try:
            self._shot.wait(60)
            job(buyer)
        except Exception as error:  # shown by join()
            self._errors.append(error)
        finally:
            buyer.client.close()

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        self._shot.wait(60)
        return self

    def __exit__(self, *_):
        self.over.set()
        for thread in self._threads:
            thread.join(60)

    def running(self):
        return any(thread.is_alive() for thread in self._threads)

    def finish(self, seconds):
        """Waits for every buyer to be done."""
        wait_until(lambda: not self.running(), seconds, "the race is over")
        if self._errors:
            raise self._errors[0]


class Buyer:
    """One buyer: what it wants and what it knows. Its choices are seeded."""

    def __init__(self, sale, history, number, over):
        self.client = sale.client(f"buyer-{number}")
        self.random = random.Random(number)
        self.over = over
        self.gone = set()  # tickets it was told are booked, or booked itself
        self._history = history

    def _do(self, verb, tickets):
        return self._history.run(self.client, verb, tickets)

    def reserve(self, tickets):
        answer = self._do("reserve", tickets)
        if answer is not None and answer.code == "booked":
            if isinstance(tickets, str):
                self.gone.add(tickets)
        return answer is not None and answer.status == 200

    def book(self, tickets):
        answer = self._do("book", tickets)
        if answer is not None and answer.status == 200:
            self.gone.update([tickets] if isinstance(tickets, str) else tickets)

    def release(self, tickets):
        self._do("release", tickets)


@dataclass
class Habits:
    """What a buyer does once it has reserved: book, or, in these shares:"""

    walk_away: float = 0.0  # say no more, and let the hold run out
    give_back: float = 0.2  # release


def buy_everything(tickets, habits=None):
    """A job: tries for every ticket again and again until all are booked.

    habits may be changed while the race runs.
    """
    habits = habits or Habits()

    def finish(buyer, ticket):
        dice = buyer.random.random()
        if dice < habits.walk_away:
            return
        if dice < habits.walk_away + habits.give_back:
            buyer.release(ticket)
        else:
            buyer.book(ticket)

    def job(buyer):
        while not buyer.over.is_set():
            wanted = [t for t in tickets if t not in buyer.gone]
            if not wanted:
                return
            buyer.random.shuffle(wanted)
            for ticket in wanted:
                if buyer.over.is_set():
                    return
                if buyer.reserve(ticket):
                    finish(buyer, ticket)

    return job


def buy_baskets(tickets, size, tries):
    """A job: tries for runs of size neighbours, in any order, tries times."""

    def job(buyer):
        for _ in range(tries):
            if buyer.over.is_set():
                return
            first = buyer.random.randrange(len(tickets))
            basket = [tickets[(first + i) % len(tickets)] for i in range(size)]
            buyer.random.shuffle(basket)
            if not buyer.reserve(basket):
                continue
            if buyer.random.random() < 0.5:
                buyer.release(basket)
            else:
                buyer.book(basket)

    return job


def wait_for_sales(history, number, seconds):
    """Until so many books were acknowledged."""
    wait_until(
        lambda: len(history.won("book")) >= number,
        seconds,
        f"{number} tickets are sold",
    )
