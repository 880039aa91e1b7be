"""Holds over ephemeral nodes: what is not in test_hold.py, as it is theirs
alone: sessions, lost answers, deadlines that workers keep."""

import contextlib
import os
import re
import signal
import socket
import struct
import threading
import time

import pytest

from driver import Driver
from servers import Zookeeper
from web import free_port, wait_until
from zk_proxy import Proxy

TOP = "/holdfast/tickets"
SESSION_SECONDS = 2  # of these tests' server


@pytest.fixture(scope="module")
def server():
    with Zookeeper(session_ms=SESSION_SECONDS * 1000) as running:
        yield running


@pytest.fixture
def lock(server):
    server.forget()
    return server


@pytest.fixture
def probe(lock):
    with lock.connected() as client:
        yield client


@pytest.fixture
def hold(lock):
    with Driver(lock) as driver:
        yield driver


@pytest.fixture
def other(lock):
    with Driver(lock) as driver:
        yield driver


def through(*ports, chroot=""):
    """The settings of a worker that reaches its server by these ports."""
    hosts = ",".join(f"127.0.0.1:{port}" for port in ports)
    return {"LOCK_TYPE": "ephemeral_node", "NODE_URL": f"zk://{hosts}{chroot}"}


def nodes(probe, ticket):
    with contextlib.suppress(Exception):
        return probe.get_children(f"{TOP}/{ticket}")
    return []


# -- the nodes -------------------------------------------------------------


def test_a_hold_is_an_ephemeral_node_and_its_czxid_the_token(hold, probe):
    grant = hold.acquire("ann", 5000, "1").grants[0]
    (name,) = nodes(probe, "1")
    assert re.fullmatch(r"hold-[0-9a-f]{32}-\d{10}", name)
    data, stat = probe.get(f"{TOP}/1/{name}")
    assert data == b"5000:ann"
    assert stat.czxid == grant.fence and stat.ephemeralOwner != 0


def test_reserving_what_is_held_writes_nothing(hold, other, probe):
    hold.acquire("ann", 5000, "1")
    other.acquire("bob", 5000, "1")  # learns the time at first
    before = probe.exists("/holdfast/tickets/1")
    zxid = probe.last_zxid
    for _ in range(20):
        assert other.acquire("bob", 5000, "1").code == "held"
    probe.sync("/")
    after = probe.exists("/holdfast/tickets/1")
    assert (after.cversion, after.pzxid) == (before.cversion, before.pzxid)
    assert probe.last_zxid - zxid <= 3, "nothing but perhaps a look at the clock"


def test_a_node_of_somebody_else_below_a_ticket_is_not_ours(hold, probe):
    hold.acquire("ann", 5000, "1")
    hold.release("ann", None, "1")
    probe.ensure_path(f"{TOP}/1/lock-0000000000")
    assert hold.acquire("ann", 5000, "1").ok
    probe.delete(f"{TOP}/1/lock-0000000000")


def test_a_hold_that_nobody_can_read_is_no_answer(hold, probe):
    hold.acquire("ann", 5000, "1")
    hold.release("ann", None, "1")
    bad = f"{TOP}/1/hold-{'0' * 32}-0000000000"
    probe.create(bad, b"nonsense", makepath=True)
    assert hold.acquire("ann", 5000, "1").code == "unreachable"
    assert "cannot be read" in hold.log()
    probe.delete(bad)
    wait_until(lambda: hold.acquire("ann", 5000, "1").ok, 10, "it works again")


def test_the_chroot_is_made_and_all_is_below_it(lock, probe):
    url = through(lock.port, chroot="/a/b.c")
    with Driver(url) as hold, Driver(lock) as outside:
        assert hold.acquire("ann", 5000, "1").ok
        assert outside.acquire("bob", 5000, "1").ok
        assert probe.get_children("/a/b.c/holdfast/tickets") == ["1"]
        assert hold.check("ann", "1").service != outside.check("bob", "1").service
    probe.delete("/a", recursive=True)


# -- races -----------------------------------------------------------------


