"""Strings, hashes and keys: lockd beside Debian's redis-server 7.

Every test here asks both servers and wants the same bytes. First rows that
name what they show; then commands drawn at random, right and wrong ones, in
both protocols.
"""

import json
import random
import shlex
import subprocess

import pytest
import redis

from servers import Lockd, Redis
from wire import Wire

SEED = 20240731
RANDOM_COMMANDS = 3000  # of each protocol


@pytest.fixture(scope="module")
def servers():
    with Lockd("--durability", "none") as lockd, Redis() as real:
        yield lockd, real


@pytest.fixture(params=[2, 3], ids=["RESP2", "RESP3"])
def wires(servers, request):
    with Wire(servers[0].socket) as lockd, Wire(servers[1].socket) as real:
        for wire in (lockd, real):
            wire.ask("HELLO", request.param)
            wire.ask("FLUSHALL")
        yield lockd, real


ROWS = """
    SETNX k v | SETNX k w | GET k | SETNX k | SETNX a b c
    SETEX k 100 v | TTL k | SETEX k 0 v | SETEX k x v | SETEX k -1 v | GET k
    PSETEX k 100000 v | TTL k | PSETEX k 0 v | PSETEX k x v | PSETEX k 1
    GETSET k v | GETSET k w | EXPIRE k 100 | GETSET k x | TTL k | GET k
    SET k v | GETEX k | GETEX k EX 100 | TTL k | GETEX k PERSIST | TTL k
    SET k v | GETEX k EXAT 1 | EXISTS k | GETEX k PX 5 | GETEX j PX what
    SET k v | GETEX k PX 0 | GETEX k EX 1 PX 1 | GETEX k NX | GETEX k EX | GETEX k PERSIST EX 1
    SET k v | GETEX k EX 100 EX 200 | TTL k | SET k v EX 10 EX 100 | TTL k
    SET k v | GETDEL k | GETDEL k | GETDEL | SET k v GET NX | SET k v XX GET
    MSET a 1 b 2 | MGET a b c | MSET a | MSET a 1 b | MGET | MSET a 1 a 2 | GET a
    MSETNX a 1 b 2 | MSETNX b 3 c 4 | EXISTS c | MSETNX a | MSETNX c 1 c 2 | GET c
    APPEND k ab | APPEND k cd | GET k | STRLEN k | STRLEN j | APPEND k | STRLEN
    APPEND e | APPEND j | SET k v EX 100 | APPEND k w | TTL k
    DECR k | DECR k | DECRBY k 5 | DECRBY k -20 | DECRBY k x | GET k
    DECRBY k -9223372036854775808 | SET k -9223372036854775807 | DECR k | DECR k
    INCRBYFLOAT k 1.5 | INCRBYFLOAT k -0.25 | INCRBYFLOAT k 1e3 | INCRBYFLOAT k x
    INCRBYFLOAT k 0.1 | INCRBYFLOAT k 0.2 | INCRBYFLOAT k 3.0 | GET k | INCRBYFLOAT k nan
    INCRBYFLOAT k inf | SET k abc | INCRBYFLOAT k 1 | INCRBYFLOAT k | SET k 1 EX 9 | INCRBYFLOAT k 1 | TTL k
    INCRBYFLOAT k 1e4000 | INCRBYFLOAT k 1e5000 | INCRBYFLOAT k 0x10 | INCRBYFLOAT k -0.0
    SET k hello | GETRANGE k 0 -1 | GETRANGE k 1 3 | GETRANGE k -3 -2 | GETRANGE k 3 1 | GETRANGE k -1 -5
    SET k hello | GETRANGE k 5 10 | GETRANGE k -100 100 | GETRANGE j 0 1 | GETRANGE k x 1 | SUBSTR k 0 0
    SETRANGE k 3 abc | GET k | SETRANGE k 0 "" | SETRANGE k -1 x | SETRANGE k x y | SETRANGE j 0
    SETRANGE k 1 abc | SETRANGE k 2 zz | GET k | SETRANGE k 9 x | STRLEN k
    HSET k f v | HSET k f w g x | HGET k f | HGET k z | HGET j f | HSET k f | HSET k f v g
    HMSET k f v g w | HMSET k f | HGETALL k | HGETALL j | HMGET k f z g | HMGET j f
    HSETNX k f v | HSETNX k f w | HGET k f | HEXISTS k f | HEXISTS k g | HEXISTS j f
    HSET k a 1 b 2 c 3 | HDEL k a z | HLEN k | HKEYS k | HVALS k | HDEL k b c | EXISTS k | HLEN k
    HKEYS j | HVALS j | HDEL j f | HSTRLEN k f | HSET k f abc | HSTRLEN k f | HSTRLEN k g
    HINCRBY k f 5 | HINCRBY k f -7 | HINCRBY k f x | HSET k s abc | HINCRBY k s 1 | HINCRBY k f
    HSET k f 9223372036854775807 | HINCRBY k f 1 | HINCRBY k f -1 | HGET k f
    HINCRBYFLOAT k f 1.5 | HINCRBYFLOAT k f 1e2 | HINCRBYFLOAT k f x | HSET k s abc | HINCRBYFLOAT k s 1
    HSET k f v | EXPIRE k 100 | HSET k g w | HINCRBY k n 1 | HDEL k f | TTL k | TYPE k
    HSET k a 1 b 2 ab 3 | HSCAN k 0 | HSCAN k 0 MATCH a* | HSCAN k 0 COUNT 1 | HSCAN k 7
    HSCAN j 0 | HSCAN k x | HSET k f v | HSCAN k 0 WHAT | HSCAN k 0 COUNT 0 | HSCAN k 0 COUNT x | HSCAN k 0 NOVALUES
    HRANDFIELD k | HRANDFIELD k 5 | HSET k f v | HRANDFIELD k | HRANDFIELD k 5 | HRANDFIELD k 1 WITHVALUES
    HSET k f v | HRANDFIELD k -3 WITHVALUES | HRANDFIELD k x | HRANDFIELD k 1 WHAT | HRANDFIELD k 0
    HSET k f v | GET k | GETSET k v | SET k v GET | APPEND k v | INCR k | INCRBYFLOAT k 1 | STRLEN k | GETRANGE k 0 1
    HSET k f v | SETRANGE k 0 v | GETDEL k | GETEX k | MGET k | SETNX k v | MSETNX k v | DECR k | DECRBY k 1
    SET k v | HSET k f v | HGET k f | HGETALL k | HDEL k f | HLEN k | HKEYS k | HVALS k | HEXISTS k f | HINCRBY k f 1
    SET k v | HSETNX k f v | HMGET k f | HSCAN k 0 | HRANDFIELD k | HINCRBYFLOAT k f 1 | HSTRLEN k f | HMSET k f v
    HSET k f v | SET k v | GET k | HSET k f v | DEL k | HSET k f v | TYPE k | SCAN 0 TYPE hash | SCAN 0 TYPE string
    KEYS * | SET ab 1 | SET b 2 | KEYS a* | KEYS b | KEYS nothing | KEYS | KEYS a b | KEYS [a]? | KEYS a\\b
    RENAME a b | SET a 1 | RENAME a b | GET b | EXISTS a | RENAME b b | RENAME b | SET a 2 EX 100 | RENAME a b | TTL b
    RENAMENX a b | SET a 1 | SET b 2 | RENAMENX a b | RENAMENX a c | GET c | RENAMENX c c
    SET a 1 EX 100 | SET b 2 | RENAME b a | TTL a | HSET h f v | RENAME h a | TYPE a | HGETALL a
    TOUCH a b | SET a 1 | TOUCH a a b | TOUCH | RANDOMKEY | RANDOMKEY x | FLUSHALL | RANDOMKEY
    COPY a b | SET a 1 EX 100 | COPY a b | TTL b | SET a 2 | COPY a b | COPY a b REPLACE | GET b | TTL b
    COPY a a | COPY a b WHAT | COPY a b DB | COPY a b DB x | COPY a b DB 99 | COPY a | SET a 1 | COPY a b DB 0
    OBJECT ENCODING k | SET k 12 | OBJECT ENCODING k | SET k abc | OBJECT ENCODING k | HSET h f v | OBJECT ENCODING h
    OBJECT | OBJECT WHAT k | OBJECT ENCODING | OBJECT FREQ k | SET k v | OBJECT FREQ k | OBJECT IDLETIME k | OBJECT REFCOUNT k
    OBJECT IDLETIME j | OBJECT REFCOUNT j | OBJECT HELP x | OBJECT ENCODING a b
    EXPIRETIME k | PEXPIRETIME k | SET k v | EXPIRETIME k | SET k v EXAT 33177117420 | EXPIRETIME k | EXPIRETIME
    SET k v PXAT 33177117420000 | EXPIRETIME k | EXPIREAT k 33177117421 | EXPIRETIME k
    HRANDFIELD k 9223372036854775807 WITHVALUES | HRANDFIELD k 4611686018427387904 WITHVALUES
    HRANDFIELD k -9223372036854775808 | HRANDFIELD k -9223372036854775808 x | HRANDFIELD k 4611686018427387903 WITHVALUES
    HRANDFIELD k 1 WITHVALUES x | HRANDFIELD k x y z | HRANDFIELD k 9223372036854775807
    HSCAN k \0 | HSCAN k 0\0x | HSCAN k 18446744073709551616 | SCAN \0 | OBJECT FREQ nokey
    COPY a b DB 99999999999 | SELECT 2147483648 | SELECT -2147483649 | SELECT -1 | SELECT x
"""


