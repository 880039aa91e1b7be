"""lockd beside Debian's redis-server 7: the same bytes for the same commands.

A row is a list of commands, sent in one piece on a fresh connection to an
empty server; all that comes back is compared, byte for byte. Clients that we
did not write are in test_lockd_clients_*.py.
"""

import contextlib
import socket
import subprocess
import time

import pytest
import redis

from servers import Lockd, Redis
from web import free_port, wait_until

MARK = b"the end of the answers"


@pytest.fixture(scope="module")
def lockd():
    with Lockd() as server:
        yield server


@pytest.fixture(scope="module")
def real():
    with Redis() as server:
        yield server


def encode(words):
    parts = [w if isinstance(w, bytes) else str(w).encode() for w in words]
    return b"*%d\r\n" % len(parts) + b"".join(
        b"$%d\r\n%s\r\n" % (len(p), p) for p in parts
    )


def exchange(server, request):
    """All bytes that answer request, up to our mark or the hang-up."""
    with socket.socket(socket.AF_UNIX) as peer:
        peer.settimeout(30)
        peer.connect(server.socket)
        peer.sendall(request + encode(["ECHO", MARK]))
        got = b""
        while MARK not in got:
            piece = peer.recv(65536)
            if not piece:
                break
            got += piece
        return got.partition(b"$%d\r\n" % len(MARK))[0]


def compare(lockd, real, request):
    exchange(lockd, encode(["FLUSHALL"]))
    exchange(real, encode(["FLUSHALL"]))
    ours, theirs = exchange(lockd, request), exchange(real, request)
    assert ours == theirs, request


MAX, MIN = 2**63 - 1, -(2**63)
ROWS = """
    PING | PING hello | PING a b | ping | ECHO hi | ECHO | ECHO a b
    SET k v | GET k | GET nothing | GET | GET a b | SET k | SET
    SET k v NX | SET k w NX | GET k
    SET k v XX | GET k | SET k a | SET k b XX | GET k
    SET k v GET | SET k w GET | SET k x NX GET | GET k | SET j y XX GET | GET j
    SET k v EX 100 | TTL k | SET k w KEEPTTL | TTL k | SET k x | TTL k
    SET k v PX 100000 NX | SET k v PX 100000 NX | TTL k
    SET k v EX 0 | SET k v EX -1 | SET k v PX 0 | SET k v EX x | SET k v EX
    SET k v EX 9223372036854775807 | SET k v PX 9223372036854775807
    SET k v EX 10 PX 10 | SET k v NX XX | SET k v EX 10 KEEPTTL | SET k v what
    SET k v EXAT 1 | GET k | SET k v PXAT 1 | GET k | SET k v EXAT 0
    SET k v EXAT 99999999999 | TTL j | SET k v PXAT -5 | EXISTS k
    set k v nx px 100000 | get k | SET k v Nx pX 5000
    DEL k | SET a 1 | SET b 2 | DEL a b c a | DEL | UNLINK | SET a 1 | UNLINK a a
    EXISTS k | SET k v | EXISTS k k j | EXISTS
    SET k v | EXPIRE k 100 | TTL k | EXPIRE k 0 | EXISTS k | EXPIRE k 10
    SET k v | EXPIRE k -5 | EXISTS k | SET k v | PEXPIRE k -1 | EXISTS k
    SET k v | EXPIRE k 100 NX | EXPIRE k 200 NX | TTL k | EXPIRE k 300 XX | TTL k
    SET k v | EXPIRE k 100 XX | EXPIRE k 100 GT | EXPIRE k 100 LT | TTL k
    SET k v EX 100 | EXPIRE k 50 GT | EXPIRE k 200 GT | EXPIRE k 300 LT | TTL k
    SET k v | EXPIRE k 10 NX XX | EXPIRE k 10 NX GT | EXPIRE k 10 GT LT
    SET k v | EXPIRE k 10 WHAT | EXPIRE k ten | EXPIRE k | EXPIRE
    SET k v | EXPIRE k 9223372036854775807 | PEXPIRE k 9223372036854775807
    SET k v | EXPIRE k -9223372036854775808 | EXISTS k
    SET k v | PEXPIREAT k 1 | EXISTS k | SET k v | PEXPIREAT k 99999999999999 | EXISTS k
    SET k v | PEXPIREAT k x | PEXPIREAT k -1 | EXISTS k | EXPIREAT j 1
    TTL k | PTTL k | SET k v | TTL k | PTTL k | TTL | PTTL a b
    SET k v EX 100 | PERSIST k | TTL k | PERSIST k | PERSIST j | PERSIST
    INCR k | INCR k | GET k | INCRBY k 10 | INCRBY k -20 | INCRBY k x | INCRBY k
    SET k abc | INCR k | SET k 1.5 | INCR k | SET k 007 | INCR k | SET k -0 | INCR k
    SET k 9223372036854775807 | INCR k | INCRBY k 1 | INCRBY k -1 | GET k
    SET k -9223372036854775808 | INCRBY k -1 | INCRBY k 9223372036854775808
    SET k 5 EX 100 | INCR k | TTL k
    TYPE k | SET k v | TYPE k | TYPE | TYPE a b
    DBSIZE | SET a 1 | SET b 1 | DBSIZE | DBSIZE x | FLUSHALL | DBSIZE
    FLUSHALL ASYNC | FLUSHALL SYNC | FLUSHALL NOW | FLUSHALL ASYNC SYNC | FLUSHDB
    SELECT 0 | SELECT x | SELECT | SELECT -1 | SELECT 99
    SCAN 0 | SCAN x | SCAN 0 COUNT 0 | SCAN 0 COUNT x | SCAN 0 MATCH
    SET a 1 | SCAN 0 | SCAN 0 MATCH b* | SCAN 0 MATCH a | SCAN 0 TYPE string
    SET a 1 | SCAN 0 TYPE hash | SCAN 0 COUNT 10000000 | SCAN 0 WHAT x | SCAN
    CLIENT SETNAME me | CLIENT GETNAME | CLIENT SETNAME | CLIENT GETNAME x
    CLIENT SETNAME a\tb | CLIENT GETNAME | CLIENT
    NOSUCH | NOSUCH a b | nosuch x | GETT k | client nosuch
    EVAL | EVAL x | EVALSHA x | SCRIPT | SCRIPT LOAD | SCRIPT EXISTS
    TIME x | QUIT x | PING
    QUIT | PING
"""


