"""What locks of Java, Go, .NET and newer Python clients send, replayed.

Not in Debian and not on npm, so not here unmodified: handshakes and sequences
of commands are those that the libraries send, their scripts are told in words
of our own (the same commands, the same kinds of answers). Both servers, the
same assertions; a connection "b" is another client.
"""

import pytest
from replay import (
    Failure,
    Replay,
    above,
    anything,
    between,
    containing,
    having,
    tolerated,
)

NOSCRIPT = Failure("NOSCRIPT ")
REFUSED = Failure("ERR ")

SCRIPTS = {
    # -- compare the value, then delete or prolong: nearly everybody's
    "delete": """
        if redis.call('get', KEYS[1]) == ARGV[1] then
            return redis.call('del', KEYS[1])
        end
        return 0""",
    "prolong": """
        if redis.call('get', KEYS[1]) == ARGV[1] then
            return redis.call('pexpire', KEYS[1], ARGV[2])
        end
        return 0""",
    # -- redsync: a lock that is gone is -1
    "redsync_delete": """
        local value = redis.call('GET', KEYS[1])
        if value == false then return -1 end
        if value ~= ARGV[1] then return 0 end
        return redis.call('DEL', KEYS[1])""",
    "redsync_touch": """
        local value = redis.call('GET', KEYS[1])
        if value == ARGV[1] then
            return redis.call('PEXPIRE', KEYS[1], ARGV[2])
        elseif not value and redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2], 'NX') then
            return 1
        end
        return 0""",
    # -- Redisson: a hash, one field a holder, counted
    "rlock": """
        local free = redis.call('exists', KEYS[1]) == 0
        if not free and redis.call('hexists', KEYS[1], ARGV[2]) == 0 then
            return redis.call('pttl', KEYS[1])
        end
        redis.call('hincrby', KEYS[1], ARGV[2], 1)
        redis.call('pexpire', KEYS[1], ARGV[1])
        return nil""",
    "rlock_unlock": """
        local before = redis.call('get', KEYS[3])
        if before ~= false then return tonumber(before) end
        if redis.call('hexists', KEYS[1], ARGV[3]) == 0 then return nil end
        local last = redis.call('hincrby', KEYS[1], ARGV[3], -1) <= 0
        if last then
            redis.call('del', KEYS[1])
            redis.call(ARGV[4], KEYS[2], ARGV[1])
        else
            redis.call('pexpire', KEYS[1], ARGV[2])
        end
        redis.call('set', KEYS[3], last and 1 or 0, 'px', ARGV[5])
        return last and 1 or 0""",
    "rlock_renew": """
        local answers = {}
        for i, key in ipairs(KEYS) do
            local ours = redis.call('hexists', key, ARGV[i + 1]) == 1
            if ours then redis.call('pexpire', key, ARGV[1]) end
            answers[i] = ours and 1 or 0
        end
        return answers""",
    "rlock_force": """
        local was = redis.call('del', KEYS[1]) == 1
        if was then redis.call(ARGV[2], KEYS[2], ARGV[1]) end
        return was and 1 or 0""",
    "rfenced": """
        local free = redis.call('exists', KEYS[1]) == 0
        if not free and redis.call('hexists', KEYS[1], ARGV[2]) == 0 then
            return {redis.call('pttl', KEYS[1]), -1}
        end
        redis.call('incr', KEYS[2])
        redis.call('hincrby', KEYS[1], ARGV[2], 1)
        redis.call('pexpire', KEYS[1], ARGV[1])
        return {-1, tonumber(redis.call('get', KEYS[2]))}""",
    # -- Spring: answers are booleans
    "spring_obtain": """
        local holder = redis.call('GET', KEYS[1])
        if holder == ARGV[1] then
            redis.call('PEXPIRE', KEYS[1], ARGV[2])
            return true
        elseif holder then
            return false
        end
        redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
        return true""",
    "spring_unlink": """
        if redis.call('GET', KEYS[1]) ~= ARGV[1] then return false end
        redis.call('UNLINK', KEYS[1])
        return true""",
    "spring_unlink_tell": """
        if redis.call('GET', KEYS[1]) ~= ARGV[1] then return false end
        redis.call('UNLINK', KEYS[1])
        redis.call('PUBLISH', ARGV[2], KEYS[1])
        return true""",
    # -- RedLock.net: taken, prolonged, or neither
    "redlock_net": """
        local holder = redis.call('get', KEYS[1])
        if holder == false then
            return redis.call('set', KEYS[1], ARGV[1], 'PX', ARGV[2]) and 1 or 0
        elseif holder == ARGV[1] then
            return redis.call('pexpire', KEYS[1], ARGV[2])
        end
        return -1""",
    # -- bsm/redislock: several keys, a token of which the first part counts
    "bsm_obtain": """
        local function prolong(ms)
            for _, key in ipairs(KEYS) do redis.call('pexpire', key, ms) end
        end
        local pairs = {}
        for _, key in ipairs(KEYS) do
            pairs[#pairs + 1] = key
            pairs[#pairs + 1] = ARGV[1]
        end
        if redis.call('msetnx', unpack(pairs)) == 0 then
            local part = string.sub(ARGV[1], 1, tonumber(ARGV[2]))
            for _, key in ipairs(KEYS) do
                if redis.call('getrange', key, 0, tonumber(ARGV[2]) - 1) ~= part then
                    return false
                end
            end
            redis.call('mset', unpack(pairs))
        end
        prolong(ARGV[3])
        return redis.status_reply('OK')""",
    "bsm_refresh": """
        for _, held in ipairs(redis.call('mget', unpack(KEYS))) do
            if held ~= ARGV[1] then return false end
        end
        for _, key in ipairs(KEYS) do redis.call('pexpire', key, ARGV[2]) end
        return redis.status_reply('OK')""",
    "bsm_release": """
        for _, held in ipairs(redis.call('mget', unpack(KEYS))) do
            if held ~= ARGV[1] then return false end
        end
        redis.call('del', unpack(KEYS))
        return redis.status_reply('OK')""",
    "bsm_pttl": """
        local least = 0
        for _, key in ipairs(KEYS) do
            if redis.call('get', key) ~= ARGV[1] then return -3 end
            local left = redis.call('pttl', key)
            if least == 0 or left < least then least = left end
        end
        return least""",
}


