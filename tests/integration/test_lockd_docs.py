"""lockd's pages: every setting stands in each, and what they show works."""

import os
import pathlib
import re
import shlex
import subprocess
import sys

import pytest

from servers import Lockd, build_path
from web import free_port

SRC = pathlib.Path(os.environ["HOLDFAST_SRC"])
PAGE = SRC / "docs" / "lockd.md"
MANUAL = SRC / "docs" / "lockd.8"
ALWAYS = {"help", "version"}


def run(words, **more):
    return subprocess.run(words, capture_output=True, text=True, timeout=60,
                          **more)


@pytest.fixture(scope="module")
def flags():
    said = run([build_path("lockd", "lockd"), "--help"]).stdout
    found = set(re.findall(r"^  --([a-z-]+)", said, re.MULTILINE))
    assert len(found) > 10
    return found


def test_the_page_has_every_setting_and_no_other(flags):
    settings = PAGE.read_text().partition("## Settings")[2].partition("\n## ")[0]
    told = re.findall(r"^\| `--([a-z-]+)", settings, re.MULTILINE)
    assert set(told) == flags - ALWAYS
    assert len(told) == len(set(told))


def test_the_manual_has_every_setting_and_no_other(flags):
    told = re.findall(r"^\.It Fl \\-([a-z-]+)", MANUAL.read_text(), re.MULTILINE)
    assert set(told) == flags
    assert len(told) == len(set(told))


def test_the_manual_tells_what_holds_if_nothing_is_said():
    said = run([build_path("lockd", "lockd"), "--help"]).stdout
    told = dict(re.findall(r"^\.It Fl \\-([a-z-]+)(.*?)(?=^\.It|^\.El)",
                           MANUAL.read_text(), re.MULTILINE | re.DOTALL))
    presets = re.findall(r"^  --([a-z-]+) .*\(default (.*)\)$", said, re.MULTILINE)
    assert len(presets) > 10
    for name, preset in presets:
        mib = f"{int(preset) >> 20} MiB" if preset.isdigit() else preset
        assert preset == "-1" or re.search(rf"\b({preset}|{mib})\b", told[name]), name


def test_the_manual_is_well_formed():
    # Which other pages this machine has is not the page's business.
    said = [line for line in run(["mandoc", "-T", "lint", "-W", "style",
                                  str(MANUAL)]).stdout.splitlines()
            if "referenced manual not found" not in line]
    assert said == []
    shown = run(["mandoc", "-T", "ascii", str(MANUAL)])
    assert shown.returncode == 0
    assert "LOCKD(8)" in shown.stdout


def test_links_lead_to_files():
    links = re.findall(r"\]\(([^):#]+)\)", PAGE.read_text())
    assert len(links) > 5
    for link in links:
        assert (PAGE.parent / link).exists(), link


def test_the_lines_for_redis_cli_do_what_they_say():
    port = free_port()
    lines = re.findall(r"^    (redis-cli .*)$", PAGE.read_text(), re.MULTILINE)
    assert len(lines) == 6
    with Lockd("--tcp", f"127.0.0.1:{port}"):
        said = [run(shlex.split(line.replace("6390", str(port)))).stdout
                for line in lines]
    assert said[0] == "OK\n"
    assert int(said[1]) > 0
    assert said[2] == "1\n", "it was given back by who has the word"
    token, left = (int(line) for line in said[3].splitlines())
    assert token > int(said[1])
    assert 0 < left <= 30000
    assert "exclusive" in said[4]
    assert said[5] == "1\n"


def test_the_python_of_the_page_runs():
    port = free_port()
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    with Lockd("--tcp", f"127.0.0.1:{port}"):
        done = run([sys.executable, "-c", code.replace("6390", str(port))])
    assert done.returncode == 0, done.stderr
    assert re.fullmatch(r"mine, token \d+\n", done.stdout)


def test_the_ruby_of_the_page_runs():
    port = free_port()
    (code,) = re.findall(r"```ruby\n(.*?)```", PAGE.read_text(), re.DOTALL)
    with Lockd("--tcp", f"127.0.0.1:{port}"):
        done = run(["ruby", "-e", code.replace("6390", str(port)) + "puts mine"])
    assert done.returncode == 0, done.stderr
    assert done.stdout == "true\n"


def test_the_packages_of_the_page_are_those_that_building_needs():
    (line,) = re.findall(r"^    apt-get install -y \$\((.*)\)$", PAGE.read_text(),
                         re.MULTILINE)
    words = run(["sh", "-c", line], cwd=SRC).stdout.split()
    assert {"gcc", "libuv1-dev", "liblua5.1-0-dev"} <= set(words)
    assert "nginx" not in words


def test_the_javascript_of_the_page_runs():
    port = free_port()
    (code,) = re.findall(r"```js\n(.*?)```", PAGE.read_text(), re.DOTALL)
    code = code.replace('"ioredis"', '"ioredis5"')  # as the tests have it
    code = f"(async () => {{ {code} console.log(mine); r.disconnect(); }})()"
    modules = build_path("tests", "clients", "node", "node_modules")
    with Lockd("--tcp", f"127.0.0.1:{port}"):
        done = run(["node", "-e", code.replace("6390", str(port))],
                   env={**os.environ, "NODE_PATH": modules})
    assert done.returncode == 0, done.stderr
    assert done.stdout == "OK\n"
