"""The table refuses every state that makes no sense."""

import re
import subprocess

import pytest

from servers import Postgres, build_path

# What a sale changes; an index on one of them would end heap-only updates.
SALE_COLUMNS = {
    "state",
    "holder",
    "fence",
    "lock_service",
    "reserved_until",
    "booked_at",
    "version",
    "history_seq",
    "history_hash",
    "order_number",
}


@pytest.fixture(scope="module")
def db():
    with Postgres(fsync=False) as server:
        subprocess.run(
            [build_path("db", "holdfast-init"), "--tickets", "2"],
            env={"DATABASE_URL": server.url},
            check=True,
            stdout=subprocess.DEVNULL,
        )
        yield server


def set_row(**columns):
    sets = ", ".join(f"{name} = {value}" for name, value in columns.items())
    return f"BEGIN; UPDATE tickets SET {sets} WHERE id = '1'; ROLLBACK;"


FREE = {
    "state": "'free'",
    "holder": "NULL",
    "fence": "NULL",
    "lock_service": "NULL",
    "reserved_until": "NULL",
    "booked_at": "NULL",
}
TOKEN = {"fence": "7", "lock_service": "'s'"}
RESERVED = {
    **FREE,
    **TOKEN,
    "state": "'reserved'",
    "holder": "'ann'",
    "reserved_until": "now()",
}
BOOKED = {**RESERVED, "state": "'booked'", "reserved_until": "NULL", "booked_at": "now()"}


BLOCKED = {**FREE, "state": "'blocked'"}


@pytest.mark.parametrize(
    "row",
    [FREE, {**FREE, **TOKEN}, RESERVED, BOOKED, BLOCKED, {**BLOCKED, **TOKEN}],
    ids=str,
)
def test_what_makes_sense_is_taken(db, row):
    db.sql(set_row(**row))


NONSENSE = [
    {**FREE, "holder": "'ann'"},
    {**FREE, "reserved_until": "now()"},
    {**FREE, "booked_at": "now()"},
    {**FREE, "fence": "7"},
    {**FREE, "lock_service": "'s'"},
    {**RESERVED, "holder": "NULL"},
    {**RESERVED, "fence": "NULL", "lock_service": "NULL"},
    {**RESERVED, "fence": "NULL"},
    {**RESERVED, "lock_service": "NULL"},
    {**RESERVED, "reserved_until": "NULL"},
    {**RESERVED, "booked_at": "now()"},
    {**RESERVED, "fence": "0"},
    {**RESERVED, "fence": "-7"},
    {**RESERVED, "holder": "''"},
    {**RESERVED, "holder": "repeat('x', 129)"},
    {**RESERVED, "lock_service": "''"},
    {**RESERVED, "lock_service": "repeat('x', 65)"},
    {**BOOKED, "holder": "NULL"},
    {**BOOKED, "fence": "NULL", "lock_service": "NULL"},
    {**BOOKED, "reserved_until": "now()"},
    {**BOOKED, "booked_at": "NULL"},
    {**BOOKED, "state": "NULL"},
    {**BLOCKED, "holder": "'ann'"},
    {**BLOCKED, "reserved_until": "now()"},
    {**BLOCKED, "booked_at": "now()"},
    {"price_minor": "-1"},
    {"currency": "'eur'"},
    {"currency": "'EURO'"},
    {"id": "''"},
    {"id": "repeat('x', 129)"},
    {"id": "'2'"},
    {"sale_order": "2"},
]


@pytest.mark.parametrize("row", NONSENSE, ids=str)
def test_what_makes_no_sense_is_refused(db, row):
    with pytest.raises(AssertionError, match="violates|duplicate key"):
        db.sql(set_row(**row))


def test_no_index_names_a_column_that_a_sale_changes(db):
    # Text search in the definition also sees expressions and conditions.
    for (definition,) in db.sql(
        "SELECT indexdef FROM pg_indexes WHERE tablename = 'tickets'"
    ):
        words = re.findall(r"\w+", definition.partition(" USING ")[2])
        assert not SALE_COLUMNS & set(words), definition


def test_the_sale_columns_are_all_columns_that_are_not_indexed_or_seat(db):
    names = {
        name
        for (name,) in db.sql(
            "SELECT column_name FROM information_schema.columns"
            " WHERE table_name = 'tickets'"
        )
    }
    seat = {"id", "event_id", "sale_order", "section", "seat_row", "seat_number"}
    seat |= {"price_minor", "currency", "category"}
    seat |= {"x", "y", "pos", "quality", "accessible"}
    assert names == SALE_COLUMNS | seat


def test_pages_keep_room_for_new_versions(db):
    options = db.value("SELECT reloptions FROM pg_class WHERE relname = 'tickets'")
    assert "fillfactor=15" in options and "vacuum_truncate=false" in options
