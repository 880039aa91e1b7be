"""What several sessions might send to a ZooKeeper server, from a seed.

    steps = sequence(seed)

The same seed gives the same steps. A step is a tuple:

    ("open", who, timeout_ms, read_only)    a new session
    ("calls", who, [call, ...])             sent at once, then all are answered
    ("drop", who)                           the connection ends, without a word
    ("resume", who, how)                    on a new connection; the old one,
                                            if there is one, has moved
    ("die", who, drop, [call, ...])         a session of its own that sends
                                            this and is not heard of any more
    ("hello", bytes)                        a first frame, and what it leads to

A call is (name, argument, ...) of zk_wire.REQUESTS; "@" in a path stands for a
node that is this sequence's alone, ("zxid", n) for the n-th number since its
beginning. Or it is

    ("bent", call, xid, keep, more)  with so much of its arguments, and more
    ("raw", bytes)                   any frame
    ("head", length)                 only a frame's length
"""

import base64
import hashlib
import random

from zk_wire import OPEN, hello, i32, i64, request
from zookeeper_differences import is_sent

WHO = "ABC"
USERS = ("ann:1", "bob:2", "cid:")
SESSION_MS = 30000

# ---- arguments -------------------------------------------------------------------


def digest(user):
    hashed = base64.b64encode(hashlib.sha1(user.encode()).digest()).decode()
    return ("digest", f"{user.partition(':')[0]}:{hashed}")


NODES = [
    "@", "@/a", "@/b", "@/c", "@/a/a", "@/a/b", "@/b/a", "@/a/a/a", "@/e", "@/é€",
]
ODD_PATHS = [
    "", "a", "@/", "@//a", "@/a/", "@/a//b", "@/.", "@/./a", "@/..", "@/a/../b",
    "@/...", "@/\0", "@/a\0b", "@/\x01", "@/\x7f", "@/\u009f", "@/ ", "@/\ue000",
    "@/\ufff0", "@/\ufeff", "@/\U0001f600", b"@/\xff", b"@/\xed\xa0\x80", b"@/\xc0\xaf",
    b"@/\xe2\x82", "@/" + "x" * 40, None, "@/zookeeper", "zookeeper",
]
TOPS = [
    "/", "/zookeeper", "/zookeeper/quota", "/zookeeper/config", "/zookeeper/x",
    "/zookeeper/config/x",
]
QUOTAS = [
    "/zookeeper/quota@", "/zookeeper/quota@/a",
    "/zookeeper/quota@/zookeeper_limits", "/zookeeper/quota@/zookeeper_stats",
    "/zookeeper/quota@/a/zookeeper_limits", "/zookeeper/quota@/a/zookeeper_stats",
]
LIMITS = [
    b"count=3,bytes=-1", b"count=-1,bytes=20", b"count=2,bytes=10;byteHardLimit=30",
    b"count=-1,bytes=-1;byteHardLimit=40;countHardLimit=4",
    b"countHardLimit=3,byteHardLimit=25", b"count=-1,bytes=-1=;countHardLimit=2",
    b"", b"bytes=5,count=1", b"count=9223372036854775807,bytes=0",
]
DATA = [b"", b"x", b"twelve bytes", b"\0\xff", b"y" * 40, b"z" * 99, None]
ACLS = [
    [(1, "world", "anyone")],
    [(30, "world", "anyone")],
    [(15, "world", "anyone")],
    [(31, "auth", "")],
    [(31, *digest(USERS[0]))],
    [(1, "world", "anyone"), (31, *digest(USERS[1]))],
    [(31, *digest(USERS[0])), (3, *digest(USERS[1])), (16, "world", "anyone")],
    [(31, "ip", "127.0.0.1")],
    [(17, "ip", "127.0.0.0/8"), (1, *digest(USERS[2]))],
    [(31, "ip", "10.0.0.0/8"), (1, "world", "anyone")],
]
ODD_ACLS = [
    [], None, [(0, "world", "anyone")], [(64, "world", "anyone")],
    [(-1, "world", "anyone")], OPEN + OPEN, [(31, "world", "ann")],
    [(31, "nothing", "x")], [(31, None, None)], [(31, "world", None)],
    [(31, "digest", "ann")], [(31, "digest", "ann:x:y")], [(31, "digest", "")],
    [(31, "digest", ":")], [(31, "digest", "a:")], [(31, "digest", ":b")],
    [(31, "digest", None)], [(31, "auth", "ignored")], [(1, "auth", ""), (2, "auth", "")],
    [(31, "ip", "x")], [(31, "ip", "1.2.3")], [(31, "ip", "1.2.3.4.5")],
    [(31, "ip", "127.0.0.1/33")], [(31, "ip", "127.0.0.1/-1")],
    [(31, "ip", "127.0.0.1/0")], [(31, "ip", "256.0.0.1")], [(31, "ip", "01.2.3.4")],
    [(31, "ip", "::1")], [(31, "ip", "")], [(31, "ip", None)], [(31, "", "x")],
    [(31, "super", "x")], [(31, "sasl", "x")], [(31, "x509", "x")],
    [(1, "world", "anyone"), (31, "auth", ""), (4, *digest(USERS[0]))],
    [(2, "world", "anyone"), (1, "world", "anyone")],
]
VERSIONS = [-2, 0, 1, 2, 3, 2**31 - 1, -(2**31)]
FLAGS = [0] * 6 + [1] * 4 + [2] * 3 + [3] * 4 + [4, 5, 6]
ODD_FLAGS = [7, -1, 99, 2**31 - 1, -(2**31)]
TTLS = [1, 100000, 0, -1, -(2**63), 2**63 - 1, 2**40 - 1, 2**40, 2**24]
AUTHS = [("digest", user.encode()) for user in USERS] * 4 + [
    ("ip", b""), ("ip", b"1.2.3.4"), ("digest", b"nocolon"), ("digest", b""),
    ("digest", b":"), ("digest", b"ann:wrong"), ("digest", b"a:b:c"), ("digest", None),
    ("world", b""), ("world", b"anyone"), ("nothing", b""), (None, b""), ("", b""),
    ("sasl", b"x"), ("auth", b""),
]
UNKNOWN_OPS = [0, 10, 23, 99, 108, -2, -12, 1000, 2**31 - 1, -(2**31)]
# After these nothing more may be in flight on the connection, or they are
# handled out of turn.
ALONE = ("auth", "sasl", "closeSession", "bent", "raw", "head")


