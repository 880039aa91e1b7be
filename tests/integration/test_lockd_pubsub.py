"""Publishing and listening, on lockd and on redis-server 7.

Each test runs its assertions on both. Then redis-py's own PubSub, unmodified.
"""

import pytest
import redis
from servers import Lockd, Redis
from web import wait_until
from wire import Wire

SERVERS = {"lockd": Lockd, "redis": Redis}


@pytest.fixture(scope="module", params=SERVERS)
def server(request):
    with SERVERS[request.param]() as running:
        yield running


@pytest.fixture
def peer(server):
    """Makes wires to the server: peer(), or peer(3) for RESP3."""
    made = []

    def make(protocol=2):
        wire = Wire(server.socket)
        made.append(wire)
        if protocol != 2:
            wire.ask("HELLO", protocol)
        return wire

    yield make
    for wire in made:
        wire.close()


def bulks(*parts, head=b"*"):
    out = head + b"%d\r\n" % len(parts)
    for part in parts:
        if isinstance(part, int):
            out += b":%d\r\n" % part
        elif part is None:
            out += b"$-1\r\n" if head == b"*" else b"_\r\n"
        else:
            out += b"$%d\r\n%s\r\n" % (len(part), part.encode())
    return out


@pytest.mark.parametrize("protocol, head", [(2, b"*"), (3, b">")])
def test_what_is_published_is_heard_once_by_each_channel_and_pattern(
    peer, protocol, head
):
    ear, mouth = peer(protocol), peer()
    assert ear.ask("SUBSCRIBE", "a", "b") == bulks("subscribe", "a", 1, head=head)
    assert ear.reply() == bulks("subscribe", "b", 2, head=head)
    assert ear.ask("PSUBSCRIBE", "a*") == bulks("psubscribe", "a*", 3, head=head)
    assert ear.ask("SUBSCRIBE", "a") == bulks("subscribe", "a", 3, head=head)
    assert mouth.ask("PUBLISH", "a", "hi") == b":2\r\n"
    assert ear.reply() == bulks("message", "a", "hi", head=head)
    assert ear.reply() == bulks("pmessage", "a*", "a", "hi", head=head)
    assert mouth.ask("PUBLISH", "c", "hi") == b":0\r\n"
    assert mouth.ask("PUBLISH", "b", b"\0\r\n") == b":1\r\n"
    assert ear.reply() == bulks("message", "b", "\0\r\n", head=head)


@pytest.mark.parametrize("protocol, head", [(2, b"*"), (3, b">")])
def test_unsubscribing_is_confirmed_name_by_name(peer, protocol, head):
    ear = peer(protocol)
    assert ear.ask("UNSUBSCRIBE") == bulks("unsubscribe", None, 0, head=head)
    assert ear.ask("UNSUBSCRIBE", "x") == bulks("unsubscribe", "x", 0, head=head)
    assert ear.ask("PUNSUBSCRIBE") == bulks("punsubscribe", None, 0, head=head)
    assert ear.ask("SUNSUBSCRIBE") == bulks("sunsubscribe", None, 0, head=head)
    ear.ask("SUBSCRIBE", "a")
    ear.ask("PSUBSCRIBE", "p")
    assert ear.ask("UNSUBSCRIBE") == bulks("unsubscribe", "a", 1, head=head)
    assert ear.ask("PUNSUBSCRIBE", "p") == bulks("punsubscribe", "p", 0, head=head)
    ear.ask("SUBSCRIBE", "a")
    ear.ask("SUBSCRIBE", "b")
    first, second = ear.ask("UNSUBSCRIBE"), ear.reply()
    assert {first[-4:], second[-4:]} == {b":1\r\n", b":0\r\n"}
    assert ear.ask("PING") == b"+PONG\r\n"


def test_shard_channels_are_counted_and_heard_apart(peer):
    ear, mouth = peer(), peer()
    assert ear.ask("SUBSCRIBE", "c") == bulks("subscribe", "c", 1)
    assert ear.ask("SSUBSCRIBE", "s") == bulks("ssubscribe", "s", 1)
    assert mouth.ask("PUBLISH", "s", "x") == b":0\r\n"
    assert mouth.ask("SPUBLISH", "s", "x") == b":1\r\n"
    assert ear.reply() == bulks("smessage", "s", "x")
    assert mouth.ask("PUBSUB", "SHARDCHANNELS") == bulks("s")
    assert mouth.ask("PUBSUB", "SHARDNUMSUB", "s", "c") == bulks("s", 1, "c", 0)
    assert ear.ask("SUNSUBSCRIBE") == bulks("sunsubscribe", "s", 0)


def test_a_resp2_listener_may_only_listen(peer):
    ear = peer()
    ear.ask("SUBSCRIBE", "a")
    for words in (["GET", "k"], ["SET", "k", "v"], ["CLIENT", "ID"], ["HELLO", "3"],
                  ["PUBLISH", "a", "b"]):
        # Redis 7 names a subcommand with its command, as CLIENT|ID.
        name = "|".join(words[:2] if words[0] == "CLIENT" else words[:1]).lower()
        assert ear.ask(*words) == (
            b"-ERR Can't execute '%s': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / "
            b"PING / QUIT / RESET are allowed in this context\r\n" % name.encode())
    assert ear.ask("PING") == bulks("pong", "")
    assert ear.ask("PING", "x") == bulks("pong", "x")
    assert ear.ask("NOSUCH").startswith(b"-ERR unknown command")
    assert ear.ask("RESET") == b"+RESET\r\n"
    assert ear.ask("GET", "no-such-key") == b"$-1\r\n"
    ear.ask("SSUBSCRIBE", "a")
    assert ear.ask("GET", "k").startswith(b"-ERR Can't execute 'get'")
    assert ear.ask("QUIT") == b"+OK\r\n"


