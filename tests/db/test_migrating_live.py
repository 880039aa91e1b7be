"""Migrations run under a sale that goes on: nobody is refused, and nobody waits
behind a migration that itself waits."""

import os
import pathlib
import re
import subprocess
import threading
import time

import pytest

from servers import Postgres, build_path
from web import wait_until

MIGRATIONS = pathlib.Path(os.environ["HOLDFAST_SRC"], "db/migrations")
OLDEST = ["0001_tickets.sql", "0002_heap_only_updates.sql"]
TICKETS = 3000
STATEMENT_MS = 5000  # a worker's patience: pg_link.c

# The statements of the workers that went with the oldest schema, to the letter.
OLD_WORKER = """
PREPARE reserve_one(text, text, int8, text, int8) AS UPDATE tickets AS t SET
 state = 'reserved', holder = $2, fence = $3, lock_service = $4, reserved_until =
 CASE WHEN t.lock_service = $4 AND t.fence = $3 THEN t.reserved_until
 ELSE clock_timestamp() + $5 * interval '1 millisecond' END WHERE t.id = $1 AND
 (t.state <> 'booked' AND CASE WHEN t.lock_service = $4 THEN t.fence < $3 OR
 (t.fence = $3 AND t.holder = $2) ELSE t.state = 'free' OR t.reserved_until <=
 clock_timestamp() END) RETURNING set_config('synchronous_commit', 'off', true);
PREPARE book_one(text, text, int8, text) AS UPDATE tickets AS t SET state = 'booked',
 reserved_until = NULL, booked_at = clock_timestamp() WHERE t.id = $1 AND
 (t.state = 'reserved' AND t.holder = $2 AND t.fence = $3 AND t.lock_service = $4)
 RETURNING 1;
SET statement_timeout = 5000;
"""


def ran(db, name):
    return (f"INSERT INTO schema_migrations VALUES ('{name}',"
            f" encode(sha256(convert_to($m${(MIGRATIONS / name).read_text()}$m$, 'UTF8')), 'hex'))")


def tool(db, *words):
    return subprocess.run(
        words, env={**os.environ, "DATABASE_URL": db.url}, capture_output=True, text=True,
        timeout=240)


class Worker(threading.Thread):
    """Reserves and books ticket after ticket, each in a statement of its own."""

    def __init__(self, db, number, of):
        super().__init__()
        self.number, self.of = number, of
        self.session = subprocess.Popen(
            ["psql", "-XqAt", db.url], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True)
        self.sold, self.wrong, self.slowest, self.stopping = 0, [], 0, False
        self.ask(OLD_WORKER)

    def ask(self, text):
        self.session.stdin.write(text + "\n\\echo end\n")
        self.session.stdin.flush()
        return list(iter(lambda: self.session.stdout.readline().strip(), "end"))

    def run(self):
        for ticket in range(1 + self.number, TICKETS, self.of):
            if self.stopping:
                break
            began = time.monotonic()
            got = self.ask(f"EXECUTE reserve_one('{ticket}', 'w{self.number}', {ticket}, 's', 60000);")
            got += self.ask(f"EXECUTE book_one('{ticket}', 'w{self.number}', {ticket}, 's');")
            self.slowest = max(self.slowest, time.monotonic() - began)
            if got == ["off", "1"]:
                self.sold += 1
            else:
                self.wrong.append((ticket, got))

    def end(self):
        self.stopping = True
        self.join()
        self.session.stdin.close()
        self.session.wait()


@pytest.fixture(scope="module")
def server():
    with Postgres(fsync=False) as running:
        yield running


