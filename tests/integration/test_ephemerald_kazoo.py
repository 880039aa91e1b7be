"""kazoo, unmodified, on ephemerald and on ZooKeeper, by the same assertions.

What kazoo's own tests (test_ephemerald_kazoo_*.py) do not ask: sessions that
outlive their client, a server that comes back, holders that die.
"""

import subprocess
import sys
import threading

import pytest
from kazoo.client import KazooClient
from kazoo.exceptions import NoAuthError
from kazoo.protocol.states import KeeperState
from kazoo.security import make_digest_acl
from servers import NODE_SERVICES, Ephemerald
from web import wait_until


@pytest.fixture(scope="module", params=NODE_SERVICES)
def server(request):
    with NODE_SERVICES[request.param]() as running:
        yield running


@pytest.fixture
def zk(server):
    with server.connected() as client:
        yield client


@pytest.fixture
def top(zk, request):
    return zk.create("/" + request.node.originalname + "-", sequence=True)


def client_of(server, **options):
    client = KazooClient(server.hosts, timeout=10, **options)
    client.start(60)
    return client


# Makes a node, tells its session, and is gone without a word.
LEAVES_A_NODE = """
import os, sys
from kazoo.client import KazooClient
client = KazooClient(sys.argv[1], timeout=10)
client.start(60)
client.create(sys.argv[2], ephemeral=True)
session, password = client.client_id
print(session, password.hex(), flush=True)
os._exit(0)
"""


def test_a_session_is_taken_up_again_by_its_id_and_password(server, zk, top):
    left = subprocess.run(
        [sys.executable, "-c", LEAVES_A_NODE, server.hosts, f"{top}/mine"],
        capture_output=True, text=True, timeout=60, check=True)
    session, password = left.stdout.split()
    client = client_of(server, client_id=(int(session), bytes.fromhex(password)))
    assert client.client_id == (int(session), bytes.fromhex(password))
    assert zk.exists(f"{top}/mine").ephemeralOwner == int(session)
    client.stop()
    client.close()
    assert zk.exists(f"{top}/mine") is None


def test_a_wrong_password_is_followed_by_a_new_session(server, zk, top):
    """kazoo begins another one by itself; the old one's nodes stay."""
    zk.create(f"{top}/mine", ephemeral=True)
    session = zk.client_id[0]
    other = client_of(server, client_id=(session, b"x" * 16))
    assert other.client_id[0] != session
    assert zk.exists(f"{top}/mine").ephemeralOwner == session
    other.stop()
    other.close()


def test_a_client_that_would_read_only_may_write(server, top):
    client = client_of(server, read_only=True)
    assert client.client_state == KeeperState.CONNECTED
    client.create(f"{top}/a")
    client.stop()
    client.close()


def test_a_digest_lets_in_who_knows_it(server, zk, top):
    acl = make_digest_acl("me", "secret", all=True)
    zk.create(f"{top}/mine", b"x", acl=[acl])
    with pytest.raises(NoAuthError):
        zk.get(f"{top}/mine")
    client = client_of(server, auth_data=[("digest", "me:secret")])
    assert client.get(f"{top}/mine")[0] == b"x"
    client.stop()
    client.close()


def test_a_lock_goes_to_the_next_when_its_holder_ends(server, zk, top):
    holder = client_of(server)
    assert holder.Lock(f"{top}/lock", "first").acquire(timeout=20)
    mine = zk.Lock(f"{top}/lock", "second")
    got = threading.Event()
    waiter = threading.Thread(
        target=lambda: mine.acquire(timeout=30) and got.set())
    waiter.start()
    wait_until(lambda: mine.contenders() == ["first", "second"], 20, "it waits")
    assert not got.is_set()
    holder.stop()
    holder.close()
    assert got.wait(20)
    waiter.join()
    mine.release()


def test_a_crowd_is_never_two_in_a_lock(server, zk, top):
    clients = [zk, client_of(server)]
    inside, most = [], []

    def visit(client):
        lock = client.Lock(f"{top}/lock")
        for _ in range(5):
            with lock:
                inside.append(1)
                most.append(len(inside))
                inside.pop()

    threads = [threading.Thread(target=visit, args=(clients[i % 2],))
               for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(most) == 20 and max(most) == 1
    clients[1].stop()
    clients[1].close()


def test_watches_and_sessions_outlive_the_server():
    """A ZooKeeper starts too slowly for this on a busy machine."""
    seen, children = [], []
    with Ephemerald() as server, server.connected() as zk:
        zk.create("/top")
        zk.create("/top/mine", ephemeral=True)
        zk.DataWatch("/top")(lambda data, stat: seen.append(data))
        zk.ChildrenWatch("/top")(lambda names: children.append(sorted(names)))
        session = zk.client_id
        server.kill()
        server.start()
        wait_until(lambda: zk.connected, 30, "it is back")
        assert zk.client_id == session
        zk.retry(zk.set, "/top", b"new")
        zk.retry(zk.ensure_path, "/top/other")
        wait_until(lambda: seen[-1] == b"new", 20, "the data")
        wait_until(lambda: children[-1] == ["mine", "other"], 20, "the names")
