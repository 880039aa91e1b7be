"""deploy/monitoring: promtool plays each alert's rule on planted numbers.

Each fires on what it is for, and none does on the numbers of a healthy sale.
"""

import re
import subprocess

import yaml

from stack import SRC

MONITORING = SRC / "deploy/monitoring"
RULES = [rule for group in yaml.safe_load(
    (MONITORING / "alerts.yml").read_text())["groups"] for rule in group["rules"]]
MINUTES = 25  # of numbers, one each

# A sample a minute: "a+bxN" is a, then N times b more.
STEADY, GROWING = f"1x{MINUTES}", f"0+600x{MINUTES}"
ZERO = f"0x{MINUTES}"
LONG_AGO = f"-12000x{MINUTES}"  # by a clock that begins at 0
WORKER = 'job="holdfast",instance="a:6006",worker="1"'


HEALTHZ = 'holdfast_healthz_status{job="nginx",instance="a:6006"}'
OTHER_HEALTHZ = 'holdfast_healthz_status{job="nginx",instance="b:6006"}'


def requests(result, each, call="POST /reserve_ticket"):
    return (f'holdfast_requests_total{{{WORKER},call="{call}",'
            f'result="{result}"}}', f"0+{each}x{MINUTES}")


def times(le, each):
    return (f'holdfast_request_seconds_bucket{{{WORKER},'
            f'call="POST /reserve_ticket",le="{le}"}}', f"0+{each}x{MINUTES}")


HEALTHY = dict([
    (f"up{{{WORKER}}}", STEADY),
    ('up{job="nginx",instance="a:6006"}', STEADY),
    (HEALTHZ, f"200x{MINUTES}"),
    ('up{job="lockd",instance="a:9121"}', STEADY),
    ('up{job="ephemerald",instance="a:2181"}', STEADY),
    (f"process_start_time_seconds{{{WORKER}}}", STEADY),
    (f"holdfast_oversold_tickets{{{WORKER}}}", ZERO),
    (f"holdfast_oversold_checked_timestamp_seconds{{{WORKER}}}", f"0+60x{MINUTES}"),
    (f"holdfast_backup_timestamp_seconds{{{WORKER}}}", f"0+60x{MINUTES}"),
    requests("ok", 600), requests("held", 400), requests("lock_unavailable", 0),
    requests("ok", 9000, "GET /healthz"), requests("ok", 9000, "GET /metrics"),
    requests("lock_unavailable", 9000, "GET /healthz"),
    times("0.5", 1000), times("2.5", 1000), times("+Inf", 1000),
    (f"holdfast_threads{{{WORKER}}}", f"8x{MINUTES}"),
    (f"holdfast_threads_busy{{{WORKER}}}", f"5x{MINUTES}"),
    (f'holdfast_holds_total{{{WORKER},outcome="lost"}}', ZERO),
    (f'holdfast_holds_total{{{WORKER},outcome="expired"}}', GROWING),
    (f'holdfast_publisher_frames_total{{{WORKER},result="failed"}}', ZERO),
    (f'holdfast_publisher_frames_total{{{WORKER},result="too_soon"}}', GROWING),
    (f"holdfast_publisher_dropped_total{{{WORKER}}}", ZERO),
    (f'holdfast_lock_errors_total{{{WORKER},kind="connect"}}', ZERO),
    (f'holdfast_database_errors_total{{{WORKER},kind="connect"}}', ZERO),
    (f'holdfast_database_errors_total{{{WORKER},kind="refused"}}', GROWING),
    ("nginx_up", STEADY), ("redis_up", STEADY),
    ("redis_aof_last_write_status", STEADY),
    ("redis_rdb_last_bgsave_status", STEADY),
    ("redis_rejected_connections_total", STEADY),
    ("zk_refusing_changes", ZERO), ("zk_connection_rejected", STEADY),
    ("zk_connection_drop_count", STEADY), ("zk_stalls", STEADY),
])

