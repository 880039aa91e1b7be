"""Where other servers of this protocol failed their clients for years.

Each test is one of those failures, told by frames, on ephemerald and on
Debian's zookeeper: what a client may rely on is what both do.
"""

import contextlib

import pytest
from servers import Ephemerald, Zookeeper
from web import wait_until
from zk_wire import OPEN, PASSWORD_BYTES, Event, Peer, Reader, framed, \
    hello, i32, request

SESSION_MS = 30000
EPHEMERAL, SEQUENTIAL, CONTAINER, TTL = 1, 2, 4, 5
CREATED, DELETED, CHANGED, CHILD = 1, 2, 3, 4
PERSISTENT, RECURSIVE = 0, 1
CONNECTED = 3
ANY_WATCHER = 3
RUNTIME_INCONSISTENCY, UNIMPLEMENTED, BAD_ARGUMENTS = -2, -6, -8
NO_NODE, NO_AUTH, BAD_VERSION, NODE_EXISTS = -101, -102, -103, -110
AUTH_FAILED, NO_WATCHER, RECONFIG_DISABLED = -115, -121, -123
MAX_REQUEST = 1048575


@pytest.fixture(scope="module")
def servers():
    ours = Ephemerald("--ttl-nodes", "yes", "--max-clients-per-address", "0")
    theirs = Zookeeper(extendedTypesEnabled="true")
    with ours, theirs:
        yield {"ephemerald": ours, "zookeeper": theirs}


@pytest.fixture(params=["ephemerald", "zookeeper"])
def address(servers, request):
    return "127.0.0.1", servers[request.param].port


def value(reply):
    assert reply.err == 0
    return reply.value


@contextlib.contextmanager
def session(address, *arguments, **more):
    with Peer(address) as peer:
        assert peer.begin(SESSION_MS, *arguments, **more)
        yield peer


@pytest.fixture
def peer(address):
    with session(address) as one:
        yield one


@pytest.fixture
def other(address):
    with session(address) as one:
        yield one


@pytest.fixture
def top(peer, request):
    name = request.node.originalname.removeprefix("test_")
    return value(peer.call("create", f"/{name}-", b"", OPEN, SEQUENTIAL))


def hung_up(peer):
    with pytest.raises(EOFError):
        peer.frame()
    return True


def told(peer):
    """The events so far, with (type, path) each; the ping brings them in."""
    peer.call("ping")
    events, peer.events = peer.events, []
    assert all(e.zxid == -1 and e.state == CONNECTED for e in events)
    return [(event.type, event.path) for event in events]


# ---- how a session begins ---------------------------------------------------------


def test_a_client_without_the_read_only_byte_is_answered_without_it(address):
    """Clients before 3.4; the C client takes both."""
    for read_only, answered in ((None, None), (False, False), (True, False)):
        with Peer(address) as peer:
            welcome = peer.begin(SESSION_MS, read_only=read_only)
            assert welcome.read_only is answered
            assert peer.call("exists", "/").err == 0


def test_a_frame_may_come_a_byte_at_a_time(address):
    data = framed(hello(SESSION_MS)) + framed(request("exists", "/", xid=1))
    with Peer(address) as peer:
        for i in range(len(data)):
            peer.socket.sendall(data[i:i + 1])
        assert peer.welcomed()
        assert Reader(peer.frame()).i32() == 1


def test_requests_may_follow_the_handshake_unasked(address):
    with Peer(address) as peer:
        requests = b"".join(peer.queue("exists", "/") for _ in range(3))
        peer.socket.sendall(framed(hello(SESSION_MS)) + requests)
        assert peer.welcomed()
        assert [peer.reply().xid for _ in range(3)] == [1, 2, 3]


def refused(address, *arguments, **more):
    """No session, told by a timeout of 0 and zeros, and a close."""
    with Peer(address) as peer:
        assert peer.begin(SESSION_MS, *arguments, **more) is None
        return hung_up(peer)


