"""The tickets' rows: every rule of fcgi/store.h, on the real PostgreSQL."""

import itertools
import random
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from driver import Driver, Row, tokens
from servers import Postgres, build_path
from web import wait_until

TICKETS = 12


def init(db, *options):
    subprocess.run(
        [build_path("db", "holdfast-init"), "--yes", *options],
        env={"DATABASE_URL": db.url},
        check=True,
        timeout=60,
        stdout=subprocess.DEVNULL,
    )


@pytest.fixture(scope="module")
def server():
    # Commits that need not wait are flushed late, so that it can be seen.
    with Postgres(settings={"wal_writer_delay": "10s"}) as running:
        yield running


@pytest.fixture
def db(server):
    """Tickets that were never sold."""
    init(server, "--tickets", str(TICKETS))
    return server


@pytest.fixture
def store(db):
    with Driver(database_url=db.url) as driver:
        yield driver


@pytest.fixture
def other(db):
    with Driver(database_url=db.url) as driver:
        yield driver


def row(db, ticket):
    """state, holder, fence, lock_service and ms left, as they are stored."""
    (columns,) = db.sql(
        "SELECT state, holder, fence, lock_service, (extract(epoch FROM"
        " reserved_until - clock_timestamp()) * 1000)::bigint"
        f" FROM tickets WHERE id = '{ticket}'"
    )
    return columns


def make_past(db, ticket):
    db.sql(
        "UPDATE tickets SET reserved_until = clock_timestamp() - interval '1 s'"
        f" WHERE id = '{ticket}'"
    )


# -- reserve ---------------------------------------------------------------


def test_a_free_ticket_is_reserved_until_the_hold_ends(store, db):
    assert store.reserve("ann", tokens("s", 10, ms=60000), "1").ok
    *what, left = row(db, 1)
    assert what == ["reserved", "ann", "10", "s"]
    assert 50000 < int(left) <= 60000


def test_each_ticket_of_a_basket_has_its_own_token_and_deadline(store, db):
    answer = tokens("s", 10, 30, 20)
    for grant, ms in zip(answer.grants, (60000, 5000, 30000)):
        grant.remaining_ms = ms
    assert store.reserve("ann", answer, "1", "2", "3").ok
    rows = [row(db, ticket) for ticket in (1, 2, 3)]
    assert [r[2] for r in rows] == ["10", "30", "20"]
    assert 50000 < int(rows[0][4]) <= 60000
    assert 0 < int(rows[1][4]) <= 5000
    assert 20000 < int(rows[2][4]) <= 30000


NEVER_SOLD, FREED, RESERVED, PAST, BOOKED = "never", "freed", "reserved", "past", "booked"

# The row was ann's under service s and token 10. Who may have it now?
#   before      client service token taken
RULES = [
    (NEVER_SOLD, "bob", "s", 1, True),
    (FREED, "bob", "s", 9, False),
    (FREED, "bob", "s", 10, False),
    (FREED, "bob", "s", 11, True),
    (FREED, "ann", "s", 9, False),
    (FREED, "ann", "s", 11, True),
    (FREED, "bob", "z", 1, True),
    (RESERVED, "bob", "s", 9, False),
    (RESERVED, "bob", "s", 10, False),
    (RESERVED, "bob", "s", 11, True),
    (RESERVED, "ann", "s", 9, False),
    (RESERVED, "ann", "s", 10, True),
    (RESERVED, "ann", "s", 11, True),
    (RESERVED, "bob", "z", 9, False),
    (RESERVED, "bob", "z", 11, False),
    (RESERVED, "ann", "z", 10, False),
    (RESERVED, "ann", "z", 11, False),
    (PAST, "bob", "s", 9, False),
    (PAST, "bob", "s", 10, False),
    (PAST, "bob", "s", 11, True),
    (PAST, "ann", "s", 9, False),
    (PAST, "ann", "s", 10, True),
    (PAST, "bob", "z", 1, True),
    (PAST, "ann", "z", 1, True),
    (BOOKED, "bob", "s", 11, False),
    (BOOKED, "bob", "z", 11, False),
    (BOOKED, "ann", "s", 10, False),
    (BOOKED, "ann", "s", 11, False),
]


def prepare(store, db, before):
    if before == NEVER_SOLD:
        return
    answer = tokens("s", 10)
    assert store.reserve("ann", answer, "2").ok
    if before == FREED:
        assert store.free("ann", "2").ok
    if before == PAST:
        make_past(db, 2)
    if before == BOOKED:
        assert store.book("ann", answer, "2").ok


