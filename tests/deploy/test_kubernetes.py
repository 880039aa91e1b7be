"""The manifests: whole, of Kubernetes' own types, and what they say of each
other is true."""

import base64
import copy
import json
import os
import pathlib
import re
import subprocess
import sys

import pytest
import yaml

SRC = pathlib.Path(os.environ["HOLDFAST_SRC"])
BUILD = pathlib.Path(os.environ["HOLDFAST_BUILD"])
sys.path.insert(0, str(SRC / "tests/support"))

from manifests import KUBERNETES, key, load, pods, render, selects  # noqa: E402

CLAIM = KUBERNETES / "backup/claim.yaml"
NODE = BUILD / "tests/clients/node"
OVERLAYS = {
    "single": [],
    "scaled": ["--database-url", "postgresql://h:p@db.example/h",
               "--lock-url", "redis://:p@redis.example:6379"],
}


EXTRAS = ("box-office", "backup", "restore")  # for either


@pytest.fixture(scope="module", params=OVERLAYS)
def overlay(request):
    return request.param


@pytest.fixture(scope="module")
def items(overlay):
    return render(overlay) + [item for extra in EXTRAS for item in render(extra)]


def of_kind(items, kind):
    return [item for item in items if item["kind"] == kind]


def containers(items):
    return [c for _, pod in pods(items) for c in pod["spec"]["containers"]]


# -- Kubernetes' own types ----------------------------------------------------


def typed(items):
    """A module of TypeScript that is right if each of these is of its type."""
    lines = []
    for n, item in enumerate(items):
        group, _, version = item["apiVersion"].rpartition("/")
        group = group.split(".")[0] or "core"
        lines.append(f'import type {{ {item["kind"]} as T{n} }} from '
                     f'"kubernetes-types/{group}/{version}";')
        lines.append(f"export const o{n}: T{n} = {json.dumps(item, indent=1)};")
    return "\n".join(lines)


def complaints(folder, items):
    """What the compiler says of them; nothing if they are right."""
    (folder / "node_modules").symlink_to(NODE / "node_modules")
    (folder / "all.ts").write_text(typed(items))
    done = subprocess.run(
        [NODE / "node_modules/.bin/tsc", "--noEmit", "--strict", "--pretty", "false",
         "--skipLibCheck", "--module", "nodenext", "--types", "", "all.ts"],
        cwd=folder, capture_output=True, text=True, timeout=120)
    assert (done.returncode == 0) == (done.stdout == ""), done.stderr
    return done.stdout.splitlines()


# Of the first object of a kind: what stands at the place gets another name.
TEMPLATE = ("spec", "template", "spec")
PLANTED = [
    ("Deployment", (*TEMPLATE, "containers", 0, "readinessProbe"), "readynessProbe"),
    ("Deployment", ("spec", "selector"), "selektor"),
    ("StatefulSet", ("spec", "volumeClaimTemplates"), "volumeClaims"),
    ("Service", ("spec", "ports", 0, "port"), "prot"),
    ("Job", ("spec", "backoffLimit"), "backofLimit"),
    ("NetworkPolicy", ("spec", "podSelector"), "podSelecter"),
    ("HorizontalPodAutoscaler", ("spec", "maxReplicas"), "maxReplica"),
    ("PodDisruptionBudget", ("spec", "maxUnavailable"), "maxUnavailible"),
]


def test_every_field_is_one_of_kubernetes_and_a_misspelt_one_is_found(tmp_path):
    """In one run of the compiler: what it says is about the planted alone."""
    items = [item for overlay in (*OVERLAYS, *EXTRAS) for item in render(overlay)]
    items += load(CLAIM)
    plants = []
    for kind, path, wrong in PLANTED:
        plant = copy.deepcopy(of_kind(items, kind)[0])
        inner = plant
        for step in path[:-1]:
            inner = inner[step]
        del inner[path[-1]]
        inner[wrong] = 1
        plants.append(plant)
    said = complaints(tmp_path, items + plants)
    lines = typed(items + plants).splitlines()
    first = lines.index(next(
        line for line in lines if line.startswith(f"export const o{len(items)}:")))
    at = [int(re.match(r"all\.ts\((\d+),", line)[1]) for line in said
          if line.startswith("all.ts(")]
    assert [n for n in at if n <= first] == [], "\n".join(said)
    for kind, _, wrong in PLANTED:
        assert any(wrong in line for line in said), (kind, wrong, said)




# -- what they say of each other ----------------------------------------------