def test_a_wrong_password_is_answered_by_timeout_0_and_a_close(address, peer):
    """One server gives a new session instead: its client loses its nodes."""
    own, password, _ = peer.welcome[1:]
    wrong = bytes([password[0] ^ 1]) + password[1:]
    assert refused(address, own, wrong)
    assert refused(address, own, bytes(PASSWORD_BYTES))
    assert refused(address, own, wrong, read_only=None)


def test_the_refusal_has_no_session_and_no_password(address):
    with Peer(address) as peer:
        peer.socket.sendall(framed(hello(SESSION_MS, 0x1234, b"x" * 16)))
        r = Reader(peer.frame())
        assert (r.i32(), r.i32(), r.i64()) == (0, 0, 0)
        assert r.blob() == bytes(PASSWORD_BYTES)


def test_a_session_that_ended_is_over(address):
    with session(address) as peer:
        peer.call("closeSession")
        assert hung_up(peer)
        assert refused(address, peer.welcome.session, peer.welcome.password)


def test_a_client_that_saw_more_than_the_server_is_hung_up_on(address):
    with Peer(address) as peer:
        peer.socket.sendall(framed(hello(SESSION_MS, zxid=1 << 50)))
        assert hung_up(peer)


def test_a_session_comes_back_with_its_nodes(address, peer, top):
    """By its id and password, to which it is as it was."""
    with session(address) as lost:
        lost.call("create", f"{top}/mine", b"", OPEN, EPHEMERAL)
        welcome = lost.welcome
    with session(address, welcome.session, welcome.password) as again:
        assert again.welcome == welcome
        stat = value(peer.call("exists", f"{top}/mine"))
        assert stat.owner == welcome.session
        assert again.call("delete", f"{top}/mine").err == 0


def test_a_session_moves_to_its_new_connection(address, top):
    """The old one is closed; what it had asked for counts no more."""
    with session(address) as old:
        old.call("create", f"{top}/mine", b"", OPEN, EPHEMERAL)
        with session(address, old.welcome.session,
                     old.welcome.password) as new:
            assert hung_up(old)
            assert new.call("exists", f"{top}/mine").err == 0


def test_a_session_may_come_back_with_another_timeout(address, peer):
    with Peer(address) as again:
        assert again.begin(SESSION_MS // 2, peer.welcome.session,
                           peer.welcome.password)
        assert again.welcome.timeout_ms == SESSION_MS // 2


# ---- numbers of their own -----------------------------------------------------------


def test_a_ping_is_answered_under_its_own_number_in_between(peer):
    peer.socket.sendall(peer.queue("exists", "/") + peer.queue("ping")
                        + peer.queue("exists", "/"))
    replies = [peer.reply() for _ in range(3)]
    assert sorted(reply.xid for reply in replies) == [-2, 1, 3]
    assert [reply.xid for reply in replies if reply.xid > 0] == [1, 3]


def test_auth_is_answered_under_minus_4_without_a_body(peer):
    reply = peer.call("auth", "digest", b"me:secret")
    assert (reply.xid, reply.err, reply.value) == (-4, 0, None)
    assert ("digest", "me") in value(peer.call("whoAmI"))


def test_auth_that_fails_is_told_and_ends_the_connection(peer):
    reply = peer.call("auth", "nonsense", b"me")
    assert (reply.xid, reply.err) == (-4, AUTH_FAILED)
    assert hung_up(peer)


def test_watches_set_again_are_answered_under_minus_8(peer):
    for name, lists in (("setWatches", 3), ("setWatches2", 5)):
        reply = peer.call(name, 0, *[[]] * lists)
        assert (reply.xid, reply.err, reply.value) == (-8, 0, None)


# ---- the shapes of replies ------------------------------------------------------------


def test_create2_gives_a_path_and_a_stat(peer, top):
    """Every create of Curator's; unknown to some, it is a lost connection."""
    path, stat = value(peer.call("create2", f"{top}/n-", b"abc", OPEN,
                                 EPHEMERAL | SEQUENTIAL))
    assert path == f"{top}/n-0000000000"
    assert (stat.owner, stat.length) == (peer.welcome.session, 3)
    assert stat == value(peer.call("exists", path))


