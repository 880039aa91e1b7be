"""One session on a test's database: calls the functions of db/migrations.

    with Session(db) as ann:
        ann.call("hold_take", "h1", "default", "ann", ["1"], [10], "s", 60000)
        ann.begin(); ...; ann.commit()

A call gives its rows as dicts of strings ("" for NULL). A call that must wait
for another session is sent by send() and read by receive().
"""

import csv
import io
import json
import subprocess

import pytest

from servers import build_path

END = "-- end of the answer --"


def make_tickets(db, count):
    """The schema, and count tickets that never_sold() brings back."""
    subprocess.run(
        [build_path("db", "holdfast-init"), "--yes", "--tickets", str(count)],
        env={"DATABASE_URL": db.url},
        check=True,
        stdout=subprocess.DEVNULL,
    )
    db.sql("CREATE TABLE new_tickets AS TABLE tickets; CREATE TABLE new_events AS TABLE events")


def never_sold(db):
    """Everything as make_tickets() left it, in far less time."""
    tables = ("idempotency", "holds", "bookings", "orders", "history", "tickets", "events")
    db.sql(
        "BEGIN; SET LOCAL holdfast.recreate = 'yes';"
        + "".join(f"DELETE FROM {table};" for table in tables)
        + "INSERT INTO events TABLE new_events; INSERT INTO tickets TABLE new_tickets;"
        "COMMIT"
    )


def literal(value):
    """value as an SQL literal; lists are arrays, True and False are words."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, int):
        return str(value)
    if isinstance(value, (list, tuple)):
        return "'{" + ",".join(json.dumps(str(v)) for v in value) + "}'"
    return "'" + value.replace("'", "''") + "'"


class Session:
    def __init__(self, db):
        self.process = subprocess.Popen(
            ["psql", "-X", "-q", "--csv", db.url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(30)
        self.process.stdout.close()

    def send(self, text):
        self.process.stdin.write(f"{text};\n\\echo {END}\n")
        self.process.stdin.flush()

    def receive(self):
        lines = []
        for line in self.process.stdout:
            if line.rstrip("\n") == END:
                break
            assert not line.startswith("ERROR:"), line
            lines.append(line)
        return list(csv.DictReader(io.StringIO("".join(lines))))

    def sql(self, text):
        self.send(text)
        return self.receive()

    def send_call(self, function, *values):
        arguments = ", ".join(map(literal, values))
        self.send(f"SELECT * FROM {function}({arguments})")

    def call(self, function, *values):
        self.send_call(function, *values)
        return self.receive()

    def one(self, function, *values):
        (row,) = self.call(function, *values)
        return row

    def begin(self):
        self.sql("BEGIN")

    def commit(self):
        self.sql("COMMIT")


# -- fixtures, on the importing file's db ---------------------------------------


@pytest.fixture
def session(db):
    with Session(db) as mine:
        yield mine


@pytest.fixture
def other(db):
    with Session(db) as theirs:
        yield theirs
