"""Holds over RESP: what is not in test_hold.py, as it is RESP's alone."""

import contextlib
import socket
import tempfile
import threading

import pytest
import redis

from driver import Driver
from servers import Lockd, Redis
from web import free_port

SERVICE = "{holdfast}:service"
FENCE = "{holdfast}:fence"


def hold_key(ticket):
    return f"{{holdfast}}:hold:{ticket}"


class Forgetful(Lockd):
    """As that Redis: a restart forgets all."""

    def __init__(self):
        super().__init__("--durability", "none")


@pytest.fixture(scope="module", params=[Redis, Forgetful], ids=lambda kind: kind.name)
def kind(request):
    return request.param


@pytest.fixture(scope="module")
def server(kind):
    with kind() as running:
        yield running


@pytest.fixture
def lock(server):
    """A server without any state."""
    if not server.running():
        server.start()
    server.forget()
    return server


@pytest.fixture
def probe(lock):
    with contextlib.closing(redis.Redis(unix_socket_path=lock.socket)) as client:
        yield client


@pytest.fixture
def hold(lock):
    with Driver(lock) as driver:
        yield driver


@pytest.fixture
def other(lock):
    with Driver(lock) as driver:
        yield driver


# -- tokens ----------------------------------------------------------------


def test_a_token_is_not_below_the_clock(hold, probe):
    seconds, micros = probe.time()
    assert hold.acquire("ann", 5000, "1").grants[0].fence >= seconds * 10**6 + micros


def test_a_token_is_above_the_last_one_when_the_clock_is_behind(hold, probe):
    # Past what a float's usual 14 digits can tell apart.
    ahead = 9_007_199_254_740_123
    probe.set(FENCE, ahead)
    assert hold.acquire("ann", 5000, "1").grants[0].fence == ahead + 1
    assert hold.acquire("ann", 5000, "2").grants[0].fence == ahead + 2
    assert probe.get(FENCE) == str(ahead + 2).encode()
    assert probe.get(hold_key(1)) == f"{ahead + 1}:ann".encode()
    assert hold.check("ann", "1").grants[0].fence == ahead + 1


def test_tokens_do_not_go_back_when_all_state_is_lost(hold, lock):
    before = hold.acquire("ann", 5000, "1").grants[0].fence
    lock.forget()
    assert hold.acquire("ann", 5000, "1").grants[0].fence > before


# -- the service's identity ------------------------------------------------


def test_the_identity_never_expires(hold, probe):
    hold.acquire("ann", 5000, "1")
    assert probe.pttl(SERVICE) == -1
    assert probe.pttl(FENCE) == -1


def test_letting_go_may_meet_forgotten_scripts_and_a_restart(hold, lock):
    assert hold.acquire("ann", 5000, "1").ok
    lock.call("SCRIPT", "FLUSH")
    hold.let_go("ann", None, "1")
    assert hold.check("ann", "1").ok  # it did not run, as is allowed
    hold.let_go("ann", None, "1")
    lock.stop()
    lock.start()
    assert hold.acquire("bob", 5000, "1").ok
    lock.kill()
    hold.let_go("bob", None, "1")
    assert hold.check("bob", "1").code == "unreachable"


# -- what clients may send -------------------------------------------------


def test_all_keys_have_one_hash_tag_and_every_hold_a_deadline(hold, probe):
    hold.acquire("ann", 5000, "1", "2", "}x{y}")
    keys = [key.decode() for key in probe.scan_iter("*")]
    assert len(keys) == 5
    for key in keys:
        assert key.startswith("{holdfast}:")
        if ":hold:" in key:
            assert probe.pttl(key) > 0


# -- a server that goes and comes ------------------------------------------


def test_forgotten_scripts_are_loaded_again(hold, lock):
    assert hold.acquire("ann", 5000, "1").ok
    lock.call("SCRIPT", "FLUSH")
    assert hold.check("ann", "1").ok
    lock.call("SCRIPT", "FLUSH")
    assert hold.release("ann", None, "1") == "ok"
    assert hold.log() == ""


def test_a_restart_between_two_calls_is_not_even_noticed(hold, lock):
    before = hold.acquire("ann", 5000, "1")
    lock.stop()
    lock.start()
    after = hold.acquire("bob", 5000, "1")
    assert after.ok
    assert after.service != before.service
    assert after.grants[0].fence > before.grants[0].fence
    assert hold.log() == ""


def test_a_server_that_never_was_is_unreachable():
    with Driver(lock_url="unix:///nowhere/sock") as hold:
        assert hold.acquire("ann", 5000, "1").code == "unreachable"
        assert "No such file" in hold.log()


# -- servers with a password, a database, TCP ------------------------------


