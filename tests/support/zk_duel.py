#!/usr/bin/python3
"""Plays one sequence (zk_sequences.py) on two ZooKeeper servers and compares.

    with Duel() as duel:                    # ephemerald and Debian's zookeeper
        duel.difference(seed)               # None, or a text that tells it

Compared is what each connection is given, in its order: every field of every
response and event but the times; zxids from the sequence's first on, sessions
by their names. A server's order of children, of a session's nodes and of
identities is its own. After the last step the whole tree is read and compared.

By hand, to replay seeds or to run many:

    tests/support/zk_duel.py --build build --seed 17
    tests/support/zk_duel.py --build build --from 0 --sequences 10000
"""

import argparse
import contextlib
import itertools
import os
import pathlib
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

sys.path.append(str(pathlib.Path(__file__).parents[1] / "integration"))

# pylint: disable=wrong-import-position
from servers import Ephemerald, Zookeeper  # noqa: E402
from web import wait_until  # noqa: E402
from zk_sequences import SESSION_MS, USERS, sequence  # noqa: E402
from zk_wire import (  # noqa: E402
    OPEN,
    Event,
    Peer,
    Reply,
    Stat,
    framed,
    i32,
    request,
)
from zookeeper_differences import may_differ  # noqa: E402

ANSWER_SECONDS = 20
NO_NODE = -101
EPHEMERAL = 1
SHORT_MS = 200  # a session that is left to die
FAR_MS = 2**31 - 1
# Every sequence leaves its traces in these.
SHARED = ("", "/", "/zookeeper", "/zookeeper/quota")
UNORDERED = ("getChildren", "getChildren2", "getEphemerals", "whoAmI", "multiRead",
             "getACL")


# After such a reply the server hangs up, if it is to this.
ENDING = {"raw": -6, "auth": -115}


class Stalled(Exception):
    """The machine was too slow for the short session: once more."""


# ---- the two servers ---------------------------------------------------------------


def ephemerald():
    return Ephemerald(
        *("--min-session-timeout", "100"),
        *("--ttl-nodes", "yes", "--enforce-quota", "yes"),
        *("--container-check", str(FAR_MS), "--max-clients-per-address", "0"),
    )


def zookeeper():
    server = Zookeeper(
        tickTime=50,
        minSessionTimeout=100,
        extendedTypesEnabled="true",
        enforceQuota="true",
        forceSync="no",
    )
    server.environment["JAVA_TOOL_OPTIONS"] = (
        f"-Dznode.container.checkIntervalMs={FAR_MS}"
    )
    return server


def is_ping(call):
    return call[0] == "ping" or call[0] == "bent" and call[1][0] == "ping"


def without_pings(calls):
    """In pieces: a ping alone, as ours overtakes what waits for the disk."""
    for alone, together in itertools.groupby(calls, is_ping):
        yield from ([call] for call in together) if alone else [list(together)]


# ---- one sequence on one server ----------------------------------------------------


