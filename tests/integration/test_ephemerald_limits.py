"""What a client can make ephemerald keep, each at its limit and one beyond."""

import contextlib
import re
import subprocess

import pytest
from servers import Ephemerald, build_path
from web import wait_until
from zk_wire import OPEN, Peer, framed, hello, request

OK, FULL, INVALID_ACL, AUTH_FAILED = 0, -1, -114, -115
ADDRESS_BYTES = 4 + len("ip") + 4 + len("127.0.0.1")
MIB = 1 << 20


@contextlib.contextmanager
def served(*options):
    with Ephemerald("--durability", "none", *options) as server, \
            Peer(server.socket) as peer:
        assert peer.begin(10000) is not None
        yield server, peer


def hung_up(peer):
    try:
        return peer.socket.recv(1) == b""
    except OSError:
        return True


def asks_for_a_session(server):
    """Whether it gets one."""
    with Peer(server.socket) as peer:
        try:
            return peer.begin(10000) is not None
        except (EOFError, BrokenPipeError):
            return False


def mntr(server, name):
    return int(re.search(rf"^zk_{name}\t(\d+)$", server.ask("mntr"), re.M)[1])


# ---- connections and sessions ---------------------------------------------------


def test_so_many_connections_and_not_one_more():
    with Ephemerald("--max-clients", "2") as server:
        with Peer(server.socket) as one, Peer(server.socket) as two:
            assert one.begin(10000) and two.begin(10000)
            for _ in range(3):
                assert not asks_for_a_session(server)
            assert one.call("exists", "/").err == OK
        wait_until(lambda: asks_for_a_session(server), 20, "there is room again")
        assert mntr(server, "connection_rejected") >= 3
        assert "max-clients=2 refused_so_far=1\n" in server.log()
        assert server.log().count("connection refused") < 3, "one a second"


def test_so_many_sessions_and_not_one_more():
    with Ephemerald("--max-sessions", "2") as server:
        with Peer(server.socket) as away:
            mine = away.begin(10000)
        with Peer(server.socket) as peer:
            assert peer.begin(10000) is not None
            assert not asks_for_a_session(server)
            assert "no room beside those that are there" in server.log()
            # Who has one may come back to it, and end it.
            with Peer(server.socket) as again:
                assert again.begin(10000, mine.session, mine.password) is not None
                assert again.call("closeSession").err == OK
            assert asks_for_a_session(server)


# ---- requests and replies -------------------------------------------------------


@pytest.mark.parametrize("over, goes", [(0, True), (1, False)])
def test_a_request_is_so_long_and_not_one_byte_longer(over, goes):
    with served("--max-request", "4096") as (_, peer):
        spare = 4096 + over - len(request("setData", "/zookeeper", b""))
        peer.send("setData", "/zookeeper", b"x" * spare)
        if goes:
            assert peer.reply().err == OK
        else:
            assert hung_up(peer)


def test_who_begins_with_a_frame_too_long_is_not_waited_for():
    with Ephemerald("--max-request", "1024") as server, Peer(server.socket) as peer:
        peer.socket.sendall((1025).to_bytes(4, "big"))
        assert hung_up(peer)


@pytest.mark.parametrize("over, goes", [(0, True), (1, False)])
def test_a_reply_is_so_long_and_not_one_byte_longer(over, goes):
    head, length, stat = 4 + 16, 4, 68
    with served("--max-output", "4096") as (server, peer):
        data = b"x" * (4096 + over - head - length - stat)
        assert peer.call("setData", "/zookeeper", data).err == OK
        peer.send("getData", "/zookeeper")
        if goes:
            assert peer.reply().value[0] == data
        else:
            assert hung_up(peer)
        assert asks_for_a_session(server)


def test_who_does_not_read_its_replies_is_dropped():
    with served("--max-output", str(4 * MIB)) as (server, peer):
        peer.call("setData", "/zookeeper", b"x" * 50_000)
        with Peer(server.socket, seconds=60) as deaf:
            deaf.begin(10000)
            with pytest.raises(OSError):
                for _ in range(10_000):  # ten times what sockets and it hold
                    deaf.socket.sendall(framed(request("getData", "/zookeeper")) * 10)
        assert peer.call("exists", "/").err == OK
        assert mntr(server, "connection_drop_count") == 1
        assert "dropped: it has more unread replies and events" in server.log()


