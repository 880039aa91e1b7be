"""ephemerald as a server: its words, settings, limits of connections."""

import os
import socket
import subprocess

import pytest
from prometheus_client.parser import text_string_to_metric_families as parse

from servers import Ephemerald, build_path
from web import wait_until

# The fields that ZooKeeper's own exporters read, of each word.
WORDS = {
    "ruok": ["imok"],
    "isro": ["rw"],
    "srvr": ["Zookeeper version: 3.8", "Latency min/avg/max: ", "Received: ",
             "Sent: ", "Connections: ", "Outstanding: 0", "Zxid: 0x",
             "Mode: standalone", "Node count: "],
    "stat": ["Clients:\n /127.0.0.1:", "(queued=0,recved=", "Node count: "],
    "mntr": ["zk_version\t3.8", "zk_server_state\tstandalone",
             "zk_avg_latency\t", "zk_znode_count\t", "zk_watch_count\t1\n",
             "zk_ephemerals_count\t1\n", "zk_approximate_data_size\t",
             "zk_open_file_descriptor_count\t", "zk_num_alive_connections\t",
             "zk_outstanding_requests\t0", "zk_global_sessions\t1\n",
             "zk_cnt_fsynctime\t"],
    "envi": ["Environment:\nzookeeper.version=3.8", "os.name=Linux"],
    "conf": ["clientPort=", "maxClientCnxns=60", "minSessionTimeout="],
    "cons": ["sid=0x", "lop=", "to=10000"],
    "dump": ["Session Sets (1)", "Sessions with Ephemerals (1):\n0x",
             "\t/mine\n"],
    "wchs": ["1 connections watching 1 paths\nTotal watches:1"],
    "wchc": ["0x", "\t/watched\n"],
    "wchp": ["/watched\n\t0x"],
    "dirs": ["datadir_size: ", "logdir_size: "],
    "crst": ["Connection stats reset."],
    "srst": ["Server stats reset."],
}


@pytest.fixture(scope="module")
def busy():
    """One client, with a node of its own and a watch."""
    with Ephemerald("--four-letter-words", "*") as server, \
            server.connected() as client:
        client.create("/mine", ephemeral=True)
        client.exists("/watched", watch=print)
        yield server


@pytest.mark.parametrize("word", WORDS)
def test_a_word_has_the_fields_that_zookeeper_gives(busy, word):
    answer = busy.ask(word)
    for field in WORDS[word]:
        assert field in answer


def test_a_word_that_is_not_listed_is_refused_in_so_many_words():
    with Ephemerald("--four-letter-words", "ruok, srvr") as server:
        assert server.ask("ruok") == "imok"
        assert server.ask("mntr") == (
            "mntr is not executed because it is not in the whitelist.\n")


def scrape(server, *parts, path="/metrics"):
    """What comes back for a request that arrives in these parts."""
    parts = parts or (f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode(),)
    with socket.create_connection(("127.0.0.1", server.port)) as peer:
        peer.settimeout(10)
        for part in parts:
            peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            peer.sendall(part)
        reply = b""
        while more := peer.recv(65536):
            reply += more
    return reply.decode()


def test_prometheus_gets_what_mntr_says(busy):
    head, page = scrape(busy).split("\r\n\r\n")
    assert head.startswith("HTTP/1.1 200 OK\r\n")
    assert "Content-Type: text/plain; version=0.0.4\r\n" in head
    assert f"Content-Length: {len(page)}\r\n" in head
    families = {family.name: family for family in parse(page)}
    told = dict(line.split("\t") for line in busy.ask("mntr").splitlines())
    for word in ("zk_version", "zk_server_state"):
        told.pop(word)  # no numbers
    assert set(families) == set(told)
    for name in ("zk_znode_count", "zk_ephemerals_count", "zk_global_sessions"):
        assert families[name].samples[0].value == float(told[name])
    # What ends up growing only; the rest may go down.
    counters = {name for name, family in families.items()
                if family.type == "counter"}
    assert {"zk_stalls", "zk_connection_rejected"} <= counters
    assert "zk_znode_count" not in counters


@pytest.mark.parametrize("cut", (4, 5, 20, -1))
def test_a_request_for_numbers_may_come_in_pieces(busy, cut):
    request = b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"
    assert "zk_ephemerals_count 1\n" in scrape(busy, request[:cut], request[cut:])


