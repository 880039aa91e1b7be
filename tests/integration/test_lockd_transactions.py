"""MULTI, EXEC, DISCARD, WATCH: on lockd and on redis-server 7.

Each test runs its assertions on both, byte for byte, except where it says
what is lockd's own.
"""

import contextlib
import errno
import re
import time
from pathlib import Path

import pytest
from bad_disk import BadDisk
from servers import Lockd, Redis
from web import wait_until
from wire import Wire

SERVERS = {"lockd": Lockd, "redis": Redis}


@pytest.fixture(scope="module", params=SERVERS)
def server(request):
    with SERVERS[request.param]() as running:
        yield running


@pytest.fixture(scope="module")
def both():
    with Lockd() as lockd, Redis() as real:
        yield lockd, real


@pytest.fixture(scope="module")
def lockd():
    with Lockd() as running:
        yield running


@pytest.fixture
def peer(server):
    with contextlib.ExitStack() as stack:
        def make(protocol=2):
            wire = stack.enter_context(Wire(server.socket))
            wire.ask("HELLO", protocol)
            wire.ask("FLUSHALL")
            return wire

        yield make


def run(wire, text):
    """Each command of a line "SET a 1 | GET a"; their replies."""
    return [wire.ask(*command.split()) for command in text.split(" | ")]


# ---- the same as Redis -------------------------------------------------------

# A line is one connection's.
SAME = """
    EXEC | DISCARD | UNWATCH | MULTI | MULTI | WATCH a | SET a 1 | EXEC | GET a
    MULTI | EXEC | EXEC | MULTI | DISCARD | EXEC
    MULTI | NOSUCH x | SET a | GET a | EXEC | GET a | EXEC
    MULTI | SET a 1 | NOSUCH | DISCARD | GET a | MULTI | GET a | EXEC
    MULTI | WATCH | EXEC | MULTI | UNWATCH x | EXEC
    MULTI | EXEC x | EXEC | MULTI | DISCARD x | EXEC | MULTI | MULTI x | EXEC
    MULTI x | EXEC x | DISCARD x | WATCH | UNWATCH x
    MULTI | MONITOR | EXEC | SET a 1
    MULTI | PING x y | PING x | EXEC | MULTI | HRANDFIELD k 1 WITHVALUES x | EXEC | MULTI | PUBSUB CHANNELS a b | EXEC
    MULTI | SHUTDOWN | EXEC
    MULTI | CLIENT NOSUCH | CLIENT | GET a | EXEC
    MULTI | CONFIG NOSUCH | EXEC | MULTI | COMMAND NOSUCH | EXEC | MULTI | ACL NOSUCH | EXEC
    MULTI | CLIENT SETNAME | EXEC | MULTI | CLIENT SETNAME me | CLIENT GETNAME | EXEC
    MULTI | SCRIPT NOSUCH | EXEC | MULTI | CLUSTER NOSUCH | EXEC | MULTI | CLUSTER INFO | EXEC
    MULTI | UNWATCH | PING | ECHO x | EXEC
    MULTI | SET a 1 | RESET | EXEC | GET a
    MULTI | SUBSCRIBE a | PING | EXEC
    MULTI | PUBLISH nobody x | PUBSUB NUMSUB a | EXEC
    MULTI | HELLO 3 | GET nix | EXEC | GET nix
    MULTI | AUTH a b | SELECT 0 | EXEC
    MULTI | WAIT 0 0 | EXEC | MULTI | WAIT 1 10000 | EXEC
    SET s x | MULTI | INCR s | SET a 2 | INCR a | EXEC | GET a
    SET s x | MULTI | EVAL return{err="bad"} 0 | EVAL return_{ 0 | EVALSHA x 0 | EXEC
    MULTI | EVAL return{KEYS[1],ARGV[1],redis.call("set",KEYS[1],"v")} 1 k a | GET k | EXEC
    MULTI | SET a 1 PX 100000 | PERSIST a | TTL a | DEL a b | EXISTS a | EXEC
    EVAL return{redis.pcall("multi").err,redis.pcall("exec").err} 0
    EVAL return{redis.pcall("watch","a").err,redis.pcall("discard").err} 0

    WATCH a | SET a 2 | MULTI | GET a | EXEC | MULTI | GET a | EXEC
    WATCH a | WATCH a b | MULTI | GET a | EXEC
    WATCH a | SET a 1 | UNWATCH | MULTI | EXEC
    WATCH a | SET a 1 | DISCARD | MULTI | DISCARD | MULTI | EXEC
    WATCH a | SET a 1 | MULTI | RESET | MULTI | EXEC
    WATCH a | SET a 1 | MULTI | NOSUCH | EXEC | MULTI | EXEC
    WATCH a | MULTI | SET a 1 | SET a 2 | EXEC | SET a 3 | MULTI | EXEC
    WATCH a b c d | SET d 1 | MULTI | EXEC
    WATCH nix | FLUSHALL | MULTI | EXEC
    SET a 1 | WATCH a | FLUSHALL | MULTI | EXEC
    SET a 1 | WATCH a | DEL a | MULTI | EXEC
    WATCH a | DEL a | MULTI | EXEC
    SET a 1 | WATCH a | SET a 1 | MULTI | EXEC
    SET a 1 | WATCH a | EXPIRE a 100 | MULTI | EXEC
    SET a 1 | WATCH a | PERSIST a | MULTI | EXEC
    SET a 1 PX 100000 | WATCH a | PERSIST a | MULTI | EXEC
    SET a 1 | WATCH a | SET a 1 NX | MULTI | EXEC
    SET a 1 | WATCH a | GET a | TTL a | EXISTS a | MULTI | GET a | EXEC
    WATCH a | EVAL redis.call("set","a","1") 0 | MULTI | EXEC
    WATCH a | EVAL redis.call("get","a") 0 | MULTI | EXEC
    SET a 1 | WATCH a | PEXPIRE a -1 | MULTI | EXEC
    WATCH a | SET a 1 | DEL a | MULTI | EXEC
"""

