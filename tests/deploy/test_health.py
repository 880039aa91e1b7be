"""The health check of the containers says of each part whether it serves."""

import os
import pathlib
import socket
import subprocess

import pytest

from servers import Ephemerald, Lockd, Postgres
from stack import Stack

HEALTH = pathlib.Path(os.environ["HOLDFAST_SRC"], "deploy/containers/health")


def health(*words):
    done = subprocess.run([HEALTH, *map(str, words)], capture_output=True, text=True,
                          timeout=30)
    assert done.stderr == ""
    assert (done.returncode == 0) == (done.stdout == ""), done
    return done.stdout if done.returncode else "serves"


@pytest.fixture(scope="module")
def stack():
    with Postgres(fsync=False) as database, Stack(database, workers=1) as stack:
        yield stack


def test_a_lock_service_that_serves_and_one_that_is_gone():
    for server, protocol in ((Lockd, "resp"), (Ephemerald, "zookeeper")):
        with server() as lock:
            where = lock.socket
            assert health(protocol, where) == "serves"
            lock.stop()
            assert str(where) in health(protocol, where)


def test_one_that_wants_a_password_serves(tmp_path):
    (tmp_path / "password").write_text("open sesame\n")
    with Lockd("--password-file", str(tmp_path / "password")) as lock:
        assert health("resp", lock.socket) == "serves"


def test_nginx_and_a_worker_and_what_is_behind_them(stack):
    worker, web = stack.workers[0].socket, f"127.0.0.1:{stack.port}"
    assert health("fastcgi", worker) == "serves"
    assert health("fastcgi", worker, "alive") == "serves"
    assert health("http", web) == health("http", web, "/") == "serves"
    stack.lock.stop()
    assert "says 503" in health("fastcgi", worker)
    assert health("fastcgi", worker, "alive") == "serves"
    assert "503" in health("http", web)
    assert health("http", web, "/") == "serves"
    stack.workers[0].kill()
    assert worker in health("fastcgi", worker, "alive")


def test_one_that_accepts_and_never_answers_does_not_serve(tmp_path):
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(tmp_path / "sock"))
        silent.listen()
        assert "no answer" in health("resp", tmp_path / "sock")


@pytest.mark.parametrize("words", [[], ["resp"], ["smtp", "x"], ["http", "x", "y", "z"]])
def test_what_it_does_not_understand_is_no_health(words):
    assert "WHERE" in health(*words)
