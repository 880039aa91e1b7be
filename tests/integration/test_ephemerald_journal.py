"""ephemerald's durability: what it answered is so, whatever died since, and
what may still be lost is seen by nobody."""

import errno
import time
from pathlib import Path

import pytest

from bad_disk import BadDisk
from servers import Ephemerald
from web import wait_until
from zk_wire import OPEN, Peer

TIMEOUT_MS = 20000
OK, OPERATION_TIMEOUT, NO_NODE = 0, -7, -101
EPHEMERAL = 1


def session(server, timeout_ms=TIMEOUT_MS, *known):
    peer = Peer(server.socket)
    assert peer.begin(timeout_ms, *known)
    return peer


def restart(server, how="kill"):
    getattr(server, how)()
    server.start()


def field(server, name):
    """A number of mntr's."""
    lines = dict(line.split("\t") for line in server.ask("mntr").splitlines())
    return int(lines[f"zk_{name}"])


@pytest.fixture
def disk():
    with BadDisk() as disk:
        yield disk


@pytest.mark.parametrize("how", ["kill", "stop"])
@pytest.mark.parametrize("durability", ["always", "everysec"])
def test_what_was_answered_is_there_after_a_restart(how, durability):
    with Ephemerald("--durability", durability) as server:
        with session(server) as peer:
            peer.call("create", "/a", b"one")
            peer.call("create", "/a/mine", b"", OPEN, EPHEMERAL)
            peer.call("setData", "/a", b"two")
            stat = peer.call("exists", "/a").value
            known = peer.welcome[1:3]
            if durability == "everysec" and how == "kill":
                time.sleep(1.5)  # a second may be lost; not more
            restart(server, how)
        with session(server, TIMEOUT_MS, *known) as peer:
            assert peer.welcome.session == known[0]
            assert peer.call("getData", "/a").value == (b"two", stat)
            assert peer.call("getEphemerals", "/").value == ["/a/mine"]


def test_none_keeps_nothing_and_its_numbers_do_not_come_again():
    with Ephemerald("--durability", "none") as server:
        with session(server) as peer:
            last = peer.call("create", "/a").zxid
            restart(server)
        with session(server) as peer:
            assert peer.call("exists", "/a").err == NO_NODE
            assert peer.call("create", "/b").zxid > last
        assert not list(Path(server.home).glob("**/log.*"))


# -- what is not durable is not visible -------------------------------------------


def heard_until_the_end(peer, name, *arguments):
    """Asks again and again; all answers that came before the server died."""
    heard = []
    try:
        while True:
            heard.append(peer.call(name, *arguments))
    except (EOFError, OSError):
        return heard


def test_what_the_disk_did_not_get_was_seen_by_nobody(disk):
    """It dies in the place of the sync: nobody may have heard of the node, by
    an answer or by an event."""
    with Ephemerald(**disk.environment) as server, \
            session(server) as writer, session(server) as reader:
        assert reader.call("exists", "/new", True).err == NO_NODE
        assert reader.call("getChildren", "/", True).err == OK
        disk.kill("fdatasync", 1)
        writer.send("create", "/new")
        heard = heard_until_the_end(reader, "exists", "/new")
        assert {reply.err for reply in heard} <= {NO_NODE}
        assert reader.events == []
        with pytest.raises((EOFError, OSError)):
            writer.reply()


def test_readers_wait_for_the_disk_and_pings_do_not(disk):
    with Ephemerald(**disk.environment) as server, session(server) as writer, \
            session(server) as reader, session(server) as third:
        reader.call("exists", "/new", True)
        disk.slow("fdatasync", 0.5)
        begun = time.monotonic()
        writer.send("create", "/new")
        reader.send("ping")
        while reader.reply() and not reader.events:
            assert time.monotonic() < begun + 20
            third.send("exists", "/new")
            reader.send("ping")
            if third.reply().err == OK:
                break
        assert time.monotonic() >= begun + 0.5
        assert writer.reply().err == OK
        disk.heal("fdatasync")


# -- a disk that refuses ------------------------------------------------------------


