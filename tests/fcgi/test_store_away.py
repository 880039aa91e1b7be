"""A store whose database goes, comes back, hangs or is not what it should be."""

import socket
import subprocess
import time

import pytest

import pq
from driver import Driver, tokens
from servers import Postgres, build_path
from web import wait_until

MINE = tokens("s", 10)


def init(db, *options):
    subprocess.run(
        [build_path("db", "holdfast-init"), "--yes", *options],
        env={"DATABASE_URL": db.url},
        check=True,
        timeout=60,
        stdout=subprocess.DEVNULL,
    )


@pytest.fixture(scope="module")
def server():
    with Postgres(fsync=False) as running:
        yield running


@pytest.fixture
def db(server):
    if not server.running():
        server.start()
    init(server, "--tickets", "3")
    return server


@pytest.fixture
def store(db):
    with Driver(database_url=db.url) as driver:
        yield driver


def seconds(call):
    began = time.monotonic()
    call()
    return time.monotonic() - began


def back(store):
    wait_until(lambda: store.store_ping() == "ok", 30, "the database is back")


def sessions(db):
    """The workers' sessions that are there now."""
    rows = db.sql(
        "SELECT pid FROM pg_stat_activity WHERE application_name = 'ticketing'"
    )
    return [pid for (pid,) in rows]


def blocked(db):
    return db.value("SELECT count(*) FROM pg_locks WHERE NOT granted") != "0"


