"""A RESP peer that keeps the bytes: replies come back as they were sent.

For comparing two servers byte for byte, where a client library would have
made the same value of different replies.
"""

import socket


class Wire:
    """One connection; ask() gives the raw bytes of exactly one reply."""

    def __init__(self, path, seconds=20):
        self.peer = socket.socket(socket.AF_UNIX)
        self.peer.settimeout(seconds)
        self.peer.connect(path)
        self.input = self.peer.makefile("rb")

    def close(self):
        self.input.close()
        self.peer.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def send(self, *words):
        parts = [w if isinstance(w, bytes) else str(w).encode() for w in words]
        request = b"*%d\r\n" % len(parts)
        for part in parts:
            request += b"$%d\r\n%s\r\n" % (len(part), part)
        self.peer.sendall(request)

    def ask(self, *words):
        self.send(*words)
        return self.reply()

    def _line(self):
        line = self.input.readline()
        if not line.endswith(b"\r\n"):
            raise EOFError(f"the server hung up after {line!r}")
        return line

    def reply(self):
        """One whole reply, with all that is nested in it."""
        taken, left = [], 1
        while left > 0:
            line = self._line()
            taken.append(line)
            left -= 1
            kind, count = line[:1], line[1:-2]
            if kind in (b"$", b"=") and count != b"-1":
                taken.append(self._exactly(int(count) + 2))
            elif kind in (b"*", b"~", b">") and count != b"-1":
                left += int(count)
            elif kind == b"%":
                left += 2 * int(count)
            elif kind not in (b"+", b"-", b":", b"$", b"*", b"_", b"#", b",", b"("):
                raise ValueError(f"not a reply: {line!r}")
        return b"".join(taken)

    def _exactly(self, n):
        data = self.input.read(n)
        if len(data) < n:
            raise EOFError("the server hung up within a reply")
        return data