LINES = [line.strip() for line in SAME.splitlines() if line.strip()]


@pytest.mark.parametrize("protocol", [2, 3])
@pytest.mark.parametrize("line", LINES)
def test_the_same_answers_as_redis(both, line, protocol):
    answers = []
    for server in both:
        with Wire(server.socket) as wire:
            wire.ask("HELLO", protocol)
            wire.ask("FLUSHALL")
            got = run(wire, line)
            answers.append([re.sub(rb"\$2\r\nid\r\n:\d+", b"id", g) for g in got])
    for words, ours, theirs in zip(line.split(" | "), *answers):
        assert ours == theirs, words


def test_quit_ends_a_transaction(peer):
    wire = peer()
    assert run(wire, "MULTI | SET a 1 | QUIT") == [
        b"+OK\r\n", b"+QUEUED\r\n", b"+OK\r\n"]
    with pytest.raises(EOFError):
        wire.reply()
    assert peer().ask("EXISTS", "a") == b":0\r\n"


def test_who_hangs_up_has_changed_nothing_and_watches_no_more(peer):
    wire, other = peer(), peer()
    run(wire, "WATCH a | MULTI | SET a 1")
    wire.close()
    assert run(other, "SET a 2 | MULTI | GET a | EXEC")[-1] == b"*1\r\n$1\r\n2\r\n"


def test_another_clients_change_of_a_watched_key_ends_it(peer):
    wire, other = peer(), peer()
    run(wire, "WATCH a b | MULTI | SET x 1")
    other.ask("SET", "b", "1")
    assert wire.ask("EXEC") == b"*-1\r\n"
    assert wire.ask("EXISTS", "x") == b":0\r\n"


def test_a_change_of_another_key_does_not(peer):
    wire, other = peer(), peer()
    run(wire, "WATCH a b | MULTI | SET x 1")
    other.ask("SET", "c", "1")
    assert wire.ask("EXEC") == b"*1\r\n+OK\r\n"


@pytest.mark.parametrize("swept", [False, True])
def test_a_watched_key_that_ran_out_has_changed(peer, swept):
    wire, other = peer(), peer()
    run(wire, "SET a 1 PX 400 | WATCH a")
    assert wire.ask("EXISTS", "a") == b":1\r\n", "it was watched alive"
    run(wire, "MULTI | SET x 1")
    deadline = time.monotonic() + 0.6
    wait_until(lambda: time.monotonic() > deadline, 5, "its time is over")
    if swept:
        wait_until(lambda: other.ask("GET", "a") == b"$-1\r\n", 5, "it is gone")
    assert wire.ask("EXEC") == b"*-1\r\n"


def test_a_key_that_was_over_when_it_was_watched_has_not_changed(peer):
    wire = peer()
    run(wire, "SET a 1 PX 20")
    deadline = time.monotonic() + 0.06
    wait_until(lambda: time.monotonic() > deadline, 5, "its time is over")
    run(wire, "WATCH a | MULTI | SET x 1")
    assert wire.ask("EXEC") == b"*1\r\n+OK\r\n"


