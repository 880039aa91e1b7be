"""Private servers for tests: PostgreSQL, and what workers hold tickets with:
redis-server, lockd, ZooKeeper.

Each listens on a Unix socket in a fresh, short temp directory (a socket's
path has room for 107 bytes) and nowhere else; ZooKeeper, which cannot, on a
free port of the loopback. They are context managers:

    with Postgres() as db, Redis() as lock:
        worker(DATABASE_URL=db.url, LOCK_URL=lock.url)
        db.kill()       # as a power cut would: every process of it
        db.start()      # the same data, the same URL
        lock.pause()    # SIGSTOP: it accepts, and never answers
        lock.resume()

start() returns when the server answers. What it logged is in .log().
PostgreSQL refuses to run as root; then it runs as user postgres.
"""

import atexit
import contextlib
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time

import pq
from web import free_port, wait_until

READY_SECONDS = 60


def build_path(*parts):
    """A file of the build tree: build_path("lockd", "lockd")."""
    return str(pathlib.Path(os.environ["HOLDFAST_BUILD"], *parts))


def _children(pid):
    """All processes below pid, parents first."""
    parents = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            with contextlib.suppress(OSError):
                stat = pathlib.Path("/proc", entry, "stat").read_text()
                parent = int(stat.rpartition(")")[2].split()[1])
                parents.setdefault(parent, []).append(int(entry))
    found, todo = [], [pid]
    while todo:
        for child in parents.get(todo.pop(), ()):
            found.append(child)
            todo.append(child)
    return found


def _gone(pid):
    """Ended, though perhaps not yet waited for by its new parent."""
    try:
        stat = pathlib.Path("/proc", str(pid), "stat").read_text()
    except OSError:
        return True
    return stat.rpartition(")")[2].split()[0] in "ZX"


def _end(number, frame):
    """SIGTERM to a test: as an exit, so that no server is left behind."""
    raise SystemExit(128 + number)


if threading.current_thread() is threading.main_thread():
    signal.signal(signal.SIGTERM, _end)


class Server:
    """One server process, in a temp directory of its own."""

    name = "server"
    user = None  # run as this user; None: as ourselves
    stop_signal = signal.SIGTERM

    def __init__(self, **environment):
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="hf-"))
        self.environment = environment
        self.process = None
        if self.user is not None:
            shutil.chown(self.home, self.user)
        atexit.register(self.close)

    # -- what each kind of server says of itself ---------------------------

    def command(self):
        raise NotImplementedError

    def answers(self):
        raise NotImplementedError

    # -- its life ----------------------------------------------------------

    @property
    def pid(self):
        return self.process.pid

    def running(self):
        return self.process is not None and self.process.poll() is None

    def start(self):
        """Starts it, or starts it again on the same data, and waits."""
        self.launch()
        self.wait_ready()
        return self

    def launch(self):
        """Starts it and does not wait until it answers."""
        assert not self.running(), f"{self.name} runs already"
        with open(self.home / "log", "ab") as log:
            self.process = subprocess.Popen(
                self.command(),
                cwd=self.home,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, **self.environment},
                **self._identity(),
            )

    def _identity(self):
        if self.user is None:
            return {}
        return {"user": self.user, "group": self.user, "extra_groups": []}

    def wait_ready(self, seconds=READY_SECONDS):
        def ready():
            assert self.running(), f"{self.name} ended"
            return self.answers()

        try:
            wait_until(ready, seconds, f"{self.name} answers")
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.log()}") from None

    def stop(self):
        """Asks it to end; gives its exit status."""
        if not self.running():
            return self.process.returncode if self.process else None
        self.resume()
        self.process.send_signal(self.stop_signal)
        try:
            return self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.kill()
            raise

    def kill(self):
        """SIGKILL to every process of it, at once."""
        if self.running():
            pids = self._signal(signal.SIGKILL)
            self.process.wait()
            # One that still ends would keep the next start from its memory.
            wait_until(lambda: all(map(_gone, pids)), 30, "all of it is gone")

    def pause(self):
        self._signal(signal.SIGSTOP)

    def resume(self):
        self._signal(signal.SIGCONT)

    def _signal(self, number):
        """To the parent first: it must not see its children die."""
        pids = [self.pid, *_children(self.pid)]
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
        return pids

    def log(self):
        path = self.home / "log"
        return path.read_text(errors="replace") if path.exists() else ""

    def close(self):
        """Kills it and removes all its files."""
        if self.process is not None:
            self.kill()
        shutil.rmtree(self.home, ignore_errors=True)
        atexit.unregister(self.close)

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            self.close()
            raise

    def __exit__(self, *_):
        self.close()