def redisson(owner):
    """How Redisson names the holder: its own id and the thread's."""
    return f"0b8e6d24-5c1f-4f0e-9a54-93d1c6f0a1e7:{owner}"


ANN, BOB = redisson(1), redisson(2)
UNLOCK_KEYS = "3 seat redisson_lock__channel:{seat} redisson_unlock_latch:{seat}"
LETTUCE = [
    ("HELLO 3", having(proto=3)),
    ("CLIENT SETNAME spring", "OK"),
    ("CLIENT SETINFO lib-name Lettuce", tolerated),
    ("CLIENT SETINFO lib-ver 6.8.0.RELEASE", tolerated),
    ("CLIENT MAINT_NOTIFICATIONS ON moving-endpoint-type none", REFUSED),
]
GO_REDIS = [
    ("HELLO 3", having(proto=3, server="redis", mode="standalone", role="master")),
    ("CLIENT MAINT_NOTIFICATIONS ON moving-endpoint-type none", REFUSED),
    ("CLIENT SETINFO LIB-NAME go-redis(,go1.24)", tolerated),
    ("CLIENT SETINFO LIB-VER 9.14.0", tolerated),
]

CLIENTS = {
    "redis-py 7": [
        ("HELLO 3", having(proto=3)),
        ("CLIENT MAINT_NOTIFICATIONS ON moving-endpoint-type internal-ip", REFUSED),
        ("CLIENT SETNAME till-4", "OK"),
        ("CLIENT SETINFO LIB-NAME redis-py", tolerated),
        ("CLIENT SETINFO LIB-VER 7.0.0", tolerated),
        ("SELECT 0", "OK"),
        ("CLIENT GETNAME", "till-4"),
        ("PING", "PONG"),
        ("SET seat ann NX PX 30000", "OK"),
        ("SET seat bob NX PX 30000", None),
        ("GET seat", "ann"),
        ("EVALSHA @prolong 1 seat ann 60000", NOSCRIPT),
        ("SCRIPT LOAD $prolong", anything),
        ("EVALSHA @prolong 1 seat ann 60000", 1),
        ("EVALSHA @prolong 1 seat bob 60000", 0),
        ("PTTL seat", between(50000, 60000)),
        ("SCRIPT LOAD $delete", anything),
        ("EVALSHA @delete 1 seat bob", 0),
        ("EVALSHA @delete 1 seat ann", 1),
        ("EVALSHA @delete 1 seat ann", 0),
        ("GET seat", None),
    ],
    "an older redis-py, with a password that is not wanted": [
        ("AUTH secret", Failure("ERR AUTH <password> called without any password")),
        ("CLIENT SETNAME till-4", "OK"),
        ("SET seat ann PX 30000 NX", "OK"),
        ("SET seat bob NX PX 30000", None),
    ],
    "redsync on go-redis 9": [
        *GO_REDIS,
        ("set seat ann ex 8 nx", "OK"),
        ("set seat bob px 8500 nx", None),
        ("evalsha @redsync_touch 1 seat ann 60000", NOSCRIPT),
        ("eval $redsync_touch 1 seat ann 60000", 1),
        ("evalsha @redsync_touch 1 seat bob 60000", 0),
        ("pttl seat", between(50000, 60000)),
        ("evalsha @redsync_delete 1 seat bob", NOSCRIPT),
        ("eval $redsync_delete 1 seat bob", 0),
        ("evalsha @redsync_delete 1 seat ann", 1),
        ("evalsha @redsync_delete 1 seat ann", -1),
        ("evalsha @redsync_touch 1 seat bob 60000", 1),
        ("get seat", "bob"),
    ],
    "Redisson's RLock": [
        ("CLIENT SETNAME redisson", "OK"),
        ("PING", "PONG"),
        (f"EVALSHA @rlock 1 seat 30000 {ANN}", NOSCRIPT),
        (f"EVAL $rlock 1 seat 30000 {ANN}", None),
        (f"EVALSHA @rlock 1 seat 30000 {ANN}", None),
        ("EXISTS seat", 1),
        (f"HEXISTS seat {ANN}", 1),
        (f"HGET seat {ANN}", "2"),
        # Another one subscribes, and tries again when it hears.
        (f"b: EVALSHA @rlock 1 seat 30000 {BOB}", between(25000, 30000)),
        ("c: SUBSCRIBE redisson_lock__channel:{seat}",
         ["subscribe", "redisson_lock__channel:{seat}", 1]),
        ("c: PING", ["pong", ""]),
        (f"b: EVALSHA @rlock 1 seat 30000 {BOB}", between(25000, 30000)),
        # The watchdog, of several locks at once.
        (f"EVAL $rlock_renew 2 seat other 60000 {ANN} {ANN}", [1, 0]),
        ("PTTL seat", between(50000, 60000)),
        # The latch makes a repeated unlock answer the same.
        (f"EVAL $rlock_unlock {UNLOCK_KEYS}:1 0 30000 {BOB} publish 4500", None),
        (f"EVALSHA @rlock_unlock {UNLOCK_KEYS}:2 0 30000 {ANN} publish 4500", 0),
        (f"EVALSHA @rlock_unlock {UNLOCK_KEYS}:2 0 30000 {ANN} publish 4500", 0),
        ("DEL redisson_unlock_latch:{seat}:2", 1),
        (f"EVALSHA @rlock_unlock {UNLOCK_KEYS}:3 0 30000 {ANN} publish 4500", 1),
        ("DEL redisson_unlock_latch:{seat}:3", 1),
        ("c:<", ["message", "redisson_lock__channel:{seat}", "0"]),
        (f"b: EVALSHA @rlock 1 seat 30000 {BOB}", None),
        ("c: UNSUBSCRIBE redisson_lock__channel:{seat}",
         ["unsubscribe", "redisson_lock__channel:{seat}", 0]),
        ("EVAL $rlock_force 2 seat redisson_lock__channel:{seat} 0 spublish", 1),
        ("EXISTS seat", 0),
        ("WAIT 0 1000", 0),
    ],
    "Redisson's RFencedLock": [
        ("HELLO 3", having(proto=3)),
        ("PING", "PONG"),
        (f"EVAL $rfenced 2 seat redisson_lock_token:{{seat}} 30000 {ANN}", above("t", 1)),
        (f"EVALSHA @rfenced 2 seat redisson_lock_token:{{seat}} 30000 {ANN}", above("t", 1)),
        (f"b: EVALSHA @rfenced 2 seat redisson_lock_token:{{seat}} 30000 {BOB}",
         lambda got, _: got[1] == -1 and 25000 < got[0] <= 30000),
        (f"EVAL $rlock_unlock {UNLOCK_KEYS}:1 0 30000 {ANN} publish 4500", 0),
        (f"EVALSHA @rlock_unlock {UNLOCK_KEYS}:2 0 30000 {ANN} publish 4500", 1),
        (f"b: EVALSHA @rfenced 2 seat redisson_lock_token:{{seat}} 30000 {BOB}", above("t", 1)),
        ("INCR redisson_lock_token:{seat}", above("t")),
        ("GET redisson_lock_token:{seat}", lambda got, seen: int(got) == seen["t"]),
    ],
    "Spring's RedisLockRegistry, spinning": [
        *LETTUCE,
        ("EVALSHA @spring_obtain 1 locks:seat ann 60000", NOSCRIPT),
        ("EVAL $spring_obtain 1 locks:seat ann 60000", 1),
        ("EVALSHA @spring_obtain 1 locks:seat bob 60000", None),
        ("EVALSHA @spring_obtain 1 locks:seat ann 60000", 1),
        ("PTTL locks:seat", between(50000, 60000)),
        ("EVAL $prolong 1 locks:seat ann 90000", 1),
        ("EVAL $spring_unlink 1 locks:seat bob", None),
        ("EVALSHA @spring_unlink 1 locks:seat ann", 1),
        ("EVALSHA @spring_unlink 1 locks:seat ann", None),
        ("EXISTS locks:seat", 0),
    ],
    "Spring's RedisLockRegistry, by messages": [
        *LETTUCE,
        ("c: HELLO 3", having(proto=3)),
        ("c: PSUBSCRIBE locks-channel:*", ["psubscribe", "locks-channel:*", 1]),
        ("EVAL $spring_obtain 1 locks:seat ann 60000", 1),
        ("b: EVALSHA @spring_obtain 1 locks:seat bob 60000", None),
        ("EVAL $spring_unlink_tell 1 locks:seat bob locks-channel:locks:seat", None),
        ("EVALSHA @spring_unlink_tell 1 locks:seat ann locks-channel:locks:seat", 1),
        ("c:<", ["pmessage", "locks-channel:*", "locks-channel:locks:seat", "locks:seat"]),
        ("b: EVALSHA @spring_obtain 1 locks:seat bob 60000", 1),
        ("c: PUNSUBSCRIBE locks-channel:*", ["punsubscribe", "locks-channel:*", 0]),
        ("c: GET locks:seat", "bob"),
    ],
    "Medallion on StackExchange.Redis": [
        ("HELLO", having(proto=2, role="master")),
        ("CLIENT SETNAME till(SE.Redis-v2.8)", "OK"),
        ("CLIENT SETINFO lib-name SE.Redis", tolerated),
        ("CLIENT SETINFO lib-ver 2.8.16", tolerated),
        ("CLIENT ID", between(1, 2**62)),
        ("CONFIG GET timeout", ["timeout", "0"]),
        ("CONFIG GET replica-read-only", having(**{"replica-read-only": "yes"})),
        ("CONFIG GET databases", lambda got, _: got[0] == "databases" and int(got[1]) >= 1),
        ("SENTINEL MASTERS", Failure("ERR unknown command")),
        ("INFO replication", containing("role:master")),
        ("INFO server", containing("redis_version:7")),
        ("CLUSTER NODES", Failure("ERR This instance has cluster support disabled")),
        ("GET __Booksleeve_TieBreak", None),
        ("ECHO 0123456789abcdef", "0123456789abcdef"),
        ("c: SUBSCRIBE __Booksleeve_MasterChanged",
         ["subscribe", "__Booksleeve_MasterChanged", 1]),
        ("c: PING", ["pong", ""]),
        ("SET seat ann PX 30000 NX", "OK"),
        ("SET seat bob PX 30000 NX", None),
        ("EVALSHA @prolong 1 seat ann 60000", NOSCRIPT),
        ("SCRIPT LOAD $prolong", anything),
        ("EVALSHA @prolong 1 seat ann 60000", 1),
        ("SCRIPT LOAD $delete", anything),
        ("EVALSHA @delete 1 seat bob", 0),
        ("EVALSHA @delete 1 seat ann", 1),
        ("CONFIG GET nosuchthing", []),
    ],
    "RedLock.net on StackExchange.Redis": [
        ("HELLO", having(proto=2)),
        ("EVAL $redlock_net 1 redlock:seat ann 30000", 1),
        ("EVALSHA @redlock_net 1 redlock:seat ann 60000", 1),
        ("EVALSHA @redlock_net 1 redlock:seat bob 60000", -1),
        ("PTTL redlock:seat", between(50000, 60000)),
        ("EVAL $delete 1 redlock:seat bob", 0),
        ("EVALSHA @delete 1 redlock:seat ann", 1),
    ],
    "bsm/redislock on go-redis 9": [
        *GO_REDIS,
        ("evalsha @bsm_obtain 2 a b annXtoken 3 30000", NOSCRIPT),
        ("eval $bsm_obtain 2 a b annXtoken 3 30000", "OK"),
        ("evalsha @bsm_obtain 2 b c bobXtoken 3 30000", None),
        ("exists c", 0),
        ("evalsha @bsm_obtain 2 a b annXother 3 30000", "OK"),
        ("mget a b", ["annXother", "annXother"]),
        ("eval $bsm_refresh 2 a b annXother 60000", "OK"),
        ("evalsha @bsm_refresh 2 a b bobXtoken 60000", None),
        ("eval $bsm_pttl 2 a b annXother", between(50000, 60000)),
        ("evalsha @bsm_pttl 2 a b bobXtoken", -3),
        ("eval $bsm_release 2 a b bobXtoken", None),
        ("evalsha @bsm_release 2 a b annXother", "OK"),
        ("exists a b", 0),
    ],
    "Laravel": [
        ("SELECT 0", "OK"),
        ("SET cache:seat ann EX 60 NX", "OK"),
        ("SET cache:seat bob EX 60 NX", None),
        ("EVAL $delete 1 cache:seat bob", 0),
        ("EVAL $delete 1 cache:seat ann", 1),
        ("SETNX cache:seat ann", 1),
        ("SETNX cache:seat bob", 0),
        ("DEL cache:seat", 1),
    ],
}

# Forms that Redis has since 8 and lockd has, too; clients that try them first
# know an older server by these words, and go on with their scripts.
NEWER = [
    ("SET seat ann NX PX 30000", "OK", "OK"),
    ("SET seat ann IFEQ bob PX 60000", None, Failure("ERR syntax error")),
    ("SET seat ann IFEQ ann PX 60000", "OK", Failure("ERR syntax error")),
    ("PTTL seat", between(50000, 60000), between(25000, 30000)),
    ("DELEX seat IFEQ bob", 0, Failure("ERR unknown command")),
    ("DELEX seat IFEQ ann", 1, Failure("ERR unknown command")),
    ("EXISTS seat", 0, 1),
]


@pytest.mark.parametrize("client", CLIENTS)
def test_a_clients_words_are_answered_as_it_needs(empty, client):
    with Replay(empty.socket, SCRIPTS) as replay:
        for line, wanted in CLIENTS[client]:
            replay.step(line, wanted)


def test_newer_forms_work_or_are_refused_in_words_that_clients_know(empty):
    with Replay(empty.socket, SCRIPTS) as replay:
        for line, *wanted in NEWER:
            replay.step(line, wanted[empty.name != "lockd"])
