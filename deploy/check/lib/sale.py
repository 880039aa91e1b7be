#!/usr/bin/python3
"""Sells tickets until it is told to stop (SIGTERM), whatever is killed meanwhile.

Buyers take one ticket after the other: reserve it, book it, and ask again
until there is an answer that decides. What was confirmed is written to a file,
a line "ticket client" each; the last line printed is JSON: sold, asked again,
held anew (a hold does not wait for the disk, so a database that is killed loses
the last ones; a booking does), refused (what must not be: nobody else wants
these tickets).
"""

import argparse
import json
import pathlib
import signal
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).parents[3] / "tests/support"))
from web import Client, Lost  # noqa: E402

PATIENCE_SECONDS = 60
HOLDS_LOST_MAX = 3  # of one ticket


class Sale:
    def __init__(self, port, first, last, confirmed, keep=True):
        self.port = port
        self.keep = keep
        self.next = iter(range(first, last + 1))
        self.confirmed = confirmed
        self.lock = threading.Lock()
        self.stopping = threading.Event()
        self.sold = self.again = self.anew = 0
        self.refused = []

    def ticket(self):
        with self.lock:
            return None if self.stopping.is_set() else next(self.next, None)

    def ask_once(self, call, ticket):
        answer = call(str(ticket))
        if not self.keep:
            call.__self__.close()
        return answer

    def ask(self, call, ticket):
        """The answer that decides; None when there was none in time."""
        end = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < end:
            try:
                answer = self.ask_once(call, ticket)
                # 502 would be nginx without its error page: none is meant to be.
                if answer.status not in (429, 503):
                    return answer
            except Lost:
                pass
            with self.lock:
                self.again += 1
            self.stopping.wait(0.02)
        return None

    def answer(self, client, ticket):
        """Of the last call: a booking, or what was refused."""
        for _ in range(1 + HOLDS_LOST_MAX):
            answer = self.ask(client.reserve, ticket)
            if answer is None or answer.status != 200:
                return answer
            answer = self.ask(client.book, ticket)
            if answer is None or answer.code != "not_reserved":
                return answer
            with self.lock:
                self.anew += 1
        return answer

    def buy(self, client, ticket):
        answer = self.answer(client, ticket)
        with self.lock:
            if answer is None or answer.status != 200:
                self.refused.append(f"{ticket} {answer!r}")
                return
            self.sold += 1
            self.confirmed.write(f"{ticket} {client.name}\n")
            self.confirmed.flush()

    def buyer(self, name):
        with Client(self.port, name, timeout=10) as client:
            while (ticket := self.ticket()) is not None:
                self.buy(client, ticket)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, default=6005)
    parser.add_argument("--buyers", type=int, default=8)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--last", type=int, required=True)
    parser.add_argument("--keep", choices=["yes", "no"], default="yes",
                        help="a connection for several requests: one that nginx"
                             " closes at a reload makes who has kept it ask again")
    parser.add_argument("confirmed", type=pathlib.Path)
    options = parser.parse_args()
    with open(options.confirmed, "w") as confirmed:
        sale = Sale(options.port, options.first, options.last, confirmed,
                    options.keep == "yes")
        signal.signal(signal.SIGTERM, lambda *_: sale.stopping.set())
        buyers = [threading.Thread(target=sale.buyer, args=(f"buyer-{n}",))
                  for n in range(options.buyers)]
        for buyer in buyers:
            buyer.start()
        for buyer in buyers:
            buyer.join()
    print(json.dumps({"sold": sale.sold, "again": sale.again, "anew": sale.anew,
                      "refused": sale.refused[:3], "refusals": len(sale.refused)}))
    sys.exit(1 if sale.refused else 0)


if __name__ == "__main__":
    main()
