"""What lockd does with values and Redis 7 does not: tokens of hashes, the
newer compare forms, limits, and that all of it survives a crash.
"""

import pytest
import redis

from servers import Lockd
from web import wait_until


@pytest.fixture(scope="module")
def server():
    with Lockd("--durability", "none", "--max-output", "1000000") as running:
        yield running


@pytest.fixture
def client(server):
    with redis.Redis(unix_socket_path=server.socket, decode_responses=True,
                     socket_timeout=30) as client:
        client.flushall()
        yield client


@pytest.fixture
def call(client):
    """As it was answered: redis-py has ideas of its own of some answers."""
    client.response_callbacks.clear()
    return client.execute_command


def fence(client, *words):
    return client.execute_command("FENCE", *words)


def refused(client, *words, match):
    with pytest.raises(redis.ResponseError, match=match):
        client.execute_command(*words)


# -- IFEQ, IFNE, DELEX, DELIFEQ ----------------------------------------------


def test_set_compares_with_what_is_there(call):
    assert call("SET", "k", "v", "IFEQ", "") is None, "there is nothing"
    assert call("EXISTS", "k") == 0
    assert call("SET", "k", "a", "IFNE", "x") == "OK", "nothing is not x"
    assert call("SET", "k", "b", "IFNE", "a") is None
    assert call("SET", "k", "b", "ifeq", "a", "PX", 100000) == "OK"
    assert call("GET", "k") == "b" and call("TTL", "k") == 100
    assert call("SET", "k", "c", "IFEQ", "b", "KEEPTTL") == "OK"
    assert call("TTL", "k") == 100
    assert call("SET", "k", "c", "IFEQ", "c") == "OK"
    assert call("TTL", "k") == -1


def test_with_get_it_answers_what_was_there_done_or_not(call):
    assert call("SET", "k", "a", "IFNE", "x", "GET") is None
    assert call("GET", "k") == "a", "it was set"
    assert call("SET", "k", "b", "GET", "IFEQ", "x") == "a"
    assert call("GET", "k") == "a", "it was not set"
    assert call("SET", "k", "b", "IFEQ", "a", "GET") == "a"
    assert call("GET", "k") == "b"


@pytest.mark.parametrize("more", [
    "NX IFEQ a", "IFEQ a XX", "IFEQ a IFNE b", "IFEQ", "PX 9 IFNE", "IFDEQ 0",
])
def test_one_condition_with_its_value_or_none(client, more):
    refused(client, "SET", "k", "v", *more.split(), match="^syntax error")
    assert client.exists("k") == 0


def test_a_condition_wants_a_string(client):
    client.hset("h", "f", "v")
    for words in (["SET", "h", "v", "IFEQ", "v"], ["SET", "h", "v", "IFNE", "v"],
                  ["DELIFEQ", "h", "v"]):
        refused(client, *words, match="^WRONGTYPE")
    for when in ("IFEQ", "IFNE", "WHAT"):
        refused(client, "DELEX", "h", when, "v", match="^Key should be of string")
    assert client.execute_command("DELEX", "h") == 1


def test_a_key_is_removed_if_it_has_the_value(client):
    call = client.execute_command
    assert call("DELEX", "k") == call("DELEX", "k", "IFEQ", "v") == 0
    assert call("DELEX", "k", "IFNE", "v") == call("DELIFEQ", "k", "v") == 0
    client.set("k", "v")
    assert call("DELEX", "k", "IFEQ", "w") == call("DELIFEQ", "k", "w") == 0
    assert call("DELEX", "k", "IFNE", "v") == 0
    assert client.get("k") == "v"
    assert call("DELEX", "k", "ifeq", "v") == 1
    client.set("k", "v")
    assert call("DELEX", "k", "IFNE", "w") == 1
    client.set("k", "v")
    assert call("DELIFEQ", "k", "v") == 1 and client.exists("k") == 0
    client.set("k", "v")
    refused(client, "DELEX", "k", "WHAT", "v", match="^Invalid condition")
    for more in (["IFEQ"], ["IFEQ", "v", "w"]):
        refused(client, "DELEX", "k", *more, match="^wrong number")


# -- tokens ------------------------------------------------------------------


