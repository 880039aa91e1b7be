"""Where ZooKeeper is known to hurt, and ephemerald promises better: when
sessions end and how, stalls, clocks, numbers.
"""

import contextlib
import os
import signal
import threading
import time

import pytest
from servers import Ephemerald
from wall_clock import WallClock
from web import wait_until
from zk_wire import OPEN, Event, Peer, framed, hello, request

OK, NO_NODE = 0, -101
EPHEMERAL, SEQUENTIAL = 1, 2
PERSISTENT_RECURSIVE = 1
DELETED = 2
HOUR = 3600
LONG_MS = 30000


@contextlib.contextmanager
def beginning(server, timeout_ms=LONG_MS):
    with Peer(server.socket) as peer:
        assert peer.begin(timeout_ms).timeout_ms == timeout_ms
        yield peer


@pytest.fixture(scope="module")
def server():
    with Ephemerald("--min-session-timeout", "1", "--durability", "none") as one:
        yield one


def gone(peer, path):
    return peer.call("exists", path).err == NO_NODE


# ---- the end of a session ---------------------------------------------------------


def last_heard(silent):
    """Its ping went out after the first time, and was there at the second."""
    before = time.monotonic()
    silent.call("ping")
    return before, time.monotonic()


def told_of(watcher, n):
    """{path: when its end was told}, of the next n."""
    found = {}
    while len(found) < n:
        event = watcher.message()
        assert isinstance(event, Event)
        if event.type == DELETED:
            found[event.path] = time.monotonic()
    return found


def test_a_session_ends_at_its_very_millisecond_and_never_before(server):
    """One of each timeout, all heard of at once: on no clock's tick do they end
    together. A busy machine may tell late; then another eight are tried."""
    timeouts_ms = range(250, 258)
    rounds = iter(range(1000))

    def all_in_time():
        turn = next(rounds)
        with contextlib.ExitStack() as stack:
            watcher = stack.enter_context(beginning(server))
            silent = {}
            for ms in timeouts_ms:
                path = f"/silent-{turn}-{ms}"
                silent[path] = ms, stack.enter_context(beginning(server, ms))
                silent[path][1].call("create", path, b"", OPEN, EPHEMERAL)
                assert watcher.call("exists", path, True).err == OK
            heard = {path: last_heard(peer) for path, (_, peer) in silent.items()}
            told = told_of(watcher, len(silent))
        for path, (ms, _) in silent.items():
            assert told[path] - heard[path][0] >= ms / 1000, "too early"
        return all(told[path] - heard[path][1] <= (ms + 3) / 1000
                   for path, (ms, _) in silent.items())

    wait_until(all_in_time, 120, "all are told within three ms")


def test_what_lies_in_the_socket_at_the_last_moment_counts():
    """The server is stopped; while it is, a session's time passes and its ping
    comes. It is read before anybody is declared dead."""
    with Ephemerald("--min-session-timeout", "1", "--durability", "none") as server, \
            beginning(server, 80) as peer, beginning(server) as other:
        peer.call("create", "/mine", b"", OPEN, EPHEMERAL)
        for _ in range(5):
            os.kill(server.pid, signal.SIGSTOP)
            time.sleep(0.09)  # less than a stall, more than is left
            peer.send("ping")
            server.resume()
            assert peer.reply().err == OK
        assert not gone(other, "/mine")


MANY = 200