def rows():
    for line in ROWS.strip().splitlines():
        yield [command.split(" ") for command in line.strip().split(" | ")]


@pytest.mark.parametrize("row", list(rows()), ids=lambda row: " ".join(row[0]))
def test_the_same_answers_as_redis(lockd, real, row):
    compare(lockd, real, b"".join(encode(words) for words in row))


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"PING\r\n",
        b"PING\n",
        b"\r\n\r\nPING\r\n",
        b"SET k \"a b\\x41\\n\"\r\nGET k\r\n",
        b"SET k 'it\\'s'\r\nGET k\r\n",
        b"*0\r\n*-1\r\nPING\r\n",
        b"*1\r\n$4\r\nPING\r\n*2\r\n$3\r\nGET\r\n$0\r\n\r\n",
        b"*3\r\n$3\r\nSET\r\n$3\r\na\0b\r\n$4\r\n\r\n\0\xff\r\n*2\r\n$3\r\nGET\r\n$3\r\na\0b\r\n",
        b"SET k \"unbalanced\r\n",
        b"*1\r\n$-5\r\n",
        b"*1\r\n:1\r\n",
        b"*x\r\n",
        b"*99999999999\r\n",
        b"*1\r\n$99999999999\r\n",
        b"*2147483648\r\n",
        b"*1\r\n$4x\r\nPING\r\n",
    ],
)
def test_the_same_bytes_for_unusual_requests(lockd, real, request_bytes):
    compare(lockd, real, request_bytes)


def test_big_and_binary_values_come_back_whole(lockd, real):
    value = bytes(range(256)) * 8192  # 2 MiB
    request = encode(["SET", "big", value]) + encode(["GET", "big"])
    assert exchange(lockd, request) == exchange(real, request)


def test_a_long_pipeline_is_answered_in_order(lockd, real):
    request = b"".join(encode(["INCR", "n"]) for _ in range(20000))
    compare(lockd, real, request)


def test_a_request_cut_anywhere_is_put_together(lockd):
    request = encode(["SET", "k", "v" * 100]) + encode(["GET", "k"])
    whole = exchange(lockd, request)
    for cut in range(1, len(request), 7):
        with socket.socket(socket.AF_UNIX) as peer:
            peer.settimeout(30)
            peer.connect(lockd.socket)
            peer.sendall(request[:cut])
            peer.sendall(request[cut:])
            got = b""
            while len(got) < len(whole):
                got += peer.recv(65536)
            assert got == whole


