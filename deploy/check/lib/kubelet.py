"""What a node's kubelet does with probes: asks each container of a pod as often as
its manifest says, thinks it ready or not, and starts one again that fails its
liveness.

    with Kubelet(cluster, pace=5) as node:     # five times as often
        node.watch("holdfast-1")
        node.is_ready("holdfast-1")            # may a Service lead there?
        node.restarted                         # [("holdfast-1", "worker-1")]

A pod is not ready until every container of it has said so. How often it has to
fail is as written; a pod's probes are asked one after the other.
"""

import threading
import time
from dataclasses import dataclass

READY, ALIVE = "readinessProbe", "livenessProbe"
TIMES_TO_FAIL = 3  # Kubernetes' own, where nothing is written


@dataclass
class Asked:
    """One probe of one container, and how it went lately."""

    container: str
    kind: str
    probe: dict
    due: float = 0.0
    failed: int = 0
    passes: bool = False

    def hear(self, passed):
        """Counts one answer; gives whether it has failed too often."""
        self.failed = 0 if passed else self.failed + 1
        over = self.failed >= self.probe.get("failureThreshold", TIMES_TO_FAIL)
        self.passes = passed or (self.passes and not over)
        return over


class Kubelet:
    def __init__(self, cluster, pace=1):
        self.cluster = cluster
        self.pace = pace
        self.restarted = []
        self._pods = {}  # name -> [Asked]
        self._over = threading.Event()
        self._threads = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._over.set()
        for thread in self._threads:
            thread.join()

    def watch(self, name):
        self._pods[name] = [
            Asked(container, kind, probe) for kind in (READY, ALIVE)
            for container, probe in self.cluster.probes(name, kind).items()]
        thread = threading.Thread(target=self._look_after, args=(name,), daemon=True)
        self._threads.append(thread)
        thread.start()

    def is_ready(self, name):
        return all(asked.passes for asked in self._pods[name] if asked.kind == READY)

    def _look_after(self, name):
        idents = self.cluster.containers(name)
        while not self._over.is_set():
            asked = min(self._pods[name], key=lambda each: each.due)
            if self._over.wait(max(0, asked.due - time.monotonic())):
                return
            passed = self.cluster.ask(idents[asked.container], asked.probe)
            asked.due = time.monotonic() + asked.probe["periodSeconds"] / self.pace
            if asked.hear(passed) and asked.kind == ALIVE:
                self._start_again(name, asked, idents[asked.container])

    def _start_again(self, name, asked, ident):
        asked.failed = 0
        self.cluster.engine.run("restart", "--time", "1", ident)
        self.restarted.append((name, asked.container))
