"""Debian's Prometheus on a running sale, configured as deploy/monitoring has it.

Every query of the dashboard has an answer, every rule is evaluated without an
error, and a ticket that is sold twice raises the alert.
"""

import json
import random
import re
import subprocess
import threading
import urllib.parse
import urllib.request

import pytest
import yaml

from live import Watcher
from servers import Ephemerald, Lockd, Postgres, Server
from stack import SRC, Stack
from web import Client, free_port, wait_until

MONITORING = SRC / "deploy/monitoring"
DASHBOARD = json.loads((MONITORING / "dashboard.json").read_text())
PATIENCE = 60


def get(url):
    """What is there, or None while nobody answers."""
    try:
        with urllib.request.urlopen(url, timeout=10) as reply:
            return reply.read().decode()
    except OSError:
        return None


class Exporter(Server):
    """A program that listens on a port and answers /metrics."""

    def __init__(self, *words, **environment):
        super().__init__(**environment)
        self.port = free_port()
        self.words = [word.format(port=self.port) for word in words]
        self.name = words[0]

    def command(self):
        return self.words

    def answers(self):
        return get(f"http://127.0.0.1:{self.port}/metrics") is not None


def with_lock_services(text):
    """prometheus.yml with the jobs that are there to be chosen from."""
    chosen = re.sub(r"^  #(- job_name| {2,4}[s-])", r"  \1", text, flags=re.M)
    assert len(yaml.safe_load(chosen)["scrape_configs"]) == 4
    return chosen


class Prometheus(Server):
    """As deploy/monitoring configures it, but for ports and for its pace."""

    name = "prometheus"

    def __init__(self, addresses):
        super().__init__()
        self.port = free_port()
        text = with_lock_services((MONITORING / "prometheus.yml").read_text())
        for told, real in addresses.items():
            assert told in text, told
            text = text.replace(told, real)
        conf = yaml.safe_load(re.sub(r"\b15s\b", "1s", text))
        (self.home / "prometheus.yml").write_text(yaml.safe_dump(conf))
        (self.home / "alerts.yml").write_text(
            (MONITORING / "alerts.yml").read_text())

    def command(self):
        return ["prometheus", f"--config.file={self.home}/prometheus.yml",
                f"--storage.tsdb.path={self.home}/data",
                f"--web.listen-address=127.0.0.1:{self.port}"]

    def ask(self, path, **query):
        text = get(f"http://127.0.0.1:{self.port}/api/v1/{path}?"
                   + urllib.parse.urlencode(query))
        answer = json.loads(text)
        assert answer["status"] == "success", answer
        return answer["data"]

    def query(self, expr):
        """The values that there are now, without those that are no number."""
        return [float(sample["value"][1])
                for sample in self.ask("query", query=expr)["result"]
                if sample["value"][1] != "NaN"]

    def answers(self):
        return get(f"http://127.0.0.1:{self.port}/-/ready") is not None


class Sale:
    """Buyers that go on until the end of the test."""

    def __init__(self, stack):
        self.stack = stack
        self.over = threading.Event()
        self.threads = [threading.Thread(target=self.buy, args=(n,))
                        for n in range(3)]

    def buy(self, number):
        random_ = random.Random(number)
        with Client(self.stack.port, f"buyer {number}") as client:
            while not self.over.wait(0.01):
                ticket = str(random_.randint(1, self.stack.tickets))
                if client.reserve(ticket).status == 200:
                    client.book(ticket) if random_.random() < 0.3 else (
                        client.release(ticket))

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        for thread in self.threads:
            thread.join()


@pytest.fixture(scope="module")
def stack():
    port = free_port()
    with Postgres(fsync=False) as database, Stack(
            database, tickets=2000, workers=2,
            nginx={"METRICS_LISTEN": f"127.0.0.1:{port}"}) as running:
        running.metrics = f"127.0.0.1:{port}"
        yield running


@pytest.fixture(scope="module")
def prometheus(stack):
    redis = Exporter(
        "prometheus-redis-exporter", "-web.listen-address", "127.0.0.1:{port}",
        "-script", str(MONITORING / "locks.lua"),
        REDIS_ADDR=f"unix://{stack.lock.socket}")
    with redis, Ephemerald() as ephemerald, Watcher(
            stack.port, "default"), Sale(stack), Prometheus({
                "127.0.0.1:6006": stack.metrics,
                "127.0.0.1:9121": f"127.0.0.1:{redis.port}",
                "127.0.0.1:2181": f"127.0.0.1:{ephemerald.port}"}) as running:
        yield running