def rows():
    for line in ROWS.strip().splitlines():
        yield [
            [w.strip('"') if w == '""' else w for w in command.split(" ")]
            for command in line.strip().split(" | ")
        ]


@pytest.mark.parametrize("row", list(rows()), ids=lambda row: " ".join(row[0]))
def test_the_same_answers_as_redis(wires, row):
    for words in row:
        ours, theirs = (wire.ask(*words) for wire in wires)
        assert ours == theirs, words


# -- at random ---------------------------------------------------------------

KEYS = ["k", "j", "h", "g", "n", ""]
FIELDS = ["f", "g", "mode", "", "a b", "x" * 60]
VALUES = ["", "v", "w", "0", "1", "-5", "12", "1.5", "-0.25", "abc def", "1e2",
          "9223372036854775807", "-9223372036854775808", "x" * 60, b"\0\xff\r\n"]
NUMBERS = ["0", "1", "-1", "2", "7", "-300", "9223372036854775807", "x", "",
           "1.5", "-9223372036854775808", " 1", "01"]
FLOATS = ["0", "1", "-1.5", "0.1", "3.0e3", "x", "", "inf", "-inf", "nan", "1 ",
          "1e17", "123456.789"]
# Far from now, so that a test that takes long sees the same.
TIMES = [["EX", "100000"], ["PX", "100000000"], ["EXAT", "33177117420"],
         ["PXAT", "33177117420000"], ["EX", "0"], ["PX", "x"], ["EX"],
         ["KEEPTTL"], ["PERSIST"]]

