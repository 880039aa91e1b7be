"""What the integration tests share: servers, one of a kind for each file."""

import uuid

import pytest

from servers import LOCK_SERVICES
from service_manager import listening  # noqa: F401 - a fixture


@pytest.fixture(scope="session")
def database():
    from servers import Postgres

    with Postgres() as postgres:
        yield postgres


@pytest.fixture(scope="module", params=["lockd", "redis"])
def server(request):
    """One suite, two servers: a test that asks for this runs on each."""
    from servers import Lockd, Redis

    with {"lockd": Lockd, "redis": Redis}[request.param]() as running:
        yield running


@pytest.fixture(scope="module", params=LOCK_SERVICES, ids=str)
def lock(request):
    """Each lock service in turn, for as many stacks as there are tests."""
    with LOCK_SERVICES[request.param]() as running:
        yield running


@pytest.fixture
def empty(server):
    """The same, without keys and scripts that an earlier test left."""
    for words in (["FLUSHALL"], ["SCRIPT", "FLUSH"], ["CONFIG", "RESETSTAT"]):
        assert server.call(*words) == b"+OK\r\n"
    return server


@pytest.fixture
def event(stack, request):
    """An event of its own for each test: 4 rows of 10 seats, see buyer.py."""
    from buyer import make_event

    name = "e" + uuid.uuid4().hex[:12]
    make_event(stack, name, **getattr(request, "param", {}))
    return name


@pytest.fixture
def ann(stack):
    from buyer import Buyer

    with Buyer(stack.port, "ann") as ann:
        yield ann


@pytest.fixture
def bob(stack):
    from buyer import Buyer

    with Buyer(stack.port, "bob") as bob:
        yield bob
