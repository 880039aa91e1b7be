"""redis-cli and redis-benchmark, unmodified, on lockd and on redis-server 7."""

import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time

import pytest
import redis
from web import wait_until


@pytest.fixture
def client(empty):
    with redis.Redis(unix_socket_path=empty.socket) as made:
        yield made


@pytest.fixture
def cli(empty):
    """redis-cli with these words: what it printed."""

    def run(*words, stdin=None):
        done = subprocess.run(
            ["redis-cli", "-s", empty.socket, *words],
            input=stdin, capture_output=True, text=True, timeout=60,
        )
        assert done.returncode == 0 and done.stderr == "", done
        return done.stdout

    return run


@contextlib.contextmanager
def running(empty, *words):
    """A redis-cli that goes on until we end it; its lines as they come."""
    with subprocess.Popen(
        ["stdbuf", "-oL", "redis-cli", "-s", empty.socket, *words],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
    ) as process:
        try:
            yield process.stdout
        finally:
            process.kill()


# ---- redis-cli -----------------------------------------------------------------


def test_the_cli_sends_commands_and_shows_answers(cli):
    assert cli("SET", "k", "v", "NX", "PX", "60000") == "OK\n"
    assert cli("SET", "k", "w", "NX", "PX", "60000") == "\n"
    assert cli("--no-raw", "SET", "k", "w", "NX") == "(nil)\n"
    assert cli("--no-raw", "EXISTS", "k", "j") == "(integer) 1\n"
    assert cli("--no-raw", "GETT", "k").startswith("(error) ERR unknown command")
    assert cli("-3", "--no-raw", "GET", "none") == "(nil)\n"
    assert cli("-3", "--json", "CONFIG", "GET", "timeout") == '{"timeout":"0"}\n'
    assert cli("--csv", "SCAN", "0") == '"0","k"\n'
    assert cli("-n", "0", "GET", "k") == "v\n"
    assert cli(stdin="set a 1\nincr a\nget a\n") == "OK\n2\n2\n"
    assert cli("-x", "SET", "k", stdin="from a file") == "OK\n"
    assert cli("-r", "3", "INCR", "n") == "1\n2\n3\n"


def test_the_cli_runs_a_script_file(cli, tmp_path):
    path = tmp_path / "give.lua"
    path.write_text(
        "if redis.call('get', KEYS[1]) == ARGV[1] then"
        " return redis.call('del', KEYS[1]) end return 0"
    )
    cli("SET", "seat", "a")
    assert cli("--eval", str(path), "seat", ",", "b") == "0\n"
    assert cli("--eval", str(path), "seat", ",", "a") == "1\n"
    assert cli("EXISTS", "seat") == "0\n"


def test_the_cli_scans_and_weighs_keys(cli, client):
    for i in range(300):
        client.set(f"seat:{i}", "x" * i)
    client.hset("other", mapping={"x": 1, "y": 2})
    assert len(cli("--scan").split()) == 301
    assert cli("--scan", "--pattern", "oth*") == "other\n"
    big = cli("--bigkeys")
    assert "Sampled 301 keys" in big
    assert re.search(r'Biggest string found .*"seat:299"\S* has 299 bytes', big), big
    assert re.search(r'Biggest   hash found .*"other"\S* has 2 fields', big), big
    assert "Sampled 301 keys" in cli("--memkeys")


def test_the_cli_pours_a_pipe_in(cli, client):
    lines = b"".join(
        b"*3\r\n$3\r\nSET\r\n$%d\r\nk%d\r\n$1\r\nv\r\n" % (len(b"k%d" % i), i)
        for i in range(1000)
    )
    said = cli("--pipe", stdin=lines.decode())
    assert "errors: 0, replies: 1000" in said
    assert client.dbsize() == 1000


def test_the_cli_shows_rates(empty, client):
    client.set("k", "v")
    with running(empty, "--stat", "-i", "0.02") as lines:
        shown = [next(lines) for _ in range(4)]
    assert re.match(r"^1 +\S+ +\d+ +0 +\d+ \(\+\d+\)", shown[-1]), shown


def test_the_cli_measures_latency(empty, cli):
    with running(empty, "--latency-history", "-i", "0.1", "--raw") as lines:
        low, high, mean, samples = next(lines).split()[:4]
    assert float(low) <= float(mean) <= float(high) and int(samples) >= 1
    assert re.match(r"^\d+ \d+ \d+\.\d+ \d+$", cli("--latency", "-i", "0.1").strip())


def test_the_cli_watches_all_commands(empty, client):
    with running(empty, "MONITOR") as lines:
        assert next(lines) == "OK\n"
        client.set("seat", "a b", nx=True, px=60000)
        seen = next(lines)
        while "SET" not in seen:
            seen = next(lines)
    assert re.match(
        r'^\d+\.\d{6} \[0 unix:\S+\] "SET" "seat" "a b" "PX" "60000" "NX"$', seen
    ), seen


