"""Every rule of fcgi/hold.h, over each of the lock services it knows.

What is one service's own business is in test_hold_redis.py and
test_hold_zookeeper.py.
"""

import random
import threading
import time

import pytest

from driver import Driver
from servers import LOCK_SERVICES
from web import wait_until


@pytest.fixture(scope="module", params=LOCK_SERVICES, ids=str)
def server(request):
    with LOCK_SERVICES[request.param]() as running:
        yield running


@pytest.fixture
def lock(server):
    """A server without any state."""
    if not server.running():
        server.start()
    server.forget()
    return server


@pytest.fixture
def hold(lock):
    with Driver(lock) as driver:
        yield driver


@pytest.fixture
def other(lock):
    with Driver(lock) as driver:
        yield driver


def left_ms(lock, ticket):
    """What the service itself says: ms until the deadline; None: not held."""
    return lock.holds().get(ticket)


# -- acquire ---------------------------------------------------------------


def test_a_free_ticket_is_taken_for_the_time_asked(hold, lock):
    got = hold.acquire("ann", 5000, "1")
    assert got.ok
    assert got.grants[0].fresh and got.grants[0].remaining_ms == 5000
    assert 4000 < left_ms(lock, "1") <= 5000


def test_the_same_owner_again_gets_the_same_hold_and_no_more_time(hold, other):
    first = hold.acquire("ann", 5000, "1").grants[0]
    again = other.acquire("ann", 60000, "1")
    assert again.ok
    assert again.grants[0].fence == first.fence
    assert 0 < again.grants[0].remaining_ms <= 5000
    assert not again.grants[0].fresh


def test_another_owner_is_refused_and_told_how_long(hold, other):
    mine = hold.acquire("ann", 5000, "1")
    refused = other.acquire("bob", 60000, "1")
    assert refused.code == "held"
    assert refused.refused == 0 and 0 < refused.refused_ms <= 5000
    assert refused.service == mine.service
    assert hold.check("ann", "1").ok


def test_one_held_ticket_refuses_the_whole_basket(hold, other, lock):
    hold.acquire("ann", 5000, "2")
    refused = other.acquire("bob", 60000, "1", "2", "3")
    assert refused.code == "held" and refused.refused == 1
    assert left_ms(lock, "1") is None and left_ms(lock, "3") is None


def test_a_basket_is_taken_whole_and_tells_what_was_held_before(hold):
    second = hold.acquire("ann", 5000, "2").grants[0]
    got = hold.acquire("ann", 60000, "1", "2", "3")
    assert [g.fresh for g in got.grants] == [True, False, True]
    assert got.grants[1].fence == second.fence
    assert got.grants[1].remaining_ms <= 5000
    assert got.grants[0].remaining_ms == 60000
    assert got.grants[0].fence > second.fence


def test_the_largest_basket_and_the_longest_ids_are_taken(hold):
    ids = sorted(f"{n}" + "x" * 127 for n in range(10))
    assert hold.acquire("c" * 128, 5000, *ids).ok
    assert hold.check("c" * 128, *ids).ok


def test_an_expired_hold_is_free_for_others(hold, other):
    first = hold.acquire("ann", 30, "1")
    got = wait_until(
        lambda: (r := other.acquire("bob", 5000, "1")).ok and r, 10, "it expires"
    )
    assert got.grants[0].fence > first.grants[0].fence
    assert hold.check("ann", "1").code == "notowner"


# -- tokens ----------------------------------------------------------------


def test_tokens_grow_from_hold_to_hold(hold):
    last = 0
    for client in ("ann", "bob") * 50:
        fence = hold.acquire(client, 5000, "1").grants[0].fence
        assert fence > last
        last = fence
        hold.release(client, None, "1")


# -- the service's identity ------------------------------------------------


def test_every_answer_names_the_same_service(hold, other):
    name = hold.acquire("ann", 5000, "1").service
    assert len(name) == 32 and set(name) <= set("0123456789abcdef")
    assert other.acquire("ann", 5000, "1").service == name
    assert other.acquire("bob", 5000, "1").service == name
    assert other.check("ann", "1").service == name
    assert other.check("bob", "2").service == name
    assert other.extend("ann", 5000, "1").service == name
    assert other.extend("bob", 5000, "1").service == name


