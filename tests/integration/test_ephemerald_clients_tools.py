"""Tools that watch a ZooKeeper, unmodified, on ephemerald and on ZooKeeper.

collectd's plugin reads mntr, as exporters do; zktop reads stat in a terminal.
What the words print is compared field by field with what ZooKeeper prints.
"""

import contextlib
import os
import pty
import re
import select
import subprocess

import pytest
from servers import Ephemerald, Zookeeper
from web import wait_until
from zk_wire import OPEN, Peer

EPHEMERAL, CONTAINER = 1, 4


@pytest.fixture(scope="module")
def servers():
    ours = Ephemerald("--four-letter-words", "*", "--ttl-nodes", "yes",
                      "--max-clients-per-address", "0")
    theirs = Zookeeper(extendedTypesEnabled="true")
    with ours, theirs:
        yield {"ephemerald": ours, "zookeeper": theirs}


@contextlib.contextmanager
def busy(server):
    """A session with a node of its own and two watches."""
    with Peer(("127.0.0.1", server.port)) as peer:
        peer.begin(40000)  # and no ping in all that time
        peer.call("create", "/mine", b"x", OPEN, EPHEMERAL)
        peer.call("getData", "/mine", True)
        peer.call("exists", "/none", True)
        yield peer
        peer.call("closeSession")


@pytest.fixture(params=["ephemerald", "zookeeper"])
def server(servers, request):
    with busy(servers[request.param]):
        yield servers[request.param]


# ---- tools --------------------------------------------------------------------------

COLLECTD = """\
BaseDir "{home}"
PIDFile "{home}/pid"
Hostname "h"
Interval 1
LoadPlugin zookeeper
LoadPlugin csv
<Plugin zookeeper>
Host "127.0.0.1"
Port "{port}"
</Plugin>
<Plugin csv>
DataDir "stdout"
</Plugin>
"""
# All that its plugin knows of a server that stands alone.
GAUGES = {"latency-min", "latency-avg", "latency-max", "packets-received",
          "packets-sent", "current_connections", "requests-outstanding",
          "gauge-znode", "gauge-watch", "gauge-ephemerals",
          "bytes-approximate_data_size", "file_handles-open",
          "file_handles-max"}


def test_collectd_reads_all_that_it_knows(server, tmp_path):
    conf = tmp_path / "conf"
    conf.write_text(COLLECTD.format(home=tmp_path, port=server.port))
    read = {}
    with subprocess.Popen(
        ["stdbuf", "-oL", "/usr/sbin/collectd", "-f", "-C", str(conf)],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    ) as collectd:
        for line in collectd.stdout:
            if line.startswith("PUTVAL h/zookeeper/"):
                name, _, number = line.split("/")[2].split(" ", 2)
                read[name] = float(number.split(":")[1])
            if GAUGES <= read.keys():
                break
        collectd.kill()
    assert GAUGES <= read.keys()
    assert read["gauge-watch"] == 2 and read["gauge-ephemerals"] == 1
    assert read["gauge-znode"] == 6 and read["requests-outstanding"] == 0


def test_zktop_shows_the_server_and_its_clients(servers):
    """ephemerald's only: beside a busy ZooKeeper its screen may stay empty."""
    server = servers["ephemerald"]
    with busy(server):
        watch_zktop(server)


def watch_zktop(server):
    child, terminal = pty.fork()
    if child == 0:
        os.environ["TERM"] = "xterm"
        os.execvp("zktop", ["zktop", "--servers", server.hosts])
    shown = b""

    def all_there():
        nonlocal shown
        if select.select([terminal], [], [], 0)[0]:
            shown += os.read(terminal, 65536)
        # The terminal is sent only what changes, so in pieces.
        return all(re.search(part, shown, re.S) for part in (
            rb"nodecount:6 zxid:0x[0-9a-f]+ sessions:\d",
            rb"127\.0\.0\.1.*CLIENT", rb"CLIENT.*127\.0\.0\.1"))

    try:
        wait_until(all_there, 60, "it is on the screen")
        assert str(server.port).encode() in shown
    finally:
        os.kill(child, 9)
        os.waitpid(child, 0)
        os.close(terminal)


# ---- words --------------------------------------------------------------------------


