"""What the overlay "scaled" has outside of itself: a Redis, a ZooKeeper, a PostgreSQL
and a Prometheus, Debian's, each on a host of its own on the pods' network, under
the names that docs/kubernetes.md shows.

    with Outside(cluster) as outside:
        outside.database()      # of tests/support/servers.py, at DATABASE_URL

Such a host is a container that does nothing; the server runs in its network.
"""

import contextlib
import ctypes
import os
import re

from scraped import Prometheus
from servers import Postgres, Redis, Zookeeper

PASSWORD = "what-only-the-pods-know"
DATABASE_URL = f"postgresql://holdfast:{PASSWORD}@db.example/holdfast"
LOCK_URL = f"redis://:{PASSWORD}@redis.example:6379"
NODE_URL = "zk://zk1:2181/holdfast"
CLONE_NEWNET = 0x40000000


class Outside:
    def __init__(self, cluster):
        self.cluster, self.engine = cluster, cluster.engine
        self._servers = contextlib.ExitStack()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._servers.close()

    def database(self):
        server = self._run("db.example", lambda _: Postgres(
            fsync=False, settings={"listen_addresses": "*", "max_connections": "400"}))
        server.sql(f"ALTER ROLE holdfast PASSWORD '{PASSWORD}'")
        with open(server.data / "pg_hba.conf", "a") as rules:
            rules.write("host all all samenet scram-sha-256\n")
        server.sql("SELECT pg_reload_conf()")
        return server

    def redis(self):
        return self._run("redis.example", lambda _: Redis(
            "--port", "6379", "--bind", "0.0.0.0", "--requirepass", PASSWORD))

    def zookeeper(self):
        return self._run("zk1", lambda _: ZookeeperAtItsPort())

    def prometheus(self):
        dns = self.cluster.dns()
        return self._run("prometheus", lambda address: Prometheus(address, dns))

    def _run(self, name, make):
        """A server that was made and started on a host of that name."""
        said = self.engine.run("run", "-d", "--network", f"{self.cluster.network}:alias={name}",
                               "holdfast-tools", "sleep", "infinity")
        # Where no syslog is, the network's first host also brings a complaint.
        (ident,) = re.findall("^[0-9a-f]{64}$", said, re.M)
        with network_of(self.engine.pid(ident)):
            return self._servers.enter_context(make(self.cluster.address_of(ident)))


class ZookeeperAtItsPort(Zookeeper):
    def __init__(self):
        super().__init__(clientPort=2181, clientPortAddress="0.0.0.0")
        self.port = 2181


@contextlib.contextmanager
def network_of(pid):
    """What this thread starts in here is on the network of that process."""
    own = f"/proc/{os.getpid()}/task/{ctypes.CDLL(None).gettid()}/ns/net"
    with open(own) as home, open(f"/proc/{pid}/ns/net") as there:
        enter(there)
        try:
            yield
        finally:
            enter(home)


def enter(namespace):
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(namespace.fileno(), CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")
