"""The worker program itself: its settings, its socket, its end, its peers."""

import json
import os
import signal
import socket
import stat
import subprocess
import threading

import pytest

import fastcgi
from servers import build_path
from stack import Stack, Worker
from web import Lost, wait_until


@pytest.fixture(scope="module")
def stack(database):
    with Stack(database, workers=1) as stack:
        yield stack


@pytest.fixture
def worker(stack):
    """One more worker, started by the test, on all tickets free."""
    stack.seed()
    stack.lock.call("FLUSHALL")
    worker = stack.worker()
    yield worker
    worker.close()


def sale(ticket="1", client="ann"):
    return {"ticket_id": ticket, "client_id": client}


def post(worker, path, fields):
    return fastcgi.post(worker.socket, path, fields)


def run_to_end(socket_path, *options, **environment):
    """A worker that is expected not to start: what it left."""
    env = {k: v for k, v in {**os.environ, **environment}.items() if v is not None}
    return subprocess.run(
        [build_path("fcgi", "ticketing.fcgi"), "--socket", str(socket_path), *options],
        env=env,
        capture_output=True,
        text=True,
        timeout=60,
    )


# -- settings ----------------------------------------------------------------

GOOD = {
    "LOCK_TYPE": "distributed_lock",
    "LOCK_URL": "unix:///nowhere/lock",
    "DATABASE_URL": "postgresql:///holdfast?host=/nowhere",
    "HOLD_SECONDS": "120",
}

# Of a worker over ephemeral nodes, which reads no LOCK_URL.
NODES = {**GOOD, "LOCK_TYPE": "ephemeral_node", "LOCK_URL": None,
         "NODE_URL": "zk://127.0.0.1:1"}

WRONG_NODES = [
    ("NODE_URL", None, "zk://"),
    ("NODE_URL", "", "NODE_URL"),
    ("NODE_URL", "redis://127.0.0.1", "NODE_URL"),
    ("NODE_URL", "zk://127.0.0.1:99999", "NODE_URL"),
    ("NODE_URL", "zk://127.0.0.1/a//b", "NODE_URL"),
]

WRONG = [
    ("LOCK_TYPE", "", "distributed_lock or ephemeral_node"),
    ("LOCK_TYPE", "Distributed_Lock", "distributed_lock"),
    ("LOCK_URL", None, "unix:///"),
    ("LOCK_URL", "", "LOCK_URL"),
    ("LOCK_URL", "http://127.0.0.1", "LOCK_URL"),
    ("LOCK_URL", "redis://127.0.0.1:99999", "LOCK_URL"),
    ("DATABASE_URL", None, "postgresql://"),
    ("HOLD_SECONDS", "", "86400"),
    ("HOLD_SECONDS", "0", "86400"),
    ("HOLD_SECONDS", "86401", "86400"),
    ("HOLD_SECONDS", "-5", "86400"),
    ("HOLD_SECONDS", "2m", "86400"),
    ("HOLD_SECONDS", "9" * 30, "86400"),
    ("SECRET_FILE", "/nowhere", "No such file"),
    ("SECRET_FILE", "/dev/null", "fewer than 32 bytes"),
    ("SECRET_FILE", "/dev/zero", "more than 4096 bytes"),
]


@pytest.mark.parametrize("name, value, words", WRONG)
def test_a_wrong_setting_ends_it_at_once_and_is_named(tmp_path, name, value, words):
    done = run_to_end(tmp_path / "sock", **{**GOOD, name: value})
    assert done.returncode == 2, done
    assert name in done.stderr and words in done.stderr
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert not (tmp_path / "sock").exists(), "before it listens"


@pytest.mark.parametrize("name, value, words", WRONG_NODES)
def test_a_wrong_place_of_nodes_ends_it_at_once(tmp_path, name, value, words):
    done = run_to_end(tmp_path / "sock", **{**NODES, name: value})
    assert done.returncode == 2, done
    assert name in done.stderr and words in done.stderr
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert list(tmp_path.iterdir()) == [], "nothing was made"


@pytest.mark.parametrize("options", [["--threads", "0"], ["--threads", "257"],
                                     ["--threads", "x"], ["--nope"]])
def test_a_wrong_flag_ends_it_at_once(tmp_path, options):
    done = run_to_end(tmp_path / "sock", *options, **GOOD)
    assert done.returncode == 2, done
    assert options[0].lstrip("-") in done.stderr


def test_hold_seconds_may_be_its_least_and_its_most(stack):
    for seconds in ("1", "86400"):
        worker = stack.worker()
        worker.environment["HOLD_SECONDS"] = seconds
        with worker:
            taken = post(worker, "/reserve_ticket", sale("9", f"for {seconds}"))
            assert taken.status == 200, taken
            assert taken.json["expires_in"] == int(seconds)
            released = post(worker, "/release_ticket", sale("9", f"for {seconds}"))
            assert released.status == 200, released


