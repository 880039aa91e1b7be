"""Every command of docs/operations.md, in its order, on a sale that runs.

As written, but for where things are: the paths and the port of a house of this
test's own. systemctl does to that house what it would do; what only a booted
machine has is named, with why it was not run.
"""

import os
import pathlib
import re
import shutil
import signal
import subprocess

from buyer import Buyer, make_event, seat
from page_commands import commands
from servers import Postgres
from stack import Stack
from web import wait_until

SRC = pathlib.Path(os.environ["HOLDFAST_SRC"])
BUILD = pathlib.Path(os.environ["HOLDFAST_BUILD"])
PAGE = (SRC / "docs/operations.md").read_text()

# The first word, or a piece of the command, and why not here.
NOT_HERE = {
    "apt-get": "no test installs packages",
    "journalctl": "no journal",
    "timedatectl": "no systemd runs",
    "holdfast-setup": "no systemd runs",
    "pg_lsclusters": "the test's cluster is none of Debian's",
    "vmstat": "of another package",
    "id holdfast": "no such user",
    "nginx -t": "of the machine's own nginx",
    "s_client": "the test's nginx has no certificate",
    "ls -l /run/lockd": "no such folders",
    "sale() {": "the test is the workers' user",
}


class House:
    def __init__(self, tmp_path, db, stack):
        self.stack, self.db, self.tmp = stack, db, tmp_path
        self.etc = tmp_path / "etc"
        self.etc.mkdir()
        shutil.copy(stack.secret_file, self.etc / "secret")
        stack.secret_file.unlink()
        for worker in stack.workers:
            worker.environment["SECRET_FILE"] = str(self.etc / "secret")
        (self.etc / "worker.env").write_text(
            f"LOCK_TYPE=distributed_lock\nLOCK_URL={stack.lock.url}\n"
            f"DATABASE_URL={db.url}\nPUBLISH_URL=unix://{stack.nginx.publish_socket}\n")
        for folder in ("var/backups", "var/log", "ephemerald"):
            (tmp_path / folder).mkdir(parents=True)
        self.places = [
            ("/etc/holdfast", self.etc),
            ("/run/lockd/lockd.sock", stack.lock.socket),
            ("/var/lib/lockd", stack.lock.home),
            ("/var/lib/ephemerald", tmp_path / "ephemerald"),
            ("/var/lib/postgresql/*/*", db.data),
            ("/var/lib/postgresql", db.home),
            ("/var/log/holdfast/access.log", stack.nginx.home / "access.log"),
            ("/var/log/holdfast", stack.nginx.home),
            ("/var/lib/holdfast", tmp_path / "var"),
            ("/run/holdfast-web", stack.nginx.home),
            ("/tmp/gala.csv", tmp_path / "gala.csv"),
            ("127.0.0.1:6005", f"127.0.0.1:{stack.port}"),
        ]
        # held= and old= of one command are for the next.
        self.shell = subprocess.Popen(
            ["bash"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, cwd=tmp_path, start_new_session=True,
            env={**os.environ, "HOLDFAST_ETC": str(self.etc), "PAGER": "cat", "PATH": ":".join(
                [str(BUILD / "db"), str(BUILD / "lockd"), str(SRC / "deploy/bin"),
                 os.environ["PATH"], "/usr/sbin"])})
        self.bash('sale() { "$@"; }')

    def here(self, command):
        for place, ours in self.places:
            command = command.replace(place, str(ours))
        return command

    def bash(self, command):
        """Its status, and all that it said."""
        self.shell.stdin.write(f"{{ {command}\n}} </dev/null; printf '\\n-- %s\\n' $?\n")
        self.shell.stdin.flush()
        lines = []
        for line in self.shell.stdout:
            if re.match(r"-- \d+$", line):
                return int(line[3:]), "".join(lines)
            lines.append(line)
        raise AssertionError("the shell ended: " + "".join(lines))

    def settle(self, section):
        """What a section's commands find: a sale with a hold and an order."""
        if not self.db.sql("SELECT 1 FROM tickets WHERE id = 'gala:S-1-1'"):
            self.db.sql("BEGIN; SELECT event_clear('gala'); DELETE FROM events WHERE id = 'gala';"
                        " COMMIT")
            make_event(self.stack, "gala", rows=9, seats=20, seats_per_client=180)
        self.db.sql("UPDATE events SET closed = false WHERE id = 'gala'")
        ann = Buyer(self.stack.port, "ann")
        if section in ("Stop a sale now", "A hold that will not go"):
            # The lock of an earlier one lives on for its own time.
            wait_until(lambda: ann.hold("gala", [seat("gala", 2, 1)]).status == 201, 60, "a hold")
        (free,) = self.db.sql("SELECT id FROM tickets WHERE event_id = 'gala' AND state = 'free'"
                              " AND seat_row > '4' LIMIT 1")[0]
        def bought():
            hold = ann.hold("gala", [free])
            return hold.status == 201 and ann.buy(hold.json["id"]).json
        order = wait_until(bought, 60, "an order")
        code = ann.order(order["number"]).json["tickets"][0]["qr"]
        key = ann.call("GET", "/api/keys").json["keys"][0]["x"]
        self.bash(f"ORDER={order['number']} CODE={code} KEY={key}")

    # -- what systemd would do ----------------------------------------------

    def systemctl(self, words):
        verb, *units = [word for word, before in zip(words[1:], words)
                        if not word.startswith("-") and before != "-p"]
        known = {p.name.removesuffix(".in") for p in (SRC / "deploy/systemd").iterdir()}
        for unit in units:
            name = unit if "." in unit else f"{unit}.service"
            name = re.sub(r"@[^.]*", "@", name)
            assert name in known or name in (
                "postgresql.service", "postgresql@.service", "systemd-timesyncd.service"), unit
        workers = units[0] in ("holdfast.target", "holdfast-worker@*.service")
        if workers and verb in ("stop", "restart"):
            for worker in self.stack.workers:
                assert worker.stop() == 0
        if workers and verb in ("start", "restart"):
            for worker in self.stack.workers:
                worker.start()
            wait_until(self.stack.healthy, 60, "all of it answers")
        if units[0] == "holdfast-web" and verb == "restart":
            self.stack.nginx.stop()
            self.stack.nginx.start()
        if units[0] == "holdfast-backup.service":
            self.backup_unit()
        if verb == "restart" and units[0] == "lockd":
            self.stack.lock.stop()
            self.stack.lock.start()

    def backup_unit(self):
        """The unit's own line, on what its first lines would have copied."""
        unit = (BUILD / "deploy/systemd/holdfast-backup.service").read_text()
        line = re.search(r"^ExecStart=\S+/(holdfast-backup .*)$", unit, re.M)[1]
        etc = re.search(r"--config (\S+)", line)[1]
        backups = self.tmp / "var/backups"
        line = line.replace(etc, str(self.etc)).replace("${STATE_DIRECTORY}", str(backups))
        status, said = self.bash(f"STATE_DIRECTORY={backups} {line}")
        assert status == 0 and "saved " in said, said
        made = max(backups.glob("holdfast-*.hfb"))
        parts = subprocess.run(["tar", "-tf", made], capture_output=True, text=True).stdout
        assert "files/secret\n" in parts and "files/worker.env\n" in parts

    def repair(self, command):
        """lockd runs until it is ended by hand."""
        self.stack.lock.kill()
        words = self.here(command).split()
        process = subprocess.Popen(
            [BUILD / "lockd/lockd", *words[words.index("lockd") + 1:], "--ready-fd", "1"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        assert process.stdout.read(1) == b"\n"
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
        self.stack.lock.start()

    def run(self, command):
        """Why it was not run, or None."""
        if command == "holdfast-setup":  # starts what a restore has found stopped
            self.systemctl(["systemctl", "start", "holdfast.target"])
            return None
        for piece, why in NOT_HERE.items():
            if piece in command:
                return why
        if command.startswith("systemctl"):
            self.systemctl(command.replace("'", "").split())
            return None
        if "--repair" in command:
            self.repair(command)
            return None
        status, said = self.bash(self.here(command))
        assert status == 0, f"{command}\n{said}"
        self.look(command, said)
        return None

    def look(self, command, said):
        """What a command is there for."""
        if command.startswith("curl") and command.endswith("/healthz") and "-w" not in command:
            assert '"database":"ok"' in said
        if command.endswith("admin verify"):
            assert "all is true" in said
        if command == "holdfast-restore --lost":
            assert re.search(r"^HF-[-\w]+\|gala:", said, re.M), said
        elif "holdfast-restore" in command and "dry-run" not in command:
            assert "all is true" in said and "holdfast-admin open gala" in said
        if "--verify" in command:
            assert "is good" in said
        if command.startswith("curl") and command.endswith("/api/keys"):
            # The old key, too; nginx keeps an answer for a second.
            wait_until(lambda: self.bash(self.here(command))[1].count('"kid"') == 2, 10,
                       "both keys are there")


def test_every_command_does_what_the_page_says(tmp_path, capsys):
    done, absent = 0, {}
    with Postgres() as db, Stack(db, tickets=10, workers=2, hold_seconds=20) as stack:
        stack.nginx.settings["NGINX_LOG"] = str(stack.nginx.home / "access.log")
        house = House(tmp_path, db, stack)
        stack.nginx.stop()
        stack.nginx.start()
        for worker in stack.workers:
            worker.stop()
            worker.start()
        wait_until(stack.healthy, 60, "all of it answers")
        before = None
        for section, command in commands(PAGE):
            if section != before:
                house.settle(section)
                before = section
            why = house.run(command)
            if why is None:
                done += 1
            else:
                absent.setdefault(why, []).append(command)
        house.shell.stdin.close()
        house.shell.wait(10)
    with capsys.disabled():
        for why, which in absent.items():
            print(f"# not run, {why}: {len(which)}")
        print(f"# {done} commands run as written")
    assert done > 60
