"""holdfast-admin: looking, changing, exporting, verifying."""

import base64
import csv
import io
import os
import pathlib
import pty
import pwd
import re
import subprocess

import pytest

from sale_session import Session, make_tickets, never_sold
from sale_session import session  # noqa: F401 - fixtures
from servers import Postgres, build_path

ADMIN = build_path("db", "holdfast-admin")
MINUTE = 60000


@pytest.fixture(scope="module")
def server():
    with Postgres(fsync=False) as running:
        make_tickets(running, 12)
        yield running


@pytest.fixture
def db(server):
    never_sold(server)
    server.sql("TRUNCATE event_changes")
    return server


def admin(db, *words, answer=None):
    """Runs it; answer is what is typed at its question, on a terminal."""
    terminal = pty.openpty() if answer is not None else None
    if terminal:
        os.write(terminal[0], answer.encode())
    try:
        return subprocess.run(
            [ADMIN, *words],
            env={**os.environ, "DATABASE_URL": db.url if db else "", "USER": "zoe"},
            stdin=terminal[1] if terminal else subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
        )
    finally:
        for end in terminal or ():
            os.close(end)


def ok(db, *words, **more):
    done = admin(db, *words, **more)
    assert (done.returncode, done.stderr) == (0, ""), done
    return done.stdout


def take(session, hold, holder, *tickets, fence=10, ms=MINUTE):
    got = session.one("hold_take", hold, "default", holder, list(tickets),
                      [fence] * len(tickets), "s", ms)
    assert got["outcome"] == "ok"


def book(session, hold, holder):
    return session.one("hold_book", hold, holder, hold, "f")["order_number"]


def state(db, ticket):
    return db.value(f"SELECT state FROM tickets WHERE id = '{ticket}'")


def last(db, ticket):
    """The last row of its history: op, holder, actor."""
    return db.sql(f"SELECT op, holder, actor FROM history WHERE ticket_id = '{ticket}'"
                  " ORDER BY seq DESC LIMIT 1")[0]


# -- looking ---------------------------------------------------------------


def test_events_are_listed_with_their_counts(db, session):
    take(session, "h1", "ann", "1", "2")
    take(session, "h2", "bob", "3")
    book(session, "h2", "bob")
    head, row = ok(db, "events").splitlines()
    told = dict(zip(head.split(), re.split(r"\s{2,}", row)))
    assert told["event"] == "default" and "open" in row
    assert re.search(r"\b9 +2 +1 +0 +9500 +EUR", row)


def test_tickets_are_listed_with_who_has_them(db, session):
    take(session, "h1", "\x01abc", "1")
    take(session, "h2", "ann", "2")
    number = book(session, "h2", "ann")
    lines = ok(db, "list", "default").splitlines()
    assert len(lines) == 13
    assert re.search(r"^1 .*held .*identity abc$", lines[1])
    assert re.search(rf"^2 .*booked .*{number} +ann$", lines[2])
    assert re.search(r"^3 .*available *$", lines[3])


def test_no_byte_of_a_client_reaches_the_terminal_as_a_command(db, session):
    take(session, "h1", "\x1b[31mred", "1")
    assert "\x1b" not in ok(db, "list", "default")
    assert "?[31mred" in ok(db, "list", "default")


def test_a_tickets_life_and_an_orders_tickets_are_shown(db, session):
    take(session, "h1", "ann", "1", "2")
    number = book(session, "h1", "ann")
    life = ok(db, "show", "1")
    assert [line.split()[4] for line in life.splitlines()[1:]] == ["reserve", "book"]
    order = ok(db, "show", number).splitlines()
    assert [line.split()[0] for line in order[1:]] == ["1", "2"]