def test_a_pause_of_writes_lets_an_exec_that_writes_wait(peer):
    wire, other, admin = peer(), peer(), peer()
    run(wire, "MULTI | SET a 1")
    run(other, "MULTI | GET a")
    admin.ask("CLIENT", "PAUSE", "60000", "WRITE")
    assert other.ask("EXEC") == b"*1\r\n$-1\r\n"
    wire.send("EXEC")
    assert admin.ask("GET", "a") == b"$-1\r\n"
    admin.ask("CLIENT", "UNPAUSE")
    assert wire.reply() == b"*1\r\n+OK\r\n"


def test_monitor_shows_what_exec_runs_in_its_order(peer):
    monitor, wire = peer(), peer()
    monitor.ask("MONITOR")
    run(wire, "MULTI | SET a 1 | GET a | EXEC | PING")
    lines = []
    while b'"PING"' not in (lines or [b""])[-1]:
        lines.append(monitor.reply())
    shown = [line.split(b"] ")[1].strip() for line in lines]
    assert shown == [b'"MULTI"', b'"SET" "a" "1"', b'"GET" "a"', b'"EXEC"', b'"PING"']


def test_the_slow_log_has_the_commands_and_not_exec(peer):
    wire = peer()
    run(wire, "CONFIG SET slowlog-log-slower-than 0 | SLOWLOG RESET | MULTI "
              "| SET a 1 | EXEC")
    log = wire.ask("SLOWLOG", "GET")
    wire.ask("CONFIG", "SET", "slowlog-log-slower-than", "10000")
    assert b"$3\r\nSET\r\n" in log and b"$5\r\nMULTI\r\n" in log
    assert b"EXEC" not in log


def test_client_list_shows_how_much_is_queued(peer):
    wire = peer()
    run(wire, "CLIENT SETNAME it | MULTI | SET a 1 | GET a")
    line = next(line for line in peer().ask("CLIENT", "LIST").split(b"\n")
                if b"name=it" in line)
    assert b" multi=2 " in line and b" flags=xU " in line
    wire.ask("DISCARD")
    line = next(line for line in peer().ask("CLIENT", "LIST").split(b"\n")
                if b"name=it" in line)
    assert b" multi=-1 " in line and b" flags=U " in line


def test_commands_of_a_transaction_are_counted(peer):
    wire = peer()
    run(wire, "CONFIG RESETSTAT | MULTI | SET a x | INCR a | EXEC")
    stats = wire.ask("INFO", "commandstats").decode()
    assert re.search(r"cmdstat_set:calls=1,", stats)
    assert re.search(r"cmdstat_incr:calls=1,.*failed_calls=1", stats)
    assert re.search(r"cmdstat_exec:calls=1,.*failed_calls=0", stats)


def test_a_pipeline_of_transactions_is_answered_in_order(peer):
    wire = peer()
    for i in range(50):
        for words in (["MULTI"], ["SET", "n", str(i)], ["GET", "n"], ["EXEC"]):
            wire.send(*words)
    for i in range(50):
        for wanted in (b"+OK\r\n", b"+QUEUED\r\n", b"+QUEUED\r\n"):
            assert wire.reply() == wanted
        text = str(i).encode()
        assert wire.reply() == b"*2\r\n+OK\r\n$%d\r\n%s\r\n" % (len(text), text)


# Every command whose second word is a subcommand.
CONTAINERS = ["ACL", "CLIENT", "CLUSTER", "COMMAND", "CONFIG", "LATENCY", "MEMORY",
              "OBJECT", "PUBSUB", "SCRIPT", "SLOWLOG"]


@pytest.mark.parametrize("name", CONTAINERS)
def test_an_unknown_subcommand_is_an_error_and_the_line_stays(both, name):
    answers = []
    for server in both:
        with Wire(server.socket) as wire:
            answers.append([
                wire.ask(name, "NOSUCH"), wire.ask(name, "NOSUCH", "a", "b", "c"),
                wire.ask(name, ""), wire.ask(name, "x" * 300), wire.ask(name, "\r\n"),
                wire.ask("PING")])
    for ours, theirs in zip(*answers):
        assert ours[:1] == theirs[:1]
        if b"unknown command" not in ours:
            assert ours == theirs
    assert answers[0][-1] == b"+PONG\r\n"


