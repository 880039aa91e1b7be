"""One PostgreSQL for the browser tests of a file."""

import pytest


@pytest.fixture(scope="session")
def database():
    from servers import Postgres

    with Postgres() as postgres:
        yield postgres