LASTS = ["100000000", "4611686018427387", "0", "-1", "x", ""]
# What an argument is, by a letter.
KINDS = {"k": KEYS, "f": FIELDS, "v": VALUES, "n": NUMBERS, "r": FLOATS,
         "t": LASTS, "o": ["0", "1", "9", "-1", "x"]}
# Redis, too, keeps the order of small hashes.
SHAPES = {
    "SET": "kv?", "SETNX": "kv", "SETEX": "ktv", "PSETEX": "ktv", "GETSET": "kv",
    "GETDEL": "k", "MGET": "kkk", "MSET": "kvkv", "MSETNX": "kvkv", "GET": "k",
    "APPEND": "kv", "STRLEN": "k", "INCR": "k", "DECR": "k", "INCRBY": "kn",
    "DECRBY": "kn", "INCRBYFLOAT": "kr", "GETRANGE": "knn", "SUBSTR": "knn",
    "HSET": "kfvfv", "HMSET": "kfvfv", "HSETNX": "kfv", "HGET": "kf",
    "HMGET": "kfff", "HGETALL": "k", "HEXISTS": "kf", "HDEL": "kff", "HLEN": "k",
    "HKEYS": "k", "HVALS": "k", "HINCRBY": "kfn", "HINCRBYFLOAT": "kfr",
    "HSTRLEN": "kf", "RENAME": "kk", "RENAMENX": "kk", "COPY": "kk",
    "TOUCH": "kk", "DEL": "kk", "UNLINK": "k", "EXISTS": "kk", "TYPE": "k",
    "PERSIST": "k", "DBSIZE": "", "TTL": "k", "EXPIRETIME": "k", "GETEX": "k?",
    "HSCAN": "kn", "SETRANGE": "kov",
}


def draw(chance):
    """A command, as a rule with the arguments that it takes."""
    name = chance.choice(list(SHAPES))
    words = [name]
    for kind in SHAPES[name]:
        if kind == "?":
            if chance.random() < 0.6:
                words += chance.choice(TIMES)
            if name == "SET" and chance.random() < 0.4:
                words.append(chance.choice(["NX", "XX", "GET", "get", "what"]))
        else:
            words.append(chance.choice(KINDS[kind]))
    if chance.random() < 0.04:
        words.pop()
    if chance.random() < 0.03:
        words.append(chance.choice(VALUES))
    return words or [name]


