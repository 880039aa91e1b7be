"""A worker that is stopped between its lock check and its statement.

ticketing-barrier.fcgi is the worker with a gate there, which the shipped
binary has not: it makes FILE.reached when it has come to the gate, and goes
on when FILE exists.
"""

import threading

import fastcgi
from web import wait_until


class PausedBook:
    """ann's book of ticket 1, stopped at the gate of a worker of its own."""

    def __init__(self, stack):
        self.worker = stack.worker("ticketing-barrier.fcgi")
        self.gate = self.worker.home / "gate"
        self.worker.environment["HF_BARRIER_FILE"] = str(self.gate)
        self.worker.start()
        self._thread = threading.Thread(target=self._book, daemon=True)
        self.answer = None

    def _book(self):
        self.answer = fastcgi.post(
            self.worker.socket, "/book_ticket", {"ticket_id": "1", "client_id": "ann"}
        )

    def __enter__(self):
        self._thread.start()
        reached = self.gate.with_name("gate.reached")
        wait_until(reached.exists, 10, "the book is at the gate")
        self.worker.pause()
        return self

    def __exit__(self, *_):
        self.worker.close()

    def go_on(self):
        """Lets the book go on, and gives what it was answered."""
        self.gate.touch()
        self.worker.resume()
        self._thread.join(30)
        assert self.answer is not None, "the book was not answered"
        return self.answer
