"""ephemerald to kazoo, unmodified: sessions, nodes, watches, recipes, crashes."""

import socket
import struct
import time

import pytest
from kazoo.exceptions import (
    BadVersionError,
    NoChildrenForEphemeralsError,
    NodeExistsError,
    NoNodeError,
    NotEmptyError,
)

from servers import Ephemerald
from web import wait_until


@pytest.fixture(scope="module")
def server():
    with Ephemerald() as running:
        yield running


@pytest.fixture
def zk(server):
    with server.connected() as client:
        yield client


@pytest.fixture
def top(zk, request):
    path = "/" + request.node.name
    zk.create(path)
    return path


def test_the_words_that_are_on_from_the_start(server):
    assert server.ask("ruok") == "imok"
    assert server.ask("isro") == "rw"
    assert "Mode: standalone" in server.ask("srvr")
    assert "zk_znode_count\t" in server.ask("mntr")


def test_a_node_is_made_read_changed_and_removed(zk, top):
    zk.set(top, b"one")
    data, stat = zk.get(top)
    assert (data, stat.version, stat.dataLength) == (b"one", 1, 3)
    with pytest.raises(BadVersionError):
        zk.set(top, b"two", version=0)
    with pytest.raises(NodeExistsError):
        zk.create(top)
    zk.create(top + "/child")
    with pytest.raises(NotEmptyError):
        zk.delete(top)
    zk.delete(top, recursive=True)
    with pytest.raises(NoNodeError):
        zk.get(top)


def test_sequence_numbers_grow_with_every_child(zk, top):
    made = [zk.create(top + "/n-", sequence=True) for _ in range(3)]
    assert made == [f"{top}/n-{i:010}" for i in range(3)]
    zk.delete(made[2])
    assert zk.create(top + "/n-", sequence=True) == f"{top}/n-{3:010}"


def test_the_end_of_a_session_takes_its_nodes_along(server, zk, top):
    other = server.client()
    other.create(top + "/mine", ephemeral=True)
    owner = zk.exists(top + "/mine").ephemeralOwner
    assert owner == other.client_id[0]
    with pytest.raises(NoChildrenForEphemeralsError):
        zk.create(top + "/mine/child")
    gone = []
    zk.exists(top + "/mine", watch=gone.append)
    other.stop()
    other.close()
    wait_until(lambda: gone, 20, "the watch is told")
    assert gone[0].type == "DELETED"
    assert zk.get_children(top) == []


def frame(layout, *values):
    body = struct.pack(">" + layout, *values)
    return struct.pack(">i", len(body)) + body


def test_a_session_that_is_not_heard_of_ends():
    """By hand, since every client pings: begin a session, make a node, wait."""
    with Ephemerald("--min-session-timeout", "200") as short, \
            short.connected() as watcher, \
            socket.create_connection(("127.0.0.1", short.port), 20) as silent:
        silent.sendall(frame("iqiqi16s?", 0, 0, 300, 0, 16, b"", False))
        begun = time.monotonic()
        answer = silent.recv(4096)
        assert struct.unpack(">i", answer[8:12]) == (300,)
        silent.sendall(frame("iii5siiii5si6si", 1, 1, 5, b"/mine", 0, 1, 31,
                             5, b"world", 6, b"anyone", 1))
        wait_until(lambda: watcher.exists("/mine") is not None, 20, "it is there")
        wait_until(lambda: watcher.exists("/mine") is None, 20, "it is gone")
        assert time.monotonic() - begun >= 0.3
        silent.settimeout(20)
        while silent.recv(4096):
            pass


def test_a_transaction_is_all_or_nothing(zk, top):
    change = zk.transaction()
    change.create(top + "/a", b"1")
    change.delete(top + "/nothing")
    assert isinstance(change.commit()[1], NoNodeError)
    assert zk.get_children(top) == []
    change = zk.transaction()
    change.create(top + "/a", b"1")
    change.check(top, 0)
    assert change.commit() == [top + "/a", True]


def test_watches_of_data_and_children_fire_once(zk, top):
    told = []
    zk.get(top, watch=told.append)
    zk.get_children(top, watch=told.append)
    zk.set(top, b"x")
    zk.create(top + "/a")
    zk.set(top, b"y")
    zk.create(top + "/b")
    wait_until(lambda: len(told) == 2, 20, "both are told")
    assert [event.type for event in told] == ["CHANGED", "CHILD"]


def test_locks_are_had_in_turn(server, zk, top):
    with server.connected() as other:
        mine = zk.Lock(top + "/lock", "me")
        theirs = other.Lock(top + "/lock", "them")
        assert mine.acquire(timeout=20)
        assert not theirs.acquire(blocking=False)
        assert mine.contenders() == ["me"]
        mine.release()
        assert theirs.acquire(timeout=20)
        theirs.release()


def test_counters_queues_and_elections(zk, top):
    counter = zk.Counter(top + "/counter")
    counter += 2
    assert counter.value == 2
    queue = zk.LockingQueue(top + "/queue")
    queue.put(b"one")
    assert queue.get(timeout=20) == b"one"
    assert queue.consume()
    ran = []
    zk.Election(top + "/election", "me").run(ran.append, 1)
    assert ran == [1]


def test_nodes_and_sessions_outlive_a_crash():
    with Ephemerald() as server, server.connected() as client:
        client.create("/kept", b"one")
        client.set("/kept", b"two")
        mine = client.create("/kept/mine-", ephemeral=True, sequence=True)
        session, before = client.client_id, client.get("/kept")[1].mzxid
        server.kill()
        server.start()
        wait_until(lambda: client.connected, 20, "it comes back by itself")
        assert client.client_id == session
        assert client.get("/kept")[0] == b"two"
        assert client.exists(mine).ephemeralOwner == session[0]
        client.set("/kept", b"three")
        assert client.get("/kept")[1].mzxid > before


def test_bytes_that_are_no_frame_end_their_connection_only(server, zk, top):
    for nonsense in (b"\xff" * 64, b"\x7f\xff\xff\xff" + b"x" * 64,
                     b"\0\0\0\x04abcd", b"\0\0\0\0"):
        with socket.create_connection(("127.0.0.1", server.port), 20) as peer:
            peer.sendall(nonsense)
            peer.shutdown(socket.SHUT_WR)
            assert peer.recv(4096) == b""
    assert zk.exists(top)
