"""A Redis master dies in the middle of a sale, and Sentinels make a replica
the master: workers go there by themselves. What it had not told its replica is
lost, so two may hold one seat for a while; the row has it for one of them.
"""

import pytest

from failing import ROUNDS, Failing, verify
from paused import PausedBook
from replicated import SentinelRedis
from stack import Stack
from web import wait_until

HOLD = 60
TICKETS = [str(i) for i in range(1, 301)]
BACK_SECONDS = 20


@pytest.mark.parametrize("number", range(ROUNDS))
def test_a_master_killed_in_mid_race_costs_no_sold_ticket(database, tell, number):
    options = {"tickets": len(TICKETS), "workers": 3, "hold_seconds": HOLD}
    with SentinelRedis() as lock, Stack(database, lock=lock, **options) as stack:
        failing = Failing(stack)
        with failing.race(TICKETS):
            failing.at(60)
            lock.one().kill()
            failing.began()
            took = failing.goes_on(BACK_SECONDS)
        lost = failing.check_but_holds()
    tell(f"Sentinel: {took:.2f} s without a sale, {lost} holds lost")


@pytest.fixture
def pair():
    """One replica, so that it is known who takes over."""
    with SentinelRedis(replicas=1) as lock:
        yield lock


def cut_off(lock):
    """From now on the replica hears of nothing; gives master and replica."""
    master, replica = lock.servers
    assert lock.one() is master
    assert master.call("WAIT", 1, 5000) == b":1\r\n"  # until here it has all
    replica.pause()
    master.call("CLIENT", "KILL", "TYPE", "replica")
    return master, replica


def test_of_two_who_hold_one_seat_only_the_newer_one_books_it(database, pair):
    with Stack(database, lock=pair, workers=1, hold_seconds=HOLD) as stack:
        ann, bob = stack.client("ann"), stack.client("bob")
        assert bob.reserve("2").status == 200  # the service has its identity
        master, replica = cut_off(pair)
        assert ann.reserve("1").status == 200
        with PausedBook(stack) as book:  # ann's lock was asked, and said yes
            master.kill()
            replica.resume()
            wait_until(lambda: pair.one() is replica, BACK_SECONDS, "it took over")
            # ann was told a minute, and none of it is over.
            wait_until(lambda: bob.reserve("1").status == 200, BACK_SECONDS,
                       "bob has it, too")
            assert book.go_on().status == 400
        assert bob.book("1").status == 200
        assert ann.book("1").json["code"] in ("booked", "not_reserved")
        row = stack.rows()["1"]
        assert (row.state, row.holder) == ("booked", "bob")
        assert bob.book("2").status == 200, "a hold that the replica knew"
        verify(database.url)


def test_a_master_that_must_have_a_replica_grants_nothing_alone(database):
    options = ("--min-replicas-to-write", "1", "--min-replicas-max-lag", "10")
    with SentinelRedis(replicas=1, options=options) as lock:
        with Stack(database, lock=lock, workers=1, hold_seconds=HOLD) as stack:
            ann, bob = stack.client("ann"), stack.client("bob")
            assert bob.reserve("2").status == 200
            master, replica = cut_off(lock)
            refused = ann.reserve("1")
            assert refused.status == 503, refused
            assert stack.rows()["1"].state == "free"
            assert "NOREPLICAS" in stack.workers[0].log()
            replica.resume()
            wait_until(lambda: ann.reserve("1").status == 200, BACK_SECONDS, "again")


def test_an_old_master_that_is_back_is_not_used(database, pair):
    """It is a replica then, and sends away who still talks to it."""
    with Stack(database, lock=pair, workers=1, hold_seconds=HOLD) as stack:
        ann = stack.client("ann")
        assert ann.reserve("1").status == 200
        master, replica = pair.servers
        master.pause()  # its connections live on
        wait_until(lambda: pair.one() is replica, BACK_SECONDS, "it took over")
        wait_until(lambda: ann.reserve("1").status == 200, BACK_SECONDS, "it is used")
        master.resume()
        wait_until(lambda: master.role() == "slave", BACK_SECONDS, "it was told")
        for ticket in "23456":
            assert ann.reserve(ticket).status == 200
        assert ann.book(list("123456")).status == 200
