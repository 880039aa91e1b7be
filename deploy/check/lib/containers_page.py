"""The commands of docs/containers.md, typed as they are written there.

Each has its step here, in an order in which they can follow one another, and
what must come out. A command of the page without a step is an error, and so is
a step that the page does not have.
"""

import re
import subprocess

from engines import SRC
from web import free_port, wait_until

PAGE = SRC / "docs/containers.md"
OTHER_LOCK = "LOCK_TYPE=ephemeral_node docker-compose up --detach"
KEEPS = "/var/backups/holdfast"
IN_TOOLS = f"HOLDFAST_BACKUPS={KEEPS} docker-compose run --rm --no-deps prepare"
A_BACKUP = "/var/lib/holdfast/backups/holdfast-TIME.hfb"
# Typed before all others: Engine.make_base(). Once more, and every image is
# built anew on what it makes.
FIRST = "deploy/containers/base docker"
STEPS = (
    ("docker build --file deploy/containers/Dockerfile --target lockd"
     " --tag holdfast-lockd .", ""),
    ("docker-compose up --build --detach", ""),
    ("""curl -s -d '{"ticket_id": "1", "client_id": "ann"}'"""
     " http://localhost:6005/reserve_ticket", "Ticket 1 is reserved for you."),
    ("docker-compose run --rm --no-deps prepare cat /run/holdfast/secrets/board-users",
     "board:{PLAIN}"),
    ("docker-compose run --rm --no-deps prepare holdfast-init --hall theatre"
     ' --event gala --title "Gala"', "1200 tickets are for sale"),
    ("docker-compose run --rm --no-deps prepare holdfast-admin events", "gala"),
    (f"install -d -m 0700 -o 6002 {KEEPS}", ""),
    (f"{IN_TOOLS} holdfast-backup --keep 48", "saved /var/lib/holdfast/backups/holdfast-"),
    (f"{IN_TOOLS} holdfast-backup --verify {A_BACKUP}", "is good"),
    ("docker-compose stop worker-1 worker-2", ""),
    (f"{IN_TOOLS} holdfast-restore {A_BACKUP} --replace", "holdfast-admin open gala"),
    ("docker-compose start worker-1 worker-2", ""),
    ("docker-compose run --rm --no-deps prepare holdfast-admin open gala --yes", ""),
    ("docker-compose -f compose.yaml -f compose.metrics.yaml up --detach", ""),
    ("curl -s http://localhost:6006/metrics/1", "holdfast_requests_total"),
    ("docker-compose stop worker-1 worker-2", ""),
    (OTHER_LOCK, ""),
    ("docker-compose down", ""),
    ("docker-compose down --volumes", ""),
)
# The page's own words for podman, where they are not those of docker.
PODMAN = {
    "docker-compose up --build --detach": "podman-compose up --build --detach",
    "docker-compose -f compose.yaml -f compose.metrics.yaml up --detach":
    "podman-compose -f compose.yaml -f podman-compose.yaml -f compose.metrics.yaml"
    " up --force-recreate --detach",
    OTHER_LOCK: "LOCK_TYPE=ephemeral_node podman-compose up --force-recreate --detach",
}


def commands():
    return re.findall(r"^ {4,}(\S.*)$", PAGE.read_text(), re.M)


def compare():
    """The page's commands and the steps are the same."""
    steps = {step for step, _ in STEPS} | set(PODMAN.values()) | {FIRST}
    assert set(commands()) == steps, set(commands()) ^ steps


def words_for(engine, step):
    if engine.name == "podman":
        step = PODMAN.get(step, step)
    return step.replace("docker", engine.name)


def as_here(words, sale, folder, metrics_port):
    """With this run's ports and folder, and the backup that is there."""
    for file in folder.glob("*.hfb"):
        words = words.replace("holdfast-TIME.hfb", file.name)
    return (words.replace(KEEPS, str(folder)).replace(":6005/", f":{sale.port}/")
            .replace(":6006/", f":{metrics_port}/"))


def follow(engine, sale):
    """Types all of it; says how many commands that were."""
    compare()
    folder, metrics_port = engine.temp / "backups", free_port()
    env = {**engine.env, "HOLDFAST_PORT": str(sale.port), "METRICS_PORT": str(metrics_port)}
    for step, wanted in STEPS:
        words = words_for(engine, step)
        done = subprocess.run(
            ["bash", "-c", as_here(words, sale, folder, metrics_port)], cwd=SRC, env=env,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, timeout=2400)
        assert done.returncode == 0 and wanted in done.stdout, (words, done.stdout[-3000:])
        if " up " in words or " start " in words:
            wait_until(sale.healthy, 120, f"it is up: {words}")
        if step == OTHER_LOCK:
            asked_is_ephemerald(engine)
        if step.endswith(" down"):
            assert "container" not in left(engine) and "volume" in left(engine)
    assert left(engine) == [], left(engine)
    return len(STEPS)


def left(engine):
    return [what for what in ("container", "volume") if engine.left(what)]


def asked_is_ephemerald(engine):
    said = engine.execute(engine.containers()["worker-1"], "env")
    assert "LOCK_TYPE=ephemeral_node" in said.splitlines(), said