# What is to be seen of each trouble; all else is as in a healthy sale. A
# value of None: there is no such number at all.
TROUBLES = [
    ("HoldfastOversold", {f"holdfast_oversold_tickets{{{WORKER}}}": STEADY}),
    ("HoldfastOversoldUnchecked",
     {f"holdfast_oversold_checked_timestamp_seconds{{{WORKER}}}": ZERO}),
    ("HoldfastBackupOld",
     {f"holdfast_backup_timestamp_seconds{{{WORKER}}}": LONG_AGO,
      f"process_start_time_seconds{{{WORKER}}}": LONG_AGO}),
    ("HoldfastUnavailable", {HEALTHZ: f"502x{MINUTES}"}),
    ("HoldfastUnavailable", {HEALTHZ: f"504x{MINUTES}",
                             OTHER_HEALTHZ: f"503x{MINUTES}"}),
    ("HoldfastErrors", dict([requests("lock_unavailable", 100)])),
    ("HoldfastErrors", dict([requests("database-unavailable", 100)])),
    ("HoldfastErrors", dict([requests("error", 100)])),
    ("HoldfastSlow", dict([times("0.5", 900), times("2.5", 980)])),
    ("HoldfastHoldsLost",
     {f'holdfast_holds_total{{{WORKER},outcome="lost"}}': f"0+1x{MINUTES}"}),
    ("HoldfastLiveUpdatesLost",
     {f'holdfast_publisher_frames_total{{{WORKER},result="failed"}}': GROWING}),
    ("HoldfastLiveUpdatesLost",
     {f"holdfast_publisher_dropped_total{{{WORKER}}}": GROWING}),
    ("HoldfastWorkerDown", {f"up{{{WORKER}}}": ZERO}),
    ("HoldfastWorkerDown", {f"up{{{WORKER}}}": None}),
    ("HoldfastWorkerRestarts",
     {f"process_start_time_seconds{{{WORKER}}}": f"0+1x{MINUTES}"}),
    ("HoldfastThreadsBusy", {f"holdfast_threads_busy{{{WORKER}}}": f"8x{MINUTES}"}),
    ("HoldfastNginxDown", {"nginx_up": ZERO}),
    ("HoldfastNginxDown", {'up{job="nginx",instance="a:6006"}': ZERO}),
    ("HoldfastNginxDown", {'up{job="nginx",instance="a:6006"}': None}),
    ("HoldfastLockServiceAway",
     {f'holdfast_lock_errors_total{{{WORKER},kind="connect"}}': GROWING}),
    ("HoldfastDatabaseAway",
     {f'holdfast_database_errors_total{{{WORKER},kind="connect"}}': GROWING}),
    ("LockdDown", {"redis_up": ZERO}),
    ("LockdDown", {'up{job="lockd",instance="a:9121"}': ZERO}),
    ("LockdDiskRefuses", {"redis_aof_last_write_status": ZERO}),
    ("LockdDiskRefuses", {"redis_rdb_last_bgsave_status": ZERO}),
    ("LockdRejects", {"redis_rejected_connections_total": GROWING}),
    ("EphemeraldDown", {'up{job="ephemerald",instance="a:2181"}': ZERO}),
    ("EphemeraldDiskRefuses", {"zk_refusing_changes": STEADY}),
    ("EphemeraldRejects", {"zk_connection_rejected": GROWING}),
    ("EphemeraldRejects", {"zk_connection_drop_count": GROWING}),
    ("EphemeraldStalls", {"zk_stalls": GROWING}),
]


def alerts_seen(numbers):
    """Adds ALERTS to what is expected: one test of promtool's."""
    return {
        "interval": "1m",
        "input_series": [{"series": name, "values": values}
                         for name, values in numbers.items() if values],
        "promql_expr_test": [{
            "expr": 'count by (alertname) (ALERTS{alertstate="firing"})',
            "eval_time": f"{MINUTES}m",
        }],
    }


def play(tests, tmp_path):
    path = tmp_path / "tests.yml"
    path.write_text(yaml.safe_dump({
        "rule_files": [str(MONITORING / "alerts.yml")],
        "evaluation_interval": "1m", "tests": tests}))
    return subprocess.run(["promtool", "test", "rules", str(path)],
                          capture_output=True, text=True)


def expecting(numbers, names):
    test = alerts_seen(numbers)
    test["promql_expr_test"][0]["exp_samples"] = [
        {"labels": f'{{alertname="{name}"}}', "value": 1} for name in names]
    return test


