"""kazoo's own tests, as Debian packages them with it, on an ephemerald.

    globals().update(kazoo_tests("test_lock", "test_queue"))

in a test file makes them tests of that file. They are unmodified; what they
take for their cluster of ZooKeepers is one server of ours.
"""

import functools
import importlib
import unittest

from kazoo.testing import harness

from servers import Ephemerald

# None: no test of that class. Each with its reason.
LEFT_OUT = {
    # They reconfigure or halve an ensemble of three.
    "TestReconfig": None,
    "TestReadOnlyMode": None,
    "TestClient": ["test_update_host_list"],
    # They sleep for seconds; shorter tests beside them ask the same.
    "KazooChildrenWatcherTests": [
        "test_child_watcher_remove_session_watcher",
        "test_child_stop_on_session_loss",
    ],
    "KazooPartitionerTests": [
        "test_race_condition_new_partitioner_during_the_lock",
        "test_race_condition_new_partitioner_steals_the_lock",
    ],
}


class _Member(Ephemerald):
    """A server by the names that kazoo's harness has for one."""

    run = Ephemerald.start

    @property
    def address(self):
        return self.hosts


@functools.cache
def _cluster():
    member = _Member("--four-letter-words", "*",
                     "--max-clients-per-address", "0")
    return [member.start()]


harness.get_global_cluster = _cluster


def _kept(found):
    """The class without what is left out; None: without any test."""
    left_out = LEFT_OUT.get(found.__name__, [])
    if left_out is None:
        return None
    for name in left_out:
        delattr(found, name)
    return found


def kazoo_tests(*modules):
    classes = {}
    for module in modules:
        tests = importlib.import_module(f"kazoo.tests.{module}")
        for name, found in vars(tests).items():
            if isinstance(found, type) and found.__module__ == tests.__name__ \
                    and issubclass(found, unittest.TestCase):
                classes[name] = _kept(found)
    return {name: found for name, found in classes.items() if found}
