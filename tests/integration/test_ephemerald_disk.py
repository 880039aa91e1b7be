"""ephemerald while its disk refuses or is slow: nobody is shown what a crash
could take back, whoever asks for something else is answered, and nobody waits
for ever."""

import contextlib
import errno
import time

import pytest

from bad_disk import BadDisk
from servers import Ephemerald
from web import wait_until
from zk_wire import OPEN, Event, Peer

TIMEOUT_MS = 20000
OK, OPERATION_TIMEOUT, NO_NODE = 0, -7, -101
EPHEMERAL, EPHEMERAL_SEQUENTIAL = 1, 3
PING_XID = -2
LONG = ("--disk-timeout", "60000")
SHORT = ("--disk-timeout", "200", "--min-session-timeout", "300")
READABLE = [(31, "world", "anyone"), (1, "ip", "127.0.0.1")]


@pytest.fixture
def disk():
    with BadDisk() as disk:
        yield disk


@contextlib.contextmanager
def session(server, timeout_ms=TIMEOUT_MS, *known, **more):
    with Peer(server.socket) as peer:
        assert peer.begin(timeout_ms, *known, **more)
        yield peer


def field(server, name):
    """A number of mntr's."""
    lines = dict(line.split("\t") for line in server.ask("mntr").splitlines())
    return int(lines[f"zk_{name}"])


@contextlib.contextmanager
def served(disk, *options):
    """With some nodes, and a session that made them."""
    with Ephemerald(*options, **disk.environment) as server, \
            session(server) as peer:
        for path in ("/kept", "/dir", "/dir/a", "/lock"):
            assert peer.call("create", path, b"old").err == OK
        assert peer.call("create", "/mine", b"", OPEN, EPHEMERAL).err == OK
        yield server, peer


def refuse(disk, server, peer, *words):
    """From now on the disk does, and this is the first that it refuses."""
    disk.fail("pwrite", errno.ENOSPC)
    peer.send(*words)
    wait_until(lambda: field(server, "refusing_changes"), 20, "it is seen")


def heal(disk, server):
    disk.heal("pwrite")
    wait_until(lambda: not field(server, "refusing_changes"), 20, "it is well")


def is_pinged(peer):
    """Whether a ping is answered next, whatever else it waits for."""
    peer.send("ping")
    return peer.message().xid == PING_XID


def hung_up(peer):
    with pytest.raises(EOFError):
        peer.message()
    return True


# -- what is not durable is not visible -------------------------------------------


CHANGES = {
    "create": (("create", "/late"), [
        ("exists", "/late"), ("exists", "/late/below"), ("getData", "/late"),
        ("getChildren", "/"), ("getChildren2", "/"), ("getAllChildrenNumber", "/"),
        ("multiRead", ("getData", "/kept"), ("getChildren", "/")), ("sync", "/")]),
    "a place in a line": (
        ("create", "/lock/n-", b"", OPEN, EPHEMERAL_SEQUENTIAL),
        [("getChildren", "/lock"), ("exists", "/lock/n-0000000000")]),
    "setData": (("setData", "/kept", b"new"), [
        ("exists", "/kept"), ("getData", "/kept"), ("getACL", "/kept"),
        ("multiRead", ("getData", "/kept"), ("getData", "/dir"))]),
    "setACL": (("setACL", "/kept", READABLE), [("getACL", "/kept")]),
    "delete": (("delete", "/dir/a"), [
        ("exists", "/dir/a"), ("getData", "/dir/a"), ("getChildren", "/dir"),
        ("getAllChildrenNumber", "/")]),
    "multi": (("multi", ("delete", "/dir/a"), ("delete", "/dir"),
               ("create", "/dir")), [
        ("getChildren", "/dir"), ("exists", "/dir/a"), ("exists", "/dir")]),
    "closeSession": (("closeSession",), [
        ("exists", "/mine"), ("getChildren", "/"), ("getAllChildrenNumber", "/")]),
}


