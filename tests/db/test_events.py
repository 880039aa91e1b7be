"""Events and their halls in the database: loading, replacing, layouts."""

import hashlib
import json
import os
import subprocess

import pytest

from servers import Postgres, build_path
from web import wait_until

INIT = build_path("db", "holdfast-init")
HALL = (
    "section,row,seat,price,category,accessible\n"
    "Stalls,A,3,45.50,Best,\nStalls,A,1,45.50,Best,yes\nStalls,A,2,45.50,Best,\n"
    "Stalls,B,1,30,Rest,\nBox ä,1,7,99,Box,\nBox ä,1,8,99,Box,\n"
)


@pytest.fixture(scope="module")
def server():
    with Postgres(fsync=False) as running:
        init(running, "--tickets", "40")
        yield running


@pytest.fixture
def db(server):
    """The event "default" with 40 tickets, and no other."""
    server.sql(
        "BEGIN; SET LOCAL holdfast.recreate = 'yes'; DELETE FROM history;"
        "DELETE FROM bookings; DELETE FROM orders;"
        "DELETE FROM tickets WHERE event_id <> 'default';"
        "DELETE FROM events WHERE id <> 'default'; COMMIT"
    )
    return server


def init(db, *options):
    clean = {k: v for k, v in os.environ.items() if k != "TOTAL_TICKETS"}
    return subprocess.run(
        [INIT, *options],
        env={**clean, "DATABASE_URL": db.url},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
    )


def load(db, tmp_path, text=HALL, *options, event="gala"):
    path = tmp_path / "hall.csv"
    path.write_text(text)
    return init(db, "--csv", str(path), "--event", event, *options)


def seats(db, event="gala"):
    return db.sql(
        "SELECT id, sale_order, section, seat_row, seat_number, price_minor, currency,"
        " category, pos, accessible FROM tickets"
        f" WHERE event_id = '{event}' ORDER BY sale_order"
    )


def layout(db, event="gala"):
    return json.loads(db.value(f"SELECT layout FROM events WHERE id = '{event}'"))


def test_a_hall_is_loaded_with_sections_and_rows_as_they_came_and_seats_sorted(
    db, tmp_path
):
    done = load(db, tmp_path, HALL, "--title", "Gala", "--venue", "Old House",
                "--starts-at", "2027-05-01T20:00:00+02:00", "--time-zone", "Europe/Berlin",
                "--seats-per-client", "4")
    assert (done.returncode, done.stderr) == (0, "")
    assert "6 tickets are for sale" in done.stdout
    assert seats(db) == [
        ["gala:Stalls-A-1", "1", "Stalls", "A", "1", "4550", "EUR", "Best", "1", "t"],
        ["gala:Stalls-A-2", "2", "Stalls", "A", "2", "4550", "EUR", "Best", "2", "f"],
        ["gala:Stalls-A-3", "3", "Stalls", "A", "3", "4550", "EUR", "Best", "3", "f"],
        ["gala:Stalls-B-1", "4", "Stalls", "B", "1", "3000", "EUR", "Rest", "1", "f"],
        ["gala:Box___-1-7", "5", "Box ä", "1", "7", "9900", "EUR", "Box", "1", "f"],
        ["gala:Box___-1-8", "6", "Box ä", "1", "8", "9900", "EUR", "Box", "2", "f"],
    ]
    event = db.sql("SELECT title, venue, starts_at, sale_opens_at, seats_per_client,"
                   " time_zone FROM events WHERE id = 'gala'")
    assert event == [
        ["Gala", "Old House", "2027-05-01 18:00:00+00", "", "4", "Europe/Berlin"]]
    assert layout(db)["time_zone"] == "Europe/Berlin"
    assert db.value("SELECT count(*) FROM tickets WHERE event_id = 'default'") == "40"