class Play:
    """Runs steps; .told is a list of (what was sent, what came of it)."""

    def __init__(self, address, admin, top, short_ms=SHORT_MS):
        self.address = address
        self.admin = admin
        self.top = top
        self.short_ms = short_ms
        self.base = admin.call("create", top).zxid
        self.peers = {}  # by name: the connection, while there is one
        self.sessions = {}  # by name: Welcome
        self.names = {}  # of sessions, by id
        self.told = []
        self.stalled = False
        self.settled = False  # nobody was told of anything since

    # -- plain values of what came ------------------------------------------------

    def zxid(self, zxid):
        if zxid >= self.base:
            return zxid - self.base
        return zxid if zxid <= 0 else "older"

    def stat(self, stat, path):
        if stat.ctime == "":
            return stat  # it is plain already
        plain = stat._replace(
            czxid=self.zxid(stat.czxid),
            mzxid=self.zxid(stat.mzxid),
            pzxid=self.zxid(stat.pzxid),
            owner=self.names.get(stat.owner, stat.owner),
            ctime="",
            mtime="",
        )
        if path in SHARED:
            plain = plain._replace(cversion="", pzxid="", children="")
        return plain

    def value(self, value, path=None):
        if isinstance(value, Stat):
            return self.stat(value, path)
        if isinstance(value, tuple):
            return tuple(self.value(each, path) for each in value)
        if isinstance(value, list):
            return [self.value(each, path) for each in value]
        if isinstance(value, str):
            return value.replace(self.top, "@")
        return value

    def names_of(self, names, path):
        """Children, in no order; of "/" and its like only our own."""
        if path in SHARED:
            names = [n for n in names if n in ("zookeeper", "quota", "config",
                                               self.top[1:])]
        return sorted(self.value(each) for each in names)

    def answer(self, call, reply):
        name, arguments = call[0], call[1:]
        if name == "bent":
            return self.answer(call[1], reply)
        path = arguments[0] if arguments else None
        value = reply.value
        if reply.err == 0 and name in UNORDERED and not isinstance(value, bytes):
            value = self.unordered(name, arguments, value)
        if name == "getAllChildrenNumber" and path in SHARED:
            value = None
        return reply._replace(zxid=self.zxid(reply.zxid), value=self.value(value, path))

    def unordered(self, name, arguments, value):
        if name == "multiRead":
            return [
                (kind, err, self.names_of(got, call[1]) if kind == "getChildren"
                 else self.value(got, call[1]))
                for (kind, err, got), call in itertools.zip_longest(
                    value, arguments, fillvalue=("", None))
            ]
        if name == "getChildren2":
            return self.names_of(value[0], arguments[0]), value[1]
        if name == "whoAmI":
            return sorted(value)
        if name == "getACL":
            return with_auth_sorted(value[0]), value[1]
        return self.names_of(value, arguments[0])

    # -- what is sent ---------------------------------------------------------------

    def resolved(self, argument):
        if isinstance(argument, str):
            return argument.replace("@", self.top)
        if isinstance(argument, bytes) and argument.startswith(b"@/"):
            return argument.replace(b"@", self.top.encode())
        if isinstance(argument, tuple) and argument[:1] == ("zxid",):
            return self.base + argument[1]
        if isinstance(argument, tuple):
            return tuple(self.resolved(each) for each in argument)
        if isinstance(argument, list):
            return [self.resolved(each) for each in argument]
        return argument

    def bytes_of(self, peer, call):
        if call[0] == "raw":
            peer.queue("ping")
            return framed(call[1])
        if call[0] == "head":
            peer.queue("ping")
            return i32(call[1])
        if call[0] == "bent":
            _, (name, *arguments), xid, keep, more = call
            peer.queue("ping")
            peer.names[-1] = name
            frame = request(name, *self.resolved(arguments), xid=xid)
            return framed(frame[: 8 + int((len(frame) - 8) * keep)] + more)
        name, *arguments = call
        return peer.queue(name, *self.resolved(arguments))

    def tell(self, what, outcome):
        self.told.append((what, outcome))

    # -- what comes back --------------------------------------------------------------

    def until_reply(self, who, call):
        """Its reply, and the events before it; or that it hung up."""
        peer, came = self.peers[who], []
        try:
            while True:
                message = peer.message()
                if isinstance(message, Reply):
                    came.append(self.answer(call, message))
                    break
                came.append(message._replace(path=self.value(message.path)))
        except EOFError:
            came.append("hung up")
            self.hang_up(who)
        except TimeoutError:
            came.append("nothing")
            self.hang_up(who)
        return came

    def until_end(self, who):
        """What is left of a connection that the server is to end."""
        came = []
        with contextlib.suppress(KeyError):
            while self.peers[who] and came[-1:] != ["hung up"]:
                came += self.until_reply(who, ("ping",))
        return came

    def hang_up(self, who):
        peer = self.peers.pop(who, None)
        if peer is not None:
            peer.close()

    def send(self, who, data):
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self.peers[who].socket.sendall(data)

    # -- steps --------------------------------------------------------------------------

    def run(self, steps):
        for step in steps:
            getattr(self, "do_" + step[0])(*step[1:])
        self.end()
        if self.stalled:
            raise Stalled
        return self.told

    def begin(self, who, timeout_ms, **more):
        peer = self.peers[who] = Peer(self.address, ANSWER_SECONDS)
        try:
            welcome = peer.begin(timeout_ms, **more)
        except EOFError:
            self.hang_up(who)
            return "hung up"
        if welcome is None:
            self.hang_up(who)
            return "no session"
        self.sessions[who] = welcome
        self.names[welcome.session] = who
        return welcome._replace(session=who, password=len(welcome.password))

    def do_open(self, who, timeout_ms, read_only):
        if who in self.sessions:
            self.part(who)
        self.tell(("open", who), self.begin(who, timeout_ms, read_only=read_only))

    def do_calls(self, who, calls):
        if who not in self.peers:
            return
        if calls[-1][0] == "closeSession":
            self.settle()
        for together in without_pings(calls):
            if who in self.peers:
                came = self.do_together(who, together)
        name = calls[-1][1][0] if calls[-1][0] == "bent" else calls[-1][0]
        if who in self.peers and came[-1].err == ENDING.get(name):
            self.tell((who, "after it"), self.until_end(who))
        self.settled = False
        if calls[-1][0] == "closeSession":
            self.tell((who, "after it"), self.until_end(who))
            self.settle()

    def do_together(self, who, calls):
        """All are sent before the first is answered; what came of the last."""
        came = []
        self.send(who, b"".join(self.bytes_of(self.peers[who], c) for c in calls))
        for call in calls:
            if who in self.peers:
                came = self.until_reply(who, call)
                if call[0] == "closeSession":
                    came.sort(key=repr)
                self.tell((who, call), came)
        return came

    def settle(self):
        """What the end of a session tells others has an order of its own."""
        if self.settled:
            return
        self.settled = True
        for who in sorted(self.peers):
            self.send(who, self.peers[who].queue("sync", "/"))
            came = self.until_reply(who, ("sync", "/"))
            self.tell((who, "is told"), sorted(came, key=repr))

    def do_drop(self, who):
        self.hang_up(who)

    def do_resume(self, who, how):
        if who not in self.sessions:
            return
        was, old = self.sessions[who], self.peers.pop(who, None)
        password = {"wrong": b"x" * 16, "short": was.password[:4]}.get(how, was.password)
        if how in ("wrong", "short") and old is not None:
            old.close()
        timeout_ms = 20000 if how == "other" else was.timeout_ms
        self.tell(("resume", who, how),
                  self.begin(who, timeout_ms, session=was.session, password=password))
        if old is not None and how not in ("wrong", "short"):
            fresh = self.peers.pop(who, None)
            self.peers[who] = old
            self.tell((who, "at the old place"), self.until_end(who))
            if fresh is not None:
                self.peers[who] = fresh

    def do_die(self, who, drop, calls):
        began = time.monotonic()
        self.tell(("open", who), self.begin(who, self.short_ms))
        self.do_calls(who, [("create", "@/dies", b"", OPEN, EPHEMERAL), *calls])
        self.settle()
        if self.dies():
            self.stalled |= time.monotonic() - began > self.short_ms / 2000
            self.wait_for_death(who, drop)
        else:  # not allowed, or gone: then there is nothing to see it end by
            self.part(who)
            self.stalled |= time.monotonic() - began > self.short_ms / 2000

    def dies(self):
        return self.admin.call("exists", f"{self.top}/dies").err == 0

    def wait_for_death(self, who, drop):
        if drop:
            self.hang_up(who)
        wait_until(lambda: not self.dies(), 20, "the session ends")
        if who in self.peers:
            self.tell((who, "at its end"), self.until_end(who))
        self.settled = False
        self.settle()
        self.do_resume(who, "right")

    def do_hello(self, first):
        with Peer(self.address, ANSWER_SECONDS) as peer:
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                peer.socket.sendall(framed(first))
            try:
                frame = peer.frame()
                self.tell(("hello", first), (len(frame), frame[:4], frame[16:20]))
            except EOFError:
                self.tell(("hello", first), "hung up")

    # -- the end --------------------------------------------------------------------------

    def part(self, who):
        """Ends a session, resumed if it has no connection."""
        self.settle()  # which may find that it hung up
        if who not in self.peers:
            self.do_resume(who, "right")
        if who in self.peers:
            self.do_calls(who, [("closeSession",)])
        self.sessions.pop(who, None)

    def end(self):
        for who in sorted(self.sessions):
            self.part(who)
        paths = [path for top in (self.top, "/zookeeper/quota" + self.top)
                 for path in self.walk(top)]
        self.asked([("delete", path) for path in reversed(paths)])

    def asked(self, calls):
        """The administrator's calls, all at once; the replies."""
        frames = [self.admin.queue(*call) for call in calls]
        self.admin.socket.sendall(b"".join(frames))
        return [self.admin.reply() for _ in calls]

    def walk(self, top):
        """Each path from top down; all there is to read of it is told."""
        paths, level = [], [top]
        while level:
            calls = [(name, path) for path in level
                     for name in ("getData", "getChildren2", "getACL")]
            replies = self.asked(calls)
            level = []
            for call, reply in zip(calls, replies):
                self.tell(("at the end", self.value(call)),
                          self.answer(call, reply)._replace(xid=""))
                if call[0] == "getData" and reply.err != NO_NODE:
                    paths.append(call[1])
                if call[0] == "getChildren2" and reply.err == 0:
                    level += [f"{call[1]}/{n}" for n in sorted(reply.value[0])]
        return paths


