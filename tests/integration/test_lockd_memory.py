"""--max-memory: what is refused past it, beside Debian's redis-server 7."""

import select

import pytest
import redis

from servers import Lockd, Redis
from web import wait_until
from wire import Wire

OOM = b"-OOM command not allowed when used memory > 'maxmemory'."


@pytest.fixture(scope="module")
def both():
    with Lockd() as lockd, Redis() as real:
        yield lockd, real


@pytest.fixture
def full(empty):
    """No byte more: its limit is one, and there is a key."""
    assert empty.call("SET", "k", "v") == b"+OK\r\n"
    assert empty.call("HSET", "h", "f", "1") == b":1\r\n"
    assert empty.call("CONFIG", "SET", "maxmemory", "1") == b"+OK\r\n"
    yield empty
    assert empty.call("CONFIG", "SET", "maxmemory", "0") == b"+OK\r\n"


@pytest.mark.parametrize(
    "words",
    [
        "SET k w", "SET j w NX PX 1000", "SETNX j w", "MSET a 1 b 2",
        "MSETNX a 1", "APPEND k x", "SETRANGE k 0 x", "INCR n", "GETSET k x",
        "HSET h g 1", "HSETNX h g 1", "HINCRBY h f 1", "SETEX k 9 v",
        "COPY k j",
    ],
)
def test_what_may_grow_is_refused(full, words):
    assert full.call(*words.split()).startswith(OOM)
    assert full.call("MGET", "k", "j") == b"*2\r\n$1\r\nv\r\n$-1\r\n"


@pytest.mark.parametrize(
    "words",
    [
        "GET k", "EXPIRE k 100", "PEXPIRE k 100000", "PERSIST k", "TTL k",
        "RENAME k k2", "HDEL h f", "GETDEL k", "GETEX k EX 100", "DEL k",
        "UNLINK k", "PUBLISH c m", "SCRIPT FLUSH", "PING", "DBSIZE",
    ],
)
def test_who_looks_extends_or_gives_back_is_served(full, words):
    assert not full.call(*words.split()).startswith(b"-")


def test_a_script_may_release_and_may_not_take(full):
    release = "if redis.call('get',KEYS[1]) == ARGV[1] then " \
              "return redis.call('del',KEYS[1]) end return 0"
    take = "return redis.call('set',KEYS[1],ARGV[1])"
    assert b"OOM command not allowed" in full.call("EVAL", take, "1", "j", "x")
    assert full.call("EVAL", release, "1", "k", "v") == b":1\r\n"


# Nothing of these scripts: the one that gave back before it took goes on, as
# half of it must not stay; a first line without allow-oom is refused at once.
SCRIPTS = [
    "return redis.call('del','k') + redis.call('append','j','x')",
    "redis.pcall('set','j','x') return redis.call('exists','j')",
    "redis.call('get','k') return redis.call('set','j','x')",
    "#!lua\nreturn 1",
    "#!lua flags=\nreturn redis.call('del','k')",
    "#!lua flags=no-writes\nreturn redis.call('get','k')",
    "#!lua flags=no-writes\nreturn redis.call('set','j','x')",
    "#!lua flags=allow-oom\nreturn redis.call('set','j','x')",
    "#!lua flags=no-writes,allow-oom\nreturn redis.call('set','j','x')",
]


@pytest.mark.parametrize("command", ["EVAL", "EVAL_RO"])
def test_scripts_are_refused_where_redis_refuses_them(both, command):
    answers = []
    for server in both:
        with Wire(server.socket) as wire:
            for script in SCRIPTS:
                wire.ask("CONFIG", "SET", "maxmemory", "0")
                wire.ask("FLUSHALL")
                wire.ask("SET", "k", "v")
                wire.ask("CONFIG", "SET", "maxmemory", "1")
                answers.append((wire.ask(command, script, 0),
                                wire.ask("EXISTS", "k", "j")))
            wire.ask("CONFIG", "SET", "maxmemory", "0")
    ours, theirs = answers[: len(SCRIPTS)], answers[len(SCRIPTS) :]
    for script, *pair in zip(SCRIPTS, ours, theirs):
        assert pair[0] == pair[1], script


def test_memory_that_a_script_fills_is_no_reason_to_end_it(empty):
    """It is asked for when a script begins: no half of one stays."""
    take = ("for i = 1, 300 do redis.call('set', 'n' .. i, ARGV[1]) end "
            "return redis.call('dbsize')")
    assert empty.call("CONFIG", "SET", "maxmemory", "10mb") == b"+OK\r\n"
    try:
        assert empty.call("EVAL", take, "0", "x" * 50000) == b":300\r\n"
        assert empty.call("SET", "j", "x").startswith(OOM)
    finally:
        empty.call("CONFIG", "SET", "maxmemory", "0")
        empty.call("FLUSHALL")


def test_a_transaction_is_refused_whole(full):
    with Wire(full.socket) as wire:
        assert wire.ask("MULTI") == b"+OK\r\n"
        assert wire.ask("SET", "k", "w").startswith(OOM)
        assert wire.ask("EXEC").startswith(b"-EXECABORT")
    assert full.call("GET", "k") == b"$1\r\nv\r\n"


