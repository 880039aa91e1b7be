"""What a worker says of itself at /metrics, and who may ask.

The numbers are read by python3-prometheus-client's parser, and promtool finds
nothing to complain of.
"""

import re
import subprocess
import uuid
from collections import Counter

import pytest

from buyer import Buyer, make_event
from prometheus_client.parser import text_string_to_metric_families as parse
from stack import SRC, Nginx, Stack
from web import Client, free_port, wait_until

WORKERS = 2


@pytest.fixture(scope="module")
def stack(database):
    port = free_port()
    with Stack(database, tickets=20, workers=WORKERS,
               nginx={"METRICS_LISTEN": f"127.0.0.1:{port}"}) as running:
        running.metrics_port = port
        yield running


def scrape(stack, who):
    """Of a worker, by its number, or of nginx."""
    with Client(stack.metrics_port, "prometheus") as client:
        answer = client.get(f"/metrics/{who}")
    assert answer.status == 200
    assert answer.headers["Content-Type"] == (
        "text/plain; version=0.0.4; charset=utf-8")
    return answer.raw.decode()


class Numbers:
    """The samples of all workers, summed up."""

    def __init__(self, stack):
        self.samples = Counter()
        for worker in range(1, WORKERS + 1):
            for family in parse(scrape(stack, worker)):
                for sample in family.samples:
                    labels = tuple(sorted(sample.labels.items()))
                    self.samples[sample.name, labels] += sample.value

    def __call__(self, name, **labels):
        """The sum of all samples that have these labels."""
        wanted = set(labels.items())
        return sum(value for (sample, has), value in self.samples.items()
                   if sample == name and wanted <= set(has))


def grown(stack, before, name, **labels):
    return Numbers(stack)(name, **labels) - before(name, **labels)


def test_promtool_has_nothing_to_say_against_the_format(stack):
    stack.client("ann").reserve("1")
    for who in (1, "nginx"):
        done = subprocess.run(["promtool", "check", "metrics"],
                              input=scrape(stack, who), capture_output=True,
                              text=True)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", ""), who


def test_each_request_is_counted_by_call_and_result(stack):
    before = Numbers(stack)
    ann, bob = stack.client("ann"), stack.client("bob")
    assert ann.reserve("2").status == 200
    assert bob.reserve("2").status == 400
    assert bob.get("/api/holds").status == 401
    assert ann.get("/api/no/such/path").status == 404
    for call, result, n in (
            ("POST /reserve_ticket", "ok", 1),
            ("POST /reserve_ticket", "held", 1),
            ("GET /api/holds", "identity-required", 1),
            ("none", "not-found", 1)):
        assert grown(stack, before, "holdfast_requests_total", call=call,
                     result=result) == n, (call, result)
    assert grown(stack, before, "holdfast_request_seconds_count",
                 call="POST /reserve_ticket") == 2
    assert grown(stack, before, "holdfast_request_wait_seconds_count") >= 4


def test_a_plain_page_that_refuses_is_no_error_of_ours(stack):
    before = Numbers(stack)
    assert stack.client("ann").get("/plain/events/none-of-it").status == 404
    for result, n in (("refused", 1), ("error", 0)):
        assert grown(stack, before, "holdfast_requests_total",
                     call="GET /plain/events/{}", result=result) == n, result


def test_errors_of_ours_are_there_before_the_first_one(stack):
    """What first appears with a count has not grown, for Prometheus."""
    numbers = Numbers(stack)
    for call, *errors in (
            ("POST /release_ticket", "lock_unavailable", "database_unavailable"),
            ("POST /api/holds/{}/book", "lock-unavailable", "database-unavailable"),
            ("POST /plain/holds/{}/book", "error")):
        told = {dict(labels)["result"] for name, labels in numbers.samples
                if name == "holdfast_requests_total"
                and dict(labels)["call"] == call}
        assert told >= {"ok", *errors}, call


def test_a_histogram_s_buckets_add_up_to_its_count(stack):
    numbers = Numbers(stack)
    for name, labels in (("holdfast_request_seconds",
                          {"call": "POST /reserve_ticket"}),
                         ("holdfast_lock_seconds", {"op": "acquire"}),
                         ("holdfast_database_seconds", {})):
        assert numbers(f"{name}_bucket", le="+Inf", **labels) == (
            numbers(f"{name}_count", **labels)) > 0
        assert 0 < numbers(f"{name}_sum", **labels) < 60


