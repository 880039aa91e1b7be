"""The connection side: CONFIG, CLIENT, events, MONITOR, AUTH, INFO and more.

Each test runs its assertions on lockd and on redis-server 7, except where it
says what is lockd's own.
"""

import os
import pathlib
import re
import signal
import subprocess
import time
import urllib.request

import pytest
import redis
from servers import Lockd, Redis
from web import free_port, wait_until
from wire import Wire

SERVERS = {"lockd": Lockd, "redis": Redis}


@pytest.fixture(scope="module", params=SERVERS)
def server(request):
    with SERVERS[request.param]() as running:
        yield running


@pytest.fixture(scope="module")
def both():
    with Lockd() as lockd, Redis() as real:
        yield lockd, real


@pytest.fixture
def peer(server):
    made = []

    def make(protocol=2):
        wire = Wire(server.socket)
        made.append(wire)
        if protocol != 2:
            wire.ask("HELLO", protocol)
        return wire

    yield make
    for wire in made:
        wire.close()


def bulks(*parts, head=b"*"):
    out = head + b"%d\r\n" % len(parts)
    for part in parts:
        out += b"$%d\r\n%s\r\n" % (len(part), part.encode())
    return out


def bulk(reply):
    """The bytes of a bulk string, or of RESP3's verbatim string."""
    head, _, rest = reply.partition(b"\r\n")
    return rest[4:-2] if head[:1] == b"=" else rest[:-2]


# ---- the same answers ---------------------------------------------------------

SAME = """
    CLIENT KILL x | CLIENT KILL ID 999999 | CLIENT KILL ID x | CLIENT KILL ID 0
    CLIENT KILL ADDR | CLIENT KILL TYPE x | CLIENT KILL TYPE master
    CLIENT KILL SKIPME x | CLIENT KILL USER nobody | CLIENT KILL WHAT x | CLIENT KILL
    CLIENT PAUSE x | CLIENT PAUSE -1 | CLIENT PAUSE 1 foo | CLIENT PAUSE 0 | CLIENT UNPAUSE
    CLIENT PAUSE | CLIENT UNPAUSE x
    CLIENT UNBLOCK 999999 | CLIENT UNBLOCK x | CLIENT UNBLOCK 1 foo | CLIENT UNBLOCK
    CLIENT UNBLOCK 999999 error
    CLIENT REPLY foo | CLIENT REPLY | CLIENT REPLY on
    CLIENT NO-EVICT on | CLIENT NO-EVICT off | CLIENT NO-EVICT x | CLIENT NO-EVICT
    CLIENT TRACKING off | CLIENT TRACKING x | CLIENT GETREDIR | CLIENT TRACKINGINFO
    CLIENT CACHING yes | CLIENT GETREDIR x
    CLIENT LIST TYPE x | CLIENT LIST ID x | CLIENT LIST ID 0 | CLIENT LIST foo
    CLIENT LIST TYPE master | CLIENT LIST ID 99999999 | CLIENT MAINT_NOTIFICATIONS on
    CLIENT INFO x | CLIENT ID x | CLIENT SETNAME
    CONFIG GET | CONFIG GET nothing-of-that-name | CONFIG GET save | CONFIG GET timeout
    CONFIG GET TIMEOUT | CONFIG GET replica-read-only | CONFIG GET maxmemory-policy
    CONFIG SET foo 1 | CONFIG SET timeout x | CONFIG SET timeout -1 | CONFIG SET databases 99
    CONFIG SET timeout 0 timeout 0 | CONFIG SET timeout | CONFIG SET timeout 0 foo
    CONFIG SET slowlog-log-slower-than x | CONFIG SET slowlog-max-len x
    CONFIG SET timeout 5 foo 1 | CONFIG GET timeout
    CONFIG REWRITE | CONFIG RESETSTAT | CONFIG RESETSTAT x | CONFIG NOSUCH | CONFIG
    CONFIG SET notify-keyspace-events KEA | CONFIG GET notify-keyspace-events
    CONFIG SET notify-keyspace-events gxKE | CONFIG GET notify-keyspace-events
    CONFIG SET notify-keyspace-events Elgx | CONFIG GET notify-keyspace-events
    CONFIG SET notify-keyspace-events dtezhsl$xgEK | CONFIG GET notify-keyspace-events
    CONFIG SET notify-keyspace-events | CONFIG GET notify-keyspace-events
    SLOWLOG GET -2 | SLOWLOG GET x | SLOWLOG LEN x | SLOWLOG RESET | SLOWLOG NOSUCH | SLOWLOG
    LATENCY LATEST | LATENCY HISTORY x | LATENCY RESET | LATENCY GRAPH x | LATENCY NOSUCH
    LATENCY HISTORY | LATENCY GRAPH
    WAIT 0 0 | WAIT 1 20 | WAIT x 0 | WAIT 0 x | WAIT 0 -1 | WAIT 0
    ROLE | ROLE x | AUTH x | AUTH default x | AUTH nobody x | AUTH a b c | AUTH
    ACL WHOAMI | ACL USERS | ACL LIST | ACL NOSUCH | ACL
    MEMORY USAGE no-such-key | MEMORY USAGE | MEMORY NOSUCH | MEMORY USAGE k SAMPLES x
    MEMORY USAGE k foo | MEMORY USAGE k foo 1
    SENTINEL masters | CLUSTER INFO | CLUSTER NODES | CLUSTER NOSUCH | CLUSTER
    READONLY | READWRITE | ASKING | CLUSTER SLOTS | CLUSTER MYID
    COMMAND GETKEYS GET k | COMMAND GETKEYS GET | COMMAND NOSUCH | COMMAND GETKEYS PING x
    COMMAND GETKEYS NOSUCH x | COMMAND GETKEYS DEL a b c
    COMMAND LIST x | COMMAND LIST FILTERBY x | COMMAND LIST FILTERBY x y
    COMMAND LIST FILTERBY PATTERN ssub* | COMMAND LIST FILTERBY MODULE x | COMMAND COUNT x
    COMMAND LIST FILTERBY PATTERN x y | COMMAND LIST a b c d
    MEMORY USAGE k SAMPLES -1 | MEMORY USAGE k SAMPLES 1 SAMPLES 2 | MEMORY USAGE k SAMPLES 1 x | MEMORY USAGE k a b c
    SHUTDOWN NOSAVE SAVE | SHUTDOWN SAVE NOW NOSAVE | SHUTDOWN ABORT NOW | SHUTDOWN NOSAVE ABORT | SHUTDOWN NOW x
    SHUTDOWN ABORT | SHUTDOWN ABORT x | SHUTDOWN NOSAVE SAVE x
    CLIENT PAUSE 1 ALL x | CLIENT PAUSE x y z | CLIENT UNBLOCK 1 ERROR x | SLOWLOG GET 1 2 | SLOWLOG GET x 2
    PUBSUB CHANNELS a b | PUBSUB shardchannels a b | PING x y | LOLWUT VERSION x
    MONITOR x | RESET x | RESET | PUBLISH a | DEBUG
    HELLO 2 AUTH default | HELLO 2 AUTH nobody x | HELLO 2 SETNAME a | CLIENT GETNAME
    HELLO 2 SETNAME a\tb | HELLO 5 | HELLO x
"""


