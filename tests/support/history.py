"""What clients were told, and whether all of it can be true at once.

A History is filled by many threads while a sale runs. check() then looks for
the lies an on-sale must never tell:

- two clients acknowledged for one ticket, or one that the table gives to
  somebody else or to nobody;
- a ticket in the table booked by a client that never asked to book it;
- a reserve acknowledged while another client's hold of that ticket, known to
  have been acknowledged before, could not have ended yet;
- a refusal because of a hold, when no hold could have lasted until then;
- a basket acknowledged by half;
- an answer that is none of the published ones.

Each kind of lie is planted in test_history.py, and must be found.
"""

import threading
import time
from dataclasses import dataclass

SLACK_SECONDS = 1  # a hold may begin this much after its client gave up

# Refusals that a well-formed call may get while others buy.
REFUSALS = {"held", "booked", "not_reserved", "hold_expired"}


@dataclass
class Lie:
    ticket: str
    what: str

    def __str__(self):
        return f"{self.ticket}: {self.what}"


@dataclass
class Call:
    client: str
    verb: str  # reserve, book, release
    tickets: list
    began: float
    ended: float = None
    answer: object = None  # None: no answer came, anything may have happened

    def __str__(self):
        said = self.answer
        if said is not None:
            said = f"{said.status} {said.code or ''} {said.raw[:400]!r}"
        return (
            f"{self.began:.3f}-{self.ended:.3f} {self.client}"
            f" {self.verb} {self.tickets}: {said}"
        )

    @property
    def won(self):
        return self.answer is not None and self.answer.status == 200


class History:
    def __init__(self):
        self.calls = []
        self._lock = threading.Lock()

    def add(self, call):
        with self._lock:
            self.calls.append(call)

    def run(self, client, verb, tickets):
        """Does client.verb(tickets) and writes down how it went.

        Gives the answer, or None when none came.
        """
        from web import Lost

        listed = list(tickets) if isinstance(tickets, (list, tuple)) else [tickets]
        call = Call(client.name, verb, listed, time.monotonic())
        try:
            call.answer = getattr(client, verb)(tickets)
        except Lost:
            pass
        call.ended = time.monotonic()
        self.add(call)
        return call.answer

    def won(self, verb):
        return [c for c in self.calls if c.verb == verb and c.won]

    # -- the lies ----------------------------------------------------------

    def _unclean(self, outage):
        for call in self.calls:
            answer = call.answer
            if answer is None or answer.status == 200:
                if answer is None and not outage:
                    yield Lie(call.tickets[0], f"no answer: {call}")
                continue
            if not isinstance(answer.json, dict):
                yield Lie(call.tickets[0], f"not JSON: {call}")
            elif answer.status == 400 and answer.code in REFUSALS:
                if answer.json.get("status") != "error":
                    yield Lie(call.tickets[0], f"a refusal without status: {call}")
                if not answer.json.get("message"):
                    yield Lie(call.tickets[0], f"a refusal without a message: {call}")
            elif answer.status in (502, 503, 504) and outage:
                if "retry_after" not in answer.json:
                    yield Lie(call.tickets[0], f"no retry_after: {call}")
            else:
                yield Lie(call.tickets[0], f"not a published answer: {call}")

    def _sold_twice(self, rows):
        owners = {}
        for call in self.won("book"):
            for ticket in call.tickets:
                owner = owners.setdefault(ticket, call.client)
                if owner != call.client:
                    yield Lie(ticket, f"sold to {owner} and {call.client}")
        for ticket, owner in owners.items():
            row = rows.get(ticket)
            if row is None or (row.state, row.holder) != ("booked", owner):
                yield Lie(ticket, f"sold to {owner}, but the table says {row}")

    def _sold_unasked(self, rows):
        asked = {
            (call.client, ticket)
            for call in self.calls
            if call.verb == "book"
            for ticket in call.tickets
        }
        for ticket, row in rows.items():
            if row.state == "booked" and (row.holder, ticket) not in asked:
                yield Lie(ticket, f"booked by {row.holder}, who never asked")

    def _holds(self):
        """(client, ticket, from, to): times within which it surely held."""
        releases = {}
        for call in self.calls:
            if call.verb == "release":
                for ticket in call.tickets:
                    key = call.client, ticket
                    releases.setdefault(key, []).append(call.began)
        for call in self.won("reserve"):
            for ticket in call.tickets:
                # expires_in is rounded down to whole seconds, and counts
                # from some time after the request began.
                until = call.began + call.answer.json["expires_in"]
                for began in releases.get((call.client, ticket), ()):
                    if began >= call.began:
                        until = min(until, began)
                yield call.client, ticket, call.ended, until
        for call in self.won("book"):
            for ticket in call.tickets:
                yield call.client, ticket, call.ended, float("inf")

    def _held_twice(self):
        holds = {}
        for client, ticket, since, until in self._holds():
            holds.setdefault(ticket, []).append((client, since, until))
        for call in self.won("reserve"):
            for ticket in call.tickets:
                for client, since, until in holds.get(ticket, ()):
                    if (
                        client != call.client
                        and call.began > since
                        and call.ended < until
                    ):
                        yield Lie(ticket, f"was {client}'s at the time of {call}")

    def _stuck(self, hold_seconds):
        """Refused as held, when every possible hold was over.

        A reserve that is refused in the end may hold for as long as it runs.
        """
        tries = {}
        for call in self.calls:
            if call.verb == "reserve":
                refused = call.answer is not None and call.answer.status == 400
                lasts = SLACK_SECONDS + (0 if refused else hold_seconds)
                for ticket in call.tickets:
                    tries.setdefault(ticket, []).append((call, call.ended + lasts))
        for call in self.calls:
            if call.verb != "reserve" or len(call.tickets) > 1:
                continue
            if call.answer is None or call.answer.code != "held":
                continue
            ticket = call.tickets[0]
            if not any(
                other is not call
                and other.began <= call.ended
                and call.began <= until
                for other, until in tries[ticket]
            ):
                yield Lie(ticket, f"held by nobody: {call}")

    def _half_taken(self):
        """A basket's acknowledged calls name all of it."""
        for call in self.calls:
            if call.won and call.verb != "release":
                named = set(map(str, call.answer.json.get("ticket_ids", ())))
                if named != set(call.tickets):
                    yield Lie(call.tickets[0], f"half a basket: {call}")

    def lies(self, rows, hold_seconds, outage=False):
        """rows: {ticket: row with state and holder}.

        hold_seconds: how long a hold lasts here.
        outage: parts were killed meanwhile, so calls may have got no answer
        or a 502 to 504 with retry_after.
        """
        return [
            *self._unclean(outage),
            *self._sold_twice(rows),
            *self._sold_unasked(rows),
            *self._held_twice(),
            *self._stuck(hold_seconds),
            *self._half_taken(),
        ]

    def check(self, sale, outage=False):
        """Asserts that there is no lie, given what the sale's table says."""
        rows = sale.rows()
        lies = self.lies(rows, sale.hold_seconds, outage)
        if lies:
            raise AssertionError(
                f"{len(lies)} lies:\n" + "\n".join(map(str, lies[:20]))
                + "\n" + self.story(lies[0].ticket, rows)
            )

    def story(self, ticket, rows):
        """All that was said of one ticket, in the order of the answers."""
        told = [f"{ticket} in the table: {rows.get(ticket)}"]
        for call in sorted(self.calls, key=lambda call: call.ended):
            if ticket in call.tickets:
                told.append(str(call))
        return "\n".join(told[-60:])
