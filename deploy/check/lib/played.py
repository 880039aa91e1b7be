"""An overlay of deploy/kubernetes, played by podman: every pod for real, as its
manifest says.

What a cluster does and podman 4.3 does not is done here, and nowhere else:

- a Service is a name under which its pods are found on the network, short and
  in full;
- a StatefulSet is played as a Deployment with its claim, a Job as a pod that
  runs once, a CronJob as the Job that it makes;
- a Deployment's pods are played one by one, each under a name of its own;
- a variable from the Secret is written in, and what a volume takes from it is a
  secret of its own: podman 4.3 gives a volume every key there is, as base64;
- probes are asked by kubelet.py.

    with Played(engine, "single") as cluster:
        cluster.play("lockd")
        cluster.wait_ready("lockd")
"""

import base64
import contextlib
import copy
import json
import subprocess

import yaml

from manifests import KUBERNETES, key, pods, render, selects
from web import wait_until

# The cluster's own business: nothing of podman's is like them.
NOT_PLAYED = {"ServiceAccount", "NetworkPolicy", "PodDisruptionBudget",
              "HorizontalPodAutoscaler"}


EXTRAS = ("box-office", "backup", "restore")  # for any overlay


class Played:
    def __init__(self, engine, overlay, settings=None, secret_words=()):
        self.engine = engine
        self.network = engine.temp.name  # podman's DNS is one for all engines
        self.items = [as_job(item) for name in (overlay, *EXTRAS) for item in render(name)]
        self.secret = decoded(self._make_secret(overlay, secret_words))
        (self.settings,) = (i for i in self.items if i["kind"] == "ConfigMap")
        self.settings["data"].update(settings or {})
        self.playing = {}  # name -> its file
        self.claimed = set()  # what outlives the pods

    def _make_secret(self, overlay, words):
        done = subprocess.run([KUBERNETES / "secrets", overlay, *words],
                              capture_output=True, text=True, check=True)
        return yaml.safe_load(done.stdout)

    def __enter__(self):
        self._sweep()  # what a run that was cut short has left
        self.engine.run("network", "create", self.network)
        return self

    def __exit__(self, *_):
        for name in reversed(list(self.playing)):
            self.end(name)
        self._sweep()

    def _sweep(self):
        """The engine is the check's own: all that is in it."""
        for words in (["pod", "rm", "-fa"], ["rm", "-fa"], ["volume", "rm", "-fa"],
                      ["secret", "rm", "-a"], ["network", "rm", "-f", self.network]):
            subprocess.run([self.engine.name, *words], env=self.engine.env,
                           capture_output=True)

    # -- one object ---------------------------------------------------------

    def _owner(self, name):
        (found,) = [owner for owner, _ in pods(self.items) if key(owner)[1] == name]
        return found

    def _write(self, name, items):
        path = self.engine.temp / f"{name}.yaml"
        path.write_text(yaml.safe_dump_all(items))
        return path

    def _names_of(self, labels):
        """The Services that lead to such a pod, and their names in full."""
        short = [key(item)[1] for item in self.items if item["kind"] == "Service"
                 and selects({"matchLabels": item["spec"]["selector"]}, labels)]
        return short + [f"{name}.holdfast.svc.cluster.local" for name in short]

    def play(self, name, as_name=None):
        """One pod of what this object makes."""
        owner = self._owner(name)
        as_name = as_name or name
        labels = owner["spec"]["template"]["metadata"]["labels"]
        network = ",".join([self.network] + [f"alias={n}" for n in self._names_of(labels)])
        items = playable(owner, as_name)
        self._give_secrets(items[-1], as_name)
        path = self._write(as_name, [self.settings, *self._unmade(items)])
        self.playing[as_name] = path
        self.engine.run("kube", "play", "--network", network.replace(",", ":", 1), path)
        return as_name

    def _unmade(self, items):
        """Less the claims that an earlier pod has made."""
        new = [item for item in items if key(item) not in self.claimed]
        self.claimed |= {key(item) for item in new
                         if item["kind"] == "PersistentVolumeClaim"}
        return new

    def _give_secrets(self, item, name):
        spec = item["spec"].get("template", item)["spec"]
        for container in spec["containers"]:
            for variable in container.get("env", ()):
                ref = variable.get("valueFrom", {}).get("secretKeyRef")
                if ref:
                    del variable["valueFrom"]
                    variable["value"] = self.kept_in_secret(ref["key"])
        for volume in spec.get("volumes", ()):
            if "projected" in volume:
                volume["secret"] = {"items": self._projected(volume.pop("projected"))}
            if "secret" in volume:
                volume["secret"] = self._secret_of_volume(
                    f"{name}-{volume['name']}", volume["secret"]["items"])

    def _projected(self, volume):
        """What of its sources is there, or has to be."""
        return [item for source in volume["sources"] for item in source["secret"]["items"]
                if item["key"] in self.secret or not source["secret"].get("optional")]

    def kept_in_secret(self, name):
        assert name in self.secret, f"the Secret has no {name}"
        return self.secret[name]

    def _secret_of_volume(self, name, items):
        """With what the volume shows, and nothing else."""
        shown = {item["path"]: self.kept_in_secret(item["key"]) for item in items}
        subprocess.run([self.engine.name, "secret", "rm", name],
                       env=self.engine.env, capture_output=True)
        self.engine.run("secret", "create", name, self._write(name, [{"data": shown}]))
        return {"secretName": name, "optional": False}

    def end(self, name):
        subprocess.run([self.engine.name, "kube", "down", self.playing.pop(name)],
                       env=self.engine.env, capture_output=True, timeout=120)

    def pod(self, name):
        """podman's name of a pod that was played."""
        return name if self._owner_of(name)["kind"] == "Job" else f"{name}-pod-0"

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

    def _infra(self, name):
        """The container that has the pod's network."""
        return self.engine.run("pod", "inspect", self.pod(name),
                               "--format", "{{.InfraContainerID}}")

    def address(self, name):
        """Of a pod on the network."""
        return self.address_of(self._infra(name))

    def address_of(self, ident):
        networks = self.engine.inspect(ident)["NetworkSettings"]["Networks"]
        return networks[self.network]["IPAddress"]

    def dns(self):
        """The address of the one who knows the Services' names."""
        network = json.loads(self.engine.run("network", "inspect", self.network))[0]
        return network["subnets"][0]["gateway"]

    @contextlib.contextmanager
    def cut_off(self, name, address):
        """The pod's network leads there no more."""
        route = ["nsenter", "-t", str(self.engine.pid(self._infra(name))), "-n",
                 "ip", "route"]
        subprocess.run([*route, "add", "unreachable", address], check=True)
        try:
            yield
        finally:
            subprocess.run([*route, "del", "unreachable", address], check=True)

    def probes(self, name, kind):
        """{container's name: its probe}."""
        spec = self._owner_of(name)["spec"]["template"]["spec"]
        return {c["name"]: c[kind] for c in spec["containers"]}

    def ask(self, ident, probe):
        """Whether a container's probe passes now."""
        return self._asked(ident, probe).returncode == 0

    def _asked(self, ident, probe):
        return subprocess.run(
            [self.engine.name, "exec", ident, *probe["exec"]["command"]],
            env=self.engine.env, capture_output=True, text=True, timeout=60)

    def probe(self, name, kind="readinessProbe"):
        """Whether each container's own probe passes now."""
        running = self.containers(name)
        return all(self.ask(running[container], probe)
                   for container, probe in self.probes(name, kind).items())

    def wait_ready(self, name, seconds=120):
        try:
            wait_until(lambda: self.probe(name), seconds, f"{name} is ready")
        except AssertionError as error:
            raise AssertionError(f"{error}: {self._said(name)}") from None

    def _said(self, name):
        """By each container's readiness probe, and by the container at last."""
        probes = self.probes(name, "readinessProbe")
        return {container: (self._asked(ident, probes[container]).stdout,
                            self.engine.run("logs", "--tail", "5", ident))
                for container, ident in self.containers(name).items()}

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


def decoded(secret):
    """{key: text} of a Secret."""
    return {name: base64.b64decode(value).decode()
            for name, value in secret["data"].items()}


def as_job(item):
    """What a CronJob makes when it is its time; all else as it is."""
    if item["kind"] != "CronJob":
        return item
    return {**item, "kind": "Job", "spec": item["spec"]["jobTemplate"]["spec"]}


def playable(owner, name):
    """What podman plays in its place: one pod."""
    owner = copy.deepcopy(owner)
    owner["metadata"]["name"] = name
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
