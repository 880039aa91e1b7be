"""A hold and a store of the worker's, driven from a test.

    with Driver(lock, database_url=db.url) as d:
        grant = d.acquire("ann", 5000, "1", "2")
        d.reserve("ann", grant, "1", "2")

Each Driver is one process with one connection to each service, as one thread
of a worker has (tests/fcgi/driver.c). lock is a server (servers.py), or the
environment that names one. What a call logged is in .log().
"""

import os
import subprocess
import tempfile
from dataclasses import dataclass, field

from servers import build_path


def _word(text):
    """Bytes or text as one word of the driver's language."""
    raw = text if isinstance(text, bytes) else str(text).encode()
    plain = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"
    return "".join(chr(b) if b in plain else f"%{b:02x}" for b in raw)


@dataclass
class Grant:
    fence: int
    remaining_ms: int
    fresh: bool = True


@dataclass
class Row:
    state: str
    mine: bool
    remaining_ms: int


@dataclass
class Result:
    code: str  # ok, held, notowner, unreachable
    service: str = None
    grants: list = field(default_factory=list)
    refused: int = None
    refused_ms: int = None
    rows: list = None

    @property
    def ok(self):
        return self.code == "ok"


def tokens(service, *fences, ms=60000):
    """An answer of a lock service that nobody asked, to reserve with."""
    return Result("ok", service, [Grant(fence, ms) for fence in fences])


class Driver:
    def __init__(self, lock=None, lock_url=None, database_url=None, **more):
        environment = {**os.environ, **more}
        if lock is not None:
            environment.update(getattr(lock, "worker_settings", lock))
        if lock_url is not None:
            environment["LOCK_URL"] = lock_url
        if database_url is not None:
            environment["DATABASE_URL"] = database_url
        self._log = tempfile.TemporaryFile()
        self._process = subprocess.Popen(
            [build_path("tests", "fcgi", "driver")],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        self.close(check=kind is None)

    @property
    def pid(self):
        return self._process.pid

    def log(self):
        self._log.seek(0)
        return self._log.read().decode(errors="replace")

    def close(self, check=True):
        """Ends it; a leak or a crash of it is a failure."""
        self._process.stdin.close()
        status = self._process.wait(60)
        self._process.stdout.close()
        log = self.log()
        self._log.close()
        assert not check or status == 0, f"the driver ended with {status}:\n{log}"

    def send(self, *words):
        """Begins a call; receive() waits for its answer."""
        self._process.stdin.write(" ".join(words) + "\n")
        self._process.stdin.flush()

    def receive(self):
        line = self._process.stdout.readline()
        assert line, f"the driver ended:\n{self.log()}"
        return line.split()

    def _call(self, *words):
        self.send(*words)
        return self.receive()

    # -- the hold ----------------------------------------------------------

    @staticmethod
    def _answer(words):
        result = Result(words[0])
        if len(words) > 1:
            result.service = words[1]
        for word in words[2:]:
            parts = [int(part) for part in word.split(":")]
            if result.ok:
                result.grants.append(Grant(parts[0], parts[1], parts[2] == 1))
            else:
                result.refused, result.refused_ms = parts
        return result

    def _hold(self, verb, client, arguments, tickets):
        ids = [_word(t) for t in tickets]
        return self._answer(self._call(verb, _word(client), *arguments, *ids))

    def acquire(self, client, ttl_ms, *tickets):
        return self._hold("acquire", client, [str(ttl_ms)], tickets)

    def extend(self, client, ttl_ms, *tickets):
        return self._hold("extend", client, [str(ttl_ms)], tickets)

    def check(self, client, *tickets):
        return self._hold("check", client, [], tickets)

    def release(self, client, fences, *tickets):
        """fences: None for whatever the client holds."""
        listed = "*" if fences is None else ",".join(map(str, fences))
        return self._hold("release", client, [listed], tickets).code

    def let_go(self, client, fences, *tickets):
        listed = "*" if fences is None else ",".join(map(str, fences))
        return self._hold("let_go", client, [listed], tickets).code

    def hold_ping(self):
        return self._call("hold_ping")[0]

    # -- the store ---------------------------------------------------------

    @staticmethod
    def _rows(words):
        rows = []
        for word in words[1:]:
            state, mine, ms = word.split(":")
            rows.append(Row(state, mine == "1", int(ms)))
        return Result(words[0], rows=rows)

    @staticmethod
    def sale_words(verb, client, answer, tickets):
        triples = [
            f"{_word(ticket)}:{grant.fence}:{grant.remaining_ms}"
            for ticket, grant in zip(tickets, answer.grants, strict=True)
        ]
        return [verb, _word(client), answer.service, *triples]

    def reserve(self, client, answer, *tickets):
        words = self.sale_words("reserve", client, answer, tickets)
        return self._rows(self._call(*words))

    def book(self, client, answer, *tickets):
        words = self.sale_words("book", client, answer, tickets)
        return self._rows(self._call(*words))

    def free(self, client, *tickets):
        return self._rows(self._call("free", _word(client), *map(_word, tickets)))

    def rows(self, client, *tickets):
        return self._rows(self._call("rows", _word(client), *map(_word, tickets)))

    def available(self):
        """The ids, or None when the database is not to be had."""
        *ids, code = self._call("available")
        return ids if code == "ok" else None

    def store_ping(self):
        return self._call("store_ping")[0]