# -- its socket --------------------------------------------------------------


def test_its_socket_is_for_owner_and_group_alone(worker):
    worker.start()
    assert stat.S_IMODE(os.stat(worker.socket).st_mode) == 0o660


def test_a_socket_that_a_live_worker_has_is_left_to_it(worker):
    worker.start()
    done = run_to_end(worker.socket, **worker.environment)
    assert done.returncode == 1, done
    assert worker.socket in done.stderr
    assert post(worker, "/reserve_ticket", sale()).status == 200


def test_a_socket_left_by_a_killed_worker_is_replaced(worker):
    worker.start()
    worker.kill()
    assert os.path.exists(worker.socket)
    worker.start()
    assert post(worker, "/reserve_ticket", sale()).status == 200


def test_a_file_at_its_socket_path_is_left_alone(tmp_path):
    path = tmp_path / "sock"
    path.write_text("precious")
    done = run_to_end(path, **GOOD)
    assert done.returncode == 1, done
    assert str(path) in done.stderr
    assert path.read_text() == "precious"


def test_a_path_too_long_for_a_socket_is_refused(tmp_path):
    path = "/tmp/" + "x" * 103
    done = run_to_end(path, **GOOD)
    assert done.returncode == 1, done
    assert "107 bytes" in done.stderr


# -- its end -----------------------------------------------------------------


class Call(threading.Thread):
    """One POST, answered when it is."""

    def __init__(self, worker, path, fields):
        super().__init__(daemon=True)
        self.arguments = worker, path, fields
        self.answer = None
        self.start()

    def run(self):
        try:
            self.answer = post(*self.arguments)
        except Lost as lost:
            self.answer = lost

    def result(self):
        self.join(60)
        assert not self.is_alive(), "no answer"
        return self.answer


def connections(path):
    """Peers of a listening Unix socket: accepted, or waiting for it."""
    with open("/proc/net/unix") as lines:
        found = [line.split() for line in lines if line.rstrip().endswith(path)]
    return sum(1 for words in found if words[3] == "00000000")


def test_sigterm_answers_what_is_in_flight_and_what_waits(stack, worker):
    """One thread stands at the gate; two more requests wait behind it."""
    worker.program, worker.threads = "ticketing-barrier.fcgi", 1
    gate = worker.home / "gate"
    worker.environment["HF_BARRIER_FILE"] = str(gate)
    worker.start()
    assert post(worker, "/reserve_ticket", sale()).status == 200
    in_flight = Call(worker, "/book_ticket", sale())
    reached = gate.with_name("gate.reached")
    wait_until(reached.exists, 30, "the book is at the gate")
    before = connections(worker.socket)
    waiting = [Call(worker, "/reserve_ticket", sale(t, "bob")) for t in "23"]
    wait_until(lambda: connections(worker.socket) == before + 2, 30,
               "both are connected")

    worker.process.send_signal(signal.SIGTERM)
    wait_until(lambda: not os.path.exists(worker.socket), 30,
               "nobody comes any more")
    assert worker.running(), "it must finish first"
    gate.touch()
    assert in_flight.result().status == 200
    assert [call.result().status for call in waiting] == [200, 200]
    assert worker.process.wait(30) == 0
    assert stack.rows()["1"].state == "booked"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_idle_worker_ends_cleanly_and_takes_its_socket_along(worker, number):
    worker.start()
    worker.process.send_signal(number)
    assert worker.process.wait(30) == 0
    assert not os.path.exists(worker.socket)


# -- its peers ---------------------------------------------------------------


def get_list(worker):
    """A GET of the list, sent and not read."""
    peer = socket.socket(socket.AF_UNIX)
    peer.connect(worker.socket)
    peer.sendall(
        fastcgi.begin()
        + fastcgi.params(REQUEST_METHOD="GET", DOCUMENT_URI="/available_tickets")
        + fastcgi.record(fastcgi.STDIN)
    )
    return peer


def silent(worker):
    """Half of a header, and then nothing."""
    peer = socket.socket(socket.AF_UNIX)
    peer.connect(worker.socket)
    peer.sendall(fastcgi.begin()[:5])
    return peer