def test_a_layout_names_every_seat_and_its_hash(db, tmp_path):
    load(db, tmp_path, HALL, "--title", 'Ga"la\\')
    text = db.value("SELECT encode(convert_to(layout, 'UTF8'), 'hex') FROM events"
                    " WHERE id = 'gala'")
    body = bytes.fromhex(text)
    hash_ = db.value("SELECT layout_hash FROM events WHERE id = 'gala'")
    assert hash_ == hashlib.sha256(body).hexdigest()[:16]
    made = json.loads(body)
    assert (made["id"], made["title"], made["currency"]) == ("gala", 'Ga"la\\', "EUR")
    assert made["starts_at"] is None
    assert made["categories"] == [
        {"name": "Best", "price_minor": 4550},
        {"name": "Rest", "price_minor": 3000},
        {"name": "Box", "price_minor": 9900},
    ]
    assert every_seat(made) == {
        seat[0]: (int(seat[1]), seat[2], seat[3], int(seat[4]), int(seat[5]))
        for seat in seats(db)
    }
    stalls = made["sections"][0]["rows"]
    assert stalls[0]["accessible"] == [0] and "accessible" not in stalls[1]
    # The plain grid: rows apart, and sections further.
    rows = [row for section in made["sections"] for row in section["rows"]]
    assert [row["y"] for row in rows] == [0, 1.5, 4.5]
    assert made["bounds"] == [1, 0, 3, 4.5]


def spread(run, count):
    """A run of the layout's as a list."""
    if isinstance(run, dict):
        return [round(run["from"] + i * run["step"], 1) for i in range(count)]
    return run if isinstance(run, list) else [run] * count


def every_seat(made):
    """{id: (ordinal, section, row, number, price)} as a page reads a layout."""
    found = {}
    for section in made["sections"]:
        for row in section["rows"]:
            n = row["count"]
            numbers = [int(v) for v in spread(row["numbers"], n)]
            ids = row.get("ids") or [f"{row['id_prefix']}{v}" for v in numbers]
            prices = [made["categories"][c]["price_minor"]
                      for c in spread(row["category"], n)]
            assert len(ids) == len(numbers) == len(spread(row["pos"], n)) == n
            for i in range(n):
                found[ids[i]] = (row["first"] + i, section["name"], row["name"],
                                 numbers[i], prices[i])
    return found


def test_the_default_events_layout_names_its_tickets_too(db):
    made = every_seat(layout(db, "default"))
    assert sorted(made, key=int) == [str(n) for n in range(1, 41)]
    assert made["21"][:4] == (21, "A", "2", 1)


def test_places_of_a_file_are_kept_and_an_aisle_is_a_gap(db, tmp_path):
    text = "section,row,seat,price,x,y\n" + "".join(
        f"S,A,{n},5,{x},-0.5\n" for n, x in ((1, -2.26), (2, -1), (3, 1), (4, 2)))
    load(db, tmp_path, text)
    (row,) = layout(db)["sections"][0]["rows"]
    assert row["x"] == [-2.3, -1, 1, 2] and row["y"] == -0.5
    assert row["pos"] == [1, 2, 4, 5]
    assert layout(db)["bounds"] == [-2.3, -0.5, 2, -0.5]


def test_nothing_is_half_loaded(db, tmp_path):
    load(db, tmp_path)
    before = seats(db)
    done = load(db, tmp_path, HALL + "Stalls,C,x,5,,\n", "--yes", "--title", "New")
    assert done.returncode == 1 and "hall.csv:8: seat" in done.stderr
    assert seats(db) == before
    assert db.value("SELECT title FROM events WHERE id = 'gala'") == "gala"


def test_an_id_of_another_event_is_refused_with_its_line_and_nothing_changes(
    db, tmp_path
):
    load(db, tmp_path)
    before = seats(db)
    text = "id,section,row,seat,price\nmine,S,A,1,5\n7,S,A,2,5\n"
    done = load(db, tmp_path, text, "--yes", "--title", "New")
    assert done.returncode == 1
    assert "hall.csv:3: the id 7 is of a ticket of event default already" in done.stderr
    assert seats(db) == before
    assert db.value("SELECT title FROM events WHERE id = 'gala'") == "gala"
    assert load(db, tmp_path, text.replace("7,", "8x,"), "--yes").returncode == 0