def test_the_identity_is_made_by_whichever_call_comes_first(hold, other, lock):
    for first in (
        lambda: hold.check("ann", "1").service,
        lambda: hold.extend("ann", 5000, "1").service,
        lambda: hold.release("ann", None, "1"),
    ):
        lock.forget()
        first()
        assert other.check("ann", "1").service == hold.check("ann", "1").service


def test_lost_state_has_a_new_identity(hold, other, lock):
    names = set()
    for mine in (hold, hold, other, hold):
        names.add(mine.acquire("ann", 5000, "1").service)
        names.add(hold.check("ann", "1").service)
        lock.forget()
    assert len(names) == 4


# -- check -----------------------------------------------------------------


def test_check_tells_token_and_time_left_and_moves_nothing(hold, lock):
    got = hold.acquire("ann", 5000, "1", "2")
    checked = hold.check("ann", "1", "2")
    assert checked.ok
    assert [g.fence for g in checked.grants] == [g.fence for g in got.grants]
    assert all(0 < g.remaining_ms <= 5000 and not g.fresh for g in checked.grants)
    assert left_ms(lock, "1") <= 5000


def test_check_tells_which_ticket_is_not_held(hold):
    hold.acquire("ann", 5000, "1", "2")
    hold.acquire("bob", 5000, "3")
    refused = hold.check("ann", "1", "2", "3", "4")
    assert refused.code == "notowner"
    assert refused.refused == 2 and 0 < refused.refused_ms <= 5000
    refused = hold.check("ann", "1", "4")
    assert (refused.refused, refused.refused_ms) == (1, 0)


# -- extend ----------------------------------------------------------------


def test_extend_moves_every_deadline_and_no_token(hold, lock):
    got = hold.acquire("ann", 5000, "1", "2")
    extended = hold.extend("ann", 60000, "1", "2")
    assert extended.ok
    assert [g.fence for g in extended.grants] == [g.fence for g in got.grants]
    assert all(g.remaining_ms == 60000 for g in extended.grants)
    assert left_ms(lock, "1") > 50000 and left_ms(lock, "2") > 50000


@pytest.mark.parametrize("third", ["bob's", "nobody's"])
def test_extend_moves_nothing_unless_all_are_held(hold, lock, third):
    hold.acquire("ann", 5000, "1", "2")
    if third == "bob's":
        hold.acquire("bob", 5000, "3")
    refused = hold.extend("ann", 60000, "1", "2", "3")
    assert refused.code == "notowner" and refused.refused == 2
    assert (refused.refused_ms > 0) == (third == "bob's")
    for ticket in "123":
        assert (left_ms(lock, ticket) or 0) <= 5000


# -- release ---------------------------------------------------------------


def test_release_lets_go_of_what_the_client_holds(hold, other):
    hold.acquire("ann", 5000, "1", "2")
    assert hold.release("ann", None, "1", "2", "3") == "ok"
    assert other.acquire("bob", 5000, "1", "2").ok


def test_release_by_token_lets_go_of_exactly_that_hold(hold, lock):
    fence = hold.acquire("ann", 5000, "1").grants[0].fence
    assert hold.release("ann", [fence - 1], "1") == "ok"
    assert hold.release("ann", [fence + 1], "1") == "ok"
    assert left_ms(lock, "1") is not None
    assert hold.release("ann", [fence], "1") == "ok"
    assert left_ms(lock, "1") is None


def test_a_token_of_zero_leaves_the_ticket_alone(hold, lock):
    fence = hold.acquire("ann", 5000, "1", "2").grants[0].fence
    assert hold.release("ann", [0, fence], "1", "2") == "ok"
    assert left_ms(lock, "1") is not None and left_ms(lock, "2") is None


def test_release_by_somebody_else_changes_nothing(hold, other):
    fence = hold.acquire("ann", 5000, "1").grants[0].fence
    assert other.release("bob", None, "1") == "ok"
    assert other.release("bob", [fence], "1") == "ok"
    assert hold.check("ann", "1").ok


def test_letting_go_is_a_release_that_nobody_waits_for(hold, other):
    fence = hold.acquire("ann", 5000, "1", "2").grants[0].fence
    hold.let_go("ann", [fence, 0], "1", "2")
    wait_until(lambda: other.acquire("bob", 5000, "1").ok, 10, "it is free")
    assert hold.check("ann", "2").ok
    hold.let_go("ann", None, "2")
    hold.let_go("ann", None, "2")
    assert other.check("bob", "1").ok
    assert hold.acquire("ann", 5000, "2").ok
    assert hold.log() == ""


