"""The manifests of deploy/kubernetes, rendered: what kustomize makes of an
overlay, without kustomize, which Debian 12 has not.

    render("single")    a list of objects, as kubectl apply would get them

It knows what the overlays use, resources, namespace and patches of mappings,
and refuses all else: an overlay that grows needs this to grow. Where kubectl
is there, deploy/check/50-kubernetes holds this against its own rendering.
"""

import os
import pathlib

import yaml

SRC = pathlib.Path(os.environ.get("HOLDFAST_SRC", pathlib.Path(__file__).parents[2]))
KUBERNETES = SRC / "deploy/kubernetes"
KNOWN = {"apiVersion", "kind", "resources", "namespace", "patches"}


class Strict(yaml.SafeLoader):
    """A key that stands twice is an error, not the last one's value."""

    def construct_mapping(self, node, deep=False):
        keys = [self.construct_object(key) for key, _ in node.value]
        twice = {key for key in keys if keys.count(key) > 1}
        assert not twice, f"{node.start_mark}: twice: {twice}"
        return super().construct_mapping(node, deep)


def load(path):
    """The objects of a file."""
    with open(path) as file:
        return [item for item in yaml.load_all(file, Strict) if item]


def render(overlay, root=KUBERNETES):
    return _build(root / overlay)


def key(item):
    """What no two objects of a namespace share."""
    return item["kind"], item["metadata"]["name"]


def _build(folder):
    (spec,) = load(folder / "kustomization.yaml")
    unknown = set(spec) - KNOWN
    assert not unknown, f"{folder}: not rendered here: {unknown}"
    items = []
    for name in spec["resources"]:
        path = (folder / name).resolve()
        items += _build(path) if path.is_dir() else load(path)
    keys = [key(item) for item in items]
    assert len(set(keys)) == len(keys), f"{folder}: one stands twice: {keys}"
    for patch in spec.get("patches", ()):
        assert set(patch) == {"path"}, patch
        for change in load(folder / patch["path"]):
            (target,) = [item for item in items if key(item) == key(change)]
            _merge(target, change)
    if "namespace" in spec:
        for item in items:
            _settle(item, spec["namespace"])
    return items


def _merge(target, change):
    for name, value in change.items():
        if isinstance(value, dict) and isinstance(target.get(name), dict):
            _merge(target[name], value)
        else:
            assert not isinstance(value, list), f"a list in a patch: {name}"
            target[name] = value


def _settle(item, namespace):
    if item["kind"] == "Namespace":
        item["metadata"]["name"] = namespace
    else:
        item["metadata"]["namespace"] = namespace


def pods(items):
    """(the object that makes it, its pod's metadata and spec), for each."""
    for item in items:
        job = item.get("spec", {}).get("jobTemplate", item)
        template = job.get("spec", {}).get("template")
        if template:
            yield item, template


def selects(selector, labels):
    """Whether a label selector takes these labels."""
    wanted = selector.get("matchLabels", {})
    return all(labels.get(k) == v for k, v in wanted.items()) and all(
        _holds(rule, labels) for rule in selector.get("matchExpressions", ())
    )


def _holds(rule, labels):
    assert rule["operator"] == "In", rule
    return labels.get(rule["key"]) in rule["values"]