@pytest.mark.parametrize("basket", [["2"], ["1", "2", "3"]], ids=["alone", "basket"])
@pytest.mark.parametrize("before,client,service,fence,taken", RULES)
def test_who_may_take_a_row(store, db, before, client, service, fence, taken, basket):
    prepare(store, db, before)
    was = {ticket: row(db, ticket)[:4] for ticket in basket}
    answer = tokens(service, *[fence] * len(basket))
    got = store.reserve(client, answer, *basket)
    assert got.code == ("ok" if taken else "held")
    for ticket in basket:
        if taken:
            assert row(db, ticket)[:4] == ["reserved", client, str(fence), service]
        else:
            assert row(db, ticket)[:4] == was[ticket]


@pytest.mark.parametrize("basket", [["2"], ["1", "2"]], ids=["alone", "basket"])
def test_the_same_token_again_moves_no_deadline(store, db, basket):
    assert store.reserve("ann", tokens("s", 10, ms=5000), "2").ok
    again = tokens("s", *[10] * len(basket), ms=60000)
    assert store.reserve("ann", again, *basket).ok
    assert int(row(db, 2)[4]) <= 5000


@pytest.mark.parametrize("basket", [["2"], ["1", "2"]], ids=["alone", "basket"])
def test_a_greater_token_brings_its_own_deadline(store, db, basket):
    assert store.reserve("ann", tokens("s", 10, ms=5000), "2").ok
    assert store.reserve("ann", tokens("s", *[11] * len(basket)), *basket).ok
    assert int(row(db, 2)[4]) > 50000


def test_a_refusal_tells_what_each_ticket_is(store, db):
    for ticket, client in (("2", "ann"), ("3", "bob"), ("4", "ann"), ("5", "bob")):
        assert store.reserve(client, tokens("s", 10), ticket).ok
    assert store.book("bob", tokens("s", 10), "5").ok
    assert store.reserve("bob", tokens("s", 10), "6").ok
    assert store.book("bob", tokens("s", 10), "6").ok
    make_past(db, 4)
    got = store.reserve("bob", tokens("s", 9, 9, 9, 9, 9, 9), "1", "2", "3", "4", "5", "9x")
    assert got.code == "held"
    assert [(r.state, r.mine) for r in got.rows] == [
        ("free", False),
        ("reserved", False),
        ("reserved", True),
        ("free", False),
        ("booked", True),
        ("unknown", False),
    ]
    assert [r.remaining_ms > 0 for r in got.rows] == [False, True, True] + [False] * 3
    assert got.rows[1].remaining_ms <= 60000


def test_an_unknown_ticket_is_refused_as_such(store):
    got = store.reserve("ann", tokens("s", 10), "nothing")
    assert got.code == "held" and got.rows == [Row("unknown", False, 0)]


# -- book ------------------------------------------------------------------


@pytest.mark.parametrize("basket", [["2"], ["1", "2", "3"]], ids=["alone", "basket"])
def test_what_is_reserved_under_these_tokens_is_booked(store, db, basket):
    answer = tokens("s", *range(10, 10 + len(basket)))
    assert store.reserve("ann", answer, *basket).ok
    assert store.book("ann", answer, *basket).ok
    for ticket in basket:
        assert row(db, ticket)[:2] == ["booked", "ann"]
    assert db.value("SELECT count(*) FROM tickets WHERE booked_at <= now()") == str(
        len(basket)
    )


@pytest.mark.parametrize("basket", [["2"], ["1", "2", "3"]], ids=["alone", "basket"])
@pytest.mark.parametrize(
    "client,service,fence",
    [("bob", "s", 10), ("ann", "z", 10), ("ann", "s", 9), ("ann", "s", 11)],
)
def test_any_other_client_token_or_service_books_nothing(
    store, db, client, service, fence, basket
):
    for ticket in basket:
        mine = tokens("s", 10) if ticket == "2" else tokens(service, fence)
        assert store.reserve("ann" if ticket == "2" else client, mine, ticket).ok
    got = store.book(client, tokens(service, *[fence] * len(basket)), *basket)
    assert got.code == "notowner"
    assert all(r.state == "reserved" for r in got.rows)
    assert got.rows[basket.index("2")].mine == (client == "ann")
    assert db.value("SELECT count(*) FROM tickets WHERE state = 'booked'") == "0"


