"""lockd's durability: what it answered is so, whatever died since."""

import errno
import re
import resource
import signal
import struct
import time
from pathlib import Path

import pytest
import redis

from bad_disk import BadDisk
from servers import Lockd
from stack import Stack
from web import wait_until


def connect(server, timeout=10):
    return redis.Redis(unix_socket_path=server.socket, socket_timeout=timeout,
                       decode_responses=True)


@pytest.fixture
def server():
    with Lockd() as running:
        yield running


@pytest.fixture
def client(server):
    with connect(server) as client:
        yield client


def restart(server, how="kill"):
    getattr(server, how)()
    server.start()


def pending(client):
    """Changes that are on their way to the disk."""
    return client.info("persistence")["rdb_changes_since_last_save"]


@pytest.mark.parametrize("how", ["kill", "stop"])
@pytest.mark.parametrize("durability", ["always", "everysec"])
def test_what_was_answered_is_there_after_a_restart(how, durability):
    with Lockd("--durability", durability) as server, connect(server) as client:
        client.set("lock", "me", nx=True, px=60000)
        client.set("kept", "x" * 100000)
        client.set("gone", "1", px=60000)
        client.delete("gone")
        client.set("moved", "1", px=60000)
        client.pexpire("moved", 90000)
        client.set("now_or_never", "1")
        client.pexpire("now_or_never", -1)
        client.incrby("n", 41)
        client.incr("n")
        if durability == "everysec" and how == "kill":
            wait_until(lambda: not pending(client), 20, "the disk has it")
        restart(server, how)
        assert client.get("lock") == "me"
        assert 50000 < client.pttl("lock") <= 60000
        assert client.get("kept") == "x" * 100000
        assert client.exists("gone", "now_or_never") == 0
        assert 80000 < client.pttl("moved") <= 90000
        assert client.get("n") == "42"
        assert not client.set("lock", "you", nx=True, px=1000)


def test_a_lock_runs_out_while_lockd_is_away(server, client):
    client.set("short", "me", nx=True, px=300)
    client.set("long", "me", nx=True, px=60000)
    server.kill()
    time.sleep(0.4)  # its time, with nobody there to end it
    server.start()
    assert client.get("short") is None
    assert client.set("short", "you", nx=True, px=1000)
    assert client.get("long") == "me"


@pytest.mark.parametrize("durability", ["always", "everysec"])
def test_waitaof_answers_when_the_journal_holds_it(durability):
    with Lockd("--durability", durability) as server, connect(server) as client:
        client.set("k", "v")
        assert client.execute_command("WAITAOF", 1, 0, 0) == [1, 0]
        assert client.info("persistence")["aof_pending_records"] == 0
        assert client.info("persistence")["aof_enabled"] == 1


def test_waitaof_without_a_journal_is_an_error_as_in_redis():
    with Lockd("--durability", "none") as server, connect(server) as client:
        with pytest.raises(redis.ResponseError, match="appendonly is disabled"):
            client.execute_command("WAITAOF", 1, 0, 0)
        assert client.execute_command("WAITAOF", 0, 0, 0) == [0, 0]


def test_none_keeps_nothing_and_makes_no_files():
    with Lockd("--durability", "none") as server, connect(server) as client:
        client.set("k", "v")
        restart(server)
        assert client.get("k") is None
        assert not list(Path(server.home).glob("log.*"))


def test_two_cannot_have_one_folder(server):
    with pytest.raises(AssertionError, match="another process has the journal"):
        Lockd("--dir", str(server.home)).start()


# -- damage ----------------------------------------------------------------