@pytest.mark.parametrize(
    "words, message",
    [
        (["list", "nothing"], "there is no event nothing"),
        (["export", "nothing"], "there is no event nothing"),
        (["show", "nothing"], "there is no ticket and no order nothing"),
        (["release", "1", "nothing"], "there is no ticket nothing"),
        (["block", "zz*"], "there is no ticket zz*"),
        (["cancel", "HF-0"], "there is no order HF-0"),
        (["open", "nothing", "--yes"], "there is no event nothing"),
    ],
)
def test_what_is_not_there_is_named(db, words, message):
    done = admin(db, *words)
    assert (done.returncode, done.stderr) == (1, f"holdfast-admin: {message}\n")


# -- changing --------------------------------------------------------------


def test_a_held_ticket_is_released_with_the_rest_of_its_hold(db, session):
    take(session, "h1", "ann", "1", "2")
    take(session, "h2", "ann", "3")
    told = ok(db, "release", "2", "--yes", "--actor", "Zoë")
    assert "2 tickets are released" in told
    assert [state(db, n) for n in (1, 2, 3)] == ["free", "free", "reserved"]
    assert last(db, 1) == ["release", "ann", "Zoë"]
    assert session.call("hold_show", "h1", "ann")[0]["outcome"] == "released"
    assert session.one("hold_book", "h1", "ann", "k", "f")["outcome"] == "released"
    assert book(session, "h2", "ann") != ""


def test_an_order_is_cancelled_and_its_tickets_are_for_sale_again(db, session):
    take(session, "h1", "ann", "1", "2")
    number = book(session, "h1", "ann")
    told = ok(db, "cancel", number, "--yes")
    assert "2 tickets are cancelled" in told
    assert [state(db, n) for n in (1, 2)] == ["free", "free"]
    assert last(db, 1) == ["cancel", "ann", "zoe"]
    rows = session.call("order_show", number, "ann")
    assert {r["cancelled"] for r in rows} == {"t"} and rows[0]["cancelled_at"] != ""
    done = admin(db, "cancel", number, "--yes")
    assert done.returncode == 1 and f"no sale left in order {number}" in done.stderr
    take(session, "h2", "bob", "1", fence=11)
    assert book(session, "h2", "bob") not in ("", number)


def test_tickets_are_blocked_and_unblocked_by_id_or_beginning(db):
    assert "5 tickets are blocked" in ok(db, "block", "2", "1*", "--yes")
    assert [state(db, n) for n in (1, 2, 3, 12)] == ["blocked", "blocked", "free",
                                                     "blocked"]
    assert last(db, 2) == ["block", "", "zoe"]
    assert "5 tickets are for sale again" in ok(db, "unblock", "1*", "2", "--yes")
    assert last(db, 2) == ["unblock", "", "zoe"]


def test_a_lapsed_ticket_may_be_blocked(db, session):
    take(session, "h1", "ann", "1", ms=1)
    session.sql("SELECT pg_sleep(0.01)")
    ok(db, "block", "1", "--yes")
    ops = db.sql("SELECT op FROM history WHERE ticket_id = '1' ORDER BY seq")
    assert ops == [["reserve"], ["expire"], ["block"]]


def test_what_does_not_fit_is_named_and_nothing_is_changed(db, session):
    take(session, "h1", "ann", "1")
    take(session, "h2", "ann", "2")
    book(session, "h2", "ann")
    done = admin(db, "block", "1", "2", "3", "--yes")
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "holdfast-admin: ticket 1 (A, row 1, seat 1) is held, sold or blocked already",
        "holdfast-admin: ticket 2 (A, row 1, seat 2) is held, sold or blocked already",
    ]
    assert state(db, 3) == "free"
    assert "is not held" in admin(db, "release", "2", "--yes").stderr
    assert "is not blocked" in admin(db, "unblock", "1", "--yes").stderr