@pytest.mark.parametrize("basket", [["2"], ["1", "2"]], ids=["alone", "basket"])
def test_booking_twice_tells_that_it_is_booked_already(store, basket):
    answer = tokens("s", *[10] * len(basket))
    assert store.reserve("ann", answer, *basket).ok
    assert store.book("ann", answer, *basket).ok
    again = store.book("ann", answer, *basket)
    assert again.code == "notowner"
    assert again.rows == [Row("booked", True, 0)] * len(basket)
    assert store.book("bob", answer, *basket).rows[0] == Row("booked", False, 0)


def test_a_free_or_unknown_ticket_cannot_be_booked(store):
    got = store.book("ann", tokens("s", 10, 10), "1", "nothing")
    assert got.code == "notowner"
    assert [r.state for r in got.rows] == ["free", "unknown"]


def test_a_freed_ticket_cannot_be_booked_by_its_old_token(store):
    assert store.reserve("ann", tokens("s", 10), "1").ok
    assert store.free("ann", "1").ok
    assert store.book("ann", tokens("s", 10), "1").code == "notowner"


def test_a_row_past_its_deadline_is_booked_if_nobody_took_it(store, db):
    assert store.reserve("ann", tokens("s", 10), "1").ok
    make_past(db, 1)
    assert store.book("ann", tokens("s", 10), "1").ok


def test_a_paused_holder_loses_by_its_token(store, other):
    late = tokens("s", 10)
    assert store.reserve("ann", late, "1").ok
    assert other.reserve("bob", tokens("s", 11), "1").ok
    got = store.book("ann", late, "1")
    assert got.code == "notowner"
    assert (got.rows[0].state, got.rows[0].mine) == ("reserved", False)


# -- release, rows, available ----------------------------------------------


def test_free_frees_only_what_the_client_has_reserved(store, db):
    assert store.reserve("ann", tokens("s", 10, 10), "1", "2").ok
    assert store.book("ann", tokens("s", 10), "2").ok
    assert store.reserve("bob", tokens("s", 10), "3").ok
    assert store.reserve("ann", tokens("s", 10), "4").ok
    make_past(db, 4)
    got = store.free("ann", "1", "2", "3", "4", "5", "nothing")
    assert got.ok
    assert [(r.state, r.mine) for r in got.rows] == [
        ("reserved", True),
        ("booked", True),
        ("reserved", False),
        ("lapsed", True),
        ("free", False),
        ("unknown", False),
    ]
    states = [row(db, ticket)[0] for ticket in range(1, 6)]
    assert states == ["free", "booked", "reserved", "free", "free"]
    assert row(db, 1)[1:4] == ["", "10", "s"]


def test_free_looks_at_no_token(store):
    assert store.reserve("ann", tokens("s", 10), "1").ok
    assert store.reserve("ann", tokens("s", 12), "1").ok
    assert store.free("ann", "1").rows[0].mine
    assert store.rows("ann", "1").rows == [Row("free", False, 0)]


def test_rows_tell_each_client_its_own_view_and_change_nothing(store, db):
    assert store.reserve("ann", tokens("s", 10, 10), "1", "2").ok
    make_past(db, 2)
    before = db.sql("SELECT xmin, * FROM tickets")
    (first, second) = store.rows("ann", "1", "2").rows
    assert (first.state, first.mine) == ("reserved", True)
    assert 50000 < first.remaining_ms <= 60000
    assert second == Row("lapsed", True, 0)
    (first, second) = store.rows("bob", "1", "2").rows
    assert (first.state, first.mine) == ("reserved", False)
    assert second == Row("free", False, 0)
    assert db.sql("SELECT xmin, * FROM tickets") == before


def test_available_lists_what_is_for_sale_in_sale_order(store, db):
    assert store.available() == [str(n) for n in range(1, TICKETS + 1)]
    db.sql("UPDATE tickets SET sale_order = 100 WHERE id = '1'")
    assert store.available() == [str(n) for n in range(2, TICKETS + 1)] + ["1"]


def test_reserved_and_booked_tickets_are_not_available_and_past_ones_are(store, db):
    assert store.reserve("ann", tokens("s", 10, 10, 10), "1", "2", "3").ok
    assert store.book("ann", tokens("s", 10), "2").ok
    make_past(db, 3)
    assert store.available() == [str(n) for n in range(3, TICKETS + 1)]