def rows():
    for line in SAME.strip().splitlines():
        yield [command.strip(" ").split(" ") for command in line.strip(" ").split(" | ")]


@pytest.mark.parametrize("protocol", [2, 3])
@pytest.mark.parametrize("row", list(rows()), ids=lambda row: " ".join(row[0]))
def test_the_same_answers_as_redis(both, row, protocol):
    answers = []
    for server in both:
        with Wire(server.socket) as wire:
            wire.ask("HELLO", protocol)
            got = [wire.ask(*words) for words in row]
            # A connection's own number differs, and is told by HELLO alone.
            answers.append([re.sub(rb"\$2\r\nid\r\n:\d+", b"id", g) for g in got])
    for words, ours, theirs in zip(row, *answers):
        assert ours == theirs, words


# ---- CONFIG ---------------------------------------------------------------------


def test_config_get_takes_several_patterns(peer):
    got = peer().ask("CONFIG", "GET", "slowlog*", "tim?out", "timeout")
    words = got.split(b"\r\n")[2::2]
    assert dict(zip(words[::2], words[1::2])) == {
        b"slowlog-log-slower-than": b"10000",
        b"slowlog-max-len": b"128",
        b"timeout": b"0",
    }
    assert peer(3).ask("CONFIG", "GET", "timeout") == b"%1\r\n" + bulks("timeout", "0")[4:]


def test_config_set_changes_all_or_nothing(peer):
    wire = peer()
    assert wire.ask("CONFIG", "SET", "slowlog-max-len", "7", "timeout", "x")[:1] == b"-"
    assert wire.ask("CONFIG", "GET", "slowlog-max-len") == bulks("slowlog-max-len", "128")
    assert wire.ask("CONFIG", "SET", "slowlog-max-len", "7", "timeout", "100") == b"+OK\r\n"
    assert wire.ask("CONFIG", "GET", "slowlog-max-len") == bulks("slowlog-max-len", "7")
    assert wire.ask("CONFIG", "SET", "slowlog-max-len", "128", "timeout", "0") == b"+OK\r\n"


