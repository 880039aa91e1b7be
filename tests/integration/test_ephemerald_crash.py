"""ephemerald is killed at random instants under many sessions, on a good disk
and on one that refuses now and then; then what they were told is read for what
cannot be, and the tree for what was acknowledged.

HOLDFAST_ROUNDS sets how often it is killed (default 6).
"""

import contextlib
import errno
import os
import random
import threading
import time
from dataclasses import dataclass, replace

import pytest

from bad_disk import BadDisk
from node_history import Told, violations
from servers import Ephemerald
from zk_wire import OPEN, Peer

ROUNDS = int(os.environ.get("HOLDFAST_ROUNDS", "6"))
CLIENTS = 30
TIMEOUT_MS = 20000
EPHEMERAL, EPHEMERAL_SEQUENTIAL = 1, 3
OK, OPERATION_TIMEOUT, NODE_EXISTS = 0, -7, -110


# -- the histories' judge sees what it is there for -----------------------------

GOOD = [
    Told(0, 1, 5, change=5, number=0),
    Told(2, 4, 9, change=9, path="/a", shows=9, number=4),
    Told(3, 5, 7, change=7, number=1),
    Told(6, 7, 9, path="/a", shows=9),
    Told(6, 8, 12, change=12, path="/a", shows=12),
]


def test_a_history_that_can_be_is_no_violation():
    assert violations(GOOD) == []


@pytest.mark.parametrize("bad, what", [
    (Told(9, 10, 11), "zxid 0xb came after 0xc"),
    (Told(9, 10, 13, change=12), "change 12 twice"),
    (Told(9, 10, 13, change=8), "change 0x8 came after 0xc"),
    (Told(9, 10, 13, change=13, number=4), "number 4 twice"),
    (Told(9, 10, 13, change=13, number=3), "number 3 after 4"),
    (Told(9, 10, 13, path="/a", shows=9), "/a: 0x9 shown after 0xc"),
])
def test_a_history_that_cannot_be_is_one(bad, what):
    assert what in violations([*GOOD, bad])


# -- clients ------------------------------------------------------------------------


@dataclass(frozen=True)
class State:
    """What the tree has of one client."""

    data: bytes = b""
    ephemerals: frozenset = frozenset()
    pairs: frozenset = frozenset()


@dataclass(frozen=True)
class Request:
    """What was asked for, and whose answer has not been heard."""

    words: tuple
    after: State
    prefix: str = None  # of a sequential node, whose name only the answer tells

    def may_have_made(self, before, now):
        if self.prefix is None:
            return now == self.after
        new = now.ephemerals - before.ephemerals
        return (now == replace(before, ephemerals=before.ephemerals | new)
                and len(new) == 1 and min(new).startswith(self.prefix))


class Refused(Exception):
    """By the disk: it has not happened, and will not."""


