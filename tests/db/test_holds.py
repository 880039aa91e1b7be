"""Holds and orders: the functions of 0006_holds.sql, alone and two at once."""

import itertools
import random
import re
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from sale_session import Session, make_tickets, never_sold
from sale_session import other, session  # noqa: F401 - fixtures
from servers import Postgres
from web import wait_until

MINUTE = 60000


@pytest.fixture(scope="module")
def server():
    with Postgres(fsync=False) as running:
        make_tickets(running, 20)
        yield running


@pytest.fixture
def db(server):
    """Twenty tickets that were never sold, ten a client."""
    never_sold(server)
    return server


def take(session, hold, holder, tickets, fence=10, ms=MINUTE, service="s"):
    fences = [fence] * len(tickets)
    return session.one(
        "hold_take", hold, "default", holder, tickets, fences, service, ms
    )


def state(db, ticket):
    return db.value(f"SELECT state FROM tickets WHERE id = '{ticket}'")


def lapse(db, hold):
    """As if the hold's time had run out a second ago."""
    past = "clock_timestamp() - interval '1 s'"
    db.sql(
        f"UPDATE tickets SET reserved_until = {past} FROM holds AS h"
        f" WHERE h.id = '{hold}' AND tickets.id = ANY (h.ticket_ids);"
        f"UPDATE holds SET until = {past} WHERE id = '{hold}'"
    )


def waits(db):
    waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
    wait_until(lambda: db.value(waiting) == "1", 10, "it waits for the other")


# -- taking ----------------------------------------------------------------


def test_a_hold_takes_all_its_seats_and_tells_what_it_is(session, db):
    got = take(session, "h1", "ann", ["1", "2"])
    assert (got["outcome"], got["hold_id"]) == ("ok", "h1")
    assert MINUTE - 5000 < int(got["left_ms"]) <= MINUTE
    rows = session.call("hold_show", "h1", "ann")
    assert [r["ticket_id"] for r in rows] == ["1", "2"]
    assert {r["outcome"] for r in rows} == {"ok"}
    assert rows[0]["total_minor"] == "19000" and rows[0]["currency"] == "EUR"
    assert rows[0]["extensions_left"] == "10"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", rows[0]["until"])
    assert db.sql("SELECT holder, fence FROM tickets WHERE id = '2'") == [["ann", "10"]]


def test_seats_are_taken_all_or_none(session, other, db):
    assert take(session, "h1", "ann", ["2"])["outcome"] == "ok"
    assert take(other, "h2", "bob", ["1", "2", "3"])["outcome"] == "refused"
    assert [state(db, n) for n in (1, 3)] == ["free", "free"]
    seen = other.call("seats_seen", "default", ["1", "2", "3", "nothing"], "bob")
    assert [r["state"] for r in seen] == ["available", "held", "available", "unknown"]
    assert MINUTE - 5000 < int(seen[1]["left_ms"]) <= MINUTE
    assert seen[1]["mine"] == "f" and seen[1]["ordinal"] == "2"


def test_the_same_again_is_the_same_hold_and_moves_no_deadline(session):
    take(session, "h1", "ann", ["1", "2"])
    before = session.call("hold_show", "h1", "ann")[0]["until"]
    again = take(session, "h2", "ann", ["1", "2"])
    assert (again["outcome"], again["hold_id"]) == ("again", "h1")
    assert session.call("hold_show", "h1", "ann")[0]["until"] == before
    assert session.one("hold_show", "h2", "ann")["outcome"] == "unknown"


def test_a_seat_is_in_one_hold_only_even_of_one_holder(session):
    take(session, "h1", "ann", ["1", "2"])
    assert take(session, "h2", "ann", ["2", "3"])["outcome"] == "refused"