def test_containers_and_nodes_with_a_ttl_give_a_stat_too(peer, top):
    path, stat = value(peer.call("createContainer", f"{top}/c", b"", OPEN,
                                 CONTAINER))
    assert (path, stat.owner, stat.version) == (f"{top}/c", 0, 0)
    path, stat = value(peer.call("createTTL", f"{top}/t", b"", OPEN, TTL,
                                 60000))
    assert (path, stat.owner) == (f"{top}/t", 0)


def test_nodes_with_a_ttl_may_have_children(peer, top):
    assert peer.call("createTTL", f"{top}/t", b"", OPEN, TTL, 60000).err == 0
    assert peer.call("create", f"{top}/t/child").err == 0


def test_add_watch_has_a_body_of_four_bytes(peer, top):
    """Without them Java's client finds the end of the frame."""
    assert value(peer.call("addWatch", top, PERSISTENT)) == 0
    assert value(peer.call("addWatch", top, RECURSIVE)) == 0


def test_watches_are_checked_and_removed_by_kind(peer, top):
    """Curator's locks ask at each release."""
    children, data = 1, 2
    assert peer.call("getData", top, True).err == 0
    for name in ("checkWatches", "removeWatches"):
        assert peer.call(name, top, children).err == NO_WATCHER
        assert peer.call(name, f"{top}/x", ANY_WATCHER).err == NO_WATCHER
    reply = peer.call("checkWatches", top, data)
    assert (reply.err, reply.value) == (0, None)
    assert peer.call("removeWatches", top, data).err == 0
    assert peer.call("checkWatches", top, ANY_WATCHER).err == NO_WATCHER


def test_sync_gives_the_path(peer, top):
    assert value(peer.call("sync", top)) == top


def test_no_data_and_empty_data_are_not_the_same(peer, top):
    for data in (None, b""):
        path, _ = value(peer.call("create2", f"{top}/n-", data, OPEN,
                                  SEQUENTIAL))
        assert value(peer.call("getData", path))[0] == data


def test_the_config_is_there_and_empty(peer):
    """Curator's tracker watches it; null or no node end it with an error."""
    data, stat = value(peer.call("getData", "/zookeeper/config", True))
    assert (data, stat.length) == (b"", 0)
    names = value(peer.call("getChildren", "/zookeeper"))
    assert sorted(names) == ["config", "quota"]


def test_a_failed_transaction_is_all_errors(peer, top):
    """The reply is well; each result an error, and only one says why."""
    reply = peer.call(
        "multi", ("create2", f"{top}/a"), ("check", top, 0),
        ("setData", top, b"x", 7), ("delete", top), ("create", top))
    assert reply.err == 0
    assert reply.value == [("error", err, err) for err in (
        0, 0, BAD_VERSION, RUNTIME_INCONSISTENCY, RUNTIME_INCONSISTENCY)]
    assert peer.call("exists", f"{top}/a").err == NO_NODE


def test_a_transaction_has_results_by_their_kind(peer, top):
    results = value(peer.call(
        "multi", ("create", f"{top}/a"), ("setData", top, b"x"),
        ("check", top, 1), ("delete", f"{top}/a")))
    assert [(name, err) for name, err, _ in results] == [
        (name, 0) for name in ("create", "setData", "check", "delete")]
    assert results[0][2] == f"{top}/a"
    assert results[1][2].version == 1


def test_a_transaction_of_nothing_is_one(peer):
    assert value(peer.call("multi")) == []


def test_reads_in_one_fail_one_by_one(peer, top):
    results = value(peer.call("multiRead", ("getData", top),
                              ("getChildren", f"{top}/x"),
                              ("getChildren", top)))
    assert results[0][2][0] == b""
    assert results[1] == ("error", NO_NODE, NO_NODE)
    assert results[2][2] == []


