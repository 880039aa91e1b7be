"""A script that runs long: -BUSY for others, SCRIPT KILL, SHUTDOWN NOSAVE.

On lockd, with its limits out of the way, and on redis-server 7.
"""

import contextlib
import re
import select
import socket
import time

import pytest
from servers import Lockd, Redis
from web import free_port, wait_until
from wire import Wire

LONG = ("--script-time", "600000", "--script-instructions", str(2**62))
SERVERS = {"lockd": lambda *more: Lockd(*LONG, *more), "redis": lambda *more: Redis(*more)}
BUSY = (b"-BUSY Redis is busy running a script. You can only call SCRIPT KILL "
        b"or SHUTDOWN NOSAVE.\r\n")
FOR_EVER = "while true do end"
# Goes on for ARGV[1] milliseconds.
A_WHILE = ("local function ms() local t = redis.call('time') "
           "return t[1] * 1000 + t[2] / 1000 end "
           "local e = ms() + ARGV[1] while ms() < e do end ")
KILLED = (rb"-ERR Script killed by user with SCRIPT KILL\.\.\. script: "
          rb"[0-9a-f]{40}, on @user_script:(\d+)\.\r\n")


def soon_busy(server):
    with Wire(server.socket) as wire:
        wire.ask("CONFIG", "SET", "busy-reply-threshold", "20")
    return server


@pytest.fixture(scope="module", params=SERVERS)
def server(request):
    with SERVERS[request.param]() as running:
        yield soon_busy(running)


@pytest.fixture(scope="module")
def both():
    with SERVERS["lockd"]() as lockd, SERVERS["redis"]() as real:
        yield soon_busy(lockd), soon_busy(real)


@pytest.fixture
def lockd():
    with SERVERS["lockd"]() as running:
        yield soon_busy(running)


@contextlib.contextmanager
def running(server, script=FOR_EVER, *words):
    """A connection whose script runs, and another that has heard so."""
    with Wire(server.socket) as wire, Wire(server.socket) as other:
        wire.send("EVAL", script, *(words or ("0",)))
        wait_until(lambda: other.ask("PING") == BUSY, 10, "it is busy")
        yield wire, other


SAME = """
    PING | GET a | SET a 1 | NOSUCH | GET | DEL a | INFO | CLIENT LIST | CLIENT NOSUCH
    MULTI | SET a 1 | WATCH a | EXEC | EXEC | MULTI | DISCARD | DISCARD
    WATCH a | UNWATCH | RESET | AUTH a b | AUTH a | HELLO 9
    SCRIPT NOSUCH | SCRIPT | SCRIPT LOAD x | SCRIPT FLUSH | SCRIPT KILL x
    SHUTDOWN | SHUTDOWN SAVE | SHUTDOWN x | SHUTDOWN NOSAVE x
    EVAL return_1 0 | EVALSHA x 0 | SUBSCRIBE x | MONITOR | PUBLISH a b
    QUIT
"""


def test_others_hear_the_same_as_from_redis(both):
    answers = []
    for server in both:
        with running(server) as (wire, other):
            got = []
            for line in SAME.strip().splitlines():
                with Wire(server.socket) as fresh:
                    got += [(line, fresh.ask(*command.split()))
                            for command in line.strip().split(" | ")]
            assert other.ask("SCRIPT", "KILL") == b"+OK\r\n"
            got.append(("killed", wire.reply()))
            answers.append(got)
    for ours, theirs in zip(*answers):
        assert ours == theirs


def test_without_a_script_there_is_nothing_to_kill(server):
    with Wire(server.socket) as wire:
        assert wire.ask("SCRIPT", "KILL") == (
            b"-NOTBUSY No scripts in execution right now.\r\n")


@pytest.mark.parametrize("command", ["EVAL", "EVAL_RO", "EVALSHA"])
def test_a_killed_script_says_where_it_was(server, command):
    script = "local n = 0\nlocal i\nwhile true do n = n + 1 end"
    with Wire(server.socket) as wire, Wire(server.socket) as other:
        sha = other.ask("SCRIPT", "LOAD", script)[5:45]
        wire.send(command, sha if command == "EVALSHA" else script, "0")
        wait_until(lambda: other.ask("PING") == BUSY, 10, "it is busy")
        assert other.ask("SCRIPT", "KILL") == b"+OK\r\n"
        assert re.fullmatch(KILLED, wire.reply())[1] == b"3"
        assert other.ask("PING") == b"+PONG\r\n"
        assert wire.ask("EVAL", "return 1", 0) == b":1\r\n"