def test_resetstat_counts_from_zero(server, peer):
    client = redis.Redis(unix_socket_path=server.socket)
    client.get("k")
    with pytest.raises(redis.ResponseError):
        client.execute_command("GET")
    assert client.info("stats")["keyspace_misses"] > 0
    assert "errorstat_ERR" in client.info("errorstats")
    assert client.info("commandstats")["cmdstat_get"]["rejected_calls"] > 0
    assert client.config_resetstat()
    stats = client.info("stats")
    assert stats["keyspace_misses"] == 0 and stats["total_error_replies"] == 0
    assert stats["total_commands_processed"] <= 2 and stats["expired_keys"] == 0
    assert client.info("errorstats") == {}
    assert "cmdstat_get" not in client.info("commandstats")


def test_an_idle_client_is_dropped_after_the_timeout(server, peer):
    idle, ear, admin = peer(), peer(), peer()
    idle.ask("PING")
    ear.ask("SUBSCRIBE", "a")
    admin.ask("CONFIG", "SET", "timeout", "1")
    idle.peer.settimeout(0.1)
    while True:
        assert admin.ask("PING") == b"+PONG\r\n"
        try:
            assert idle.peer.recv(1) == b""  # the server hung up
            break
        except TimeoutError:
            pass
    assert admin.ask("PUBLISH", "a", "x") == b":1\r\n"
    admin.ask("CONFIG", "SET", "timeout", "0")


# ---- keyspace events --------------------------------------------------------------


@pytest.fixture
def events(peer):
    """Runs commands; gives what was told of them as event and key."""
    admin, ear = peer(), peer()
    admin.ask("FLUSHALL")
    admin.ask("CONFIG", "SET", "notify-keyspace-events", "KEA")
    ear.ask("PSUBSCRIBE", "__keyevent@0__:*")

    def told(*commands):
        for words in commands:
            assert admin.ask(*words.split(" "))[:1] != b"-", words
        admin.ask("PUBLISH", "__keyevent@0__:end", "")
        got = []
        while True:
            words = ear.reply().split(b"\r\n")[6:-1:2]
            event = words[0].partition(b":")[2].decode()
            if event == "end":
                return got
            got.append(f"{event} {words[1].decode()}")

    yield told
    admin.ask("CONFIG", "SET", "notify-keyspace-events", "")


EVENTS = [
    ("SET k v", "set k"),
    ("SET k v EX 100", "set k, expire k"),
    ("SET k v EX 100 | SET k w KEEPTTL", "set k, expire k, set k"),
    ("SET k v | SET k w NX | SET j w XX", "set k"),
    ("SET k v | DEL k j", "set k, del k"),
    ("SET k v | UNLINK k", "set k, del k"),
    ("SET k v | EXPIRE k 100 | PERSIST k", "set k, expire k, persist k"),
    ("SET k v | PEXPIRE k -1", "set k, del k"),
    ("EXPIRE k 100 | DEL k | PERSIST k", ""),
    ("INCR n | INCRBY n 4", "incrby n, incrby n"),
    ("SET a 1 | FLUSHALL", "set a"),
    ("EVAL redis.call('set',KEYS[1],1,'px',5000)redis.call('del',KEYS[1]) 1 k",
     "set k, expire k, del k"),
]


@pytest.mark.parametrize("commands, wanted", EVENTS, ids=[row[0] for row in EVENTS])
def test_events_are_named_as_redis_names_them(events, commands, wanted):
    assert events(*commands.split(" | ")) == [w for w in wanted.split(", ") if w]


def test_both_channels_carry_an_event_of_the_classes_asked_for(peer):
    admin, ear = peer(), peer()
    ear.ask("PSUBSCRIBE", "__key*")
    admin.ask("CONFIG", "SET", "notify-keyspace-events", "K$g")
    admin.ask("SET", "k", "v")
    admin.ask("CONFIG", "SET", "notify-keyspace-events", "Eg")
    admin.ask("SET", "k", "v")
    admin.ask("DEL", "k")
    admin.ask("CONFIG", "SET", "notify-keyspace-events", "")
    admin.ask("SET", "k", "v")
    admin.ask("PUBLISH", "__key_end", "")
    assert ear.reply() == bulks("pmessage", "__key*", "__keyspace@0__:k", "set")
    assert ear.reply() == bulks("pmessage", "__key*", "__keyevent@0__:del", "k")
    assert ear.reply() == bulks("pmessage", "__key*", "__key_end", "")


