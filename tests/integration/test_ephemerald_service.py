"""ephemerald under a service manager: the test plays systemd."""

import socket
import stat

import pytest
from servers import build_path
from service_manager import Manager
from zk_wire import Peer

EPHEMERALD = build_path("ephemerald", "ephemerald")
NO_NODE = -101


def serves(address):
    """A session begins, and a request is answered."""
    with Peer(address) as peer:
        assert peer.begin(10000) is not None
        return peer.call("exists", "/").err == 0


@pytest.mark.parametrize("abstract", [False, True])
def test_the_start_and_the_stop_are_told(tmp_path, abstract):
    with Manager(EPHEMERALD, tmp_path, abstract) as manager:
        manager.start("--unix", str(tmp_path / "s"))
        assert manager.hears() == "READY=1"
        assert serves(str(tmp_path / "s"))
        manager.process.terminate()
        assert manager.hears() == "STOPPING=1"
        assert manager.process.wait(30) == 0


def test_the_watchdog_is_fed_by_a_loop_that_goes_round(tmp_path):
    with Manager(EPHEMERALD, tmp_path) as manager:
        manager.watches_a_loop_that_is_stopped("--unix", str(tmp_path / "s"))


def test_inherited_sockets_are_served_and_left_as_they_were(tmp_path, listening):
    path = tmp_path / "inherited"
    unix = listening(socket.AF_UNIX, str(path))
    tcp = listening(socket.AF_INET, ("127.0.0.1", 0))
    path.chmod(0o604)
    with Manager(EPHEMERALD, tmp_path) as manager:
        manager.start(sockets=[unix, tcp])
        assert manager.hears() == "READY=1"
        with Peer(str(path)) as peer:
            peer.begin(10000)
            assert peer.call("exists", "/a").err == NO_NODE
            assert peer.call("create", "/a").value == "/a"
        with Peer(tcp.getsockname()) as peer:
            peer.begin(10000)
            assert peer.call("exists", "/a").err == 0
        manager.process.terminate()
        assert manager.process.wait(30) == 0
    assert stat.S_ISSOCK(path.stat().st_mode)
    assert stat.S_IMODE(path.stat().st_mode) == 0o604


def test_both_kinds_of_sockets_are_served(tmp_path, listening):
    unix = listening(socket.AF_UNIX, str(tmp_path / "inherited"))
    with Manager(EPHEMERALD, tmp_path) as manager:
        manager.start("--unix", str(tmp_path / "own"), sockets=[unix])
        assert manager.hears() == "READY=1"
        for name in ("inherited", "own"):
            assert serves(str(tmp_path / name))


def test_sockets_for_another_process_are_not_taken(tmp_path, listening):
    unix = listening(socket.AF_UNIX, str(tmp_path / "inherited"))
    with Manager(EPHEMERALD, tmp_path) as manager:
        manager.start(sockets=[unix], pid="1")
        assert manager.process.wait(30) == 2
        assert "nothing to listen on" in manager.end()
