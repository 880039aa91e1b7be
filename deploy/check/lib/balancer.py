"""One address for several: gives each connection to the next place in turn, as
the Service of a cluster does; to another one where nobody answers, and to none
of which is_ready says no.

    with Balancer([("10.0.0.2", 6005), ("10.0.0.3", 6005)]) as one:
        Client(one.port, "ann")
"""

import itertools
import selectors
import socket
import threading


class Balancer:
    def __init__(self, places):
        self.places = places
        self.is_ready = lambda place: True
        self.served = dict.fromkeys(places, 0)
        self._turn = itertools.count()
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._accept, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _accept(self):
        while True:
            try:
                buyer, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(buyer,), daemon=True).start()

    def _serve(self, buyer):
        with buyer:
            place = self._connect()
            if place is not None:
                with place:
                    pass_on(buyer, place)

    def _connect(self):
        first = next(self._turn)
        for n in range(len(self.places)):
            place = self.places[(first + n) % len(self.places)]
            if not self.is_ready(place):
                continue
            try:
                found = socket.create_connection(place, timeout=1)
            except OSError:
                continue
            found.settimeout(None)
            self.served[place] += 1
            return found
        return None


def pass_on(one, other):
    """Both ways, until either ends."""
    with selectors.DefaultSelector() as ready:
        ready.register(one, selectors.EVENT_READ, other)
        ready.register(other, selectors.EVENT_READ, one)
        while True:
            for key, _ in ready.select():
                try:
                    data = key.fileobj.recv(65536)
                    if not data:
                        return
                    key.data.sendall(data)
                except OSError:
                    return
