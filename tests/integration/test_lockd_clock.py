"""lockd's deadlines go by no clock that a date change or a stall moves."""

import contextlib
import os
import signal
import subprocess
import time

import pytest
import redis

from servers import Lockd
from wall_clock import WallClock
from web import wait_until

HOUR = 3600


def connect(server):
    return redis.Redis(unix_socket_path=server.socket, socket_timeout=10,
                       decode_responses=True)


# -- the wall clock ------------------------------------------------------------


@pytest.fixture
def clock(tmp_path):
    return WallClock(tmp_path / "clock")


def wall_moved_by(client):
    """What lockd's wall clock says, against ours, in whole minutes."""
    return round((client.time()[0] - time.time()) / 60)


@pytest.mark.parametrize("durability", ["always", "none"])
def test_no_lock_moves_when_the_wall_clock_does(clock, durability):
    with Lockd("--durability", durability, **clock.environment) as server, \
            connect(server) as client:
        began = time.monotonic()
        client.set("plain", "me", nx=True, px=60000)
        client.execute_command("LOCK.ACQUIRE", 1, "own", "me", "PX", 60000)
        for minutes in (60, -60, 0):
            clock.set(minutes * 60)
            assert wall_moved_by(client) == minutes
            for key in ("plain", "own"):
                left = client.pttl(key)
                passed = 1000 * (time.monotonic() - began)
                assert 60000 - passed - 100 <= left <= 60000
            assert not client.set("plain", "you", nx=True, px=1000)
            # One taken now ends at its time, and not an hour off.
            taken = time.monotonic()
            assert client.set("short", "me", nx=True, px=150)
            wait_until(lambda: client.get("short") is None, 10, "it is over")
            assert time.monotonic() - taken >= 0.149  # it counts whole ms


def test_no_lock_moves_when_the_date_changes_over_a_restart(clock):
    with Lockd(**clock.environment) as server, connect(server) as client:
        client.set("lock", "me", nx=True, px=60000)
        token = client.execute_command("FENCE", "lock", "me")
        for hours in (1, -1):
            server.kill()
            clock.set(hours * HOUR)
            server.start()
            assert wall_moved_by(client) == 60 * hours
            assert 40000 < client.pttl("lock") <= 60000
            # The clock is part of no token that was given before.
            client.set("next", "me", nx=True, px=60000)
            later = client.execute_command("FENCE", "next", "me")
            assert later > token
            token = later
            client.delete("next")


# -- a stall ---------------------------------------------------------------------


class Plain:
    acquire = ["SET", "lock", "me", "NX", "PX", 600]
    steal = ["SET", "lock", "you", "NX", "PX", 1000]
    renew = ["PEXPIRE", "lock", 60000]


class Own:
    acquire = ["LOCK.ACQUIRE", 1, "lock", "me", "PX", 600]
    steal = ["LOCK.ACQUIRE", 1, "lock", "you", "PX", 1000]
    renew = ["LOCK.EXTEND", 1, "lock", "me", "PX", 60000]


def wire(client):
    """Sends and receives apart."""
    connection = client.connection_pool.get_connection("_")
    connection.connect()
    return connection


@contextlib.contextmanager
def idle(server):
    yield


@contextlib.contextmanager
def busy(server):
    """lockd is hardly ever asleep, so that a stop hits it at work."""
    command = ["redis-benchmark", "-s", server.socket, "-q", "-c", "4",
               "-P", "100", "-n", str(10**9), "PING"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL) as flood:
        try:
            yield
        finally:
            flood.kill()


@pytest.mark.parametrize("load", [idle, busy])
@pytest.mark.parametrize("kind", [Plain, Own])
@pytest.mark.parametrize("durability", ["always", "none"])
def test_who_renews_right_after_a_stall_keeps_its_lock(kind, durability, load):
    with Lockd("--durability", durability) as server, \
            connect(server) as client, connect(server) as a, \
            connect(server) as b, load(server):
        holder, other = wire(a), wire(b)
        client.execute_command(*kind.acquire)
        token = client.execute_command("FENCE", "lock", "me")
        os.kill(server.pid, signal.SIGSTOP)  # at once: its time is running
        other.send_command(*kind.steal)
        time.sleep(1)  # beyond the lock's time
        server.resume()
        # It renews once it sees that lockd is back: in the first round.
        holder.send_command(*kind.renew)
        assert other.read_response() is None
        assert holder.read_response() is not None
        assert client.execute_command("FENCE", "lock", "me") == token
        assert client.pttl("lock") > 50000
        assert client.info("stats")["stalls"] >= 1
        if durability == "always":
            server.kill()
            server.start()
            assert client.execute_command("FENCE", "lock", "me") == token
            assert client.pttl("lock") > 40000


def test_a_wait_for_requests_is_no_stall():
    """A lock that is taken after a quiet time gets no more than it asked for."""
    with Lockd("--durability", "none") as server, connect(server) as client:
        for _ in range(3):
            client.flushall()  # with nothing due, nothing wakes lockd
            quiet = time.monotonic() + 0.8
            wait_until(lambda: time.monotonic() > quiet, 5, "nobody asks")
            client.set("k", "v", px=50000)
            client.ping()
            assert client.pttl("k") <= 50000