def test_a_selector_takes_the_pods_of_its_own_template(items):
    for owner, pod in pods(items):
        if "selector" in owner["spec"]:
            assert selects(owner["spec"]["selector"], pod["metadata"]["labels"]), key(owner)


def test_a_service_leads_to_a_port_that_somebody_has(items):
    for service in of_kind(items, "Service"):
        behind = [pod for _, pod in pods(items)
                  if selects({"matchLabels": service["spec"]["selector"]},
                             pod["metadata"]["labels"])]
        assert len(behind) == 1, key(service)
        named = {port["name"] for c in behind[0]["spec"]["containers"]
                 for port in c.get("ports", ())}
        for port in service["spec"]["ports"]:
            assert port["targetPort"] in named, key(service)


def test_policies_and_budgets_are_about_pods_that_are_there(items):
    labels = [pod["metadata"]["labels"] for _, pod in pods(items)]
    for item in of_kind(items, "NetworkPolicy"):
        assert any(selects(item["spec"]["podSelector"], each) for each in labels), key(item)
    for item in of_kind(items, "PodDisruptionBudget"):
        assert any(selects(item["spec"]["selector"], each) for each in labels), key(item)
    (scaler,) = of_kind(items, "HorizontalPodAutoscaler")
    target = scaler["spec"]["scaleTargetRef"]
    assert (target["kind"], target["name"]) in [key(owner) for owner, _ in pods(items)]


