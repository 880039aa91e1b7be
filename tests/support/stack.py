"""A whole private Holdfast: lock service, workers, nginx, on a database.

    with Stack(database, tickets=20, workers=4) as stack:
        stack.client("ann").reserve("1")
        stack.workers[0].kill()

The lock service is one of servers.LOCK_SERVICES by its name, or a running one
that several stacks share, made to forget before each.

Each part is a Server (servers.py) that a test can kill, pause, resume and
start again; nothing here heals by itself. What does is ./run's business: Run
is the same house started by ./run.
"""

import contextlib
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
from collections import Counter
from dataclasses import dataclass

import pq
from servers import LOCK_SERVICES, Server, build_path
from servers import _children as children_of
from web import Client, Lost, free_port, wait_until

SRC = pathlib.Path(os.environ.get("HOLDFAST_SRC", pathlib.Path(__file__).parents[2]))
START_SECONDS = 60  # a sanitized build on a busy machine


@dataclass
class Row:
    """What the table says of one ticket."""

    state: str
    holder: str  # or None


class Worker(Server):
    """One ticketing.fcgi, or another program of the worker's sources."""

    name = "worker"

    def __init__(self, program="ticketing.fcgi", threads=8, **environment):
        super().__init__(**environment)
        self.program = program
        self.threads = threads

    @property
    def socket(self):
        return str(self.home / "sock")

    def command(self):
        return [
            build_path("fcgi", self.program),
            *("--socket", self.socket, "--threads", str(self.threads)),
        ]

    def answers(self):
        """Whether it accepts connections."""
        with socket.socket(socket.AF_UNIX) as probe:
            try:
                probe.connect(self.socket)
            except OSError:
                return False
        return True


class Nginx(Server):
    """nginx on a port, in front of these workers' sockets.

    nginx/fill prints the configuration that ./run uses too, from the
    environment: HOLDFAST_PORT, RATE_LIMIT, NGINX_PREFIX (a directory of its
    own, for pid, logs and temp files), WWW (the static page), BOARD_USERS
    (who may see the board: BOARD), PUBLISH_SOCKET (where workers say what
    changed) and settings, and the workers' sockets as operands.
    """

    name = "nginx"
    stop_signal = signal.SIGQUIT

    BOARD = ("board", "open sesame")

    def __init__(self, port, sockets=(), rate_limit=0, **settings):
        super().__init__()
        self.port = port
        self.rate_limit = rate_limit
        self.sockets = sockets
        self.settings = {"LIVE_LIMIT": "0", **settings}
        self.www = self.home / "www"
        shutil.copytree(SRC / "www", self.www)

    def publish(self, name, content):
        """One more static file."""
        (self.www / name).write_bytes(content)

    @property
    def publish_socket(self):
        return str(self.home / "publish")

    def command(self):
        conf = self.home / "nginx.conf"
        conf.write_text(self._fill())
        # One that was killed leaves it, and cannot bind.
        pathlib.Path(self.publish_socket).unlink(missing_ok=True)
        return [
            shutil.which("nginx") or "/usr/sbin/nginx",
            *("-p", str(self.home), "-c", str(conf), "-e", "stderr"),
            *("-g", "daemon off;"),
        ]

    def _fill(self, *around):
        users = self.home / "board-users"
        users.write_text("{}:{{PLAIN}}{}\n".format(*self.BOARD))
        done = subprocess.run(
            [*around, str(SRC / "nginx/fill"), *self.sockets],
            env={
                **os.environ,
                "HOLDFAST_PORT": str(self.port),
                "RATE_LIMIT": str(self.rate_limit),
                "NGINX_PREFIX": str(self.home),
                "WWW": str(self.www),
                "BOARD_USERS": str(users),
                "PUBLISH_SOCKET": self.publish_socket,
                **self.settings,
            },
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def answers(self):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


class Sale:
    """What tests ask of a running Holdfast, however it was started.

    port, hold_seconds, tickets and database_url are set by who starts it.
    """

    def __init__(self, tickets, hold_seconds):
        self.tickets = tickets
        self.hold_seconds = hold_seconds
        self.port = free_port()
        self._clients = []

    def client(self, name):
        """A buyer with a connection of its own, closed with the sale."""
        client = Client(self.port, name)
        self._clients.append(client)
        return client

    def close_clients(self):
        for client in self._clients:
            client.close()

    def sql(self, text):
        """The rows of a statement, as lists of strings."""
        return pq.rows(self.database_url, text)

    def rows(self):
        """{ticket: Row}, straight from the table."""
        found = self.sql("SELECT id, state, coalesce(holder, '') FROM tickets")
        return {t: Row(state, holder or None) for t, state, holder in found}

    def states(self):
        return Counter(row.state for row in self.rows().values())

    def healthy(self):
        """Whether the whole path answers: nginx, a worker, lock, database."""
        with Client(self.port, "health", timeout=10) as client:
            try:
                return client.get("/healthz").status == 200
            except Lost:
                return False

    def seed(self):
        """Recreates the tickets, all free."""
        done = subprocess.run(
            [build_path("db", "holdfast-init"), "--yes", "--tickets", str(self.tickets)],
            env={**os.environ, "DATABASE_URL": self.database_url},
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stdout + done.stderr


class Stack(Sale):
    """See the module.

    lock: a name, or a running server; nginx: more settings for its nginx.
    """

    def __init__(
        self,
        database,
        tickets=10,
        workers=2,
        threads=8,
        lock="lockd",
        hold_seconds=120,
        nginx=None,
    ):
        super().__init__(tickets, hold_seconds)
        self.database = database
        self.database_url = database.url
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="hf-"))
        self.secret_file = self.home / "secret"
        self.secret_file.write_bytes(os.urandom(32))
        self.secret_file.chmod(0o600)
        self.threads = threads
        self.shares_lock = not isinstance(lock, str)
        self.lock = lock if self.shares_lock else LOCK_SERVICES[lock]()
        self.nginx = Nginx(self.port, **(nginx or {}))
        self.workers = [self.worker() for _ in range(workers)]
        self.nginx.sockets = [w.socket for w in self.workers]

    def worker(self, program="ticketing.fcgi", lock=None, **environment):
        """One more worker on this database, not started yet.

        On this stack's lock service, unless another one is given.
        """
        return Worker(
            program,
            self.threads,
            **(lock or self.lock).worker_settings,
            DATABASE_URL=self.database_url,
            HOLD_SECONDS=str(self.hold_seconds),
            **{
                "PUBLISH_URL": f"unix://{self.nginx.publish_socket}",
                "SECRET_FILE": str(self.secret_file),
                **environment,
            },
        )

    def parts(self):
        own = [] if self.shares_lock else [self.lock]
        return [*own, *self.workers, self.nginx]

    def __enter__(self):
        try:
            self.seed()
            if self.shares_lock:
                self.lock.forget()
            for part in self.parts():
                part.start()
            wait_until(self.healthy, START_SECONDS, "the whole path answers")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.close_clients()
        for part in reversed(self.parts()):
            part.close()
        shutil.rmtree(self.home, ignore_errors=True)