def test_the_cli_hears_messages(empty, client):
    with running(empty, "--csv", "PSUBSCRIBE", "released:*") as lines:
        assert "Reading messages" in next(lines)
        assert next(lines) == '"psubscribe","released:*",1\n'
        assert client.publish("released:seat", "t1") == 1
        assert next(lines) == '"pmessage","released:*","released:seat","t1"\n'


class Terminal:
    """redis-cli in a terminal of its own, as a person has it."""

    def __init__(self, *words):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ.update(TERM="xterm", HOME="/nonexistent")
            os.execvp("redis-cli", ["redis-cli", *words])
        # Without a size the terminal itself would be asked for it.
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("4H", 24, 200, 0, 0))
        self.seen = ""

    def _read(self, wanted):
        deadline = time.monotonic() + 30
        while re.search(wanted, self.seen, re.S) is None:
            left = deadline - time.monotonic()
            ready, _, _ = select.select([self.fd], [], [], max(left, 0))
            assert ready, f"no {wanted!r} in {self.seen!r}"
            self.seen += os.read(self.fd, 65536).decode(errors="replace")

    def type(self, text, until):
        """Types, and waits for until on the screen."""
        os.write(self.fd, text.encode())
        self.seen = ""
        self._read(until)

    def enter(self, text, until):
        """
        Types a line, and waits for until and the next prompt: it throws
        away what was typed before that.
        """
        self.type(text + "\r", until + ".*sock> ")

    def close(self):
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.fd)


@pytest.fixture
def terminal(empty):
    made = Terminal("-s", empty.socket)
    yield made
    made.close()


def test_the_cli_talks_with_a_person(terminal):
    terminal.type("", "sock> ")
    terminal.enter("set seat a px 60000", "OK")
    terminal.enter("get seat", '"a"')
    # What can be completed comes from COMMAND DOCS.
    terminal.type("publ\t", "PUBLISH")
    terminal.enter(" c m", r"\(integer\) 0")
    terminal.enter("help pexpire", "summary:")
    # And the hints while one types, of its arguments.
    terminal.type("get ", "key")
    terminal.enter("seat", '"a"')
    terminal.type("getrange ", "key start end")
    terminal.enter("seat 0 0", '"a"')
    terminal.enter("hello 3", r'"proto" => \(integer\) 3')
    terminal.enter("info server", "redis_version:7")
    terminal.enter("nosuch", r"\(error\) ERR unknown command")
    terminal.enter("get seat", '"a"')


# ---- redis-benchmark --------------------------------------------------------------

BENCHMARKS = {
    "one at a time": ["-c", "10"],
    "pipelined": ["-c", "10", "-P", "16"],
    "a connection a request": ["-c", "5", "-k", "0"],
    "in RESP3": ["-c", "10", "-3"],
}


@pytest.mark.parametrize("how", BENCHMARKS)
def test_the_benchmark_runs(empty, client, how):
    done = subprocess.run(
        ["redis-benchmark", "-s", empty.socket, "--csv", "-n", "500", "-r", "100",
         "-t", "ping,set,get,incr", *BENCHMARKS[how]],
        capture_output=True, text=True, timeout=120,
    )
    assert done.returncode == 0, done.stderr
    names = re.findall(r'^"([A-Z_]+)","(?:\d|inf)', done.stdout, re.M)
    assert names == ["PING_INLINE", "PING_MBULK", "SET", "GET", "INCR"], done.stdout
    assert "ERR" not in done.stdout + done.stderr
    stats = client.info("commandstats")
    for name in ("ping", "set", "get", "incr"):
        assert stats[f"cmdstat_{name}"]["calls"] >= 500
        assert stats[f"cmdstat_{name}"]["failed_calls"] == 0


def test_the_benchmark_runs_a_lock_script(empty, client):
    give = "if redis.call('get',KEYS[1])==ARGV[1] then return 1 end return 0"
    done = subprocess.run(
        ["redis-benchmark", "-s", empty.socket, "-q", "-n", "500", "-P", "4",
         "eval", give, "1", "seat:__rand_int__", "a"],
        capture_output=True, text=True, timeout=120,
    )
    assert done.returncode == 0 and "requests per second" in done.stdout, done
    assert client.info("commandstats")["cmdstat_eval"]["calls"] >= 500
    assert client.info("commandstats")["cmdstat_eval"]["failed_calls"] == 0


def test_the_benchmark_hears_of_errors(empty):
    done = subprocess.run(
        ["redis-benchmark", "-s", empty.socket, "-q", "-n", "100", "-e",
         "set", "k", "v", "what"],
        capture_output=True, text=True, timeout=120,
    )
    assert "ERR syntax error" in done.stdout + done.stderr


def test_lockds_clients_leave_no_connection(empty, client):
    wait_until(lambda: len(client.client_list()) == 1, 20, "all have gone")