class Client(threading.Thread):
    """Changes nodes of its own, looks at those of others, notes all answers."""

    def __init__(self, server, number, stop):
        super().__init__()
        self.server, self.stop = server, stop
        self.random = random.Random(number)
        self.mine, self.pairs = f"/own/{number}", f"/pairs/{number}"
        self.serial = self.zxid = 0
        self.state, self.open = State(), None
        self.session, self.alive = None, 0
        self.told, self.complaints = [], []

    # -- connections

    def run(self):
        while not self.stop.is_set():
            try:
                self.visit(lambda peer: not self.stop.is_set())
            except (OSError, EOFError):
                time.sleep(0.01)
            except Exception as error:
                self.complaints.append(f"{self.mine}: {error!r}")
                return

    def visit(self, goes_on):
        with Peer(self.server.socket, seconds=60) as peer:
            self.begin(peer)
            self.compare(peer)
            while goes_on(peer):
                self.turn(peer)

    def begin(self, peer):
        asked = time.monotonic()
        known = self.session[1:3] if self.session else ()
        welcome = peer.begin(TIMEOUT_MS, *known, zxid=self.zxid)
        if welcome is None:
            self.lost_session()
            raise EOFError
        self.session, self.alive = welcome, asked

    def lost_session(self):
        closed = self.open is not None and self.open.words == ("closeSession",)
        early = self.alive + TIMEOUT_MS / 1000 - time.monotonic()
        if not closed and early > 0:
            self.complaints.append(f"{self.mine}: no session, {early} s early")
        self.session = self.open = None
        self.state = replace(self.state, ephemerals=frozenset())

    # -- requests

    def call(self, peer, *words):
        sent = time.monotonic()
        reply = peer.call(*words)
        told = Told(sent, time.monotonic(), reply.zxid)
        self.alive, self.zxid = sent, reply.zxid
        self.told.append(told)
        return reply, told

    def compare(self, peer):
        """What is there is what was acknowledged, or asked for last."""
        now = State(
            data=self.call(peer, "getData", self.mine)[0].value[0],
            ephemerals=frozenset(self.call(peer, "getEphemerals", "/")[0].value),
            pairs=frozenset(self.call(peer, "getChildren", self.pairs)[0].value))
        asked = self.open is not None and self.open.may_have_made(self.state, now)
        if now != self.state and not asked:
            self.complaints.append(
                f"{self.mine} has {now}, not {self.state} nor {self.open}")
        self.state, self.open = now, None

    def turn(self, peer):
        self.serial += 1
        with contextlib.suppress(Refused):
            self.do_something(peer)

    def do_something(self, peer):
        self.random.choice([self.put, self.put, self.make, self.make_numbered,
                            self.drop, self.pair, self.unpair, self.look,
                            self.fail, self.leave])(peer)

    def change(self, peer, after, *words, prefix=None):
        """Asks for it, and takes it as done when that is acknowledged."""
        self.open = Request(words, after, prefix)
        reply, told = self.call(peer, *words)
        if reply.err == OPERATION_TIMEOUT:
            self.open = None
            raise Refused
        if reply.err != OK:
            self.complaints.append(f"{words[:2]} gave {reply.err}")
        told.change = reply.zxid
        self.state, self.open = after, None
        return reply, told

    def put(self, peer):
        data = b"%d:" % self.serial + b"x" * self.random.choice([0, 10, 3000])
        reply, told = self.change(peer, replace(self.state, data=data),
                                  "setData", self.mine, data)
        told.path, told.shows = self.mine, reply.value.mzxid
        assert reply.value.mzxid == reply.zxid

    def with_ephemeral(self, path):
        return replace(self.state, ephemerals=self.state.ephemerals | {path})

    def make(self, peer):
        path = f"{self.mine}/{self.serial}"
        self.change(peer, self.with_ephemeral(path), "create", path, b"",
                    OPEN, EPHEMERAL)

    def make_numbered(self, peer):
        prefix = f"/queue/{self.mine[5:]}-{self.serial}-"
        reply, told = self.change(peer, self.state, "create", prefix, b"",
                                  OPEN, EPHEMERAL_SEQUENTIAL, prefix=prefix)
        told.number = int(reply.value[-10:])
        self.state = self.with_ephemeral(reply.value)

    def drop(self, peer):
        if self.state.ephemerals:
            path = self.random.choice(sorted(self.state.ephemerals))
            left = self.state.ephemerals - {path}
            self.change(peer, replace(self.state, ephemerals=left),
                        "delete", path)

    def pair(self, peer):
        names = {f"{self.serial}-a", f"{self.serial}-b"}
        creates = [("create", f"{self.pairs}/{name}") for name in names]
        self.change(peer, replace(self.state, pairs=self.state.pairs | names),
                    "multi", *creates)

    def unpair(self, peer):
        if self.state.pairs:
            name = self.random.choice(sorted(self.state.pairs))
            names = {name[:-1] + "a", name[:-1] + "b"}
            self.change(peer, replace(self.state, pairs=self.state.pairs - names),
                        "multi", *[("delete", f"{self.pairs}/{name}")
                                   for name in names])

    def look(self, peer):
        path = f"/own/{self.random.randrange(CLIENTS)}"
        reply, told = self.call(peer, "getData", path)
        told.path, told.shows = path, reply.value[1].mzxid

    def fail(self, peer):
        """A change that fails has a number, too, and leaves nothing."""
        reply, told = self.call(peer, "multi", ("create", f"{self.pairs}/no"),
                                ("create", self.pairs))
        if reply.err == OPERATION_TIMEOUT:
            raise Refused
        assert reply.value[1][1] == NODE_EXISTS
        told.change = reply.zxid

    def leave(self, peer):
        if self.random.random() < 0.1:
            self.change(peer, replace(self.state, ephemerals=frozenset()),
                        "closeSession")
            self.session = None
            raise EOFError


