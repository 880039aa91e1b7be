"""The waiting line: the functions of 0013_line.sql, alone and many at once.

Time is the database's; a test that needs some to pass writes an earlier one
into the row.
"""

import itertools
import random
import re
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from sale_session import Session, literal, make_tickets
from servers import Postgres

MINUTE = 60000
SEATS = {"Stalls": 5000, "Balcony": 3000}  # price of each; four of each
fences = itertools.count(10)


class Database:
    """A server's, by one session that stays: a psql for each would take long."""

    def __init__(self, server, session):
        self.url = server.url
        self.session = session

    def sql(self, text):
        return [list(row.values()) for row in self.session.sql(text)]

    def value(self, text):
        return self.sql(text)[0][0]


@pytest.fixture(scope="module")
def server():
    with Postgres(fsync=False) as running:
        make_tickets(running, 1)
        with Session(running) as session:
            yield Database(running, session)


@pytest.fixture
def db(server):
    """An event "gala" of two sections with four seats each, all free."""
    server.sql(
        "SELECT event_clear('gala'); DELETE FROM line_places; DELETE FROM events"
        " WHERE id = 'gala';"
        "INSERT INTO events (id, title, currency) VALUES ('gala', 'Gala', 'EUR');"
        "INSERT INTO tickets (id, sale_order, event_id, section, seat_row,"
        " seat_number, price_minor, currency)"
        " SELECT section || n, 4 * nr + n, 'gala', section, 'A', n, price, 'EUR'"
        " FROM (VALUES (0, 'Stalls', 5000), (1, 'Balcony', 3000))"
        " AS s (nr, section, price), generate_series(1, 4) AS n"
    )
    return server


@pytest.fixture
def session(db):
    return db.session


def join(session, holder, seats=1, section=None, max_price=None):
    return session.one("line_join", "gala", holder, seats, section, max_price)["outcome"]


def queue(session, *holders, **wish):
    for holder in holders:
        assert join(session, holder, **wish) == "joined"


def seen(session, holder, look=True):
    """What holder is told; by a look of his own, or by what was seen last."""
    if look:
        session.sql("UPDATE line_looks SET next_at = '-infinity'")
    return session.one("line_seen", "gala", holder)


def states(session, *holders):
    return [seen(session, holder)["state"] for holder in holders]


def take(session, holder, *tickets, function="hold_take"):
    tickets = sorted(tickets)
    token = next(fences)
    return session.one(
        function, f"h{token}", "gala", holder, tickets, [token] * len(tickets), "s", MINUTE
    )


def enter(session, holder, *tickets):
    return take(session, holder, *tickets, function="line_hold_take")["outcome"]


def check(session, holder, *tickets):
    tickets = sorted(tickets)
    return session.one("line_check", "gala", holder, tickets, len(tickets), None, None)["outcome"]


def check_best(session, holder, seats, section=None, max_price=None):
    return session.one("line_check", "gala", holder, None, seats, section, max_price)["outcome"]


def sell_all(session, *but):
    """Every seat is in the basket of "crowd", but these."""
    for name in SEATS:
        tickets = [f"{name}{n}" for n in range(1, 5) if f"{name}{n}" not in but]
        if tickets:
            assert take(session, "crowd", *tickets)["outcome"] == "ok"


def give_back(db, *tickets):
    """As a release does it."""
    db.sql(
        "UPDATE tickets SET state = 'free', holder = NULL, reserved_until = NULL"
        f" WHERE id = ANY ({literal(tickets)})"
    )


def asleep(db, *holders, seconds=46):
    db.sql(
        f"UPDATE line_places SET seen_at = clock_timestamp() - interval '{seconds} s'"
        f" WHERE holder = ANY ({literal(holders)})"
    )


def in_line(db):
    return [h for (h,) in db.sql("SELECT holder FROM line_places ORDER BY place")]


# -- places ------------------------------------------------------------------


def test_who_joins_twice_has_the_same_place(session, db):
    sell_all(session)
    queue(session, "ann", "bob", "eve")
    assert join(session, "ann") == "again"
    assert [seen(session, who)["position"] for who in ("ann", "bob", "eve")] == ["1", "2", "3"]
    assert join(session, "ann", seats=2, section="Stalls") == "again"
    told = seen(session, "ann")
    assert (told["position"], told["seats"], told["section"]) == ("1", "2", "Stalls")
    assert told["length"] == "3"
    assert in_line(db) == ["ann", "bob", "eve"]