def test_expired_is_told_at_the_deadline_without_anybody_asking():
    # Without a journal: the answer to SET is then the time of the grant.
    with Lockd("--durability", "none") as server, Wire(
            server.socket) as admin, Wire(server.socket) as ear:
        admin.ask("CONFIG", "SET", "notify-keyspace-events", "Ex")
        ear.ask("SUBSCRIBE", "__keyevent@0__:expired")
        late_ms = []
        for i in range(40):
            sent = time.monotonic()
            admin.send("SET", f"k{i}", "v", "PX", 20)
            admin.reply()
            began = time.monotonic()
            assert f"k{i}".encode() in ear.reply()
            heard = time.monotonic()
            assert (heard - sent) * 1000 >= 19
            late_ms.append((heard - began) * 1000 - 20)
        # One of them at least: the machine may be busy with other things.
    assert min(late_ms) < 2, late_ms


# ---- CLIENT -----------------------------------------------------------------------


def fields(line):
    return dict(part.partition("=")[::2] for part in line.split(" "))


def test_client_list_and_info_have_the_fields_that_clients_read(server, peer):
    wire, other = peer(), peer(3)
    wire.ask("CLIENT", "SETNAME", "me")
    other.ask("SUBSCRIBE", "a", "b")
    other.reply()
    other.ask("PSUBSCRIBE", "p")
    other.ask("CLIENT", "SETNAME", "ear")
    mine = fields(bulk(wire.ask("CLIENT", "INFO")).decode().strip())
    number = wire.ask("CLIENT", "ID")[1:-2].decode()
    assert mine["id"] == number and mine["name"] == "me"
    assert mine["addr"] == mine["laddr"] == f"{server.socket}:0"
    assert int(mine["fd"]) > 2 and mine["flags"] == "U" and mine["db"] == "0"
    assert mine["cmd"] == "client|info" and mine["resp"] == "2"
    assert mine["user"] == "default" and mine["multi"] == "-1"
    lines = bulk(wire.ask("CLIENT", "LIST")).decode().strip().split("\n")
    ear = [f for f in map(fields, lines) if f["name"] == "ear"][0]
    assert (ear["sub"], ear["psub"], ear["resp"]) == ("2", "1", "3")
    assert ear["flags"] == "PU" and ear["cmd"] == "client|setname"
    for name in ("age", "idle", "qbuf", "qbuf-free", "obl", "oll", "omem", "tot-mem",
                 "events", "redir", "ssub"):
        assert name in ear
    lines = bulk(wire.ask("CLIENT", "LIST", "TYPE", "pubsub")).decode().strip()
    assert [fields(line)["name"] for line in lines.split("\n")] == ["ear"]
    lines = bulk(wire.ask("CLIENT", "LIST", "ID", number, ear["id"], 999999)).decode()
    assert [fields(line)["id"] for line in lines.strip().split("\n")] == [number, ear["id"]]


def test_client_kill_ends_whom_it_names_and_nobody_else(server, peer):
    admin, first, second, third = peer(), peer(), peer(), peer()
    numbers = [w.ask("CLIENT", "ID")[1:-2] for w in (first, second)]
    assert admin.ask("CLIENT", "KILL", "ID", numbers[0]) == b":1\r\n"
    assert first.peer.recv(1) == b""
    second.ask("SUBSCRIBE", "a")
    assert admin.ask("CLIENT", "KILL", "TYPE", "pubsub", "ID", numbers[1]) == b":1\r\n"
    assert second.peer.recv(1) == b""
    assert third.ask("PING") == b"+PONG\r\n"
    assert admin.ask("CLIENT", "KILL", "ADDR", f"{server.socket}:0") == b":1\r\n"
    assert third.peer.recv(1) == b""
    assert admin.ask("PING") == b"+PONG\r\n"
    # Itself it tells so first.
    assert admin.ask("CLIENT", "KILL", "LADDR", f"{server.socket}:0", "SKIPME", "no") == (
        b":1\r\n")
    assert admin.peer.recv(1) == b""


def test_client_kill_by_address_over_tcp():
    port = free_port()
    for kind, options in ((Lockd, ["--tcp", f"127.0.0.1:{port}"]),
                          (Redis, ["--port", str(port)])):
        with kind(*options) as server:
            client = redis.Redis(port=port, single_connection_client=True)
            address = client.client_info()["addr"]
            assert re.match(r"127\.0\.0\.1:\d+$", address)
            assert client.client_info()["laddr"] == f"127.0.0.1:{port}"
            assert server.call("CLIENT", "KILL", address) == b"+OK\r\n"
            assert server.call("CLIENT", "KILL", address) == b"-ERR No such client\r\n"