def test_nothing_is_available_when_all_is_sold(store, db):
    db.sql("DELETE FROM tickets")
    assert store.available() == []


# -- events ----------------------------------------------------------------


def test_the_tickets_of_another_event_are_unknown(store, db):
    db.sql(
        "INSERT INTO events (id, title, currency) VALUES ('gala', 'Gala', 'EUR')"
        " ON CONFLICT DO NOTHING;"
        "INSERT INTO tickets (id, event_id, sale_order, section, seat_row,"
        " seat_number, price_minor, currency)"
        " VALUES ('gala:1', 'gala', 1, 'A', '1', 1, 1, 'EUR')"
    )
    for basket in (["gala:1"], ["1", "gala:1"]):
        answer = tokens("s", *[10] * len(basket))
        got = store.reserve("ann", answer, *basket)
        assert (got.code, got.rows[-1].state) == ("held", "unknown")
    db.sql("UPDATE tickets SET state = 'reserved', holder = 'ann', fence = 10,"
           " lock_service = 's', reserved_until = now() WHERE id = 'gala:1'")
    assert store.book("ann", tokens("s", 10), "gala:1").code == "notowner"
    assert store.free("ann", "gala:1").rows[0].state == "unknown"
    assert row(db, "gala:1")[0] == "reserved"
    assert store.available() == [str(n) for n in range(1, TICKETS + 1)]


def test_a_seat_that_the_box_office_keeps_is_as_good_as_sold(store, db):
    db.sql("UPDATE tickets SET state = 'blocked' WHERE id = '1'")
    for basket in (["1"], ["1", "2"]):
        got = store.reserve("ann", tokens("s", *[10] * len(basket)), *basket)
        assert (got.code, got.rows[0].state) == ("held", "booked")
    assert "1" not in store.available() and len(store.available()) == TICKETS - 1


CLOSED = ["closed = true", "sale_opens_at = clock_timestamp() + interval '1 h'"]


@pytest.mark.parametrize("change", CLOSED, ids=["closed", "not yet open"])
def test_while_there_is_no_sale_nothing_is_reserved_but_holds_are_booked(
    store, db, change
):
    mine = tokens("s", 10)
    assert store.reserve("ann", mine, "1").ok
    db.sql(f"UPDATE events SET {change} WHERE id = 'default'")
    try:
        assert store.available() == []
        assert store.reserve("bob", mine, "2").code == "held"
        assert store.reserve("bob", tokens("s", 11, 11), "2", "3").code == "held"
        assert store.book("ann", mine, "1").ok
    finally:
        db.sql("UPDATE events SET closed = false, sale_opens_at = NULL")
    assert store.reserve("bob", mine, "2").ok


def test_ping_asks_the_database(store):
    assert store.store_ping() == "ok"


# -- what clients may send -------------------------------------------------

ODD = ["'", "\\", '"', "{1,2}", "NULL", "$1", "%s", "\x01\x7f", "ß☂𝕏", " "]


@pytest.mark.parametrize("odd", ODD, ids=repr)
def test_no_byte_of_a_client_or_an_id_is_taken_for_syntax(store, db, odd):
    db.sql(
        "INSERT INTO tickets (id, sale_order, section, seat_row, seat_number,"
        f" price_minor, currency) VALUES ($odd${odd}$odd$, 99, 'x', 'x', 1, 1, 'EUR')"
    )
    basket = sorted(["1", odd])
    answer = tokens("s", 10, 10)
    assert store.reserve(odd, answer, *basket).ok
    assert all(r.mine for r in store.rows(odd, *basket).rows)
    assert not any(r.mine for r in store.rows("ann", *basket).rows)
    assert store.book(odd, answer, *basket).ok


def backends(db):
    return db.sql("SELECT pid FROM pg_stat_activity WHERE application_name = 'ticketing'")


@pytest.mark.parametrize("client", [b"\xff", b"c" * 129], ids=["not UTF-8", "too long"])
def test_a_client_the_table_cannot_hold_is_refused_and_the_session_lives(
    store, db, client
):
    assert store.store_ping() == "ok"
    before = backends(db)
    assert store.reserve(client, tokens("s", 10), "1").code == "unreachable"
    assert store.store_ping() == "ok"
    assert len(before) == 1 and backends(db) == before
    assert store.log().count("database refused a statement") == 1
    assert "lost" not in store.log()


