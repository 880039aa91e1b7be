"""The part of a cluster that takes and keeps objects: etcd and kube-apiserver.

    with Control(program) as control:
        control.env     # in it, kubectl finds them
"""

import contextlib
import os
import secrets
import ssl
import subprocess
import urllib.request

import yaml

from servers import Server
from web import free_port


class Etcd(Server):
    name = "etcd"

    def __init__(self):
        super().__init__()
        self.url = f"http://127.0.0.1:{free_port()}"
        self.peer = f"http://127.0.0.1:{free_port()}"

    def command(self):
        return ["etcd", "--data-dir", self.home / "data", "--unsafe-no-fsync",
                "--listen-client-urls", self.url, "--advertise-client-urls", self.url,
                "--listen-peer-urls", self.peer,
                "--initial-advertise-peer-urls", self.peer,
                "--initial-cluster", f"default={self.peer}"]

    def answers(self):
        return get(f"{self.url}/health") is not None


class ApiServer(Server):
    name = "kube-apiserver"

    def __init__(self, program, etcd):
        super().__init__()
        self.program, self.etcd = program, etcd
        self.port = free_port()
        self.token = secrets.token_hex(16)
        (self.home / "tokens").write_text(f"{self.token},admin,admin,system:masters\n")
        subprocess.run(["openssl", "genrsa", "-out", self.home / "accounts.key", "2048"],
                       check=True, capture_output=True)

    def command(self):
        key = self.home / "accounts.key"
        return [self.program, "--etcd-servers", self.etcd.url,
                "--bind-address=127.0.0.1", f"--secure-port={self.port}",
                "--advertise-address=127.0.0.1", "--endpoint-reconciler-type=none",
                f"--cert-dir={self.home}/certs", f"--token-auth-file={self.home}/tokens",
                "--authorization-mode=RBAC", "--service-cluster-ip-range=10.96.0.0/16",
                f"--service-account-key-file={key}",
                f"--service-account-signing-key-file={key}",
                "--service-account-issuer=https://holdfast.test",
                # What later versions have anyway.
                "--feature-gates=TTLAfterFinished=true",
                # Accounts are made by a controller, and none runs.
                "--disable-admission-plugins=ServiceAccount"]

    def answers(self):
        return get(f"https://127.0.0.1:{self.port}/readyz", self.token) == "ok"

    def config(self):
        """A kubeconfig that leads here."""
        path = self.home / "kubeconfig"
        server = {"server": f"https://127.0.0.1:{self.port}",
                  "insecure-skip-tls-verify": True}
        path.write_text(yaml.safe_dump({
            "apiVersion": "v1", "kind": "Config", "current-context": "here",
            "clusters": [{"name": "here", "cluster": server}],
            "users": [{"name": "admin", "user": {"token": self.token}}],
            "contexts": [{"name": "here",
                          "context": {"cluster": "here", "user": "admin"}}]}))
        return path


def get(url, token=""):
    """What it says with 200, or None."""
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"})
    anyone = ssl._create_unverified_context()
    try:
        with urllib.request.urlopen(request, timeout=10, context=anyone) as reply:
            return reply.read().decode()
    except OSError:
        return None


class Control(contextlib.ExitStack):
    """Both, and the environment in which kubectl finds them."""

    def __init__(self, program):
        super().__init__()
        self.program = program

    def __enter__(self):
        super().__enter__()
        api = self.enter_context(ApiServer(self.program, self.enter_context(Etcd())))
        self.env = {**os.environ, "KUBECONFIG": str(api.config()), "HOME": str(api.home)}
        return self