@pytest.mark.parametrize("answer, done", [("yes\n", True), ("no\n", False), ("\n", False)])
def test_it_asks_before_it_changes(db, answer, done):
    got = admin(db, "block", "1", answer=answer)
    assert "1 (A, row 1, seat 1)\nTake 1 tickets out of the sale? Type yes:" in got.stdout
    assert (got.returncode == 0) == done
    assert state(db, 1) == ("blocked" if done else "free")


def test_without_a_terminal_it_changes_nothing_unless_told(db):
    got = admin(db, "block", "1")
    assert got.returncode == 1 and "--yes" in got.stderr
    assert state(db, 1) == "free"


def test_what_was_sold_while_it_asked_is_not_taken(db):
    ours, its = pty.openpty()
    with subprocess.Popen([ADMIN, "block", "1"], stdin=its, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True,
                          env={**os.environ, "DATABASE_URL": db.url}) as process:
        asked = ""
        while "Type yes" not in asked:
            asked += process.stdout.read(1)
        db.sql("UPDATE tickets SET state = 'booked', holder = 'ann', fence = 1,"
               " lock_service = 's', booked_at = now() WHERE id = '1'")
        os.write(ours, b"yes\n")
        _, errors = process.communicate(timeout=60)
    os.close(ours)
    os.close(its)
    assert process.returncode == 1 and "is held, sold or blocked already" in errors
    assert state(db, 1) == "booked"


def test_a_sale_is_closed_and_opened_and_it_is_known_by_whom(db):
    ok(db, "close", "default", "--yes", "--actor", "eve")
    assert db.value("SELECT sale_state('default')") == "closed"
    db.sql("UPDATE events SET sale_opens_at = clock_timestamp() + interval '1 h'")
    ok(db, "open", "default", "--yes")
    assert db.value("SELECT sale_state('default')") == "open"
    changes = db.sql("SELECT what, old, new, actor FROM event_changes"
                     " WHERE what = 'closed' ORDER BY at")
    assert changes == [["closed", "false", "true", "eve"],
                       ["closed", "true", "false", "zoe"]]


def test_terms_are_set_and_the_layout_follows(db):
    before = db.value("SELECT coalesce(layout_hash, '') FROM events")
    assert ok(db, "set", "default", "title", "The Tempest") == (
        "title of default is The Tempest\n")
    assert db.value("SELECT layout::json->>'title' FROM events") == "The Tempest"
    assert db.value("SELECT layout_hash FROM events") != before
    ok(db, "set", "default", "opens-at", "2099-01-01T10:00:00+01:00")
    assert db.value("SELECT sale_state('default')") == "not_yet"
    ok(db, "set", "default", "opens-at", "none")
    ok(db, "set", "default", "time-zone", "Europe/Berlin")
    assert db.value("SELECT layout::json->>'time_zone' FROM events") == "Europe/Berlin"
    ok(db, "set", "default", "seats-per-client", "4")
    assert db.sql("SELECT sale_state(id), seats_per_client FROM events") == [["open", "4"]]