def test_who_is_not_in_line_is_told_where_he_would_be(session):
    sell_all(session)
    queue(session, "ann", "bob")
    told = seen(session, "eve")
    assert (told["state"], told["position"], told["length"]) == ("none", "3", "2")
    assert session.one("line_seen", "nowhere", "eve")["outcome"] == "unknown"


def test_who_leaves_makes_room_for_those_behind(session, db):
    sell_all(session)
    queue(session, "ann", "bob")
    assert session.one("line_leave", "gala", "ann")["line_leave"] == "t"
    assert session.one("line_leave", "gala", "ann")["line_leave"] == "f"
    assert seen(session, "bob")["position"] == "1"
    assert join(session, "ann") == "joined"
    assert in_line(db) == ["bob", "ann"]


def test_what_is_left_is_told_by_section(session, db):
    sell_all(session, "Stalls4")
    db.sql("UPDATE tickets SET state = 'blocked' WHERE id = 'Stalls4'")
    take(session, "crowd", "Balcony1")
    sections = session.one("line_seen", "gala", "eve")["sections"]
    assert sorted(eval(sections), key=lambda s: s["section"]) == [
        {"section": "Balcony", "available": 0, "held": 4, "booked": 0},
        {"section": "Stalls", "available": 0, "held": 3, "booked": 0},
    ]


def test_a_line_has_a_bound_and_no_more_join_than_that(session, db):
    db.sql("UPDATE events SET line_limit = 5 WHERE id = 'gala'")
    sell_all(session)

    def one(n):
        with Session(db) as mine:
            return join(mine, f"b{n}")

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(one, range(8)))
    assert sorted(outcomes) == ["full"] * 3 + ["joined"] * 5
    refused = session.one("line_join", "gala", "late", 1, None, None)
    assert (refused["outcome"], refused["in_line"]) == ("full", "5")
    assert join(session, in_line(db)[0]) == "again", "who is in, is in"
    session.one("line_leave", "gala", in_line(db)[0])
    assert join(session, "late") == "joined"


def test_a_line_is_for_what_there_is_and_no_more_than_one_may_have(session, db):
    sell_all(session)
    assert join(session, "ann", section="Pit") == "never"
    assert join(session, "ann", max_price=2999) == "never"
    assert join(session, "ann", seats=5) == "never"
    assert join(session, "ann", seats=4, max_price=3000) == "joined"
    db.sql("UPDATE events SET seats_per_client = 8 WHERE id = 'gala'")
    assert join(session, "crowd") == "limit"
    db.sql("UPDATE events SET closed = true WHERE id = 'gala'")
    assert join(session, "bob") == "closed"
    assert session.one("line_join", "nowhere", "bob", 1, None, None)["outcome"] == "unknown"


# -- turns -------------------------------------------------------------------


def test_the_head_is_served_first_and_then_the_next(session, db):
    sell_all(session)
    queue(session, "ann", "bob", "eve")
    assert states(session, "ann", "bob", "eve") == ["waiting"] * 3
    give_back(db, "Stalls1")
    assert states(session, "eve", "bob", "ann") == ["waiting", "waiting", "turn"]
    for other in ("bob", "eve", "mallory"):
        assert check(session, other, "Stalls1") == "line"
        assert enter(session, other, "Stalls1") == "line"
    assert enter(session, "ann", "Stalls1") == "ok"
    assert in_line(db) == ["bob", "eve"]
    give_back(db, "Stalls2", "Balcony2")
    assert states(session, "bob", "eve") == ["turn", "turn"], "both at once"
    assert enter(session, "eve", "Stalls2") == "ok"
    assert enter(session, "bob", "Balcony2") == "ok"
    assert check(session, "mallory", "Stalls3") == "free", "nobody waits"


def test_a_turn_is_used_once(session, db):
    sell_all(session)
    queue(session, "ann")
    give_back(db, "Stalls1", "Stalls2")
    assert states(session, "ann") == ["turn"]
    assert enter(session, "ann", "Stalls1") == "ok"
    assert enter(session, "ann", "Stalls2") == "line"


def test_a_turn_is_for_as_many_as_were_waited_for_and_for_such(session, db):
    sell_all(session)
    queue(session, "ann", seats=2, section="Stalls")
    queue(session, "bob")
    give_back(db, "Stalls1", "Stalls2", "Stalls3", "Balcony1")
    assert states(session, "ann", "bob") == ["turn", "turn"]
    assert enter(session, "ann", "Balcony1") == "line", "bob waits for it"
    assert enter(session, "ann", "Stalls1", "Stalls2", "Stalls3") == "line"
    assert enter(session, "ann", "Stalls1", "Stalls2") == "ok"


