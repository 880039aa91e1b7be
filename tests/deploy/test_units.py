"""The units for systemd: whole, hardened, and about files that are there."""

import os
import pathlib
import re
import shutil
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from installed import make  # noqa: E402

BUILD = pathlib.Path(os.environ["HOLDFAST_BUILD"])
SRC = pathlib.Path(os.environ["HOLDFAST_SRC"])
SERVICES = ["lockd.service", "ephemerald.service", "holdfast-worker@.service",
            "holdfast-web.service", "holdfast-backup.service"]
EXPOSED_AT_MOST = 2.0


def run(*words, **how):
    return subprocess.run(words, capture_output=True, text=True, timeout=120, **how)


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """What make install leaves, with /usr as its prefix."""
    return make("install", tmp_path_factory.mktemp("root"))


@pytest.fixture(scope="module")
def units(root, tmp_path_factory):
    """The units with programs that are there, where they can be looked at."""
    folder = tmp_path_factory.mktemp("units")
    for unit in (root / "usr/lib/systemd/system").iterdir():
        text = re.sub(r"^(Exec\w+=)\S+", rf"\g<1>{shutil.which('true')}",
                      unit.read_text(), flags=re.M)
        (folder / unit.name).write_text(text)
    return folder


def test_all_units_are_installed(units):
    assert {unit.name for unit in units.iterdir()} == {
        *SERVICES, "lockd.socket", "ephemerald.socket",
        "holdfast-worker@.socket", "holdfast-backup.timer", "holdfast.target"}


def test_systemd_has_nothing_to_say_of_them(units):
    done = run("systemd-analyze", "verify", "--man=no",
               *(str(unit) for unit in sorted(units.iterdir())),
               env={**os.environ, "SYSTEMD_UNIT_PATH": f"{units}:"})
    ours = [line for line in done.stderr.splitlines()
            if any(name.split("@")[0].split(".")[0] in line
                   for name in os.listdir(units))]
    assert ours == []


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_is_exposed_to_little(units, service):
    done = run("systemd-analyze", "security", "--offline=yes",
               f"--threshold={EXPOSED_AT_MOST * 10:.0f}", str(units / service))
    figure = re.search(r"Overall exposure level for \S+ (\d+\.\d+)", done.stdout)
    assert figure, done.stdout + done.stderr
    assert float(figure[1]) <= EXPOSED_AT_MOST, done.stdout


def test_a_unit_starts_what_was_installed(root):
    for service in SERVICES:
        text = (root / "usr/lib/systemd/system" / service).read_text()
        for program in re.findall(r"^ExecStart(?:Pre)?=(/\S+)", text, flags=re.M):
            # A build for another prefix names that one.
            assert program.rsplit("/", 1)[1] in {
                path.name for path in root.rglob("*") if os.access(path, os.X_OK)}


def test_users_and_folders_are_well_described(root):
    done = run("systemd-sysusers", "--root", str(root), "--dry-run",
               str(root / "usr/lib/sysusers.d/holdfast.conf"))
    assert done.returncode == 0, done.stderr
    for user in ("lockd", "ephemerald", "holdfast"):
        assert f"'{user}'" in done.stdout + done.stderr


@pytest.mark.parametrize("daemon", ["lockd", "ephemerald"])
def test_the_shipped_settings_are_taken(root, daemon, tmp_path):
    conf = root / f"usr/share/holdfast/conf/{daemon}.conf"
    process = subprocess.Popen(
        [BUILD / daemon / daemon, "--config", conf, "--dir", tmp_path / "state",
         "--unix", tmp_path / "sock", "--ready-fd", "1"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        assert process.stdout.read(1) == b"\n", process.stderr.read()
    finally:
        process.terminate()
        process.communicate(timeout=30)
    assert process.returncode == 0
