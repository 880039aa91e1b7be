"""One request, found by its id in the logs of every part that saw it."""

import re
import uuid

import pytest

from buyer import Buyer, make_event
from stack import Stack
from web import Client, wait_until

ID = r"[0-9a-f]{32}"


def make_loud(worker):
    quiet = worker.command
    worker.command = lambda: [*quiet(), "--log-level", "debug"]


@pytest.fixture(scope="module")
def stack(database):
    database.sql("ALTER SYSTEM SET log_line_prefix = '%m [%p] app=%a '")
    database.sql("ALTER SYSTEM SET log_statement = 'mod'")
    database.sql("SELECT pg_reload_conf()")
    stack = Stack(database, tickets=5, workers=2)
    for worker in stack.workers:
        make_loud(worker)
    with stack:
        yield stack


def logs(stack):
    access = stack.nginx.home / "access.log"
    return {"nginx": access.read_text() if access.exists() else "",
            "worker": "".join(worker.log() for worker in stack.workers),
            "database": stack.database.log(),
            "lock service": stack.lock.call("CLIENT", "LIST").decode()}


def where(stack, word):
    return {part for part, text in logs(stack).items() if word in text}


def test_one_id_leads_through_all_parts(stack):
    answer = stack.client("ann").reserve("1")
    name = answer.headers["X-Request-Id"]
    assert answer.status == 200 and re.fullmatch(ID, name)
    wait_until(lambda: where(stack, name) == set(logs(stack)), 20,
               "every log has it")
    told = logs(stack)
    assert re.search(rf'^time=\S+ id={name} remote=127\.0\.0\.1 '
                     r'request="POST /reserve_ticket HTTP/1.1" status=200 ',
                     told["nginx"], re.MULTILINE)
    assert re.search(r'debug ticketing: answered call="POST /reserve_ticket" '
                     rf"result=ok status=200 us=\d+ id={name}$",
                     told["worker"], re.MULTILINE)
    assert re.search(rf"app={name} .*UPDATE tickets", told["database"])
    assert f"name={name} " in told["lock service"]


def test_a_line_about_trouble_names_the_request_that_met_it(stack):
    stack.lock.kill()
    try:
        answer = stack.client("bob").reserve("2")
        name = answer.headers["X-Request-Id"]
        assert answer.status == 503
        assert any(re.search(rf"lock service lost: .* id={name}$", worker.log(),
                             re.MULTILINE) for worker in stack.workers)
    finally:
        stack.lock.start()
        wait_until(stack.healthy, 30, "the whole path answers")


def test_a_problem_names_its_request_whoever_makes_it(stack):
    event = "e" + uuid.uuid4().hex[:12]
    make_event(stack, event)
    with Buyer(stack.port, "ann") as ann:
        by_worker = ann.hold(event, ["nowhere"])
        by_nginx = ann.call("POST", "/api/events/x/holds", b"x" * 70000)
    assert (by_worker.status, by_nginx.status) == (404, 413)
    for answer in (by_worker, by_nginx):
        assert answer.json["request_id"] == answer.headers["X-Request-Id"]


def test_no_client_chooses_an_id(stack):
    with Client(stack.port, "x") as client:
        for path in ("/healthz", "/index.html", "/none"):
            answer = client.request("GET", path, headers={"X-Request-Id": "mine"})
            assert re.fullmatch(ID, answer.headers["X-Request-Id"]), path
    assert "id=mine" not in "".join(w.log() for w in stack.workers)