def test_a_resp3_listener_may_do_everything(peer):
    ear = peer(3)
    ear.ask("SUBSCRIBE", "a")
    assert ear.ask("SET", "k", "v") == b"+OK\r\n"
    assert ear.ask("PING") == b"+PONG\r\n"
    # Its own message comes beside the answer, and never within one.
    ear.send("PUBLISH", "a", "me")
    replies = {ear.reply(), ear.reply()}
    assert replies == {b":1\r\n", bulks("message", "a", "me", head=b">")}


def test_pubsub_tells_who_listens(peer):
    one, two, asks = peer(), peer(), peer()
    one.ask("SUBSCRIBE", "news")
    two.ask("SUBSCRIBE", "news")
    two.ask("SUBSCRIBE", "sport")
    one.ask("PSUBSCRIBE", "n*")
    two.ask("PSUBSCRIBE", "n*")
    assert asks.ask("PUBSUB", "CHANNELS", "n*") == bulks("news")
    assert sorted(asks.ask("PUBSUB", "CHANNELS").split()[2::2]) == [b"news", b"sport"]
    assert asks.ask("PUBSUB", "NUMSUB", "news", "none") == bulks("news", 2, "none", 0)
    assert asks.ask("PUBSUB", "NUMSUB") == b"*0\r\n"
    assert asks.ask("PUBSUB", "NUMPAT") == b":1\r\n"
    assert asks.ask("PUBSUB", "NOSUCH") == (
        b"-ERR unknown subcommand 'NOSUCH'. Try PUBSUB HELP.\r\n")
    assert b"NUMSUB" in asks.ask("PUBSUB", "HELP")
    for words in (["PUBLISH", "a"], ["SUBSCRIBE"], ["PUBSUB"], ["PUBSUB", "NUMPAT", "x"]):
        name = "|".join(words[:2]) if len(words) == 3 else words[0]
        assert asks.ask(*words) == (
            b"-ERR wrong number of arguments for '%s' command\r\n" % name.lower().encode())


def test_who_hangs_up_listens_no_more(peer):
    ear, mouth = peer(), peer()
    ear.ask("SUBSCRIBE", "a")
    ear.ask("PSUBSCRIBE", "a*")
    ear.close()
    wait_until(lambda: mouth.ask("PUBLISH", "a", "x") == b":0\r\n", 20, "it is gone")
    assert mouth.ask("PUBSUB", "NUMPAT") == b":0\r\n"


def test_a_script_publishes_and_cannot_subscribe(peer):
    ear, mouth = peer(), peer()
    ear.ask("SUBSCRIBE", "a")
    ear.ask("SSUBSCRIBE", "a")
    # As an unlocking script does it: the command's name is an argument.
    script = "return redis.call(ARGV[1], KEYS[1], ARGV[2])"
    assert mouth.ask("EVAL", script, 1, "a", "publish", "free") == b":1\r\n"
    assert ear.reply() == bulks("message", "a", "free")
    assert mouth.ask("EVAL", script, 1, "a", "spublish", "free") == b":1\r\n"
    assert ear.reply() == bulks("smessage", "a", "free")
    got = mouth.ask("EVAL", "return redis.call('SUBSCRIBE', 'x')", 0)
    assert got.startswith(b"-ERR This Redis command is not allowed from script")


def test_redis_pys_pubsub_works_unmodified(server):
    client = redis.Redis(unix_socket_path=server.socket)
    with client.pubsub() as listener:
        listener.subscribe("a")
        listener.psubscribe("b*")
        kinds = [listener.get_message(timeout=20)["type"] for _ in range(2)]
        assert kinds == ["subscribe", "psubscribe"]
        assert client.publish("a", "one") == 1
        assert client.publish("bb", "two") == 1
        messages = [listener.get_message(timeout=20) for _ in range(2)]
        assert [m["data"] for m in messages] == [b"one", b"two"]
        assert messages[1]["pattern"] == b"b*"
        listener.ping()
        assert listener.get_message(timeout=20)["type"] == "pong"
        listener.unsubscribe()
        assert listener.get_message(timeout=20)["type"] == "unsubscribe"


def test_a_listener_that_never_reads_is_dropped_and_others_go_on():
    with Lockd("--max-output", "1000000") as server:
        with Wire(server.socket) as deaf, Wire(server.socket) as ear, Wire(
            server.socket
        ) as mouth:
            deaf.ask("SUBSCRIBE", "a")
            ear.ask("SUBSCRIBE", "a")
            text, heard = b"x" * 100000, 0
            while mouth.ask("PUBLISH", "a", text) == b":2\r\n":
                assert text in ear.reply()
                heard += 1
                assert heard < 10000
            assert text in ear.reply()
            assert mouth.ask("PUBSUB", "NUMSUB", "a") == bulks("a", 1)


def test_one_connection_listens_to_so_much_and_no_more():
    with Lockd() as server, Wire(server.socket) as ear:
        names = [f"c{i}" for i in range(65536)]
        ear.send("SUBSCRIBE", *names)
        assert all(ear.reply().startswith(b"*3") for _ in names)
        assert ear.ask("SUBSCRIBE", "one") == (
            b"-ERR too many subscriptions of one connection\r\n")
        ear.ask("UNSUBSCRIBE", "c0")
        assert ear.ask("SUBSCRIBE", "one") == bulks("subscribe", "one", 65536)
