"""kazoo's own tests of its recipes, unmodified, on ephemerald."""

from kazoo_suite import kazoo_tests

globals().update(kazoo_tests(
    "test_barrier", "test_cache", "test_counter", "test_election",
    "test_lease", "test_partitioner", "test_party", "test_queue"))