def test_a_party_that_does_not_fit_is_passed_and_keeps_its_place(session, db):
    sell_all(session)
    queue(session, "four", seats=4)
    queue(session, "two", seats=2)
    queue(session, "one")
    give_back(db, "Stalls1")
    assert states(session, "four", "two", "one") == ["waiting", "waiting", "turn"]
    assert enter(session, "one", "Stalls1") == "ok"
    give_back(db, "Stalls1", "Stalls2", "Stalls3", "Stalls4")
    assert states(session, "four", "two") == ["turn", "waiting"]


def test_who_waits_for_a_section_is_not_robbed_by_who_takes_any(session, db):
    """Both get a turn, and each only what leaves the other his."""
    sell_all(session)
    queue(session, "ann", section="Stalls")
    queue(session, "bob")
    give_back(db, "Stalls1", "Balcony1")
    assert states(session, "ann", "bob") == ["turn", "turn"]
    assert seen(session, "bob")["turn_section"] == "Balcony"
    assert check(session, "bob", "Stalls1") == "line"
    assert check_best(session, "bob", 1) == "line"
    assert check_best(session, "bob", 1, "Balcony") == "turn"
    assert enter(session, "bob", "Balcony1") == "ok"


def test_who_pays_less_is_not_robbed_of_the_cheap_seat(session, db):
    db.sql("UPDATE tickets SET price_minor = 3000 WHERE id = 'Stalls1'")
    sell_all(session)
    queue(session, "poor", section="Stalls", max_price=3000)
    queue(session, "rich", section="Stalls")
    give_back(db, "Stalls1", "Stalls2")
    assert states(session, "poor", "rich") == ["turn", "waiting"]
    assert enter(session, "poor", "Stalls1") == "ok"
    assert states(session, "rich") == ["turn"]


def test_no_more_turns_are_given_than_there_are_seats(session, db):
    sell_all(session)
    people = [f"p{n}" for n in range(12)]
    queue(session, *people)
    give_back(db, "Stalls1", "Stalls2", "Balcony1")
    for _ in range(3):
        assert states(session, *people) == ["turn"] * 3 + ["waiting"] * 9
    give_back(db, "Balcony2")
    assert states(session, *people) == ["turn"] * 4 + ["waiting"] * 8


def test_a_seat_that_suits_nobody_in_line_is_for_sale(session, db):
    sell_all(session)
    queue(session, "ann", section="Stalls")
    give_back(db, "Balcony1")
    assert check(session, "mallory", "Balcony1") == "free"
    assert check(session, "mallory", "Balcony1", "Stalls1") == "line"
    assert check_best(session, "mallory", 1, "Balcony") == "free"
    assert check_best(session, "mallory", 1) == "line"


def test_a_closed_sale_gives_no_turns(session, db):
    sell_all(session)
    queue(session, "ann")
    db.sql("UPDATE events SET closed = true WHERE id = 'gala'")
    give_back(db, "Stalls1")
    assert states(session, "ann") == ["waiting"]
    db.sql("UPDATE events SET closed = false WHERE id = 'gala'")
    assert states(session, "ann") == ["turn"]


def test_a_hold_that_is_there_is_no_matter_of_the_line(session, db):
    sell_all(session, "Stalls1")
    take(session, "mallory", "Stalls1")
    queue(session, "ann")
    assert check(session, "mallory", "Stalls1") == "free"
    assert check(session, "mallory", "Stalls2") == "line"


# -- the dead ----------------------------------------------------------------


def test_who_is_asleep_is_passed_and_stops_nobody(session, db):
    sell_all(session)
    queue(session, "ann", "bob", "eve")
    asleep(db, "ann", "bob")
    give_back(db, "Stalls1")
    assert states(session, "eve") == ["turn"]
    told = seen(session, "eve")
    assert (told["position"], told["length"]) == ("1", "1")
    assert seen(session, "ann")["position"] == "1", "awake, at his place"
    assert states(session, "ann", "eve") == ["waiting", "turn"]


def test_who_was_not_heard_of_for_a_moment_is_passed_but_not_robbed(session, db):
    sell_all(session)
    queue(session, "ann", "bob")
    asleep(db, "ann", seconds=26)
    give_back(db, "Stalls1")
    assert states(session, "bob") == ["turn"]
    session.one("line_leave", "gala", "bob")
    asleep(db, "ann", seconds=26)
    assert check(session, "mallory", "Stalls1") == "line", "she may be about to ask"


