"""holdfast-init on a real PostgreSQL: the schema's history, and the tickets."""

import os
import pathlib
import pty
import re
import subprocess
import threading

import pytest

from servers import Postgres, build_path
from web import wait_until

INIT = build_path("db", "holdfast-init")
MIGRATIONS = sorted(
    path.name
    for path in pathlib.Path(os.environ["HOLDFAST_SRC"], "db/migrations").glob("*.sql")
)


@pytest.fixture(scope="module")
def server():
    with Postgres(fsync=False) as db:
        yield db


@pytest.fixture
def db(server):
    """An empty database."""
    server.sql("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    return server


def environment(db, **more):
    clean = {k: v for k, v in os.environ.items() if k != "TOTAL_TICKETS"}
    return {**clean, "DATABASE_URL": db.url, **more}


def init(db, *options, **more):
    return subprocess.run(
        [INIT, *options],
        env=environment(db, **more),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )


def on_terminal(db, answer, *options):
    """Runs it on a terminal; answer() gives what is typed at the question."""
    ours, its = pty.openpty()
    try:
        with subprocess.Popen(
            [INIT, *options],
            env=environment(db),
            stdin=its,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            question = ""
            while "Type yes" not in question:
                letter = process.stdout.read(1)
                assert letter, f"it asked nothing: {process.stderr.read()}"
                question += letter
            os.write(ours, answer().encode())
            _, errors = process.communicate(timeout=60)
        return question, process.returncode, errors
    finally:
        os.close(ours)
        os.close(its)


def count(db):
    return int(db.value("SELECT count(*) FROM tickets"))


def book(db, ticket):
    db.sql(
        "UPDATE tickets SET state = 'booked', holder = 'ann', fence = 1,"
        f" lock_service = 's', booked_at = now() WHERE id = '{ticket}'"
    )


# -- the tickets -----------------------------------------------------------


def test_ten_tickets_unless_told_otherwise(db):
    assert init(db).returncode == 0
    assert count(db) == 10


def test_the_environment_tells_how_many_tickets(db):
    assert init(db, TOTAL_TICKETS="7").returncode == 0
    assert count(db) == 7


def test_the_option_counts_more_than_the_environment(db):
    assert init(db, "--tickets", "3", TOTAL_TICKETS="7").returncode == 0
    assert count(db) == 3


@pytest.mark.parametrize("total", ["0", "-1", "x", "1000001", "10 "])
def test_a_wrong_total_in_the_environment_is_named(db, total):
    done = init(db, TOTAL_TICKETS=total)
    assert done.returncode == 2
    assert "TOTAL_TICKETS" in done.stderr and f'"{total}"' in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("tickets", ["0", "-1", "x", "1000001"])
def test_a_wrong_option_is_named(db, tickets):
    done = init(db, "--tickets", tickets)
    assert done.returncode == 2
    assert "--tickets" in done.stderr


def test_ids_are_numbers_as_text_in_the_order_of_sale(db):
    init(db, "--tickets", "12")
    ids = db.sql("SELECT id FROM tickets ORDER BY sale_order")
    assert ids == [[str(i)] for i in range(1, 13)]


def test_a_hundred_thousand_tickets_have_seats_of_their_own(db):
    done = init(db, "--tickets", "100000")
    assert done.returncode == 0, done.stderr
    assert count(db) == 100000
    seats = "SELECT count(DISTINCT (section, seat_row, seat_number)) FROM tickets"
    assert db.value(seats) == "100000"
    assert db.value("SELECT count(*) FROM tickets WHERE price_minor < 1") == "0"
    assert db.value("SELECT string_agg(DISTINCT currency, '') FROM tickets") == "EUR"


def test_if_empty_leaves_existing_tickets_alone(db):
    init(db, "--tickets", "3")
    book(db, "2")
    done = init(db, "--tickets", "5", "--if-empty")
    assert done.returncode == 0
    assert count(db) == 3
    assert db.value("SELECT state FROM tickets WHERE id = '2'") == "booked"


def test_if_empty_makes_tickets_when_there_are_none(db):
    assert init(db, "--migrate-only").returncode == 0
    assert count(db) == 0
    assert init(db, "--tickets", "5", "--if-empty").returncode == 0
    assert count(db) == 5


def test_yes_replaces_without_a_question(db):
    init(db, "--tickets", "3")
    book(db, "2")
    assert init(db, "--tickets", "4", "--yes").returncode == 0
    assert db.sql("SELECT DISTINCT state, count(*) FROM tickets GROUP BY 1") == [
        ["free", "4"]
    ]


def test_without_a_terminal_existing_tickets_stay(db):
    init(db, "--tickets", "3")
    book(db, "2")
    done = init(db, "--tickets", "4")
    assert done.returncode == 1
    assert "3 tickets, 1 of them booked" in done.stderr
    assert "--yes" in done.stderr and done.stderr.count("\n") == 1
    assert count(db) == 3


def test_the_question_counts_what_would_be_lost_and_yes_replaces(db):
    init(db, "--tickets", "3")
    book(db, "2")
    question, status, errors = on_terminal(db, lambda: "yes\n", "--tickets", "4")
    assert "3 tickets, 1 of them booked" in question and "4 new" in question
    assert (status, errors) == (0, "")
    assert count(db) == 4


@pytest.mark.parametrize("answer", ["\n", "no\n", "y\n", "\x04", "yesyesyesyesyes\n"])
def test_every_other_answer_replaces_nothing(db, answer):
    init(db, "--tickets", "3")
    _, status, errors = on_terminal(db, lambda: answer, "--tickets", "4")
    assert status == 1 and "nothing was replaced" in errors
    assert count(db) == 3


def test_a_ticket_booked_while_it_asked_is_not_destroyed(db):
    init(db, "--tickets", "3")

    def answer():
        book(db, "2")
        return "yes\n"

    _, status, errors = on_terminal(db, answer, "--tickets", "4")
    assert status == 1 and "1 more booked meanwhile" in errors
    assert count(db) == 3


# -- the schema's history --------------------------------------------------


def test_a_second_run_migrates_nothing(db):
    assert f"{len(MIGRATIONS)} migrations" in init(db, "--migrate-only").stdout
    history = db.sql("SELECT * FROM schema_migrations")
    assert init(db, "--migrate-only").stdout == ""
    assert db.sql("SELECT * FROM schema_migrations") == history


def test_migrate_only_touches_no_ticket(db):
    init(db, "--tickets", "3")
    book(db, "2")
    assert init(db, "--migrate-only", TOTAL_TICKETS="5").returncode == 0
    assert count(db) == 3


def test_migrate_only_refuses_options_about_tickets(db):
    for option in (["--tickets", "3"], ["--if-empty"], ["--yes"]):
        done = init(db, "--migrate-only", *option)
        assert done.returncode == 2 and "--migrate-only" in done.stderr


def test_a_migration_that_was_changed_is_refused(db):
    init(db)
    db.sql("UPDATE schema_migrations SET sha256 = 'x' WHERE name LIKE '0001%'")
    done = init(db, "--yes", "--tickets", "3")
    assert done.returncode == 1
    assert re.search(r"0001_tickets\.sql was changed", done.stderr)
    assert count(db) == 10


def test_a_database_newer_than_the_program_is_refused(db):
    init(db)
    db.sql("INSERT INTO schema_migrations VALUES ('9999_later.sql', 'x')")
    done = init(db, "--yes")
    assert done.returncode == 1 and "9999_later.sql" in done.stderr
    assert "newer" in done.stderr


def test_a_foreign_history_is_refused(db):
    init(db)
    db.sql("UPDATE schema_migrations SET name = '0000_x.sql' WHERE name LIKE '0001%'")
    done = init(db, "--yes")
    assert done.returncode == 1 and "0000_x.sql" in done.stderr


def test_a_migration_that_fails_leaves_no_trace_and_can_be_repeated(db):
    db.sql("CREATE TABLE tickets ()")
    done = init(db)
    assert done.returncode == 1
    assert "0001_tickets.sql failed and was undone" in done.stderr
    assert db.value("SELECT count(*) FROM schema_migrations") == "0"
    assert db.value("SELECT count(*) FROM pg_type WHERE typname = 'ticket_state'") == "0"
    db.sql("DROP TABLE tickets")
    assert init(db).returncode == 0


def test_each_migration_is_a_transaction_of_its_own(db):
    db.sql(
        "CREATE FUNCTION refuse() RETURNS event_trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE 'refused'; END $$;"
        "CREATE EVENT TRIGGER refuse ON ddl_command_start"
        " WHEN TAG IN ('ALTER TABLE') EXECUTE FUNCTION refuse()"
    )
    done = init(db)
    assert done.returncode == 1 and "0002_" in done.stderr
    assert db.sql("SELECT name FROM schema_migrations") == [["0001_tickets.sql"]]
    db.sql("DROP EVENT TRIGGER refuse")
    assert init(db).returncode == 0
    ran = db.sql("SELECT name FROM schema_migrations ORDER BY name")
    assert ran == [[name] for name in MIGRATIONS]


def test_a_migration_that_cannot_be_remembered_is_undone(db):
    init(db, "--migrate-only")
    last = MIGRATIONS[-1]
    db.sql(
        "DROP FUNCTION event_board;"
        f"DELETE FROM schema_migrations WHERE name = '{last}';"
        f"ALTER TABLE schema_migrations ADD CHECK (name <> '{last}')"
    )
    assert init(db).returncode == 1
    assert db.value("SELECT count(*) FROM pg_proc WHERE proname = 'event_board'") == "0"


def test_two_at_once_wait_for_each_other(db):
    results = []
    holder = subprocess.Popen(
        ["psql", "-X", "-q", "-At", db.url],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with holder:
        holder.stdin.write("SELECT 'got', pg_advisory_lock(6005, 1);\n")
        holder.stdin.flush()
        assert holder.stdout.readline().startswith("got")
        threads = [
            threading.Thread(target=lambda: results.append(init(db, "--if-empty")))
            for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        waiting = (
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        )
        wait_until(lambda: db.value(waiting) == "4", 30, "all four wait")
        holder.stdin.close()
        for thread in threads:
            thread.join()
    assert [done.returncode for done in results] == [0] * 4
    made = [done for done in results if "for sale" in done.stdout]
    assert len(made) == 1 and count(db) == 10


# -- what it says ----------------------------------------------------------


def test_help_names_every_option(db):
    done = init(db, "--help")
    assert done.returncode == 0
    for option in ("--tickets", "--yes", "--if-empty", "--migrate-only"):
        assert option in done.stdout


def test_version_says_which(db):
    done = init(db, "--version")
    assert done.returncode == 0
    assert re.match(r"holdfast-init \d", done.stdout)


def test_an_unset_database_url_is_named(db):
    done = init(db, DATABASE_URL="")
    assert done.returncode == 2 and "DATABASE_URL" in done.stderr


def test_an_unreachable_database_is_one_clear_line(db):
    done = init(db, DATABASE_URL="postgresql://x@/x?host=/nowhere")
    assert done.returncode == 1
    assert "/nowhere" in done.stderr and done.stderr.count("\n") == 1