TAKE = "return redis.call('set','j','x')"
FILL = "for i = 1, 300 do redis.call('set', 'n' .. i, ARGV[1]) end return 1"
DECLARED = "#!lua\nreturn redis.call('exists','k')"
TRANSACTIONS = {
    "no growth": [["DEL", "k"], ["GET", "j"]],
    "a command that may grow": [["DEL", "k"], ["SET", "j", "x"]],
    "a script without a first line": [["DEL", "k"], ["EVAL", TAKE, 0]],
    "one that declares nothing": [["DEL", "k"], ["EVAL", DECLARED, 0]],
    "the same, kept": [["DEL", "k"], ["EVALSHA", "{sha}", 0]],
    "the same, reading": [["DEL", "k"], ["EVALSHA_RO", "{sha}", 0]],
    "one that only reads": [["DEL", "k"], ["EVAL", "#!lua flags=no-writes\nreturn 1", 0]],
    "one that may": [["DEL", "k"], ["EVAL", "#!lua flags=allow-oom\n" + TAKE, 0]],
    "one that is none": [["DEL", "k"], ["EVAL", "#!lua flags=what\nreturn 1", 0]],
}


def executed(server, commands, limit):
    """Memory becomes full between the last command and EXEC."""
    with Wire(server.socket) as wire, Wire(server.socket) as other:
        wire.ask("CONFIG", "SET", "maxmemory", "0")
        wire.ask("FLUSHALL")
        wire.ask("SET", "k", "v")
        sha = wire.ask("SCRIPT", "LOAD", DECLARED).split()[1].decode()
        said = [wire.ask("MULTI")]
        said += [wire.ask(*(str(w).replace("{sha}", sha) for w in words))
                 for words in commands]
        other.ask("CONFIG", "SET", "maxmemory", limit)
        said.append(wire.ask("EXEC"))
        other.ask("CONFIG", "SET", "maxmemory", "0")
        return [*said, wire.ask("EXISTS", "k"), wire.ask("EXISTS", "j")]


@pytest.mark.parametrize("name", TRANSACTIONS)
def test_exec_is_refused_where_redis_refuses_it(both, name):
    ours, theirs = (executed(s, TRANSACTIONS[name], "1") for s in both)
    assert ours == theirs


def test_memory_that_a_transaction_fills_is_no_reason_to_end_it(both):
    commands = [["DEL", "k"], ["EVAL", FILL, 0, "x" * 50000], ["EVAL", TAKE, 0]]
    ours, theirs = (executed(s, commands, "10mb") for s in both)
    assert ours == theirs
    assert ours[-1] == b":1\r\n", "j is there"


@pytest.mark.parametrize("text", ["0", "100mb", "1gb", "7"])
def test_the_limit_is_set_and_told_as_bytes(server, text):
    bytes_of = {"0": 0, "100mb": 104857600, "1gb": 1073741824, "7": 7}
    client = redis.Redis(unix_socket_path=server.socket, decode_responses=True)
    client.config_set("maxmemory", text)
    try:
        assert client.config_get("maxmemory") == {
            "maxmemory": str(bytes_of[text])}
        assert client.info("memory")["maxmemory"] == bytes_of[text]
    finally:
        client.config_set("maxmemory", "0")


@pytest.mark.parametrize("text", ["much", "-1", "1.5gb"])
def test_a_limit_that_is_none_is_refused(server, text):
    said = server.call("CONFIG", "SET", "maxmemory", text)
    assert said.startswith(b"-ERR CONFIG SET failed")