def test_nobody_reaches_anything_that_is_not_said(items):
    everyone = [p["spec"] for p in of_kind(items, "NetworkPolicy")
                if p["spec"]["podSelector"] == {}]
    assert everyone == [{"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}]


def test_what_is_asked_of_secret_and_settings_is_in_them(overlay, items):
    done = subprocess.run([KUBERNETES / "secrets", overlay, *OVERLAYS[overlay]],
                          capture_output=True, text=True, check=True)
    secret = yaml.safe_load(done.stdout)
    kept = {("secretKeyRef", key(secret)[1]): set(secret["data"])}
    for item in of_kind(items, "ConfigMap"):
        kept["configMapKeyRef", key(item)[1]] = set(item["data"])
    for container in containers(items):
        for variable in container.get("env", ()):
            for kind, ref in variable.get("valueFrom", {}).items():
                assert ref["key"] in kept[kind, ref["name"]], (container["name"], ref)
    for _, pod in pods(items):
        for volume in pod["spec"].get("volumes", ()):
            for source in secrets_of(volume):
                name = source.get("secretName") or source["name"]
                for item in source["items"]:
                    assert item["key"] in kept["secretKeyRef", name]


def secrets_of(volume):
    """What a volume shows of Secrets that have to be there."""
    sources = [s["secret"] for s in volume.get("projected", {}).get("sources", ())]
    sources += [volume["secret"]] if "secret" in volume else []
    return [source for source in sources if not source.get("optional")]


def test_a_claim_that_a_pod_names_is_the_one_of_the_backups(items):
    (claim,) = load(CLAIM)
    named = [volume["persistentVolumeClaim"]["claimName"] for _, pod in pods(items)
             for volume in pod["spec"].get("volumes", ())
             if "persistentVolumeClaim" in volume]
    assert named == [key(claim)[1]] * 2


def test_a_mount_has_its_volume(items):
    for owner, pod in pods(items):
        volumes = {v["name"] for v in pod["spec"].get("volumes", ())}
        volumes |= {v["metadata"]["name"]
                    for v in owner["spec"].get("volumeClaimTemplates", ())}
        used = {m["name"] for c in pod["spec"]["containers"]
                for m in c.get("volumeMounts", ())}
        assert used == volumes, key(owner)


def test_the_sale_without_its_namespace_is_all_of_an_overlay(items):
    """So that "kubectl delete -k" leaves claims and Secret."""
    kinds = {item["kind"] for item in items}
    assert not kinds & {"Namespace", "PersistentVolumeClaim", "Secret"}


def test_scaled_lets_out_the_ports_that_urls_mean():
    defaults = set(map(int, re.findall(
        r"^\s*REDIS_\w*PORT = (\d+)", (SRC / "fcgi/redis_url.h").read_text(), re.M)))
    assert {6379, 26379} <= defaults
    (policy,) = [item for item in of_kind(render("scaled"), "NetworkPolicy")
                 if key(item)[1] == "out"]
    (rule,) = policy["spec"]["egress"]
    assert {port["port"] for port in rule["ports"]} == defaults | {2181, 5432}


def test_names_are_asked_wherever_a_cluster_tells_them(items):
    """Also of an address that no pod has, NodeLocal DNS."""
    (policy,) = [p for p in of_kind(items, "NetworkPolicy") if key(p)[1] == "names"]
    (rule,) = policy["spec"]["egress"]
    assert "to" not in rule
    assert {53, 5353} == {port["port"] for port in rule["ports"]}


def test_every_pod_keeps_to_the_restricted_profile(items):
    (namespace,) = load(KUBERNETES / "base/namespace.yaml")
    assert namespace["metadata"]["labels"][
        "pod-security.kubernetes.io/enforce"] == "restricted"
    for owner, pod in pods(items):
        common = pod["spec"]["securityContext"]
        assert common["runAsNonRoot"] is True, key(owner)
        assert common["seccompProfile"] == {"type": "RuntimeDefault"}, key(owner)
        assert pod["spec"]["automountServiceAccountToken"] is False, key(owner)
        for container in pod["spec"]["containers"]:
            own = container["securityContext"]
            assert own.pop("runAsUser") > 0
            assert own == {"allowPrivilegeEscalation": False,
                           "readOnlyRootFilesystem": True,
                           "capabilities": {"drop": ["ALL"]}}, container["name"]


def test_every_container_says_what_it_needs_and_what_serves_is_probed(items):
    for owner, pod in pods(items):
        for container in pod["spec"]["containers"]:
            assert {"cpu", "memory"} <= set(container["resources"]["requests"])
            assert "memory" in container["resources"]["limits"]
            if "Job" not in owner["kind"] and key(owner)[1] not in EXTRAS:
                assert {"readinessProbe", "livenessProbe"} <= set(container)


def test_every_image_is_one_that_the_dockerfile_makes(items):
    text = (SRC / "deploy/containers/Dockerfile").read_text()
    targets = set(re.findall(r"^FROM \S+ AS (\S+)$", text, flags=re.M))
    for container in containers(items):
        assert container["image"].removeprefix("holdfast-") in targets


def test_the_last_pod_still_gets_connections_of_the_database(items):
    """Of each worker's 8 threads and 2 more; the database has 200."""
    (scaler,) = of_kind(items, "HorizontalPodAutoscaler")
    if any(key(item) == ("StatefulSet", "database") for item in items):
        assert (scaler["spec"]["maxReplicas"] + 1) * 20 < 200


@pytest.mark.parametrize("words", [
    [], ["both"], ["single", "--lock-url", "x"], ["scaled"],
    ["scaled", "--database-url", "x"], ["scaled", "--database-url"],
    ["scaled", "--data-url", "x"], ["scaled", "--database-url", "-"], ["rotate"],
    ["rotate", "now"]])
def test_secrets_refuses_what_it_does_not_understand(words):
    done = subprocess.run([KUBERNETES / "secrets", *words], input="", capture_output=True,
                          text=True)
    assert done.returncode == 2 and done.stdout == "" and done.stderr.startswith("secrets: ")


def test_a_rotated_secret_keeps_the_one_of_before_byte_by_byte():
    before = base64.b64encode(bytes(range(40))).decode()
    done = subprocess.run([KUBERNETES / "secrets", "rotate"], input=before,
                          capture_output=True, text=True, check=True)
    patch = yaml.safe_load(done.stdout)["data"]
    assert patch.pop("secret.old") == before
    assert len(base64.b64decode(patch.pop("secret"))) >= 32 and patch == {}


def test_urls_of_standard_input_are_read_line_by_line():
    words = ["scaled", "--lock-url", "-", "--database-url", "-"]
    done = subprocess.run([KUBERNETES / "secrets", *words], capture_output=True, text=True,
                          check=True, input="redis://r\npostgresql://p\n")
    data = yaml.safe_load(done.stdout)["data"]
    assert base64.b64decode(data["lock-url"]) == b"redis://r"
    assert base64.b64decode(data["database-url"]) == b"postgresql://p"


def test_every_rendering_of_secrets_is_another_one():
    def values():
        done = subprocess.run([KUBERNETES / "secrets", "single"], capture_output=True,
                              text=True, check=True)
        return {k: base64.b64decode(v).decode()
                for k, v in yaml.safe_load(done.stdout)["data"].items()}

    one, other = values(), values()
    assert len(one["secret"]) >= 32
    assert one["lock-password"] in one["lock-url"]
    assert one["database-password"] in one["database-url"]
    assert {k for k in one if one[k] == other[k]} == {"node-url"}
