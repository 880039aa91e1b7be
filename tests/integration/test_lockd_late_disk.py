"""lockd's deadlines while its disk refuses, or is slow: time stands still."""

import contextlib
import errno
import os
import re
import time
from pathlib import Path

import pytest
import redis

from bad_disk import BadDisk
from servers import Lockd
from web import wait_until
from wire import Wire

FULL = "pwrite", errno.ENOSPC
BROKEN = "fdatasync", errno.EIO


@pytest.fixture
def disk():
    with BadDisk() as disk:
        yield disk


def lockd(disk, durability="always"):
    return Lockd("--durability", durability, **disk.environment)


def connect(server):
    return redis.Redis(unix_socket_path=server.socket, socket_timeout=20,
                       decode_responses=True)


def pass_ms(ms):
    """For so long, and not less: what should not happen has its time."""
    until = time.monotonic() + ms / 1000
    wait_until(lambda: time.monotonic() >= until, 20, "time passes")


@contextlib.contextmanager
def refusing(disk, server, call, error):
    """While inside, every change is refused; what was under way is answered."""
    with Wire(server.socket) as late, connect(server) as client:
        disk.fail(call, error)
        late.send("SET", "under way", "1")
        late.send("WAITAOF", 1, 0, 0)  # so that everysec looks at once
        wait_until(lambda: client.info("persistence")
                   ["aof_last_write_status"] == "err", 10, "the disk refuses")
        yield
        disk.heal(call)
        assert [late.reply(), late.reply()] == [b"+OK\r\n", b"*2\r\n:1\r\n:0\r\n"]

        def accepted():
            with contextlib.suppress(redis.ResponseError):
                return client.set("accepted", "1")

        wait_until(accepted, 10, "changes are taken again")


def acquire(client, key, owner, ms, *options):
    return client.execute_command("LOCK.ACQUIRE", 1, key, owner, "PX", ms, *options)


class Since:
    """What a key had left then, had its time run from then on: however late a
    busy machine lets us look, it is the same."""

    def __init__(self):
        self.began = time.monotonic()

    def left_ms(self, client, key):
        return client.pttl(key) + 1000 * (time.monotonic() - self.began)


LONG_MS = 20000


def has(client, key, owner):
    return client.execute_command("FENCE", key, owner) is not None


# -- a disk that refuses -------------------------------------------------------


@pytest.mark.parametrize("durability, call, error", [
    ("always", *FULL), ("always", *BROKEN), ("everysec", *BROKEN)])
def test_no_lock_ends_while_nobody_can_extend_it(disk, durability, call, error):
    with lockd(disk, durability) as server, connect(server) as client:
        token, _ = acquire(client, "own", "me", LONG_MS)
        client.set("plain", "me", nx=True, px=LONG_MS)
        client.execute_command("WAITAOF", 1, 0, 0)
        with refusing(disk, server, call, error):
            left = client.pttl("own"), client.pttl("plain")
            pass_ms(1200)
            with pytest.raises(redis.ResponseError, match="^MISCONF"):
                client.execute_command("LOCK.EXTEND", 1, "own", "me", "PX", 1)
            assert (client.pttl("own"), client.pttl("plain")) == left
            assert client.get("plain") == "me"
            since = Since()
        # It has what it had, and can extend it.
        assert since.left_ms(client, "own") >= left[0]
        assert since.left_ms(client, "plain") >= left[1]
        assert not client.set("plain", "you", nx=True, px=100)
        assert client.execute_command("LOCK.EXTEND", 1, "own", "me", "PX", 60000) == [
            token, 60000]
        assert client.pexpire("plain", 60000)
        stats = client.info("stats")
        assert stats["stalls"] >= 1 and stats["stalled_ms"] >= 1200
        assert client.info("locks")["locks_expired"] == 0


def test_a_lock_ends_at_its_time_when_the_disk_is_well_again(disk):
    with lockd(disk) as server, connect(server) as client:
        began = time.monotonic()
        acquire(client, "own", "me", 2000)
        with refusing(disk, server, *FULL):
            pass_ms(700)
        wait_until(lambda: not has(client, "own", "me"), 20, "its time is over")
        assert time.monotonic() - began >= 2.7


