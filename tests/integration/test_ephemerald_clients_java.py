"""Curator, unmodified, on ephemerald and on ZooKeeper, in one Java machine.

The scenarios are in tests/clients/java; each recipe of Debian's Curator is
in one of them.
"""

import subprocess

import pytest
from servers import Ephemerald, Zookeeper, build_path

# It names the others that it needs.
CURATOR = "/usr/share/java/curator-recipes.jar"


@pytest.fixture(scope="module")
def results():
    """{server: {scenario: went well}}, and all that was printed."""
    ours = Ephemerald("--ttl-nodes", "yes", "--max-clients-per-address", "0")
    theirs = Zookeeper(extendedTypesEnabled="true")
    with ours, theirs:
        done = subprocess.run(
            ["java", "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
             "-cp", f"{build_path('tests', 'clients', 'java')}:{CURATOR}",
             "Main", f"ephemerald={ours.hosts}", f"zookeeper={theirs.hosts}"],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            timeout=300)
    return done


def scenarios(done, server, result="ok"):
    start = f"{result} - {server}: "
    return [line.removeprefix(start) for line in done.stdout.splitlines()
            if line.startswith(start)]


def test_curator_works_unmodified(results):
    assert results.returncode == 0, results.stdout
    assert not scenarios(results, "ephemerald", "not ok"), results.stdout


def test_each_scenario_ran_on_both(results):
    ours, theirs = (scenarios(results, name)
                    for name in ("ephemerald", "zookeeper"))
    assert ours and sorted(ours) == sorted(theirs)
