"""What pages see: event_state, seats_now, event_board (0007_state.sql)."""

import json

import pytest

from sale_session import Session, make_tickets, never_sold
from sale_session import other, session  # noqa: F401 - fixtures
from servers import Postgres

TICKETS = 12


@pytest.fixture(scope="module")
def server():
    with Postgres(fsync=False) as running:
        make_tickets(running, TICKETS)
        yield running


@pytest.fixture
def db(server):
    never_sold(server)
    return server


def reserve(session, ticket, seconds=60, fence=1):
    session.sql(
        f"UPDATE tickets SET state = 'reserved', holder = 'ann', fence = {fence},"
        " lock_service = 's', reserved_until = clock_timestamp()"
        f" + {seconds} * interval '1 s' WHERE id = '{ticket}'"
    )


def free(session, ticket):
    session.sql("UPDATE tickets SET state = 'free', holder = NULL,"
                f" reserved_until = NULL, booked_at = NULL WHERE id = '{ticket}'")


def book(session, ticket):
    session.sql("UPDATE tickets SET state = 'booked', holder = 'ann', fence = 1,"
                " lock_service = 's', reserved_until = NULL,"
                f" booked_at = clock_timestamp() WHERE id = '{ticket}'")


def block(session, ticket):
    session.sql(f"UPDATE tickets SET state = 'blocked' WHERE id = '{ticket}'")


def look(session, since=None):
    row = session.one("event_state", "default", since)
    return row, json.loads(row["seats"]), int(row["version"])


def letters(seats):
    return {ordinal: letter for ordinal, letter, _ in seats}


def test_a_state_lists_what_is_not_available_and_counts_all(session):
    reserve(session, "1")
    reserve(session, "2", seconds=200)
    reserve(session, "3", seconds=900)
    reserve(session, "4", seconds=-1)
    book(session, "5")
    block(session, "6")
    row, seats, _ = look(session)
    expected = {1: "h", 2: "h", 3: "h", 5: "b", 6: "x"}
    assert {o: l for o, l in letters(seats).items() if l != "a"} == expected
    assert [int(row[name]) for name in ("available", "held", "booked", "blocked")] == [
        TICKETS - 5, 3, 1, 1]
    assert (row["within_60_s"], row["within_240_s"]) == ("1", "2")
    assert (row["sale"], row["opens_at"]) == ("open", "")
    assert [ordinal for ordinal, _, _ in seats] == sorted(letters(seats))


def test_an_event_that_is_not_there_has_no_state(session):
    assert session.call("event_state", "nothing", None) == []


def test_since_tells_every_change_and_also_what_came_back(session):
    reserve(session, "1")
    reserve(session, "2")
    reserve(session, "3", seconds=-1)
    _, _, version = look(session)
    _, seats, later = look(session, version)
    assert letters(seats) == {3: "a"}  # its time is past: nobody tells of that
    assert later >= version
    free(session, "1")
    reserve(session, "4")
    _, seats, _ = look(session, version)
    assert letters(seats) == {1: "a", 3: "a", 4: "h"}


def test_what_had_not_committed_is_told_later_by_a_version_that_is_not_less(
    session, other
):
    """The reason for versions that are transactions' ids.

    Ann's change begins first and commits last: a reader that went by the
    greatest version it had seen would miss it for ever.
    """
    session.begin()
    reserve(session, "1")
    reserve(other, "2")
    _, seats, version = look(other)
    assert letters(seats) == {2: "h"}
    session.commit()
    _, seats, later = look(other, version)
    assert letters(seats)[1] == "h"
    ((_, _, of_ann),) = [s for s in seats if s[0] == 1]
    assert of_ann >= version
    assert later > of_ann


def test_a_seat_missing_from_a_state_is_available_with_a_smaller_version(
    session, other, db
):
    reserve(session, "1")
    free(session, "1")
    session.begin()
    reserve(session, "2")  # holds the version back
    reserve(other, "3")
    free(other, "3")
    _, seats, version = look(other)
    assert letters(seats) == {3: "a"}  # changed since: could be newer than a frame
    assert int(db.value("SELECT version FROM tickets WHERE id = '1'")) < version
    session.commit()


def test_an_era_is_of_a_cluster_its_timeline_and_its_life(session, db):
    row, _, _ = look(session)
    cluster, timeline, life = row["era"].split("-")
    assert cluster == db.value("SELECT system_identifier FROM pg_control_system()")
    assert (timeline, life) == ("1", db.value("SELECT life FROM lives"))


@pytest.mark.parametrize("how", ["SELECT new_era()", "SELECT event_clear('gone')"])
def test_what_makes_versions_begin_anew_makes_another_era(session, db, how):
    """A page that knows greater versions would take no news by smaller ones."""
    before, _, _ = look(session)
    db.sql(how)
    after, _, _ = look(session)
    assert after["era"] != before["era"]
    assert look(session)[0]["era"] == after["era"]


def test_the_publisher_sees_each_seat_as_it_is(session):
    reserve(session, "1")
    book(session, "2")
    reserve(session, "3", seconds=-1)
    rows = session.call("seats_now", ["1", "2", "3", "4", "nothing"])
    assert {r["ticket_id"]: r["letter"] for r in rows} == {
        "1": "h", "2": "b", "3": "a", "4": "a"}
    assert {r["event_id"] for r in rows} == {"default"}


def test_only_events_with_tickets_are_listed(session, db):
    db.sql("INSERT INTO events (id, title, currency) VALUES ('empty', 'X', 'EUR')")
    (row,) = session.call("event_list")
    assert (row["id"], row["sale"], row["currency"]) == ("default", "open", "EUR")


def test_the_board_counts_what_happened_in_each_step(session, db):
    reserve(session, "1")
    reserve(session, "2")
    free(session, "2")
    book(session, "1")
    rows = session.call("event_board", "default", 0, 3600000)
    assert [sum(int(r[n]) for r in rows) for n in ("held", "sold", "returned")] == [2, 1, 1]
    assert all(int(r["at_ms"]) % 3600000 == 0 for r in rows)
    free(session, "1")
    rows = session.call("event_board", "default", 0, 3600000)
    assert sum(int(r["returned"]) for r in rows) == 2
    now_ms = int(db.value("SELECT microseconds(clock_timestamp()) / 1000")) + 1000
    assert session.call("event_board", "default", now_ms, 1000) == []
