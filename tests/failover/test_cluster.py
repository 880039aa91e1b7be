"""A Redis Cluster as the lock service: our slot moves, and its master dies in
the middle of a sale.
"""

import pytest

from driver import Driver
from failing import ROUNDS, Failing
from replicated import RedisCluster
from stack import Stack
from web import wait_until

HOLD = 60
TICKETS = [str(i) for i in range(1, 301)]
BACK_SECONDS = 30


@pytest.fixture(scope="module")
def cluster():
    with RedisCluster() as lock:
        yield lock


def node_id(server):
    return server.call("CLUSTER", "MYID").split(b"\r\n")[1].decode()


class Moving:
    """Our slot, on its way from its master to another one."""

    def __init__(self, cluster):
        self.slot = cluster.slot()
        self.source = cluster.one()
        self.target = next(
            s for s in cluster.servers if s.role() == "master" and s is not self.source
        )
        self.masters = [s for s in cluster.servers if s.role() == "master"]

    def set(self, server, *words):
        assert server.call("CLUSTER", "SETSLOT", self.slot, *words) == b"+OK\r\n"

    def begin(self):
        self.set(self.target, "IMPORTING", node_id(self.source))
        self.set(self.source, "MIGRATING", node_id(self.target))

    def move_keys(self):
        import redis

        with redis.Redis(unix_socket_path=self.source.socket) as client:
            keys = client.execute_command("CLUSTER", "GETKEYSINSLOT", self.slot, 1000)
        where = "127.0.0.1", self.target.port, "", 0, 5000, "KEYS"
        assert self.source.call("MIGRATE", *where, *keys) == b"+OK\r\n"

    def end(self):
        for server in (self.target, self.source, *self.masters):
            self.set(server, "NODE", node_id(self.target))


def test_a_slot_that_moves_is_followed(cluster):
    moving = Moving(cluster)
    with Driver(cluster) as hold:
        grant = hold.acquire("ann", 60000, "1")
        assert grant.ok
        moving.begin()
        assert hold.check("ann", "1").ok, "still there"
        # A script with keys on both sides runs on neither.
        assert hold.acquire("bob", 60000, "2").code == "unreachable"
        assert "TRYAGAIN" in hold.log()
        moving.move_keys()
        wait_until(lambda: hold.check("ann", "1").ok, 10, "asked on the other side")
        assert hold.check("ann", "1").grants[0].fence == grant.grants[0].fence
        moving.end()
        wait_until(lambda: hold.acquire("bob", 60000, "2").ok, 10, "moved")
        said = hold.log().count("\n")
        assert hold.release("bob", None, "2") == "ok"
        assert hold.log().count("\n") == said
    assert cluster.one() is moving.target


def test_a_move_between_two_calls_is_not_even_noticed(cluster):
    moving = Moving(cluster)
    with Driver(cluster) as hold:
        assert hold.acquire("eve", 60000, "7").ok
        moving.begin()
        moving.move_keys()
        moving.end()
        assert hold.check("eve", "7").ok
        assert hold.acquire("eve", 60000, "8").ok
        assert hold.log() == ""


@pytest.mark.parametrize("number", range(ROUNDS))
def test_a_master_killed_in_mid_race_costs_no_sold_ticket(database, tell, number):
    options = {"tickets": len(TICKETS), "workers": 3, "hold_seconds": HOLD}
    with RedisCluster() as lock, Stack(database, lock=lock, **options) as stack:
        failing = Failing(stack)
        with failing.race(TICKETS):
            failing.at(60)
            lock.one().kill()
            failing.began()
            took = failing.goes_on(BACK_SECONDS)
        lost = failing.check_but_holds()
    tell(f"Redis Cluster: {took:.2f} s without a sale, {lost} holds lost")
