"""HTTP as a buyer's browser speaks it: one kept connection, JSON answers."""

import http.client
import json
import socket
import time


class Answer:
    """What came back: status, headers, the body's bytes and its JSON."""

    def __init__(self, status, headers, raw):
        self.status = status
        self.headers = headers
        self.raw = raw
        try:
            self.json = json.loads(raw)
        except ValueError:
            self.json = None

    @property
    def code(self):
        return self.json.get("code") if isinstance(self.json, dict) else None

    def __repr__(self):
        return f"<{self.status} {self.raw[:300]!r}>"


class Lost(Exception):
    """No answer: what the request did is unknown."""


class Client:
    """One buyer. Not for several threads at once."""

    def __init__(self, port, name, timeout=30):
        self.name = name
        self._port = port
        self._timeout = timeout
        self._connection = None

    def close(self):
        if self._connection is not None:
            self._connection.close()
        self._connection = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def request(self, method, path, body=None, headers=None):
        """Sends once, never again by itself; Lost when no answer came."""
        if self._connection is None:
            self._connection = http.client.HTTPConnection(
                "127.0.0.1", self._port, timeout=self._timeout
            )
        try:
            self._connection.request(method, path, body, headers or {})
            reply = self._connection.getresponse()
            return Answer(reply.status, reply.headers, reply.read())
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise Lost(f"{method} {path}: {error!r}") from error

    def get(self, path):
        return self.request("GET", path)

    def post(self, path, body):
        return self.request(
            "POST",
            path,
            json.dumps(body, ensure_ascii=False).encode(),
            {"Content-Type": "application/json"},
        )

    def _sale(self, path, tickets):
        body = {"client_id": self.name}
        if isinstance(tickets, (list, tuple)):
            body["ticket_ids"] = list(tickets)
        else:
            body["ticket_id"] = tickets
        return self.post(path, body)

    def reserve(self, tickets):
        return self._sale("/reserve_ticket", tickets)

    def book(self, tickets):
        return self._sale("/book_ticket", tickets)

    def release(self, tickets):
        return self._sale("/release_ticket", tickets)

    def available(self):
        return self.get("/available_tickets").json["available_tickets"]


def wait_until(condition, seconds, what):
    """What condition() gives as soon as it is true; fails after seconds.

    It is asked less and less often: what is asked may be a browser's work, or
    a session of the database, and others want the processors, too.
    """
    until, pause = time.monotonic() + seconds, 0.005
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > until:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(pause)
        pause = min(1.5 * pause, 0.05)


def free_port():
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
