"""A worker that is stopped between its lock check and its statement.

The book that waits there (paused.py) until another client has the ticket must
lose, by its token.
"""

import pytest

from paused import PausedBook
from stack import Stack
from web import wait_until

HOLD = 2


@pytest.fixture
def stack(database):
    with Stack(database, workers=1, hold_seconds=HOLD) as stack:
        yield stack


def take_over(stack, name):
    client = stack.client(name)
    wait_until(lambda: client.reserve("1").status == 200, HOLD + 5,
               "the hold has run out")
    return client


def test_a_book_at_the_gate_that_kept_its_hold_wins(stack):
    assert stack.client("ann").reserve("1").status == 200
    with PausedBook(stack) as book:
        assert book.go_on().status == 200
    row = stack.rows()["1"]
    assert (row.state, row.holder) == ("booked", "ann")


def test_a_paused_book_loses_to_the_one_who_reserved_since(stack):
    assert stack.client("ann").reserve("1").status == 200
    with PausedBook(stack) as book:
        bob = take_over(stack, "bob")
        late = book.go_on()
        assert late.status == 400
        assert late.json["code"] in ("hold_expired", "not_reserved", "held")
        assert bob.book("1").status == 200
    row = stack.rows()["1"]
    assert (row.state, row.holder) == ("booked", "bob")


def test_a_paused_book_loses_to_the_one_who_booked_since(stack):
    assert stack.client("ann").reserve("1").status == 200
    with PausedBook(stack) as book:
        assert take_over(stack, "bob").book("1").status == 200
        late = book.go_on()
        assert late.status == 400
        assert late.json["code"] in ("booked", "hold_expired")
    row = stack.rows()["1"]
    assert (row.state, row.holder) == ("booked", "bob")


def test_the_token_decides_even_for_the_same_client(stack):
    """ann's own newer hold must not let her older book through."""
    ann = stack.client("ann")
    assert ann.reserve("1").status == 200
    with PausedBook(stack) as book:
        assert take_over(stack, "bob").release("1").status == 200
        assert ann.reserve("1").status == 200
        assert book.go_on().status == 400
        assert stack.rows()["1"].state == "reserved"
        assert ann.book("1").status == 200


def test_a_lock_service_that_forgot_does_not_let_the_paused_book_through(
    stack,
):
    assert stack.client("ann").reserve("1").status == 200
    with PausedBook(stack) as book:
        stack.lock.kill()
        stack.lock.start()
        bob = stack.client("bob")
        wait_until(lambda: bob.reserve("1").status == 200, HOLD + 15,
                   "the hold has run out")
        assert book.go_on().status == 400
        assert bob.book("1").status == 200