def test_what_is_unknown_is_told_so(peer):
    peer.socket.sendall(framed(i32(1) + i32(77)))
    with contextlib.suppress(EOFError):
        r = Reader(peer.frame())
        assert (r.i32(), r.i64() >= -1, r.i32()) == (1, True, UNIMPLEMENTED)
    assert hung_up(peer)


def test_reconfig_is_off(peer):
    assert peer.call("reconfig", "server.9=h:1:2;3").err == RECONFIG_DISABLED
    assert peer.call("exists", "/").err == 0


def test_wrong_paths_and_flags_are_bad_arguments(peer, top):
    for path in ("", "a", f"{top}/", f"{top}/.", f"{top}/.."):
        assert peer.call("create", path).err == BAD_ARGUMENTS, path
    assert peer.call("create", f"{top}/a", b"", OPEN, 7).err == BAD_ARGUMENTS
    assert peer.call("exists", top).err == 0


# ---- watches ------------------------------------------------------------------------


def test_an_event_comes_before_what_would_reveal_it(peer, other, top):
    """A reader that sees the new data has heard of the change before."""
    for i in range(20):
        value(peer.call("getData", top, True))
        data = str(i).encode()
        assert other.call("setData", top, data).err == 0
        while value(peer.call("getData", top))[0] != data:
            pass
        assert [e.type for e in peer.events] == [CHANGED]
        peer.events.clear()


def test_the_one_who_changes_hears_before_it_is_answered(peer, top):
    value(peer.call("getData", top, True))
    value(peer.call("getChildren", top, True))
    peer.socket.sendall(peer.queue("setData", top, b"x")
                        + peer.queue("create", f"{top}/a"))
    kinds = [peer.message() for _ in range(4)]
    assert [m.type if isinstance(m, Event) else "reply" for m in kinds] == [
        CHANGED, "reply", CHILD, "reply"]


def test_what_is_not_there_is_watched_all_the_same(peer, other, top):
    assert peer.call("exists", f"{top}/a", True).err == NO_NODE
    assert peer.call("getData", f"{top}/b", True).err == NO_NODE
    for name in ("a", "b"):
        other.call("create", f"{top}/{name}")
    assert told(peer) == [(CREATED, f"{top}/a")]


def test_one_watch_fires_once_however_often_it_was_set(peer, other, top):
    for _ in range(3):
        value(peer.call("getData", top, True))
        value(peer.call("exists", top, True))
    for _ in range(2):
        other.call("setData", top, b"x")
    assert told(peer) == [(CHANGED, top)]


def test_a_deleted_node_is_told_of_to_each_who_asked(peer, other, top):
    """One event for data and children of it; one for its parent."""
    other.call("create", f"{top}/a")
    value(peer.call("getData", f"{top}/a", True))
    value(peer.call("getChildren", f"{top}/a", True))
    value(peer.call("getChildren", top, True))
    other.call("delete", f"{top}/a")
    assert told(peer) == [(DELETED, f"{top}/a"), (CHILD, top)]


def test_persistent_watches_stay_and_recursive_ones_reach_down(peer, other,
                                                               top):
    value(peer.call("addWatch", top, PERSISTENT))
    for _ in range(2):
        other.call("setData", top, b"x")
    other.call("create", f"{top}/a")
    other.call("create", f"{top}/a/b")
    assert told(peer) == [(CHANGED, top), (CHANGED, top), (CHILD, top)]
    assert peer.call("removeWatches", top, ANY_WATCHER).err == 0
    value(peer.call("addWatch", top, RECURSIVE))
    other.call("setData", f"{top}/a/b", b"x")
    other.call("create", f"{top}/a/c")
    assert told(peer) == [(CHANGED, f"{top}/a/b"), (CREATED, f"{top}/a/c")]


