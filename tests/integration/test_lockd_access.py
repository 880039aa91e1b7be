"""Who may connect to lockd's Unix socket, and its file of a password."""

import os
import re
import socket
import stat
import subprocess
import sys
import tempfile

import pytest
from servers import Lockd
from web import free_port, wait_until
from wire import Wire

NOPERM = b"-NOPERM this user may not connect\r\n"
ME = os.getuid()
OTHER = ME + 4321


def refused(options, tmp_path):
    """What it says before it ends, having made nothing."""
    done = subprocess.run(
        [Lockd().command()[0], "--unix", str(tmp_path / "s"), *options],
        capture_output=True, text=True, timeout=60, cwd=tmp_path)
    assert done.returncode == 2
    assert not list(tmp_path.iterdir())
    return done.stderr


@pytest.mark.parametrize("users", [f"{ME}", f"{OTHER},{ME}",
                                   ",".join([str(OTHER)] * 63 + [str(ME)])])
def test_a_user_on_the_list_is_served(users):
    with Lockd("--allow-uid", users) as server:
        assert server.call("PING") == b"+PONG\r\n"


def test_a_user_may_be_named():
    import pwd

    with Lockd("--allow-uid", f"nobody,{pwd.getpwuid(ME).pw_name}") as server:
        assert server.call("PING") == b"+PONG\r\n"


def test_a_unix_client_counts_as_two_descriptors():
    """Its connection, and the watch of its process: (265 - 32) / 2."""
    with Limited(265, "--max-clients", "117") as server:
        assert "max-clients lowered to 116 by" in server.log()
    with Limited(266, "--max-clients", "117") as server:
        assert "lowered" not in server.log()


class Limited(Lockd):
    """With a hard limit of descriptors."""

    def __init__(self, limit, *options):
        super().__init__(*options)
        self.limit = limit

    def command(self):
        return ["prlimit", f"--nofile={self.limit}", *super().command()]


class Closed(Lockd):
    """It serves nobody here; that it refuses is its answer."""

    def answers(self):
        try:
            return self.call("PING") == NOPERM
        except OSError:
            return False


def test_another_user_hears_why_and_is_logged_once():
    with Closed("--allow-uid", str(OTHER)) as server:
        for _ in range(50):
            with Wire(server.socket) as wire:
                assert wire.reply() == NOPERM
                assert wire.peer.recv(1) == b""
        lines = re.findall(rf"may not connect uid={ME} refused_so_far=\d+",
                           server.log())
        assert 1 <= len(lines) < 20, "not a line each"


def test_who_was_refused_for_its_user_is_counted():
    port = free_port()
    with Closed("--allow-uid", str(OTHER), "--tcp", f"127.0.0.1:{port}") as server:
        with socket.create_connection(("127.0.0.1", port)) as tcp:
            def forbidden():
                tcp.sendall(b"INFO stats\r\n")
                said = b""
                while b"stalled_ms:" not in said or not said.endswith(b"\r\n"):
                    said += tcp.recv(65536)
                return int(re.search(rb"forbidden_connections:(\d+)", said)[1])

            before = forbidden()
            for _ in range(3):
                with Wire(server.socket) as wire:
                    assert wire.reply() == NOPERM
            wait_until(lambda: forbidden() == before + 3, 20, "all are counted")


@pytest.mark.skipif(ME != 0, reason="needs two users")
def test_root_is_refused_where_it_is_not_named():
    with Closed("--allow-uid", "65534", "--unix-mode", "666") as server:
        os.chmod(server.home, 0o755)
        script = ("import socket; s = socket.socket(socket.AF_UNIX); "
                  f"s.connect({server.socket!r}); s.sendall(b'PING\\r\\n'); "
                  "print(s.recv(99))")
        said = subprocess.run([sys.executable, "-c", script], user=65534,
                              capture_output=True, text=True, timeout=60)
        assert "+PONG" in said.stdout, said.stderr


@pytest.mark.parametrize("option, says", [
    (["--allow-uid", "no-such-user"], 'there is no "no-such-user"'),
    (["--allow-uid", "0,,1"], 'there is no ""'),
    (["--allow-uid", ""], 'there is no ""'),
    (["--allow-uid", "-1"], 'there is no "-1"'),
    (["--allow-uid", "4294967295"], 'there is no "4294967295"'),
    (["--allow-uid", "x" * 64], f'there is no "{"x" * 64}"'),
    (["--allow-uid", ",".join(["1"] * 65)], "at most 64 users"),
    (["--unix-group", "no-such-group"], 'there is no "no-such-group"'),
    (["--unix-group", ""], 'there is no ""'),
])
def test_who_is_not_there_is_an_error_at_start(option, says, tmp_path):
    assert says in refused(option, tmp_path)


def test_the_socket_has_the_group_that_was_asked_for():
    groups = [1] if ME == 0 else os.getgroups()
    with Lockd("--unix-group", str(groups[-1]), "--unix-mode", "620") as server:
        found = os.stat(server.socket)
        assert found.st_gid == groups[-1]
        assert stat.S_IMODE(found.st_mode) == 0o620


def start_in(folder, *options, **who):
    """What it says when it cannot listen."""
    done = subprocess.run(
        [Lockd().command()[0], "--durability", "none", *options],
        capture_output=True, text=True, timeout=60, cwd=folder, **who)
    assert done.returncode == 1
    return done.stderr


def test_a_socket_in_no_directory_says_what_to_do(tmp_path):
    path = tmp_path / "missing" / "s"
    said = start_in(tmp_path, "--unix", str(path))
    assert f"cannot listen unix={path}: there is no such directory: make it first" in said


def test_a_group_that_may_not_be_given_says_what_to_do():
    """Root's group, asked for by somebody who is not in it."""
    nobody = {"user": 65534, "group": 65534, "extra_groups": []} if ME == 0 else {}
    with tempfile.TemporaryDirectory(prefix="hf-") as folder:
        os.chmod(folder, 0o777)
        said = start_in(folder, "--unix", f"{folder}/s", "--unix-group", "0", **nobody)
        assert "this user may not give it to that group: start as root" in said
        assert not os.path.exists(f"{folder}/s")


@pytest.mark.skipif(ME != 0, reason="names of groups to give a socket to")
def test_a_group_may_be_named():
    with Lockd("--unix-group", "daemon") as server:
        assert os.stat(server.socket).st_gid == 1


@pytest.mark.parametrize("text", ["sesame", "sesame\n", "sesame\r\n",
                                  "sesame\nsecond\n"])
def test_a_password_ends_with_its_line(text, tmp_path):
    path = tmp_path / "password"
    path.write_bytes(text.encode())
    path.chmod(0o640)
    with Lockd("--password-file", str(path)) as server:
        assert server.call("AUTH", "sesame") == b"+OK\r\n"
        assert server.call("AUTH", text) == (
            b"+OK\r\n" if text == "sesame" else
            b"-WRONGPASS invalid username-password pair or user is disabled.\r\n")
        assert "can be read" not in server.log()


def test_a_password_that_all_can_read_is_warned_of(tmp_path):
    path = tmp_path / "password"
    path.write_text("sesame\n")
    path.chmod(0o604)
    with Lockd("--password-file", str(path)) as server:
        wait_until(lambda: "can be read by every user: chmod o-r" in server.log(),
                   20, "it is said")
        assert server.call("AUTH", "sesame") == b"+OK\r\n"