def test_a_script_that_has_written_cannot_be_killed(server):
    script = "redis.call('set','a','1') " + A_WHILE + "return 'end'"
    killed = b"-NOTBUSY"
    while killed.startswith(b"-NOTBUSY"):  # it had ended: once more
        with running(server, script, "0", "1000") as (wire, other):
            killed = other.ask("SCRIPT", "KILL")
            assert wire.reply() == b"$3\r\nend\r\n"
            assert other.ask("GET", "a") == b"$1\r\n1\r\n"
    assert killed.startswith(b"-UNKILLABLE Sorry the script ")


def test_a_script_in_a_transaction_can_be_killed_and_the_rest_goes_on(server):
    with Wire(server.socket) as wire, Wire(server.socket) as other:
        for words in (("MULTI",), ("SET", "b", "1"), ("EVAL", FOR_EVER, "0"),
                      ("INCR", "b")):
            wire.ask(*words)
        wire.send("EXEC")
        wait_until(lambda: other.ask("PING") == BUSY, 10, "it is busy")
        assert other.ask("SCRIPT", "KILL") == b"+OK\r\n"
        assert re.fullmatch(rb"\*3\r\n\+OK\r\n" + KILLED + rb":2\r\n", wire.reply())


def test_shutdown_nosave_ends_server_and_script(server):
    with SERVERS[server.name.split("-")[0]]() as other_server:
        soon_busy(other_server)
        with running(other_server, "redis.call('set','a','1') " + FOR_EVER) as (
                wire, other):
            other.send("SHUTDOWN", "NOSAVE")
            with contextlib.suppress(ConnectionError):
                assert other.input.read() == b""
            wait_until(lambda: not other_server.running(), 10, "it has ended")


def test_replies_of_a_pipeline_are_all_there_and_in_order(server):
    with Wire(server.socket) as wire, Wire(server.socket) as other:
        tail = b"".join(b"*2\r\n$4\r\nECHO\r\n$6\r\n%06d\r\n" % i for i in range(500))
        script = b"while true do end"
        wire.peer.sendall(b"*1\r\n$4\r\nPING\r\n*3\r\n$4\r\nEVAL\r\n$%d\r\n%s\r\n$1\r\n0\r\n"
                          % (len(script), script) + tail)
        wait_until(lambda: other.ask("PING") == BUSY, 10, "it is busy")
        for _ in range(20):  # what others send must not get in its way
            assert other.ask("SET", "x" * 1000, "y" * 20000) == BUSY
        other.ask("SCRIPT", "KILL")
        assert wire.reply() == b"+PONG\r\n"
        assert re.fullmatch(KILLED, wire.reply())
        for i in range(500):
            assert wire.reply() == b"$6\r\n%06d\r\n" % i


def test_a_request_in_pieces_is_answered_when_it_is_whole(server):
    with running(server) as (wire, other), Wire(server.socket) as slow:
        slow.peer.sendall(b"*1\r\n$4\r\nPI")
        assert other.ask("PING") == BUSY
        slow.peer.sendall(b"NG\r\n*1\r\n$4\r\nEC")
        assert slow.reply() == BUSY
        other.ask("SCRIPT", "KILL")
        wire.reply()
        slow.peer.sendall(b"HO\r\n")
        assert slow.reply().startswith(b"-ERR wrong number of arguments for 'echo'")


def test_many_clients_come_ask_and_go(server):
    with running(server) as (wire, other):
        for _ in range(5):
            with contextlib.ExitStack() as stack:
                wires = [stack.enter_context(Wire(server.socket)) for _ in range(40)]
                for each in wires:
                    each.send("GET", "a")
                    each.send("PING")
                for each in wires:
                    assert each.reply() == each.reply() == BUSY
        other.ask("SCRIPT", "KILL")
        assert re.fullmatch(KILLED, wire.reply())
        wait_until(lambda: other.ask("INFO", "clients").count(b"connected_clients:2\r"),
                   10, "the others are gone")


# ---- lockd's own -------------------------------------------------------------


def test_what_shutdown_nosave_has_ended_is_not_kept(lockd):
    with Wire(lockd.socket) as wire:
        wire.ask("SET", "before", "1")
    with running(lockd, "redis.call('set','a','1') redis.call('del','before') "
                 + FOR_EVER) as (_, other):
        other.send("SHUTDOWN", "NOSAVE")
        wait_until(lambda: not lockd.running(), 10, "it has ended")
    assert lockd.process.returncode == 0
    lockd.start()
    with Wire(lockd.socket) as wire:
        assert wire.ask("EXISTS", "a", "before") == b":1\r\n"
        assert wire.ask("GET", "before") == b"$1\r\n1\r\n"


def test_pcall_does_not_outlive_a_kill(lockd):
    """In Redis 7.0 it does."""
    script = ("local function f() while true do end end "
              "while true do pcall(f) coroutine.wrap(function() pcall(f) end)() end")
    with running(lockd, script) as (wire, other):
        assert other.ask("SCRIPT", "KILL") == b"+OK\r\n"
        assert re.fullmatch(KILLED, wire.reply())


