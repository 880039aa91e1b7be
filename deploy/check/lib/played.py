"""An overlay of deploy/kubernetes, played by podman: every pod for real, as its
manifest says.

What a cluster does and podman 4.3 does not is done here, and nowhere else:

- a Service is the name under which its pods are found on the network;
- a StatefulSet is played as a Deployment with its claim, a Job as a pod that
  runs once;
- a Deployment's pods are played one by one, each under a name of its own;
- a variable from the Secret is written in: podman 4.3 reads them in volumes only.

    with Played(engine, "single") as cluster:
        cluster.sale(2)     # [(address, 6005), ...]
"""

import base64
import copy
import subprocess

import yaml

from manifests import KUBERNETES, key, pods, render, selects
from web import wait_until

NETWORK = "holdfast"
# The cluster's own business: nothing of podman's is like them.
NOT_PLAYED = {"Namespace", "ServiceAccount", "NetworkPolicy", "PodDisruptionBudget",
              "HorizontalPodAutoscaler"}


class Played:
    def __init__(self, engine, overlay, settings=None, secret_words=()):
        self.engine = engine
        self.items = render(overlay)
        self.secret = self._make_secret(overlay, secret_words)
        (self.settings,) = (i for i in self.items if i["kind"] == "ConfigMap")
        self.settings["data"].update(settings or {})
        self.playing = {}  # name -> its file

    def _make_secret(self, overlay, words):
        done = subprocess.run([KUBERNETES / "secrets", overlay, *words],
                              capture_output=True, text=True, check=True)
        return yaml.safe_load(done.stdout)

    def __enter__(self):
        self._sweep()  # what a run that was cut short has left
        self.engine.run("network", "create", NETWORK)
        self.engine.run("kube", "play", self._write("secret", [self.secret]))
        return self

    def __exit__(self, *_):
        for name in reversed(list(self.playing)):
            self.end(name)
        self._sweep()

    def _sweep(self):
        """The engine is the check's own: all that is in it."""
        for words in (["pod", "rm", "-fa"], ["volume", "rm", "-fa"],
                      ["secret", "rm", "holdfast"],
                      ["network", "rm", "-f", NETWORK]):
            subprocess.run([self.engine.name, *words], env=self.engine.env,
                           capture_output=True)

    # -- one object ---------------------------------------------------------

    def kinds(self):
        return {item["kind"] for item in self.items}

    def _owner(self, name):
        (found,) = [owner for owner, _ in pods(self.items) if key(owner)[1] == name]
        return found

    def _write(self, name, items):
        path = self.engine.temp / f"{name}.yaml"
        path.write_text(yaml.safe_dump_all(items))
        return path

    def _names_of(self, labels):
        """The Services that lead to such a pod."""
        return [key(item)[1] for item in self.items if item["kind"] == "Service"
                and selects({"matchLabels": item["spec"]["selector"]}, labels)]

    def play(self, name, as_name=None):
        """One pod of what this object makes."""
        owner = self._owner(name)
        as_name = as_name or name
        labels = owner["spec"]["template"]["metadata"]["labels"]
        network = ",".join([NETWORK] + [f"alias={n}" for n in self._names_of(labels)])
        items = playable(owner, as_name)
        self._write_in_secrets(items[-1])
        path = self._write(as_name, [self.settings, *items])
        self.playing[as_name] = path
        self.engine.run("kube", "play", "--network", network.replace(",", ":", 1), path)
        return as_name

    def _write_in_secrets(self, item):
        spec = item["spec"].get("template", item)["spec"]
        for container in spec["containers"]:
            for variable in container.get("env", ()):
                ref = variable.get("valueFrom", {}).get("secretKeyRef")
                if ref:
                    del variable["valueFrom"]
                    variable["value"] = self._as_podman(ref["key"])

    def _as_podman(self, name):
        """A value of the Secret, with the passwords that podman 4.3 puts into
        volumes: in base64, as they are written in the manifest."""
        data = self.secret["data"]
        value = base64.b64decode(data[name]).decode()
        for other in ("database-password", "lock-password"):
            if other in data:
                plain = base64.b64decode(data[other]).decode()
                value = value.replace(plain, data[other])
        return value

    def end(self, name):
        subprocess.run([self.engine.name, "kube", "down", self.playing.pop(name)],
                       env=self.engine.env, capture_output=True, timeout=120)

    def pod(self, name):
        """podman's name of a pod that was played."""
        return name if key_kind(self._owner_of(name)) == "Job" else f"{name}-pod-0"

    def _owner_of(self, name):
        for owner, _ in pods(self.items):
            if name == key(owner)[1] or name.startswith(key(owner)[1] + "-"):
                found = owner
                if name == key(owner)[1]:
                    break
        return found

    def containers(self, name):
        """{container's name in the manifest: id} of a pod."""
        pod = self.pod(name)
        lines = self.engine.run("ps", "-a", "--filter", f"pod={pod}", "--no-trunc",
                                "--format", "{{.ID}} {{.Names}}").splitlines()
        found = dict(reversed(line.split()) for line in lines)
        return {n.removeprefix(f"{pod}-"): ident for n, ident in found.items()
                if not n.endswith("-infra")}

    def address(self, name):
        """Of a pod on the network."""
        ident = next(iter(self.containers(name).values()))
        infra = self.engine.run("pod", "inspect", self.pod(name),
                                "--format", "{{.InfraContainerID}}")
        networks = self.engine.inspect(infra or ident)["NetworkSettings"]["Networks"]
        return networks[NETWORK]["IPAddress"]

    def probe(self, name, kind="readinessProbe"):
        """Whether each container's own probe passes now."""
        owner = self._owner_of(name)
        running = self.containers(name)
        for container in owner["spec"]["template"]["spec"]["containers"]:
            command = container[kind]["exec"]["command"]
            done = subprocess.run(
                [self.engine.name, "exec", running[container["name"]], *command],
                env=self.engine.env, capture_output=True, timeout=60)
            if done.returncode != 0:
                return False
        return True

    def wait_ready(self, name, seconds=120):
        wait_until(lambda: self.probe(name), seconds, f"{name} is ready")

    def run_job(self, name, seconds=120):
        """To its end, which has to be a good one."""
        self.play(name)
        (ident,) = self.containers(name).values()

        def ended():
            state = self.engine.inspect(ident)["State"]
            return state["Status"] == "exited" and [state["ExitCode"]]

        (status,) = wait_until(ended, seconds, f"{name} has ended")
        said = self.engine.run("logs", ident)
        assert status == 0, said
        return said


