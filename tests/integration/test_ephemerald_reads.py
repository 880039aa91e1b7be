"""What a read waits for while the disk is slow: for what it tells of, no more."""

import select

import pytest

from bad_disk import BadDisk
from servers import Ephemerald
from zk_wire import Peer

SLOW_SECONDS = 0.5


class Slow(Ephemerald):
    """On a disk that takes its time for each sync, once it is told to."""

    def __init__(self, disk):
        super().__init__()
        self.environment = disk.environment


@pytest.fixture
def slow():
    with BadDisk() as disk, Slow(disk) as server:
        with Peer(("127.0.0.1", server.port)) as peer:
            peer.begin(30000)
            for path in ("/settled", "/changing", "/dir", "/dir/settled"):
                assert peer.call("create", path, b"old").err == 0
        disk.slow("fdatasync", SLOW_SECONDS)
        yield server


@pytest.fixture
def peers(slow):
    with Peer(slow.socket) as writer, Peer(slow.socket) as reader:
        for peer in (writer, reader):
            peer.begin(30000)
        yield writer, reader


def comes_first(peers, change, read):
    """Whether the read is answered before the change that was sent before it.

    Tried again when we ourselves were too slow to tell.
    """
    writer, reader = peers
    while True:
        writer.send(*change)
        reader.send(*read)
        ready = select.select([writer.socket, reader.socket], [], [])[0]
        answers = writer.reply(), reader.reply()
        if len(ready) == 1:
            return ready == [reader.socket], *answers


READS = ["exists", "getData", "getChildren", "getChildren2", "getACL"]


@pytest.mark.parametrize("read", READS)
def test_what_nobody_has_changed_lately_is_told_at_once(peers, read):
    first, _, reply = comes_first(peers, ("setData", "/changing", b"new"),
                                  (read, "/settled"))
    assert first and reply.err == 0


@pytest.mark.parametrize("change, read", [
    *((("setData", "/changing", b"new"), (read, "/changing"))
      for read in ("exists", "getData", "getChildren2")),
    (("create", "/dir/new", b""), ("getChildren", "/dir")),
    (("setACL", "/changing", [(31, "world", "anyone")]), ("getACL", "/changing")),
    (("delete", "/dir/settled"), ("exists", "/dir/settled")),
    (("setData", "/changing", b"x"),
     ("multiRead", ("getData", "/changing"), ("getData", "/settled"))),
])
def test_a_change_is_told_to_nobody_before_the_disk_has_it(peers, change, read):
    writer, reader = peers
    writer.send(*change)
    reader.send(*read)
    ready = select.select([writer.socket, reader.socket], [], [])[0]
    assert writer.socket in ready
    changed, told = writer.reply(), reader.reply()
    assert changed.err == 0 and told.zxid >= changed.zxid
