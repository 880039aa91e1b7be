"""Services of several servers, of which one is the one, until it dies.

    with PostgresPair() as db:                  # a standby that is waited for
        db.primary.kill(); db.promote()
    with SentinelRedis() as lock:               # three Sentinels, two replicas
        lock.master().kill()
    with RedisCluster() as lock:                # three masters, a replica each
        lock.owner().kill()

Each has the URL that a worker is told, and goes where servers.py's own go.
"""

import contextlib
import subprocess

import pq
from servers import LockServer, Postgres, Redis, Server
from web import free_port, wait_until

# -- PostgreSQL --------------------------------------------------------------


class Standby(Postgres):
    """Follows primary, a Postgres that runs, until it is promoted."""

    name = "standby"

    def __init__(self, primary):
        super().__init__()
        self.primary = primary

    def _create(self):
        made = subprocess.run(
            [
                str(self.programs / "pg_basebackup"),
                *("-D", str(self.data), "-h", str(self.primary.home)),
                *("-U", self.role, "-R", "-X", "stream", "-c", "fast"),
                "--no-sync",
            ],
            cwd=self.home,
            capture_output=True,
            text=True,
            **self._identity(),
        )
        assert made.returncode == 0, made.stdout + made.stderr
        with open(self.data / "postgresql.conf", "a") as conf:
            conf.write(f"unix_socket_directories = '{self.home}'\n")
            conf.write("cluster_name = 'standby'\n")


class PostgresPair:
    """A primary whose commits wait for its standby, as one database."""

    def __init__(self, **settings):
        self.primary = Postgres(settings=settings)
        self.standby = None

    @property
    def url(self):
        homes = f"{self.primary.home},{self.standby.home}"
        return (
            f"postgresql://{Postgres.role}@/{Postgres.database}?host={homes}"
            "&target_session_attrs=read-write"
        )

    def __enter__(self):
        try:
            self.primary.start()
            self.standby = Standby(self.primary).start()
            self.wait_for("standby")
            wait_until(self.is_in_sync, 30, "commits wait for the standby")
        except BaseException:
            self.close()
            raise
        return self

    def wait_for(self, names):
        """What commits of the primary wait for; "": nothing."""
        self.primary.sql(f"ALTER SYSTEM SET synchronous_standby_names = '{names}'")
        self.primary.sql("SELECT pg_reload_conf()")

    def is_in_sync(self):
        states = self.primary.sql("SELECT sync_state FROM pg_stat_replication")
        return states == [["sync"]]

    def promote(self):
        """The standby takes over, as an operator or a manager would have it."""
        assert self.standby.value("SELECT pg_promote(true, 30)") == "t"

    def sql(self, text):
        """On whichever takes writes."""
        return pq.rows(self.url, text)

    def value(self, text):
        return self.sql(text)[0][0]

    def close(self):
        for server in (self.standby, self.primary):
            if server is not None:
                server.close()

    def __exit__(self, *_):
        self.close()


# -- Redis -------------------------------------------------------------------


class TcpRedis(Redis):
    """One that others reach by a port of the loopback."""

    def __init__(self, *options):
        self.port = free_port()
        # A replica gets its first copy at once, and not after 5 s.
        first_copy = ("--repl-diskless-sync-delay", "0")
        super().__init__("--port", str(self.port), *first_copy, *options)

    def role(self):
        """master or slave; None when it does not answer."""
        try:
            reply = self.call("ROLE").split(b"\r\n")
        except OSError:
            return None
        return reply[2].decode() if len(reply) > 2 else None

    def info(self, section):
        """{field: text} of INFO."""
        import redis

        with redis.Redis(unix_socket_path=self.socket) as client:
            return client.info(section)


class Sentinel(Server):
    """Watches the master at a port, with others that share a quorum."""

    name = "sentinel"

    def __init__(self, master_port, quorum, down_ms):
        super().__init__()
        self.port = free_port()
        self.conf = self.home / "sentinel.conf"
        self.conf.write_text(
            f"port {self.port}\n"
            "bind 127.0.0.1\n"
            f"dir {self.home}\n"
            f"sentinel monitor {SentinelRedis.service} 127.0.0.1 {master_port} {quorum}\n"
            f"sentinel down-after-milliseconds {SentinelRedis.service} {down_ms}\n"
            f"sentinel failover-timeout {SentinelRedis.service} 3000\n"
        )

    def command(self):
        return ["redis-server", str(self.conf), "--sentinel"]

    def client(self):
        import redis

        return redis.Redis(port=self.port)

    def answers(self):
        import redis

        with contextlib.suppress(redis.ConnectionError), self.client() as client:
            return client.ping()

    def knows(self):
        """(replicas, other Sentinels) that it has heard of and found well."""
        with self.client() as client:
            master = client.sentinel_master(SentinelRedis.service)
        return master["num-slaves"], master["num-other-sentinels"]

    def master_port(self):
        with self.client() as client:
            return client.sentinel_get_master_addr_by_name(SentinelRedis.service)[1]