class Postgres(Server):
    """A PostgreSQL cluster with one empty database.

    fsync=False for tests that never ask what survived a power cut (a kill -9
    loses nothing either way). settings: more lines for its configuration.
    """

    name = "postgres"
    user = "postgres" if os.geteuid() == 0 else None
    stop_signal = signal.SIGINT  # "fast": ends its sessions
    role = database = "holdfast"

    def __init__(self, fsync=True, settings=None):
        super().__init__()
        self.settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.home),
            "fsync": "on" if fsync else "off",
            "shared_buffers": "32MB",
            "max_connections": "100",
            "timezone": "UTC",
            # Else what a killed server shares stays in /dev/shm for good.
            "dynamic_shared_memory_type": "mmap",
            **(settings or {}),
        }
        self.programs = self._programs()

    @staticmethod
    def _programs():
        """The folder of initdb and postgres; Debian's is not in PATH."""
        found = shutil.which("initdb")
        if found:
            return pathlib.Path(found).resolve().parent
        debian = pathlib.Path("/usr/lib/postgresql")
        versions = sorted(debian.glob("*/bin"), key=lambda p: float(p.parent.name))
        assert versions, "PostgreSQL is missing: apt-get install postgresql"
        return versions[-1]

    @property
    def url(self):
        return self.url_of(self.database)

    def url_of(self, database):
        return f"postgresql://{self.role}@/{database}?host={self.home}"

    @property
    def data(self):
        return self.home / "data"

    def command(self):
        return [str(self.programs / "postgres"), "-D", str(self.data)]

    def start(self):
        if not self.data.exists():
            self._create()
        return super().start()

    def _create(self):
        made = subprocess.run(
            [
                str(self.programs / "initdb"),
                *("-D", str(self.data), "-U", self.role, "-A", "trust"),
                *("-E", "UTF8", "--locale=C", "--no-sync"),
            ],
            cwd=self.home,
            capture_output=True,
            text=True,
            **self._identity(),
        )
        assert made.returncode == 0, made.stdout + made.stderr
        with open(self.data / "postgresql.conf", "a") as conf:
            for name, value in self.settings.items():
                conf.write(f"{name} = '{value}'\n")

    def answers(self):
        try:
            have = pq.rows(self.url_of("postgres"), "SELECT datname FROM pg_database")
            if [self.database] not in have:
                pq.rows(self.url_of("postgres"), f"CREATE DATABASE {self.database}")
        except pq.Refused:
            return False
        return True

    def sql(self, text):
        """Runs statements; their rows as lists of strings."""
        return pq.rows(self.url, text)

    def value(self, text):
        """The one value that a statement gives, as a string."""
        return self.sql(text)[0][0]


class LockServer(Server):
    """What speaks RESP on a Unix socket."""

    @property
    def socket(self):
        return str(self.home / "sock")

    @property
    def url(self):
        return f"unix://{self.socket}"

    @property
    def worker_settings(self):
        """What tells a worker to hold tickets with it."""
        return {"LOCK_TYPE": "distributed_lock", "LOCK_URL": self.url}

    def forget(self):
        """All of its state, as if it were new."""
        self.call("FLUSHALL")

    def holds(self):
        """{ticket: ms until its hold's deadline}."""
        import redis

        prefix = b"{holdfast}:hold:"
        with redis.Redis(unix_socket_path=self.socket) as client:
            return {
                key[len(prefix) :].decode(): client.pttl(key)
                for key in client.scan_iter(prefix + b"*")
            }

    def call(self, *words):
        """The raw first bytes of the reply to one command."""
        parts = [w if isinstance(w, bytes) else str(w).encode() for w in words]
        request = b"*%d\r\n" % len(parts)
        for part in parts:
            request += b"$%d\r\n%s\r\n" % (len(part), part)
        with socket.socket(socket.AF_UNIX) as peer:
            peer.settimeout(10)
            peer.connect(self.socket)
            peer.sendall(request)
            return peer.recv(65536)

    def answers(self):
        try:
            # One with a password asks for it, and so answers, too.
            return self.call("PING").startswith((b"+PONG", b"-NOAUTH"))
        except OSError:
            return False


class Redis(LockServer):
    """Debian's redis-server without persistence."""

    name = "redis-server"

    def __init__(self, *options, **environment):
        super().__init__(**environment)
        self.options = options

    def command(self):
        return [
            "redis-server",
            *("--port", "0", "--unixsocket", self.socket),
            *("--save", "", "--appendonly", "no", "--daemonize", "no"),
            *("--dir", str(self.home), *self.options),
        ]


class Lockd(LockServer):
    """Our own."""

    name = "lockd"

    def __init__(self, *options, **environment):
        super().__init__(**environment)
        self.options = options

    def command(self):
        return [
            build_path("lockd", "lockd"),
            *("--unix", self.socket, "--dir", str(self.home), *self.options),
        ]