# -- what waits for the disk -----------------------------------------------


def written_and_flushed(db):
    return db.sql("SELECT pg_current_wal_insert_lsn(), pg_current_wal_flush_lsn()")[0]


def without_waiting(db, call):
    """True if call's commit was over before it was on the disk.

    A commit that waits cannot but move the flushed position. The server may
    flush for its own reasons just then, so any of several tries will do.
    """
    for attempt in range(1, 11):
        before = written_and_flushed(db)
        call(attempt)
        after = written_and_flushed(db)
        assert after[0] != before[0], "it wrote nothing"
        if after[1] == before[1]:
            return True
    return False


def test_reserve_does_not_wait_for_the_disk(store, db):
    def reserve(attempt):
        assert store.reserve("ann", tokens("s", attempt), "1").ok

    def reserve_basket(attempt):
        assert store.reserve("ann", tokens("s", attempt, attempt), "2", "3").ok

    def refuse_basket(attempt):
        # Row locks are written, too.
        assert store.reserve("bob", tokens("z", 1, 1), "2", "4").code == "held"

    def free(attempt):
        assert store.free("ann", "1", "2").ok
        assert store.reserve("ann", tokens("s", 99 + attempt), "1").ok

    def book(attempt):
        assert store.reserve("bob", tokens("s", 1), str(attempt + 4)).ok
        assert store.book("bob", tokens("s", 1), str(attempt + 4)).ok

    assert without_waiting(db, reserve)
    assert without_waiting(db, reserve_basket)
    assert without_waiting(db, refuse_basket)
    assert without_waiting(db, free)
    # The same look at what does wait, so that it is known to see anything.
    init(db, "--tickets", "20")
    assert not without_waiting(db, book)


def test_book_waits_for_the_disk_and_survives_a_crash(store, other, db):
    mine, pair = tokens("s", 10), tokens("s", 10, 10)
    assert store.reserve("ann", mine, "1").ok
    assert other.reserve("bob", pair, "2", "3").ok
    assert store.reserve("ann", mine, "4").ok
    assert store.book("ann", mine, "1").ok
    db.kill()
    db.start()
    assert row(db, 1)[:2] == ["booked", "ann"]
    wait_until(lambda: other.store_ping() == "ok", 20, "the database is back")
    answer = other.book("bob", pair, "2", "3")
    assert answer.ok or other.reserve("bob", pair, "2", "3").ok
    assert answer.ok or other.book("bob", pair, "2", "3").ok
    db.kill()
    db.start()
    assert [row(db, n)[:2] for n in (2, 3)] == [["booked", "bob"]] * 2


def test_book_waits_even_where_the_database_says_not_to(db):
    db.sql(f"ALTER DATABASE {db.database} SET synchronous_commit = off")
    try:
        with Driver(database_url=db.url) as store:
            for number in range(1, 6):
                mine = tokens("s", 10)
                assert store.reserve("ann", mine, str(number)).ok
                assert store.book("ann", mine, str(number)).ok
            db.kill()
            db.start()
        booked = "SELECT count(*) FROM tickets WHERE state = 'booked'"
        assert db.value(booked) == "5"
    finally:
        db.sql(f"ALTER DATABASE {db.database} RESET synchronous_commit")


# -- many at once ----------------------------------------------------------


def test_a_decision_is_made_on_the_row_it_replaces(store, db):
    """Whoever waited for another's commit sees what that one left."""
    for isolation in ("read committed", "serializable"):
        db.sql(
            f"ALTER DATABASE {db.database}"
            f" SET default_transaction_isolation = '{isolation}'"
        )
        for basket in (["1"], ["1", "2"]):
            for fence, code in ((12, "ok"), (9, "held")):
                init(db, "--tickets", str(TICKETS))
                with Driver(database_url=db.url) as fresh:
                    assert fresh.reserve("ann", tokens("s", 5), "1").ok
                    answer = tokens("s", *[fence] * len(basket))
                    done = behind_another(db, fresh, answer, basket)
                    assert done[0] == code
                    if code == "ok":
                        assert row(db, 1)[:3] == ["reserved", "bob", str(fence)]
                    else:
                        assert row(db, 1)[:3] == ["reserved", "eve", "10"]
                        assert row(db, 2)[0] == "free"
    db.sql(f"ALTER DATABASE {db.database} RESET default_transaction_isolation")