def test_with_everybody_gone_seats_are_for_sale_and_the_line_is_empty(session, db):
    sell_all(session)
    queue(session, "ann", "bob")
    asleep(db, "ann", "bob")
    give_back(db, "Stalls1")
    assert check(session, "mallory", "Stalls1") == "free"
    assert session.one("line_exists", "gala")["line_exists"] == "f"
    asleep(db, "ann", "bob", seconds=601)
    assert session.one("line_tidy")["line_tidy"] == "2"
    assert in_line(db) == []


def test_a_turn_that_is_not_used_passes_to_the_next(session, db):
    sell_all(session)
    queue(session, "ann", "bob")
    give_back(db, "Stalls1")
    assert states(session, "ann", "bob") == ["turn", "waiting"]
    asleep(db, "ann")
    assert states(session, "bob") == ["waiting"], "it lasts"
    db.sql("UPDATE line_places SET turn_until = clock_timestamp() WHERE holder = 'ann'")
    assert states(session, "bob") == ["turn"]
    assert enter(session, "ann", "Stalls1") == "line"


def test_who_lets_his_turns_pass_rests_and_then_is_out(session, db):
    sell_all(session)
    queue(session, "ann", "bob")
    give_back(db, "Stalls1")
    for left in (True, True, False):
        assert states(session, "ann") == ["turn"]
        db.sql("UPDATE line_places SET turn_until = clock_timestamp() WHERE holder = 'ann'")
        assert states(session, "bob", "ann") == ["turn", "waiting" if left else "none"]
        session.call("line_yield", "gala", "bob")
        db.sql("UPDATE line_places SET rest_until = NULL")
    assert in_line(db) == ["bob"]


def test_who_found_nothing_in_his_turn_has_his_place_still(session, db):
    sell_all(session)
    queue(session, "ann", "bob")
    give_back(db, "Stalls1")
    assert states(session, "ann") == ["turn"]
    db.sql("UPDATE tickets SET state = 'blocked' WHERE id = 'Stalls1'")
    session.call("line_yield", "gala", "ann")
    assert [seen(session, who)["position"] for who in ("ann", "bob")] == ["1", "2"]
    assert db.value("SELECT sum(misses) FROM line_places") == "0"


# -- before the opening ------------------------------------------------------


def test_early_comers_are_shuffled_and_later_ones_stand_behind(session, db):
    db.sql("UPDATE events SET sale_opens_at = now() + interval '1 hour' WHERE id = 'gala'")
    early = [f"e{n:02}" for n in range(40)]
    queue(session, *early)
    told = seen(session, "e00")
    assert (told["state"], told["position"], told["length"]) == ("early", "", "40")
    assert 3500000 < int(told["opens_in_ms"]) <= 3600000
    assert seen(session, "mallory")["position"] == ""
    assert "turn" not in states(session, *early[:3])
    db.sql("UPDATE events SET sale_opens_at = now() WHERE id = 'gala'")
    queue(session, "late", "later")
    order = in_line(db)
    assert order[40:] == ["late", "later"]
    assert sorted(order[:40]) == early
    assert order[:40] != early, "in the order of a lot"
    got = dict(zip(order, states(session, *order)))
    assert [got[who] for who in order] == ["turn"] * 8 + ["waiting"] * 34


# -- when it will be ---------------------------------------------------------


def told_eta(session, holder):
    text = seen(session, holder)["eta_s"]
    return int(text) if text else None


def measured(db, returned, sold, seconds=300):
    """As if that was what came back and was booked in the last minutes."""
    db.sql(
        "UPDATE line_looks SET counted_at = clock_timestamp(),"
        f" seconds = {seconds}, returned = {returned}, sold = {sold}"
    )


def test_nobody_is_told_what_cannot_be_known(session, db):
    sell_all(session)
    queue(session, "ann")
    assert told_eta(session, "ann") is None
    measured(db, returned=0, sold=50)
    assert told_eta(session, "ann") is None, "nothing ever came back"
    measured(db, returned=25, sold=25)
    assert told_eta(session, "ann") is not None


def test_the_estimate_goes_by_deadlines_and_by_what_came_back(session, db):
    """Eight seats end in a minute, half of what ended came back: four."""
    sell_all(session)
    queue(session, "p1", "p2", "p3")
    seen(session, "p1")
    measured(db, returned=30, sold=30, seconds=3000)
    etas = [told_eta(session, who) for who in ("p1", "p2", "p3")]
    assert all(30 <= eta <= 65 for eta in etas), etas
    assert etas == sorted(etas)
    queue(session, *(f"q{n}" for n in range(20)))
    assert told_eta(session, "q19") is not None and told_eta(session, "q19") > 5 * etas[2]