REFUSED = [
    ("create", "/refused"),
    ("create2", "/refused"),
    ("createContainer", "/refused", b"", OPEN, 4),
    ("setData", "/kept", b"two"),
    ("setACL", "/kept", OPEN),
    ("delete", "/kept"),
    ("deleteContainer", "/kept"),
    ("multi", ("create", "/refused"), ("delete", "/kept")),
    ("closeSession",),
]


@pytest.mark.parametrize("call, error", [
    ("fdatasync", errno.EIO),
    ("pwrite", errno.ENOSPC),
    ("pwrite", errno.EIO),
])
def test_a_disk_that_fails_refuses_changes_until_it_heals(disk, call, error):
    with Ephemerald(**disk.environment) as server, \
            session(server) as peer, session(server) as lost:
        peer.call("create", "/kept", b"one")
        peer.call("create", "/kept-mine", b"", OPEN, EPHEMERAL)
        disk.fail(call, error)
        lost.send("create", "/late")  # its answer waits until it is kept
        wait_until(lambda: field(server, "refusing_changes"), 20, "it is seen")
        for words in REFUSED:
            assert peer.call(*words).err == OPERATION_TIMEOUT, words
        assert peer.call("getData", "/kept").value[0] == b"one"
        assert peer.call("getEphemerals", "/").value == ["/kept-mine"]
        assert peer.call("ping").err == OK
        assert server.log().count("changes are refused until it can") == 1
        disk.heal(call)
        assert lost.reply().err == OK
        wait_until(lambda: peer.call("create", "/after").err == OK, 20,
                   "it works again")
        assert field(server, "journal_failures") >= 1
        restart(server)
        with session(server, TIMEOUT_MS, *peer.welcome[1:3]) as peer:
            assert peer.call("getData", "/kept").value[0] == b"one"
            assert peer.call("getEphemerals", "/").value == ["/kept-mine"]
            for path in ("/late", "/after"):
                assert peer.call("exists", path).err == OK
            assert peer.call("exists", "/refused").err == NO_NODE


def test_sessions_go_on_while_the_disk_refuses(disk):
    """Nobody gets a new one, and nobody loses his: not by its time, either,
    as that would be a change."""
    with Ephemerald("--min-session-timeout", "300", **disk.environment) as server:
        with session(server, 300) as peer, session(server) as other:
            peer.call("create", "/mine", b"", OPEN, EPHEMERAL)
            known = peer.welcome[1:3]
            disk.fail("fdatasync", errno.EIO)
            other.send("create", "/late")
            wait_until(lambda: field(server, "refusing_changes"), 20, "it is seen")
        with Peer(server.socket) as fresh, pytest.raises(EOFError):
            fresh.begin(TIMEOUT_MS)
        time.sleep(0.5)  # more than the session's time
        with session(server, 40000, *known) as back:
            assert back.welcome.session == known[0]
            assert back.welcome.timeout_ms == 300  # it cannot be changed now
            assert back.call("getEphemerals", "/").value == ["/mine"]
            disk.heal("fdatasync")
            wait_until(lambda: back.call("setData", "/mine", b"x").err == OK, 20,
                       "it works again")


# -- snapshots ----------------------------------------------------------------------


def test_a_snapshot_never_makes_the_serving_thread_wait_for_the_disk(disk):
    """mntr tells how long a piece of it kept the loop; the number is not
    judged here, the calls are."""
    data = b"d" * 30000
    with Ephemerald(**disk.environment) as server, session(server) as peer:
        for i in range(300):
            peer.send("create", f"/n{i}", data)
        for _ in range(300):
            assert peer.reply().err == OK
        disk.watch()
        for call in ("fdatasync", "fsync", "renameat", "unlinkat"):
            disk.slow(call, 0.002)
        for i in range(2400):  # more than is kept in one log
            peer.send("setData", f"/n{i % 300}", data)
            if i % 50 == 49:
                assert {peer.reply().err for _ in range(50)} == {OK}

        def done():
            peer.call("setData", "/n0", data)
            return field(server, "snap_count") >= 1

        wait_until(done, 60, "a snapshot replaces the log")
        assert disk.watched() == []
        print(field(server, "journal_longest_piece_us"), "us")
        restart(server)
        with session(server) as peer:
            assert peer.call("getAllChildrenNumber", "/").value == 303