SECONDS = "is a whole number from 1 to 86400"
TIME = 'is a time with its offset, such as 2027-05-01T20:00:00+02:00, not "'
ZONE = 'is a name of the IANA database, such as Europe/Berlin, not "'
SENSELESS = [
    ("titel", "x", 'there is no term "titel"; see --help'),
    ("title", "a\x07", "word 3 has a control character"),
    ("title", "21-A\u202e", "word 3 has a control of writing direction"),
    ("title", "x" * 201, "title is longer than 200 bytes"),
    ("title", "", "title is empty"),
    ("title", "none", "title cannot be none"),
    ("venue", "x" * 201, "venue is longer than 200 bytes"),
    ("venue", "", 'venue is empty; "none" is for none'),
    ("seats-per-client", "0",
     'seats-per-client is a whole number from 1 to 1000, not "0"'),
    ("seats-per-client", "1001",
     'seats-per-client is a whole number from 1 to 1000, not "1001"'),
    ("seats-per-client", "many",
     'seats-per-client is a whole number from 1 to 1000, not "many"'),
    ("seats-per-client", "none", "seats-per-client cannot be none"),
    ("hold-seconds", "-5", f'hold-seconds {SECONDS}, or none, not "-5"'),
    ("hold-seconds", "86401", f'hold-seconds {SECONDS}, or none, not "86401"'),
    ("hold-seconds", "99999999999999999999",
     f'hold-seconds {SECONDS}, or none, not "99999999999999999999"'),
    ("extensions", "-1", 'extensions is a whole number from 0 to 1000, not "-1"'),
    ("extend-seconds", "0", f'extend-seconds {SECONDS}, or none, not "0"'),
    ("hold-limit-seconds", "0", f'hold-limit-seconds {SECONDS}, not "0"'),
    ("hold-limit-seconds", "none", "hold-limit-seconds cannot be none"),
    ("opens-at", "2027-01-01 10:00", f'opens-at {TIME}2027-01-01 10:00"'),
    ("opens-at", "soon", f'opens-at {TIME}soon"'),
    ("opens-at", "2027-13-01T10:00:00Z",
     'opens-at has a month from 01 to 12, not "2027-13-01T10:00:00Z"'),
    ("starts-at", "2027-02-29T10:00:00Z",
     'starts-at has a day that its month has, not "2027-02-29T10:00:00Z"'),
    ("starts-at", "2027-02-28T24:00:00Z",
     'starts-at has a clock from 00:00:00 to 23:59:59, not "2027-02-28T24:00:00Z"'),
    ("time-zone", "UTC+2", f'time-zone {ZONE}UTC+2"'),
    ("time-zone", "-02:00", f'time-zone {ZONE}-02:00"'),
    ("time-zone", "Europe/", f'time-zone {ZONE}Europe/"'),
    ("time-zone", "", 'time-zone is empty; "none" is for none'),
    ("starts-at", "12027-02-28T10:00:00Z", f'starts-at {TIME}12027-02-28T10:00:00Z"'),
]


@pytest.mark.parametrize("term, value, message", SENSELESS)
def test_terms_that_make_no_sense_are_refused_with_what_is_allowed(
    db, term, value, message
):
    before = db.sql("SELECT * FROM events")
    done = admin(db, "set", "default", term, value)
    assert (done.returncode, done.stderr) == (2, f"holdfast-admin: {message}\n")
    assert db.sql("SELECT * FROM events") == before


@pytest.mark.parametrize(
    "term, value",
    [
        ("title", "é" * 100),
        ("venue", "none"),
        ("seats-per-client", "1000"),
        ("hold-seconds", "1"),
        ("hold-seconds", "86400"),
        ("hold-seconds", "none"),
        ("extensions", "0"),
        ("extend-seconds", "none"),
        ("hold-limit-seconds", "86400"),
        ("starts-at", "2028-02-29T23:59:59.5-03:30"),
        ("opens-at", "2027-05-01 20:00+02"),
        ("starts-at", "none"),
        ("time-zone", "America/Argentina/ComodRivadavia"),
        ("time-zone", "none"),
    ],
)
def test_terms_are_taken_to_their_limits(db, term, value):
    was = db.value("SELECT to_jsonb(e) FROM events AS e").replace("'", "''")
    ok(db, "set", "default", term, value)
    db.sql("UPDATE events AS e SET (title, venue, seats_per_client, hold_seconds,"
           " extensions, extend_seconds, hold_limit_seconds, starts_at, sale_opens_at)"
           " = (SELECT title, venue, seats_per_client, hold_seconds, extensions,"
           " extend_seconds, hold_limit_seconds, starts_at, sale_opens_at FROM"
           f" jsonb_populate_record(NULL::events, '{was}'))")


def test_a_zone_that_nobody_knows_is_refused(db):
    done = admin(db, "set", "default", "time-zone", "Europe/Atlantis")
    assert done.returncode == 1 and done.stderr.count("\n") == 1
    assert '"Europe/Atlantis" not recognized' in done.stderr
    assert db.value("SELECT time_zone IS NULL FROM events") == "t"