def test_client_pause_lets_writes_wait_and_reads_go_on(peer):
    admin, writer, reader = peer(), peer(), peer()
    admin.ask("SET", "k", "old")
    assert admin.ask("CLIENT", "PAUSE", 60000, "WRITE") == b"+OK\r\n"
    writer.send("SET", "k", "new")
    writer.send("GET", "k")
    assert reader.ask("GET", "k") == b"$3\r\nold\r\n"
    assert reader.ask("PING") == b"+PONG\r\n"
    assert admin.ask("CLIENT", "UNPAUSE") == b"+OK\r\n"
    assert writer.reply() == b"+OK\r\n"
    assert writer.reply() == b"$3\r\nnew\r\n"


def test_client_pause_of_all_ends_by_itself(peer):
    admin, other = peer(), peer()
    began = time.monotonic()
    assert admin.ask("CLIENT", "PAUSE", 200, "ALL") == b"+OK\r\n"
    assert other.ask("GET", "no-such-key") == b"$-1\r\n"
    assert time.monotonic() - began > 0.19
    assert admin.ask("PING") == b"+PONG\r\n"


def test_a_client_that_waits_in_a_pause_may_hang_up(peer):
    admin, other = peer(), peer()
    number = other.ask("CLIENT", "ID")[1:-2]
    admin.ask("CLIENT", "PAUSE", 60000, "WRITE")
    other.send("SET", "k", "v")
    other.close()
    wait_until(lambda: bulk(admin.ask("CLIENT", "LIST", "ID", number)) == b"", 20,
               "it is gone")
    admin.ask("CLIENT", "UNPAUSE")
    assert admin.ask("SET", "k", "v") == b"+OK\r\n"


def test_client_reply_silences_answers(peer):
    wire, mouth = peer(), peer()
    wire.send("CLIENT", "REPLY", "SKIP")
    wire.send("SET", "k", "1")
    assert wire.ask("GET", "k") == b"$1\r\n1\r\n"
    wire.send("CLIENT", "REPLY", "OFF")
    wire.send("SET", "k", "2")
    wire.send("NOSUCH")
    wire.send("CLIENT", "REPLY", "SKIP")
    wire.send("HELLO", "3")
    assert wire.ask("CLIENT", "REPLY", "ON") == b"+OK\r\n"
    assert wire.ask("GET", "k") == b"$1\r\n2\r\n"
    assert wire.ask("GET", "no-such-key") == b"_\r\n"
    # Messages come nevertheless.
    wire.send("CLIENT", "REPLY", "OFF")
    wire.send("SUBSCRIBE", "a")
    assert wire.reply() == b">3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n"
    mouth.ask("PUBLISH", "a", "hi")
    assert wire.reply() == bulks("message", "a", "hi", head=b">")


def test_reset_forgets_all_of_a_connection(peer):
    wire, mouth = peer(3), peer()
    wire.ask("CLIENT", "SETNAME", "me")
    wire.ask("SUBSCRIBE", "a")
    assert wire.ask("RESET") == b"+RESET\r\n"
    assert mouth.ask("PUBLISH", "a", "x") == b":0\r\n"
    assert wire.ask("CLIENT", "GETNAME") == b"$-1\r\n"  # and RESP2 again


def test_what_is_lockds_own_in_client_and_config():
    with Lockd() as server, Wire(server.socket) as wire:
        assert wire.ask("CLIENT", "TRACKING", "ON")[:5] == b"-ERR "
        assert wire.ask("CLIENT", "NO-TOUCH", "ON") == b"+OK\r\n"
        assert wire.ask("CLIENT", "SETINFO", "LIB-NAME", "x") == b"+OK\r\n"
        assert b"lib-name=x lib-ver=\n" in wire.ask("CLIENT", "INFO")
        assert wire.ask("CONFIG", "SET", "save", "") == b"+OK\r\n"
        assert b"can't set immutable" in wire.ask("CONFIG", "SET", "save", "60 1")
        assert b"Invalid event class" in wire.ask(
            "CONFIG", "SET", "notify-keyspace-events", "Kq")
        assert wire.ask("CONFIG", "SET", "slowlog-max-len", "10001")[:5] == b"-ERR "
        assert wire.ask("DEBUG", "SLEEP", "0") == (
            b"-ERR DEBUG command not allowed. It takes lockd --debug-commands yes.\r\n")
        for command in ("ACL", "CLIENT", "CONFIG", "LATENCY", "MEMORY", "PUBSUB",
                        "SLOWLOG", "COMMAND"):
            assert command.encode() in wire.ask(command, "HELP")
        for words in ("LATENCY DOCTOR", "MEMORY DOCTOR", "LATENCY HISTOGRAM"):
            assert wire.ask(*words.split(" "))[:1] in b"$*"
        assert wire.ask("MEMORY", "PURGE") == b"+OK\r\n"
        wire.ask("SET", "k", "x" * 1000)
        assert 1000 < int(wire.ask("MEMORY", "USAGE", "k")[1:-2]) < 1200
        assert b"Redis ver. 7" in wire.ask("LOLWUT")


