"""Clients in other languages, unmodified, on ephemerald and on ZooKeeper.

C: libzookeeper (tests/clients/c). Node.js: node-zookeeper-client
(tests/clients/node). Java: zkCli.sh, with a session of all its commands
(tests/clients/zkcli); Curator has a file of its own.
"""

import concurrent.futures
import pathlib
import re
import subprocess

import pytest
from client_script import CLIENTS, assert_all_ok
from servers import Ephemerald, Zookeeper, build_path

ZKCLI = "/usr/share/zookeeper/bin/zkCli.sh"
# With nodes that have a time to live, which are off in both from the start.
SERVERS = {
    "ephemerald": lambda: Ephemerald("--ttl-nodes", "yes"),
    "zookeeper": lambda: Zookeeper(extendedTypesEnabled="true"),
}


@pytest.fixture(scope="module")
def servers():
    with SERVERS["ephemerald"]() as ours, SERVERS["zookeeper"]() as theirs:
        yield {"ephemerald": ours, "zookeeper": theirs}


@pytest.fixture(params=SERVERS)
def hosts(servers, request):
    return servers[request.param].hosts


def test_libzookeeper_works_unmodified(hosts):
    assert_all_ok(build_path("tests", "clients", "c", "zookeeper"), hosts)


def test_node_zookeeper_client_works_unmodified(hosts):
    assert_all_ok(
        "node", CLIENTS / "node" / "main.js", "zookeeper.js",
        "node-zookeeper-client", hosts,
        NODE_PATH=build_path("tests", "clients", "node", "node_modules"),
    )


# ---- zkCli.sh -------------------------------------------------------------------

def transcript(server):
    """What zkCli.sh prints, without what differs from run to run."""
    session = (CLIENTS / "zkcli" / "session").read_text()
    done = subprocess.run(
        [ZKCLI, "-server", server.hosts], timeout=150, text=True,
        input=session.replace("HOSTS", server.hosts),
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert done.returncode == 0, done.stdout
    text = done.stdout.replace(server.hosts, "HOSTS")
    text = re.sub(r"^([cm]time) = .*", r"\1", text, flags=re.M)
    return re.sub(r"^([cmp]Zxid) = .*", r"\1", text, flags=re.M).splitlines()


def test_zkcli_prints_the_same_on_both(servers):
    with concurrent.futures.ThreadPoolExecutor() as threads:
        ours, theirs = threads.map(transcript, servers.values())
    # Events are printed by a thread of their own, between the answers.
    assert sorted(ours) == sorted(theirs)
    for line in ("Created /cli/ttl", "Created /cli/box/a", "Sync is OK",
                 "KeeperErrorCode = Reconfig is disabled",
                 "[/cli/e-0000000001, /cli/mine]",
                 "Output stat for /cli/box count=2,bytes=0",
                 "version No is not valid : /cli",
                 "[box, e-0000000001, mine, n-0000000000, secret, ttl]"):
        assert line in ours


def test_zkcli_was_asked_for_all_that_it_can(servers):
    """Its own list of commands, against those of the session."""
    told = transcript(servers["ephemerald"])
    commands = {line.split()[0] for line in told if line.startswith("\t")}
    session = pathlib.Path(CLIENTS, "zkcli", "session").read_text()
    used = {line.split()[0] for line in session.splitlines()}
    assert commands and commands <= used