class Run(Sale):
    """The whole house as people start it: ./run, in a home of its own.

    It heals by itself, so a test kills a part and waits for what comes back.
    Parts are "lockd", "postgresql", "nginx" and "worker-1" to "worker-N";
    they are found among the processes below ./run by their command lines.
    """

    def __init__(self, tickets=10, workers=4, hold_seconds=120, **environment):
        super().__init__(tickets, hold_seconds)
        self.workers = workers
        self.environment = environment
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="hf-"))
        self.home.chmod(0o755)  # PostgreSQL passes through as another user
        self._log = self.home.with_suffix(".log")
        self._process = None

    def __enter__(self):
        with open(self._log, "wb") as log:
            self._process = subprocess.Popen(
                [str(SRC / "run")],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                # A suite in the background ignores it, and so would ./run.
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
                env={
                    **os.environ,
                    "HOLDFAST_HOME": str(self.home / "home"),
                    "HOLDFAST_PORT": str(self.port),
                    "WORKERS": str(self.workers),
                    "TOTAL_TICKETS": str(self.tickets),
                    "HOLD_SECONDS": str(self.hold_seconds),
                    "RATE_LIMIT": "0",
                    **self.environment,
                },
            )
        try:
            wait_until(self._is_ready, START_SECONDS, "./run is ready")
        except BaseException as error:
            self.__exit__()
            raise AssertionError(f"{error}\n{self.log()}") from error
        return self

    def _is_ready(self):
        assert self._process.poll() is None, "./run ended"
        return "Holdfast is ready: " in self.log()

    def log(self):
        return self._log.read_text(errors="replace")

    def __exit__(self, *_):
        self.close_clients()
        below = children_of(self._process.pid)
        self._process.terminate()
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for pid in below:  # nothing may be left, however it ended
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        shutil.rmtree(self.home, ignore_errors=True)
        self._log.unlink(missing_ok=True)

    @property
    def database_url(self):
        """The one that its first worker got."""
        pid = wait_until(lambda: self.pid("worker-1"), 30, "there is a worker")
        environ = pathlib.Path("/proc", str(pid), "environ").read_text()
        return dict(
            item.split("=", 1) for item in environ.split("\0") if "=" in item
        )["DATABASE_URL"]

    def pid(self, part):
        """The process of a part; None while there is none."""
        for pid in children_of(self._process.pid):
            if is_part(part, words_of(pid)):
                return pid
        return None

    def kill(self, part):
        """kill -9; gives the process it was."""
        pid = self.pid(part)
        assert pid is not None, f"there is no {part}"
        os.kill(pid, signal.SIGKILL)
        return pid


def words_of(pid):
    """The command line of a process; [""] when it is gone."""
    try:
        text = pathlib.Path("/proc", str(pid), "cmdline").read_text()
    except OSError:
        return [""]
    return text.rstrip("\0").split("\0")


def is_part(part, words):
    """Whether a command line is that of such a part's first process."""
    if part.startswith("worker-"):
        return any(word.endswith(f"/{part}.sock") for word in words[1:])
    if part == "nginx":
        return words[0].startswith("nginx: master")
    if part == "postgresql":
        # Its own children call themselves "postgres: checkpointer" and such.
        return os.path.basename(words[0]) == "postgres"
    return os.path.basename(words[0]) == part
