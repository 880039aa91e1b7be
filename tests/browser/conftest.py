"""One PostgreSQL, one house and one browser for the tests of a file.

A test that sells seats gets an event of its own (hall()), and a browser that
has forgotten what was before.
"""

import itertools

import pytest

from halls import load_hall


@pytest.fixture(scope="session")
def database():
    from servers import Postgres

    with Postgres() as postgres:
        yield postgres


@pytest.fixture(scope="module")
def stack(database):
    from stack import Stack

    with Stack(database, tickets=10, workers=2, hold_seconds=100) as stack:
        yield stack


@pytest.fixture(scope="module")
def chrome(stack):
    from browser import Browser

    with Browser(stack.port) as chrome:
        yield chrome


@pytest.fixture
def page(chrome):
    """The file's browser, as good as new."""
    chrome.forget()
    return chrome


numbers = itertools.count(1)


@pytest.fixture
def hall(stack):
    """hall(rows=3, seats=8, hold_seconds=30, …): an event's id."""

    def make(**terms):
        return load_hall(stack, f"event-{next(numbers)}", **terms)

    return make
