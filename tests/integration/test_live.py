"""The live view: real workers, real nginx with nchan, who watches and who buys.

Times are conditions with a generous end; what was measured is printed.
"""

import contextlib
import os
import random
import signal
import socket
import subprocess
import threading
import time

import pytest

from live import Picture, Watcher
from servers import LOCK_SERVICES, build_path
from stack import Stack
from web import Client, free_port, wait_until

LETTERS = {"free": "a", "reserved": "h", "booked": "b", "blocked": "x"}


@pytest.fixture(scope="module", params=["lockd", "ephemerald"])
def stack(request, database):
    """Both types of lock; holds that outlive every test."""
    with Stack(database, tickets=40, workers=2, lock=request.param) as running:
        yield running


def table(sale):
    """{ordinal: letter} of all that is not free, from the table itself."""
    rows = sale.sql("SELECT sale_order, state FROM tickets WHERE state <> 'free'")
    return {int(ordinal): LETTERS[state] for ordinal, state in rows}


def snapshot(sale, picture):
    """What a page fetches when it connects."""
    [[version, seats]] = sale.sql(
        "SELECT version, seats FROM event_state('default', NULL)"
    )
    picture.snapshot(int(version), eval(seats))


def free_seat(sale):
    return next(t for t, row in sale.rows().items() if row.state == "free")


@contextlib.contextmanager
def watching(sale):
    """A watcher that has seen a seat taken and given back.

    What workers say at their start, which swallows single seats, is over then.
    """
    client, seat = sale.client("opener"), free_seat(sale)

    def toggled(watcher):
        seen = len(watcher.frames)
        for act in (client.reserve, client.release):
            before = len(watcher.frames)
            act(seat)
            watcher.wait_for(lambda w: len(w.frames) > before)
        return all(watcher.first(int(seat), letter, seen) for letter in "ha")

    with Watcher(sale.port) as watcher:
        assert watcher.status == 200
        watcher.wait_for(toggled)
        watcher.frames.clear()
        yield watcher


def test_another_buyers_hold_is_seen_as_it_happens(stack):
    seat = free_seat(stack)
    with watching(stack) as watcher:
        delays = []
        for call, letter in (("reserve", "h"), ("release", "a"), ("reserve", "h"),
                             ("book", "b")):
            seen = len(watcher.frames)
            assert getattr(stack.client("ann"), call)(seat).status == 200
            done = time.monotonic()
            frame = watcher.wait_for(lambda w: w.first(int(seat), letter, seen))
            delays.append((frame.at - done) * 1000)
        print("seen after", ", ".join(f"{ms:.0f}" for ms in delays), "ms")


def storm(stack, seconds):
    """Four buyers who reserve, give back and book whatever they get."""
    until = time.monotonic() + seconds
    seats = list(stack.rows())

    def buy(number):
        client, luck = stack.client(f"secret-name-{number}"), random.Random(number)
        while time.monotonic() < until:
            seat = luck.choice(seats)
            if client.reserve(seat).status != 200:
                continue
            client.release(seat) if luck.random() < 0.97 else client.book(seat)

    buyers = [threading.Thread(target=buy, args=(n,)) for n in range(4)]
    for buyer in buyers:
        buyer.start()
    for buyer in buyers:
        buyer.join()


def test_a_storm_makes_few_frames_that_lead_to_the_truth(stack):
    with watching(stack) as watcher:
        picture = Picture()
        snapshot(stack, picture)
        began = time.monotonic()
        storm(stack, 2.0)
        seconds = time.monotonic() - began
        truth = table(stack)
        for frame in list(watcher.frames):
            picture.frame(frame.seats)

        def converged(w):
            picture.frame(seat for frame in w.frames for seat in frame.seats)
            return picture.taken() == truth

        watcher.wait_for(converged, 10, "what is seen is what is")
        frames = [frame for frame in watcher.frames if frame.at < began + seconds]
        print(f"{len(frames)} frames in {seconds:.1f} s")
        assert 3 < len(frames) <= seconds * 10 + 1

        # Neither who nor until when.
        for frame in watcher.frames:
            assert set(frame.json) == {"t", "c"}, frame.text
            assert "secret" not in frame.text
            for ordinal, letter, version in frame.seats:
                assert letter in "ahbx"
                assert isinstance(ordinal, int) and isinstance(version, int)

        # However frames arrive; and with a snapshot, whichever are lost.
        luck = random.Random(5)
        frames = [*watcher.frames, *luck.choices(watcher.frames, k=20)]
        for _ in range(20):
            luck.shuffle(frames)
            shuffled, lossy = Picture(), Picture()
            for number, frame in enumerate(frames):
                shuffled.frame(frame.seats)
                if luck.random() < 0.5:
                    lossy.frame(frame.seats)
                if number == len(frames) // 2:
                    snapshot(stack, lossy)
            known = set(shuffled.seats)
            assert shuffled.taken() == {o: s for o, s in truth.items() if o in known}
            assert lossy.taken() == truth