@pytest.mark.parametrize("name", CHANGES)
def test_what_the_disk_refuses_is_shown_to_nobody(disk, name):
    """Then the server dies, and it never was."""
    change, reads = CHANGES[name]
    with served(disk, *LONG) as (server, writer), contextlib.ExitStack() as stack:
        readers = [stack.enter_context(session(server)) for _ in reads]
        before = [reader.call(*read) for reader, read in zip(readers, reads)]
        refuse(disk, server, writer, *change)
        for reader, read in zip(readers, reads):
            reader.send(*read)
            assert is_pinged(reader), read
        server.kill()
        assert all(hung_up(peer) for peer in [writer, *readers])
        disk.heal("pwrite")
        server.start()
        with session(server) as peer:
            for read, was in zip(reads, before):
                reply = peer.call(*read)
                assert (reply.err, reply.value) == (was.err, was.value), read


def test_the_end_of_a_session_that_may_be_taken_back_is_told_to_nobody(disk):
    """Not to itself, either: neither that it has none, nor another one's."""
    with served(disk, *LONG) as (server, writer):
        known = writer.welcome[1:3]
        refuse(disk, server, writer, "closeSession")
        with Peer(server.socket) as back:
            back.socket.settimeout(0.3)
            with pytest.raises((TimeoutError, EOFError)):
                back.begin(TIMEOUT_MS, *known)
        server.kill()
        disk.heal("pwrite")
        server.start()
        with session(server, TIMEOUT_MS, *known) as back:
            assert back.call("getEphemerals", "/").value == ["/mine"]


def test_events_wait_for_the_disk_and_nothing_else_waits_for_them(disk):
    with served(disk, *LONG) as (server, writer), session(server) as watcher:
        assert watcher.call("exists", "/late", True).err == NO_NODE
        assert watcher.call("getChildren", "/", True).err == OK
        refuse(disk, server, writer, "create", "/late")
        assert is_pinged(watcher)
        assert watcher.call("getData", "/kept").value[0] == b"old"
        assert watcher.call("getChildren", "/dir", True).err == OK
        assert watcher.call("exists", "/dir/none").err == NO_NODE
        assert watcher.call("whoAmI").err == OK
        assert watcher.call("addWatch", "/kept", 0).err == OK
        assert watcher.call("create", "/more").err == OPERATION_TIMEOUT
        watcher.send("exists", "/late")
        assert is_pinged(watcher) and watcher.events == []
        heal(disk, server)
        told = [watcher.message() for _ in range(3)]
        assert {event.path for event in told[:2]} == {"/late", "/"}
        assert told[2].err == OK and told[2].zxid == writer.reply().zxid


def test_what_overtakes_an_event_does_not_tell_its_number(disk):
    """A client that never gets the event asks for it by the last number that
    it knows."""
    with served(disk, *LONG) as (server, writer), session(server) as watcher:
        last = watcher.call("getData", "/kept", True).zxid
        refuse(disk, server, writer, "setData", "/kept", b"new")
        told = [watcher.call(*words) for words in
                (("ping",), ("getData", "/dir"), ("create", "/more"))]
        assert [reply.zxid for reply in told] == [last] * 3
        known = watcher.welcome[1:3]
        with session(server, TIMEOUT_MS, *known, zxid=last) as back:
            assert back.call("setWatches", last, ["/kept"], [], []).err == OK
            assert back.events == []
            heal(disk, server)
            assert isinstance(event := back.message(), Event)
            assert event.path == "/kept"


def test_what_was_missed_and_is_on_disk_is_told_at_once(disk):
    """Beside what is not."""
    with served(disk, *LONG) as (server, writer), session(server) as watcher:
        last = watcher.call("ping").zxid
        writer.call("setData", "/dir", b"newer")
        refuse(disk, server, writer, "setData", "/kept", b"new")
        told = watcher.call("setWatches", last, ["/dir", "/kept"], [], ["/dir/a"])
        assert told.err == OK
        assert [event.path for event in watcher.events] == ["/dir"]
        assert watcher.call("getData", "/dir").value[0] == b"newer"
        heal(disk, server)
        assert watcher.message().path == "/kept"