def shape(text):
    """What is printed without its values: numbers, versions, dates."""
    text = re.sub(r"^(Zookeeper version): .*", r"\1", text, flags=re.M)
    text = re.sub(r"0x[0-9a-f]+", "HEX", text)
    return re.sub(r"\d+(\.\d+)?", "#", text)


def lines(text):
    return sorted(shape(text).splitlines())


@pytest.fixture
def both(servers):
    with contextlib.ExitStack() as stack:
        for server in servers.values():
            stack.enter_context(busy(server))
        yield [server.ask for server in servers.values()]


@pytest.mark.parametrize("word", ["srvr", "stat", "cons", "wchs", "wchc",
                                  "wchp", "dirs", "isro", "ruok", "srst",
                                  "crst"])
def test_a_word_prints_the_same_fields(both, word):
    ours, theirs = (ask(word) for ask in both)
    assert lines(ours) == lines(theirs)


def test_a_dump_has_the_nodes_of_each_session(both):
    ours, theirs = (shape(ask("dump")) for ask in both)
    for text in (ours, theirs):
        assert text.startswith("SessionTracker dump:\nSession Sets (")
        assert "ephemeral nodes dump:\nSessions with Ephemerals (#):\n" \
            "HEX:\n\t/mine\n" in text


def test_the_settings_and_surroundings_go_by_the_same_names(both):
    for word in ("conf", "envi"):
        ours, theirs = ({line.split("=")[0] for line in ask(word).splitlines()}
                        for ask in both)
        assert len(ours) >= 6 and ours <= theirs
    for ask in both:
        numbers = {name for name, value in (
            line.split("=", 1) for line in ask("conf").splitlines())
            if value.isdigit()}
        assert {"clientPort", "maxClientCnxns", "minSessionTimeout",
                "maxSessionTimeout", "serverId"} <= numbers


def test_what_mntr_counts_it_counts_by_zookeepers_names(both):
    """Each line a name, a tab and a value; ours has a few more."""
    ours, theirs = (dict(line.split("\t", 1) for line in
                         ask("mntr").splitlines()) for ask in both)
    numbers = {name for name in ours.keys() & theirs.keys()
               if re.fullmatch(r"\d+(\.\d+)?", theirs[name])}
    assert len(numbers) >= 20
    for name in numbers:
        assert re.fullmatch(r"\d+(\.\d+)?", ours[name]), name
    for name in ("zk_znode_count", "zk_watch_count", "zk_ephemerals_count",
                 "zk_approximate_data_size", "zk_global_sessions",
                 "zk_server_state"):
        assert ours[name] == theirs[name], name


# By what ZooKeeper calls them; those that it counts as none are left out.
CALLS = [
    ("create", "/a"), ("create2", "/b"),
    ("createContainer", "/c", b"", OPEN, CONTAINER), ("createTTL", "/t"),
    ("exists", "/a"), ("getData", "/a"), ("setData", "/a", b"x"),
    ("getACL", "/a"), ("setACL", "/a", OPEN), ("getChildren", "/"),
    ("getChildren2", "/"), ("getAllChildrenNumber", "/"),
    ("getEphemerals", "/"), ("sync", "/"), ("ping",),
    ("multi", ("create", "/m")), ("multiRead", ("getData", "/a")),
    ("auth", "digest", b"a:b"), ("setWatches", 0, [], [], []),
    ("setWatches2", 0, [], [], [], [], []), ("addWatch", "/a", 0),
    ("checkWatches", "/a", 3), ("removeWatches", "/a", 3), ("whoAmI",),
    ("delete", "/a"), ("delete", "/b"), ("delete", "/c"), ("delete", "/t"),
    ("delete", "/m"),
]


def test_the_last_operation_of_a_client_has_zookeepers_name(servers):
    """And the number of its last request, which pings do not count for."""

    def told(server):
        with Peer(("127.0.0.1", server.port)) as peer:
            session = peer.begin(10000).session
            for call in [None, *CALLS]:
                if call:
                    peer.call(*call)
                found = re.search(rf"sid=0x{session:x},lop=(\w+),.*lcxid=(\w+),",
                                  server.ask("cons"))
                yield call and call[0], *found.groups()

    ours, theirs = (list(told(server)) for server in servers.values())
    assert ours == theirs
