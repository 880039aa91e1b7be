"""ephemerald's pages: every setting stands in each, and what they show works."""

import os
import pathlib
import re
import shlex
import subprocess
import sys

import pytest
import zk_wire
from servers import Ephemerald, build_path

SRC = pathlib.Path(os.environ["HOLDFAST_SRC"])
PAGE = SRC / "docs" / "ephemerald.md"
PROTOCOL = SRC / "docs" / "ephemerald-protocol.md"
CLIENTS = SRC / "docs" / "ephemerald-clients.md"
MANUAL = SRC / "docs" / "ephemerald.8"
ALWAYS = {"help", "version"}
ZKCLI = "/usr/share/zookeeper/bin/zkCli.sh"  # Debian has it in no PATH
CURATOR = "/usr/share/java/curator-recipes.jar"
JAVA = ["java", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]


def run(words, **more):
    return subprocess.run(words, capture_output=True, text=True, timeout=60,
                          **more)


@pytest.fixture(scope="module")
def help_text():
    return run([build_path("ephemerald", "ephemerald"), "--help"]).stdout


@pytest.fixture(scope="module")
def flags(help_text):
    found = set(re.findall(r"^  --([a-z-]+)", help_text, re.MULTILINE))
    assert len(found) > 10
    return found


@pytest.fixture(scope="module")
def presets(help_text):
    """{name: what --help says of it}; -1 is "none" and said nowhere."""
    found = dict(re.findall(r"^  --([a-z-]+) .*\(default (.*)\)$", help_text,
                            re.MULTILINE))
    assert len(found) > 10
    return {name: one for name, one in found.items() if one != "-1"}


@pytest.fixture(scope="module")
def server():
    with Ephemerald() as running:
        yield running


def at(server, text):
    """What the page shows, at this server's port."""
    assert "127.0.0.1:2181" in text
    return text.replace("127.0.0.1:2181", server.hosts)


def code(kind):
    (found,) = re.findall(rf"```{kind}\n(.*?)```", PAGE.read_text(), re.DOTALL)
    return found


# ---- settings ---------------------------------------------------------------------


def table():
    """(flag, its line) of the page's settings."""
    settings = PAGE.read_text().partition("## Settings")[2].partition("\n## ")[0]
    return re.findall(r"^\| `--([a-z-]+)(.*)$", settings, re.MULTILINE)


def manual():
    return re.findall(r"^\.It Fl \\-([a-z-]+)(.*?)(?=^\.It|^\.El)",
                      MANUAL.read_text(), re.MULTILINE | re.DOTALL)


def test_the_page_has_every_setting_and_no_other(flags):
    told = [name for name, _ in table()]
    assert set(told) == flags - ALWAYS
    assert len(told) == len(set(told))


def test_the_manual_has_every_setting_and_no_other(flags):
    told = [name for name, _ in manual()]
    assert set(told) == flags
    assert len(told) == len(set(told))


def spellings(preset):
    """As it is, or in larger units."""
    if not preset.isdigit():
        return {preset}
    return {preset, f"{int(preset) >> 20} MiB", f"{int(preset) >> 30} GiB"}


@pytest.mark.parametrize("read", [table, manual])
def test_both_tell_what_holds_if_nothing_is_said(presets, read):
    told = dict(read())
    for name, preset in presets.items():
        assert any(re.search(rf"(?<![\w.-]){re.escape(one)}(?![\w-])", told[name])
                   for one in spellings(preset)), (name, preset)


def test_the_manual_is_well_formed():
    # Which other pages this machine has is not the page's business.
    said = [line for line in run(["mandoc", "-T", "lint", "-W", "style",
                                  str(MANUAL)]).stdout.splitlines()
            if "referenced manual not found" not in line]
    assert said == []
    shown = run(["mandoc", "-T", "ascii", str(MANUAL)])
    assert shown.returncode == 0
    assert "EPHEMERALD(8)" in shown.stdout


@pytest.mark.parametrize("page", [PAGE, PROTOCOL, CLIENTS], ids=lambda page: page.name)
def test_links_and_files_that_are_named_are_there(page):
    text = page.read_text()
    links = [page.parent / link for link in re.findall(r"\]\(([^):#]+)\)", text)]
    named = [SRC / name for name in
             re.findall(r"`((?:tests|libhold)/[\w/]+\.[a-z]+)`", text)]
    assert links + named
    for path in links + named:
        assert path.exists(), path


# ---- the clients -----------------------------------------------------------------


def test_the_tests_of_each_client_are_there_and_in_make_check():
    """Each test file that the page names, by the list that make check has."""
    told = CLIENTS.read_text()
    for name, parts in re.findall(r"`(test_\w+_)\{([\w,]+)\}\.py`", told):
        told += " ".join(f"`{name}{part}.py`" for part in parts.split(","))
    named = set(re.findall(r"`(test_\w+\.py)`", told))
    listed = (SRC / "tests" / "integration" / "local.mk").read_text()
    assert len(named) >= 8
    for name in named:
        assert f"tests/integration/{name}" in listed, name


