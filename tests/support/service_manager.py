"""A service manager, played by the test, as systemd does it.

It binds sockets, passes them from descriptor 3 on, and reads what it is told
on a datagram socket, as sd_notify(3) and sd_listen_fds(3) say.
"""

import contextlib
import os
import select
import signal
import socket
import subprocess

import pytest

WATCHDOG_US = 200_000


class Manager(contextlib.ExitStack):
    """Starts one server, and hears what it says of itself."""

    def __init__(self, program, home, abstract=False,
                 fixed=("--durability", "none")):
        super().__init__()
        self.program, self.home, self.fixed = program, home, fixed
        self.ear = self.enter_context(
            socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
        name = f"hf-{os.getpid()}-{home.name}" if abstract else str(home / "notify")
        self.ear.bind("\0" + name if abstract else name)
        self.name = "@" + name if abstract else name
        self.process = None

    def start(self, *options, sockets=(), pid="$$", n=None, environment=()):
        """The sockets become 3, 4...: a shell moves them, and becomes the server."""
        moved = [f"exec {3 + i}<&{s.fileno()}" for i, s in enumerate(sockets)]
        assert all(s.fileno() > 3 + len(sockets) for s in sockets)
        count = len(sockets) if n is None else n
        listen = f"export LISTEN_FDS={count} LISTEN_PID={pid};" if sockets or n else ""
        self.process = subprocess.Popen(
            ["bash", "-c", "; ".join([*moved, listen + ' exec "$@"']), "sh",
             self.program, *self.fixed, *options],
            pass_fds=[s.fileno() for s in sockets], stderr=subprocess.PIPE,
            text=True, cwd=self.home,
            env={**os.environ, "NOTIFY_SOCKET": self.name, **dict(environment)})
        self.callback(self.end)

    def end(self):
        if self.process.poll() is None:
            self.process.kill()
        return self.process.communicate(timeout=30)[1]

    def hears(self, seconds=30):
        """The next thing it says; None when it is silent so long."""
        if not select.select([self.ear], [], [], seconds)[0]:
            return None
        return self.ear.recv(4096).decode()

    def watches_a_loop_that_is_stopped(self, *options):
        """A server feeds the watchdog while its loop goes round, and only then."""
        self.start(*options, environment={"WATCHDOG_USEC": str(WATCHDOG_US)}.items())
        assert self.hears() == "READY=1"
        for _ in range(3):
            assert self.hears() == "WATCHDOG=1"
        os.kill(self.process.pid, signal.SIGSTOP)
        os.waitid(os.P_PID, self.process.pid, os.WSTOPPED)
        while self.hears(0):
            pass
        assert self.hears(3 * WATCHDOG_US / 1e6) is None, "it is stuck"
        os.kill(self.process.pid, signal.SIGCONT)
        assert self.hears() == "WATCHDOG=1"


@pytest.fixture
def listening(tmp_path):
    """Listening sockets, with descriptors well above those they become."""
    made = []

    def make(family, address):
        with socket.socket(family) as one:
            one.bind(address)
            one.listen()
            high = os.dup2(one.fileno(), 100 + len(made), inheritable=False)
        made.append(socket.socket(fileno=high))
        return made[-1]

    yield make
    for one in made:
        one.close()