def test_a_hash_that_counts_its_holder_keeps_its_token(client):
    client.hincrby("k", "me", 1)
    token = fence(client, "k")
    assert fence(client, "k", "me") == token
    assert fence(client, "k", "1") is None, "a field, not its value"
    client.pexpire("k", 30000)
    client.hincrby("k", "me", 1)
    client.hincrby("k", "me", -1)
    client.pexpire("k", 60000)
    client.hset("k", "me", 1)
    assert fence(client, "k", "me") == token, "the same holder, renewed"
    client.hincrby("k", "me", -1)
    assert fence(client, "k", "me") == token
    client.hincrby("k", "me", 1)
    assert fence(client, "k", "me") > token, "from zero: taken anew"


def test_a_field_that_comes_or_changes_gives_a_new_token(client):
    client.hset("k", mapping={"mode": "read", "a": 1})
    tokens = [fence(client, "k")]
    for words in (["HINCRBY", "k", "b", "1"], ["HSET", "k", "c", "1"],
                  ["HSETNX", "k", "d", "1"], ["HSET", "k", "mode", "write"],
                  ["HINCRBYFLOAT", "k", "e", "1"], ["HINCRBYFLOAT", "k", "e", "1"]):
        client.execute_command(*words)
        tokens.append(fence(client, "k"))
    assert tokens == sorted(set(tokens)), tokens
    client.hdel("k", "b")
    assert fence(client, "k", "a") == tokens[-1], "who is left holds as before"
    assert fence(client, "k", "b") is None


def test_a_lock_that_comes_anew_has_a_greater_token(client):
    last = 0
    for _ in range(3):
        client.hincrby("k", "me", 1)
        assert fence(client, "k", "me") > last
        last = fence(client, "k", "me")
        assert client.hdel("k", "me") == 1
        assert fence(client, "k") is None


def test_a_value_has_a_new_token_under_its_new_name(client):
    client.set("a", "v")
    client.set("b", "w")
    highest = fence(client, "b")
    client.rename("a", "b")
    assert fence(client, "b", "v") > highest
    highest = fence(client, "b")
    client.copy("b", "c")
    assert fence(client, "c") > highest and fence(client, "b") == highest


def test_a_lock_of_lockds_own_stays_under_its_name(client):
    client.execute_command("LOCK.ACQUIRE", 1, "k", "me", "PX", 60000)
    for words in (["RENAME", "k", "j"], ["RENAMENX", "k", "j"], ["COPY", "k", "j"],
                  ["HSET", "k", "f", "v"], ["HGETALL", "k"], ["APPEND", "k", "v"]):
        refused(client, *words, match="^WRONGTYPE")
    client.set("s", "v")
    assert fence(client, "k", "me") > 0
    assert client.object("encoding", "k") == "holders"
    assert client.rename("s", "k"), "as SET does, it takes the key"
    assert fence(client, "k", "me") is None


def test_a_hash_keeps_a_claim_waiting_until_it_ends(client, server):
    client.hincrby("k", "me", 1)
    claim = ["LOCK.ACQUIRE", 1, "k", "you", "PX", 60000]
    assert client.execute_command(*claim) is None
    info = client.execute_command("LOCK.INFO", "k")
    assert "me" in str(info), "who holds a Redisson lock is shown"
    client.hdel("k", "me")
    assert client.execute_command(*claim)[0] > 0


# -- limits ------------------------------------------------------------------


def test_a_hash_has_so_many_fields_and_no_more(client):
    client.hset("k", mapping={f"f{i}": i for i in range(1024)})
    refused(client, "HSET", "k", "more", "1", match="at most 1024 fields")
    refused(client, "HINCRBY", "k", "more", "1", match="at most 1024 fields")
    assert client.hlen("k") == 1024
    assert client.hincrby("k", "f7", 1) == 8
    many = [str(i) for i in range(1025)]
    refused(client, "HMGET", "k", *many, match="at most 1024 fields at a time")
    refused(client, "HDEL", "k", *many, match="at most 1024 fields at a time")
    assert len(client.hmget("k", many[1:])) == 1024
    refused(client, "HRANDFIELD", "k", "-1025", match="out of range")
    assert len(client.hrandfield("k", -1024)) == 1024
    assert len(set(client.hrandfield("k", 1000))) == 1000