@pytest.fixture
def short(request, database):
    """Holds of two seconds, and one worker."""
    with Stack(database, tickets=10, workers=1, hold_seconds=2) as running:
        yield running


def test_the_end_of_a_hold_is_told_at_its_deadline(short):
    with watching(short) as watcher:
        ann = short.client("ann")
        assert ann.reserve(["3", "4"]).status == 200
        granted = time.monotonic()
        frame = watcher.wait_for(lambda w: w.first(3, "h") and w.first(3, "a"))
        late = (frame.at - granted - 2) * 1000
        print(f"told {late:.0f} ms after the deadline")
        assert -50 < late < 10000
        assert short.rows()["3"].state == "free"
        watcher.wait_for(lambda w: w.picture.state(4) == "a")
        # It is as it was for who had it.
        assert ann.book("3").code == "hold_expired"
        assert short.client("bob").book("3").code == "not_reserved"
        assert ann.reserve("3").status == 200
        assert ann.book("3").status == 200


def test_what_was_booked_or_given_back_does_not_end(short):
    with watching(short) as watcher:
        ann = short.client("ann")
        ann.reserve(["1", "2", "5"])
        ann.book("1")
        ann.release("2")
        short.client("bob").reserve("2")
        watcher.wait_for(lambda w: w.first(5, "a"))
        assert short.rows()["1"].state == "booked"
        assert watcher.picture.state(1) == "b"
        [[history]] = short.sql(
            "SELECT string_agg(op, ' ' ORDER BY seq) FROM history"
            " WHERE ticket_id = '2'"
        )
        assert history.startswith("reserve release reserve")


def test_a_worker_that_died_leaves_its_holds_to_the_next(short):
    with watching(short) as watcher:
        short.client("ann").reserve("7")
        watcher.wait_for(lambda w: w.first(7, "h"))
        short.workers[0].kill()
        time.sleep(0)
        seen = len(watcher.frames)
        short.workers[0].start()
        # What it had still to say is lost: all is to be fetched anew.
        watcher.wait_for(lambda w: any("resync" in f.json for f in w.frames[seen:]))
        watcher.wait_for(lambda w: w.first(7, "a"))
        assert short.rows()["7"].state == "free"
        ops = short.sql("SELECT op FROM history WHERE ticket_id = '7' ORDER BY seq")
        assert ops[-2:] == [["reserve"], ["expire"]]


def test_a_hold_that_nobody_told_of_is_found_in_the_table(short):
    """As one whose answer from the database was lost."""
    short.sql(
        "UPDATE tickets SET state = 'reserved', holder = 'x', fence = 5,"
        " lock_service = 's', reserved_until = clock_timestamp()"
        " + interval '100 ms' WHERE id = '9'"
    )
    short.workers[0].stop()
    short.workers[0].start()
    wait_until(lambda: short.rows()["9"].state == "free", 20, "it is found")


def test_watching_goes_on_after_nginx_came_back(short):
    with watching(short):
        short.nginx.kill()
    short.nginx.start()
    with watching(short) as watcher:
        # Also after a reload, which ends all streams.
        os.kill(short.nginx.pid, signal.SIGHUP)
        assert watcher.ended.wait(30)
    wait_until(short.healthy, 30, "the whole path answers")
    with watching(short):
        pass
    assert "exited on signal" not in short.nginx.log()


def sell(stack, n):
    """n reserve+book pairs; the seconds that they took."""
    client, began = stack.client("ann"), time.monotonic()
    for ticket in range(1, n + 1):
        assert client.reserve(str(ticket)).status == 200
        assert client.book(str(ticket)).status == 200
    return time.monotonic() - began


def admin(sale, *words):
    done = subprocess.run(
        [build_path("db", "holdfast-admin"), *words, "--yes"],
        env={**os.environ, "DATABASE_URL": sale.database_url},
        capture_output=True, text=True, timeout=60,
    )
    assert done.returncode == 0, done.stderr


def test_what_the_box_office_changes_is_told_to_who_watches(database):
    """Nobody asks meanwhile, and no worker is told."""
    with Stack(database, 10, 2) as stack, watching(stack) as watcher:
        ann = stack.client("ann")
        assert ann.reserve("5").status == ann.reserve("6").status == 200
        assert ann.book("6").status == 200
        watcher.wait_for(lambda w: w.first(6, "b"))
        [[number]] = stack.sql("SELECT order_number FROM tickets WHERE id = '6'")
        for words, seat, letter in (
            (["block", "7"], 7, "x"), (["unblock", "7"], 7, "a"),
            (["release", "5"], 5, "a"), (["cancel", number], 6, "a"),
        ):
            seen = len(watcher.frames)
            admin(stack, *words)
            done = time.monotonic()
            frame = watcher.wait_for(lambda w: w.first(seat, letter, seen))
            print(f"{words[0]}: told {(frame.at - done) * 1000:.0f} ms after it was done")