def key_kind(item):
    return item["kind"]


def playable(owner, name):
    """What podman plays in its place: one pod."""
    owner = copy.deepcopy(owner)
    owner["metadata"]["name"] = name
    for volume in owner["spec"]["template"]["spec"].get("volumes", ()):
        if "secret" in volume:
            volume["secret"].setdefault("optional", False)  # else it crashes
    _own_folders(owner["spec"]["template"]["spec"], name)
    for container in owner["spec"]["template"]["spec"]["containers"]:
        container.pop("ports", None)  # they would be this machine's own
    if owner["kind"] == "Job":
        template = owner["spec"]["template"]
        spec = {**template["spec"], "restartPolicy": "Never"}
        return [{"apiVersion": "v1", "kind": "Pod", "spec": spec,
                 "metadata": {"name": name, **template["metadata"]}}]
    claims = owner["spec"].pop("volumeClaimTemplates", [])
    for claim in claims:
        claimed = f"{claim['metadata']['name']}-{name}-0"
        owner["spec"]["template"]["spec"].setdefault("volumes", []).append(
            {"name": claim["metadata"]["name"],
             "persistentVolumeClaim": {"claimName": claimed}})
        claim.update(apiVersion="v1", kind="PersistentVolumeClaim",
                     metadata={"name": claimed})
    owner["kind"] = "Deployment"
    owner["spec"].pop("serviceName", None)
    owner["spec"]["replicas"] = 1
    return [*claims, owner]


def _own_folders(spec, name):
    """An emptyDir is a pod's own; podman 4.3 has one of that name for all."""
    own = {v["name"] for v in spec.get("volumes", ()) if "emptyDir" in v}
    for item in [*spec.get("volumes", ()),
                 *(m for c in spec["containers"] for m in c.get("volumeMounts", ()))]:
        if item["name"] in own:
            item["name"] = f"{name}-{item['name']}"
