"""kazoo's own tests of its client and connection, unmodified, on ephemerald."""

from kazoo_suite import kazoo_tests

globals().update(kazoo_tests(
    "test_client", "test_connection", "test_interrupt"))
