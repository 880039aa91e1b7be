"""Programs in other languages that try a client on a server.

Each prints a line "ok - NAME" or "not ok - NAME" for each scenario, with what
went wrong below, and ends with 0 only if there were some and all went well.
"""

import os
import pathlib
import subprocess

CLIENTS = pathlib.Path(os.environ["HOLDFAST_SRC"], "tests", "clients")


def assert_all_ok(*command, **environment):
    """Runs it: every scenario went well."""
    done = subprocess.run(
        [str(word) for word in command],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=150,
        env={**os.environ, **environment}, cwd="/",
    )
    lines = done.stdout.splitlines()
    passed = [line for line in lines if line.startswith("ok - ")]
    bad = [line for line in lines if line.startswith("not ok - ")]
    assert done.returncode == 0 and passed and not bad, done.stdout