def state(wire):
    """All that the server has, in an order of its own."""
    found = []
    for key in KEYS:
        kind = wire.ask("TYPE", key)
        if kind == b"+string\r\n":
            found.append((key, wire.ask("GET", key)))
        elif kind == b"+hash\r\n":
            found.append((key, wire.ask("HGETALL", key)))
        found.append((key, kind, wire.ask("EXPIRETIME", key) > b":1\r\n"))
    return found


def test_random_commands_have_the_same_answers(wires):
    chance = random.Random(SEED)
    lockd, real = wires
    for number in range(RANDOM_COMMANDS):
        words = draw(chance)
        ours, theirs = lockd.ask(*words), real.ask(*words)
        assert ours == theirs, (number, words)
        if number % 100 == 0:
            assert state(lockd) == state(real), (number, words)


# -- keyspace events ---------------------------------------------------------

EVENTFUL = """
    SETNX k v | SETEX k 100 v | PSETEX k 100000 v | GETSET k w | MSET k 1 j 2
    MSETNX a 1 b 2 | MSETNX a 1 c 2 | APPEND k x | SETRANGE k 0 yz | INCRBYFLOAT n 1.5
    SET n 1 | DECR n | DECRBY n 3 | GETEX n EX 100 | GETEX n PERSIST | GETEX n PERSIST
    GETEX n EXAT 1 | GETDEL k | GETDEL nothing | HSET h f v g w | HSET h f v
    HMSET h f x | HSETNX h f y | HSETNX h z y | HINCRBY h n 1 | HINCRBYFLOAT h n 1.5
    HDEL h nothing | HDEL h f | HDEL h g z n | HSET h f v | EXPIRE h 100 | PERSIST h
    RENAME h i | RENAME i i | SET j v | RENAME i j | SET k v | RENAMENX j k | RENAMENX j l
    COPY l m | COPY l m | COPY l m REPLACE | TOUCH l | DEL l m | SETRANGE k 0 ""
    EVAL "redis.call('hset',KEYS[1],'f','v') redis.call('hdel',KEYS[1],'f')" 1 h
"""


def events_of(wire, commands):
    """The events that the commands make, as they were sent."""
    wire.ask("HELLO", "3")
    wire.ask("CONFIG", "SET", "notify-keyspace-events", "AKE")
    wire.ask("PSUBSCRIBE", "__key*__:*")
    heard = []
    for words in [*commands, ["SET", "the mark", ""]]:
        wire.send(*words)
    while not heard or b"$8\r\nthe mark\r\n" not in heard[-1]:
        piece = wire.reply()
        if piece.startswith(b">4"):
            heard.append(piece)
    return heard


def test_the_same_keyspace_events_as_redis(servers):
    commands = [
        shlex.split(command)
        for line in EVENTFUL.strip().splitlines()
        for command in line.split(" | ")
    ]
    heard = []
    for server in servers:
        with Wire(server.socket) as wire:
            wire.ask("FLUSHALL")
            heard.append(events_of(wire, commands))
            wire.ask("CONFIG", "SET", "notify-keyspace-events", "")
    assert heard[0] == heard[1]
    assert len(heard[0]) > 90, "both were heard at all"


# -- Redisson's RLock --------------------------------------------------------

# What its scripts do, by the same commands in the same way, in our words.
LOCK = """
local free = redis.call('exists', KEYS[1]) == 0
if free or redis.call('hexists', KEYS[1], ARGV[2]) == 1 then
    redis.call('hincrby', KEYS[1], ARGV[2], 1)
    redis.call('pexpire', KEYS[1], ARGV[1])
    return nil
end
return redis.call('pttl', KEYS[1])
"""
RENEW = """
if redis.call('hexists', KEYS[1], ARGV[2]) == 0 then return 0 end
redis.call('pexpire', KEYS[1], ARGV[1])
return 1
"""
UNLOCK = """
local latch = redis.call('get', KEYS[3])
if latch ~= false then return tonumber(latch) end
if redis.call('hexists', KEYS[1], ARGV[3]) == 0 then return nil end
local left = redis.call('hincrby', KEYS[1], ARGV[3], -1)
if left > 0 then
    redis.call('pexpire', KEYS[1], ARGV[2])
    redis.call('set', KEYS[3], 0, 'px', ARGV[5])
    return 0
end
redis.call('del', KEYS[1])
redis.call(ARGV[4], KEYS[2], ARGV[1])
redis.call('set', KEYS[3], 1, 'px', ARGV[5])
return 1
"""
CHANNEL = "redisson_lock__channel:{k}"


