"""Why a service gave no answer, as a worker's numbers tell it."""

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