def test_other_paths_have_nothing_and_a_long_head_is_hung_up_on(busy):
    assert scrape(busy, path="/").startswith("HTTP/1.1 404 ")
    assert scrape(busy, path="/metricsx").startswith("HTTP/1.1 404 ")
    fits = b"GET /metrics HTTP/1.1\r\nX: ".ljust(8192, b"x")
    assert "200 OK" in scrape(busy, fits, b"\r\n\r\n")
    with socket.create_connection(("127.0.0.1", busy.port)) as peer:
        peer.sendall(fits + b"x")
        assert closed(peer)


def test_who_may_not_ask_mntr_gets_no_numbers():
    with Ephemerald("--four-letter-words", "ruok, srvr") as server:
        assert scrape(server).startswith("HTTP/1.1 403 ")


def closed(peer):
    try:
        return peer.recv(1) == b""
    except ConnectionResetError:
        return True


def test_an_address_has_so_many_connections_and_not_one_more():
    with Ephemerald("--max-clients-per-address", "2") as server:
        with server.connected(), server.connected() as second, \
                socket.create_connection(("127.0.0.1", server.port)) as third:
            third.sendall(b"ruok")
            assert closed(third)
            assert second.exists("/")
            with socket.socket(socket.AF_UNIX) as local:
                local.connect(server.socket)
                local.sendall(b"ruok")
                assert local.recv(4) == b"imok"
        with server.connected() as again:
            assert again.exists("/")


def test_who_begins_no_session_is_dropped():
    with Ephemerald("--connect-timeout", "50") as server, \
            server.connected() as client, \
            socket.create_connection(("127.0.0.1", server.port), 20) as idle:
        assert closed(idle)
        assert client.exists("/")


def test_settings_come_from_a_file_and_flags_win(tmp_path):
    conf = tmp_path / "conf"
    conf.write_text("four-letter-words *\nmax-clients-per-address 7\n"
                    "min-session-timeout 1234\n")
    with Ephemerald("--config", str(conf), "--min-session-timeout",
                    "4321") as server:
        assert "maxClientCnxns=7\nminSessionTimeout=4321" in server.ask("conf")


def test_the_unix_socket_is_for_whom_the_settings_let():
    with Ephemerald("--allow-uid", str(os.getuid() + 1),
                    "--unix-mode", "600") as server:
        assert os.stat(server.socket).st_mode & 0o777 == 0o600
        with socket.socket(socket.AF_UNIX) as peer:
            peer.connect(server.socket)
            peer.settimeout(20)
            assert closed(peer)
        with server.connected() as client:
            assert client.exists("/")


def test_the_unix_socket_has_the_group_and_the_users_that_were_asked_for():
    me = os.getuid()
    groups = [1] if me == 0 else os.getgroups()
    with Ephemerald("--unix-group", str(groups[-1]), "--unix-mode", "620",
                    "--allow-uid", f"nobody,{me}") as server:
        found = os.stat(server.socket)
        assert found.st_gid == groups[-1]
        assert found.st_mode & 0o777 == 0o620
        with socket.socket(socket.AF_UNIX) as peer:
            peer.connect(server.socket)
            peer.sendall(b"ruok")
            assert peer.recv(4) == b"imok"


@pytest.mark.parametrize("flags, says", [
    ([], "nothing to listen on"),
    (["--tcp", "x:1", "--min-session-timeout", "2", "--max-session-timeout",
      "1"], "--min-session-timeout is above"),
    (["--tcp", "x:1", "--allow-uid", "nobody-of-that-name"], "allow-uid"),
    (["--max-request", "1023"], "from 1024"),
    (["--max-nodes", "15"], "from 16"),
    (["--unix-mode", "8"], "unix-mode"),
])
def test_wrong_settings_are_told_and_end_it(flags, says):
    done = subprocess.run([build_path("ephemerald", "ephemerald"), *flags],
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert says in done.stderr


def test_more_than_a_session_may_ask_for_is_cut(tmp_path):
    with Ephemerald("--min-session-timeout", "5000",
                    session_ms=6000) as server:
        for asked, given in ((1, 5000), (5500, 5500), (60000, 6000)):
            with socket.create_connection(("127.0.0.1", server.port)) as peer:
                peer.sendall(b"\0\0\0\x2c" + bytes(12)
                             + asked.to_bytes(4, "big") + bytes(8)
                             + b"\0\0\0\x10" + bytes(16))
                answer = peer.recv(64)
                assert int.from_bytes(answer[8:12], "big") == given
                # Old clients send no read-only byte, and get none.
                assert len(answer) == 4 + 36
    wait_until(lambda: not server.running(), 20, "it stops")