class NodeServer(Server):
    """What speaks the ZooKeeper protocol."""

    chroot = ""

    @property
    def hosts(self):
        """As kazoo takes it: host:port,..."""
        raise NotImplementedError

    @property
    def url(self):
        return f"zk://{self.hosts}{self.chroot}"

    @property
    def worker_settings(self):
        return {"LOCK_TYPE": "ephemeral_node", "NODE_URL": self.url}

    def client(self):
        """A kazoo client, connected; the caller stops and closes it."""
        from kazoo.client import KazooClient

        client = KazooClient(self.hosts, timeout=10)
        client.start(READY_SECONDS)
        return client

    @contextlib.contextmanager
    def connected(self):
        client = self.client()
        try:
            yield client
        finally:
            client.stop()
            client.close()

    def forget(self):
        with self.connected() as client:
            client.delete(f"{self.chroot}/holdfast", recursive=True)

    def holds(self):
        from kazoo.exceptions import NoNodeError

        held, top = {}, f"{self.chroot}/holdfast/tickets"
        with self.connected() as client, contextlib.suppress(NoNodeError):
            for ticket in client.get_children(top):
                nodes = client.get_children(f"{top}/{ticket}")
                if nodes:
                    first = min(nodes, key=lambda node: node[-10:])
                    data, stat = client.get(f"{top}/{ticket}/{first}")
                    until = stat.mtime + int(data.partition(b":")[0])
                    held[ticket] = until - round(time.time() * 1000)
        return held


class OneNodeServer(NodeServer):
    """One that listens on a port of ours."""

    def __init__(self, **environment):
        super().__init__(**environment)
        self.port = free_port()

    @property
    def hosts(self):
        return f"127.0.0.1:{self.port}"

    def ask(self, word):
        """The answer to a four-letter word."""
        with socket.create_connection(("127.0.0.1", self.port), 1) as peer:
            peer.sendall(word.encode())
            peer.shutdown(socket.SHUT_WR)
            return peer.makefile().read()

    def answers(self):
        try:
            return "Mode: " in self.ask("srvr")
        except OSError:
            return False


class Ephemerald(OneNodeServer):
    """Our own; session_ms: the longest session that it gives."""

    name = "ephemerald"

    def __init__(self, *options, session_ms=40000, **environment):
        super().__init__(**environment)
        self.options = options
        self.session_ms = session_ms

    @property
    def socket(self):
        return str(self.home / "sock")

    def command(self):
        return [
            build_path("ephemerald", "ephemerald"),
            *("--unix", self.socket, "--tcp", self.hosts),
            *("--dir", str(self.home / "state")),
            *("--max-session-timeout", str(self.session_ms), *self.options),
        ]


class Zookeeper(OneNodeServer):
    """Debian's zookeeper; alone, or one of an ensemble.

    session_ms: the longest session that it gives.
    """

    name = "zookeeper"
    jar = "/usr/share/java/zookeeper.jar"

    def __init__(self, session_ms=40000, **settings):
        super().__init__()
        self.settings = {
            "tickTime": 500,
            "dataDir": self.home / "data",
            "clientPort": self.port,
            "clientPortAddress": "127.0.0.1",
            "admin.enableServer": "false",
            "4lw.commands.whitelist": "*",
            "maxClientCnxns": 0,
            "maxSessionTimeout": session_ms,
            **settings,
        }

    def command(self):
        conf = self.home / "zoo.cfg"
        conf.write_text(
            "".join(f"{name}={value}\n" for name, value in self.settings.items())
        )
        (self.home / "data").mkdir(exist_ok=True)
        return [
            *("java", "-Xmx128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"),
            *("-cp", self.jar),
            "org.apache.zookeeper.server.quorum.QuorumPeerMain",
            str(conf),
        ]

    def leads(self):
        """Whether it is its ensemble's leader."""
        try:
            return "Mode: leader" in self.ask("srvr")
        except OSError:
            return False


class Ensemble(NodeServer):
    """Three zookeepers; a server of its own each."""

    name = "ensemble"

    def __init__(self, **settings):
        quorum = [f"127.0.0.1:{free_port()}:{free_port()}" for _ in range(3)]
        common = {
            "initLimit": 10,
            "syncLimit": 4,
            **{f"server.{i}": where for i, where in enumerate(quorum, 1)},
            **settings,
        }
        self.servers = [Zookeeper(**common) for _ in quorum]
        for number, server in enumerate(self.servers, 1):
            (server.home / "data").mkdir()
            (server.home / "data/myid").write_text(str(number))

    @property
    def hosts(self):
        return ",".join(server.hosts for server in self.servers)

    def start(self):
        # One alone does not answer: all start, then all are waited for.
        for server in self.servers:
            server.launch()
        for server in self.servers:
            server.wait_ready()
        return self

    def leader(self):
        return next(s for s in self.servers if s.running() and s.leads())

    def close(self):
        for server in self.servers:
            server.close()


# Whatever workers can hold tickets with.
NODE_SERVICES = {"ephemerald": Ephemerald, "zookeeper": Zookeeper}
LOCK_SERVICES = {"lockd": Lockd, "redis": Redis, **NODE_SERVICES}
