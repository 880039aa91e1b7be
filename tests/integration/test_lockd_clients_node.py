"""npm's clients, unmodified, on lockd and on redis-server 7.

The scenarios are in tests/clients/node; package-lock.json says which
versions. redlock runs on both of ioredis's.
"""

import pytest
from client_script import CLIENTS, assert_all_ok
from servers import build_path

RUNS = [
    ("ioredis.js", "ioredis5"),
    ("ioredis.js", "ioredis6"),
    ("redis.js", "redis4"),
    ("redis.js", "redis5"),
    ("redis.js", "redis6"),
    ("redlock.js", "ioredis5"),
    ("redlock.js", "ioredis6"),
]


@pytest.mark.parametrize("scenarios, library", RUNS)
def test_a_node_client_works_unmodified(empty, scenarios, library):
    assert_all_ok(
        "node", CLIENTS / "node" / "main.js", scenarios, library, empty.socket,
        NODE_PATH=build_path("tests", "clients", "node", "node_modules"),
    )