def test_a_refused_hset_changes_nothing(client):
    client.hset("k", "f", "v")
    big = "x" * (1024 * 1024)
    refused(client, "HSET", "k", "f", "w", "g", big, match="1048576 bytes")
    assert client.hgetall("k") == {"f": "v"}
    # A name and a value with their lengths: 1 + 1 + 1 + 3.
    assert client.hset("j", "f", big[:-5]) == 1
    refused(client, "HSET", "j", "f", big[:-4], match="1048576 bytes")


def test_a_string_grows_to_its_limit_and_no_further(client):
    limit = 1024 * 1024
    assert client.setrange("k", limit - 1, "x") == limit
    refused(client, "APPEND", "k", "x", match="maximum allowed size")
    refused(client, "SETRANGE", "k", limit, "x", match="maximum allowed size")
    refused(client, "SETRANGE", "j", 2**62, "x", match="maximum allowed size")
    assert client.strlen("k") == limit and client.exists("j") == 0


def test_keys_answers_all_or_says_why_not(client):
    with client.pipeline(transaction=False) as pipe:
        for first in range(0, 100000, 10000):
            pipe.mset({f"a{i}": "" for i in range(first, first + 10000)})
        pipe.execute()
    assert client.keys("a9999") == ["a9999"]
    assert client.keys("a9999?") != []
    refused(client, "KEYS", "*", match="larger than --max-output: use SCAN")
    client.set("one more", "")
    refused(client, "KEYS", "a*", match="at most, there are more: use SCAN")
    assert client.keys("one more") == ["one more"]
    assert client.randomkey() is not None


def test_lists_and_sets_are_unknown_commands(client):
    for words in ("LPUSH k v", "SADD k v", "ZADD k 1 v", "XADD k * f v"):
        refused(client, *words.split(), match="^unknown command")


def test_idletime_counts_from_the_last_use(client):
    def idle(key="k"):
        return client.object("idletime", key)

    client.hset("k", "f", "v")
    assert idle() <= 1
    wait_until(lambda: idle() >= 2, 30, "it is idle")
    client.exists("k"), client.type("k"), client.ttl("k")
    assert idle() >= 2, "these do not use it"
    client.execute_command("CLIENT", "NO-TOUCH", "ON")
    client.hget("k", "f")
    assert idle() >= 2, "nor does who asked for that"
    client.execute_command("CLIENT", "NO-TOUCH", "OFF")
    client.hget("k", "f")
    assert idle() <= 1


# -- after a crash -----------------------------------------------------------


def test_hashes_and_their_tokens_are_there_after_kill_9():
    with Lockd() as server:
        client = redis.Redis(unix_socket_path=server.socket, decode_responses=True)
        client.hincrby("lock", "me:1", 1)
        client.pexpire("lock", 60000)
        client.hincrby("lock", "me:1", 1)
        client.hset("h", mapping={"a": "1", "b": "\0\n", "c": ""})
        client.hdel("h", "a")
        client.hset("gone", "f", "v")
        client.hdel("gone", "f")
        client.set("s", "v")
        client.append("s", "w")
        client.rename("s", "t")
        before = fence(client, "lock", "me:1"), fence(client, "h"), fence(client, "t")
        server.kill()
        server.start()
        assert client.hgetall("lock") == {"me:1": "2"}
        assert 0 < client.pttl("lock") <= 60000
        assert client.hgetall("h") == {"b": "\0\n", "c": ""}
        assert client.keys("*") and set(client.keys("*")) == {"lock", "h", "t"}
        assert client.get("t") == "vw"
        after = fence(client, "lock", "me:1"), fence(client, "h"), fence(client, "t")
        assert after == before
        client.hincrby("new", "me:1", 1)
        assert fence(client, "new") > max(before)


def test_no_key_of_several_is_made_before_the_lost_second_is_over():
    with Lockd("--durability", "everysec") as server:
        client = redis.Redis(unix_socket_path=server.socket)
        client.mset({"a": 1, "b": 1})
        client.set("far", 1, px=1000)
        client.execute_command("WAITAOF", 1, 0, 10000)
        server.kill()
        server.start()
        refused(client, "MSET", "a", 2, "c", 3, match="^TRYAGAIN")
        refused(client, "RENAME", "a", "c", match="^TRYAGAIN")
        refused(client, "HSET", "c", "f", "v", match="^TRYAGAIN")
        assert client.mset({"a": 2, "b": 3})
        wait_until(lambda: not _refuses(client), 30, "it is open again")


def _refuses(client):
    try:
        return not client.rename("a", "c")
    except redis.ResponseError:
        return True
