"""lockd under a service manager: the test plays systemd."""

import contextlib
import os
import signal
import socket
import stat
import time

import pytest
from servers import Lockd, build_path
from service_manager import Manager
from wire import Wire

LOCKD = build_path("lockd", "lockd")


@pytest.mark.parametrize("abstract", [False, True])
def test_the_start_and_the_stop_are_told(tmp_path, abstract):
    with Manager(LOCKD, tmp_path, abstract) as manager:
        manager.start("--unix", str(tmp_path / "s"))
        assert manager.hears() == "READY=1"
        with Wire(str(tmp_path / "s")) as wire:
            assert wire.ask("PING") == b"+PONG\r\n"
        manager.process.terminate()
        assert manager.hears() == "STOPPING=1"
        assert manager.process.wait(30) == 0


def test_a_reload_is_told_from_its_begin_to_its_end(tmp_path):
    password = tmp_path / "password"
    password.write_text("old\n")
    with Manager(LOCKD, tmp_path) as manager:
        manager.start("--unix", str(tmp_path / "s"), "--password-file", str(password))
        assert manager.hears() == "READY=1"
        password.write_text("new\n")
        before = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        manager.process.send_signal(signal.SIGHUP)
        state, clock = manager.hears().split("\n")
        assert state == "RELOADING=1"
        name, told = clock.split("=")
        assert name == "MONOTONIC_USEC"
        assert before <= int(told) <= time.clock_gettime_ns(time.CLOCK_MONOTONIC) / 1000
        assert manager.hears() == "READY=1"
        with Wire(str(tmp_path / "s")) as wire:
            assert wire.ask("AUTH", "new") == b"+OK\r\n"


def test_the_watchdog_is_fed_by_a_loop_that_goes_round(tmp_path):
    with Manager(LOCKD, tmp_path) as manager:
        manager.watches_a_loop_that_is_stopped("--unix", str(tmp_path / "s"))


@pytest.mark.parametrize("environment", [{"WATCHDOG_USEC": "50000", "WATCHDOG_PID": "1"},
                                         {"WATCHDOG_USEC": "0"}, {"WATCHDOG_USEC": "x"}])
def test_a_watchdog_that_is_not_for_us_is_left_alone(tmp_path, environment):
    with Manager(LOCKD, tmp_path) as manager:
        manager.start("--unix", str(tmp_path / "s"), environment=environment.items())
        assert manager.hears() == "READY=1"
        assert manager.hears(0.2) is None


def test_inherited_sockets_are_served_and_left_as_they_were(tmp_path, listening):
    path = tmp_path / "inherited"
    unix = listening(socket.AF_UNIX, str(path))
    tcp = listening(socket.AF_INET, ("127.0.0.1", 0))
    path.chmod(0o604)
    with Manager(LOCKD, tmp_path) as manager:
        manager.start(sockets=[unix, tcp])
        assert manager.hears() == "READY=1"
        with Wire(str(path)) as wire:
            assert wire.ask("SET", "k", "v") == b"+OK\r\n"
        with socket.create_connection(tcp.getsockname(), 20) as peer:
            peer.sendall(b"GET k\r\n")
            assert peer.recv(99) == b"$1\r\nv\r\n"
        manager.process.terminate()
        assert manager.process.wait(30) == 0
    assert stat.S_ISSOCK(path.stat().st_mode)
    assert stat.S_IMODE(path.stat().st_mode) == 0o604


def test_both_kinds_of_sockets_are_served(tmp_path, listening):
    unix = listening(socket.AF_UNIX, str(tmp_path / "inherited"))
    with Manager(LOCKD, tmp_path) as manager:
        manager.start("--unix", str(tmp_path / "own"), sockets=[unix])
        assert manager.hears() == "READY=1"
        for name in ("inherited", "own"):
            with Wire(str(tmp_path / name)) as wire:
                assert wire.ask("PING") == b"+PONG\r\n"


def test_sockets_for_another_process_are_not_taken(tmp_path, listening):
    unix = listening(socket.AF_UNIX, str(tmp_path / "inherited"))
    with Manager(LOCKD, tmp_path) as manager:
        manager.start(sockets=[unix], pid="1")
        assert manager.process.wait(30) == 2
        assert "nothing to listen on" in manager.end()


@pytest.mark.parametrize("n, says", [("17", "LISTEN_FDS is no number from 0 to 16"),
                                     ("-1", "LISTEN_FDS is no number"),
                                     ("x", "LISTEN_FDS is no number"),
                                     ("1", "cannot listen fd=3")])
def test_sockets_that_cannot_be_are_an_error(tmp_path, n, says):
    with Manager(LOCKD, tmp_path) as manager:
        # A datagram socket where a listening one should be.
        with contextlib.closing(socket.socket(fileno=os.dup2(
                manager.ear.fileno(), 100, inheritable=False))) as wrong:
            manager.start(sockets=[wrong], n=n)
        assert manager.process.wait(30) != 0
        assert says in manager.end()


def test_a_manager_that_is_not_there_is_a_line_in_the_log(tmp_path):
    with Lockd(NOTIFY_SOCKET=str(tmp_path / "nobody")) as server:
        assert server.call("PING") == b"+PONG\r\n"
        assert "cannot tell the service manager READY=1" in server.log()
