"""A database of before events, with a sale in it, is brought up to date."""

import os
import pathlib
import subprocess

import pytest

from servers import Postgres, build_path

MIGRATIONS = pathlib.Path(os.environ["HOLDFAST_SRC"], "db/migrations")


@pytest.fixture(scope="module")
def db():
    """As 0002 left it, with all that a sale leaves; then holdfast-init ran."""
    with Postgres(fsync=False) as server:
        old = ["0001_tickets.sql", "0002_heap_only_updates.sql"]
        server.sql(
            "CREATE TABLE schema_migrations (name text COLLATE \"C\" PRIMARY KEY,"
            " sha256 text NOT NULL, ran_at timestamptz NOT NULL DEFAULT now())"
        )
        for name in old:
            text = (MIGRATIONS / name).read_text()
            server.sql(text)
            server.sql(
                "INSERT INTO schema_migrations VALUES ("
                f"'{name}', encode(sha256(convert_to($m${text}$m$, 'UTF8')), 'hex'))"
            )
        server.sql(
            "INSERT INTO tickets (id, sale_order, section, seat_row, seat_number,"
            " price_minor, currency) SELECT n::text, n, 'A', '1', n, 5000, 'EUR'"
            " FROM generate_series(1, 400) AS n;"
            "UPDATE tickets SET state = 'reserved', holder = 'ann', fence = 7,"
            " lock_service = 's', reserved_until = '2026-01-01 12:00+00'"
            " WHERE id IN ('1', '2');"
            "UPDATE tickets SET state = 'booked', holder = 'bob', fence = 8,"
            " lock_service = 's', booked_at = '2026-01-01 11:00+00' WHERE id = '3';"
            "UPDATE tickets SET fence = 9, lock_service = 's' WHERE id = '4'"
        )
        server.before = server.sql(seen())
        done = subprocess.run(
            [build_path("db", "holdfast-init"), "--if-empty"],
            env={"DATABASE_URL": server.url},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        yield server


def seen():
    return (
        "SELECT id, sale_order, section, seat_row, seat_number, price_minor, currency,"
        " state, holder, fence, lock_service, reserved_until, booked_at"
        " FROM tickets ORDER BY sale_order"
    )


def test_every_ticket_is_what_it_was(db):
    assert len(db.before) == 400
    assert db.sql(seen()) == db.before
    assert db.sql("SELECT DISTINCT event_id FROM tickets") == [["default"]]


def test_what_was_booked_has_an_order_and_a_booking(db):
    orders = db.sql("SELECT holder, total_minor, currency, created_at FROM orders")
    assert orders == [["bob", "5000", "EUR", "2026-01-01 11:00:00+00"]]
    same = ("SELECT count(*) FROM orders AS o JOIN bookings AS b ON b.order_number"
            " = o.number JOIN tickets AS t ON t.order_number = o.number"
            " AND t.id = b.ticket_id WHERE t.id = '3'")
    assert db.value(same) == "1"


def test_the_history_begins_with_what_is_so(db):
    rows = db.sql("SELECT ticket_id, seq, op, holder, actor FROM history ORDER BY 1")
    assert rows == [
        ["1", "1", "reserve", "ann", "migration"],
        ["2", "1", "reserve", "ann", "migration"],
        ["3", "1", "book", "bob", "migration"],
    ]
    chained = ("SELECT count(*) FROM tickets AS t JOIN history AS h ON h.ticket_id"
               " = t.id AND h.seq = t.history_seq AND h.hash = t.history_hash")
    assert db.value(chained) == "3"


def test_existing_rows_have_the_room_of_new_ones(db):
    """14 of the old rows began in a page; no more than 12 do now."""
    in_page = "SELECT max(n) FROM (SELECT count(*) AS n FROM tickets GROUP BY (ctid::text::point)[0]) AS p"
    assert 6 <= int(db.value(in_page)) <= 12


def test_the_sale_goes_on(db):
    db.sql("UPDATE tickets SET state = 'booked', reserved_until = NULL,"
           " booked_at = clock_timestamp() WHERE id = '1'")
    rows = db.sql("SELECT seq, op FROM history WHERE ticket_id = '1' ORDER BY seq")
    assert rows == [["1", "reserve"], ["2", "book"]]
