"""What a benchmark prints, as its tests read it."""

import os
import pathlib
import subprocess


def printed(bench):
    """{what: {head: cell}} of bench/<bench> --quick."""
    words = [pathlib.Path(os.environ["HOLDFAST_SRC"], "bench", bench), "--quick"]
    done = subprocess.run(words, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    heads, _, *rows = map(_cells, done.stdout.splitlines())
    return {row[0]: dict(zip(heads, row)) for row in rows}


def _cells(line):
    return [cell.strip() for cell in line.strip("|\n").split("|")]


def verdicts(row):
    """How many targets a row has, each met or not."""
    words = [word for word in row["met"].split(", ") if word]
    assert set(words) <= {"yes", "no"}, row
    assert row["target"].count(", ") == max(0, len(words) - 1), row
    return len(words)
