"""The best seats for a party: what is given, and what is refused.

Many at once: test_herd.py.
"""

import pytest

from buyer import kind, of_event, seat
from stack import Stack


@pytest.fixture(scope="module")
def stack(database):
    with Stack(database, workers=2, hold_seconds=60) as stack:
        yield stack


def numbers(hold):
    assert hold.status == 201, hold
    return [(s["row"], s["number"]) for s in hold.json["seats"]]


def are_neighbours(places):
    (row,) = {row for row, _ in places}
    got = sorted(number for _, number in places)
    return got == list(range(got[0], got[0] + len(got)))


def test_a_party_sits_together_in_the_best_row(event, ann):
    places = numbers(ann.best(event, 3))
    assert are_neighbours(places) and {row for row, _ in places} == {"1"}
    again = numbers(ann.best(event, 3))
    assert are_neighbours(again) and not set(again) & set(places)


@of_event(seats_per_client=40)
def test_only_what_fits_is_given_and_nothing_else_is_held(stack, event, ann, bob):
    for row in (1, 2, 3, 4):  # every third seat is taken: pairs are left
        taken = [seat(event, row, n) for n in (3, 6, 9)]
        assert ann.hold(event, taken).status == 201
    assert kind(bob.best(event, 3, together="required")) == (409, "nothing-fits")
    assert bob.holds() == []
    split = numbers(bob.best(event, 3))
    assert len(split) == 3
    assert kind(bob.best(event, 1, max_price=4499)) == (409, "nothing-fits")
    assert kind(bob.best(event, 1, section="nowhere")) == (409, "nothing-fits")
    assert bob.best(event, 1, max_price=4500, section="S").status == 201
    stack.sql(f"UPDATE tickets SET accessible = true WHERE id = '{seat(event, 4, 10)}'")
    assert ("4", 10) in numbers(bob.best(event, 1, accessible=True))


def test_a_wish_that_cannot_be_is_told(event, ann):
    for count in (0, 11, -1):
        assert kind(ann.best(event, count)) == (422, "unacceptable")
    for wish in ({"max_price": "x"}, {"together": "maybe"}, {"together": 1},
                 {"accessible": 1}, {"section": 7}, {"max_price": 1.5}):
        assert kind(ann.best(event, 1, **wish)) == (400, "bad-request"), wish
    assert kind(ann.best(event, 1, max_price=-1)) == (422, "unacceptable")
    assert kind(ann.best("nowhere", 1)) == (404, "unknown-event")


@of_event(closed="true")
def test_a_closed_sale_says_so_before_it_looks(event, ann):
    assert kind(ann.best(event, 1)) == (409, "sale-closed")


@of_event(seats_per_client=2)
def test_the_limit_of_a_buyer_holds_for_the_best_too(event, ann):
    assert ann.best(event, 2).status == 201
    over = ann.best(event, 1)
    assert kind(over) == (422, "seat-limit")
    assert over.json["seats_used"] == 2


def test_without_places_in_a_hall_the_first_are_the_best(stack, event, ann):
    stack.sql("UPDATE tickets SET pos = NULL, quality = NULL, x = NULL, y = NULL"
              f" WHERE event_id = '{event}'")
    hold = ann.best(event, 2)
    assert [s["ordinal"] for s in hold.json["seats"]] == [1, 2]