def test_replies_keep_their_order_whatever_each_waits_for(disk):
    with served(disk, *LONG) as (server, writer), session(server) as watcher:
        watcher.call("getData", "/kept", True)
        refuse(disk, server, writer, "setData", "/kept", b"new")
        watcher.send("getData", "/dir")
        watcher.send("getData", "/kept")
        watcher.send("getData", "/dir/a")
        watcher.send("create", "/more")
        first = watcher.message()
        assert first.value[0] == b"old" and is_pinged(watcher)
        heal(disk, server)
        rest = [watcher.message() for _ in range(4)]
        assert isinstance(rest[0], Event)
        assert [reply.xid - first.xid for reply in rest[1:]] == [1, 2, 3]
        assert [reply.err for reply in rest[1:]] == [OK, OK, OPERATION_TIMEOUT]
        numbers = [first.zxid] + [reply.zxid for reply in rest[1:]]
        assert numbers == sorted(numbers)


# -- a disk that is slow --------------------------------------------------------------


def test_a_ping_waits_for_nothing(disk):
    """Neither for one's own change, nor for an event, nor for a read."""
    with served(disk) as (server, writer), session(server) as reader:
        reader.call("getChildren", "/", True)
        disk.slow("fdatasync", 0.4)
        writer.send("create", "/new")
        assert is_pinged(writer)
        reader.send("getChildren", "/")
        assert is_pinged(reader) and reader.events == []
        made = writer.reply()
        assert reader.reply().zxid == made.zxid
        assert [event.path for event in reader.events] == ["/"]
        disk.heal("fdatasync")


def test_kazoo_stays_connected_on_a_disk_slower_than_its_session(disk):
    from kazoo.client import KazooClient

    with served(disk, "--min-session-timeout", "1") as (server, _):
        client = KazooClient(server.hosts, timeout=1.5)
        client.start(20)
        try:
            states = []
            client.add_listener(states.append)
            client.create("/by-kazoo", b"", ephemeral=True)
            disk.slow("fdatasync", 2)
            client.set("/by-kazoo", b"slowly")
            assert client.get("/by-kazoo")[0] == b"slowly"
            assert states == []
            disk.heal("fdatasync")
        finally:
            client.stop()
            client.close()


def test_whoever_waits_for_a_slow_disk_need_not_say_that_he_lives(disk):
    """libzookeeper sends no ping while it waits for an answer."""
    with served(disk, "--min-session-timeout", "1") as (server, _), \
            session(server, 250) as patient:
        disk.slow("fdatasync", 0.8)
        assert patient.call("create", "/patient", b"", OPEN, EPHEMERAL).err == OK
        assert patient.call("exists", "/patient").err == OK
        disk.heal("fdatasync")


# -- a disk that refuses --------------------------------------------------------------


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
    with served(disk, *LONG) as (server, peer), session(server) as late:
        disk.fail(call, error)
        late.send("create", "/late")  # its answer waits until it is kept
        wait_until(lambda: field(server, "refusing_changes"), 20, "it is seen")
        for words in REFUSED:
            assert peer.call(*words).err == OPERATION_TIMEOUT, words
        assert peer.call("getData", "/kept").value[0] == b"old"
        assert server.log().count("changes are refused until it can") == 1
        disk.heal(call)
        assert late.reply().err == OK
        wait_until(lambda: peer.call("create", "/after").err == OK, 20,
                   "it works again")
        assert field(server, "journal_failures") >= 1
        server.kill()
        server.start()
        with session(server, TIMEOUT_MS, *peer.welcome[1:3]) as peer:
            assert peer.call("getData", "/kept").value[0] == b"old"
            assert peer.call("getEphemerals", "/").value == ["/mine"]
            for path in ("/late", "/after"):
                assert peer.call("exists", path).err == OK
            assert peer.call("exists", "/refused").err == NO_NODE