def test_everybody_is_found_and_answers(prometheus):
    def up():
        return {(target["labels"]["job"], target["labels"].get("worker"))
                for target in prometheus.ask("targets")["activeTargets"]
                if target["health"] == "up"}

    wait_until(lambda: up() == {("holdfast", "1"), ("holdfast", "2"),
                                ("nginx", None), ("lockd", None),
                                ("ephemerald", None)}, PATIENCE,
               "all targets are up")


def queries():
    for panel in DASHBOARD["panels"]:
        for target in panel.get("targets", ()):
            yield panel["title"], target["expr"]


def test_every_query_of_the_dashboard_has_an_answer(prometheus):
    left = [(title, expr.replace("$__rate_interval", "10s"))
            for title, expr in queries()]
    assert len(left) > 40

    def all_answered():
        left[:] = [one for one in left if not prometheus.query(one[1])]
        return not left

    try:
        wait_until(all_answered, PATIENCE, "every query has an answer")
    except AssertionError:
        pytest.fail(f"without an answer: {left}")


def test_a_query_of_nothing_would_be_told(prometheus):
    assert prometheus.query("holdfast_nothing_total") == []


def test_what_prometheus_counts_is_what_was_sold(prometheus, stack):
    booked = 'sum(holdfast_holds_total{outcome="booked"})'
    wait_until(lambda: prometheus.query(booked)[0] >= 1, PATIENCE, "one is sold")
    at_most = int(stack.sql(
        "SELECT count(*) FROM bookings WHERE cancelled_at IS NULL")[0][0])
    assert 0 < prometheus.query(booked)[0] <= at_most + 3


def test_all_rules_are_evaluated_and_none_wakes_anybody(prometheus):
    def rules():
        return [rule for group in prometheus.ask("rules")["groups"]
                for rule in group["rules"]]

    wait_until(lambda: all(rule["health"] == "ok" for rule in rules()),
               PATIENCE, "every rule was evaluated")
    assert len(rules()) >= 19
    # Not even on the way: "pending".
    wait_until(lambda: {rule["state"] for rule in rules()} == {"inactive"},
               PATIENCE, "no rule is about to fire")


def test_a_ticket_that_is_sold_twice_raises_the_alert(prometheus, stack):
    assert prometheus.query("max(holdfast_oversold_tickets)") == [0]
    stack.sql("UPDATE tickets SET holder = 'thief' WHERE id ="
              " (SELECT id FROM tickets WHERE state = 'booked' LIMIT 1)")
    wait_until(lambda: prometheus.query(
        'ALERTS{alertname="HoldfastOversold",alertstate="firing"}') == [1],
        PATIENCE, "the alert fires")
    stack.sql("UPDATE oversold SET settled_at = now()")
    wait_until(lambda: not prometheus.query(
        'ALERTS{alertname="HoldfastOversold",alertstate="firing"}'),
        PATIENCE, "and is over when somebody has seen to it")


def test_a_worker_that_is_gone_is_seen(prometheus, stack):
    stack.workers[1].kill()
    try:
        wait_until(lambda: prometheus.query('up{job="holdfast",worker="2"}') == [0],
                   PATIENCE, "its numbers are missed")
        assert prometheus.query("holdfast_healthz_status") == [200]
    finally:
        stack.workers[1].start()


def test_that_nobody_answers_is_seen(prometheus, stack):
    for worker in stack.workers:
        worker.kill()
    try:
        wait_until(lambda: prometheus.query(
            'ALERTS{alertname="HoldfastUnavailable"}') == [1],
            PATIENCE, "the alert is on its way")
        assert prometheus.query("holdfast_healthz_status") == [502]
        assert prometheus.query('up{job="nginx"}') == [1]
    finally:
        for worker in stack.workers:
            worker.start()
    wait_until(lambda: prometheus.query("holdfast_healthz_status") == [200],
               PATIENCE, "they are back")