def test_the_time_that_is_told_does_not_jump_up_and_down(session):
    """The estimate is a third off, this way and that; what is told never grows."""
    session.sql(
        "DROP TABLE IF EXISTS told; CREATE TEMP TABLE told (at timestamptz); INSERT INTO told VALUES (NULL)"
    )

    def tell(estimate):
        """What is told now, in seconds from now; then twenty seconds pass."""
        (row,) = session.sql(
            f"UPDATE told SET at = line_promise(at, {estimate});"
            "SELECT extract(epoch FROM at - clock_timestamp()) AS rest FROM told;"
        )
        session.sql("UPDATE told SET at = at - interval '20 s'")
        return float(row["rest"])

    dice = random.Random(5)
    shown = [tell(left * dice.uniform(0.75, 1.33)) for left in range(600, 20, -20)]
    assert all(later < earlier for earlier, later in zip(shown, shown[1:])), shown
    assert 2990 < tell(3000) <= 3000, "and what is quite another time is told"


# -- many at once ------------------------------------------------------------


def test_nobody_overtakes_however_many_try_at_once(db):
    """Three seats come and go; a line of eight, and two who never join.

    Who enters must have been the first of those who wait, but for those who
    had a turn beside him: no more turns than seats are given, so nobody of a
    later place enters while more than two before him wait.
    """
    seats = ["Stalls1", "Stalls2", "Stalls3"]
    people = [f"p{n:02}" for n in range(8)]
    with Session(db) as crowd:
        sell_all(crowd)
        queue(crowd, *people)
    over = threading.Event()
    entered, refused, overtook = [], [], []
    guard = threading.Lock()

    def wait(name):
        with Session(db) as mine:
            while not over.is_set():
                mine.sql("UPDATE line_looks SET next_at = '-infinity'")
                if mine.one("line_seen", "gala", name)["state"] != "turn":
                    continue
                for ticket in seats:
                    with guard:
                        if enter(mine, name, ticket) == "ok":
                            entered.append(name)
                            break
                if name in entered:
                    return

    def rob(name):
        with Session(db) as mine:
            while not over.is_set():
                for ticket in seats:
                    if check(mine, name, ticket) == "free":
                        if take(mine, name, ticket)["outcome"] == "ok":
                            overtook.append(name)
                    else:
                        refused.append(name)

    def bring_back():
        with Session(db) as mine:
            while len(entered) < len(people) and not over.wait(0.01):
                mine.sql(
                    "UPDATE tickets SET state = 'free', holder = NULL,"
                    f" reserved_until = NULL WHERE id = ANY ({literal(seats)})"
                    " AND state = 'reserved'"
                )
            over.set()

    with ThreadPoolExecutor(11) as pool:
        done = [pool.submit(wait, name) for name in people]
        done += [pool.submit(rob, f"r{n}") for n in range(2)]
        done.append(pool.submit(bring_back))
        timer = threading.Timer(60, over.set)
        timer.start()
        for one in done:
            one.result()
        timer.cancel()
    assert sorted(entered) == people, entered
    for place, name in enumerate(people):
        assert entered.index(name) <= place + 2, entered
    assert refused
    # Whoever robbed did so when nobody was left in line.
    assert all(who.startswith("r") for who in overtook)
    taken = db.sql("SELECT holder, min(at) FROM history WHERE op = 'reserve' GROUP BY holder")
    first = {holder: at for holder, at in taken}
    last = max(first[name] for name in people)
    assert all(first[who] > last for who in set(overtook)), "a robber was before the last"


def test_an_empty_line_is_one_look_into_an_index(session, db):
    db.sql("INSERT INTO line_places (event_id, holder, place, seats)"
           " SELECT 'other', 'h' || n, n, 1 FROM generate_series(1, 5000) AS n")
    session.sql("VACUUM ANALYZE line_places")
    plan = "\n".join(row["QUERY PLAN"] for row in session.sql(
        "EXPLAIN (ANALYZE, BUFFERS, COSTS off, TIMING off, SUMMARY off)"
        " SELECT EXISTS (SELECT FROM line_places AS l"
        " WHERE l.event_id = 'gala' AND line_is_live(l))"))
    assert "Index" in plan and "Seq Scan" not in plan, plan
    assert "Rows Removed" not in plan, plan
    scan = plan.partition("InitPlan")[2].partition("Planning")[0]
    pages = sum(map(int, re.findall(r"shared hit=(\d+)", scan)))
    assert 0 < pages <= 4, plan