def test_who_is_not_the_lowest_deletes_its_node_and_is_refused(lock, other, probe):
    with Proxy(lock.port) as proxy, Driver(through(proxy.port)) as hold:
        assert hold.acquire("ann", 5000, "0").ok
        proxy.before_write(lambda: other.acquire("bob", 5000, "2"))
        refused = hold.acquire("ann", 5000, "1", "2", "3")
        assert (refused.code, refused.refused) == ("held", 1)
        assert 0 < refused.refused_ms <= 5000
        assert nodes(probe, "1") == nodes(probe, "3") == []
        assert len(nodes(probe, "2")) == 1 and other.check("bob", "2").ok
        proxy.before_write(lambda: other.acquire("bob", 5000, "1"))
        assert hold.acquire("ann", 5000, "1").code == "held"
        assert len(nodes(probe, "1")) == 1 and other.check("bob", "1").ok


def test_a_part_of_a_basket_that_is_lost_meanwhile_is_taken_anew(lock, other, probe):
    with Proxy(lock.port) as proxy, Driver(through(proxy.port)) as hold:
        before = hold.acquire("ann", 5000, "1").grants[0]
        proxy.before_write(lambda: other.release("ann", None, "1"))
        got = hold.acquire("ann", 5000, "1", "2")
        assert got.ok and [grant.fresh for grant in got.grants] == [True, True]
        assert got.grants[0].fence > before.fence
        assert len(nodes(probe, "1")) == len(nodes(probe, "2")) == 1


# -- deadlines -------------------------------------------------------------


def test_the_worker_that_granted_deletes_what_is_due(hold, probe):
    hold.acquire("ann", 300, "1", "2")
    hold.acquire("ann", 5000, "3")
    wait_until(lambda: nodes(probe, "1") == nodes(probe, "2") == [], 10, "they go")
    assert len(nodes(probe, "3")) == 1


def test_a_hold_that_another_worker_extended_outlives_its_first_deadline(
    hold, other, probe
):
    hold.acquire("ann", 400, "1", "2")
    extended = other.extend("ann", 4000, "1")
    assert extended.ok
    wait_until(lambda: nodes(probe, "2") == [], 10, "what was not extended goes")
    assert len(nodes(probe, "1")) == 1
    assert hold.check("ann", "1").grants[0].remaining_ms > 1000
    wait_until(lambda: nodes(probe, "1") == [], 10, "then its granter deletes it")


def test_past_its_deadline_a_stopped_workers_hold_is_free(hold, other):
    first = hold.acquire("ann", 300, "1").grants[0]
    os.kill(hold.pid, signal.SIGSTOP)
    began = time.monotonic()
    try:
        assert other.acquire("bob", 5000, "1").code == "held"
        got = wait_until(
            lambda: (r := other.acquire("bob", 5000, "1")).ok and r, 10, "it is free"
        )
        assert time.monotonic() - began < SESSION_SECONDS, "before its session ends"
        assert got.grants[0].fence > first.fence
        assert other.check("ann", "1").code == "notowner"
    finally:
        os.kill(hold.pid, signal.SIGCONT)
    assert hold.check("ann", "1").code == "notowner"
    assert other.check("bob", "1").ok, "the one who woke up took nothing back"


def test_past_its_deadline_a_stopped_workers_hold_is_nobodys(hold, other):
    hold.acquire("ann", 300, "1")
    os.kill(hold.pid, signal.SIGSTOP)
    try:
        assert other.check("ann", "1").ok
        began = time.monotonic()
        wait_until(lambda: other.check("ann", "1").code == "notowner", 10, "it ends")
        assert time.monotonic() - began < SESSION_SECONDS, "before its session ends"
        assert other.extend("ann", 5000, "1").code == "notowner"
    finally:
        os.kill(hold.pid, signal.SIGCONT)


# -- sessions --------------------------------------------------------------


def owner(probe, ticket):
    (name,) = nodes(probe, ticket)
    return probe.exists(f"{TOP}/{ticket}/{name}").ephemeralOwner


def kill(driver):
    os.kill(driver.pid, signal.SIGKILL)
    driver.close(check=False)


def test_holds_of_a_worker_that_ends_for_good_go_with_its_session(lock, probe):
    with Driver(lock) as hold:
        hold.acquire("ann", 60000, "1")
    wait_until(lambda: nodes(probe, "1") == [], 10, "closed at once")
    dead = Driver(lock)
    dead.acquire("ann", 60000, "1")
    kill(dead)
    assert len(nodes(probe, "1")) == 1
    wait_until(lambda: nodes(probe, "1") == [], 10, "its session ends")