def changed_all(other, top):
    """What watches missed: (lists of paths, what they hear of it)."""
    for name in ("data", "child", "gone"):
        other.call("create", f"{top}/{name}")
    zxid = other.call("sync", top).zxid
    other.call("setData", f"{top}/data", b"x")
    other.call("create", f"{top}/child/a")
    other.call("create", f"{top}/new")
    other.call("delete", f"{top}/gone")
    return zxid, (
        [f"{top}/data", f"{top}/gone", f"{top}/child"],
        [f"{top}/new", f"{top}/never"],
        [f"{top}/child", f"{top}/gone", f"{top}/data"],
    ), {(CHANGED, f"{top}/data"), (DELETED, f"{top}/gone"),
        (CREATED, f"{top}/new"), (CHILD, f"{top}/child")}


@pytest.mark.parametrize("name, more", [("setWatches", ()),
                                        ("setWatches2", ([], []))])
def test_watches_set_again_tell_what_was_missed(peer, other, top, name, more):
    """By zxid: what is older than the client has seen is no news."""
    zxid, lists, news = changed_all(other, top)
    assert peer.call(name, zxid, *lists, *more).err == 0
    heard = told(peer)
    assert set(heard) == news
    other.call("setData", f"{top}/child", b"x")  # its data was no news
    other.call("create", f"{top}/data/a")
    other.call("create", f"{top}/never")
    assert set(told(peer)) == {(CHANGED, f"{top}/child"),
                               (CHILD, f"{top}/data"),
                               (CREATED, f"{top}/never")}


def test_persistent_watches_set_again_go_on(peer, other, top):
    zxid = other.call("sync", top).zxid
    assert peer.call("setWatches2", zxid, [], [], [], [top],
                     [f"{top}/r"]).err == 0
    assert told(peer) == []
    other.call("create", f"{top}/r")
    other.call("create", f"{top}/r/a")
    other.call("setData", top, b"x")
    assert told(peer) == [(CREATED, f"{top}/r"), (CHILD, top),
                          (CREATED, f"{top}/r/a"), (CHANGED, top)]


def test_many_watches_are_set_again_in_several_frames(peer, other, top):
    """Java's client sends them in pieces of 128 kB; each has its answer."""
    paths = [f"{top}/{'x' * 100}-{i}" for i in range(2000)]
    zxid = other.call("sync", top).zxid
    for at in range(0, len(paths), 500):
        reply = peer.call("setWatches", zxid, [], paths[at:at + 500], [])
        assert (reply.xid, reply.err) == (-8, 0)
    for path in (paths[0], paths[-1]):
        other.call("create", path)
    assert told(peer) == [(CREATED, paths[0]), (CREATED, paths[-1])]


def test_watches_end_with_their_connection(address, top, other):
    with session(address) as old:
        value(old.call("getData", top, True))
        with session(address, old.welcome.session,
                     old.welcome.password) as new:
            other.call("setData", top, b"x")
            assert told(new) == []


# ---- order, limits, ends ---------------------------------------------------------------


def test_answers_come_in_the_order_of_requests(peer, top):
    data = b""
    for i in range(200):
        data += peer.queue("setData", top, str(i).encode())
        data += peer.queue("getData", top)
    peer.socket.sendall(data)
    replies = [peer.reply() for _ in range(400)]
    assert [reply.xid for reply in replies] == list(range(1, 401)) or \
        [reply.xid for reply in replies] == list(range(2, 402))
    for i, read in enumerate(replies[1::2]):
        assert value(read)[0] == str(i).encode()


def test_a_request_may_be_so_long_and_not_one_byte_longer(address, top, peer):
    """jute.maxbuffer: the connection ends; the session does not."""
    room = MAX_REQUEST - len(request("setData", top, b""))
    assert peer.call("setData", top, b"x" * room).err == 0
    with contextlib.suppress(OSError):
        peer.send("setData", top, b"x" * (room + 1))
    assert hung_up(peer)
    with session(address, peer.welcome.session, peer.welcome.password) as again:
        assert len(value(again.call("getData", top))[0]) == room