def test_nothing_that_a_client_sends_becomes_a_label(stack):
    word = "w" + uuid.uuid4().hex
    client = stack.client(word)
    client.reserve(word)
    client.post(f"/{word}", {})
    client.get(f"/api/events/{word}?{word}={word}")
    client.request("GET", f"/api/orders/{word}", headers={
        "Authorization": f"Bearer {word}", "Idempotency-Key": word})
    client.request("BREW", "/reserve_ticket")
    assert not any(word in scrape(stack, worker) or "BREW" in scrape(stack, worker)
                   for worker in (1, 2))


def test_what_became_of_tickets_is_counted_once_each(stack):
    before = Numbers(stack)
    ann = stack.client("ann")
    assert ann.reserve("11").status == 200
    assert ann.reserve("11").status == 200  # again: nothing new
    assert ann.book("11").status == 200
    assert ann.reserve("12").status == 200
    assert ann.release("12").status == 200
    after = Numbers(stack)
    told = {outcome: after("holdfast_holds_total", outcome=outcome)
            - before("holdfast_holds_total", outcome=outcome)
            for outcome in ("granted", "extended", "released", "booked",
                            "expired", "lost")}
    assert told == {"granted": 2, "extended": 0, "released": 1, "booked": 1,
                    "expired": 0, "lost": 0}


def test_holds_of_the_new_api_are_counted_as_well(stack):
    event = "e" + uuid.uuid4().hex[:12]
    make_event(stack, event)
    before = Numbers(stack)
    with Buyer(stack.port, "ann") as ann:
        kept, returned = (ann.hold(event, seats).json["id"] for seats in (
            [f"{event}:S-1-1", f"{event}:S-1-2"], [f"{event}:S-2-1"]))
        assert ann.extend(kept).status == 200
        assert ann.buy(kept).status == 200
        assert ann.give_back(returned).status == 200
        assert ann.best(event, 3).status == 201
    for outcome, tickets in (("granted", 6), ("extended", 2), ("booked", 2),
                             ("released", 1), ("lost", 0), ("expired", 0)):
        assert grown(stack, before, "holdfast_holds_total",
                     outcome=outcome) == tickets, outcome


def test_a_hold_whose_time_is_over_is_counted_when_it_ends(stack):
    event = "e" + uuid.uuid4().hex[:12]
    make_event(stack, event, hold_seconds=1)
    before = Numbers(stack)
    with Buyer(stack.port, "ann") as ann:
        assert ann.hold(event, [f"{event}:S-1-1"]).status == 201
    assert Numbers(stack)("holdfast_deadlines") >= 1
    wait_until(lambda: grown(stack, before, "holdfast_holds_total",
                             outcome="expired") == 1, 20, "it has expired")


def test_a_lock_that_is_gone_before_its_time_is_a_lost_hold(stack):
    before = Numbers(stack)
    ann = stack.client("ann")
    assert ann.reserve("4").status == 200
    stack.lock.forget()
    assert ann.book("4").status == 400
    assert grown(stack, before, "holdfast_holds_total", outcome="lost") == 1


def test_services_that_do_not_answer_are_counted_by_kind(stack):
    before = Numbers(stack)
    ann = stack.client("ann")
    stack.lock.kill()
    try:
        assert ann.reserve("5").status == 503
        assert grown(stack, before, "holdfast_lock_errors_total",
                     kind="connect") >= 1
    finally:
        stack.lock.start()
        wait_until(stack.healthy, 30, "the whole path answers")
    assert grown(stack, before, "holdfast_database_errors_total") == 0


def test_a_statement_that_is_refused_is_counted_as_one(stack):
    before = Numbers(stack)
    ann = stack.client("ann")
    stack.sql("ALTER TABLE tickets RENAME COLUMN fence TO away")
    try:
        assert ann.reserve("6").status == 503
        assert grown(stack, before, "holdfast_database_errors_total",
                     kind="refused") >= 1
    finally:
        stack.sql("ALTER TABLE tickets RENAME COLUMN away TO fence")
        wait_until(lambda: ann.reserve("6").status == 200, 30, "it sells again")


def each_worker_tells(stack, line):
    for worker in stack.workers:  # who has looked lets ten seconds pass
        worker.stop()
        worker.start()
    assert f"\n{line}\n" in scrape(stack, 1)
    assert f"\n{line}\n" in scrape(stack, 2)