def test_no_word_that_is_no_text_reaches_the_database(db):
    done = subprocess.run([ADMIN, "list", b"\xff"], capture_output=True, text=True,
                          env={**os.environ, "DATABASE_URL": db.url})
    assert (done.returncode, done.stderr) == (2, "holdfast-admin: word 1 is not UTF-8\n")


def test_a_database_without_a_sale_is_told_of(db):
    db.sql("CREATE DATABASE empty")
    url = f"{db.url} dbname=empty" if "=" in db.url.split("?")[0] else None
    url = url or re.sub(r"(://[^/]*/)[^?]*", r"\1empty", db.url)
    done = subprocess.run([ADMIN, "events"], capture_output=True, text=True,
                          env={**os.environ, "DATABASE_URL": url})
    assert done.returncode == 1 and "holdfast-init prepares it" in done.stderr


def test_who_makes_a_change_is_known_without_any_variable(db):
    clean = {k: v for k, v in os.environ.items() if k not in ("USER", "SUDO_USER")}
    subprocess.run([ADMIN, "block", "1", "--yes"], check=True, capture_output=True,
                   env={**clean, "DATABASE_URL": db.url})
    assert last(db, 1) == ["block", "", pwd.getpwuid(os.getuid()).pw_name]


# -- exporting -------------------------------------------------------------


def test_sales_are_exported_as_csv_that_no_spreadsheet_runs(db, session):
    holders = ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", 'a"b,c', "ß", "\x01id"]
    for n, holder in enumerate(holders, 1):
        take(session, f"h{n}", holder, str(n))
        book(session, f"h{n}", holder)
    text = ok(db, "export", "default")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [r["client"] for r in rows] == [
        "'=1+1", "'+1", "'-1", "'@SUM(A1)", "'\tx", 'a"b,c', "ß", "id"]
    assert [r["known_by"] for r in rows] == ["client_id"] * 7 + ["identity"]
    assert (rows[0]["ticket_id"], rows[0]["price_minor"], rows[0]["currency"]) == (
        "1", "9500", "EUR")
    assert rows[0]["cancelled_at"] == "" and rows[0]["booked_at"].endswith("Z")


def test_the_lines_of_an_export_end_as_rfc_4180_has_them(db, session):
    take(session, "h1", "ann", "1")
    book(session, "h1", "ann")
    done = subprocess.run([ADMIN, "export", "default"], capture_output=True,
                          env={**os.environ, "DATABASE_URL": db.url})
    assert done.stdout.count(b"\r\n") == done.stdout.count(b"\n") == 2


# -- verifying -------------------------------------------------------------


TABLES = ("tickets", "history", "orders", "bookings", "holds", "idempotency")


@pytest.fixture(scope="module")
def sold_once(server):
    """A history with all that may be in it, kept to be brought back."""
    never_sold(server)
    with Session(server) as session:
        take(session, "h1", "ann", "1", "2")
        session.one("hold_extend", "h1", "ann", 2 * MINUTE, [10, 10], "s")
        book(session, "h1", "ann")
        take(session, "h2", "bob", "3", ms=1)
        session.sql("SELECT pg_sleep(0.01)")
        session.call("ticket_free_lapsed", ["3"], [10], "s")
        take(session, "h3", "bob", "3", fence=11)
        session.one("hold_release", "h3", "bob")
        take(session, "h4", "eve", "3", fence=12)
        number = book(session, "h4", "eve")
        ok(server, "block", "5", "6", "--yes")
        ok(server, "unblock", "6", "--yes")
        ok(server, "cancel", number, "--yes")
        take(session, "h5", "ann", "7")
    for table in TABLES:
        server.sql(f"CREATE TABLE sold_{table} AS TABLE {table}")
    return server


