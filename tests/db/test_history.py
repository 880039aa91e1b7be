"""The history of each ticket, and the orders: what the trigger writes."""

import hashlib

import pytest

from sale_session import make_tickets, never_sold
from servers import Postgres


@pytest.fixture(scope="module")
def server():
    with Postgres(fsync=False) as running:
        make_tickets(running, 3)
        yield running


@pytest.fixture
def db(server):
    never_sold(server)
    return server


FREE = "state = 'free', holder = NULL, reserved_until = NULL, booked_at = NULL"
BLOCKED = FREE.replace("free", "blocked")


def reserved(holder="ann", fence=1, seconds=60, service="s"):
    return (
        f"state = 'reserved', holder = '{holder}', fence = {fence},"
        f" lock_service = '{service}', booked_at = NULL, reserved_until ="
        f" clock_timestamp() + {seconds} * interval '1 s'"
    )


def booked(holder="ann", fence=1):
    return (
        f"state = 'booked', holder = '{holder}', fence = {fence}, lock_service = 's',"
        " reserved_until = NULL, booked_at = clock_timestamp()"
    )


def change(db, *sets, ticket="1"):
    """Each in a transaction of its own."""
    for one in sets:
        db.sql(f"UPDATE tickets SET {one} WHERE id = '{ticket}'")


def ops(db, ticket="1"):
    return [
        tuple(row)
        for row in db.sql(
            f"SELECT op, holder FROM history WHERE ticket_id = '{ticket}' ORDER BY seq"
        )
    ]


# What is done to a free ticket, and what its history says of it then.
LIVES = [
    ([reserved()], [("reserve", "ann")]),
    ([reserved(), reserved(seconds=90)], [("reserve", "ann"), ("extend", "ann")]),
    ([reserved(), FREE], [("reserve", "ann"), ("release", "ann")]),
    ([reserved(seconds=-1), FREE], [("reserve", "ann"), ("expire", "ann")]),
    (
        [reserved(seconds=-1), reserved("bob", 2)],
        [("reserve", "ann"), ("expire", "ann"), ("reserve", "bob")],
    ),
    (
        [reserved(), reserved("bob", 2)],  # by a greater token: ann's lock was gone
        [("reserve", "ann"), ("expire", "ann"), ("reserve", "bob")],
    ),
    (
        [reserved(), reserved("ann", 2)],
        [("reserve", "ann"), ("expire", "ann"), ("reserve", "ann")],
    ),
    (
        [reserved(), reserved(service="z")],
        [("reserve", "ann"), ("expire", "ann"), ("reserve", "ann")],
    ),
    ([reserved(), booked()], [("reserve", "ann"), ("book", "ann")]),
    ([reserved(seconds=-1), booked()], [("reserve", "ann"), ("book", "ann")]),
    ([booked()], [("book", "ann")]),
    ([booked(), FREE], [("book", "ann"), ("cancel", "ann")]),
    (
        [booked(), booked("bob")],
        [("book", "ann"), ("cancel", "ann"), ("book", "bob")],
    ),
    (
        [booked(), reserved("bob", 2)],
        [("book", "ann"), ("cancel", "ann"), ("reserve", "bob")],
    ),
    ([BLOCKED, FREE], [("block", ""), ("unblock", "")]),
    (
        [reserved(), BLOCKED],
        [("reserve", "ann"), ("release", "ann"), ("block", "")],
    ),
    ([booked(), BLOCKED], [("book", "ann"), ("cancel", "ann"), ("block", "")]),
    ([BLOCKED, booked()], [("block", ""), ("unblock", ""), ("book", "ann")]),
    (["price_minor = 1"], []),
    ([FREE], []),
]


@pytest.mark.parametrize("sets, told", LIVES, ids=lambda v: None)
def test_every_change_is_told_once_in_order(db, sets, told):
    change(db, *sets)
    assert ops(db) == told
    assert ops(db, "2") == []
    last = db.sql(
        "SELECT t.history_seq, h.seq FROM tickets AS t LEFT JOIN history AS h"
        " ON h.ticket_id = t.id AND h.hash = t.history_hash WHERE t.id = '1'"
    )
    assert last == [[str(len(told)), str(len(told)) if told else ""]]


def test_a_change_that_is_undone_leaves_no_trace(db):
    db.sql(f"BEGIN; UPDATE tickets SET {booked()} WHERE id = '1'; ROLLBACK")
    for table in ("history", "orders", "bookings"):
        assert db.value(f"SELECT count(*) FROM {table}") == "0"