def test_containers_are_all_of_them(lockd):
    """What COMMAND lists and answers NOSUCH with "unknown subcommand"."""
    with Wire(lockd.socket) as wire:
        names = re.findall(rb"\r\n([a-z.:]+)\r\n", wire.ask("COMMAND", "LIST"))
        found = [name.decode().upper() for name in names
                 if name not in (b"post", b"host:", b"quit", b"monitor",
                                 b"subscribe", b"psubscribe", b"ssubscribe")
                 and b"unknown subcommand" in wire.ask(name, "NOSUCH")]
    assert set(found) <= set(CONTAINERS)
    assert len(found) >= 9


# ---- lockd's own -------------------------------------------------------------


def test_lock_acquire_in_a_transaction_waits_for_nothing(lockd):
    with Wire(lockd.socket) as holder, Wire(lockd.socket) as wire:
        holder.ask("LOCK.ACQUIRE", 1, "door", "me", "PX", 60000)
        run(wire, "MULTI | LOCK.ACQUIRE 1 door you PX 1000 WAIT 60000 "
                  "| LOCK.ACQUIRE 1 window you PX 1000 WAIT 60000")
        answer = wire.ask("EXEC")
        assert re.fullmatch(rb"\*2\r\n\*-1\r\n\*2\r\n:\d+\r\n:\d+\r\n", answer)
        holder.ask("LOCK.RELEASE", 1, "door", "me")


def test_a_message_to_its_own_subscriber_comes_behind_the_answer(lockd):
    """Redis 7.0 has it within."""
    with Wire(lockd.socket) as wire:
        run(wire, "HELLO 3 | SUBSCRIBE c")
        assert run(wire, "MULTI | PUBLISH c x | PING | EXEC")[-1] == (
            b"*2\r\n:1\r\n+PONG\r\n")
        assert wire.reply() == b">3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$1\r\nx\r\n"


def test_client_reply_is_refused_in_a_transaction(lockd):
    """Redis lets it silence the rest of EXEC's own answer."""
    with Wire(lockd.socket) as wire:
        for mode in ("ON", "OFF", "SKIP"):
            assert run(wire, f"MULTI | CLIENT REPLY {mode} | PING | EXEC")[-1] == (
                b"*2\r\n-ERR CLIENT REPLY is not allowed in a transaction\r\n"
                b"+PONG\r\n")


def queue_up(wire, n):
    wire.ask("MULTI")
    return [wire.ask("SET", "k", "v" * 30) for _ in range(n)]


def test_a_transaction_may_be_so_large_and_no_larger():
    # Each SET counts 32 bytes, 16 a word, and its 34 bytes.
    with Lockd("--max-transaction", "1140") as server:
        with Wire(server.socket) as wire:
            assert set(queue_up(wire, 10)) == {b"+QUEUED\r\n"}
            assert wire.ask("EXEC").startswith(b"*10\r\n")
            assert queue_up(wire, 11)[-1] == (
                b"-ERR the transaction is larger than 1140 bytes\r\n")
            assert wire.ask("EXEC").startswith(b"-EXECABORT ")
            assert queue_up(wire, 10)[-1] == b"+QUEUED\r\n"


def test_a_client_may_watch_so_much_and_no_more():
    with Lockd("--max-transaction", "4096") as server:
        with Wire(server.socket) as wire:
            answers = [wire.ask("WATCH", f"key{i}") for i in range(100)]
            fits = answers.index(
                b"-ERR the watched keys take more than 4096 bytes\r\n")
            assert 10 < fits < 60
            assert wire.ask("WATCH", "key0") == b"+OK\r\n"  # once more
            assert wire.ask("UNWATCH") == b"+OK\r\n"
            assert wire.ask("WATCH", "key100") == b"+OK\r\n"


@pytest.mark.parametrize("value, says", [("1023", "must be"), ("1024", None)])
def test_max_transaction_has_a_least_value(value, says):
    server = Lockd("--max-transaction", value)
    if says is None:
        with server:
            return
    with pytest.raises(AssertionError, match="max-transaction"):
        server.start()
    server.close()


def test_a_disk_that_refuses_refuses_the_whole_transaction():
    with BadDisk() as disk, Lockd(**disk.environment) as server:
        with Wire(server.socket) as wire, Wire(server.socket) as other:
            run(wire, "MULTI | GET a | SET a 1 | SET b 1")
            disk.fail("fdatasync", errno.EIO)
            other.send("SET", "c", "1")
            with Wire(server.socket) as third:
                wait_until(lambda: b"aof_last_write_status:err" in
                           third.ask("INFO", "persistence"), 10, "the disk is bad")
            assert wire.ask("EXEC").startswith(
                b"-EXECABORT Transaction discarded because of: MISCONF ")
            assert run(wire, "MULTI | GET a | EXEC")[-1] == b"*1\r\n$-1\r\n"
            assert run(wire, "MULTI | SET a 1")[-1].startswith(b"-MISCONF")
            assert wire.ask("EXEC").startswith(b"-EXECABORT ")
            disk.heal("fdatasync")
            assert other.reply() == b"+OK\r\n"