@pytest.fixture(scope="module")
def guarded():
    port = free_port()
    with Redis("--port", str(port), "--requirepass", "s3/c@r t") as running:
        running.tcp = f"127.0.0.1:{port}"
        yield running


def test_tcp_a_password_and_a_database_of_the_url_are_used(guarded):
    url = f"redis://:s3%2Fc%40r t@{guarded.tcp}/3"
    with Driver(lock_url=url) as hold:
        assert hold.acquire("ann", 5000, "1").ok
    with contextlib.closing(
        redis.Redis(unix_socket_path=guarded.socket, password="s3/c@r t", db=3)
    ) as probe:
        assert probe.exists(hold_key(1))
        probe.flushall()


@pytest.mark.parametrize("password", ["", ":wrong@"])
def test_a_wrong_password_is_no_service_and_is_not_logged(guarded, password):
    with Driver(lock_url=f"redis://{password}{guarded.tcp}") as hold:
        assert hold.check("ann", "1").code == "unreachable"
        assert "WRONGPASS" in hold.log() or "NOAUTH" in hold.log()
        assert "wrong@" not in hold.log()


# -- a peer that answers nonsense ------------------------------------------


class Nonsense:
    """Gives a digest for each SCRIPT LOAD, and one answer to all else."""

    def __init__(self, answer):
        self.answer = answer
        self.folder = tempfile.TemporaryDirectory(prefix="hf-")
        self.url = f"unix://{self.folder.name}/sock"
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(f"{self.folder.name}/sock")
        self.listener.listen()
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()

    def serve(self):
        with contextlib.suppress(OSError):
            while True:
                peer, _ = self.listener.accept()
                with peer:
                    self.talk(peer.makefile("rwb"))

    def talk(self, peer):
        while header := peer.readline():
            words = []
            for _ in range(int(header[1:])):
                words.append(peer.read(int(peer.readline()[1:]) + 2)[:-2])
            loading = words[0] == b"SCRIPT"
            peer.write(b"$40\r\n" + b"a" * 40 + b"\r\n" if loading else self.answer)
            peer.flush()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join()
        self.folder.cleanup()


GOOD = b"*6\r\n$1\r\ns\r\n:0\r\n:0\r\n:7\r\n:5000\r\n:1\r\n"
NONSENSE = [
    b"+OK\r\n",
    b"$-1\r\n",
    b":1\r\n",
    b"*0\r\n",
    b"*-1\r\n",
    b"-ERR no\r\n",
    b"-NOSCRIPT again\r\n",
    b"nonsense\r\n",
    GOOD.replace(b"*6", b"*5").replace(b":1\r\n", b""),
    GOOD.replace(b"*6", b"*7") + b":1\r\n",
    GOOD.replace(b"$1\r\ns", b":1"),
    GOOD.replace(b"$1\r\ns", b"$0\r\n"),
    GOOD.replace(b"$1\r\ns", b"$-1"),
    GOOD.replace(b"$1\r\ns", b"$3\r\na\0b"),
    GOOD.replace(b"$1\r\ns", b"$65\r\n" + b"s" * 65),
    GOOD.replace(b":7", b":0"),
    GOOD.replace(b":7", b":-7"),
    GOOD.replace(b":7", b"$1\r\n7"),
    GOOD.replace(b":7", b"$-1"),
    GOOD.replace(b":5000", b":-1"),
    GOOD.replace(b":1\r\n", b":-1\r\n"),
    GOOD.replace(b"s\r\n:0", b"s\r\n:2"),
    GOOD.replace(b"s\r\n:0", b"s\r\n:-1"),
    GOOD.replace(b":0\r\n:7", b":-1\r\n:7"),
]


def test_the_well_formed_answer_would_be_taken():
    with Nonsense(GOOD) as peer, Driver(lock_url=peer.url) as hold:
        got = hold.acquire("ann", 5000, "1")
        assert got.ok and got.grants[0].fence == 7


@pytest.mark.parametrize("answer", NONSENSE, ids=repr)
def test_an_answer_of_another_shape_is_no_answer(answer):
    with Nonsense(answer) as peer, Driver(lock_url=peer.url) as hold:
        assert hold.acquire("ann", 5000, "1").code == "unreachable"
        assert hold.log().count("\n") == 1 and "lock service lost" in hold.log()


def test_a_digest_that_is_none_is_refused():
    with Nonsense(GOOD) as peer, Driver(lock_url=peer.url) as hold:
        peer.talk = lambda stream: (
            stream.readline(),
            stream.write(b"$2\r\naa\r\n"),
            stream.flush(),
        )
        assert hold.acquire("ann", 5000, "1").code == "unreachable"
        assert "digest" in hold.log()