class Blocker:
    """Another session that holds a lock until the end of the block."""

    def __init__(self, db, statement):
        self.psql = subprocess.Popen(
            ["psql", "-X", "-q", "-At", db.url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.psql.stdin.write(f"BEGIN; {statement}; SELECT 'done';\n")
        self.psql.stdin.flush()
        while (line := self.psql.stdout.readline()) != "done\n":
            assert line, "the blocker failed"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.psql.kill()
        self.psql.communicate()


# -- gone and back ---------------------------------------------------------


def test_a_restart_between_two_calls_is_not_even_noticed(store, db):
    assert store.reserve("ann", MINE, "1").ok
    db.stop()
    db.start()
    assert store.book("ann", MINE, "1").ok
    assert store.log() == ""


def test_a_session_ended_between_two_calls_is_not_even_noticed(store, db):
    assert store.reserve("ann", MINE, "1").ok
    (before,) = sessions(db)
    db.sql(f"SELECT pg_terminate_backend({before}, 10000)")
    assert store.book("ann", MINE, "1").ok
    assert sessions(db) != [before]
    assert store.log() == ""


def test_without_a_database_every_call_is_refused_at_once(store, db):
    assert store.store_ping() == "ok"
    db.kill()

    def call_all():
        for _ in range(20):
            assert store.reserve("ann", MINE, "1").code == "unreachable"
            assert store.book("ann", MINE, "1").code == "unreachable"
            assert store.free("ann", "1").code == "unreachable"
            assert store.rows("ann", "1").code == "unreachable"
            assert store.available() is None
            assert store.store_ping() == "unreachable"

    assert seconds(call_all) < 2
    assert store.log().count("database lost") == 1
    db.start()
    back(store)
    assert store.log().count("database is back") == 1
    assert store.reserve("ann", MINE, "1").ok


def test_a_database_that_never_was_is_unreachable():
    with Driver(database_url="postgresql://x@/x?host=/nowhere") as store:
        assert store.store_ping() == "unreachable"
        assert "No such file" in store.log()


def test_a_url_that_says_nothing_is_unreachable_and_said():
    with Driver(database_url="nonsense=1") as store:
        assert store.store_ping() == "unreachable"
        assert "nonsense" in store.log()


# -- lost on the way -------------------------------------------------------


@pytest.mark.parametrize("verb", ["reserve", "book"])
def test_what_was_sent_once_is_not_sent_again(store, db, verb):
    if verb == "book":
        assert store.reserve("ann", MINE, "1").ok
    assert store.store_ping() == "ok"
    before = db.sql("SELECT * FROM tickets ORDER BY id")
    with Blocker(db, "SELECT 1 FROM tickets FOR UPDATE"):
        store.send(*store.sale_words(verb, "ann", MINE, ["1"]))
        wait_until(lambda: blocked(db), 10, "the statement waits")
        db.sql(f"SELECT pg_terminate_backend({sessions(db)[0]}, 10000)")
        assert store.receive() == ["unreachable"]
    assert store.log().count("database lost") == 1
    back(store)
    assert db.sql("SELECT * FROM tickets ORDER BY id") == before
    # The caller may repeat it.
    assert getattr(store, verb)("ann", MINE, "1").ok


# -- slow and hanging ------------------------------------------------------


def test_a_statement_ends_after_its_time_and_the_session_lives(store, db):
    assert store.store_ping() == "ok"
    before = sessions(db)
    with Blocker(db, "LOCK TABLE tickets"):
        took = seconds(lambda: store.reserve("ann", MINE, "1"))
        assert 4.5 < took < 15
    assert "statement timeout" in store.log() and "lost" not in store.log()
    assert store.reserve("ann", MINE, "1").ok
    assert sessions(db) == before


def test_a_database_that_hangs_is_given_up_in_time(store, db):
    assert store.store_ping() == "ok"
    with Driver(database_url=db.url) as newcomer:
        db.pause()
        try:
            assert 5 < seconds(store.store_ping) < 15
            assert seconds(store.store_ping) < 1
            assert 1.5 < seconds(newcomer.store_ping) < 5
            assert "no answer in time" in store.log()
            assert "cannot connect in time" in newcomer.log()
        finally:
            db.resume()
        back(store)
        back(newcomer)


# -- several servers, and what must be on more than one ---------------------


@pytest.fixture
def silent(tmp_path):
    """The folder of a server that takes connections, and says nothing."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / ".s.PGSQL.5432"))
        listener.listen()
        yield tmp_path


def test_a_server_that_says_nothing_does_not_keep_from_the_next_one(db, silent):
    hosts = f"{silent},{db.home}"
    url = f"postgresql://{db.role}@/{db.database}?host={hosts}"
    with Driver(database_url=url) as store:
        assert 1.5 < seconds(store.store_ping) < 5
        assert store.log() == ""
        # From now on the one that answers comes first.
        db.stop()
        db.start()
        assert seconds(lambda: store.reserve("ann", MINE, "1")) < 1.5
        assert store.log() == ""


def test_each_of_several_servers_says_why_it_is_none(tmp_path):
    url = f"postgresql://x@/x?host={tmp_path},/nowhere"
    with Driver(database_url=url) as store:
        assert store.store_ping() == "unreachable"
        assert store.log().count("database lost") == 1
        assert str(tmp_path) in store.log() and "/nowhere" in store.log()


@pytest.fixture
def lonely(db):
    """It waits for a standby that never comes."""
    db.sql("ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
    db.sql("SELECT pg_reload_conf()")
    wait_until(
        lambda: db.value("SHOW synchronous_standby_names") == "nobody", 10, "it waits"
    )
    yield db
    db.sql("ALTER SYSTEM RESET synchronous_standby_names")
    db.sql("SELECT pg_reload_conf()")


def test_a_commit_that_somebody_would_not_wait_for_is_not_confirmed(store, lonely):
    assert store.reserve("ann", MINE, "1").ok  # waits for nobody
    store.send(*store.sale_words("book", "ann", MINE, ["1"]))
    wait = "SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
    wait_until(lambda: lonely.sql(wait), 10, "the commit waits")
    lonely.sql(f"SELECT pg_cancel_backend({lonely.value(wait)})")
    assert store.receive() == ["unreachable"]
    assert "may not be replicated" in store.log()


# -- not what it should be -------------------------------------------------


def test_a_schema_that_is_not_there_yet_is_waited_for(db):
    db.sql("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    with Driver(database_url=db.url) as store:
        assert store.reserve("ann", MINE, "1").code == "unreachable"
        assert 'relation "schema_migrations" does not exist' in store.log()
        init(db, "--tickets", "3")
        wait_until(lambda: store.reserve("ann", MINE, "1").ok, 10, "it works")


def test_a_schema_older_than_the_worker_is_named_and_waited_for(db):
    last = db.value("SELECT max(name) FROM schema_migrations")
    forgotten = "DELETE FROM schema_migrations WHERE name = '{}' RETURNING sha256"
    sha256 = db.value(forgotten.format(last))
    with Driver(database_url=db.url) as store:
        assert store.reserve("ann", MINE, "1").code == "unreachable"
        assert f"is older than this worker's ({last})" in store.log()
        assert "holdfast-init --migrate-only" in store.log()
        db.sql(f"INSERT INTO schema_migrations VALUES ('{last}', '{sha256}')")
        wait_until(lambda: store.reserve("ann", MINE, "1").ok, 10, "it works")


def test_a_newer_schema_is_no_hindrance(db):
    """What is new is only added while older workers may be there."""
    db.sql("INSERT INTO schema_migrations VALUES ('9999_later.sql', 'x')")
    try:
        with Driver(database_url=db.url) as store:
            assert store.reserve("ann", MINE, "1").ok
    finally:
        db.sql("DELETE FROM schema_migrations WHERE name = '9999_later.sql'")


def test_new_tickets_are_sold_over_old_sessions(store, db):
    assert store.reserve("ann", MINE, "1").ok
    init(db, "--tickets", "2000")
    assert store.reserve("bob", MINE, "1").ok
    assert len(store.available()) == 1999


def let_it_be_written(db):
    pq.rows(
        db.url_of("postgres"),
        f"ALTER DATABASE {db.database} RESET default_transaction_read_only",
    )


def test_a_database_that_may_only_be_read_is_no_database(db):
    db.sql(f"ALTER DATABASE {db.database} SET default_transaction_read_only = on")
    try:
        with Driver(database_url=db.url) as store:
            assert store.reserve("ann", MINE, "1").code == "unreachable"
            assert "read-only" in store.log()
            # A new session is made, and may find another server.
            let_it_be_written(db)
            wait_until(lambda: store.reserve("ann", MINE, "1").ok, 10, "it works")
    finally:
        let_it_be_written(db)
