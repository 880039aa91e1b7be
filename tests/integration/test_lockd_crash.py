"""lockd is killed at random instants under 50 clients; then their histories
are read for what cannot be: a lost grant, a lock held twice, a token that is
used again or goes back.

HOLDFAST_ROUNDS sets how often it is killed (default 6).
"""

import os
import random
import threading
import time

import pytest
import redis

from grants import Grant, violations
from servers import Lockd

ROUNDS = int(os.environ.get("HOLDFAST_ROUNDS", "6"))
CLIENTS = 50
KEYS = 100

RELEASE = ("if redis.call('get', KEYS[1]) == ARGV[1] then "
           "return redis.call('del', KEYS[1]) end return 0")


# -- the histories' judge sees what it is there for -----------------------------


def grant(value, sent, heard, over, token, key="k"):
    return Grant(key, value, sent, heard, over, token, sent, heard)


GOOD = [grant("a", 0, 1, 10, 1), grant("b", 5, 11, 20, 2),
        grant("c", 12, 13, 14, 4, key="l"), grant("d", 12, 13.5, 40, 3, key="m")]


def test_a_history_that_can_be_is_no_violation():
    assert violations(GOOD) == []


@pytest.mark.parametrize("bad, what", [
    (grant("e", 15, 16, 18, 5), "e while b had it"),
    (grant("e", 12, 19.9, 30, 5), "e while b had it"),
    (grant("e", 30, 31, 32, 4, key="n"), "token 4: of e and of c"),
    (grant("e", 14, 15, 16, 2, key="n"), "token 2 of e came after 4 of c"),
    (Grant("n", "e", 1, 2, 3, denied=True), "grant of e is lost"),
])
def test_a_history_that_cannot_be_is_one(bad, what):
    assert any(what in line for line in violations([*GOOD, bad]))


# -- crashes -----------------------------------------------------------------------


class Connection(redis.UnixDomainSocketConnection):
    """redis-py 4.3 names host and port when it says that a connection is
    lost, and has none on a Unix socket: its own AttributeError would end the
    client's thread."""

    host, port = "a Unix socket", 0


def connect(server):
    return redis.Redis(connection_pool=redis.ConnectionPool(
        Connection, path=server.socket, socket_timeout=5, decode_responses=True))


class PlainLock:
    """SET NX PX, and compare-and-delete by a script, as clients do it."""

    @staticmethod
    def acquire(client, grant, ms):
        if not client.set(grant.key, grant.value, nx=True, px=ms):
            return False
        grant.heard = grant.token_sent = time.monotonic()
        return True

    @staticmethod
    def release(client, grant):
        return client.eval(RELEASE, 1, grant.key, grant.value) == 1


class OwnLock:
    """LOCK.ACQUIRE: the token comes with the grant."""

    @staticmethod
    def acquire(client, grant, ms):
        got = client.execute_command("LOCK.ACQUIRE", 1, grant.key, grant.value,
                                     "PX", ms)
        if got is None:
            return False
        grant.heard = grant.token_heard = time.monotonic()
        grant.token, grant.token_sent = got[0], grant.sent
        return True

    @staticmethod
    def release(client, grant):
        try:
            client.execute_command("LOCK.RELEASE", 1, grant.key, grant.value)
        except redis.ResponseError:
            return False
        return True


class Buyer(threading.Thread):
    """Takes locks, asks for their tokens, releases most, notes all of it."""

    def __init__(self, server, name, stop):
        super().__init__()
        self.server, self.name, self.stop = server, name, stop
        self.random = random.Random(name)
        self.grants = []
        self.serial = 0

    def run(self):
        while not self.stop.is_set():
            try:
                with connect(self.server) as client:
                    while not self.stop.is_set():
                        self.turn(client)
            except redis.RedisError:
                time.sleep(0.01)

    def turn(self, client):
        kind = self.random.choice([PlainLock, OwnLock])
        ms = self.random.choice([200, 2000, 60000])
        self.serial += 1
        now = time.monotonic()
        grant = Grant(f"seat:{self.random.randrange(KEYS)}",
                      f"{self.name}:{self.serial}", now, now, now + ms / 1000)
        if not kind.acquire(client, grant, ms):
            return
        self.grants.append(grant)
        deadline = grant.over
        self.check(client, grant)
        # A few of the long ones stay, to be found at the end.
        if self.random.random() < (0.99 if ms == 60000 else 0.7):
            grant.over = min(deadline, time.monotonic())
            if not kind.release(client, grant) and time.monotonic() < deadline:
                grant.denied = True

    @staticmethod
    def check(client, grant):
        """It holds still, and under which token."""
        token = client.execute_command("FENCE", grant.key, grant.value)
        now = time.monotonic()
        if token is None:
            grant.denied = now < grant.over
        elif grant.token is None:
            grant.token, grant.token_heard = token, now
        elif token != grant.token:
            grant.denied = True


def kill_again_and_again(server, stop):
    chance = random.Random(5)
    for _ in range(ROUNDS):
        stop.wait(chance.uniform(0.1, 0.6))  # the random instant
        server.kill()
        server.start()


def test_nothing_answered_is_lost_when_lockd_is_killed():
    with Lockd("--durability", "always") as server:
        stop = threading.Event()
        buyers = [Buyer(server, f"b{i}", stop) for i in range(CLIENTS)]
        for buyer in buyers:
            buyer.start()
        try:
            kill_again_and_again(server, stop)
        finally:
            stop.set()
            for buyer in buyers:
                buyer.join()
        grants = [g for buyer in buyers for g in buyer.grants]
        with connect(server) as client:
            for grant in grants:
                if grant.over > time.monotonic() + 5:
                    Buyer.check(client, grant)
    print(f"{len(grants)} grants in {ROUNDS} rounds")
    assert len(grants) > 20 * ROUNDS
    assert violations(grants) == []
