"""Why a service gave no answer, as a worker's numbers tell it; and that the
worker gave none, as nginx's do."""

import re

import pytest

from servers import Postgres
from stack import Stack
from web import Client, free_port, wait_until


@pytest.fixture(scope="module")
def database():
    with Postgres(fsync=False) as running:
        yield running


@pytest.fixture(scope="module", params=["lockd", "ephemerald"])
def stack(request, database):
    port = free_port()
    # One thread: each call goes over the connection of the one before.
    with Stack(database, tickets=20, workers=1, threads=1, lock=request.param,
               nginx={"METRICS_LISTEN": f"127.0.0.1:{port}"}) as running:
        running.metrics_port = port
        running.nodes = request.param == "ephemerald"
        yield running


def failures(stack, who):
    """{kind: how many} of "lock" or "database"."""
    with Client(stack.metrics_port, "prometheus", timeout=60) as client:
        page = client.get("/metrics/1").raw.decode()
    name = f"holdfast_{who}_errors_total{{kind=\""
    return {line.removeprefix(name).split('"')[0]: int(line.split()[-1])
            for line in page.splitlines() if line.startswith(name)}


def told(stack, who, before):
    return {kind for kind, n in failures(stack, who).items() if n > before[kind]}


def test_a_lock_service_that_hangs_gives_no_answer_in_time(stack):
    before = failures(stack, "lock")
    stack.lock.pause()
    try:
        assert stack.client("ann").reserve("1").status == 503
    finally:
        stack.lock.resume()
    assert told(stack, "lock", before) == {"timeout"}
    wait_until(stack.healthy, 30, "it is back")


def test_a_lock_service_that_is_gone_takes_no_connection(stack):
    before = failures(stack, "lock")
    stack.lock.kill()
    try:
        for _ in range(3):
            assert stack.client("ann").reserve("2").status == 503
    finally:
        stack.lock.start()
    # Over nodes a thread of its own connects; others are not asked so soon.
    assert told(stack, "lock", before) - {"broken"} == (
        {"away"} if stack.nodes else {"connect", "away"})
    wait_until(stack.healthy, 30, "it is back")


def test_a_database_that_hangs_gives_no_answer_in_time(stack):
    before = failures(stack, "database")
    stack.database.pause()
    try:
        assert stack.client("ann").reserve("3").status == 503
    finally:
        stack.database.resume()
    assert "timeout" in told(stack, "database", before)
    wait_until(stack.healthy, 30, "it is back")


def test_a_database_that_is_gone_takes_no_connection(stack):
    before = failures(stack, "database")
    stack.database.kill()
    try:
        for _ in range(3):
            assert stack.client("ann").reserve("4").status == 503
        assert "connect" in told(stack, "database", before)
    finally:
        stack.database.start()
    wait_until(stack.healthy, 30, "it is back")


def healthz_status(stack):
    """As nginx tells it, before Prometheus would give up."""
    with Client(stack.metrics_port, "prometheus", timeout=9) as client:
        page = client.get("/metrics/nginx").raw.decode()
    [line] = re.findall(r"^holdfast_healthz_status (\d+)$", page, re.MULTILINE)
    return int(line)


def logged(stack, answer):
    """The access log's line about it, as {name: value}."""
    wanted = f'id={answer.headers["X-Request-Id"]} '

    def found():
        return [line for line in (stack.nginx.home / "access.log").read_text(
            ).splitlines() if wanted in line]

    [line] = wait_until(found, 10, "nginx has written it")
    return dict(re.findall(r'(\w+)="?([^" ]*)', line))


def test_a_worker_that_hangs_is_told_by_nginx_as_operations_says(stack):
    """docs/operations.md, Holdfast unavailable."""
    [worker] = stack.workers
    worker.pause()
    try:
        assert healthz_status(stack) == 504
        with Client(stack.port, "ann", timeout=40) as ann:
            plain = ann.reserve("5")
    finally:
        worker.resume()
    assert (plain.status, plain.json["code"]) == (503, "unavailable")
    line = logged(stack, plain)
    assert (line["status"], line["upstream"]) == ("503", f"unix:{worker.socket}")
    assert float(line["answer"]) > 15
    wait_until(stack.healthy, 30, "it is back")


def test_a_worker_that_is_gone_is_told_by_nginx_as_operations_says(stack):
    [worker] = stack.workers
    worker.kill()
    try:
        assert healthz_status(stack) == 502
        problem = stack.client("ann").get("/api/holds")
    finally:
        worker.start()
    assert problem.status == 503
    assert problem.json["type"] == "/problems/unavailable"
    line = logged(stack, problem)
    assert (line["status"], line["upstream"]) == ("503", f"unix:{worker.socket}")
    assert float(line["answer"]) < 5
    wait_until(stack.healthy, 30, "it is back")
