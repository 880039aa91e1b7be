"""--max-memory: what is refused past it, beside Debian's redis-server 7."""

import pytest
import redis

from servers import Lockd, Redis
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
