"""What make install leaves: a tree below a folder, with /usr as its prefix."""

import os
import pathlib
import subprocess

BUILD = pathlib.Path(os.environ["HOLDFAST_BUILD"])


def make(target, root):
    """make install or uninstall. Files filled in for another prefix stay
    what they are."""
    done = subprocess.run(
        ["make", "-s", "-C", BUILD, target, f"DESTDIR={root}", "prefix=/usr",
         "exec_prefix=/usr", "sysconfdir=/etc"],
        capture_output=True, text=True, timeout=300,
        env={**os.environ, "MAKEFLAGS": ""})
    assert done.returncode == 0, done.stderr
    return root