def test_hello_switches_the_protocol(lockd, real):
    request = encode(["HELLO", "3"]) + encode(["GET", "nothing"])
    for server in (lockd, real):
        got = exchange(server, request)
        assert got.startswith(b"%7\r\n") and got.endswith(b"_\r\n"), got
    for words in (["HELLO", "4"], ["HELLO", "x"], ["HELLO", "2", "WHAT"],
                  ["HELLO", "3", "AUTH", "nobody", "x"]):
        compare(lockd, real, encode(words))


def test_tcp_and_unix_are_served_at_once_and_an_http_post_is_not():
    port = free_port()
    with Lockd("--tcp", f"127.0.0.1:{port}") as server:
        tcp = redis.Redis(port=port)
        unix = redis.Redis(unix_socket_path=server.socket)
        tcp.set("k", "v")
        assert unix.get("k") == b"v"
        with socket.create_connection(("127.0.0.1", port)) as peer:
            peer.sendall(b"POST / HTTP/1.1\r\nHost: x\r\n\r\nSET k stolen\r\n")
            peer.settimeout(10)
            while peer.recv(4096):
                pass
        assert unix.get("k") == b"v"


# -- limits ------------------------------------------------------------------


def test_one_client_too_many_hears_why():
    with Lockd("--max-clients", "3") as server:
        peers = [redis.Redis(unix_socket_path=server.socket) for _ in range(3)]
        assert all(p.ping() for p in peers)
        with socket.socket(socket.AF_UNIX) as fourth:
            fourth.settimeout(30)
            fourth.connect(server.socket)
            said = b"-ERR max number of clients reached\r\n"
            assert fourth.recv(4096) == said
            assert fourth.recv(4096) == b""
        peers[0].connection_pool.disconnect()
        wait_until(server.answers, 20, "there is room again")


def test_a_client_that_never_reads_is_dropped_and_others_go_on():
    with Lockd("--max-output", "1000000") as server:
        good = redis.Redis(unix_socket_path=server.socket)
        good.set("big", b"x" * 100000)
        with socket.socket(socket.AF_UNIX) as deaf:
            deaf.connect(server.socket)
            deaf.settimeout(30)
            with pytest.raises(OSError):
                for _ in range(100000):
                    deaf.sendall(encode(["GET", "big"]))
        assert good.ping()


def of_bytes(n, words):
    """A request of just so many bytes: its last word is filled up."""
    for room in range(n, 0, -1):
        request = encode([*words, "x" * room])
        if len(request) == n:
            return request
    raise AssertionError(n)


