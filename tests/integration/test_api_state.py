"""The state of an event: told as the table has it, read once for many who ask."""

import gzip
import itertools
import json

import pytest

from buyer import Buyer, Gate, make_event, seat
from stack import Stack
from web import wait_until

MEMBERS = ["available", "held", "booked", "blocked"]


@pytest.fixture(scope="module")
def stack(database):
    with Stack(database, tickets=10, workers=1) as stack:
        yield stack


def in_table(stack, event, since="NULL"):
    """What event_state() says of an event: counts, version, seats."""
    [row] = stack.sql(
        f"SELECT {', '.join(MEMBERS)}, version, seats"
        f" FROM event_state('{event}', {since})"
    )
    return [int(n) for n in row[:5]] + [json.loads(row[5])]


def told(answer):
    counts = [answer.json["counts"][name] for name in MEMBERS]
    return counts + [answer.json["version"], answer.json["seats"]]


def set_seats(stack, event, numbers, text):
    ids = ",".join(f"'{seat(event, 1, n)}'" for n in numbers)
    stack.sql(f"UPDATE tickets SET {text} WHERE id IN ({ids})")


HELD = "state = 'reserved', holder = 'x', fence = 1, lock_service = 's', reserved_until ="
FREE = "state = 'free', holder = NULL, reserved_until = NULL"


@pytest.fixture
def mixed(stack, event):
    """Seats of row 1: held long and short, past, booked, blocked, given back."""
    set_seats(stack, event, [1, 2], f"{HELD} clock_timestamp() + interval '1 h'")
    set_seats(stack, event, [3], f"{HELD} clock_timestamp() + interval '50 s'")
    set_seats(stack, event, [5, 6], f"{HELD} clock_timestamp() + interval '1 h'")
    set_seats(stack, event, [5], "state = 'booked', reserved_until = NULL,"
              " booked_at = clock_timestamp()")
    set_seats(stack, event, [6], FREE)
    set_seats(stack, event, [7], "state = 'blocked'")
    return event


def test_a_state_is_what_the_table_says(stack, ann, mixed):
    answer = ann.call("GET", f"/api/events/{mixed}/state")
    assert told(answer) == in_table(stack, mixed)
    assert answer.json["returning"] == {"within_60_s": 1, "within_240_s": 1}


def test_so_is_what_changed_since_any_version(stack, ann, mixed):
    versions = [int(v) for [v] in stack.sql(
        f"SELECT DISTINCT version FROM tickets WHERE event_id = '{mixed}' ORDER BY 1")]
    for since in {v + d for v in versions for d in (0, 1)} - {0}:
        answer = ann.call("GET", f"/api/events/{mixed}/state?since={since}")
        assert told(answer) == in_table(stack, mixed, since), since


def test_a_seat_whose_time_is_over_is_told_though_nobody_wrote_it(stack, ann, event):
    """The expirer would free it; a trigger here keeps it from that."""
    set_seats(stack, event, [1], f"{HELD} clock_timestamp() + interval '1 s'")
    stack.sql("CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS"
              " 'BEGIN RETURN NULL; END';"
              "CREATE TRIGGER a_keep BEFORE UPDATE ON tickets FOR EACH ROW"
              f" WHEN (old.event_id = '{event}') EXECUTE FUNCTION keep()")
    try:
        versions = itertools.count(10**12)
        ask = lambda: ann.call("GET", f"/api/events/{event}/state?since={next(versions)}")
        late = wait_until(lambda: (a := ask()).json["seats"] and a, 30, "it is told")
        assert [s[:2] for s in late.json["seats"]] == [[1, "a"]]
        assert late.json["counts"]["available"] == 40
    finally:
        stack.sql("DROP TRIGGER a_keep ON tickets; DROP FUNCTION keep")


def log_statements(database, what):
    database.sql(f"ALTER SYSTEM SET log_statement = '{what}'")
    database.sql("SELECT pg_reload_conf()")


def readings(database, ask, times):
    """How often the seats were read while it was asked so often."""
    log_statements(database, "all")
    before = len(database.log())
    for _ in range(times):
        ask()
    said = database.log()[before:]
    log_statements(database, "none")
    return said.count("execute hall_seats")


def test_while_nothing_is_written_the_seats_are_not_read_again(stack, database, ann, mixed):
    versions = itertools.count(1)
    ask = lambda: ann.call("GET", f"/api/events/{mixed}/state?since={next(versions)}")
    wait_until(lambda: readings(database, ask, 1) == 0, 20, "all is quiet")
    assert readings(database, ask, 50) == 0


