"""A ZooKeeper client that writes and reads the frames itself.

    with Peer(server.address) as peer:
        peer.begin(10000)                       # -> Welcome
        reply = peer.call("create", "/a", b"x") # -> Reply
        reply.err, reply.value                  # 0, "/a"
        peer.events                             # [Event, ...] that came so far

Nothing happens in the background: no ping, no reconnect, no watch set again.
Several requests may be sent before the first reply is read: send(), reply().
A request is bytes, so a test may send any: request("exists", ...)[:-1].
"""

import socket
import struct
from collections import namedtuple

# ---- what goes over the wire ----------------------------------------------------

OPS = {
    "create": 1,
    "delete": 2,
    "exists": 3,
    "getData": 4,
    "setData": 5,
    "getACL": 6,
    "setACL": 7,
    "getChildren": 8,
    "sync": 9,
    "ping": 11,
    "getChildren2": 12,
    "check": 13,
    "multi": 14,
    "create2": 15,
    "reconfig": 16,
    "checkWatches": 17,
    "removeWatches": 18,
    "createContainer": 19,
    "deleteContainer": 20,
    "createTTL": 21,
    "multiRead": 22,
    "auth": 100,
    "setWatches": 101,
    "sasl": 102,
    "getEphemerals": 103,
    "getAllChildrenNumber": 104,
    "setWatches2": 105,
    "addWatch": 106,
    "whoAmI": 107,
    "closeSession": -11,
}
# Replies to these come under a number of their own.
XIDS = {"ping": -2, "auth": -4, "setWatches": -8, "setWatches2": -8}
EVENT_XID = -1
PASSWORD_BYTES = 16
OPEN = [(31, "world", "anyone")]

Stat = namedtuple(
    "Stat",
    "czxid mzxid ctime mtime version cversion aversion owner length children pzxid",
)
Welcome = namedtuple("Welcome", "timeout_ms session password read_only")
Event = namedtuple("Event", "zxid type state path")
Reply = namedtuple("Reply", "xid zxid err value")


def i32(value):
    return struct.pack(">i", value)


def i64(value):
    return struct.pack(">q", value)


def flag(value):
    return struct.pack(">?", value)


def blob(value):
    return i32(-1) if value is None else i32(len(value)) + value


def text(value):
    return blob(value.encode() if isinstance(value, str) else value)


def vector(values, write):
    if values is None:
        return i32(-1)
    return i32(len(values)) + b"".join(map(write, values))


def acl(entry):
    perms, scheme, identity = entry
    return i32(perms) + text(scheme) + text(identity)


class Cut(Exception):
    """A record that ends before it is over, or after."""


class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, n):
        taken = self.data[self.at : self.at + n]
        if n < 0 or len(taken) < n:
            raise Cut(self.data)
        self.at += n
        return taken

    def i32(self):
        return struct.unpack(">i", self.take(4))[0]

    def i64(self):
        return struct.unpack(">q", self.take(8))[0]

    def flag(self):
        return self.take(1) != b"\0"

    def blob(self):
        length = self.i32()
        return None if length == -1 else self.take(length)

    def text(self):
        raw = self.blob()
        return None if raw is None else raw.decode(errors="surrogateescape")

    def vector(self, read):
        count = self.i32()
        return None if count == -1 else [read() for _ in range(count)]

    def acl(self):
        return self.i32(), self.text(), self.text()

    def stat(self):
        return Stat(*struct.unpack(">qqqqiiiqiiq", self.take(68)))

    def over(self):
        if self.at != len(self.data):
            raise Cut(self.data)


# ---- requests, by name -------------------------------------------------------------


def _path(path=None):
    return text(path)


def _create(path, data=b"", entries=OPEN, flags=0):
    return text(path) + blob(data) + vector(entries, acl) + i32(flags)


def _create_ttl(path, data=b"", entries=OPEN, flags=5, ttl_ms=1000):
    return _create(path, data, entries, flags) + i64(ttl_ms)


def _versioned(path, version=-1):
    return text(path) + i32(version)


def _watched(path, watch=False):
    return text(path) + flag(watch)


def _set_data(path, data, version=-1):
    return text(path) + blob(data) + i32(version)


def _set_acl(path, entries, version=-1):
    return text(path) + vector(entries, acl) + i32(version)


def _typed(path, kind):
    return text(path) + i32(kind)


def _multi(*calls):
    """Each call: (name, argument, ...)."""
    parts = [i32(OPS[n]) + b"\0" + i32(-1) + REQUESTS[n](*a) for n, *a in calls]
    return b"".join(parts) + i32(-1) + b"\1" + i32(-1)


def _auth(scheme, proof, kind=0):
    return i32(kind) + text(scheme) + blob(proof)


def _set_watches(zxid, *paths):
    """data, exist, child; of setWatches2 also persistent, recursive."""
    return i64(zxid) + b"".join(vector(each, text) for each in paths)


def _reconfig(joining=None, leaving=None, members=None, config=-1):
    return text(joining) + text(leaving) + text(members) + i64(config)


def _nothing():
    return b""