def test_a_ticket_that_is_sold_twice_is_seen(stack):
    """By whichever worker looks; the other one says so in its turn."""
    assert Numbers(stack)("holdfast_oversold_tickets") == 0
    assert Numbers(stack)("holdfast_oversold_checked_timestamp_seconds") > 0
    ann = stack.client("ann")
    assert (ann.reserve("13").status, ann.book("13").status) == (200, 200)
    stack.sql("UPDATE tickets SET holder = 'bob' WHERE id = '13';"
              "UPDATE oversold_watch SET looked_at = NULL")
    each_worker_tells(stack, "holdfast_oversold_tickets 1")
    stack.sql("UPDATE oversold SET settled_at = now()")


def test_when_the_sale_was_last_saved_is_told(stack):
    assert Numbers(stack)("holdfast_backup_timestamp_seconds") == 0
    stack.sql("INSERT INTO backups (made_at, bytes, host)"
              " VALUES (to_timestamp(1800000000.5), 1, 'here')")
    each_worker_tells(stack, "holdfast_backup_timestamp_seconds 1800000000")


def test_the_manual_names_every_number_and_no_other(stack):
    rows = re.findall(r"^\| `(\w+)` \| (counter|gauge|histogram) \|",
                      (SRC / "docs/monitoring.md").read_text(), re.MULTILINE)
    told = re.findall(r"^# TYPE (\w+) (\w+)$",
                      scrape(stack, 1) + scrape(stack, "nginx"), re.MULTILINE)
    assert sorted(rows) == sorted(told)


def test_threads_and_connections_are_told(stack):
    numbers = Numbers(stack)
    assert numbers("holdfast_threads") == WORKERS * stack.threads
    assert WORKERS <= numbers("holdfast_threads_busy") <= WORKERS * stack.threads
    assert ("holdfast_requests_waiting", ()) in numbers.samples
    assert numbers("holdfast_database_pool_size") == WORKERS * (stack.threads + 2)
    assert 0 < numbers("holdfast_database_connections") <= (
        numbers("holdfast_database_pool_size"))
    assert numbers("process_threads") >= WORKERS * (stack.threads + 2)
    assert numbers("process_open_fds") > 0
    assert numbers("holdfast_build_info") == WORKERS


def test_the_public_port_has_no_numbers(stack):
    for path in ("/metrics", "/metrics/1", "/metrics/nginx", "/targets",
                 "/nginx_status"):
        assert stack.client("x").get(path).status == 404, path


def test_without_a_listener_for_it_there_is_none():
    plain = Nginx(free_port(), ["/nowhere"])
    text = plain._fill()
    assert "stub_status" not in text and "/metrics" not in text
    plain.close()


def test_only_whom_it_names_may_ask(stack):
    port = free_port()
    guarded = Nginx(free_port(), [stack.workers[0].socket],
                    METRICS_LISTEN=f"127.0.0.1:{port}",
                    METRICS_ALLOW="192.0.2.1 2001:db8::/32")
    with guarded, Client(port, "x") as client:
        for path in ("/metrics/1", "/metrics/nginx", "/targets", "/nginx_status"):
            assert client.get(path).status == 403, path


def healthz_status(stack):
    [line] = re.findall(r"^holdfast_healthz_status (\d+)$",
                        scrape(stack, "nginx"), re.MULTILINE)
    return int(line)


def test_nginx_tells_what_a_buyer_would_be_answered(stack):
    assert healthz_status(stack) == 200
    stack.workers[0].kill()
    try:
        assert {healthz_status(stack) for _ in range(4)} == {200}
        stack.workers[1].kill()
        assert healthz_status(stack) == 502
    finally:
        for worker in stack.workers:
            worker.start()
    stack.lock.kill()
    try:
        assert healthz_status(stack) == 503
    finally:
        stack.lock.start()
        wait_until(lambda: healthz_status(stack) == 200, 30, "all answers again")


def test_every_worker_is_a_target(stack):
    with Client(stack.metrics_port, "prometheus") as client:
        answer = client.get("/targets")
        assert answer.headers["Content-Type"] == "application/json"
        assert [entry["labels"] for entry in answer.json] == [
            {"__metrics_path__": f"/metrics/{n}", "worker": f"{n}"}
            for n in (1, 2)]
        assert {target for entry in answer.json
                for target in entry["targets"]} == {
                    f"127.0.0.1:{stack.metrics_port}"}
        assert re.search(r"^Active connections: \d+", client.get(
            "/nginx_status").raw.decode())
