"""The drill: a backup is taken in the middle of a sale, the database's machine
is lost, and the sale goes on in another cluster from that backup.

Told with a "# " line: how long each step took.
"""

import os
import pathlib
import shutil
import subprocess
import threading
import time
import uuid

import pytest

from buyer import Buyer, make_event, seat
from live import Watcher
from servers import Postgres, build_path
from stack import Stack
from web import Lost, wait_until

BIN = pathlib.Path(os.environ["HOLDFAST_SRC"], "deploy/bin")
ROWS, SEATS, CROWD = 60, 20, 6


def tool(program, *words, url, check=True):
    done = subprocess.run(
        [str(program), *map(str, words)], env={**os.environ, "DATABASE_URL": url},
        capture_output=True, text=True, timeout=300)
    assert not check or done.returncode == 0, done.stdout + done.stderr
    return done


def admin(stack, *words, **how):
    return tool(build_path("db", "holdfast-admin"), *words, url=stack.database_url, **how)


class Crowd:
    """Buys seat after seat; knows what was confirmed, and when."""

    def __init__(self, stack, first_row, rows):
        self.stack = stack
        self.confirmed = []  # (when, order, seat, text of the code)
        self.over = threading.Event()
        self.threads = [
            threading.Thread(target=self.buy, args=(first_row + i, rows)) for i in range(CROWD)
        ]
        for thread in self.threads:
            thread.start()

    def buy(self, first, rows):
        buyer = Buyer(self.stack.port, "crowd")
        for row in range(first, first + rows, CROWD):
            for number in range(1, SEATS + 1):
                if self.over.is_set():
                    return
                try:
                    self.buy_one(buyer, seat("gala", row, number))
                except (Lost, KeyError):
                    self.over.wait(0.2)  # no answer, or a problem: not confirmed

    def buy_one(self, buyer, wanted):
        hold = buyer.hold("gala", [wanted]).json
        number = buyer.buy(hold["id"]).json["number"]
        order = buyer.order(number).json
        self.confirmed.append((time.time(), number, wanted, order["tickets"][0]["qr"]))

    def end(self):
        self.over.set()
        for thread in self.threads:
            thread.join()


def told(step, began):
    print(f"# {step}: {time.monotonic() - began:.1f} s")


def state_of(stack, since=None):
    path = "/api/events/gala/state" + ("" if since is None else f"?since={since}")
    return stack.client("page").get(path).json


@pytest.mark.parametrize(
    "lock, lost", [("lockd", False), ("lockd", True), ("ephemerald", True)],
    ids=["lockd-lives", "lockd-is-lost-too", "ephemerald-is-lost-too"])