def test_promtool_takes_the_rules_and_the_configuration():
    for words in (["rules", "alerts.yml"], ["config", "prometheus.yml"],
                  ["config", "prometheus-kubernetes.yml"]):
        done = subprocess.run(["promtool", "check", *words], cwd=MONITORING,
                              capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr


def test_each_alert_fires_on_what_it_is_for_and_alone(tmp_path):
    done = play([expecting({**HEALTHY, **trouble}, [name])
                 for name, trouble in TROUBLES], tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_healthy_sale_wakes_nobody(tmp_path):
    done = play([expecting(HEALTHY, [])], tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


def test_one_nginx_of_two_that_sells_wakes_nobody(tmp_path):
    numbers = {**HEALTHY, OTHER_HEALTHZ: f"503x{MINUTES}"}
    done = play([expecting(numbers, [])], tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


def asked_for(name):
    """The jobs that a configuration has, by the names that its numbers bear."""
    for job in yaml.safe_load((MONITORING / name).read_text())["scrape_configs"]:
        relabelled = [step["replacement"] for step in job.get("relabel_configs", ())
                      if step["target_label"] == "job"]
        yield (relabelled or [job["job_name"]])[0]


def job_of(series):
    """Who tells it."""
    named = re.search(r'job="(\w+)"', series)
    return named[1] if named else {"nginx": "nginx", "redis": "lockd",
                                   "zk": "ephemerald"}[series.split("_")[0]]


def test_what_is_asked_as_shipped_wakes_nobody_in_a_healthy_sale(tmp_path):
    shipped = sorted(path.name for path in MONITORING.glob("prometheus*.yml"))
    assert len(shipped) == 2
    for name in shipped:
        jobs = set(asked_for(name))
        assert jobs >= {"holdfast", "nginx"}
        numbers = {series: values for series, values in HEALTHY.items()
                   if job_of(series) in jobs}
        # Who is asked and does not answer is told, healthy or not.
        numbers.update((f'up{{job="{job}",instance="c:1"}}', ZERO)
                       for job in jobs - {"holdfast", "nginx"})
        done = play([expecting(numbers, [])], tmp_path)
        assert done.returncode == 0, name + done.stdout + done.stderr


def test_promtool_would_tell_a_silent_alert(tmp_path):
    done = play([expecting(HEALTHY, ["HoldfastOversold"])], tmp_path)
    assert done.returncode != 0


def test_every_alert_is_tried():
    assert {name for name, _ in TROUBLES} == {rule["alert"] for rule in RULES}


def test_every_error_of_ours_counts_as_one():
    [rule] = [rule for rule in RULES if rule["alert"] == "HoldfastErrors"]
    counted = re.search(r'result=~"([^"]+)"', rule["expr"])[1]
    ours = [word for name in ("problem.c", "api_tickets.c", "router.c")
            for word in re.findall(r"\{ 5\d\d, (?:\d+, )?\"([\w-]+)\"",
                                   (SRC / "fcgi" / name).read_text())]
    ours += re.findall(r'^\t5\d\d, "(\w+)"', (SRC / "fcgi/router.c").read_text(),
                       re.MULTILINE)
    assert len(ours) >= 6
    assert [word for word in ours if not re.fullmatch(counted, word)] == []


def test_kubernetes_has_the_address_that_prometheus_asks():
    items = list(yaml.safe_load_all(
        (SRC / "deploy/kubernetes/base/service.yaml").read_text()))
    [service] = [item for item in items if item["metadata"]["name"] == "metrics"]
    jobs = yaml.safe_load((MONITORING / "prometheus-kubernetes.yml").read_text())[
        "scrape_configs"]
    [sale] = [item for item in yaml.safe_load_all(
        (SRC / "deploy/kubernetes/base/sale.yaml").read_text())
        if item["kind"] == "Deployment"]
    containers = {container["name"]: container for container in
                  sale["spec"]["template"]["spec"]["containers"]}
    workers = [name for name in containers if name.startswith("worker-")]
    assert [job["metrics_path"] for job in jobs] == [
        *(f"/metrics/{n}" for n in range(1, len(workers) + 1)), "/metrics/nginx"]
    for job in jobs:
        [dns] = job["dns_sd_configs"]
        assert dns["names"] == ["metrics.holdfast.svc.cluster.local"]
        assert dns["port"] == service["spec"]["ports"][0]["port"]
    assert {"name": "metrics", "containerPort": 6006} in containers["web"]["ports"]


def kebab(name):
    return re.sub(r"(?<!^)([A-Z])", r"-\1", name).lower()


def test_an_alert_says_how_bad_it_is_and_where_to_read_on():
    told = {words[0]: words[1] for words in re.findall(
        r"^\| `(\w+)` \| (page|warn) \|", (SRC / "docs/monitoring.md").read_text(),
        re.MULTILINE)}
    assert told == {rule["alert"]: rule["labels"]["severity"] for rule in RULES}
    pages = {heading.lower().replace(" ", "-") for heading in re.findall(
        r"^## (.+)$", (SRC / "docs/operations.md").read_text(), re.MULTILINE)}
    for rule in RULES:
        assert kebab(rule["alert"]) in pages
        assert rule["annotations"]["summary"].endswith(".")
        assert rule["annotations"]["runbook"] == (
            f"docs/operations.md#{kebab(rule['alert'])}")
