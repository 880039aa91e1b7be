"""A proxy in front of a ZooKeeper server, whose connections a test can spoil.

    with Proxy(server.port) as proxy:
        proxy.cut()        # every connection ends
        proxy.refuse()     # and no new one is taken, until accept()
        proxy.at_write(f)  # at the next create or multi: see there
        proxy.before_write(f)  # calls f, then lets it through
"""

import contextlib
import socket
import struct
import threading

MULTI, CREATE2 = 14, 15


class Requests:
    """Cuts one client's bytes into frames and tells the kind of each."""

    def __init__(self):
        self._bytes = b""
        self._greeted = False

    def kinds(self, data):
        self._bytes += data
        while len(self._bytes) >= 4:
            (length,) = struct.unpack_from(">i", self._bytes)
            if len(self._bytes) < 4 + length:
                return
            frame, self._bytes = self._bytes[4 : 4 + length], self._bytes[4 + length :]
            if self._greeted:
                yield struct.unpack_from(">ii", frame)[1]
            self._greeted = True


class Proxy:
    def __init__(self, port):
        self._target = port
        self._lock = threading.Lock()
        self._pairs = set()
        self._refusing = False
        self._spoil = self._before = None
        self._silent = False
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                try:
                    self._join(client)
                except OSError:
                    client.close()

    def _join(self, client):
        server = socket.create_connection(("127.0.0.1", self._target))
        with self._lock:
            if self._refusing:
                raise ConnectionRefusedError
            self._pairs.add((client, server))
        for pump in (self._ask, self._answer):
            threading.Thread(target=pump, args=(client, server), daemon=True).start()

    def _ask(self, client, server):
        requests = Requests()
        with contextlib.suppress(OSError):
            while data := client.recv(65536):
                self._look_at(requests.kinds(data))
                server.sendall(data)
        self._end(client, server)

    def _look_at(self, kinds):
        if not {MULTI, CREATE2}.intersection(kinds):
            return
        if self._before is not None:
            before, self._before = self._before, None
            before()
        if self._spoil is not None:
            spoil, self._spoil = self._spoil, None
            self._silent = True
            threading.Thread(target=spoil, daemon=True).start()

    def _answer(self, client, server):
        with contextlib.suppress(OSError):
            while data := server.recv(65536):
                if not self._silent:
                    client.sendall(data)
        self._end(client, server)

    @staticmethod
    def _end(*sockets):
        for end in sockets:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def at_write(self, spoil):
        """From the next write on no answer comes back, and spoil() is called
        on a thread of its own; it ends that by cut() or refuse()."""
        self._spoil = spoil

    def before_write(self, meanwhile):
        """Keeps the next write back until meanwhile() has returned."""
        self._before = meanwhile

    def cut(self):
        with self._lock:
            pairs, self._pairs = self._pairs, set()
        for pair in pairs:
            self._end(*pair)
        self._silent = False

    def refuse(self):
        with self._lock:
            self._refusing = True
        self.cut()

    def accept(self):
        with self._lock:
            self._refusing = False
