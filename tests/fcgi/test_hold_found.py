"""Holds over RESP whose server is found: by Sentinels, or by a cluster's nodes.

What happens when it dies is in tests/failover/.
"""

import contextlib
import socket
import threading

import pytest

from driver import Driver
from replicated import ClusterNode, Sentinel, SentinelRedis, TcpRedis
from web import free_port, wait_until

SERVICE = SentinelRedis.service
PASSWORD = "s3/c@r t"
IN_URL = ":s3%2Fc%40r t@"


@pytest.fixture(scope="module")
def guarded():
    with TcpRedis("--requirepass", PASSWORD) as running:
        yield running


@pytest.fixture(scope="module")
def sentinel(guarded):
    """Watches it, and wants the same password."""
    watcher = Sentinel(guarded.port, 1, 60000)
    with open(watcher.conf, "a") as conf:
        conf.write(f'requirepass "{PASSWORD}"\n')
        conf.write(f'sentinel auth-pass {SERVICE} "{PASSWORD}"\n')
    watcher.answers = lambda: port_answers(watcher.port)
    with watcher:
        yield watcher


def port_answers(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_the_master_that_a_sentinel_names_is_used(guarded, sentinel):
    nobody = free_port()
    hosts = f"127.0.0.1:{nobody},127.0.0.1:{sentinel.port}"
    with Driver(lock_url=f"redis+sentinel://{IN_URL}{hosts}/{SERVICE}/3") as hold:
        assert hold.acquire("ann", 5000, "1").ok
        assert hold.hold_ping() == "ok"
        assert hold.log() == ""


@pytest.mark.parametrize(
    "password, service, why",
    [
        (IN_URL, "another", "no master of that name"),
        (":wrong@", SERVICE, "WRONGPASS"),
        ("", SERVICE, "NOAUTH"),
    ],
)
def test_why_a_master_is_not_found_is_said(sentinel, password, service, why):
    url = f"redis+sentinel://{password}127.0.0.1:{sentinel.port}/{service}"
    with Driver(lock_url=url) as hold:
        assert hold.acquire("ann", 5000, "1").code == "unreachable"
        assert hold.log().count("\n") == 1 and why in hold.log()
        assert "wrong@" not in hold.log()


@pytest.fixture(scope="module")
def node():
    """A cluster of one that has every slot."""
    with ClusterNode() as running:
        assert running.call("CLUSTER", "ADDSLOTSRANGE", 0, 16383) == b"+OK\r\n"
        wait_until(
            lambda: b"cluster_state:ok" in running.call("CLUSTER", "INFO"), 30, "it serves"
        )
        yield running


def test_a_cluster_serves_a_whole_basket_in_one_slot(node):
    hosts = f"127.0.0.1:{free_port()},127.0.0.1:{node.port}"
    with Driver(lock_url=f"redis+cluster://{hosts}") as hold:
        grant = hold.acquire("ann", 5000, "1", "}x{", "{y}")
        assert grant.ok and len(grant.grants) == 3
        assert hold.check("ann", "1", "}x{", "{y}").ok
        assert hold.release("ann", None, "1", "}x{", "{y}") == "ok"
        assert hold.log() == ""


def test_a_slot_that_nobody_serves_is_no_service(node):
    slot = int(node.call("CLUSTER", "KEYSLOT", "{holdfast}:service")[1:])
    with Driver(lock_url=f"redis+cluster://127.0.0.1:{node.port}") as hold:
        assert hold.acquire("bob", 5000, "9").ok
        node.call("CLUSTER", "DELSLOTS", slot)
        try:
            assert hold.check("bob", "9").code == "unreachable"
            assert "CLUSTERDOWN" in hold.log()
        finally:
            node.call("CLUSTER", "ADDSLOTS", slot)
        wait_until(lambda: hold.acquire("bob", 5000, "8").ok, 10, "it is back")


# -- peers that answer nonsense ----------------------------------------------


class Peer:
    """Gives one answer to every command, on a port."""

    def __init__(self, answer):
        self.answer = answer
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()

    def serve(self):
        with contextlib.suppress(OSError):
            while True:
                peer, _ = self.listener.accept()
                with peer, contextlib.suppress(OSError):
                    while peer.recv(4096):
                        peer.sendall(self.answer)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join()


MANY = b"x" * 256


@pytest.mark.parametrize(
    "answer",
    [
        b"+OK\r\n",
        b"*-1\r\n",
        b"*0\r\n",
        b"*1\r\n$1\r\nh\r\n",
        b"*2\r\n$1\r\nh\r\n:7\r\n",
        b"*2\r\n$1\r\nh\r\n$1\r\nx\r\n",
        b"*2\r\n$1\r\nh\r\n$1\r\n0\r\n",
        b"*2\r\n$1\r\nh\r\n$5\r\n65536\r\n",
        b"*2\r\n$0\r\n\r\n$1\r\n7\r\n",
        b"*2\r\n$256\r\n" + MANY + b"\r\n$1\r\n7\r\n",
        b"-ERR no\r\n",
        b"nonsense\r\n",
    ],
    ids=lambda answer: repr(answer)[:40],
)
@pytest.mark.parametrize("way", ["sentinel", "cluster"])
def test_an_address_of_another_shape_is_none(way, answer):
    end = f"/{SERVICE}" if way == "sentinel" else ""
    with Peer(answer) as peer:
        url = f"redis+{way}://127.0.0.1:{peer.port}{end}"
        with Driver(lock_url=url) as hold:
            assert hold.acquire("ann", 5000, "1").code == "unreachable"
            assert hold.log().count("\n") == 1 and "lock service lost" in hold.log()


def test_what_a_sentinel_calls_the_master_must_say_so_itself(guarded):
    answer = b"*2\r\n$9\r\n127.0.0.1\r\n$%d\r\n%d\r\n"
    replica = TcpRedis("--replicaof", f"127.0.0.1 {free_port()}")
    with replica:
        port = replica.port
        with Peer(answer % (len(str(port)), port)) as peer:
            url = f"redis+sentinel://127.0.0.1:{peer.port}/{SERVICE}"
            with Driver(lock_url=url) as hold:
                assert hold.acquire("ann", 5000, "1").code == "unreachable"
                assert "the master is none" in hold.log()
