"""Container engines of the opt-in check: Debian's docker.io and podman.

    with Docker() as engine:       # a dockerd of its own, started by hand
        engine.build("web")
        engine.compose("up", "-d")

Each keeps its images below HOLDFAST_CACHE, so that a second run builds what
changed; nothing of this machine's own engines is touched. What a machine
lacks is told by Cannot.
"""

import json
import os
import pathlib
import re
import resource
import shutil
import signal
import subprocess
import tempfile
import time

SRC = pathlib.Path(os.environ.get("HOLDFAST_SRC", pathlib.Path(__file__).parents[3]))
CACHE = pathlib.Path(os.environ.get("HOLDFAST_CACHE", pathlib.Path.home() / ".cache/holdfast"))
CONTAINERS = SRC / "deploy/containers"
BASE = "debian:bookworm-slim"
# As compose names what is its own: after the folder.
PROJECT = re.sub(r"[^-_a-z0-9]", "", SRC.name.lower())
TARGETS = ("lockd", "ephemerald", "worker", "web", "tools", "database")


class Cannot(Exception):
    """Why it cannot be run on this machine."""


def need(*commands):
    if os.geteuid() != 0:
        raise Cannot("only root can start container engines by hand")
    for command, package in commands:
        if shutil.which(command) is None:
            raise Cannot(f"{command} is missing: apt-get install {package}")


def command_of(test):
    """What is run in a container for a health check."""
    how, *words = test
    return ["/bin/sh", "-c", *words] if how == "CMD-SHELL" else words


def space_of(pid):
    """The pid namespace of a process, or None when it is gone."""
    try:
        return os.readlink(f"/proc/{pid}/ns/pid")
    except OSError:
        return None


class Engine:
    """What both have in common: the same words."""

    name = None  # the command, too
    server = None  # what does the work
    composer = None

    def __init__(self):
        self.home = CACHE / self.name
        self.home.mkdir(parents=True, exist_ok=True)
        self.temp = pathlib.Path(tempfile.mkdtemp(prefix="hf-"))
        self.env = dict(os.environ)

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.stop()
        shutil.rmtree(self.temp, ignore_errors=True)

    def start(self):
        raise NotImplementedError

    def stop(self):
        pass

    def run(self, *words, timeout=120, **how):
        """What it prints; an error when it fails."""
        return self._command([self.name, *words], timeout, **how)

    def _command(self, words, timeout, env=None, **how):
        done = subprocess.run(
            [str(word) for word in words], env={**self.env, **(env or {})}, cwd=SRC,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            timeout=timeout, **how)
        if done.returncode != 0:
            raise AssertionError(f"{' '.join(map(str, words))}:\n{done.stdout[-3000:]}")
        return done.stdout.rstrip("\n")

    # -- images -------------------------------------------------------------

    def has_base(self):
        return BASE in self.run("images", "--format", "{{.Repository}}:{{.Tag}}")

    def make_base(self):
        """A pulled one would do; here it is made, once for both engines."""
        if not self.has_base():
            self._command([CONTAINERS / "base", self.name], 1800,
                          env={"BASE_TAR": str(CACHE / "bookworm-slim.tar")})

    def build(self, target):
        self.run("build", "--network", "host",
                 "-f", CONTAINERS / "Dockerfile", "--target", target,
                 "-t", f"holdfast-{target}", ".", timeout=1800)

    def image(self, target):
        return json.loads(self.run("image", "inspect", f"holdfast-{target}"))[0]

    def health_checks(self, target, ident=None):
        """Commands: that of the image, and that of a container of it."""
        image = self.image(target)
        found = [image["Config"].get("Healthcheck") or image.get("Healthcheck")]
        if ident:
            found.append(self.inspect(ident)["Config"].get("Healthcheck"))
        return [command_of(check["Test"]) for check in found if check]

    # -- containers ---------------------------------------------------------

    def compose(self, *words, timeout=300, **env):
        return self._command([self.composer, *words], timeout, env=env)

    def containers(self):
        """{service: id} of what runs."""
        label = "com.docker.compose.service"
        found = {}
        for ident in self.run("ps", "-q", "--no-trunc").split():
            labels = self.inspect(ident)["Config"]["Labels"] or {}
            if label in labels:
                found[labels[label]] = ident
        return found

    def logs(self):
        """The end of what each container has said."""
        return "\n".join(
            f"{service}:\n{self.run('logs', '--tail', '20', ident)[-2000:]}"
            for service, ident in self.containers().items())

    def versions(self):
        """Of what is tried."""
        found = {self.name: self.server, self.composer: self.composer}
        return ", ".join(
            re.search(rf"{name}\w* version +[^\s,]+", self._command([command, "--version"], 60),
                      re.IGNORECASE)[0] for name, command in found.items())

    def left(self, what):
        """The containers or volumes of compose's that are there."""
        words = {"container": ["ps", "-aq"], "volume": ["volume", "ls", "-q"]}[what]
        return self.run(*words, "--filter", f"label=com.docker.compose.project={PROJECT}").split()

    def sweep(self):
        """Ends what a run that was cut short has left."""
        for what in ("container", "volume"):
            for name in self.left(what):
                self.run(what, "rm", "-f", name)

    def inspect(self, ident):
        return json.loads(self.run("container", "inspect", ident))[0]

    def serves(self, ident, command):
        """Whether a health check says so."""
        return subprocess.run([self.name, "exec", ident, *command], env=self.env,
                              capture_output=True, timeout=60).returncode == 0

    def execute(self, ident, *words, **how):
        return self.run("exec", ident, *words, **how)

    def pid(self, ident):
        return self.inspect(ident)["State"]["Pid"]

    def pids(self, ident):
        """Of all that runs in a container, as this machine counts them."""
        inside = os.readlink(f"/proc/{self.pid(ident)}/ns/pid")
        return [int(p) for p in os.listdir("/proc") if p.isdigit() and space_of(p) == inside]

    def crash(self, ident):
        """kill -9 of its process, behind the engine's back."""
        os.kill(self.pid(ident), signal.SIGKILL)