def test_damage_is_refused_until_repair_is_asked_for(server, client):
    for i in range(100):
        client.set(f"k{i}", "v" * 50)
    server.stop()
    log = max(Path(server.home).glob("log.*"), key=lambda p: p.stat().st_size)
    bytes_ = bytearray(log.read_bytes())
    bytes_[len(bytes_) // 2] ^= 0xFF
    log.write_bytes(bytes_)
    with pytest.raises(AssertionError, match="--repair"):
        server.start()
    server.options = ("--repair",)
    server.start()
    assert 10 < client.dbsize() < 90
    assert client.get("k5") == "v" * 50


def test_after_a_repair_no_token_is_given_again(server, client):
    for i in range(100):
        client.execute_command("LOCK.ACQUIRE", 1, f"k{i}", "me", "PX", 60000)
    given = client.execute_command("FENCE", "k99")
    server.kill()
    log = max(Path(server.home).glob("log.*"), key=lambda p: p.stat().st_size)
    bytes_ = bytearray(log.read_bytes())
    bytes_[len(bytes_.rstrip(b"\0")) // 2] ^= 1
    log.write_bytes(bytes_)
    server.options = ("--repair",)
    server.start()
    assert client.exists("k10") and not client.exists("k99")
    token, _ = client.execute_command("LOCK.ACQUIRE", 1, "k99", "you", "PX", 60000)
    assert token > given
    server.options = ()
    restart(server)  # it has been said once and for all
    next_, _ = client.execute_command("LOCK.ACQUIRE", 1, "k98", "you", "PX", 60000)
    assert next_ == token + 1


def test_a_torn_end_is_cut_with_a_warning(server, client):
    for i in range(10):
        client.set(f"k{i}", "v" * 50)
    server.kill()
    log = Path(server.home) / "log.1"
    whole = log.read_bytes().rstrip(b"\0")
    log.write_bytes(whole[:-20])
    server.start()
    assert client.dbsize() == 9
    assert "journal cut" in server.log()


# -- a disk that refuses ----------------------------------------------------


def limit_files(server, size):
    """No file of its may grow beyond size: its log cannot, either."""
    resource.prlimit(server.pid, resource.RLIMIT_FSIZE,
                     (size, resource.RLIM_INFINITY))


def test_a_full_disk_refuses_changes_and_lets_reads_go_on(server, client):
    client.set("before", "1")
    limit_files(server, 128)
    with connect(server, timeout=1) as lost, pytest.raises(redis.TimeoutError):
        lost.set("during", "1", nx=True)  # nobody hears of what is not kept
    with pytest.raises(redis.ResponseError, match="^MISCONF .*File too large"):
        client.set("refused", "1")
    with pytest.raises(redis.ResponseError, match="MISCONF"):
        client.delete("before")
    assert client.get("before") == "1"
    assert client.ping()
    limit_files(server, resource.RLIM_INFINITY)

    def works():
        try:
            return client.set("after", "1")
        except redis.ResponseError:
            return False

    wait_until(works, 10, "it works again")
    restart(server)
    assert client.get("before") == client.get("after") == "1"
    assert client.exists("refused") == 0


@pytest.fixture
def disk():
    with BadDisk() as disk:
        yield disk


def changed(client, key):
    """Whether it may be; a refusal must say why not."""
    try:
        return client.set(key, "1")
    except redis.ResponseError as error:
        assert str(error).startswith("MISCONF the journal cannot be written")
        return False


@pytest.mark.parametrize("call, error, text", [
    ("fdatasync", errno.EIO, "Input/output error"),
    ("pwrite", errno.ENOSPC, "No space left"),
    ("pwrite", errno.EIO, "Input/output error"),
])
def test_a_disk_that_fails_refuses_changes_until_it_heals(disk, call, error, text):
    with Lockd(**disk.environment) as server, connect(server) as client:
        client.set("lock", "me", nx=True, px=60000)
        client.execute_command("LOCK.ACQUIRE", 1, "own", "me", "PX", 60000)
        token = client.execute_command("FENCE", "own")
        disk.fail(call, error)
        with connect(server) as lost:  # its answer waits until it is kept
            lost.connection = lost.connection_pool.get_connection("_")
            lost.connection.connect()
            lost.connection.send_command("SET", "late", "1", "NX")
            wait_until(lambda: client.info("persistence")
                       ["aof_last_write_status"] == "err", 10, "it is seen")
            got = client.info("persistence")
            assert got["rdb_last_bgsave_status"] == "err"
            for words in (["SET", "refused", "1"], ["DEL", "lock"],
                          ["LOCK.ACQUIRE", 1, "refused2", "me", "PX", 1000],
                          ["LOCK.RELEASE", 1, "own", "me"]):
                with pytest.raises(redis.ResponseError, match=f"MISCONF.*{text}"):
                    client.execute_command(*words)
            assert client.get("lock") == "me"
            assert client.execute_command("FENCE", "own", "me") == token
            disk.heal(call)
            assert lost.connection.read_response() == "OK"
        wait_until(lambda: changed(client, "after"), 10, "it works again")
        assert client.info("persistence")["aof_failures"] >= 1
        restart(server)
        assert client.get("lock") == "me"
        assert client.execute_command("FENCE", "own", "me") == token
        assert client.get("late") == client.get("after") == "1"
        assert client.exists("refused", "refused2") == 0


def send(client, *words):
    """Sends and reads no answer: the connection that will have it."""
    connection = client.connection_pool.get_connection("_")
    connection.send_command(*words)
    return connection


def wait_until_refused(client):
    wait_until(lambda: client.info("persistence")
               ["aof_last_write_status"] == "err", 10, "the disk refuses")


@pytest.mark.parametrize("durability", ["always", "everysec"])
@pytest.mark.parametrize("words", [
    ["FENCE", "late"], ["GET", "late"], ["EXISTS", "other", "late"], ["DBSIZE"],
    ["SCAN", "0"], ["LOCK.LIST"], ["EVAL", "return redis.call('TTL', 'late')", 0],
], ids=lambda words: words[0])
def test_nobody_sees_a_grant_that_the_refusing_disk_has_not(disk, durability,
                                                            words):
    with (Lockd("--durability", durability, **disk.environment) as server,
          connect(server) as client, connect(server) as reader):
        client.set("other", "1")
        client.execute_command("WAITAOF", 1, 0, 0)
        disk.fail("pwrite", errno.ENOSPC)
        late = send(client, "SET", "late", "me", "NX", "PX", 60000)
        with connect(server) as watcher:
            wait_until_refused(watcher)
            seen = send(reader, *words)
            # What it has not changed is told at once, though.
            assert watcher.get("other") == "1"
            assert watcher.execute_command("FENCE", "other") > 0
            assert watcher.exists("nothing") == 0
            assert not seen.can_read(0.1)
            disk.heal("pwrite")
            assert late.read_response() == "OK"
            seen.read_response()


def test_a_token_that_a_full_disk_lost_was_seen_by_nobody(disk):
    with (Lockd(**disk.environment) as server, connect(server) as client,
          connect(server) as reader):
        disk.fail("pwrite", errno.ENOSPC)
        send(client, "LOCK.ACQUIRE", 1, "w", "me", "PX", 60000)
        with connect(server) as watcher:
            wait_until_refused(watcher)
        seen = send(reader, "FENCE", "w")
        assert not seen.can_read(0.1)
        server.kill()
        with pytest.raises(redis.ConnectionError):
            seen.read_response()
        disk.heal("pwrite")
        server.start()
        assert client.execute_command("FENCE", "w") is None


def test_a_compaction_never_makes_the_serving_thread_wait_for_the_disk(disk):
    """INFO tells how long a piece of it kept the loop; the number is not
    judged here, the calls are."""
    value = "v" * 60000
    with Lockd(**disk.environment) as server, connect(server) as client:
        client.set("warm", "1")
        disk.watch()
        for call in ("fdatasync", "fsync", "renameat", "unlinkat"):
            disk.slow(call, 0.002)
        for i in range(1300):  # more than is kept in one log
            client.set(f"k{i % 300}", value)

        def done():
            client.set("more", "1")
            return client.info("persistence")["aof_rewrites"] >= 1

        wait_until(done, 60, "a snapshot replaces the log")
        assert disk.watched() == []
        print(client.info("persistence")["journal_longest_piece_us"], "us")
        assert not list(Path(server.home).glob("log.1"))
        restart(server)
        assert client.dbsize() == 302


# -- time --------------------------------------------------------------------


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


HEAD = struct.Struct(">8sII16sQQqq36s")  # and its sum: libhold/journal_file.h
CLOCKS = struct.Struct(">qq")  # of a record, after kind, space and type
TIME, SHIFT = 64, 6


def as_of_another_boot(path, boot_ms, wall_ms):
    """The log as an earlier boot would have left it.

    That boot's clock was boot_ms ahead of ours; the wall clock stood wall_ms
    later than it really did.
    """
    log = path.read_bytes()
    head = list(HEAD.unpack_from(log))
    head[6] += boot_ms
    head[7] += wall_ms
    head[8] = b"another-boot".ljust(36, b"-")
    packed = HEAD.pack(*head)
    out = packed + struct.pack(">I", crc32c(packed))
    at = len(out)
    while at + 16 <= len(log):
        length, sum_ = struct.unpack_from(">II", log, at)
        if length == sum_ == 0:
            break  # the room beyond the last record
        stamp, record = log[at + 8:at + 16], bytearray(log[at + 16:at + 16 + length])
        if length:
            due, other = CLOCKS.unpack_from(record, 3)
            if record[0] == TIME:
                due, other = due + boot_ms, other + wall_ms
            elif record[0] != SHIFT and 0 < due < 1 << 62:
                due += boot_ms
            CLOCKS.pack_into(record, 3, due, other)
        body = stamp + bytes(record)
        out += struct.pack(">II", length, crc32c(body)) + body
        at += 16 + length
    path.write_bytes(out)


@pytest.mark.parametrize(
    "boot_ms, wall_ms, least, most",
    [
        (10**9, 0, 50000, 60000),
        (-10**7, 0, 50000, 60000),
        (10**9, -20000, 30000, 40000),  # it was away for 20 s more
        (10**9, -10**7, -2, -2),
        (10**9, 10**7, 50000, 60000),  # the wall clock went back
    ],
)
def test_a_lock_keeps_its_time_over_a_reboot(server, client, boot_ms, wall_ms,
                                             least, most):
    client.set("lock", "me", nx=True, px=60000)
    client.set("for ever", "me")
    server.kill()
    as_of_another_boot(Path(server.home) / "log.1", boot_ms, wall_ms)
    server.start()
    assert least <= client.pttl("lock") <= most
    assert client.pttl("for ever") == -1
    restart(server)  # what was moved is moved once
    assert least - 5000 <= client.pttl("lock") <= most


def test_everysec_grants_nothing_after_a_crash_until_what_was_lost_is_over():
    with Lockd("--durability", "everysec") as server, connect(server) as client:
        client.set("held", "me", nx=True, px=1500)
        restart(server)
        began = time.monotonic()
        with pytest.raises(redis.ResponseError, match="^TRYAGAIN"):
            client.set("held2", "you", nx=True, px=1000)

        def granted():
            try:
                return client.set("held2", "you", nx=True, px=1000)
            except redis.ResponseError:
                return False

        wait_until(granted, 10, "locks are granted again")
        assert 1 < time.monotonic() - began < 4
        restart(server, "stop")
        assert client.set("held3", "you", nx=True, px=1000)


def asked_to_wait_ms(client, *words):
    """How long it says that nothing is granted; 0: it was."""
    try:
        client.execute_command(*words)
    except redis.ResponseError as error:
        found = re.match(r"TRYAGAIN .* for (\d+) ms, until what was lost is over",
                         str(error))
        assert found, error
        return int(found[1])
    return 0


@pytest.mark.parametrize("then", ["always", "everysec"])
def test_what_everysec_has_lost_is_waited_for_however_the_next_start_is(then):
    with Lockd("--durability", "everysec") as server, connect(server) as client:
        client.set("held", "me", nx=True, px=5000)
        acquire = "LOCK.ACQUIRE", 1, "own", "you", "PX", 1000
        server.options = ("--durability", then)
        restart(server)
        # No longer than the longest of those that may be missing.
        assert 0 < asked_to_wait_ms(client, "SET", "held2", "you") <= 5010
        assert 0 < asked_to_wait_ms(client, *acquire) <= 5010
        for how in ("stop", "kill"):  # what is missing is no less for that
            before = asked_to_wait_ms(client, *acquire)
            restart(server, how)
            assert 0 < asked_to_wait_ms(client, *acquire) <= before


def test_always_closes_for_nothing_that_a_clean_stop_has_kept():
    with Lockd("--durability", "everysec") as server, connect(server) as client:
        client.set("held", "me", nx=True, px=60000)
        server.options = ("--durability", "always")
        restart(server, "stop")
        assert client.set("held2", "me", nx=True, px=60000)
        restart(server)
        assert client.set("held3", "me", nx=True, px=60000)


# -- the worker ----------------------------------------------------------------


def test_a_hold_survives_lockds_death_and_is_booked(database):
    with Stack(database, workers=1) as stack:
        ann, bob = stack.client("ann"), stack.client("bob")
        assert ann.reserve("1").status == 200
        stack.lock.process.send_signal(signal.SIGKILL)
        stack.lock.process.wait()
        stack.lock.start()
        wait_until(lambda: bob.reserve("1").code == "held", 30,
                   "the lock is there, and is ann's")
        assert ann.book("1").status == 200
