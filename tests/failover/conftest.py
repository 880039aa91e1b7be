"""What the failover tests share."""

import pytest

from servers import Postgres


@pytest.fixture(scope="session")
def database():
    with Postgres() as postgres:
        yield postgres


@pytest.fixture
def tell(capsys):
    """Prints a figure that a test measured, as a line that begins with "# "."""

    def told(text):
        with capsys.disabled():
            print(f"\n# {text}", flush=True)

    return told