def test_a_grant_that_a_full_disk_held_up_has_its_time_when_it_is_heard(disk):
    with (lockd(disk) as server, connect(server) as client,
          Wire(server.socket) as me, Wire(server.socket) as plain):
        disk.fail("pwrite", errno.ENOSPC)
        me.send("LOCK.ACQUIRE", 1, "own", "me", "PX", LONG_MS)
        plain.send("SET", "plain", "me", "NX", "PX", LONG_MS)
        pass_ms(1500)
        since = Since()
        disk.heal("pwrite")
        token, left_ms = me.reply()[5:].split(b"\r\n:")
        assert int(left_ms) == LONG_MS
        assert plain.reply() == b"+OK\r\n"
        for key in ("own", "plain"):
            assert since.left_ms(client, key) > LONG_MS - 700
            assert client.pttl(key) <= LONG_MS
        assert client.execute_command("FENCE", "own", "me") == int(token)


def test_a_wait_that_is_over_is_told_at_once_though_the_disk_refuses(disk):
    with (lockd(disk) as server, connect(server) as client,
          Wire(server.socket) as waits, Wire(server.socket) as other):
        acquire(client, "own", "me", 60000)
        other_id = other.ask("CLIENT", "ID")[1:-2]
        waits.send("LOCK.ACQUIRE", 1, "own", "you", "PX", 1000, "WAIT", 700)
        other.send("LOCK.ACQUIRE", 1, "own", "him", "PX", 1000, "WAIT", 60000)
        wait_until(lambda: len(client.execute_command("LOCK.WAITERS", "own")) == 2,
                   10, "both wait")
        with refusing(disk, server, *FULL):
            assert waits.reply() == b"*-1\r\n"
            assert client.client_unblock(other_id, error=True)
            assert other.reply().startswith(b"-UNBLOCKED")


def test_nobody_in_line_is_granted_a_lock_while_the_disk_refuses(disk):
    with (lockd(disk) as server, connect(server) as client,
          Wire(server.socket) as waits, Wire(server.socket) as holder):
        holder.ask("LOCK.ACQUIRE", 1, "own", "me", "PX", 60000,
                   "ON-DISCONNECT", "RELEASE")
        waits.send("LOCK.ACQUIRE", 1, "own", "you", "PX", LONG_MS, "WAIT", 60000)
        wait_until(lambda: client.execute_command("LOCK.WAITERS", "own"), 10,
                   "it waits")
        with refusing(disk, server, *FULL):
            holder.close()
            wait_until(lambda: client.info("locks")["locks_disconnected"] == 1, 10,
                       "its holder has gone")
            assert client.info("locks")["locks_granted_after_wait"] == 0
            since = Since()
        assert waits.reply().endswith(b":%d\r\n" % LONG_MS)
        assert since.left_ms(client, "own") >= LONG_MS - 1


def test_what_changes_nothing_is_answered_though_the_disk_refuses(disk):
    with lockd(disk) as server, connect(server) as client:
        ask = client.execute_command
        assert ask("GUARD", "g", 7) == "OK"
        client.set("k", "mine")

        def refused(*words):
            with pytest.raises(redis.ResponseError, match="^MISCONF"):
                ask(*words)

        with refusing(disk, server, *FULL):
            assert ask("GUARD", "g") == 7
            assert ask("GUARD", "no such") is None
            assert ask("GUARD", "g", 7) == "OK"
            with pytest.raises(redis.ResponseError, match="^STALE"):
                ask("GUARD", "g", 6)
            assert ask("DELIFEQ", "k", "other") == ask("DELIFEQ", "no such", "x") == 0
            assert ask("DELEX", "k", "IFEQ", "other") == ask("DELEX", "no such") == 0
            refused("GUARD", "g", 8)
            refused("GUARD", "no such", 1)
            refused("DELIFEQ", "k", "mine")
            refused("DELEX", "k")
            refused("DELEX", "k", "IFNE", "other")
            refused("EVAL", "return redis.call('DELIFEQ', 'k', 'mine')", 0)
            assert ask("EVAL", "return redis.call('GUARD', 'g')", 0) == 7
            with pytest.raises(redis.exceptions.ExecAbortError, match="MISCONF"):
                client.pipeline().execute_command("GUARD", "g", 8).execute()
        assert ask("GUARD", "g") == 7 and client.get("k") == "mine"