def test_while_others_write_many_are_told_of_one_reading(stack, database, ann, mixed):
    gate = Gate(database, "SELECT pg_current_xact_id()")
    try:
        versions = itertools.count(1)
        ask = lambda: ann.call("GET", f"/api/events/{mixed}/state?since={next(versions)}")
        ask()
        assert readings(database, ask, 200) < 150
    finally:
        gate.close()


def test_who_writes_meanwhile_is_never_missed(stack, database, ann, event):
    """A change that commits after a state was told has its version or more."""
    state = ann.call("GET", f"/api/events/{event}/state").json
    gate = Gate(database, f"UPDATE tickets SET {HELD} clock_timestamp() + interval"
                f" '1 h' WHERE id = '{seat(event, 1, 1)}'")
    try:
        versions = itertools.count(1)
        for _ in range(5):
            state = ann.call(
                "GET", f"/api/events/{event}/state?since={next(versions)}").json
        assert state["counts"]["held"] == 0
        gate.psql.stdin.write("COMMIT;\n")
    finally:
        gate.close()
    since = state["version"]
    path = f"/api/events/{event}/state?since={since}"
    wait_until(lambda: [s[:2] for s in ann.call("GET", path).json["seats"]] == [[1, "h"]],
               20, "the change is told")


def test_a_state_of_an_event_that_is_not_there_is_404(ann):
    assert ann.call("GET", "/api/events/nowhere/state").status == 404


def test_seventeen_events_take_turns(stack, ann):
    events = [f"turn-{n}" for n in range(17)]
    for event in events:
        make_event(stack, event, rows=1, seats=3)
    set_seats(stack, events[0], [1], "state = 'blocked'")
    for since in (1, 2):
        for event in events:
            answer = ann.call("GET", f"/api/events/{event}/state?since={since}")
            assert answer.json["counts"]["available"] == (2 if event == events[0] else 3)
            assert answer.json["event"] == event


# -- two forms ---------------------------------------------------------------


@pytest.fixture(scope="module")
def large(stack):
    """A hall whose layout and state are worth packing."""
    make_event(stack, "large", rows=20, seats=20)
    stack.sql("UPDATE tickets SET state = 'blocked' WHERE event_id = 'large'")
    stack.sql("UPDATE events SET layout = json_build_object('id', 'large', 'sections',"
              " (SELECT json_agg(id) FROM tickets WHERE event_id = 'large'))::text,"
              " layout_hash = '0123456789abcdef' WHERE id = 'large'")
    with Buyer(stack.port, "x") as buyer:
        wait_until(lambda: buyer.request("GET", "/api/events/large/state").json["counts"]
                   ["blocked"] == 400, 20, "its state is told")


PATHS = ["/api/events/large/state", "/api/events/large",
         "/api/events/large?v=0123456789abcdef"]


@pytest.mark.parametrize("path", PATHS)
def test_what_many_ask_for_is_packed_for_who_takes_it(ann, large, path):
    plain = ann.request("GET", path)
    packed = ann.request("GET", path, headers={"Accept-Encoding": "br, gzip"})
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert json.loads(gzip.decompress(packed.raw))["sections" if "state" not in path
                                                   else "seats"]
    assert len(packed.raw) < len(plain.raw) / 3
    for answer in (plain, packed):
        assert answer.headers.get_all("Vary") == ["Accept-Encoding"]
        assert answer.headers["Content-Type"] == "application/json"
        assert len(answer.headers.get_all("Cache-Control")) == 1
    assert packed.headers["ETag"] == f"W/{plain.headers['ETag']}"


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("encoding", ["gzip", "identity"])
def test_each_form_is_not_sent_again_to_who_has_it(ann, large, path, encoding):
    asked = {"Accept-Encoding": encoding}
    tag = ann.request("GET", path, headers=asked).headers["ETag"]
    again = ann.request("GET", path, headers={**asked, "If-None-Match": tag})
    assert (again.status, again.raw) == (304, b"")


@pytest.mark.parametrize("encoding", ["", "identity", "gzip;q=0", "gzip; q=0.0, br", "*"])
def test_who_does_not_take_gzip_gets_none(ann, large, encoding):
    answer = ann.request("GET", PATHS[0], headers={"Accept-Encoding": encoding})
    assert "Content-Encoding" not in answer.headers
    assert len(answer.json["seats"]) == 400


def test_short_answers_are_not_packed(stack, ann, event):
    answer = ann.request("GET", f"/api/events/{event}/state?since=1",
                         headers={"Accept-Encoding": "gzip"})
    assert answer.json is not None and "Content-Encoding" not in answer.headers