@pytest.fixture
def sold(sold_once):
    sold_once.sql(
        "BEGIN; SET LOCAL holdfast.recreate = 'yes';"
        + "".join(f"DELETE FROM {t}; INSERT INTO {t} TABLE sold_{t};" for t in TABLES)
        + "COMMIT"
    )
    return sold_once


def test_an_honest_sale_is_true(sold):
    assert ok(sold, "verify") == "12 tickets, 17 rows of history: all is true\n"


def crime(db, table, text):
    """What a thief with all rights would do."""
    db.sql(f"BEGIN; ALTER TABLE {table} DISABLE TRIGGER USER; {text};"
           f"ALTER TABLE {table} ENABLE TRIGGER USER; COMMIT")


REHASH = ("hash = history_hash(prev_hash, history_text(ticket_id, seq, event_id, at, op,"
          " holder, fence, lock_service, until, order_number, actor))")
AT = "ticket_id = '1' AND seq = "
CRIMES = [
    ("history", f"UPDATE history SET holder = 'bob' WHERE {AT} 3",
     "ticket 1, history row 3: it was changed: its hash is another"),
    ("history", f"UPDATE history SET at = at + interval '1 us' WHERE {AT} 1",
     "ticket 1, history row 1: it was changed: its hash is another"),
    ("history", f"UPDATE history SET actor = 'me' WHERE {AT} 2",
     "ticket 1, history row 2: it was changed: its hash is another"),
    ("history", f"UPDATE history SET holder = 'bob' WHERE {AT} 1;"
     f"UPDATE history SET {REHASH} WHERE {AT} 1",
     "ticket 1, history row 2: it does not follow the row before it"),
    ("history", f"DELETE FROM history WHERE {AT} 2",
     "ticket 1, history row 3: a row before it is missing"),
    ("history", f"DELETE FROM history WHERE {AT} 1",
     "ticket 1, history row 2: a row before it is missing"),
    ("history", f"DELETE FROM history WHERE {AT} 3",
     "ticket 1: its history ends with row 2, not 3"),
    ("history", "DELETE FROM history WHERE ticket_id = '5'",
     "ticket 5: its history ends with row 0, not 1"),
    ("history", f"UPDATE history SET holder = 'bob' WHERE {AT} 3;"
     f"UPDATE history SET {REHASH} WHERE {AT} 3",
     "ticket 1: its history ends with row 3, not 3"),
    ("history", "INSERT INTO history SELECT 'ghost', 1, event_id, at, op, holder, fence,"
     " lock_service, until, order_number, actor, NULL, hash FROM history"
     f" WHERE {AT} 1; UPDATE history SET {REHASH} WHERE ticket_id = 'ghost'",
     "ticket ghost has a history, but is not there"),
    ("history", f"UPDATE history SET op = 'release' WHERE {AT} 3;"
     f"UPDATE history SET {REHASH} WHERE {AT} 3; UPDATE tickets SET history_hash ="
     f" (SELECT hash FROM history WHERE {AT} 3) WHERE id = '1'",
     "ticket 1 is booked, but its history ends with release"),
    ("history", f"UPDATE history SET op = 'book' WHERE {AT} 2;"
     f"UPDATE history SET {REHASH} WHERE {AT} 2;"
     "UPDATE history SET prev_hash = (SELECT hash FROM history WHERE"
     f" {AT} 2) WHERE {AT} 3; UPDATE history SET {REHASH} WHERE {AT} 3;"
     f"UPDATE tickets SET history_hash = (SELECT hash FROM history WHERE {AT} 3)"
     " WHERE id = '1'",
     "ticket 1, history row 3: it cannot have happened then"),
    ("tickets", "UPDATE tickets SET holder = 'thief' WHERE id = '1'",
     "ticket 1: who has it is not whom its history names"),
    ("tickets", "UPDATE tickets SET state = 'free', holder = NULL, booked_at = NULL,"
     " order_number = NULL WHERE id = '1'",
     "ticket 1 is free, but its history ends with book"),
    ("tickets", "UPDATE tickets SET reserved_until = reserved_until + interval '1 h'"
     " WHERE id = '7'",
     "ticket 7: who has it is not whom its history names"),
    ("bookings", "DELETE FROM bookings WHERE ticket_id = '1'",
     "ticket 1: its sale and its booking do not agree"),
    ("bookings", "UPDATE bookings SET holder = 'bob' WHERE ticket_id = '1'",
     "ticket 1: its sale and its booking do not agree"),
    ("bookings", "DELETE FROM bookings WHERE ticket_id = '3'",
     "ticket 3 was booked 0 times, by its history 1"),
    ("bookings", "UPDATE bookings SET price_minor = 1 WHERE ticket_id = '1'",
     "its total is not the sum of its bookings"),
    ("orders", "UPDATE orders SET cancelled_at = now()",
     "is cancelled, but its bookings are not"),
    ("orders", "DELETE FROM orders WHERE hold_id = 'h1'",
     "hold h1 was booked, but there is no order"),
]