def use_of(server):
    """Seconds of processor, and how often its loop has gone to sleep."""
    proc = Path("/proc", str(server.pid))
    fields = (proc / "stat").read_text().rpartition(")")[2].split()
    (sleeps,) = re.findall(r"^voluntary_ctxt_switches:\s*(\d+)",
                           (proc / "status").read_text(), re.MULTILINE)
    return (sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK"), int(sleeps))


@pytest.mark.parametrize("words", [["SET", "k%d", "me", "PX", "%d"],
                                   ["LOCK.ACQUIRE", 1, "k%d", "me", "PX", "%d"]],
                         ids=lambda words: words[0])
def test_lockd_sleeps_while_time_stands_still(disk, words):
    """Though the next deadline is less than some milliseconds away."""
    with lockd(disk) as server, connect(server) as client:
        with client.pipeline(transaction=False) as pipeline:
            for ms in range(4, 6004, 4):
                pipeline.execute_command(*[w % ms if "%d" in str(w) else w
                                           for w in words])
            pipeline.execute()
        with refusing(disk, server, *FULL):
            ended = client.info("stats")["expired_keys"]
            assert 0 < ended < 1500
            cpu_s, sleeps = use_of(server)
            pass_ms(1000)
            cpu_later_s, sleeps_later = use_of(server)
            assert cpu_later_s - cpu_s < 0.4
            assert sleeps_later - sleeps < 100


# -- a disk that is slow -------------------------------------------------------


@pytest.mark.parametrize("durability, take", [
    ("everysec", ["SET", "k", "%s", "NX", "PX", 600]),
    ("always", ["LOCK.ACQUIRE", 1, "k", "%s", "PX", 600])])
def test_a_slow_sync_grants_a_lock_to_one_only(disk, durability, take):
    def ask(wire, owner):
        wire.send(*[owner if word == "%s" else word for word in take])

    with (lockd(disk, durability) as server, connect(server) as client,
          Wire(server.socket) as me, Wire(server.socket) as you):
        client.ping()
        disk.slow("fdatasync", 1)
        ask(me, "me")
        pass_ms(800)  # beyond what was granted
        ask(you, "you")
        assert me.reply() in (b"+OK\r\n", b"*2\r\n:1\r\n:600\r\n")
        assert you.reply() in (b"$-1\r\n", b"*-1\r\n")
        assert client.info("stats")["stalls"] >= 1


def test_what_a_late_answer_has_granted_outlives_a_crash(disk):
    """The disk knows how long time stood still before anybody hears of it."""
    with (lockd(disk) as server, connect(server) as client,
          Wire(server.socket) as me):
        client.ping()
        disk.slow("pwrite", 0.6)  # what a crash finds not begun is lost
        me.send("LOCK.ACQUIRE", 1, "own", "me", "PX", LONG_MS)
        assert me.reply() == b"*2\r\n:1\r\n:%d\r\n" % LONG_MS
        since = Since()
        server.kill()
        disk.heal("pwrite")
        server.start()
        assert client.execute_command("FENCE", "own", "me") == 1
        assert since.left_ms(client, "own") > LONG_MS - 400


def test_locks_end_on_a_disk_that_is_always_slow(disk):
    """Each sync has its patience: time passes, if slowly."""
    with (lockd(disk) as server, connect(server) as client,
          Wire(server.socket) as me):
        me.send("SET", "k", "me", "PX", 500)
        disk.slow("fdatasync", 0.2)
        began = time.monotonic()
        while not client.set("k", "you", nx=True, px=500):
            assert time.monotonic() - began < 30


def test_a_clean_stop_keeps_the_time_that_stood_still(disk):
    with lockd(disk) as server, connect(server) as client:
        since = Since()
        acquire(client, "own", "me", LONG_MS)
        with refusing(disk, server, *FULL):
            pass_ms(1000)
        server.stop()
        server.start()
        assert since.left_ms(client, "own") > LONG_MS + 900


@pytest.mark.parametrize("durability", ["always", "everysec"])
def test_a_stop_that_loses_something_says_so(disk, durability):
    with lockd(disk, durability) as server, Wire(server.socket) as late:
        disk.fail(*FULL)
        late.send("SET", "lost", "1")
        if durability == "everysec":  # done, or too late for that already
            assert late.reply()[:1] in (b"+", b"-")
        assert server.stop() == 1
        assert "the journal's last changes could not be written" in server.log()
        assert "lockd: stopped" not in server.log()
        disk.heal("pwrite")
        server.start()
        assert server.stop() == 0