def test_the_end_of_a_session_is_one_change_that_nobody_sees_half_of(server):
    """Readers ask for all folders at once, and for one after the other, while
    sessions with nodes in all of them die."""
    folders = [f"/half-{i}" for i in range(4)]
    reads = [("getChildren", folder, False) for folder in folders]
    stop, seen = threading.Event(), []

    def read_on():
        with beginning(server) as peer:
            while not stop.is_set():
                found = peer.call("multiRead", *reads).value
                seen.append(tuple(len(names) for _, _, names in found))

    with beginning(server) as watcher:
        for folder in folders:
            assert watcher.call("create", folder).err == OK
        readers = [threading.Thread(target=read_on) for _ in range(2)]
        for reader in readers:
            reader.start()
        for _ in range(4):
            with beginning(server, 150) as dying:
                dying.call("multi", *[("create", f"{folder}/{i}", b"", OPEN, EPHEMERAL)
                                      for i in range(MANY // 4) for folder in folders])
            wait_until(lambda: watcher.call("multiRead", *reads).value[0][2] == [],
                       20, "it is dead")
        stop.set()
        for reader in readers:
            reader.join()
    assert set(seen) == {(0,) * 4, (MANY // 4,) * 4}


@pytest.mark.parametrize("by", ["its timeout", "its close"])
def test_the_end_of_a_session_has_one_number_and_all_its_events(server, by):
    top = "/one-" + by.split()[1]
    with beginning(server) as watcher, beginning(server, 150) as dying:
        for folder in (top, top + "/a", top + "/b"):
            assert watcher.call("create", folder).err == OK
        nodes = {f"{top}/{folder}/{i}" for i in range(50) for folder in "ab"}
        dying.call("multi", *[("create", node, b"", OPEN, EPHEMERAL)
                              for node in sorted(nodes)])
        before = watcher.call("addWatch", top, PERSISTENT_RECURSIVE).zxid
        if by == "its close":
            dying.send("closeSession")
        told = set(told_of(watcher, len(nodes)))
        assert told == nodes
        after = watcher.call("exists", top)
        assert after.zxid == before + 1
        assert watcher.events == [], "all of them came before"
        for folder in "ab":
            stat = watcher.call("exists", f"{top}/{folder}").value
            assert (stat.pzxid, stat.children) == (after.zxid, 0)


def test_the_first_event_of_a_dead_session_comes_when_all_of_it_is_gone(server):
    with beginning(server) as watcher, beginning(server, 150) as dying:
        names = [f"/all-{i}" for i in range(20)]
        for name in names:
            dying.call("create", name, b"", OPEN, EPHEMERAL)
            watcher.call("exists", name, True)
        assert isinstance(watcher.message(), Event)
        assert all(gone(watcher, name) for name in names)


# ---- a stall ----------------------------------------------------------------------


@contextlib.contextmanager
def idle(server):
    yield


@contextlib.contextmanager
def busy(server):
    """It is hardly ever asleep, so that a stop hits it at work."""
    with contextlib.ExitStack() as stack:
        peers = [stack.enter_context(beginning(server)) for _ in range(4)]
        stop = threading.Event()

        def flood(peer):
            batch = framed(request("exists", "/")) * 50
            with contextlib.suppress(OSError, EOFError):
                while not stop.is_set():
                    peer.socket.sendall(batch)
                    for _ in range(50):
                        peer.frame()

        threads = [threading.Thread(target=flood, args=(peer,)) for peer in peers]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            stop.set()
            for thread in threads:
                thread.join()


@pytest.mark.parametrize("load", [idle, busy])
@pytest.mark.parametrize("durability", ["always", "none"])
def test_who_speaks_right_after_a_stall_keeps_its_session(durability, load):
    with Ephemerald("--durability", durability, "--min-session-timeout", "1",
                    "--four-letter-words", "*") as server, \
            beginning(server, 600) as holder, beginning(server) as other, \
            load(server):
        holder.call("create", "/lock", b"", OPEN, EPHEMERAL)
        os.kill(server.pid, signal.SIGSTOP)  # at once: its time is running
        other.send("create", "/lock")
        time.sleep(1)  # beyond its time
        server.resume()
        holder.send("ping")
        assert other.reply().err == -110, "the node is there"
        assert holder.reply().err == OK
        assert holder.call("exists", "/lock").value.owner == holder.welcome.session
        assert "zk_stalls\t0\n" not in server.ask("mntr")


def test_who_is_silent_after_a_stall_has_the_rest_of_its_time():
    with Ephemerald("--durability", "none", "--min-session-timeout", "1") as server, \
            beginning(server) as other, beginning(server, 500) as silent:
        silent.call("create", "/lock", b"", OPEN, EPHEMERAL)
        heard, _ = last_heard(silent)
        stopped = time.monotonic()
        os.kill(server.pid, signal.SIGSTOP)
        os.waitid(os.P_PID, server.pid, os.WSTOPPED)
        time.sleep(1)
        away = time.monotonic() - stopped
        server.resume()
        wait_until(lambda: gone(other, "/lock"), 20, "it is dead")
        assert time.monotonic() - heard >= 0.5 + away - 0.26  # between two looks


# ---- clocks -----------------------------------------------------------------------


@pytest.mark.parametrize("durability", ["always", "none"])
def test_no_session_moves_when_the_wall_clock_does(tmp_path, durability):
    clock = WallClock(tmp_path / "clock")
    with Ephemerald("--durability", durability, "--min-session-timeout", "1",
                    **clock.environment) as server, \
            beginning(server) as peer:
        peer.call("create", "/mine", b"", OPEN, EPHEMERAL)
        last = 0
        for minutes in (60, -60, 0):
            clock.set(minutes * 60)
            made = peer.call("create2", f"/at-{minutes}")
            moved = made.value[1].ctime / 1000 - time.time()
            assert round(moved / 60) == minutes
            assert made.zxid > last, "numbers have no clock in them"
            last = made.zxid
            assert not gone(peer, "/mine")
            # One that begins now ends at its time, and not an hour off.
            with beginning(server, 200) as short:
                short.call("create", "/short", b"", OPEN, EPHEMERAL)
                heard, _ = last_heard(short)
                wait_until(lambda: gone(peer, "/short"), 20, "it is over")
                assert time.monotonic() - heard >= 0.2


def test_a_new_session_has_an_id_of_its_own_though_the_date_went_back(tmp_path):
    clock = WallClock(tmp_path / "clock")
    ids = []
    with Ephemerald(**clock.environment) as server:
        for hours in (0, 1, -1, 0):
            server.kill()
            clock.set(hours * HOUR)
            server.start()
            for _ in range(3):
                with beginning(server) as peer:
                    ids.append(peer.welcome.session)
    assert ids == sorted(set(ids))


# ---- numbers ----------------------------------------------------------------------


def numbers_of_three(peer, path):
    """All three are there before one goes: a container stays that long."""
    made = [peer.call("create", f"{path}/n-", b"", OPEN, SEQUENTIAL).value
            for _ in range(3)]
    for one in made:
        assert peer.call("delete", one).err == OK
    return [int(one[-10:]) for one in made]


def test_numbers_never_start_over_for_a_container_that_comes_again():
    """Reaped, or not; after a stop, or a crash, before and after the reaping."""
    with Ephemerald("--container-check", "10") as server:
        numbers = []
        for restart in (lambda: None, server.kill, server.stop, server.kill):
            with beginning(server) as peer:
                peer.call("createContainer", "/line", b"", OPEN, 4)
                numbers += numbers_of_three(peer, "/line")
                wait_until(lambda: gone(peer, "/line"), 20, "it was reaped")
            restart()
            if not server.running():
                server.start()
    assert numbers == list(range(12))


def test_numbers_of_a_folder_go_on_after_a_crash():
    with Ephemerald() as server:
        numbers = []
        for _ in range(3):
            with beginning(server) as peer:
                peer.call("create", "/line")
                numbers += numbers_of_three(peer, "/line")
            server.kill()
            server.start()
    assert numbers == list(range(9))


# ---- order ------------------------------------------------------------------------


@pytest.mark.parametrize("durability", ["always", "everysec", "none"])
def test_answers_come_in_order_and_see_what_was_asked_before(durability):
    """Changes wait for the disk, reads do not: none overtakes another."""
    with Ephemerald("--durability", durability) as server, beginning(server) as peer:
        peer.call("create", "/a")
        calls = [("setData", "/a", b"%d" % i) if i % 3 == 0 else ("getData", "/a")
                 for i in range(600)]
        peer.socket.sendall(b"".join(peer.queue(*call) for call in calls))
        replies = [peer.reply() for _ in calls]
        xids = [reply.xid for reply in replies]
        assert xids == list(range(xids[0], xids[0] + len(calls)))
        zxids = [reply.zxid for reply in replies]
        assert zxids == sorted(zxids)
        for i, reply in enumerate(replies):
            if i % 3 != 0:
                assert reply.value[0] == b"%d" % (i - i % 3)


def test_an_event_comes_before_each_answer_that_would_reveal_the_change():
    """Under load: the watcher reads on and on while another changes."""
    with Ephemerald() as server, beginning(server) as watcher, \
            beginning(server) as changer:
        changer.call("create", "/a")
        seen = watcher.call("getData", "/a", True).value[1].version
        stop = threading.Event()

        def change():
            while not stop.is_set():
                changer.call("setData", "/a", b"")

        changing = threading.Thread(target=change)
        changing.start()
        try:
            for _ in range(100):
                for _ in range(10):
                    watcher.send("getData", "/a", False)
                told = False
                for _ in range(10):
                    reply = watcher.reply()
                    told = told or watcher.events != []
                    assert told or reply.value[1].version == seen
                watcher.events.clear()
                seen = watcher.call("getData", "/a", True).value[1].version
                watcher.events.clear()
        finally:
            stop.set()
            changing.join()


# ---- a session that moves -----------------------------------------------------------


def test_what_the_old_connection_sends_after_the_move_is_not_done(server):
    with beginning(server) as old:
        mine = old.welcome
        with Peer(server.socket) as new:
            assert new.begin(LONG_MS, mine.session, mine.password) == mine
            with contextlib.suppress(OSError):
                for _ in range(100):
                    old.send("create", "/late")
            with pytest.raises(EOFError):
                while True:
                    old.frame()
            assert gone(new, "/late")
            assert new.call("create", "/moved", b"", OPEN, EPHEMERAL).err == OK
        # Nor does the end of the old one end the session.
        with Peer(server.socket) as third:
            assert third.begin(LONG_MS, mine.session, mine.password) == mine
            assert not gone(third, "/moved")
            assert third.call("closeSession").err == OK


def test_many_who_want_one_session_have_it_one_after_the_other(server):
    """All ask at once; each gets it, and the last one keeps it."""
    with beginning(server) as first, beginning(server) as other, \
            contextlib.ExitStack() as stack:
        mine = first.welcome
        first.call("create", "/wanted", b"", OPEN, EPHEMERAL)
        peers = [stack.enter_context(Peer(server.socket)) for _ in range(20)]
        for peer in peers:
            peer.socket.sendall(framed(hello(LONG_MS, mine.session, mine.password)))
        kept = 0
        for peer in peers:
            with contextlib.suppress(EOFError, OSError):
                assert peer.welcomed() == mine
                kept += peer.call("exists", "/wanted").err == OK
        assert kept >= 1
        assert other.call("exists", "/wanted").value.owner == mine.session


def test_a_wrong_password_gets_no_session_and_harms_nobody(server):
    with beginning(server) as owner, Peer(server.socket) as thief:
        assert thief.begin(LONG_MS, owner.welcome.session, b"x" * 16) is None
        assert owner.call("exists", "/").err == OK