def test_a_lapsed_hold_is_taken_over_and_the_first_holder_loses_it(session, other, db):
    take(session, "h1", "ann", ["1", "2"])
    lapse(db, "h1")
    assert session.call("hold_show", "h1", "ann")[0]["outcome"] == "expired"
    assert take(other, "h2", "bob", ["2"], fence=11)["outcome"] == "ok"
    assert session.one("hold_book", "h1", "ann", "k", "f")["outcome"] == "expired"
    assert state(db, 1) == "reserved" and state(db, 2) == "reserved"
    assert other.one("hold_book", "h2", "bob", "k", "f")["outcome"] == "ok"
    ops = db.sql("SELECT op, holder FROM history WHERE ticket_id = '2' ORDER BY seq")
    assert ops[-3:] == [["expire", "ann"], ["reserve", "bob"], ["book", "bob"]]


def test_a_smaller_token_of_the_same_service_never_takes_a_seat(session, other, db):
    take(session, "h1", "ann", ["1"], fence=10)
    session.one("hold_release", "h1", "ann")
    assert take(other, "h2", "bob", ["1"], fence=9)["outcome"] == "refused"
    assert take(other, "h2", "bob", ["1"], fence=10)["outcome"] == "refused"
    assert take(other, "h2", "bob", ["1"], fence=11)["outcome"] == "ok"


def test_another_service_takes_what_is_free_or_lapsed_only(session, other, db):
    take(session, "h1", "ann", ["1"], fence=10)
    assert take(other, "h2", "bob", ["1"], fence=1, service="z")["outcome"] == "refused"
    lapse(db, "h1")
    assert take(other, "h2", "bob", ["1"], fence=1, service="z")["outcome"] == "ok"


@pytest.mark.parametrize(
    "change, outcome",
    [
        ("closed = true", "closed"),
        ("sale_opens_at = clock_timestamp() + interval '1 h'", "not_yet"),
        ("sale_opens_at = clock_timestamp() - interval '1 h'", "ok"),
    ],
)
def test_nothing_is_taken_while_there_is_no_sale(session, db, change, outcome):
    db.sql(f"UPDATE events SET {change}")
    assert take(session, "h1", "ann", ["1"])["outcome"] == outcome
    assert session.one("event_terms", "default")["sale"] == outcome.replace("ok", "open")


def test_what_is_held_when_the_sale_closes_is_still_booked(session, db):
    take(session, "h1", "ann", ["1"])
    db.sql("UPDATE events SET closed = true")
    assert take(session, "h9", "ann", ["1"])["outcome"] == "again"
    assert session.one("hold_extend", "h1", "ann", 2 * MINUTE, [10], "s")[
        "outcome"] == "ok"
    assert session.one("hold_book", "h1", "ann", "k", "f")["outcome"] == "ok"


def test_an_event_that_is_not_there_is_unknown_and_its_seats_too(session, db):
    db.sql("INSERT INTO events (id, title, currency) VALUES ('x', 'X', 'EUR')"
           " ON CONFLICT DO NOTHING")
    got = session.one("hold_take", "h1", "nothing", "ann", ["1"], [1], "s", 1000)
    assert got["outcome"] == "unknown"
    got = session.one("hold_take", "h1", "x", "ann", ["1"], [1], "s", 1000)
    assert got["outcome"] == "refused"
    assert session.one("seats_seen", "x", ["1"], "ann")["state"] == "unknown"


# -- the limit -------------------------------------------------------------


def test_a_client_may_have_so_many_seats_and_not_one_more(session, db):
    db.sql("UPDATE events SET seats_per_client = 3")
    assert take(session, "h0", "ann", ["1", "2", "3", "4"])["outcome"] == "limit"
    assert take(session, "h1", "ann", ["1", "2"])["outcome"] == "ok"
    got = take(session, "h2", "ann", ["3", "4"])
    assert (got["outcome"], got["seats_limit"], got["seats_used"]) == ("limit", "3", "2")
    session.one("hold_book", "h1", "ann", "k", "f")
    assert take(session, "h2", "ann", ["3", "4"])["outcome"] == "limit"
    assert take(session, "h2", "ann", ["3"])["outcome"] == "ok"
    assert take(session, "h3", "ann", ["4"])["outcome"] == "limit"
    assert take(session, "h4", "bob", ["4", "5", "6"])["outcome"] == "ok"


