"""Debian's Python clients, unmodified, on lockd and on redis-server 7.

redis-py's Lock in both its forms, and aioredis 1.3 with the scripts that
aioredlock runs through it.
"""

import asyncio
import threading
import time

import aioredis
import pytest
import redis
import redis.asyncio
from redis.exceptions import (
    LockError,
    LockNotOwnedError,
    NoScriptError,
    ResponseError,
)
from web import wait_until


@pytest.fixture
def client(empty):
    with redis.Redis(unix_socket_path=empty.socket) as made:
        yield made


@pytest.fixture
def run(empty):
    """Runs a coroutine function that takes an asyncio client."""

    def on_client(body):
        async def main():
            client = redis.asyncio.Redis(unix_socket_path=empty.socket)
            try:
                await asyncio.wait_for(body(client), 60)
            finally:
                await client.close()
                await client.connection_pool.disconnect()

        asyncio.run(main())

    return on_client


# ---- redis.lock.Lock ---------------------------------------------------------


def test_a_lock_is_taken_extended_and_given_back(client):
    lock = client.lock("seat", timeout=10)
    assert lock.acquire() and lock.locked() and lock.owned()
    assert client.get("seat") == lock.local.token
    assert 9000 < client.pttl("seat") <= 10000
    assert lock.extend(20) and 25000 < client.pttl("seat") <= 30000
    assert lock.extend(5, replace_ttl=True) and client.pttl("seat") <= 5000
    assert lock.reacquire() and 9000 < client.pttl("seat") <= 10000
    lock.release()
    assert not lock.locked() and not client.exists("seat")


def test_only_the_holder_releases_and_extends(client):
    first, second = (client.lock("seat", timeout=10) for _ in range(2))
    assert first.acquire()
    assert not second.acquire(blocking=False)
    with pytest.raises(LockError):
        second.release()
    second.local.token = b"a guess"
    for wrong in (second.reacquire, lambda: second.extend(99), second.release):
        with pytest.raises(LockNotOwnedError):
            wrong()
    assert first.owned() and not second.owned()
    assert client.pttl("seat") <= 10000


def test_a_lock_that_ran_out_is_the_next_ones(client):
    late = client.lock("seat", timeout=0.03)
    assert late.acquire()
    heir = client.lock("seat", timeout=10, sleep=0.005)
    assert heir.acquire(blocking_timeout=20)
    for refused in (late.reacquire, lambda: late.extend(99), late.release):
        with pytest.raises(LockNotOwnedError):
            refused()
    assert heir.owned()


def test_who_waits_gives_up_in_time_or_gets_it_when_it_is_given_back(client):
    holder = client.lock("seat", timeout=60)
    assert holder.acquire()
    began = time.monotonic()
    waiter = client.lock("seat", timeout=60, sleep=0.01, thread_local=False)
    assert not waiter.acquire(blocking_timeout=0.1)
    assert time.monotonic() - began >= 0.08
    got = []
    thread = threading.Thread(
        target=lambda: got.append(waiter.acquire(blocking_timeout=30))
    )
    thread.start()
    asked = client.info("commandstats")["cmdstat_set"]["calls"]
    wait_until(
        lambda: client.info("commandstats")["cmdstat_set"]["calls"] > asked + 1,
        20, "it asks again and again",
    )
    assert not got
    holder.release()
    thread.join(30)
    assert got == [True] and waiter.owned()


def test_a_lock_without_a_timeout_stays(client):
    lock = client.lock("seat")
    assert lock.acquire() and client.ttl("seat") == -1
    with pytest.raises(LockError):
        lock.extend(10)
    lock.release()
    with client.lock("seat"):
        assert client.exists("seat")
    assert not client.exists("seat")


def test_a_lock_excludes_threads(client):
    inside, most = [], []

    def work():
        for _ in range(12):
            with client.lock("seat", timeout=30, sleep=0.001):
                inside.append(1)
                most.append(len(inside))
                inside.pop()

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert most == [1] * 72


