"""Debian's Prometheus beside the pods, with deploy/monitoring's configuration for
Kubernetes as it is, but for its pace: it finds the pods by the name of their
Service, in the cluster's DNS, which is podman's here.

    with Prometheus(address, dns) as prometheus:    # on the pods' network
        prometheus.values('up{job="holdfast"}')
"""

import json
import pathlib
import re
import shutil
import urllib.parse
import urllib.request

from servers import Server

SRC = pathlib.Path(__file__).resolve().parents[3]
MONITORING = SRC / "deploy/monitoring"


class Prometheus(Server):
    name = "prometheus"

    def __init__(self, address, dns):
        super().__init__()
        self.place = f"{address}:9090"
        (self.home / "resolv.conf").write_text(f"nameserver {dns}\n")
        text = (MONITORING / "prometheus-kubernetes.yml").read_text()
        (self.home / "prometheus.yml").write_text(self._hasten(text))
        shutil.copy(MONITORING / "alerts.yml", self.home)

    @staticmethod
    def _hasten(text):
        """Asks, and asks the DNS, every second."""
        text = re.sub(r"\b15s\b", "1s", text)
        return re.sub(r"^( *)port: 6006$", r"\g<0>\n\1refresh_interval: 1s", text,
                      flags=re.M)

    def command(self):
        """Where it looks names up is for it alone."""
        return ["unshare", "--mount", "sh", "-c",
                'mount --bind "$0/resolv.conf" /etc/resolv.conf && exec "$@"', self.home,
                "prometheus", f"--config.file={self.home}/prometheus.yml",
                f"--storage.tsdb.path={self.home}/data",
                f"--web.listen-address={self.place}"]

    def answers(self):
        try:
            self._get("/-/ready")
        except OSError:
            return False
        return True

    def _get(self, path):
        url = f"http://{self.place}{path}"
        with urllib.request.urlopen(url, timeout=10) as reply:
            return reply.read()

    def values(self, expression):
        """{labels as JSON: value}, as of now."""
        query = urllib.parse.urlencode({"query": expression})
        answer = json.loads(self._get(f"/api/v1/query?{query}"))
        assert answer["status"] == "success", answer
        return {json.dumps(one["metric"], sort_keys=True): float(one["value"][1])
                for one in answer["data"]["result"]}
