"""./run itself: what it refuses, two side by side, a clean stop."""

import os
import pathlib
import signal
import socket
import stat
import subprocess

import pytest

from buyer import Buyer
from servers import Zookeeper
from stack import Run
from web import wait_until

SRC = pathlib.Path(os.environ.get("HOLDFAST_SRC", pathlib.Path(__file__).parents[2]))


def run_once(home, *options, **environment):
    return subprocess.run(
        [str(SRC / "run"), *options],
        env={**os.environ, "HOLDFAST_HOME": str(home), **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
    )


@pytest.mark.parametrize(
    "environment, says",
    [
        ({"HOLDFAST_PORT": "abc"}, "HOLDFAST_PORT takes a whole number"),
        ({"HOLDFAST_PORT": "70000"}, "HOLDFAST_PORT takes a whole number"),
        ({"WORKERS": "0"}, "WORKERS takes a whole number from 1"),
        ({"HOLD_SECONDS": "-1"}, "HOLD_SECONDS takes a whole number"),
        ({"TOTAL_TICKETS": "1.5"}, "TOTAL_TICKETS takes a whole number"),
        ({"RATE_LIMIT": "fast"}, "RATE_LIMIT takes a whole number"),
        ({"LOCK_TYPE": "hope"}, "LOCK_TYPE takes distributed_lock or ephemeral_node"),
        ({"HOLDFAST_HOME": "/tmp/" + "x" * 100}, "longer than 80 bytes"),
        ({"HOLDFAST_HOME": "/tmp/a b"}, "may not have spaces"),
    ],
)
def test_a_bad_environment_is_refused_in_one_line(environment, says, tmp_path):
    done = run_once(tmp_path / "home", **environment)
    assert done.returncode != 0
    assert says in done.stderr
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert not (tmp_path / "home").exists(), "nothing was made"


def test_an_unknown_option_is_refused_and_help_is_given(tmp_path):
    done = run_once(tmp_path, "--fast")
    assert done.returncode != 0 and "--help" in done.stderr
    done = run_once(tmp_path, "--help")
    assert done.returncode == 0 and "HOLDFAST_PORT" in done.stdout


def test_a_port_in_use_is_named(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = run_once(tmp_path / "home", HOLDFAST_PORT=str(port))
    assert done.returncode != 0
    assert f"port {port} is in use" in done.stderr


def test_two_runs_live_side_by_side_and_one_home_is_for_one_run():
    with Run(tickets=3, workers=1) as one, Run(tickets=3, workers=1) as two:
        assert one.client("ann").reserve("1").status == 200
        assert two.client("bob").reserve("1").status == 200
        assert one.rows()["1"].holder == "ann"
        done = run_once(one.home / "home", HOLDFAST_PORT="1")
        assert done.returncode != 0
        assert "another ./run uses" in done.stderr
        assert one.healthy() and two.healthy()


def test_the_whole_house_holds_tickets_with_a_zookeeper():
    with Zookeeper() as nodes, Run(
        tickets=3, workers=2, **nodes.worker_settings
    ) as run:
        ann, bob = run.client("ann"), run.client("bob")
        assert ann.reserve("1").status == 200
        assert bob.reserve("1").code == "held"
        assert list(nodes.holds()) == ["1"]
        sessions = (run.home / "home" / "run").glob("worker-*.sock.session")
        assert [path.stat().st_mode & 0o777 for path in sessions] == [0o600] * 2
        run.kill("worker-1")
        run.kill("worker-2")
        wait_until(run.healthy, 30, "the workers are back")
        assert ann.book("1").status == 200


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_ends_every_part_exits_0_and_keeps_the_tickets(how):
    with Run(tickets=3, workers=2) as run:
        assert run.log().count("Holdfast is ready: ") == 1
        assert f"http://localhost:{run.port}/" in run.log()
        ann = run.client("ann")
        assert ann.reserve("2").status == 200
        assert ann.book("2").status == 200
        parts = [run.pid(p) for p in
                 ("postgresql", "lockd", "worker-1", "worker-2", "nginx")]
        assert all(parts)
        run._process.send_signal(how)
        assert run._process.wait(60) == 0
        for pid in parts:
            assert not pathlib.Path("/proc", str(pid)).exists()
        assert list((run.home / "home" / "run").glob("*.sock")) == []
        run.__enter__()  # again, on the same home
        assert run.rows()["2"].holder == "ann"
        assert run.client("bob").reserve("2").code == "booked"


def test_what_a_killed_run_left_does_not_hinder_the_next():
    with Run(tickets=3, workers=1) as run:
        assert run.client("ann").reserve("1").status == 200
        eve = Buyer(run.port)
        hold = eve.hold("default", ["2"]).json["id"]
        for name in ("secret", "board-users"):
            assert stat.S_IMODE(os.stat(run.home / "home" / name).st_mode) == 0o600
        parts = [run.pid(p) for p in ("postgresql", "lockd", "worker-1", "nginx")]
        run._process.kill()
        run._process.wait()
        for pid in parts:
            wait_until(lambda: not pathlib.Path("/proc", str(pid)).exists(), 60,
                       "the part ends with its parent")
        run.__enter__()
        assert run.healthy()
        eve.close()
        assert eve.show(hold).status == 200, "the secret is the same"
        assert eve.buy(hold).status == 200
        eve.close()