@pytest.mark.parametrize("end", [kill, Driver.close])
def test_the_next_process_of_a_worker_keeps_its_holds(lock, probe, tmp_path, end):
    settings = {**lock.worker_settings, "SESSION_FILE": str(tmp_path / "session")}
    first = Driver(settings)
    before = first.acquire("ann", 60000, "1").grants[0]
    first.acquire("ann", 1500, "2")
    session = owner(probe, "1")
    end(first)
    with Driver(settings) as second:
        after = second.check("ann", "1")
        assert after.ok and after.grants[0].fence == before.fence
        assert owner(probe, "1") == session
        # It is this one's now to delete what is due.
        wait_until(lambda: nodes(probe, "2") == [], 10, "the deadline is kept")
        second.acquire("ann", 60000, "3")
        assert owner(probe, "3") == session
        time_of_a_session = time.monotonic() + SESSION_SECONDS + 1
        wait_until(lambda: time.monotonic() > time_of_a_session, 10, "time passes")
        assert second.check("ann", "1").ok, "and it keeps the session alive"
        assert second.log() == ""


def test_a_session_that_is_over_is_replaced_and_its_holds_are_gone(
    lock, probe, tmp_path
):
    settings = {**lock.worker_settings, "SESSION_FILE": str(tmp_path / "session")}
    first = Driver(settings)
    first.acquire("ann", 60000, "1")
    session = owner(probe, "1")
    kill(first)
    wait_until(lambda: nodes(probe, "1") == [], 10, "its session ends")
    with Driver(settings) as second:
        assert second.check("ann", "1").code == "notowner"
        assert "session expired" in second.log()
        assert second.acquire("bob", 60000, "1").ok
        assert owner(probe, "1") != session


def test_a_worker_that_slept_past_its_session_knows_that_its_holds_are_gone(
    hold, other, probe
):
    hold.acquire("ann", 60000, "1")
    os.kill(hold.pid, signal.SIGSTOP)
    wait_until(lambda: nodes(probe, "1") == [], 10, "its session ends")
    assert other.acquire("bob", 60000, "1").ok
    os.kill(hold.pid, signal.SIGCONT)
    wait_until(
        lambda: hold.check("ann", "1").code == "notowner", 10, "a new session"
    )
    assert hold.acquire("cat", 60000, "2").ok
    assert "session expired" in hold.log()
    assert other.check("bob", "1").ok


# -- servers that go, and answers that do not come -------------------------


def test_the_session_moves_to_another_server_with_its_holds(lock, probe):
    with Proxy(lock.port) as one, Proxy(lock.port) as two:
        with Driver(through(one.port, two.port)) as hold:
            grant = hold.acquire("ann", 60000, "1").grants[0]
            session = owner(probe, "1")
            for proxy in (one, two, one):
                proxy.refuse()
                after = hold.check("ann", "1")
                assert after.ok and after.grants[0].fence == grant.fence
                hold.acquire("ann", 60000, "2")
                assert owner(probe, "2") == session
                hold.release("ann", None, "2")
                proxy.accept()
            assert hold.log() == "", "nobody noticed"


def test_a_server_of_the_list_that_never_was_is_skipped(lock):
    ports = [free_port() for _ in range(3)]
    with Driver(through(*ports, lock.port)) as hold:
        assert hold.acquire("ann", 5000, "1").ok


@pytest.mark.parametrize("basket", [["1"], ["1", "2"]], ids=["one", "basket"])
def test_a_create_whose_answer_is_lost_is_found_again(lock, probe, basket):
    # A machine so busy that the call's own time ends first has shown nothing.
    for attempt in range(4):
        tickets = [f"{attempt}-{ticket}" for ticket in basket]
        if a_lost_answer_is_found_again(lock, probe, tickets):
            return
    raise AssertionError("each time the call ended too early")


def a_lost_answer_is_found_again(lock, probe, basket):
    with Proxy(lock.port) as proxy, Driver(through(proxy.port)) as hold:
        assert hold.acquire("ann", 60000, "0").ok
        written = threading.Event()

        def spoil():
            # As soon as the node is there its maker hears no more.
            wait_until(lambda: nodes(probe, basket[-1]) != [], 30, "it is made")
            written.set()
            proxy.cut()

        proxy.at_write(spoil)
        got = hold.acquire("ann", 60000, *basket)
        assert written.is_set(), "no answer was lost"
        if got.code == "unreachable":
            return False
        assert got.ok and all(grant.fresh for grant in got.grants)
        for ticket in basket:
            assert len(nodes(probe, ticket)) == 1
        assert hold.check("ann", *basket).ok
        assert hold.release("ann", None, *basket) == "ok"
        assert all(nodes(probe, ticket) == [] for ticket in basket)
        return True