def rlock(wire, who, script, latch="latch"):
    if script is UNLOCK:
        return wire.ask("EVAL", script, 3, "k", CHANNEL, latch, 0, 100000, who,
                        "publish", 5000)
    return wire.ask("EVAL", script, 1, "k", 100000, who)


def test_redissons_lock_excludes_counts_and_wakes(servers):
    for server in servers:
        with Wire(server.socket) as wire, Wire(server.socket) as other:
            wire.ask("FLUSHALL")
            other.ask("SUBSCRIBE", CHANNEL)
            assert rlock(wire, "me:1", LOCK) == b"$-1\r\n"
            assert rlock(wire, "me:1", LOCK) == b"$-1\r\n"
            assert wire.ask("HGET", "k", "me:1") == b"$1\r\n2\r\n"
            refused = rlock(wire, "you:7", LOCK)
            assert 90000 < int(refused[1:]) <= 100000
            assert rlock(wire, "me:1", RENEW) == b":1\r\n"
            assert rlock(wire, "you:7", RENEW) == b":0\r\n"
            assert rlock(wire, "you:7", UNLOCK) == b"$-1\r\n"
            assert rlock(wire, "me:1", UNLOCK, "a") == b":0\r\n"
            assert rlock(wire, "me:1", UNLOCK, "b") == b":1\r\n"
            assert rlock(wire, "me:1", UNLOCK, "b") == b":1\r\n", "the latch"
            assert CHANNEL.encode() in other.reply()
            assert rlock(wire, "you:7", LOCK) == b"$-1\r\n"


# -- COMMAND -----------------------------------------------------------------

DESCRIBED = sorted({*SHAPES, "HRANDFIELD", "PSETEX", "TOUCH", "KEYS", "SCAN",
                    "RANDOMKEY", "EXPIRE", "PEXPIRE", "EXPIREAT", "PEXPIREAT",
                    "PTTL", "PEXPIRETIME", "EVAL", "EVALSHA", "EVAL_RO",
                    "EVALSHA_RO", "PUBLISH", "SUBSCRIBE", "SSUBSCRIBE"})
LOADING = {"loading", "stale"}  # of which lockd does not tell


def described(server, name):
    """Name, arity, flags, places and uses of keys; categories and tips not."""
    with redis.Redis(unix_socket_path=server.socket, decode_responses=True) as client:
        client.response_callbacks.clear()
        info = client.execute_command("COMMAND", "INFO", name)[0]
    specs = [dict(zip(spec[::2], spec[1::2])) for spec in info[8]]
    for spec in specs:
        spec.pop("notes", None)
    return info[:2], set(info[2]) - LOADING, info[3:6], specs


@pytest.mark.parametrize("name", DESCRIBED)
def test_command_describes_it_as_redis_does(servers, name):
    lockd, real = servers
    assert described(lockd, name) == described(real, name)


GETKEYS = """
    MSET a 1 b 2 | MSET a 1 b | MGET a b c | RENAME a b | COPY a b REPLACE | HSET k f v
    GETEX k EX 1 | MSETNX a 1 | TOUCH a b | KEYS * | RANDOMKEY | HMGET k f g | SET k
    SET k v | SET k v GET | SET k v EX 10 get | DEL a b | GETSET k v | RENAMENX a b
    EVAL s 2 a b c | EVAL s 0 | EVAL s 0 a | EVAL s 3 a | EVAL s -1 a | EVAL s x a | EVAL s
    EVALSHA s 1 a b | EVAL_RO s 1 a | EVALSHA_RO s 2 a b | EVAL s 1000000000000 a
    SPUBLISH c m | SSUBSCRIBE a b | PUBLISH c m | PING | NOSUCH x | EXPIRE k 1 | HINCRBY k f 1
"""


def rows_of(text):
    return [c.split() for line in text.strip().splitlines()
            for c in line.strip().split(" | ")]


@pytest.mark.parametrize("words", rows_of(GETKEYS), ids=" ".join)
@pytest.mark.parametrize("command", ["GETKEYS", "GETKEYSANDFLAGS"])
def test_command_getkeys_finds_the_same_keys(wires, command, words):
    ours, theirs = (wire.ask("COMMAND", command, *words) for wire in wires)
    assert ours == theirs