def test_lockd_holds_locks_and_never_evicts_them():
    """Filled to its limit it refuses new locks, and keeps all that it gave."""
    with Lockd("--max-memory", "100000", "--durability", "none") as server:
        client = redis.Redis(unix_socket_path=server.socket)
        granted = []
        with pytest.raises(redis.ResponseError, match="OOM"):
            for i in range(100000):
                if i % 2:
                    client.set(f"k{i}", "token", nx=True, px=600000)
                else:
                    client.execute_command(
                        "LOCK.ACQUIRE", 1, f"k{i}", "me", "PX", 600000)
                granted.append(f"k{i}")
        assert 100 < len(granted) < 10000
        assert client.exists(*granted) == len(granted)
        extended = client.execute_command(
            "LOCK.EXTEND", 1, "k0", "me", "PX", 700000)
        assert extended[1] > 600000
        with pytest.raises(redis.ResponseError, match="OOM"):
            client.execute_command("GUARD", "resource", 7)
        assert client.delete(*granted[: len(granted) // 2])
        assert client.set("again", "token", nx=True, px=600000)


# ---- what is kept beside keys -------------------------------------------------


@pytest.fixture
def lockd():
    with Lockd("--durability", "none") as server:
        yield server


def used(server):
    """What --max-memory is held against."""
    client = redis.Redis(unix_socket_path=server.socket)
    return client.info("memory")["used_memory_dataset"]


def set_limit(server, limit):
    assert server.call("CONFIG", "SET", "maxmemory", limit) == b"+OK\r\n"


class Peers:
    """Connections that stay, each with words sent and no answer awaited."""

    def __init__(self, server):
        self.server, self.wires = server, []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for wire in self.wires:
            wire.close()

    def another(self):
        self.wires.append(Wire(self.server.socket))
        return self.wires[-1]


def waiting(server):
    client = redis.Redis(unix_socket_path=server.socket)
    return client.info("locks")["locks_waiting"]


def stand_in_line(wire, server, keys):
    """Comes back when it waits, or is refused."""
    before = waiting(server)
    wire.send("LOCK.ACQUIRE", len(keys), *keys, f"o{id(wire)}", "PX", 60000,
              "WAIT", 60000)
    wait_until(lambda: waiting(server) > before or wire_is_answered(wire), 20,
               "it waits, or is refused")


def wire_is_answered(wire):
    return bool(select.select([wire.peer], [], [], 0)[0])


def test_who_waits_for_large_keys_fills_the_memory(lockd):
    """Eight times 199 keys of 200 KB were 630 MiB under any limit."""
    set_limit(lockd, "20mb")
    keys = [f"{i}" + "k" * 200000 for i in range(20)]
    with Peers(lockd) as peers:
        holder = peers.another()
        assert holder.ask("LOCK.ACQUIRE", 1, keys[0], "me", "PX",
                          60000).startswith(b"*2\r\n")
        refused = 0
        for _ in range(30):
            wire = peers.another()
            stand_in_line(wire, lockd, keys)
            if wire_is_answered(wire):
                assert wire.reply().startswith(OOM)
                refused += 1
        assert 5 < refused < 29
        assert used(lockd) < 20 * 2**20 + 2 * 20 * 200100
        filled = used(lockd)
        assert holder.ask("LOCK.RELEASE", 1, keys[0], "me") == b":1\r\n"
    wait_until(lambda: used(lockd) < filled / 2, 20, "who hangs up gives back")


def test_the_limit_is_exact_for_who_would_wait(lockd):
    with Peers(lockd) as peers:
        assert peers.another().ask("LOCK.ACQUIRE", 1, "k", "me", "PX",
                                   60000).startswith(b"*2\r\n")
        stand_in_line(peers.another(), lockd, ["k"])
        full = used(lockd)
        set_limit(lockd, full)
        refused = peers.another()
        stand_in_line(refused, lockd, ["k"])
        assert refused.reply().startswith(OOM)
        set_limit(lockd, full + 1)
        waits = peers.another()
        stand_in_line(waits, lockd, ["k"])
        assert not wire_is_answered(waits)


def test_all_transactions_together_fill_the_memory(lockd):
    set_limit(lockd, "10mb")
    with Peers(lockd) as peers:
        answers = []
        for _ in range(40):
            wire = peers.another()
            assert wire.ask("MULTI") == b"+OK\r\n"
            answers += [wire.ask("ECHO", "x" * 60000) for _ in range(10)]
        assert answers[:100] == [b"+QUEUED\r\n"] * 100
        assert answers[-1].startswith(OOM)
        # Each of the 40 may still queue what fits into 64 KiB.
        assert used(lockd) < 10 * 2**20 + 40 * 65536
        assert lockd.call("SET", "k", "v").startswith(OOM)
    wait_until(lambda: used(lockd) < 10000, 20, "who hangs up gives back")


def queued_bytes(*words):
    """As docs/lockd-scripts.md says."""
    return 32 + sum(16 + len(word) for word in words)


def test_a_lock_is_given_back_in_a_transaction_past_the_limit(lockd):
    lockd.call("SET", "k", "v")
    set_limit(lockd, 1)
    spare = 65536 - queued_bytes("DEL", "k") - queued_bytes("ECHO", "")
    with Peers(lockd) as peers:
        wire = peers.another()
        assert wire.ask("WATCH", "k") == b"+OK\r\n"
        assert wire.ask("MULTI") == b"+OK\r\n"
        assert wire.ask("DEL", "k") == b"+QUEUED\r\n"
        assert wire.ask("ECHO", "x" * spare) == b"+QUEUED\r\n"
        assert wire.ask("EXEC").startswith(b"*2\r\n:1\r\n")
        assert wire.ask("MULTI") == b"+OK\r\n"
        assert wire.ask("DEL", "k") == b"+QUEUED\r\n"
        assert wire.ask("ECHO", "x" * (spare + 1)).startswith(OOM)
        assert wire.ask("EXEC").startswith(b"-EXECABORT")
    assert used(lockd) < 1000


def test_watched_keys_count_too(lockd):
    with Peers(lockd) as peers:
        wire = peers.another()
        assert wire.ask("WATCH", "k" * 100000) == b"+OK\r\n"
        assert used(lockd) > 100000
        set_limit(lockd, 100000)
        assert wire.ask("WATCH", "j").startswith(OOM)
        assert peers.another().ask("WATCH", "j") == b"+OK\r\n"
        assert peers.another().ask("WATCH", "j" * 65536).startswith(OOM)
        assert wire.ask("UNWATCH") == b"+OK\r\n"
    wait_until(lambda: used(lockd) < 1000, 20, "nothing is watched")
