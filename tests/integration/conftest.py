"""What the integration tests share: one PostgreSQL for each test file."""

import pytest


@pytest.fixture(scope="session")
def database():
    from servers import Postgres

    with Postgres() as postgres:
        yield postgres
