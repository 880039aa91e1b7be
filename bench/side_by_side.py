"""What the benchmarks share: servers, load drivers, tables.

Sets HOLDFAST_BUILD (build/ if nothing is said) and the way to tests/support.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

SRC = Path(__file__).resolve().parents[1]
os.environ.setdefault("HOLDFAST_BUILD", str(SRC / "build"))
os.environ.setdefault("HOLDFAST_SRC", str(SRC))
sys.dont_write_bytecode = True
sys.path.insert(0, str(SRC / "tests/support"))

from servers import LockServer, build_path  # noqa: E402


class NullServer(LockServer):
    """What libuv and the kernel cost alone."""

    name = "null server"

    def command(self):
        return [build_path("bench", "null_server"), self.socket]

    def answers(self):
        return os.path.exists(self.socket)


def drive(program, *flags, log=None):
    """Runs one of our load drivers; gives what it measured.

    log: a file for what it says beside that.
    """
    words = [build_path("bench", program), *map(str, flags)]
    done = subprocess.run(words, check=True, stdout=subprocess.PIPE,
                          stderr=log, text=True)
    return json.loads(done.stdout)


def drive_for(seconds, program, *flags):
    """The same for that long, or longer: until anything was done at all."""
    done = {"done": 0}
    while done["done"] == 0:
        done = drive(program, *flags, "--run-ms", int(seconds * 1000))
        seconds *= 2
    return done


def print_table(rows):
    """Rows of cells, the heads first, as a table of Markdown."""
    widths = [max(len(r[i]) for r in rows) for i in range(len(rows[0]))]
    ruler = ["-" * width for width in widths]
    for cells in (rows[0], ruler, *rows[1:]):
        padded = (cell.ljust(width) for cell, width in zip(cells, widths))
        print("| " + " | ".join(padded) + " |")
