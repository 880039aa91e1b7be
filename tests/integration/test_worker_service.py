"""The worker under a service manager: its socket, its readiness, its end."""

import socket
import threading

import pytest

import fastcgi
from servers import build_path
from service_manager import Manager
from service_manager import listening  # noqa: F401 (a fixture)
from stack import Stack

WORKER = build_path("fcgi", "ticketing.fcgi")
SALES = 60


@pytest.fixture(scope="module")
def stack(database):
    with Stack(database, tickets=SALES, workers=1) as stack:
        yield stack


def managed(stack, home):
    """A manager of one worker of this stack."""
    manager = Manager(WORKER, home, fixed=())
    manager.environment = stack.workers[0].environment
    return manager


def start(manager, *options, **how):
    manager.start(*options, environment=manager.environment, **how)


def test_a_passed_socket_is_served_and_left_to_its_owner(
        stack, tmp_path, listening):  # noqa: F811
    path = str(tmp_path / "worker.sock")
    with managed(stack, tmp_path) as manager:
        start(manager, sockets=[listening(socket.AF_UNIX, path)])
        assert manager.hears() == "READY=1"
        assert fastcgi.post(path, "/reserve_ticket",
                            {"ticket_id": "1", "client_id": "ann"}).status == 200
        manager.process.terminate()
        assert manager.hears() == "STOPPING=1"
        assert manager.process.wait(30) == 0
        assert (tmp_path / "worker.sock").is_socket()


def test_no_request_is_lost_while_one_worker_follows_another(
        stack, tmp_path, listening):  # noqa: F811
    path = str(tmp_path / "worker.sock")
    own = listening(socket.AF_UNIX, path)
    answers, failures = [], []

    def buy():
        for ticket in range(2, SALES + 1):
            try:
                answers.append(fastcgi.post(
                    path, "/reserve_ticket",
                    {"ticket_id": str(ticket), "client_id": "ann"}).status)
            except Exception as error:  # noqa: BLE001 (all are failures here)
                failures.append(error)

    buyer = threading.Thread(target=buy)
    for turn in range(4):
        with managed(stack, tmp_path) as manager:
            start(manager, sockets=[own])
            assert manager.hears() == "READY=1"
            if turn == 0:
                buyer.start()
            done = len(answers)
            while len(answers) < min(done + 5, SALES - 1):
                assert buyer.is_alive() or len(answers) == SALES - 1
            manager.process.terminate()
            assert manager.process.wait(30) == 0
        (tmp_path / "notify").unlink()
    with managed(stack, tmp_path) as manager:
        start(manager, sockets=[own])
        buyer.join(60)
    assert (failures, set(answers), len(answers)) == ([], {200}, SALES - 1)


@pytest.mark.parametrize("family", [socket.AF_INET, None], ids=["tcp", "two"])
def test_other_sockets_are_refused_with_a_reason(
        stack, tmp_path, listening, family):  # noqa: F811
    if family is None:
        sockets = [listening(socket.AF_UNIX, str(tmp_path / name)) for name in "ab"]
    else:
        sockets = [listening(family, ("127.0.0.1", 0))]
    with managed(stack, tmp_path) as manager:
        start(manager, sockets=sockets)
        assert manager.process.wait(30) == 1
        assert "takes one listening Unix socket" in manager.end()


def test_a_session_is_kept_in_the_folder_of_the_service(
        stack, tmp_path, listening):  # noqa: F811
    own = listening(socket.AF_UNIX, str(tmp_path / "worker.sock"))
    state = tmp_path / "state"
    state.mkdir()
    with managed(stack, tmp_path) as manager:
        manager.environment = {
            **manager.environment, "LOCK_TYPE": "ephemeral_node",
            "NODE_URL": f"unix://{tmp_path}/nobody.sock",
            "STATE_DIRECTORY": str(state)}
        start(manager, sockets=[own])
        assert manager.hears() == "READY=1"
        manager.process.terminate()
        assert manager.process.wait(30) == 0
    assert [kept.name for kept in state.iterdir()] == ["zookeeper.session"]