def test_existing_tickets_are_only_replaced_by_yes(db, tmp_path):
    load(db, tmp_path)
    db.sql("UPDATE tickets SET state = 'booked', holder = 'ann', fence = 1,"
           " lock_service = 's', booked_at = now() WHERE id = 'gala:Stalls-A-1'")
    done = load(db, tmp_path)
    assert done.returncode == 1 and "6 tickets, 1 of them booked" in done.stderr
    assert load(db, tmp_path, HALL, "--if-empty").stdout.endswith(
        "6 tickets are there already\n")
    assert db.value("SELECT count(*) FROM orders") == "1"
    assert load(db, tmp_path, HALL, "--yes").returncode == 0
    for table in ("orders", "bookings", "history"):
        assert db.value(f"SELECT count(*) FROM {table}") == "0"


def test_replacing_one_events_tickets_keeps_all_of_anothers(db, tmp_path):
    load(db, tmp_path)
    for ticket in ("7", "gala:Stalls-A-1"):
        db.sql("UPDATE tickets SET state = 'booked', holder = 'ann', fence = 1,"
               f" lock_service = 's', booked_at = now() WHERE id = '{ticket}'")
    assert load(db, tmp_path, HALL, "--yes").returncode == 0
    for table in ("orders", "bookings", "history"):
        assert db.sql(f"SELECT event_id FROM {table}") == [["default"]], table
    assert db.value("SELECT state FROM tickets WHERE id = '7'") == "booked"


def test_what_is_not_said_stays_as_it_was(db, tmp_path):
    load(db, tmp_path, HALL, "--title", "Gala", "--currency", "KWD", "--opens-at",
         "2027-01-01T10:00Z")
    first = layout(db)
    load(db, tmp_path, HALL, "--yes", "--venue", "Here")
    event = db.sql("SELECT title, venue, currency, sale_opens_at FROM events"
                   " WHERE id = 'gala'")
    assert event == [["Gala", "Here", "KWD", "2027-01-01 10:00:00+00"]]
    assert seats(db)[0][5:7] == ["45500", "KWD"]
    assert layout(db) == {**first, "venue": "Here"}


def test_the_default_event_may_have_a_hall_and_numbers_as_ids(db, tmp_path):
    try:
        done = load(db, tmp_path, HALL, "--yes", event="default")
        assert done.returncode == 0, done.stderr
        assert [seat[0] for seat in seats(db, "default")] == list("123456")
    finally:
        init(db, "--yes", "--tickets", "40")


def test_the_arena_is_loaded_and_every_seat_has_a_place_of_its_own(db):
    done = init(db, "--hall", "arena", "--event", "arena", "--title", "Arena")
    assert done.returncode == 0, done.stderr
    assert len(every_seat(layout(db, "arena"))) == 50000
    places = ("SELECT count(DISTINCT (x, y)), count(DISTINCT (section, seat_row, pos)),"
              " min(quality) >= 0 FROM tickets WHERE event_id = 'arena'")
    assert db.sql(places) == [["50000", "50000", "t"]]
    size = int(db.value("SELECT octet_length(layout) FROM events WHERE id = 'arena'"))
    assert size < 400000


def test_every_seat_of_a_hall_is_sold_by_heap_only_updates(db):
    """Both versions of each, in one transaction: no page is cleaned between."""
    assert init(db, "--hall", "theatre", "--event", "gala").returncode == 0
    db.sql("SELECT pg_stat_reset_single_table_counters('tickets'::regclass)")
    db.sql(
        "BEGIN; UPDATE tickets SET state = 'reserved', holder = repeat('c', 36),"
        " fence = 1, lock_service = repeat('s', 32), reserved_until = now()"
        " WHERE event_id = 'gala'; UPDATE tickets SET state = 'booked',"
        " reserved_until = NULL, booked_at = now() WHERE event_id = 'gala'; COMMIT;"
    )
    counts = ("SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables"
              " WHERE relname = 'tickets'")
    # A session counts what it did when it ends.
    wait_until(lambda: db.sql(counts)[0][0] == "2400", 10, "it is counted")
    assert db.sql(counts) == [["2400", "2400"]]


def test_layouts_that_are_missing_are_made(db):
    db.sql("UPDATE events SET layout = NULL, layout_hash = NULL")
    assert init(db, "--migrate-only").returncode == 0
    assert len(every_seat(layout(db, "default"))) == 40