@pytest.mark.parametrize("table, text, named", CRIMES, ids=[c[2][:60] for c in CRIMES])
def test_what_was_tampered_with_is_named(sold, table, text, named):
    crime(sold, table, text)
    done = admin(sold, "verify")
    assert done.returncode == 1 and done.stdout == ""
    assert named in done.stderr
    assert re.search(r"rows of history: \d+ are wrong\n$", done.stderr)


def test_of_a_broken_chain_only_the_first_row_is_named(sold):
    crime(sold, "history", "UPDATE history SET actor = 'me' WHERE ticket_id = '1'")
    errors = admin(sold, "verify").stderr
    assert errors.count("ticket 1, history row") == 1


def test_verifying_sees_one_moment_of_a_sale_that_goes_on(db):
    """Four clients sell while it verifies, again and again."""
    import threading

    stop = threading.Event()

    def sell(number):
        with Session(db) as mine:
            for turn in range(10000):
                if stop.is_set():
                    return
                take(mine, f"{number}-{turn}", f"c{number}", str(number), fence=turn + 1)
                mine.one("hold_release", f"{number}-{turn}", f"c{number}")

    threads = [threading.Thread(target=sell, args=(n,)) for n in (1, 2)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(5):
            ok(db, "verify")
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert int(db.value("SELECT count(*) FROM history")) > 10


def test_a_dump_that_was_restored_is_true_and_goes_on(sold):
    """The schema has nothing that a dump does not carry."""
    dump = subprocess.run([sold.programs / "pg_dump", sold.url], capture_output=True,
                          text=True, check=True).stdout
    restored = sold.url.replace("/holdfast?", "/restored?")
    sold.sql("CREATE DATABASE restored")
    try:
        subprocess.run(["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", restored], input=dump,
                       text=True, check=True, stdout=subprocess.DEVNULL)
        there = {**os.environ, "DATABASE_URL": restored}
        init = [build_path("db", "holdfast-init"), "--migrate-only"]
        subprocess.run(init, env=there, check=True, stdout=subprocess.DEVNULL)
        subprocess.run([ADMIN, "block", "8", "--yes"], env=there, check=True,
                       stdout=subprocess.DEVNULL)
        done = subprocess.run([ADMIN, "verify"], env=there, capture_output=True, text=True)
        assert done.stdout == "12 tickets, 18 rows of history: all is true\n"
    finally:
        sold.sql("DROP DATABASE restored")


# -- QR codes --------------------------------------------------------------


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@pytest.fixture(scope="module")
def signer(tmp_path_factory):
    """(public key as /api/keys has it, sign), made by the openssl program."""
    home = tmp_path_factory.mktemp("key")
    key = home / "key.pem"
    subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", key], check=True)
    public = subprocess.run(["openssl", "pkey", "-in", key, "-pubout", "-outform", "DER"],
                            check=True, capture_output=True).stdout[-32:]

    def sign(payload):
        text = "HF1." + b64(payload.encode())
        (home / "text").write_text(text)
        subprocess.run(["openssl", "pkeyutl", "-sign", "-inkey", key, "-rawin", "-in",
                        home / "text", "-out", home / "signature"], check=True)
        return text + "." + b64((home / "signature").read_bytes())

    return b64(public), sign


def test_a_genuine_code_is_read_without_a_database(signer):
    key, sign = signer
    code = sign("gala|gala:A-1-2|HF-0000-0000-0000|A 1 2")
    assert ok(None, "check-qr", code, "--key", key).splitlines() == [
        "event   gala", "ticket  gala:A-1-2", "order   HF-0000-0000-0000", "seat    A 1 2"]


def test_a_code_that_was_changed_anywhere_is_refused(signer):
    key, sign = signer
    code = sign("gala|gala:A-1-2|HF-0000-0000-0000|A 1 2")
    for at in range(len(code)):
        other = "A" if code[at] != "A" else "B"
        done = admin(None, "check-qr", code[:at] + other + code[at + 1:], "--key", key)
        assert done.returncode == 1, at
        assert done.stdout == ""
    other_key = ("A" if key[0] != "A" else "B") + key[1:]
    assert admin(None, "check-qr", code, "--key", other_key).returncode == 1


@pytest.mark.parametrize("code", ["", "HF1.", "HF1..", "HF1.a", "HF2.YQ.YQ", "x" * 9000])
def test_what_is_no_code_is_told(signer, code):
    done = admin(None, "check-qr", code, "--key", signer[0])
    assert done.returncode == 1 and "no ticket's QR code" in done.stderr


@pytest.mark.parametrize("key", [None, "", "abc", "A" * 44, "!" * 43])
def test_a_wrong_key_is_told(key):
    done = admin(None, "check-qr", "HF1.YQ.YQ", *(["--key", key] if key is not None else []))
    assert done.returncode == 2 and "/api/keys" in done.stderr


# -- what it says ----------------------------------------------------------


def test_help_names_every_command_and_option(db):
    text = ok(db, "--help")
    for word in ("events", "list", "show", "release", "cancel", "block", "unblock", "open",
                 "close", "set", "export", "verify", "check-qr", "--actor", "--yes", "--key"):
        assert word in text


def test_the_page_on_it_names_every_command_and_no_other(db):
    page = pathlib.Path(os.environ["HOLDFAST_SRC"], "docs/box-office.md").read_text()
    told = set(re.findall(r"`holdfast-admin ([a-z-]+)", page)) | {"open", "unblock"}
    commands = ok(db, "--help").partition("Commands:")[2]
    assert told == set(re.findall(r"^  ([a-z-]+) ", commands, re.M))


@pytest.mark.parametrize(
    "words, message",
    [
        ([], "name a command"),
        (["sell"], 'there is no command "sell"'),
        (["list"], "use: holdfast-admin list EVENT"),
        (["verify", "1"], "use: holdfast-admin verify"),
        (["set", "default", "title"], "use: holdfast-admin set EVENT TERM VALUE"),
        (["block", "1", "--force"], "--force"),
        (["block", "--yes", "1"], "1"),
        (["events", "--actor", ""], "--actor is empty"),
        (["events", "--actor", "a" * 101], "--actor is longer"),
        (["events", "--actor", "a\n"], "--actor has a control character"),
    ],
)
def test_wrong_words_are_told(db, words, message):
    done = admin(db, *words)
    assert done.returncode == 2 and message in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_database_that_is_not_there_is_one_clear_line():
    done = admin(None, "events")
    assert done.returncode == 2 and "DATABASE_URL" in done.stderr