def test_a_sale_that_is_closed_or_opened_is_told_to_who_watches(short):
    with watching(short) as watcher:
        for command, words in (("close", "closed"), ("open", "open")):
            seen = len(watcher.frames)
            admin(short, command, "default")
            told = lambda w: [f.json["sale"] for f in w.frames[seen:] if "sale" in f.json]
            assert watcher.wait_for(told)[0]["state"] == words
        admin(short, "set", "default", "opens-at", "2099-01-01T10:00:00Z")
        opens = {"state": "not_yet", "opens_at": "2099-01-01T10:00:00.000Z"}
        watcher.wait_for(lambda w: any(f.json.get("sale") == opens for f in w.frames))
        admin(short, "set", "default", "opens-at", "none")
        watcher.wait_for(lambda w: w.frames[-1].json.get("sale", {}).get("state") == "open")


def test_what_the_box_office_does_while_nginx_is_away_is_told_when_it_is_back(short):
    with watching(short):
        pass
    short.nginx.kill()
    admin(short, "block", "9")
    short.nginx.start()
    with watching(short) as watcher:
        admin(short, "unblock", "9")
        watcher.wait_for(lambda w: w.first(9, "a"))


def test_who_takes_anything_is_given_the_stream(short):
    """curl, and programs that send no Accept."""
    accepts = ("*/*", "", "text/*;q=0.5", "text/html, */*;q=0.1", "text/event-stream")
    with contextlib.ExitStack() as stack:
        watchers = [stack.enter_context(Watcher(short.port, accept=a)) for a in accepts]
        assert [w.status for w in watchers] == [200] * len(accepts)
        for call, letter in (("block", "x"), ("unblock", "a")):
            admin(short, call, "9")
            for watcher in watchers:
                watcher.wait_for(lambda w: w.first(9, letter))


def test_who_only_looks_at_a_stream_is_answered_and_that_is_all(short):
    with Client(short.port, "eve", timeout=10) as eve:
        for accept in ("*/*", "text/event-stream", "text/html"):
            answer = eve.request("HEAD", "/api/events/default/live",
                                 headers={"Accept": accept})
            assert (answer.status, answer.raw) == (200, b""), accept
            assert answer.headers["Content-Type"].startswith("text/event-stream")
        for accept in ("text/html", "application/json"):
            answer = eve.request("GET", "/api/events/default/live",
                                 headers={"Accept": accept})
            assert (answer.status, answer.json["type"]) == (406, "/problems/not-acceptable")
        answer = eve.request("POST", "/api/events/default/live", b"{}")
        assert (answer.status, answer.json["type"]) == (405, "/problems/method-not-allowed")
        assert eve.request("GET", "/api/any-stream/default").status == 404, "is ours alone"


def test_without_nchan_a_sale_is_the_same(database):
    with Stack(database, 200, 1, nginx={"NCHAN_MODULE": "none"}) as stack:
        seconds = sell(stack, 200)
        print(f"200 sales in {seconds:.1f} s")
        assert stack.client("eve").get("/api/events/default/live").status == 204
        assert stack.workers[0].log().count("live updates are lost") == 1


def test_a_publisher_that_nobody_answers_holds_up_no_sale(database):
    with Stack(database, 200, 1) as stack, socket.socket(socket.AF_UNIX) as deaf:
        path = str(stack.nginx.home / "deaf")
        deaf.bind(path)
        deaf.listen(100)
        stack.workers[0].stop()
        stack.workers[0].environment["PUBLISH_URL"] = f"unix://{path}"
        stack.workers[0].start()
        seconds = sell(stack, 200)
        print(f"200 sales in {seconds:.1f} s")
        began = time.monotonic()
        assert stack.workers[0].stop() == 0
        print(f"stopped in {time.monotonic() - began:.1f} s")


def test_one_address_watches_so_often_and_no_more(database):
    with Stack(database, 10, 1, nginx={"LIVE_LIMIT": "2"}) as stack:
        with Watcher(stack.port) as one, Watcher(stack.port) as two:
            assert (one.status, two.status) == (200, 200)
            with Watcher(stack.port) as three:
                assert three.status == 429
        wait_until(lambda: _watches(stack.port), 10, "there is room again")


def _watches(port):
    with Watcher(port) as watcher:
        return watcher.status == 200


def test_an_address_to_publish_to_is_checked_at_the_start():
    for url in ("http://x", "unix://relative", "unix:///" + "x" * 107):
        done = subprocess.run(
            [build_path("fcgi", "ticketing.fcgi"), "--socket", "/nowhere/sock"],
            env={
                **os.environ,
                "LOCK_URL": "unix:///nowhere",
                "DATABASE_URL": "dbname=nowhere",
                "PUBLISH_URL": url,
            },
            capture_output=True,
            text=True,
            timeout=30,
        )
        assert done.returncode == 2
        assert "PUBLISH_URL cannot be read: " in done.stderr