@pytest.mark.parametrize("max_request", [1024, 100000])
@pytest.mark.parametrize("pieces", [1, 2, 50])
def test_a_request_may_have_just_so_many_bytes(max_request, pieces):
    def send(peer, n):
        request = of_bytes(n, ["SET", "k"])
        step = -(-len(request) // pieces)
        for at in range(0, len(request), step):
            peer.sendall(request[at:at + step])

    with Lockd("--max-request", str(max_request)) as server:
        with socket.socket(socket.AF_UNIX) as peer:
            peer.settimeout(30)
            peer.connect(server.socket)
            for _ in range(3):
                send(peer, max_request)
                assert peer.recv(100) == b"+OK\r\n"
            # Its length is announced: it is refused before it has come.
            peer.sendall(of_bytes(max_request + 1, ["SET", "k"])[:30])
            assert peer.recv(200) == (
                b"-ERR Protocol error: a request of more than %d bytes "
                b"(--max-request)\r\n" % max_request)
            assert peer.recv(1) == b""
        with socket.socket(socket.AF_UNIX) as peer:
            peer.settimeout(30)
            peer.connect(server.socket)
            with contextlib.suppress(OSError):
                send(peer, max_request + 1)
                assert b"+OK" not in peer.recv(100)
        kept = of_bytes(max_request, ["SET", "k"]).count(b"x")
        assert server.call("STRLEN", "k") == b":%d\r\n" % kept


def test_a_request_over_the_limit_ends_its_connection_only():
    with Lockd("--max-request", "100000") as server:
        good = redis.Redis(unix_socket_path=server.socket)
        assert good.set("k", b"x" * 90000)
        with pytest.raises((redis.ConnectionError, redis.ResponseError)):
            redis.Redis(unix_socket_path=server.socket).set("k", b"x" * 200000)
        assert good.get("k") == b"x" * 90000


@pytest.mark.parametrize(
    "options, says",
    [
        ([], "nothing to listen on"),
        (["--tcp", "nowhere"], "cannot listen tcp=nowhere: it takes ADDR:PORT"),
        (["--tcp", "127.0.0.1:70000"], "it takes ADDR:PORT"),
        (["--unix", "/no/such/dir/sock"], "cannot listen unix="),
        (["--unix", "x" * 200], "cannot listen unix="),
        (["--tcp", "127.0.0.1:1", "--max-clients", "0"], "--max-clients takes"),
        (["--tcp", "127.0.0.1:1", "--durability", "maybe"], "takes one of"),
        (["--tcp", "127.0.0.1:1", "--unix-mode", "1000"], "from 0 to 777"),
        (["--what"], "unknown option"),
        (["--config", "/no/such/file"], "cannot read /no/such/file"),
    ],
)
def test_bad_settings_are_refused_with_what_to_do(options, says, tmp_path):
    program = Lockd().command()[0]
    done = subprocess.run([program, *options], capture_output=True, text=True,
                          timeout=60, cwd=tmp_path)
    assert done.returncode != 0
    assert says in done.stderr
    assert not list(tmp_path.iterdir()), "it touched nothing"


def test_settings_may_stand_in_a_file_and_flags_win(tmp_path):
    conf = tmp_path / "lockd.conf"
    conf.write_text(f"# where\nunix {tmp_path}/lost\ndir {tmp_path}/state\n"
                    "durability none\nmax-clients 77\n")
    with Lockd("--config", str(conf)) as server:
        assert b"\r\n77\r\n" in server.call("CONFIG", "GET", "maxclients")
        assert not (tmp_path / "lost").exists(), "--unix won"
        assert not (tmp_path / "state").exists(), "durability none holds"
        assert f"config_file:{conf}\r\n".encode() in server.call("INFO", "server")
        assert b"never writes it" in server.call("CONFIG", "REWRITE")
    conf.write_text("unix x\n\nmax-clients many\n")
    done = subprocess.run([Lockd().command()[0], "--config", str(conf)],
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert done.stderr.startswith(f"lockd: {conf}:3: max-clients takes a whole number")


# -- deadlines -----------------------------------------------------------------


def test_a_key_is_gone_at_its_deadline_whether_or_not_it_is_asked_for(lockd):
    client = redis.Redis(unix_socket_path=lockd.socket)
    client.flushall()
    for i in range(200):
        client.set(f"k{i}", "v", px=50 + i)
    before = int(client.info("stats")["expired_keys"])
    # Nobody asks for a key: the sweep alone takes them.
    wait_until(lambda: client.dbsize() == 0, 20, "all are swept")
    assert int(client.info("stats")["expired_keys"]) >= before
    began = time.monotonic()  # the answer waits for the disk, the key does not
    client.set("k", "v", px=30)
    while client.get("k") is not None:
        assert time.monotonic() - began < 10
    # Redis's own granularity: a deadline may fall within its millisecond.
    assert time.monotonic() - began >= 0.028


# -- its life --------------------------------------------------------------------


def test_shutdown_and_sigterm_end_it_cleanly_and_remove_the_socket():
    for how in ("shutdown", "signal"):
        server = Lockd()
        server.start()
        if how == "shutdown":
            redis.Redis(unix_socket_path=server.socket).shutdown()
        else:
            server.process.terminate()
        assert server.process.wait(20) == 0
        assert "stopped" in server.log()
        server.close()


def test_it_tells_that_it_is_ready(tmp_path):
    program = Lockd().command()[0]
    path = tmp_path / "s"
    done = subprocess.run(
        ["bash", "-c",
         f'"{program}" --unix "{path}" --dir "{tmp_path}/state" --ready-fd 3 3> >(head -c1 >"{tmp_path}/r") &'
         f' pid=$!; until [ -s "{tmp_path}/r" ]; do read -t 0.01 <> <(:) || true; done;'
         f' test -S "{path}"; rc=$?; kill $pid; wait $pid; exit $rc'],
        timeout=60,
    )
    assert done.returncode == 0