def test_who_does_not_read_its_events_is_dropped():
    with served("--max-output", str(MIB)) as (server, peer):
        with Peer(server.socket) as deaf:
            deaf.begin(10000)
            assert deaf.call("addWatch", "/zookeeper", 0).err == OK
            for _ in range(200):
                peer.socket.sendall(
                    framed(request("setData", "/zookeeper", b"")) * 200)
                for _ in range(200):
                    peer.frame()
            wait_until(lambda: mntr(server, "watch_count") == 0, 20, "it is gone")


# ---- nodes, watches, identities, lists --------------------------------------------


def test_so_many_nodes_and_not_one_more():
    with served("--max-nodes", "16") as (_, peer):
        for i in range(16 - 4):  # "/", and three of ZooKeeper's
            assert peer.call("create", f"/{i}").err == OK
        assert peer.call("create", "/more").err == FULL
        assert peer.call("setData", "/0", b"x").err == OK
        assert peer.call("delete", "/0").err == OK
        assert peer.call("create", "/more").err == OK


def test_so_many_watches_and_not_one_more():
    with served("--max-watches", "3") as (server, peer):
        with Peer(server.socket) as other:
            other.begin(10000)
            assert other.call("addWatch", "/a", 0).err == OK
            assert peer.call("exists", "/a", True).err == -101
            assert peer.call("getChildren", "/", True).err == OK
            assert peer.call("exists", "/b", True).err == FULL
            assert peer.call("addWatch", "/b", 1).err == FULL
            assert peer.call("setWatches", 0, [], ["/b"], []).err == FULL
            # The same path again is no further watch.
            assert peer.call("addWatch", "/a", 1).err == OK
        wait_until(lambda: peer.call("exists", "/b", True).err == -101, 20,
                   "the other's watch went with it")


@pytest.mark.parametrize("over, goes", [(0, True), (1, False)])
def test_identities_take_so_many_bytes_and_not_one_more(over, goes):
    hashed = 4 + len("digest") + 4 + len(":") + 28  # base64 of SHA-1
    user = b"u" * (16384 - ADDRESS_BYTES - hashed + over)
    with served() as (_, peer):
        said = peer.call("auth", "digest", user + b":word")
        assert said.err == (OK if goes else AUTH_FAILED)
        if goes:
            assert peer.call("auth", "digest", user + b":word").err == OK, "known"
            assert peer.call("auth", "digest", b"v:word").err == AUTH_FAILED
        assert hung_up(peer)


def test_a_list_has_so_many_entries_and_not_one_more():
    entries = [(31, "digest", f"user{i}:hash") for i in range(257)]
    with served() as (_, peer):
        assert peer.call("create", "/a", b"", entries[:256]).err == OK
        assert peer.call("create", "/b", b"", entries).err == INVALID_ACL


# ---- memory -----------------------------------------------------------------------


def largest_data(peer, path):
    """How much fits into the node, by trying."""
    fits, does_not = 0, 2 * MIB
    while does_not - fits > 1:
        middle = (fits + does_not) // 2
        if peer.call("setData", path, b"x" * middle).err == OK:
            fits = middle
        else:
            does_not = middle
    return fits


MEMORY = ("--max-memory", str(MIB), "--max-request", str(4 * MIB))


def test_nodes_take_so_many_bytes_and_not_one_more():
    with served(*MEMORY) as (server, peer):
        peer.call("create", "/large")
        peer.call("create", "/small", b"x" * 100)
        most = largest_data(peer, "/large")
        assert peer.call("setData", "/large", b"x" * most).err == OK
        assert mntr(server, "memory_used") == MIB
        assert peer.call("create", "/more").err == FULL
        assert peer.call("setData", "/small", b"x" * 101).err == FULL
        assert peer.call("setData", "/small", b"").err == OK
        assert peer.call("setData", "/large", b"x" * (most + 101)).err == FULL
        assert peer.call("setData", "/large", b"x" * (most + 100)).err == OK
        # What takes away goes on.
        assert peer.call("delete", "/large").err == OK
        assert peer.call("create", "/more").err == OK


def filled(server, peer, again):
    """Does it until it is refused; with how much is used then."""
    for i in range(10_000):
        err = again(peer, i)
        assert mntr(server, "memory_used") <= MIB
        if err != OK and err != -101:
            return err
    return None


LONG = "x" * 50_000