@pytest.mark.parametrize("rude", [silent, get_list])
def test_a_peer_that_stalls_keeps_one_thread_for_a_while_only(stack, worker, rude):
    """Its only thread, here; the list is longer than a socket's buffer."""
    stack.sql("INSERT INTO tickets (id, sale_order, section, seat_row, "
              "seat_number, price_minor, currency) "
              "SELECT repeat('x', 100) || n, 1000 + n, 'X', 'X', n, 0, 'EUR' "
              "FROM generate_series(1, 20000) AS n")
    worker.threads = 1
    worker.start()
    peer = rude(worker)
    try:
        answer = post(worker, "/reserve_ticket", sale())
        assert answer.status == 200, answer
    finally:
        peer.close()


# -- what it answers ---------------------------------------------------------


def test_a_basket_that_was_booked_in_part_can_be_finished(worker):
    worker.start()
    both = {"ticket_ids": ["1", "2"], "client_id": "ann"}
    assert post(worker, "/reserve_ticket", both).status == 200
    assert post(worker, "/book_ticket", sale("1")).status == 200
    assert post(worker, "/book_ticket", both).status == 200
    again = post(worker, "/book_ticket", both)
    assert again.status == 200
    assert again.json["ticket_ids"] == ["1", "2"]


def test_a_refused_basket_names_its_culprit_and_keeps_the_rest(worker):
    worker.start()
    both = {"ticket_ids": ["1", "2"], "client_id": "ann"}
    assert post(worker, "/reserve_ticket", sale("1")).status == 200
    refused = post(worker, "/book_ticket", both)
    assert (refused.status, refused.code) == (400, "not_reserved")
    assert "Ticket 2 " in refused.json["message"]
    assert post(worker, "/reserve_ticket", sale("2", "bob")).status == 200
    refused = post(worker, "/reserve_ticket", both)
    assert (refused.status, refused.code) == (400, "held")
    assert "Ticket 2 " in refused.json["message"]
    assert post(worker, "/book_ticket", sale("1")).status == 200


def test_a_refused_basket_leaves_no_lock_behind(worker):
    worker.start()
    assert post(worker, "/reserve_ticket", sale("2", "bob")).status == 200
    assert post(worker, "/book_ticket", sale("2", "bob")).status == 200
    basket = {"ticket_ids": ["1", "2", "3"], "client_id": "ann"}
    refused = post(worker, "/reserve_ticket", basket)
    assert (refused.status, refused.code) == (400, "booked")
    for ticket in "13":
        assert post(worker, "/reserve_ticket", sale(ticket, "eve")).status == 200


def test_ticket_ids_may_repeat_themselves(worker):
    worker.start()
    many = {"ticket_ids": [3, "1", "3", 2, 1] * 9, "client_id": "ann"}
    taken = post(worker, "/reserve_ticket", many)
    assert taken.status == 200, taken
    assert taken.json["ticket_ids"] == ["1", "2", "3"]


def test_a_client_hears_that_its_own_hold_was_lost(database):
    with Stack(database, workers=1) as stack:
        ann = stack.client("ann")
        assert ann.reserve("1").status == 200
        stack.lock.call("FLUSHALL")  # as a service that keeps nothing
        wait_until(lambda: ann.reserve("2").status == 200, 30,
                   "reserving works again")
        late = ann.book("1")
        assert (late.status, late.code) == (400, "hold_expired")
        refused = ann.reserve("1")
        assert (refused.status, refused.code) == (400, "held")
        assert "Your reservation" in refused.json["message"]
        assert 0 < refused.json["retry_after"] <= 120


def test_a_lock_without_its_row_can_be_released(stack, worker):
    """As a reserve leaves it whose answer was lost on the way."""
    worker.start()
    assert post(worker, "/reserve_ticket", sale()).status == 200
    stack.sql("UPDATE tickets SET state = 'free', holder = NULL, "
              "reserved_until = NULL WHERE id = '1'")
    bob = sale("1", "bob")
    assert post(worker, "/reserve_ticket", bob).code == "held"
    assert post(worker, "/release_ticket", bob).code == "not_reserved"
    assert post(worker, "/release_ticket", sale()).status == 200
    assert post(worker, "/reserve_ticket", bob).status == 200


def test_no_answer_shows_another_client(worker):
    worker.start()
    secret = "the-name-of-ann"
    assert post(worker, "/reserve_ticket", sale("1", secret)).status == 200
    assert post(worker, "/reserve_ticket", sale("2", secret)).status == 200
    assert post(worker, "/book_ticket", sale("2", secret)).status == 200
    for path in ("/reserve_ticket", "/book_ticket", "/release_ticket"):
        for tickets in (["1"], ["2"], ["1", "2"], ["1", "3"]):
            basket = {"ticket_ids": tickets, "client_id": "bob"}
            answer = post(worker, path, basket)
            assert answer.status == 400, answer
            assert secret not in json.dumps(answer.json) + str(answer.headers)
    assert secret not in worker.log()
