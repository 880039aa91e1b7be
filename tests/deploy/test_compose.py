"""compose.yaml holds what docs/containers.md promises of every part, and
podman-compose.yaml beside it names the same parts."""

import copy
import os
import pathlib
import re

import pytest
import yaml

SRC = pathlib.Path(os.environ["HOLDFAST_SRC"])
COMPOSE = SRC / "compose.yaml"
ONCE = {"prepare"}  # runs to its end: nobody asks for its health
ON_A_NETWORK = {"web"}


def troubles(compose):
    """What is wrong, a line each."""
    found = []
    for name, part in compose["services"].items():
        rules = {
            "its root can be written": part.get("read_only") is not True,
            "it keeps capabilities": part.get("cap_drop") != ["ALL"],
            "it may gain privileges": part.get("security_opt") != ["no-new-privileges"],
            "it is privileged": any(w in part for w in ("privileged", "cap_add", "user")),
            "nobody asks for its health": name not in ONCE and not asks(part),
            "it is not started again": not part.get("restart"),
            "it has a network": name not in ON_A_NETWORK
            and part.get("network_mode") != "none",
            "its log grows for ever": "max-size" not in part.get("logging", {}).get(
                "options", {}),
            "it mounts the machine's own": any(
                by_default(v).partition(":")[0] not in compose["volumes"]
                for v in part["volumes"]),
        }
        found += [f"{name}: {text}" for text, broken in rules.items() if broken]
    return found


def by_default(text):
    """With nothing of it in the environment."""
    return re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", text)


def asks(part):
    """Whether its health check is a program that can say no."""
    test = part.get("healthcheck", {}).get("test", [])
    return test[:1] == ["CMD"] and test[1].endswith(("/health", "/pg_isready"))


@pytest.fixture
def compose():
    return yaml.safe_load(COMPOSE.read_text())


def test_no_part_may_do_more_than_it_has_to(compose):
    assert troubles(compose) == []


@pytest.mark.parametrize("service, change, trouble", [
    ("lockd", {"read_only": False}, "its root can be written"),
    ("web", {"cap_drop": []}, "it keeps capabilities"),
    ("web", {"cap_add": ["NET_ADMIN"]}, "it is privileged"),
    ("worker-1", {"security_opt": []}, "it may gain privileges"),
    ("ephemerald", {"healthcheck": {"test": ["CMD", "true"]}}, "nobody asks for its health"),
    ("ephemerald", {"healthcheck": {}}, "nobody asks for its health"),
    ("database", {"network_mode": "host"}, "it has a network"),
    ("worker-2", {"restart": None}, "it is not started again"),
    ("lockd", {"logging": {"driver": "json-file"}}, "its log grows for ever"),
    ("web", {"volumes": ["/:/host"]}, "it mounts the machine's own"),
])
def test_a_part_that_may_is_found(compose, service, change, trouble):
    spoilt = copy.deepcopy(compose)
    spoilt["services"][service].update(change)
    assert troubles(spoilt) == [f"{service}: {trouble}"]


def test_podman_compose_has_the_same_parts_on_no_way_out(compose):
    podman = yaml.safe_load((SRC / "podman-compose.yaml").read_text())
    assert set(podman["services"]) == set(compose["services"]) - ON_A_NETWORK
    for part in podman["services"].values():
        assert part == {"network_mode": "", "networks": ["nowhere"]}
    assert podman["networks"] == {"nowhere": {"internal": True}}


def test_numbers_are_for_this_machine_alone(compose):
    added = yaml.safe_load((SRC / "compose.metrics.yaml").read_text())["services"]
    assert set(added) == {"web"} and set(added["web"]) == {"environment", "ports"}
    assert not set(added["web"]["environment"]) & set(compose["services"]["web"]["environment"])
    (port,) = added["web"]["ports"]
    listens = added["web"]["environment"]["METRICS_LISTEN"].rpartition(":")[2]
    assert port.startswith("127.0.0.1:") and port.endswith(f":{listens}")


def test_a_database_is_asked_for_its_health_in_another_one(compose):
    """A restore refuses while anybody is connected to the sale's own."""
    assert compose["services"]["database"]["healthcheck"]["test"][-2:] == ["-d", "postgres"]


def test_every_setting_is_in_the_docs():
    settings = set(re.findall(
        r"\$\{(\w+)", COMPOSE.read_text() + (SRC / "compose.metrics.yaml").read_text()))
    docs = (SRC / "docs/containers.md").read_text()
    assert settings and {s for s in settings if f"`{s}`" not in docs} == set()