@pytest.fixture
def db(server):
    """As the oldest Holdfast left it."""
    server.sql("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    server.sql("CREATE TABLE schema_migrations (name text COLLATE \"C\" PRIMARY KEY,"
               " sha256 text NOT NULL, ran_at timestamptz NOT NULL DEFAULT now())")
    for name in OLDEST:
        server.sql((MIGRATIONS / name).read_text())
        server.sql(ran(server, name))
    server.sql("INSERT INTO tickets (id, sale_order, section, seat_row, seat_number,"
               " price_minor, currency) SELECT n::text, n, 'A', '1', n, 5000, 'EUR'"
               f" FROM generate_series(1, {TICKETS}) AS n")
    return server


@pytest.fixture
def workers(db):
    all_of_them = [Worker(db, number, 3) for number in range(3)]
    for worker in all_of_them:
        worker.start()
    yield all_of_them
    for worker in all_of_them:
        worker.end()


def sold(workers):
    return sum(worker.sold for worker in workers)


def test_from_the_oldest_schema_to_the_newest_nobody_is_refused(db, workers):
    wait_until(lambda: sold(workers) > 30, 60, "they sell")
    done = tool(db, build_path("db", "holdfast-init"), "--migrate-only")
    assert done.returncode == 0, done.stderr
    # Workers of before go on with the new schema until they are replaced.
    at_its_end = sold(workers)
    wait_until(lambda: sold(workers) > at_its_end + 30 or not any(
        worker.is_alive() for worker in workers), 60, "they still sell")
    for worker in workers:
        worker.end()
        assert worker.wrong == []
        assert worker.slowest * 1000 < STATEMENT_MS
    booked = int(db.value("SELECT count(*) FROM tickets WHERE state = 'booked'"))
    assert booked == sold(workers) == int(db.value("SELECT count(*) FROM orders"))
    done = tool(db, build_path("db", "holdfast-admin"), "verify")
    assert "all is true" in done.stdout, done.stderr


# -- the way they are run ----------------------------------------------------


@pytest.fixture
def migrator(db, tmp_path):
    """Runs the oldest ones, and these texts behind them."""
    def run(*texts):
        files = [MIGRATIONS / name for name in OLDEST]
        for number, text in enumerate(texts, 3):
            files.append(tmp_path / f"{number:04}_new.sql")
            files[-1].write_text(text)
        return tool(db, build_path("tests", "db", "migrator"), *map(str, files))
    return run


def test_a_sale_never_stands_behind_a_migration_that_waits(db, migrator):
    """One long transaction, as a backup's, has the table; sales do not mind it."""
    with Worker(db, 0, 1).session as reader:
        reader.stdin.write("BEGIN; SELECT 'has it' FROM tickets LIMIT 1;\n")
        reader.stdin.flush()
        wait_until(lambda: reader.stdout.readline() == "has it\n", 30, "it reads")
        done = []
        thread = threading.Thread(
            target=lambda: done.append(migrator("ALTER TABLE tickets ADD more text;")))
        thread.start()
        waits = "SELECT count(*) FROM pg_locks WHERE NOT granted AND mode = 'AccessExclusiveLock'"
        for ticket in range(1, 6):
            wait_until(lambda: db.value(waits) == "1", 30, "it waits")
            db.sql("SET statement_timeout = 2000;"
                   f"UPDATE tickets SET price_minor = 1 WHERE id = '{ticket}'")
        assert done == []
        reader.stdin.write("COMMIT;\n")
        reader.stdin.close()
        thread.join()
    assert done[0].returncode == 0 and "waits for the sale" in done[0].stderr
    assert db.value("SELECT count(*) FROM tickets WHERE more IS NULL") == str(TICKETS)


def test_one_that_fails_half_way_leaves_what_was(db, migrator):
    done = migrator("ALTER TABLE tickets ADD kept text;",
                    "ALTER TABLE tickets ADD lost text; CREATE TABLE lost (); SELECT 1 / 0;")
    assert done.returncode == 1 and "0004_new.sql failed and was undone" in done.stderr
    columns = db.sql("SELECT column_name FROM information_schema.columns"
                     " WHERE column_name IN ('kept', 'lost') OR table_name = 'lost'")
    assert columns == [["kept"]]
    assert db.value("SELECT max(name) FROM schema_migrations") == "0003_new.sql"


def test_what_cannot_be_in_a_transaction_has_a_form_of_its_own(db, migrator, workers):
    text = ("-- outside a transaction\nDROP INDEX CONCURRENTLY IF EXISTS by_price;\n"
            "CREATE INDEX CONCURRENTLY by_price ON tickets (price_minor);\n")
    db.sql("CREATE INDEX by_price ON tickets (currency)")  # of a try that was cut short
    wait_until(lambda: sold(workers) > 10, 60, "they sell")
    assert migrator(text).returncode == 0
    assert db.value("SELECT indisvalid FROM pg_index WHERE indexrelid = 'by_price'::regclass") == "t"
    for worker in workers:
        worker.end()
        assert worker.wrong == []


# What a worker of before may still use, or what has a table for long
# (HACKING.md, migrations).
BREAKS = re.compile(
    r"^(?!--).*\b(DROP (COLUMN|TABLE|TYPE|FUNCTION)|RENAME|CLUSTER|VACUUM|ALTER COLUMN \w+"
    r" (SET DATA )?TYPE|SET NOT NULL)\b", re.M)


def test_a_migration_only_adds_unless_it_says_what_it_ends():
    for path in sorted(MIGRATIONS.glob("*.sql")):
        text = path.read_text()
        if path.name > "0009" and "-- ends:" not in text:
            assert not BREAKS.search(text), path.name
    assert BREAKS.search("ALTER TABLE tickets RENAME holder TO who;")
    assert not BREAKS.search("-- DROP TABLE is not for here\nCREATE TABLE x ();")