def test_the_versions_of_the_clients_are_those_that_are_installed():
    rows = dict(re.findall(r"^\| ([^|]+) \| ([\d.]+)", CLIENTS.read_text(),
                           re.MULTILINE))
    for client, package in (("kazoo", "python3-kazoo"),
                            ("libzookeeper-mt (C)", "libzookeeper-mt-dev"),
                            ("zkCli.sh (Java)", "zookeeper"),
                            ("zktop", "zktop"),
                            ("collectd's zookeeper plugin", "collectd-core")):
        said = run(["dpkg-query", "-W", "-f", "${Version}", package]).stdout
        assert said.startswith(rows[client]), (client, said)


# ---- the protocol -----------------------------------------------------------------


def test_the_protocol_has_every_operation_with_its_number_and_no_other():
    section = PROTOCOL.read_text().partition("## Operations")[2]
    rows = re.findall(r"^\| (`.*?) \|", section.partition("\n## ")[0], re.MULTILINE)
    told = {name: int(number) for row in rows
            for name, number in re.findall(r"`(\w+)` \((-?\d+)\)", row)}
    assert told == zk_wire.OPS


def test_every_word_that_there_is_stands_in_both_pages(help_text):
    with Ephemerald("--four-letter-words", "*") as server:
        for page in (PAGE, PROTOCOL):
            words = set(re.findall(r"`([a-z]{4})`", page.read_text()))
            words &= set("ruok isro srvr mntr stat cons dump wchs wchc wchp conf "
                         "envi dirs crst srst".split())
            assert len(words) == 15
            for word in words:
                assert server.ask(word) != ""


# ---- what is shown runs -------------------------------------------------------------


def test_the_lines_for_zkcli_do_what_they_say(server):
    lines = re.findall(rf"^    {ZKCLI} (.*)$", PAGE.read_text(), re.MULTILINE)
    assert len(lines) == 2
    said = [run([ZKCLI, *shlex.split(at(server, line))]) for line in lines]
    assert [one.returncode for one in said] == [0, 0]
    assert "Created /hello" in said[0].stdout + said[0].stderr
    assert "world" in said[1].stdout.splitlines()


def test_the_example_of_the_manual_works(server):
    (line,) = re.findall(rf"^{ZKCLI} (.*)$", MANUAL.read_text(), re.MULTILINE)
    line = at(server, line).replace("/hello", "/hello-again")
    done = run([ZKCLI, *shlex.split(line)])
    assert "Created /hello-again" in done.stdout + done.stderr


def test_the_line_for_the_words_answers(server):
    (line,) = re.findall(r"^ +(printf mntr .*)$", PAGE.read_text(), re.MULTILINE)
    said = run(["sh", "-c", at(server, line)]).stdout
    for field in re.findall(r"`(zk_\w+)`", PAGE.read_text()):
        assert re.search(rf"^{field}\t\d+$", said, re.MULTILINE), field


def test_the_python_of_the_page_runs(server):
    done = run([sys.executable, "-c", at(server, code("python"))])
    assert done.returncode == 0, done.stderr
    token = int(re.fullmatch(r"mine, token (\d+)\n", done.stdout)[1])
    again = run([sys.executable, "-c", at(server, code("python"))])
    assert int(again.stdout.rpartition(" ")[2]) > token


def test_the_java_of_the_page_runs(server, tmp_path):
    source = tmp_path / "First.java"
    source.write_text(at(server, code("java")))
    done = run([*JAVA, "-cp", CURATOR, str(source)])
    assert done.stdout == "mine\n", done.stderr


def test_the_c_of_the_page_runs(server, tmp_path):
    (compile,) = re.findall(r"`(cc [^`]*)`", PAGE.read_text())
    (tmp_path / "first.c").write_text(at(server, code("c")))
    done = run(shlex.split(compile), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    done = run([str(tmp_path / "a.out")])
    assert re.fullmatch(r"0 /seat-\d{10}\n", done.stdout)


def test_the_packages_of_the_page_are_those_that_the_project_needs():
    text = PAGE.read_text()
    (line,) = re.findall(r"^    apt-get install -y \$\((.*)\)$", text, re.MULTILINE)
    words = run(["sh", "-c", line], cwd=SRC).stdout.split()
    assert {"gcc", "libuv1-dev"} <= set(words) and "nginx" not in words
    listed = (SRC / "packages.txt").read_text().split()
    shown = re.findall(r"\(Debian: `([\w-]+)`", text)
    assert len(shown) == 4 and set(shown) <= set(listed)


def test_the_command_of_the_page_starts_it(tmp_path):
    (line,) = re.findall(r"^    ephemerald (--unix .*)$", PAGE.read_text(), re.MULTILINE)
    shown = Ephemerald()
    words = shlex.split(at(shown, line).replace("/tmp/", f"{tmp_path}/"))
    shown.command = lambda: [build_path("ephemerald", "ephemerald"), *words]
    with shown:
        assert shown.ask("ruok") == "imok"
        assert (tmp_path / "ephemerald.sock").is_socket()
        assert any((tmp_path / "ephemerald.state").iterdir())