# ---- SLOWLOG and MONITOR ------------------------------------------------------------


def test_the_slow_log_keeps_the_last_slow_requests(server, peer):
    wire = peer()
    wire.ask("CLIENT", "SETNAME", "slow")
    wire.ask("CONFIG", "SET", "slowlog-log-slower-than", 0, "slowlog-max-len", 3)
    wire.ask("SLOWLOG", "RESET")
    wire.ask("PING")
    wire.ask("SET", "k", "v" * 200, "EX", 100)
    wire.ask("DEL", *range(40))
    wire.ask("CONFIG", "SET", "slowlog-log-slower-than", -1)
    client = redis.Redis(unix_socket_path=server.socket)
    entries = client.slowlog_get(-1)
    commands = [e["command"] for e in entries]
    assert commands[0].startswith(b"DEL 0 1 2") and commands[0].endswith(
        b" 29 ... (10 more arguments)")
    assert commands[1] == b"SET k " + b"v" * 128 + b"... (72 more bytes) EX 100"
    assert commands[2] == b"PING"  # there is room for three
    assert entries[0]["id"] == entries[1]["id"] + 1 == entries[2]["id"] + 2
    assert entries[0]["duration"] >= 0
    assert abs(entries[0]["start_time"] - time.time()) < 600
    raw = wire.ask("SLOWLOG", "GET", 1)
    assert raw.endswith(b"$%d\r\n%s:0\r\n$4\r\nslow\r\n" % (
        len(server.socket) + 2, server.socket.encode()))
    assert client.slowlog_len() == 3 and len(client.slowlog_get(2)) == 2
    wire.ask("CONFIG", "SET", "slowlog-max-len", 128, "slowlog-log-slower-than", 10000)
    assert client.slowlog_reset() and client.slowlog_len() == 0


def test_monitor_shows_requests_as_they_are_run(server, peer):
    ear, wire = peer(), peer()
    assert ear.ask("MONITOR") == b"+OK\r\n"
    wire.ask("SET", "k", b"a\"\\\n\x00\xff")
    wire.ask("CONFIG", "GET", "timeout")  # not shown: it may carry secrets
    wire.ask("EVAL", "return redis.call('GET', 'k')", 0)
    wire.ask("AUTH", "default", "secret")
    where = f"[0 unix:{server.socket}]".encode()
    stamp, _, rest = ear.reply().partition(b" ")
    assert re.match(rb"\+\d+\.\d{6}$", stamp)
    assert rest == where + b' "SET" "k" "a\\"\\\\\\n\\x00\\xff"\r\n'
    assert ear.reply().partition(b" ")[2] == where + (
        b' "EVAL" "return redis.call(\'GET\', \'k\')" "0"\r\n')
    assert ear.reply().partition(b" ")[2] == b'[0 lua] "GET" "k"\r\n'
    assert ear.reply().endswith(b'"AUTH" "(redacted)" "(redacted)"\r\n')
    assert ear.ask("RESET") == b"+RESET\r\n"
    wire.ask("PING")
    assert ear.ask("ECHO", "end") == b"$3\r\nend\r\n"


# ---- AUTH ---------------------------------------------------------------------------


@pytest.fixture(params=SERVERS)
def guarded(request, tmp_path):
    if request.param == "redis":
        server = Redis("--requirepass", "open sesame")
    else:
        path = tmp_path / "password"
        path.write_text("open sesame\nand a second line\n")
        server = Lockd("--password-file", str(path))
    with server:
        yield server