def test_scripts_forgotten_meanwhile_are_sent_again(client):
    lock = client.lock("seat", timeout=10)
    assert lock.acquire() and lock.extend(1)
    client.script_flush()
    with pytest.raises(NoScriptError):
        client.evalsha(lock.lua_release.sha, 1, "seat", "x")
    lock.release()
    assert client.script_exists(lock.lua_release.sha) == [True]


def test_names_and_numbers_of_connections_are_kept(empty):
    with redis.Redis(unix_socket_path=empty.socket, client_name="till-4",
                     db=0, health_check_interval=1) as named:
        assert named.client_getname() in ("till-4", b"till-4")
        mine = [c for c in named.client_list() if c["name"] == "till-4"]
        assert [c["id"] for c in mine] == [str(named.client_id())]
        assert mine[0]["db"] == "0"


def test_what_a_lock_does_not_need_is_refused_by_name(client):
    with pytest.raises(ResponseError, match="unknown command"):
        client.execute_command("NOSUCHCOMMAND", "x")
    with pytest.raises(ResponseError, match="syntax error"):
        client.execute_command("SET", "k", "v", "WHAT")
    assert client.ping()


# ---- redis.asyncio.lock.Lock ---------------------------------------------------


def test_an_asyncio_lock_is_taken_extended_and_given_back(run):
    async def body(client):
        lock = client.lock("seat", timeout=10)
        assert await lock.acquire() and await lock.locked() and await lock.owned()
        other = client.lock("seat", timeout=10)
        assert not await other.acquire(blocking=False)
        with pytest.raises(LockError):
            await other.release()
        assert await lock.extend(20)
        assert 25000 < await client.pttl("seat") <= 30000
        assert await lock.reacquire() and await client.pttl("seat") <= 10000
        await lock.release()
        assert not await client.exists("seat")
        with pytest.raises(LockError):
            await lock.release()

    run(body)


def test_an_asyncio_lock_excludes_tasks(run):
    inside, most = [], []

    async def body(client):
        async def work():
            for _ in range(6):
                async with client.lock("seat", timeout=30, sleep=0.001):
                    inside.append(1)
                    most.append(len(inside))
                    await asyncio.sleep(0)
                    inside.pop()

        await asyncio.gather(*(work() for _ in range(8)))

    run(body)
    assert most == [1] * 48


def test_a_task_that_is_cancelled_while_it_waits_leaves_nothing(run, empty):
    async def body(client):
        holder = client.lock("seat", timeout=60)
        assert await holder.acquire()
        # One connection; it asks once, and would ask again in an hour.
        waiting = redis.asyncio.Redis(unix_socket_path=empty.socket)
        pool = waiting.connection_pool
        late = waiting.lock("seat", timeout=60, sleep=3600)
        await client.config_resetstat()
        task = asyncio.create_task(late.acquire())
        while "cmdstat_set" not in await client.info("commandstats"):
            assert not task.done()
        while pool._in_use_connections or not pool._available_connections:
            await asyncio.sleep(0)  # its answer is on the way
        (connection,) = pool._available_connections
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await holder.owned() and not await late.owned()
        await holder.release()
        assert not await client.exists("seat"), "nobody took it unasked"
        assert await late.acquire(blocking=False) and await late.owned()
        assert pool._available_connections == [connection], "the same, and in step"
        await late.release()
        await waiting.close()
        await pool.disconnect()

    run(body)


def test_an_asyncio_lock_that_ran_out_is_not_extended(run):
    async def body(client):
        late = client.lock("seat", timeout=0.03)
        assert await late.acquire()
        heir = client.lock("seat", timeout=10, sleep=0.005)
        assert await heir.acquire(blocking_timeout=20)
        for refused in (late.reacquire, lambda: late.extend(99), late.release):
            with pytest.raises(LockNotOwnedError):
                await refused()
        assert await heir.owned()

    run(body)