def test_a_sale_is_lost_and_goes_on_from_its_backup(tmp_path, lock, lost, capsys):
    etc, file = tmp_path / "etc", tmp_path / "sale.hfb"
    etc.mkdir()
    with Postgres() as db, Stack(db, tickets=10, workers=2, lock=lock, hold_seconds=20) as stack:
        shutil.copy(stack.secret_file, etc / "secret")
        make_event(stack, "gala", rows=ROWS, seats=SEATS, seats_per_client=1000)
        ann = Buyer(stack.port, "ann")
        bought = ann.buy(ann.hold("gala", [seat("gala", 59, 1)]).json["id"]).json["number"]
        code = ann.order(bought).json["tickets"][0]["qr"]

        # -- a backup under load ------------------------------------------
        crowd = Crowd(stack, 1, 40)
        wait_until(lambda: len(crowd.confirmed) > 20, 60, "they buy")
        began, asked_at = time.monotonic(), time.time()
        tool(BIN / "holdfast-backup", "--output", file, "--config", etc, url=db.url)
        told("a backup under load", began)
        written_at = time.time()
        bought_after = len(crowd.confirmed)
        wait_until(lambda: len(crowd.confirmed) > bought_after + 20, 60, "they still buy")
        held = ann.hold("gala", [seat("gala", 59, 2)]).json["id"]
        before = state_of(stack)

        with Watcher(stack.port, "gala") as page:
            # -- the disaster ----------------------------------------------
            db.kill()
            crowd.end()
            shutil.rmtree(db.data)
            shutil.rmtree(etc)
            stack.secret_file.unlink()
            if lost:
                stack.lock.kill()
                for path in stack.lock.home.iterdir():
                    shutil.rmtree(path) if path.is_dir() else path.unlink()

            # -- another cluster --------------------------------------------
            began = time.monotonic()
            db.start()
            for worker in stack.workers:
                worker.stop()
            etc.mkdir()
            done = tool(BIN / "holdfast-restore", file, "--config", etc, url=db.url)
            assert "all is true" in done.stdout
            shutil.copy(etc / "secret", stack.secret_file)
            if lost:
                stack.lock.start()
            frames = len(page.frames)
            for worker in stack.workers:
                worker.start()
            wait_until(stack.healthy, 60, "the whole path answers")
            told("from a lost database to answers", began)

            # -- what pages see ---------------------------------------------
            wait_until(lambda: any('"resync":true' in f.text for f in page.frames[frames:]),
                       30, "pages are told to fetch all anew")
            wait_until(lambda: state_of(stack)["era"] != before["era"], 10, "another era")
            after = state_of(stack, before["version"])
            assert after["era"] != before["era"] and after["sale"]["state"] == "closed"

            # -- what was sold ----------------------------------------------
            assert ann.order(bought).json["tickets"][0]["qr"] == code
            key = ann.call("GET", "/api/keys").json["keys"][0]["x"]
            assert f"order   {bought}" in admin(stack, "check-qr", code, "--key", key).stdout
            there = {number for (number,) in stack.sql("SELECT number FROM orders")}
            gone = [c for c in crowd.confirmed if c[1] not in there]
            assert all(c[1] in there for c in crowd.confirmed if c[0] < asked_at)
            assert gone and all(c[0] > asked_at for c in gone)
            assert all(c[1] not in there for c in crowd.confirmed if c[0] > written_at + 5)
            # A code of a lost order is genuine, and names the seat to keep.
            for _, number, wanted, text in gone:
                out = admin(stack, "check-qr", text, "--key", key).stdout
                assert number in out and wanted in out
                assert admin(stack, "show", number, check=False).returncode == 1
            # Held in the backup, sold a moment later: held until that hold's time.
            keep = [wanted for _, _, wanted, _ in gone]
            wait_until(lambda: admin(stack, "block", *keep, "--yes", check=False).returncode == 0,
                       60, "their seats are kept")
            assert ann.show(held).status in (404, 410)

            # -- the sale goes on --------------------------------------------
            admin(stack, "open", "gala", "--yes")
            admin(stack, "open", "default", "--yes")
            rest = Crowd(stack, 41, 18)
            wait_until(lambda: len(rest.confirmed) > 40, 60, "they buy again")
            again = seat("gala", 59, 2)  # held when all was lost
            wait_until(lambda: ann.hold("gala", [again]).status in (200, 201), 40,
                       "what was held then is to be had")
            wait_until(lambda: page.picture.taken(), 30, "it is seen live")
            rest.end()
            ours = [c[2] for c in rest.confirmed] + [c[2] for c in gone]
            assert len(set(ours)) == len(ours)  # nobody got the seat of a lost order
            assert "all is true" in admin(stack, "verify").stdout
            with capsys.disabled():
                print(f"# {lock}{' lost' if lost else ''}: {len(crowd.confirmed)} orders before,"
                      f" {len(gone)} after the backup, {len(rest.confirmed)} since the restore")


def test_a_standby_that_takes_over_is_another_era():
    """It may lack the last commits, and will give their versions to others."""
    with Postgres() as db, Stack(db, tickets=3, workers=1) as stack:
        era = db.value("SELECT era_now()")
        assert stack.client("page").get("/api/events/default/state").json["era"] == era
        db.stop()
        (db.data / "standby.signal").touch()
        shutil.chown(db.data / "standby.signal", db.user or os.getuid())
        db.start()
        assert "-standby-" in db.value("SELECT era_now()")
        assert db.value("SELECT pg_promote()") == "t"
        cluster, timeline, life = db.value("SELECT era_now()").split("-")
        assert [cluster, life] == era.split("-")[::2] and timeline == "2"