def unheard(wire):
    return not select.select([wire.peer], [], [], 0)[0]


def test_half_an_answer_of_exec_never_leaves(lockd):
    """The disk has nothing yet of what it tells."""
    with Wire(lockd.socket) as wire, Wire(lockd.socket) as other:
        wire.send("MULTI")
        wire.send("SET", "b", "1")
        wire.send("EVAL", FOR_EVER, "0")
        assert [wire.reply() for _ in range(3)][-1] == b"+QUEUED\r\n"
        wire.send("EXEC")
        wait_until(lambda: other.ask("PING") == BUSY, 10, "it is busy")
        for _ in range(5):
            assert other.ask("PING") == BUSY and unheard(wire)
        other.ask("SCRIPT", "KILL")
        assert wire.reply().startswith(b"*2\r\n+OK\r\n-ERR Script killed")


def test_nobody_is_served_within_a_script():
    """Who waits for what a script has freed is served when it has ended."""
    script = "redis.call('lock.release',1,'door','me') " + A_WHILE + "return 1"
    # Without a journal, for which an answer would have to wait.
    with contextlib.ExitStack() as stack:
        lockd = soon_busy(stack.enter_context(SERVERS["lockd"]("--durability", "none")))
        waits = stack.enter_context(Wire(lockd.socket))
        mine = stack.enter_context(Wire(lockd.socket))
        mine.ask("LOCK.ACQUIRE", 1, "door", "me", "PX", 60000)
        waits.send("LOCK.ACQUIRE", 1, "door", "you", "PX", 60000, "WAIT", 60000)
        with Wire(lockd.socket) as look:
            wait_until(lambda: b"you" in look.ask("LOCK.WAITERS", "door"), 10, "it waits")
        with running(lockd, script, "0", "1500") as (wire, other):
            rounds = 0
            while other.ask("UNWATCH") == b"+OK\r\n":
                quiet = unheard(waits)
                if other.ask("PING") != BUSY:
                    break
                assert quiet
                rounds += 1
            assert rounds > 0
            assert wire.reply() == b":1\r\n"
        assert waits.reply().startswith(b"*2\r\n:")


def test_a_push_to_who_runs_the_script_comes_behind_its_answer(lockd):
    """Also while others are heard: a monitor, here, within EXEC."""
    with Wire(lockd.socket) as wire, Wire(lockd.socket) as other:
        wire.ask("MONITOR")
        wire.send("MULTI")
        wire.send("SET", "a", "1")
        wire.send("EVAL", FOR_EVER, "0")
        wire.send("EXEC")
        wait_until(lambda: other.ask("PING") == BUSY, 10, "it is busy")
        other.ask("UNWATCH")
        other.ask("SCRIPT", "KILL")
        got = [wire.reply()]
        while not got[-1].startswith(b"*2\r\n"):
            got.append(wire.reply())
        assert re.fullmatch(rb"\*2\r\n\+OK\r\n" + KILLED, got[-1])
        rest = [wire.reply()]
        while b'"EXEC"' not in rest[-1]:
            rest.append(wire.reply())
        assert any(b'"UNWATCH"' in line for line in rest)


def test_who_connects_by_tcp_is_heard_too():
    port = free_port()
    with SERVERS["lockd"]("--tcp", f"127.0.0.1:{port}") as server:
        soon_busy(server)
        with running(server) as (wire, other):
            with socket.create_connection(("127.0.0.1", port), 10) as peer:
                peer.sendall(b"PING\r\nSCRIPT KILL\r\n")
                got = b""
                while not got.endswith(b"+OK\r\n"):
                    got += peer.recv(4096)
            assert got == BUSY + b"+OK\r\n"
            assert re.fullmatch(KILLED, wire.reply())


def test_with_a_threshold_of_0_nobody_hears_busy(lockd):
    with Wire(lockd.socket) as wire, Wire(lockd.socket) as other:
        other.ask("CONFIG", "SET", "busy-reply-threshold", "0")
        wire.send("EVAL", A_WHILE + "return 1", "0", "300")
        deadline = time.monotonic() + 5
        while unheard(wire):
            assert other.ask("PING") == b"+PONG\r\n"
            assert time.monotonic() < deadline
        assert wire.reply() == b":1\r\n"


def test_the_limits_end_a_script_of_which_others_hear():
    with Lockd("--script-time", "300", "--script-instructions", str(2**62)) as server:
        with running(soon_busy(server)) as (wire, other):
            assert wire.reply().startswith(b"-ERR script ended: it ran for too long")
            assert other.ask("PING") == b"+PONG\r\n"