def test_whose_answer_waits_too_long_is_hung_up_on_and_may_come_back(disk):
    """The one whose change it was, who wants to see it, and who asks behind
    that; not who waits for an event alone."""
    with served(disk, *SHORT) as (server, writer), session(server) as reader, \
            session(server) as watcher:
        watcher.call("exists", "/late", True)
        reader.call("exists", "/late", True)
        refuse(disk, server, writer, "create", "/late")
        reader.send("exists", "/late")
        reader.send("exists", "/kept")
        assert hung_up(writer) and hung_up(reader)
        assert field(server, "disk_timeouts") == 2
        assert server.log().count("hung up on") == 1
        assert is_pinged(watcher)
        with session(server, TIMEOUT_MS, *writer.welcome[1:3]) as back:
            assert back.welcome.session == writer.welcome.session
            assert back.call("getData", "/kept").value[0] == b"old"
            assert back.call("create", "/more").err == OPERATION_TIMEOUT
            back.send("exists", "/late")
            assert hung_up(back)
        assert server.ask("dump") == "", "it shows nodes, too"
        heal(disk, server)
        assert watcher.message().path == "/late"
        with session(server) as peer:
            assert peer.call("exists", "/late").err == OK


def test_an_answer_waits_as_long_as_it_may(disk):
    with served(disk, "--disk-timeout", "1000") as (server, writer):
        refuse(disk, server, writer, "create", "/late")
        began = time.monotonic()
        assert hung_up(writer)
        assert time.monotonic() - began >= 0.5


def test_who_has_gone_while_something_waits_for_him_is_forgotten(disk):
    with served(disk, *SHORT) as (server, writer):
        with session(server) as watcher:
            watcher.call("exists", "/late", True)
            refuse(disk, server, writer, "create", "/late")
            assert is_pinged(watcher)
        wait_until(lambda: field(server, "num_alive_connections") == 1, 20,
                   "only who asks is there")


def test_sessions_go_on_while_the_disk_refuses(disk):
    """Nobody gets a new one, and nobody loses his: not by its time, either,
    as that would be a change."""
    with served(disk, *SHORT) as (server, other), session(server, 300) as peer:
        peer.call("create", "/peer", b"", OPEN, EPHEMERAL)
        known = peer.welcome[1:3]
        refuse(disk, server, other, "create", "/late")
        with Peer(server.socket) as fresh, pytest.raises(EOFError):
            fresh.begin(TIMEOUT_MS)
        time.sleep(0.5)  # more than the session's time
        with session(server, 40000, *known) as back:
            assert back.welcome.session == known[0]
            assert back.welcome.timeout_ms == 300  # it cannot be changed now
            assert back.call("getData", "/peer").value[1].owner == known[0]
            disk.heal("pwrite")
            wait_until(lambda: back.call("setData", "/peer", b"x").err == OK, 20,
                       "it works again")


def test_the_time_in_which_the_disk_refuses_is_not_the_sessions(disk):
    with served(disk, *SHORT) as (server, other), session(server) as looks:
        with session(server, 400) as silent:
            silent.call("create", "/silent", b"", OPEN, EPHEMERAL)
            heard = time.monotonic()
            silent.call("ping")
            refuse(disk, server, other, "create", "/late")
            refused = time.monotonic()
            time.sleep(0.6)
            assert looks.call("getData", "/silent").err == OK
            healed = time.monotonic()
            heal(disk, server)
            wait_until(lambda: looks.call("exists", "/silent").err == NO_NODE, 20,
                       "it is dead")
            assert time.monotonic() >= heard + 0.4 + healed - refused


@pytest.mark.parametrize("durability", ["always", "everysec"])
def test_a_stop_that_loses_something_says_so(disk, durability):
    with served(disk, "--durability", durability) as (server, writer):
        disk.fail("pwrite", errno.ENOSPC)
        writer.send("setData", "/kept", b"new")
        if durability == "everysec":  # done, or too late for that already
            assert writer.reply().err in (OK, OPERATION_TIMEOUT)
        assert server.stop() == 1
        assert "the journal's last changes could not be written" in server.log()
        assert "ephemerald: stopped" not in server.log()
        disk.heal("pwrite")
        server.start()
        assert server.stop() == 0
