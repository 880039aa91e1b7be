"""lockd's own locks over real sockets: LOCK.*, FENCE and GUARD.

Redis has none of these, so there is nothing to compare with: the rules are
those of docs/lockd-locks.md. Clients are redis-py, unmodified, and raw bytes
where the moment of an answer matters.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time

import pytest
import redis

from bad_disk import BadDisk
from servers import Lockd
from web import free_port, wait_until
from wire import Wire

LONG = 60000  # ms: does not end within a test


@pytest.fixture(scope="module")
def server():
    with Lockd() as lockd:
        yield lockd


@pytest.fixture(autouse=True)
def empty(server):
    with contextlib.closing(connect(server)) as client:
        client.flushall()


def connect(server, **options):
    return redis.Redis(unix_socket_path=server.socket, decode_responses=True, **options)


@pytest.fixture
def client(server):
    with contextlib.closing(connect(server)) as client:
        yield client


@pytest.fixture
def wires(server):
    """Makes connections that are closed at the end."""
    with contextlib.ExitStack() as stack:

        def make():
            return stack.enter_context(Wire(server.socket))

        yield make


def acquire(client, keys, owner, *options, px=LONG):
    return client.execute_command(
        "LOCK.ACQUIRE", len(keys), *keys, owner, "PX", px, *options
    )


def release(client, keys, owner):
    return client.execute_command("LOCK.RELEASE", len(keys), *keys, owner)


def pairs(flat):
    return dict(zip(flat[::2], flat[1::2]))


def info(client, key):
    found = pairs(client.execute_command("LOCK.INFO", key))
    found["holders"] = [pairs(holder) for holder in found["holders"]]
    return found


def waiters(client, key):
    return [pairs(w) for w in client.execute_command("LOCK.WAITERS", key)]


def wait_for_waiters(client, key, n):
    wait_until(lambda: len(waiters(client, key)) == n, 10, f"{n} wait for {key}")


def ask_to_wait(wire, keys, owner, *options, px=LONG):
    """Sends the request of one who waits, and does not read."""
    wire.send(
        *("LOCK.ACQUIRE", len(keys), *keys, owner, "PX", px, "WAIT", LONG, *options)
    )


def token_of(reply):
    """The token in the bytes of a grant."""
    assert reply.startswith(b"*2\r\n:"), reply
    return int(reply.split(b"\r\n")[1][1:])


def silent(client, wire):
    """Nothing was sent to it up to now: the server answers in order."""
    client.ping()
    wire.peer.settimeout(0)
    try:
        return wire.peer.recv(1) == b"never"
    except BlockingIOError:
        return True
    finally:
        wire.peer.settimeout(20)


# ---- one key ----------------------------------------------------------------


def test_a_grant_is_a_token_and_the_time_that_remains(client):
    token, left = acquire(client, ["k"], "me", px=5000)
    assert token > 0 and left == 5000
    assert release(client, ["k"], "me") == 1
    again, _ = acquire(client, ["k"], "me")
    assert again > token


def test_who_cannot_have_it_and_does_not_wait_hears_null(client):
    acquire(client, ["k"], "me")
    assert acquire(client, ["k"], "other") is None
    assert acquire(client, ["k"], "other", "WAIT", 0) is None


def test_repeating_after_a_lost_reply_changes_nothing(client):
    first = acquire(client, ["k"], "me", px=5000)
    again = acquire(client, ["k"], "me", px=9000)
    assert again[0] == first[0] and again[1] <= 5000
    assert release(client, ["k"], "me") == 1
    assert release(client, ["k"], "me") == 0


def test_others_are_refused_with_the_reason(client):
    token, _ = acquire(client, ["k"], "me")
    for words in (
        ["LOCK.RELEASE", 1, "k", "other"],
        ["LOCK.RELEASE", 1, "k", "TOKEN", token + 1],
        ["LOCK.EXTEND", 1, "k", "other", "PX", 10],
        ["LOCK.EXTEND", 1, "k", "TOKEN", token + 1, "PX", 10],
    ):
        with pytest.raises(redis.ResponseError, match="^NOTOWNER 'k' is held"):
            client.execute_command(*words)
    with pytest.raises(redis.ResponseError, match="^NOTHELD nobody holds 'j'"):
        client.execute_command("LOCK.EXTEND", 2, "k", "j", "me", "PX", 10)
    assert client.pttl("k") > 10000


def test_extend_and_release_by_owner_or_by_token(client):
    token, _ = acquire(client, ["k"], "me", px=1000)
    extend = ["LOCK.EXTEND", 1, "k"]
    assert client.execute_command(*extend, "me", "PX", 9000) == [token, 9000]
    assert client.pttl("k") > 8000
    assert client.execute_command(*extend, "TOKEN", token, "PX", 7000) == [token, 7000]
    assert client.pttl("k") <= 7000
    assert client.execute_command("LOCK.RELEASE", 1, "k", "TOKEN", token) == 1
    # An owner may have the name of the keyword, or of a number.
    acquire(client, ["k"], "token")
    assert release(client, ["k"], "token") == 1
    acquire(client, ["k"], token)
    assert release(client, ["k"], token) == 1


@pytest.mark.parametrize(
    "words, error",
    [
        ("ACQUIRE 1 k me", "wrong number"),
        ("ACQUIRE 0 k me PX 10", "number of keys"),
        ("ACQUIRE x k me PX 10", "number of keys"),
        ("ACQUIRE 257 k me PX 10", "from 1 to 256"),
        ("ACQUIRE 9 k me PX 10", "fewer keys"),
        ("ACQUIRE 2 k k me PX 10", "named twice"),
        ("ACQUIRE 1 k me WAIT 10", "PX is missing"),
        ("ACQUIRE 1 k me PX 0", "PX must be"),
        ("ACQUIRE 1 k me PX -1", "PX must be"),
        ("ACQUIRE 1 k me PX 9223372036854775807", "PX must be"),
        ("ACQUIRE 1 k me PX 10 WAIT", "WAIT needs a number of milliseconds behind it"),
        ("ACQUIRE 1 k me PX 10 WAIT -1", "WAIT must be"),
        ("ACQUIRE 1 k me PX 10 DELAY 86400001", "DELAY must be"),
        ("ACQUIRE 1 k me PX 10 ON-DISCONNECT", "ON-DISCONNECT needs KEEP, RELEASE or GRACE milliseconds"),
        ("ACQUIRE 1 k me PX 10 ON-DISCONNECT EXPLODE", "ON-DISCONNECT needs KEEP, RELEASE or GRACE milliseconds"),
        ("ACQUIRE 1 k me PX 10 ON-DISCONNECT GRACE", "GRACE needs a number of milliseconds behind it"),
        ("ACQUIRE 1 k me PX 10 ON-DISCONNECT GRACE 86400001", "GRACE must be"),
        ("ACQUIRE 1 k me PX 10 QUICKLY", "'QUICKLY' is no option of LOCK.ACQUIRE: behind the owner come PX"),
        ("RELEASE 1 k", "wrong number"),
        ("RELEASE 1 k me you", "behind the keys come the owner, or TOKEN and the token, and no more"),
        ("RELEASE 1 k TOKEN 0", "a token is"),
        ("RELEASE 1 k TOKEN x", "a token is"),
        ("EXTEND 1 k me PX", "wrong number"),
        ("EXTEND 1 k me EX 10", "behind the owner come PX and milliseconds"),
        ("EXTEND 1 k me PX 0", "PX must be"),
        ("EXTEND 1 k me you PX 10", "the owner, or TOKEN and the token, then PX and milliseconds"),
        ("LIST MATCH", "syntax error"),
        ("LIST CURSOR x", "syntax error"),
        ("LIST CURSOR -1", "syntax error"),
        ("LIST COUNT 0", "syntax error"),
        ("LIST WHAT 1", "syntax error"),
        ("TOP COUNT 0", "syntax error"),
        ("TOP WHAT 1", "syntax error"),
        ("ACQUIRE 99999999999999999999 k me PX 10", "from 1 to 256"),
        ("ACQUIRE 1 k me PX 10 PX 20", "px is given twice"),
        ("ACQUIRE 1 k me SHARED PX 10 shared", "shared is given twice"),
    ],
)
def test_what_cannot_be_meant_is_refused(client, words, error):
    with pytest.raises(redis.ResponseError, match=error):
        client.execute_command(*("LOCK." + words).split(" "))
    assert client.dbsize() == 0


def test_an_owner_has_1_to_512_bytes(client):
    for owner in ("", "x" * 513):
        with pytest.raises(redis.ResponseError, match="1 to 512 bytes"):
            acquire(client, ["k"], owner)
    assert acquire(client, ["k"], "x" * 512)


# ---- beside the other commands ----------------------------------------------


def test_set_nx_and_lock_acquire_exclude_each_other(client):
    acquire(client, ["k"], "me")
    assert client.set("k", "other", nx=True) is None
    client.delete("k")
    assert client.set("k", "other", nx=True, px=LONG)
    assert acquire(client, ["k"], "me") is None
    with pytest.raises(redis.ResponseError, match="NOTOWNER"):
        release(client, ["k"], "me")


def test_a_lock_is_a_key_of_its_own_type(client):
    acquire(client, ["k"], "me")
    assert client.type("k") == "lock"
    assert client.exists("k") == 1
    assert 0 < client.pttl("k") <= LONG
    assert client.scan(0, _type="lock")[1] == ["k"]
    assert client.scan(0, _type="string")[1] == []
    for words in (["GET", "k"], ["INCR", "k"], ["SET", "k", "v", "GET"]):
        with pytest.raises(redis.ResponseError, match="WRONGTYPE"):
            client.execute_command(*words)
    assert info(client, "k")["holders"][0]["owner"] == "me"
    assert client.delete("k") == 1
    assert acquire(client, ["k"], "other")


def test_a_waiter_is_woken_when_a_redis_clients_lock_ends(client, wires):
    waiter = wires()
    client.set("k", "secret", nx=True, px=LONG)
    ask_to_wait(waiter, ["k"], "me")
    wait_for_waiters(client, "k", 1)
    lock_script = (
        "if redis.call('get', KEYS[1]) == ARGV[1] then "
        "return redis.call('del', KEYS[1]) else return 0 end"
    )
    assert client.eval(lock_script, 1, "k", "wrong") == 0
    assert silent(client, waiter)
    assert client.eval(lock_script, 1, "k", "secret") == 1
    assert token_of(waiter.reply())


def test_in_a_script_nobody_waits(client):
    acquire(client, ["k"], "me")
    script = "return redis.call('LOCK.ACQUIRE', 1, KEYS[1], 'x', 'PX', 9, 'WAIT', 9999)"
    assert client.eval(script, 1, "k") is None
    assert client.eval(script, 1, "free")[1] == 9
    assert waiters(client, "k") == []


# ---- waiting ----------------------------------------------------------------


def test_waiters_are_served_in_the_order_of_their_coming(client, wires):
    acquire(client, ["k"], "0")
    line = [wires() for _ in range(20)]
    for i, wire in enumerate(line):
        ask_to_wait(wire, ["k"], str(i + 1))
        wait_for_waiters(client, "k", i + 1)
    assert [w["owner"] for w in waiters(client, "k")] == [str(i + 1) for i in range(20)]
    last = 0
    for i, wire in enumerate(line):
        assert release(client, ["k"], str(i)) == 1
        token = token_of(wire.reply())
        assert token > last
        last = token
    assert waiters(client, "k") == []


def test_shared_and_exclusive_wait_in_one_line(client, wires):
    modes = ["SHARED", "", "SHARED", "SHARED", ""]
    wire = [wires() for _ in modes]
    acquire(client, ["k"], "0", "SHARED")
    assert token_of(wire[0].ask(*"LOCK.ACQUIRE 1 k 1 PX 60000 SHARED".split()))
    for i in range(1, 5):
        ask_to_wait(wire[i], ["k"], str(i + 1), *filter(None, [modes[i]]))
        wait_for_waiters(client, "k", i)
    release(client, ["k"], "0")
    release(client, ["k"], "1")
    assert token_of(wire[1].reply())
    assert silent(client, wire[2])
    release(client, ["k"], "2")
    assert token_of(wire[3].reply()) > token_of(wire[2].reply())
    assert silent(client, wire[4])
    release(client, ["k"], "3")
    release(client, ["k"], "4")
    assert token_of(wire[4].reply())


def test_what_stands_behind_a_waiting_request_waits_too(client, wires):
    waiter = wires()
    acquire(client, ["k"], "me")
    ask_to_wait(waiter, ["k"], "other")
    waiter.send("ECHO", "behind")
    wait_for_waiters(client, "k", 1)
    assert silent(client, waiter)
    release(client, ["k"], "me")
    assert token_of(waiter.reply())
    assert waiter.reply() == b"$6\r\nbehind\r\n"


def test_a_wait_ends_at_its_time_with_null(client, wires):
    waiter = wires()
    acquire(client, ["k"], "me")
    began = time.monotonic()
    assert waiter.ask(*"LOCK.ACQUIRE 1 k other PX 10 WAIT 150".split()) == b"*-1\r\n"
    assert time.monotonic() - began >= 0.149
    assert waiters(client, "k") == []


def test_a_waiter_that_hangs_up_leaves_the_line(client, wires):
    gone, stays = wires(), wires()
    acquire(client, ["k"], "me")
    ask_to_wait(gone, ["k"], "gone")
    wait_for_waiters(client, "k", 1)
    ask_to_wait(stays, ["k"], "stays")
    wait_for_waiters(client, "k", 2)
    gone.close()
    wait_for_waiters(client, "k", 1)
    release(client, ["k"], "me")
    assert token_of(stays.reply())


def test_a_waiter_that_sent_too_much_and_hung_up_gets_no_lock():
    """What stands behind its wait is not read, and so not its end."""
    with Lockd("--max-request", "100000") as server, Wire(server.socket) as gone:
        with contextlib.closing(connect(server)) as client, Wire(server.socket) as stays:
            acquire(client, ["k"], "me")
            ask_to_wait(gone, ["k"], "gone")
            wait_for_waiters(client, "k", 1)
            ask_to_wait(stays, ["k"], "stays")
            wait_for_waiters(client, "k", 2)
            gone.peer.settimeout(0.3)
            with pytest.raises(OSError):  # until nothing more is taken
                while True:
                    gone.peer.sendall(b"*2\r\n$4\r\nECHO\r\n$1\r\nx\r\n" * 1000)
            gone.close()
            release(client, ["k"], "me")
            assert token_of(stays.reply())
            assert info(client, "k")["holders"][0]["owner"] == "stays"


def test_asking_again_over_another_connection_keeps_the_place(client, wires):
    first, second, behind = wires(), wires(), wires()
    acquire(client, ["k"], "me")
    ask_to_wait(first, ["k"], "patient")
    wait_for_waiters(client, "k", 1)
    ask_to_wait(behind, ["k"], "behind")
    wait_for_waiters(client, "k", 2)
    ask_to_wait(second, ["k"], "patient")
    wait_for_waiters(client, "k", 3)
    first.close()
    wait_for_waiters(client, "k", 2)
    release(client, ["k"], "me")
    assert token_of(second.reply())
    assert silent(client, behind)


def test_all_keys_or_none_without_locking_each_other_out(client, wires):
    a, b, c = wires(), wires(), wires()
    acquire(client, ["y"], "me")
    ask_to_wait(a, ["x", "y"], "a")
    wait_for_waiters(client, "y", 1)
    assert client.exists("x") == 0
    ask_to_wait(b, ["y", "x"], "b")
    wait_for_waiters(client, "y", 2)
    ask_to_wait(c, ["x"], "c")
    wait_for_waiters(client, "x", 3)
    release(client, ["y"], "me")
    token = token_of(a.reply())
    assert client.execute_command("FENCE", "x") == token
    assert client.execute_command("FENCE", "y") == token
    assert release(client, ["x", "y"], "a") == 2
    assert token_of(b.reply()) > token
    assert silent(client, c)
    release(client, ["x", "y"], "b")
    assert token_of(c.reply())


def test_what_one_holds_is_not_taken_apart(client):
    acquire(client, ["a", "b"], "me")
    for keys, options in ((["b", "c"], []), (["a"], ["SHARED"])):
        with pytest.raises(redis.ResponseError, match="^OVERLAP"):
            acquire(client, keys, "me", *options)
    assert client.exists("c") == 0


def test_a_blocked_client_is_seen_and_can_be_unblocked(client, wires):
    waiter = wires()
    number = int(waiter.ask("CLIENT", "ID")[1:])
    acquire(client, ["k"], "me")
    for words, reply in (
        ([], b"*-1\r\n"),
        (["ERROR"], b"-UNBLOCKED client unblocked via CLIENT UNBLOCK\r\n"),
    ):
        ask_to_wait(waiter, ["k"], "other")
        wait_for_waiters(client, "k", 1)
        assert client.info("clients")["blocked_clients"] == 1
        assert client.execute_command("CLIENT", "UNBLOCK", number, *words) == 1
        assert waiter.reply() == reply
    assert client.info("clients")["blocked_clients"] == 0


def test_flushall_serves_who_waits(client, wires):
    waiter = wires()
    acquire(client, ["k"], "me")
    ask_to_wait(waiter, ["k"], "other")
    wait_for_waiters(client, "k", 1)
    client.flushall()
    assert token_of(waiter.reply())


def test_a_lock_that_expires_goes_to_the_next(client, wires):
    waiter = wires()
    acquire(client, ["k"], "me", px=100)
    ask_to_wait(waiter, ["k"], "other")
    assert token_of(waiter.reply())


def test_two_hundred_waiters_get_one_lock_each_after_the_other(client, wires):
    acquire(client, ["k"], "0")
    line = [wires() for _ in range(200)]
    for i, wire in enumerate(line):
        ask_to_wait(wire, ["k"], str(i + 1))
    wait_for_waiters(client, "k", 200)
    owners = ["0"]
    while len(owners) <= 200:
        release(client, ["k"], owners[-1])
        [holder] = info(client, "k")["holders"]
        owners.append(holder["owner"])
        # Answered by then: the grant was written before its holder is shown.
        assert token_of(line[int(owners[-1]) - 1].reply()) == holder["token"]
    assert sorted(owners, key=int) == [str(i) for i in range(201)]


# ---- the end of a holder ----------------------------------------------------


def test_the_end_of_a_connection_keeps_the_lock_unless_asked(client, wires):
    keeper, releaser = wires(), wires()
    token_of(keeper.ask(*"LOCK.ACQUIRE 1 kept k PX 60000".split()))
    token_of(
        releaser.ask(*"LOCK.ACQUIRE 1 free f PX 60000 ON-DISCONNECT RELEASE".split())
    )
    keeper.close()
    releaser.close()
    wait_until(lambda: client.exists("free") == 0, 10, "it is released")
    assert client.exists("kept") == 1


def test_who_comes_back_within_the_grace_has_kept_its_lock(client, wires):
    first, second = wires(), wires()
    words = "LOCK.ACQUIRE 1 k me PX 60000 ON-DISCONNECT GRACE 300".split()
    token = token_of(first.ask(*words))
    first.close()
    wait_until(
        lambda: info(client, "k")["holders"][0]["client-id"] is None, 10, "it is gone"
    )
    assert client.exists("k") == 1
    assert client.pttl("k") <= 300, "all see when it ends"
    assert token_of(second.ask(*words)) == token
    assert client.pttl("k") > 50000, "who is back has its own time again"
    second.close()
    wait_until(lambda: client.exists("k") == 0, 10, "its grace is over")


def test_a_grace_goes_on_over_a_restart():
    with Lockd() as server:
        with Wire(server.socket) as holder:
            token_of(holder.ask(
                *"LOCK.ACQUIRE 1 k me PX 60000 ON-DISCONNECT GRACE 800".split()))
        with contextlib.closing(connect(server)) as client:
            wait_until(lambda: client.pttl("k") <= 800, 10, "it is gone")
        server.kill()
        server.start()
        with contextlib.closing(connect(server)) as client:
            assert client.pttl("k") <= 800
            wait_until(lambda: client.exists("k") == 0, 10, "its grace is over")


def test_what_moves_a_deadline_brings_no_dead_holder_back(client):
    acquire(client, ["k"], "me", "DELAY", LONG, px=200)
    assert client.pttl("k") <= 200, "the holder's time, not the delay's"
    wait_until(lambda: info(client, "k")["state"] == "closed", 10, "it is over")
    assert LONG - 5000 < client.pttl("k") <= LONG
    for command in (["PEXPIRE", "k", "90000"], ["EXPIRE", "k", "90"],
                    ["PEXPIREAT", "k", str(2**42)], ["PERSIST", "k"]):
        assert client.execute_command(*command) in (0, False)
        assert client.execute_command("FENCE", "k", "me") is None
    assert client.execute_command("LOCK.RELEASE", 1, "k", "me") == 0
    with pytest.raises(redis.ResponseError, match="NOTHELD"):
        client.execute_command("LOCK.EXTEND", 1, "k", "me", "PX", 5000)
    assert client.delete("k") == 1


def test_a_dead_holders_lock_stays_closed_for_its_delay(client, wires):
    holder, waiter = wires(), wires()
    token_of(
        holder.ask(
            *"LOCK.ACQUIRE 1 k me PX 60000 ON-DISCONNECT RELEASE DELAY 200".split()
        )
    )
    ask_to_wait(waiter, ["k"], "other")
    wait_for_waiters(client, "k", 1)
    began = time.monotonic()
    holder.close()
    wait_until(lambda: info(client, "k")["state"] == "closed", 10, "it is closed")
    assert client.execute_command("FENCE", "k") is None
    assert client.set("k", "v", nx=True) is None
    assert token_of(waiter.reply())
    assert time.monotonic() - began >= 0.19
    # A release is no death.
    token_of(wires().ask(*"LOCK.ACQUIRE 1 j me PX 60000 DELAY 9999".split()))
    release(client, ["j"], "me")
    assert client.exists("j") == 0


HOLDER = """
import socket, subprocess, sys
peer = socket.socket(socket.AF_UNIX)
peer.connect(sys.argv[1])
peer.set_inheritable(True)
child = subprocess.Popen(["sleep", "600"], close_fds=False)
peer.sendall(b"LOCK.ACQUIRE 1 k holder PX 60000 ON-DISCONNECT RELEASE\\r\\n")
peer.recv(100)
print(child.pid, flush=True)
sys.stdin.read()
"""


def test_a_killed_process_loses_its_lock_though_its_child_has_the_socket(
    server, client, wires
):
    waiter = wires()
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, server.socket],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    child = int(holder.stdout.readline())
    try:
        [held] = info(client, "k")["holders"]
        assert held["pid"] == holder.pid
        assert held["on-disconnect"] == "release"
        ask_to_wait(waiter, ["k"], "other")
        wait_for_waiters(client, "k", 1)
        holder.kill()
        assert token_of(waiter.reply()) > held["token"]
        os.kill(child, 0)  # it lives, and has the socket
    finally:
        holder.kill()
        os.kill(child, signal.SIGKILL)
        holder.communicate()


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_locks_and_guards_survive_the_end_of_the_server(end):
    with Lockd() as lockd:
        with Wire(lockd.socket) as holder:
            words = "LOCK.ACQUIRE 2 a b me PX 60000 ON-DISCONNECT RELEASE".split()
            token = token_of(holder.ask(*words))
            shared = "LOCK.ACQUIRE 1 c {} PX 60000 SHARED".format
            first = token_of(holder.ask(*shared("one").split()))
            second = token_of(holder.ask(*shared("two").split()))
            assert holder.ask("GUARD", "resource", token) == b"+OK\r\n"
            getattr(lockd, end)()  # the server's end is no fault of the holder
        lockd.start()
        with contextlib.closing(connect(lockd)) as client, Wire(lockd.socket) as waiter:
            assert client.execute_command("GUARD", "resource") == token
            assert acquire(client, ["a", "b"], "me")[0] == token
            assert 0 < client.pttl("a") <= LONG
            assert acquire(client, ["a"], "other") is None
            holders = [(h["owner"], h["token"]) for h in info(client, "c")["holders"]]
            assert holders == [("one", first), ("two", second)]
            assert client.info("locks")["locks_held"] == 3
            ask_to_wait(waiter, ["c"], "three")
            wait_for_waiters(client, "c", 1)
            release(client, ["c"], "one")
            release(client, ["c"], "two")
            assert token_of(waiter.reply()) > second


def test_grants_and_guards_wait_for_the_disk():
    took = []
    with BadDisk() as disk, Lockd(**disk.environment) as lockd:
        with Wire(lockd.socket) as holder, Wire(lockd.socket) as waiter:
            token_of(holder.ask(*"LOCK.ACQUIRE 1 k me PX 60000".split()))
            with contextlib.closing(connect(lockd)) as client:
                ask_to_wait(waiter, ["k"], "other")
                wait_for_waiters(client, "k", 1)
            disk.slow("fdatasync", 0.3)
            for send, wire in (
                ("LOCK.RELEASE 1 k me", waiter),
                ("GUARD resource 5", holder),
            ):
                began = time.monotonic()
                holder.send(*send.split())
                wire.reply()
                took.append(time.monotonic() - began)
                if wire is waiter:
                    holder.reply()
    assert min(took) >= 0.29, took


# ---- notices ----------------------------------------------------------------


def test_a_resp3_holder_is_told_of_the_end_and_of_a_loss(client, wires):
    holder = wires()
    holder.ask("HELLO", "3")
    token = token_of(holder.ask(*"LOCK.ACQUIRE 1 k me PX 400".split()))
    number = b":%d\r\n" % token
    push = holder.reply()
    assert push.startswith(b">5\r\n$13\r\nlock-expiring\r\n$1\r\nk\r\n$2\r\nme\r\n" + number)
    assert 0 < int(push.split(b"\r\n")[-2][1:]) <= 100
    assert holder.reply() == (
        b">5\r\n$9\r\nlock-lost\r\n$1\r\nk\r\n$2\r\nme\r\n" + number + b"$7\r\nexpired\r\n"
    )
    token_of(holder.ask(*"LOCK.ACQUIRE 1 k me PX 60000".split()))
    client.delete("k")
    assert holder.reply().endswith(b"$7\r\ndeleted\r\n")
    token_of(holder.ask(*"LOCK.ACQUIRE 1 k me PX 60000".split()))
    client.set("k", "mine now")
    assert holder.reply().endswith(b"$11\r\noverwritten\r\n")


def test_its_own_release_is_no_loss(client, wires):
    holder = wires()
    holder.ask("HELLO", "3")
    token_of(holder.ask(*"LOCK.ACQUIRE 1 k me PX 60000".split()))
    assert holder.ask(*"LOCK.RELEASE 1 k me".split()) == b":1\r\n"
    assert holder.ask("PING") == b"+PONG\r\n"
    assert silent(client, holder)


def test_a_resp2_client_listens_to_its_owners_channel(client):
    with contextlib.closing(client.pubsub(ignore_subscribe_messages=True)) as listener:
        listener.subscribe("__lock__:me")
        listener.get_message(timeout=10)
        token, _ = acquire(client, ["a key"], "me", px=400)
        heard = []

        def all_heard():
            message = listener.get_message(timeout=0.05)
            if message is not None:
                heard.append(message["data"])
            return len(heard) == 2

        wait_until(all_heard, 10, "both messages")
        soon = heard[0].split(" ", 3)
        assert soon[:2] == ["expiring", str(token)] and soon[3] == "a key"
        assert heard[1] == f"lost {token} expired a key"


# ---- fencing ----------------------------------------------------------------


def test_every_grant_of_a_redis_lock_has_a_greater_token(client):
    last = 0
    for i in range(5):
        lock = client.lock("k", timeout=30)
        assert lock.acquire(blocking=False)
        token = client.execute_command("FENCE", "k")
        assert token > last
        assert client.execute_command("FENCE", "k", lock.local.token) == token
        assert client.execute_command("FENCE", "k", "somebody else") is None
        assert lock.extend(5)
        assert client.execute_command("FENCE", "k") == token
        lock.release()
        last = token
    assert client.execute_command("FENCE", "k") is None
    script = "return redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', 60000)"
    assert client.eval(script, 1, "k", "v")
    assert client.execute_command("FENCE", "k", "v") > last


def test_the_fence_of_a_lock_is_its_owners_token(client):
    first, _ = acquire(client, ["k"], "one", "SHARED")
    second, _ = acquire(client, ["k"], "two", "SHARED")
    assert client.execute_command("FENCE", "k") == second
    assert client.execute_command("FENCE", "k", "one") == first
    assert client.execute_command("FENCE", "k", "three") is None
    release(client, ["k"], "two")
    assert client.execute_command("FENCE", "k") == first


def test_redissons_tokens_never_go_back(client):
    key = "redisson_lock_token:{k}"
    first = client.incr(key)
    for i in range(3):
        client.set("other", i)
    client.delete(key)
    second = client.incr(key)
    assert second > first
    client.flushall()
    assert client.incr(key) > second
    assert client.execute_command("LOCK.ACQUIRE", 1, "k", "me", "PX", 9)[0] > second


# ---- guards -----------------------------------------------------------------


def test_a_guard_lets_no_older_token_pass(client):
    guard = lambda *words: client.execute_command("GUARD", *words)  # noqa: E731
    assert guard("g1") is None
    assert guard("g1", 5) == "OK"
    assert guard("g1", 5) == "OK"
    with pytest.raises(redis.ResponseError, match="^STALE the resource has seen token 5"):
        guard("g1", 4)
    assert guard("g1", 9223372036854775807) == "OK"
    assert guard("g2", 1) == "OK"
    for token in ("0", "-1", "x", "9223372036854775808"):
        with pytest.raises(redis.ResponseError, match="positive integer"):
            guard("g3", token)
    assert guard("g3") is None


def test_guards_are_no_keys_and_survive_flushall(client):
    client.execute_command("GUARD", "g4", 7)
    assert client.dbsize() == 0 and client.exists("g4") == 0
    client.set("g4", "a key of that name")
    client.flushall()
    assert client.execute_command("GUARD", "g4") == 7
    acquire(client, ["k"], "me")  # the tokens' counter is not the guards'
    assert client.execute_command("FENCE", "k") < 1 << 40


# ---- to be looked at --------------------------------------------------------


def test_lock_info_shows_who_holds_since_when_and_under_which_token(client):
    client.client_setname("shop")
    before = int(time.time() * 1000)
    token, _ = acquire(client, ["k"], "me", "ON-DISCONNECT", "GRACE", 70, "DELAY", 80)
    found = info(client, "k")
    [holder] = found["holders"]
    assert found["state"] == "exclusive" and found["fence"] == token
    assert before <= holder["since"] <= int(time.time() * 1000)
    assert 0 < holder["remaining"] <= LONG
    assert holder["pid"] == os.getpid()
    assert holder["client-name"] == "shop"
    assert holder["client-id"] == client.client_id()
    assert (holder["on-disconnect"], holder["grace"], holder["delay"]) == ("grace", 70, 80)
    assert info(client, "free")["state"] == "free"
    client.set("value", "secret", px=LONG)
    assert info(client, "value")["state"] == "value"
    assert info(client, "value")["holders"][0]["owner"] == "secret"


def test_lock_waiters_shows_how_long_they_wait(client, wires):
    waiter = wires()
    acquire(client, ["k"], "me")
    waiter.ask("CLIENT", "SETNAME", "queue")
    ask_to_wait(waiter, ["k", "j"], "other", "SHARED")
    wait_for_waiters(client, "k", 1)
    wait_until(lambda: waiters(client, "k")[0]["waited"] > 0, 10, "time goes by")
    [shown] = waiters(client, "k")
    assert shown["owner"] == "other" and shown["mode"] == "shared"
    assert shown["keys"] == 2 and shown["client-name"] == "queue"
    assert 0 < shown["timeout"] < LONG


def test_lock_list_walks_over_locks_only(client):
    for i in range(300):
        acquire(client, [f"lock-{i}"], f"owner-{i}")
        client.set(f"value-{i}", i)
    found, cursor = {}, 0
    while True:
        cursor, rows = client.execute_command("LOCK.LIST", "CURSOR", cursor, "COUNT", 50)
        found.update((row[0], row) for row in rows)
        if int(cursor) == 0:
            break
    assert sorted(found) == sorted(f"lock-{i}" for i in range(300))
    assert found["lock-7"][1:3] == ["exclusive", "owner-7"]
    _, rows = client.execute_command("LOCK.LIST", "MATCH", "lock-29?", "COUNT", 10000)
    assert sorted(row[0] for row in rows) == [f"lock-29{i}" for i in range(10)]


def test_lock_top_names_the_keys_that_are_fought_over(client):
    acquire(client, ["hot", "warm"], "me")
    for i in range(60):
        assert acquire(client, ["hot"], "other", "WAIT", 1) is None
    assert acquire(client, ["warm"], "other", "WAIT", 1) is None
    top = [pairs(row) for row in client.execute_command("LOCK.TOP", "COUNT", 64)]
    names = [row["key"] for row in top]
    hot = top[names.index("hot")]
    assert hot["waits"] >= 60 and hot["state"] == "exclusive"
    assert hot["waited"] >= 60 and hot["waiting"] == 0
    assert names.index("hot") < names.index("warm")
    assert len(client.execute_command("LOCK.TOP", "COUNT", 1)) == 1


def test_info_counts_what_became_of_locks(client):
    before = client.info("locks")
    acquire(client, ["a"], "me")
    release(client, ["a"], "me")
    acquire(client, ["b"], "me", px=20)
    wait_until(lambda: client.exists("b") == 0, 10, "it has expired")
    acquire(client, ["c"], "me")
    client.delete("c")
    acquire(client, ["d"], "me")
    assert acquire(client, ["d"], "other", "WAIT", 5) is None
    after = client.info("locks")
    grown = {
        name: after[name] - before[name]
        for name in after
        if isinstance(after[name], int) and after[name] != before[name]
    }
    assert grown.pop("locks_last_token") == 4
    assert grown == {
        "locks_held": 1,
        "locks_granted": 4,
        "locks_released": 1,
        "locks_expired": 1,
        "locks_lost": 1,
        "locks_wait_timeouts": 1,
    }
    assert after["locks_hold_ms"]["count"] - before["locks_hold_ms"]["count"] == 3
    assert after["locks_wait_ms"]["count"] - before["locks_wait_ms"]["count"] == 4


def test_the_same_over_tcp_where_no_process_is_known():
    port = free_port()
    with Lockd("--tcp", f"127.0.0.1:{port}"):
        with contextlib.closing(redis.Redis(port=port, decode_responses=True)) as client:
            assert acquire(client, ["k"], "me", "ON-DISCONNECT", "RELEASE")
            assert info(client, "k")["holders"][0]["pid"] == 0
            client.connection_pool.disconnect()
        with contextlib.closing(redis.Redis(port=port)) as other:
            wait_until(lambda: other.exists("k") == 0, 10, "it is released")
