"""kazoo's own tests of its locks, semaphores and watchers, on ephemerald."""

from kazoo_suite import kazoo_tests

globals().update(kazoo_tests("test_lock", "test_watchers"))