def with_auth_sorted(acl):
    """What one "auth" stands for, in no order: digests with the same rights."""
    runs = itertools.groupby(acl, lambda entry: entry[:2])
    return [entry for (_, scheme), run in runs
            for entry in (sorted(run) if scheme == "digest" else run)]


# ---- two of them ---------------------------------------------------------------------


class Duel:
    """Two servers, started once; each sequence has a node of its own."""

    def __init__(self, ours=ephemerald, theirs=zookeeper):
        self.servers = [ours(), theirs()]
        self.admins = []
        self.runs = 0
        self.pool = ThreadPoolExecutor(2)

    def __enter__(self):
        try:
            list(self.pool.map(lambda server: server.start(), self.servers))
            self.admins = [self.administrator(server) for server in self.servers]
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        for admin in self.admins:
            admin.close()
        self.pool.shutdown()
        for server in self.servers:
            server.close()

    @staticmethod
    def administrator(server):
        peer = Peer(("127.0.0.1", server.port))
        peer.begin(SESSION_MS)
        for user in USERS:
            assert peer.call("auth", "digest", user.encode()).err == 0
        return peer

    def play(self, number, steps, top, short_ms):
        server = self.servers[number]
        address = ("127.0.0.1", server.port)
        play = Play(address, self.admins[number], top, short_ms)
        return play.run(steps)

    def told(self, steps):
        """What both told, [ephemerald's, ZooKeeper's]."""
        for attempt in range(6):
            self.runs += 1
            top = f"/d{self.runs:08}"
            plays = [self.pool.submit(self.play, n, steps, top, SHORT_MS << attempt)
                     for n in (0, 1)]
            try:
                return [play.result() for play in plays]
            except Stalled:
                [play.exception() for play in plays]
        raise AssertionError("this machine is too slow for short sessions")

    def compared(self, steps):
        """None, or the first difference and what came before it."""
        before = []
        for ours, theirs in itertools.zip_longest(*self.told(steps)):
            if ours == theirs or (ours and theirs and ours[0] == theirs[0]
                                  and may_differ(ours[0], ours[1], theirs[1])):
                before.append(f"    {ours[0]}: {_short(ours[1])}")
                continue
            return "\n".join([*before[-12:], f"  ephemerald: {_short(ours)}",
                              f"  zookeeper:  {_short(theirs)}"])
        return None

    def difference(self, seed):
        steps = sequence(seed)
        found = self.compared(steps)
        if found is None:
            return None
        steps = self.shrunk(steps)
        listed = "\n".join(f"    {step!r}" for step in steps)
        return (f"seed {seed} differs; replay: tests/support/zk_duel.py --seed {seed}\n"
                f"  its steps, shrunk:\n{listed}\n{self.compared(steps) or found}")

    def shrunk(self, steps, tries=200):
        """Fewer steps, calls, and calls within calls, that still differ."""
        def differs(fewer):
            nonlocal tries
            tries -= 1
            return tries >= 0 and self.compared(fewer) is not None

        steps = fewer_of(steps, differs)
        for i, step in enumerate(steps):
            if step[0] == "calls":
                def with_calls(calls, i=i, who=step[1]):
                    return [*steps[:i], ("calls", who, calls), *steps[i + 1 :]]

                calls = fewer_of(step[2], lambda c: c and differs(with_calls(c)))
                for k, call in enumerate(calls):
                    if call[0] in ("multi", "multiRead"):
                        inner = fewer_of(list(call[1:]), lambda few: differs(
                            with_calls([*calls[:k], (call[0], *few), *calls[k + 1 :]])))
                        calls = [*calls[:k], (call[0], *inner), *calls[k + 1 :]]
                steps = with_calls(calls)
        return steps


