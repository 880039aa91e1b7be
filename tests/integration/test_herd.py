"""Many buyers ask for the best seats at once. bench/herd is this, larger."""

import subprocess

import pytest

from buyer import Buyer
from herd import Herd, split_without_need, make_hall
from stack import Stack


@pytest.fixture(scope="module")
def stack(database):
    with Stack(database, tickets=10, workers=2) as running:
        yield running


def hall(stack, name, **size):
    """A hall of its own for each lock; its event."""
    event = f"{name}-{stack.lock.name}"
    make_hall(stack, event, **size)
    return event


def herd_buys_all(stack):
    event = hall(stack, "herd", sections=3, rows=6, seats=14)
    herd = Herd(stack, event, buyers=24).run()
    print(herd.report())
    assert herd.unexpected == []
    assert herd.double() == []
    assert herd.sold == herd.total == 252
    held = stack.sql(
        "SELECT count(*) FROM tickets"
        f" WHERE event_id = '{event}' AND state = 'reserved'"
    )
    assert held == [["252"]]
    assert herd.sold_before_refusal >= 0.97
    assert split_without_need(stack, event) == 0


def test_a_herd_buys_a_hall_full_and_no_seat_twice(stack):
    herd_buys_all(stack)


def test_so_it_does_where_holds_are_ephemeral_nodes(database):
    with Stack(database, tickets=10, workers=2, lock="ephemerald") as stack:
        herd_buys_all(stack)


def best(stack, event, count, **wish):
    answer = Buyer(stack.port).best(event, count, **wish)
    assert answer.status == 201, answer
    return [seat["id"].removeprefix(f"{event}:") for seat in answer.json["seats"]]


def test_sections_come_by_their_best_seats_and_fill_up(stack):
    event = hall(stack, "two", sections=2, rows=1, seats=4)
    assert best(stack, event, 2) == ["0-0-1", "0-0-2"]
    # Three sit together in the second, not in two pieces in the first.
    assert best(stack, event, 3, together="required") == ["1-0-1", "1-0-2", "1-0-3"]
    assert best(stack, event, 1) == ["1-0-4"]
    refused = Buyer(stack.port).best(event, 3)
    assert refused.status == 409
    assert refused.json["type"] == "/problems/nothing-fits"
    assert best(stack, event, 2) == ["0-0-3", "0-0-4"]
    assert Buyer(stack.port).best(event, 1).status == 409


def test_a_party_is_split_only_if_it_may_be(stack):
    event = hall(stack, "split", sections=1, rows=2, seats=3)
    stack.sql(
        "UPDATE tickets SET state = 'blocked'"
        f" WHERE id IN ('{event}:0-0-2', '{event}:0-1-3')"
    )
    assert Buyer(stack.port).best(event, 3, together="required").status == 409
    assert best(stack, event, 3) == ["0-0-1", "0-1-1", "0-1-2"]


def test_a_wish_for_section_price_or_access_is_kept(stack):
    event = hall(stack, "wish", sections=2, rows=2, seats=6)
    stack.sql(
        "UPDATE tickets SET price_minor = 9900"
        f" WHERE event_id = '{event}' AND section = 'A' AND seat_row = '000';"
        f"UPDATE tickets SET accessible = true WHERE id = '{event}:1-1-6'"
    )
    assert best(stack, event, 2, max_price=5000) == ["0-1-3", "0-1-4"]
    assert best(stack, event, 2, section="B") == ["1-0-3", "1-0-4"]
    assert best(stack, event, 2, accessible=True) == ["1-1-5", "1-1-6"]
    assert best(stack, event, 2) == ["0-0-3", "0-0-4"]
    for wish in ({"section": "C"}, {"max_price": 4499}, {"accessible": True}):
        assert Buyer(stack.port).best(event, 1, **wish).status == 409


def test_a_seat_whose_lock_another_has_is_passed_over(stack):
    """As when a plain call has taken the lock, and its row is yet to come."""
    event = hall(stack, "lost", sections=1, rows=1, seats=6)
    taken = Buyer(stack.port).hold(event, [f"{event}:0-0-3"])
    assert taken.status == 201
    stack.sql(
        "UPDATE tickets SET state = 'free', holder = NULL, reserved_until = NULL"
        f" WHERE id = '{event}:0-0-3'"
    )
    assert best(stack, event, 2) == ["0-0-1", "0-0-2"]
    assert best(stack, event, 3) == ["0-0-4", "0-0-5", "0-0-6"]


def test_who_has_enough_is_told_so_and_nothing_stays_taken(stack):
    event = hall(stack, "limit", sections=1, rows=1, seats=8)
    stack.sql(f"UPDATE events SET seats_per_client = 3 WHERE id = '{event}'")
    ann = Buyer(stack.port)
    assert ann.best(event, 2).status == 201
    refused = ann.best(event, 2)
    assert refused.json["type"] == "/problems/seat-limit"
    # Neither a row nor a lock is left: others get all the rest.
    assert len(best(stack, event, 3)) + len(best(stack, event, 3)) == 6


def test_a_sale_that_is_closed_or_not_there_gives_no_seats(stack):
    event = hall(stack, "shut", sections=1, rows=1, seats=8)
    stack.sql(f"UPDATE events SET closed = true WHERE id = '{event}'")
    assert Buyer(stack.port).best(event, 2).json["type"] == "/problems/sale-closed"
    assert Buyer(stack.port).best("nowhere", 2).status == 404


def test_a_section_that_is_busy_for_long_asks_to_come_again(stack):
    event = hall(stack, "busy", sections=1, rows=1, seats=8)
    with subprocess.Popen(
        ["psql", "-Xq", "-d", stack.database_url],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        other.stdin.write(
            f"BEGIN; SELECT 'got ' || best_lock('{event}', 'A', 1000);\n"
        )
        other.stdin.flush()
        while "got" not in other.stdout.readline():
            pass
        refused = Buyer(stack.port).best(event, 2)
        assert refused.status == 503
        assert int(refused.headers["Retry-After"]) >= 1
        other.stdin.close()
    assert len(best(stack, event, 2)) == 2
