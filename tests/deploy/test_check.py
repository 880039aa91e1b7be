"""./check --deploy: runs its parts, and owns up to what it could not run."""

import os
import pathlib
import re
import subprocess

import pytest

from page_commands import commands

SRC = pathlib.Path(os.environ["HOLDFAST_SRC"])


@pytest.fixture
def run(tmp_path):
    parts = tmp_path / "parts"
    parts.mkdir()

    def run(*names, **scripts):
        for name, (status, text) in scripts.items():
            part = parts / name.replace("_", "-").removeprefix("n")
            part.write_text(f"#!/bin/sh\necho first\necho '{text}'\nexit {status}\n")
            part.chmod(0o755)
        return subprocess.run(
            [SRC / "deploy/check/run", *names], capture_output=True, text=True,
            timeout=60, env={**os.environ, "HOLDFAST_DEPLOY_PARTS": str(parts),
                             "HOLDFAST_BUILD": str(tmp_path / "build"),
                             "HOLDFAST_CACHE": str(tmp_path / "cache")})
    return run


def test_each_part_has_a_line_with_its_reason(run):
    done = run(n10_good=(0, "sold one"), n20_absent=(77, "no podman here"))
    assert done.returncode == 0
    summary = done.stdout.split("\n\n")[-1].splitlines()
    assert [line.split()[0] for line in summary[:2]] == ["10-good", "20-absent"]
    assert " passed " in summary[0] and summary[0].endswith("sold one")
    assert " not run " in summary[1] and summary[1].endswith("no podman here")
    assert summary[2] == "1 passed, 0 failed, 1 not run"


def test_one_that_fails_fails_all_and_the_others_are_run(run):
    done = run(n10_bad=(1, "broken"), n20_good=(0, "fine"))
    assert done.returncode == 1
    assert done.stdout.endswith("1 passed, 1 failed, 0 not run\n")


def test_a_part_is_run_by_its_name_alone(run):
    done = run("good", n10_bad=(1, "broken"), n20_good=(0, "fine"))
    assert done.returncode == 0
    assert "broken" not in done.stdout


def test_a_name_without_a_part_is_an_error(run):
    assert run("none", n10_good=(0, "fine")).returncode == 2


def test_every_part_can_be_run():
    parts = [p for p in (SRC / "deploy/check").glob("[0-9][0-9]-*")]
    assert all(os.access(part, os.X_OK) for part in parts)


def test_whatever_docs_services_has_to_type_is_typed_by_a_part():
    parts = "".join(part.read_text() for part in (SRC / "deploy/check").glob("[0-9][0-9]-*"))
    typed = set(re.findall(r'(?:type_section|page_commands) services\.md "([^"]+)"', parts))
    page = (SRC / "docs/services.md").read_text()
    assert typed == {section for section, _ in commands(page)}