def fewer_of(items, differs):
    """Without each item that can be left out, the last first."""
    for i in reversed(range(len(items))):
        if differs(items[:i] + items[i + 1 :]):
            items = items[:i] + items[i + 1 :]
    return items


def duel_seeds(duel, seeds, stop_after):
    """Tells of each seed that differs; gives how many did."""
    began, failed = time.monotonic(), 0
    for done, seed in enumerate(seeds, 1):
        try:
            found = duel.difference(seed)
        except (OSError, EOFError) as error:
            dead = [s.name for s in duel.servers if not s.running()]
            raise AssertionError(f"seed {seed}: {error}; dead: {dead}") from None
        if found is not None:
            failed += 1
            print(found, flush=True)
        if done % 1000 == 0:
            print(f"{done} sequences, {failed} differ, "
                  f"{time.monotonic() - began:.0f} s", flush=True)
        if failed >= stop_after:
            break
    print(f"{done} sequences, {failed} differ")
    return failed


def shared_out(given):
    """The same by several processes, each with servers of its own."""
    each = -(-given.sequences // given.jobs)
    parts = range(given.first, given.first + given.sequences, each)
    words = [sys.executable, __file__, "--build", given.build,
             "--stop-after", str(given.stop_after)]
    running = [
        subprocess.Popen([*words, "--from", str(first), "--sequences",
                          str(min(each, parts.stop - first))])
        for first in parts]
    return sum(process.wait() != 0 for process in running)


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--build", default="build", help="the build tree")
    parser.add_argument("--seed", type=int, help="only this one")
    parser.add_argument("--from", dest="first", type=int, default=0)
    parser.add_argument("--sequences", type=int, default=1000)
    parser.add_argument("--stop-after", type=int, default=10, help="differences")
    parser.add_argument("--jobs", type=int, default=1, help="processes at once")
    given = parser.parse_args()
    os.environ.setdefault("HOLDFAST_BUILD", os.path.abspath(given.build))
    seeds = range(given.first, given.first + given.sequences)
    if given.seed is not None:
        seeds = [given.seed]
    if given.seed is None and given.jobs > 1:
        return shared_out(given) > 0
    with Duel() as duel:
        try:
            return duel_seeds(duel, seeds, given.stop_after) > 0
        except BaseException:
            for server in duel.servers:
                print(f"{server.name} said last:\n{server.log()[-6000:]}")
            raise


def _short(value, limit=1500):
    shown = repr(value)
    return shown if len(shown) <= limit else shown[:limit] + "..."


if __name__ == "__main__":
    sys.exit(main())
