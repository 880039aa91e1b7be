"""A buyer of the new API: an identity, its holds and its orders.

    ann = Buyer(stack.port)
    hold = ann.hold("arena", ["arena:A-1-1"])
    order = ann.book(hold.json["id"])

Every answer is held against docs/openapi.yaml on its way (openapi.py).
"""

import json
import subprocess
import uuid

import pytest

import openapi
from web import Client


class Buyer(Client):
    """Keeps a token as a program does, or a cookie as a browser does."""

    def __init__(self, port, name="buyer", identity=True, timeout=30):
        super().__init__(port, name, timeout)
        self.headers = {}
        if identity:
            token = self.call("POST", "/api/identity").json["token"]
            self.headers["Authorization"] = f"Bearer {token}"

    def call(self, method, path, body=None, **headers):
        """headers: Idempotency_Key="…" becomes Idempotency-Key."""
        sent = {**self.headers, **{k.replace("_", "-"): v for k, v in headers.items()}}
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body, ensure_ascii=False).encode()
        answer = self.request(method, path, body, sent)
        openapi.SPEC.check(method, path, answer)
        return answer

    def hold(self, event, seats):
        return self.call("POST", f"/api/events/{event}/holds", {"seats": seats})

    def best(self, event, count, **wish):
        wish = {"best": {"count": count, **wish}}
        return self.call("POST", f"/api/events/{event}/holds", wish)

    def wish(self, event, body, key):
        """A hold by a key that makes it once."""
        return self.call("POST", f"/api/events/{event}/holds", body,
                         Idempotency_Key=key)

    def holds(self):
        return self.call("GET", "/api/holds").json["holds"]

    def show(self, hold):
        return self.call("GET", f"/api/holds/{hold}")

    def extend(self, hold):
        return self.call("POST", f"/api/holds/{hold}/extend")

    def give_back(self, hold):
        return self.call("POST", f"/api/holds/{hold}/release")

    def buy(self, hold, key=None, body=None):
        key = key or str(uuid.uuid4())
        return self.call("POST", f"/api/holds/{hold}/book", body, Idempotency_Key=key)

    def order(self, number):
        return self.call("GET", f"/api/orders/{number}")


def make_event(stack, event, rows=4, seats=10, price=4500, sale=True, **columns):
    """A small hall of one section, by SQL; seat ids are "<event>:S-<row>-<n>"."""
    names = "".join(f", {name}" for name in columns)
    values = "".join(f", {value}" for value in columns.values())
    stack.sql(
        f"INSERT INTO events (id, title, venue, currency{names})"
        f" VALUES ('{event}', 'The {event}', 'Old Hall', 'EUR'{values});"
        "INSERT INTO tickets (id, sale_order, event_id, section, seat_row,"
        " seat_number, price_minor, currency, x, y, pos, quality)"
        f" SELECT '{event}:S-' || r || '-' || n, (r - 1) * {seats} + n,"
        f" '{event}', 'S', r::text, n, {price}, 'EUR', n, r, n, r"
        f" FROM generate_series(1, {rows}) AS r, generate_series(1, {seats}) AS n"
    )


def of_event(**columns):
    """For a test whose fixture "event" has these columns."""
    return pytest.mark.parametrize("event", [columns], indirect=True, ids=[""])


def kind(answer):
    """A problem's status, and the last part of its type."""
    return answer.status, answer.json["type"].removeprefix("/problems/")


def seat(event, row, number):
    return f"{event}:S-{row}-{number}"


class Gate:
    """A transaction that stays open with what its statement has locked."""

    def __init__(self, database, statement):
        self.psql = subprocess.Popen(
            ["psql", "-XqAt", "-d", database.url], text=True, bufsize=1,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )
        self.psql.stdin.write(f"BEGIN; {statement}; SELECT 'locked';\n")
        while "locked" not in self.psql.stdout.readline():
            pass

    def close(self):
        self.psql.stdin.close()
        self.psql.wait(30)
