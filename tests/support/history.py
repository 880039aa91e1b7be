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
class Call:
    client: str
    verb: str  # reserve, book, release
    tickets: list
    began: float
    ended: float = None
    answer: object = None  # None: no answer came, anything may have happened

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
                    yield f"no answer: {call}"
                continue
            if not isinstance(answer.json, dict):
                yield f"not JSON: {call}"
            elif answer.status == 400 and answer.code in REFUSALS:
                if answer.json.get("status") != "error":
                    yield f"a refusal without status: {call}"
                if not answer.json.get("message"):
                    yield f"a refusal without a message: {call}"
            elif answer.status in (502, 503, 504) and outage:
                if "retry_after" not in answer.json:
                    yield f"no retry_after: {call}"
            else:
                yield f"not a published answer: {call}"

    def _sold_twice(self, rows):
        owners = {}
        for call in self.won("book"):
            for ticket in call.tickets:
                owner = owners.setdefault(ticket, call.client)
                if owner != call.client:
                    yield f"{ticket} was sold to {owner} and {call.client}"
        for ticket, owner in owners.items():
            row = rows.get(ticket)
            if row is None or (row.state, row.holder) != ("booked", owner):
                yield f"{ticket} was sold to {owner}, the table says {row}"

    def _sold_unasked(self, rows):
        asked = {
            (call.client, ticket)
            for call in self.calls
            if call.verb == "book"
            for ticket in call.tickets
        }
        for ticket, row in rows.items():
            if row.state == "booked" and (row.holder, ticket) not in asked:
                yield f"{ticket} is booked by {row.holder}, who never asked"

    def _holds(self):
        """(client, ticket, from, to): times within which it surely held."""
        ends = {}
        for call in self.calls:
            if call.verb in ("release", "book"):
                for ticket in call.tickets:
                    ends.setdefault((call.client, ticket), []).append(call)
        for call in self.won("reserve"):
            for ticket in call.tickets:
                # expires_in is rounded down to whole seconds, and counts
                # from some time after the request began.
                until = call.began + call.answer.json["expires_in"]
                for end in ends.get((call.client, ticket), ()):
                    # A booked ticket stays taken for ever; a try that may
                    # have released it ends what is sure.
                    if end.began >= call.began and end.verb == "release":
                        until = min(until, end.began)
                    elif end.began >= call.began and end.won:
                        until = float("inf")
                yield call.client, ticket, call.ended, until

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
                        yield f"{ticket} was {client}'s when {call} got it"

    def _stuck(self, hold_seconds):
        """Refused as held, when every possible hold was over."""
        ends = {}
        for call in self.calls:
            if call.verb != "reserve":
                continue
            refused = call.answer is not None and call.answer.status == 400
            if not refused:
                for ticket in call.tickets:
                    until = call.ended + hold_seconds + SLACK_SECONDS
                    ends.setdefault(ticket, []).append((call.began, until))
        for call in self.calls:
            if call.verb != "reserve" or len(call.tickets) > 1:
                continue
            if call.answer is None or call.answer.code != "held":
                continue
            if not any(
                began <= call.ended and call.began <= until
                for began, until in ends.get(call.tickets[0], ())
            ):
                yield f"held by nobody: {call}"

    def _half_taken(self):
        """A basket's acknowledged calls name all of it."""
        for call in self.calls:
            if call.won and call.verb != "release":
                named = set(map(str, call.answer.json.get("ticket_ids", ())))
                if named != set(call.tickets):
                    yield f"half a basket: {call}"

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
        lies = self.lies(sale.rows(), sale.hold_seconds, outage)
        assert not lies, f"{len(lies)} lies:\n" + "\n".join(lies[:20])
