"""make install: everything has its place, works from there, and can go."""

import os
import pathlib
import re
import subprocess
import sys

import pytest

import stack
from servers import Postgres
from stack import Stack

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from installed import make  # noqa: E402

SRC = pathlib.Path(os.environ["HOLDFAST_SRC"])
PROGRAMS = ["sbin/lockd", "sbin/ephemerald", "sbin/holdfast-init",
            "sbin/holdfast-admin", "sbin/holdfast-setup",
            "libexec/holdfast/ticketing.fcgi", "libexec/holdfast/web-conf",
            "share/holdfast/fill"]
FILES = ["share/holdfast/holdfast.conf.in", "share/holdfast/www/index.html",
         "share/holdfast/www/view/map.js", "share/holdfast/halls/theatre.csv",
         "share/holdfast/migrations/0001_tickets.sql",
         "share/holdfast/conf/lockd.conf", "share/holdfast/conf/ephemerald.conf",
         "share/holdfast/monitoring/alerts.yml",
         "share/holdfast/monitoring/dashboard.json",
         "share/holdfast/conf/worker.env", "share/holdfast/conf/web.env",
         "share/man/man8/lockd.8", "share/man/man8/ephemerald.8",
         "share/man/man8/holdfast-init.8", "share/man/man8/holdfast-admin.8",
         "share/man/man8/holdfast-setup.8",
         "share/doc/holdfast/services.md", "share/doc/holdfast/openapi.yaml",
         "share/doc/holdfast/examples/nginx/holdfast.example",
         "lib/sysusers.d/holdfast.conf", "lib/tmpfiles.d/holdfast.conf"]
# As it was built: as it was installed.
AS_BUILT = {
    "lockd/lockd": "sbin/lockd",
    "db/holdfast-init": "sbin/holdfast-init",
    "db/holdfast-admin": "sbin/holdfast-admin",
    "deploy/holdfast-setup": "sbin/holdfast-setup",
    "fcgi/ticketing.fcgi": "libexec/holdfast/ticketing.fcgi",
    "nginx/fill": "share/holdfast/fill",
    "nginx/holdfast.conf.in": "share/holdfast/holdfast.conf.in",
    "nginx/metrics.sh": "share/holdfast/metrics.sh",
    "www": "share/holdfast/www",
}


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return make("install", tmp_path_factory.mktemp("root"))


@pytest.fixture(scope="module")
def database():
    with Postgres(fsync=False) as postgres:
        yield postgres


@pytest.fixture
def tree(root, tmp_path, monkeypatch):
    """The installed files under the names that the fixtures know: what they
    start then is what was installed."""
    for name, installed in AS_BUILT.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).symlink_to(root / "usr" / installed)
    monkeypatch.setenv("HOLDFAST_BUILD", str(tmp_path))
    monkeypatch.setattr(stack, "SRC", tmp_path)
    return tmp_path


@pytest.mark.parametrize("path", PROGRAMS)
def test_a_program_is_where_it_belongs(root, path):
    assert os.access(root / "usr" / path, os.X_OK)


def test_nothing_is_anywhere_else(root):
    top = {str(path.relative_to(root)) for depth in ("*", "*/*")
           for path in root.glob(depth)}
    assert top == {"usr", "etc", "usr/sbin", "usr/libexec", "usr/share", "usr/lib",
                   "etc/holdfast", "etc/logrotate.d"}


def test_files_have_their_places(root):
    missing = [path for path in FILES if not (root / "usr" / path).is_file()]
    assert missing == []


def test_a_file_for_programs_names_no_place_that_was_left_open(root):
    for path in (root / "usr").rglob("*"):
        if path.suffix in (".service", ".socket") or path.name in (
                "holdfast-setup", "web-conf"):
            assert re.findall(r"@\w+@", path.read_text()) == [], path


def test_what_was_installed_sells_a_ticket(tree, database):
    with Stack(database, tickets=3, workers=1) as sale:
        with sale.client("ann") as ann:
            assert b"<title>" in ann.get("/").raw
            assert ann.reserve("1").status == 200
            assert ann.book("1").status == 200
        verify = subprocess.run(
            [tree / "db/holdfast-admin", "verify"],
            env={**os.environ, "DATABASE_URL": sale.database_url},
            capture_output=True, text=True, timeout=60)
        assert verify.returncode == 0, verify.stdout + verify.stderr


def test_the_manual_page_of_setup_has_every_option_and_no_other(tree):
    said = subprocess.run([tree / "deploy/holdfast-setup", "--help"],
                          capture_output=True, text=True, timeout=60).stdout
    page = (SRC / "docs/holdfast-setup.8").read_text()
    described = set(re.findall(r"^\.It Fl \\-([a-z-]+)", page, flags=re.M))
    assert described == set(re.findall(r"--([a-z][a-z-]+)", said))


@pytest.mark.parametrize("words, reason", [
    (["--hall", "barn"], "--hall takes theatre or arena"),
    (["--tickets", "0"], "whole number from 1 to 1000000"),
    (["--tickets", "1000001"], "whole number from 1 to 1000000"),
    (["--workers", "65"], "whole number from 1 to 64"),
    (["--port", "1023"], "whole number from 1024 to 65535"),
    (["--port", "65536"], "whole number from 1024 to 65535"),
    (["--lock-type", "none"], "distributed_lock or ephemeral_node"),
    (["--csv", "/nowhere"], "cannot be read"),
    (["--hall", "arena", "--tickets", "3"], "not two"),
    (["--title"], "needs a value"),
    (["--frobnicate", "3"], "unknown option"),
    (["--database-url", 'host="x"'], "may not have"),
])
def test_setup_refuses_what_makes_no_sense(tree, words, reason):
    done = subprocess.run([tree / "deploy/holdfast-setup", *words],
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert reason in done.stderr


def test_what_was_installed_can_go(tmp_path):
    root = make("install", tmp_path)
    make("uninstall", root)
    assert [path for path in root.rglob("*") if not path.is_dir()] == []
    assert [path for path in root.rglob("holdfast*")] == []