def test_what_lapsed_was_given_back_or_cancelled_does_not_count(session, db):
    db.sql("UPDATE events SET seats_per_client = 2")
    assert take(session, "h1", "ann", ["1", "2"])["outcome"] == "ok"
    lapse(db, "h1")
    assert take(session, "h2", "ann", ["3", "4"])["outcome"] == "ok"
    session.one("hold_release", "h2", "ann")
    assert take(session, "h3", "ann", ["5", "6"])["outcome"] == "ok"
    session.one("hold_book", "h3", "ann", "k", "f")
    assert take(session, "h4", "ann", ["7"])["outcome"] == "limit"
    db.sql("UPDATE tickets SET state = 'free', holder = NULL, booked_at = NULL"
           " WHERE id = '5'")
    assert take(session, "h4", "ann", ["7"])["outcome"] == "ok"


def test_two_calls_of_one_client_at_once_do_not_pass_the_limit(session, other, db):
    db.sql("UPDATE events SET seats_per_client = 3")
    session.begin()
    assert take(session, "h1", "ann", ["1", "2"])["outcome"] == "ok"
    other.send_call("hold_take", "h2", "default", "ann", ["3", "4"], [1, 1], "s", MINUTE)
    waits(db)
    session.commit()
    assert other.receive()[0]["outcome"] == "limit"


# -- extending -------------------------------------------------------------


def extend(session, hold, ms, fence=10, tickets=1, holder="ann"):
    return session.one("hold_extend", hold, holder, ms, [fence] * tickets, "s")


def test_an_extension_moves_the_deadline_of_the_hold_and_its_seats(session, db):
    take(session, "h1", "ann", ["1", "2"])
    got = extend(session, "h1", 5 * MINUTE, tickets=2)
    assert (got["outcome"], got["extensions_left"]) == ("ok", "9")
    assert 5 * MINUTE - 5000 < int(got["left_ms"]) <= 5 * MINUTE
    same = ("SELECT count(*) FROM tickets AS t, holds AS h"
            " WHERE t.reserved_until = h.until")
    assert db.value(same) == "2"


def test_extensions_end_by_their_number(session, db):
    db.sql("UPDATE events SET extensions = 2")
    take(session, "h1", "ann", ["1"])
    assert extend(session, "h1", 2 * MINUTE)["outcome"] == "ok"
    assert extend(session, "h1", 3 * MINUTE)["outcome"] == "ok"
    before = session.one("hold_show", "h1", "ann")["until"]
    got = extend(session, "h1", 4 * MINUTE)
    assert (got["outcome"], got["extensions_left"]) == ("none_left", "0")
    assert session.one("hold_show", "h1", "ann")["until"] == before


def test_no_extension_passes_the_absolute_limit(session, db):
    db.sql("UPDATE events SET hold_limit_seconds = 90")
    take(session, "h1", "ann", ["1"])
    got = extend(session, "h1", 5 * MINUTE)
    assert got["outcome"] == "ok" and int(got["left_ms"]) <= 90000
    got = extend(session, "h1", 5 * MINUTE)
    assert (got["outcome"], got["extensions_left"]) == ("limit", "9")
    shown = session.one("hold_show", "h1", "ann")
    assert shown["until"] == shown["limit_at"]


