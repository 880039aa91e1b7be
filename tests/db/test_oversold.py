"""Tickets that were sold twice: what a look through the history finds."""

import pytest

from sale_session import Session, make_tickets, never_sold
from servers import Postgres
from test_history import FREE, LIVES, booked, change, reserved

TICKETS = len(LIVES)


@pytest.fixture(scope="module")
def server():
    with Postgres(fsync=False) as running:
        make_tickets(running, TICKETS)
        yield running


@pytest.fixture
def db(server):
    never_sold(server)
    server.sql("TRUNCATE oversold; SELECT oversold_look(0, 1000)")
    return server


def look(db, every_ms=0, at_most=1000):
    """Tickets sold twice, and whether the whole history was looked through."""
    [[tickets, whole_ms]] = db.sql(
        f"SELECT * FROM oversold_look({every_ms}, {at_most})")
    return int(tickets), int(whole_ms)


def found(db):
    return [tuple(row) for row in db.sql(
        "SELECT ticket_id, seq FROM oversold ORDER BY ticket_id, seq")]


def is_overwritten(told):
    return any(one[0] == "cancel" and other[0] == "book"
               for one, other in zip(told, told[1:]))


def test_of_all_lives_only_a_booking_that_replaces_another_is_found(db):
    db.sql("".join(
        f"BEGIN; UPDATE tickets SET {one} WHERE id = '{ticket}'; COMMIT;"
        for ticket, (sets, _) in enumerate(LIVES, 1) for one in sets))
    overwritten = [str(ticket) for ticket, (_, told) in enumerate(LIVES, 1)
                   if is_overwritten(told)]
    assert look(db)[0] == len(overwritten) > 0
    assert sorted(ticket for ticket, _ in found(db)) == sorted(overwritten)


def test_a_second_booking_without_any_cancellation_is_found_and_named(db):
    change(db, reserved(), booked())
    assert look(db)[0] == 0
    db.sql("INSERT INTO history SELECT ticket_id, seq + 1, event_id, at, op, 'bob',"
           " fence, lock_service, until, order_number, actor, hash, hash"
           " FROM history WHERE ticket_id = '1' AND op = 'book';"
           "UPDATE tickets SET version = version + 1, history_seq = 3 WHERE id = '1'")
    db.sql("UPDATE tickets SET version = pg_current_xact_id()::text::bigint"
           " WHERE id = '1'")
    assert look(db)[0] == 1
    assert found(db) == [("1", "3")]


def test_what_was_cancelled_may_be_sold_again(db):
    change(db, booked(), FREE, reserved("bob", 2), booked("bob", 2))
    assert look(db)[0] == 0


def test_what_was_looked_at_is_not_looked_at_again(db):
    change(db, booked(), booked("bob"))
    assert look(db)[0] == 1
    db.sql("TRUNCATE oversold")
    assert look(db)[0] == 0
    change(db, FREE)
    assert look(db)[0] == 1


def test_a_change_that_commits_late_is_found_all_the_same(db):
    change(db, booked())
    with Session(db) as late:
        late.sql(f"BEGIN; UPDATE tickets SET {booked('bob')} WHERE id = '1'")
        change(db, booked(), ticket="2")
        assert look(db)[0] == look(db)[0] == 0
        late.sql("COMMIT")
    assert look(db)[0] == 1
    assert found(db) == [("1", "3")]


def test_a_round_is_done_piece_by_piece_and_told_when_it_is_whole(db):
    db.sql(f"UPDATE tickets SET {booked()}")  # all under one version
    db.sql(f"UPDATE tickets SET {booked('bob')}")
    _, before = look(db, every_ms=3_600_000)
    piece, pieces = 5, TICKETS // 5
    assert pieces * piece == TICKETS
    for n in range(1, pieces + 1):
        assert look(db, at_most=piece) == (n * piece, before)
    tickets, whole = look(db, at_most=piece)
    assert tickets == TICKETS and whole > before


def test_looks_are_not_made_more_often_than_asked_for(db):
    change(db, booked(), booked("bob"))
    assert look(db, every_ms=3_600_000)[0] == 0
    assert look(db)[0] == 1


def test_who_looks_is_waited_for_by_nobody(db):
    change(db, booked(), booked("bob"))
    with Session(db) as other:
        other.sql("BEGIN; SELECT * FROM oversold_watch FOR UPDATE")
        assert look(db)[0] == 0
        other.sql("ROLLBACK")
    assert look(db)[0] == 1


def test_what_is_settled_counts_no_more_until_it_happens_again(db):
    change(db, booked(), booked("bob"))
    assert look(db)[0] == 1
    db.sql("UPDATE oversold SET settled_at = now()")
    assert look(db)[0] == 0
    change(db, booked("eve"))
    assert look(db)[0] == 1


def test_a_database_of_another_era_is_looked_through_anew(db):
    change(db, booked(), booked("bob"))
    look(db)
    db.sql("TRUNCATE oversold; UPDATE oversold_watch SET since = 1 << 40; SELECT new_era()")
    assert look(db)[0] == 1


def test_tickets_that_are_made_anew_were_never_sold(db):
    change(db, booked(), booked("bob"))
    assert look(db)[0] == 1
    never_sold(db)
    assert look(db)[0] == 0
    change(db, booked())
    assert look(db)[0] == 0
