"""The history checker finds every kind of lie, and calls no truth a lie."""

from dataclasses import dataclass
from types import SimpleNamespace

import pytest

from history import Call, History
from web import Answer


@dataclass
class Row:
    state: str
    holder: str = None


HOLD = 100


def ok(tickets, seconds=HOLD):
    said = {"status": "success", "ticket_ids": tickets, "expires_in": seconds}
    return SimpleNamespace(status=200, json=said, code=None, raw=b"")


def refused(code, status=400, **more):
    said = {"status": "error", "code": code, "message": "why", **more}
    return SimpleNamespace(status=status, json=said, code=code, raw=b"")


def lies(calls, rows, outage=False):
    history = History()
    for call in calls:
        history.add(Call(*call))
    return history.lies(rows, HOLD, outage)


def reserve(client, began, ended, answer=None, tickets=("1",)):
    answer = answer or ok(list(tickets))
    return client, "reserve", list(tickets), began, ended, answer


def book(client, began, ended, answer=None, tickets=("1",)):
    answer = answer or ok(list(tickets))
    return client, "book", list(tickets), began, ended, answer


def release(client, began, ended):
    return client, "release", ["1"], began, ended, ok(["1"])


SOLD_TO_A = {"1": Row("booked", "a")}
FREE = {"1": Row("free")}

TRUE = {
    "held until the last moment": (
        [reserve("b", 0, 1), reserve("a", 101, 102, refused("held"))], FREE),
    "a plain sale": (
        [reserve("a", 0, 1), book("a", 2, 3)], SOLD_TO_A),
    "a refused second client": (
        [reserve("a", 0, 1), reserve("b", 2, 3, refused("held")),
         book("a", 4, 5)], SOLD_TO_A),
    "a hold that ran out": (
        [reserve("b", 0, 1, ok(["1"], 5)), reserve("a", 5.1, 6),
         book("b", 7, 8, refused("hold_expired")), book("a", 9, 10)],
        SOLD_TO_A),
    "a hold that was released": (
        [reserve("b", 0, 1), release("b", 2, 3), reserve("a", 2.5, 4),
         book("a", 5, 6)], SOLD_TO_A),
    "two at once, either may have been first": (
        [reserve("b", 0, 3), reserve("a", 1, 2), release("b", 1, 4),
         book("a", 5, 6)], SOLD_TO_A),
    "held by one that was then refused": (
        [reserve("a", 0, 3, refused("booked")),
         reserve("b", 1, 2, refused("held"))], {"1": Row("free")}),
    "an own hold that ran out, and another one": (
        [reserve("a", 0, 1, ok(["1"], 5)), reserve("b", 6, 7), release("b", 8, 9),
         reserve("a", 10, 11), book("a", 12, 13)], SOLD_TO_A),
    "a book said twice": (
        [reserve("a", 0, 1), book("a", 2, 3), book("a", 4, 5)], SOLD_TO_A),
}

FALSE = {
    "sold twice": (
        [book("a", 0, 1), book("b", 2, 3)], SOLD_TO_A),
    "sold, but free in the table": (
        [book("a", 0, 1)], FREE),
    "sold, but reserved in the table": (
        [book("a", 0, 1)], {"1": Row("reserved", "a")}),
    "sold, but another's in the table": (
        [book("a", 0, 1), book("b", 0, 1, refused("booked"))],
        {"1": Row("booked", "b")}),
    "sold, but not in the table": (
        [book("a", 0, 1)], {}),
    "booked by one who never asked": (
        [reserve("a", 0, 1)], SOLD_TO_A),
    "held twice": (
        [reserve("b", 0, 1), reserve("a", 2, 3)], FREE),
    "held by another after it was booked": (
        [reserve("a", 0, 1, ok(["1"], 5)), book("a", 2, 3),
         reserve("b", 90, 91)], SOLD_TO_A),
    "held by nobody yet": (
        [reserve("a", 0, 1, refused("held")), reserve("b", 2, 3)], FREE),
    "held for longer than one hold": (
        [reserve("b", 0, 1), reserve("a", 103, 104, refused("held"))], FREE),
    "half a basket": (
        [reserve("a", 0, 1, ok(["1"]), ("1", "2"))], FREE),
    "an unpublished code": (
        [reserve("a", 0, 1, refused("oops"))], FREE),
    "a server error": (
        [reserve("a", 0, 1, refused("lock_unavailable", 503))], FREE),
    "an answer that is no JSON": (
        [reserve("a", 0, 1, Answer(400, {}, b"<html>"))], FREE),
    "no message": (
        [reserve("a", 0, 1, SimpleNamespace(
            status=400, code="held", raw=b"",
            json={"status": "error", "code": "held"}))], FREE),
    "no answer at all": (
        [("a", "reserve", ["1"], 0, 1, None)], FREE),
}


@pytest.mark.parametrize("name", TRUE)
def test_no_truth_is_called_a_lie(name):
    assert lies(*TRUE[name]) == []


@pytest.mark.parametrize("name", FALSE)
def test_every_lie_is_found(name):
    assert len(lies(*FALSE[name])) >= 1


def test_an_outage_excuses_a_lost_answer_and_503_only():
    lost = ("a", "book", ["1"], 0, 1, None)
    away = refused("lock_unavailable", 503, retry_after=1)
    assert lies([lost, reserve("a", 0, 1, away)], SOLD_TO_A, True) == []
    silent = refused("lock_unavailable", 503)
    assert lies([reserve("a", 0, 1, silent)], FREE, True) != []
    assert lies([reserve("a", 0, 1, refused("oops", 500))], FREE, True) != []
    assert lies([book("b", 0, 1), lost], SOLD_TO_A, True) != []