@pytest.mark.parametrize(
    "words", rows_of("""COMMAND INFO nosuch | COMMAND GETKEYS | COMMAND GETKEYSANDFLAGS
                  COMMAND GETKEYSANDFLAGS COPY a b | COMMAND GETKEYSANDFLAGS EVAL s 1 a
                  COMMAND DOCS nosuch"""), ids=" ".join)
def test_command_answers_the_same(wires, words):
    ours, theirs = (wire.ask(*words) for wire in wires)
    assert ours == theirs


@pytest.mark.parametrize(
    "words, keys", [
        ("LOCK.ACQUIRE 2 a b me PX 1", b"*2\r\n$1\r\na\r\n$1\r\nb\r\n"),
        ("LOCK.RELEASE 1 a me", b"*1\r\n$1\r\na\r\n"),
        ("LOCK.EXTEND 1 a me PX 1", b"*1\r\n$1\r\na\r\n"),
        ("LOCK.INFO a", b"*1\r\n$1\r\na\r\n"),
        ("LOCK.RELEASE 0 a me", b"-ERR Invalid arguments specified for command\r\n"),
        ("LOCK.RELEASE 3 a me", b"-ERR Invalid arguments specified for command\r\n"),
    ])
def test_command_getkeys_finds_the_keys_of_locks(servers, words, keys):
    with Wire(servers[0].socket) as wire:
        assert wire.ask("COMMAND", "GETKEYS", *words.split()) == keys


# -- COMMAND DOCS ------------------------------------------------------------


def documented(server):
    """What redis-cli, too, makes its hints of."""
    said = subprocess.run(
        ["redis-cli", "-s", server.socket, "-3", "--json", "COMMAND", "DOCS"],
        capture_output=True, text=True, check=True).stdout
    return json.loads(said)


def shown(arg, inner=False):
    """An argument as one reads it: "[EX seconds|PX milliseconds]"."""
    flags = arg.get("flags", [])
    if arg["type"] == "pure-token":
        text = arg["token"]
    else:
        text = arg["token"] + " " if "token" in arg else ""
        if "arguments" in arg:
            between = "|" if arg["type"] == "oneof" else " "
            text += "{" + between.join(map(shown, arg["arguments"])) + "}"
        else:
            text += f"{arg['name']}:{arg['type']}"
    text += f"({arg['key_spec_index']})" if "key_spec_index" in arg else ""
    text += "..." if "multiple" in flags else ""
    return f"[{text}]" if "optional" in flags else text


def usage(doc):
    return " ".join(map(shown, doc.get("arguments", [])))


# lockd's own words, and commands whose subcommands Redis tells of one by one.
DOCUMENTED_OTHERWISE = {"set", "acl", "client", "cluster", "command", "config",
                        "debug", "latency", "memory", "object", "pubsub",
                        "script", "slowlog"}


def test_command_docs_gives_the_arguments_that_redis_gives(servers):
    ours, theirs = map(documented, servers)
    both = set(ours) & set(theirs) - DOCUMENTED_OTHERWISE
    assert len(both) > 70
    assert {n: usage(ours[n]) for n in both} == {n: usage(theirs[n]) for n in both}
    assert {n: ours[n]["group"] for n in both} == {n: theirs[n]["group"] for n in both}


def test_command_docs_tells_of_each_command_what_its_arity_says(servers):
    docs = documented(servers[0])
    with redis.Redis(unix_socket_path=servers[0].socket, decode_responses=True) as client:
        client.response_callbacks.clear()
        arities = {info[0]: info[1] for info in client.execute_command("COMMAND")}
    assert set(docs) == set(arities)
    for name, doc in docs.items():
        assert doc["summary"] and doc["summary"] != "See lockd(8).", name
        args = doc.get("arguments", [])
        least = 1 + sum(needed(arg) for arg in args if "optional" not in arg.get("flags", []))
        assert abs(arities[name]) == least, name
        if arities[name] > 0:
            assert least == 1 + sum(map(needed, args)), name


def needed(arg):
    """How many words it takes at least."""
    words = 1 if "token" in arg else 0
    if arg["type"] == "block":
        return words + sum(map(needed, arg["arguments"]))
    if arg["type"] == "oneof":
        return words + min(map(needed, arg["arguments"]))
    return words if arg["type"] == "pure-token" else words + 1
