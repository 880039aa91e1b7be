"""holdfast-backup and holdfast-restore: whole or not at all, both of them."""

import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import urllib.parse

import pytest

import pq
from sale_session import Session, make_tickets
from servers import Postgres, build_path
from web import wait_until

BIN = pathlib.Path(os.environ["HOLDFAST_SRC"], "deploy/bin")
SECRET = b"the secret of this site, 32 bytes"


def run(program, *words, url="postgresql://nobody@/none?host=/nowhere", **environment):
    return subprocess.run(
        [str(BIN / program), *map(str, words)],
        env={**os.environ, "DATABASE_URL": url, **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A sale in which everything has happened, and one backup of it."""
    with Postgres(fsync=False) as db:
        make_tickets(db, 20)
        db.sql("DROP TABLE new_tickets, new_events")
        db.etc = tmp_path_factory.mktemp("etc")
        (db.etc / "secret").write_bytes(SECRET)
        (db.etc / "secret").chmod(0o600)
        (db.etc / "worker.env").write_text("HOLD_SECONDS=120\n")
        with Session(db) as ann:
            ann.call("hold_take", "sold", "default", "ann", ["1"], [900], "s", 60000)
            ann.call("hold_book", "sold", "ann", "key", "print")
            ann.call("hold_take", "past", "default", "ann", ["2"], [900], "s", 1)
            ann.call("hold_take", "held", "default", "ann", ["3"], [900], "s", 600000)
            ann.call("hold_take", "gone", "default", "ann", ["4"], [900], "s", 60000)
            ann.call("hold_release", "gone", "ann")
        db.sql("INSERT INTO line_places (event_id, holder, place, seats, seen_at, turn_until)"
               " VALUES ('default', 'eve', 7, 1, now() - interval '1 day', now())")
        db.file = tmp_path_factory.mktemp("backups") / "one.hfb"
        done = run("holdfast-backup", "--output", db.file, "--config", db.etc, url=db.url)
        assert done.returncode == 0, done.stderr
        assert "20 tickets, 1 orders" in done.stdout
        yield db


@pytest.fixture(scope="module")
def beside(site):
    site.sql("CREATE DATABASE target")
    return Target(site)


@pytest.fixture
def target(beside):
    """An empty database beside it."""
    yield beside
    schemas = beside.sql("SELECT nspname FROM pg_namespace WHERE nspname ~ '^(public|replaced)'")
    beside.sql("".join(f"DROP SCHEMA {name} CASCADE;" for (name,) in schemas)
               + "CREATE SCHEMA public")


class Target:
    def __init__(self, server):
        self.url = server.url_of("target")

    def sql(self, text):
        return pq.rows(self.url, text)

    def relations(self):
        return self.sql("SELECT count(*) FROM pg_class WHERE relnamespace ="
                        " 'public'::regnamespace")[0][0]


def restore(site, target, etc, *words):
    return run("holdfast-restore", site.file, "--config", etc, *words, url=target.url)


# -- the file --------------------------------------------------------------


def test_a_backup_is_for_its_owner_alone_and_is_good(site):
    assert site.file.stat().st_mode & 0o777 == 0o600
    done = run("holdfast-backup", "--verify", site.file, url=site.url)
    assert done.returncode == 0, done.stderr
    assert "all is true" in done.stdout and "is good" in done.stdout
    for line in ("tickets 20", "orders 1", "greatest-token 900", "part 600 files/secret"):
        assert line in done.stdout
    scratch = "SELECT count(*) FROM pg_database WHERE datname LIKE 'holdfast_verify%'"
    assert site.value(scratch) == "0"


def test_the_sale_knows_when_it_was_saved_and_one_that_cannot_be_told_is_saved(site, tmp_path):
    made = subprocess.run(["tar", "-xOf", site.file, "MANIFEST"], capture_output=True, text=True)
    told = "SELECT rfc3339(made_at), bytes, host FROM backups"
    (row,) = site.sql(told)
    assert f"made {row[0][:19]}" in made.stdout
    assert row[1:] == [str(site.file.stat().st_size), os.uname().nodename]
    # As a standby does it.
    done = run("holdfast-backup", "--output", tmp_path / "x.hfb", "--config", site.etc,
               url=site.url, PGOPTIONS="-c default_transaction_read_only=on")
    assert done.returncode == 0 and (tmp_path / "x.hfb").exists()
    assert "was not told" in done.stderr and "read-only" in done.stderr
    assert site.sql(told) == [row]


def test_a_backup_with_a_damaged_byte_or_a_missing_end_touches_nothing(site, tmp_path):
    whole = site.file.read_bytes()
    places = [0, 600, len(whole) // 2, len(whole) - 1]
    damaged = [whole[:at] for at in places]
    damaged += [whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1:] for at in places]
    copy = tmp_path / "copy.hfb"
    for content in damaged:
        copy.write_bytes(content)
        done = run("holdfast-restore", copy, "--config", tmp_path / "etc", "--dry-run")
        assert done.returncode == 1 and "nothing was touched" in done.stderr, done.stderr
    assert not (tmp_path / "etc").exists()


def test_nothing_is_written_over_and_nothing_half_is_left(site, tmp_path):
    there = tmp_path / "there.hfb"
    there.write_text("precious")
    done = run("holdfast-backup", "--output", there, "--config", site.etc, url=site.url)
    assert done.returncode == 1 and "is there already" in done.stderr
    done = run("holdfast-backup", "--output", tmp_path / "new.hfb", "--config", site.etc)
    assert done.returncode == 1 and "database" in done.stderr
    assert os.listdir(tmp_path) == ["there.hfb"] and there.read_text() == "precious"


@pytest.mark.parametrize("quote", ["", '"', "'"])
def test_the_workers_database_is_read_as_a_shell_would(tmp_path, quote):
    (tmp_path / "worker.env").write_text(f"DATABASE_URL={quote}host=a=b{quote}\n")
    done = subprocess.run(
        ["bash", "-c", f"config={tmp_path}; . {BIN.parent}/keep/keep.sh; workers_database"],
        capture_output=True, text=True)
    assert done.stdout == "host=a=b\n"


def test_no_secret_is_no_backup_unless_that_is_wanted(site, tmp_path):
    words = ("--output", tmp_path / "x.hfb", "--config", tmp_path)
    done = run("holdfast-backup", *words, url=site.url)
    assert done.returncode == 1 and "there is no secret" in done.stderr
    assert run("holdfast-backup", *words, "--without-secret", url=site.url).returncode == 0


def saved(file):
    """{name: mode} of the configuration's files in a backup."""
    names = subprocess.run(["tar", "-xOf", file, "MANIFEST"], capture_output=True, text=True)
    parts = re.findall(r"^part \w+ (\S+) files/(\S+)$", names.stdout, re.M)
    return {name: mode for mode, name in parts}


def test_without_the_secret_none_is_saved_by_any_name(site, tmp_path):
    etc = tmp_path / "etc"
    shutil.copytree(site.etc, etc)
    for name in ("secret.old", "secret.new", "secret.replaced_1", "board-users"):
        (etc / name).write_text("another")
    words = ("--output", tmp_path / "x.hfb", "--config", etc, "--without-secret")
    assert run("holdfast-backup", *words, url=site.url).returncode == 0
    assert set(saved(tmp_path / "x.hfb")) == {"worker.env", "board-users"}


def test_a_file_that_cannot_be_saved_stops_no_backup(site, tmp_path):
    etc, file = tmp_path / "etc", tmp_path / "x.hfb"
    shutil.copytree(site.etc, etc)
    (etc / "worker.env~").write_text("an editor's")
    (etc / "a\nb").write_text("")
    (etc / "gone").symlink_to("nowhere")
    (etc / "loop").symlink_to("loop")
    (etc / "ssl").mkdir()
    (etc / "ssl/my_key.pem").write_text("key")
    (etc / "ssl/my_key.pem").chmod(0o4640)
    (etc / "worker.env").rename(tmp_path / "elsewhere")
    (etc / "worker.env").symlink_to(tmp_path / "elsewhere")
    done = run("holdfast-backup", "--output", file, "--config", etc, url=site.url)
    assert done.returncode == 0, done.stderr
    for name in ("worker.env~", "gone"):
        assert f"left out: {etc / name}" in done.stderr
    assert saved(file) == {"secret": "600", "ssl/my_key.pem": "640", "worker.env": "644"}
    again = run("holdfast-restore", file, "--config", tmp_path / "new", "--files-only")
    assert again.returncode == 0, again.stderr
    assert (tmp_path / "new/ssl/my_key.pem").read_text() == "key"
    assert (tmp_path / "new/worker.env").read_text() == "HOLD_SECONDS=120\n"


def test_what_a_killed_backup_has_left_goes_and_nothing_of_others(site, tmp_path):
    ours, theirs = tmp_path / ".holdfast-1.hfb.partial", tmp_path / ".movie.mkv.partial"
    work, foreign = tmp_path / "holdfast-backup.abcdef", tmp_path / "holdfast-backup.our-notes"
    for file in (ours, theirs):
        file.touch()
    for folder in (work, foreign):
        (folder / "files").mkdir(parents=True)
        os.utime(folder, (1, 1))
    done = run("holdfast-backup", "--output", tmp_path / "x.hfb", "--config", site.etc,
               url=site.url, TMPDIR=str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert set(os.listdir(tmp_path)) == {theirs.name, foreign.name, "x.hfb"}


def test_only_the_newest_are_kept_and_only_ours_are_removed(site, tmp_path):
    for day in range(1, 6):
        (tmp_path / f"holdfast-2020010{day}T000000Z.hfb").touch()
    (tmp_path / "holdfast-mine.hfb").touch()
    words = ("--directory", tmp_path, "--keep", 2, "--config", site.etc)
    plan = run("holdfast-backup", *words, "--dry-run", url=site.url)
    assert plan.returncode == 0 and plan.stdout.count("would remove") == 4
    assert len(os.listdir(tmp_path)) == 6
    assert run("holdfast-backup", *words, url=site.url).returncode == 0
    left = sorted(os.listdir(tmp_path))
    assert left[0] == "holdfast-20200105T000000Z.hfb" and left[2] == "holdfast-mine.hfb"
    assert len(left) == 3


def test_the_password_is_on_no_command_line(site, target, tmp_path):
    """A command line is read by everybody; the environment is not."""
    tools, log = tmp_path / "tools", tmp_path / "log"
    tools.mkdir()
    for name in ("psql", "pg_dump", "pg_restore"):
        (tools / name).write_text(f'#!/bin/sh\nprintf "%s\\n" "{name} $PGPASSWORD: $*" >>{log}\n'
                                  f'exec {shutil.which(name)} "$@"\n')
        (tools / name).chmod(0o755)
    word = "its S3cr3t'\\word"
    how = {"PATH": f"{tools}:{os.environ['PATH']}"}
    for program, url, *words in (
            ("holdfast-backup", site.url, "--output", tmp_path / "x.hfb"),
            ("holdfast-restore", target.url, tmp_path / "x.hfb", "--dry-run")):
        done = run(program, *words, "--config", site.etc,
                   url=f"{url}&password={urllib.parse.quote(word)}", **how)
        assert done.returncode == 0, done.stderr
    lines = log.read_text().splitlines()
    assert not [line for line in lines if "cr3t" in line.partition(":")[2]]
    asked = [line for line in lines if " -d " in line]
    assert {line.partition(":")[0] for line in asked} == {f"psql {word}", f"pg_dump {word}"}


@pytest.mark.parametrize(
    "words",
    [["--nonsense"], ["--output"], ["--keep", "0"], ["--keep", "x"], ["--output", "a", "--keep", "2"],
     ["--verify", "a", "--dry-run"], ["--scratch", "url"]],
    ids=" ".join,
)
def test_wrong_words_are_named(words):
    done = run("holdfast-backup", *words)
    assert done.returncode == 2 and done.stderr.startswith("holdfast-backup: ")


@pytest.mark.parametrize("program", ["holdfast-backup", "holdfast-restore"])
def test_the_manual_has_every_option_and_no_other(program):
    flags = re.findall(r"^  --([a-z-]+)", run(program, "--help").stdout, re.MULTILINE)
    text = (BIN.parents[1] / "docs" / f"{program}.8").read_text()
    told = re.findall(r"^\.It Fl \\-([a-z-]+)", text, re.MULTILINE)
    assert len(flags) >= 7 and sorted(told) == sorted(flags)
    said = subprocess.run(["mandoc", "-T", "lint", "-W", "style"], input=text,
                          capture_output=True, text=True).stdout.splitlines()
    assert [line for line in said if "referenced manual not found" not in line] == []


# -- putting it back -------------------------------------------------------


def test_all_of_it_comes_back_what_is_past_is_over_and_nothing_is_sold(site, target, tmp_path):
    done = restore(site, target, tmp_path)
    assert done.returncode == 0, done.stderr
    assert "holdfast-admin open default" in done.stdout and "all is true" in done.stdout
    same = "SELECT id, price_minor, order_number, history_seq FROM tickets WHERE id <> '2' ORDER BY 1"
    assert target.sql(same) == site.sql(same)
    assert target.sql("SELECT number, holder FROM orders") == site.sql(
        "SELECT number, holder FROM orders")
    states = dict(target.sql("SELECT id, state FROM tickets WHERE id IN ('1', '2', '3')"))
    assert states == {"1": "booked", "2": "free", "3": "reserved"}
    last = target.sql("SELECT op, actor FROM history WHERE ticket_id = '2' ORDER BY seq DESC")
    assert last[0] == ["expire", "holdfast-restore"]
    assert target.sql("SELECT id, end_state FROM holds ORDER BY 1") == [
        ["gone", "released"], ["held", ""], ["past", "expired"], ["sold", "booked"]]
    # Who waited was there; the sale was not.
    places = "SELECT place, seen_at > now() - interval '1 minute', turn_until FROM line_places"
    assert target.sql(places) == [["7", "t", ""]]
    # Pages take it for another life, and the box office has the next word.
    assert target.sql("SELECT era_now()") != site.sql("SELECT era_now()")
    assert target.sql("SELECT sale_state('default')") == [["closed"]]
    secret = tmp_path / "secret"
    assert secret.read_bytes() == SECRET and secret.stat().st_mode & 0o777 == 0o600


def test_a_database_that_is_not_empty_stays_as_it_is_unless_it_is_put_aside(
    site, target, tmp_path
):
    target.sql("CREATE TABLE tickets (old text); INSERT INTO tickets VALUES ('kept')")
    (tmp_path / "secret").write_text("another")
    done = restore(site, target, tmp_path)
    assert done.returncode == 1 and "not empty" in done.stderr
    words = ("--database-only", "--replace", "--leave-open")
    done = restore(site, target, tmp_path, *words)
    assert done.returncode == 0, done.stderr
    aside = target.sql("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'replaced%'")
    assert target.sql(f"SELECT old FROM {aside[0][0]}.tickets") == [["kept"]]
    assert (tmp_path / "secret").read_text() == "another"
    a_lock_service_with_smaller_tokens_can_sell_what_is_free(target)
    # A backup is of the sale, not of what was put aside.
    again = tmp_path / "again.hfb"
    done = run("holdfast-backup", "--output", again, "--config", site.etc, url=target.url)
    assert done.returncode == 0, done.stderr
    assert b"replaced_" not in again.read_bytes()


def a_lock_service_with_smaller_tokens_can_sell_what_is_free(target):
    """One that was itself put back from an older copy."""
    take = ("SELECT outcome FROM hold_take('of {0}', 'default', 'bob', ARRAY['{0}'],"
            " ARRAY[5::bigint], 's', 60000)")
    for ticket in ("2", "4"):
        assert target.sql(take.format(ticket)) == [["ok"]]
    # What is still held is not: its lock may live, and its buyer be paying.
    assert target.sql(take.format("3")) == [["refused"]]


def test_another_secret_is_kept_beside_the_old_one(site, tmp_path):
    (tmp_path / "secret").write_text("another")
    words = ("--config", tmp_path, "--files-only")
    done = run("holdfast-restore", site.file, *words)
    assert done.returncode == 1 and "is another than the backup's" in done.stderr
    assert (tmp_path / "secret").read_text() == "another"
    assert run("holdfast-restore", site.file, *words, "--replace").returncode == 0
    assert (tmp_path / "secret").read_bytes() == SECRET
    (tmp_path / "secret").write_text("a third")
    # As soon again as can be: in the same second it is refused, not written over.
    done = wait_until(lambda: restored_again(site, *words, "--replace"), 10, "another second")
    assert "holdfast-setup" in done.stdout
    kept = [path.read_text() for path in tmp_path.glob("secret.replaced_*")]
    assert sorted(kept) == ["a third", "another"]


def restored_again(site, *words):
    done = run("holdfast-restore", site.file, *words)
    return done if done.returncode == 0 else None


def test_orders_that_several_restores_have_put_aside_are_named(site, target, tmp_path):
    words = ("--database-only", "--leave-open")
    assert restore(site, target, tmp_path, *words).returncode == 0
    assert "no order" in run("holdfast-restore", "--lost", url=target.url).stdout
    target.sql("SELECT hold_take('late', 'default', 'bob', ARRAY['5'], ARRAY[950::bigint],"
               " 's', 60000); SELECT hold_book('late', 'bob', 'key', 'print')")
    (number,) = target.sql("SELECT order_number FROM bookings WHERE ticket_id = '5'")[0]
    for _ in range(2):
        done = wait_until(lambda: put_aside(site, target, tmp_path, *words), 10, "a second")
        assert re.search(rf"^  {number}\|5\|", done.stdout, re.M), done.stdout
    done = run("holdfast-restore", "--lost", url=target.url)
    assert done.returncode == 0, done.stderr
    assert [line.split("|")[:2] for line in done.stdout.splitlines()[1:]] == [[number, "5"]]


def put_aside(site, target, tmp_path, *words):
    done = restore(site, target, tmp_path, *words, "--replace")
    return done if done.returncode == 0 else None


def test_a_load_that_fails_on_its_way_leaves_no_trace(site, target, tmp_path):
    target.sql("CREATE FUNCTION tidy() RETURNS bigint LANGUAGE sql AS 'SELECT 1::bigint'")
    done = restore(site, target, tmp_path)
    assert done.returncode == 1 and "it is as it was" in done.stderr
    assert target.relations() == "0" and os.listdir(tmp_path) == []


@pytest.mark.parametrize("name", ["ticketing", "shop"])
def test_no_backup_is_loaded_under_a_worker(site, target, tmp_path, name):
    worker = subprocess.Popen(
        ["psql", "-XqAt", "-d", target.url], stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, text=True, env={**os.environ, "PGAPPNAME": name})
    with worker:
        print("SELECT 1;", file=worker.stdin, flush=True)
        assert worker.stdout.readline() == "1\n"
        done = restore(site, target, tmp_path)
        assert done.returncode == 1 and f"{name} as holdfast" in done.stderr
        worker.stdin.close()
    assert target.relations() == "0"


def test_a_backup_that_says_no_schema_is_refused(site, target, tmp_path):
    packed = subprocess.run(["tar", "-C", tmp_path, "-xf", site.file], stderr=subprocess.DEVNULL)
    assert packed.returncode == 0
    manifest = tmp_path / "MANIFEST"
    manifest.write_text(re.sub("^schema.*\n", "", manifest.read_text(), flags=re.M))
    subprocess.run(["tar", "-C", tmp_path, "-cf", tmp_path / "x", "MANIFEST", "database.dump",
                    "files"], check=True)
    content = (tmp_path / "x").read_bytes()
    (tmp_path / "x").write_bytes(
        content + f"holdfast-backup sha256 {hashlib.sha256(content).hexdigest()}\n".encode())
    done = run("holdfast-restore", tmp_path / "x", "--config", tmp_path / "etc", url=target.url)
    assert done.returncode == 1 and "Nothing was touched" in done.stderr
    assert "expected" not in done.stderr and target.relations() == "0"


def test_a_backup_of_a_newer_holdfast_is_refused(site, target, tmp_path):
    for folder in ("bin", "keep"):
        shutil.copytree(BIN.parent / folder, tmp_path / "at" / folder)
    older = tmp_path / "at/bin/holdfast-init"
    older.write_text('#!/bin/sh\n[ "$1" = --schema ] || exec '
                     f'"{build_path("db", "holdfast-init")}" "$@"\n'
                     "echo 9 0009_event_changes.sql\n")
    older.chmod(0o755)
    done = subprocess.run(
        [tmp_path / "at/bin/holdfast-restore", site.file, "--config", tmp_path / "etc"],
        env={**os.environ, "DATABASE_URL": target.url}, capture_output=True, text=True)
    assert done.returncode == 1 and "newer Holdfast" in done.stderr
    assert target.relations() == "0"