def cut_log(whole, at):
    """Which keys a lockd that starts on the first bytes of a log has."""
    server = Lockd("--durability", "always")
    (Path(server.home) / "log.1").write_bytes(whole[:at])
    with server, Wire(server.socket) as wire:
        return [wire.ask("EXISTS", *keys.split())[1:-2] for keys in
                ("t1 t2 t3", "s1 s2", "o1 o2", "l1 l2", "w1 w2")]


def test_no_crash_shows_half_a_transaction_script_or_command():
    with Lockd() as server:
        with Wire(server.socket) as wire, Wire(server.socket) as waits:
            run(wire, "SET o1 v | SET o2 v")
            run(wire, "MULTI | SET t1 v | SET t2 v | SET t3 v | EXEC")
            wire.ask("EVAL", "for i=1,2 do redis.call('set','s'..i,'v') end", 0)
            wire.ask("LOCK.ACQUIRE", 2, "l1", "l2", "me", "PX", 60000)
            wire.ask("LOCK.ACQUIRE", 2, "w1", "w2", "me", "PX", 60000)
            waits.send("LOCK.ACQUIRE", 2, "w1", "w2", "you", "PX", 60000, "WAIT", 60000)
            wait_until(lambda: b"you" in wire.ask("LOCK.WAITERS", "w1"), 10, "it waits")
            wire.ask("DEL", "o1", "o2")
            wire.ask("LOCK.RELEASE", 2, "w1", "w2", "me")
            waits.reply()
        server.kill()
        whole = (Path(server.home) / "log.1").read_bytes().rstrip(b"\0")
    begin = whole.index(b"o2")
    seen = {tuple(cut_log(whole, at)) for at in range(begin, len(whole), 17)}
    for found in seen | {tuple(cut_log(whole, len(whole)))}:
        transaction, script, deleted, lock, line = found
        assert transaction in (b"0", b"3")
        assert script in (b"0", b"2")
        assert deleted in (b"0", b"1", b"2")
        assert lock in (b"0", b"2") and line in (b"0", b"2")
        assert deleted != b"1" or transaction == b"0"  # o1 was set alone
    assert len(seen) >= 5
    assert tuple(cut_log(whole, len(whole))) == (b"3", b"2", b"0", b"2", b"2")


def test_a_batch_too_large_for_one_record_is_whole_or_not_there():
    with Lockd("--script-time", "60000") as server:
        with Wire(server.socket) as wire:
            assert wire.ask("EVAL", "local v = string.rep('x', 1000000) for i=1,70 "
                            "do redis.call('set','t'..i,v) end return 1", 0) == b":1\r\n"
        server.kill()
        server.start()
        with Wire(server.socket) as wire:
            assert wire.ask("DBSIZE") == b":70\r\n"
        server.kill()
        # The first log is in a snapshot by now; the same again, and cut.
    with Lockd("--script-time", "60000") as server:
        with Wire(server.socket) as wire:
            wire.ask("SET", "s1", "v")
            assert wire.ask("EVAL", "local v = string.rep('x', 1000000) for i=1,70 "
                            "do redis.call('set','t'..i,v) end return 1", 0) == b":1\r\n"
        server.kill()
        whole = (Path(server.home) / "log.1").read_bytes().rstrip(b"\0")
    assert len(whole) > 70e6
    assert cut_log(whole, len(whole) - 1000)[:2] == [b"0", b"1"]


def test_a_full_memory_refuses_the_whole_transaction(peer, server):
    """As the disk that refuses does; and on Redis the same."""
    wire, admin = peer(), peer()
    run(wire, "MULTI | SET a 1 | DEL b | SET c 1")
    admin.ask("CONFIG", "SET", "maxmemory", "1")
    answers = [wire.ask("EXEC"), admin.ask("EXISTS", "a", "c")]
    run(wire, "MULTI | SET a 1")
    answers.append(wire.ask("EXEC"))
    admin.ask("CONFIG", "SET", "maxmemory", "0")
    assert answers[0].startswith(b"-EXECABORT Transaction discarded because of: OOM ")
    assert answers[1] == b":0\r\n"
    assert answers[2].startswith(b"-EXECABORT ")