def prepare(server):
    with Peer(server.socket) as peer:
        peer.begin(TIMEOUT_MS)
        for folder in ("/own", "/pairs", "/queue"):
            assert peer.call("create", folder).err == OK
        for i in range(CLIENTS):
            assert peer.call("create", f"/own/{i}").err == OK
            assert peer.call("create", f"/pairs/{i}").err == OK


class GoodDisk(contextlib.AbstractContextManager):
    environment = {}

    def __exit__(self, *_):
        pass

    def spoil(self, chance, stop):
        pass

    def mend(self):
        pass


class RefusingDisk(BadDisk):
    """It refuses once or twice, and then until the server is killed."""

    def spoil(self, chance, stop):
        self.call = chance.choice(["pwrite", "fdatasync"])
        self.fail(self.call, errno.EIO, chance.choice([1, 2]))
        stop.wait(chance.uniform(0.1, 0.5))
        self.fail(self.call, errno.ENOSPC)
        stop.wait(chance.uniform(0.1, 0.5))

    def mend(self):
        self.heal(self.call)


def kill_again_and_again(server, stop, disk):
    chance = random.Random(5)
    for _ in range(ROUNDS):
        stop.wait(chance.uniform(0.1, 0.6))  # the random instant
        disk.spoil(chance, stop)
        server.kill()
        disk.mend()
        server.start()


def found_in(peer, clients):
    """Lines for what others see of the clients' nodes and what is not so."""
    queue = {f"/queue/{name}" for name in peer.call("getChildren", "/queue").value}
    known = set().union(*(c.state.ephemerals for c in clients))
    if not {path for path in known if path.startswith("/queue/")} == queue:
        yield f"/queue has {queue}"
    for path in known:
        if peer.call("exists", path).err != OK:
            yield f"{path} is not there"


@pytest.mark.parametrize("kind", [GoodDisk, RefusingDisk])
def test_nothing_acknowledged_is_lost_when_ephemerald_is_killed(kind):
    with kind() as disk, Ephemerald("--durability", "always", "--disk-timeout", "100",
                                  **disk.environment) as server:
        prepare(server)
        stop = threading.Event()
        clients = [Client(server, i, stop) for i in range(CLIENTS)]
        for client in clients:
            client.start()
        try:
            kill_again_and_again(server, stop, disk)
        finally:
            stop.set()
            for client in clients:
                client.join()
        for client in clients:
            client.visit(lambda peer: False)
        with Peer(server.socket) as peer:
            peer.begin(TIMEOUT_MS)
            lost = list(found_in(peer, clients))
    told = [told for client in clients for told in client.told]
    changes = sum(one.change is not None for one in told)
    print(f"{changes} changes, {len(told)} answers in {ROUNDS} rounds")
    assert changes > 20 * ROUNDS
    assert [line for client in clients for line in client.complaints] + lost == []
    assert violations(told) == []


def test_numbers_of_changes_that_failed_do_not_come_again():
    with Ephemerald() as server:
        with Peer(server.socket) as peer:
            peer.begin(TIMEOUT_MS)
            assert peer.call("create", "/a").err == OK
            last = [peer.call("create", "/a") for _ in range(3)][-1]
            assert last.err == NODE_EXISTS
        server.kill()
        server.start()
        with Peer(server.socket) as peer:
            # One that has seen more than the server is not let in.
            peer.begin(TIMEOUT_MS, zxid=last.zxid)
            assert peer.call("setData", "/a", b"x").value.mzxid > last.zxid


def test_a_silent_session_has_its_full_timeout_after_a_crash():
    with Ephemerald() as server:
        with Peer(server.socket) as silent:
            silent.begin(1500)
            silent.call("create", "/mine", b"", OPEN, EPHEMERAL)
        time.sleep(1)  # most of its time, but not all
        server.kill()
        began = time.monotonic()
        server.start()
        with Peer(server.socket) as peer:
            peer.begin(TIMEOUT_MS)
            while peer.call("exists", "/mine").err == OK:
                time.sleep(0.01)
            assert time.monotonic() - began >= 1.5
