"""Halls for tests, loaded as a box office loads them.

    event = load_hall(stack, "gala", rows=3, seats=8, hold_seconds=30)

Two sections, "Stalls" and "Balcony"; ordinals run along the rows, from 1.
"""

import csv
import io
import os
import subprocess
import tempfile

from servers import build_path

COLUMNS = "section row seat price category x y pos accessible".split()
PRICES = {"Stalls": (45, "A"), "Balcony": (30, "B")}


def seats_of(rows, seats):
    """The rows of the file: a Balcony as large as the Stalls, behind them."""
    for s, (section, (price, category)) in enumerate(PRICES.items()):
        for r in range(rows):
            for n in range(seats):
                place = [n, r + s * (rows + 2), n + 1]
                last = int(r == rows - 1 and n == 0)
                yield [section, chr(65 + r), n + 1, price, category, *place, last]


def csv_text(rows, seats):
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(seats_of(rows, seats))
    return out.getvalue()


def init(stack, *flags):
    done = subprocess.run(
        [build_path("db", "holdfast-init"), "--yes", *flags],
        env={**os.environ, "DATABASE_URL": stack.database_url},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def load_hall(stack, event, rows=3, seats=8, title="The Gala", flags=(), **terms):
    """An event with a hall of 2 * rows * seats seats; terms: its columns; flags:
    what else holdfast-init is told."""
    with tempfile.NamedTemporaryFile("w", suffix=".csv") as file:
        file.write(csv_text(rows, seats))
        file.flush()
        init(stack, "--csv", file.name, "--event", event, "--title", title, *flags)
    settle(stack, event, **terms)
    return event


def settle(stack, event, **terms):
    """Sets columns of an event's row; a str is SQL."""
    for name, value in terms.items():
        stack.sql(f"UPDATE events SET {name} = {value} WHERE id = '{event}'")


def take_all(stack, event, seats, state="booked"):
    """Makes seats somebody else's, as other workers' sales would."""
    some = ",".join(map(str, seats))
    until = "clock_timestamp() + interval '90 s'" if state == "reserved" else "NULL"
    booked = "clock_timestamp()" if state == "booked" else "NULL"
    holder = "NULL" if state == "blocked" else "'somebody'"
    fence = "" if state == "blocked" else ", fence = 1, lock_service = 'test'"
    stack.sql(
        f"UPDATE tickets SET state = '{state}', holder = {holder},"
        f" reserved_until = {until}, booked_at = {booked}{fence}"
        f" WHERE event_id = '{event}' AND sale_order IN ({some})"
    )