class Maker:
    """Arguments and calls; what is odd comes at a rate of its own."""

    def __init__(self, seed):
        self.rng = random.Random(seed)
        self.odd_rate = self.rng.choice([0.0, 0.03, 0.15])
        # One kind of watch for each path: see zookeeper_differences.py.
        self.kinds = self.rng.choice(["once", "mixed", "persistent", "recursive"])
        self.acl_rate = self.rng.choice([0.05, 0.2, 0.6])
        # Most happens in few places, so that it meets there.
        self.hot = self.rng.sample(NODES[:8], 3)
        self.watched = []
        self.seed = seed
        # Then one at a time: see zookeeper_differences.py.
        self.quotas = seed % 5 == 0

    def odd(self):
        return self.rng.random() < self.odd_rate

    def pick(self, plain, odd):
        return self.rng.choice(odd if self.odd() else plain)

    def path(self):
        chance = self.rng.random()
        if self.odd():
            return self.rng.choice(ODD_PATHS)
        if chance < 0.05:
            return self.rng.choice(TOPS + QUOTAS if self.quotas else TOPS)
        if chance < 0.12:
            return f"{self.rng.choice(NODES[:4])}/n-{self.rng.randrange(5):010}"
        return self.rng.choice(self.hot if chance < 0.6 else NODES)

    def watched_path(self):
        if self.watched and self.rng.random() < 0.6:
            return self.rng.choice(self.watched)
        return self.path()

    def kind_of(self, path):
        if self.kinds != "mixed":
            return self.kinds
        mix = random.Random(f"{self.seed} {path!r}")
        return mix.choice(["once", "once", "persistent", "recursive"])

    def data_for(self, path):
        """Nodes of a quota have data that is one."""
        if isinstance(path, str) and path.startswith("/zookeeper/quota@"):
            return self.rng.choice(LIMITS)
        return self.data()

    def version(self):
        if self.rng.random() < 0.7:
            return -1
        return self.rng.choice(VERSIONS)

    def data(self):
        return self.rng.choice(DATA)

    def acl(self):
        if self.rng.random() > self.acl_rate:
            return OPEN
        return self.pick(ACLS, ODD_ACLS)

    def flags(self):
        return self.pick(FLAGS, ODD_FLAGS)

    def watch(self, path):
        if self.kind_of(path) != "once" or self.rng.random() < 0.4:
            return False
        self.watched.append(path)
        return True

    # -- calls ----------------------------------------------------------------

    def create(self, name=None):
        name = name or self.rng.choice(["create", "create", "create2"])
        path, flags = self.path(), self.flags()
        if flags in (2, 3, 6) and isinstance(path, str) and self.rng.random() < 0.7:
            path += "/n-"
        if path == "@":
            flags = 0  # nothing of ours outside of it
        return name, path, self.data_for(path), self.acl(), flags

    def container(self):
        name, path, data, entries, flags = self.create("createContainer")
        return name, path, data, entries, flags if self.odd() else 4

    def ttl(self):
        name, path, data, entries, flags = self.create("createTTL")
        ttl_ms = self.pick([1000000], TTLS)
        return name, path, data, entries, flags if self.odd() else 5, ttl_ms

    def delete(self):
        return "delete", self.path(), self.version()

    def set_data(self):
        path = self.path()
        return "setData", path, self.data_for(path), self.version()

    def set_acl(self):
        return "setACL", self.path(), self.pick([OPEN, *ACLS], ODD_ACLS), self.version()

    def check(self):
        return "check", self.path(), self.version()

    def failing_check(self):
        return "check", self.path(), 12345

    def of_path(self, *names):
        return self.rng.choice(names), self.path()

    def read(self):
        name = self.rng.choice(["exists", "getData", "getChildren", "getChildren2"])
        path = self.path()
        return name, path, self.watch(path)

    def multi(self):
        makers = [self.create, self.create, self.container, self.ttl, self.delete,
                  self.set_data, self.set_data, self.check]
        if self.odd():
            makers.append(self.set_acl)
        n = self.rng.randrange(2 if self.quotas else 6)
        return ("multi", *(self.rng.choice(makers)() for _ in range(n)))

    def multi_read(self):
        calls = []
        for _ in range(self.rng.randrange(5)):
            path = self.path()
            names = ["getData", "getChildren"] + ["exists"] * self.odd()
            calls.append((self.rng.choice(names), path, self.watch(path)))
        return ("multiRead", *calls)

    def add_watch(self):
        path = self.path()
        kind = self.kind_of(path)
        if kind == "once":
            return self.read()
        self.watched.append(path)
        mode = {"persistent": 0, "recursive": 1}[kind]
        return "addWatch", path, self.pick([mode], [2, -1, 99])

    def typed(self):
        name = self.rng.choice(["checkWatches", "removeWatches"])
        return name, self.watched_path(), self.pick([1, 2, 3, 3], [0, 4, -1])

    def set_watches(self):
        once, lasting = [[], [], []], {"persistent": [], "recursive": []}
        for _ in range(self.rng.randrange(6)):
            path = self.path()
            kind = self.kind_of(path)
            (lasting[kind] if kind in lasting else self.rng.choice(once)).append(path)
        since = self.rng.choice([0, 1, ("zxid", self.rng.randrange(60)), 2**62])
        if self.odd():
            once[self.rng.randrange(3)] = None
        if any(lasting.values()) or self.rng.random() < 0.5:
            return ("setWatches2", since, *once, *lasting.values())
        return ("setWatches", since, *once)

    def simple(self):
        return (self.rng.choice(["whoAmI", "ping", "ping"]),)

    def reconfig(self):
        return "reconfig", "server.1=x:1:2", None, None, -1

    def raw(self):
        """A request with an end cut off, or more, or of an unknown kind."""
        chance = self.rng.random()
        if chance < 0.2:
            return "raw", i32(7) + i32(self.rng.choice(UNKNOWN_OPS))
        if chance < 0.25:
            return "raw", bytes(self.rng.randrange(8))
        if chance < 0.3:
            return "head", self.rng.choice([2**20, 2**31 - 1, -1, -(2**31)])
        call = self.call()
        if call[0] in ALONE and call[0] not in ("auth", "sasl"):
            return self.raw()
        xid = self.rng.choice([7, 0, -3, 2**31 - 1])
        if self.rng.random() < 0.6:
            return "bent", call, xid, self.rng.random(), b""
        return "bent", call, xid, 1, self.rng.choice([b"", b"\0", b"more"])

    def vast(self):
        """As large as may be, or one byte more."""
        size = 0xFFFFF - len(request("setData", "@/a", b"", -1)) + self.rng.choice([-40, -41])
        return "setData", "@/a", b"v" * size, -1

    @staticmethod
    def table():
        weighted = [
            (Maker.create, 22), (Maker.container, 3), (Maker.ttl, 3),
            (Maker.delete, 9), (Maker.set_data, 10), (Maker.set_acl, 4),
            (Maker.failing_check, 1), (Maker.read, 18), (Maker.multi, 7),
            (Maker.multi_read, 2), (Maker.add_watch, 9), (Maker.typed, 4),
            (Maker.set_watches, 2), (Maker.simple, 2), (Maker.reconfig, 0.2),
            (lambda m: m.of_path("getACL"), 3),
            (lambda m: m.of_path("getEphemerals"), 1),
            (lambda m: m.of_path("getAllChildrenNumber", "sync"), 1.5),
            (lambda m: m.of_path("deleteContainer"), 0.5),
            (lambda m: ("auth", *m.rng.choice(AUTHS)), 5),
            (lambda m: ("sasl", m.rng.choice([b"x", b"", None])), 0.3),
            (lambda m: ("closeSession",), 0.5),
            (Maker.raw, 4),
        ]
        return [each for each, _ in weighted], [weight for _, weight in weighted]

    def call(self):
        makers, weights = self.table()
        while True:
            call = self.rng.choices(makers, weights)[0](self)
            if is_sent(call):
                return call

    def calls(self, most):
        """Some, sent together; what wants to be alone is."""
        calls = [self.call() for _ in range(self.rng.randint(1, most))]
        if calls[0][0] in ALONE:
            return calls[:1]
        calls = [call for call in calls if call[0] not in ALONE]
        last = next((i for i, c in enumerate(calls) if c[0] == "setACL"), len(calls))
        return calls[: last + 1]

    def quota(self):
        """Nodes that limit what is below "@" or "@/a"."""
        where = self.rng.choice(["", "/a"])
        paths = ["/zookeeper/quota@", "/zookeeper/quota@" + where]
        made = [("create", path) for path in dict.fromkeys(paths)]
        if where and self.rng.random() < 0.8:
            made.append(("create", "@/a"))
        limits = ("create", paths[1] + "/zookeeper_limits", self.rng.choice(LIMITS))
        stats = ("create", paths[1] + "/zookeeper_stats", b"count=0,bytes=0")
        both = [limits, stats]
        self.rng.shuffle(both)
        return made + both

    # -- steps ----------------------------------------------------------------

    def hello_step(self):
        first = self.rng.choice([
            hello(SESSION_MS)[: self.rng.randrange(44)],
            hello(SESSION_MS, zxid=2**62),
            hello(SESSION_MS, session=12345),
            hello(SESSION_MS, password=None, session=77),
            hello(SESSION_MS, session=-1, password=b""),
            i32(1) + i64(0) + i32(SESSION_MS) + i64(99) + i32(2**30) + b"x",
        ])
        return "hello", first

    def step(self):
        chance = self.rng.random()
        who = self.rng.choice(WHO)
        if chance < 0.03:
            return "drop", who
        if chance < 0.08:
            return "resume", who, self.rng.choice(["right", "right", "right", "wrong",
                                                   "short", "other"])
        if chance < 0.1:
            return "open", who, self.rng.choice([SESSION_MS, 2**31 - 1, 12345]), \
                self.rng.choice([False, False, True, None])
        if chance < 0.11:
            return self.hello_step()
        return "calls", who, self.calls(self.rng.choice([1, 3, 8]))

    def steps(self):
        """A step, for most; a step for each call where quotas count."""
        step = self.step()
        if self.quotas and step[0] == "calls":
            return [("calls", step[1], [call]) for call in step[2]]
        return [step]


def sequence(seed):
    maker = Maker(seed)
    steps = [("open", who, SESSION_MS, False) for who in WHO]
    # Something to work on, else most calls meet no node.
    made = ["@/a", "@/b", "@/a/a", *maker.rng.sample(NODES[3:], 3)]
    steps.append(("calls", "A", [("create", path) for path in made]))
    if maker.quotas:
        steps += [("calls", "B", [call]) for call in maker.quota()]
    for _ in range(maker.rng.randint(6, 24)):
        steps += maker.steps()
    if seed % 40 == 7:
        calls = [call for call in maker.calls(6) if call[0] not in ALONE]
        steps.insert(maker.rng.randint(5, len(steps)),
                     ("die", "D", maker.rng.random() < 0.5, calls))
    if seed % 200 == 9:
        steps.append(("calls", "A", [maker.vast()]))
    return steps