def test_an_extension_that_gives_no_time_is_not_spent(session):
    take(session, "h1", "ann", ["1"])
    got = extend(session, "h1", MINUTE // 2)
    assert (got["outcome"], got["extensions_left"]) == ("ok", "10")
    assert int(got["left_ms"]) > MINUTE // 2


def test_a_hold_that_is_over_or_under_other_tokens_is_not_extended(session, db):
    take(session, "h1", "ann", ["1"])
    assert extend(session, "h1", 2 * MINUTE, fence=11)["outcome"] == "expired"
    assert extend(session, "h1", 2 * MINUTE, holder="bob")["outcome"] == "not_yours"
    assert extend(session, "h2", 2 * MINUTE)["outcome"] == "unknown"
    lapse(db, "h1")
    assert extend(session, "h1", 2 * MINUTE)["outcome"] == "expired"


# -- releasing -------------------------------------------------------------


def test_a_release_frees_every_seat_and_again_says_so_again(session, db):
    take(session, "h1", "ann", ["1", "2"])
    assert session.one("hold_release", "h1", "bob")["outcome"] == "not_yours"
    assert session.one("hold_release", "h1", "ann")["outcome"] == "ok"
    assert [state(db, n) for n in (1, 2)] == ["free", "free"]
    assert session.one("hold_release", "h1", "ann")["outcome"] == "released"
    assert session.call("hold_show", "h1", "ann")[0]["outcome"] == "released"
    assert session.call("holds_of", "ann") == []


def test_a_release_of_a_lapsed_hold_leaves_what_others_took(session, other, db):
    take(session, "h1", "ann", ["1", "2"])
    lapse(db, "h1")
    take(other, "h2", "bob", ["2"], fence=11)
    assert session.one("hold_release", "h1", "ann")["outcome"] == "expired"
    assert (state(db, 1), state(db, 2)) == ("free", "reserved")


# -- booking ---------------------------------------------------------------


def book(session, hold, key="k", fingerprint="f", holder="ann"):
    got = session.one("hold_book", hold, holder, key, fingerprint)
    return got["outcome"], got["order_number"]


def test_a_hold_is_booked_as_one_order(session, db):
    take(session, "h1", "ann", ["1", "2", "3"])
    outcome, number = book(session, "h1")
    assert outcome == "ok"
    assert re.fullmatch(r"HF(-[0-9A-HJKMNP-TV-Z]{4}){3}", number)
    rows = session.call("order_show", number, "ann")
    assert [r["ticket_id"] for r in rows] == ["1", "2", "3"]
    assert {r["total_minor"] for r in rows} == {"28500"}
    assert {r["cancelled"] for r in rows} == {"f"}
    assert session.call("order_show", number, "bob") == []
    assert len(session.call("orders_of", "ann")) == 3
    assert db.sql("SELECT hold_id FROM orders") == [["h1"]]
    assert db.value("SELECT count(*) FROM bookings") == "3"


def test_a_key_books_once_whatever_is_repeated(session):
    take(session, "h1", "ann", ["1"])
    _, number = book(session, "h1")
    assert book(session, "h1") == ("replayed", number)
    assert book(session, "h1", key="another") == ("replayed", number)
    assert book(session, "h1", fingerprint="other") == ("key_reused", "")
    take(session, "h2", "ann", ["2"])
    assert book(session, "h2", fingerprint="g") == ("key_reused", "")
    assert book(session, "h2", key="k2")[0] == "ok"


def test_a_key_is_its_clients_own(session, other):
    take(session, "h1", "ann", ["1"])
    take(other, "h2", "bob", ["2"])
    _, number = book(session, "h1")
    assert book(other, "h2", holder="bob")[0] == "ok"
    assert book(other, "h1", key="z", holder="bob") == ("not_yours", "")
    assert book(session, "h1") == ("replayed", number)


def test_a_refusal_is_not_remembered_under_its_key(session, db):
    assert book(session, "h1")[0] == "unknown"
    take(session, "h1", "ann", ["1"])
    assert book(session, "h1")[0] == "ok"


def test_a_key_is_forgotten_after_a_day_and_the_hold_still_books_once(session, db):
    take(session, "h1", "ann", ["1"])
    _, number = book(session, "h1")
    db.sql("UPDATE idempotency SET created_at = created_at - interval '25 h'")
    assert book(session, "h1", fingerprint="other") == ("replayed", number)
    db.sql("UPDATE idempotency SET created_at = created_at - interval '25 h'")
    assert session.one("tidy")["tidy"] == "1"
    assert db.value("SELECT count(*) FROM idempotency") == "0"


def test_the_same_key_at_the_same_time_is_told_that_it_is_at_work(session, other, db):
    take(session, "h1", "ann", ["1"])
    session.begin()
    assert book(session, "h1")[0] == "ok"
    assert book(other, "h1") == ("in_progress", "")
    session.commit()
    assert book(other, "h1")[0] == "replayed"


def test_two_keys_at_once_book_a_hold_once(session, other, db):
    take(session, "h1", "ann", ["1"])
    session.begin()
    _, number = book(session, "h1", key="a")
    other.send_call("hold_book", "h1", "ann", "b", "f")
    waits(db)
    session.commit()
    (got,) = other.receive()
    assert (got["outcome"], got["order_number"]) == ("replayed", number)
    assert db.value("SELECT count(*) FROM orders") == "1"


def test_a_released_hold_is_not_booked(session, db):
    take(session, "h1", "ann", ["1"])
    session.one("hold_release", "h1", "ann")
    assert book(session, "h1")[0] == "released"
    assert state(db, 1) == "free"


def test_who_waited_for_a_take_over_books_nothing(session, other, db):
    """Ann's book waits for bob, who is taking over her lapsed seat."""
    take(session, "h1", "ann", ["1"])
    lapse(db, "h1")
    other.begin()
    assert take(other, "h2", "bob", ["1"], fence=11)["outcome"] == "ok"
    session.send_call("hold_book", "h1", "ann", "k", "f")
    waits(db)
    other.commit()
    assert session.receive()[0]["outcome"] == "expired"
    assert book(other, "h2", holder="bob")[0] == "ok"


def test_who_waited_for_a_book_takes_nothing(session, other, db):
    take(session, "h1", "ann", ["1"])
    lapse(db, "h1")
    session.begin()
    assert book(session, "h1")[0] == "ok"
    other.send_call("hold_take", "h2", "default", "bob", ["1"], [11], "s", MINUTE)
    waits(db)
    session.commit()
    assert other.receive()[0]["outcome"] == "refused"


def test_a_plain_sale_gets_an_order_too_and_a_basket_is_one(db):
    db.sql(
        "UPDATE tickets SET state = 'booked', holder = 'ann', fence = 1,"
        " lock_service = 's', booked_at = clock_timestamp() WHERE id IN ('1', '2')"
    )
    db.sql(
        "UPDATE tickets SET state = 'booked', holder = 'bob', fence = 1,"
        " lock_service = 's', booked_at = clock_timestamp() WHERE id = '3'"
    )
    orders = db.sql("SELECT holder, total_minor FROM orders ORDER BY holder")
    assert orders == [["ann", "19000"], ["bob", "9500"]]
    assert db.value("SELECT count(DISTINCT order_number) FROM tickets") == "2"


def test_two_holders_in_one_transaction_get_an_order_each(db):
    db.sql(
        "UPDATE tickets SET state = 'booked', holder = 'c' || id, fence = 1,"
        " lock_service = 's', booked_at = clock_timestamp() WHERE id IN ('1', '2')"
    )
    assert db.sql("SELECT holder FROM orders ORDER BY 1") == [["c1"], ["c2"]]


# -- the expirer -----------------------------------------------------------


def test_the_expirer_frees_what_is_past_under_its_token_and_no_more(session, db):
    take(session, "h1", "ann", ["1", "2"])
    free = ("ticket_free_lapsed", ["1", "2"], [10, 10], "s")
    assert session.call(*free) == []
    lapse(db, "h1")
    assert session.call("ticket_free_lapsed", ["1", "2"], [9, 9], "s") == []
    assert session.call("ticket_free_lapsed", ["1", "2"], [10, 10], "z") == []
    freed = session.call(*free)
    assert sorted(r["ordinal"] for r in freed) == ["1", "2"]
    assert {r["event_id"] for r in freed} == {"default"}
    assert session.call(*free) == []
    assert session.call("hold_show", "h1", "ann")[0]["outcome"] == "expired"
    assert db.value("SELECT end_state FROM holds") == "expired"
    assert db.value("SELECT op FROM history WHERE ticket_id = '1'"
                    " ORDER BY seq DESC LIMIT 1") == "expire"


def test_the_expirer_finds_what_is_reserved_with_the_time_that_is_left(session, db):
    take(session, "h1", "ann", ["1"])
    take(session, "h2", "ann", ["2"], fence=12)
    lapse(db, "h2")
    rows = {r["ticket_id"]: r for r in session.call("reservations")}
    assert int(rows["1"]["left_ms"]) > 0 >= int(rows["2"]["left_ms"])
    assert (rows["2"]["fence"], rows["2"]["lock_service"]) == ("12", "s")


def test_the_expirer_never_waits_for_a_hold(session, other, db):
    """A call that has the hold and wants the seats is not stopped for good."""
    take(session, "h1", "ann", ["1"])
    lapse(db, "h1")
    session.begin()
    session.sql("SELECT FROM holds WHERE id = 'h1' FOR UPDATE")
    assert len(other.call("ticket_free_lapsed", ["1"], [10], "s")) == 1
    assert book(session, "h1")[0] == "expired"
    session.commit()


# -- many at once ----------------------------------------------------------


def test_a_crowd_takes_extends_gives_back_and_books_and_all_adds_up(db):
    """Twelve clients on six seats; every seat ends as its history says."""
    db.sql("UPDATE events SET seats_per_client = 1000")
    fences, guard = itertools.count(1), threading.Lock()
    sold = {}

    def buy(number):
        dice, me = random.Random(number), f"c{number}"
        with Session(db) as mine:
            for turn in range(40):
                seats = sorted(dice.sample("123456", dice.choice((1, 2, 3))))
                hold = f"{me}-{turn}"
                with guard:
                    fence = next(fences)
                if take(mine, hold, me, seats, fence, ms=5)["outcome"] != "ok":
                    lapsed = dice.sample("123456", 2)
                    mine.call("ticket_free_lapsed", sorted(lapsed), [fence - 1] * 2, "s")
                    continue
                deed = dice.random()
                if deed < 0.3:
                    mine.one("hold_release", hold, me)
                elif deed < 0.6:
                    extend(mine, hold, 8, fence, len(seats), me)
                elif deed > 0.95 and turn > 30:
                    if book(mine, hold, hold, "f", me)[0] == "ok":
                        with guard:
                            assert not set(seats) & set(sold)
                            sold.update((seat, me) for seat in seats)

    with ThreadPoolExecutor(12) as pool:
        list(pool.map(buy, range(12)))
    booked = dict(db.sql("SELECT id, holder FROM tickets WHERE state = 'booked'"))
    assert booked == sold
    deadlocks = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
    assert db.value(deadlocks) == "0" and "deadlock" not in db.log()
    broken = (
        "SELECT count(*) FROM history AS h WHERE hash <> history_hash(prev_hash,"
        " history_text(ticket_id, seq, event_id, at, op, holder, fence,"
        " lock_service, until, order_number, actor))"
        " OR prev_hash IS DISTINCT FROM (SELECT p.hash FROM history AS p"
        " WHERE p.ticket_id = h.ticket_id AND p.seq = h.seq - 1)"
    )
    assert db.value(broken) == "0"
    assert int(db.value("SELECT count(*) FROM history")) > 200
