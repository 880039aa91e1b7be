"""The manual pages of holdfast-init and holdfast-admin say what the programs do."""

import os
import pathlib
import re
import subprocess

import pytest

from servers import build_path

DOCS = pathlib.Path(os.environ["HOLDFAST_SRC"]) / "docs"
PROGRAMS = ["holdfast-init", "holdfast-admin"]


def run(words):
    return subprocess.run(words, capture_output=True, text=True, timeout=60)


def help_of(program):
    return run([build_path("db", program), "--help"]).stdout


def manual(program):
    return (DOCS / f"{program}.8").read_text()


@pytest.mark.parametrize("program", PROGRAMS)
def test_the_manual_has_every_option_and_no_other(program):
    flags = re.findall(r"^  --([a-z-]+)", help_of(program), re.MULTILINE)
    told = re.findall(r"^\.It Fl \\-([a-z-]+)", manual(program), re.MULTILINE)
    assert len(flags) >= 5 and sorted(told) == sorted(flags)


def test_the_manual_has_every_command_and_its_words():
    said = help_of("holdfast-admin").partition("Commands:\n")[2]
    commands = re.findall(r"^  ([a-z-]+) +([A-Z|. ]*?) +(?=[a-z])", said, re.MULTILINE)
    told = re.findall(r"^\.It Ic ([a-z-]+)(?: Ar (.*))?$", manual("holdfast-admin"),
                      re.MULTILINE)
    words = [(name, ar.upper().replace(" ...", "...").replace(" | ", "|"))
             for name, ar in told]
    assert len(commands) == 13 and words == commands


def test_the_manual_has_every_term_and_no_other():
    said = re.sub(r"\s+", " ", help_of("holdfast-admin"))
    terms = re.search(r"change a term: ([a-z, -]*);", said)[1].split(", ")
    told = re.findall(r"^\.It Cm ([a-z-]+)$", manual("holdfast-admin"), re.MULTILINE)
    assert len(terms) == 11 and told == terms


@pytest.mark.parametrize("program", PROGRAMS)
def test_the_manual_is_well_formed(program):
    said = [line for line in run(["mandoc", "-T", "lint", "-W", "style",
                                  str(DOCS / f"{program}.8")]).stdout.splitlines()
            if "referenced manual not found" not in line]
    assert said == []
    shown = run(["mandoc", "-T", "ascii", str(DOCS / f"{program}.8")])
    assert shown.returncode == 0 and f"{program.upper()}(8)" in shown.stdout
