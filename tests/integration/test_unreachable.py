"""A lock service or a database that is away: 503, retry_after, and back."""

import pytest

from servers import LOCK_SERVICES
from stack import Stack
from web import wait_until

AWAY_SECONDS = 15  # until a stopped peer is given up, on a busy machine
BACK_SECONDS = 15


def assert_unavailable(answer, code):
    assert (answer.status, answer.code) == (503, code), answer
    assert answer.json["status"] == "error"
    assert answer.json["retry_after"] >= 1
    assert int(answer.headers["Retry-After"]) >= 1


def wait_for_sale(client, ticket):
    """Each thread of a worker reconnects by itself, so twice in a row may
    still meet one that has not."""
    wait_until(lambda: client.reserve(ticket).status == 200, BACK_SECONDS,
               "reserving works again")
    wait_until(lambda: client.book(ticket).status == 200, BACK_SECONDS,
               "booking works again")


@pytest.mark.parametrize("lock", LOCK_SERVICES)
def test_a_killed_lock_service_is_503_and_recovers(database, lock):
    with Stack(database, lock=lock, workers=1) as stack:
        ann = stack.client("ann")
        assert ann.reserve("1").status == 200
        stack.lock.kill()
        for verb in (ann.reserve, ann.book):
            assert_unavailable(verb("2"), "lock_unavailable")
        assert ann.get("/healthz").status == 503
        assert len(ann.available()) > 0, "looking needs no lock"
        stack.lock.start()
        wait_for_sale(ann, "3")
        assert stack.rows()["2"].state == "free"


@pytest.mark.parametrize("part", ["lock", "database"])
def test_a_stopped_server_does_not_hang_its_clients(database, part):
    with Stack(database, workers=1, threads=2) as stack:
        server = {"lock": stack.lock, "database": database}[part]
        ann = stack.client("ann")
        assert ann.reserve("1").status == 200
        server.pause()
        try:
            for _ in range(2):
                assert_unavailable(ann.reserve("2"), f"{part}_unavailable")
        finally:
            server.resume()
        wait_for_sale(ann, "3")


def test_a_database_that_went_away_is_503_and_recovers(database):
    with Stack(database, workers=1) as stack:
        ann, bob = stack.client("ann"), stack.client("bob")
        assert ann.reserve("1").status == 200
        database.kill()
        try:
            assert_unavailable(ann.reserve("2"), "database_unavailable")
            assert_unavailable(ann.book("1"), "database_unavailable")
            assert ann.get("/healthz").status == 503
        finally:
            database.start()
        # The hold taken for the refused reserve was let go of.
        wait_for_sale(bob, "2")


def test_a_lock_service_that_forgot_does_not_free_what_is_held(database):
    with Stack(database, workers=2, hold_seconds=4) as stack:
        ann, bob = stack.client("ann"), stack.client("bob")
        assert ann.reserve("1").status == 200
        stack.lock.kill()
        stack.lock.start()
        wait_until(lambda: bob.reserve("2").status == 200, BACK_SECONDS,
                   "reserving works again")
        refused = bob.reserve("1")
        assert (refused.status, refused.code) == (400, "held"), refused
        wait_until(lambda: bob.reserve("1").status == 200, 4 + 5,
                   "the ticket comes back after one hold")
        assert bob.book("1").status == 200
        assert ann.book("1").status == 400