def test_many_children_come_in_one_answer(peer, top):
    count = 5000
    peer.socket.sendall(b"".join(
        peer.queue("create", f"{top}/{'x' * 80}-", b"", OPEN, SEQUENTIAL)
        for _ in range(count)))
    assert all(peer.reply().err == 0 for _ in range(count))
    names = value(peer.call("getChildren", top))
    assert sorted(names) == [f"{'x' * 80}-{i:010}" for i in range(count)]


def test_a_lock_has_ten_digits_and_a_number_is_not_given_twice(peer, top):
    made = [value(peer.call("create", f"{top}/_c_1-lock-", b"", OPEN,
                            EPHEMERAL | SEQUENTIAL)) for _ in range(2)]
    for path in made:
        peer.call("delete", path)
    made.append(value(peer.call("create", f"{top}/r-", b"", OPEN,
                                EPHEMERAL | SEQUENTIAL)))
    assert [path[-11:] for path in made] == [f"-{i:010}" for i in range(3)]


def test_all_nodes_of_a_session_end_as_one(address, peer, other, top):
    """Under one zxid, and before the session's own good-bye is answered."""
    for parent in ("a", "b"):
        peer.call("create", f"{top}/{parent}")
    with session(address) as gone:
        for i in range(20):
            gone.call("create", f"{top}/{'ab'[i % 2]}/{i}", b"", OPEN,
                      EPHEMERAL)
        gone.call("closeSession")
        stats = [value(other.call("exists", f"{top}/{p}")) for p in "ab"]
        assert hung_up(gone)
    assert [stat.children for stat in stats] == [0, 0]
    assert stats[0].pzxid == stats[1].pzxid


def test_a_close_is_answered_and_then_the_connection_ends(peer):
    reply = peer.call("closeSession")
    assert (reply.err, reply.value) == (0, None)
    assert hung_up(peer)


def test_who_is_gone_without_a_word_keeps_its_nodes_until_its_time(address,
                                                                   peer, top):
    with Peer(address) as silent:
        assert silent.begin(1000)
        silent.call("create", f"{top}/mine", b"", OPEN, EPHEMERAL)
    assert peer.call("exists", f"{top}/mine", True).err == 0
    wait_until(lambda: peer.call("exists", f"{top}/mine").err == NO_NODE, 20,
               "its time is over")
    assert told(peer) == [(DELETED, f"{top}/mine")]


def test_acls_are_those_of_who_asks(address, peer, top):
    peer.call("auth", "digest", b"me:secret")
    assert peer.call("create", f"{top}/mine", b"x",
                     [(31, "auth", "")]).err == 0
    with session(address) as stranger:
        assert stranger.call("getData", f"{top}/mine").err == NO_AUTH
        assert stranger.call("exists", f"{top}/mine").err == 0
    (entry,), _ = value(peer.call("getACL", f"{top}/mine"))
    assert entry[:2] == (31, "digest") and entry[2].startswith("me:")


# ---- better than that --------------------------------------------------------------------


@pytest.fixture(scope="module")
def ours():
    with Ephemerald("--container-check", "10") as server:
        yield "127.0.0.1", server.port


def test_a_stranger_does_not_cut_a_session_off(ours):
    """ZooKeeper ends the owner's connection before it asks for a password."""
    with session(ours) as owner:
        assert refused(ours, owner.welcome.session, bytes(PASSWORD_BYTES))
        assert owner.call("exists", "/").err == 0


def test_numbers_go_on_though_their_container_was_reaped(ours):
    """ZooKeeper starts over: an old lock's name comes back to life."""
    with session(ours) as peer:
        def make():
            peer.call("createContainer", "/box", b"", OPEN, CONTAINER)
            return value(peer.call("create", "/box/lock-", b"", OPEN,
                                   SEQUENTIAL))

        first = make()
        peer.call("delete", first)
        wait_until(lambda: peer.call("exists", "/box").err == NO_NODE, 20,
                   "it is reaped")
        assert make() > first
