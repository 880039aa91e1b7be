"""Watching an event live, as the page does.

    with Watcher(port) as watcher:
        watcher.wait_for(lambda w: w.picture.state(7) == "h")

A Watcher reads the event's stream of server-sent events. It does not connect
again by itself. A Picture is what its reader knows of each seat.
"""

import json
import socket
import threading
import time
from dataclasses import dataclass

from web import wait_until


@dataclass
class Frame:
    """One message of the stream."""

    at: float  # time.monotonic() of its arrival
    text: str  # as it came

    @property
    def json(self):
        return json.loads(self.text)

    @property
    def seats(self):
        """[[ordinal, letter, version], ...]"""
        return self.json.get("c", [])


class Picture:
    """Each seat's last known state, whatever order frames come in.

    A seat that a snapshot does not name is available, as of a version less
    than the snapshot's. Of a frame only what is newer than what is known
    counts.
    """

    def __init__(self):
        self.seats = {}  # ordinal: (version, letter)
        self.version = 0

    def snapshot(self, version, seats):
        """All that is not available, and what changed since version."""
        known, self.seats, self.version = self.seats, {}, version
        for ordinal, letter, seat_version in seats:
            self.seats[ordinal] = (seat_version, letter)
        # A frame may be newer than the snapshot that was asked for before.
        for ordinal, (seat_version, letter) in known.items():
            self._note(ordinal, letter, seat_version)

    def frame(self, seats):
        for ordinal, letter, version in seats:
            self._note(ordinal, letter, version)

    def _note(self, ordinal, letter, version):
        known = self.seats.get(ordinal, (self.version - 1, "a"))[0]
        if version > known:
            self.seats[ordinal] = (version, letter)

    def state(self, ordinal):
        return self.seats.get(ordinal, (0, "a"))[1]

    def taken(self):
        """{ordinal: letter} of all that are not available."""
        return {o: letter for o, (_, letter) in self.seats.items() if letter != "a"}


class Watcher:
    """One connection to an event's stream, read by a thread."""

    def __init__(self, port, event="default", headers=(), accept="text/event-stream"):
        self.frames = []
        self.pings = 0
        self.picture = Picture()
        self.ended = threading.Event()
        self.status = None
        self._socket = socket.create_connection(("127.0.0.1", port), 10)
        self._socket.settimeout(None)
        lines = [
            f"GET /api/events/{event}/live HTTP/1.1",
            "Host: localhost",
            *([f"Accept: {accept}"] if accept else []),
            *headers,
        ]
        self._socket.sendall("".join(f"{line}\r\n" for line in [*lines, ""]).encode())
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()
        wait_until(lambda: self.status, 30, "the stream's first line")

    def _read(self):
        try:
            with self._socket.makefile(newline="\n", encoding="utf-8") as lines:
                self._read_head(lines)
                self._read_events(lines)
        except (OSError, ValueError):
            pass  # closed by us
        self.ended.set()

    def _read_head(self, lines):
        status = int(lines.readline().split()[1])
        while lines.readline().strip():
            pass
        self.status = status

    def _read_events(self, lines):
        name, data = "message", None
        for line in lines:
            field, _, value = line.rstrip("\n").partition(": ")
            if field == "event":
                name = value
            elif field == "data":
                data = value
            elif field == "" and not value:
                self._dispatch(name, data)
                name, data = "message", None

    def _dispatch(self, name, data):
        if name == "ping":
            self.pings += 1
        elif data is not None:
            frame = Frame(time.monotonic(), data)
            self.picture.frame(frame.seats)
            self.frames.append(frame)

    def wait_for(self, condition, seconds=30, what="it is seen live"):
        """Until condition(self); what it gives."""
        return wait_until(lambda: condition(self), seconds, what)

    def first(self, ordinal, letter, after=0):
        """The first frame, from the after-th on, that says so; or None."""
        for frame in self.frames[after:]:
            if any(o == ordinal and s == letter for o, s, _ in frame.seats):
                return frame
        return None

    def close(self):
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._socket.close()
        self._thread.join(10)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