def test_a_create_that_nobody_heard_of_falls_at_its_deadline(lock, probe):
    """The worker stays away for longer than a call lasts, then finds it."""
    with Proxy(lock.port) as proxy, Driver(through(proxy.port)) as hold:
        assert hold.acquire("ann", 60000, "0").ok

        def spoil():
            wait_until(lambda: nodes(probe, "1") != [], 30, "it is made")
            proxy.refuse()

        proxy.at_write(spoil)
        assert hold.acquire("ann", 1500, "1").code == "unreachable"
        assert len(nodes(probe, "1")) == 1
        proxy.accept()
        wait_until(lambda: nodes(probe, "1") == [], 10, "it is let go")


# -- a peer that answers nonsense ------------------------------------------

GREETING = struct.pack(">iiqi16s?", 0, 4000, 1, 16, b"p" * 16, False)


def framed(body):
    return struct.pack(">i", len(body)) + body


class Nonsense:
    """Greets well or as told, then gives the same bytes for each request."""

    def __init__(self, greeting, answer=b""):
        self.greeting, self.answer = greeting, answer
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.settings = through(self.listener.getsockname()[1])
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        with contextlib.suppress(OSError):
            while True:
                peer, _ = self.listener.accept()
                with peer, contextlib.suppress(OSError):
                    self.talk(peer)

    def talk(self, peer):
        peer.settimeout(5)
        peer.recv(65536)
        peer.sendall(self.greeting)
        while peer.recv(65536):
            peer.sendall(self.answer)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


BAD_GREETINGS = [
    b"HTTP/1.1 400 Bad Request\r\n\r\n",
    framed(b""),
    framed(GREETING[:-3]),
    framed(GREETING + b"x"),
    framed(struct.pack(">iiqi16s?", 0, 4000, 1, 15, b"p" * 16, False)),
    framed(struct.pack(">iiqi16s?", 0, 4000, 1, -1, b"p" * 16, False)),
    framed(struct.pack(">iiqi16s?", 0, 0, 0, 16, b"p" * 16, False)),
    framed(struct.pack(">iiqi16s?", 0, 4000, 0, 16, b"p" * 16, False)),
    framed(struct.pack(">iiqi16s?", 0, -5, 1, 16, b"p" * 16, False)),
    struct.pack(">i", -1) + GREETING,
    struct.pack(">i", 2**31 - 1) + GREETING,
]


@pytest.mark.parametrize("greeting", BAD_GREETINGS, ids=repr)
def test_a_greeting_of_another_kind_is_no_service(greeting):
    with Nonsense(greeting) as peer, Driver(peer.settings) as hold:
        assert hold.acquire("ann", 5000, "1").code == "unreachable"
        assert hold.log().count("\n") == 1 and "lock service lost" in hold.log()


def reply(xid, err=0, body=b"", zxid=1):
    return framed(struct.pack(">iqi", xid, zxid, err) + body)


BAD_ANSWERS = [
    b"+OK\r\n" * 40,
    framed(b""),
    framed(b"x" * 15),
    struct.pack(">i", -1),
    struct.pack(">i", 2**31 - 1),
    reply(77),
    reply(2) + reply(1),
    # Whatever was asked is answered by nothing, or by endless lists.
    b"".join(reply(i) for i in range(1, 12)),
    b"".join(reply(i, body=b"\xff" * 100) for i in range(1, 12)),
    b"".join(reply(i, body=b"\x7f" * 100) for i in range(1, 12)),
    b"".join(reply(i, err=-4) for i in range(1, 12)),
    reply(-1, body=b"\0" * 20) + reply(-2) + reply(99),
]


@pytest.mark.parametrize("answer", BAD_ANSWERS, ids=range(len(BAD_ANSWERS)))
def test_an_answer_of_another_shape_is_no_answer(answer):
    with Nonsense(framed(GREETING), answer) as peer:
        with Driver(peer.settings) as hold:
            for call in (
                lambda: hold.acquire("ann", 5000, "1").code,
                lambda: hold.check("ann", "1", "2").code,
                lambda: hold.release("ann", None, "1"),
            ):
                assert call() == "unreachable"