class Docker(Engine):
    name = "docker"
    server = "dockerd"
    composer = "docker-compose"

    def start(self):
        need(("dockerd", "docker.io"), ("docker-compose", "docker-compose"),
             ("debootstrap", "debootstrap"))
        self.env |= {"DOCKER_HOST": f"unix://{self.temp}/sock", "DOCKER_BUILDKIT": "0"}
        log = open(self.temp / "log", "wb")
        self.daemon = subprocess.Popen(
            ["dockerd", "--iptables=false", "--bridge=none",
             "--data-root", self.home, "--exec-root", self.temp / "exec",
             "--pidfile", self.temp / "pid", "--host", f"unix://{self.temp}/sock"],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        log.close()
        for _ in range(300):
            if self.daemon.poll() is not None:
                break
            if subprocess.run(["docker", "info"], env=self.env,
                              capture_output=True).returncode == 0:
                return
            time.sleep(0.1)
        last = (self.temp / "log").read_text(errors="replace").splitlines()[-1:]
        raise Cannot(f"dockerd does not start: {last}")

    def says_healthy(self, ident):
        """What dockerd has found, which asks by itself."""
        return self.inspect(ident)["State"]["Health"]["Status"] == "healthy"

    def stop(self):
        daemon = getattr(self, "daemon", None)
        if daemon is not None and daemon.poll() is None:
            daemon.terminate()
            daemon.wait(60)


NAMES = pathlib.Path("/run/containers/networks/aardvark-dns")


def forget_names():
    """Those of containers that were killed together with their engine: a new
    one's addresses are theirs again, and so the names would lead astray. All of
    root's engines have one list; while a container runs, it may be its."""
    if subprocess.run(["pgrep", "-x", "conmon"], stdout=subprocess.DEVNULL).returncode == 0:
        return
    subprocess.run(["pkill", "-x", "aardvark-dns"])
    for file in NAMES.glob("*"):
        file.unlink(missing_ok=True)


class Podman(Engine):
    name = "podman"
    server = "podman"
    composer = "podman-compose"

    def start(self):
        need(("podman", "podman"), ("podman-compose", "podman-compose"),
             ("runc", "runc"), ("debootstrap", "debootstrap"))
        files = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        (self.temp / "storage.conf").write_text(
            f'[storage]\ndriver = "overlay"\ngraphroot = "{self.home}"\n'
            f'runroot = "{self.temp}/run"\n')
        # Where no systemd is, and limits cannot be raised.
        (self.temp / "containers.conf").write_text(
            f'[containers]\ndefault_ulimits = ["nofile={files}:{files}", "nproc=10000:10000"]\n'
            '[engine]\nruntime = "runc"\ncgroup_manager = "cgroupfs"\n'
            'events_logger = "file"\n[network]\nnetwork_backend = "netavark"\n'
            f'network_config_dir = "{self.temp}/networks"\n')
        self.env |= {"CONTAINERS_STORAGE_CONF": f"{self.temp}/storage.conf",
                     "CONTAINERS_CONF": f"{self.temp}/containers.conf",
                     # OCI's own format has no health check.
                     "BUILDAH_FORMAT": "docker",
                     # Who asks for health is a timer of systemd, if there is one.
                     "DISABLE_HC_SYSTEMD": "true"}
        forget_names()
        try:
            self.run("info")
        except AssertionError as error:
            raise Cannot(f"podman does not work here: {error}") from error

    def compose(self, *words, **how):
        """podman-compose 1.0 ends well, whatever podman has said."""
        said = super().compose(*words, **how)
        if words[0] in ("build", "up"):
            assert not re.search(r"^exit code: [1-9]", said, re.M), said[-3000:]
        return said

    def says_healthy(self, ident):
        """Asked now: by itself podman asks by timers of systemd only."""
        return subprocess.run([self.name, "healthcheck", "run", ident], env=self.env,
                              capture_output=True, timeout=60).returncode == 0
