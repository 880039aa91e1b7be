"""The tests' own bad disk does what it says, to a program that is not ours."""

import errno
import os
import signal
import subprocess
import sys
import time

import pytest

from bad_disk import BadDisk

WRITER = """
import os, sys, threading
fd = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT)
for line in sys.stdin:
    try:
        if line == "write\\n":
            os.pwrite(fd, b"x", 0)
        elif line == "thread\\n":
            thread = threading.Thread(target=lambda: os.fdatasync(fd))
            thread.start()
            thread.join()
        elif line == "close\\n":
            os.close(os.open(sys.argv[1], os.O_RDONLY))
        else:
            os.fdatasync(fd)
        print("done", flush=True)
    except OSError as error:
        print(error.errno, flush=True)
"""


class Writer:
    def __init__(self, disk, path):
        self.process = subprocess.Popen(
            [sys.executable, "-c", WRITER, path], text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            env={**os.environ, **disk.environment})

    def ask(self, what):
        self.process.stdin.write(what + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()


@pytest.fixture
def disk():
    with BadDisk() as disk:
        yield disk


@pytest.fixture
def writer(disk, tmp_path):
    writer = Writer(disk, tmp_path / "file")
    yield writer
    with writer.process as process:
        process.kill()


def test_a_good_disk_is_left_alone(writer):
    assert writer.ask("write") == writer.ask("sync") == "done"


def test_a_call_fails_until_it_is_healed(disk, writer):
    disk.fail("pwrite", errno.ENOSPC)
    assert [writer.ask("write") for _ in range(3)] == [str(errno.ENOSPC)] * 3
    assert writer.ask("sync") == "done"
    disk.heal("pwrite")
    assert writer.ask("write") == "done"


def test_a_call_fails_so_many_times_from_then_on(disk, writer):
    assert writer.ask("sync") == "done"
    disk.fail("fdatasync", errno.EIO, times=2)
    answers = [writer.ask("sync") for _ in range(3)]
    assert answers == [str(errno.EIO)] * 2 + ["done"]


def test_a_call_takes_longer(disk, writer):
    disk.slow("fdatasync", 0.2)
    began = time.monotonic()
    assert writer.ask("sync") == "done"
    assert time.monotonic() - began >= 0.2


def test_a_call_is_the_last_one(disk, writer):
    disk.kill("pwrite", 2)
    assert writer.ask("write") == "done"
    assert writer.ask("write") == ""
    assert writer.process.wait(10) == -signal.SIGKILL


def test_the_first_threads_calls_are_noted_and_no_other_ones(disk, writer):
    writer.ask("sync")
    disk.watch()
    assert writer.ask("thread") == "done"
    assert writer.ask("write") == writer.ask("close") == "done"
    assert disk.watched() == ["pwrite", "close"]
    assert writer.ask("sync") == "done"