class RedisGroup(LockServer):
    """Several servers that are one lock service."""

    servers = ()

    def __init__(self):  # it is no process, and has no home
        pass

    def one(self):
        """The server that has our keys."""
        raise NotImplementedError

    def call(self, *words):
        return self.one().call(*words)

    def holds(self):
        return self.one().holds()

    def forget(self):
        self.one().forget()

    def parts(self):
        return list(self.servers)

    def start(self):
        for part in self.parts():
            part.launch()
        for part in self.parts():
            part.wait_ready()
        self.join()
        return self

    def join(self):
        """Makes one service of servers that answer."""
        raise NotImplementedError

    def close(self):
        for part in self.parts():
            part.close()


class SentinelRedis(RedisGroup):
    """A master, two replicas, three Sentinels."""

    name = "sentinel"
    service = "tickets"

    def __init__(self, replicas=2, sentinels=3, down_ms=1000, options=()):
        first = TcpRedis(*options)
        follow = ("--replicaof", f"127.0.0.1 {first.port}")
        self.servers = [first] + [
            TcpRedis(*follow, *options) for _ in range(replicas)
        ]
        self.sentinels = [
            Sentinel(first.port, sentinels // 2 + 1, down_ms) for _ in range(sentinels)
        ]

    @property
    def url(self):
        hosts = ",".join(f"127.0.0.1:{s.port}" for s in self.sentinels)
        return f"redis+sentinel://{hosts}/{self.service}"

    def parts(self):
        return [*self.servers, *self.sentinels]

    def join(self):
        replicas = len(self.servers) - 1
        wait_until(
            lambda: self.servers[0].call("WAIT", replicas, 100) == b":%d\r\n" % replicas,
            30,
            "the replicas follow",
        )
        expected = replicas, len(self.sentinels) - 1
        wait_until(
            lambda: all(s.knows() == expected for s in self.sentinels),
            30,
            "the Sentinels know all of it",
        )

    def one(self):
        """What the first Sentinel that runs says is the master."""
        sentinel = next(s for s in self.sentinels if s.running())
        port = sentinel.master_port()
        return next(s for s in self.servers if s.port == port)


class ClusterNode(TcpRedis):
    """One of a cluster; its nodes talk to each other on one more port."""

    def __init__(self, *options):
        bus = ("--cluster-port", str(free_port()))
        super().__init__("--cluster-enabled", "yes", *bus, *options)


class RedisCluster(RedisGroup):
    """Three masters, each with a replica."""

    name = "cluster"

    def __init__(self, down_ms=1000):
        self.servers = [
            ClusterNode(
                *("--cluster-node-timeout", str(down_ms)),
                *("--cluster-replica-validity-factor", "0"),
            )
            for _ in range(6)
        ]

    @property
    def url(self):
        hosts = ",".join(f"127.0.0.1:{s.port}" for s in self.servers)
        return f"redis+cluster://{hosts}"

    def join(self):
        made = subprocess.run(
            [
                *("redis-cli", "--cluster", "create"),
                *(f"127.0.0.1:{server.port}" for server in self.servers),
                *("--cluster-replicas", "1", "--cluster-yes"),
            ],
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert made.returncode == 0, made.stdout + made.stderr
        wait_until(self.is_whole, 60, "all nodes agree")

    def is_whole(self):
        return all(
            b"cluster_state:ok" in s.call("CLUSTER", "INFO")
            for s in self.servers
            if s.running()
        ) and all(s.role() for s in self.servers if s.running())

    def slot(self):
        reply = self.servers[0].call("CLUSTER", "KEYSLOT", "{holdfast}:service")
        return int(reply[1:])

    def one(self):
        """The master of our slot."""
        return next(
            s
            for s in self.servers
            if s.running() and s.call("EXISTS", "{holdfast}:service")[:1] == b":"
        )
