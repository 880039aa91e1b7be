"""What a cluster's own machinery is for, tried on a sale that is played: probes,
claims, Secrets. Each is told the pods of the sale, and leaves all well."""

import base64
import os
import re
import shlex
import signal

from kubelet import Kubelet
from manifests import KUBERNETES
from web import wait_until

PACE = 5  # probes are asked so many times as often as written
SECONDS = 120


def all_drills(cluster, sale, history, pods):
    board_asks_for_what_is_in_the_secret(cluster, sale)
    pods_that_are_replaced_find_what_they_had(cluster, sale, history)
    with Kubelet(cluster, PACE) as node, sale.balanced_by(node):
        pod_without_its_lock_service_gets_no_buyers(cluster, node, sale, history, pods)
        hung_worker_is_started_again(cluster, node, sale, history, pods[1])


def board_asks_for_what_is_in_the_secret(cluster, sale):
    """Whoever has the Secret's password sees the board, and nobody else."""
    user, password = cluster.kept_in_secret("board-users").split(":{PLAIN}")
    with sale.client("box office") as client:
        for given, status in ((password, 200), (password[:-1], 401)):
            word = base64.b64encode(f"{user}:{given}".encode()).decode()
            answer = client.request("GET", "/board",
                                    headers={"Authorization": f"Basic {word}"})
            assert answer.status == status, answer


def pods_that_are_replaced_find_what_they_had(cluster, sale, history):
    """By their claims: a hold of before is booked, on the same rows."""
    ann = sale.client("ann")
    assert history.run(ann, "reserve", "2").status == 200
    for name in ("lockd", "database"):
        cluster.end(name)
    for name in ("lockd", "database"):
        cluster.play(name)
        cluster.wait_ready(name)
    wait_until(sale.healthy, SECONDS, "the sale has found the new pods")
    # A connection to the database's old pod may be found dead: once more.
    wait_until(lambda: told(history, ann, "book", "2") == 200, SECONDS, "it is booked")


def pod_without_its_lock_service_gets_no_buyers(cluster, node, sale, history, pods):
    lost, other = pods[:2]
    with cluster.cut_off(lost, cluster.address("lockd")):
        wait_until(lambda: not node.is_ready(lost), SECONDS, "it is not ready")
        assert node.is_ready(other)
        before = sale.connections_of(lost)
        for number in range(3, 9):  # by turns, they would meet the lost one
            buy(sale, history, f"c{number}", str(number))
        assert sale.connections_of(lost) == before
    wait_until(lambda: node.is_ready(lost), SECONDS, "it is ready again")
    assert node.restarted == []  # it was not its fault


def hung_worker_is_started_again(cluster, node, sale, history, pod):
    ident = cluster.containers(pod)["worker-1"]
    pid = cluster.engine.pid(ident)
    os.kill(pid, signal.SIGSTOP)
    wait_until(lambda: node.restarted, SECONDS, "it was started again")
    assert node.restarted == [(pod, "worker-1")]
    assert cluster.engine.pid(ident) not in (0, pid)
    wait_until(lambda: node.is_ready(pod), SECONDS, "its pod is ready again")
    buy(sale, history, "dan", "9")


def typed_by_page(cluster, name, **change):
    """What docs/kubernetes.md types in this pod, and what each said."""
    page = (KUBERNETES.parents[1] / "docs/kubernetes.md").read_text()
    typed = re.findall(rf"^    kubectl .*exec deployment/{name} -- ([^>\n]+)$", page, re.M)
    assert len(typed) > 2, typed
    (ident,) = cluster.containers(cluster.play(name)).values()
    said = []
    for command in typed:
        for word, meant in change.items():
            command = command.replace(word, meant)
        said.append(cluster.engine.execute(ident, *shlex.split(command)))
    cluster.end(name)
    return said


def box_office_by_page(cluster):
    said = typed_by_page(cluster, "box-office")
    assert "all is true" in said[-1], said


def kept_by_page(cluster, sql):
    """The hourly backup; then, with all pods gone, one is looked at and restored."""
    sold = sql("SELECT count(*) FROM tickets WHERE state = 'booked'")
    made = cluster.run_job("holdfast-backup")
    (time,) = re.findall(r"^saved .*/holdfast-(\w+)\.hfb", made, re.M)
    listed, verified, restored, _ = typed_by_page(cluster, "restore", TIME=time)
    assert f"holdfast-{time}.hfb" in listed and "is good" in verified
    assert "holdfast-admin open gala" in restored
    assert sql("SELECT count(*) FROM tickets WHERE state = 'booked'") == sold
    assert sql(r"SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'replaced\_%'") == [["1"]]


def buy(sale, history, who, ticket):
    client = sale.client(who)
    for verb in ("reserve", "book"):
        wait_until(lambda: told(history, client, verb, ticket) == 200, SECONDS,
                   f"{who} is told 200: {verb}")


def told(history, client, verb, ticket):
    answer = history.run(client, verb, ticket)
    return answer and answer.status