def test_the_hashes_can_be_computed_by_anyone(db):
    """By the format in docs/box-office.md, without the database's functions."""
    odd = "$odd$a,b:c\nß\x01$odd$"
    db.sql(
        "BEGIN; SET LOCAL holdfast.actor = 'Zoë, box office';"
        f"UPDATE tickets SET {reserved().replace(chr(39) + 'ann' + chr(39), odd)}"
        " WHERE id = '1'; COMMIT"
    )
    change(db, booked(odd).replace(f"'{odd}'", odd), FREE)
    fields = ("ticket_id seq event_id micros op holder fence lock_service until_micros"
              " order_number actor").split()
    rows = db.sql(
        "SELECT encode(convert_to(jsonb_build_object('ticket_id', ticket_id, 'seq', seq,"
        " 'event_id', event_id, 'micros', microseconds(at), 'op', op, 'holder', holder,"
        " 'fence', fence, 'lock_service', lock_service, 'until_micros',"
        " microseconds(until), 'order_number', order_number, 'actor', actor)::text,"
        " 'UTF8'), 'hex'), encode(prev_hash, 'hex'), encode(hash, 'hex')"
        " FROM history ORDER BY seq"
    )
    import json

    previous, counted = b"", ("ticket_id", "holder", "lock_service", "actor")
    for content, prev, own in rows:
        row = json.loads(bytes.fromhex(content))
        words = []
        for name in fields:
            text = "" if row[name] is None else str(row[name])
            size = "" if row[name] is None else str(len(text.encode()))
            words.append(f"{size}:{text}" if name in counted else text)
        hash_ = hashlib.sha256(previous + ",".join(words).encode()).digest()
        assert (bytes.fromhex(prev), hash_.hex()) == (previous, own)
        previous = hash_
    assert len(rows) == 3 and rows[0][1] == ""


def test_an_actor_is_named_and_only_in_his_transaction(db):
    db.sql(
        "BEGIN; SET LOCAL holdfast.actor = 'eve';"
        f"UPDATE tickets SET {BLOCKED} WHERE id = '1'; COMMIT;"
        f"UPDATE tickets SET {FREE} WHERE id = '1'"
    )
    assert db.sql("SELECT actor FROM history ORDER BY seq") == [["eve"], [""]]


@pytest.mark.parametrize(
    "crime",
    [
        "UPDATE history SET holder = 'bob'",
        "DELETE FROM history",
        "TRUNCATE history",
        "UPDATE history SET holder = 'bob' WHERE false",
    ],
)
def test_history_is_never_changed_or_taken_away(db, crime):
    change(db, reserved())
    with pytest.raises(AssertionError, match="history is only ever added to"):
        db.sql(crime)
    assert ops(db) == [("reserve", "ann")]


# -- versions --------------------------------------------------------------


def version(db, ticket="1"):
    return int(db.value(f"SELECT version FROM tickets WHERE id = '{ticket}'"))


def test_versions_grow_with_every_change_also_within_a_transaction(db):
    seen = [version(db)]
    for sets in (reserved(), reserved(seconds=90), FREE, reserved("bob", 2)):
        change(db, sets)
        seen.append(version(db))
    db.sql(
        "BEGIN;" + "".join(
            f"UPDATE tickets SET {sets} WHERE id = '1';"
            for sets in (reserved("eve", 3), FREE, reserved("eve", 4))
        ) + "COMMIT"
    )
    assert version(db) >= seen[-1] + 3
    assert seen == sorted(set(seen))


def test_a_version_never_goes_back_even_where_the_servers_count_did(db):
    """As after a restore into a new cluster, whose transactions count from 1."""
    db.sql("UPDATE tickets SET version = 1000000000000 WHERE id = '1'")
    change(db, reserved())
    assert version(db) == 1000000000001


# -- orders ----------------------------------------------------------------


def test_an_order_is_cancelled_with_its_last_ticket(db):
    db.sql(f"UPDATE tickets SET {booked()} WHERE id IN ('1', '2')")
    live = "SELECT count(*) FROM orders WHERE cancelled_at IS NULL"
    change(db, FREE)
    assert db.value(live) == "1"
    assert db.sql("SELECT ticket_id FROM bookings WHERE cancelled_at IS NULL") == [["2"]]
    change(db, FREE, ticket="2")
    assert db.value(live) == "0"
    assert db.value("SELECT total_minor FROM orders") == "19000"


def test_a_cancelled_ticket_is_sold_again_under_another_order(db):
    change(db, booked(), FREE, booked("bob", 2))
    assert db.sql("SELECT holder FROM bookings ORDER BY booked_at") == [["ann"], ["bob"]]
    assert db.value("SELECT count(DISTINCT order_number) FROM bookings") == "2"
    numbers = db.sql("SELECT t.order_number = o.number FROM tickets AS t, orders AS o"
                     " WHERE t.id = '1' AND o.holder = 'bob'")
    assert numbers == [["t"]]


def test_a_ticket_has_one_live_booking_at_most(db):
    change(db, booked())
    with pytest.raises(AssertionError, match="one_live_booking_a_ticket"):
        db.sql("INSERT INTO bookings SELECT * FROM bookings")


def test_no_booking_without_an_order_even_without_the_trigger(db):
    with pytest.raises(AssertionError, match="a_state_is_whole"):
        db.sql("BEGIN; ALTER TABLE tickets DISABLE TRIGGER tickets_change;"
               f"UPDATE tickets SET {booked()} WHERE id = '1'; COMMIT")


def test_order_numbers_are_random_and_evenly_spread(db):
    numbers = [n for (n,) in db.sql(
        "SELECT order_number_new() FROM generate_series(1, 2000)")]
    assert len(set(numbers)) == 2000
    digits = "".join(numbers).replace("HF", "").replace("-", "")
    assert set(digits) == set("0123456789ABCDEFGHJKMNPQRSTVWXYZ")
    # 24000 digits, 750 of each expected; 200 off is more than seven sigmas.
    assert all(550 < digits.count(d) < 950 for d in set(digits))
    # And at every place of it.
    for place in range(12):
        here = [n.replace("-", "")[2 + place] for n in numbers]
        assert len(set(here)) == 32