REQUESTS = {
    "create": _create,
    "create2": _create,
    "createContainer": _create,
    "createTTL": _create_ttl,
    "delete": _versioned,
    "deleteContainer": _path,
    "check": _versioned,
    "exists": _watched,
    "getData": _watched,
    "getChildren": _watched,
    "getChildren2": _watched,
    "setData": _set_data,
    "getACL": _path,
    "setACL": _set_acl,
    "getAllChildrenNumber": _path,
    "getEphemerals": _path,
    "sync": _path,
    "multi": _multi,
    "multiRead": _multi,
    "reconfig": _reconfig,
    "checkWatches": _typed,
    "removeWatches": _typed,
    "addWatch": _typed,
    "auth": _auth,
    "sasl": blob,
    "setWatches": _set_watches,
    "setWatches2": _set_watches,
    "whoAmI": _nothing,
    "ping": _nothing,
    "closeSession": _nothing,
}


def request(name, *arguments, xid=1):
    """The frame of one request, without its length."""
    header = i32(XIDS.get(name, xid)) + i32(OPS[name])
    return header + REQUESTS[name](*arguments)


def framed(data):
    return i32(len(data)) + data


def hello(timeout_ms, session=0, password=bytes(PASSWORD_BYTES), zxid=0,
          read_only=False):
    """read_only None: without that byte, as clients before 3.4."""
    last = b"" if read_only is None else flag(read_only)
    return (i32(0) + i64(zxid) + i32(timeout_ms) + i64(session) + blob(password)
            + last)


# ---- replies, by the request's name -------------------------------------------------


def _stated_path(r):
    return r.text(), r.stat()


def _results(r):
    """(type, value) each; of an error: ("error", code)."""
    found = []
    while True:
        kind, done, err = r.i32(), r.flag(), r.i32()
        if done:
            return found
        if kind == -1:
            found.append(("error", err, r.i32()))
            continue
        name = NAMES.get(kind)
        found.append((name, err, _of_result(name, r)))


def _of_result(name, r):
    """Within a multi, a check and a delete have no value."""
    return None if name in ("delete", "check") else REPLIES[name](r)


REPLIES = {
    "create": Reader.text,
    "create2": _stated_path,
    "createContainer": _stated_path,
    "createTTL": _stated_path,
    "check": Reader.stat,
    "exists": Reader.stat,
    "setData": Reader.stat,
    "setACL": Reader.stat,
    "getData": lambda r: (r.blob(), r.stat()),
    "getACL": lambda r: (r.vector(r.acl), r.stat()),
    "getChildren": lambda r: r.vector(r.text),
    "getChildren2": lambda r: (r.vector(r.text), r.stat()),
    "getEphemerals": lambda r: r.vector(r.text),
    "getAllChildrenNumber": Reader.i32,
    "sync": Reader.text,
    "addWatch": Reader.i32,
    "whoAmI": lambda r: r.vector(lambda: (r.text(), r.text())),
    "multi": _results,
    "multiRead": _results,
}
NAMES = {number: name for name, number in OPS.items()}


def decoded(name, data):
    """The value behind a reply's header: what is not understood stays bytes."""
    if not data:
        return None
    reader = Reader(data)
    try:
        value = REPLIES[name](reader)
        reader.over()
    except (Cut, KeyError):
        return data
    return value


# ---- a connection -------------------------------------------------------------------


class Peer:
    """One connection. address: (host, port) or a Unix socket's path."""

    def __init__(self, address, seconds=20):
        family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
        self.socket = socket.socket(family)
        self.socket.settimeout(seconds)
        self.socket.connect(address)
        if family == socket.AF_INET:
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.events = []
        self.welcome = None
        self._input = b""
        self.names = []  # of the requests that are not answered yet
        self._xid = 0

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def begin(self, timeout_ms, *arguments, **more):
        """A session, or None: the server has none for us, and closes."""
        self.socket.sendall(framed(hello(timeout_ms, *arguments, **more)))
        return self.welcomed()

    def welcomed(self):
        r = Reader(self.frame())
        r.i32()
        timeout_ms, session, password = r.i32(), r.i64(), r.blob()
        read_only = r.flag() if r.at < len(r.data) else None
        welcome = Welcome(timeout_ms, session, password, read_only)
        self.welcome = welcome if timeout_ms > 0 else None
        return self.welcome

    def frame(self):
        """The next frame; EOFError when the server has hung up."""
        while True:
            if len(self._input) >= 4:
                end = 4 + struct.unpack_from(">i", self._input)[0]
                if len(self._input) >= end:
                    frame = self._input[4:end]
                    self._input = self._input[end:]
                    return frame
            try:
                more = self.socket.recv(65536)
            except (ConnectionResetError, BrokenPipeError):
                more = b""
            if not more:
                raise EOFError("the server hung up")
            self._input += more

    def queue(self, name, *arguments):
        """The bytes of a request, which reply() then expects an answer to."""
        self._xid += 1
        self.names.append(name)
        return framed(request(name, *arguments, xid=self._xid))

    def send(self, name, *arguments):
        self.socket.sendall(self.queue(name, *arguments))

    def message(self):
        """The next Event or Reply, whichever comes."""
        r = Reader(self.frame())
        xid, zxid, err = r.i32(), r.i64(), r.i32()
        if xid == EVENT_XID:
            return Event(zxid, r.i32(), r.i32(), r.text())
        name = self._name_of(xid)
        return Reply(xid, zxid, err, decoded(name, r.data[r.at :]))

    def _name_of(self, xid):
        """Replies come in order, but for a ping's, which may come before."""
        if xid == XIDS["ping"] and "ping" in self.names:
            self.names.remove("ping")
            return "ping"
        return self.names.pop(0) if self.names else None

    def reply(self):
        """The next Reply; events before it go to .events."""
        while isinstance(message := self.message(), Event):
            self.events.append(message)
        return message

    def call(self, name, *arguments):
        self.send(name, *arguments)
        return self.reply()
