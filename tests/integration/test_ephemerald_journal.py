"""ephemerald's durability: what it answered is so, whatever died since, and
what may still be lost is seen by nobody."""

import time
from pathlib import Path

import pytest

from bad_disk import BadDisk
from servers import Ephemerald
from web import wait_until
from zk_wire import OPEN, Peer

TIMEOUT_MS = 20000
OK, NO_NODE = 0, -101
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


def test_nobody_is_listened_to_before_the_journal_is_read():
    with Ephemerald() as server:
        log = server.log()
        assert 0 < log.index("journal read") < log.index("listening unix") \
            < log.index("listening tcp")


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
        # 9 MB, in pieces of 128 KB or somewhat more.
        assert field(server, "journal_snapshot_pieces") >= 30
        assert 0 < field(server, "journal_p99_piece_us")
        print(field(server, "journal_longest_piece_us"), "us")
        restart(server)
        with session(server) as peer:
            assert peer.call("getAllChildrenNumber", "/").value == 303