@pytest.mark.parametrize("again", [
    lambda peer, i: peer.call("exists", f"/{i}{LONG}", True).err,
    lambda peer, i: peer.call("addWatch", f"/{i}{LONG}", 0).err,
    lambda peer, i: peer.call("create", f"/{i}", b"",
                              [(31, "digest", f"{i}:{LONG}")]).err,
], ids=["watches", "persistent watches", "ACLs"])
def test_what_is_no_data_counts_as_well(again):
    with served(*MEMORY) as (server, peer):
        assert filled(server, peer, again) == FULL
        with Peer(server.socket) as other:
            assert other.begin(10000) is not None, "a session is small"


def test_an_acl_that_has_no_room_is_not_set():
    with served(*MEMORY) as (_, peer):
        peer.call("create", "/a")
        large = [(31, "digest", f"user:{LONG * 30}")]
        assert peer.call("setACL", "/a", large).err == FULL
        assert peer.call("getACL", "/a").value[0] == OPEN
        assert peer.call("create", "/b").err == OK


def test_sessions_count_as_well():
    with served(*MEMORY, "--min-session-timeout", "1") as (server, peer):
        peer.call("create", "/large")
        peer.call("setData", "/large", b"x" * largest_data(peer, "/large"))
        assert not asks_for_a_session(server)
        assert peer.call("delete", "/large").err == OK
        assert asks_for_a_session(server)


def test_a_list_of_long_paths_is_no_larger_than_a_reply_may_be():
    """A path is kept by its parts; a list has all of it for each node."""
    with served("--max-output", str(MIB)) as (server, peer):
        deep = ""
        while len(deep) < 100_000:
            deep += "/" + "d" * 10_000
            assert peer.call("create", deep).err == OK
        for i in range(20):
            assert peer.call("create", f"{deep}/{i}", b"", OPEN, 1).err == OK
        peer.send("getEphemerals", "/")
        assert hung_up(peer)
        assert asks_for_a_session(server)


# ---- settings ---------------------------------------------------------------------


def program(*flags):
    done = subprocess.run([build_path("ephemerald", "ephemerald"), *flags],
                          capture_output=True, text=True, timeout=60)
    return done.returncode, done.stderr


NUMBERS = re.findall(r"^  --([a-z-]+) (?:MS|BYTES|N|FD) ",
                     subprocess.run([build_path("ephemerald", "ephemerald"), "--help"],
                                    capture_output=True, text=True).stdout, re.M)


@pytest.mark.parametrize("name", NUMBERS)
def test_a_number_is_checked_in_a_flag_and_in_the_file_alike(name, tmp_path):
    status, said = program(f"--{name}=x", "--tcp", "x:1")
    assert status == 2
    least, most = map(int, re.search(r"from (-?\d+) to (\d+)", said).groups())
    conf = tmp_path / "conf"
    for wrong in (least - 1, most + 1):
        status, said = program(f"--{name}={wrong}")
        assert status == 2 and f"--{name} takes" in said
        conf.write_text(f"{name} {wrong}\n")
        status, said = program("--config", str(conf))
        assert status == 2 and f"conf:1: {name} takes" in said
    for right in (least, most):
        conf.write_text(f"{name} {right}\n")
        for given in ([f"--{name}={right}"], ["--config", str(conf)]):
            _, said = program(*given)
            assert "takes" not in said, "then it has nothing to listen on"


@pytest.mark.parametrize("words, wrong", [
    ("*", None), ("srvr, mntr", None), ("srvr,,ruok", None),
    ("srvr,mntrx", "mntrx"), ("srv", "srv"), ("srvr,*", "*")])
def test_a_four_letter_word_that_there_is_not_is_said_so(words, wrong):
    status, said = program("--four-letter-words", words, "--tcp", "nowhere",
                           "--durability", "none")
    if wrong:
        assert (status, said) == (2, "ephemerald: --four-letter-words has "
                                     f"{wrong}, which is none\n")
    else:
        assert status == 1 and "cannot listen" in said


@pytest.mark.parametrize("when, kept", [("always", True), ("everysec", True),
                                        ("none", False)])
def test_durability_says_what_a_restart_finds(when, kept):
    with Ephemerald("--durability", when) as server:
        with Peer(server.socket) as peer:
            peer.begin(10000)
            peer.call("create", "/a")
        server.stop()
        server.start()
        with Peer(server.socket) as peer:
            peer.begin(10000)
            assert (peer.call("exists", "/a").err == OK) == kept


@pytest.mark.parametrize("bad", [hello(1000)[:20], framed(hello(1000))[:20]])
def test_a_hello_that_is_cut_ends_its_connection(bad):
    with Ephemerald() as server, Peer(server.socket) as peer:
        peer.socket.sendall(framed(bad))
        assert hung_up(peer)
        assert asks_for_a_session(server)