def test_without_the_password_nothing_is_answered(guarded):
    denied = b"-NOAUTH Authentication required.\r\n"
    wrong = b"-WRONGPASS invalid username-password pair or user is disabled.\r\n"
    with Wire(guarded.socket) as wire:
        for words in (["GET", "k"], ["SET", "k", "v"], ["PING"], ["SUBSCRIBE", "a"],
                      ["CONFIG", "GET", "*"], ["SHUTDOWN"], ["EVAL", "return 1", "0"]):
            assert wire.ask(*words) == denied, words
        assert wire.ask("HELLO", "3").startswith(b"-NOAUTH HELLO must be called")
        for words in (["open sesam"], ["open sesame "], [""], ["Open sesame"],
                      ["default", "x"], ["nobody", "open sesame"]):
            assert wire.ask("AUTH", *words) == wrong, words
        assert wire.ask("HELLO", "3", "AUTH", "default", "x") == wrong
        assert wire.ask("GET", "k") == denied
        assert wire.ask("AUTH", "open sesame") == b"+OK\r\n"
        assert wire.ask("SET", "k", "v") == b"+OK\r\n"
        assert wire.ask("AUTH", "x") == wrong
        assert wire.ask("GET", "k") == b"$1\r\nv\r\n"
        assert wire.ask("RESET") == b"+RESET\r\n"
        assert wire.ask("GET", "k") == denied
        assert wire.ask("QUIT") == b"+OK\r\n"


@pytest.mark.parametrize("request_bytes, says", [
    (b"*11\r\n", b"-ERR Protocol error: unauthenticated multibulk length\r\n"),
    (b"*1\r\n$16385\r\n", b"-ERR Protocol error: unauthenticated bulk length\r\n"),
    (b"*10\r\n" + b"$1\r\nx\r\n" * 10, b"-ERR unknown command"),
    (b"*1\r\n$16384\r\n" + b"x" * 16384 + b"\r\n", b"-ERR unknown command"),
])
def test_a_stranger_cannot_make_it_keep_much(guarded, request_bytes, says):
    with Wire(guarded.socket) as wire:
        wire.peer.sendall(request_bytes)
        assert wire.reply().startswith(says)
        if b"Protocol" in says:
            assert wire.peer.recv(1) == b""
    with Wire(guarded.socket) as wire:
        assert wire.ask("AUTH", "open sesame") == b"+OK\r\n"
        assert wire.ask("DEL", *range(20)) == b":0\r\n"


def test_hello_can_carry_the_password(guarded):
    with Wire(guarded.socket) as wire:
        got = wire.ask("HELLO", "3", "AUTH", "default", "open sesame", "SETNAME", "me")
        assert got.startswith(b"%7\r\n")
        assert wire.ask("CLIENT", "GETNAME") == b"$2\r\nme\r\n"
    client = redis.Redis(unix_socket_path=guarded.socket, password="open sesame")
    assert client.ping()


def test_lockd_reads_the_password_again_on_sighup(tmp_path):
    path = tmp_path / "password"
    path.write_text("first")
    with Lockd("--password-file", str(path)) as server, Wire(server.socket) as old:
        assert old.ask("AUTH", "first") == b"+OK\r\n"
        path.write_text("second")
        os.kill(server.pid, signal.SIGHUP)
        wait_until(lambda: server.call("AUTH", "second") == b"+OK\r\n", 20, "it is read")
        assert server.call("AUTH", "first").startswith(b"-WRONGPASS")
        assert old.ask("PING") == b"+PONG\r\n"
        path.write_text("")
        os.kill(server.pid, signal.SIGHUP)
        wait_until(lambda: "its first line is empty" in server.log(), 20, "it is refused")
        assert server.call("AUTH", "second") == b"+OK\r\n"


@pytest.mark.parametrize("text, says", [("", "is empty"), ("\nx", "is empty"),
                                        ("x" * 513, "is too long"), (None, "No such file")])
def test_lockd_does_not_start_without_the_password(tmp_path, text, says):
    path = tmp_path / "password"
    if text is not None:
        path.write_text(text)
    done = subprocess.run(
        [Lockd().command()[0], "--unix", str(tmp_path / "s"), "--password-file", str(path)],
        capture_output=True, text=True, timeout=60)
    assert done.returncode != 0 and says in done.stderr.replace("no such", "No such")


# ---- INFO ---------------------------------------------------------------------------

