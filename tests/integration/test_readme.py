"""Every curl line of the README works as it stands there."""

import json
import os
import pathlib
import shlex
import subprocess

from stack import Stack

SRC = pathlib.Path(os.environ.get("HOLDFAST_SRC", pathlib.Path(__file__).parents[2]))


def curl_lines():
    text = (SRC / "README.md").read_text()
    return [line.strip() for line in text.splitlines() if line.startswith("    curl")]


def run(line, port, folder):
    words = shlex.split(line.replace("localhost:6005", f"127.0.0.1:{port}"))
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, cwd=folder)
    assert done.returncode == 0, (line, done.stderr)
    return json.loads(done.stdout)


def test_the_curl_lines_of_the_readme_do_what_it_says(database, tmp_path):
    lines = curl_lines()
    assert len(lines) >= 10
    with Stack(database, tickets=10) as stack:
        for line in lines:
            answer = run(line, stack.port, tmp_path)
            if "bob" in line:
                assert answer["code"] == "held", (line, answer)
                assert answer["retry_after"] > 0
            elif "/holds" in line:
                (hold,) = answer.get("holds", [answer])
                assert len(hold["seats"]) == 2, (line, answer)
            elif "/state" in line:
                assert answer["counts"]["held"] >= 2, (line, answer)
            elif "healthz" in line:
                assert answer["status"] == "ok", answer
            else:
                assert answer["status"] == "success", (line, answer)
        assert stack.rows()["1"].holder == "ann"


def test_the_readme_names_only_files_that_are_there():
    text = (SRC / "README.md").read_text()
    for target in ("ARCHITECTURE.md", "HACKING.md", "docs/page.png"):
        assert target in text
        assert (SRC / target).exists(), target