# ---- messages ------------------------------------------------------------------


def test_a_release_is_heard_through_a_channel(client):
    ears = client.pubsub(ignore_subscribe_messages=True)
    ears.subscribe("released:seat")
    ears.psubscribe("released:*")
    heard = []

    def hear():
        said = ears.get_message(timeout=1)
        if said is not None:
            heard.append((said["type"], said["channel"], said["data"]))
        return len(heard) >= 2

    wait_until(lambda: client.pubsub_numpat() == 1, 20, "it listens")
    assert client.publish("released:seat", "t1") == 2
    wait_until(hear, 20, "both came")
    assert sorted(heard) == [
        ("message", b"released:seat", b"t1"),
        ("pmessage", b"released:seat", b"t1"),
    ]
    ears.close()
    wait_until(lambda: client.publish("released:seat", "t2") == 0, 20, "it is gone")


# ---- aioredis 1.3, as aioredlock uses it -----------------------------------------

# The same decisions as aioredlock's scripts, in words of our own: taken when
# free or already ours, given back by the holder alone, errors with a reason.
TAKE = """
    local holder = redis.call('get', KEYS[1])
    if holder and holder ~= ARGV[1] then
        return redis.error_reply('HELD')
    end
    redis.call('set', KEYS[1], ARGV[1], 'px', ARGV[2])
    return redis.status_reply('TAKEN')
"""
GIVE = """
    if redis.call('get', KEYS[1]) ~= ARGV[1] then
        return redis.error_reply('NOT YOURS')
    end
    redis.call('del', KEYS[1])
    return redis.status_reply('GIVEN')
"""
LEFT = """
    if redis.call('get', KEYS[1]) ~= ARGV[1] then
        return redis.error_reply('NOT YOURS')
    end
    local left = redis.call('pttl', KEYS[1])
    if left < 0 then
        return redis.error_reply('NO DEADLINE')
    end
    return left
"""


def test_aioredis_runs_aioredlocks_scripts(empty):
    async def main():
        pool = await aioredis.create_redis_pool(empty.socket, db=0, maxsize=3)
        try:
            take, give, left = [await pool.script_load(s) for s in (TAKE, GIVE, LEFT)]
            assert await pool.evalsha(take, ["seat"], ["a", 30000]) == b"TAKEN"
            assert await pool.evalsha(take, ["seat"], ["a", 60000]) == b"TAKEN"
            assert 50000 < await pool.evalsha(left, ["seat"], ["a"]) <= 60000
            for script, args in ((take, ["b", 9]), (give, ["b"]), (left, ["b"])):
                with pytest.raises(aioredis.ReplyError, match="HELD|NOT YOURS"):
                    await pool.evalsha(script, ["seat"], args)
            assert await pool.evalsha(give, ["seat"], ["a"]) == b"GIVEN"
            assert await pool.get("seat") is None
            await pool.set("seat", "x", pexpire=30000, exist="SET_IF_NOT_EXIST")
            assert not await pool.set("seat", "y", exist="SET_IF_NOT_EXIST")
            with pytest.raises(aioredis.ReplyError, match="NOSCRIPT"):
                await pool.evalsha("0" * 40)
        finally:
            pool.close()
            await pool.wait_closed()

    asyncio.run(asyncio.wait_for(main(), 60))


def test_aioredis_hears_keyspace_events(empty):
    async def main():
        client = await aioredis.create_redis(empty.socket)
        ears = await aioredis.create_redis(empty.socket)
        try:
            await client.config_set("notify-keyspace-events", "Ex")
            (channel,) = await ears.subscribe("__keyevent@0__:expired")
            await client.set("seat", "a", pexpire=20)
            assert await channel.get() == b"seat"
        finally:
            await client.config_set("notify-keyspace-events", "")
            for one in (client, ears):
                one.close()
                await one.wait_closed()

    asyncio.run(asyncio.wait_for(main(), 60))