FIELDS = {
    "server": "redis_version redis_mode os arch_bits process_id run_id tcp_port "
    "uptime_in_seconds uptime_in_days server_time_usec multiplexing_api config_file "
    "process_supervised io_threads_active",
    "clients": "connected_clients maxclients blocked_clients tracking_clients",
    "memory": "used_memory used_memory_human used_memory_rss used_memory_peak "
    "used_memory_lua used_memory_dataset used_memory_overhead maxmemory maxmemory_policy "
    "mem_fragmentation_ratio number_of_cached_scripts total_system_memory mem_allocator",
    "persistence": "loading async_loading rdb_bgsave_in_progress aof_enabled "
    "rdb_changes_since_last_save rdb_last_bgsave_status aof_rewrite_in_progress "
    "aof_rewrite_scheduled",
    "stats": "total_connections_received total_commands_processed "
    "instantaneous_ops_per_sec total_net_input_bytes total_net_output_bytes "
    "rejected_connections expired_keys evicted_keys keyspace_hits keyspace_misses "
    "pubsub_channels pubsub_patterns latest_fork_usec total_error_replies sync_full "
    "sync_partial_ok sync_partial_err evicted_clients total_forks tracking_total_keys "
    "tracking_total_items tracking_total_prefixes slave_expires_tracked_keys "
    "migrate_cached_sockets",
    "replication": "role connected_slaves master_replid master_repl_offset",
    "cpu": "used_cpu_sys used_cpu_user used_cpu_sys_children used_cpu_user_children",
    "cluster": "cluster_enabled",
    "keyspace": "db0",
}


@pytest.mark.parametrize("section", FIELDS)
def test_info_has_the_fields_that_monitoring_reads(server, section):
    client = redis.Redis(unix_socket_path=server.socket)
    client.set("k", "v", ex=100)
    got = client.info(section)
    assert set(FIELDS[section].split()) <= set(got)
    assert set(got) <= set(client.info())
    if section == "keyspace":
        assert got["db0"]["keys"] >= 1 and got["db0"]["expires"] >= 1


def test_info_counts_commands_and_errors(server):
    client = redis.Redis(unix_socket_path=server.socket)
    client.config_resetstat()
    client.set("k", "v")
    client.set("k", "w")
    client.eval("redis.call('GET', 'k') return redis.call('GET', 'k')", 0)
    for words in (["INCR", "k"], ["GET"], ["EVALSHA", "x", "0"]):
        with pytest.raises(redis.ResponseError):
            client.execute_command(*words)
    got = client.info("commandstats")
    assert got["cmdstat_set"]["calls"] == 2 and got["cmdstat_set"]["usec"] >= 0
    assert got["cmdstat_get"]["calls"] == 2 and got["cmdstat_get"]["rejected_calls"] == 1
    assert got["cmdstat_incr"]["failed_calls"] == 1
    errors = client.info("errorstats")
    assert errors == {"errorstat_NOSCRIPT": "count=1", "errorstat_ERR": "count=2"}
    assert "cmdstat_set" not in client.info()
    assert "cmdstat_set" in client.info("all")
    client.set("s", 0)
    got = client.info("stats")["total_commands_processed"]
    client.ping()
    assert client.info("stats")["total_commands_processed"] == got + 2


# ---- programs that we did not write ---------------------------------------------------


def test_redis_cli_looks_at_it(server):
    client = redis.Redis(unix_socket_path=server.socket)
    client.flushall()
    client.set("long", "x" * 100)

    def cli(*words, stdin=None):
        return subprocess.run(["redis-cli", "-s", server.socket, *words], input=stdin,
                              capture_output=True, text=True, timeout=60, check=True).stdout

    assert "role:master" in cli("INFO", "replication")
    assert cli("--no-raw", "CONFIG", "GET", "timeout") == '1) "timeout"\n2) "0"\n'
    assert "long" in cli("--memkeys")
    assert "publish" in cli("COMMAND", "LIST", "FILTERBY", "PATTERN", "pub*")
    assert "Latency" in cli("LATENCY", "DOCTOR") or "Dave" in cli("LATENCY", "DOCTOR")


def test_prometheus_redis_exporter_reads_it(server):
    port = free_port()
    with subprocess.Popen(
        ["prometheus-redis-exporter", "-redis.addr", f"unix://{server.socket}",
         "-web.listen-address", f"127.0.0.1:{port}"],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    ) as exporter:
        def scrape():
            assert exporter.poll() is None, exporter.stderr.read()
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics",
                                            timeout=30) as answer:
                    return answer.read().decode()
            except OSError:
                return None

        try:
            wait_until(lambda: scrape() is not None, 60, "the exporter listens")
            redis.Redis(unix_socket_path=server.socket).set("k", "v")
            text = scrape()
        finally:
            exporter.terminate()
            log = exporter.stderr.read()
    assert "\nredis_up 1\n" in text
    for name in ("connected_clients", "commands_processed_total", "memory_used_bytes",
                 "uptime_in_seconds", "commands_total{cmd=\"set\"}", "slowlog_length",
                 "expired_keys_total", "db_keys{db=\"db0\"}", "config_maxclients"):
        assert f"\nredis_{name}" in text, name
    assert "redis_exporter_last_scrape_error{err=\"\"} 0" in text
    assert "level=error" not in log, log