def behind_another(db, driver, answer, basket):
    """Bob reserves while eve's reserve, by token 10, has not committed yet."""
    with subprocess.Popen(
        ["psql", "-X", "-q", "-At", db.url],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as eve:
        eve.stdin.write(
            "BEGIN; UPDATE tickets SET holder = 'eve', fence = 10 WHERE id = '1';"
            " SELECT 'done';\n"
        )
        eve.stdin.flush()
        assert eve.stdout.readline() == "done\n"
        driver.send(*driver.sale_words("reserve", "bob", answer, basket))
        waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
        wait_until(lambda: db.value(waiting) == "1", 10, "the reserve waits")
        eve.stdin.write("COMMIT;\n")
        eve.stdin.close()
        return driver.receive()


def test_overlapping_baskets_never_block_each_other_for_good_or_get_half(db):
    """16 threads take three of six tickets, tokens growing from call to call.

    Each ticket must end with the greatest token that was acknowledged for a
    basket with it: a half-taken or a wrongly refused basket breaks that.
    """
    counter, guard = itertools.count(1), threading.Lock()
    taken = []

    def buy(number):
        dice = random.Random(number)
        with Driver(database_url=db.url) as mine:
            for _ in range(60):
                basket = sorted(dice.sample("123456", 3))
                with guard:
                    fence = next(counter)
                got = mine.reserve(f"c{number}", tokens("s", *[fence] * 3), *basket)
                assert got.code in ("ok", "held"), mine.log()
                if got.ok:
                    with guard:
                        taken.append((fence, f"c{number}", basket))

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(buy, range(16)))
    assert len(taken) > 16
    for ticket in "123456":
        fence, client, _ = max(t for t in taken if ticket in t[2])
        assert row(db, ticket)[:3] == ["reserved", client, str(fence)]
    deadlocks = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
    assert db.value(deadlocks) == "0"
    assert "deadlock" not in db.log()


def test_overlapping_bookings_and_releases_end_whole(db):
    """16 threads reserve, then book or free, baskets of three of six."""
    counter, guard = itertools.count(1), threading.Lock()
    sold = {}

    def buy(number):
        dice = random.Random(number)
        client = f"c{number}"
        with Driver(database_url=db.url) as mine:
            for attempt in range(40):
                basket = sorted(dice.sample("123456", 3))
                with guard:
                    answer = tokens("s", *[next(counter)] * 3)
                if not mine.reserve(client, answer, *basket).ok:
                    continue
                if attempt > 30 and mine.book(client, answer, *basket).ok:
                    with guard:
                        sold.update((ticket, client) for ticket in basket)
                elif attempt <= 30:
                    assert mine.free(client, *reversed(basket)).ok
            assert mine.log() == ""

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(buy, range(16)))
    booked = dict(db.sql("SELECT id, holder FROM tickets WHERE state = 'booked'"))
    assert booked == sold and len(sold) in (3, 6)
    assert "deadlock" not in db.log()


def updates_of(db, expected):
    """All and heap-only updates, once the sessions that ended have reported."""
    counts = (
        "SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables"
        " WHERE relname = 'tickets'"
    )
    wait_until(lambda: db.sql(counts)[0][0] == expected, 20, "all is counted")
    return db.sql(counts)[0]


def test_a_sale_makes_heap_only_updates(db):
    """All of 200 tickets are sold, neighbours at once, and no index changed."""
    init(db, "--tickets", "200")
    db.sql("SELECT pg_stat_reset_single_table_counters('tickets'::regclass)")

    def buy(number):
        with Driver(database_url=db.url) as mine:
            for ticket in range(number, 201, 8):
                answer = tokens("s" * 32, 1)
                assert mine.reserve("c" * 36, answer, str(ticket)).ok
                assert mine.book("c" * 36, answer, str(ticket)).ok

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(buy, range(1, 9)))
    assert updates_of(db, "400") == ["400", "400"]


def test_tickets_that_come_back_are_heap_only_updates_too(db):
    db.sql("SELECT pg_stat_reset_single_table_counters('tickets'::regclass)")
    with Driver(database_url=db.url) as mine:
        for fence in range(1, 51):
            for ticket in ("1", "2"):
                assert mine.reserve("c" * 36, tokens("s" * 32, fence), ticket).ok
            assert mine.free("c" * 36, "1", "2").ok
    assert updates_of(db, "200") == ["200", "200"]