# -- what clients may send -------------------------------------------------

ODD = [
    bytes(range(1, 129)),
    bytes(range(128, 256)),
    b":",
    b"1:ann",
    b"ann:",
    b"\r\n$-1\r\n",
    b"}{holdfast}:fence",
    b"*",
]


@pytest.mark.parametrize("odd", ODD, ids=repr)
def test_owners_may_have_any_bytes(hold, odd):
    got = hold.acquire(odd, 5000, "1")
    assert got.ok and hold.check(odd, "1").grants[0].fence == got.grants[0].fence
    for near in (odd[:-1] or b"x", odd + b"x", b"x" + odd, b"ann"):
        assert hold.check(near[:128], "1").ok == (near[:128] == odd)
    assert hold.release(odd, None, "1") == "ok"
    assert hold.check(odd, "1").code == "notowner"


@pytest.mark.parametrize("odd", ODD, ids=repr)
def test_ticket_ids_may_have_any_bytes(hold, odd):
    assert hold.acquire("ann", 5000, odd).ok
    assert hold.acquire("bob", 5000, odd).code == "held"
    assert hold.release("ann", None, odd) == "ok"
    assert hold.acquire("bob", 5000, odd).ok


def test_many_at_once_never_share_a_ticket(lock):
    owners, guard, lies = {}, threading.Lock(), []

    def buy(number):
        dice = random.Random(number)
        client = f"c{number}"
        with Driver(lock) as mine:
            for _ in range(60):
                basket = sorted(dice.sample("12345", 2))
                if not mine.acquire(client, 60000, *basket).ok:
                    continue
                with guard:
                    lies.extend(owners[t] for t in basket if t in owners)
                    owners.update((t, client) for t in basket)
                with guard:
                    for ticket in basket:
                        del owners[ticket]
                mine.release(client, None, *basket)

    threads = [threading.Thread(target=buy, args=(n,)) for n in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not lies and not owners


# -- a server that goes and comes ------------------------------------------


def test_ping_tells_whether_the_service_answers(hold, lock):
    assert hold.hold_ping() == "ok"
    lock.kill()
    assert hold.hold_ping() == "unreachable"
    lock.start()
    wait_until(lambda: hold.hold_ping() == "ok", 10, "the ping works again")


def wait_until_warm(lock):
    """A Java machine may be seconds late with its very first calls on a busy
    computer. That is its own, and nothing that a client can do about: another
    one makes them."""
    with Driver(lock) as first:
        wait_until(lambda: first.acquire("cid", 100, "3").ok, 60, "it serves")


def test_a_restart_between_two_calls_is_not_even_noticed(hold, lock):
    before = hold.acquire("ann", 5000, "1")
    lock.stop()
    lock.start()
    wait_until_warm(lock)
    after = hold.acquire("bob", 5000, "2")
    assert after.ok
    assert after.grants[0].fence > before.grants[0].fence
    assert hold.log() == ""


def test_without_a_server_every_call_is_refused_at_once(hold, lock):
    hold.acquire("ann", 5000, "1")
    lock.kill()
    began = time.monotonic()
    for _ in range(20):
        assert hold.acquire("ann", 5000, "1").code == "unreachable"
        assert hold.check("ann", "1").code == "unreachable"
        assert hold.extend("ann", 5000, "1").code == "unreachable"
        assert hold.release("ann", None, "1") == "unreachable"
    assert time.monotonic() - began < 2
    assert hold.log().count("lock service lost") == 1
    lock.start()
    wait_until(lambda: hold.acquire("ann", 5000, "1").ok, 10, "it is back")
    assert hold.log().count("lock service is back") == 1


def test_a_server_that_hangs_is_given_up_in_time(hold, lock):
    hold.acquire("ann", 5000, "1")
    lock.pause()
    try:
        began = time.monotonic()
        assert hold.check("ann", "1").code == "unreachable"
        assert 1.5 < time.monotonic() - began < 8

        # While it backs off a call costs nothing; on a busy machine the
        # pause may be over before the next call, which then tries again.
        def fails_at_once():
            began = time.monotonic()
            assert hold.check("ann", "1").code == "unreachable"
            return time.monotonic() - began < 1

        wait_until(fails_at_once, 60, "a call that does not try")
    finally:
        lock.resume()
    wait_until(lambda: hold.check("bob", "1").code == "notowner", 20, "it is back")
